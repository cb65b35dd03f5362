"""Many series in one table: each as if it were alone."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal, assert_index_equal
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skts import (
    MLPRegressor,
    PanelTimeSeriesSplit,
    SlidingWindowTransformer,
    forecast,
    make_supervised,
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
    return pd.concat(
        {name: function(rows.droplevel(0)) for name, rows in panel.groupby(level=0)}
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


class Recording(MLPRegressor):
    """Keeps which rows were held out."""

    def _held_out(self, windows, targets):
        held_out = super()._held_out(windows, targets)
        Recording.targets = targets[held_out, 0]
        return held_out


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
    forecasts = each(lambda rows: forecast(search, rows[["a"]], 4))
    assert forecasts.shape == (12, 1) and np.isfinite(forecasts).all(axis=None)


TEXT = PANEL.set_axis(PANEL.index.set_levels(map(str, DAYS), level=1))
TWICE = pd.concat([PANEL, PANEL.iloc[[7]]])
NO_LABEL = PANEL.set_axis([(None, DAYS[0]), *PANEL.index[1:]])


@pytest.mark.parametrize("function", [make_supervised, SlidingWindowTransformer().fit])
@pytest.mark.parametrize(
    "panel, message",
    [
        (TEXT, "holds labels such as .* which are no times"),
        (PANEL.swaplevel(), "holds labels such as 'Oslo'"),
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
