"""XLA's compiled programs on disk, so that new processes need not compile again."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SWITCH = "SKTS_XLA_CACHE"  # "0" for none, or the path of another folder
MOST_BYTES = 2**29  # that are kept from one process to the next
FREE_BYTES = 2**28  # of the disk that there must be

_folder: Path | None = None


@contextlib.contextmanager
def xla_cache() -> Iterator[None]:
    """Have the TensorFlow that is loaded in here keep what XLA compiles, if it can.

    It reads from its environment where to, once.
    """
    global _folder
    flags = os.environ.get("TF_XLA_FLAGS", "")
    is_free = "tensorflow" not in sys.modules and "persistent_cache" not in flags
    _folder = _usable_folder() if is_free else None
    if _folder is None:
        yield
        return
    os.environ["TF_XLA_FLAGS"] = (
        f"{flags} --tf_xla_persistent_cache_directory={_folder}".lstrip()
    )
    try:
        yield
    finally:
        os.environ["TF_XLA_FLAGS"] = flags
        if not flags:
            del os.environ["TF_XLA_FLAGS"]


def start_anew() -> bool:
    """Empty the folder, for a file that is broken; tell whether that may help."""
    global _folder
    folder, _folder = _folder, None  # once in a process
    if folder is None:
        return False
    with contextlib.suppress(OSError):
        _make_private(folder)
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
    return True


def _usable_folder():
    """Return the folder of this TensorFlow on this processor; None without one."""
    choice = os.environ.get(SWITCH, "")
    if choice == "0":
        return None
    try:
        folder = Path(choice or _cache_home() / "skts") / _key()
        if any(character.isspace() for character in str(folder)):
            return None  # TensorFlow would take its path for several flags
        _make_private(folder)
        if shutil.disk_usage(folder).free < FREE_BYTES:
            return None
        with tempfile.TemporaryFile(dir=folder):
            pass
        _drop_oldest(folder)
    except (OSError, RuntimeError):  # no home, or not to be written to
        return None
    return folder


def _cache_home():
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home())
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _key():
    """Return what another TensorFlow or another processor has another of."""
    spec = importlib.util.find_spec("tensorflow")
    origin = spec.origin if spec and spec.origin else ""
    parts = [origin, str(os.stat(origin).st_mtime_ns) if origin else ""]
    parts += [sys.version, platform.platform(), platform.processor()]
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        parts += sorted({x for x in lines if x.startswith(("flags", "model", "Feat"))})
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _make_private(folder):
    """Make a folder to which nobody else writes: what is in it will be run."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix":
        status = folder.stat()
        if status.st_uid != os.getuid():
            raise PermissionError(f"{folder} is of another user")
        if status.st_mode & 0o077:
            folder.chmod(0o700)


def _drop_oldest(folder):
    size = 0
    paths = [(path.stat(), path) for path in folder.iterdir()]
    for status, path in sorted(paths, key=lambda pair: -pair[0].st_mtime):
        size += status.st_size
        if size > MOST_BYTES:
            path.unlink(missing_ok=True)
