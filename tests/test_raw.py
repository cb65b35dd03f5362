"""`to_keras`: one plain Keras model that predicts what the estimator does."""

import keras
import numpy as np
import pandas as pd
import pytest
from networks import BARE, REGRESSORS
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from skts import (
    MLPClassifier,
    MLPRegressor,
    NetworkRegressor,
    SlidingWindowTransformer,
    make_supervised,
)

NORMS = [None, "last", "level", "standard"]
QUICK = {"epochs": 2, "random_state": 0, "target_channels": [0]}


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(7, 3, size=(90, 6, 2))
    y = X[:, -2:, 0] + 100
    X[5, 2, 0] = X[9, -1] = X[11, -2:, 0] = X[12, 1:, 0] = np.nan
    return X, y


def average(windows):
    return keras.ops.mean(windows, axis=1)


@pytest.mark.parametrize(
    ("cls", "norm"),
    [
        *((cls, "last") for cls in [*REGRESSORS, NetworkRegressor]),
        (MLPRegressor, None),
        (MLPRegressor, "level"),
        (MLPRegressor, "standard"),
    ],
)
def test_raw_values_give_the_predictions(cls, norm, data):
    X, y = data
    # One hidden layer, after which little is rounded.
    own = {NetworkRegressor: {"network": average}, MLPRegressor: {"units": 100}}
    model = cls(window_norm=norm, **QUICK, **own.get(cls, {}))
    raw = model.fit(X, y).to_keras()
    assert raw.input_shape == (None, 6, 2) and raw.output_shape == (None, 2)
    predicted = raw(X).numpy()
    assert predicted.dtype == "float64"
    assert_allclose(predicted, model.predict(X), rtol=1e-6, atol=1e-6)
    assert_allclose(raw.predict(X, verbose=0), predicted, rtol=1e-4)


@pytest.mark.parametrize(
    "options",
    [
        {"precision": "float64", "n_networks": 2, "window_norm": "last"},
        {"standardize": False, **BARE},
        {"standardize": False, "window_norm": "standard"},
        {"loss": "poisson", "window_norm": "last"},
    ],
    ids=["averaged", "as it is", "relative", "counts"],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_predicted_does_not_matter(data, options, dtype):
    X, y = (part.astype(dtype) for part in data)
    model = MLPRegressor(**QUICK | options).fit(X, y)
    predicted = model.to_keras()(X).numpy()
    assert predicted.dtype == dtype
    # In float32, levels of the size of y may cancel out.
    rounding = 1e-6 * (np.abs(y).max() if dtype == "float32" else 1)
    assert_allclose(predicted, model.predict(X), rtol=2e-6, atol=rounding)


def test_the_levels_of_large_values_are_kept(data):
    X, y = data
    model = MLPRegressor(window_norm="last", **QUICK).fit(X + 1e9, y + 1e9)
    error = model.to_keras()(X + 1e9).numpy() - model.predict(X + 1e9)
    assert np.abs(error).max() < 1e-5


@pytest.mark.parametrize("norm", NORMS)
def test_what_is_known_ahead_and_what_is_beside_are_inputs_of_their_own(norm):
    rng = np.random.default_rng(0)
    names = ["price", "load", "day"]
    series = pd.DataFrame(rng.normal(5, 2, size=(80, 3)), columns=names)
    series.iloc[30, 1] = np.nan
    columns = {"ahead": ["load"], "passthrough": ["day"]}
    X, y = make_supervised(series, window=4, horizon=3, target="price", **columns)
    model = MLPRegressor(epochs=2, window_norm=norm, random_state=0).fit(X, y)
    raw = model.to_keras()
    shapes = [(x.name, *x.shape[1:]) for x in raw.inputs]
    assert shapes == [("windows", 4, 2), ("leads", 3, 1), ("beside", 1)]
    windows = X.filter(like="_lag").to_numpy().reshape(-1, 4, 2)
    leads = X.filter(like="_lead").to_numpy()[..., None]
    predicted = raw([windows, leads, X[["day"]].to_numpy()])
    assert_allclose(predicted, model.predict(X), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_of_a_classifier_it_predicts_the_probabilities(data, n_classes):
    X, _ = data
    y = np.arange(len(X)) % n_classes
    model = MLPClassifier(epochs=2, window_norm="standard", random_state=0).fit(X, y)
    assert_allclose(model.to_keras()(X), model.predict_proba(X), rtol=1e-6, atol=1e-6)


def test_it_is_saved_and_loaded_by_keras_alone(data, tmp_path):
    X, y = data
    model = MLPRegressor(window_norm="last", **QUICK).fit(X, y)
    model.to_keras().save(tmp_path / "raw.keras")
    loaded = keras.models.load_model(tmp_path / "raw.keras")
    assert_allclose(loaded(X), model.predict(X), rtol=1e-6, atol=1e-6)
    kept = model.predict(X)
    loaded.layers[-1].set_weights([0 * w for w in loaded.layers[-1].get_weights()])
    np.testing.assert_array_equal(model.predict(X), kept)


def test_networks_are_exported_to_tensorflow(data, tmp_path):
    import tensorflow as tf

    X, y = data
    model = MLPRegressor(window_norm="last", **QUICK).fit(X, y)
    model.to_keras().export(tmp_path / "raw", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "raw")
    assert_allclose(loaded.serve(X), model.predict(X), rtol=1e-6, atol=1e-6)
    model.model_.export(tmp_path / "scaled", verbose=False)


def test_a_network_of_one_channel_reads_a_table_too():
    X, y = make_supervised(np.arange(70.0).reshape(-1, 1) ** 1.5)
    pipe = make_pipeline(SlidingWindowTransformer(5), MLPRegressor(epochs=2)).fit(X, y)
    table = np.asarray(pipe[:-1].transform(X))[4:]
    raw = pipe[-1].to_keras()
    assert_allclose(raw(table)[:, 0], pipe.predict(X)[4:], rtol=1e-6, atol=1e-6)


def test_only_a_fitted_network_is_made_a_model_of_keras():
    with pytest.raises(NotFittedError):
        MLPRegressor().to_keras()
