"""GRURegressor: the layers that its docstring names."""

import numpy as np
from networks import BARE

from skts import GRURegressor


def layers_of(**parameters):
    X = np.random.RandomState(0).rand(8, 6)
    model = GRURegressor(**{"epochs": 1, "random_state": 0} | BARE | parameters)
    return [
        (type(layer).__name__, layer.output.shape[1:])
        for layer in model.fit(X, X[:, 0]).model_.layers[1:]
    ]


def test_default_layers():
    assert layers_of() == [("GRU", (50,)), ("Dense", (1,))]


def test_stacked_layers_with_dropout():
    assert layers_of(units=(5, 4), dropout=0.1) == [
        ("GRU", (6, 5)),
        ("Dropout", (6, 5)),
        ("GRU", (4,)),
        ("Dropout", (4,)),
        ("Dense", (1,)),
    ]
