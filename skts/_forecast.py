"""From a fitted model to values beyond the data."""

from __future__ import annotations

import contextlib
import functools
import math
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.multioutput import ClassifierChain, RegressorChain
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import check_is_fitted

from ._columns import choose, lag_of, lead_of
from ._intervals import bound_names, check_bound_names, with_intervals
from ._panel import (
    Panel,
    in_order,
    panel_of,
    place,
    some_of,
    with_keys,
    with_times,
)
from ._quantiles import (
    positions_of_interval,
    predict_quantiles,
    quantiles_of,
)
from ._sklearn import HasMethods, Interval, safe_indexing, validate_params
from ._time import (
    as_comparable,
    frequency,
    labels_after,
    last_before_hole,
    refuse_duplicates,
    time_labels,
)
from ._transformer import SlidingWindowTransformer
from ._warn import only_the_last_row_counts, warn

__all__ = ["forecast"]


# ---------------------------------------------------------------------------
# The series
# ---------------------------------------------------------------------------


def as_frame(history: Any, name: str = "history", many: bool = False) -> pd.DataFrame:
    """Return the series as a frame; columns and rows of arrays are numbered.

    Of `many` series, the rows come one series after the other.
    """
    if isinstance(history, pd.Series):
        series = history.to_frame("x0" if history.name is None else history.name)
    elif isinstance(history, pd.DataFrame):
        series = history
    elif hasattr(history, "columns"):
        raise TypeError(
            f"{name} is a {type(history).__module__}.{type(history).__name__}, which "
            "has no index that could be continued: pass a pandas DataFrame or Series, "
            "or an array."
        )
    else:
        values = np.asarray(history)
        if values.ndim not in (1, 2):
            raise ValueError(
                f"{name} must be a series, 1-D or of shape (n_rows, n_columns), but "
                f"has {values.ndim} dimensions."
            )
        series = pd.DataFrame(values)
    if series.empty:
        raise ValueError(f"{name} of shape {series.shape} is empty.")
    if not series.columns.is_unique:
        raise ValueError(
            f"{name} has columns of the same name: {list(series.columns)}."
        )
    if many and isinstance(series.index, pd.MultiIndex):
        return in_order(series, name)
    index: Any = time_labels(series, name)
    return series if index.dtype == series.index.dtype else series.set_axis(index)


def _steps(table: Any, n_series: int, part: slice) -> Any:
    """Return some rows of each series, of a table or index of as many of each."""
    rows = table.iloc if isinstance(table, pd.DataFrame) else table
    if n_series == 1:
        return rows[part]
    places = np.arange(len(table)).reshape(n_series, len(table) // n_series)
    return rows[places[:, part].ravel()]


def _append(table: Any, codes: np.ndarray, rows: Any) -> tuple[Any, np.ndarray]:
    """Put rows after each series, as many to all; `codes` tell the series of each."""
    n_series = codes[-1] + 1
    both = np.append(codes, np.arange(n_series).repeat(len(rows) // n_series))
    order = both.argsort(kind="stable")
    return pd.concat([table, rows]).iloc[order], both[order]


def _labels_after(series: list[tuple[Any, pd.Index]], count: int) -> list[pd.Index]:
    """Return the labels that continue each series, made once for all that end alike."""
    made: dict[Any, pd.Index] = {}
    each = []
    for key, times in series:
        end: Any = key
        if isinstance(times, pd.DatetimeIndex) and times.freq is not None:
            end = times[-1], times.freq
        if end not in made:
            made[end] = labels_after(times, count, key)
        each.append(made[end])
    return each


def _tail(table: Any, codes: np.ndarray, n_rows: int) -> tuple[Any, np.ndarray]:
    """Return the last rows of each series."""
    stops = codes.searchsorted(codes, "right")
    is_last = np.arange(len(codes)) >= stops - n_rows
    return table[is_last], codes[is_last]


class _Future:
    """What is known of the rows after a series, of columns that are not predicted."""

    def __init__(
        self,
        future: Any,
        series: pd.DataFrame,
        panel: Panel | None,
        others: pd.Index,
        is_array: bool,
    ) -> None:
        if isinstance(future, pd.Series):
            future = future.to_frame()
        self.future, self.series = future, series
        if future is None:
            return
        if isinstance(future, pd.DataFrame) == is_array:
            raise TypeError(
                f"future is a {type(future).__name__}, but history is "
                f"{'an array' if is_array else 'pandas'}: both must be of one kind."
            )
        if is_array:
            values = np.asarray(future)
            values = values.reshape(-1, 1) if values.ndim == 1 else values
            if values.ndim != 2 or values.shape[1] != len(others):
                raise ValueError(
                    f"future has shape {values.shape}, but must have {len(others)} "
                    "columns: those of history that are not predicted, "
                    f"{list(others)}."
                )
            labels = labels_after(series.index, len(values))
            self.future = pd.DataFrame(values, labels, others)
            return
        if panel is None:
            index = time_labels(future, "future", ordered=False)
            refuse_duplicates(index, "future")
            index = as_comparable(index, series.index, "future", "history")
            self.future = future.set_axis(index)
        else:
            self.future = _future_of_panel(future, panel)
        columns = future.columns
        if not columns.is_unique or len(columns.difference(others)):
            raise ValueError(
                f"future has columns {list(columns)}, but must have those of history "
                f"that are not predicted: {list(others)}."
            )
        self._warn_of_contradictions()

    def _warn_of_contradictions(self) -> None:
        times, told_at = (
            table.index.get_level_values(-1) for table in (self.series, self.future)
        )
        known = self.series[times >= told_at.min()]
        overlap = self.future.index.intersection(known.index)
        for column in self.future.columns:
            told, true = (f.loc[overlap, column] for f in (self.future, known))
            differs = (told.notna() & told.ne(true)).fillna(False).to_numpy()
            if differs.any():
                row = differs.argmax()
                warn(
                    f"future has {told.iloc[row]} in column {column!r} at "
                    f"{place(overlap[row])}, but history has {true.iloc[row]}, which is"
                    " taken: future is of the rows after history, and not shifted."
                )
                break

    def rows(self, columns: pd.Index, labels: pd.Index) -> pd.DataFrame:
        """Return `columns` at `labels`, all of which must be there."""
        if not len(columns) or not len(labels):
            return pd.DataFrame(index=labels, columns=columns)
        if self.future is None:
            raise ValueError(
                f"history has columns that model does not predict: {list(columns)}. "
                f"Their next {len(labels)} rows must be given as future."
            )
        missing_columns = [c for c in columns if c not in self.future.columns]
        if missing_columns:
            raise ValueError(
                f"future has columns {list(self.future.columns)}, but must have those "
                f"of history that are not predicted: it lacks {missing_columns}, of "
                f"which the {len(labels)} rows after history are needed."
            )
        found = self.future.index.get_indexer(labels)
        missing = labels[found < 0]
        if len(missing):
            raise ValueError(
                f"future lacks {len(missing)} of the {len(labels)} rows needed of "
                f"{list(columns)}, the first of them at {place(missing[0])} and the "
                f"last at {place(missing[-1])}."
            )
        rows = self.future[list(columns)].iloc[found].set_axis(labels)
        unknown = (rows.isna() & ~self.series[list(columns)].isna().any()).to_numpy()
        if unknown.any():
            row, column = np.argwhere(unknown)[0]
            raise ValueError(
                f"future has a missing value in column {columns[column]!r}, row "
                f"{place(labels[row])}, where history has none."
            )
        return rows


def _future_of_panel(future: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Return what is known ahead of many series, and check that it is of those."""
    told = panel_of(future, "future")
    if told is None or told.keys.nlevels != panel.keys.nlevels:
        raise ValueError(
            f"history has an index of {panel.keys.nlevels + 1} levels, of series and "
            f"times, but that of future has {future.index.nlevels}: let it tell series "
            "apart as history does, as by pd.concat({series: frame, ...})."
        )
    if len(unknown := told.keys.difference(panel.keys, sort=False)):
        raise ValueError(
            f"future has {some_of(unknown)}, that are not in history: leave them out."
        )
    if len(missing := panel.keys.difference(told.keys, sort=False)):
        raise ValueError(
            f"future lacks {some_of(missing)}, that are in history: put in their rows, "
            "or leave them out of history."
        )
    return with_times(
        future, as_comparable(told.times, panel.times, "future", "history")
    )


# ---------------------------------------------------------------------------
# The model
# ---------------------------------------------------------------------------


class _Lags(NamedTuple):
    """Where in the series the features of a model are, if not its columns.

    They are lags, and what is known ahead: a lead is a lag of less than zero.
    """

    lags: np.ndarray
    positions: np.ndarray  # of the columns
    names: np.ndarray | None  # of the features
    are_windows: bool  # which reach back as far as the model does

    @property
    def n_ahead(self) -> int:
        """Steps that are known ahead."""
        return max(0, -int(self.lags.min()))

    def features(
        self, rows: pd.DataFrame, codes: np.ndarray, following: pd.DataFrame
    ) -> tuple[Any, np.ndarray]:
        """Return the features of rows, and which series they are of.

        The first `n_ahead` of `following` follow each series. The first rows of each,
        of which not all lags are there, are left out.
        """
        ends = np.arange(len(rows))
        ends = ends[ends - codes.searchsorted(codes) >= self.lags.max()]
        if self.names is None:
            X = rows.to_numpy()[ends[:, np.newaxis] - self.lags, self.positions]
            return X, codes[ends]
        columns, shift = {}, self.n_ahead * codes[ends]
        for position, name in enumerate(rows.columns):
            column, places = rows.iloc[:, position], ends
            if self.n_ahead and name in following:
                more = _steps(following, codes[-1] + 1, slice(self.n_ahead))[name]
                column, places = _append(column, codes, more)[0], ends + shift
            columns[position] = column.to_numpy(), places
        table = {}
        for name, lag, position in zip(self.names, self.lags, self.positions):
            values, places = columns[position]
            table[name] = values[places - lag]
        return pd.DataFrame(table, rows.index[ends]), codes[ends]


def _read_lags(model: Any, columns: pd.Index) -> _Lags | None:
    """Return the lags that a model was fitted on, None if on the columns themselves."""
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        n_features = getattr(model, "n_features_in_", len(columns))
        window, rest = divmod(n_features, len(columns))
        # Our networks know how many channels their windows have.
        if window > 1 and getattr(model, "n_channels_", len(columns)) != len(columns):
            raise ValueError(
                f"history has {len(columns)} columns, but model was fitted on windows "
                f"of {model.n_channels_} channels."
            )
        if rest or not window:
            raise ValueError(
                f"history has {len(columns)} columns, but model was fitted on "
                f"{n_features}, neither as many nor a whole number of lags of each."
            )
        if window == 1:
            return None
        steps, positions = np.indices((window, len(columns))).reshape(2, -1)
        return _Lags(window - 1 - steps, positions, None, are_windows=True)
    if list(names) == list(columns):
        return None
    if not all(isinstance(column, str) for column in columns):
        columns = pd.Index([f"x{i}" for i in range(len(columns))])
    read = {name: (name, 0) for name in names if name in columns}  # or beside windows
    are_windows = False
    for name in names:
        if name not in read and (lead := lead_of(name)) and lead[0] in columns:
            read[name] = lead[0], -lead[1]
        elif name not in read and (lag := lag_of(name)) and lag[0] in columns:
            read[name], are_windows = lag, True
    if len(read) < len(names) or set(names) <= set(columns):
        raise ValueError(
            f"history has columns {list(columns)}, but model was fitted on "
            f"{list(names)}, neither the same nor lags or leads of them."
        )
    known, lags = zip(*(read[name] for name in names))
    return _Lags(np.array(lags), columns.get_indexer(known), names, are_windows)


def _check_windows(lags: _Lags, series: list[tuple[Any, pd.Index]]) -> None:
    """Check that each series has the last window of the model, and no hole there."""
    longest = lags.lags.max()
    holes = {}
    for key, index in series:
        of = "" if key is None else f" of the series {key!r}"
        if longest >= len(index):
            raise ValueError(
                f"history has {len(index)} rows{of}, but model was fitted on windows of"
                f" {longest + 1}."
            )
        label = last_before_hole(index[-1 - longest :], frequency(index))
        if label is not None:
            holes[key] = f"{label}{of}"
    if holes:
        counted = (
            "" if len(series) == 1 else f" of {len(holes)} of {len(series)} series"
        )
        warn(
            f"The index of history{counted} has a hole after "
            f"{next(iter(holes.values()))}; its rows are taken as consecutive all the "
            "same. Put in the missing rows."
        )


def _point(model: Any, X: Any) -> np.ndarray:
    outputs = np.asarray(model.predict(X))
    return outputs.reshape(len(outputs), -1)


def _predict_last(model: Any, X: Any, last: np.ndarray, ask: Any) -> np.ndarray:
    """Predict from the last rows, (n_series, n_outputs) or what else is asked."""
    best = getattr(model, "best_estimator_", model)
    # What reads no other rows, in a pipeline, is given no others of many series.
    if type(best) is Pipeline and len(best) > 1 and len(last) > 1:
        before, predictor = best[:-1], best[-1]
        if not _reach(predictor, on_windows=_reach(before, False) > 0):
            X, model = safe_indexing(before.transform(X), last), predictor
            last = np.arange(len(last))
    return ask(model, X)[last]


def _takes_array(model: Any, columns: pd.Index, reach: float) -> bool:
    """Tell whether the model was fitted on an array and would warn of names.

    Only scikit-learn's own parts, which reach no further than known, can be told so.
    """
    return (
        reach < math.inf
        and hasattr(model, "n_features_in_")
        and not hasattr(model, "feature_names_in_")
        and all(isinstance(column, str) for column in columns)
    )


def _estimators_in(attribute: Any) -> list[Any]:
    """Return the estimators in an attribute: itself, or those in (nested) lists."""
    if isinstance(attribute, (list, tuple)):
        return [part for item in attribute for part in _estimators_in(item)]
    is_estimator = hasattr(attribute, "fit") and not isinstance(attribute, type)
    return [attribute] if is_estimator else []


def _reach(model: Any, on_windows: bool) -> float:
    """Count the rows before a row on which the model's output for it may depend.

    Windows of windows add up, as in a chain; of windows side by side the longest
    counts. What other libraries bring may reach back without limit, but for a predictor
    on windows.
    """
    model = getattr(model, "best_estimator_", model)
    if isinstance(model, SlidingWindowTransformer):
        return getattr(model, "_window", model.window) - 1
    if isinstance(model, FunctionTransformer):
        is_elementwise = model.func is None or isinstance(model.func, np.ufunc)
        return 0 if is_elementwise else math.inf
    library = type(model).__module__.partition(".")[0]
    if library == "skts":
        return 0
    if library != "sklearn":
        is_row_wise = on_windows and not hasattr(model, "transform")
        return 0 if is_row_wise else math.inf
    if isinstance(model, Pipeline):
        reach = 0.0
        for step in _estimators_in(model.steps):
            reach += _reach(step, on_windows or reach > 0)
        return reach
    # Parameters are templates, in which a search knows nothing of the best window;
    # only where nothing else is fitted are they fitted themselves.
    fitted = [value for name, value in vars(model).items() if name.endswith("_")]
    groups = [group for group in map(_estimators_in, fitted) if group]
    if not groups:
        groups = list(map(_estimators_in, model.get_params(deep=False).values()))
    # Each model of a chain reads what those before it predict.
    combine = sum if isinstance(model, (ClassifierChain, RegressorChain)) else max
    return sum(
        combine([_reach(part, on_windows) for part in group] or [0]) for group in groups
    )


def targets_per_step(model: Any) -> int | None:
    """Return the `n_targets` that the networks in the model were told."""
    model = getattr(model, "best_estimator_", model)
    told = {
        part.n_targets
        for part in (model, *model.get_params().values())
        if hasattr(part, "n_targets") and hasattr(part, "target_channels")
    }
    return told.pop() if len(told) == 1 else None


def _find_targets(
    model: Any, columns: pd.Index, target: Any, ahead: pd.Index
) -> pd.Index:
    """Return the columns of the series that the model predicts."""
    n_targets = targets_per_step(model)
    unknown = columns.drop(ahead)
    if target is None and len(ahead) and len(unknown) == 1:
        target = unknown[0]
    if target is None:
        if len(columns) > 1 and n_targets != len(columns):
            raise ValueError(
                f"history has {len(columns)} columns, and model does not tell which "
                f"it predicts: name them as target, out of {list(columns)}."
            )
        targets = list(columns)
    else:
        targets = choose(target, list(columns), "history")
    if both := [name for name in targets if name in ahead]:
        raise ValueError(
            f"target={target!r} names {both}, which model knows ahead: what is known "
            "need not be predicted."
        )
    if n_targets not in (None, 1, len(targets)):
        raise ValueError(
            f"target={target!r} names {len(targets)} of the columns of history, but "
            f"model has n_targets={n_targets}."
        )
    return columns[columns.get_indexer(targets)]


class ModelOnSeries:
    """A fitted model, and how it reads the rows of a series of these columns."""

    def __init__(
        self, model: Any, columns: pd.Index, target: Any, is_array: bool
    ) -> None:
        self.model = model
        self.lags = _read_lags(model, columns)
        self.n_ahead, self.ahead = 0, columns[:0]
        if self.lags is not None:
            self.n_ahead = self.lags.n_ahead
            self.ahead = columns[np.unique(self.lags.positions[self.lags.lags < 0])]
        self.targets = _find_targets(model, columns, target, self.ahead)
        # The rows before a row on which the output for it may depend.
        on_windows = self.lags is not None and self.lags.are_windows
        self.reach = _reach(model, on_windows)
        if self.lags is not None:
            if self.lags.names is None and self.reach > 0:
                raise ValueError(
                    f"history has {len(columns)} columns, but model was fitted on "
                    f"{len(self.lags.lags)}. These cannot be taken for lags, since the "
                    "model itself may look back."
                )
            self.reach += self.lags.lags.max()
        self.takes_array = is_array or _takes_array(model, columns, self.reach)

    def predict(
        self,
        rows: pd.DataFrame,
        codes: np.ndarray,
        following: pd.DataFrame,
        is_whole: bool,
        ask: Any = _point,
    ) -> np.ndarray:
        """Predict what follows the last row of each series.

        Of what is known ahead, `following` has the next rows. Returns an array of shape
        (n_series, horizon, n_targets), or of one more dimension if `ask` adds one.
        """
        X: Any = rows
        rows_of = codes
        if self.lags is not None:
            X, codes = self.lags.features(rows, codes, following)
        elif self.takes_array and isinstance(rows.index, pd.MultiIndex):
            X = rows.set_axis(range(rows.shape[1]), axis=1)  # the index tells series
        elif self.takes_array:
            X = rows.to_numpy()
        last = np.flatnonzero(np.diff(codes, append=codes[-1] + 1))
        with only_the_last_row_counts() if is_whole else contextlib.nullcontext():
            outputs = _predict_last(self.model, X, last, ask)
        n_targets = len(self.targets)
        if outputs.shape[1] % n_targets:
            raise ValueError(
                f"model has {outputs.shape[1]} outputs, which is no whole number of "
                f"steps of the {n_targets} targets {list(self.targets)}: name as target"
                " what it predicts."
            )
        if not np.isfinite(outputs).all():
            series, *output = np.argwhere(~np.isfinite(outputs))[0]
            label = rows.index[rows_of.searchsorted(series, "right") - 1]
            after = f" after {place(label)}" if isinstance(label, tuple) else ""
            if isinstance(label, tuple) and label[0] == -0.5 - series:
                after = (
                    f" after {label[-1]}, on a path that is drawn from its quantiles"
                )
            raise ValueError(
                f"model predicts {outputs[series, *output]}{after}, with which the "
                "series cannot be continued. Look for missing values in the last rows "
                "of history, and for predictions that grow when they are fed back."
            )
        return outputs.reshape(len(last), -1, n_targets, *outputs.shape[2:])


def _copies(table: pd.DataFrame, n_series: int, n_paths: int) -> pd.DataFrame:
    """Repeat the rows of all series, as those of so many others that none knows."""
    many = pd.concat([table] * n_paths)
    own = np.zeros(len(table), int)
    if isinstance(table.index, pd.MultiIndex):
        own = table.index.droplevel(-1).factorize()[0]
    of_path = own + n_series * np.arange(n_paths)[:, np.newaxis]
    keys = -0.5 - of_path.ravel()  # of no series
    n_levels = max(1, table.index.nlevels - 1)
    times = many.index.get_level_values(-1)
    return many.set_axis(pd.MultiIndex.from_arrays([*[keys] * n_levels, times]))


def _draw(quantiles: np.ndarray, levels: list[float], random: Any) -> np.ndarray:
    """Draw from quantiles (n_series, horizon, n_targets, n_quantiles).

    Between them, and to either side, they are taken to lie on lines. All steps of a
    target are as high or low as each other, since they are of one origin.
    """
    n_series, _, n_targets, _ = quantiles.shape
    drawn = random.uniform(size=(n_series, n_targets))
    upper = np.clip(np.searchsorted(levels, drawn), 1, len(levels) - 1)
    width = np.diff(levels)[upper - 1]
    share = ((drawn - np.take(levels, upper - 1)) / width)[:, np.newaxis]
    below, above = (
        np.take_along_axis(quantiles, i[:, np.newaxis, :, np.newaxis], -1)[..., 0]
        for i in (upper - 1, upper)
    )
    return below + share * (above - below)


@validate_params(
    {
        "model": [HasMethods(["fit", "predict"])],
        "steps": [Interval(Integral, 1, None, closed="left")],
        "coverage": [Interval(Real, 0, 1, closed="neither"), None],
        "errors": [pd.DataFrame, None],
        "n_paths": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=False,
)
def forecast(
    model: Any,
    history: Any,
    steps: int,
    *,
    target: Any = None,
    future: Any = None,
    coverage: float | None = None,
    errors: pd.DataFrame | None = None,
    n_paths: int = 200,
    random_state: Any = None,
) -> Any:
    """Predict the values that follow a series.

    The model predicts the next `horizon` steps from the last rows of the series. The
    predictions are appended to the series, and the model goes on from there, until
    `steps` steps are made [1]_. The horizon is the number of the model's outputs
    divided by that of its targets: with one output it is 1, and a model that has an
    output for each of the steps predicts them all at once.

    Parameters
    ----------
    model : estimator
        Fitted regressor that predicts what comes after row t of a series from row t
        and those before it, as X and y of :func:`make_supervised` have it: a pipeline
        with a :class:`SlidingWindowTransformer`, a search over one, or any other
        regressor of scikit-learn's kind whose X has the rows of the series. A model
        without windows of its own may have been fitted on those of
        ``make_supervised(series, window=w)``: X then has columns named as lags of the
        columns of `history` or, if it is an array, `w` times as many columns. What it
        knows ahead, in columns named as leads, is made of `future`.
    history : DataFrame or array of shape (n_rows, n_columns), or Series or array of \
            shape (n_rows,)
        The series up to its last known row, with the columns that the model was
        fitted on; the rows may be others. The index of a frame must be in time order
        and have a frequency. If none is set, it is inferred; dates without one are
        continued on the weekdays that occur, if hardly one of these is missing. Many
        series are one frame, as :func:`make_supervised` has it: each is continued from
        its own end, all at once.
    steps : int
        Number of steps to predict. If it is no multiple of the horizon, the last
        prediction is cut.
    target : str, int or list of these, default=None
        The columns that the model predicts, in the order of its outputs; positions if
        `history` is an array. It may be left out if `history` has one column beside
        those that are known ahead, or if the `n_targets` of a network says that all
        columns are predicted, in their order. Other models do not tell: their outputs
        could be several steps as well as several targets.
    future : DataFrame or array of shape (n_future_rows, n_other_columns), default=None
        The columns that the model does not predict, as `history` has them, after its
        last row. Rows of a frame are found by their labels, of series and time if there
        are many, in any order; those of an array follow `history`, and its columns are
        in the same order. Of columns that
        are known ahead, ``ceil(steps / horizon) * horizon`` rows are needed; of others,
        those that are fed back, ``(steps - 1) // horizon * horizon``: none if `steps`
        is at most the horizon. NaN may be where it may be in `history`.
    coverage : float, default=None
        Between 0 and 1, such as 0.9: how much of what comes true shall lie inside of
        the intervals of each step. They come from `errors` or, without these, from the
        `quantiles` of a network. By default, there are no intervals.
    errors : DataFrame, default=None
        What :func:`backtest` returned for such a model, `target` and at least as many
        steps, on the rows of `history`. Only what was known at its end counts. Those of
        many series tell of each other, see Notes.
    n_paths : int, default=200
        Where `quantiles` are fed back, beyond the horizon: paths that the series may
        take, of which the bounds are quantiles.
    random_state : int, RandomState instance or None, default=None
        Rules the paths. Pass an int for the same bounds on every call.

    Returns
    -------
    predictions : DataFrame or array of shape (steps, n_targets), or Series or array \
            of shape (steps,)
        The targets at the next steps: of the type of `history`, with its index
        continued. Of many series, `steps` rows of each, in the order in which the
        series appear. With a `coverage`, a frame of columns ``NAME``, and then
        ``NAME_lower`` and ``NAME_upper`` of each target; an array of these, of shape
        (steps, 3 * n_targets), if `history` is one.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    ValueError
        If the model is not a regressor, was fitted on other columns or predicts
        something that is not finite; if it has neither `errors` nor the quantiles that
        `coverage` needs; if `target` is needed or names other columns; if
        the index of `history` cannot be continued; if `future` lacks columns, rows,
        values or series, or has others; if `errors` is of another series or target or
        of fewer steps, or too few for the `coverage`.
    TypeError
        If `history` is a frame of another library than pandas, or `future` is not of
        the same kind as `history`.

    See Also
    --------
    backtest : How good such forecasts were, and the errors that intervals come from.
    make_supervised : Turn a series into X and y.
    SlidingWindowTransformer : Turn each row into the window of rows that ends there.

    Notes
    -----
    Columns that are neither predicted nor known ahead act as lags: for the step after
    row t, the model has seen them up to row t. A column that is known for the steps to
    come says more as ``make_supervised(..., ahead=[...])`` has it.

    Only as many rows as the longest window needs are predicted at each step; a series
    that is shorter is filled up as in the model's `predict`. Transformers of other
    libraries than scikit-learn and skts, functions of one's own and, unless they are
    given windows, regressors of other libraries may look back any number of rows: a
    model with any of these predicts the whole series at each step.

    Intervals are conformal [2]_: a bound of a step is its forecast plus one of the
    errors that forecasts had at that step, with their sign, such that the same part of
    them is left out on either side. If the next error is like those, it is inside at
    least as often as asked for. For a `coverage` of 0.9, that takes 19 errors, and with
    39 it depends less on a single one: where a step has fewer, those of its neighbours
    count as well, as many to both sides as it takes. A model whose forecasts were
    always too low has intervals above them, unless origins were so near that errors
    overlap and tell no more than too few independent ones: bounds are then at least as
    far out as that part of errors of either side needs. Of many series, each error
    counts in units of how much its series had changed, on average, from row to row up
    to the origin, and bounds are as many units of each series away: all series together
    have enough errors sooner. A series that never changed has the median unit of the
    others.

    Bounds from `quantiles` are those that the network predicts, up to its horizon. From
    there on, the series is continued on `n_paths` paths, on which each prediction is
    drawn from the quantiles, between which it lies on lines, before it is fed back. The
    prediction is then the median of the paths.

    References
    ----------
    .. [1] Ben Taieb, S., Bontempi, G., Atiya, A. F. and Sorjamaa, A. (2012). "A review
           and comparison of strategies for multi-step ahead time series forecasting
           based on the NN5 forecasting competition". Expert Systems with
           Applications, 39(8), 7067-7083.
    .. [2] Angelopoulos, A. N. and Bates, S. (2023). "Conformal prediction: a gentle
           introduction". Foundations and Trends in Machine Learning, 16(4), 494-591.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skts import SlidingWindowTransformer, forecast, make_supervised
    >>> from skts.datasets import load_daily_births
    >>> births = load_daily_births()
    >>> X, y = make_supervised(births, horizon=7)
    >>> model = make_pipeline(SlidingWindowTransformer(14), Ridge()).fit(X, y)
    >>> forecast(model, births, steps=30).round(1).tail(3)
                births
    date
    1960-01-28    42.7
    1960-01-29    42.3
    1960-01-30    42.3

    The errors of earlier forecasts tell how sure they are:

    >>> from skts import backtest
    >>> errors = backtest(model, births, steps=30, horizon=7)
    >>> forecast(model, births, 30, coverage=0.9, errors=errors).round(1).tail(3)
                births  births_lower  births_upper
    date
    1960-01-28    42.7          29.4          58.4
    1960-01-29    42.3          28.2          58.9
    1960-01-30    42.3          27.0          59.3
    """
    if coverage is None and errors is not None:
        raise ValueError(
            "errors are given, but coverage=None: say how much shall lie inside of "
            "intervals, such as coverage=0.9."
        )
    check_is_fitted(model)
    by_quantiles = coverage is not None and errors is None
    if by_quantiles and not quantiles_of(model):
        raise ValueError(
            f"coverage={coverage!r}, but model predicts no quantiles and errors is not "
            "given: intervals need either, errors being what backtest returned."
        )
    kind = get_tags(model).estimator_type
    if kind not in ("regressor", None):
        raise ValueError(f"model={type(model).__name__} is a {kind}, not a regressor.")
    series = as_frame(history, many=True)
    panel = panel_of(series, "history")
    one_by_one = [(None, series.index)]
    if panel is not None:
        one_by_one = [(key, times) for key, _, times in panel]
    n_series = len(one_by_one)
    columns = series.columns
    is_array = not isinstance(history, (pd.DataFrame, pd.Series))
    reading = ModelOnSeries(model, columns, target, is_array)
    targets = reading.targets
    ahead, n_ahead = reading.ahead, reading.n_ahead
    each = _labels_after(one_by_one, steps + n_ahead)
    labels = each[0]
    if panel is not None:
        labels = with_keys(panel.keys, each, series.index.names)
    if reading.lags is not None:
        _check_windows(reading.lags, one_by_one)
    known = _Future(future, series, panel, columns.drop(targets), is_array)
    # Of make_supervised, there are as many leads as steps in y.
    n_known = math.ceil(steps / n_ahead) * n_ahead if n_ahead else 0
    following = known.rows(ahead, _steps(labels, n_series, slice(n_known)))
    codes = np.zeros(len(series), int) if panel is None else panel.codes
    # Without a limit all rows are needed, and there will be no more than these.
    n_rows = int(min(reading.reach + 1, len(series) + steps))

    def predict(
        rows: pd.DataFrame, codes: np.ndarray, following: pd.DataFrame, ask: Any
    ) -> Any:
        """Predict, and let only series that are short warn of what is not known."""
        is_whole = np.bincount(codes) >= n_rows
        if is_whole.all() or not is_whole.any():
            return reading.predict(rows, codes, following, is_whole[0], ask)
        parts = []
        for whole in (True, False):
            part = is_whole == whole
            own = part[codes]
            more = following[part.repeat(len(following) // len(part))]
            renumbered = (part.cumsum() - 1)[codes[own]]
            parts.append(reading.predict(rows[own], renumbered, more, whole, ask))
        return np.concatenate(parts)[np.argsort(~is_whole, kind="stable").argsort()]

    rows, codes = _tail(series, codes, n_rows)
    values = predict(rows, codes, following, _point)
    horizon = values.shape[1]
    n_fed_back = (steps - 1) // horizon * horizon
    if future is not None and not n_fed_back and not n_ahead:
        warn(
            f"future is not used: model predicts all {steps} steps at once, from what "
            "is known up to the end of history. What is known ahead has to be part of "
            "each row, as make_supervised(..., ahead=[...]) makes it."
        )
    if n_fed_back + n_ahead > n_known:
        needed = slice(n_fed_back + n_ahead)
        following = known.rows(ahead, _steps(labels, n_series, needed))
    fed_back = _steps(labels, n_series, slice(n_fed_back))
    others = known.rows(columns.drop([*targets, *ahead]), fed_back)
    others = others.join(_steps(following, n_series, slice(n_fed_back)))

    def go_on(
        values: np.ndarray,
        rows: pd.DataFrame,
        codes: np.ndarray,
        told: list[pd.DataFrame],
        predict_next: Any,
    ) -> np.ndarray:
        """Feed values back until there are enough steps."""
        steps_of, others, following = told
        n_series = len(values)
        while values.shape[1] < steps:
            made = values.shape[1]
            last = slice(made - horizon, made)
            predicted = pd.DataFrame(
                values[:, last].reshape(-1, len(targets)),
                _steps(steps_of, n_series, last).index,
                targets,
            )
            next_rows = pd.concat([predicted, _steps(others, n_series, last)], axis=1)
            rows, codes = _tail(*_append(rows, codes, next_rows[columns]), n_rows)
            later = _steps(following, n_series, slice(made, None))
            made_next = predict_next(rows, codes, later)
            values = np.concatenate([values, made_next], axis=1)
        return values[:, :steps]

    both: Any = None
    if coverage is not None and by_quantiles:
        levels = quantiles_of(model)
        bounds = positions_of_interval(levels, coverage)
        check_bound_names(targets, "history")
        quantiles = predict(rows, codes, following, predict_quantiles)
        both = quantiles[:, :steps, :, bounds]
    told = [pd.DataFrame(index=labels), others, following]
    values = go_on(values, rows, codes, told, functools.partial(predict, ask=_point))
    if by_quantiles and steps > horizon:
        if panel is None and reading.reach == math.inf:
            raise ValueError(
                f"coverage={coverage!r} for steps={steps} beyond the horizon {horizon} "
                "needs paths, but model has parts that may look at the whole series, "
                "of which there is one: have errors, as backtest returns them, make "
                "intervals."
            )
        random = check_random_state(random_state)

        def draw(rows: Any, codes: Any, following: Any) -> np.ndarray:
            made = predict(rows, codes, following, predict_quantiles)
            return _draw(made, levels, random)

        paths = go_on(
            _draw(np.tile(quantiles, (n_paths, 1, 1, 1)), levels, random),
            _copies(rows, n_series, n_paths),
            (codes + n_series * np.arange(n_paths)[:, np.newaxis]).ravel(),
            [_copies(table, n_series, n_paths) for table in told],
            draw,
        ).reshape(n_paths, n_series, steps, -1)[:, :, horizon:]
        values[:, horizon:] = np.median(paths, axis=0).reshape(
            n_series, steps - horizon, -1
        )
        parts = np.quantile(paths, np.take(levels, bounds), axis=0)
        both = np.concatenate([both, np.moveaxis(parts, 0, -1)], axis=1)

    labels = _steps(labels, n_series, slice(steps))
    values = values[:, :steps].reshape(-1, len(targets))
    if coverage is not None:
        predicted = pd.DataFrame(values, labels, targets)
        if by_quantiles:
            names = [name for target in targets for name in bound_names(target)]
            made = pd.DataFrame(both.reshape(len(labels), -1), labels, names)
            predicted = predicted.join(made)
        else:
            predicted = with_intervals(predicted, series, errors, coverage)
        return predicted.to_numpy() if is_array else predicted
    if is_array:
        return values if np.ndim(history) == 2 else values[:, 0]
    if isinstance(history, pd.Series):
        return pd.Series(values[:, 0], labels, name=history.name)
    return pd.DataFrame(values, labels, targets)
