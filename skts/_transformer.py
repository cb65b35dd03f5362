"""Rows of a series become windows, and find the rows that came before them."""

from __future__ import annotations

import copy
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from ._columns import check_columns, equal, lag_names, passed_through, read_leads
from ._panel import Panel, panel_of
from ._past import (
    NAMES,
    Past,
    hole_message,
    looks_up,
    past_given,
    past_of_plain,
    past_of_training,
    plain_past,
    series_with_past,
)
from ._sklearn import (
    CallbackSupportMixin,
    DocLinkMixin,
    Interval,
    StrOptions,
    check_feature_names_in,
    fit_context,
    get_output_config,
    string_names,
)
from ._tasks import FitTask
from ._time import as_comparable, frequency, refuse_duplicates, time_labels
from ._warn import warn, warn_of_the_past
from ._windows import FLOATS, Windows

__all__ = ["SlidingWindowTransformer"]


def _windowed(rows: np.ndarray, beside: np.ndarray) -> np.ndarray:
    return np.delete(rows, beside, axis=1) if len(beside) else rows


def _hole_message(labels: pd.Index | None, past: Past | None) -> str:
    """Say where the labels of X leave some out, if they do."""
    if labels is None:
        return ""
    if past is None or past.labels is None:
        return hole_message(labels, frequency(labels), "X")
    labels = as_comparable(labels, past.labels, *NAMES)
    return hole_message(labels, past.step, "X")


def _target_message(rows: np.ndarray, y: Any, window: int, beside: np.ndarray) -> str:
    """Say that the target is not in the future, if it is in the window of its row.

    A channel that repeats itself equals its own future, and says nothing.
    """
    target = np.asarray(y)
    if target.dtype.kind not in "biuf" or target.shape[:1] != rows.shape[:1]:
        return ""
    first_step = target.reshape(len(target), -1)[:, 0].astype(rows.dtype, copy=False)
    for lag in range(min(window, len(rows) - 1)):
        earlier, later = rows[: len(rows) - lag], first_step[lag:]
        for column in np.flatnonzero(equal(earlier[:16].T, later[:16]).all(axis=1)):
            if lag and column in beside:
                continue
            channel = earlier[:, column]
            is_future = equal(rows[1:, column], first_step[:-1]).all()
            is_future |= equal(channel, channel[0]).all()  # as far as one can see
            if equal(channel, later).all() and not is_future:
                where = f" {lag} rows before" if lag else ", row by row"
                return (
                    f"y equals column {column} of X{where}: the target is already in "
                    "the window, and a model would learn to repeat it. For a y that "
                    "holds what follows each row, use X, y = make_supervised(series)."
                )
    return ""


class SlidingWindowTransformer(
    CallbackSupportMixin, DocLinkMixin, TransformerMixin, BaseEstimator
):
    """Replace each row of a series by the window of rows that ends there.

    The number of rows stays the same, so the transformer fits into any scikit-learn
    Pipeline, and into cross-validation in time order, next to an unchanged `y`. Rows
    of X are taken as consecutive, unless `history` has the whole series. What comes
    before the first row is looked up by time label among the last rows seen in
    :meth:`fit`: after a split, a test fold knows its past, and in production one new
    row is enough to predict.

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
        - a pandas frame, or a Series if it is one column, is the whole series, in
          which every row is looked up by its label: rows of X may be missing, shuffled
          or repeated, or follow its end, and each has the window that it has in the
          series. Windows only look back, so that the series may well reach beyond the
          training rows: this is how a test fold after a `gap`, a bootstrap, or the
          rows of which a target is known get their true past. It needs the columns
          that are windowed, and is not copied by :func:`sklearn.base.clone`.
        - an array holds the rows just before X.
        - None: the rows before X are unknown.

    passthrough : str, int, slice, array-like or callable, default=None
        Columns that are not windowed: of these, each row keeps its own value beside
        its window. Names, positions, a mask, or a function of X that returns one of
        them, as in :class:`sklearn.compose.ColumnTransformer`. It suits what says
        nothing by its past, such as an id or a calendar. Columns that are named as
        leads, as :func:`make_supervised` does with ``ahead``, are never windowed.

    flatten : bool, default=True
        Whether a window is one row of ``window * n_channels`` columns, the oldest
        timestep first and the channels of a timestep together. If False, the output
        is an array of three dimensions.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen in :meth:`fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns. Only defined if X has string column names.

    See Also
    --------
    make_supervised : X and y of a series, with windows or ready for this transformer.

    Notes
    -----
    The output is a table that holds each value of the series once, and what tells
    where the window of each row ends: a window of 500 over ten million rows takes no
    more memory than the series. It can be indexed, printed and computed with, and
    scikit-learn takes it as the table that it stands for. ``np.asarray(windows)`` makes
    that table, read-only, without a copy where nothing stands beside and rows follow
    each other. Rows selected from it are windows again, as in a search or a stack, so
    that a network knows of channels and of what stands beside; columns, and what a
    scaler makes of it, are plain arrays. Under ``set_output(transform="pandas")`` it is
    a frame, whose names tell the same.

    Many series are one frame, in whose index the last level is the time and those
    before it tell the series. No window reaches across them, rows keep the order that
    they have, the past is that of each series, and a series that was not seen in
    :meth:`fit` begins without one. The index tells series apart, not a column: a frame
    of many series with one counting index is read as one.

    Arrays have no labels, so that nothing tells if their rows were shuffled or drawn
    at random: windows are then silently wrong. BaggingRegressor, AdaBoostRegressor and
    other ensembles that resample make an array even of a frame. Put them behind the
    windows: ``make_pipeline(SlidingWindowTransformer(), BaggingRegressor(...))``.

    A parameter that is set after :meth:`fit` takes effect at the next one, but for
    `padding` and `flatten`.

    ``fit_transform(X)`` equals ``fit(X).transform(X)``, except for ``history="fit"``:
    the training rows do not follow themselves.

    A warning that names `history` is given if a frame begins after the training rows
    do and not all rows are known that come between, and if its index leaves out labels.
    Labels that cannot be compared with those of the training rows, or rows of X with
    other values than the same rows of `history`, are an error.

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
        "passthrough": [str, Integral, slice, "array-like", callable, None],
        "flatten": ["boolean"],
    }

    def __init__(
        self,
        window: int = 3,
        *,
        padding: str | float = "edge",
        history: Any = "auto",
        passthrough: Any = None,
        flatten: bool = True,
    ) -> None:
        self.window = window
        self.padding = padding
        self.history = history
        self.passthrough = passthrough
        self.flatten = flatten

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        if "_past" not in state:
            return state
        return state | {"_past": plain_past(self._past)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "_past" in state:
            state = state | {"_past": past_of_plain(state["_past"])}
        super().__setstate__(state)

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Keep the last rows of a series, which are the past of what follows.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_rows, n_columns)
            Rows in time order, at least `window` of them; in any order, and any
            number, if `history` is a frame. NaN is allowed.

        y : array-like of shape (n_rows,) or (n_rows, n_outputs), default=None
            Only looked at to warn if it is not in the future: if it equals a column of
            X, in the same row or inside the window.

        Returns
        -------
        self : SlidingWindowTransformer
            The fitted transformer.
        """
        self._learn(X, y)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Fit to a series and return its windows.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_rows, n_columns)
            Rows, as in :meth:`fit`.

        y : array-like of shape (n_rows,) or (n_rows, n_outputs), default=None
            As in :meth:`fit`.

        Returns
        -------
        Windows of shape (n_rows, window * n_channels + n_beside)
            As from :meth:`transform`.
        """
        self._check_output()
        return self._output(self._learn(X, y))

    def transform(self, X: Any) -> Any:
        """Return the windows that end at the rows of X.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_rows, n_columns)
            Rows in time order, one or more; in any order if `history` is a frame. NaN
            is allowed.

        Returns
        -------
        Windows of shape (n_rows, window * n_channels + n_beside)
            Row t is the window that ends at row t, and what stands beside it: a
            read-only table that holds each value once, float32 or float64.
            ``np.asarray`` makes an array of it, a view where nothing stands beside and
            rows follow each other; so does ``flatten=False``, of shape (n_rows,
            window, n_channels).
        """
        check_is_fitted(self)
        self._check_output()
        check_columns(X, "X")
        rows = validate_data(self, X, reset=False, **FLOATS)
        windowed = _windowed(rows, self._beside)
        own = rows[:, self._beside] if len(self._beside) else None
        return self._output(self._windows(windowed, own, X, self._past, self._window))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the columns of the output.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X: by default those seen in :meth:`fit`, else x0,
            x1, and so on.

        Returns
        -------
        ndarray of str
            For channels a and b and ``window=2``: a_lag1, b_lag1, a_lag0, b_lag0. Then
            the names of leads, step by step, and of what is passed through.
        """
        check_is_fitted(self)
        if not self.flatten:
            raise ValueError("flatten=False returns a 3-D array, without columns.")
        names = check_feature_names_in(self, input_features)
        lags = lag_names(np.delete(names, self._beside), self._window)
        return np.asarray([*lags, *names[self._beside]], dtype=object)

    def __sklearn_clone__(self) -> Self:
        # A history is the series as the user has it, and not copied for each fold.
        without = copy.copy(self)
        without.history = None
        cloned = super(SlidingWindowTransformer, without).__sklearn_clone__()
        cloned.history = self.history
        return cloned

    def _learn(self, X: Any, y: Any) -> Windows:
        """Fit to a series and return its windows; a failed call changes nothing."""
        check_columns(X, "X")
        rows = check_array(X, estimator=self, input_name="X", **FLOATS)
        beside, ahead, n_leads = self._find_beside(X, rows)
        windowed = _windowed(rows, beside)
        panel = panel_of(X, "X", distinct=False)
        past = self._learn_past(X, windowed, beside, panel)
        task = FitTask(self, X, y)
        task.begin()
        n_rows = len(rows)
        if panel is not None:
            n_rows = int(np.diff(panel.starts).max())
        elif isinstance(past, Past) and past.looks_up:
            n_rows = past.n_rows_with(time_labels(X, "X", ordered=False))
        if self.window > n_rows and not (isinstance(past, dict) and looks_up(past)):
            raise ValueError(
                f"window={self.window} is longer than the series (n_samples = "
                f"{n_rows}): fit on more rows or choose a shorter window."
            )
        before = None if self._is("fit") else past
        own = rows[:, beside] if len(beside) else None
        windows = self._windows(windowed, own, X, before, self.window)
        if y is not None and (message := _target_message(rows, y, self.window, beside)):
            warn(message)
        validate_data(self, X, skip_check_array=True)
        self._window, self._beside, self._past = self.window, beside, past
        self._ahead, self._n_leads = ahead, n_leads
        task.end()
        return windows

    def _is(self, history: str) -> bool:
        return isinstance(self.history, str) and self.history == history

    def _learn_past(
        self, X: Any, windowed: np.ndarray, beside: np.ndarray, panel: Panel | None
    ) -> Past | dict[Any, Past] | None:
        """Return what may come before rows, of each series if there are many."""
        if self.history is None:
            return None
        if isinstance(self.history, str):
            return past_of_training(self.history, windowed, X, panel, self.window)
        names = list(np.delete(X.columns, beside)) if hasattr(X, "columns") else None
        past = past_given(self.history, names, windowed.shape[1])
        if isinstance(past, dict) != (panel is not None):
            with_series, without = (
                ("history", "X") if panel is None else ("X", "history")
            )
            raise ValueError(
                f"The index of {with_series} tells series apart, and that of {without} "
                "does not: rows are looked up by series and label, or by label alone."
            )
        return past

    def _find_beside(self, X: Any, rows: np.ndarray) -> tuple[np.ndarray, list, int]:
        """Return the positions of the columns that are not windowed: leads come first.

        Then the columns that are known ahead, and the number of leads.
        """
        names = string_names(X)
        ahead, leads = read_leads([] if names is None else names)
        own = passed_through(X, self.passthrough, rows.shape[1])
        beside = np.concatenate([leads, np.setdiff1d(own, leads)])
        if len(beside) == rows.shape[1]:
            raise ValueError(
                f"All columns of X are leads of {ahead} or named by passthrough="
                f"{self.passthrough!r}: leave at least one to make windows of."
            )
        if len(beside) and not self.flatten:
            raise ValueError(
                "flatten=False returns a 3-D array, in which nothing can stand beside "
                f"the windows, neither passthrough={self.passthrough!r} nor leads of "
                f"{ahead}: use flatten=True."
            )
        return beside, ahead, len(leads)

    def _windows(
        self,
        windowed: np.ndarray,
        beside: np.ndarray | None,
        X: Any,
        past: Past | dict[Any, Past] | None,
        window: int,
    ) -> Windows:
        """Make windows of rows and of those before them; warn of what is missing."""
        panel = panel_of(X, "X", distinct=not looks_up(past))
        ends: range | np.ndarray
        if panel is not None:
            values, ends, message = self._of_panel(windowed, panel, past, window)
        else:
            past = None if isinstance(past, dict) else past  # that of a series unseen
            labels = time_labels(X, "X", ordered=not looks_up(past))
            values, ends, message = self._of_series(windowed, labels, past, window)
        if message:
            warn_of_the_past(message)
        values.flags.writeable = False
        series = None if panel is None else panel.codes
        return Windows(values, ends, window, beside=beside, series=series)

    def _of_series(
        self,
        windowed: np.ndarray,
        labels: pd.Index | None,
        past: Past | None,
        window: int,
    ) -> tuple[np.ndarray, range | np.ndarray, str]:
        """Return values and where windows end in them; and what is to be warned of."""
        values, ends, message = series_with_past(
            windowed, labels, past, window, self.padding
        )
        if window > 1 and (past is None or not past.looks_up):
            message = f"{_hole_message(labels, past)} {message}".strip()
        return values, ends, message

    def _of_panel(
        self,
        windowed: np.ndarray,
        panel: Panel,
        past: Past | dict[Any, Past] | None,
        window: int,
    ) -> tuple[np.ndarray, np.ndarray, str]:
        """Return the same of many series: their values one after the other."""
        if isinstance(past, Past) and past.source != "auto":
            raise ValueError(
                f"The index of X tells series apart, but the rows that history="
                f"{past.source!r} has before them are of one: fit on rows of series."
            )
        pasts = past if isinstance(past, dict) else {}
        parts, messages, offset = [], {}, 0
        most = len(windowed) + len(panel.keys) * 2 * window
        ends = np.empty(len(windowed), np.int32 if most < 2**31 else np.int64)
        for key, rows, labels in panel:
            own = pasts.get(key)
            if own is None and pasts:
                refuse_duplicates(labels, f"X, in the series {key!r},")
            values, at, message = self._of_series(windowed[rows], labels, own, window)
            parts.append(values)
            ends[rows] = offset + np.asarray(at)
            offset += len(values)
            if message:
                messages[key] = message
        if not messages:
            return np.concatenate(parts), ends, ""
        key, message = next(iter(messages.items()))
        counted = f"{len(messages)} of {len(panel.keys)} series, such as {key!r}"
        return np.concatenate(parts), ends, f"In {counted}: {message}"

    def _check_output(self) -> None:
        container = get_output_config("transform", self)["dense"]
        if not self.flatten and container != "default":
            raise ValueError(
                f"flatten=False returns a 3-D array, which {container} cannot hold: use"
                " flatten=True or set_output(transform='default')."
            )

    def _output(self, windows: Windows) -> Any:
        """Return windows in the form that is asked for."""
        if not self.flatten:
            return windows.gather()
        if hasattr(self, "feature_names_in_"):
            windows = replace(
                windows,
                channels=np.delete(self.feature_names_in_, self._beside).tolist(),
                ahead=self._ahead,
                n_leads=self._n_leads,
            )
        is_default = get_output_config("transform", self)["dense"] == "default"
        return windows if is_default else np.asarray(windows)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
