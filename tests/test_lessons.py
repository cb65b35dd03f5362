"""The lessons of the course: what their networks must learn, and how they did.

The lessons train on the first four windows of 10, 20, ... and ask for what follows the
next one, which is beyond all that they were shown.
Where fewer than 200 batches do, they are not compiled by XLA, which takes longer.
`benchmarks/lessons.py` runs ten seeds of each, this file one.
"""

import numpy as np
import pytest
from networks import BARE

from skts import (
    CNNLSTMRegressor,
    CNNRegressor,
    EncoderDecoderLSTMRegressor,
    LSTMRegressor,
    MLPRegressor,
    make_supervised,
)

# network, epochs of the course, window, what follows [..., 70] or [..., 80], tolerance
LESSONS = [
    (MLPRegressor, 2000, 3, [80], 0.1),
    (CNNRegressor, 1000, 3, [80], 0.1),
    (LSTMRegressor, 1000, 3, [80], 0.1),
    (CNNLSTMRegressor, 500, 4, [90], 0.1),
    (EncoderDecoderLSTMRegressor, 100, 3, [80, 90], 0.5),
]
each_lesson = pytest.mark.parametrize(
    "network, epochs, window, answer, tolerance",
    LESSONS,
    ids=[lesson[0].__name__ for lesson in LESSONS],
)


def of_lesson(network, **parameters):
    """Return `network` as in its lesson, where the MLP has one hidden layer."""
    units = {"units": 100} if network is MLPRegressor else {}
    return network(activation="relu", **units, **parameters)


def ask(model, window, answer):
    """Fit `model` to the lesson; return what it says follows the question."""
    series = np.arange(10.0, 10.0 * (window + len(answer) + 4), 10.0)
    X, y = make_supervised(series, window=window, horizon=len(answer))
    assert len(X) == 4
    question = np.arange(answer[0] - 10.0 * window, answer[0], 10.0)
    return model.fit(X, y).predict([question])[0]


def test_lesson_2_sliding_window():
    X, y = make_supervised([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], window=3)
    assert X[:2].tolist() == [[1, 2, 3], [2, 3, 4]]
    assert y[:2].tolist() == [4, 5]
    assert len(X) == len(y) == 7


@each_lesson
def test_relative_windows_give_the_right_answer(
    network, epochs, window, answer, tolerance
):
    model = of_lesson(network, epochs=150, window_norm="last", random_state=0)
    np.testing.assert_allclose(ask(model, window, answer), answer, atol=tolerance)


@each_lesson
def test_networks_as_in_the_course_miss_as_in_the_course(
    network, epochs, window, answer, tolerance
):
    raw = {"standardize": False, **BARE}
    model = of_lesson(network, epochs=epochs, batch_size=32, random_state=0, **raw)
    error = np.abs(ask(model, window, answer) - answer)
    assert 1e-3 < error.max() < 12  # near, but not right


def test_the_start_from_ridge_gives_the_right_answer_at_once():
    assert abs(ask(MLPRegressor(random_state=0), 3, [80.0]) - 80) < 0.5


def sine_with_trend():
    steps = np.arange(150)
    return 0.5 * steps + 10 * np.sin(steps / 3)


def autoregression():
    rng = np.random.RandomState(0)
    series = np.zeros(150)
    for t in range(2, 150):
        series[t] = 1.6 * series[t - 1] - 0.9 * series[t - 2] + rng.normal()
    return series


@each_lesson
@pytest.mark.parametrize("make_series", [sine_with_trend, autoregression])
def test_the_same_settings_learn_increments_that_change(
    network, epochs, window, answer, tolerance, make_series
):
    """All relative windows of a straight line are equal; those of these are not."""
    series, horizon = make_series(), len(answer)
    X, y = make_supervised(series, window=window, horizon=horizon)
    X_train, X_test, y_train, y_test = X[:-30], X[-30:], y[:-30], y[-30:]
    model = of_lesson(
        network, epochs=40, batch_size=32, window_norm="last", random_state=0
    ).fit(X_train, y_train)
    change = X_test[:, -1] - X_test[:, -2]
    repeated = X_test[:, -1:] + change[:, None] * np.arange(1, horizon + 1)
    persistence = np.abs(repeated.reshape(y_test.shape) - y_test).mean()
    assert np.abs(model.predict(X_test) - y_test).mean() < 0.8 * persistence
