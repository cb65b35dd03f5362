import copy
import itertools
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pandas.testing import assert_index_equal
from sklearn.base import clone
from sklearn.compose import make_column_selector
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ShuffleSplit,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError

from skts import SlidingWindowTransformer, make_supervised
from skts._time import frequency

nan = np.nan


def frame(index, columns=("a",), dtype=float):
    """Rows that tell where they are from: channel j of row t is t + j / 10."""
    values = np.arange(len(index))[:, None] + np.arange(len(columns)) / 10
    return pd.DataFrame(values.astype(dtype), index=index, columns=list(columns))


def days(n, start="2020-01-01", columns="a", dtype=float, **options):
    return frame(pd.date_range(start, periods=n, **options), columns, dtype)


def first_window(transformer, X):
    return transformer.transform(X)[0].tolist()


# Indexes by name: enough labels for any slice that the tests take, and whether a
# regular step leads from one to the next.

rng = np.random.default_rng(0)
HOLIDAYS = pd.date_range("2021-01-01", periods=60, freq="B").delete([7, 20, 21, 40])
IRREGULAR = pd.Timestamp("2020") + pd.to_timedelta(
    np.cumsum(rng.integers(1, 10_000, 60)), unit="min"
)
REGULAR = {
    "range": pd.RangeIndex(60),
    "range, step 7": pd.RangeIndex(-70, 350, 7),
    "integers": pd.Index(np.arange(60) + 3),
    "days": pd.date_range("2020-02-01", periods=60),
    "hours": pd.date_range("2020-02-01", periods=60, freq="h"),
    "weeks": pd.date_range("2020-02-01", periods=60, freq="W-TUE"),
    "business days": pd.date_range("2020-02-03", periods=60, freq="B"),
    "month starts": pd.date_range("2016-01", periods=60, freq="MS"),
    "month ends": pd.date_range("2016-01", periods=60, freq="ME"),
    "quarters": pd.date_range("2000-01", periods=60, freq="QE-NOV"),
    "years": pd.date_range("1950-01", periods=60, freq="YS"),
    "days across summer time": pd.date_range(
        "2020-03-01", periods=60, tz="Europe/Berlin"
    ),
    "hours across winter time": pd.date_range(
        "2020-10-24", periods=60, freq="h", tz="Europe/Berlin"
    ),
    "monthly periods": pd.period_range("2020-01", periods=60, freq="M"),
    "periods of two quarters": pd.period_range("1990Q1", periods=60, freq="2Q"),
    "time deltas": pd.timedelta_range("1h", periods=60, freq="90min"),
}
UNORDERED = {
    "irregular": IRREGULAR,
    "business days with holidays": HOLIDAYS,
}
INDEXES = REGULAR | UNORDERED


def without_freq(index):
    return index._with_freq(None) if isinstance(index, pd.DatetimeIndex) else index


# ---------------------------------------------------------------------------
# SlidingWindowTransformer: the windows
# ---------------------------------------------------------------------------


def test_row_t_is_the_window_that_ends_there():
    windows = SlidingWindowTransformer(3).fit_transform([[1], [2], [3], [4]])
    assert_array_equal(windows, [[1, 1, 1], [1, 1, 2], [1, 2, 3], [2, 3, 4]])


@pytest.mark.parametrize(
    "value, padding", [(1, "edge"), (nan, "nan"), (-5, -5), (0.5, 0.5)]
)
def test_padding_stands_in_for_what_is_unknown(padding, value):
    windows = SlidingWindowTransformer(3, padding=padding).fit_transform(
        [[1], [2], [3]]
    )
    assert_array_equal(windows, [[value, value, 1], [value, 1, 2], [1, 2, 3]])


def test_padding_may_be_the_number_nan():
    windows = SlidingWindowTransformer(2, padding=nan).fit_transform([[1], [2]])
    assert_array_equal(windows, [[nan, 1], [1, 2]])


def test_channels_of_a_timestep_stay_together():
    X = [[1, 10], [2, 20], [3, 30]]
    flat = SlidingWindowTransformer(2).fit_transform(X)
    assert_array_equal(flat[2], [2, 20, 3, 30])
    deep = SlidingWindowTransformer(2, flatten=False).fit_transform(X)
    assert_array_equal(deep[2], [[2, 20], [3, 30]])
    assert_array_equal(deep.reshape(3, -1), flat)


@pytest.mark.parametrize("flatten", [True, False])
@pytest.mark.parametrize("window", [1, 4])
@pytest.mark.parametrize("order", ["C", "F"])
def test_windows_are_a_read_only_view_of_one_padded_series(order, window, flatten):
    X = np.asarray(np.random.default_rng(0).random((10, 2)), order=order)
    windows = SlidingWindowTransformer(window, flatten=flatten).fit_transform(X)
    padded = windows.base
    assert padded.shape == (10 + window - 1, 2)
    assert padded.base is None and padded.flags.c_contiguous
    assert not padded.flags.writeable and not windows.flags.writeable
    assert windows.strides[0] == padded.strides[0]
    assert_array_equal(padded[window - 1 :], X)
    assert not np.shares_memory(windows, X)


@pytest.mark.parametrize(
    "dtype, expected",
    [
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.int32, np.float64),
        (bool, np.float64),
        (np.float16, np.float64),
    ],
)
def test_floats_keep_their_precision(dtype, expected):
    X = np.array([[0], [1], [1]]).astype(dtype)
    transformer = SlidingWindowTransformer(2, padding="nan")
    assert transformer.fit_transform(X).dtype == expected
    assert transformer.transform(X).dtype == expected


def test_missing_values_are_kept():
    X = [[nan], [2], [nan]]
    windows = SlidingWindowTransformer(2, padding=0).fit_transform(X)
    assert_array_equal(windows, [[0, nan], [nan, 2], [2, nan]])


def test_names_and_pandas_output():
    X = frame(pd.date_range("2020-01-31", periods=4, freq="ME"), "ab")
    transformer = SlidingWindowTransformer(2).set_output(transform="pandas")
    windows = transformer.fit_transform(X)
    assert list(windows.columns) == ["a_lag1", "b_lag1", "a_lag0", "b_lag0"]
    assert list(transformer.get_feature_names_out()) == list(windows.columns)
    assert_index_equal(windows.index, X.index)
    assert np.shares_memory(windows.iloc[0].to_numpy(), windows.iloc[1].to_numpy())


def test_names_of_arrays_follow_scikit_learn():
    transformer = SlidingWindowTransformer(2).fit([[1, 2], [3, 4]])
    expected = ["x0_lag1", "x1_lag1", "x0_lag0", "x1_lag0"]
    assert list(transformer.get_feature_names_out()) == expected
    assert list(transformer.get_feature_names_out(["p", "q"]))[:2] == [
        "p_lag1",
        "q_lag1",
    ]


def test_polars_in_and_out():
    X = pl.DataFrame({"a": [1.0, 2.0, 3.0]})
    transformer = SlidingWindowTransformer(2).set_output(transform="polars").fit(X)
    expected = {"a_lag1": [1.0, 1.0, 2.0], "a_lag0": [1.0, 2.0, 3.0]}
    assert transformer.transform(X).to_dict(as_series=False) == expected
    with pytest.raises(ValueError, match="feature names should match"):
        transformer.transform(X.rename({"a": "b"}))


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_no_frame_holds_three_dimensions(container):
    transformer = SlidingWindowTransformer(2, flatten=False)
    transformer.set_output(transform=container)
    with pytest.raises(ValueError, match=f"flatten=False .* {container} cannot hold"):
        transformer.fit_transform(days(4))
    with pytest.raises(NotFittedError):
        transformer.transform(days(4))
    with pytest.raises(ValueError, match="flatten=False"):
        transformer.fit(days(4)).get_feature_names_out()


# ---------------------------------------------------------------------------
# SlidingWindowTransformer: the rows before X
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("drop", [False, True], ids=["freq", "no freq"])
@pytest.mark.parametrize("name", INDEXES)
def test_a_fold_knows_its_past_by_its_labels(name, drop):
    index = without_freq(INDEXES[name]) if drop else INDEXES[name]
    X = frame(index)
    transformer = SlidingWindowTransformer(4).fit(X[:30])
    assert first_window(transformer, X[30:]) == [27, 28, 29, 30]
    assert first_window(transformer, X[30:31]) == [27, 28, 29, 30]


@pytest.mark.parametrize("drop", [False, True], ids=["freq", "no freq"])
@pytest.mark.parametrize("name", REGULAR)
def test_a_gap_is_never_closed_silently(name, drop):
    index = without_freq(REGULAR[name]) if drop else REGULAR[name]
    X = frame(index)
    transformer = SlidingWindowTransformer(5, padding="nan").fit(X[:30])
    with pytest.warns(
        UserWarning, match="Of the 4 rows before .* 2 are unknown"
    ) as got:
        assert_array_equal(first_window(transformer, X[32:]), [28, 29, nan, nan, 32])
    assert len(got) == 1 and "history" in str(got[0].message)
    transformer.set_params(padding="edge")
    with pytest.warns(UserWarning, match="history"):
        assert first_window(transformer, X[32:]) == [28, 29, 29, 29, 32]


@pytest.mark.parametrize("name", UNORDERED)
def test_an_irregular_index_is_taken_by_order(name):
    X = frame(UNORDERED[name])
    transformer = SlidingWindowTransformer(4).fit(X[:30])
    assert first_window(transformer, X[33:]) == [27, 28, 29, 33]


def test_fractions_are_taken_by_order():
    X = frame(np.arange(10) / 10)
    transformer = SlidingWindowTransformer(4).fit(X.iloc[:5])
    assert first_window(transformer, X.iloc[5:]) == [2, 3, 4, 5]


@pytest.mark.parametrize("name", INDEXES)
def test_rows_of_x_win_over_rows_that_fit_kept(name):
    X = frame(INDEXES[name])
    transformer = SlidingWindowTransformer(4, padding="nan").fit(X[:30])
    windows = transformer.transform(-X[29:])
    assert_array_equal(windows[:2], [[26, 27, 28, -29], [27, 28, -29, -30]])


@pytest.mark.parametrize("name", INDEXES)
def test_the_last_training_rows_have_their_past(name):
    X = frame(INDEXES[name])
    transformer = SlidingWindowTransformer(4).fit(X[:30])
    for n_rows in range(1, 6):
        last = X[30 - n_rows : 30]
        assert_array_equal(transformer.transform(last)[-1], [26, 27, 28, 29])
        assert_array_equal(transformer.transform(last)[0, -1], 30 - n_rows)


@pytest.mark.parametrize("name", INDEXES)
def test_rows_older_than_those_kept_are_unknown(name):
    X = frame(INDEXES[name])
    transformer = SlidingWindowTransformer(4).fit(X[10:30])
    with pytest.warns(UserWarning, match="3 are unknown"):
        assert first_window(transformer, X[20:25]) == [20, 20, 20, 20]
    # Nothing is missing where the training rows had not begun.
    for start in (0, 10):
        assert first_window(transformer, X[start:25]) == [start] * 4


@pytest.mark.parametrize("name", INDEXES)
def test_windows_of_the_training_rows_never_read_their_end(name):
    X = frame(INDEXES[name])
    transformer = SlidingWindowTransformer(4)
    assert_array_equal(transformer.fit_transform(X), transformer.fit(X).transform(X))


KINDS = {
    "integers": frame(INDEXES["integers"]),
    "days": frame(INDEXES["days"]),
    "hours of a zone": frame(INDEXES["hours across winter time"]),
    "time deltas": frame(INDEXES["time deltas"]),
    "months": frame(INDEXES["monthly periods"]),
    "quarters": frame(INDEXES["periods of two quarters"]),
}


@pytest.mark.parametrize("one, two", list(itertools.permutations(KINDS, 2)))
def test_labels_that_cannot_be_compared_are_an_error(one, two):
    transformer = SlidingWindowTransformer(3).fit(KINDS[one][:30])
    message = "index of X is .* and that of the training rows .* cannot be compared"
    with pytest.raises(ValueError, match=message):
        transformer.transform(KINDS[two][30:])
    looking_up = SlidingWindowTransformer(3, history=KINDS[one])
    with pytest.raises(ValueError, match="and that of history .* cannot be compared"):
        looking_up.fit(KINDS[two][30:])


def test_dates_off_the_training_grid_are_unknown():
    months = frame(pd.date_range("2020-01", periods=12, freq="MS"))
    transformer = SlidingWindowTransformer(3, padding="nan").fit(months)
    X = frame([pd.Timestamp("2021-01-15")])
    with pytest.warns(UserWarning, match="2 are unknown"):
        assert_array_equal(transformer.transform(X), [[nan, nan, 0]])
    earlier = frame([pd.Timestamp("2019-12-15")])
    assert_array_equal(transformer.transform(earlier), [[nan, nan, 0]])


def test_the_frequency_of_an_index_need_not_be_inferable():
    workdays = pd.offsets.CustomBusinessDay(holidays=["2020-01-08"])
    X = days(20, freq=workdays)
    transformer = SlidingWindowTransformer(4).fit(X[:10])
    assert first_window(transformer, X[10:]) == [7, 8, 9, 10]
    with pytest.warns(UserWarning, match="1 are unknown"):
        assert first_window(transformer, X[11:]) == [8, 9, 9, 11]


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([0, 1, 2, 10, 20, 30, 40, 50]),
        pd.to_datetime("2020-01-01") + pd.to_timedelta([0, 1, 2, 9, 20, 31, 45], "D"),
        pd.to_datetime("2020-01-01") + pd.to_timedelta([0, 1, 2, 3.4, 4.8, 6, 7], "D"),
    ],
    ids=["sparse numbers", "sparse days", "an odd hour"],
)
def test_few_regular_steps_do_not_make_a_frequency(index):
    X = frame(index)
    transformer = SlidingWindowTransformer(3).fit(X[:-1])
    assert first_window(transformer, X[-1:]) == [*range(len(X) - 3, len(X))]


def test_time_zones_and_units_of_dates_do_not_matter():
    X = days(10, tz="Europe/Berlin", start="2020-03-25")
    transformer = SlidingWindowTransformer(3).fit(X[:5])
    elsewhere = X[5:].set_axis(X.index[5:].tz_convert("America/Lima").as_unit("ms"))
    assert first_window(transformer, elsewhere) == [3, 4, 5]
    with pytest.raises(ValueError, match="time zone"):
        transformer.transform(X[5:].tz_localize(None))


@pytest.mark.parametrize("other", [np.asarray, pl.from_pandas])
def test_data_without_labels_is_a_series_of_its_own(other):
    X = days(10)
    transformer = SlidingWindowTransformer(3).fit(other(X[:5]))
    assert first_window(transformer, other(X[5:])) == [5, 5, 5]


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_labels_on_one_side_alone_are_none():
    X = days(10)
    labelled = SlidingWindowTransformer(3).fit(X[:5])
    assert first_window(labelled, X[5:].to_numpy()) == [5, 5, 5]
    unlabelled = SlidingWindowTransformer(3).fit(frame(range(10)).to_numpy())
    with pytest.warns(UserWarning, match="fitted without feature names"):
        assert first_window(unlabelled, X[5:]) == [5, 5, 5]


def test_history_fit_states_that_x_follows():
    X = np.arange(10.0).reshape(-1, 1)
    transformer = SlidingWindowTransformer(3, history="fit")
    assert_array_equal(transformer.fit_transform(X[:5])[0], [0, 0, 0])
    assert first_window(transformer, X[7:]) == [3, 4, 7]
    reset = frame(range(5))
    assert first_window(transformer.fit(reset), reset) == [3, 4, 0]


def test_history_fit_refuses_time_labels_that_say_otherwise():
    X = days(10)
    transformer = SlidingWindowTransformer(3, history="fit").fit(X[:5])
    assert first_window(transformer, X[7:]) == [3, 4, 7]
    with pytest.raises(ValueError, match="history='fit' .* begins at 2020-01-05"):
        transformer.transform(X[4:])


def test_history_none_never_looks_back():
    X = days(10)
    transformer = SlidingWindowTransformer(3, history=None).fit(X[:5])
    assert first_window(transformer, X[5:]) == [5, 5, 5]
    assert first_window(transformer, X[7:]) == [7, 7, 7]


@pytest.mark.parametrize("name", INDEXES)
def test_a_frame_as_history_gives_a_gap_its_true_past(name):
    X = frame(INDEXES[name], "ab")
    transformer = SlidingWindowTransformer(4, history=X[["b", "a"]])
    assert_array_equal(transformer.fit_transform(X[10:20])[0, ::2], [7, 8, 9, 10])
    assert_array_equal(transformer.transform(X[35:])[0, ::2], [32, 33, 34, 35])
    assert_array_equal(transformer.transform(X[35:])[0, 1::2], X["b"][32:36])
    # What would come before the whole series is not missing from it.
    assert_array_equal(transformer.transform(X[2:])[0, ::2], [0, 0, 1, 2])


def test_a_hole_in_the_history_repeats_the_row_before_it():
    X = days(10)
    transformer = SlidingWindowTransformer(4, history=X.drop(X.index[[5, 6]])).fit(X)
    message = "Neither X nor history has the rows between 2020-01-05 .* and 2020-01-08"
    with pytest.warns(UserWarning, match=message):
        assert first_window(transformer, X[7:]) == [4, 4, 4, 7]


@pytest.mark.parametrize("make", [np.asarray, pl.from_pandas, list])
def test_an_array_as_history_holds_the_rows_before_x(make):
    rows = days(5) if make is not list else [[0], [1], [2], [3], [4]]
    X = np.array([[5.0], [6.0]])
    transformer = SlidingWindowTransformer(3, history=make(rows))
    assert_array_equal(transformer.fit_transform([[7]] * 3)[0], [3, 4, 7])
    assert_array_equal(transformer.transform(X), [[3, 4, 5], [4, 5, 6]])
    transformer.set_params(window=8)
    assert transformer.fit([[9]] * 8).transform(X)[0].tolist() == [
        0,
        0,
        0,
        1,
        2,
        3,
        4,
        5,
    ]


def test_precision_is_that_of_x_not_of_its_past():
    X = days(10).astype(np.float32)
    for transformer in (
        SlidingWindowTransformer().fit(days(5)),
        SlidingWindowTransformer(history=days(10)).fit(X),
    ):
        assert transformer.transform(X[5:]).dtype == np.float32


@pytest.mark.parametrize("changed", [{"window": 2}, {"window": 6}, {"history": None}])
def test_window_and_history_take_effect_at_the_next_fit(changed):
    X = days(10)
    transformer = SlidingWindowTransformer(4).fit(X[:8])
    names = transformer.get_feature_names_out().tolist()
    transformer.set_params(**changed)
    assert first_window(transformer, X[8:]) == [5, 6, 7, 8]
    assert transformer.get_feature_names_out().tolist() == names
    again = SlidingWindowTransformer(**{"window": 4} | changed)
    assert_array_equal(transformer.fit_transform(X), again.fit_transform(X))


@pytest.mark.parametrize(
    "history, X, message",
    [
        (days(9), days(5).to_numpy(), "looked up by label, but X has none"),
        (
            days(9),
            frame(range(5)),
            "index of X is an index of numbers and that of history a Date",
        ),
        (days(9)[::-1], days(5), "index of history must be in time order"),
        (frame(range(9), "b"), frame(range(5)), r"history lacks the columns \['a'\]"),
        (np.ones((5, 2)), np.ones((5, 1)), "history must have the 1 columns of X"),
        (np.ones(5), np.ones((5, 1)), r"history must have .* its shape is \(5,\)"),
        ([[np.inf]], np.ones((5, 1)), "history contains infinity"),
    ],
)
def test_history_that_does_not_fit_is_refused(history, X, message):
    with pytest.raises(ValueError, match=message):
        SlidingWindowTransformer(history=history).fit_transform(X)


# The same by a loop over labels


@st.composite
def two_frames(draw):
    """Training rows and X, anywhere along the same index."""
    name = draw(st.sampled_from(list(INDEXES)))
    index = INDEXES[name]
    window = draw(st.integers(1, 6))
    start = draw(st.integers(0, 40))
    stop = draw(st.integers(start + window, 55))
    first = draw(st.integers(0, 55))
    last = draw(st.integers(first + 1, min(first + 8, 60)))
    if stop - start >= 10 and draw(st.booleans()):
        index = without_freq(index)
    X = frame(index, "ab"[: draw(st.integers(1, 2))])
    X = X.astype(draw(st.sampled_from([np.float32, np.float64])))
    return name, window, X[start:stop], X[first:last], (start, stop, first)


def windows_by_hand(before, X, window, padding):
    """Make windows row by row; rows `before` X that are None are unknown."""
    series = [*before, *X.to_numpy()]
    first_known = next(row for row in series if row is not None)
    for t, row in enumerate(series):
        if row is None and padding != "edge":
            series[t] = np.full(X.shape[1], nan if padding == "nan" else padding)
        elif row is None:
            series[t] = series[t - 1] if t else first_known
    return [np.concatenate(series[t : t + window]) for t in range(len(X))]


@given(frames=two_frames(), padding=st.sampled_from(["edge", "nan", -1]))
def test_transform_equals_a_loop_over_labels(frames, padding):
    name, window, train, X, (start, stop, first) = frames
    dates = isinstance(train.index, pd.DatetimeIndex)
    # A few days between holidays look regular, and are taken so.
    assume(name in REGULAR or not dates or frequency(train.index) is None)
    kept = {
        t: train.to_numpy()[t - start]
        for t in range(max(start, stop - 2 * window), stop)
    }
    if name in REGULAR:
        times = range(first - window + 1, first)
        is_cut = any(t >= start and t not in kept for t in times)
    else:
        older = [t for t in kept if t < first]
        older = older[max(0, len(older) - window + 1) :]
        times = [None] * (window - 1 - len(older)) + older
        is_cut = start < min(first, *kept) and None in times
    before = [kept.get(t) for t in times]

    transformer = SlidingWindowTransformer(window, padding=padding).fit(train)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        windows = transformer.transform(X)
    assert len(caught) == is_cut
    assert windows.dtype == X.dtypes.iloc[0]
    assert_array_equal(windows, windows_by_hand(before, X, window, padding))


@given(frames=two_frames(), padding=st.sampled_from(["edge", "nan", -1]))
def test_fit_transform_equals_a_loop_and_fit_then_transform(frames, padding):
    _, window, X, _, _ = frames
    transformer = SlidingWindowTransformer(window, padding=padding)
    windows = transformer.fit_transform(X)
    before = [None] * (window - 1)
    assert_array_equal(windows, windows_by_hand(before, X, window, padding))
    assert_array_equal(transformer.fit(X).transform(X), windows)
    assert_array_equal(transformer.fit_transform(X.to_numpy()), windows)


# ---------------------------------------------------------------------------
# SlidingWindowTransformer: a history in which all rows are looked up
# ---------------------------------------------------------------------------


def window_by_label(known, label, window, padding):
    """Return the window that ends at a label, out of rows that are `known` by label.

    Padding by "edge" repeats the row before a hole if the window of the row behind it
    reaches that far, else the row behind it.
    """
    rows = []
    for k in range(label - window + 1, label + 1):
        if k in known:
            rows.append(known[k])
        elif padding != "edge":
            number = nan if padding == "nan" else padding
            rows.append(np.full(len(known[label]), number))
        else:
            behind = min(other for other in known if other > k)
            before = max((other for other in known if other < k), default=None)
            reaches = before is not None and behind - before < window
            rows.append(known[before if reaches else behind])
    return np.concatenate(rows)


@st.composite
def looked_up(draw):
    """A history with holes, rows of X in any order, and which rows both are."""
    name = draw(st.sampled_from(list(INDEXES)))
    index = INDEXES[name]
    if draw(st.booleans()):
        index = without_freq(index)
    stop = draw(st.integers(20, len(index)))
    holes = draw(st.sets(st.integers(1, stop - 2), max_size=8))
    rows = draw(st.lists(st.integers(0, len(index) - 1), min_size=1, max_size=12))
    return name, index, sorted(set(range(stop)) - holes), rows


@given(
    case=looked_up(),
    window=st.integers(1, 9),
    padding=st.sampled_from(["edge", "nan", -1]),
    n_channels=st.integers(1, 2),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_rows_are_looked_up_in_a_history(case, window, padding, n_channels, dtype):
    name, index, kept, rows = case
    series = frame(index, ["a", "id", "b"][: n_channels + 1]).astype(dtype)
    history = series.iloc[kept]
    is_regular = name in REGULAR
    assume(frequency(history.index) == frequency(series.index))
    names = ["a", "b"][:n_channels]
    values = series[names].to_numpy()
    union = sorted({*kept, *rows})
    places = union if is_regular else range(len(union))
    known = {place: values[row] for place, row in zip(places, union)}
    place = dict(zip(union, places))

    X = series.iloc[rows].assign(id=np.arange(len(rows), dtype=dtype))
    transformer = SlidingWindowTransformer(
        window, padding=padding, history=history[names], passthrough="id"
    )
    unknown = {
        k
        for row in rows
        for k in range(place[row] - window + 1, place[row])
        if k not in known and k > min(known)
    }
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        windows = transformer.fit_transform(X)
    assert len(caught) == bool(unknown)
    expected = [window_by_label(known, place[row], window, padding) for row in rows]
    assert_array_equal(windows[:, :-1], expected)
    assert_array_equal(windows[:, -1], X["id"])
    assert windows.dtype == dtype


def test_rows_without_a_target_are_left_out_and_windows_stay_true():
    series = days(40, dtype="float32")
    keep = np.arange(40) % 5 != 0
    whole = SlidingWindowTransformer(4, padding="nan").fit_transform(series)
    transformer = SlidingWindowTransformer(4, padding="nan", history=series)
    assert_array_equal(transformer.fit_transform(series[keep]), whole[keep])


def test_shuffled_folds_score_as_what_they_are():
    X, y = make_supervised(days(60))
    model = make_pipeline(SlidingWindowTransformer(3, history=X), LinearRegression())
    cv = KFold(4, shuffle=True, random_state=0)
    assert cross_val_score(model, X, y, cv=cv).min() > 0.999


def test_windows_are_tuned_on_a_series_with_holes_in_its_target():
    series = days(60)
    series.iloc[[20, 33], 0] = nan
    X, y = make_supervised(series)
    known = y.notna()
    model = make_pipeline(
        SlidingWindowTransformer(history=series), HistGradientBoostingRegressor()
    )
    grid = {"slidingwindowtransformer__window": [2, 5]}
    search = GridSearchCV(model, grid, cv=TimeSeriesSplit(3), error_score="raise")
    search.fit(X[known], y[known])
    windows = search.best_estimator_[0].transform(X[known])
    size = windows.shape[1]
    whole = SlidingWindowTransformer(size).fit_transform(X)
    assert_array_equal(windows, whole[known])


@pytest.mark.parametrize("scaler", [StandardScaler(), SimpleImputer()])
def test_rows_that_are_not_those_of_the_history_are_an_error(scaler):
    X = days(20)
    X.iloc[3] = nan
    model = make_pipeline(
        scaler.set_output(transform="pandas"), SlidingWindowTransformer(3, history=X)
    )
    with pytest.raises(ValueError, match="where history .* put it behind them"):
        model.fit(X)


def test_a_row_that_is_there_twice_must_be_the_same():
    X = days(10)
    transformer = SlidingWindowTransformer(3, history=X[:5]).fit(X)
    twice = pd.concat([X[5:7], X[5:7]])
    assert_array_equal(transformer.transform(twice)[2:], transformer.transform(X[5:7]))
    twice.iloc[0] = 100
    with pytest.raises(ValueError, match="at 2020-01-06 .* or another row of X has"):
        transformer.transform(twice)


@pytest.mark.parametrize("label", ["2020-01-07 12:00", "2020-01-20 12:00", "2019"])
def test_a_row_off_the_grid_of_the_history_is_an_error(label):
    X = days(12)
    history = X.drop(X.index[5])
    transformer = SlidingWindowTransformer(3, padding="nan", history=history)
    off = pd.DataFrame({"a": 0.0}, index=[pd.Timestamp(label) + pd.Timedelta("1h")])
    transformer.fit(history[:5])
    with pytest.raises(ValueError, match=f"X has a row at {off.index[0]}, .* D apart"):
        transformer.transform(pd.concat([off, X[6:7]]))


def test_a_history_is_held_once():
    history = days(10_000)
    transformer = SlidingWindowTransformer(3, history=history).fit(history[:50])
    assert clone(transformer).history is history
    assert clone(make_pipeline(transformer))[0].history is history
    plain = len(pickle.dumps(history))
    assert len(pickle.dumps(transformer)) < 1.1 * plain
    series = history.assign(shop=0.0)
    transformer = SlidingWindowTransformer(3, history=series, passthrough="shop")
    assert len(pickle.dumps(transformer.fit(series[:50]))) < 2.1 * plain
    transformer = SlidingWindowTransformer(3, history=history["a"])
    plain = len(pickle.dumps(history["a"]))
    assert len(pickle.dumps(transformer.fit(history[:50]))) < 1.1 * plain


@pytest.mark.parametrize("name", ["a", None, 0])
def test_a_series_is_a_history_of_one_column(name):
    X = days(10) if name == "a" else days(10).set_axis([0], axis=1)
    for rows in (X, days(10)) if name is None else (X,):
        history = X.iloc[:, 0].rename(name)
        transformer = SlidingWindowTransformer(3, history=history).fit(rows[:5])
        assert first_window(transformer, rows[8:]) == [6, 7, 8]
        stored = pickle.loads(pickle.dumps(transformer))
        assert first_window(stored, rows[8:]) == [6, 7, 8]


def test_a_series_of_another_column_is_no_history():
    X = days(10)
    with pytest.raises(ValueError, match=r"history lacks the columns \['a'\] of X"):
        SlidingWindowTransformer(history=X["a"].rename("b")).fit(X)
    with pytest.raises(ValueError, match=r"history lacks the columns \['b'\] of X"):
        SlidingWindowTransformer(history=X["a"].rename(None)).fit(X.assign(b=1.0))


def test_a_window_longer_than_history_and_rows_is_an_error():
    X = days(10)
    SlidingWindowTransformer(10, history=X[:5]).fit(X[5:])
    with pytest.raises(ValueError, match=r"window=11 .* \(n_samples = 10\)"):
        SlidingWindowTransformer(11, history=X[:5]).fit(X[5:])


# ---------------------------------------------------------------------------
# SlidingWindowTransformer: what stands beside the windows
# ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "passthrough",
    [
        ["shop"],
        "shop",
        [1],
        1,
        -2,
        slice(1, 2),
        [False, True, False],
        lambda X: X.columns[X.columns == "shop"],
        make_column_selector(dtype_include="int64"),
    ],
)
def test_columns_are_passed_through(passthrough):
    X = days(5, columns="ab").assign(shop=[7, 8, 9, 7, 8])[["a", "shop", "b"]]
    transformer = SlidingWindowTransformer(2, passthrough=passthrough)
    windows = transformer.fit_transform(X)
    names = ["a_lag1", "b_lag1", "a_lag0", "b_lag0", "shop"]
    assert transformer.get_feature_names_out().tolist() == names
    assert_array_equal(windows[2], [1, 1.1, 2, 2.1, 9])
    assert_array_equal(transformer.transform(X[3:])[0], [2, 2.1, 3, 3.1, 7])
    in_pandas = transformer.set_output(transform="pandas").fit_transform(X)
    assert in_pandas.columns.tolist() == names
    assert_array_equal(in_pandas, windows)


def test_columns_of_an_array_are_passed_through_in_their_order():
    X = np.arange(12.0).reshape(4, 3)
    windows = SlidingWindowTransformer(2, passthrough=[2, 0]).fit_transform(X)
    assert_array_equal(windows[1], [1, 4, 3, 5])


@pytest.mark.parametrize(
    "passthrough, options, message",
    [
        ("shop", {}, r"passthrough='shop' must name columns of X, .* \['a', 'b'\]"),
        (["a", "shop"], {}, "must name columns of X"),
        ([5], {}, r"passthrough=\[5\] must name columns of X"),
        ([[0]], {}, "must name columns of X"),
        (True, {}, "passthrough=True must name columns of X"),
        (False, {}, "must name columns of X"),
        (["a", "b"], {}, r"names all 2 columns of X: leave at least one"),
        (["a"], {"flatten": False}, "flatten=False .* nothing can stand beside"),
    ],
)
def test_columns_that_cannot_be_passed_through_are_an_error(
    passthrough, options, message
):
    transformer = SlidingWindowTransformer(2).fit(days(5))
    state = vars(transformer).copy()
    transformer.set_params(passthrough=passthrough, **options)
    with pytest.raises(ValueError, match=message):
        transformer.fit(days(5, columns="ab"))
    assert vars(transformer).keys() == state.keys()
    assert transformer.n_features_in_ == 1


# ---------------------------------------------------------------------------
# SlidingWindowTransformer: holes and disorder
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("drop", [False, True], ids=["freq", "no freq"])
@pytest.mark.parametrize("name", sorted(set(REGULAR) - {"business days"}))
def test_a_hole_in_the_index_warns_once_per_call(name, drop):
    index = without_freq(REGULAR[name]) if drop else REGULAR[name]
    X = frame(index)
    holed = X.drop(index[[12, 42]])
    transformer = SlidingWindowTransformer(4)
    for call, rows in [
        (transformer.fit, holed[:30]),
        (transformer.fit_transform, holed[:30]),
        (transformer.transform, holed[29:]),
    ]:
        with pytest.warns(UserWarning, match="index of X has a hole after") as caught:
            call(rows)
        assert len(caught) == 1 and "history" in str(caught[0].message)
        assert caught[0].filename == __file__
    # The frequency is known in spite of the hole.
    assert first_window(transformer, X[31:33]) == [28, 29, 30, 31]
    with pytest.warns(UserWarning, match="1 are unknown"):
        assert first_window(transformer, X[32:33]) == [29, 30, 30, 32]


def test_business_days_with_holidays_have_no_holes():
    transformer = SlidingWindowTransformer(4).fit(frame(HOLIDAYS)[:30])
    transformer.transform(frame(HOLIDAYS)[30:])


def test_a_hole_and_an_unknown_past_are_one_warning():
    X = days(20)
    transformer = SlidingWindowTransformer(4).fit(X[:10])
    with pytest.warns(UserWarning, match="has a hole .* 1 are unknown") as caught:
        transformer.transform(X.iloc[[11, 12, 14]])
    assert len(caught) == 1


def test_another_step_than_the_training_rows_is_a_hole():
    X = days(20)
    transformer = SlidingWindowTransformer(4).fit(X[:10])
    with pytest.warns(UserWarning, match="hole after 2020-01-11"):
        transformer.transform(X[10::2])


def test_a_window_of_one_row_asks_nothing_of_the_index():
    X = days(20)
    transformer = SlidingWindowTransformer(1).fit(X.drop(X.index[5]))
    holed = X.iloc[[15, 16, 17, 19]]
    assert_array_equal(transformer.transform(holed), holed)


@pytest.mark.parametrize("order", [[0, 2, 1, 3], [0, 1, 1, 2]], ids=["order", "twice"])
@pytest.mark.parametrize("name", INDEXES)
def test_disorder_is_refused(name, order):
    X = frame(INDEXES[name])
    disordered = X.iloc[order]
    with pytest.raises(ValueError, match="index of X must be in time order"):
        SlidingWindowTransformer(2).fit(disordered)
    with pytest.raises(ValueError, match="index of X must be in time order"):
        SlidingWindowTransformer(2).fit(X).transform(disordered)


# ---------------------------------------------------------------------------
# SlidingWindowTransformer: what it refuses, and what it leaves alone
# ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters, name",
    [
        ({"window": 0}, "window"),
        ({"window": -1}, "window"),
        ({"window": 2.0}, "window"),
        ({"window": "3"}, "window"),
        ({"padding": "reflect"}, "padding"),
        ({"padding": np.inf}, "padding"),
        ({"padding": None}, "padding"),
        ({"history": "train"}, "history"),
        ({"history": 3}, "history"),
        ({"flatten": "no"}, "flatten"),
    ],
)
def test_bad_parameters_are_named(parameters, name):
    for method in ("fit", "fit_transform"):
        transformer = SlidingWindowTransformer(**parameters)
        with pytest.raises(InvalidParameterError, match=f"The {name!r} parameter"):
            getattr(transformer, method)([[1], [2], [3]])


@pytest.mark.parametrize(
    "X, message",
    [
        ([1, 2, 3, 4], r"Reshape your data either using array.reshape\(-1, 1\)"),
        (pd.Series([1, 2, 3, 4]), "2-dimensional container"),
        ([["a"], ["b"], ["c"]], "could not convert|strings"),
        ([[1.0], [np.inf], [2.0]], "infinity"),
        ([[1], [2]], "window=3 is longer than the series"),
        (np.ones((3, 2, 2)), "dim 3"),
        (days(5)[::-1], "in time order"),
    ],
)
def test_a_failed_fit_leaves_the_fitted_transformer_alone(X, message):
    series = frame(pd.date_range("2020", periods=6), "ab")
    transformer = SlidingWindowTransformer().fit(series)
    before = copy.deepcopy(vars(transformer))
    for method in (transformer.fit, transformer.fit_transform):
        with pytest.raises(ValueError, match=message):
            method(X)
    after = vars(transformer)
    assert after.keys() == before.keys()
    assert list(after["feature_names_in_"]) == ["a", "b"]
    assert after["n_features_in_"] == 2
    assert_array_equal(after["_past"].rows, before["_past"].rows)
    assert_index_equal(after["_past"].labels, before["_past"].labels)


def test_transform_checks_its_input():
    transformer = SlidingWindowTransformer(2)
    with pytest.raises(NotFittedError):
        transformer.transform([[1]])
    transformer.fit([[1, 2], [3, 4]])
    assert_array_equal(transformer.transform([[5, 6]]), [[5, 6, 5, 6]])
    with pytest.raises(ValueError, match="X has 1 features"):
        transformer.transform([[1]])
    with pytest.raises(ValueError, match="infinity"):
        transformer.transform([[1, -np.inf]])
    with pytest.raises(ValueError, match="Reshape your data"):
        transformer.transform([1, 2])


@pytest.mark.parametrize("history", ["auto", "fit", None, days(6), np.ones((2, 1))])
def test_pickle_and_clone(history):
    X = days(6)
    transformer = SlidingWindowTransformer(3, padding="nan", history=history)
    transformer.fit(X[:4])
    stored = pickle.loads(pickle.dumps(transformer))
    assert_array_equal(stored.transform(X[4:]), transformer.transform(X[4:]))
    fresh = clone(transformer)
    assert not hasattr(fresh, "_past") and not hasattr(fresh, "n_features_in_")
    assert_array_equal(fresh.fit(X[:4]).transform(X[4:]), transformer.transform(X[4:]))
    assert "SlidingWindowTransformer" in repr(fresh) + fresh._repr_html_()


def test_fit_keeps_no_more_than_it_needs():
    transformer = SlidingWindowTransformer(3).fit(days(50))
    assert transformer._past.rows.base is None and len(transformer._past.rows) == 6


def test_changing_the_training_rows_later_changes_nothing():
    X = np.arange(6.0).reshape(-1, 1)
    transformer = SlidingWindowTransformer(3, history="fit")
    windows = transformer.fit_transform(X)
    X[:] = -1
    assert_array_equal(windows[2], [0, 1, 2])
    assert_array_equal(transformer.transform([[6]]), [[4, 5, 6]])


# ---------------------------------------------------------------------------
# Among scikit-learn's tools
# ---------------------------------------------------------------------------


def windows_then_regression(**parameters):
    return make_pipeline(SlidingWindowTransformer(**parameters), LinearRegression())


@pytest.mark.parametrize("index", [None, pd.date_range("2020", periods=60)])
def test_folds_of_a_search_in_time_order_see_their_true_windows(index):
    """With no warning: they are errors here."""
    series = pd.DataFrame({"a": np.random.default_rng(0).random(60)}, index=index)
    X, y = make_supervised(series)
    search = GridSearchCV(
        windows_then_regression(),
        {"slidingwindowtransformer__window": [1, 3, 5]},
        cv=TimeSeriesSplit(4),
        return_train_score=True,
        error_score="raise",
    ).fit(X, y)
    assert search.predict(series.tail(1)).shape == (1,)

    train, test = list(TimeSeriesSplit(4).split(X))[2]
    window = search.best_params_["slidingwindowtransformer__window"]
    pipe = windows_then_regression(window=window).fit(X.iloc[train], y.iloc[train])
    ahead, _ = make_supervised(series, window=window)
    expected = pipe[-1].predict(ahead.loc[X.index[test]].to_numpy())
    np.testing.assert_allclose(pipe.predict(X.iloc[test]), expected)


def test_a_gap_between_folds_warns_unless_history_is_given():
    X, y = make_supervised(days(40))
    cv = TimeSeriesSplit(3, gap=2)
    with pytest.warns(UserWarning, match="2 are unknown"):
        cross_val_score(windows_then_regression(window=4), X, y, cv=cv)
    cross_val_score(windows_then_regression(window=4, history=X), X, y, cv=cv)


@pytest.mark.parametrize("cv", [KFold(4), KFold(4, shuffle=True, random_state=0)])
def test_folds_with_holes_warn(cv):
    X, y = make_supervised(days(40))
    with pytest.warns(UserWarning, match="has a hole|are unknown") as caught:
        cross_val_predict(windows_then_regression(), X, y, cv=cv)
    assert any("has a hole" in str(warning.message) for warning in caught)


def test_shuffled_and_resampled_rows_are_refused():
    X, y = make_supervised(days(40))
    with pytest.raises(ValueError, match="split them with TimeSeriesSplit"):
        cross_val_score(
            windows_then_regression(), X, y, cv=ShuffleSplit(2), error_score="raise"
        )
    drawn = np.random.default_rng(0).integers(0, 39, 39)
    with pytest.raises(ValueError, match="shuffled or resampled rows"):
        windows_then_regression().fit(X.iloc[drawn], y.iloc[drawn])


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("container", [np.asarray, lambda x: x], ids=["array", "frame"])
def test_a_target_that_is_not_in_the_future_warns(container, horizon):
    X = days(20).assign(b=1.0)
    y = np.column_stack([X["a"].shift(-k).fillna(0) for k in range(horizon)])
    for call in ["fit", "fit_transform"]:
        with pytest.warns(UserWarning, match="column 0 of X.*make_supervised") as got:
            getattr(SlidingWindowTransformer(), call)(container(X), y)
        assert len(got) == 1 and got[0].filename == __file__
    with pytest.warns(UserWarning, match="the target is already in the window"):
        windows_then_regression().fit(container(X), y)


@given(
    st.lists(st.integers(0, 2), min_size=6, max_size=20),
    st.integers(1, 3),
    st.sampled_from([None, 0, 1]),
)
@example([1, 0, 1, 0, 0, 0], 3, None)  # of which X and y have two rows of a cycle
@example([0, 0, 1, 1, 0, 0], 3, None)  # of which y is as constant as the second channel
def test_a_target_in_the_future_never_warns(values, horizon, target):
    # Few values and a second channel that is constant: repeats and flat stretches.
    series = np.column_stack([values, np.ones(len(values))])
    X, y = make_supervised(series, horizon=horizon, target=target)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SlidingWindowTransformer(2).fit_transform(X, y)


@pytest.mark.parametrize("y", [list("ab") * 5, np.arange(3.0), 1.0, None])
def test_y_that_is_no_channel_is_none_of_the_transformers_business(y):
    SlidingWindowTransformer(2).fit(np.arange(10.0).reshape(-1, 1), y)


def test_windows_and_other_features_side_by_side():
    X = frame(range(5), "ab")
    union = FeatureUnion(
        [("short", SlidingWindowTransformer(1)), ("long", SlidingWindowTransformer(2))]
    ).set_output(transform="pandas")
    assert list(union.fit_transform(X).columns) == [
        "short__a_lag0",
        "short__b_lag0",
        *("long__a_lag1", "long__b_lag1", "long__a_lag0", "long__b_lag0"),
    ]


def test_defaults():
    defaults = {"window": 3, "padding": "edge", "history": "auto"}
    defaults |= {"passthrough": None, "flatten": True}
    assert SlidingWindowTransformer().get_params() == defaults
    assert SlidingWindowTransformer(5).window == 5


# What is known ahead


def with_leads(series, **options):
    return make_supervised(series, target="a", **options)


def test_leads_stand_beside_windows_by_their_names():
    series = frame(range(9), ["a", "b", "day"])
    X, y = with_leads(series, horizon=2, ahead=["b", "day"])
    shuffled = X[["day_lead2", "b_lead1", "a", "b_lead2", "day_lead1", "b", "day"]]
    for rows, of_b_and_day in [(X, slice(None)), (shuffled, [1, 0])]:
        windows = SlidingWindowTransformer(2, passthrough="day").fit(rows, y)
        read = windows.transform(rows)
        assert (read.n_channels, read.leads.shape, read.own.shape) == (
            *(2, (7, 2, 2)),
            (7, 1),
        )
        assert_array_equal(read.leads[3][:, of_b_and_day], [[4.1, 4.2], [5.1, 5.2]])
        assert list(windows.get_feature_names_out()) == [
            *(f"{name}_lag{k}" for k in (1, 0) for name in read.channels),
            *(f"{name}_lead{k}" for k in (1, 2) for name in read.ahead),
            "day",
        ]
        in_pandas = windows.set_output(transform="pandas").transform(rows)
        assert_array_equal(in_pandas, read)
        assert in_pandas["b_lead2"].iloc[3] == 5.1


def test_leads_are_never_windowed_nor_looked_up_in_history():
    series = frame(range(20), ["a", "b"])
    X, y = with_leads(series, horizon=3, ahead="b")
    windows = SlidingWindowTransformer(4, history=series)
    some = windows.fit_transform(X.iloc[[9, 3, 9]])
    assert_array_equal(some.leads[:, :, 0], X.iloc[[9, 3, 9], 2:])
    assert_array_equal(some[:, 0], [6, 0, 6])
    renamed = X.add_prefix("remainder__")
    assert SlidingWindowTransformer(4).fit_transform(renamed).ahead == ["remainder__b"]


def test_tables_of_leads_that_cannot_be_read():
    X, _ = with_leads(frame(range(9), ["a", "b"]), horizon=2, ahead="b")
    with pytest.raises(ValueError, match=r"but not each step.*b: \[2\]"):
        SlidingWindowTransformer(2).fit(X.drop(columns="b_lead1"))
    with pytest.raises(ValueError, match=r"All columns of X are leads of \['b'\] or"):
        SlidingWindowTransformer(2).fit(X[["b_lead1", "b_lead2"]])
    with pytest.raises(ValueError, match=r"nor leads of \['b'\]: use flatten=True"):
        SlidingWindowTransformer(2, flatten=False).fit(X)


def test_what_is_stored_of_a_fit_is_arrays_and_text():
    def types(value):
        parts = value.values() if isinstance(value, dict) else value
        if isinstance(value, (dict, tuple, list)):
            return set().union(*map(types, parts))
        return {type(value).__module__.split(".")[0]}

    for X in (days(20), days(20).tz_localize("UTC"), days(20).to_period()):
        fitted = SlidingWindowTransformer(3).fit(X[:10])
        assert types(fitted.__getstate__()) <= {"builtins", "numpy"}
        again = pickle.loads(pickle.dumps(fitted))
        np.testing.assert_array_equal(again.transform(X[10:]), fitted.transform(X[10:]))
