"""Windows made ready for a network, and predictions brought back."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ._windows import Windows

BLOCK_ELEMENTS = 2**17  # of windows that are looked at in one go


class Inputs:
    """What a network reads of each row: windows that are gathered when asked for.

    ``inputs[rows]`` has the shape of `rows` and two dimensions more: timesteps and
    channels.
    """

    def __init__(self, windows: Windows, scale: Callable | None = None):
        self.windows = windows
        self.scale = scale
        first = self[:1]
        self.shape, self.dtype = (len(windows), *first.shape[1:]), first.dtype

    def __len__(self) -> int:
        return len(self.windows)

    def of_rows(self, rows: slice | np.ndarray) -> Inputs:
        """Return those of some rows, not gathered yet."""
        return Inputs(self.windows[rows], self.scale)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        x = self.windows.gather(rows)
        if self.scale is None:
            return x
        scaled = self.scale(x.reshape(-1, *x.shape[-2:]))
        return scaled.reshape(*x.shape[:-2], *scaled.shape[-2:])


class _Columns(NamedTuple):
    """What is taken off columns and divides them, and which mark what is missing."""

    mean: np.ndarray
    scale: np.ndarray
    marked: np.ndarray

    def transform(self, values: np.ndarray, dtype: Any) -> np.ndarray:
        """Standardise (..., n_columns); a missing value is the mean, and marked.

        In float64, whatever the types of `values` and result are.
        """
        n_columns = values.shape[-1]
        result = np.empty((*values.shape[:-1], n_columns + len(self.marked)), dtype)
        for rows in row_blocks(len(values), math.prod(values.shape[1:])):
            x = values[rows] - self.mean
            x /= self.scale
            missing = np.isnan(x)
            x[missing] = 0
            result[rows, ..., :n_columns] = x
            result[rows, ..., n_columns:] = missing[..., self.marked]
        return result

    def inverse_transform(self, values: np.ndarray) -> np.ndarray:
        return values * self.scale + self.mean


def row_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Cut rows of so many columns into runs that stay in the processor's cache."""
    size = max(1, BLOCK_ELEMENTS // max(1, n_columns))
    return (slice(start, start + size) for start in range(0, n_rows, size))


def _fit_columns(
    blocks: Iterable[tuple[np.ndarray, np.ndarray]],
    what: str,
    standardize: bool = True,
    scaled_together: int | None = None,
) -> _Columns:
    """Learn from blocks of values (n_rows, ..., n_columns), each with weights of rows.

    Columns without a single value have mean 0; those that do not change, but for
    rounding, have scale 1. Of `scaled_together` columns, each has one scale with those
    that many further on. scikit-learn's scaler sums by BLAS, whose last bits change
    with its threads.
    """
    weight: Any = 0
    mean: Any = 0
    total: Any = 0
    largest: Any = 0
    is_marked: Any = False
    count = 0
    for values, row_weight in blocks:
        axes = tuple(range(values.ndim - 1))
        x = np.array(values, np.float64, order="C")  # sums alike of view and copy
        missing = np.isnan(x)
        w = np.where(missing, 0, row_weight.reshape(-1, *[1] * (x.ndim - 1)))
        x[missing] = 0
        is_marked = is_marked | missing.any(axis=axes)
        largest = np.maximum(largest, np.abs(x).max(axis=axes))
        count += x[..., 0].size
        # Moments of the block, then of all so far: Chan, Golub and LeVeque (1979).
        with np.errstate(all="ignore"):
            block_weight = w.sum(axis=axes)
            block_mean = np.nan_to_num((w * x).sum(axis=axes) / block_weight)
            x -= block_mean
            block_total = (w * x**2).sum(axis=axes)
            # This would be 0 but for rounding: it takes the error of the mean off.
            off = (w * x).sum(axis=axes) ** 2 / block_weight
            block_total -= np.nan_to_num(off)
            share = np.nan_to_num(block_weight / (weight + block_weight))
            change = block_mean - mean
            total = total + block_total + change**2 * share * weight
            mean = mean + change * share
            weight = weight + block_weight
    marked = np.flatnonzero(is_marked)
    if not standardize:
        return _Columns(np.zeros_like(mean), np.ones_like(mean), marked)
    with np.errstate(all="ignore"):
        variance = np.where(weight > 0, total / weight, 0)
    overflown = largest[~np.isfinite(variance)]
    if len(overflown):
        raise ValueError(
            f"{what} holds values too large to standardise (up to "
            f"{overflown.max():.3g}): divide them by a constant first."
        )
    rounding = np.finfo(np.float64).eps * count
    variance[variance <= rounding * variance + (rounding * mean) ** 2] = 0
    if scaled_together is not None:
        steps = variance.reshape(-1, scaled_together)
        variance = np.tile(steps.mean(axis=0), len(steps))
    return _Columns(mean, np.sqrt(np.where(variance > 0, variance, 1)), marked)


class WindowScaler:
    """Standardise windows and targets, mark what is missing, and undo it.

    Parameters
    ----------
    standardize : bool
        Whether channels and targets get mean 0 and standard deviation 1: one mean and
        scale per channel, not per lag; a mean per output, and one scale per target.
    window_norm : {None, "last", "level", "standard"}
        What each window is made relative to before that.
    channels : sequence of int, default=()
        The channels that `window_norm` makes relative.
    target_channels : sequence of int, default=None
        The channel that each target of a step continues, and whose level is taken off
        the target, too. The network then reads what is taken off, beside the windows.
    scaled_together : int, default=None
        Targets per step: outputs of one target have one scale, so that errors of all
        steps count alike. None scales each output for itself.
    centers_targets : bool, default=True
        Whether levels and mean are taken off targets; otherwise they are divided only.
    """

    def __init__(
        self,
        standardize,
        window_norm,
        channels=(),
        target_channels=None,
        scaled_together=None,
        centers_targets=True,
    ):
        self.standardize = standardize
        self.window_norm = window_norm if len(channels) else None
        self.channels = list(channels) if window_norm else []
        self.target_channels = target_channels
        # Columns that tell what is taken off, and what it is divided by.
        per_channel = {None: 0, "last": 1, "level": 2, "standard": 2}[self.window_norm]
        self.n_levels = per_channel * len(self.channels) * (target_channels is not None)
        self.scaled_together = scaled_together
        self.centers_targets = centers_targets

    def fit(self, windows, y, weight):
        """Learn from `windows` and their targets `y` of shape (n_rows, n_outputs).

        `y` is None where targets are not numbers. No weight may be zero.
        """
        if self.window_norm is not None:
            levels = self._blocks(windows, weight, lambda x: x[..., self.channels])
            self.levels_ = _fit_columns(levels, "X")
        relative = self._blocks(windows, weight, self._relative)
        self.x_scaler_ = _fit_columns(relative, "X", self.standardize)
        self.leads_scaler_ = self.beside_scaler_ = self.y_scaler_ = None
        if windows.leads is not None:
            self.leads_scaler_ = self._fit_leads(windows, weight)
        if self.n_levels or windows.own is not None:
            met: list[np.ndarray] = []

            def beside():
                for rows, of_rows, levels in self._beside(windows):
                    met.extend([levels.min(axis=0), levels.max(axis=0)])
                    yield of_rows, weight[rows]

            self.beside_scaler_ = _fit_columns(beside(), "X", self.standardize)
            self.met_ = np.min(met, axis=0), np.max(met, axis=0)
        if y is not None and self.standardize:
            targets = (
                (self._per_target(y, windows, rows, undo=False), weight[rows])
                for rows in _blocks_of(y, windows)
            )
            learned = _fit_columns(targets, "y", scaled_together=self.scaled_together)
            mean = learned.mean if self.centers_targets else 0 * learned.mean
            self.y_scaler_ = learned._replace(mean=mean, marked=learned.marked[:0])
        return self

    def transform(self, windows, dtype):
        """Return what the network reads: windows, leads and what is beside them.

        Values that rows share are scaled once. Those of a file that is mapped into
        memory are scaled when they are read.
        """
        if self.window_norm is None and not _is_mapped(windows.values):
            values = self.x_scaler_.transform(windows.values, dtype)
            inputs: list[Any] = [Inputs(replace(windows, values=values))]
        else:
            inputs = [Inputs(windows, functools.partial(self._scale, dtype=dtype))]
        if self.leads_scaler_ is not None:
            leads = self._relative_leads(windows)
            inputs.append(self.leads_scaler_.transform(leads, dtype))
        if self.beside_scaler_ is not None:
            columns = self.beside_scaler_
            n_columns = len(columns.mean) + len(columns.marked)
            beside = np.empty((len(windows), n_columns), dtype)
            for rows, of_rows, levels in self._beside(windows):
                np.clip(levels, *self.met_, out=levels)
                beside[rows] = columns.transform(of_rows, dtype)
            inputs.append(beside)
        return inputs

    def transform_targets(self, y, windows, dtype):
        """Return what the network shall predict for targets `y` of windows."""
        if self.y_scaler_ is None and not self.n_levels:
            return y.astype(dtype, copy=False)
        result = np.empty(y.shape, dtype)
        for rows in _blocks_of(y, windows):
            values = self._per_target(y, windows, rows, undo=False)
            if self.y_scaler_ is not None:
                values = (values - self.y_scaler_.mean) / self.y_scaler_.scale
            result[rows] = values
        return result

    def inverse_transform_targets(self, y, windows):
        """Return predictions `y` of the network for windows in units of y."""
        if self.y_scaler_ is not None:
            y = self.y_scaler_.inverse_transform(y)
        blocks = _blocks_of(y, windows)
        parts = [self._per_target(y, windows, rows, undo=True) for rows in blocks]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def _scale(self, x, dtype):
        """Scale windows (n_rows, timesteps, channels)."""
        return self.x_scaler_.transform(self._relative(x), dtype)

    def _relative(self, x):
        """Return windows less their own level."""
        if self.window_norm is None:
            return x
        center, spread = self._levels(x)
        x = x.copy()
        x[..., self.channels] -= center[:, None]
        x[..., self.channels] /= spread[:, None]
        return x

    def _fit_leads(self, windows, weight):
        """Scale the leads of a channel as its lags, and others by themselves."""
        leads = self._relative_leads(windows)
        blocks = ((leads[r], weight[r]) for r in row_blocks(len(leads), leads[0].size))
        columns = _fit_columns(blocks, "X", self.standardize)
        of_channel = windows.channels_ahead
        for learned, of_x in zip(columns[:2], self.x_scaler_):
            learned[of_channel >= 0] = of_x[of_channel[of_channel >= 0]]
        return columns

    def _relative_leads(self, windows):
        """Return leads less the level of the window of their channel."""
        leads, of_channel = windows.leads, windows.channels_ahead
        if not set(self.channels) & set(of_channel):
            return leads
        leads = leads.copy()
        for rows in row_blocks(*windows.shape):
            center, spread = self._levels(windows.gather(rows))
            for column, channel in enumerate(of_channel):
                if channel in self.channels:
                    position = [self.channels.index(channel)]
                    leads[rows, :, column] -= center[:, position]
                    leads[rows, :, column] /= spread[:, position]
        return leads

    def _beside(self, windows):
        """Yield rows, what is beside their windows, and the last of it, the levels."""
        for rows in row_blocks(*windows.shape):
            parts = [] if windows.own is None else [windows.own[rows]]
            if self.n_levels:
                levels = np.hstack(self._levels(windows.gather(rows)))
                parts.append(levels[:, : self.n_levels].astype(windows.dtype))
            beside = np.hstack(parts)
            yield rows, beside, beside[:, beside.shape[1] - self.n_levels :]

    def _blocks(self, windows, weight, function):
        for rows in row_blocks(*windows.shape):
            yield function(windows.gather(rows)), weight[rows]

    def _levels(self, x):
        """Return what `window_norm` takes off each window and divides it by.

        Both are of shape (n_rows, channels that are made relative).
        """
        x = x[..., self.channels]
        known = ~np.isnan(x)
        if self.window_norm in ("last", "level"):
            last = x.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
            center = np.take_along_axis(x, last[:, None, :], axis=1)[:, 0]
            spread = np.ones_like(center)
            if self.window_norm == "level":
                total = np.abs(x).sum(axis=1, where=known)
                spread = total / np.maximum(1, known.sum(axis=1))
                scale = self.levels_.scale.astype(x.dtype)
                spread = np.where(total > 0, spread, scale)
        else:
            with warnings.catch_warnings(), np.errstate(over="ignore"):
                warnings.filterwarnings("ignore", "Mean of empty|Degrees of freedom")
                center = np.nanmean(x, axis=1)
                variance = np.nanvar(x, axis=1)
            # RevIN's guard against flat windows, relative to the channel's own scale.
            floor = 1e-5 * self.levels_.scale.astype(x.dtype) ** 2
            spread = np.sqrt(np.nan_to_num(variance) + floor)
        nothing_known = ~known.any(axis=1)
        level = self.levels_.mean.astype(x.dtype)
        return np.where(nothing_known, level, center), spread

    def _per_target(self, y, windows, rows, *, undo):
        """Take the levels of the targets' channels off rows of y, or put them back."""
        if not (self.n_levels and self.centers_targets):
            return y[rows]
        position = [self.channels.index(c) for c in self.target_channels]
        center, spread = (
            level[:, None, position] for level in self._levels(windows.gather(rows))
        )
        steps = y[rows].reshape(len(center), -1, len(position))
        steps = steps * spread + center if undo else (steps - center) / spread
        return steps.reshape(y[rows].shape).astype(np.float64, copy=False)


def _blocks_of(y, windows):
    """Cut rows, targets of windows, into runs that stay in the processor's cache."""
    return row_blocks(len(y), max(y.shape[1], windows.shape[1]))


def _is_mapped(array):
    """Tell whether an array is part of a file that is mapped into memory."""
    while array is not None and not isinstance(array, np.memmap):
        array = getattr(array, "base", None)
    return array is not None
