"""MLPRegressor: the layers that its docstring names."""

import numpy as np
from networks import BARE

from skts import MLPRegressor


def layers_of(X, y, **parameters):
    model = MLPRegressor(**{"epochs": 1, "random_state": 0} | BARE | parameters).fit(
        X, y
    )
    return [
        (type(layer).__name__, layer.output.shape[1:])
        for layer in model.model_.layers[1:]
    ]


def test_default_layers():
    X = np.random.RandomState(0).rand(8, 6)
    assert layers_of(X, X[:, :2], n_channels=2) == [
        ("Flatten", (6,)),
        ("Dense", (100,)),
        ("Dense", (100,)),
        ("Dense", (2,)),
    ]


def test_several_hidden_layers_with_dropout():
    X = np.random.RandomState(0).rand(8, 6)
    assert layers_of(X, X[:, 0], units=(5, 4), dropout=0.1) == [
        ("Flatten", (6,)),
        ("Dense", (5,)),
        ("Dropout", (5,)),
        ("Dense", (4,)),
        ("Dropout", (4,)),
        ("Dense", (1,)),
    ]


def test_activation_reaches_the_hidden_layers_only():
    X = np.random.RandomState(0).rand(8, 6)
    model = MLPRegressor(**BARE, epochs=1, activation="tanh").fit(X, X[:, 0])
    activations = [
        layer.activation.__name__
        for layer in model.model_.layers
        if hasattr(layer, "activation")
    ]
    assert activations == ["tanh", "tanh", "linear"]


def test_a_function_is_an_activation():
    X = np.random.RandomState(0).rand(8, 6)
    model = MLPRegressor(epochs=2, activation="linear", random_state=0)
    expected = model.fit(X, X[:, 0]).predict(X)
    model.set_params(activation=lambda x: x).fit(X, X[:, 0])
    np.testing.assert_allclose(model.predict(X), expected)
