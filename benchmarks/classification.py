"""Window classification: our networks beside scikit-learn's and InceptionTime.

Prints accuracy on the test sets of the UCR and UEA archives, as the mean over seeds,
and the seconds of a fit. The data come with sktime. InceptionTime's figures are those
of its authors (Ismail Fawaz et al., 2020), for an ensemble of five deep networks.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.datasets import (
    load_basic_motions,
    load_gunpoint,
    load_italy_power_demand,
)

import skts

PROBLEMS = {
    "GunPoint": load_gunpoint,
    "ItalyPowerDemand": load_italy_power_demand,
    "BasicMotions": load_basic_motions,
}
PUBLISHED = {"InceptionTime (published)": [1.000, 0.966, np.nan]}


def networks(epochs):
    """Return our classifiers as they come, and with other sizes and more epochs."""
    long = {"epochs": epochs, "batch_size": 16}
    wide = {"kernel_size": 8, "units": 100}
    return {
        "skts MLP, defaults": lambda seed: skts.MLPClassifier(random_state=seed),
        "skts CNN, defaults": lambda seed: skts.CNNClassifier(random_state=seed),
        "skts LSTM, defaults": lambda seed: skts.LSTMClassifier(random_state=seed),
        "skts GRU, defaults": lambda seed: skts.GRUClassifier(random_state=seed),
        "skts CNN-LSTM, defaults": lambda seed: skts.CNNLSTMClassifier(
            random_state=seed
        ),
        "skts MLP, longer": lambda seed: skts.MLPClassifier(**long, random_state=seed),
        "skts CNN, longer, kernel_size=8": lambda seed: skts.CNNClassifier(
            **long, **wide, random_state=seed
        ),
        "skts LSTM, longer": lambda seed: skts.LSTMClassifier(
            **long, random_state=seed
        ),
        "skts GRU, longer": lambda seed: skts.GRUClassifier(**long, random_state=seed),
        "skts CNN-LSTM, longer": lambda seed: skts.CNNLSTMClassifier(
            **long, random_state=seed
        ),
    }


PEERS = {
    "sklearn MLPClassifier": lambda seed: make_pipeline(
        StandardScaler(), MLPClassifier(max_iter=500, random_state=seed)
    ),
    "sklearn RandomForestClassifier": lambda seed: RandomForestClassifier(
        random_state=seed
    ),
}


def load(problem):
    """Return windows (n_rows, timesteps, channels) and classes: training, then test."""
    parts = (
        PROBLEMS[problem](split=s, return_type="numpy3D") for s in ("train", "test")
    )
    return [(X.transpose(0, 2, 1), y) for X, y in parts]


def measure(make, train, test, seeds, flat):
    """Return mean accuracy and seconds of a fit."""
    (X, y), (X_test, y_test) = train, test
    if flat:
        X, X_test = X.reshape(len(X), -1), X_test.reshape(len(X_test), -1)
    accuracy, seconds = [], []
    for seed in range(seeds):
        start = time.perf_counter()
        model = make(seed).fit(X, y)
        seconds.append(time.perf_counter() - start)
        accuracy.append(model.score(X_test, y_test))
    return np.mean(accuracy), np.min(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--epochs", type=int, default=500, help="of those trained longer"
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    data = {problem: load(problem) for problem in PROBLEMS}

    print(f"{'':32}", *(f"{problem:>24}" for problem in PROBLEMS))
    for name, accuracies in PUBLISHED.items():
        print(f"{name:32}", *(f"{a:14.3f}{'':10}" for a in accuracies))
    for peers, flat in ((PEERS, True), (networks(options.epochs), False)):
        for name, make in peers.items():
            cells = [measure(make, *data[p], options.seeds, flat) for p in PROBLEMS]
            print(
                f"{name:32}", *(f"{a:14.3f} {s:7.1f} s" for a, s in cells), flush=True
            )


if __name__ == "__main__":
    main()
