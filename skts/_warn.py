"""Warnings that point at the user's line."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

# What may stand between a user's line and the place that warns.
_LIBRARIES = {
    *("skts", "sklearn", "joblib", "scikeras", "keras"),
    *("concurrent", "contextlib", "functools", "threading"),
}


def warn(message: str) -> None:
    """Warn at the innermost line that is not of a library, a user's or a test's."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and _library_of(frame) in _LIBRARIES:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level + 1)


def _library_of(frame: FrameType) -> str:
    return frame.f_globals.get("__name__", "").partition(".")[0]
