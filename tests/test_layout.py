"""What column names and the values of windows tell about timesteps and channels."""

import numpy as np
import pytest

from skts._layout import misread_channels, read_lags


@pytest.mark.parametrize(
    "names, channels, order",
    [
        (["a_lag2", "b_lag2", "a_lag0", "b_lag0"], ["a", "b"], [0, 1, 2, 3]),
        (["lag_1", "lag_2", "lag_3"], [""], [2, 1, 0]),
        (["lag1", "lag10", "lag2"], [""], [1, 2, 0]),
        (["y_lag-1", "y_lag-2"], ["y"], [1, 0]),
        (["x_lag1", "x_lag0", "x_lag-1"], ["x"], [2, 1, 0]),
        (["b_lag0", "a_lag0", "b_lag1", "a_lag1"], ["b", "a"], [2, 3, 0, 1]),
        (["lagoon", "flag1x"], None, None),
    ],
)
def test_read_lags(names, channels, order):
    found, columns = read_lags(names)
    assert found == channels
    assert (columns if columns is None else columns.tolist()) == order


@pytest.mark.parametrize(
    "names",
    [
        ["lag_1", "lag_2", "holiday"],
        ["a_lag1", "a_lag0", "b_lag0"],
        ["lag_1", "lag1"],
    ],
)
def test_lags_that_are_no_full_windows_are_an_error_unless_channels_are_told(names):
    with pytest.raises(ValueError, match="not the same ones for every channel"):
        read_lags(names)
    assert read_lags(names, 1) == (None, None)


def windows(n_channels, timesteps=4, n_rows=40):
    series = np.random.RandomState(0).normal(size=(n_rows + timesteps, n_channels))
    view = np.lib.stride_tricks.sliding_window_view(series, timesteps, axis=0)
    return view.transpose(0, 2, 1).reshape(len(view), -1)


@pytest.mark.parametrize("n_channels", [1, 2, 3])
def test_windows_read_as_what_they_are_say_nothing(n_channels):
    assert misread_channels(windows(n_channels), n_channels, is_told=True) is None
    constant = np.ones((40, 4 * n_channels))
    assert misread_channels(constant, 1, is_told=False) is None
    noise = np.random.RandomState(0).normal(size=(40, 12))
    assert misread_channels(noise, 1, is_told=False) is None


def test_windows_of_several_channels_read_as_one():
    X = windows(3)
    assert "set n_channels=3" in misread_channels(X, 1, is_told=False)
    assert misread_channels(X, 1, is_told=True) is None


@pytest.mark.parametrize("n_channels", [1, 2])
def test_channels_one_after_the_other(n_channels):
    X = windows(2)
    X = np.hstack([X[:, ::2], X[:, 1::2]])
    message = misread_channels(X, n_channels, is_told=n_channels > 1)
    assert "all timesteps of one channel" in message
