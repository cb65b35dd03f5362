"""How many of scikit-learn's own estimator checks each estimator passes.

Every public estimator with its defaults; below them the wrappers of scikeras and of
Keras around the network of `MLPRegressor` and `MLPClassifier`, written with Keras as
their guides do. A window reads its neighbours, so that SlidingWindowTransformer() fails
two checks by nature; SlidingWindowTransformer(window=1) does not.
Usage: checks.py [words in names of rows]
"""

import collections
import contextlib
import io
import multiprocessing
import os
import sys
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sklearn
from keras import Input, Sequential
from keras.layers import Dense
from keras.wrappers import SKLearnClassifier, SKLearnRegressor
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import check_estimator

import skts


def regression_network(meta):
    """Return the layers of `MLPRegressor`."""
    inputs = Input((meta["n_features_in_"],))
    hidden = Dense(100, "relu"), Dense(100, "relu")
    return Sequential([inputs, *hidden, Dense(meta["n_outputs_"])])


def classification_network(meta):
    """Return the layers of `MLPClassifier`."""
    inputs = Input((meta["n_features_in_"],))
    hidden = Dense(100, "relu"), Dense(100, "relu")
    return Sequential([inputs, *hidden, Dense(meta["n_classes_"], "softmax")])


def compiled(network, loss):
    """Return the function that Keras' wrappers ask for: from X and y to a network."""

    def build(X, y):
        n_outputs = y[0].size
        meta = {"n_features_in_": X.shape[1]}
        layers = network(meta | {"n_outputs_": n_outputs, "n_classes_": n_outputs})
        layers.compile(loss=loss, optimizer="adam")
        return layers

    return build


def estimators():
    """Return what is checked, by the name of its row."""
    public = [getattr(skts, name) for name in skts.__all__]
    classes = [
        c for c in public if isinstance(c, type) and issubclass(c, BaseEstimator)
    ]
    ours = [*(cls() for cls in classes), skts.SlidingWindowTransformer(window=1)]
    fit = {"epochs": 100, "batch_size": 64, "verbose": 0}
    same = {"optimizer": "adam"} | fit
    theirs = {
        "scikeras KerasRegressor": KerasRegressor(
            regression_network, loss="mse", **same
        ),
        "scikeras KerasClassifier": KerasClassifier(
            classification_network, loss="sparse_categorical_crossentropy", **same
        ),
        "Keras SKLearnRegressor": SKLearnRegressor(
            compiled(regression_network, "mse"), fit_kwargs=fit
        ),
        "Keras SKLearnClassifier": SKLearnClassifier(
            compiled(classification_network, "categorical_crossentropy"), fit_kwargs=fit
        ),
    }
    return {repr(estimator): estimator for estimator in ours} | theirs


def check(name):
    """Return the status of each check of an estimator, by the name of its row."""
    # Keras' wrappers let predict draw its progress.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        results = check_estimator(estimators()[name], on_fail=None, on_skip=None)
    # Version 1.6 runs some checks twice.
    return {result["check_name"]: result["status"] for result in results}


def main(*words):
    print(f"scikit-learn {sklearn.__version__}: check_estimator")
    print(f"{'':34s} {'passed':>7s} {'failed':>7s} {'skipped':>7s}")
    names = [n for n in estimators() if not words or any(word in n for word in words)]
    # Each in a process of its own: scikeras leaves TensorFlow in another state.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for name, status in zip(names, pool.imap(check, names)):
            count = collections.Counter(status.values())
            row = [count[kind] for kind in ("passed", "failed", "skipped")]
            print(f"{name:34s} {row[0]:7d} {row[1]:7d} {row[2]:7d}", flush=True)
            for failed in (one for one in status if status[one] == "failed"):
                print(f"    {failed}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
