"""Keras layers whose random numbers all follow from one seed."""

from __future__ import annotations

import inspect
from collections import Counter

import numpy as np


class SeededLayers:
    """`keras.layers` of one precision, with a seed for everything that is random.

    Keras draws unseeded weights and dropout masks from global state, which threads
    share and no `random_state` rules. `SeededLayers(seed, dtype).Dense(10)` is
    `keras.layers.Dense(10, dtype=dtype)` with its initializers seeded, and with a name
    that does not depend on what the process built before.

    Parameters
    ----------
    seed : int
        Where the seeds of the layers come from, in the order of their making.
    dtype : {"float32", "float64"}
        Precision of weights and arithmetic.
    """

    def __init__(self, seed: int, dtype: str):
        self._rng = np.random.RandomState(seed)
        self._dtype = dtype
        self._made: Counter[str] = Counter()

    def _seed(self) -> int:
        return int(self._rng.randint(np.iinfo(np.int32).max))

    def __getattr__(self, name):
        from .._program import keras

        layer_class = getattr(keras.layers, name)

        def make(*args, **kwargs):
            for parameter in inspect.signature(layer_class).parameters.values():
                default = parameter.default
                if parameter.name == "seed":
                    kwargs.setdefault("seed", self._seed())
                elif parameter.name.endswith("_initializer") and default not in (
                    "zeros",
                    "ones",
                ):
                    seeded = {"class_name": default, "config": {"seed": self._seed()}}
                    kwargs.setdefault(parameter.name, seeded)
            self._made[name] += 1
            kwargs.setdefault("name", f"{name.lower()}_{self._made[name]}")
            return layer_class(*args, dtype=self._dtype, **kwargs)

        return make
