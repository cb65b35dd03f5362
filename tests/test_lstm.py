"""LSTMRegressor: the layers that its docstring names, read oldest to newest."""

import numpy as np
import pandas as pd
import pytest
from networks import BARE

from skts import LSTMRegressor


def fit(X, y, **parameters):
    return LSTMRegressor(**{"epochs": 1, "random_state": 0} | BARE | parameters).fit(
        X, y
    )


def layers_of(model):
    return [
        (type(layer).__name__, layer.output.shape[1:])
        for layer in model.model_.layers[1:]
    ]


@pytest.fixture
def X():
    return np.random.RandomState(0).rand(8, 6)


def test_default_layers(X):
    assert layers_of(fit(X, X[:, 0])) == [("LSTM", (50,)), ("Dense", (1,))]


def test_stacked_layers_with_dropout(X):
    assert layers_of(fit(X, X[:, 0], units=(5, 4), dropout=0.1)) == [
        ("LSTM", (6, 5)),
        ("Dropout", (6, 5)),
        ("LSTM", (4,)),
        ("Dropout", (4,)),
        ("Dense", (1,)),
    ]


def test_a_window_of_one_timestep(X):
    assert np.isfinite(fit(X[:, :1], X[:, 0]).predict(X[:, :1])).all()


def test_time_is_read_oldest_to_newest(X):
    """What is read last is remembered best, whatever the order of the columns."""
    names = [f"lag{k}" for k in range(6)]  # newest first
    newest_first = pd.DataFrame(X[:, ::-1], columns=names)
    by_name = fit(newest_first, X[:, 0], epochs=3)
    by_position = fit(X, X[:, 0], epochs=3)
    np.testing.assert_array_equal(by_name.predict(newest_first), by_position.predict(X))
