"""Where Keras' random numbers come from while a network is made."""

from __future__ import annotations

import contextlib
import random
import threading
from concurrent.futures import ThreadPoolExecutor

_of_thread = threading.local()


class _SeedsOfThread:
    """What Keras draws seeds from: in a thread of `run_seeded` from those given there.

    Anywhere else it is Python's `random`, which is what Keras draws from by itself.
    """

    def __getattr__(self, name):
        return getattr(getattr(_of_thread, "random", random), name)


def run_seeded(function, seed, dtype):
    """Return ``function()``, in which Keras draws from `seed` what nobody seeded.

    Initializers and dropout without a seed take one from Python's global `random`,
    and layers their precision and names from settings that Keras keeps for each thread.
    So `function` has a new thread to itself, in which all three depend on nothing that
    the process did before, and leave no trace.

    Parameters
    ----------
    function : callable
        Makes layers, and may call them.
    seed : int
        Where seeds come from, in the order in which layers ask for them.
    dtype : {"float32", "float64"}
        Precision of the layers.
    """
    import keras
    import tensorflow as tf

    keras.src.random.seed_generator.python_random = _SeedsOfThread()
    is_distributed = tf.distribute.has_strategy()
    strategy = tf.distribute.get_strategy() if is_distributed else None

    def run():
        _of_thread.random = random.Random(seed)
        keras.config.set_dtype_policy(dtype)
        with strategy.scope() if strategy else contextlib.nullcontext():
            return function()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()
