"""Behaviour of `forecast`."""

import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.validation import validate_data

from skts import SlidingWindowTransformer, make_supervised
from skts._forecast import forecast
from skts._networks._mlp import MLPRegressor

DAYS = pd.date_range("2024-01-01", periods=60, name="day")


def make_series(index=DAYS, columns=("a",), seed=0):
    rng = np.random.RandomState(seed)
    values = rng.normal(size=(len(index), len(columns))).cumsum(axis=0)
    return pd.DataFrame(values, index=index, columns=list(columns))


def windowed(*steps, window=3, **options):
    return make_pipeline(
        SlidingWindowTransformer(window, **options), *(steps or [Ridge()])
    )


def slow_forecast(model, series, labels, targets, future=None, n_lags=None):
    """Predict the whole series at each step, and append the predictions by hand.

    With `n_lags` the model is given the last window instead.
    """
    rows, values = series, []
    while len(values) < len(labels):
        if n_lags is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                outputs = np.asarray(model.predict(rows))[-1]
        else:
            window = make_supervised(
                pd.concat([rows, rows.tail(1).set_axis(labels[len(values) :][:1])]),
                window=n_lags,
            )[0]
            outputs = np.asarray(model.predict(window))[-1]
        for step in np.reshape(outputs, (-1, len(targets))):
            if len(values) == len(labels):
                break
            label = labels[[len(values)]]
            row = pd.DataFrame([step], label, targets)
            if future is not None:
                row = row.join(future)
            rows = pd.concat([rows, row[series.columns]])
            values.append(step)
    return pd.DataFrame(values, labels, targets)


# Against the slow loop


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_equals_predicting_the_whole_series_at_each_step(data):
    columns = ["a", "b", "c"][: data.draw(st.integers(1, 3), "n_columns")]
    targets = data.draw(
        st.lists(st.sampled_from(columns), min_size=1, unique=True), "targets"
    )
    window = data.draw(st.integers(1, 6), "window")
    horizon = data.draw(st.integers(1, 4), "horizon")
    steps = data.draw(st.integers(1, 10), "steps")
    n_rows = data.draw(st.integers(1, 12), "n_rows")
    on_windows = data.draw(st.booleans(), "on_windows")
    as_array = data.draw(st.booleans(), "as_array")

    train = make_series(DAYS[:40], columns)
    n_lags = window if on_windows else None
    X, y = make_supervised(train, window=n_lags, horizon=horizon, target=targets)
    if on_windows:
        model, n_rows = Ridge(10.0), max(n_rows, window)
    else:
        padding = data.draw(st.sampled_from(["edge", 0.0]), "padding")
        model = windowed(Ridge(10.0), window=window, padding=padding, history=None)
    model.fit(X, y)

    series = make_series(DAYS[:n_rows], columns, seed=1)
    labels = DAYS[n_rows : n_rows + steps]
    others = [column for column in columns if column not in targets]
    future = make_series(labels, columns, seed=2)[others] if others else None
    expected = slow_forecast(model, series, labels, targets, future, n_lags)
    if steps <= horizon:
        future = None  # nothing is fed back
    if as_array:
        model.fit(X.to_numpy(), y)
        values = forecast(
            model,
            series.to_numpy(),
            steps,
            target=[columns.index(name) for name in targets],
            future=None if future is None else future.to_numpy(),
        )
        np.testing.assert_allclose(values, expected, rtol=1e-9)
    else:
        values = forecast(model, series, steps, target=targets, future=future)
        pd.testing.assert_frame_equal(values, expected, check_freq=False, rtol=1e-9)


class Lags(TransformerMixin, BaseEstimator):
    """A transformer that makes windows in its own way, by the labels of pandas."""

    def fit(self, X, y=None):
        self.n_columns_ = X.shape[1]
        return self

    def transform(self, X):
        return pd.concat([X.shift(2), X], axis=1).bfill().to_numpy()


class Doubled(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        validate_data(self, X)
        return self

    def transform(self, X):
        return 2 * np.asarray(X)


class LastDifference(RegressorMixin, BaseEstimator):
    """A regressor that reads the row before."""

    def fit(self, X, y):
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        values = np.asarray(X)[:, 0]
        return values + 0.5 * np.diff(values, prepend=values[:1])


class LastColumns(RegressorMixin, BaseEstimator):
    """A regressor whose rows stand for themselves."""

    def fit(self, X, y):
        validate_data(self, X)
        return self

    def predict(self, X):
        return 0.5 * np.asarray(X)[:, -2:].sum(axis=1)


SEARCH = GridSearchCV(
    windowed(), {"slidingwindowtransformer__window": [7, 5]}, cv=TimeSeriesSplit(2)
)
ALL = None

# Each model with its horizon and the number of rows that it needs to predict one.
MODELS = {
    "no windows": (Ridge(), 3, 1),
    "scalers around windows": (
        make_pipeline(StandardScaler(), windowed(StandardScaler(), Ridge(), window=4)),
        3,
        4,
    ),
    "forest": (windowed(RandomForestRegressor(5, random_state=0)), 3, 3),
    "search": (SEARCH, 3, 5),
    "search in a model": (TransformedTargetRegressor(SEARCH), 3, 5),
    "search behind windows": (
        windowed(GridSearchCV(Ridge(), {"alpha": [1, 10]}, cv=TimeSeriesSplit(2))),
        3,
        3,
    ),
    "transformed target": (
        TransformedTargetRegressor(windowed(window=4), transformer=StandardScaler()),
        3,
        4,
    ),
    "one model per output": (MultiOutputRegressor(windowed(window=4)), 3, 4),
    "chain": (windowed(RegressorChain(Ridge())), 3, 3),
    "chain of windows": (RegressorChain(windowed(window=4)), 3, 10),
    "stacking": (
        StackingRegressor([("w", windowed(window=4)), ("r", Ridge())], Ridge(), cv=2),
        1,
        4,
    ),
    "voting": (
        VotingRegressor([("s", windowed(window=4)), ("l", windowed(window=6))]),
        1,
        6,
    ),
    "windows of windows": (windowed(SlidingWindowTransformer(4), Ridge()), 3, 6),
    "windows side by side": (
        make_pipeline(
            FeatureUnion([(f"w{w}", SlidingWindowTransformer(w)) for w in (2, 5, 3)]),
            Ridge(),
        ),
        3,
        5,
    ),
    "windows of some columns": (
        make_pipeline(
            ColumnTransformer([("w", SlidingWindowTransformer(5), ["a"])]), Ridge()
        ),
        3,
        5,
    ),
    "windows with names": (windowed().set_output(transform="pandas"), 3, 3),
    "skipped step": (make_pipeline("passthrough", windowed()), 3, 3),
    "function of each value": (
        make_pipeline(FunctionTransformer(np.arctan), windowed()),
        3,
        3,
    ),
    "function of rows": (
        make_pipeline(
            FunctionTransformer(lambda X: X.rolling(4, min_periods=1).mean()), Ridge()
        ),
        3,
        ALL,
    ),
    "custom windows": (make_pipeline(Lags(), StandardScaler(), Ridge()), 3, ALL),
    "custom regressor": (LastDifference(), 1, ALL),
    "custom regressor behind windows": (windowed(LastColumns()), 1, 3),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("is_newer", [False, True])
def test_models(name, is_newer, monkeypatch):
    model, horizon, n_needed = MODELS[name]
    series = make_series()
    X, y = make_supervised(series[:30], horizon=horizon)
    model = clone(model).fit(X, y)
    known = series[20:45] if is_newer else series[:30]
    labels = pd.date_range(known.index[-1], periods=8, name="day")[1:]
    expected = slow_forecast(model, known, labels, ["a"])

    predict, n_rows = model.predict, []
    monkeypatch.setattr(model, "predict", lambda X: n_rows.append(len(X)) or predict(X))
    pd.testing.assert_frame_equal(forecast(model, known, 7), expected, rtol=1e-9)
    blocks = range(0, 7, horizon)
    assert n_rows == [n_needed or len(known) + block for block in blocks]


def test_model_fitted_on_windows_is_given_one(monkeypatch):
    series = make_series()
    X, y = make_supervised(series, window=5)
    model = LastColumns().fit(X, y)
    predict, n_rows = model.predict, []
    monkeypatch.setattr(model, "predict", lambda X: n_rows.append(len(X)) or predict(X))
    forecast(model, series, 3)
    assert n_rows == [1, 1, 1]


@pytest.mark.parametrize("columns", [["b_lag1", "b_lag0"], ["b_lag0", "b_lag4"]])
def test_columns_are_read_as_lags_by_their_names(columns):
    series = make_series(columns=["b"])
    X, y = make_supervised(series, window=5)
    model = LinearRegression().fit(X[columns], y)
    lags = [int(name[-1]) for name in columns]
    values = list(series["b"])
    for _ in range(4):
        last = [values[-1 - lag] for lag in lags]
        values.append(model.intercept_ + model.coef_ @ last)
    np.testing.assert_allclose(forecast(model, series["b"], 4), values[-4:])


# The index


INDEXES = {
    "days": pd.date_range("2024-02-20", periods=29),
    "days with a name": pd.date_range("2024-02-20", periods=29, name="day"),
    "days in seconds": pd.date_range("2024-02-20", periods=29, unit="s"),
    "month ends": pd.date_range("2023-10-31", periods=29, freq="ME"),
    "month starts": pd.date_range("2023-10-01", periods=29, freq="MS"),
    "quarters": pd.date_range("2020-01-01", periods=29, freq="QS"),
    "weeks": pd.date_range("2024-02-20", periods=29, freq="W-WED"),
    "business days": pd.bdate_range("2024-02-20", periods=29),
    "holidays": pd.bdate_range(
        "2024-02-20", periods=29, freq="C", holidays=["2024-03-01", "2024-04-01"]
    ),
    "days in Paris": pd.date_range("2024-03-10", periods=29, tz="Europe/Paris"),
    "hours in Paris": pd.date_range(
        "2024-03-30", periods=29, freq="h", tz="Europe/Paris"
    ),
    "period of months": pd.period_range("2023-10", periods=29, freq="M"),
    "period of two weeks": pd.period_range("2023-10-01", periods=29, freq="2W"),
    "time since": pd.timedelta_range("1h", periods=29, freq="30min"),
    "rows": pd.RangeIndex(29),
    "every second row": pd.RangeIndex(3, 61, 2, name="row"),
    "years": pd.Index(np.arange(1995, 2024)),
    "open on six days": pd.date_range(
        "2024-01-01", periods=29, freq=pd.offsets.CustomBusinessDay(weekmask="1111110")
    ),
    "trading hours": pd.date_range(
        "2024-01-01",
        periods=29,
        freq=pd.offsets.CustomBusinessHour(start="09:00", end="12:00"),
    ),
}


def assert_same_index(index, expected):
    assert index.equals(expected)
    assert (type(index), index.dtype) == (type(expected), expected.dtype)
    assert index.name == expected.name
    if isinstance(index, pd.DatetimeIndex):
        assert index.freq is not None


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
@pytest.mark.parametrize("n_rows", [25, 4])
def test_index_is_continued(index, n_rows):
    series = make_series(index)
    X, y = make_supervised(series[:20])
    values = forecast(windowed().fit(X, y), series[:n_rows], 4)
    assert_same_index(values.index, index[n_rows : n_rows + 4])
    series = make_series(index)["a"]
    X, y = make_supervised(series[:20], window=3)
    values = forecast(Ridge().fit(X, y), series[:n_rows], 4)
    assert_same_index(values.index, index[n_rows : n_rows + 4])


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, index in INDEXES.items()
        if isinstance(index, pd.DatetimeIndex)
        and name not in ("holidays", "trading hours")
    ],
)
def test_frequency_is_inferred(name):
    index = INDEXES[name]
    series = make_series(index._with_freq(None))
    X, y = make_supervised(series[:20])
    values = forecast(windowed().fit(X, y), series[:25], 4)
    assert_same_index(values.index, index[25:])


@pytest.mark.parametrize("freq", ["D", "h"])
@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Berlin", "2024-03-25"),
        ("Africa/Cairo", "2024-04-20"),  # midnight is skipped
        ("America/Havana", "2024-10-28"),  # midnight comes twice
    ],
)
def test_index_is_continued_across_a_clock_change(zone, start, freq):
    days = pd.date_range(start, periods=10).tz_localize(
        zone, nonexistent="shift_forward", ambiguous=np.ones(10, bool)
    )
    index = days if freq == "D" else pd.date_range(days[0], days[-1], freq=freq)
    index = pd.DatetimeIndex(index, freq=None)
    series = make_series(index)
    X, y = make_supervised(series, window=3)
    n_rows = len(index) * 3 // 5
    values = forecast(Ridge().fit(X, y), series[:n_rows], len(index[n_rows:]))
    assert values.index.equals(index[n_rows:])


def test_holidays_need_not_be_known():
    index = pd.bdate_range("2024-01-01", periods=90, name="day")
    series = make_series(index.delete([11, 30, 45]))
    X, y = make_supervised(series, window=3)
    values = forecast(Ridge().fit(X, y), series[:70], 5)
    assert_same_index(values.index, index[73:78])


def test_dates_that_are_objects_are_continued():
    series = make_series(DAYS)
    X, y = make_supervised(series, window=3)
    model = Ridge().fit(X, y)
    expected = forecast(model, series, 3)
    objects = series.set_axis(pd.Index(DAYS.date, name="day"))
    pd.testing.assert_frame_equal(
        forecast(model, objects, 3), expected, check_index_type=False
    )


def test_one_period_is_enough_to_be_continued():
    series = make_series(INDEXES["period of months"])
    X, y = make_supervised(series)
    model = windowed().fit(X, y)
    expected = forecast(model, series, 4)
    pd.testing.assert_frame_equal(forecast(model, series.tail(1), 4), expected)


def test_holes_in_the_past_do_not_matter_and_those_in_the_last_window_warn():
    series = make_series().drop(DAYS[[5, 40]])
    X, y = make_supervised(make_series(), window=3)
    model = Ridge().fit(X, y)
    values = forecast(model, series, 3)
    assert_same_index(values.index, pd.date_range("2024-03-01", periods=3, name="day"))
    with pytest.warns(UserWarning, match="hole after 2024-02-09") as caught:
        forecast(model, series[:40], 3)
    assert caught[0].filename == __file__


def test_a_window_that_is_set_after_fit_is_not_that_of_the_model():
    series = make_series()
    X, y = make_supervised(series)
    model = make_pipeline(SlidingWindowTransformer(5), Ridge()).fit(X, y)
    expected = forecast(model, series, 4)
    model.set_params(slidingwindowtransformer__window=2)
    pd.testing.assert_frame_equal(forecast(model, series, 4), expected)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (DAYS[::-1], "must be in time order"),
        (DAYS[[0, 1, 2, 2]], "must be in time order"),
        (
            pd.MultiIndex.from_product([["x"], DAYS[[0, 1, 5, 11]]]),
            "in the series 'x', ends at 2024-01-12 .* Let the last level",
        ),
        (DAYS[[0, 1, 5, 11]], "ends at 2024-01-12 00:00:00 and has no frequency"),
        (DAYS[[0]], "has no frequency"),
        (pd.Index([202351, 202352, 202401, 202402]), "has no frequency"),
        (
            pd.date_range("2024-01-01", periods=40, freq="bh")._with_freq(None),
            r"no frequency .* history.index.freq = 'B'.* reset_index\(drop=True\)",
        ),
        (
            pd.Index(list("wxyz")),
            "labels such as 'w' .* pd.to_datetime",
        ),
    ],
)
def test_index_that_cannot_be_continued(index, message):
    X, y = make_supervised(make_series())
    with pytest.raises(ValueError, match=message):
        forecast(Ridge().fit(X, y), make_series(index), 3)


# What is given back


def test_output_is_of_the_type_of_history():
    series = make_series()
    X, y = make_supervised(series, horizon=2)
    model = windowed().fit(X, y)
    frame = forecast(model, series, 3)
    assert list(frame.columns) == ["a"]
    values = forecast(model, series["a"], 3)
    pd.testing.assert_series_equal(values, frame["a"])
    model = windowed().fit(X.to_numpy(), y)
    np.testing.assert_array_equal(forecast(model, series.to_numpy(), 3), frame)
    for history in (series["a"].to_numpy(), list(series["a"])):
        np.testing.assert_array_equal(forecast(model, history, 3), frame["a"])
    # A model that was fitted on an array continues frames as well.
    pd.testing.assert_frame_equal(forecast(model, series, 3), frame)
    pd.testing.assert_series_equal(forecast(model, series["a"], 3), frame["a"])


def test_series_without_name():
    series = make_series()["a"].rename(None)
    for window, model in [(None, windowed()), (3, Ridge())]:
        X, y = make_supervised(series, window=window)
        values = forecast(model.fit(X, y), series, 2)
        assert isinstance(values, pd.Series)
        assert values.name is None


def test_columns_that_are_not_strings():
    series = make_series(columns=[0, 1])
    for window, model in [(None, windowed()), (3, Ridge())]:
        X, y = make_supervised(series, window=window)
        values = forecast(model.fit(X, y), series, 2, target=[1, 0])
        assert list(values.columns) == [1, 0]


def test_precision_is_that_of_the_predictions():
    series = make_series().astype(np.float32)
    X, y = make_supervised(series)
    assert (forecast(windowed().fit(X, y), series, 3).dtypes == np.float32).all()


def test_integers_are_continued_by_floats():
    series = pd.DataFrame({"a": np.arange(20)})
    X, y = make_supervised(series)
    values = forecast(windowed(LinearRegression()).fit(X, y), series, 3)
    np.testing.assert_allclose(values["a"], [20, 21, 22])
    values = forecast(windowed(LinearRegression()).fit(X.to_numpy(), y), [4, 5, 6], 3)
    np.testing.assert_allclose(values, [7, 8, 9])


def test_nothing_is_changed():
    series = make_series()
    before = series.copy()
    X, y = make_supervised(series)
    model = windowed().fit(X, y)
    state = vars(model[0]).copy()
    first = forecast(model, series, 3)
    pd.testing.assert_frame_equal(series, before)
    assert vars(model[0]) == state
    pd.testing.assert_frame_equal(forecast(model, series, 3), first)


# A series that is shorter than the window


def test_last_row_finds_its_past_by_its_label():
    series = make_series()
    X, y = make_supervised(series)
    model = windowed(window=7).fit(X, y)
    expected = forecast(model, series, 12)
    values = forecast(model, series.tail(1), 12)
    pd.testing.assert_frame_equal(values, expected)
    pd.testing.assert_frame_equal(forecast(model, series.tail(4), 12), expected)


def test_short_series_is_padded_as_the_model_does():
    X, y = make_supervised(make_series())
    other = make_series(pd.date_range("1990", periods=2), seed=1)
    for padding in ("edge", 0.0):
        model = windowed(window=5, padding=padding).fit(X, y)
        labels = pd.date_range("1990-01-03", periods=7)
        expected = slow_forecast(model, other, labels, ["a"])
        pd.testing.assert_frame_equal(forecast(model, other, 7), expected)


def test_padding_with_nan_is_for_the_model_to_accept():
    X, y = make_supervised(make_series())
    other = make_series(pd.date_range("1990", periods=2), seed=1)
    windows = SlidingWindowTransformer(5, padding="nan").fit(X)
    tree = DecisionTreeRegressor().fit(windows.transform(X), y)
    assert len(forecast(make_pipeline(windows, tree), other, 7)) == 7
    ridge = Ridge().fit(windows.transform(X)[4:], y[4:])
    with pytest.raises(ValueError, match="Input X contains NaN"):
        forecast(make_pipeline(windows, ridge), other, 7)


def test_padding_of_a_series_that_is_cut_off_warns():
    series = make_series()
    X, y = make_supervised(series[:20])
    model = windowed(window=7).fit(X, y)
    with pytest.warns(UserWarning, match="history"):
        forecast(model, series[30:33], 2)


def test_history_of_the_transformer():
    series = make_series()
    X, y = make_supervised(series)
    expected = forecast(windowed(window=7).fit(X, y), series, 9)
    for history in (None, series):
        model = windowed(window=7, history=history).fit(X, y)
        pd.testing.assert_frame_equal(forecast(model, series, 9), expected)
    model = windowed(window=7, history="fit").fit(X, y)
    pd.testing.assert_frame_equal(forecast(model, series.tail(1), 9), expected)


# Targets and horizon


def test_several_targets_are_read_step_by_step():
    a, b = np.arange(30.0), 100 + 2 * np.arange(30.0)
    series = pd.DataFrame({"a": a, "b": b}, index=DAYS[:30])
    X, y = make_supervised(series, horizon=3)
    model = windowed(LinearRegression()).fit(X, y)
    values = forecast(model, series, 5, target=["a", "b"])
    np.testing.assert_allclose(values["a"], np.arange(30, 35))
    np.testing.assert_allclose(values["b"], 100 + 2 * np.arange(30, 35))


def test_outputs_of_one_column_are_steps():
    series = make_series()
    X, y = make_supervised(series, horizon=7)
    model = windowed().fit(X, y)
    values = forecast(model, series, 7)
    np.testing.assert_allclose(values["a"], model.predict(series)[-1])
    pd.testing.assert_frame_equal(forecast(model, series, 4), values[:4])


class Network(Ridge):
    """A model that says how many targets a step has."""

    def __init__(self, n_targets=1, target_channels=None):
        super().__init__()
        self.n_targets = n_targets
        self.target_channels = target_channels


@pytest.mark.parametrize("in_search", [False, True])
def test_network_that_predicts_all_columns_need_not_be_told(in_search):
    series = make_series(columns=["a", "b"])
    X, y = make_supervised(series, horizon=2)
    model = windowed(Network(n_targets=2))
    if in_search:
        model = GridSearchCV(
            model, {"slidingwindowtransformer__window": [2]}, cv=TimeSeriesSplit(2)
        )
    values = forecast(model.fit(X, y), series, 3)
    expected = forecast(model, series, 3, target=["a", "b"])
    pd.testing.assert_frame_equal(values, expected)


@pytest.mark.parametrize("model", [Ridge(), Network(), Network(n_targets=3)])
def test_targets_are_never_guessed(model):
    series = make_series(columns=["a", "b"])
    X, y = make_supervised(series)
    message = re.escape("name them as target, out of ['a', 'b']")
    with pytest.raises(ValueError, match=message):
        forecast(windowed(model).fit(X, y), series, 3)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("c", "target='c' must name distinct columns of history"),
        (["a", "c"], "target=.* must name distinct columns of history"),
        (["a", "a"], "distinct"),
        ([], "target=[] must name"),
        ("a", "names 1 of the columns of history, but model has n_targets=2"),
    ],
)
def test_bad_target(target, message):
    series = make_series(columns=["a", "b"])
    X, y = make_supervised(series)
    model = windowed(Network(n_targets=2)).fit(X, y)
    with pytest.raises(ValueError, match=message.replace("[]", r"\[\]")):
        forecast(model, series, 3, target=target)


def test_outputs_that_are_no_whole_number_of_steps():
    series = make_series(columns=["a", "b"])
    X, y = make_supervised(series, target="a", horizon=3)
    with pytest.raises(ValueError, match="3 outputs, which is no whole number"):
        forecast(windowed().fit(X, y), series, 3, target=["a", "b"])


# Columns that are not predicted


def exogenous(horizon=1, **options):
    series = make_series(columns=["a", "x", "b"])
    X, y = make_supervised(series[:40], target="a", horizon=horizon)
    return series, windowed(**options).fit(X, y)


def test_future_is_aligned_by_label():
    series, model = exogenous()
    future = series[["x", "b"]]
    expected = forecast(model, series[:40], 5, target="a", future=future[40:44])
    # More rows than needed, and columns in another order, make no difference.
    values = forecast(model, series[:40], 5, target="a", future=future[["b", "x"]])
    pd.testing.assert_frame_equal(values, expected)
    values = forecast(model, series[:40], 5, target="a", future=future[::-1])
    pd.testing.assert_frame_equal(values, expected)
    other = future.set_axis(DAYS.shift(1))[39:]
    values = forecast(model, series[:40], 5, target="a", future=other)
    assert not np.allclose(values, expected)


def test_future_may_be_in_another_zone():
    series = make_series(columns=["a", "x"]).tz_localize("Europe/Berlin")
    X, y = make_supervised(series[:40], target="a")
    model = windowed().fit(X, y)
    future = series[["x"]][40:]
    expected = forecast(model, series[:40], 5, target="a", future=future)
    future = future.tz_convert("America/Lima")
    values = forecast(model, series[:40], 5, target="a", future=future)
    pd.testing.assert_frame_equal(values, expected)


def test_future_of_one_column_may_be_one_dimensional():
    series = make_series(columns=["a", "x"])
    X, y = make_supervised(series[:40], target="a")
    model = windowed().fit(X, y)
    future = series["x"][40:45]
    values = forecast(model, series[:40], 5, target="a", future=future)
    model = windowed().fit(X.to_numpy(), y)
    history = series[:40].to_numpy()
    array = forecast(model, history, 5, target=0, future=future.to_numpy())
    np.testing.assert_allclose(array, values)


def test_future_is_needed_only_where_it_is_fed_back():
    series, model = exogenous(horizon=4)
    values = forecast(model, series[:40], 4, target="a")
    np.testing.assert_allclose(values["a"], model.predict(series[:40])[-1])
    future = series[["x", "b"]]
    assert len(forecast(model, series[:40], 8, target="a", future=future[40:44])) == 8
    with pytest.raises(ValueError, match="next 4 rows must be given as future"):
        forecast(model, series[:40], 5, target="a")


def test_columns_that_are_not_numbers():
    series = make_series().assign(day=DAYS.day_name())
    X, y = make_supervised(series[["a"]])
    X = X.join(series["day"])
    columns = ColumnTransformer(
        [
            ("day", OneHotEncoder(sparse_output=False), ["day"]),
            ("a", "passthrough", ["a"]),
        ]
    )
    model = make_pipeline(columns, windowed()).fit(X, y)
    labels = pd.date_range("2024-03-01", periods=10, name="day")
    future = pd.DataFrame({"day": labels.day_name()}, labels)
    values = forecast(model, series, 10, target="a", future=future)
    expected = slow_forecast(model, series, labels, ["a"], future)
    pd.testing.assert_frame_equal(values, expected)


def test_column_known_ahead_may_be_shifted():
    known = np.random.RandomState(0).normal(size=60)
    series = pd.DataFrame({"a": 0.0, "x": known}, index=DAYS)
    series["a"] = 3 * series["x"]
    series["x"] = series["x"].shift(-1)
    X, y = make_supervised(series[:40], target="a")
    model = windowed(LinearRegression()).fit(X, y)
    future = series[["x"]][40:]
    values = forecast(model, series[:40], 10, target="a", future=future)
    np.testing.assert_allclose(values["a"], series["a"][40:50])


BAD_FUTURES = {
    "none": (lambda f: None, ValueError, r"\['x', 'b'\].*next 4 rows .* as future"),
    "lacks a column": (lambda f: f[["x"]], ValueError, r"columns \['x'\], but must"),
    "target": (lambda f: f.assign(a=0.0), ValueError, "future has columns"),
    "too short": (lambda f: f[:3], ValueError, "lacks 1 of the 4 rows.*2024-02-13"),
    "hole": (lambda f: f.drop(DAYS[41]), ValueError, "lacks 1 of the 4.*2024-02-11"),
    "row numbers": (
        lambda f: f.reset_index(drop=True),
        ValueError,
        "index of future is an index of numbers and that of history a DatetimeIndex",
    ),
    "time zone": (
        lambda f: f.tz_localize("UTC"),
        ValueError,
        "index of future is a DatetimeIndex with time zone .*tz_localize",
    ),
    "twice": (lambda f: f.iloc[[0, 1, 1, 2]], ValueError, "index of future must be in"),
    "missing value": (
        lambda f: f.where(f != f.loc[DAYS[42], "x"]),
        ValueError,
        "future has a missing value in column 'x', row 2024-02-12",
    ),
    "array": (lambda f: f.to_numpy(), TypeError, "a ndarray, but history is pandas"),
}


@pytest.mark.parametrize("name", BAD_FUTURES)
def test_bad_future(name):
    change, error, message = BAD_FUTURES[name]
    series, model = exogenous()
    future = change(series[["x", "b"]][40:45])
    with pytest.raises(error, match=message):
        forecast(model, series[:40], 5, target="a", future=future)


@pytest.mark.parametrize(
    ("future", "error", "message"),
    [
        (np.zeros((4, 1)), ValueError, r"future has shape \(4, 1\), but must have 2"),
        (np.zeros((4, 2, 1)), ValueError, r"future has shape \(4, 2, 1\)"),
        (np.zeros((3, 2)), ValueError, "future lacks 1 of the 4 rows needed"),
        (np.full((4, 2), np.nan), ValueError, "missing value in column 1, row 60"),
        (pd.DataFrame(np.zeros((4, 2))), TypeError, "history is an array"),
    ],
)
def test_bad_future_of_an_array(future, error, message):
    values = make_series(columns=["a", "x", "b"]).to_numpy()
    X, y = make_supervised(values, target=0)
    model = windowed().fit(X, y)
    with pytest.raises(error, match=message):
        forecast(model, values, 5, target=0, future=future)


def test_future_of_a_model_that_predicts_all_columns():
    series = make_series()
    X, y = make_supervised(series)
    with pytest.raises(ValueError, match=r"future has columns \['a'\], but must have"):
        forecast(windowed().fit(X, y), series, 3, future=series)


# Bad input


@pytest.mark.parametrize("steps", [0, -1, 1.5, "3", None])
def test_bad_steps(steps):
    series = make_series()
    X, y = make_supervised(series)
    with pytest.raises(ValueError, match="The 'steps' parameter of forecast must be"):
        forecast(windowed().fit(X, y), series, steps)


def test_bad_model():
    series = make_series()
    X, y = make_supervised(series)
    with pytest.raises(ValueError, match="The 'model' parameter of forecast must be"):
        forecast(make_pipeline(SlidingWindowTransformer()).fit(X), series, 3)
    for model in (Ridge(), windowed(), SEARCH):
        with pytest.raises(NotFittedError):
            forecast(model, series, 3)
    model = windowed(DecisionTreeClassifier()).fit(X, y > y.median())
    with pytest.raises(ValueError, match="model=Pipeline is a classifier"):
        forecast(model, series, 3)
    with pytest.raises(ValueError, match="model=KMeans is a clusterer"):
        forecast(KMeans(2, n_init=1).fit(X), series, 3)


@pytest.mark.parametrize(
    ("history", "error", "message"),
    [
        (make_series(columns=["b"]), ValueError, r"columns \['b'\], but .* \['a'\]"),
        (make_series(columns=["a", "b"]), ValueError, r"history has columns"),
        (make_series()[:0], ValueError, r"history of shape \(0, 1\) is empty"),
        (np.zeros((3, 1, 1)), ValueError, "history must be .* has 3 dimensions"),
        (3.0, ValueError, "history must be .* has 0 dimensions"),
        (make_series(columns=["a", "a"]), ValueError, "columns of the same name"),
        (pl.DataFrame({"a": [1.0, 2, 3]}), TypeError, "history is a polars"),
    ],
)
def test_bad_history(history, error, message):
    X, y = make_supervised(make_series())
    with pytest.raises(error, match=message):
        forecast(windowed().fit(X, y), history, 3)


def test_history_that_does_not_fit_the_windows_of_the_model():
    series = make_series()
    X, y = make_supervised(series, window=4)
    model = Ridge().fit(X, y)
    with pytest.raises(ValueError, match="history has 3 rows, but .* windows of 4"):
        forecast(model, series[:3], 2)
    with pytest.raises(ValueError, match=r"history has columns \['b'\]"):
        forecast(model, make_series(columns=["b"]), 2)
    model = Ridge().fit(X.to_numpy(), y)
    with pytest.raises(ValueError, match="history has 3 columns, but .* fitted on 4"):
        forecast(model, np.zeros((9, 3)), 2, target=0)
    with pytest.raises(ValueError, match=r"columns \['a'\], but .* \['a_lag3', 'x'\]"):
        forecast(Ridge().fit(X[["a_lag3"]].assign(x=0.0), y), series, 2)
    for model in (windowed(), make_pipeline(Doubled(), Ridge())):
        model.fit(X.to_numpy(), y)
        with pytest.raises(ValueError, match="2 columns, but .* on 4. .* look back"):
            forecast(model, np.zeros((9, 2)), 2, target=0)


def test_lags_by_name_may_be_looked_back_at():
    series = make_series()
    X, y = make_supervised(series, window=4)
    model = windowed().fit(X, y)
    values = forecast(model, series, 1)
    X = make_supervised(pd.concat([series, series[:1].shift(60, "D")]), window=4)[0]
    np.testing.assert_allclose(values["a"], model.predict(X)[-1])


class Explosion(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        validate_data(self, X)
        return self

    def predict(self, X):
        return np.where(np.asarray(X)[:, 0] > 1, np.inf, X[:, 0])


@pytest.mark.parametrize("last", [np.nan, 2.0])
def test_predictions_that_are_not_finite(last):
    model = Explosion().fit([[1.0]], [1.0])
    with pytest.raises(ValueError, match="model predicts (nan|inf), with which"):
        forecast(model, [1.0, last], 3)


def test_missing_values_are_for_the_model_to_refuse():
    series = make_series()
    X, y = make_supervised(series)
    model = windowed().fit(X, y)
    series.iloc[-1] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        forecast(model, series, 3)
    # Old ones do not matter.
    assert forecast(model, series[:-1], 3).notna().all(axis=None)


def test_windows_of_other_channels_are_an_error():
    series = np.random.RandomState(0).normal(size=(40, 2))
    X, y = make_supervised(series, window=3)
    model = MLPRegressor(epochs=1, n_channels=2, n_targets=2).fit(X, y)
    assert forecast(model, series, steps=2).shape == (2, 2)
    with pytest.raises(ValueError, match="1 columns, but .* windows of 2 channels"):
        forecast(model, series[:, :1], steps=2)


def test_models_of_windows_with_columns_beside_them():
    series = make_series()
    series["shop"] = np.arange(len(series)) % 2.0
    X, y = make_supervised(series, window=3, target="a", passthrough="shop")
    model = Ridge().fit(X, y)
    windows = SlidingWindowTransformer(3, passthrough="shop")
    windows.set_output(transform="pandas").fit(series)
    future = (
        series[["shop"]]
        .tail(4)
        .set_axis(pd.date_range(series.index[-1], periods=5)[1:])
    )
    values = forecast(model, series, 4, target="a", future=future)
    for label, value in values["a"].items():
        last = windows.fit_transform(series).tail(1)
        np.testing.assert_allclose(value, model.predict(last)[0])
        row = pd.DataFrame({"a": value, "shop": future["shop"][label]}, [label])
        series = pd.concat([series, row])


# What is known ahead


def series_known_ahead():
    rng = np.random.RandomState(0)
    series = pd.DataFrame(rng.normal(size=(60, 3)), DAYS, ["a", "x", "day"])
    series["a"] = 3 * series["x"] - 2 * series["day"]
    return series


@pytest.mark.parametrize("steps", [1, 3, 4, 8])
@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize(
    "window, model",
    [
        (None, LinearRegression()),
        (None, windowed(LinearRegression(), passthrough="day")),
        (2, LinearRegression()),
        (None, MultiOutputRegressor(LinearRegression())),
        (
            None,
            make_pipeline(
                ColumnTransformer(
                    [("scale", StandardScaler(), ["a"])],
                    remainder="passthrough",
                ).set_output(transform="pandas"),
                windowed(LinearRegression()),
            ),
        ),
    ],
    ids=["rows", "windowed", "windows", "each output", "prefixes"],
)
def test_what_is_known_ahead_is_made_of_future(window, model, horizon, steps):
    series = series_known_ahead()
    X, y = make_supervised(
        series[:40], window=window, horizon=horizon, ahead=["x", "day"]
    )
    if horizon == 1 and isinstance(model, MultiOutputRegressor):
        y = y.to_frame()
    model = clone(model).fit(X, y)
    future = series[["day", "x"]][40 : 40 + -(-steps // horizon) * horizon]
    predicted = forecast(model, series[:40], steps, future=future)
    np.testing.assert_allclose(predicted["a"], series["a"][40 : 40 + steps])


def test_leads_of_the_rows_that_are_fed_back_follow_them():
    series = series_known_ahead()
    series["other"] = np.random.RandomState(1).normal(size=60)
    X, y = make_supervised(series[:40], horizon=2, target="a", ahead="x")
    model = windowed(Ridge(), window=2).fit(X, y)
    # Beyond the horizon, columns that are not known ahead are fed back as well.
    future = series[["x", "day", "other"]][40:46]
    predicted = forecast(model, series[:40], 5, target="a", future=future)
    rows = series.copy()
    rows.iloc[40:, 0] = np.nan
    for k in (39, 41, 43):
        X = make_supervised(
            rows.fillna({"a": 0.0})[: k + 3], horizon=2, target="a", ahead="x"
        )[0]
        rows.iloc[k + 1 : k + 3, 0] = model.predict(X)[-1]
    np.testing.assert_allclose(predicted["a"], rows["a"][40:45])
    with pytest.raises(ValueError, match=r"it lacks \['day', 'other'\].* 4 rows"):
        forecast(model, series[:40], 5, target="a", future=future[["x"]])


KNOWN = {
    "none": (lambda f: None, r"\['x', 'day'\].* next 6 rows must be given as future"),
    "column": (lambda f: f[["x"]], r"it lacks \['day'\], of which the 6 rows after"),
    "row": (
        lambda f: f[:5],
        r"lacks 1 of the 6 rows needed of \['x', 'day'\], the first of them at "
        "2024-02-15.* and the last at 2024-02-15",
    ),
    "shifted": (lambda f: f.shift(1, "D")[:6], "lacks 1 of the 6.*2024-02-10"),
    "frequency": (lambda f: f[::2], "lacks 3 of the 6 rows"),
    "zone": (lambda f: f.tz_localize("UTC"), "with time zone .*tz_localize"),
    "missing": (
        lambda f: f.assign(x=f["x"].where(f.index != f.index[1])),
        "'x', row 2024-02-11",
    ),
    "target": (lambda f: f.assign(a=0.0), "future has columns"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_bad_future_of_what_is_known_ahead(name):
    change, message = KNOWN[name]
    series = series_known_ahead()
    X, y = make_supervised(series[:40], horizon=3, ahead=["x", "day"])
    model = windowed().fit(X, y)
    with pytest.raises(ValueError, match=message):
        forecast(model, series[:40], 5, future=change(series[["x", "day"]][40:47]))


def test_missing_values_ahead_are_input_where_they_are_in_history():
    series = series_known_ahead()
    series.loc[DAYS[[3, 30, 41]], "x"] = np.nan
    X, y = make_supervised(series[:40], horizon=3, ahead=["x", "day"])
    model = HistGradientBoostingRegressor(max_iter=2).fit(X, y["a_step1"])
    assert len(forecast(model, series[:40], 1, future=series[["x", "day"]][40:43])) == 1


def test_future_that_contradicts_history_is_said():
    series = series_known_ahead()
    X, y = make_supervised(series[:40], horizon=3, ahead=["x", "day"])
    model = windowed().fit(X, y)
    expected = forecast(model, series[:40], 3, future=series[["x", "day"]][40:])
    future = series[["x", "day"]]
    again = forecast(model, series[:40], 3, future=future)
    pd.testing.assert_frame_equal(again, expected)
    with pytest.warns(UserWarning, match=r"future has 9.0 in column 'x' at 2024-02-08"):
        future = future.assign(x=future["x"].where(DAYS != DAYS[38], 9.0))
        again = forecast(model, series[:40], 3, future=future)
    pd.testing.assert_frame_equal(again, expected)


def test_what_is_known_ahead_is_no_target():
    series = series_known_ahead()
    X, y = make_supervised(series[:40], ahead="x", target="a")
    with pytest.raises(ValueError, match=r"names \['x'\], which model knows ahead"):
        forecast(windowed().fit(X, y), series, 3, target="x")
