"""Windows: a table by reference, whatever is done with it."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from networks import BARE
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingRegressor,
    HistGradientBoostingRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skts import (
    CNNLSTMRegressor,
    CNNRegressor,
    EncoderDecoderLSTMRegressor,
    LSTMRegressor,
    MLPRegressor,
    SlidingWindowTransformer,
    make_supervised,
)
from skts._windows import Windows, sliding_windows

rng = np.random.default_rng(0)
N_ROWS, TIMESTEPS = 12, 3
SERIES = rng.normal(size=(N_ROWS + TIMESTEPS - 1, 2))
VIEW = sliding_windows(SERIES, TIMESTEPS)
ENDS = range(TIMESTEPS - 1, len(SERIES))
ROWS = np.array([4, 4, 0, 11, 7, 2, 8, 9, 3, 1, 5, 6])
BESIDE = rng.normal(size=(N_ROWS, 2))

# Each with the table that it stands for.
WINDOWS = {
    "a run": (Windows(SERIES, ENDS, TIMESTEPS, ["a", "b"]), VIEW),
    "rows in any order": (
        Windows(SERIES, ROWS + TIMESTEPS - 1, TIMESTEPS),
        VIEW[ROWS],
    ),
    "beside": (
        Windows(SERIES, ENDS, TIMESTEPS, None, BESIDE),
        np.hstack([VIEW, BESIDE]),
    ),
    "a table": (Windows.of_table(VIEW.copy(), 2), VIEW),
    "a view": (Windows.of_table(VIEW, 2), VIEW),
    "every other row of a view": (Windows.of_table(VIEW[::2], 2), VIEW[::2]),
    "a view backwards": (Windows.of_table(VIEW[::-1], 2), VIEW[::-1]),
    "a table by columns": (Windows.of_table(np.asfortranarray(VIEW), 2), VIEW),
    "a table with columns beside": (
        Windows.of_table(np.hstack([VIEW, BESIDE]), 2, 2),
        np.hstack([VIEW, BESIDE]),
    ),
}

each_kind = pytest.mark.parametrize("windows, table", WINDOWS.values(), ids=WINDOWS)


@each_kind
def test_windows_stand_for_a_table(windows, table):
    assert_array_equal(windows, table)
    assert windows.shape == table.shape and windows.ndim == 2
    assert windows.size == table.size and windows.dtype == table.dtype
    assert len(windows) == len(table)
    assert_array_equal(list(windows), list(table))
    assert not np.asarray(windows).flags.writeable
    assert np.array(windows).flags.writeable
    assert np.asarray(windows, dtype="float32").dtype == "float32"
    assert_array_equal(pd.DataFrame(windows), table)


@each_kind
@pytest.mark.parametrize(
    "rows",
    [
        slice(2, 5),
        slice(None),
        slice(None, None, -1),
        slice(None, None, 3),
        slice(5, 2),
        [],
        [1, 1, 0],
        [-1, 2],
        range(3),
        range(5, 0, -2),
        np.array([2, 3, 4], np.int32),
        pd.Index([3, 0]),
    ],
    ids=str,
)
def test_selecting_rows_keeps_the_structure(windows, table, rows):
    expected = table[rows] if len(np.shape(rows)) == 0 or len(rows) else table[:0]
    for key in (rows, (rows,), (rows, ...), (rows, slice(None))):
        selected = windows[key]
        assert isinstance(selected, Windows)
        assert selected.channels == windows.channels
        assert (selected.timesteps, selected.n_beside) == (TIMESTEPS, windows.n_beside)
        assert_array_equal(selected, expected)
        assert np.shares_memory(selected.values, windows.values)
    assert_array_equal(windows[::-1][20:], table[:0])


@each_kind
def test_masks_select_rows(windows, table):
    mask = np.arange(len(table)) % 3 == 0
    for rows in (mask, mask.tolist(), pd.Series(mask)):
        assert isinstance(windows[rows], Windows)
        assert_array_equal(windows[rows], table[mask])
    with pytest.raises(IndexError):
        windows[mask[1:]]
    with pytest.raises(IndexError):
        windows[len(table)]
    with pytest.raises(IndexError):
        windows[[len(table)]]


@each_kind
@pytest.mark.parametrize(
    "key",
    [
        0,
        -1,
        np.int64(2),
        (slice(None), 1),
        (slice(1, 3), slice(0, 2)),
        (1, 2),
        ([0, 1], [0, 1]),
        Ellipsis,
        None,
        np.array([[0, 1], [1, 2]]),
    ],
    ids=str,
)
def test_anything_else_gives_plain_arrays(windows, table, key):
    selected = windows[key]
    assert not isinstance(selected, Windows)
    assert_array_equal(selected, table[key])


@each_kind
def test_computing_gives_plain_arrays(windows, table):
    for found, expected in [
        (windows + 1, table + 1),
        (2 * windows, 2 * table),
        (-windows, -table),
        (windows > 0, table > 0),
        (windows == windows, table == table),
        (np.exp(windows), np.exp(table)),
        (np.concatenate([windows, windows]), np.concatenate([table, table])),
        (windows.T, table.T),
        (windows.astype("float32"), table.astype("float32")),
        (windows.max(axis=1), table.max(axis=1)),
    ]:
        assert type(found) is np.ndarray
        assert_array_equal(found, expected)
    np.testing.assert_allclose(np.mean(windows, axis=0), table.mean(axis=0))
    ones = np.ones(table.shape[1])
    np.testing.assert_allclose(windows @ ones, table @ ones)
    with pytest.raises(AttributeError):
        windows.columns  # noqa: B018
    with pytest.raises(ValueError, match="read-only"):
        windows.fill(0)
    with pytest.raises(ValueError, match="read-only"):
        windows += 1
    assert_array_equal(np.add(windows, 1, out=np.zeros(table.shape)), table + 1)


@each_kind
def test_gathering_batches(windows, table):
    rows = np.array([[0, 3], [1, 1]])
    lags = table[:, : TIMESTEPS * 2].reshape(-1, TIMESTEPS, 2)
    assert_array_equal(windows.gather(rows), lags[rows])
    assert_array_equal(windows.gather(), lags)
    for k in range(TIMESTEPS):
        assert_array_equal(windows.timestep(k), lags[:, k])


@each_kind
def test_copies_are_the_same_and_hold_no_more_than_they_reach(windows, table):
    for make in (copy.copy, copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))):
        made = make(windows)
        assert_array_equal(made, table)
        assert made.channels == windows.channels
    part = pickle.loads(pickle.dumps(windows[2:4]))
    assert_array_equal(part, table[2:4])
    if windows.beside is None and isinstance(windows.ends, range):
        assert len(part.values) <= 2 * TIMESTEPS
    assert_array_equal(pickle.loads(pickle.dumps(windows[:0])), table[:0])


def test_a_table_is_not_copied_where_it_need_not_be():
    windows, _ = WINDOWS["a run"]
    assert np.shares_memory(np.asarray(windows), SERIES)
    assert np.shares_memory(np.asarray(windows[[3, 4, 5]]), SERIES)
    # As numpy 2 asks for it.
    assert windows.__array__(copy=False).base is not None
    with pytest.raises(ValueError, match="without a copy"):
        windows[[3, 1]].__array__(copy=False)
    for table in (VIEW, VIEW[::2], VIEW[4:]):
        assert np.shares_memory(Windows.of_table(table, 2).values, SERIES)
    copied = VIEW.copy()
    assert np.shares_memory(Windows.of_table(copied, 2).values, copied)


def test_repr_is_short_and_says_what_the_columns_are():
    windows, _ = WINDOWS["a run"]
    assert repr(windows).startswith("<12 windows of 3 timesteps of a, b, float64>\n[[")
    assert repr(windows).endswith("...") and not repr(windows[:3]).endswith("...")
    beside, _ = WINDOWS["beside"]
    assert "of 2 channels, 2 columns beside them" in repr(beside)
    one = Windows(SERIES[:1, :1], range(1), 1, beside=BESIDE[:1, :1])
    words = "<1 window of 1 timestep of 1 channel, 1 column beside them, float64>"
    assert repr(one).startswith(words)


# Among scikit-learn's tools ---------------------------------------------------------

X = pd.DataFrame(
    {"a": np.sin(np.arange(48) / 3), "shop": np.arange(48) % 3, "b": rng.random(48)},
    pd.date_range("2024", periods=48),
)
X, Y = make_supervised(X, target="a", horizon=2)
y = Y["a_step1"]
TRANSFORMER = SlidingWindowTransformer(4, passthrough="shop")
LAGS, TABLE = TRANSFORMER.fit_transform(X), np.asarray(TRANSFORMER.fit_transform(X))


def small(cls=MLPRegressor, **parameters):
    return cls(**BARE | {"units": 3, "epochs": 2, "random_state": 0} | parameters)


READ = set()


class Reading(MLPRegressor):
    """Says which channels it read, wherever it was cloned to."""

    def fit(self, X, y):
        """Fit and keep what was read."""
        super().fit(X, y)
        READ.add((type(X), self.n_channels_, self._n_beside_))
        return self


@pytest.mark.parametrize(
    "make",
    [
        lambda network: VotingRegressor([("net", network), ("ridge", Ridge())]),
        lambda network: StackingRegressor(
            [("net", network), ("ridge", Ridge())], cv=KFold(3)
        ),
        lambda network: TransformedTargetRegressor(
            network, transformer=StandardScaler()
        ),
        lambda network: GridSearchCV(network, {"epochs": [1]}, cv=TimeSeriesSplit(2)),
        lambda network: make_pipeline(FunctionTransformer(), network),
    ],
    ids=["Voting", "Stacking", "TransformedTarget", "GridSearchCV", "Pipeline"],
)
def test_what_passes_windows_on_tells_networks_their_channels(make):
    READ.clear()
    model = make_pipeline(TRANSFORMER, make(Reading(units=3, epochs=1, random_state=0)))
    model.fit(X, y).predict(X)
    assert READ == {(Windows, 2, 1)}


def test_each_output_has_a_network_that_knows_the_channels():
    READ.clear()
    outputs = MultiOutputRegressor(Reading(units=3, epochs=1, random_state=0))
    make_pipeline(TRANSFORMER, outputs).fit(X, Y).predict(X)
    assert READ == {(Windows, 2, 1)}


@pytest.mark.parametrize(
    "model",
    [
        Ridge(),
        HistGradientBoostingRegressor(max_iter=3),
        BaggingRegressor(Ridge(), 2, random_state=0),
        make_pipeline(StandardScaler(), Ridge()),
        make_pipeline(FunctionTransformer(np.abs), Ridge()),
        make_pipeline(ColumnTransformer([("some", "passthrough", [0, 3])]), Ridge()),
    ],
    ids=lambda model: type(model[0] if hasattr(model, "steps") else model).__name__,
)
def test_whatever_takes_a_table_takes_windows_as_that_table(model):
    expected = clone(model).fit(TABLE, y).predict(TABLE)
    assert_array_equal(clone(model).fit(LAGS, y).predict(LAGS), expected)
    of_windows = cross_val_score(model, LAGS, y, cv=TimeSeriesSplit(3))
    of_table = cross_val_score(model, TABLE, y, cv=TimeSeriesSplit(3))
    np.testing.assert_allclose(of_windows, of_table)


@pytest.mark.parametrize("norm", [None, "last", "level", "standard"])
@pytest.mark.parametrize("cls", [MLPRegressor, LSTMRegressor])
def test_networks_read_windows_as_frames_with_their_names(cls, norm):
    network = small(cls, window_norm=norm, target_channels=norm and "a")
    in_pandas = clone(TRANSFORMER).set_output(transform="pandas").fit_transform(X)
    expected = clone(network).fit(in_pandas, y).predict(in_pandas)
    network.fit(LAGS, y)
    n_levels = {None: 0, "last": 1, "level": 2, "standard": 2}[norm]
    assert network.model_.input_shape == [(None, 4, 2), (None, 1 + n_levels)]
    assert_array_equal(network.predict(LAGS), expected)
    assert_array_equal(network.predict(TABLE), expected)
    assert_array_equal(network.predict(LAGS[[5, 5, 2]]), expected[[5, 5, 2]])
    stored = pickle.loads(pickle.dumps(network))
    assert_array_equal(stored.predict(LAGS), expected)


def test_what_stands_beside_is_learned_from():
    shop = rng.integers(0, 2, 300).astype(float)
    series = pd.DataFrame({"noise": rng.normal(size=300), "shop": shop})
    model = make_pipeline(
        SlidingWindowTransformer(3, passthrough="shop"),
        MLPRegressor(units=8, learning_rate=0.02, random_state=0),
    )
    y = 2 * shop + 1
    assert model.fit(series[:200], y[:200]).score(series[200:], y[200:]) > 0.9


def test_every_step_of_a_decoder_reads_what_stands_beside():
    model = make_pipeline(TRANSFORMER, small(EncoderDecoderLSTMRegressor)).fit(X, Y)
    other = X.assign(shop=X["shop"] + 100)
    assert (model.predict(X) != model.predict(other)).all()


def test_windows_of_another_make_are_refused():
    network = small().fit(LAGS, y)
    other = SlidingWindowTransformer(3).fit_transform(X)
    assert other.shape == LAGS.shape
    with pytest.raises(
        ValueError, match="3 channels with 0 columns and 0 leads beside"
    ):
        network.predict(other)
    turned = SlidingWindowTransformer(4, passthrough="shop").fit_transform(
        X[["b", "shop", "a"]]
    )
    with pytest.raises(ValueError, match=r"channels \['b', 'a'\], but .*\['a', 'b'\]"):
        network.predict(turned)
    assert_array_equal(network.predict(LAGS), network.predict(TABLE))


def test_constants_beside_lags_are_no_other_channel():
    series = X[["a"]].assign(open=0.0, holiday=0.0)
    lags, y = make_supervised(
        series, window=2, target="a", passthrough=["open", "holiday"]
    )
    small().fit(lags, y)  # a warning would be an error


def test_three_dimensions_are_refused_where_something_stood_beside():
    network = small().fit(WINDOWS["beside"][0], y[:N_ROWS])
    with pytest.raises(ValueError, match="three dimensions, .* 2 columns beside"):
        network.predict(np.zeros((3, TIMESTEPS + 1, 2)))


def test_infinity_in_or_beside_windows_is_an_error():
    values = SERIES.copy()
    values[5, 0] = np.inf
    beside = BESIDE.copy()
    beside[2, 0] = np.inf
    target = np.arange(N_ROWS)
    for windows in (
        Windows(values, ENDS, TIMESTEPS),
        Windows(SERIES, ENDS, TIMESTEPS, None, beside),
    ):
        with pytest.raises(ValueError, match="Input X contains infinity"):
            small().fit(windows, target)
        small().fit(windows[6:], target[6:])  # which do not reach it


def test_frames_in_another_order_than_the_windows_of_fit_are_refused():
    network = small().fit(LAGS, y)
    names = TRANSFORMER.get_feature_names_out()
    frame = pd.DataFrame(TABLE, X.index, names)
    with (
        pytest.warns(UserWarning, match="fitted without feature names"),
        pytest.raises(ValueError, match="oldest timestep first: give X in that order"),
    ):
        network.predict(frame[names[::-1]])


def test_going_on_with_targets_in_another_order_is_refused():
    network = small().partial_fit(LAGS, Y)
    before = network.predict(LAGS)
    with pytest.raises(ValueError, match=r"y has the columns \['a_step2', 'a_step1'\]"):
        network.partial_fit(LAGS, Y[Y.columns[::-1]])
    assert_array_equal(network.predict(LAGS), before)


# What is known ahead

AHEAD = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "day"])


@pytest.mark.parametrize(
    "cls",
    [MLPRegressor, CNNRegressor, LSTMRegressor, CNNLSTMRegressor]
    + [EncoderDecoderLSTMRegressor],
)
def test_networks_read_leads_as_a_block(cls):
    rows, Y = make_supervised(
        AHEAD, horizon=2, target="a", ahead=["b", "day"], window=3, passthrough="day"
    )
    network = small(cls).fit(rows, Y)
    assert network.model_.input_shape == [(None, 3, 2), (None, 2, 2), (None, 1)]
    expected = network.predict(rows)
    leads = [name for name in rows if "lead" in name]
    assert_array_equal(network.predict(rows[:5]), expected[:5])
    for name in [*leads, "day"]:
        changed = network.predict(rows.assign(**{name: rows[name] + 100}))
        assert (changed != expected).any(axis=0)[int(name[-1] == "2") :].all(), name
    X, Y = make_supervised(AHEAD, horizon=2, target="a", ahead=["b", "day"])
    windows = SlidingWindowTransformer(3, passthrough="day").fit_transform(X)[2:]
    of_windows = small(cls).fit(windows, Y[2:])
    assert_array_equal(of_windows.predict(windows), expected)
    stored = pickle.loads(pickle.dumps(of_windows))
    assert_array_equal(stored.predict(rows.to_numpy()), expected)


def test_a_decoder_reads_leads_step_by_step():
    rows, Y = make_supervised(AHEAD, horizon=4, target="a", ahead="b", window=2)
    network = small(EncoderDecoderLSTMRegressor).fit(rows, Y)
    changed = network.predict(rows.assign(b_lead3=rows["b_lead3"] + 1))
    is_same = changed == network.predict(rows)
    assert is_same[:, :2].all() and not is_same[:, 2:].any()
    # Leads of other steps than those of y are handed to each of these.
    fewer = small(EncoderDecoderLSTMRegressor).fit(rows, Y.iloc[:, :2])
    changed = fewer.predict(rows.assign(b_lead4=rows["b_lead4"] + 1))
    assert (changed != fewer.predict(rows)).all()


def test_rows_that_are_complete_need_no_windows():
    X, y = make_supervised(AHEAD, target="a", ahead="b", horizon=2)
    network = small().fit(X, y)
    assert network.model_.input_shape == [(None, 1, 3), (None, 2, 1)]
    assert small(n_channels=1).fit(X, y).model_.input_shape[0] == (None, 3, 1)


class Own(MLPRegressor):
    """Reads leads, and has what stands beside put behind."""

    def hidden(self, layers, windows, leads):
        assert leads.shape == (None, 2, 1)
        return layers.Dense(3)(layers.Flatten()(leads))


def test_networks_of_ones_own_get_leads_where_they_name_them():
    rows, Y = make_supervised(
        AHEAD, horizon=2, target="a", ahead="b", window=3, passthrough="day"
    )
    network = small(Own).fit(rows, Y)
    expected = network.predict(rows)
    assert_array_equal(network.predict(rows.assign(a_lag0=0.0)), expected)
    assert (network.predict(rows.assign(day=9.0)) != expected).all()


def test_leads_of_other_columns_are_refused():
    X, y = make_supervised(AHEAD, target="a", ahead="b")
    network = small().fit(SlidingWindowTransformer(3).fit_transform(X), y)
    other, _ = make_supervised(AHEAD, target="a", ahead="day")
    windows = SlidingWindowTransformer(3).set_output(transform="default")
    with pytest.raises(ValueError, match=r"leads of \['day'\], but .* of \['b'\]"):
        network.predict(windows.fit_transform(other))
    more, _ = make_supervised(AHEAD, target="a", ahead="b", horizon=2)
    with pytest.raises(ValueError, match="features|2 leads beside them"):
        network.predict(windows.fit_transform(more))
