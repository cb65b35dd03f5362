"""Windows made ready for a network, and predictions brought back."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view


def overlapping_series(x):
    """Return the series (n_rows + timesteps - 1, channels) that `x` is a view of.

    None if the windows `x` of shape (n_rows, timesteps, channels) do not overlap: each
    the one before, a step on. Such windows come from `SlidingWindowTransformer` and are
    handled as a series, so that the memory they need is that of the series. Their
    values tell, not their place in memory, so that a copy (in another process, say)
    gives the same bits.
    """
    n, timesteps, channels = x.shape
    if n < 2 or timesteps < 2:
        return None
    step = channels * x.itemsize
    if x.strides == (step, step, x.itemsize):
        return as_strided(
            x, (n + timesteps - 1, channels), (step, x.itemsize), writeable=False
        )
    for rows in (slice(2), slice(None)):  # most other windows differ at once
        ahead, behind = x[rows][1:, :-1], x[rows][:-1, 1:]
        if not np.array_equal(ahead, behind, equal_nan=True):
            return None
    return np.concatenate([x[0], x[1:, -1]])


def _values_and_weights(x, weight):
    """Return all values of `x`, a column per channel, and how much each one counts."""
    n, timesteps, channels = x.shape
    series = overlapping_series(x)
    if series is None:
        return x.reshape(-1, channels), np.repeat(weight, timesteps)
    # A value of the series counts with the weights of all windows that hold it.
    total = np.concatenate([np.zeros(timesteps), np.cumsum(weight, dtype=np.float64)])
    ahead = np.concatenate([total[timesteps:], np.full(timesteps - 1, total[-1])])
    return series, ahead - total[: n + timesteps - 1]


def _map_values(function, x):
    """Apply `function`, of (n_values, channels), to the values of the windows `x`."""
    n, timesteps, channels = x.shape
    series = overlapping_series(x)
    if series is None:
        return function(x.reshape(-1, channels)).reshape(n, timesteps, -1)
    return sliding_window_view(function(series), timesteps, axis=0).transpose(0, 2, 1)


class _Scaler(NamedTuple):
    """What is taken off each column of values, and what then divides it."""

    mean_: np.ndarray
    scale_: np.ndarray

    def transform(self, values):
        values = values.copy()
        values -= self.mean_
        values /= self.scale_
        return values

    def inverse_transform(self, values):
        values = values.copy()
        values *= self.scale_
        values += self.mean_
        return values


def _mean_and_variance(values, weight):
    """Return those of what is known in a column; variance 0 if it is but rounding.

    scikit-learn's scaler sums by BLAS, whose last bits change with its threads.
    """
    known = ~np.isnan(values)
    values = values[known].astype(np.float64, copy=False)
    weight = weight[known].astype(np.float64, copy=False)
    count = weight.sum()
    mean = (weight * values).sum() / count
    deviations = values - mean
    # The second term, 0 but for rounding, takes the error of the mean off the first.
    variance = (weight * deviations**2).sum() / count
    variance -= ((weight * deviations).sum() / count) ** 2
    rounding = np.finfo(np.float64).eps * len(values)
    is_constant = (
        np.isfinite(variance)
        and variance <= rounding * variance + (rounding * mean) ** 2
    )
    return mean, 0.0 if is_constant else variance


def _fit_scaler(values, weight, what, n_targets=None):
    """Standardise the columns of `values`; those of one target by the same scale."""
    with np.errstate(all="ignore"):
        moments = [_mean_and_variance(column, weight) for column in values.T]
    mean, variance = np.transpose(moments)
    overflown = np.nanmax(np.abs(values[:, ~np.isfinite(variance)]), initial=0)
    if overflown > 0:
        raise ValueError(
            f"{what} holds values too large to standardise (up to {overflown:.3g}): "
            "divide them by a constant first."
        )
    if n_targets is not None:  # so that errors of all steps count alike
        steps = variance.reshape(-1, n_targets)
        variance = np.tile(steps.mean(axis=0), len(steps))
    scale = np.sqrt(variance)
    scale[scale == 0] = 1
    # A channel without a single value has no mean; it is all missing.
    return _Scaler(np.nan_to_num(mean), np.nan_to_num(scale, nan=1.0))


class WindowScaler:
    """Standardise windows and targets, mark what is missing, and undo it.

    Parameters
    ----------
    standardize : bool
        Whether channels and targets get mean 0 and standard deviation 1: one mean and
        scale per channel, not per lag; a mean per step and one scale per target.
    window_norm : {None, "last", "standard"}
        What each window is made relative to before that.
    n_targets : int, default=1
        Targets per step.
    target_channels : list of int, default=None
        The channel that each target continues, where `window_norm` needs it.
    """

    def __init__(self, standardize, window_norm, n_targets=1, target_channels=None):
        self.standardize = standardize
        self.window_norm = window_norm
        self.n_targets = n_targets
        self.target_channels = target_channels

    def fit(self, x, y, weight):
        """Learn from windows `x` (n_rows, timesteps, channels) and targets `y`.

        `y` of shape (n_rows, n_outputs) is None where targets are not numbers.
        """
        if self.window_norm is not None:
            values, weights = _values_and_weights(x, weight)
            self.levels_ = _fit_scaler(values, weights, "X")
        center, spread = self._window_levels(x)
        x = self._normalise(x, center, spread)
        values, weights = _values_and_weights(x, weight)
        self.missing_ = np.flatnonzero(np.isnan(values[weights > 0]).any(axis=0))
        self.x_scaler_ = self.y_scaler_ = None
        if self.standardize:
            self.x_scaler_ = _fit_scaler(values, weights, "X")
            if y is not None:
                y = self._per_target(y, center, spread, undo=False)
                self.y_scaler_ = _fit_scaler(y, weight, "y", self.n_targets)
        return self

    def transform(self, x):
        """Return the network's input for windows `x`, a channel more per indicator."""
        x = self._normalise(x, *self._window_levels(x))
        return _map_values(self._impute, x)

    def transform_targets(self, y, x):
        """Return what the network shall predict for targets `y` of windows `x`."""
        if self.target_channels is None and self.y_scaler_ is None:
            return y
        y = self._per_target(y, *self._window_levels(x), undo=False)
        return y if self.y_scaler_ is None else self.y_scaler_.transform(y)

    def inverse_transform_targets(self, y, x):
        """Return predictions `y` of the network for windows `x` in units of y."""
        if self.y_scaler_ is not None:
            y = self.y_scaler_.inverse_transform(y)
        return self._per_target(y, *self._window_levels(x), undo=True)

    def _impute(self, values):
        missing = np.isnan(values)
        if self.x_scaler_ is not None:
            values = self.x_scaler_.transform(values)
        if not missing.any() and not len(self.missing_):
            return values
        indicators = missing[:, self.missing_].astype(values.dtype)
        return np.hstack([np.where(missing, 0, values), indicators])

    def _window_levels(self, x):
        """Return what `window_norm` takes off each window and divides it by.

        Both are of shape (n_rows, channels), or None.
        """
        if self.window_norm is None:
            return None, None
        known = ~np.isnan(x)
        if self.window_norm == "last":
            last = x.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
            center = np.take_along_axis(x, last[:, None, :], axis=1)[:, 0]
            spread = np.ones_like(center)
        else:
            with warnings.catch_warnings(), np.errstate(over="ignore"):
                warnings.filterwarnings("ignore", "Mean of empty|Degrees of freedom")
                center = np.nanmean(x, axis=1)
                variance = np.nanvar(x, axis=1)
            # RevIN's guard against flat windows, relative to the channel's own scale.
            floor = 1e-5 * self.levels_.scale_.astype(x.dtype) ** 2
            spread = np.sqrt(np.nan_to_num(variance) + floor)
        nothing_known = ~known.any(axis=1)
        level = self.levels_.mean_.astype(x.dtype)
        return np.where(nothing_known, level, center), spread

    def _normalise(self, x, center, spread):
        if center is None:
            return x
        return (x - center[:, None, :]) / spread[:, None, :]

    def _per_target(self, y, center, spread, *, undo):
        """Take the targets' window levels off `y`, or put them back."""
        if center is None:
            return y
        shape = (len(y), -1, self.n_targets)
        center = center[:, None, self.target_channels]
        spread = spread[:, None, self.target_channels]
        steps = y.reshape(shape)
        steps = steps * spread + center if undo else (steps - center) / spread
        return steps.reshape(y.shape)
