"""X and y of a series."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal, assert_index_equal, assert_series_equal
from sklearn.linear_model import LinearRegression
from sklearn.multioutput import MultiOutputRegressor

from skts import SlidingWindowTransformer, make_supervised

nan = np.nan


def frame(index, columns=("a",), dtype=float):
    """Rows that tell where they are from: channel j of row t is t + j / 10."""
    values = np.arange(len(index))[:, None] + np.arange(len(columns)) / 10
    return pd.DataFrame(values.astype(dtype), index=index, columns=list(columns))


def days(n, start="2020-01-01", **options):
    return frame(pd.date_range(start, periods=n, **options))


def test_supervised_is_the_sliding_window_of_the_course():
    X, y = make_supervised([1, 2, 3, 4, 5], window=3)
    assert_array_equal(X, [[1, 2, 3], [2, 3, 4]])
    assert_array_equal(y, [4, 5])


def test_supervised_without_window_keeps_rows_and_index():
    births = days(5)
    X, y = make_supervised(births, horizon=2)
    assert_frame_equal(X, births.head(3))
    expected = pd.DataFrame(
        {"a_step1": [1.0, 2.0, 3.0], "a_step2": [2.0, 3.0, 4.0]}, index=births.index[:3]
    )
    assert_frame_equal(y, expected, check_freq=False)


def test_supervised_index_is_the_time_of_the_newest_lag():
    births = days(6)
    X, y = make_supervised(births, window=3)
    assert list(X.columns) == ["a_lag2", "a_lag1", "a_lag0"]
    assert_index_equal(X.index, births.index[2:5])
    assert_array_equal(X["a_lag0"], [2, 3, 4])
    assert_series_equal(y, births["a"].shift(-1).iloc[2:5], check_freq=False)


@pytest.mark.parametrize("name, called", [("births", "births"), (None, "x0")])
def test_supervised_takes_a_series(name, called):
    series = pd.Series([1, 2, 3, 4], name=name)
    X, y = make_supervised(series, window=2)
    expected = {f"{called}_lag1": [1, 2], f"{called}_lag0": [2, 3]}
    assert_frame_equal(X, pd.DataFrame(expected, index=[1, 2]))
    assert_series_equal(y, pd.Series([3, 4], name=called, index=[1, 2]))
    assert list(make_supervised(series)[0].columns) == [called]


def test_supervised_targets_are_step_major_with_unique_names():
    series = frame(range(6), "abc")
    X, y = make_supervised(series, window=2, horizon=2, target=["c", "a"])
    assert list(y.columns) == ["c_step1", "a_step1", "c_step2", "a_step2"]
    assert_array_equal(y.iloc[0], [2.2, 2.0, 3.2, 3.0])
    assert list(X.columns[:4]) == ["a_lag1", "b_lag1", "c_lag1", "a_lag0"]
    MultiOutputRegressor(LinearRegression()).fit(X, y)


def test_supervised_one_step_of_one_target_is_named_after_it():
    X, y = make_supervised(frame(range(4), "ab"), target="b")
    assert list(X.columns) == ["a", "b"]
    assert_series_equal(y, pd.Series([1.1, 2.1, 3.1], name="b"))


def test_supervised_columns_of_an_array_go_by_position():
    X, y = make_supervised(frame(range(5), "abc").to_numpy(), target=1, horizon=2)
    assert X.shape == (3, 3)
    assert_array_equal(y[0], [1.1, 2.1])


def test_supervised_names_lags_of_unnamed_columns_as_the_transformer_does():
    series = frame(range(5), [10, 20])
    X, y = make_supervised(series, window=2, target=20)
    names = SlidingWindowTransformer(2).fit(series).get_feature_names_out()
    assert (
        list(X.columns) == list(names) == ["x0_lag1", "x1_lag1", "x0_lag0", "x1_lag0"]
    )
    assert y.name == 20


def test_supervised_gives_polars_for_polars():
    series = pl.DataFrame({"a": [1, 2, 3, 4], "b": [5, 6, 7, 8]})
    X, y = make_supervised(series, window=2, target="b")
    assert X.to_dict(as_series=False) == {
        "a_lag1": [1, 2],
        "b_lag1": [5, 6],
        "a_lag0": [2, 3],
        "b_lag0": [6, 7],
    }
    assert isinstance(y, pl.Series) and y.name == "b" and y.to_list() == [7, 8]
    X, y = make_supervised(series, horizon=2)
    assert X.equals(series.head(2))
    assert y.columns == ["a_step1", "b_step1", "a_step2", "b_step2"]


def test_supervised_windows_are_views_that_never_alias_y_or_the_series():
    series = np.arange(10.0)
    X, y = make_supervised(series, window=4)
    assert np.shares_memory(X[0], X[1]) and not X.flags.writeable
    y += 100
    series += 1000
    assert_array_equal(X[0], [0, 1, 2, 3])
    X, y = make_supervised(series)
    y += 100
    assert_array_equal(X[1], [1001])
    X, _ = make_supervised(pd.Series(series), window=4)
    assert np.shares_memory(X.iloc[0].to_numpy(), X.iloc[1].to_numpy())


def test_supervised_passes_missing_values_on():
    X, y = make_supervised([1.0, nan, 3.0], window=1)
    assert_array_equal(X, [[1], [nan]])
    assert_array_equal(y, [nan, 3])


@given(
    n=st.integers(1, 12),
    n_channels=st.integers(1, 3),
    window=st.none() | st.integers(1, 5),
    horizon=st.integers(1, 4),
    data=st.data(),
)
def test_supervised_equals_a_loop(n, n_channels, window, horizon, data):
    series = frame(range(n), "abc"[:n_channels])
    targets = data.draw(st.permutations(list(series.columns)))
    targets = targets[: data.draw(st.integers(1, n_channels))]
    lags = range((window or 1) - 1, -1, -1)
    times = [t for t in range(n) if t - lags[0] >= 0 and t + horizon <= n - 1]
    if not times:
        with pytest.raises(ValueError, match=f"window={window} and horizon={horizon}"):
            make_supervised(series, window=window, horizon=horizon, target=targets)
        return
    X, y = make_supervised(series, window=window, horizon=horizon, target=targets)
    x_expected = [
        [series.loc[t - k, name] for k in lags for name in series] for t in times
    ]
    y_expected = [
        [series.loc[t + h, name] for h in range(1, horizon + 1) for name in targets]
        for t in times
    ]
    assert_array_equal(X, x_expected)
    assert_array_equal(
        y, y_expected if len(y_expected[0]) > 1 else np.ravel(y_expected)
    )
    assert list(X.index) == list(y.index) == times
    positions = [list(series.columns).index(name) for name in targets]
    X, y_array = make_supervised(
        series.to_numpy(), window=window, horizon=horizon, target=positions
    )
    assert isinstance(X, np.ndarray) and isinstance(y_array, np.ndarray)
    assert_array_equal(X, x_expected)
    assert_array_equal(y_array, y)


@pytest.mark.parametrize(
    "series, options, message",
    [
        ([1, 2, 3], {"window": 3}, "window=3 and horizon=1 need at least 4"),
        ([1, 2, 3], {"horizon": 3}, "window=None and horizon=3 need at least 4"),
        ([1, 2, 3], {"window": 0}, "'window' parameter"),
        ([1, 2, 3], {"window": 1.5}, "'window' parameter"),
        ([1, 2, 3], {"horizon": 0}, "'horizon' parameter"),
        (["a", "b", "c"], {}, "strings"),
        ([1.0, np.inf, 3.0], {}, "series contains infinity"),
        (days(4), {"target": "births"}, r"target='births' must name .*: \['a'\]"),
        (days(4), {"target": []}, r"target=\[\] must name distinct columns"),
        (days(4), {"target": ["a", "a"]}, "must name distinct columns"),
        ([1, 2, 3], {"target": 1}, r"target=1 must name .*: \[0\]"),
        (frame(range(4), "aa"), {}, "columns of the same name"),
        (days(4)[::-1], {}, "index of series must be in time order"),
    ],
)
def test_supervised_refuses(series, options, message):
    with pytest.raises(ValueError, match=message):
        make_supervised(series, **options)


def test_supervised_warns_of_a_hole():
    message = "index of series has a hole after 2020-01-03"
    with pytest.warns(UserWarning, match=message) as caught:
        make_supervised(days(9).drop(pd.Timestamp("2020-01-04")))
    assert caught[0].filename == __file__


@pytest.mark.parametrize("make", [pd.DataFrame, pl.from_pandas])
def test_supervised_passes_columns_through(make):
    series = frame(range(6), ["a", "shop", "b"])
    X, y = make_supervised(make(series), window=2, target="b", passthrough=["shop"])
    assert list(X.columns) == ["a_lag1", "b_lag1", "a_lag0", "b_lag0", "shop"]
    assert_array_equal(np.asarray(X)[0], [0, 0.2, 1, 1.2, 1.1])
    assert_array_equal(y, [2.2, 3.2, 4.2, 5.2])
    transformer = SlidingWindowTransformer(2, passthrough=["shop"]).fit(series)
    assert_array_equal(X, transformer.transform(series)[1:5])


def test_supervised_passes_columns_of_arrays_through_and_copies_no_windows():
    series = frame(range(6), ["a", "shop", "b"])
    X, _ = make_supervised(series.to_numpy(), window=2, passthrough=1)
    assert_array_equal(X[0], [0, 0.2, 1, 1.2, 1.1])
    X, _ = make_supervised(series, window=2, passthrough="shop")
    rows = X[["a_lag1", "b_lag1", "a_lag0", "b_lag0"]].to_numpy()
    assert np.shares_memory(rows[0], rows[1])


def test_supervised_takes_tuples_as_names_of_columns():
    columns = [("Close", "A"), ("Volume", "A")]
    series = pd.DataFrame({name: np.arange(9.0) for name in columns})
    X, y = make_supervised(series, target=("Close", "A"))
    assert_array_equal(y, np.arange(1.0, 9))
    X, y = make_supervised(series, target=columns, horizon=2)
    assert X.shape == (7, 2) and y.shape == (7, 4)


@pytest.mark.parametrize(
    "series, options, message",
    [
        (days(5), {"passthrough": "a"}, "passthrough='a' .* but window is None"),
        (days(5), {"passthrough": "b", "window": 2}, "must name columns of X"),
        (days(5), {"passthrough": "a", "window": 2}, "names all 1 columns"),
        (
            days(5).assign(a_lag1=0.0),
            {"passthrough": "a_lag1", "window": 2},
            r"passthrough has the columns \['a_lag1'\]",
        ),
    ],
)
def test_supervised_refuses_to_pass_through(series, options, message):
    with pytest.raises(ValueError, match=message):
        make_supervised(series, **options)


# What is known ahead


def test_supervised_holds_what_is_known_ahead_beside_each_row():
    series = days(6).assign(wind=[10, 11, 12, 13, 14, 15], load=np.arange(20.0, 26))
    X, y = make_supervised(series, horizon=2, ahead=["wind", "load"])
    assert list(y.columns) == ["a_step1", "a_step2"]
    names = ["wind_lead1", "load_lead1", "wind_lead2", "load_lead2"]
    assert_frame_equal(X[series.columns], series.head(4))
    assert_array_equal(X[names].iloc[[0, 3]], [[11, 21, 12, 22], [14, 24, 15, 25]])
    assert list(X.columns) == [*series.columns, *names]
    assert np.shares_memory(X["wind_lead2"].to_numpy(), X["wind_lead1"].to_numpy())


def test_supervised_puts_leads_after_lags_and_before_what_is_passed_through():
    series = frame(range(6), ["a", "b", "day"])
    options = {"target": "a", "ahead": ["day"], "passthrough": ["day"]}
    X, y = make_supervised(series, window=2, horizon=2, **options)
    lags = ["a_lag1", "b_lag1", "a_lag0", "b_lag0"]
    assert list(X.columns) == [*lags, "day_lead1", "day_lead2", "day"]
    assert_array_equal(X.iloc[-1], [2.0, 2.1, 3.0, 3.1, 4.2, 5.2, 3.2])
    assert_index_equal(X.index, y.index)
    of_polars, _ = make_supervised(
        pl.from_pandas(series), window=2, horizon=2, **options
    )
    assert of_polars.columns == list(X.columns)
    assert_array_equal(of_polars, X)
    of_polars, _ = make_supervised(pl.from_pandas(series), target="a", ahead="day")
    assert of_polars.columns == ["a", "b", "day", "day_lead1"]


def test_supervised_leaves_out_rows_whose_leads_reach_beyond_the_series():
    series = days(5).assign(b=[0, 1, nan, 3, 4])
    X, _ = make_supervised(series, horizon=3, ahead="b")
    assert_array_equal(X[["b_lead1", "b_lead2", "b_lead3"]], [[1, nan, 3], [nan, 3, 4]])


@pytest.mark.parametrize(
    "series, options, message",
    [
        (frame(range(9), "ab"), {"ahead": ["c"]}, r"ahead=\['c'\] must name distinct"),
        (frame(range(9), "ab"), {"ahead": ["b", "b"]}, "must name distinct columns"),
        (
            frame(range(9), "ab"),
            {"ahead": "b", "target": "b"},
            r"\['b'\], which target",
        ),
        (frame(range(9), "ab"), {"ahead": ["a", "b"]}, "none is left to predict"),
        (frame(range(9), ["a", 1]), {"ahead": [1]}, r"string names.*\['a', 1\]"),
        (np.ones((9, 2)), {"ahead": [1]}, r"ahead=\[1\] needs a frame"),
        (
            frame(range(9), ["a", "b", "b_lead3"]),
            {"ahead": "b", "target": "a"},
            r"The series has the columns \['b_lead3'\], as which leads are named",
        ),
    ],
    ids=["unknown", "twice", "target", "all", "number", "array", "by hand"],
)
def test_supervised_refuses_ahead(series, options, message):
    with pytest.raises(ValueError, match=message):
        make_supervised(series, **options)
