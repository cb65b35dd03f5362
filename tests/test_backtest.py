"""Backtests: what is seen from an origin, what is refused, the same bits everywhere."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from joblib import parallel_config
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skts import (
    MLPRegressor,
    SlidingWindowTransformer,
    backtest,
    forecast,
    make_supervised,
    seasonal_naive,
)

DAYS = pd.date_range("2024-01-01", periods=60, name="day")


def make_series(columns=("a",), index=DAYS):
    values = np.random.RandomState(0).normal(size=(len(index), len(columns)))
    return pd.DataFrame(values.cumsum(axis=0), index, list(columns))


def windowed(model=None, window=3):
    return make_pipeline(SlidingWindowTransformer(window), model or Ridge())


def by_hand(model, series, positions, steps, horizon=1, target=None, future=None):
    """Return (origins, steps, targets) forecasts of a model fitted at each origin."""
    values = []
    for position in positions:
        known = series[: position + 1]
        X, y = make_supervised(known, horizon=horizon, target=target)
        fitted = clone(model).fit(X, y)
        believed = None if future is None else future.loc[known.index[-1]]
        options = {"target": target, "future": believed}
        values.append(
            np.reshape(forecast(fitted, known, steps, **options), (steps, -1))
        )
    return np.array(values)


# What is forecast


@pytest.mark.parametrize("steps, horizon", [(1, 1), (5, 1), (5, 5), (5, 2), (3, 5)])
def test_is_a_forecast_of_a_model_fitted_at_each_origin(steps, horizon):
    series = make_series()
    result = backtest(windowed(), series, steps, horizon=horizon, n_origins=4, stride=3)

    positions = [59 - steps - 3 * k for k in (3, 2, 1, 0)]
    expected = by_hand(windowed(), series, positions, steps, horizon)
    np.testing.assert_array_equal(result["a_forecast"], expected.ravel())

    rows = [p + k for p in positions for k in range(1, steps + 1)]
    np.testing.assert_array_equal(result["a"], series["a"].iloc[rows])
    assert list(result.columns) == ["step", "a", "a_forecast"]
    assert list(result["step"]) == list(range(1, steps + 1)) * 4
    assert result.index.names == ["origin", "time"]
    assert list(result.index.get_level_values("time")) == list(DAYS[rows])
    assert list(result.index.unique("origin")) == list(DAYS[positions])


@pytest.mark.parametrize("poison", [np.nan, 1e9])
@pytest.mark.parametrize("refit", [True, False, 2])
def test_no_row_after_an_origin_is_ever_seen(poison, refit):
    series, weight = make_series(["a", "b"]), np.linspace(1, 2, 60)

    def run(series, weight, n_origins):
        options = {"refit": refit, "fit_params": {"ridge__sample_weight": weight}}
        options |= {"horizon": 4, "stride": 4, "n_origins": n_origins}
        return backtest(windowed(), series, 4, **options).filter(like="_forecast")

    result = run(series, weight, 5)
    for n_origins in range(1, 6):
        n_known = 60 - 4 * (6 - n_origins)  # up to the last of these origins
        poisoned = series[: n_known + 4].copy()
        poisoned[n_known:] = poison
        weights = np.r_[weight[:n_known], [poison] * 4]
        again = run(poisoned, weights, n_origins)
        pd.testing.assert_frame_equal(
            again, result[: 4 * n_origins], check_exact=True, check_freq=False
        )


def test_the_model_that_is_given_stays_as_it_was():
    model = windowed()
    backtest(model, make_series(), 3, n_origins=2)
    assert not hasattr(model[-1], "coef_")


@pytest.mark.parametrize(
    "refit, fits",
    [
        (True, [0, 1, 2, 3, 4]),
        (np.bool_(False), [0]),
        (1, [0, 1, 2, 3, 4]),
        (False, [0]),
        (2, [0, 2, 4]),
        (9, [0]),
    ],
)
def test_refits_at_every_so_many_origins(refit, fits):
    series = make_series()
    options = {"n_origins": 5, "stride": 2}
    result = backtest(DummyRegressor(), series, 1, refit=refit, **options)
    means = [series["a"][1 : 50 + 2 * k + 1].mean() for k in range(5)]
    expected = [means[max(fit for fit in fits if fit <= k)] for k in range(5)]
    np.testing.assert_allclose(result["a_forecast"], expected)


def test_a_frozen_model_is_never_fitted():
    series = make_series()
    X, y = make_supervised(series[:20])
    model = windowed().fit(X, y)
    result = backtest(FrozenEstimator(model), series, 3, n_origins=2, stride=3)
    expected = forecast(model, series[:57], 3)["a"]
    np.testing.assert_array_equal(result["a_forecast"][3:], expected)


# Series


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(5, 185, 3),
        pd.period_range("2024-01", periods=60, freq="M"),
        pd.date_range("2024-03-20", periods=60, tz="Europe/Berlin"),
        pd.date_range("2024-03-30", periods=60, freq="30min", tz="Europe/Berlin"),
        pd.date_range("2024-01-01", periods=60, freq="B"),
        pd.date_range("2024-01-31", periods=60, freq="ME"),
        pd.timedelta_range("1h", periods=60, freq="h"),
        pd.Index(np.arange(60) * 2.0),
    ],
    ids=str,
)
def test_labels_of_any_kind(index):
    series = make_series(index=index)
    expected = backtest(windowed(), make_series(), 3, n_origins=4)
    if index.inferred_type == "floating":
        with pytest.raises(ValueError, match="no frequency"):
            backtest(windowed(), series, 3, n_origins=4)
        return
    result = backtest(windowed(), series, 3, n_origins=4)
    np.testing.assert_array_equal(result, expected)
    assert result.index.levels[0].dtype == result.index.levels[1].dtype == index.dtype
    assert list(result.index.get_level_values("time")[-3:]) == list(index[-3:])


@pytest.mark.parametrize("kind", ["Series", "unnamed", "array", "1-D", "list"])
def test_series_of_any_kind(kind):
    frame = make_series()
    expected = backtest(windowed(), frame, 3, n_origins=4)
    series, name = {
        "Series": (frame["a"], "a"),
        "unnamed": (frame["a"].rename(None), "x0"),
        "array": (frame.to_numpy(), 0),
        "1-D": (frame["a"].to_numpy(), 0),
        "list": (frame["a"].tolist(), 0),
    }[kind]
    result = backtest(windowed(), series, 3, n_origins=4)
    assert list(result.columns) == ["step", name, f"{name}_forecast"]
    np.testing.assert_array_equal(result, expected)
    if isinstance(series, pd.Series):
        assert result.index.equals(expected.index)
    else:
        assert result.index[-1] == (56, 59)


def test_a_model_fitted_on_arrays_is_given_arrays():
    class Picky(Ridge):
        def fit(self, X, y, sample_weight=None):
            assert not hasattr(X, "columns") and type(y) is np.ndarray
            return super().fit(X, y)

    backtest(windowed(Picky()), make_series(["a", "b"]).to_numpy(), 2, n_origins=2)


@pytest.mark.parametrize("target", [None, "b", ["b"], ["c", "a"]])
@pytest.mark.parametrize("as_array", [False, True])
def test_targets(target, as_array):
    series = make_series("abc")
    targets = list("abc") if target is None else list(target)
    expected = by_hand(windowed(), series, [52, 55], 4, 4, targets)
    names = targets
    if as_array:
        series = series.to_numpy()
        names = ["abc".index(name) for name in targets]
        target = None if target is None else names if len(names) > 1 else names[0]
    options = {"target": target, "n_origins": 2, "stride": 3}
    result = backtest(windowed(), series, 4, horizon=4, **options)

    forecasts = [f"{name}_forecast" for name in names]
    assert list(result.columns) == ["step", *names, *forecasts]
    np.testing.assert_allclose(result[forecasts], expected.reshape(8, -1))
    truth = make_series("abc")[targets].iloc[[*range(53, 57), *range(56, 60)]]
    np.testing.assert_array_equal(result[names], truth)


def test_truth_of_labels_that_the_series_leaves_out_is_unknown():
    series = make_series().drop(DAYS[57])
    result = backtest(windowed(), series, 2, n_origins=2, stride=1)
    assert result["a"].isna().tolist() == [False, True, True, False]
    assert result.index[1] == (DAYS[55], DAYS[57])
    assert result["a_forecast"].notna().all()


def test_missing_values_are_as_the_model_takes_them():
    series = make_series(["a", "b"])
    series.loc[DAYS[30:33], "b"] = np.nan
    model = windowed(HistGradientBoostingRegressor(max_iter=2))
    result = backtest(model, series, 1, target="a", n_origins=2)
    assert result["a_forecast"].notna().all()


# Which origins


@pytest.mark.parametrize(
    "options, first, stride",
    [
        ({"n_origins": 6}, 29, 5),  # steps apart, since these fit into the last half
        ({"n_origins": 7}, 30, 4),  # closer, since they would not
        ({}, 35, 1),
        ({"n_origins": 40}, 15, 1),  # as close as can be
        ({"n_origins": 1}, 56, None),
        ({"n_origins": 5, "stride": 2}, 46, 2),
        ({"n_origins": 3, "stride": 20}, 14, 20),
        ({"n_origins": 9, "min_train_size": 10}, 14, 5),  # instead of the half
        ({"n_origins": 10, "min_train_size": 41}, 45, 1),
    ],
)
def test_where_the_origins_are(options, first, stride):
    steps = 5 if options.get("n_origins") != 1 else 3
    result = backtest(DummyRegressor(), make_series().to_numpy(), steps, **options)
    origins = result.index.unique("origin")
    assert origins[-1] == 59 - steps
    assert origins[0] == first
    assert set(np.diff(origins)) == ({stride} if stride else set())


@pytest.mark.parametrize(
    "options, message",
    [
        ({"steps": 60}, "n_origins=1, 1 rows apart, need 62 rows.*series has 60"),
        ({"steps": 59}, "The 2 rows up to the first origin count"),
        ({"steps": 2, "n_origins": 58}, "n_origins=58, 1 rows apart, need 61 rows"),
        ({"steps": 2, "n_origins": 3, "stride": 40}, "n_origins=3, 40 rows apart"),
        ({"steps": 2, "horizon": 58}, "The 59 rows up to the first origin"),
        ({"steps": 2, "min_train_size": 59}, "The 59 rows up to the first origin"),
    ],
)
def test_more_origins_or_steps_than_rows_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        backtest(Ridge(), make_series(), **{"n_origins": 1, **options})


def test_the_least_rows_are_enough():
    result = backtest(DummyRegressor(), [1.0, 2.0, 3.0], 1, n_origins=1)
    assert result.to_numpy().tolist() == [[1, 3, 2]]
    with pytest.raises(ValueError, match="need 3 rows, but series has 2"):
        backtest(DummyRegressor(), [1.0, 2.0], 1, n_origins=1)


# Columns that are not predicted


def believed(series, origins, steps, noise=0.0):
    frames = {
        origin: series[["b"]][series.index > origin][:steps] + noise
        for origin in origins
    }
    return pd.concat(frames, names=["origin", "time"])


def test_up_to_the_horizon_other_columns_are_not_needed_ahead():
    series = make_series(["a", "b"])
    options = {"target": "a", "n_origins": 2, "stride": 3}
    result = backtest(windowed(), series, 3, horizon=3, **options)
    expected = by_hand(windowed(), series, [53, 56], 3, 3, "a")
    np.testing.assert_array_equal(result["a_forecast"], expected.ravel())


def test_beyond_the_horizon_they_come_from_what_was_believed_at_each_origin():
    series = make_series(["a", "b"])
    future = believed(series, DAYS[40:], 2, noise=1.0)
    options = {"target": "a", "n_origins": 2, "stride": 3}
    newest_first = future.sort_index(level=0, ascending=False, sort_remaining=False)
    result = backtest(windowed(), series, 3, future=newest_first, **options)
    expected = by_hand(windowed(), series, [53, 56], 3, 1, ["a"], future)
    np.testing.assert_array_equal(result["a_forecast"], expected.ravel())


@pytest.mark.parametrize(
    "change, error, message",
    [
        (lambda f: None, ValueError, r"not predicted: \['b'\].*let horizon be steps"),
        (
            lambda f: f.drop(DAYS[53]),
            ValueError,
            "lacks 1 of the 2 origins.*2024-02-23",
        ),
        (lambda f: f.droplevel(0), ValueError, r"\(origin, time\).*has 1 level"),
        (lambda f: f.drop((DAYS[53], DAYS[55])), ValueError, "future lacks 1 of the 2"),
        (lambda f: f.rename(columns={"b": "c"}), ValueError, "future has columns"),
        (lambda f: f["b"], ValueError, "The 'future' parameter"),
    ],
    ids=["none", "origin", "levels", "row", "column", "series"],
)
def test_incomplete_beliefs_are_refused(change, error, message):
    series = make_series(["a", "b"])
    future = change(believed(series, DAYS[[53, 56]], 2))
    with pytest.raises(error, match=message):
        backtest(
            windowed(), series, 3, target="a", n_origins=2, stride=3, future=future
        )


def test_beliefs_need_labels():
    series = make_series(["a", "b"])
    future = believed(series, DAYS, 2)
    with pytest.raises(TypeError, match="series has not, being an array"):
        backtest(Ridge(), series.to_numpy(), 3, target=0, future=future, n_origins=2)


# What is refused


class NoParameters:
    def fit(self, X, y): ...

    def predict(self, X): ...


class Changing(RegressorMixin, BaseEstimator):
    def __init__(self, alpha=1):
        self.alpha = [alpha]

    def fit(self, X, y): ...

    def predict(self, X): ...


@pytest.mark.parametrize(
    "model, error, message",
    [
        (NoParameters(), TypeError, "Cannot clone object"),
        (Changing(), RuntimeError, "Cannot clone object"),
        (StandardScaler(), ValueError, "The 'model' parameter"),
        (None, ValueError, "The 'model' parameter"),
    ],
    ids=["no estimator", "changes parameters", "transformer", "none"],
)
def test_models_that_cannot_be_cloned_or_predict(model, error, message):
    with pytest.raises(error, match=message):
        backtest(model, make_series(), 2)


@pytest.mark.parametrize(
    "parameters",
    [
        *({"steps": value} for value in (0, 1.5, None)),
        {"horizon": 0},
        {"n_origins": 0},
        {"stride": 0},
        {"min_train_size": 0},
        {"refit": 0},
        {"refit": "yes"},
        {"fit_params": [1]},
        {"n_jobs": "all"},
        {"verbose": -1},
    ],
    ids=str,
)
def test_parameters_are_checked(parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"The '{name}' parameter of backtest"):
        backtest(Ridge(), make_series(), **{"steps": 2, **parameters})


@pytest.mark.parametrize(
    "series, error, message",
    [
        ([], ValueError, "series of shape .* is empty"),
        (np.zeros((3, 3, 3)), ValueError, "series must be .* has 3 dimensions"),
        (make_series()[::-1], ValueError, "index of series must be in time order"),
        (make_series().iloc[[0, 0, 1]], ValueError, "without duplicates"),
        (make_series("aa"), ValueError, "series has columns of the same name"),
        (pl.DataFrame({"a": [1.0] * 50}), TypeError, "series is a polars"),
        (make_series(["step"]), ValueError, r"\['step'\] beside the targets"),
        (make_series(["a", "a_forecast"]), ValueError, r"\['a_forecast'\] beside"),
        (pd.concat({"x": make_series()}).swaplevel(), ValueError, "must be the time"),
    ],
    ids=range(9),
)
def test_series_without_order_or_names(series, error, message):
    with pytest.raises(error, match=message):
        backtest(Ridge(), series, 2)


@pytest.mark.parametrize("backend", ["sequential", "threading"])
def test_failures_name_the_origin(backend):
    series = make_series()
    series.iloc[56] = np.inf  # known at the last origin only
    with parallel_config(backend, n_jobs=2), pytest.raises(ValueError) as raised:
        backtest(windowed(), series, 2, n_origins=5)
    assert "infinity" in str(raised.value)
    notes = raised.value.__notes__
    assert notes == ["Raised by backtest at the origin 2024-02-27 00:00:00."]


def test_targets_that_are_no_columns_are_refused():
    with pytest.raises(ValueError, match="target='z' must name distinct columns"):
        backtest(Ridge(), make_series(), 2, target="z")


# Weights, processors, progress


def test_weights_are_those_of_the_training_rows():
    series = make_series()
    weight = np.linspace(0, 1, 60) ** 2
    result = backtest(
        LinearRegression(),
        series,
        1,
        n_origins=2,
        stride=10,
        fit_params={"sample_weight": weight},
    )
    for origin, predicted in zip([48, 58], result["a_forecast"]):
        X, y = make_supervised(series[: origin + 1])
        model = LinearRegression().fit(X, y, sample_weight=weight[:origin])
        expected = model.predict(series[origin : origin + 1])
        np.testing.assert_array_equal(predicted, expected)


@pytest.mark.parametrize(
    "backend, model",
    [("threading", MLPRegressor(epochs=2, random_state=0)), ("loky", Ridge())],
    ids=["threading", "loky"],
)
def test_same_bits_on_several_processors(backend, model):
    model = windowed(model)
    options = {"steps": 2, "horizon": 2, "n_origins": 3, "refit": 2}
    alone = backtest(model, make_series(), **options)
    with parallel_config(backend):
        together = backtest(model, make_series(), n_jobs=2, **options)
    pd.testing.assert_frame_equal(alone, together, check_exact=True)


def test_threads_warn_of_nothing():
    with parallel_config("threading", n_jobs=2):
        for _ in range(5):
            backtest(windowed(), make_series(), 6, n_origins=12)


def test_progress_is_one_line(capsys):
    backtest(Ridge(), make_series(), 2, n_origins=3, refit=2, verbose=1)
    shown = capsys.readouterr().out
    assert shown.count("\n") == 1
    assert re.findall(r"\rOrigin (\S+) - +\d+ s left", shown) == ["2/3", "3/3"]
    backtest(Ridge(), make_series(), 2, n_origins=3)
    assert capsys.readouterr().out == ""


# Seasonal naive


@pytest.mark.parametrize("season", [1, 2, 3, 7])
def test_repeats_the_last_season(season):
    series = make_series()
    result = backtest(Ridge(), series, 5, n_origins=3, stride=4)
    naive = seasonal_naive(result, series, season)

    for origin, rows in naive.groupby("origin"):
        last = series["a"][:origin].to_numpy()[-season:]
        np.testing.assert_array_equal(rows["a_forecast"], np.resize(last, 5))
    pd.testing.assert_frame_equal(naive[["step", "a"]], result[["step", "a"]])
    assert not result["a_forecast"].equals(naive["a_forecast"])


def test_of_several_targets_and_in_arrays():
    series = make_series(["a", "b", "c"])
    options = {"target": ["c", "a"], "horizon": 2, "n_origins": 2}
    naive = seasonal_naive(backtest(windowed(), series, 2, **options), series)
    origins = naive.index.get_level_values("origin")
    for name in "ac":
        np.testing.assert_array_equal(naive[f"{name}_forecast"], series[name][origins])

    values = series.to_numpy()
    result = backtest(windowed(), values, 2, **{**options, "target": [2, 0]})
    np.testing.assert_array_equal(seasonal_naive(result, values), naive)


@pytest.mark.parametrize("rows", [slice(40), slice(-8, None)], ids=str)
def test_origins_must_have_a_season_before_them(rows):
    result = backtest(Ridge(), make_series(), 1, n_origins=2, stride=1)
    with pytest.raises(ValueError, match="season=7 rows up to the origin 2024-02-27"):
        seasonal_naive(result, make_series()[rows], 7)


def test_what_is_no_backtest_or_of_another_series_is_refused():
    series = make_series(["a", "b"])
    with pytest.raises(ValueError, match=r"must be what backtest returned"):
        seasonal_naive(series, series)
    result = backtest(Ridge(), series["a"], 2)
    with pytest.raises(
        ValueError, match=r"\['a'\] must name distinct columns of series"
    ):
        seasonal_naive(result, series["b"])


# What is known ahead


def known_ahead():
    series = make_series(["a", "b"])
    series["a"] = 3 * series["b"]
    return series


@pytest.mark.parametrize("steps, horizon", [(3, 3), (3, 2), (4, 1)])
def test_what_is_known_ahead_comes_from_the_series_or_from_beliefs(steps, horizon):
    series = known_ahead()
    options = {"ahead": "b", "n_origins": 3, "stride": 4, "horizon": horizon}
    result = backtest(windowed(), series, steps, **options)
    np.testing.assert_allclose(result["a_forecast"], result["a"], rtol=0.05, atol=0.05)
    n_after = -(-steps // horizon) * horizon
    assert result.index[-1][0] == DAYS[-1 - n_after]
    origins = result.index.unique("origin")
    beliefs = believed(series, origins, n_after, noise=100.0)
    other = backtest(windowed(), series, steps, future=beliefs, **options)
    later = slice(n_after - steps, None)  # the last origin has no rows to spare
    assert (other["a_forecast"] - other["a"]).iloc[later].mean() > 100
    few = believed(series, DAYS, n_after - 1)
    with pytest.raises(ValueError, match=f"lacks 1 of the {n_after} rows"):
        backtest(windowed(), series, steps, future=few, **options)


def test_beliefs_that_nothing_reads_are_said():
    series = known_ahead()
    future = believed(series, DAYS, 2)
    with pytest.warns(UserWarning, match="future is not used"):
        backtest(windowed(), series, 2, horizon=2, target="a", future=future)
