"""Time labels: their order, their frequency, what comes before and after them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def time_labels(X: Any, name: str, ordered: bool = True) -> pd.Index | None:
    """Return the index of a pandas frame, None for data without labels."""
    index = getattr(X, "index", None)
    if not isinstance(index, pd.Index):
        return None
    if isinstance(index, pd.MultiIndex):
        raise ValueError(
            f"The index of {name} is a MultiIndex, but windows are made of one series "
            "at a time: select one and let time alone be its index."
        )
    if ordered and not (index.is_monotonic_increasing and index.is_unique):
        raise ValueError(
            f"The index of {name} must be in time order without duplicates: a window "
            "reads the rows before it, and shuffled or resampled rows have none. Sort "
            f"rows with {name}.sort_index(); split them with TimeSeriesSplit."
        )
    return index


def kind(index: pd.Index) -> str:
    """Name the kind of labels; those of different kinds cannot be compared."""
    if isinstance(index, pd.PeriodIndex):
        return str(index.dtype)
    zone = "" if getattr(index, "tz", None) is None else " with time zone"
    return index.inferred_type + zone


def _steps(index: pd.Index) -> Any:
    """Return the differences of consecutive labels that are not dates."""
    if isinstance(index, pd.PeriodIndex):
        return np.diff(index.asi8) // index.freq.n
    return index[1:] - index[:-1]


def frequency(index: pd.Index) -> Any:
    """Return the step from one label to the next, None if the index is irregular.

    The step is a pandas offset for dates, else a difference of labels. Labels may be
    left out: with at least half of them there, the index still counts as regular.
    """
    if isinstance(index, pd.RangeIndex):
        return index.step
    if isinstance(index, pd.DatetimeIndex):
        return infer_offset(index)
    is_countable = index.inferred_type in ("integer", "period", "timedelta64")
    if not is_countable or len(index) < 2:
        return None
    steps = _steps(index)
    multiples = np.asarray(steps / steps.min())
    is_regular = (multiples % 1 == 0).all() and multiples.mean() <= 2
    return steps.min() if is_regular else None


def infer_offset(index: pd.DatetimeIndex) -> pd.offsets.BaseOffset | None:
    """Return the frequency of dates, some of which may be left out."""
    offset = pd.DatetimeIndex(index, freq="infer").freq
    if offset is not None or len(index) < 3:
        return offset
    # The three labels closest together show the frequency between holes.
    spans = index[2:] - index[:-2]
    closest = spans.argmin()
    offset = pd.DatetimeIndex(index[closest : closest + 3], freq="infer").freq
    if offset is None or (index[-1] - index[0]) / spans[closest] > len(index):
        return None
    if offset == pd.offsets.Day():
        business_days = pd.date_range(index[0], index[-1], freq="B")
        if index.isin(business_days).all():
            return None  # the gaps are holidays
    grid = pd.date_range(index[0], index[-1], freq=offset)
    return offset if index.isin(grid).all() else None


def last_before_hole(index: pd.Index, step: Any) -> Any:
    """Return the first label that the label one step later does not follow."""
    if len(index) < 2 or step is None or getattr(index, "freq", None) == step:
        return None
    if isinstance(index, pd.RangeIndex):
        follows = np.array([index.step == step])
    elif isinstance(index, pd.DatetimeIndex):
        grid = pd.date_range(index[0], periods=len(index), freq=step)
        follows = index[1:] == grid[1:]
    else:
        follows = np.asarray(_steps(index) == step)
    return None if follows.all() else index[follows.argmin()]


def labels_before(index: pd.Index, step: Any, count: int) -> pd.Index | None:
    """Return the `count` labels before the first one, None if it is off the grid."""
    if isinstance(index, pd.DatetimeIndex):
        grid = pd.date_range(end=index[0], periods=count + 1, freq=step)
        return grid[:-1] if grid[-1] == index[0] else None
    return index[:1].repeat(count) - step * np.arange(count, 0, -1)


def labels_after(index: pd.Index, step: Any, count: int) -> pd.Index:
    """Return the `count` labels that continue the index."""
    if isinstance(index, pd.PeriodIndex) and len(index) == 1:
        step = 1
    if step is None:
        raise ValueError(
            f"The index of history ends at {index[-1]} and has no frequency that tells "
            "what comes next: give it one, for example by history.asfreq('B'), or "
            "number the rows by history.reset_index(drop=True)."
        )
    if isinstance(index, pd.DatetimeIndex):
        dates = pd.date_range(index[-1], periods=count + 1, freq=step, name=index.name)
        return dates[1:].as_unit(index.unit)
    if isinstance(index, pd.RangeIndex):
        stop = index[-1] + step * (count + 1)
        return pd.RangeIndex(index[-1] + step, stop, step, name=index.name)
    return index[-1:].repeat(count) + step * np.arange(1, count + 1)


def hole_message(index, name, step=None) -> str:
    """Say where an index leaves out labels, if it does."""
    step = frequency(index) if step is None else step
    label = last_before_hole(index, step)
    if label is None:
        return ""
    return (
        f"The index of {name} has a hole after {label}, and windows take its rows as "
        "consecutive all the same (history only brings rows before the first one): "
        f"reindex {name} so that missing rows are there as NaN."
    )


def as_comparable(index, other, name, other_name):
    if kind(index) != kind(other):
        raise ValueError(f"index {name} time zone {other_name}")
    return (
        index.tz_convert(other.tz) if getattr(other, "tz", None) is not None else index
    )


def refuse_text(X, name):
    pass


def grid_positions(index, step):
    if isinstance(index, pd.DatetimeIndex):
        grid = pd.date_range(index[0], index[-1], freq=step)
        p = grid.get_indexer(index)
        return None if (p < 0).any() else p
    if isinstance(index, pd.PeriodIndex):
        p = (index.asi8 - index.asi8[0]) / (index.freq.n * step)
    else:
        p = np.asarray((index - index[0]) / step)
    return None if (p % 1).any() else p.astype(int)
