"""From a fitted model to values beyond the data."""

from __future__ import annotations

import contextlib
import math
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.multioutput import ClassifierChain, RegressorChain
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ._columns import choose, lag_of, lead_of
from ._intervals import with_intervals
from ._sklearn import HasMethods, Interval, validate_params
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


def as_frame(history: Any, name: str = "history") -> pd.DataFrame:
    """Return the series as a frame; columns and rows of arrays are numbered."""
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
    index: Any = time_labels(series, name)
    return series if index.dtype == series.index.dtype else series.set_axis(index)


class _Future:
    """What is known of the rows after a series, of columns that are not predicted."""

    def __init__(
        self, future: Any, series: pd.DataFrame, others: pd.Index, is_array: bool
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
        index = time_labels(future, "future", ordered=False)
        refuse_duplicates(index, "future")
        index = as_comparable(index, series.index, "future", "history")
        self.future = future.set_axis(index)
        columns = future.columns
        if not columns.is_unique or len(columns.difference(others)):
            raise ValueError(
                f"future has columns {list(columns)}, but must have those of history "
                f"that are not predicted: {list(others)}."
            )
        overlap = index.intersection(series.index)
        for column in columns:
            told, true = (f.loc[overlap, column] for f in (self.future, series))
            differs = overlap[(told.notna() & told.ne(true)).fillna(False).to_numpy()]
            if len(differs):
                label = differs[0]
                warn(
                    f"future has {told[label]} in column {column!r} at {label}, but "
                    f"history has {true[label]}, which is taken: future is of the rows "
                    "after history, and not shifted."
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
                f"{list(columns)}, the first of them at {missing[0]} and the last at "
                f"{missing[-1]}."
            )
        rows = self.future[list(columns)].iloc[found].set_axis(labels)
        unknown = (rows.isna() & ~self.series[list(columns)].isna().any()).to_numpy()
        if unknown.any():
            row, column = np.argwhere(unknown)[0]
            raise ValueError(
                f"future has a missing value in column {columns[column]!r}, row "
                f"{labels[row]}, where history has none."
            )
        return rows


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

    def features(self, rows: pd.DataFrame, following: pd.DataFrame) -> Any:
        """Return the features of rows, which the first `n_ahead` of `following` follow.

        The first rows, of which not all lags are there, are left out.
        """
        first, index = self.lags.max(), rows.index
        if self.names is None:
            ends = np.arange(first, len(rows))[:, np.newaxis]
            return rows.to_numpy()[ends - self.lags, self.positions]
        columns = []
        for position in range(rows.shape[1]):
            column, name = rows.iloc[:, position], rows.columns[position]
            if self.n_ahead and name in following:
                column = pd.concat([column, following[name].iloc[: self.n_ahead]])
            columns.append(column.to_numpy())
        ends = np.arange(first, len(rows))
        table = {
            name: columns[position][ends - lag]
            for name, lag, position in zip(self.names, self.lags, self.positions)
        }
        return pd.DataFrame(table, index[first:])


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


def _check_window(lags: _Lags, index: pd.Index, step: Any) -> None:
    """Check that the series has the last window of the model, and no hole there."""
    longest = lags.lags.max()
    if longest >= len(index):
        raise ValueError(
            f"history has {len(index)} rows, but model was fitted on windows of "
            f"{longest + 1}."
        )
    label = last_before_hole(index[-1 - longest :], step)
    if label is not None:
        warn(
            f"The index of history has a hole after {label}; its rows are taken as "
            "consecutive all the same. Put in the missing rows."
        )


def _predict_next(model: Any, X: Any, targets: pd.Index, is_whole: bool) -> np.ndarray:
    """Predict what follows the last row of X, as (horizon, n_targets)."""
    with only_the_last_row_counts() if is_whole else contextlib.nullcontext():
        outputs = np.asarray(model.predict(X))[-1].reshape(-1)
    if len(outputs) % len(targets):
        raise ValueError(
            f"model has {len(outputs)} outputs, which is no whole number of steps of "
            f"the {len(targets)} targets {list(targets)}: name as target what it "
            "predicts."
        )
    if not np.isfinite(outputs).all():
        raise ValueError(
            f"model predicts {outputs[~np.isfinite(outputs)][0]}, with which the "
            "series cannot be continued. Look for missing values in the last rows of "
            "history, and for predictions that grow when they are fed back."
        )
    return outputs.reshape(-1, len(targets))


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
        self, rows: pd.DataFrame, following: pd.DataFrame, is_whole: bool
    ) -> np.ndarray:
        """Predict what follows the last row, as (horizon, n_targets).

        Of what is known ahead, `following` has the next rows.
        """
        X: Any = rows
        if self.lags is not None:
            X = self.lags.features(rows, following)
        elif self.takes_array:
            X = rows.to_numpy()
        return _predict_next(self.model, X, self.targets, is_whole)


@validate_params(
    {
        "model": [HasMethods(["fit", "predict"])],
        "steps": [Interval(Integral, 1, None, closed="left")],
        "coverage": [Interval(Real, 0, 1, closed="neither"), None],
        "errors": [pd.DataFrame, None],
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
        continued on the weekdays that occur, if hardly one of these is missing.
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
        last row. Rows of a frame are found by their labels, in any order; those of an
        array follow `history`, and its columns are in the same order. Of columns that
        are known ahead, ``ceil(steps / horizon) * horizon`` rows are needed; of others,
        those that are fed back, ``(steps - 1) // horizon * horizon``: none if `steps`
        is at most the horizon. NaN may be where it may be in `history`.
    coverage : float, default=None
        Between 0 and 1, such as 0.9: how much of what comes true shall lie inside of
        the intervals of each step, for which `errors` are needed. By default, there
        are no intervals.
    errors : DataFrame, default=None
        What :func:`backtest` returned for such a model, `target` and at least as many
        steps, on the rows of `history`. Only what was known at its end counts.

    Returns
    -------
    predictions : DataFrame or array of shape (steps, n_targets), or Series or array \
            of shape (steps,)
        The targets at the next steps: of the type of `history`, with its index
        continued. With a `coverage`, a frame of columns ``NAME``, and then
        ``NAME_lower`` and ``NAME_upper`` of each target; an array of these, of shape
        (steps, 3 * n_targets), if `history` is one.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    ValueError
        If the model is not a regressor, was fitted on other columns or predicts
        something that is not finite; if `target` is needed or names other columns; if
        the index of `history` cannot be continued; if `future` lacks columns, rows or
        values; if `errors` is of another series or target or of fewer steps, or too
        few for the `coverage`.
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
    always too low has intervals above them.

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
    1960-01-28    42.7          34.0          58.4
    1960-01-29    42.3          33.6          58.9
    1960-01-30    42.3          32.9          59.3
    """
    if (coverage is None) != (errors is None):
        raise ValueError(
            f"coverage={coverage!r}, but errors is {'not ' * (errors is None)}given: "
            "intervals need both, errors being what backtest returned."
        )
    check_is_fitted(model)
    kind = get_tags(model).estimator_type
    if kind not in ("regressor", None):
        raise ValueError(f"model={type(model).__name__} is a {kind}, not a regressor.")
    series = as_frame(history)
    columns = series.columns
    is_array = not isinstance(history, (pd.DataFrame, pd.Series))
    reading = ModelOnSeries(model, columns, target, is_array)
    targets = reading.targets
    ahead, n_ahead = reading.ahead, reading.n_ahead
    labels = labels_after(series.index, steps + n_ahead)
    if reading.lags is not None:
        _check_window(reading.lags, series.index, frequency(series.index))
    known = _Future(future, series, columns.drop(targets), is_array)
    # Of make_supervised, there are as many leads as steps in y.
    n_known = math.ceil(steps / n_ahead) * n_ahead if n_ahead else 0
    following = known.rows(ahead, labels[:n_known])
    # Without a limit all rows are needed, and there will be no more than these.
    n_rows = int(min(reading.reach + 1, len(series) + steps))

    def predict(rows: pd.DataFrame, following: pd.DataFrame) -> np.ndarray:
        return reading.predict(rows, following, is_whole=len(rows) >= n_rows)

    rows = series.tail(n_rows)
    values = predict(rows, following)
    horizon = len(values)
    n_fed_back = (steps - 1) // horizon * horizon
    if future is not None and not n_fed_back and not n_ahead:
        warn(
            f"future is not used: model predicts all {steps} steps at once, from what "
            "is known up to the end of history. What is known ahead has to be part of "
            "each row, as make_supervised(..., ahead=[...]) makes it."
        )
    if n_fed_back + n_ahead > n_known:
        following = known.rows(ahead, labels[: n_fed_back + n_ahead])
    others = known.rows(columns.drop([*targets, *ahead]), labels[:n_fed_back])
    others = others.join(following[:n_fed_back])
    while len(values) < steps:
        last = slice(len(values) - horizon, len(values))
        predicted = pd.DataFrame(values[last], labels[last], targets)
        next_rows = pd.concat([predicted, others.iloc[last]], axis=1)[columns]
        rows = pd.concat([rows, next_rows]).tail(n_rows)
        values = np.concatenate([values, predict(rows, following[last.stop :])])

    labels = labels[:steps]
    values = values[:steps]
    if coverage is not None:
        predicted = pd.DataFrame(values, labels, targets)
        both = with_intervals(predicted, series, errors, coverage)
        return both.to_numpy() if is_array else both
    if is_array:
        return values if np.ndim(history) == 2 else values[:, 0]
    if isinstance(history, pd.Series):
        return pd.Series(values[:, 0], labels, name=history.name)
    return pd.DataFrame(values, labels, targets)
