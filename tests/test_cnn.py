"""CNNRegressor: the layers that its docstring names, for windows of any length."""

import numpy as np
import pytest
from networks import BARE

from skts import CNNRegressor


def shapes(timesteps, **parameters):
    X = np.random.RandomState(0).rand(8, timesteps)
    model = CNNRegressor(**{"epochs": 1, "random_state": 0} | BARE | parameters).fit(
        X, X[:, 0]
    )
    assert np.isfinite(model.predict(X)).all()
    return [
        (type(layer).__name__, layer.output.shape[1:])
        for layer in model.model_.layers[1:]
    ]


def test_default_layers():
    assert shapes(7) == [
        ("Conv1D", (6, 64)),
        ("MaxPooling1D", (3, 64)),
        ("Flatten", (192,)),
        ("Dense", (50,)),
        ("Dense", (1,)),
    ]


@pytest.mark.parametrize(
    "timesteps, convolved, pooled", [(1, 1, 1), (2, 1, 1), (3, 1, 1), (5, 3, 1)]
)
def test_kernel_and_pool_never_exceed_the_window(timesteps, convolved, pooled):
    layers = dict(shapes(timesteps, filters=4, kernel_size=3, pool_size=2, units=[5]))
    assert layers["Conv1D"] == (convolved, 4)
    assert layers["MaxPooling1D"] == (pooled, 4)


def test_dropout_follows_each_hidden_layer():
    names = [name for name, _ in shapes(6, units=(5, 4), dropout=0.2)]
    assert names == [
        "Conv1D",
        "MaxPooling1D",
        "Flatten",
        "Dropout",
        "Dense",
        "Dropout",
        "Dense",
        "Dropout",
        "Dense",
    ]
