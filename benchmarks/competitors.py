"""How long other libraries take to train the LSTM that skts trains.

LSTM(50, tanh) and a linear layer on the first 300 births: 286 windows of 14, batches
of 32, 100 epochs, float32, Adam, squared error. "torch" is a bare loop, as one writes
it plainly. Each side is a process of its own and starts from the series. "first" is its
first fit, without imports but with what it compiles or still loads; "again" is the
median of the fits after it. The libraries live in an environment of their own, in which
this script runs:

    python -m venv .venv
    .venv/bin/python -m pip install . torch skforecast darts neuralforecast skorch
    .venv/bin/python benchmarks/competitors.py

Usage: competitors.py [fits after the first, default 3]
"""

import importlib
import importlib.metadata
import importlib.util
import json
import statistics
import sys
import time

from training_speed import fit_skts, run_apart

UNITS, WINDOW, EPOCHS, BATCH_SIZE = 50, 14, 100, 32
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_model_summary": False,
    "enable_progress_bar": False,
}


def series():
    """Return the births, standardised here once for all sides."""
    from skts.datasets import load_daily_births

    births = load_daily_births().head(300)
    return ((births - births.mean()) / births.std()).astype("float32")


def windows(births):
    from skts import make_supervised

    return make_supervised(births.to_numpy(), window=WINDOW)


def tensors(births):
    """Return the windows (n_rows, timesteps, 1) and targets (n_rows, 1) for torch."""
    import torch

    return [torch.tensor(array).unsqueeze(-1) for array in windows(births)]


def torch_network():
    from torch import nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(1, UNITS, batch_first=True)
            self.linear = nn.Linear(UNITS, 1)

        def forward(self, x):
            hidden, _ = self.lstm(x)
            return self.linear(hidden[:, -1])

    return Network()


def fit_ours(births):
    fit_skts("LSTM", *windows(births), EPOCHS, BATCH_SIZE, "tanh")


def fit_torch(births):
    import torch

    x, y = tensors(births)
    network = torch_network()
    optimizer = torch.optim.Adam(network.parameters())
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x)).split(BATCH_SIZE):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(network(x[rows]), y[rows]).backward()
            optimizer.step()


# Evaluates the loss of each epoch too, and adds a timer and a log by callbacks.
def fit_skorch(births):
    import torch
    from skorch import NeuralNetRegressor

    NeuralNetRegressor(
        torch_network(),
        optimizer=torch.optim.Adam,
        lr=0.001,
        max_epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    ).fit(*tensors(births))


# Trains by Keras' own loop, and predicts all rows once at the end for residuals.
def fit_skforecast(births):
    import keras
    from skforecast.deep_learning import ForecasterRnn, create_and_compile_model

    network = create_and_compile_model(
        births,
        lags=WINDOW,
        steps=1,
        recurrent_layer="LSTM",
        recurrent_units=UNITS,
        recurrent_layers_kwargs={"activation": "tanh"},
        dense_units=None,
        compile_kwargs={"optimizer": keras.optimizers.Adam(), "loss": "mse"},
    )
    ForecasterRnn(
        network,
        levels="births",
        lags=WINDOW,
        transformer_series=None,
        fit_kwargs={"epochs": EPOCHS, "batch_size": BATCH_SIZE, "verbose": 0},
    ).fit(births)


# BlockRNNModel is this very network; RNNModel learns a target after each timestep.
def fit_darts(births):
    from darts import TimeSeries
    from darts.models import BlockRNNModel

    BlockRNNModel(
        input_chunk_length=WINDOW,
        output_chunk_length=1,
        model="LSTM",
        hidden_dim=UNITS,
        n_rnn_layers=1,
        batch_size=BATCH_SIZE,
        n_epochs=EPOCHS,
        pl_trainer_kwargs=QUIET,
    ).fit(TimeSeries.from_dataframe(births))


# Has no epochs: a step draws 32 windows of the series at random. It takes as many
# steps as there are batches in the epochs of the others.
def fit_neuralforecast(births):
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MSE
    from neuralforecast.models import LSTM

    frame = births["births"].rename("y").rename_axis("ds").reset_index()
    n_batches = -(-(len(births) - WINDOW) // BATCH_SIZE)
    network = LSTM(
        h=1,
        input_size=WINDOW,
        encoder_n_layers=1,
        encoder_hidden_size=UNITS,
        decoder_layers=1,  # linear
        loss=MSE(),
        max_steps=EPOCHS * n_batches,
        windows_batch_size=BATCH_SIZE,
        scaler_type="identity",
        **QUIET,
    )
    NeuralForecast([network], freq="D").fit(frame.assign(unique_id=0))


# package: what fits, and the module that holds it
SIDES = {
    "skts": (fit_ours, "skts._training"),
    "torch": (fit_torch, "torch"),
    "skorch": (fit_skorch, "skorch"),
    "skforecast": (fit_skforecast, "skforecast.deep_learning"),
    "darts": (fit_darts, "darts.models"),
    "neuralforecast": (fit_neuralforecast, "neuralforecast"),
}


def run(package, repeats):
    """Return the seconds of the first fit and of those after it."""
    fit, module = SIDES[package]
    births = series()
    importlib.import_module(module)
    seconds = []
    for _ in range(1 + repeats):
        start = time.perf_counter()
        fit(births)
        seconds.append(time.perf_counter() - start)
    return seconds


def measure(package, repeats):
    first, *others = run_apart(__file__, package, repeats)
    return first, statistics.median(others)


def main(repeats=3):
    columns = "first", "again", "/ skts' first", "/ skts' again"
    print(f"{'seconds':26s}", *(f"{column:>13s}" for column in columns))
    ours = measure("skts", repeats)
    for package in SIDES:
        if not importlib.util.find_spec(package):
            print(f"{package:26s}", "not installed".rjust(13))
            continue
        times = ours if package == "skts" else measure(package, repeats)
        ratios = (f"{other / own:12.1f}x" for other, own in zip(times, ours))
        name = f"{package} {importlib.metadata.version(package)}"
        print(f"{name:26s}", *(f"{t:13.3f}" for t in times), *ratios, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        print(json.dumps(run(sys.argv[2], int(sys.argv[3]))))
    else:
        main(*map(int, sys.argv[1:2]))
