"""X and y of a series, for supervised learning."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from ._columns import choose, lag_names, step_names
from ._past import hole_message
from ._sklearn import Interval, validate_params
from ._time import frequency, refuse_text, time_labels
from ._warn import warn
from ._windows import sliding_windows

__all__ = ["make_supervised"]


def _frame_like(
    series: Any, values: np.ndarray, columns: list, index: pd.Index | None
) -> Any:
    """Make a frame of the library that the series is from."""
    if isinstance(series, pd.DataFrame):
        return pd.DataFrame(values, index=index, columns=columns, copy=False)
    return type(series)(values, schema=columns)


@validate_params(
    {
        "window": [Interval(Integral, 1, None, closed="left"), None],
        "horizon": [Interval(Integral, 1, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def make_supervised(
    series: Any, *, window: int | None = None, horizon: int = 1, target: Any = None
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

    Returns
    -------
    X : {array, dataframe} of shape (n_rows, n_channels) or \
            (n_rows, window * n_channels)
        The rows, or the windows: oldest timestep first, in columns ``births_lag2,
        births_lag1, births_lag0``. A frame for a frame or Series, with the index of
        the newest row of each window, else an array. Windows are read-only: they share
        memory.

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
    the rows of which ``y.notna()`` holds, and give the whole series as `history`.

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
    refuse_text(series, "series")
    values = check_array(
        series,
        order="C",
        copy=True,
        ensure_all_finite="allow-nan",
        input_name="series",
    )
    index = time_labels(series, "series")
    n_lags = window or 1
    n_rows = len(values) - n_lags - horizon + 1
    if n_rows < 1:
        raise ValueError(
            f"The series has {len(values)} rows, but window={window} and "
            f"horizon={horizon} need at least {n_lags + horizon}."
        )
    columns = list(series.columns) if is_frame else list(range(values.shape[1]))
    targets = columns if target is None else choose(target, columns, "the series")
    if index is not None:
        if message := hole_message(index, frequency(index), "series"):
            warn(message)

    future = values[n_lags:, [columns.index(name) for name in targets]]
    y = sliding_windows(np.ascontiguousarray(future), horizon).copy()
    if window is None:
        X = series.head(n_rows) if is_frame else values[:n_rows]
    else:
        X = sliding_windows(values, window)[:n_rows]
    if not is_frame:
        return X, y.ravel() if y.shape[1] == 1 else y

    if index is not None:
        index = index[n_lags - 1 : n_lags - 1 + n_rows]
    if window is not None:
        are_names = all(isinstance(name, str) for name in columns)
        names = columns if are_names else [f"x{i}" for i in range(len(columns))]
        X = _frame_like(series, X, lag_names(names, window), index)
    if y.shape[1] == 1:
        return X, _frame_like(series, y, targets, index)[targets[0]]
    return X, _frame_like(series, y, step_names(targets, horizon), index)
