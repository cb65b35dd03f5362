"""What one expects of a network in scikit-learn: `MLPRegressor` beside two wrappers.

Each row is tried on skts, on scikeras and on Keras' own `SKLearnRegressor`, and "yes"
is printed for what runs and gives what it should. The wrappers have neither windows nor
forecasts of their own; those of skts work with their networks too. Usage: features.py
"""

import contextlib
import io
import os
import pickle
import random
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from joblib import parallel_config
from keras.wrappers import SKLearnRegressor
from scikeras.wrappers import KerasRegressor
from sklearn.ensemble import StackingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline

import skts

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 6))
Y = X.sum(axis=1)
SERIES = pd.DataFrame({"x": Y}, pd.date_range("2025-01-01", periods=60))


def layers(meta):
    """Return the network of `MLPRegressor`, for inputs of two or three dimensions."""
    return keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:]),
            keras.layers.Flatten(),
            keras.layers.Dense(100, "relu"),
            keras.layers.Dense(100, "relu"),
            keras.layers.Dense(meta["n_outputs_"]),
        ]
    )


def skts_network(epochs=3, **parameters):
    return skts.MLPRegressor(epochs=epochs, random_state=0, **parameters)


def scikeras_network(epochs=3, **parameters):
    same = {"loss": "mse", "optimizer": "adam", "epochs": epochs, "random_state": 0}
    return KerasRegressor(layers, verbose=0, **same, **parameters)


def compiled_layers(X, y):
    meta = {"X_shape_": X.shape, "n_outputs_": y[0].size}
    network = layers(meta)
    network.compile(loss="mse", optimizer="adam")
    return network


def keras_settings(**parameters):
    """Return parameters of `fit` as Keras' wrapper takes them: in one dictionary."""
    return {"fit_kwargs": {"epochs": 3, "verbose": 0} | parameters}


def keras_network(**parameters):
    return SKLearnRegressor(compiled_layers, **keras_settings(**parameters))


SIDES = {
    "skts": SimpleNamespace(
        package="skts",
        network=skts_network,
        settings=dict,
        windows=skts.SlidingWindowTransformer,
        forecast=skts.forecast,
    ),
    "scikeras": SimpleNamespace(
        package="scikeras.wrappers", network=scikeras_network, settings=dict
    ),
    "Keras": SimpleNamespace(
        package="keras.wrappers", network=keras_network, settings=keras_settings
    ),
}


def three_dimensions(side):
    cube = X.reshape(60, 3, 2)
    return side.network().fit(cube, Y).predict(cube).shape == (60,)


def several_steps(side):
    targets = np.c_[Y, -Y, 2 * Y]
    return side.network().fit(X, targets).predict(X).shape == (60, 3)


def missing_values(side):
    holes = np.where(X > 1.5, np.nan, X)
    return np.isfinite(side.network().fit(holes, Y).predict(holes)).all()


def feature_names(side):
    frame = pd.DataFrame(X, columns=list("abcdef"))
    model = side.network().fit(frame, Y)
    try:
        model.predict(frame[list("fedcba")])
    except ValueError:
        return list(model.feature_names_in_) == list("abcdef")


def stacking(side):
    stack = StackingRegressor([("network", side.network()), ("ridge", Ridge())], cv=2)
    return stack.fit(X, Y).predict(X).shape == (60,)


def read_in_a_new_process(side):
    model = side.network().fit(X, Y)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.pickle")
        path.write_bytes(pickle.dumps(model))
        read = [sys.executable, __file__, path]
        subprocess.run(read, check=True, stdout=subprocess.DEVNULL)
        return np.array_equal(np.load(f"{path}.npy"), model.predict(X))


def predict_from(path):
    np.save(f"{path}.npy", pickle.loads(Path(path).read_bytes()).predict(X))


def seeds(side):
    def drawn(fit):
        keras.utils.set_random_seed(1)
        predictions = side.network().fit(X, Y).predict(X) if fit else None
        # The global generators are what this is about.
        numbers = random.random(), np.random.rand(), float(tf.random.uniform(()))  # noqa: NPY002
        return predictions, numbers

    (first, after), (second, _) = drawn(fit=True), drawn(fit=True)
    return np.array_equal(first, second) and after == drawn(fit=False)[1]


def threads(side):
    def scores(n_jobs):
        keras.utils.set_random_seed(1)
        settings = [side.settings(epochs=n) for n in (1, 2, 3)]
        grid = {name: [s[name] for s in settings] for name in settings[0]}
        with parallel_config(backend="threading"):
            search = GridSearchCV(side.network(), grid, n_jobs=n_jobs, cv=3).fit(X, Y)
        return search.cv_results_["mean_test_score"]

    # What threads disturb is at times right by chance.
    return all(np.array_equal(scores(1), scores(2)) for _ in range(2))


def weights(side):
    counts = RNG.integers(1, 4, size=60)
    options = {"batch_size": 200, "epochs": 50}
    keras.utils.set_random_seed(1)
    weighted = side.network(**options).fit(X, Y, sample_weight=counts)
    keras.utils.set_random_seed(1)
    repeated = side.network(**options).fit(X.repeat(counts, 0), Y.repeat(counts))
    return np.allclose(weighted.predict(X), repeated.predict(X), rtol=1e-3)


def rows(side):
    single = X.astype("float32")
    model = side.network().fit(single, Y)
    together, backwards = model.predict(single), model.predict(single[::-1])[::-1]
    alone = [model.predict(single[i : i + 1])[0] for i in range(10)]
    return np.array_equal(together, backwards) and np.array_equal(together[:10], alone)


def precision(side):
    kinds = np.float32, np.float64
    got = [side.network().fit(X.astype(t), Y).predict(X.astype(t)).dtype for t in kinds]
    return got == list(kinds)


class CtrlC(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def interrupted(side):
    model = side.network().fit(X, Y)
    before = model.predict(X)
    try:
        model.set_params(**side.settings(callbacks=CtrlC())).fit(X, -Y)
    except KeyboardInterrupt:
        return np.array_equal(model.predict(X), before)


def light_import(side):
    code = f"import sys, {side.package}; sys.exit('tensorflow' in sys.modules)"
    return subprocess.run([sys.executable, "-c", code]).returncode == 0


def windows(side):
    rows, y = skts.make_supervised(SERIES)
    pipe = make_pipeline(side.windows(5), side.network())
    return np.isfinite(cross_val_score(pipe, rows, y, cv=TimeSeriesSplit(3))).all()


def beyond_the_data(side):
    rows, y = skts.make_supervised(SERIES, window=5)
    return side.forecast(side.network().fit(rows, y), SERIES, steps=7).shape == (7, 1)


FEATURES = {
    "X of rows, timesteps and channels": three_dimensions,
    "several steps ahead at once": several_steps,
    "NaN in X": missing_values,
    "names of columns are checked": feature_names,
    "a member of StackingRegressor": stacking,
    "pickled, read in a new process": read_in_a_new_process,
    "same random_state, same bits; global seeds untouched": seeds,
    "same bits with n_jobs=2 in threads": threads,
    "weights are repetitions (one batch)": weights,
    "a row's prediction ignores the other rows, to the bit": rows,
    "predictions have the precision of X": precision,
    "Ctrl-C in fit leaves the earlier fit as it was": interrupted,
    "import leaves TensorFlow for later": light_import,
    "windows in a pipeline, in TimeSeriesSplit": windows,
    "forecasts beyond the data": beyond_the_data,
}


def works(feature, side):
    # Keras' wrapper lets predict draw its progress.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            return bool(feature(side))
        except Exception:
            return False


def main():
    print(f"{'':54s}" + "".join(f"{name:>9s}" for name in SIDES))
    count = dict.fromkeys(SIDES, 0)
    for name, feature in FEATURES.items():
        found = {side: works(feature, tools) for side, tools in SIDES.items()}
        count = {side: count[side] + found[side] for side in SIDES}
        words = ("yes" if yes else "no" for yes in found.values())
        print(f"{name:54s}" + "".join(f"{word:>9s}" for word in words), flush=True)
    print(f"{f'of {len(FEATURES)}':54s}" + "".join(f"{n:9d}" for n in count.values()))


if __name__ == "__main__":
    predict_from(sys.argv[1]) if sys.argv[1:] else main()
