"""What column names and the values of windows tell about timesteps and channels."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skts import (
    MLPClassifier,
    MLPRegressor,
    SlidingWindowTransformer,
    make_supervised,
)
from skts._columns import (
    check_columns,
    lead_names,
    misread_channels,
    newest_first,
    read_lags,
    read_layout,
    read_leads,
    read_steps,
)

DATES = pd.date_range("2024-01-01", periods=2)


@pytest.mark.parametrize(
    "names, channels, order",
    [
        (["a_lag2", "b_lag2", "a_lag0", "b_lag0"], ["a", "b"], [0, 1, 2, 3]),
        (["lag_1", "lag_2", "lag_3"], [""], [2, 1, 0]),
        (["lag1", "lag10", "lag2"], [""], [1, 2, 0]),
        (["y_lag-1", "y_lag-2"], ["y"], [1, 0]),
        (["x_lag1", "x_lag0", "x_lag-1"], ["x"], [2, 1, 0]),
        (["b_lag0", "a_lag0", "b_lag1", "a_lag1"], ["b", "a"], [2, 3, 0, 1]),
        (["lag_1", "holiday", "lag_2", "price"], [""], [2, 0, 1, 3]),
        (["remainder__x", "w__a_lag0", "w__a_lag1"], ["w__a"], [2, 1, 0]),
        (["lagoon", "flag1x"], None, None),
    ],
)
def test_read_lags(names, channels, order):
    found, columns = read_lags(names)
    assert found == channels
    assert (columns if columns is None else columns.tolist()) == order


@pytest.mark.parametrize(
    "names",
    [
        ["a_lag1", "a_lag0", "b_lag0"],
        ["lag_1", "lag1"],
    ],
)
def test_lags_that_are_no_full_windows_are_an_error_unless_channels_are_told(names):
    with pytest.raises(ValueError, match="not the same ones for every channel"):
        read_lags(names)
    assert read_lags(names, 1) == (None, None)


def windows(n_channels, timesteps=4, n_rows=40):
    series = np.random.RandomState(0).normal(size=(n_rows + timesteps, n_channels))
    view = np.lib.stride_tricks.sliding_window_view(series, timesteps, axis=0)
    return view.transpose(0, 2, 1).reshape(len(view), -1)


@pytest.mark.parametrize("n_channels", [1, 2, 3])
def test_windows_read_as_what_they_are_say_nothing(n_channels):
    assert misread_channels(windows(n_channels), n_channels, is_told=True) is None
    constant = np.ones((40, 4 * n_channels))
    assert misread_channels(constant, 1, is_told=False) is None
    noise = np.random.RandomState(0).normal(size=(40, 12))
    assert misread_channels(noise, 1, is_told=False) is None


def test_windows_of_several_channels_read_as_one():
    X = windows(3)
    assert "set n_channels=3" in misread_channels(X, 1, is_told=False)
    assert misread_channels(X, 1, is_told=True) is None


@pytest.mark.parametrize("n_channels", [1, 2])
def test_channels_one_after_the_other(n_channels):
    X = windows(2)
    X = np.hstack([X[:, ::2], X[:, 1::2]])
    message = misread_channels(X, n_channels, is_told=n_channels > 1)
    assert "all timesteps of one channel" in message


@pytest.mark.parametrize(
    "names, targets",
    [
        (["a_step1", "a_step2"], ["a"]),
        (["a_step1", "b_step1", "a_step2", "b_step2"], ["a", "b"]),
        (["a_step1", "a_step2", "b_step1", "b_step2"], None),
        (["a_step1", "b_step2"], None),
        (["a_step1", "b"], None),
        (["temp", "load"], ["temp", "load"]),
        (["births"], ["births"]),
    ],
)
def test_read_steps(names, targets):
    assert read_steps(names) == targets


# Order of time -----------------------------------------------------------------------

SERIES = {
    "noise": np.random.RandomState(0).normal(size=100),
    "counts": np.random.RandomState(1).randint(20, 60, 100).astype(float),
    "rare": np.random.RandomState(2).binomial(1, 0.2, 100).astype(float),
}


def lags_of(series, lags=(4, 3, 2, 1), step=1):
    """Return rows of `lags` before each value, and the value, or one `step` on."""
    now = np.arange(max(lags), len(series) - step + 1)
    return np.stack([series[now - lag] for lag in lags], axis=1), series[now + step - 1]


@pytest.mark.parametrize("step", [1, 5])
@pytest.mark.parametrize("lags", [(1, 2, 3, 4), (1, 2, 7), (2, 3)])
@pytest.mark.parametrize("series", SERIES.values(), ids=SERIES)
def test_lags_of_y_newest_first(series, lags, step):
    X, y = lags_of(series, lags, step)
    for targets in (y, np.c_[y, np.roll(y, -1)]):
        assert "FunctionTransformer(np.fliplr)" in newest_first(X, targets, 1)
    assert newest_first(X[:, ::-1], y, 1) is None


def test_lags_of_several_channels_newest_first():
    both = np.c_[SERIES["noise"], SERIES["counts"]]
    X, y = lags_of(both, (1, 2, 3))
    X = X.reshape(len(X), -1)
    for target in (y, y[:, 1]):
        assert "name the columns" in newest_first(X, target, 2)
        assert newest_first(X[:, [4, 5, 2, 3, 0, 1]], target, 2) is None


@pytest.mark.parametrize("step", [1, 5])
@pytest.mark.parametrize("series", SERIES.values(), ids=SERIES)
def test_rows_that_run_backwards_are_no_lags_that_do(series, step):
    X, y = lags_of(series, step=step)
    assert newest_first(X[::-1], y[::-1], 1) is None


@pytest.mark.parametrize("case", ["shuffled", "every other", "few", "table"])
@pytest.mark.parametrize("series", SERIES.values(), ids=SERIES)
def test_other_rows_say_nothing_about_time(series, case):
    X, y = lags_of(series)
    rows = {
        "shuffled": np.random.RandomState(0).permutation(len(X)),
        "every other": slice(None, None, 2),
        "few": slice(31),
        "table": slice(None),
    }[case]
    if case == "table":
        X = np.random.RandomState(0).normal(size=X.shape)
    assert newest_first(X[rows], y[rows], 1) is None


@pytest.mark.parametrize(
    "case", ["a hole", "another y", "labels", "a series that repeats itself"]
)
def test_newest_first_where_y_does_not_tell(case):
    X, y = lags_of(
        np.tile(SERIES["noise"][:9], 10) if "itself" in case else SERIES["noise"]
    )
    X = X[:, ::-1]
    if case == "a hole":
        X, y = np.delete(X, 40, 0), np.delete(y, 40)
    elif case == "another y":
        y = np.exp(y)
    elif case == "labels":
        y = np.where(y > 0, "up", "down")
    assert "name the columns as lags (lag_1, lag_2, ...)" in newest_first(X, y, 1)


def test_single_precision_of_x_does_not_hide_that_it_holds_lags_of_y():
    X, y = lags_of(SERIES["noise"])
    assert newest_first(X[:, ::-1].astype("float32"), y, 1)


def test_lags_of_a_series_that_begins_flat():
    X, y = lags_of(np.r_[np.zeros(60), SERIES["noise"]])
    assert newest_first(X[:, ::-1], y, 1)
    assert newest_first(X, y, 1) is None


def test_networks_warn_of_lags_newest_first_and_read_them_as_they_are():
    X, y = lags_of(SERIES["noise"], (1, 2, 3, 4))
    network = MLPRegressor(units=3, epochs=2, random_state=0)
    for target in (y, np.exp(y)):
        with pytest.warns(UserWarning, match="newest timestep first") as caught:
            network.fit(X, target)
        assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="newest timestep first"):
        MLPClassifier(units=3, epochs=2).fit(X, y > 0)
    # Three dimensions, and names, say what order time has.
    np.testing.assert_array_equal(
        network.predict(X), network.fit(X[:, :, np.newaxis], np.exp(y)).predict(X)
    )
    names = [f"lag_{k}" for k in (4, 3, 2, 1)]
    named = pd.DataFrame(X, columns=names)
    np.testing.assert_array_equal(
        network.predict(X), network.fit(named, np.exp(y)).predict(named)
    )


# ---------------------------------------------------------------------------
# Columns that are no numbers
# ---------------------------------------------------------------------------


NO_NUMBERS = {
    "text": (["a", "b"], r"columns \['c'\] hold text"),
    "text and numbers": ([1, "b"], r"columns \['c'\] hold text"),
    "missing text": (["a", None], r"columns \['c'\] hold text"),
    "string": (pd.array(["a", "b"], dtype="string"), r"\['c'\] hold text"),
    "category": (pd.Categorical(["a", "b"]), r"\['c'\] hold text"),
    "dates": (DATES, r"\['c'\] hold times: .* X.set_index\('c'\)"),
    "zone": (DATES.tz_localize("UTC"), r"\['c'\] hold times"),
    "objects": (DATES.astype(object), r"\['c'\] hold times"),
    "dates of Python": (list(DATES.date), r"\['c'\] hold times"),
    "category of dates": (pd.Categorical(DATES), r"\['c'\] hold times"),
    "periods": (DATES.to_period("D"), r"\['c'\] hold times"),
    "time since": (DATES - DATES[0], r"\['c'\] hold times"),
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_text_and_times_are_refused_by_name(name):
    values, message = NO_NUMBERS[name]
    with pytest.raises(ValueError, match=message):
        check_columns(pd.DataFrame({"a": [1.0, 2.0], "c": values}), "X")


def test_all_columns_are_named():
    X = pd.DataFrame([[DATES[0], "a", DATES[0], 1.0, "b"]], columns=list("stuvw"))
    message = r"columns \['s', 'u'\] hold times.* columns \['t', 'w'\] hold text"
    with pytest.raises(ValueError, match=message):
        check_columns(X, "X")


@pytest.mark.parametrize("names", [["a", "b", "a", "b", "c"], [1, 0, 0, 1, 2]])
def test_columns_of_the_same_name_are_refused(names):
    X = pd.DataFrame(np.ones((9, 5)), columns=names)
    message = f"X has several columns of the same name, {re.escape(str(names[:2]))}"
    with pytest.raises(ValueError, match=message):
        SlidingWindowTransformer().fit(X)
    with pytest.raises(ValueError, match="^series has several"):
        make_supervised(X)
    with pytest.raises(ValueError, match="^history has several"):
        SlidingWindowTransformer(history=X).fit(X.iloc[:, [0, 1, 4]])
    fitted = SlidingWindowTransformer().fit(X.iloc[:, [0, 1, 4]])
    with pytest.raises(ValueError, match=message):
        fitted.transform(X)


def test_columns_of_the_same_name_in_a_table_of_arrow_are_refused():
    pa = pytest.importorskip("pyarrow")
    X = pa.table([[1.0, 2.0]] * 2, names=["a", "a"])
    with pytest.raises(ValueError, match=r"same name, \['a'\]"):
        check_columns(X, "X")


@pytest.mark.parametrize(
    "values",
    [
        [1, 2],
        [True, False],
        pd.array([1, None], dtype="Int64"),
        pd.array([1, 2.5, None], dtype=object),
        pd.array([None, None], dtype=object),
        pd.Categorical([1, 2]),
        ["1.5", "2"],
    ],
)
def test_numbers_of_all_types_go_on(values):
    check_columns(pd.DataFrame({"c": values}), "X")
    check_columns(pd.DataFrame({("c", 1): values, ("c", 2): values}), "X")


@pytest.mark.parametrize(
    "values, message",
    [
        (list(DATES), r"\['c'\] hold times: .*X.to_pandas\(\).set_index\('c'\)"),
        (list(DATES.date), r"\['c'\] hold times"),
        (["a", "b"], r"\['c'\] hold text"),
        (pl.Series(["a", "b"], dtype=pl.Categorical), r"\['c'\] hold text"),
        (pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"])), r"\['c'\] hold text"),
    ],
)
def test_columns_of_polars_and_pyarrow(values, message):
    X = pl.DataFrame({"a": [1.0, 2.0], "c": values})
    with pytest.raises(ValueError, match=message):
        check_columns(X, "X")
    check_columns(X[["a"]], "X")
    pytest.importorskip("pyarrow")
    with pytest.raises(ValueError, match=message):
        check_columns(X.to_arrow(), "X")
    check_columns(X[["a"]].to_arrow(), "X")


def test_arrays():
    check_columns(np.ones((2, 1)), "X")
    check_columns([["a"]], "X")  # for scikit-learn to refuse
    with pytest.raises(ValueError, match="X is an array of datetime64.* index of"):
        check_columns(DATES.to_numpy()[:, None], "X")


@pytest.mark.parametrize(
    "names, ahead, positions",
    [
        (["a"], [], []),
        (["a", "b_lead1", "a_lead1"], ["b", "a"], [1, 2]),
        (["a_lead2", "b_lead2", "a", "b_lead1", "a_lead1"], ["a", "b"], [4, 3, 0, 1]),
        (["remainder__a_lead1", "a_lead"], ["remainder__a"], [0]),
        (["a_lead1_lead1"], ["a_lead1"], [0]),
        (["a", 3], [], []),
    ],
)
def test_read_leads(names, ahead, positions):
    found, order = read_leads(names)
    assert (found, list(order)) == (ahead, positions)
    assert lead_names(found, len(order) // max(1, len(found))) == [
        names[position] for position in positions
    ]


@pytest.mark.parametrize(
    "names, steps",
    [
        (["a_lead2"], r"a: \[2\]"),
        (["a_lead0", "a_lead1"], r"a: \[0, 1\]"),
        (["a_lead1", "a_lead01"], r"a: \[1, 1\]"),
        (["a_lead1", "a_lead2", "b_lead1"], r"a: \[1, 2\]; b: \[1\]"),
    ],
)
def test_leads_that_are_not_all_there_are_an_error(names, steps):
    with pytest.raises(ValueError, match=f"named as leads, but not .*: {steps}"):
        read_leads(names)


@pytest.mark.parametrize(
    "names, n_channels, layout",
    [
        ("a b", None, (None, 2, [], 0, [0, 1])),
        ("c a_lag0 a_lag1 b_lead1", None, (["a"], 2, ["b"], 1, [2, 1, 3, 0])),
        ("a_lead1 a b a_lead2", None, (["a", "b"], 2, ["a"], 2, [1, 2, 0, 3])),
        ("a_lead1 a b", 1, (None, 2, ["a"], 1, [1, 2, 0])),
    ],
)
def test_layout_of_a_table(names, n_channels, layout):
    *read, columns = read_layout(names.split(), n_channels)
    assert (*read, list(columns)) == layout


def test_leads_alone_are_no_windows():
    with pytest.raises(ValueError, match="All columns of X are named as leads"):
        read_layout(["a_lead1", "b_lead1"])
