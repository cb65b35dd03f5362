"""Scaling of windows: exact statistics, views kept, and everything undone."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from threadpoolctl import threadpool_limits

from skts._scaling import WindowScaler
from skts._windows import Windows, sliding_windows

TIMESTEPS = 4


@pytest.fixture
def series():
    rng = np.random.RandomState(0)
    return rng.normal([5, -100], [2, 30], size=(30, 2))


@pytest.fixture
def view(series):
    return sliding_window_view(series, TIMESTEPS, axis=0).transpose(0, 2, 1)


def windows_of(x):
    return Windows.of_table(x.reshape(len(x), -1), x.shape[2])


def fitted(scaler, x, y, weight):
    return scaler.fit(windows_of(x), y, weight)


def scaled_by(scaler, x):
    inputs, *_ = scaler.transform(windows_of(x), x.dtype)
    return inputs[:]


@pytest.mark.parametrize("norm", [None, "last", "level", "standard"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("hole", [False, True])
def test_a_view_is_scaled_as_its_copy(series, weighted, hole, norm):
    if hole:
        series[12, 1] = np.nan
    view = sliding_window_view(series, TIMESTEPS, axis=0).transpose(0, 2, 1)
    series = np.array(series)
    view = sliding_windows(series, TIMESTEPS).reshape(-1, TIMESTEPS, 2)
    weight = np.random.RandomState(1).randint(1, 4, len(view)) if weighted else None
    weight = np.ones(len(view)) if weight is None else weight.astype(float)
    (from_view,), (from_copy,), (from_rows,) = (
        fitted(WindowScaler(True, norm, range(x.shape[2])), x, None, weight).transform(
            windows, float
        )
        for x, windows in [
            (view, windows_of(view)),
            (view.copy(), windows_of(view.copy())),
            (view, Windows(series, np.arange(len(view)) + TIMESTEPS - 1, TIMESTEPS)),
        ]
    )
    np.testing.assert_array_equal(from_view[:], from_copy[:])
    np.testing.assert_array_equal(from_view[:], from_rows[:])
    rows = np.array([[3, 1], [0, 0]])
    np.testing.assert_array_equal(from_view[rows], from_copy[:][rows])
    if norm is None:
        assert len(from_view.windows.values) == len(series)


def test_values_of_a_mapped_file_are_scaled_as_they_are_read(view, tmp_path):
    np.save(tmp_path / "x.npy", view.reshape(len(view), -1))
    table = np.load(tmp_path / "x.npy", mmap_mode="r")
    weight = np.ones(len(view))
    scaler = fitted(WindowScaler(True, None), view, None, weight)
    (inputs,) = scaler.transform(Windows.of_table(table, 2), float)
    assert inputs.windows.values.base is not None
    assert np.shares_memory(inputs.windows.values, table)
    np.testing.assert_array_equal(inputs[:], scaled_by(scaler, view))


def test_what_is_beside_is_scaled_by_column_and_marked_where_it_is_missing(view):
    beside = np.random.RandomState(0).normal(7, 3, size=(len(view), 2))
    beside[4, 1] = np.nan
    windows = replace(windows_of(view), beside=beside)
    scaler = WindowScaler(True, None).fit(windows, None, np.ones(len(view)))
    _, columns = scaler.transform(windows, float)
    assert columns.shape == (len(view), 3)
    np.testing.assert_allclose(columns[:, 0].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(columns[:, 0].std(), 1)
    assert columns[4, 1] == 0 and np.flatnonzero(columns[:, 2]).tolist() == [4]


def test_one_mean_and_scaleper_channel_not_per_lag(view):
    scaled = fitted(WindowScaler(True, None), view, None, np.ones(len(view)))
    values = scaled_by(scaled, view)
    np.testing.assert_allclose(values.mean(axis=(0, 1)), 0, atol=1e-12)
    np.testing.assert_allclose(values.std(axis=(0, 1)), 1)


@pytest.mark.parametrize("norm", [None, "last", "level", "standard"])
def test_bits_do_not_change_with_threads(norm):
    rng = np.random.RandomState(0)
    x = sliding_window_view(rng.normal(size=20_000), 4)[:, :, np.newaxis]
    y, weight = rng.normal(size=(len(x), 2)), rng.uniform(size=len(x))
    scalers = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            scalers.append(fitted(WindowScaler(True, norm, [0], [0], 1), x, y, weight))
    one, two = scalers
    np.testing.assert_array_equal(one.x_scaler_[:2], two.x_scaler_[:2])
    np.testing.assert_array_equal(one.y_scaler_[:2], two.y_scaler_[:2])


@pytest.mark.parametrize("norm", [None, "last", "level", "standard"])
def test_weights_equal_repetition(view, norm):
    y = np.random.RandomState(1).normal(size=(len(view), 2))
    times = np.random.RandomState(2).randint(1, 4, len(view))
    weighted = fitted(
        WindowScaler(True, norm, [0, 1], [1], 1), view, y, times.astype(float)
    )
    x, repeated = np.repeat(view, times, axis=0), np.repeat(y, times, axis=0)
    plain = fitted(
        WindowScaler(True, norm, [0, 1], [1], 1), x, repeated, np.ones(len(x))
    )
    np.testing.assert_allclose(scaled_by(weighted, view), scaled_by(plain, view))
    np.testing.assert_allclose(
        weighted.transform_targets(y, windows_of(view), y.dtype),
        plain.transform_targets(y, windows_of(view), y.dtype),
    )


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("norm", [None, "last", "level", "standard"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_targets_come_back(view, standardize, norm, dtype):
    x = view.astype(dtype)
    y = np.random.RandomState(1).normal(size=(len(view), 6)).astype(dtype)
    scaler = fitted(
        WindowScaler(standardize, norm, [0, 1], [1, 0], 2), x, y, np.ones(len(x))
    )
    there = scaler.transform_targets(y, windows_of(x), y.dtype)
    back = scaler.inverse_transform_targets(there, windows_of(x))
    assert scaled_by(scaler, x).dtype == there.dtype == dtype
    np.testing.assert_allclose(back, y, rtol=1e-3 if dtype == "float32" else 1e-9)


def test_last_takes_the_last_value_of_the_target_channel_off():
    x = np.array([[[1.0, 10.0], [2.0, 20.0]]])
    y = np.array([[3.0, 30.0, 4.0, 40.0]])
    scaler = fitted(WindowScaler(False, "last", [0, 1], [0, 1], 2), x, y, np.ones(1))
    np.testing.assert_array_equal(scaled_by(scaler, x), [[[-1, -10], [0, 0]]])
    np.testing.assert_array_equal(
        scaler.transform_targets(y, windows_of(x), y.dtype), [[1, 10, 2, 20]]
    )


def test_last_is_the_last_known_value():
    x = np.array([[[1.0], [2.0], [np.nan]], [[3.0], [4.0], [5.0]]])
    scaler = fitted(WindowScaler(False, "last", [0], [0], 1), x, None, np.ones(2))
    np.testing.assert_array_equal(scaled_by(scaler, x)[0, :, 0], [-1, 0, 0])


def test_standard_makes_each_window_standard_and_survives_flat_ones(view):
    x = view.copy()
    x[0] = 7.0
    scaler = fitted(
        WindowScaler(False, "standard", range(x.shape[2])), x, None, np.ones(len(x))
    )
    scaled = scaled_by(scaler, x)
    np.testing.assert_array_equal(scaled[0], 0)
    np.testing.assert_allclose(scaled[1:].mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(scaled[1:].std(axis=1), 1, rtol=1e-3)


def test_what_is_missing_becomes_the_mean_and_is_marked_per_channel(view):
    x = view.copy()
    x[3, 1, 1] = np.nan
    scaled = scaled_by(fitted(WindowScaler(True, None), x, None, np.ones(len(x))), x)
    assert scaled.shape == (len(x), TIMESTEPS, 3)
    assert scaled[3, 1, 1] == 0
    np.testing.assert_array_equal(np.argwhere(scaled[..., 2]), [[3, 1]])


def test_nothing_is_marked_that_was_complete_in_training(view):
    scaler = fitted(WindowScaler(True, None), view, None, np.ones(len(view)))
    x = view.copy()
    x[3, :2] = np.nan
    scaled = scaled_by(scaler, x)
    assert scaled.shape == view.shape
    assert not scaled[3, :2].any()


@pytest.mark.parametrize("norm", [None, "last", "level", "standard"])
def test_windows_of_nothing_and_constant_channels_stay_finite(norm):
    x = np.full((5, TIMESTEPS, 2), 3.0)
    x[0], x[1, :, 1] = np.nan, np.nan
    y = np.full((5, 1), 3.0)
    scaler = fitted(WindowScaler(True, norm, [0, 1], [1], 1), x, y, np.ones(5))
    assert np.isfinite(scaled_by(scaler, x)).all()
    targets = scaler.transform_targets(y, windows_of(x), y.dtype)
    np.testing.assert_allclose(
        scaler.inverse_transform_targets(targets, windows_of(x)), 3
    )


@pytest.mark.parametrize("where", ["X", "y"])
def test_values_too_large_to_standardise_are_an_error(view, where):
    x, y = view.copy(), np.ones((len(view), 1))
    (x if where == "X" else y)[0] = 1e300
    with pytest.raises(ValueError, match=f"{where} holds values too large.*1e\\+300"):
        fitted(WindowScaler(True, None), x, y, np.ones(len(x)))


def test_deviations_that_overflow_and_cancel_are_too_large_too(view):
    y = np.resize([1e200, -1e200], (len(view), 1))
    with pytest.raises(ValueError, match="y holds values too large"):
        fitted(WindowScaler(True, None), view, y, np.ones(len(view)))


def test_the_unit_of_weights_does_not_matter(view):
    y = 1000 + np.arange(len(view), dtype=float)[:, None]
    light, heavy = (
        fitted(WindowScaler(True, None), view, y, np.full(len(view), weight))
        for weight in (1e-11, 1e11)
    )
    np.testing.assert_allclose(light.y_scaler_.scale, heavy.y_scaler_.scale)
    np.testing.assert_allclose(heavy.y_scaler_.scale, y.std())


@pytest.mark.parametrize("norm", [None, "last", "level", "standard"])
def test_leads_of_a_channel_are_scaled_as_its_lags_and_others_by_themselves(
    series, norm
):
    day = np.random.RandomState(1).normal(7, 3, size=(len(series), 1))
    ahead = sliding_windows(np.hstack([series[:, 1:], day])[TIMESTEPS:], 2)
    windows = Windows(
        series,
        range(TIMESTEPS - 1, TIMESTEPS - 1 + len(ahead)),
        TIMESTEPS,
        ["a", "b"],
        ahead,
        ["b", "day"],
        4,
    )
    scaler = WindowScaler(True, norm, range(2)).fit(
        windows, None, np.ones(len(windows))
    )
    lags, leads = scaler.transform(windows, float)
    assert leads.shape == (len(windows), 2, 2)
    if norm is None:  # the first lead of a row is the last lag of the next
        np.testing.assert_allclose(leads[:-1, 0, 0], lags[:][1:, -1, 1])
    np.testing.assert_allclose(leads[..., 1].mean(), 0, atol=1e-9)
    np.testing.assert_allclose(leads[..., 1].std(), 1)
    moved = replace(windows, values=series + [0, 500], beside=ahead + [500, 0, 500, 0])
    if norm in ("last", "standard"):
        np.testing.assert_allclose(scaler.transform(moved, float)[1], leads, atol=1e-6)


def test_leads_that_are_missing_are_marked(series):
    beside = series[TIMESTEPS:, :1].copy()
    beside[3] = np.nan
    windows = Windows(series[:-1], range(3, 29), 4, ["a", "b"], beside, ["a"], 1)
    scaler = WindowScaler(True, None).fit(windows, None, np.ones(len(windows)))
    _, leads = scaler.transform(windows, float)
    assert leads.shape == (len(windows), 1, 2)
    assert list(leads[3, 0]) == [0, 1] and not leads[4:, 0, 1].any()
