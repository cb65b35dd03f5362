"""Many series in one table, whose index is (series, time)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ._time import as_times, frequency, last_before_hole, with_frequency

_DATES = (pd.DatetimeIndex, pd.PeriodIndex)


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

        If times of all series together have a frequency, each has it, also one that is
        too short to tell, and it is looked for once.
        """
        grid = _with_frequency(self.times.unique().sort_values())
        firsts = grid.searchsorted(self.times[self.order[self.starts[:-1]]])
        for key, first, start, stop in zip(
            self.keys, firsts, self.starts, self.starts[1:]
        ):
            rows = self.order[start:stop]
            times, run = self.times[rows], grid[first : first + stop - start]
            yield key, rows, run if run.equals(times) else _with_frequency(times)

    @property
    def codes(self) -> np.ndarray:
        """Which series each row is of."""
        codes = np.empty(len(self.order), np.int32)
        codes[self.order] = np.arange(len(self.keys)).repeat(np.diff(self.starts))
        return codes


def _with_frequency(times: pd.Index) -> pd.Index:
    """Let dates and integers without holes say their frequency."""
    are_dates = isinstance(times, pd.DatetimeIndex)
    if are_dates or times.dtype.kind in "iu":
        step = frequency(times)
        if step is not None and last_before_hole(times, step) is None:
            if are_dates:
                return with_frequency(times, step)
            return pd.RangeIndex(times[0], times[-1] + step, step, name=times.name)
    return times


def _series_of(index: pd.MultiIndex) -> tuple[np.ndarray, pd.Index]:
    """Return which series each row is of, counted as they appear, and their keys."""
    if index.nlevels > 2:
        return index.droplevel(-1).factorize()
    codes, places = pd.factorize(index.codes[0])
    is_unknown = index.codes[0] < 0
    if is_unknown.any():
        codes = np.where(is_unknown, -1, codes)
    return codes, index.levels[0].take(places)


def panel_of(X: Any, name: str, distinct: bool = True) -> Panel | None:
    """Return the series of a table with a MultiIndex, None for other tables.

    With `distinct`, no series has a time twice.
    """
    index = getattr(X, "index", None)
    if not isinstance(index, pd.MultiIndex):
        return None
    *others, last = index.levels
    dated = [k for k, level in enumerate(others) if isinstance(level, _DATES)]
    if dated and pd.api.types.is_string_dtype(last.dtype):
        order = [*(k for k in range(index.nlevels) if k != dated[-1]), dated[-1]]
        raise ValueError(
            f"The last level of the index of {name} must be the time, but holds labels "
            f"such as {last[0]!r}: {name}.reorder_levels({order})."
        )
    times = as_times(index.get_level_values(-1), name)
    codes, keys = _series_of(index)
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


def in_order(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of a panel one series after the other, each in time order."""
    panel = panel_of(table, name)
    assert panel is not None
    if (np.diff(panel.order) != 1).any():
        table = table.iloc[panel.order]
    return with_times(table, panel.times[panel.order])


def with_times(table: pd.DataFrame, times: pd.Index) -> pd.DataFrame:
    """Put other times in the place of those that a panel has."""
    index = table.index
    if index.get_level_values(-1).dtype == times.dtype:
        return table
    levels = [index.get_level_values(level) for level in range(index.nlevels - 1)]
    index = pd.MultiIndex.from_arrays([*levels, times], names=index.names)
    return table.set_axis(index)


def with_keys(keys: pd.Index, times: list[pd.Index], names: Any) -> pd.MultiIndex:
    """Put the key of a series before each of its times, of which all have as many."""
    count = len(times[0])
    levels = [
        keys.get_level_values(level).repeat(count) for level in range(keys.nlevels)
    ]
    return pd.MultiIndex.from_arrays([*levels, times[0].append(times[1:])], names=names)


def some_of(keys: pd.Index) -> str:
    """Count series, and name the first few."""
    names = ", ".join(map(repr, keys[:5].tolist()))
    return f"{len(keys)} series, {names}{', ...' if len(keys) > 5 else ''}"


def place(label: Any) -> str:
    """Say of which series and time a label is."""
    if not isinstance(label, tuple):
        return str(label)
    key = label[0] if len(label) == 2 else label[:-1]
    return f"{label[-1]} of the series {key!r}"


def one_of(table: Any, key: Any, name: str, n_levels: int = 1) -> Any:
    """Return one series of a panel, by the `n_levels` of its index that tell its rows.

    What is no panel is that series already.
    """
    index: Any = getattr(table, "index", None)
    n_others = index.nlevels - n_levels if isinstance(index, pd.Index) else 0
    if n_others < 1:
        return table
    codes, keys = index.droplevel(list(range(n_others, index.nlevels))).factorize()
    if key is None or key not in keys:
        raise ValueError(
            f"key={key!r}, but must name the series that is drawn: {name} has "
            f"{some_of(keys)}."
        )
    return table[codes == keys.get_loc(key)].droplevel(list(range(n_others)))
