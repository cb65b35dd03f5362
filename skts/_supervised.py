"""X and y of a series, for supervised learning."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from ._columns import check_columns, choose, lag_names, passed_through, step_names
from ._past import hole_message
from ._sklearn import Interval, validate_params
from ._time import frequency, time_labels
from ._warn import warn
from ._windows import sliding_windows

__all__ = ["make_supervised"]


def _frame_like(series: Any, values: np.ndarray, columns: list, first: int) -> Any:
    """Make a frame as `series` is one, from its row `first` on."""
    if isinstance(series, pd.DataFrame):
        index = series.index[first : first + len(values)]
        return pd.DataFrame(values, index=index, columns=columns, copy=False)
    return type(series)(values, schema=columns)


def _windows(series: Any, values: np.ndarray, window: int, beside: np.ndarray) -> Any:
    """Return all windows of the series, and after them its columns `beside`."""
    windowed = np.ascontiguousarray(np.delete(values, beside, axis=1))
    X = sliding_windows(windowed, window)
    own = values[window - 1 :, beside]
    if len(beside) and not isinstance(series, pd.DataFrame):
        X = np.hstack([X, own])
    if not hasattr(series, "columns"):
        return X
    names = list(series.columns)
    if not all(isinstance(name, str) for name in names):
        names = [f"x{i}" for i in range(len(names))]
    lags = lag_names(np.delete(np.array(names, object), beside), window)
    names_beside = [names[position] for position in beside]
    if taken := sorted(set(lags) & set(names_beside)):
        raise ValueError(
            f"passthrough has the columns {taken}, as which windows name theirs: rename"
            " them in the series."
        )
    if not isinstance(series, pd.DataFrame):
        return _frame_like(series, X, [*lags, *names_beside], window - 1)
    frame = _frame_like(series, X, lags, window - 1)
    for name, column in zip(names_beside, own.T):  # which leaves the windows uncopied
        frame[name] = column
    return frame


@validate_params(
    {
        "window": [Interval(Integral, 1, None, closed="left"), None],
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "passthrough": [str, Integral, slice, "array-like", callable, None],
    },
    prefer_skip_nested_validation=True,
)
def make_supervised(
    series: Any,
    *,
    window: int | None = None,
    horizon: int = 1,
    target: Any = None,
    passthrough: Any = None,
) -> tuple[Any, Any]:
    """Turn a series into the X and y of supervised learning.

    Row t of X is known at time t; row t of y is what follows in the next `horizon`
    steps. Rows whose window or future reaches beyond the series are left out.

    Parameters
    ----------
    series : {array-like, dataframe, Series} of shape (n,) or (n, n_channels)
        Rows in time order.

    window : int, default=None
        Number of rows in a window, the newest of which is row t. By default, rows of X
        are the rows of the series, for a Pipeline that makes its own windows with
        :class:`SlidingWindowTransformer`.

    horizon : int, default=1
        Number of steps ahead that y reaches.

    target : label or list of labels, default=None
        Columns to predict: names in a frame, positions in an array. By default all.

    passthrough : str, int, slice, array-like or callable, default=None
        Columns that are not windowed, as in :class:`SlidingWindowTransformer`: of
        these, each row holds its own value after its window. It needs a `window`.

    Returns
    -------
    X : {array, dataframe} of shape (n_rows, n_channels) or \
            (n_rows, window * n_channels)
        The rows, or the windows: oldest timestep first, in columns ``births_lag2,
        births_lag1, births_lag0``, then what is passed through. A frame for a frame or
        Series, with the index of the newest row of each window, else an array. Windows
        are read-only: they share memory.

    y : {array, Series, dataframe} of shape (n_rows,) or \
            (n_rows, horizon * n_targets)
        One dimension for one step of one target; else all targets of the first step,
        then those of the second, in columns ``births_step1, births_step2``. Its index
        is that of X.

    See Also
    --------
    SlidingWindowTransformer : Windows that keep the number of rows, for a Pipeline.

    Notes
    -----
    The y of the last `horizon` - 1 training rows of a split reaches into the test rows
    that follow. ``TimeSeriesSplit(gap=horizon - 1)`` leaves those rows out, and
    ``SlidingWindowTransformer(history=X)`` keeps them known as past.

    A missing value in `series` comes out in y as well, which no regressor accepts: keep
    the rows of which ``y.notna()`` holds, and give the whole series as `history` of the
    transformer, which looks up the window of each.

    Examples
    --------
    >>> from skts import make_supervised
    >>> X, y = make_supervised([1, 2, 3, 4, 5], window=3)
    >>> X
    array([[1, 2, 3],
           [2, 3, 4]])
    >>> y
    array([4, 5])
    """
    if isinstance(series, pd.Series):
        series = series.to_frame("x0" if series.name is None else series.name)
    is_frame = hasattr(series, "columns")
    if not is_frame:
        series = np.asarray(series)
        series = series.reshape(-1, 1) if series.ndim == 1 else series
    check_columns(series, "series")
    values = check_array(
        series,
        order="C",
        copy=True,
        ensure_all_finite="allow-nan",
        input_name="series",
    )
    labels = time_labels(series, "series")
    n_lags = window or 1
    n_rows = len(values) - n_lags - horizon + 1
    if n_rows < 1:
        raise ValueError(
            f"The series has {len(values)} rows, but window={window} and "
            f"horizon={horizon} need at least {n_lags + horizon}."
        )
    columns = list(series.columns) if is_frame else list(range(values.shape[1]))
    targets = choose(target, columns, "the series")
    if labels is not None:
        if message := hole_message(labels, frequency(labels), "series"):
            warn(message)

    future = values[n_lags:, [columns.index(name) for name in targets]]
    y = sliding_windows(np.ascontiguousarray(future), horizon).copy()
    if window is not None:
        beside = passed_through(series, passthrough, values.shape[1])
        known = values[: n_rows + window - 1]
        X = _windows(series, known, window, beside)
    elif passthrough is not None:
        raise ValueError(
            f"passthrough={passthrough!r} says what stands beside windows, but window "
            "is None: give a window, or passthrough to the SlidingWindowTransformer."
        )
    else:
        X = series.head(n_rows) if is_frame else values[:n_rows]
    if not is_frame:
        return X, y.ravel() if y.shape[1] == 1 else y

    names = targets if y.shape[1] == 1 else step_names(targets, horizon)
    y = _frame_like(series, y, names, n_lags - 1)
    return X, y[targets[0]] if len(names) == 1 else y
