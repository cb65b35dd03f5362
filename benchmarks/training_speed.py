"""How long training and prediction take, beside `keras.Model.fit` and scikeras.

Windows come from pandas, in float64, as `make_supervised` makes them; the other side
gets them as an array and trains in float32, as Keras does unless told otherwise. Each
side of each row is a process of its own. "first" is its first fit, with all tracing and
compiling but without imports, and without programs that an earlier process left on
disk; "again" is the median of new estimators of the same shape.
Usage: training_speed.py [repeats, default 3] [words in names of rows]
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from networks import BARE


def lesson(window, horizon=1):
    """Return the four rows that the course trains on."""
    from skts import make_supervised

    series = pd.Series(np.arange(10.0, 10.0 * (window + horizon + 4), 10.0), name="y")
    return make_supervised(series, window=window, horizon=horizon)


def random_windows(n_rows, window):
    from skts import make_supervised

    noise = np.random.default_rng(0).normal(scale=0.1, size=n_rows + window)
    series = pd.Series(np.sin(np.arange(n_rows + window) / 5) + noise, name="y")
    return make_supervised(series, window=window)


def births():
    from skts import make_supervised
    from skts.datasets import load_daily_births

    return make_supervised(load_daily_births()[:300], window=14)


def networks():
    """Return, by name, the layers of each network as one writes them with Keras."""
    from keras import layers

    def cnn(n, act="relu"):
        return [
            layers.Conv1D(64, 2, activation=act),
            layers.MaxPooling1D(2),
            layers.Flatten(),
            layers.Dense(50, activation=act),
            layers.Dense(n),
        ]

    return {
        "MLP": lambda n, act: [
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dense(n),
        ],
        "CNN": lambda n, act: cnn(n),
        "LSTM": lambda n, act: [layers.LSTM(50, activation=act), layers.Dense(n)],
        "CNNLSTM": lambda n, act: [
            layers.Reshape((2, 2, 1)),
            layers.TimeDistributed(layers.Conv1D(64, 1, activation="relu")),
            layers.TimeDistributed(layers.MaxPooling1D(2)),
            layers.TimeDistributed(layers.Flatten()),
            layers.LSTM(50, activation=act),
            layers.Dense(n),
        ],
        "EncoderDecoderLSTM": lambda n, act: [
            layers.LSTM(100, activation=act),
            layers.RepeatVector(n),
            layers.LSTM(100, activation=act, return_sequences=True),
            layers.TimeDistributed(layers.Dense(1)),
            layers.Reshape((n,)),
        ],
    }


# name: network, data, options of fit, activation, the other side
ROWS = {
    "lesson MLP": ("MLP", lambda: lesson(3), (2000, 32), "relu", "keras"),
    "lesson CNN": ("CNN", lambda: lesson(3), (1000, 32), "relu", "keras"),
    "lesson LSTM": ("LSTM", lambda: lesson(3), (1000, 32), "relu", "keras"),
    "lesson CNN-LSTM": ("CNNLSTM", lambda: lesson(4), (500, 32), "relu", "keras"),
    "lesson Encoder-Decoder": (
        "EncoderDecoderLSTM", lambda: lesson(3, 2), (100, 32), "relu", "keras",
    ),
    "MLP, 2000 windows of 24": (
        "MLP", lambda: random_windows(2000, 24), (20, 32), "relu", "keras",
    ),
    "CNN, 2000 windows of 24": (
        "CNN", lambda: random_windows(2000, 24), (20, 32), "relu", "keras",
    ),
    "LSTM, 2000 windows of 24": (
        "LSTM", lambda: random_windows(2000, 24), (20, 32), "tanh", "keras",
    ),
    "LSTM, births, 286 windows of 14": ("LSTM", births, (100, 32), "tanh", "scikeras"),
    "MLP, 100,000 windows of 48": (
        "MLP", lambda: random_windows(100_000, 48), (3, 256), "relu", "keras",
    ),
    "CNN, 100,000 windows of 48": (
        "CNN", lambda: random_windows(100_000, 48), (3, 256), "relu", "keras",
    ),
    "LSTM, 100,000 windows of 48": (
        "LSTM", lambda: random_windows(100_000, 48), (3, 256), "tanh", "keras",
    ),
}  # fmt: skip


def fit_skts(name, x, y, epochs, batch_size, activation):
    import skts

    one_hidden_layer = {"units": 100} if name == "MLP" else {}  # as in the lesson
    model = getattr(skts, f"{name}Regressor")(
        **BARE | one_hidden_layer,
        epochs=epochs,
        batch_size=batch_size,
        activation=activation,
        random_state=0,
    )
    return model.fit(x, y)


def keras_model(name, x, y, activation):
    import keras

    n_outputs = 1 if y.ndim == 1 else y.shape[1]
    inputs = [keras.Input((x.shape[1], 1))]
    model = keras.Sequential(inputs + networks()[name](n_outputs, activation))
    model.compile(keras.optimizers.Adam(), "mse")
    return model


def fit_keras(name, x, y, epochs, batch_size, activation):
    model = keras_model(name, x, y, activation)
    model.fit(x[:, :, None], y, epochs=epochs, batch_size=batch_size, verbose=0)
    return model


def fit_scikeras(name, x, y, epochs, batch_size, activation):
    from scikeras.wrappers import KerasRegressor

    return KerasRegressor(
        lambda: keras_model(name, x, y, activation),
        epochs=epochs,
        batch_size=batch_size,
        verbose=0,
    ).fit(x[:, :, None], y)


def run(row, side, repeats):
    """Return the seconds of fits, and of predictions of one row."""
    os.environ["SKTS_XLA_CACHE"] = "0"
    name, data, options, activation, _ = ROWS[row]
    x, y = data()
    if side != "skts":
        x, y = x.to_numpy(), y.to_numpy()
    import skts._training  # noqa: F401

    fit = {"skts": fit_skts, "keras": fit_keras, "scikeras": fit_scikeras}[side]
    fits, predictions = [], []
    for _ in range(repeats + (side == "skts")):
        start = time.perf_counter()
        model = fit(name, x, y, *options, activation)
        fits.append(time.perf_counter() - start)
    one = x[:1] if side == "skts" else x[:1, :, None]
    extra = {} if side == "skts" else {"verbose": 0}
    for _ in range(20):
        start = time.perf_counter()
        model.predict(one, **extra)
        predictions.append(time.perf_counter() - start)
    return fits, predictions


def run_apart(script, *arguments):
    """Return what `script` measures when told to run, in a process of its own."""
    command = [sys.executable, script, "run", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main(repeats=3, *words):
    print(f"{'seconds':32s} {'other':>8s} {'first':>8s} {'again':>8s} {'ratios':>14s}")
    totals = np.zeros(3)
    for row in ROWS:
        if words and not any(word in row for word in words):
            continue
        other_side = ROWS[row][-1]
        others, slow = run_apart(__file__, row, other_side, repeats)
        ours, quick = run_apart(__file__, row, "skts", repeats)
        times = np.array([statistics.median(others), ours[0], np.median(ours[1:])])
        report(row, times, np.median(slow) / np.median(quick))
        if row.startswith("lesson"):
            totals += times
            if row.endswith("Decoder"):
                report("the five lessons", totals)


def report(row, times, predict=None):
    other, first, again = times
    line = f"{row:32s} {other:8.2f} {first:8.2f} {again:8.3f}"
    line += f" {other / first:6.1f}x {other / again:6.0f}x"
    if predict:
        line += f"   predict one row {predict:.0f}x"
    print(line, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        print(json.dumps(run(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
    else:
        main(*map(int, sys.argv[1:2]), *sys.argv[2:])
