"""Many series in one table: each as if it were alone."""

import pickle

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal, assert_index_equal
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import (
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skts import (
    BacktestDisplay,
    ForecastDisplay,
    MLPRegressor,
    PanelTimeSeriesSplit,
    ResidualsDisplay,
    SlidingWindowTransformer,
    WindowDisplay,
    backtest,
    forecast,
    make_forecast_scorer,
    make_supervised,
    seasonal_naive,
)

rng = np.random.default_rng(0)
DAYS = pd.date_range("2024-01-01", periods=30, name="day")
LENGTHS = {"Oslo": slice(0, 20), "Rome": slice(7, 30), "Bern": slice(3, 12)}
SERIES = {
    name: pd.DataFrame(
        rng.normal(size=(len(DAYS[days]), 2)).cumsum(axis=0), DAYS[days], ["a", "x"]
    )
    for name, days in LENGTHS.items()
}
PANEL = pd.concat(SERIES, names=["shop"])
SHUFFLED = PANEL.sample(frac=1, random_state=0)


def each(function, panel=PANEL):
    """Apply a function to each series by itself."""
    by_series = panel.groupby(level=0, sort=False)
    return pd.concat(
        {name: function(rows.droplevel(0).sort_index()) for name, rows in by_series},
        names=panel.index.names[:1],
    )


def like(table, index):
    """Return the rows of a table in the order of an index."""
    return table.loc[index].rename_axis(index.names)


@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("panel", [PANEL, SHUFFLED], ids=["in order", "shuffled"])
def test_supervised_is_that_of_each_series(panel, window):
    options = {"window": window, "horizon": 2, "target": "a", "ahead": "x"}
    X, y = make_supervised(panel, **options)
    expected = each(lambda rows: make_supervised(rows, **options)[0])
    assert_frame_equal(X, like(expected, X.index))
    expected = each(lambda rows: make_supervised(rows, **options)[1])
    assert_frame_equal(y, like(expected, y.index))
    assert_index_equal(X.index, y.index)
    shops = panel.index.get_level_values("shop").unique()
    assert list(X.index.get_level_values("shop").unique()) == list(shops)


def test_supervised_counts_series_that_are_too_short():
    with pytest.warns(UserWarning, match="1 of the 3 series .*the 12 rows.*'Bern'"):
        X, _ = make_supervised(PANEL, window=5, horizon=7)
    assert set(X.index.get_level_values("shop")) == {"Oslo", "Rome"}
    with pytest.raises(ValueError, match="The longest series has 23 rows, but window"):
        make_supervised(PANEL, window=20, horizon=7)


def test_holes_are_counted_once_for_all_series():
    with_holes = PANEL.drop([("Oslo", DAYS[4]), ("Rome", DAYS[15])])
    with pytest.warns(UserWarning, match="holes in 2 of 3 series.*2024-01-04.*'Oslo'"):
        make_supervised(with_holes)
    with pytest.warns(UserWarning, match="In 2 of 3 series, such as 'Oslo': The index"):
        SlidingWindowTransformer(2).fit_transform(with_holes)


@pytest.mark.parametrize("padding", ["edge", "nan"])
@pytest.mark.parametrize("panel", [PANEL, SHUFFLED], ids=["in order", "shuffled"])
def test_windows_are_those_of_each_series(panel, padding):
    windows = SlidingWindowTransformer(4, padding=padding)
    windows.set_output(transform="pandas")
    expected = each(windows.fit_transform)
    assert_frame_equal(windows.fit_transform(panel), like(expected, panel.index))
    assert_frame_equal(windows.transform(panel), like(expected, panel.index))
    read = windows.set_output(transform="default").transform(panel)
    assert np.unique(read.series).size == 3
    assert_array_equal(pickle.loads(pickle.dumps(read[[5, 1]])), read[[5, 1]])


@pytest.mark.parametrize(
    "history", ["auto", "fit", PANEL], ids=["auto", "fit", "frame"]
)
def test_each_series_finds_its_own_past(history):
    train = PANEL[PANEL.index.get_level_values("day") < DAYS[10]]
    test = PANEL[PANEL.index.get_level_values("day") >= DAYS[10]]
    windows = SlidingWindowTransformer(3, history=history)
    windows.set_output(transform="pandas").fit(train)
    whole = SlidingWindowTransformer(3).set_output(transform="pandas")
    expected = each(whole.fit_transform)
    stored = pickle.loads(pickle.dumps(windows))
    for fitted in (windows, stored):
        assert_frame_equal(fitted.transform(test), like(expected, test.index))


def test_with_the_whole_panel_rows_may_be_missing_and_repeated():
    windows = SlidingWindowTransformer(3, history=SHUFFLED)
    windows.set_output(transform="pandas")
    some = PANEL.iloc[[30, 2, 2, 45, 11]]
    expected = each(
        SlidingWindowTransformer(3).set_output(transform="pandas").fit_transform
    )
    assert_array_equal(windows.fit_transform(some), expected.loc[some.index])


def test_unseen_series_begin_without_a_past():
    windows = SlidingWindowTransformer(3, padding="nan").fit(PANEL)
    alone = SERIES["Rome"].tail(2)
    expected = windows.transform(pd.concat({"new": alone}, names=["shop"]))
    assert np.isnan(np.asarray(expected)[0]).sum() == 4
    assert_array_equal(windows.transform(alone), expected)
    # As of a transformer that was fitted on one series.
    fitted = SlidingWindowTransformer(3, padding="nan").fit(SERIES["Oslo"])
    many = fitted.transform(pd.concat({"new": alone, "newer": alone}))
    assert_array_equal(many[:2], expected)
    assert_array_equal(many[2:], expected)


def test_series_that_are_shorter_than_the_window_are_padded():
    assert SlidingWindowTransformer(12).fit_transform(PANEL).shape == (len(PANEL), 24)
    with pytest.raises(ValueError, match=r"window=24 is longer .*n_samples = 23"):
        SlidingWindowTransformer(24).fit(PANEL)


def test_several_levels_tell_series_apart():
    deep = pd.concat({1: PANEL, 2: PANEL + 1}, names=["country"])
    X, _ = make_supervised(deep, window=3)
    single, _ = make_supervised(PANEL, window=3)
    assert_array_equal(X, np.vstack([single, single + 1]))


class Explosion(RegressorMixin, BaseEstimator):
    """Predicts what is not finite of windows that end above a bound."""

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict(self, X):
        last = np.asarray(X)[:, -1]
        return np.where(last == SERIES["Rome"]["a"].iloc[-1], np.inf, last)


class Recording(MLPRegressor):
    """Keeps which rows were held out."""

    def _split(self, windows, targets):
        trained_on, held_out = super()._split(windows, targets)
        Recording.targets = targets[held_out, 0]
        return trained_on, held_out


@pytest.mark.parametrize("in_pandas", [False, True])
def test_early_stopping_holds_out_the_last_rows_of_each_series(in_pandas):
    X, y = make_supervised(PANEL.assign(a=np.arange(len(PANEL))), target="a")
    windows = SlidingWindowTransformer(2)
    windows.set_output(transform="pandas" if in_pandas else "default")
    network = Recording(early_stopping=True, epochs=1, validation_fraction=0.2)
    make_pipeline(windows, network).fit(X, y)
    last = [y[shop].tail(round(0.2 * len(y[shop]))).to_numpy() for shop in SERIES]
    assert_array_equal(np.sort(Recording.targets), np.concatenate(last))


def test_one_model_of_all_series_is_searched_by_time_and_forecasts_each():
    X, y = make_supervised(PANEL["a"].to_frame())
    search = GridSearchCV(
        make_pipeline(SlidingWindowTransformer(), LinearRegression()),
        {"slidingwindowtransformer__window": [2, 3]},
        cv=PanelTimeSeriesSplit(3),
    ).fit(X, y)
    forecasts = forecast(search, PANEL[["a"]], 4)
    assert_frame_equal(forecasts, each(lambda rows: forecast(search, rows[["a"]], 4)))


# Forecasts


def windowed(*steps):
    return make_pipeline(SlidingWindowTransformer(3, padding=0), *steps)


MODELS = {
    "windows": windowed(Ridge()),
    "scaled": windowed(StandardScaler(), Ridge()),
    "target": TransformedTargetRegressor(windowed(Ridge()), func=None),
    "windows of windows": windowed(SlidingWindowTransformer(2), Ridge()),
    "side by side": make_pipeline(
        FeatureUnion([(str(n), SlidingWindowTransformer(n)) for n in (2, 4)]), Ridge()
    ),
    "rows": Ridge(),
}
A = PANEL[["a"]]


def assert_forecasts_each(model, panel, steps, **options):
    expected = each(lambda rows: forecast(model, rows, steps, **options), panel)
    assert_frame_equal(forecast(model, panel, steps, **options), expected)


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("panel", [A, A.loc[SHUFFLED.index]], ids=["in order", "not"])
@pytest.mark.parametrize("name", MODELS)
def test_forecasts_are_those_of_each_series(name, panel, horizon):
    X, y = make_supervised(panel, horizon=horizon)
    assert_forecasts_each(clone(MODELS[name]).fit(X, y), panel, 5)
    alone = clone(MODELS[name]).fit(*make_supervised(SERIES["Rome"][["a"]]))
    assert_forecasts_each(alone, panel, 5)


@pytest.mark.parametrize("as_arrays", [False, True])
def test_forecasts_of_models_without_windows_of_their_own(as_arrays):
    X, y = make_supervised(A, window=3, horizon=2)
    model = Ridge().fit(*((X.to_numpy(), y.to_numpy()) if as_arrays else (X, y)))
    assert_forecasts_each(model, A, 5)
    short = pd.concat([A, A.loc[["Oslo"]].head(2).rename({"Oslo": "Bonn"})])
    with pytest.raises(ValueError, match="has 2 rows of the series 'Bonn', but .* 3"):
        forecast(model, short, 2)
    holes = A.drop([("Rome", DAYS[-2]), ("Oslo", DAYS[18])])
    with pytest.warns(UserWarning, match="of 2 of 3 series has a hole after .*'Oslo'"):
        forecast(model, holes, 2)


def test_forecasts_of_models_of_arrays():
    X, y = make_supervised(SERIES["Rome"][["a"]].to_numpy())
    assert_forecasts_each(windowed(Ridge()).fit(X, y), A, 3)


HOUR = pd.Timedelta("1h")
DAYS_SKIPPED = pd.date_range("2018-10-15", periods=30, name="day")
DAYS_TWICE = pd.date_range("2024-10-15", periods=30, name="day")
LABELS = {
    "zone": DAYS.tz_localize("Europe/Berlin"),
    "hours": pd.date_range("2024-03-30", periods=30, freq="h", tz="Europe/Berlin"),
    "no midnight": DAYS_SKIPPED.tz_localize("America/Sao_Paulo", nonexistent=HOUR),
    "two midnights": DAYS_TWICE.tz_localize("America/Havana", ambiguous=[True] * 30),
    "periods": pd.period_range("2024-01", periods=30, freq="M"),
    "months": pd.date_range("2024-01-31", periods=30, freq="ME"),
    "numbers": pd.Index(range(10, 40)),
    "objects": pd.Index(DAYS.date),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_of_each_series_are_continued(name):
    panel = A.set_axis(A.index.set_levels(LABELS[name], level=1))
    model = windowed(Ridge()).fit(*make_supervised(panel))
    found = forecast(model, panel, 4)
    expected = each(lambda rows: forecast(model, rows, 4), panel)
    assert_frame_equal(found, expected)


def test_series_too_short_to_tell_its_frequency_has_that_of_all():
    both = pd.concat([A.loc[["Rome"]], A.loc[["Oslo"]].tail(1)])
    model = windowed(Ridge()).fit(*make_supervised(A))
    found = forecast(model, both, 2)
    assert_frame_equal(found, forecast(model, A, 2).loc[["Rome", "Oslo"]])
    irregular = both.drop([("Rome", DAYS[k]) for k in range(8, 29) if k != 18])
    with pytest.raises(ValueError, match="in the series 'Oslo', ends at .* Let the la"):
        forecast(model, irregular, 2)


def test_forecast_of_a_named_series_and_of_deep_levels():
    model = windowed(Ridge()).fit(*make_supervised(A))
    found = forecast(model, PANEL["a"], 3)
    assert isinstance(found, pd.Series) and found.name == "a"
    assert_frame_equal(found.to_frame(), forecast(model, A, 3))
    deep = pd.concat({1: A, 2: A + 1}, names=["country"])
    found = forecast(model, deep, 3)
    assert found.index.names == ["country", "shop", "day"]
    assert_frame_equal(found.loc[1], forecast(model, A, 3))
    assert_frame_equal(found.loc[2], forecast(model, A + 1, 3))


def test_unseen_and_short_series_are_padded_with_one_warning():
    model = windowed(Ridge()).fit(*make_supervised(A))
    new = A.loc[["Oslo"]].head(2).rename({"Oslo": "Bonn"})
    found = forecast(model, pd.concat([A, new]), 3)
    alone = new.droplevel(0).asfreq("D")
    expected = forecast(model, alone, 3)
    assert_frame_equal(found.loc["Bonn"], expected, check_freq=False)
    assert_frame_equal(found.drop("Bonn", level=0), forecast(model, A, 3))
    later = A.loc[["Oslo"]].tail(1).rename({DAYS[19]: DAYS[25]})
    with pytest.warns(UserWarning, match="In 1 of 1 series, such as 'Oslo': Of the 2"):
        forecast(model, pd.concat([A.drop("Oslo", level=0), later]), 3)


def future_of(panel, n_rows):
    """Return what comes after each series, of column x."""
    after = {
        key: pd.date_range(rows.index[-1][1], periods=n_rows + 1, name="day")[1:]
        for key, rows in panel.groupby(level=0, sort=False)
    }
    tables = {
        key: pd.DataFrame({"x": np.arange(n_rows) * len(days)}, days)
        for key, days in after.items()
    }
    return pd.concat(tables, names=["shop"])


@pytest.mark.parametrize("ahead", [None, "x"])
@pytest.mark.parametrize("window", [None, 3])
def test_future_is_found_by_series_and_time(ahead, window):
    options = {"target": "a", "horizon": 2, "ahead": ahead, "window": window}
    X, y = make_supervised(PANEL, **options)
    model = Ridge() if window else windowed(Ridge())
    model.fit(X, y)
    future = future_of(PANEL, 6).sample(frac=1, random_state=0)
    found = forecast(model, PANEL, 5, target="a", future=future)
    for key, rows in SERIES.items():
        own = forecast(model, rows, 5, target="a", future=future.loc[key])
        assert_frame_equal(found.loc[key], own, check_freq=False)


def in_zone(table, zone):
    return table.tz_localize(zone, level=-1)


def test_future_may_be_in_another_zone():
    X, y = make_supervised(in_zone(PANEL, "UTC"), target="a", horizon=2, ahead="x")
    model = windowed(Ridge()).fit(X, y)
    future = in_zone(future_of(PANEL, 4), "UTC")
    expected = forecast(model, in_zone(PANEL, "UTC"), 4, future=future)
    future = future.tz_convert("Asia/Tokyo", level=-1)
    found = forecast(model, in_zone(PANEL, "UTC"), 4, future=future)
    assert_frame_equal(found, expected)


FUTURE = future_of(PANEL, 6)
BAD_FUTURES = {
    "unknown": (
        pd.concat([FUTURE, FUTURE.loc[["Rome"]].rename({"Rome": "Nice"})]),
        "future has 1 series, 'Nice', that are not in history",
    ),
    "missing": (FUTURE.drop("Rome"), "future lacks 1 series, 'Rome', that are in his"),
    "one": (FUTURE.loc["Rome"], "index of 2 levels, .* that of future has 1"),
    "rows": (
        FUTURE.drop(("Rome", DAYS[-1] + pd.Timedelta("2D"))),
        "lacks 1 of the 12 rows .* at 2024-02-01 00:00:00 of the series 'Rome' and",
    ),
    "NaN": (FUTURE.where(FUTURE > 0), "missing value in .*2024-01-21 .*'Oslo'"),
    "twice": (pd.concat([FUTURE, FUTURE]), "of the series 'Oslo' more than once"),
    "column": (FUTURE.assign(z=1), r"future has columns \['x', 'z'\]"),
}


@pytest.mark.parametrize("name", BAD_FUTURES)
def test_bad_future(name):
    future, message = BAD_FUTURES[name]
    X, y = make_supervised(PANEL, target="a", horizon=2, ahead="x")
    model = windowed(Ridge()).fit(X, y)
    with pytest.raises(ValueError, match=message):
        forecast(model, PANEL, 4, target="a", future=future)


def test_future_that_contradicts_history_is_said():
    X, y = make_supervised(PANEL, target="a", horizon=2, ahead="x")
    model = windowed(Ridge()).fit(X, y)
    future = pd.concat([FUTURE, PANEL[["x"]].loc[["Rome"]].tail(1) + 1])
    with pytest.warns(UserWarning, match="2024-01-30 00:00:00 of the series 'Rome', b"):
        forecast(model, PANEL, 4, target="a", future=future)


def test_series_whose_prediction_is_not_finite_is_named():
    model = windowed(Explosion()).fit(*make_supervised(A))
    with pytest.raises(ValueError, match="inf after 2024-01-30 .*'Rome', with which"):
        forecast(model, A, 2)


def test_static_columns_are_encoded_in_front_and_stand_beside_windows():
    sizes = {"Oslo": 1, "Rome": 2, "Bern": 1}
    panel = A.assign(size=A.index.get_level_values("shop").map(sizes))
    encode = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["size"]),
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    model = make_pipeline(
        encode.set_output(transform="pandas"),
        SlidingWindowTransformer(
            3, passthrough=make_column_selector("size_"), history=None
        ),
        Ridge(),
    )
    X, y = make_supervised(panel, target="a", horizon=2)
    model.fit(X, y)
    windows = model[:-1].transform(X)
    assert list(windows.channels) == ["a"] and len(np.unique(windows.series)) == 3
    assert_array_equal(windows.own, pd.get_dummies(X["size"]))
    assert_forecasts_each(model, panel, 2, target="a")


# From many origins


def time_of(table):
    return table.index.get_level_values("day")


def by_hand(model, panel, origin, steps, **options):
    """Fit up to an origin, and forecast the series that have a row there."""
    known = panel[time_of(panel) <= origin]
    model = clone(model).fit(*make_supervised(known, **options))
    shops = known[time_of(known) == origin].index.unique("shop")
    return forecast(model, known.loc[list(shops)], steps, target="a")


@pytest.mark.parametrize("panel", [A, A.loc[SHUFFLED.index]], ids=["in order", "not"])
@pytest.mark.parametrize("horizon", [1, 2])
def test_backtest_is_what_was_forecast_up_to_each_origin(horizon, panel):
    model, options = windowed(Ridge()), {"horizon": horizon}
    result = backtest(model, panel, 3, n_origins=4, stride=3, **options)
    assert result.index.names == ["shop", "origin", "time"]
    assert list(result) == ["step", "a", "a_forecast"]
    shops = panel.index.unique("shop")
    assert [k for k in result.index.unique("shop")] == [k for k in shops if k != "Bern"]
    origins = sorted(result.index.unique("origin"))
    assert origins == [DAYS[k] for k in (17, 20, 23, 26)]
    assert set(result.loc["Oslo"].index.unique("origin")) == {DAYS[17]}
    for origin in origins:
        own = result.xs(origin, level="origin")
        expected = by_hand(model, panel, origin, 3, **options)
        assert_allclose(own["a_forecast"], expected.loc[own.index, "a"], rtol=1e-9)
        assert own["step"].tolist() == [1, 2, 3] * (len(own) // 3)
        truth = panel["a"].reindex(own.index)
        assert_array_equal(own["a"], truth)


def test_backtest_of_one_series_of_many_is_its_own():
    one = A.loc[["Rome"]]
    options = {"n_origins": 3, "horizon": 2, "coverage": 0.4}
    expected = backtest(windowed(Ridge()), SERIES["Rome"][["a"]], 4, **options)
    found = backtest(windowed(Ridge()), one, 4, **options).loc["Rome"]
    assert_frame_equal(found.iloc[:, :3], expected.iloc[:, :3])
    assert_frame_equal(
        backtest(windowed(Ridge()), one["a"], 4, **options).loc["Rome"], found
    )


def test_no_row_after_an_origin_is_ever_seen():
    options = {"n_origins": 3, "stride": 2, "coverage": 0.5}
    expected = backtest(windowed(Ridge()), A, 2, **options)
    first = expected.index.unique("origin").min()
    poisoned = A.copy()
    poisoned[time_of(A) > first] = 1e6
    found = backtest(windowed(Ridge()), poisoned, 2, **options)
    names = ["a_forecast", "a_lower", "a_upper"]
    assert_array_equal(
        found.xs(first, level="origin")[names],
        expected.xs(first, level="origin")[names],
    )


def test_what_is_known_ahead_comes_from_the_panel_or_from_beliefs():
    options = {"target": "a", "ahead": "x", "horizon": 2, "n_origins": 2}
    foreseen = backtest(windowed(Ridge()), PANEL, 3, stride=8, **options)
    origins = foreseen.index.unique("origin")
    assert foreseen.groupby("origin")["step"].size().tolist() == [3, 3]
    assert not foreseen.isna().any(axis=None)
    beliefs = pd.concat({origin: PANEL[["x"]] for origin in origins}, names=["origin"])
    beliefs = beliefs.reorder_levels(["shop", "origin", "day"])
    told = beliefs.drop(["Bern", "Oslo"], level=0)
    options |= {"stride": 8, "future": told}
    with pytest.raises(ValueError, match="future lacks 1 series, 'Oslo'") as caught:
        backtest(windowed(Ridge()), PANEL, 3, **options)
    assert caught.value.__notes__ == [f"Raised by backtest at the origin {origins[0]}."]
    options["future"] = told.droplevel(0)
    with pytest.raises(ValueError, match=r"by \(shop, origin, time\), but .* 2 levels"):
        backtest(windowed(Ridge()), PANEL, 3, **options)
    late = PANEL[time_of(PANEL) >= DAYS[7]].drop("Oslo", level=0)
    foreseen = backtest(windowed(Ridge()), late, 3, **(options | {"future": None}))
    told = backtest(windowed(Ridge()), late, 3, **(options | {"future": beliefs}))
    assert_frame_equal(told, foreseen)


class Weighted(Ridge):
    """Checks that weights are those of the rows."""

    def fit(self, X, y, sample_weight=None):
        assert_array_equal(np.asarray(X)[:, 0], sample_weight)
        return super().fit(X, y)


def test_weights_are_those_of_the_rows_that_are_trained_on():
    panel = A.loc[SHUFFLED.index]
    params = {"sample_weight": panel["a"].to_numpy()}
    backtest(Weighted(), panel, 2, n_origins=3, horizon=2, fit_params=params)


def test_seasonal_naive_is_that_of_each_series():
    result = backtest(Ridge(), A, 4, n_origins=3)
    found = seasonal_naive(result, A.loc[SHUFFLED.index], 3)
    for shop in result.index.unique("shop"):
        own = seasonal_naive(result.loc[shop], SERIES[shop][["a"]], 3)
        assert_frame_equal(found.loc[shop], own)
    with pytest.raises(ValueError, match="season=15 .* 2024-01-18 .* 'Rome' are not"):
        seasonal_naive(result, A, 15)
    with pytest.raises(ValueError, match="forecasts is indexed by .* but series by"):
        seasonal_naive(result, SERIES["Oslo"])


@pytest.mark.parametrize(
    "panel, options, message",
    [
        (A, {"n_origins": 9}, "18 distinct times apart, .* series has 30"),
        (A.rename_axis(["origin", "day"]), {}, "beside the levels that tell series"),
    ],
)
def test_bad_backtests(panel, options, message):
    with pytest.raises(ValueError, match=message):
        backtest(windowed(Ridge()), panel, 14, stride=18, **options)


def test_origins_that_no_series_reaches_are_refused():
    moved = PANEL.loc[["Rome"]].tail(1).rename({"Rome": "Oslo"})
    panel = pd.concat([PANEL.drop(("Rome", DAYS[-1])), moved])
    options = {"target": "a", "ahead": "x", "horizon": 2, "n_origins": 1}
    with pytest.raises(ValueError, match="No series has .* 2024-01-26 .* the 4 rows"):
        backtest(windowed(Ridge()), panel, 3, **options)


def test_scores_pool_the_forecasts_of_all_series():
    X, y = make_supervised(A)
    model = windowed(Ridge()).fit(X, y)
    test = X[(time_of(X) >= DAYS[9]) & (time_of(X) < DAYS[21])]
    scorer = make_forecast_scorer(mean_absolute_error, A, steps=4)
    errors = []
    for origin in (DAYS[9], DAYS[13], DAYS[17]):
        known = A[time_of(A) <= origin]
        shops = test[time_of(test) == origin].index.unique("shop")
        predicted = forecast(model, known.loc[list(shops)], 4)
        errors.append((predicted["a"] - A["a"].reindex(predicted.index)).dropna())
    expected = -pd.concat(errors).abs().mean()
    assert_allclose(scorer(model, test), expected, rtol=1e-9)
    assert_allclose(scorer(model, test.sample(frac=1, random_state=0)), expected)
    search = GridSearchCV(
        windowed(Ridge()),
        {"slidingwindowtransformer__window": [2, 3]},
        cv=PanelTimeSeriesSplit(2),
        scoring=scorer,
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    with pytest.raises(
        ValueError, match="lacks 1 .* 2023-01-01 .* of the series 'Oslo'"
    ):
        scorer(model, test.rename({DAYS[9]: pd.Timestamp("2023-01-01")}).iloc[:1])
    with pytest.raises(ValueError, match="X has an index of 1 levels, and series one"):
        scorer(model, test.droplevel(0))
    X, y = make_supervised(PANEL, target="a", ahead="x", horizon=5)
    model = windowed(Ridge()).fit(X, y)
    scorer = make_forecast_scorer(mean_absolute_error, PANEL, steps=9)
    with pytest.raises(ValueError, match="No series has, behind a row of X, the 10 r"):
        scorer(model, X.loc[["Oslo"]].tail(1).rename({DAYS[14]: DAYS[15]}))


def test_the_scorer_forecasts_series_of_which_all_is_known_ahead():
    X, y = make_supervised(PANEL, target="a", ahead="x", horizon=2)
    model = windowed(Ridge()).fit(X, y)
    scorer = make_forecast_scorer(mean_absolute_error, PANEL, steps=4)
    last = X[time_of(X) >= DAYS[17]]
    alone = last.loc[["Rome"]]
    assert scorer(model, last) == scorer(model, alone)


# Intervals


def test_errors_count_in_units_of_the_scale_of_their_series():
    big = pd.concat([A.loc[["Rome"]], 10 * A.loc[["Rome"]].rename({"Rome": "Nice"})])
    errors = backtest(Ridge(1e-9), big, 3, n_origins=10, stride=1)
    model = Ridge(1e-9).fit(*make_supervised(big))
    found = forecast(model, big, 3, coverage=0.8, errors=errors)
    added = found[["a_lower", "a_upper"]].sub(found["a"], axis=0)
    assert_allclose(added.loc["Nice"], 10 * added.loc["Rome"], rtol=1e-9)
    earlier = backtest(Ridge(1e-9), big, 3, n_origins=10, stride=1, coverage=0.8)
    added = earlier[["a_lower", "a_upper"]].sub(earlier["a_forecast"], axis=0)
    assert_allclose(added.loc["Nice"], 10 * added.loc["Rome"], rtol=1e-9)
    assert earlier["a_lower"].isna().any() and earlier["a_lower"].notna().any()
    # A series that never changed, and one that is new, have the scale of the others.
    flat = pd.DataFrame({"a": 1.0}, big.loc["Rome"].index)
    both = pd.concat([big, pd.concat({"flat": flat, "new": flat.tail(1)})])
    found = forecast(model, both, 3, coverage=0.8, errors=errors)
    added = found[["a_lower", "a_upper"]].sub(found["a"], axis=0)
    assert_allclose(added.loc["flat"], 5.5 * added.loc["Rome"], rtol=1e-9)
    assert_allclose(added.loc["new"], 5.5 * added.loc["Rome"], rtol=1e-9)


def test_intervals_of_many_series_hold_what_they_promise():
    rng = np.random.default_rng(0)
    sizes = np.geomspace(0.1, 1000, 20)
    days = pd.date_range("2024-01-01", periods=60, name="day")
    walks = {
        k: pd.DataFrame({"a": size * rng.normal(size=60).cumsum()}, days)
        for k, size in enumerate(sizes)
    }
    panel = pd.concat(walks, names=["shop"])
    known = panel[time_of(panel) < days[55]]
    errors = backtest(Ridge(), known, 5, n_origins=6, refit=False)
    model = Ridge().fit(*make_supervised(known))
    found = forecast(model, known, 5, coverage=0.8, errors=errors)
    truth = panel["a"].reindex(found.index)
    inside = (truth >= found["a_lower"]) & (truth <= found["a_upper"])
    assert 0.7 < inside.mean() < 0.9


def test_errors_of_other_panels_are_refused():
    errors = backtest(Ridge(), A, 2, n_origins=10, stride=1)
    model = Ridge().fit(*make_supervised(A))
    options = {"coverage": 0.8, "errors": errors}
    with pytest.raises(
        ValueError, match="errors is of another series .* of the series"
    ):
        forecast(model, A + 1, 2, **options)
    with pytest.raises(ValueError, match=r"\['shop', 'origin', 'time'\], which are 3"):
        forecast(model, SERIES["Oslo"][["a"]], 2, **options)
    # Without its history, the scale of a series is not known.
    with pytest.raises(ValueError, match="errors has fewer than the 9 errors"):
        forecast(model, A.loc[["Oslo"]].tail(3), 2, **options)


# Pictures


def test_one_of_many_series_is_drawn():
    matplotlib.use("Agg")
    errors = backtest(windowed(Ridge()), A, 3, n_origins=10, stride=1)
    model = windowed(Ridge()).fit(*make_supervised(A))
    options = {"coverage": 0.8, "errors": errors}
    display = ForecastDisplay.from_estimator(
        model, SHUFFLED[["a"]], 3, key="Oslo", truth=A + 0, season=7, **options
    )
    expected = forecast(model, A, 3, **options).loc["Oslo"]
    assert_array_equal(display.forecast, expected["a"])
    assert_array_equal(display.interval[0.8], expected.iloc[:, 1:])
    assert_array_equal(display.history, SERIES["Oslo"]["a"])
    display = ForecastDisplay.from_predictions(A, forecast(model, A, 3), key="Rome")
    assert_array_equal(display.forecast, forecast(model, A, 3).loc["Rome", "a"])
    display = BacktestDisplay.from_predictions(errors, key="Oslo")
    assert_frame_equal(display.forecasts["forecast"], errors.loc["Oslo"])
    display = ResidualsDisplay.from_predictions(errors, key="Rome")
    assert len(display.residuals) == len(errors.loc["Rome"]) / 3
    display = BacktestDisplay.from_estimator(
        windowed(Ridge()), A, 2, key="Rome", n_origins=3
    )
    assert list(display.forecasts) == ["Pipeline", "seasonal naive"]
    for panel in (PANEL, SHUFFLED):
        display = WindowDisplay.from_series(panel, window=4, target="a", key="Rome")
        assert_frame_equal(display.series, SERIES["Rome"], check_freq=False)
        assert (display.X_shape, display.y_shape) == ((19, 4, 2), (19,))
    display = WindowDisplay.from_estimator(
        windowed(Ridge()).fit(*make_supervised(A, horizon=2)), A, key="Rome"
    )
    assert display.y_shape == (19, 2)
    plt.close("all")


def test_the_series_to_draw_must_be_named():
    errors = backtest(Ridge(), A, 1, n_origins=3)
    model = Ridge().fit(*make_supervised(A))
    message = "key=None, but must name the .*: history has 3 series, 'Oslo', 'Rome', 'B"
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_estimator(model, A, 2)
    with pytest.raises(ValueError, match="key='Nice', but .*: forecasts has 1 series"):
        BacktestDisplay.from_predictions(errors, key="Nice")
    with pytest.raises(ValueError, match="key=None, but .*: series has 3 series"):
        WindowDisplay.from_series(A)


TEXT = PANEL.set_axis(PANEL.index.set_levels(map(str, DAYS), level=1))
TWICE = pd.concat([PANEL, PANEL.iloc[[7]]])
NO_LABEL = PANEL.set_axis([(None, DAYS[0]), *PANEL.index[1:]])


@pytest.mark.parametrize("function", [make_supervised, SlidingWindowTransformer().fit])
@pytest.mark.parametrize(
    "panel, message",
    [
        (TEXT, "holds labels such as .* which are no times"),
        (PANEL.swaplevel(), r"be the time, .* '\w+': \w+.reorder_levels\(\[1, 0\]\)"),
        (TWICE, "has the time 2024-01-08 00:00:00 of the series 'Oslo' more than once"),
    ],
    ids=["text", "swapped", "twice"],
)
def test_bad_panels(function, panel, message):
    with pytest.raises(ValueError, match=message):
        function(panel)


def test_histories_that_tell_no_series_apart():
    with pytest.raises(ValueError, match="index of X tells series apart, and"):
        SlidingWindowTransformer(history=SERIES["Oslo"]).fit(PANEL)
    with pytest.raises(ValueError, match="index of history tells series apart"):
        SlidingWindowTransformer(history=PANEL).fit(SERIES["Oslo"])
    with pytest.raises(ValueError, match="history='fit' has before them are of one"):
        SlidingWindowTransformer(history="fit").fit(SERIES["Oslo"]).transform(PANEL)
    windows = SlidingWindowTransformer(history=PANEL).fit(PANEL)
    new = pd.concat({"new": SERIES["Bern"].iloc[[0, 0]]})
    with pytest.raises(ValueError, match="X, in the series 'new', must be in time"):
        windows.transform(new)
