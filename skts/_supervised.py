"""X and y of a series, for supervised learning."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from ._columns import (
    check_columns,
    lag_names,
    lead_names,
    passed_through,
    step_names,
    targets_and_ahead,
)
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


def _join(series: Any, first: int, parts: list[tuple[np.ndarray, list]]) -> Any:
    """Put tables with names side by side, in a frame as `series` is one.

    In one of pandas, none of them is copied.
    """
    parts = [(values, names) for values, names in parts if names]
    if not isinstance(series, pd.DataFrame):
        values = np.hstack([values for values, _ in parts])
        return _frame_like(series, values, sum((n for _, n in parts), []), first)
    return _side_by_side([_frame_like(series, *part, first) for part in parts])


def _side_by_side(frames: list[pd.DataFrame]) -> pd.DataFrame:
    # Before version 3, pandas copies unless it is told not to, and then warns if it is.
    options: Any = {} if pd.__version__ >= "3" else {"copy": False}
    return pd.concat(frames, axis=1, **options)


def _windows(
    series: Any,
    values: np.ndarray,
    window: int,
    beside: np.ndarray,
    leads: tuple[np.ndarray, list],
) -> Any:
    """Return all windows of the series, and after them leads and columns `beside`."""
    windowed = np.ascontiguousarray(np.delete(values, beside, axis=1))
    X = sliding_windows(windowed, window)
    own = values[window - 1 :, beside]
    if not hasattr(series, "columns"):
        return np.hstack([X, own]) if len(beside) else X
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
    parts = [(X, lags), leads, (own, names_beside)]
    return _join(series, window - 1, parts)


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
    ahead: Any = None,
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
        Columns to predict: names in a frame, positions in an array. By default all
        that are not known ahead.

    passthrough : str, int, slice, array-like or callable, default=None
        Columns that are not windowed, as in :class:`SlidingWindowTransformer`: of
        these, each row holds its own value after its window. It needs a `window`.

    ahead : str or list of str, default=None
        Columns of a frame that are known for the steps to come, such as a calendar, a
        weather forecast or planned prices. Beside what it has at its own time, each row
        holds their values 1 to `horizon` rows on, in columns ``wind_lead1, load_lead1,
        wind_lead2, load_lead2``. A column that says nothing by its past, such as a
        calendar, is kept out of windows by `passthrough`.

    Returns
    -------
    X : {array, dataframe} of shape (n_rows, n_columns)
        The rows, or the windows: oldest timestep first, in columns ``births_lag2,
        births_lag1, births_lag0``. Then what is known ahead, and what is passed
        through. A frame for a frame or Series, with the index of the newest row of each
        window, else an array. Windows are read-only: they share memory, and so do
        leads.

    y : {array, Series, dataframe} of shape (n_rows,) or \
            (n_rows, horizon * n_targets)
        One dimension for one step of one target; else all targets of the first step,
        then those of the second, in columns ``births_step1, births_step2``. Its index
        is that of X.

    See Also
    --------
    SlidingWindowTransformer : Windows that keep the number of rows, for a Pipeline.
    forecast : Predictions beyond the series, from what is known ahead.

    Notes
    -----
    Leads are what came true: of a weather forecast, the series should hold the
    forecast. Errors that were measured with the weather itself are those of perfect
    foresight.

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
    targets, known = targets_and_ahead(target, ahead, columns, "the series")
    if labels is not None:
        if message := hole_message(labels, frequency(labels), "series"):
            warn(message)

    future = values[n_lags:, [columns.index(name) for name in targets]]
    y = sliding_windows(np.ascontiguousarray(future), horizon).copy()
    leads: Any = None, []
    if known:
        following = values[n_lags:, [columns.index(name) for name in known]]
        ahead_of_rows = sliding_windows(np.ascontiguousarray(following), horizon)
        leads = ahead_of_rows, lead_names(known, horizon)
    if window is not None:
        beside = passed_through(series, passthrough, values.shape[1])
        rows = values[: n_rows + window - 1]
        X = _windows(series, rows, window, beside, leads)
    elif passthrough is not None:
        raise ValueError(
            f"passthrough={passthrough!r} says what stands beside windows, but window "
            "is None: give a window, or passthrough to the SlidingWindowTransformer."
        )
    elif isinstance(series, pd.DataFrame) and known:
        X = _side_by_side(
            [series.head(n_rows), _frame_like(series, leads[0], leads[1], 0)]
        )
    elif known:
        X = _join(series, 0, [(values[:n_rows], columns), leads])
    else:
        X = series.head(n_rows) if is_frame else values[:n_rows]
    if not is_frame:
        return X, y.ravel() if y.shape[1] == 1 else y

    names = targets if y.shape[1] == 1 else step_names(targets, horizon)
    y = _frame_like(series, y, names, n_lags - 1)
    return X, y[targets[0]] if len(names) == 1 else y
