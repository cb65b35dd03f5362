"""Quantiles and intervals that a model predicts by itself."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._sklearn import Interval, validate_params

__all__ = ["predict_interval", "predict_quantiles"]

_COVERAGE = Interval(Real, 0, 1, closed="neither")


def check_quantiles(quantiles: Any) -> list[float]:
    """Return parameter `quantiles` as a list, of the median alone if it is None."""
    if quantiles is None:
        return [0.5]
    try:
        levels = np.array(quantiles, np.float64).round(9)  # linspace misses 0.5
    except (TypeError, ValueError):
        levels = np.empty(0)
    is_rising = levels.ndim == 1 and (np.diff(levels) > 0).all() and levels.size
    if not is_rising or not 0 < levels[0] <= levels[-1] < 1 or 0.5 not in levels:
        raise ValueError(
            f"quantiles={quantiles!r} must be between 0 and 1, rise and hold 0.5, the "
            "median, which predict returns: such as [0.05, 0.5, 0.95]."
        )
    return levels.tolist()


def positions_of_interval(quantiles: list[float], coverage: float) -> list[int]:
    """Return where in `quantiles` the bounds of an interval are."""
    levels = np.array(quantiles)
    bounds = (1 - coverage) / 2, (1 + coverage) / 2
    found = [np.flatnonzero(np.isclose(levels, bound)) for bound in bounds]
    if not all(map(len, found)) or found[0][0] >= found[1][0]:
        pairs = [(a, b) for a in quantiles for b in quantiles if a < b]
        known = [round(b - a, 9) for a, b in pairs if np.isclose(a + b, 1)]
        raise ValueError(
            f"coverage={coverage!r} needs the quantiles {bounds[0]:.4g} and "
            f"{bounds[1]:.4g}, but the model predicts {quantiles}, which give the "
            f"coverages {known}."
        )
    return [int(places[0]) for places in found]


def calibration(
    predicted: np.ndarray, y: np.ndarray, weight: np.ndarray, quantiles: list[float]
) -> np.ndarray:
    """Return what predictions need added, for quantiles to be right of other rows.

    Each quantile but the median is moved outwards as far as one more row needs [1]_, or
    by the largest error if rows are too few for that. These are few and recent: where
    quantiles lie symmetrically, one hangs on the mean of what its own errors need and
    of what those of both sides do, which are twice as many. It is never moved inwards,
    nor less than a quantile nearer to the median, so that none cross.

    Parameters
    ----------
    predicted : ndarray of shape (n_rows, n_quantiles * n_outputs)
        What a network predicts, all outputs of the first quantile first.
    y : ndarray of shape (n_rows, n_outputs)
        What came true, NaN where that is not known.
    weight : ndarray of shape (n_rows,)
        A weight of 2 equals having the row twice.
    quantiles : list of float
        Their levels.

    Returns
    -------
    added : ndarray of shape (n_quantiles * n_outputs,)
        Not negative above the median, and not positive below.

    References
    ----------
    .. [1] Romano, Patterson and Candes (2019). Conformalized Quantile Regression.
       NeurIPS.
    """
    weight = weight * max(1.0, len(weight) / weight.sum())  # as `ridge` reads fractions
    levels = np.array(quantiles)
    side = np.sign(levels - 0.5)[:, np.newaxis]
    beyond = y[:, np.newaxis] - predicted.reshape(len(y), len(levels), -1)
    beyond = (side * beyond).transpose(1, 2, 0)  # quantiles, outputs, rows
    added = np.zeros(beyond.shape[:2])
    for i, level in enumerate(levels):
        sides = [i], [i, *np.flatnonzero(np.isclose(levels, 1 - level))]
        share = min(level, 1 - level)
        for j in range(len(added[i]) if level != 0.5 else 0):
            added[i, j] = np.mean([_needed(beyond[k, j], weight, share) for k in sides])
    added *= side
    median = quantiles.index(0.5)
    added[median:] = np.maximum.accumulate(added[median:])
    added[median::-1] = np.minimum.accumulate(added[median::-1])
    return added.ravel()


def _needed(beyond: np.ndarray, weight: np.ndarray, share: float) -> float:
    """Return how far out a share of one more row is, 0 if that is inside.

    `beyond` is (n_sides, n_rows); an error of each side counts as a part of its row.
    """
    known = ~np.isnan(beyond[0])
    if not known.any():
        return 0.0
    values = beyond[:, known].ravel()
    order = (-values).argsort()
    upto = np.tile(weight[known] / len(beyond), len(beyond))[order].cumsum()
    place = upto.searchsorted(np.floor((upto[-1] + 1) * share + 1e-9))
    return max(0.0, values[order[place]])


def quantiles_of(model: Any) -> list[float]:
    """Return the quantiles that a model, or what it is made of, predicts."""
    while model is not None and not hasattr(model, "predict_quantiles"):
        model = inner_of(model)
    return [] if model is None else model._levels_


def inner_of(model: Any) -> Any:
    """Return what predicts inside of a model, None if that is the model itself."""
    if isinstance(model, Pipeline):
        return model[-1]
    for name in ("best_estimator_", "regressor_", "estimator"):
        is_frozen = name != "estimator" or type(model).__name__ == "FrozenEstimator"
        if is_frozen and hasattr(model, name):
            return getattr(model, name)
    return None


def _ask(model: Any, X: Any, method: str, *arguments: Any) -> np.ndarray:
    """Return what a method of the network inside of a model returns."""
    if hasattr(model, method):
        return getattr(model, method)(X, *arguments)
    inner = inner_of(model)
    if inner is None:
        check_is_fitted(model)
        raise ValueError(
            f"model={type(model).__name__} predicts no quantiles: give a network of "
            "skts some, as quantiles=[0.05, 0.5, 0.95], or have forecast make intervals"
            " from the errors of a backtest."
        )
    if isinstance(model, Pipeline) and len(model) > 1:
        X = model[:-1].transform(X)
    values = _ask(inner, X, method, *arguments)
    if not isinstance(model, TransformedTargetRegressor):
        return values
    inverse = model.transformer_.inverse_transform
    values = np.stack([inverse(column) for column in np.moveaxis(values, -1, 0)], -1)
    if (np.diff(values) < 0).any():
        raise ValueError(
            f"{type(model).__name__} turns quantiles of its regressor round: a "
            "transformer or func of targets must rise with them."
        )
    return values


def predict_quantiles(model: Any, X: Any) -> np.ndarray:
    """Predict quantiles by a model that has a network with `quantiles` inside.

    Parameters
    ----------
    model : estimator
        A fitted network, a pipeline that ends with one, a search, or a
        `TransformedTargetRegressor` around any of these.
    X : array-like or DataFrame
        What the model's `predict` takes.

    Returns
    -------
    y : ndarray of shape (n_samples, n_outputs, n_quantiles)
        Predictions in units of y, in the order of the network's `quantiles`.

    Raises
    ------
    ValueError
        If there is no such network inside, or if targets are transformed by what does
        not rise with them.

    See Also
    --------
    predict_interval : Two of the quantiles, as the bounds of an interval.
    forecast : Intervals of a series' next steps, from quantiles or from errors.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from skts import MLPRegressor, SlidingWindowTransformer, make_supervised
    >>> from skts import predict_quantiles
    >>> from skts.datasets import load_daily_births
    >>> X, y = make_supervised(load_daily_births(), horizon=7)
    >>> network = MLPRegressor(quantiles=[0.1, 0.5, 0.9], random_state=0)
    >>> model = make_pipeline(SlidingWindowTransformer(14), network).fit(X, y)
    >>> predict_quantiles(model, X.tail(1)).shape
    (1, 7, 3)
    """
    return _ask(model, X, "predict_quantiles")


@validate_params({"coverage": [_COVERAGE]}, prefer_skip_nested_validation=True)
def predict_interval(model: Any, X: Any, coverage: float) -> np.ndarray:
    """Predict intervals by a model that has a network with `quantiles` inside.

    Parameters
    ----------
    model, X
        As in :func:`predict_quantiles`.
    coverage : float
        How much of what comes true shall be inside, such as 0.9 for the bounds that the
        quantiles 0.05 and 0.95 are.

    Returns
    -------
    bounds : ndarray of shape (n_samples, n_outputs, 2)
        The lower and the upper bound of each output, in units of y.

    Raises
    ------
    ValueError
        As in :func:`predict_quantiles`, and if the network does not predict the
        quantiles that `coverage` needs.

    See Also
    --------
    skts.metrics.interval_score : How good such intervals are.

    Examples
    --------
    >>> from skts import MLPRegressor, make_supervised, predict_interval
    >>> from skts.datasets import load_daily_births
    >>> X, y = make_supervised(load_daily_births(), window=14)
    >>> model = MLPRegressor(quantiles=[0.1, 0.5, 0.9], random_state=0).fit(X, y)
    >>> predict_interval(model, X.tail(1), coverage=0.8).shape
    (1, 1, 2)
    """
    return _ask(model, X, "predict_interval", coverage)
