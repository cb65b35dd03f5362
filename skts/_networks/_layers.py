"""The layers that networks are made of."""

from __future__ import annotations

import functools
import inspect


class Layers:
    """`keras.layers` that read windows as channels last, whatever Keras is set to."""

    def __getattr__(self, name):
        from .._program import keras

        layer_class = getattr(keras.layers, name)
        if "data_format" in inspect.signature(layer_class).parameters:
            return functools.partial(layer_class, data_format="channels_last")
        return layer_class


def flat(layers, *inputs):
    """Return tensors side by side, (n_rows, columns); those that are None are not."""
    rows = [
        x if len(x.shape) == 2 else layers.Flatten()(x) for x in inputs if x is not None
    ]
    return layers.Concatenate()(rows) if len(rows) > 1 else rows[0]


def last_state(layer, sizes, x, drop, **options):
    """Return what the last of stacked recurrent layers says at the last timestep."""
    *stacked, last = sizes
    for units in stacked:
        x = drop(layer(units, return_sequences=True, **options)(x))
    return drop(layer(last, **options)(x))
