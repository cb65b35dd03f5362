"""Folds of many series, counted in times."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)

from skts import PanelTimeSeriesSplit, SplitDisplay

DAYS = pd.date_range("2024-01-01", periods=12)


def panel(n_series=3, times=DAYS):
    """Rows of series, one after the other, of which each begins a day later."""
    labels = [(name, day) for name in range(n_series) for day in times[name:]]
    index = pd.MultiIndex.from_tuples(labels, names=["shop", "day"])
    values = np.random.default_rng(0).normal(size=(len(index), 2))
    return pd.DataFrame(values, index, ["a", "b"])


OPTIONS = [
    {},
    {"n_splits": 2},
    {"n_splits": 3, "test_size": 2},
    {"n_splits": 2, "gap": 3},
    {"n_splits": 3, "max_train_size": 2},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_folds_are_those_of_the_distinct_times(options):
    X = panel().sample(frac=1, random_state=0)
    times = X.index.get_level_values("day")
    of_times = list(TimeSeriesSplit(**options).split(DAYS))
    of_rows = list(PanelTimeSeriesSplit(**options).split(X))
    assert len(of_rows) == PanelTimeSeriesSplit(**options).get_n_splits()
    for folds, rows in zip(of_times, of_rows, strict=True):
        for fold, positions in zip(folds, rows):
            expected = np.flatnonzero(times.isin(DAYS[fold]))
            np.testing.assert_array_equal(positions, expected)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_of_one_series_it_is_time_series_split(options):
    X = panel(1).droplevel(0)
    for ours, theirs in zip(
        PanelTimeSeriesSplit(**options).split(X),
        TimeSeriesSplit(**options).split(X),
        strict=True,
    ):
        for a, b in zip(ours, theirs):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "as_times",
    [lambda t: t, lambda t: t.to_numpy(), list, lambda t: t.to_period("D")],
    ids=["index", "array", "list", "periods"],
)
def test_groups_are_the_times_of_arrays_and_win_over_the_index(as_times):
    X = panel()
    times = as_times(X.index.get_level_values("day"))
    expected = list(PanelTimeSeriesSplit().split(X))
    for table in (X.to_numpy(), X.set_axis(range(len(X)))):
        for ours, theirs in zip(
            PanelTimeSeriesSplit().split(table, groups=times), expected
        ):
            np.testing.assert_array_equal(ours[0], theirs[0])
            np.testing.assert_array_equal(ours[1], theirs[1])


def test_in_searches_and_scores():
    X = panel()
    y, times = X["a"] + X["b"], X.index.get_level_values("day")
    cv = PanelTimeSeriesSplit(n_splits=3)
    expected = cross_val_score(Ridge(), X, y, cv=cv)
    arrays = X.to_numpy(), y.to_numpy()
    scores = cross_val_score(Ridge(), *arrays, cv=cv, groups=times)
    np.testing.assert_allclose(scores, expected)
    search = GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=cv)
    np.testing.assert_allclose(search.fit(X, y).best_score_, expected.mean())
    search.fit(*arrays, groups=times)
    np.testing.assert_allclose(search.best_score_, expected.mean())
    with config_context(enable_metadata_routing=True):
        routed = cross_validate(Ridge(), *arrays, cv=cv, params={"groups": times})
        np.testing.assert_allclose(routed["test_score"], expected)
        search = GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=cv)
        search.fit(*arrays, groups=times)
        np.testing.assert_allclose(search.best_score_, expected.mean())


def test_folds_are_drawn_over_the_distinct_times():
    X = panel()
    display = SplitDisplay.from_splitter(PanelTimeSeriesSplit(3), X)
    for drawn, expected in zip(display.folds, TimeSeriesSplit(3).split(DAYS)):
        np.testing.assert_array_equal(drawn[0], expected[0])
        np.testing.assert_array_equal(drawn[1], expected[1])
    assert display.index.equals(DAYS)


@pytest.mark.parametrize(
    "X, options, groups, message",
    [
        (panel(), {"n_splits": 12}, None, "need 13 distinct times, but there are 12"),
        (panel(), {"n_splits": 3, "test_size": 4}, None, "need 13 distinct times"),
        (panel(), {"n_splits": 2, "gap": 10}, None, "gap=10, need 19 distinct times"),
        (panel(), {"test_size": 0}, None, "test_size=0 must be at least 1"),
        (panel(), {"gap": -1}, None, "gap=-1 at least 0"),
        (panel().to_numpy(), {}, None, "ndarray without labels.*as groups"),
        (
            panel().swaplevel().rename(index=str),
            {},
            None,
            "^The index of X holds labels",
        ),
        (panel(), {}, ["a"] * 33, "index of groups holds labels such as 'a'"),
        (panel(), {}, [pd.NaT, *DAYS, *DAYS, *DAYS[4:]], "lacks the time of row 0"),
    ],
    ids=["folds", "size", "gap", "zero", "negative"]
    + ["array", "text", "text groups", "unknown"],
)
def test_what_cannot_be_split(X, options, groups, message):
    with pytest.raises(ValueError, match=message):
        list(PanelTimeSeriesSplit(**options).split(X, groups=groups))
