"""The ridge regression that networks start from."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skts import _start
from skts._start import ridge


def data(n_rows, n_columns, seed=0):
    """Return windows, columns beside them, targets of two outputs, and weights."""
    rng = np.random.RandomState(seed)
    x = rng.normal(2, 3, size=(n_rows, n_columns - 2))
    beside = rng.normal(size=(n_rows, 2))
    y = np.c_[x[:, 0] + x[:, -1], beside[:, 1] - x[:, 1]] + rng.normal(size=(n_rows, 2))
    weight = rng.randint(1, 4, n_rows).astype(float)
    return [x.reshape(n_rows, -1, 1), beside], y, weight


def table(inputs):
    return np.hstack([x.reshape(len(x), -1) for x in inputs])


# Few and many columns, which are solved by columns and by rows
SHAPES = pytest.mark.parametrize("shape", [(60, 7), (20, 45)])


@SHAPES
@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("by_deviation", [False, True])
def test_it_is_the_ridge_of_scikit_learn(shape, is_large, by_deviation, monkeypatch):
    inputs, y, weight = data(*shape)
    monkeypatch.setattr(_start, "EIGEN", 5 if is_large else 1000)
    penalties = []

    def penalty(*args):
        penalties.append(found(*args))
        return penalties[-1]

    found = _start._penalty
    monkeypatch.setattr(_start, "_penalty", penalty)
    coefficients, intercepts = ridge(inputs, y, weight, 2.0, by_deviation)
    scaler = StandardScaler().fit(table(inputs), sample_weight=weight)
    scale = scaler.scale_ if by_deviation else np.ones(shape[1])
    expected = Ridge(2 * penalties[-1]).fit(table(inputs) / scale, y, weight)
    coefficients *= scale[:, np.newaxis]
    assert_allclose(coefficients, expected.coef_.T, rtol=1e-8, atol=1e-10)
    assert_allclose(intercepts, expected.intercept_, rtol=1e-8)


@SHAPES
def test_the_penalty_is_that_of_generalised_cross_validation(shape):
    inputs, y, _ = data(*shape)
    x = table(inputs)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    errors = []
    for penalty in _start.PENALTIES * (x**2).sum() / x.shape[1]:
        hat = x @ np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T)
        freedom = np.trace(hat) + 1
        left = ((y - hat @ y) ** 2).sum()
        errors.append(
            left / (1 - freedom / len(x)) ** 2 if freedom < len(x) else np.inf
        )
    best = _start.PENALTIES[np.argmin(errors)] * (x**2).sum() / x.shape[1]
    coefficients, _ = ridge(inputs, y, np.ones(len(x)))
    assert_allclose(coefficients, Ridge(best).fit(x, y).coef_.T, rtol=1e-6)


@SHAPES
def test_weights_equal_repetition_in_any_order(shape):
    inputs, y, weight = data(*shape)
    times = weight.astype(int)
    order = np.random.RandomState(0).permutation(times.sum())
    repeated = [np.repeat(a, times, axis=0)[order] for a in (*inputs, y)]
    weighted = ridge(inputs, y, weight)
    plain = ridge(repeated[:2], repeated[2], np.ones(len(order)))
    for one, other in zip(weighted, plain):
        assert_allclose(one, other, rtol=1e-6, atol=1e-9)
    for one, other in zip(
        ridge(inputs, y, np.ones(len(y))), ridge(inputs, y, 1e-6 * np.ones(len(y)))
    ):
        assert_allclose(one, other, rtol=1e-6, atol=1e-9)


def test_bits_do_not_change_with_threads():
    inputs, y, weight = data(3000, 200)
    found = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            found.append(ridge(inputs, y, weight))
    for one, other in zip(*found):
        assert_array_equal(one, other)


@pytest.mark.parametrize("n_rows", [1, 2, 30])
@pytest.mark.parametrize("what", ["y", "X", "both"])
@pytest.mark.parametrize("by_deviation", [False, True])
def test_what_does_not_change_is_predicted(n_rows, what, by_deviation):
    (x, beside), y, weight = data(n_rows, 6)
    if what != "y":
        x[:], beside[:] = 3.0, 1.0
    if what != "X":
        y[:] = 7.0
    coefficients, intercepts = ridge([x, beside], y, weight, 1.0, by_deviation)
    predicted = table([x, beside]) @ coefficients + intercepts
    if what == "y" or n_rows == 1:
        assert_allclose(predicted, y)
    mean = np.average(y, axis=0, weights=weight)
    assert_allclose(np.average(predicted, axis=0, weights=weight), mean)


def test_many_rows_of_many_columns_are_thinned(monkeypatch):
    monkeypatch.setattr(_start, "LARGEST", 10)
    inputs, y, weight = data(100, 20)
    coefficients, _ = ridge(inputs, y, weight)
    thinned = [x[::10] for x in inputs], y[::10], weight[::10]
    assert_allclose(coefficients, ridge(*thinned)[0])
