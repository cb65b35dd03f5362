"""Windows: each value of a series held once."""

from __future__ import annotations

from typing import Any

import numpy as np

FLOATS: dict[str, Any] = {
    "dtype": [np.float64, np.float32],
    "ensure_all_finite": "allow-nan",
}


def sliding_windows(series: np.ndarray, window: int) -> np.ndarray:
    """View a C-contiguous (n, channels) array as (n - window + 1, window * channels).

    A window is one run of memory. The view's base is `series`, and it is read-only
    because its rows overlap.
    """
    n_rows, n_channels = series.shape
    windows = np.ndarray(
        (n_rows - window + 1, window * n_channels),
        series.dtype,
        buffer=series,
        strides=(n_channels * series.itemsize, series.itemsize),
    )
    windows.flags.writeable = False
    return windows
