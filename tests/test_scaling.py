"""Scaling of windows: exact statistics, views kept, and everything undone."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from threadpoolctl import threadpool_limits

from skts._scaling import WindowScaler, overlapping_series

TIMESTEPS = 4


@pytest.fixture
def series():
    rng = np.random.RandomState(0)
    return rng.normal([5, -100], [2, 30], size=(30, 2))


@pytest.fixture
def view(series):
    return sliding_window_view(series, TIMESTEPS, axis=0).transpose(0, 2, 1)


def test_overlapping_series_finds_the_series_of_a_view(series, view):
    found = overlapping_series(view)
    np.testing.assert_array_equal(found, series)
    assert np.shares_memory(found, series)
    np.testing.assert_array_equal(overlapping_series(view[3:20]), series[3:23])


def test_overlapping_series_finds_the_series_of_a_copy(series):
    series[3, 1] = np.nan
    view = sliding_window_view(series, TIMESTEPS, axis=0).transpose(0, 2, 1)
    np.testing.assert_array_equal(overlapping_series(view.copy()), series)


def test_overlapping_series_of_anything_else_is_none(view):
    changed = view.copy()
    changed[20, 2] += 1
    assert overlapping_series(changed) is None
    assert overlapping_series(view[::2]) is None
    assert overlapping_series(view[:1]) is None


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("hole", [False, True])
def test_a_view_is_scaled_as_its_copy_and_stays_a_view(series, weighted, hole):
    if hole:
        series[12, 1] = np.nan
    view = sliding_window_view(series, TIMESTEPS, axis=0).transpose(0, 2, 1)
    weight = np.random.RandomState(1).randint(1, 4, len(view)) if weighted else None
    weight = np.ones(len(view)) if weight is None else weight.astype(float)
    from_view = WindowScaler(True, None).fit(view, None, weight).transform(view)
    copy = view.copy()
    from_copy = WindowScaler(True, None).fit(copy, None, weight).transform(copy)
    np.testing.assert_array_equal(from_view, from_copy)
    assert overlapping_series(from_view) is not None


def test_one_mean_and_scale_per_channel_not_per_lag(view):
    scaled = WindowScaler(True, None).fit(view, None, np.ones(len(view)))
    values = scaled.transform(view)
    np.testing.assert_allclose(values.mean(axis=(0, 1)), 0, atol=1e-12)
    np.testing.assert_allclose(values.std(axis=(0, 1)), 1)


@pytest.mark.parametrize("norm", [None, "last", "standard"])
def test_bits_do_not_change_with_threads(norm):
    rng = np.random.RandomState(0)
    x = sliding_window_view(rng.normal(size=20_000), 4)[:, :, np.newaxis]
    y, weight = rng.normal(size=(len(x), 2)), rng.uniform(size=len(x))
    scalers = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            scalers.append(WindowScaler(True, norm, 1, [0]).fit(x, y, weight))
    one, two = scalers
    np.testing.assert_array_equal(one.x_scaler_, two.x_scaler_)
    np.testing.assert_array_equal(one.y_scaler_, two.y_scaler_)


@pytest.mark.parametrize("norm", [None, "last", "standard"])
def test_weights_equal_repetition(view, norm):
    y = np.random.RandomState(1).normal(size=(len(view), 2))
    times = np.random.RandomState(2).randint(1, 4, len(view))
    weighted = WindowScaler(True, norm, 1, [1]).fit(view, y, times.astype(float))
    x, repeated = np.repeat(view, times, axis=0), np.repeat(y, times, axis=0)
    plain = WindowScaler(True, norm, 1, [1]).fit(x, repeated, np.ones(len(x)))
    np.testing.assert_allclose(weighted.transform(view), plain.transform(view))
    np.testing.assert_allclose(
        weighted.transform_targets(y, view), plain.transform_targets(y, view)
    )


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("norm", [None, "last", "standard"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_targets_come_back(view, standardize, norm, dtype):
    x = view.astype(dtype)
    y = np.random.RandomState(1).normal(size=(len(view), 6)).astype(dtype)
    scaler = WindowScaler(standardize, norm, 2, [1, 0]).fit(x, y, np.ones(len(x)))
    there = scaler.transform_targets(y, x)
    back = scaler.inverse_transform_targets(there, x)
    assert scaler.transform(x).dtype == there.dtype == back.dtype == dtype
    np.testing.assert_allclose(back, y, rtol=1e-3 if dtype == "float32" else 1e-9)


def test_last_takes_the_last_value_of_the_target_channel_off():
    x = np.array([[[1.0, 10.0], [2.0, 20.0]]])
    y = np.array([[3.0, 30.0, 4.0, 40.0]])
    scaler = WindowScaler(False, "last", 2, [0, 1]).fit(x, y, np.ones(1))
    np.testing.assert_array_equal(scaler.transform(x), [[[-1, -10], [0, 0]]])
    np.testing.assert_array_equal(scaler.transform_targets(y, x), [[1, 10, 2, 20]])


def test_last_is_the_last_known_value():
    x = np.array([[[1.0], [2.0], [np.nan]], [[3.0], [4.0], [5.0]]])
    scaler = WindowScaler(False, "last", 1, [0]).fit(x, None, np.ones(2))
    np.testing.assert_array_equal(scaler.transform(x)[0, :, 0], [-1, 0, 0])


def test_standard_makes_each_window_standard_and_survives_flat_ones(view):
    x = view.copy()
    x[0] = 7.0
    scaler = WindowScaler(False, "standard").fit(x, None, np.ones(len(x)))
    scaled = scaler.transform(x)
    np.testing.assert_array_equal(scaled[0], 0)
    np.testing.assert_allclose(scaled[1:].mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(scaled[1:].std(axis=1), 1, rtol=1e-3)


def test_what_is_missing_becomes_the_mean_and_is_marked_per_channel(view):
    x = view.copy()
    x[3, 1, 1] = np.nan
    scaled = WindowScaler(True, None).fit(x, None, np.ones(len(x))).transform(x)
    assert scaled.shape == (len(x), TIMESTEPS, 3)
    assert scaled[3, 1, 1] == 0
    np.testing.assert_array_equal(np.argwhere(scaled[..., 2]), [[3, 1]])


def test_nothing_is_marked_that_was_complete_in_training(view):
    scaler = WindowScaler(True, None).fit(view, None, np.ones(len(view)))
    x = view.copy()
    x[3, :2] = np.nan
    scaled = scaler.transform(x)
    assert scaled.shape == view.shape
    assert not scaled[3, :2].any()


@pytest.mark.parametrize("norm", [None, "last", "standard"])
def test_windows_of_nothing_and_constant_channels_stay_finite(norm):
    x = np.full((5, TIMESTEPS, 2), 3.0)
    x[0], x[1, :, 1] = np.nan, np.nan
    y = np.full((5, 1), 3.0)
    scaler = WindowScaler(True, norm, 1, [1]).fit(x, y, np.ones(5))
    assert np.isfinite(scaler.transform(x)).all()
    targets = scaler.transform_targets(y, x)
    np.testing.assert_allclose(scaler.inverse_transform_targets(targets, x), 3)


@pytest.mark.parametrize("where", ["X", "y"])
def test_values_too_large_to_standardise_are_an_error(view, where):
    x, y = view.copy(), np.ones((len(view), 1))
    (x if where == "X" else y)[0] = 1e300
    with pytest.raises(ValueError, match=f"{where} holds values too large.*1e\\+300"):
        WindowScaler(True, None).fit(x, y, np.ones(len(x)))


def test_deviations_that_overflow_and_cancel_are_too_large_too(view):
    y = np.resize([1e200, -1e200], (len(view), 1))
    with pytest.raises(ValueError, match="y holds values too large"):
        WindowScaler(True, None).fit(view, y, np.ones(len(view)))


def test_the_unit_of_weights_does_not_matter(view):
    y = 1000 + np.arange(len(view), dtype=float)[:, None]
    light, heavy = (
        WindowScaler(True, None).fit(view, y, np.full(len(view), weight))
        for weight in (1e-11, 1e11)
    )
    np.testing.assert_allclose(light.y_scaler_.scale_, heavy.y_scaler_.scale_)
    np.testing.assert_allclose(heavy.y_scaler_.scale_, y.std())
