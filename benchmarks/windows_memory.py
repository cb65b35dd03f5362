"""Memory and time of `fit_transform` beside copying every window.

Each row is measured in a process of its own: the growth of its peak resident memory
over what it took once the series was there.
"""

import argparse
import multiprocessing
import resource
import sys
import time

import numpy as np
import pandas as pd

from skts import SlidingWindowTransformer


def strided(series, window):
    return SlidingWindowTransformer(window).fit_transform(series)


def copied(series, window):
    padded = np.concatenate([np.repeat(series[:1], window - 1, axis=0), series])
    return np.stack([padded[t : t + window].ravel() for t in range(len(series))])


def make_array(n_rows):
    return np.random.default_rng(0).standard_normal((n_rows, 1), dtype=np.float32)


def make_frame(n_rows):
    return pd.DataFrame(make_array(n_rows), columns=["x"], copy=False)


def peak_mb():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def measure(make_series, make_windows, n_rows, window):
    """Return MB of the series, MB on top of it at the peak, and seconds."""
    make_windows(make_series(2 * window), window)  # what loads late is not counted
    series = make_series(n_rows)
    values = np.asarray(series)
    before, start = peak_mb(), time.perf_counter()
    windows = make_windows(series, window)
    seconds, above = time.perf_counter() - start, peak_mb() - before
    assert windows.shape == (n_rows, window)
    assert np.array_equal(windows[-1], values[-window:, 0])
    return values.nbytes / 2**20, above, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--window", type=int, default=500)
    options = parser.parse_args()
    cases = [
        ("strided view, array", make_array, strided, options.rows),
        ("strided view, DataFrame", make_frame, strided, options.rows),
        ("strided view, array", make_array, strided, options.rows // 50),
        ("copied windows, array", make_array, copied, options.rows // 50),
    ]
    print(f"float32, window {options.window}; MB above: peak memory above the series\n")
    print("| windows | rows | series MB | MB above | ratio | seconds |")
    print("| --- | --: | --: | --: | --: | --: |")
    for name, make_series, make_windows, n_rows in cases:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            series_mb, above, seconds = pool.apply(
                measure, (make_series, make_windows, n_rows, options.window)
            )
        print(
            f"| {name} | {n_rows:,} | {series_mb:.1f} | {above:.1f} "
            f"| {above / series_mb:.1f} | {seconds:.2f} |"
        )


if __name__ == "__main__":
    main()
