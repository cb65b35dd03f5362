"""Intervals of forecasts: what they hold, what they come from, what is refused."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from skts import SlidingWindowTransformer, backtest, forecast, make_supervised
from skts._intervals import margins, n_errors_needed

DAYS = pd.date_range("2024-01-01", periods=120, name="day")
rng = np.random.default_rng(0)


def make_series(columns=("a",), index=DAYS):
    return pd.DataFrame(
        rng.normal(size=(len(index), len(columns))), index, list(columns)
    )


def last_row():
    """Return a model that expects no change."""
    return Ridge(alpha=1e-9)


def errors_of(result, name="a"):
    return (result[name] - result[f"{name}_forecast"]).to_numpy()


SERIES = make_series()
MODEL = last_row().fit(*make_supervised(SERIES))
ERRORS = backtest(last_row(), SERIES, steps=3, n_origins=30)


# The errors that are the bounds


@pytest.mark.parametrize(
    "coverage, needed", [(0.9, 19), (0.8, 9), (0.5, 3), (0.95, 39)]
)
def test_errors_that_a_coverage_needs(coverage, needed):
    assert n_errors_needed(coverage) == needed
    errors = rng.normal(size=needed)
    first = np.ones(needed, int)
    assert_array_equal(
        margins(errors, first, 1, coverage, 1), [[errors.min(), errors.max()]]
    )
    assert np.isnan(margins(errors[1:], first[1:], 1, coverage, 1)).all()


def test_the_same_part_is_left_out_on_either_side():
    errors = rng.permutation(np.arange(1.0, 60))
    assert_array_equal(margins(errors, np.ones(59, int), 1, 0.9, 1), [[3, 57]])
    assert_array_equal(margins(errors, np.ones(59, int), 1, 0.5, 1), [[15, 45]])


def test_neighbouring_steps_count_where_one_has_too_few():
    n_steps, n_origins = 9, 7
    at_step = np.tile(np.arange(1, n_steps + 1), n_origins)
    errors = rng.normal(size=len(at_step)) * at_step
    found = margins(errors, at_step, n_steps, 0.8, n_steps)  # of 19 errors
    for step in range(1, n_steps + 1):
        near = next(
            near
            for width in range(n_steps)
            if len(near := errors[np.abs(at_step - step) <= width]) >= 19
        )
        place = int((len(near) + 1) / 10)
        expected = np.sort(near)[[place - 1, -place]]
        assert_array_equal(found[step - 1], expected)


def test_of_overlapping_errors_both_sides_count():
    errors = rng.permutation(np.arange(1.0, 60))  # all forecasts were too low
    at_step = np.full(59, 3)
    assert_array_equal(margins(errors, at_step, 3, 0.9, apart=2)[2], [3, 57])
    assert_array_equal(margins(errors, at_step, 3, 0.9, apart=1)[2], [-54, 57])
    assert_array_equal(margins(-errors, at_step, 3, 0.9, apart=1)[2], [-57, 54])


@pytest.mark.parametrize("n_origins", [20, 38, 39, 60])
def test_errors_of_neighbours_make_overlapping_ones_no_more(n_origins):
    at_step = np.tile([1, 2, 3], n_origins)
    errors = rng.uniform(1, 10, len(at_step))
    widths = [
        margins(errors, at_step, 3, coverage, apart=1)[1:] for coverage in (0.5, 0.9)
    ]
    assert (widths[1][:, 0] < 0).all()
    assert (widths[1][:, 0] <= widths[0][:, 0]).all()
    assert (widths[1][:, 1] >= widths[0][:, 1]).all()


def test_origins_nearer_than_the_steps_ahead_overlap():
    near, far = (
        backtest(last_row(), SERIES, steps=3, n_origins=15, stride=stride)
        for stride in (1, 3)
    )
    last = [
        forecast(MODEL, SERIES, 3, coverage=0.5, errors=errors).iloc[-1]
        for errors in (near, far)
    ]
    for errors, row in zip((near, far), last):
        known = np.sort(errors_of(errors[errors["step"] == 3]))
        low, high = known[[3, -4]]  # (15 + 1) / 4 from either end
        if errors is near:  # as many as 5 independent ones, of 7 wanted
            either = np.sort(np.abs(known))[-8]
            low, high = min(low, -either), max(high, either)
        assert_allclose(row[["a_lower", "a_upper"]] - row["a"], [low, high])


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_one_more_error_is_inside_as_often_as_asked_for(coverage):
    inside = []
    for _ in range(2000):
        *errors, new = rng.standard_t(3, size=45)
        low, high = margins(np.array(errors), np.ones(44, int), 1, coverage, 1)[0]
        inside.append(low <= new <= high)
    assert coverage - 0.02 < np.mean(inside) < coverage + 0.04


# Of a forecast


def test_bounds_stand_beside_the_forecast():
    plain = forecast(MODEL, SERIES, 3)
    errors = backtest(last_row(), SERIES, steps=3, n_origins=30, stride=3)
    result = forecast(MODEL, SERIES, 3, coverage=0.8, errors=errors)
    assert list(result) == ["a", "a_lower", "a_upper"]
    pd.testing.assert_frame_equal(result[["a"]], plain)
    for step in (1, 2, 3):
        known = np.sort(errors_of(errors[errors["step"] == step]))
        low, high = known[[2, -3]]  # (30 + 1) / 10 from either end
        expected = result["a"].iloc[step - 1] + [low, high]
        assert_allclose(result.iloc[step - 1, 1:].to_numpy(float), expected)


def test_a_wider_coverage_is_outside_of_a_narrower_one():
    narrow, wide = (
        forecast(MODEL, SERIES, 3, coverage=coverage, errors=ERRORS)
        for coverage in (0.5, 0.9)
    )
    assert (wide["a_lower"] <= narrow["a_lower"]).all()
    assert (wide["a_upper"] >= narrow["a_upper"]).all()


def test_every_target_has_bounds_of_its_own():
    series = make_series("abc")
    targets = ["c", "a"]
    model = make_pipeline(SlidingWindowTransformer(2), Ridge())
    errors = backtest(model, series, 3, horizon=3, target=targets)
    X, y = make_supervised(series, horizon=3, target=targets)
    options = {"target": targets, "coverage": 0.9}
    result = forecast(model.fit(X, y), series, 3, errors=errors, **options)
    names = ["c", "a", "c_lower", "c_upper", "a_lower", "a_upper"]
    assert list(result) == names
    by_position = backtest(model, series.to_numpy(), 3, horizon=3, target=[2, 0])
    options["target"] = [2, 0]
    model.fit(X.to_numpy(), y.to_numpy())
    in_array = forecast(model, series.to_numpy(), 3, errors=by_position, **options)
    assert isinstance(in_array, np.ndarray)
    assert_allclose(in_array, result)


@pytest.mark.parametrize("name", ["a", None])
def test_a_series_has_a_frame_of_bounds(name):
    series = SERIES["a"].rename(name)
    errors = backtest(last_row(), series, 3, n_origins=30)
    model = last_row().fit(*make_supervised(series))
    result = forecast(model, series, 3, coverage=0.8, errors=errors)
    expected = forecast(MODEL, SERIES, 3, coverage=0.8, errors=ERRORS)
    name = name or "x0"
    assert list(result) == [name, f"{name}_lower", f"{name}_upper"]
    assert_allclose(result, expected)
    in_list = list(series)
    errors = backtest(last_row(), in_list, 3, n_origins=30)
    model = last_row().fit(*make_supervised(in_list))
    assert_allclose(forecast(model, in_list, 3, coverage=0.8, errors=errors), expected)


def test_what_is_not_known_at_the_end_of_history_does_not_count():
    history = SERIES[:110]
    poisoned = ERRORS.copy()
    is_later = ERRORS.index.get_level_values("time") > history.index[-1]
    poisoned.loc[is_later, "a"] = 1e9
    clean, found = (
        forecast(MODEL, history, 3, coverage=0.8, errors=errors)
        for errors in (ERRORS[~is_later], poisoned)
    )
    pd.testing.assert_frame_equal(clean, found)


@pytest.mark.parametrize(
    "index",
    [
        pd.period_range("2000", periods=120, freq="M"),
        pd.RangeIndex(120),
        pd.date_range("2024", periods=120, freq="h", tz="Europe/Berlin"),
        pd.Index(DAYS.date),
    ],
    ids=lambda index: type(index).__name__,
)
def test_labels_of_any_kind(index):
    series = SERIES.set_axis(index)
    errors = backtest(last_row(), series, 3, n_origins=30)
    result = forecast(MODEL, series, 3, coverage=0.8, errors=errors)
    expected = forecast(MODEL, SERIES, 3, coverage=0.8, errors=ERRORS)
    assert_allclose(result, expected)
    if getattr(index, "tz", None):
        elsewhere = series.tz_convert("UTC")
        result = forecast(MODEL, elsewhere, 3, coverage=0.8, errors=errors)
        assert_allclose(result, expected)


def test_history_may_be_longer_than_the_backtest_or_of_another_precision():
    model = last_row().fit(*make_supervised(SERIES))
    later = pd.concat([SERIES, make_series(index=DAYS + pd.Timedelta("120D"))])
    later.index.freq = "D"
    assert forecast(model, later, 3, coverage=0.9, errors=ERRORS).notna().all(axis=None)
    single = SERIES.astype("float32")
    assert_allclose(
        forecast(model, single, 3, coverage=0.9, errors=ERRORS),
        forecast(model, SERIES, 3, coverage=0.9, errors=ERRORS),
        rtol=1e-5,
    )


# Of a backtest


@pytest.mark.parametrize("refit", [True, False])
def test_each_origin_has_what_forecast_gives_there(refit):
    series = SERIES["a"].cumsum()
    options = {"steps": 4, "stride": 3, "n_origins": 15, "refit": refit}
    plain = backtest(last_row(), series, **options)
    result = backtest(last_row(), series, coverage=0.8, **options)
    pd.testing.assert_frame_equal(result[list(plain)], plain)
    unknown = set()
    for origin, rows in result.groupby(level="origin"):
        history = series[:origin]
        fitted_until = origin if refit else result.index[0][0]
        model = last_row().fit(*make_supervised(series[:fitted_until]))
        try:
            expected = forecast(model, history, 4, coverage=0.8, errors=plain)
        except ValueError as error:
            assert "errors has fewer than the 9 errors" in str(error)
            assert rows[["a_lower", "a_upper"]].isna().all(axis=None)
            unknown.add(origin)
        else:
            assert_allclose(rows[["a_lower", "a_upper"]], expected.iloc[:, 1:])
    assert 0 < len(unknown) < 5


def test_intervals_hold_what_they_promise():
    series = pd.Series(rng.normal(size=1500))
    result = backtest(
        DummyRegressor(), series, 2, n_origins=500, refit=False, coverage=0.9
    ).dropna()
    inside = result["x0"].between(result["x0_lower"], result["x0_upper"])
    assert (inside.groupby(result["step"]).mean() - 0.9).abs().max() < 0.03


# What is refused


@pytest.mark.parametrize(
    "options, message",
    [
        ({"coverage": 0.9}, "coverage=0.9, but model predicts no quantiles and errors"),
        ({"errors": ERRORS}, "errors are given, but coverage=None"),
        ({"coverage": 1.0, "errors": ERRORS}, "'coverage' parameter"),
        ({"coverage": 90, "errors": ERRORS}, "'coverage' parameter"),
        ({"coverage": 0.9, "errors": ERRORS["a"]}, "'errors' parameter"),
        ({"coverage": 0.9, "errors": SERIES}, "errors has the columns .* backtest"),
        (
            {
                "coverage": 0.9,
                "errors": ERRORS.set_axis(["step", "b", "b_forecast"], axis=1),
            },
            r"errors has no forecasts of \['a'\]",
        ),
        (
            {"coverage": 0.9, "errors": ERRORS[ERRORS["step"] < 3]},
            "errors has 2 steps from each origin, but steps=3",
        ),
        (
            {"coverage": 0.9, "errors": ERRORS.assign(a=ERRORS["a"] + 1)},
            "errors is of another series than history: at 2024",
        ),
        (
            {"coverage": 0.99, "errors": ERRORS},
            "fewer than the 199 errors of 'a' .* n_origins=67 .* better 199",
        ),
    ],
)
def test_errors_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        forecast(MODEL, SERIES, 3, **options)


@pytest.mark.parametrize(
    "history, message",
    [
        (SERIES.tz_localize("UTC"), "errors is a DatetimeIndex without time zone"),
        (SERIES.reset_index(drop=True), "that of history an index of numbers"),
        (SERIES.set_axis(DAYS.shift(1)), "errors is of another series"),
        (SERIES[:20], "fewer than the 19 errors of 'a' known at 2024-01-20"),
    ],
)
def test_a_history_that_is_not_that_of_the_errors_is_refused(history, message):
    with pytest.raises(ValueError, match=message):
        forecast(MODEL, history, 3, coverage=0.9, errors=ERRORS)


def test_columns_that_have_the_names_of_bounds_are_refused():
    series = SERIES.assign(a_upper=SERIES["a"])
    with pytest.raises(ValueError, match=r"series has \['a_upper'\] beside the bounds"):
        backtest(last_row(), series, 2, coverage=0.9)
    errors = backtest(last_row(), series, 2, n_origins=30)
    model = last_row().fit(*make_supervised(series))
    options = {"target": ["a", "a_upper"], "errors": errors, "coverage": 0.9}
    with pytest.raises(ValueError, match=r"history has \['a_upper'\] beside"):
        forecast(model, series, 2, **options)
