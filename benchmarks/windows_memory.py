"""Memory and time of windows, and of networks that are fitted to them and predict.

Each row is measured in a process of its own. What is added is the peak of private
memory above X, y and history as the caller holds them, in bytes of these; what a
mapped file takes of memory is the system's to take back and does not count.
"""

import argparse
import multiprocessing
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from skts import MLPRegressor, SlidingWindowTransformer, make_supervised

NETWORK = {"units": 4, "epochs": 1, "batch_size": 1024, "random_state": 0}


def random_walk(n_rows, n_columns=1, dtype="float32"):
    steps = np.random.default_rng(0).standard_normal((n_rows, n_columns), "float32")
    return steps.cumsum(axis=0, out=steps).astype(dtype, copy=False)


class Peak:
    """The peak of private memory between entering and leaving."""

    def __enter__(self):
        self.before = self.peak = private_bytes()
        self.start = time.perf_counter()
        self.done = threading.Event()
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()
        return self

    def watch(self):
        while not self.done.wait(0.002):
            self.peak = max(self.peak, private_bytes())

    def __exit__(self, *error):
        self.seconds = time.perf_counter() - self.start
        self.done.set()
        self.watcher.join()
        self.added = self.peak - self.before


def private_bytes():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) * 1024


# What a case gives: a model, X, y, and a history if it has one ------------------------


def pipeline(window, transformer=(), **network):
    return make_pipeline(
        SlidingWindowTransformer(window, **dict(transformer)),
        MLPRegressor(**NETWORK | network),
    )


def in_a_pipeline(n_rows, window, dtype="float32", **network):
    series = random_walk(n_rows, dtype=dtype)
    return pipeline(window, **network), series, np.roll(series[:, 0], -1), None


def array_of_windows(n_rows, window):
    X, y = make_supervised(random_walk(n_rows), window=window)
    return MLPRegressor(**NETWORK), X, y, None


def mapped(n_rows, window, as_windows=False):
    """Map a series from a file, or a table of windows of a tenth of its rows."""
    series = random_walk(n_rows)
    values = series
    if as_windows:
        values, _ = make_supervised(series[: n_rows // 10], window=window)
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, values)
        file.flush()
        X = np.load(file.name, mmap_mode="r")
    y = np.roll(series[: len(X), 0], -1)
    return MLPRegressor(**NETWORK) if as_windows else pipeline(window), X, y, None


def with_a_column_beside(n_rows, window):
    X = random_walk(n_rows, 2)
    model = pipeline(window, {"passthrough": [1]})
    return model, X, np.roll(X[:, 0], -1), None


def with_a_history(n_rows, window):
    dates = pd.date_range("2000", periods=n_rows, freq="min")
    history = pd.DataFrame(random_walk(n_rows), dates, ["x"], copy=False)
    X, y = history[window:-1], history["x"].shift(-1)[window:-1]
    return pipeline(window, {"history": history}), X, y, history


def many_series(n_rows, window, **network):
    """Series of 1,000 rows, of which the next 7 are predicted."""
    days = pd.date_range("2000", periods=1000)
    index = pd.MultiIndex.from_product([range(-(-n_rows // 1000)), days])
    panel = pd.DataFrame(random_walk(len(index)), index, ["x"], copy=False)
    X, y = make_supervised(panel, horizon=7)
    return pipeline(window, **network), X, y, None


CASES = {
    "array of windows": (array_of_windows, {}),
    "memmap of windows": (mapped, {"as_windows": True}),
    "pipeline, memmap": (mapped, {}),
    "pipeline, array": (in_a_pipeline, {}),
    "window_norm='last'": (in_a_pipeline, {"window_norm": "last"}),
    "window_norm='standard'": (in_a_pipeline, {"window_norm": "standard"}),
    "early_stopping": (in_a_pipeline, {"early_stopping": True}),
    "float64": (in_a_pipeline, {"dtype": "float64"}),
    "passthrough": (with_a_column_beside, {}),
    "history": (with_a_history, {}),
    "many series": (many_series, {}),
    "many series, 100 units": (many_series, {"units": 100, "early_stopping": False}),
}


def measure(name, n_rows, window):
    """Return bytes that the caller holds, then bytes added and seconds, twice."""
    make, options = CASES[name]
    model, X, y, _ = make(30 * window, window, **options)
    model.fit(X, y).predict(X)  # what loads and compiles late is not counted
    model, X, y, history = make(n_rows, window, **options)
    arrays = [X.base if name == "array of windows" else X, y, history]
    held = sum(np.asarray(array).nbytes for array in arrays if array is not None)
    with Peak() as fit:
        model.fit(X, y)
    with Peak() as predict:
        model.predict(X)
    return held, fit.added, fit.seconds, predict.added, predict.seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "cases", nargs="*", metavar="WORD", help="rows with these words"
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--window", type=int, default=100)
    options = parser.parse_args()
    print(
        f"{options.rows:,} rows, window {options.window}, MLP of 4 units, one epoch\n"
    )
    print("| | X, y, history: MB | fit adds | seconds | predict adds | seconds |")
    print("| --- | --: | --: | --: | --: | --: |")
    for name in CASES:
        if options.cases and not any(word in name for word in options.cases):
            continue
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            held, *parts = pool.apply(measure, (name, options.rows, options.window))
        fit, fit_seconds, predict, predict_seconds = parts
        print(
            f"| {name} | {held / 1e6:.0f} | {fit / held:.2f} times | {fit_seconds:.1f} "
            f"| {predict / held:.2f} times | {predict_seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
