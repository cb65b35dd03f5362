"""What a report of a fault should say."""

from __future__ import annotations

import platform
import sys
from importlib import metadata


def show_versions() -> None:
    """Print the versions of skts, of what it needs, and of Python and the system.

    Nothing is imported for it. Put what it prints into a report of a fault.

    Examples
    --------
    >>> import skts
    >>> skts.show_versions()  # doctest: +ELLIPSIS
    skts ...
    """
    from . import __version__

    versions = {"skts": __version__}
    needed = ["scikit-learn", "numpy", "pandas", "keras", "tensorflow", "scikeras"]
    for name in [*needed, "scipy", "joblib", "matplotlib"]:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "is not installed"
    versions["Python"] = sys.version.split()[0]
    versions["system"] = platform.platform()
    for name, version in versions.items():
        print(f"{name:<13} {version}")
