"""Where regressors start: the ridge regression of what their network reads."""

from __future__ import annotations

import threading

import numpy as np
from scipy import linalg  # type: ignore[import-untyped]

from ._scaling import row_blocks
from ._sklearn import threadpool_controller

PENALTIES = np.logspace(4, -6, 41)  # of the mean variance; the largest of equals counts
EIGEN = 1000  # rows or columns of which eigenvalues are found within a second
LARGEST = 6000  # rows or columns of a system of equations
ELEMENTS = 3 * 10**7  # of rows that are held as a table
_blas = threading.Lock()  # its number of threads is one for the whole process


def ridge(inputs, y, weight, shrink=1.0, by_deviation=False):
    """Return coefficients (n_columns, n_outputs) and intercepts of a ridge regression.

    Parameters
    ----------
    inputs : list of arrays with n_rows rows
        What the network reads; the columns are those of all of them, flattened.
    y : ndarray of shape (n_rows, n_outputs)
    weight : ndarray of shape (n_rows,)
        A weight of 2 equals having the row twice.
    shrink : float, default=1.0
        Multiple of the penalty that generalised cross-validation picks.
    by_deviation : bool, default=False
        Whether the penalty is on coefficients of columns in units of their deviations.
        Without it, those of timesteps close to the last, whose level is taken off, are
        shrunk most.

    Notes
    -----
    All is found from sums over rows, so that it depends on neither their order nor on
    how often a row is written. Of many columns and rows, the penalty is chosen by some
    rows, and of very many the coefficients are, too.

    References
    ----------
    Golub, Heath and Wahba (1979). Generalized Cross-Validation as a Method for Choosing
    a Good Ridge Parameter. Technometrics 21.
    """
    n_rows, n_columns = len(y), sum(int(np.prod(x.shape[1:])) for x in inputs)
    # The sum of the weights is the number of rows, unless they are fractions of rows.
    total, n_known = weight.sum(dtype=np.float64), np.count_nonzero(weight)
    if n_known > total:
        weight = weight.astype(np.float64) * (n_known / total)
    data = inputs, y, weight, (shrink, by_deviation)
    n_most = max(1, min(LARGEST, ELEMENTS // n_columns))
    one_thread = threadpool_controller().limit(limits=1, user_api="blas")
    with _blas, one_thread:  # more change the last bits
        if n_columns <= min(n_rows, LARGEST):
            return _by_columns(data, n_rows, n_columns)
        return _by_rows(_table(data, n_most))[:2]


def with_quantiles(coefficients, inputs, y, weight, quantiles):
    """Return weights of a layer that adds the quantiles of what a ridge leaves.

    Its outputs are all columns of y at the first quantile, then at the next.
    """
    left = np.empty(y.shape)
    for rows in row_blocks(len(y), len(coefficients)):
        left[rows] = y[rows] - _rows(inputs, rows) @ coefficients
    bias = [
        _quantiles(column, weight.astype(np.float64), quantiles) for column in left.T
    ]
    return np.tile(coefficients, len(quantiles)), np.transpose(bias).ravel()


def _quantiles(values, weight, quantiles):
    """Return weighted quantiles, at which values of weight 2 count as two.

    They are in the middle between two values: at a value itself, rounding would decide
    on which side of it training goes on.
    """
    values, weight = values[~np.isnan(values)], weight[~np.isnan(values)]
    order = values.argsort()
    values, upto = values[order], weight[order].cumsum()
    places = upto.searchsorted(np.array(quantiles) * upto[-1] * (1 - 1e-9))
    below = values[places]
    next_above = values.searchsorted(below + 1e-9 * np.ptp(values), "right")
    return (below + values[next_above.clip(max=len(values) - 1)]) / 2


def _by_columns(data, n_rows, n_columns):
    inputs, y, weight, (shrink, by_deviation) = data
    shift = _rows(inputs, slice(0, 1000)).mean(axis=0)
    total, sums, y_sums = 0.0, np.zeros(n_columns), np.zeros(y.shape[1])
    gram = np.zeros((n_columns, n_columns))
    cross, square = np.zeros((n_columns, y.shape[1])), 0.0
    for rows in row_blocks(n_rows, n_columns):
        w = weight[rows, np.newaxis].astype(np.float64)
        x, targets = _rows(inputs, rows) - shift, y[rows].astype(np.float64)
        total = total + w.sum()
        sums, y_sums = sums + (w * x).sum(axis=0), y_sums + (w * targets).sum(axis=0)
        gram += (w * x).T @ x
        cross, square = cross + (w * x).T @ targets, square + (w * targets**2).sum()
    x_mean, y_mean = sums / total, y_sums / total
    gram -= total * np.outer(x_mean, x_mean)
    cross -= total * np.outer(x_mean, y_mean)
    square -= total * (y_mean**2).sum()
    scale = _deviations(np.diag(gram) / total, by_deviation)
    gram /= scale
    gram /= scale[:, np.newaxis]
    cross /= scale[:, np.newaxis]
    if n_columns <= EIGEN:
        values, vectors = linalg.eigh(gram, check_finite=False)
        turned = vectors.T @ cross
        explained = (turned**2).sum(axis=1)
        penalty = shrink * _penalty(values, explained, square, total, n_columns)
        values = values.clip(0)[:, np.newaxis] + penalty
        coefficients = vectors @ (turned / values)
    else:
        penalty = _by_rows(_table(data, EIGEN))[2]
        gram[np.diag_indices_from(gram)] += penalty
        coefficients = linalg.solve(gram, cross, assume_a="pos", overwrite_a=True)
    coefficients /= scale[:, np.newaxis]
    return coefficients, y_mean - (x_mean + shift) @ coefficients


def _by_rows(table):
    """Solve by the products of rows with each other; return the penalty, too."""
    x, y, weight, (shrink, by_deviation) = table
    total, root = weight.sum(), np.sqrt(weight)[:, np.newaxis]
    x_mean, y_mean = weight @ x / total, weight @ y / total
    x, y = root * (x - x_mean), root * (y - y_mean)
    scale = _deviations((x**2).sum(axis=0) / total, by_deviation)
    x /= scale
    gram = x @ x.T
    if len(x) <= EIGEN:
        values, vectors = linalg.eigh(gram, check_finite=False)
        values = values.clip(0)
        turned = vectors.T @ y
        explained = values * (turned**2).sum(axis=1)
        square, n_columns = (y**2).sum(), x.shape[1]
        penalty = shrink * _penalty(values, explained, square, total, n_columns)
        dual = vectors @ (turned / (values[:, np.newaxis] + penalty))
    else:
        step = -(-len(x) // EIGEN)
        some = x[::step], y[::step], np.ones(len(x[::step])), (shrink, False)
        penalty = _by_rows(some)[2]
        gram[np.diag_indices_from(gram)] += penalty
        dual = linalg.solve(gram, y, assume_a="pos", overwrite_a=True)
    coefficients = x.T @ dual / scale[:, np.newaxis]
    return coefficients, y_mean - x_mean @ coefficients, penalty


def _deviations(variances, by_deviation):
    """Return the units of columns, not too small where these hardly change."""
    least = 1e-6 * variances.mean()
    if not by_deviation or least <= 0:
        return np.ones(len(variances))
    return np.sqrt(variances.clip(least))


def _penalty(values, explained, square, total, n_columns):
    """Return the penalty for eigenvalues of the Gram matrix.

    `explained` are the squares of the products of each eigenvector with the targets.
    """
    values = values.clip(0)
    mean = values.sum() / n_columns
    if not mean:
        return 1.0
    penalties = mean * PENALTIES[:, np.newaxis]
    # What is left of the targets, down to what rounding hides.
    removed = explained * (values + 2 * penalties) / (values + penalties) ** 2
    left = (square - removed.sum(axis=1)).clip(1e-10 * square)
    freedom = (values / (values + penalties)).sum(axis=1) + 1
    with np.errstate(divide="ignore"):
        score = np.where(freedom < total, left / (1 - freedom / total) ** 2, np.inf)
    return float(penalties[score.argmin(), 0])


def _table(data, n_most):
    """Return rows as float64 arrays, evenly spaced if there are more than `n_most`."""
    inputs, y, weight, how = data
    rows = slice(None, None, -(-len(y) // n_most))
    y, weight = (array[rows].astype(np.float64) for array in (y, weight))
    return _rows(inputs, rows), y, weight, how


def _rows(inputs, rows):
    parts = [np.asarray(x[rows], np.float64) for x in inputs]
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
