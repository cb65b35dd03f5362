"""Networks of one's own, by a function and by a subclass with fields."""

import copy
import functools
import pickle

import cloudpickle
import keras
import numpy as np
import pandas as pd
import pytest
from estimator_checks import each_check, run_check
from keras import layers
from networks import BARE
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skts import (
    MLPRegressor,
    NetworkClassifier,
    NetworkRegressor,
    SlidingWindowTransformer,
    _program,
    make_supervised,
)


def attention(windows, units=8):
    x = layers.GRU(units, return_sequences=True)(windows)
    return layers.GlobalAveragePooling1D()(layers.Attention()([x, x]))


def batch_norm(windows, units=16):
    x = layers.Dense(units, activation="relu")(layers.Flatten()(windows))
    return layers.BatchNormalization(momentum=0.9)(x)


def transformer(windows, size=8, heads=2):
    x = layers.Dense(size)(windows)
    seen = layers.MultiHeadAttention(heads, size // heads)(x, x)
    x = layers.LayerNormalization()(x + seen)
    x = x + layers.Dense(size)(layers.Dense(2 * size, activation="gelu")(x))
    return layers.Flatten()(layers.LayerNormalization()(x))


class Attention(NetworkRegressor):
    """A GRU whose states are averaged by attention."""

    units: int = 8

    def hidden(self, layers, windows):
        x = layers.GRU(self.units, return_sequences=True)(windows)
        return layers.GlobalAveragePooling1D()(layers.Attention()([x, x]))


NETWORKS = [attention, batch_norm, transformer]
LEARNS = {"epochs": 30, "learning_rate": 0.03, "random_state": 0}


class Named:
    """A function without an address in its repr, and so in the names of tests."""

    def __init__(self, function):
        functools.update_wrapper(self, function)

    def __call__(self, *tensors, **parameters):
        return self.__wrapped__(*tensors, **parameters)

    def __repr__(self):
        return self.__name__


CHECKED = [
    NetworkRegressor(network=Named(transformer), **LEARNS),
    NetworkClassifier(network=Named(batch_norm), **LEARNS),
    Attention(units=4, **LEARNS),
]


@each_check(CHECKED)
def test_check_estimator(estimator, check):
    run_check(check, estimator)


@pytest.fixture
def data():
    X = np.random.default_rng(0).normal(size=(40, 6)).astype("float32")
    return X, X[:, 2] - X[:, 5]


def small(network, **options):
    settings = BARE | {"epochs": 2, "random_state": 0} | options
    return NetworkRegressor(network=network, **settings)


@pytest.mark.parametrize("network", NETWORKS)
def test_own_networks_run_compiled_and_share_a_program(network, data, monkeypatch):
    def fail(*args):
        raise AssertionError("Keras' own loop")

    monkeypatch.setattr("skts._training.Trainable._fit_keras", fail)
    monkeypatch.setattr(_program, "_pool", [])
    first = small(network).fit(*data).predict(data[0])
    again = small(network).fit(*data).predict(data[0])
    np.testing.assert_array_equal(again, first)
    assert (
        small(network).set_params(random_state=1).fit(*data).predict(data[0]) != first
    ).any()
    assert len(_program._pool) == 1


class Gain(layers.Layer):
    """A layer of a user, unknown to Keras, without a configuration."""

    def __init__(self, gain):
        super().__init__()
        self.gain = gain
        self.dense = layers.Dense(3)

    def call(self, x):
        return self.gain * self.dense(x)


class Spread(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


STORED = {
    "function": lambda: small(attention, network_params={"units": 3}),
    "subclass": lambda: Attention(units=3, epochs=2, random_state=0),
    "lambda": lambda: small(lambda w: layers.Flatten()(w) * 2),
    "own layer": lambda: small(lambda w: Gain(3.0)(layers.Flatten()(w))),
    "loss": lambda: small(batch_norm, loss=Spread(), optimizer=keras.optimizers.SGD()),
    "layer": lambda: small(
        lambda w, layer: layer(layers.Flatten()(w)),
        network_params={"layer": layers.Dense(3)},
    ),
    "activation": lambda: MLPRegressor(
        activation=lambda x: keras.ops.relu(x) ** 2, epochs=2, random_state=0
    ),
}


@pytest.mark.parametrize("kind", STORED)
def test_what_is_of_the_user_is_cloned_and_stored(kind, data):
    X, y = data
    model = STORED[kind]()
    expected = clone(model).fit(X, y).predict(X)
    by_file = pickle.loads(cloudpickle.dumps(model))
    fitted = copy.deepcopy(by_file.fit(X, y))
    for one in (model.fit(X, y), by_file, fitted, model.fit(X, y)):
        np.testing.assert_array_equal(one.predict(X), expected)
    restored = pickle.loads(cloudpickle.dumps(fitted))
    np.testing.assert_array_equal(restored.predict(X), expected)


def test_what_is_stored_is_what_was_fitted(data):
    model = small(attention, network_params={"units": 3}).fit(*data)
    expected = model.predict(data[0])
    model.network_params["units"] = 5
    model.set_params(network=batch_norm)
    kept = copy.deepcopy(model)
    assert kept.network is batch_norm
    np.testing.assert_array_equal(kept.predict(data[0]), expected)


def test_a_network_whose_code_has_changed_is_not_loaded(data):
    global changing

    def changing(windows):
        return layers.Flatten()(windows)

    model = small(changing).fit(*data)
    state = model.__getstate__()
    for changed in (lambda w: 2 * layers.Flatten()(w), batch_norm):
        state["_parameters_"]["network"] = changed
        with pytest.raises(ValueError, match="cannot be loaded: the network that its"):
            object.__new__(NetworkRegressor).__setstate__(state)


def test_a_subclass_is_tuned_by_its_fields_and_a_function_whole(data):
    assert "network" not in Attention().get_params()
    with pytest.raises(TypeError, match="network"):
        Attention(network=attention)
    search = GridSearchCV(
        Attention(epochs=1), {"units": [2, 3]}, cv=2, n_jobs=2, error_score="raise"
    ).fit(*data)
    assert search.best_params_["units"] in (2, 3)
    sizes = {"network_params": [{"units": 2}, {"units": 3}]}
    search = GridSearchCV(small(attention), sizes, cv=2, error_score="raise").fit(*data)
    assert search.best_estimator_.model_.layers[1].units in (2, 3)


def test_what_stands_beside_windows_is_read_or_put_beside():
    frame = pd.DataFrame({"y": np.sin(np.arange(60.0)), "day": np.arange(60) % 7})
    X, y = make_supervised(frame, target="y")
    seen = []

    def reads(windows, beside):
        seen.append(beside.shape)
        return layers.Concatenate()([layers.Flatten()(windows), beside])

    def ignores(windows):
        return layers.Flatten()(windows)

    def model(network):
        windows = SlidingWindowTransformer(4, passthrough=["day"])
        return make_pipeline(windows, small(network)).fit(X, y)

    for network, n_layers in (reads, 5), (ignores, 7):
        fitted = model(network)
        assert fitted.predict(X).shape == (59,)
        assert len(fitted[-1].model_.layers) == n_layers
    assert seen == [(None, 1)]
    nothing = small(lambda windows, beside: layers.Flatten()(windows))
    assert nothing.fit(np.eye(6), np.arange(6.0)).predict(np.eye(6)).shape == (6,)


def test_dropout_is_of_what_the_network_returns(data):
    model = small(batch_norm, dropout=0.25).fit(*data)
    assert model.model_.layers[-2].rate == 0.25


def test_training_goes_on_with_a_network_that_has_another_inside(data):
    def nested(windows):
        dense = keras.Sequential([layers.Dense(3, activation="tanh")])
        return dense(layers.Flatten()(windows))

    model = small(nested, warm_start=True).fit(*data)
    before = model.history_["loss"][-1]
    assert model.fit(*data).history_["loss"][-1] < before


@pytest.mark.parametrize(
    "network, message",
    [
        (None, "network=None leaves NetworkRegressor without a network: give a"),
        (lambda w: w, r"must return .* but returned a tensor of shape \(None, 6, 1\)"),
        (lambda w: 3, "must return what the output layer reads.* but returned 3."),
    ],
)
def test_a_wrong_network_is_an_error_that_says_so(network, message, data):
    with pytest.raises(ValueError, match=message):
        small(network).fit(*data)
