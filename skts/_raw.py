"""Scaling as part of a network, for those who run it without skts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._scaling import WindowScaler
from ._seeds import run_seeded


def raw_network(
    network: Any,
    scaler: WindowScaler,
    inputs: dict,
    of_leads: np.ndarray,
    dtype: str,
    n_quantiles: int,
) -> Any:
    """Return a plain Keras model of what `network` predicts of raw values.

    Parameters
    ----------
    network : keras.Model
        Reads what `scaler` makes of windows.
    scaler : WindowScaler
        Fitted scaler.
    inputs : dict of str to tuple
        The shape of a row of "windows", and of "leads" and "beside" if there are any.
    of_leads : ndarray of int
        Which channel each column of the leads is, -1 if none.
    dtype : {"float32", "float64"}
        Of what the model reads and predicts.
    n_quantiles : int
        More than 1 are the last dimension of what the model predicts.
    """

    def build():
        from ._engine import keras

        tensors = {
            name: keras.Input(shape, dtype=dtype, name=name)
            for name, shape in inputs.items()
        }
        scaled = _Raw(scaler, of_leads, dtype, n_quantiles)
        outputs = scaled(network, **tensors)
        raw = list(tensors.values())
        name = f"raw_{network.name}"
        model = keras.Model(raw if len(raw) > 1 else raw[0], outputs, name=name)
        return exportable(model)

    return run_seeded(build, 0, network.inputs[0].dtype)


def exportable(model: Any) -> Any:
    """Return a Keras model that can be exported without having been called before.

    Keras refuses those that were not, though it knows the inputs of a functional model.
    """
    model._called = True
    return model


class _Raw:
    """What `WindowScaler` does to arrays, in operations of Keras."""

    def __init__(self, scaler, of_leads, dtype, n_quantiles):
        from ._engine import keras

        self.ops = keras.ops
        self.scaler = scaler
        self.of_leads = of_leads
        self.dtype = dtype
        self.n_quantiles = n_quantiles

    def __call__(self, network, windows, leads=None, beside=None):
        ops, scaler = self.ops, self.scaler
        dtype = network.inputs[0].dtype
        levels = self.levels(windows) if scaler.window_norm else None
        x = self.relative(windows, levels, range(windows.shape[-1]))
        inputs = [self.standardized(x, scaler.x_scaler_)]
        if leads is not None:
            leads = self.relative(leads, levels, self.of_leads)
            inputs.append(self.standardized(leads, scaler.leads_scaler_))
        if scaler.n_levels:
            met = ops.concatenate(levels, axis=-1)[:, : scaler.n_levels]
            lowest, highest = (self.constant(bound) for bound in scaler.met_)
            met = ops.minimum(ops.maximum(met, lowest), highest)
            beside = met if beside is None else ops.concatenate([beside, met], axis=-1)
        if beside is not None:
            inputs.append(self.standardized(beside, scaler.beside_scaler_))
        inputs = [ops.cast(x, dtype) for x in inputs]
        y = ops.cast(network(inputs if len(inputs) > 1 else inputs[0]), self.dtype)
        if self.n_quantiles > 1:
            y = ops.reshape(y, (-1, self.n_quantiles, y.shape[-1] // self.n_quantiles))
        if scaler.y_scaler_ is not None:
            y = y * self.constant(scaler.y_scaler_.scale)
            y = y + self.constant(scaler.y_scaler_.mean)
        if scaler.n_levels and scaler.centers_targets:
            n_steps = y.shape[-1] // len(scaler.target_channels)
            of_outputs = np.tile(scaler.target_channels, n_steps)
            center, spread = self.per_column(levels, of_outputs)
            if self.n_quantiles > 1:
                center, spread = center[:, None], spread[:, None]
            y = y * spread + center
        return y if self.n_quantiles < 2 else ops.transpose(y, (0, 2, 1))

    def constant(self, values):
        return np.asarray(values, self.dtype)

    def standardized(self, x, columns):
        ops = self.ops
        x = (x - self.constant(columns.mean)) / self.constant(columns.scale)
        missing = ops.isnan(x)
        known = ops.where(missing, self.constant(0), x)
        if not len(columns.marked):
            return known
        marks = ops.take(missing, columns.marked, axis=-1)
        return ops.concatenate([known, ops.cast(marks, self.dtype)], axis=-1)

    def levels(self, windows):
        """Return what is taken off channels, and what they are divided by."""
        ops, scaler = self.ops, self.scaler
        x = ops.take(windows, scaler.channels, axis=-1)
        missing = ops.isnan(x)
        x = ops.where(missing, self.constant(0), x)
        one = 1 - ops.cast(missing, self.dtype)
        count = ops.sum(one, axis=1)
        if scaler.window_norm in ("last", "level"):
            upto = ops.cumsum(one, axis=1)
            is_last = one * ops.cast(ops.equal(upto, count[:, None]), self.dtype)
            center = ops.sum(x * is_last, axis=1)
            spread = ops.ones_like(center)
            if scaler.window_norm == "level":
                total = ops.sum(ops.abs(x), axis=1)
                size = total / ops.maximum(count, self.constant(1))
                scale = self.constant(scaler.levels_.scale)
                spread = ops.where(total > 0, size, scale)
        else:
            count = ops.maximum(count, self.constant(1))
            center = ops.sum(x, axis=1) / count
            variance = ops.sum(one * ops.square(x - center[:, None]), axis=1) / count
            floor = 1e-5 * self.constant(scaler.levels_.scale) ** 2
            spread = ops.sqrt(variance + floor)
        level = self.constant(scaler.levels_.mean)
        return ops.where(ops.all(missing, axis=1), level, center), spread

    def per_column(self, levels, channels):
        """Return levels of the channels of columns: 0 and 1 where there is none."""
        own = np.asarray(self.scaler.channels)[:, None] == np.asarray(channels)
        center, spread = (self.ops.matmul(x, self.constant(own)) for x in levels)
        return center, spread + self.constant(~own.any(axis=0))

    def relative(self, x, levels, channels):
        """Take levels off (n_rows, steps, columns)."""
        if levels is None:
            return x
        center, spread = self.per_column(levels, channels)
        return (x - center[:, None]) / spread[:, None]
