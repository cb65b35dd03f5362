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
from ._panel import Panel, panel_of
from ._past import hole_message, panel_hole_message
from ._sklearn import Interval, validate_params
from ._time import frequency, time_labels
from ._warn import warn
from ._windows import sliding_windows

__all__ = ["make_supervised"]


Rows = slice | np.ndarray  # positions, those of one series as a slice


def _shifted(rows: Rows, count: int) -> Rows:
    """Return the positions so many rows further on."""
    if isinstance(rows, slice):
        return slice(rows.start + count, rows.stop + count)
    return rows + count


def _runs(values: np.ndarray, columns: Any, length: int, first: Rows) -> np.ndarray:
    """Return runs of `length` rows from `first` on, views where it is a slice."""
    return sliding_windows(np.ascontiguousarray(values[:, columns]), length)[first]


def _frame_like(series: Any, values: np.ndarray, columns: list, rows: Rows) -> Any:
    """Make a frame as `series` is one, of its rows."""
    if isinstance(series, pd.DataFrame):
        index = series.index[rows]
        return pd.DataFrame(values, index=index, columns=columns, copy=False)
    return type(series)(values, schema=columns)


def _join(series: Any, rows: Rows, parts: list[tuple[np.ndarray, list]]) -> Any:
    """Put tables with names side by side, in a frame as `series` is one.

    In one of pandas, none of them is copied.
    """
    parts = [(values, names) for values, names in parts if names]
    if not isinstance(series, pd.DataFrame):
        values = np.hstack([values for values, _ in parts])
        return _frame_like(series, values, sum((n for _, n in parts), []), rows)
    return _side_by_side([_frame_like(series, *part, rows) for part in parts])


def _side_by_side(frames: list[pd.DataFrame]) -> pd.DataFrame:
    # Before version 3, pandas copies unless it is told not to, and then warns if it is.
    options: Any = {} if pd.__version__ >= "3" else {"copy": False}
    return pd.concat(frames, axis=1, **options)


def _windows(
    series: Any,
    values: np.ndarray,
    rows: Rows,
    window: int,
    beside: np.ndarray,
    leads: tuple[np.ndarray, list],
) -> Any:
    """Return the windows that end in rows, and after them leads and `beside`."""
    windowed = np.delete(np.arange(values.shape[1]), beside)
    X = _runs(values, windowed, window, _shifted(rows, 1 - window))
    own = values[rows][:, beside]
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
    return _join(series, rows, parts)


def rows_inside(panel: Panel, n_lags: int, horizon: int) -> np.ndarray:
    """Return the places, in `panel.order`, of rows as :func:`_rows_of` has them."""
    lengths = np.diff(panel.starts)
    place = np.arange(len(panel.order)) - panel.starts[:-1].repeat(lengths)
    is_inside = (place >= n_lags - 1) & (place < (lengths - horizon).repeat(lengths))
    return np.flatnonzero(is_inside)


def _rows_of(n_rows: int, panel: Panel | None, n_lags: int, horizon: int) -> Rows:
    """Return the rows of which window and future are inside of their series."""
    if panel is None:
        return slice(n_lags - 1, max(n_lags - 1, n_rows - horizon))
    lengths = np.diff(panel.starts)
    too_short = panel.keys[lengths < n_lags + horizon]
    if 0 < len(too_short) < len(lengths):
        warn(
            f"{len(too_short)} of the {len(lengths)} series have less than the "
            f"{n_lags + horizon} rows that one of y needs, such as {too_short[0]!r}: "
            "they are left out."
        )
    return rows_inside(panel, n_lags, horizon)


def _warn_of_holes(series: Any, panel: Panel | None) -> None:
    """Warn if labels leave some out, once for all series."""
    if panel is None:
        labels = time_labels(series, "series")
        message = (
            hole_message(labels, frequency(labels), "series")
            if labels is not None
            else ""
        )
    else:
        message = panel_hole_message(panel, "series")
    if message:
        warn(message)


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
        Rows in time order. Many series are one frame of pandas, in whose index the last
        level is the time, and those before it tell the series; its rows may be in any
        order.

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
        leads. Rows of many series come one series after the other.

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
    n_lags = window or 1
    panel = panel_of(series, "series")
    if panel is not None:
        series, values = series.iloc[panel.order], values[panel.order]
    rows = _rows_of(len(values), panel, n_lags, horizon)
    if not len(values[rows]):
        longest = "The series has" if panel is None else "The longest series has"
        n_rows = len(values) if panel is None else np.diff(panel.starts).max()
        raise ValueError(
            f"{longest} {n_rows} rows, but window={window} and "
            f"horizon={horizon} need at least {n_lags + horizon}."
        )
    columns = list(series.columns) if is_frame else list(range(values.shape[1]))
    targets, known = targets_and_ahead(target, ahead, columns, "the series")
    _warn_of_holes(series, panel)

    def following(names: list) -> np.ndarray:
        positions = [columns.index(name) for name in names]
        return _runs(values, positions, horizon, _shifted(rows, 1))

    y = following(targets).copy()
    leads: Any = (following(known), lead_names(known, horizon)) if known else (None, [])
    if window is not None:
        beside = passed_through(series, passthrough, values.shape[1])
        X = _windows(series, values, rows, window, beside, leads)
    elif passthrough is not None:
        raise ValueError(
            f"passthrough={passthrough!r} says what stands beside windows, but window "
            "is None: give a window, or passthrough to the SlidingWindowTransformer."
        )
    elif isinstance(series, pd.DataFrame):
        X = series.iloc[rows]
        if known:
            X = _side_by_side([X, _frame_like(series, leads[0], leads[1], rows)])
    elif known:
        X = _join(series, rows, [(values[rows], columns), leads])
    else:
        X = series.head(len(y)) if is_frame else values[rows]
    if not is_frame:
        return X, y.ravel() if y.shape[1] == 1 else y

    names = targets if y.shape[1] == 1 else step_names(targets, horizon)
    y = _frame_like(series, y, names, rows)
    return X, y[targets[0]] if len(names) == 1 else y
