"""Compiled programs outlive the process; nothing that happens to them matters."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from skts import _disk_cache

ROOT = Path(__file__).parents[1]
FIT = """
import numpy as np
from skts import MLPRegressor
X = np.random.default_rng(0).normal(size=(20, 6)).astype("float32")
model = MLPRegressor(units=4, epochs=2, jit_compile=True, random_state=0)
print(model.fit(X, X[:, 0]).predict(X).tobytes().hex())
from skts import _program
print(_program._pool[0][1].is_xla)
"""


def fit(cache, code=FIT):
    env = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=env | {"SKTS_XLA_CACHE": str(cache)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert run.stderr == ""
    return run.stdout


def files(folder):
    return {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_a_new_process_reads_what_another_compiled(tmp_path):
    first = fit(tmp_path)
    written = files(tmp_path)
    assert written
    assert fit(tmp_path) == first
    assert files(tmp_path) == written  # none was compiled again
    for path in written:
        path.write_bytes(path.read_bytes()[:100])
    assert fit(tmp_path) == first
    assert all(path.stat().st_size > 100 for path in files(tmp_path))


@pytest.fixture
def anew(monkeypatch, tmp_path):
    monkeypatch.setattr(_disk_cache, "_folder", None)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    monkeypatch.setenv("SKTS_XLA_CACHE", str(tmp_path / "cache"))


def flags():
    with _disk_cache.xla_cache():
        inside = os.environ.get("TF_XLA_FLAGS")
    assert "persistent" not in os.environ.get("TF_XLA_FLAGS", "")
    return inside


def test_the_folder_is_private(anew, tmp_path):
    (tmp_path / "cache").mkdir(mode=0o777)
    folder = Path(flags().partition("=")[2])
    assert folder.parent == tmp_path / "cache"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    assert flags()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_flags_of_the_user_are_kept(anew, monkeypatch):
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=0")
    assert flags().startswith("--tf_xla_auto_jit=0 --tf_xla_persistent_cache")
    assert os.environ["TF_XLA_FLAGS"] == "--tf_xla_auto_jit=0"


def test_where_it_cannot_be_there_is_none(anew, monkeypatch, tmp_path):
    def full(folder):
        return type("Usage", (), {"free": 1000})

    with monkeypatch.context() as patch:
        patch.setattr(_disk_cache.shutil, "disk_usage", full)
        assert flags() is None
    for value in ("0", "/proc/nowhere", str(tmp_path / "with space")):
        monkeypatch.setenv("SKTS_XLA_CACHE", value)
        assert flags() is None
    monkeypatch.setenv("SKTS_XLA_CACHE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    assert flags() is None  # it has read its flags


def test_the_oldest_programs_are_dropped(anew, monkeypatch):
    folder = Path(flags().partition("=")[2])
    for age, name in enumerate(["new", "old", "oldest"]):
        (folder / name).write_bytes(bytes(100))
        os.utime(folder / name, (1e9 - age, 1e9 - age))
    monkeypatch.setattr(_disk_cache, "MOST_BYTES", 250)
    assert flags()
    assert sorted(p.name for p in folder.iterdir()) == ["new", "old"]
