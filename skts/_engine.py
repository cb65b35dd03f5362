"""TensorFlow and Keras, loaded in quiet and ready for what is compiled."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sys
import tempfile

from ._disk_cache import xla_cache

__all__ = ["check_engine", "keras", "tf"]

# How the lines that TensorFlow logs while it is loaded begin.
_LOGGED = re.compile(rb"[IWE]\d{4} |\d{4}-\S+ \S+: [IWE] |WARNING: All log messages ")


@contextlib.contextmanager
def _quiet():
    """Keep to itself what TensorFlow logs while it is loaded for the first time."""
    if "tensorflow" in sys.modules or "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        yield
        return
    # What fails is raised, too. XLA logs an error for each program that it reads from
    # disk, as it takes what it prefers for features of a processor. Read once.
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    try:
        with _quiet_stderr():
            yield
    finally:
        del os.environ["TF_CPP_MIN_LOG_LEVEL"]


@contextlib.contextmanager
def _quiet_stderr():
    try:
        stderr = os.dup(2)
    except OSError:  # is closed
        yield
        return
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            written.seek(0)
            others = [line for line in written if not _LOGGED.match(line)]
            with contextlib.suppress(OSError):  # nobody reads it any more
                os.write(2, b"".join(others))  # what other threads had to say


def check_engine():
    """Say what is wrong with TensorFlow, or with Keras on top of it, if anything is."""
    if importlib.util.find_spec("tensorflow") is None:
        raise ImportError(
            "skts trains by TensorFlow, which is not installed: pip install tensorflow."
        )
    loaded = sys.modules.get("keras")
    chosen = loaded.config.backend() if loaded else os.environ.get("KERAS_BACKEND")
    if chosen not in (None, "", "tensorflow"):
        raise ImportError(
            f"skts trains by Keras on TensorFlow, but Keras' backend is {chosen!r}: set"
            " KERAS_BACKEND=tensorflow in the environment before Python starts."
        )


check_engine()
with _quiet(), xla_cache():
    import keras

    check_engine()  # a file of settings may choose the backend, too
    import tensorflow as tf

    tf.constant(0)  # looks for devices
