"""Warnings that point at the user's line."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType

# What may stand between a user's line and the place that warns.
_LIBRARIES = {
    *("skts", "sklearn", "joblib", "scikeras", "keras"),
    *("concurrent", "contextlib", "functools", "multiprocessing", "threading"),
}


_only_the_last_row_counts = ContextVar("only_the_last_row_counts", default=False)


@contextmanager
def only_the_last_row_counts() -> Iterator[None]:
    """Say nothing of what windows of earlier rows lack. It holds in this thread."""
    before = _only_the_last_row_counts.set(True)
    try:
        yield
    finally:
        _only_the_last_row_counts.reset(before)


def warn_of_the_past(message: str) -> None:
    """Warn of what windows lack, unless nobody reads those windows."""
    if not _only_the_last_row_counts.get():
        warn(message)


def warn(message: str) -> None:
    """Warn at the innermost line that is not of a library, a user's or a test's."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and _library_of(frame) in _LIBRARIES:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level + 1)


def _library_of(frame: FrameType) -> str:
    return frame.f_globals.get("__name__", "").partition(".")[0]
