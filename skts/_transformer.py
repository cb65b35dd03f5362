"""Rows of a series become windows, and find the rows that came before them."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, NamedTuple
from warnings import warn

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from ._columns import lag_names
from ._sklearn import (
    Interval,
    StrOptions,
    check_feature_names_in,
    fit_context,
    get_output_config,
)
from ._time import frequency, kind, labels_before, last_before_hole, time_labels
from ._windows import FLOATS, sliding_windows

__all__ = ["SlidingWindowTransformer"]


class _Past(NamedTuple):
    """Rows that may come before X, and their place in time if they have one."""

    source: str  # "auto", "fit", "frame" or "array"
    rows: np.ndarray
    labels: Any = None  # their index
    start: Any = None  # the first label of the series that the rows are part of
    step: Any = None  # the frequency of that series, None if irregular


def _past_of_training(
    source: str, rows: np.ndarray, index: pd.Index | None, count: int
) -> _Past | None:
    """Keep the last `count` training rows, if anything can follow them."""
    kept = rows[len(rows) - count :].copy()
    if index is not None:
        labels = index[len(index) - count :]
        return _Past(source, kept, labels, index[0], frequency(index))
    return _Past(source, kept) if source == "fit" else None


def _past_given(history: Any, X: Any, n_channels: int) -> _Past:
    """Check a history that is a frame or an array."""
    if hasattr(X, "columns") and hasattr(history, "columns"):
        missing = [name for name in X.columns if name not in history.columns]
        if missing:
            raise ValueError(f"history lacks the columns {missing} of X.")
        history = history[list(X.columns)]
    if np.ndim(history) != 2 or np.shape(history)[1] != n_channels:
        raise ValueError(
            f"history must have the {n_channels} columns of X, but its shape is "
            f"{np.shape(history)}."
        )
    rows = check_array(history, input_name="history", **FLOATS)
    index = time_labels(history, "history")
    if index is None:
        return _Past("array", rows)
    return _Past("frame", rows, index, index[0], frequency(index))


def _comparable(index: pd.Index | None, past: _Past | None) -> Any:
    """Return the index in the past's time zone, None if they cannot be compared."""
    if index is None or past is None or past.labels is None:
        return None
    if kind(index) != kind(past.labels):
        return None
    zone = getattr(past.labels, "tz", None)
    return index if zone is None else index.tz_convert(zone)


def _positions_before(stop: int, count: int) -> np.ndarray:
    """Return the `count` positions before `stop`, -1 for those that do not exist."""
    return np.maximum(np.arange(stop - count, stop), -1)


def _find_before(
    index: pd.Index | None, past: _Past | None, count: int
) -> tuple[np.ndarray, bool]:
    """Find the `count` rows before X, whose labels are `index`, in the past.

    Returns their positions in the past, -1 for the unknown, and whether rows are
    unknown that the series must have had.
    """
    unknown = np.full(count, -1)
    if past is None:
        return unknown, False
    labels = _comparable(index, past)
    if past.source in ("fit", "array"):
        is_time = isinstance(labels, (pd.DatetimeIndex, pd.PeriodIndex))
        if is_time and labels[0] <= past.labels[-1]:
            raise ValueError(
                "history='fit' says that X follows the training rows, but X begins at "
                f"{labels[0]} and they end at {past.labels[-1]}: use history='auto', "
                "which goes by these labels."
            )
        return _positions_before(len(past.rows), count), False
    if labels is None and past.source == "frame":
        raise ValueError(
            "history is a frame, in which the rows before X are looked up by label, "
            f"but X has {'no labels' if index is None else type(index).__name__} and "
            f"history {type(past.labels).__name__}: give X labels of the same kind, or "
            "history as an array of the rows just before X."
        )
    if labels is None:
        return unknown, False

    first = labels[0]
    stop = past.labels.searchsorted(first)
    if past.step is None:
        found = _positions_before(stop, count)
        has_older = past.start < min(first, past.labels[0])
        return found, bool(has_older and (found < 0).any())
    needed = labels_before(labels, past.step, count)
    if needed is None:
        return unknown, bool(first > past.start)
    begin = max(stop - count, 0)
    found = past.labels[begin:stop].get_indexer(needed)
    missing = needed[found < 0]
    found[found >= 0] += begin
    return found, bool(len(missing) and missing[-1] >= past.start)


def hole_message(index: pd.Index | None, past: _Past | None, name: str) -> str:
    """Say where the index leaves out labels, if it does."""
    if index is None:
        return ""
    labels = _comparable(index, past)
    if labels is None or past is None:
        label = last_before_hole(index, frequency(index))
    else:
        label = last_before_hole(labels, past.step)
    if label is None:
        return ""
    return (
        f"The index of {name} has a hole after {label}, and windows take its rows as "
        "consecutive all the same (history only brings rows before the first one): "
        f"reindex {name} so that missing rows are there as NaN."
    )


def _join(
    past: _Past | None, found: np.ndarray, rows: np.ndarray, padding: Any
) -> np.ndarray:
    """Put the rows found in the past before the rows of X, with padding for the rest.

    Padding by "edge" repeats the last row known before, else the first known row.
    """
    count = len(found)
    padded = np.empty((count + len(rows), rows.shape[1]), rows.dtype)
    padded[count:] = rows
    known = found >= 0
    if past is not None:
        padded[:count][known] = past.rows[found[known]]
    if padding == "edge":
        last_known = np.maximum.accumulate(np.where(known, np.arange(count), -1))
        first_known = known.argmax() if known.any() else count
        padded[:count] = padded[np.where(last_known < 0, first_known, last_known)]
    else:
        padded[:count][~known] = np.nan if padding == "nan" else padding
    padded.flags.writeable = False
    return padded


def _target_message(rows: np.ndarray, y: Any) -> str:
    """Say that the target is not in the future, if it is a channel of its own row.

    A channel that does not change equals its own future, and says nothing.
    """
    target = np.asarray(y)
    if target.dtype.kind not in "biuf" or target.shape[:1] != rows.shape[:1]:
        return ""
    first_step = target.reshape(len(target), -1)[:, :1].astype(rows.dtype)
    is_target = (rows == first_step).all(axis=0) & (rows != rows[0]).any(axis=0)
    if not is_target.any():
        return ""
    return (
        f"y equals column {is_target.argmax()} of X, row by row: the target is already "
        "in the window, and a model would learn to repeat it. For a y that holds what "
        "follows each row, use X, y = make_supervised(series)."
    )


class SlidingWindowTransformer(TransformerMixin, BaseEstimator):
    """Replace each row of a series by the window of rows that ends there.

    The number of rows stays the same, so the transformer fits into any scikit-learn
    Pipeline, and into cross-validation in time order, next to an unchanged `y`. Rows
    of X are taken as consecutive. What comes before its first row is looked up by
    time label among the last rows seen in :meth:`fit`: after a split, a test fold
    knows its past, and in production one new row is enough to predict.

    Parameters
    ----------
    window : int, default=3
        Number of rows in a window, its own row included.

    padding : {"edge", "nan"} or float, default="edge"
        What stands in for rows before X that are unknown.

        - "edge" repeats the row before them if the window reaches one that is known,
          else the first known row. It suits every regressor, but it invents data.
        - "nan" leaves them missing. The networks of skts, and regressors that accept
          missing values, know what to do with them. Prefer it for tuning `window`.
        - a number stands for itself.

    history : {"auto", "fit"}, array-like or None, default="auto"
        Where the rows before the first row of X come from.

        - "auto" goes by the index of a pandas frame, counting back from its first
          label in steps of the training index' frequency. Rows that :meth:`fit` did
          not keep are unknown. An irregular index is taken by order: X follows the
          training rows that are older than its first label. Data without labels
          (arrays, polars frames) is a series of its own.
        - "fit" states that X, in :meth:`transform`, always follows the training rows.
        - a pandas frame is the whole series, looked up by label as in "auto". Windows
          only look back, so that it may well reach beyond the training rows: this is
          how a test fold after a `gap` gets its true past.
        - an array holds the rows just before X.
        - None: the rows before X are unknown.

    flatten : bool, default=True
        Whether a window is one row of ``window * n_channels`` columns, the oldest
        timestep first and the channels of a timestep together. If False, the output
        has three dimensions.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels, that is columns, seen in :meth:`fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the channels. Only defined if X has string column names.

    See Also
    --------
    make_supervised : X and y of a series, with windows or ready for this transformer.

    Notes
    -----
    Windows overlap in memory: the output is a read-only view of one array of
    ``n_rows + window - 1`` rows, which is its ``base``. A window of 500 over ten
    million rows thus takes no more memory than the series. Copy it to write to it.

    Arrays have no labels, so that nothing tells if their rows were shuffled or drawn
    at random: windows are then silently wrong. BaggingRegressor, AdaBoostRegressor and
    other ensembles that resample make an array even of a frame. Put them behind the
    windows: ``make_pipeline(SlidingWindowTransformer(), BaggingRegressor(...))``.

    A network behind it has to know of several channels: it reads them from the names
    of columns, which ``set_output(transform="pandas")`` keeps, or from its
    `n_channels`.

    A `window` or `history` that is set after :meth:`fit` takes effect at the next one.

    ``fit_transform(X)`` equals ``fit(X).transform(X)``, except for ``history="fit"``:
    the training rows do not follow themselves.

    A warning that names `history` is given if a frame begins after the training rows
    do and not all rows are known that come between, and if its index leaves out
    labels.

    References
    ----------
    .. [1] T. G. Dietterich, "Machine Learning for Sequential Data: A Review",
       Structural, Syntactic, and Statistical Pattern Recognition, 2002, pp. 15-30.

    Examples
    --------
    >>> import pandas as pd
    >>> from skts import SlidingWindowTransformer
    >>> days = pd.date_range("1959-01-01", periods=5)
    >>> births = pd.DataFrame({"births": [35, 32, 30, 31, 44]}, index=days)
    >>> windows = SlidingWindowTransformer(padding="nan").set_output(transform="pandas")
    >>> windows.fit_transform(births.head(4))
                births_lag2  births_lag1  births_lag0
    1959-01-01          NaN          NaN         35.0
    1959-01-02          NaN         35.0         32.0
    1959-01-03         35.0         32.0         30.0
    1959-01-04         32.0         30.0         31.0

    One new row finds its past:

    >>> windows.transform(births.tail(1))
                births_lag2  births_lag1  births_lag0
    1959-01-05         30.0         31.0         44.0
    """

    _parameter_constraints: dict = {
        "window": [Interval(Integral, 1, None, closed="left")],
        "padding": [
            StrOptions({"edge", "nan"}),
            Interval(Real, None, None, closed="neither"),
            "nan",
        ],
        "history": [StrOptions({"auto", "fit"}), "array-like", None],
        "flatten": ["boolean"],
    }

    def __init__(
        self,
        window: int = 3,
        *,
        padding: str | float = "edge",
        history: Any = "auto",
        flatten: bool = True,
    ) -> None:
        self.window = window
        self.padding = padding
        self.history = history
        self.flatten = flatten

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> SlidingWindowTransformer:
        """Keep the last rows of a series, which are the past of what follows.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_rows, n_channels)
            Rows in time order, at least `window` of them. NaN is allowed.

        y : array-like of shape (n_rows,) or (n_rows, n_outputs), default=None
            Only looked at to warn if it is not in the future: if it equals a channel
            of X.

        Returns
        -------
        self : SlidingWindowTransformer
            The fitted transformer.
        """
        rows, index, past = self._read(X)
        if self.window > 1 and (message := hole_message(index, past, "X")):
            warn(message, stacklevel=3)
        if y is not None and (message := _target_message(rows, y)):
            warn(message, stacklevel=3)
        self._keep(X, past)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Fit to a series and return its windows.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_rows, n_channels)
            Rows in time order, at least `window` of them. NaN is allowed.

        y : array-like of shape (n_rows,) or (n_rows, n_outputs), default=None
            As in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_rows, window * n_channels) or \
                (n_rows, window, n_channels)
            Row t is the window that ends at row t. Read-only; float32 or float64.
        """
        rows, index, past = self._read(X)
        follows_itself = past is not None and past.source == "fit"
        past_of_rows = None if follows_itself else past
        windows, message = self._windows(rows, index, past_of_rows, self.window)
        if message:
            warn(message, stacklevel=4)
        if y is not None and (message := _target_message(rows, y)):
            warn(message, stacklevel=4)
        self._keep(X, past)
        return windows

    def transform(self, X: Any) -> np.ndarray:
        """Return the windows that end at the rows of X.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_rows, n_channels)
            Rows in time order, one or more. NaN is allowed.

        Returns
        -------
        ndarray of shape (n_rows, window * n_channels) or \
                (n_rows, window, n_channels)
            Row t is the window that ends at row t. Read-only; float32 or float64.
        """
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, **FLOATS)
        index = time_labels(X, "X")
        windows, message = self._windows(rows, index, self._past, self._window)
        if message:
            warn(message, stacklevel=3)
        return windows

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the columns of the output.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the channels: by default those seen in :meth:`fit`, else x0, x1,
            and so on.

        Returns
        -------
        ndarray of str
            For channels a and b and ``window=2``: a_lag1, b_lag1, a_lag0, b_lag0.
        """
        check_is_fitted(self)
        if not self.flatten:
            raise ValueError("flatten=False returns a 3-D array, without columns.")
        names = check_feature_names_in(self, input_features)
        return np.asarray(lag_names(names, self._window), dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _read(self, X: Any) -> tuple[np.ndarray, pd.Index | None, _Past | None]:
        """Check the training rows; return them, their labels and the past to keep."""
        rows = check_array(X, estimator=self, input_name="X", **FLOATS)
        index = time_labels(X, "X")
        if self.window > len(rows):
            raise ValueError(
                f"window={self.window} is longer than the series (n_samples = "
                f"{len(rows)}): fit on more rows or choose a shorter window."
            )
        past: _Past | None
        if self.history is None or self.window == 1:
            past = None
        elif isinstance(self.history, str):
            past = _past_of_training(self.history, rows, index, self.window - 1)
        else:
            past = _past_given(self.history, X, rows.shape[1])
        return rows, index, past

    def _keep(self, X: Any, past: _Past | None) -> None:
        """Set what `fit` learns, after all checks: a failed call changes nothing."""
        validate_data(self, X, skip_check_array=True)
        self._window, self._past = self.window, past

    def _windows(
        self, rows: np.ndarray, index: Any, past: _Past | None, window: int
    ) -> tuple[np.ndarray, str]:
        """Put the rows before X in front of it.

        Returns a view of all windows, and what is to warn of.
        """
        output = get_output_config("transform", self)["dense"]
        if not self.flatten and output != "default":
            raise ValueError(
                f"flatten=False returns a 3-D array, which {output} cannot hold: use "
                "flatten=True or set_output(transform='default')."
            )
        count = window - 1
        found, is_cut = _find_before(index, past, count)
        message = hole_message(index, past, "X") if count else ""
        if is_cut:
            message += (
                f" Of the {count} rows before {index[0]}, where X begins, "
                f"{(found < 0).sum()} are unknown: padding={self.padding!r} stands in "
                "for them. Give the series up to there as history, or fit with "
                "history=None if X is a series of its own."
            )
        windows = sliding_windows(_join(past, found, rows, self.padding), window)
        if not self.flatten:
            windows = windows.reshape(len(rows), window, -1)
        return windows, message.strip()
