"""EncoderDecoderLSTMRegressor: one state in, one step of targets at a time out."""

import numpy as np
import pytest
from networks import BARE

from skts import EncoderDecoderLSTMRegressor


def fit(n_outputs, **parameters):
    X = np.random.RandomState(0).rand(8, 5)
    return EncoderDecoderLSTMRegressor(
        **{"epochs": 1, "random_state": 0} | BARE | parameters
    ).fit(X, np.random.RandomState(1).rand(8, n_outputs))


@pytest.mark.parametrize("n_outputs, n_targets, horizon", [(6, 2, 3), (3, 1, 3)])
def test_default_layers(n_outputs, n_targets, horizon):
    model = fit(n_outputs, n_targets=n_targets)
    assert [
        (type(layer).__name__, layer.output.shape[1:])
        for layer in model.model_.layers[1:]
    ] == [
        ("LSTM", (100,)),
        ("RepeatVector", (horizon, 100)),
        ("LSTM", (horizon, 100)),
        ("Dense", (horizon, n_targets)),
        ("Reshape", (n_outputs,)),
    ]


def test_one_step_of_one_target():
    X = np.random.RandomState(0).rand(8, 5)
    model = EncoderDecoderLSTMRegressor(
        units=4, **BARE | {"epochs": 1, "dropout": 0.1}
    ).fit(X, X[:, 0])
    assert model.predict(X).shape == (8,)
    names = [type(layer).__name__ for layer in model.model_.layers]
    assert names.count("Dropout") == 2
