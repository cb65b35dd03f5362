"""CNNLSTMRegressor: one convolution for all subsequences, an LSTM over them."""

import numpy as np
import pytest
from networks import BARE

from skts import CNNLSTMRegressor


def fit(timesteps, channels=1, **parameters):
    X = np.random.RandomState(0).rand(8, timesteps * channels)
    model = CNNLSTMRegressor(
        **BARE | {"epochs": 1, "random_state": 0, "n_channels": channels} | parameters
    ).fit(X, X[:, 0])
    assert np.isfinite(model.predict(X)).all()
    return model


def shapes(model):
    return [
        (type(layer).__name__, layer.output.shape[1:])
        for layer in model.model_.layers[1:]
    ]


def test_default_layers():
    assert shapes(fit(4)) == [
        ("Reshape", (2, 2, 1)),
        ("Conv2D", (2, 2, 64)),
        ("MaxPooling2D", (2, 1, 64)),
        ("Reshape", (2, 64)),
        ("LSTM", (50,)),
        ("Dense", (1,)),
    ]


@pytest.mark.parametrize(
    "timesteps, length, subsequences",
    [(1, 1, 1), (2, 1, 2), (3, 2, 2), (5, 3, 2), (7, 3, 3)],
)
def test_windows_of_any_length(timesteps, length, subsequences):
    model = fit(timesteps, subsequence_length=3, kernel_size=5, pool_size=9)
    reshaped = next(shape for name, shape in shapes(model) if name == "Reshape")
    assert reshaped == (subsequences, length, 1)


def test_it_is_what_keras_calls_time_distributed():
    import keras

    model = fit(12, channels=2, subsequence_length=4, kernel_size=2, filters=3, units=5)
    distributed = keras.layers.TimeDistributed
    theirs = keras.Sequential(
        [
            keras.Input((3, 4, 2)),
            distributed(keras.layers.Conv1D(3, 2, activation="relu")),
            distributed(keras.layers.MaxPooling1D(2)),
            distributed(keras.layers.Flatten()),
            keras.layers.LSTM(5, activation=model.activation),
            keras.layers.Dense(1),
        ]
    )
    kernel, *others = model.model_.get_weights()
    theirs.set_weights([kernel[0], *others])
    windows = np.random.RandomState(1).rand(6, 12, 2)
    np.testing.assert_allclose(
        model.model_(windows),
        theirs(windows.reshape(6, 3, 4, 2)),
        rtol=1e-4,
        atol=1e-5,
    )


def test_dropout_follows_convolution_and_memory():
    names = [name for name, _ in shapes(fit(4, dropout=0.1))]
    assert names[-5:] == ["Reshape", "Dropout", "LSTM", "Dropout", "Dense"]
