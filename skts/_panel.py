"""Many series in one table, whose index is (series, time)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ._time import as_times, frequency, last_before_hole


class Panel(NamedTuple):
    """Where the series of a table are.

    Series come in the order in which they appear, and the rows of each in that of time.
    """

    keys: pd.Index  # of the series
    order: np.ndarray  # positions of the rows, one series after the other
    starts: np.ndarray  # where in `order` each series begins, and the last one ends
    times: pd.Index  # of the rows, as the table has them

    def __iter__(self) -> Iterator[Any]:
        """Yield the key of each series, the positions of its rows and their times.

        Series with the same times share an index that knows its frequency, which is
        thus looked for once.
        """
        shared: dict[Any, pd.Index] = {}
        for key, start, stop in zip(self.keys, self.starts, self.starts[1:]):
            rows = self.order[start:stop]
            times = self.times[rows]
            ends = len(times), times[0], times[-1]
            if ends not in shared or not times.equals(shared[ends]):
                shared[ends] = _with_frequency(times)
            yield key, rows, shared[ends]

    @property
    def codes(self) -> np.ndarray:
        """Which series each row is of."""
        codes = np.empty(len(self.order), np.int32)
        codes[self.order] = np.arange(len(self.keys)).repeat(np.diff(self.starts))
        return codes


def _with_frequency(times: pd.Index) -> pd.Index:
    """Let dates without holes say their frequency."""
    if isinstance(times, pd.DatetimeIndex) and times.tz is None:
        step = frequency(times)
        if step is not None and last_before_hole(times, step) is None:
            return pd.DatetimeIndex(times, freq=step)
    return times


def panel_of(X: Any, name: str, distinct: bool = True) -> Panel | None:
    """Return the series of a table with a MultiIndex, None for other tables.

    With `distinct`, no series has a time twice.
    """
    index = getattr(X, "index", None)
    if not isinstance(index, pd.MultiIndex):
        return None
    times = as_times(index.get_level_values(-1), name)
    codes, keys = index.droplevel(-1).factorize()
    if times.hasnans or (codes < 0).any():
        row = int((times.isna() | (codes < 0)).argmax())
        raise ValueError(
            f"The index of {name}, of series and times, lacks one of them in row {row}:"
            " leave out rows without."
        )
    in_time = times.argsort()
    order = in_time[codes[in_time].argsort(kind="stable")]
    starts = np.searchsorted(codes[order], np.arange(len(keys) + 1))
    if distinct:
        is_same = (times[order][1:] == times[order][:-1]) & (
            codes[order][1:] == codes[order][:-1]
        )
        if is_same.any():
            row = order[int(is_same.argmax()) + 1]
            raise ValueError(
                f"The index of {name} has the time {times[row]} of the series "
                f"{keys[codes[row]]!r} more than once: if a row came twice, "
                f"{name}[~{name}.index.duplicated()] keeps the first; if these are "
                "several series, tell them apart by another level in front."
            )
    return Panel(keys, order, starts, times)
