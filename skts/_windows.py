"""Windows: a table whose rows are windows of a series, with each value held once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.lib.stride_tricks import as_strided

ALL = slice(None)
REPR_ROWS = 6

FLOATS: dict[str, Any] = {
    "dtype": [np.float64, np.float32],
    "ensure_all_finite": "allow-nan",
}


def sliding_windows(series: np.ndarray, window: int) -> np.ndarray:
    """View a C-contiguous (n, channels) array as (n - window + 1, window * channels).

    A window is one run of memory. The view's base is `series`, and it is read-only
    because its rows overlap.
    """
    n_rows, n_channels = series.shape
    windows = np.ndarray(
        (n_rows - window + 1, window * n_channels),
        series.dtype,
        buffer=series,
        strides=(n_channels * series.itemsize, series.itemsize),
    )
    windows.flags.writeable = False
    return windows


@dataclass(frozen=True, eq=False, repr=False)
class Windows(NDArrayOperatorsMixin):
    """A table of windows that holds each value of the series once.

    It stands for ``np.asarray(windows)``, of shape (n_rows, timesteps * n_channels +
    n_beside): the oldest timestep first, the channels of a timestep together, and last
    what stands beside the window. Whatever else an array can do, it does as that table.

    Selecting rows gives windows again. Selecting columns and arithmetic give plain
    arrays, so that what is told of the columns never meets changed values.

    Parameters
    ----------
    values : ndarray of shape (n_values, n_channels)
        Rows of the series.
    ends : range or ndarray of int, n_rows of them
        Where in `values` the window of each row ends.
    timesteps : int
        Rows of `values` in a window.
    channels : sequence of str, default=None
        Names of the columns of `values`.
    beside : ndarray of shape (n_rows, n_beside), default=None
        What each row holds beside its window: leads first.
    ahead : sequence of str, default=()
        Names of the columns that are known ahead, of which `beside` holds leads.
    n_leads : int, default=0
        Columns of `beside` that are leads, all columns of a step together.
    series : ndarray of int, of shape (n_rows,), default=None
        Which series each row is of, if there are many.
    """

    values: np.ndarray
    ends: range | np.ndarray
    timesteps: int
    channels: Sequence[str] | None = None
    beside: np.ndarray | None = None
    ahead: Sequence[str] = ()
    n_leads: int = 0
    series: np.ndarray | None = None

    ndim = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", np.ascontiguousarray(self.values))

    @classmethod
    def of_table(
        cls, table: np.ndarray, n_channels: int, n_beside: int = 0, **told: Any
    ) -> Windows:
        """Read a table as windows, and its last `n_beside` columns as what is beside.

        Values are held once where the rows overlap in memory, and never copied from
        a table that is one run of memory. `told` is what else the windows know.
        """
        n_rows, n_columns = table.shape
        lags, beside = np.split(table, [n_columns - n_beside], axis=1)
        timesteps = lags.shape[1] // n_channels
        timestep = n_channels * table.itemsize
        shift, rest = divmod(table.strides[0], timestep)
        if table.strides[1] == table.itemsize and 0 < shift < timesteps and not rest:
            # Also where there is but one row, which has the strides of any number.
            n_values = (n_rows - 1) * shift + timesteps
            values = as_strided(
                lags, (n_values, n_channels), (timestep, table.itemsize)
            )
        else:
            shift = timesteps
            values = lags.reshape(-1, n_channels)
        values.flags.writeable = False
        ends = range(timesteps - 1, timesteps - 1 + shift * n_rows, shift)
        return cls(values, ends, timesteps, beside=beside if n_beside else None, **told)

    @property
    def n_channels(self) -> int:
        """Columns of `values`."""
        return self.values.shape[1]

    @property
    def n_beside(self) -> int:
        """Columns of `beside`."""
        return 0 if self.beside is None else self.beside.shape[1]

    @property
    def leads(self) -> np.ndarray | None:
        """What is known ahead, (n_rows, steps, columns), if anything is."""
        if self.beside is None or not self.n_leads:
            return None
        leads = self.beside[:, : self.n_leads]
        return leads.reshape(len(self), -1, len(self.ahead))

    @property
    def channels_ahead(self) -> np.ndarray:
        """Which channel each column is that is known ahead, -1 if none."""
        return channels_ahead(self.channels, self.ahead)

    @property
    def own(self) -> np.ndarray | None:
        """What else each row holds beside its window, (n_rows, columns)."""
        if self.n_beside == self.n_leads:
            return None
        return self.beside[:, self.n_leads :] if self.beside is not None else None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the table."""
        return len(self), self.timesteps * self.n_channels + self.n_beside

    @property
    def size(self) -> int:
        """Elements of the table."""
        return self.shape[0] * self.shape[1]

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.ends)

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(np.asarray(self))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple) and 0 < len(key) < 3:
            columns = key[1] if len(key) == 2 else ALL
            if columns is Ellipsis or isinstance(columns, slice) and columns == ALL:
                key = key[0]
        if isinstance(key, Integral) and not isinstance(key, (bool, np.bool_)):
            row = range(len(self))[key]
            return np.asarray(self[row : row + 1])[0]
        if isinstance(key, slice):
            return self._select(key)
        if isinstance(key, (list, range, np.ndarray, pd.Series, pd.Index)):
            rows = np.asarray(key) if len(key) else np.zeros(0, int)
            if rows.ndim == 1 and rows.dtype.kind in "biu":
                return self._select(rows)
        return np.asarray(self)[key]

    def _select(self, rows: slice | np.ndarray) -> Windows:
        ends: Any = self.ends
        if isinstance(ends, range) and not isinstance(rows, slice):
            dtype: Any = np.int32 if ends.stop < 2**31 else np.int64
            ends = np.arange(ends.start, ends.stop, ends.step, dtype=dtype)
        ends = _shortest(ends[rows])
        beside, series = (
            None if array is None else array[rows]
            for array in (self.beside, self.series)
        )
        return replace(self, ends=ends, beside=beside, series=series)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"Windows have no {name!r}.")
        return getattr(np.asarray(self), name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        n_lags = self.timesteps * self.n_channels
        table = self.gather().reshape(len(self), n_lags)
        is_copy = not isinstance(self.ends, range)
        if self.beside is not None:
            table, is_copy = np.hstack([table, self.beside]), True
        if copy is False and (is_copy or dtype not in (None, table.dtype)):
            raise ValueError("The table of these windows cannot be had without a copy.")
        table.flags.writeable = bool(is_copy and copy)
        return np.array(table, dtype) if copy else np.asarray(table, dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **how: Any) -> Any:
        def arrays(operands: tuple) -> tuple:
            return tuple(
                np.asarray(x) if isinstance(x, Windows) else x for x in operands
            )

        if "out" in how:  # read-only, as numpy then says
            how["out"] = arrays(how["out"])
        return getattr(ufunc, method)(*arrays(inputs), **how)

    def __repr__(self) -> str:
        channels = ", ".join(self.channels or [_count(self.n_channels, "channel")])
        n_own = self.n_beside - self.n_leads
        beside = f", {_count(n_own, 'column')} beside them" if n_own else ""
        if self.n_leads:
            steps = _count(self.n_leads // len(self.ahead), "step")
            beside = f", {steps} ahead of {', '.join(self.ahead)}{beside}"
        rows = str(np.asarray(self[:REPR_ROWS]))
        more = "\n ..." if len(self) > REPR_ROWS else ""
        return (
            f"<{_count(len(self), 'window')} of {_count(self.timesteps, 'timestep')} "
            f"of {channels}{beside}, {self.dtype}>\n{rows}{more}"
        )

    def __reduce__(self) -> tuple:
        whole = self.trimmed()
        return Windows, tuple(getattr(whole, field.name) for field in fields(self))

    def trimmed(self) -> Windows:
        """Return these windows with no values before and after those they reach."""
        ends, reach = self.ends, self.timesteps - 1
        if isinstance(ends, range):
            extremes = sorted([*ends[:1], *ends[-1:]])
        else:
            extremes = [int(ends.min()), int(ends.max())] if len(ends) else []
        first, last = extremes or (reach, reach)
        values = self.values[first - reach : last + 1]
        return replace(self, values=values, ends=shifted(ends, reach - first))

    def timestep(self, k: int) -> np.ndarray:
        """Return timestep `k` of all windows, (n_rows, n_channels)."""
        ends = shifted(self.ends, k + 1 - self.timesteps)
        return Windows(self.values, ends, 1).gather()[:, 0]

    def gather(self, rows: slice | np.ndarray = ALL) -> np.ndarray:
        """Return the windows of rows, (n_rows, timesteps, n_channels) without beside.

        They are a view, where neither `ends` nor `rows` lists each of them.
        """
        first = self.timesteps - 1
        starts: Any
        if not isinstance(self.ends, range):
            starts = self.ends[rows] - first
        elif isinstance(rows, slice):
            ends = self.ends[rows] or range(first, first)
            stop = ends.stop - first
            starts = slice(ends.start - first, stop if stop >= 0 else None, ends.step)
        else:
            starts = self.ends.start - first + self.ends.step * rows
        windows = sliding_windows(self.values, self.timesteps)[starts]
        return windows.reshape(*windows.shape[:-1], self.timesteps, self.n_channels)


def channels_ahead(channels: Sequence[str] | None, ahead: Sequence[str]) -> np.ndarray:
    """Return which channel each column is that is known ahead, -1 if none."""
    known = list(channels or [])
    return np.array([known.index(c) if c in known else -1 for c in ahead], int)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def shifted(ends: range | np.ndarray, count: int) -> range | np.ndarray:
    """Return `ends` so many values further on."""
    if isinstance(ends, range):
        return range(ends.start + count, ends.stop + count, ends.step)
    return ends + count


def _shortest(ends: range | np.ndarray) -> range | np.ndarray:
    """Return ends that follow each other as a range."""
    if isinstance(ends, range) or not len(ends):
        return ends
    first, last = int(ends[0]), int(ends[-1])
    if last - first == len(ends) - 1 and (ends[1:] - ends[:-1] == 1).all():
        return range(first, last + 1)
    return ends
