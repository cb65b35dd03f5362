"""How TensorFlow is loaded: what is wrong with it is said, and nothing else is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from skts._engine import check_engine

ROOT = Path(__file__).parents[1]
TELL = """
import os, sys, threading
stop, n_told = threading.Event(), 0
def tell():
    global n_told
    while not stop.wait(0.01):
        n_told += os.write(2, b"I am told 2026-11-26\\n") // 21
thread = threading.Thread(target=tell)
thread.start()
import skts._engine
stop.set()
thread.join()
print(n_told)
"""


def run(code, shell=""):
    env = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    command = f'"{sys.executable}" -c "$CODE" {shell}'
    return subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=env | {"CODE": code},
        check=True,
        capture_output=True,
        text=True,
    )


def test_what_others_write_while_tensorflow_is_loaded_is_not_lost():
    done = run(TELL)
    told = done.stderr.splitlines()
    assert set(told) == {"I am told 2026-11-26"}
    assert len(told) == int(done.stdout) > 10


def test_stderr_may_be_closed(tmp_path):
    code = f"""
file = open({str(tmp_path / "mine")!r}, "w")  # in the place of what is closed
import skts._engine
print(file.fileno(), skts._engine.keras.__version__)
file.write("mine")
"""
    assert run(code, "2>&-").stdout.startswith("2 3.")
    assert (tmp_path / "mine").read_text() == "mine"
    assert run("import skts._engine; print('loaded')", "2>&-").stdout == "loaded\n"


def test_another_backend_of_keras_is_said(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    check_engine()
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(ImportError, match="backend is 'jax': set KERAS_BACKEND="):
        check_engine()


def test_the_backend_of_keras_that_is_loaded_counts(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    check_engine()


def test_missing_tensorflow_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ImportError, match="not installed: pip install tensorflow"):
        check_engine()
