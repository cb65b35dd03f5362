"""Errors and scorers of forecasts, in the conventions of scikit-learn."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.utils import check_array

from ._quantiles import predict_interval, predict_quantiles, quantiles_of
from ._sklearn import Interval, check_sample_weight, validate_params

__all__ = [
    "interval_coverage",
    "interval_score",
    "mean_absolute_scaled_error",
    "neg_interval_score",
    "neg_mean_pinball_loss",
    "root_mean_squared_scaled_error",
    "symmetric_mean_absolute_percentage_error",
]

_CHECKS = {
    "y_true": ["array-like"],
    "y_pred": ["array-like"],
    "sample_weight": ["array-like", None],
}
_INTERVAL_CHECKS = {
    "y_true": ["array-like"],
    "lower": ["array-like"],
    "upper": ["array-like"],
    "sample_weight": ["array-like", None],
}
_SCALED_CHECKS = {
    **_CHECKS,
    "y_train": ["array-like"],
    "season": [Interval(Integral, 1, None, closed="left")],
}


def _as_columns(y: Any, name: str) -> np.ndarray:
    """Return values of shape (n_rows,) or (n_rows, n_outputs) as columns."""
    values = check_array(y, ensure_2d=False, dtype=[np.float64], input_name=name)
    return values.reshape(len(values), -1)


def _read(y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return both as columns of the same shape."""
    mean_absolute_error(y_true, y_pred)  # checks
    return _as_columns(y_true, "y_true"), _as_columns(y_pred, "y_pred")


def _changes(y_train: Any, season: int, n_outputs: int) -> np.ndarray:
    """Return the changes of the training values from one season to the next."""
    values = _as_columns(y_train, "y_train")
    if values.shape[1] not in (1, n_outputs):
        raise ValueError(
            f"y_train has {values.shape[1]} columns, but must have one for each of the "
            f"{n_outputs} outputs of y_true, or one for all of them."
        )
    changes = values[season:] - values[:-season]
    if not changes.any(axis=0).all():
        reason = "does not change" if len(changes) else f"has {len(values)} rows"
        raise ValueError(
            f"y_train {reason}, so that no change over season={season} rows can be "
            "the scale of errors: give more of the series or another season, or take "
            "an error without a scale, such as mean_absolute_error."
        )
    return changes


@validate_params(_SCALED_CHECKS, prefer_skip_nested_validation=True)
def mean_absolute_scaled_error(
    y_true: Any,
    y_pred: Any,
    *,
    y_train: Any,
    season: int = 1,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
) -> Any:
    """Mean absolute error, relative to that of the seasonal naive forecast in training.

    Below 1, predictions are closer than repeating the last season was, one step ahead,
    in the training values. Errors of series of different units can be averaged [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,) or (n_rows, n_outputs)
        What came true.

    y_pred : array-like of shape (n_rows,) or (n_rows, n_outputs)
        What was predicted.

    y_train : array-like of shape (n_train_rows,) or (n_train_rows, n_outputs)
        Training values in time order, whose mean change from one season to the next is
        the unit of errors. One column serves all outputs, such as the steps of one
        target.

    season : int, default=1
        Rows in a season; 1 compares with the row before.

    sample_weight : array-like of shape (n_rows,), default=None
        Weights of rows.

    multioutput : {"raw_values", "uniform_average"} or array-like of shape \
            (n_outputs,), default="uniform_average"
        How outputs are averaged: not at all, all alike, or with these weights.

    Returns
    -------
    error : float or ndarray of shape (n_outputs,)
        Not negative; 0 is best.

    Raises
    ------
    ValueError
        If `y_train` is no longer than a season, or is the same in each season.

    See Also
    --------
    root_mean_squared_scaled_error : The same for squared errors.

    References
    ----------
    .. [1] Hyndman, R. J. and Koehler, A. B. (2006). "Another look at measures of
           forecast accuracy". International Journal of Forecasting, 22(4), 679-688.

    Examples
    --------
    >>> from skts.metrics import mean_absolute_scaled_error
    >>> mean_absolute_scaled_error([5, 6], [4, 6], y_train=[1, 3, 2, 4, 3])
    0.333...
    """
    y_true, y_pred = _read(y_true, y_pred)
    scale = np.abs(_changes(y_train, season, y_true.shape[1])).mean(axis=0)
    options = {"sample_weight": sample_weight, "multioutput": multioutput}
    return mean_absolute_error(y_true / scale, y_pred / scale, **options)


@validate_params(_SCALED_CHECKS, prefer_skip_nested_validation=True)
def root_mean_squared_scaled_error(
    y_true: Any,
    y_pred: Any,
    *,
    y_train: Any,
    season: int = 1,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
) -> Any:
    """Root mean squared error, relative to that of the seasonal naive forecast.

    As :func:`mean_absolute_scaled_error`, but of squared errors, which the mean
    minimises and not the median: of goods that rarely sell, a forecast of zero is not
    the best [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,) or (n_rows, n_outputs)
        What came true.

    y_pred : array-like of shape (n_rows,) or (n_rows, n_outputs)
        What was predicted.

    y_train : array-like of shape (n_train_rows,) or (n_train_rows, n_outputs)
        Training values in time order, whose root mean squared change from one season to
        the next is the unit of errors. One column serves all outputs, such as the steps
        of one target.

    season : int, default=1
        Rows in a season; 1 compares with the row before.

    sample_weight : array-like of shape (n_rows,), default=None
        Weights of rows.

    multioutput : {"raw_values", "uniform_average"} or array-like of shape \
            (n_outputs,), default="uniform_average"
        How outputs are averaged: not at all, all alike, or with these weights.

    Returns
    -------
    error : float or ndarray of shape (n_outputs,)
        Not negative; 0 is best.

    Raises
    ------
    ValueError
        If `y_train` is no longer than a season, or is the same in each season.

    See Also
    --------
    mean_absolute_scaled_error : The same for absolute errors.

    References
    ----------
    .. [1] Makridakis, S., Spiliotis, E. and Assimakopoulos, V. (2022). "M5 accuracy
           competition: Results, findings, and conclusions". International Journal of
           Forecasting, 38(4), 1346-1364.

    Examples
    --------
    >>> from skts.metrics import root_mean_squared_scaled_error
    >>> root_mean_squared_scaled_error([5, 6], [4, 6], y_train=[1, 3, 2, 4, 3])
    0.447...
    """
    y_true, y_pred = _read(y_true, y_pred)
    scale = np.sqrt((_changes(y_train, season, y_true.shape[1]) ** 2).mean(axis=0))
    options = {"sample_weight": sample_weight, "multioutput": multioutput}
    return root_mean_squared_error(y_true / scale, y_pred / scale, **options)


@validate_params(_CHECKS, prefer_skip_nested_validation=True)
def symmetric_mean_absolute_percentage_error(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
) -> Any:
    """Mean absolute error, relative to the mean size of truth and prediction.

    The error of a row is ``2 * |y_true - y_pred| / (|y_true| + |y_pred|)``, and 0 where
    both are 0. As in :func:`sklearn.metrics.mean_absolute_percentage_error`, it is a
    fraction: times 100 it is the sMAPE of the M3 and M4 competitions [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,) or (n_rows, n_outputs)
        What came true.

    y_pred : array-like of shape (n_rows,) or (n_rows, n_outputs)
        What was predicted.

    sample_weight : array-like of shape (n_rows,), default=None
        Weights of rows.

    multioutput : {"raw_values", "uniform_average"} or array-like of shape \
            (n_outputs,), default="uniform_average"
        How outputs are averaged: not at all, all alike, or with these weights.

    Returns
    -------
    error : float or ndarray of shape (n_outputs,)
        Between 0, the best, and 2, which is that of every row whose truth and
        prediction differ in sign or of which one is 0.

    See Also
    --------
    mean_absolute_scaled_error : An error that does not grow where values are near 0.

    References
    ----------
    .. [1] Makridakis, S. and Hibon, M. (2000). "The M3-Competition: results,
           conclusions and implications". International Journal of Forecasting, 16(4),
           451-476.

    Examples
    --------
    >>> from skts.metrics import symmetric_mean_absolute_percentage_error
    >>> symmetric_mean_absolute_percentage_error([3, 10], [5, 10])
    0.25
    """
    y_true, y_pred = _read(y_true, y_pred)
    size = (np.abs(y_true) + np.abs(y_pred)) / 2
    size[size == 0] = 1
    options = {"sample_weight": sample_weight, "multioutput": multioutput}
    return mean_absolute_error(y_true / size, y_pred / size, **options)


def _mean(values: np.ndarray, sample_weight: Any, multioutput: Any) -> Any:
    """Average what is not negative over rows and outputs, as scikit-learn does."""
    options = {"sample_weight": sample_weight, "multioutput": multioutput}
    return mean_absolute_error(values, np.zeros_like(values), **options)


def _read_interval(y_true: Any, *bounds: Any) -> list[np.ndarray]:
    """Return the truth and the bounds as columns of the same shape."""
    columns = [_read(y_true, bound) for bound in bounds]
    return [columns[0][0], *(bound for _, bound in columns)]


def _interval_scores(
    truth: np.ndarray, low: np.ndarray, high: np.ndarray, coverage: float
) -> np.ndarray:
    """Return the score of each interval, NaN where the truth is."""
    outside = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return high - low + 2 / (1 - coverage) * outside


@validate_params(
    {**_INTERVAL_CHECKS, "coverage": [Interval(Real, 0, 1, closed="neither")]},
    prefer_skip_nested_validation=True,
)
def interval_score(
    y_true: Any,
    lower: Any,
    upper: Any,
    *,
    coverage: float,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
) -> Any:
    """Mean width of intervals, and a penalty for what lies outside.

    A value outside costs its distance from the interval, times 2 / (1 - `coverage`).
    Narrow intervals that hold what they promise have the least score, so that neither
    width nor coverage can be bought by the other [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,) or (n_rows, n_outputs)
        What came true.

    lower, upper : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Bounds of the intervals.

    coverage : float
        Between 0 and 1: how much of the truth the intervals are meant to hold, such as
        0.9.

    sample_weight : array-like of shape (n_rows,), default=None
        Weights of rows.

    multioutput : {"raw_values", "uniform_average"} or array-like of shape \
            (n_outputs,), default="uniform_average"
        How outputs are averaged: not at all, all alike, or with these weights.

    Returns
    -------
    score : float or ndarray of shape (n_outputs,)
        In units of y; less is better, in spite of the name that it is known by.

    See Also
    --------
    interval_coverage : How much of the truth is inside.
    neg_interval_score : The same of a network's intervals, as the score of a search.

    References
    ----------
    .. [1] Gneiting, T. and Raftery, A. E. (2007). "Strictly proper scoring rules,
           prediction, and estimation". Journal of the American Statistical
           Association, 102(477), 359-378.

    Examples
    --------
    One value is inside, one lies 1 above an interval, which costs 2 / 0.2:

    >>> from skts.metrics import interval_score
    >>> interval_score([5, 9], [3, 4], [7, 8], coverage=0.8)
    9.0
    """
    truth, low, high = _read_interval(y_true, lower, upper)
    scores = _interval_scores(truth, low, high, coverage)
    return _mean(scores, sample_weight, multioutput)


@validate_params(_INTERVAL_CHECKS, prefer_skip_nested_validation=True)
def interval_coverage(
    y_true: Any,
    lower: Any,
    upper: Any,
    *,
    sample_weight: Any = None,
    multioutput: Any = "uniform_average",
) -> Any:
    """Share of values that lie inside of their intervals, bounds included.

    It should be near to what was asked for. Alone it says little: an interval from the
    smallest to the largest value holds everything. :func:`interval_score` counts both.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,) or (n_rows, n_outputs)
        What came true.

    lower, upper : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Bounds of the intervals.

    sample_weight : array-like of shape (n_rows,), default=None
        Weights of rows.

    multioutput : {"raw_values", "uniform_average"} or array-like of shape \
            (n_outputs,), default="uniform_average"
        How outputs are averaged: not at all, all alike, or with these weights.

    Returns
    -------
    coverage : float or ndarray of shape (n_outputs,)
        Between 0 and 1.

    See Also
    --------
    interval_score : Width and coverage in one number.

    Examples
    --------
    >>> from skts.metrics import interval_coverage
    >>> interval_coverage([5, 9, 4], [3, 4, 4], [7, 8, 6])
    0.666...
    """
    truth, low, high = _read_interval(y_true, lower, upper)
    inside = (low <= truth) & (truth <= high)
    return _mean(inside.astype(float), sample_weight, multioutput)


def _as_truth(y: Any, predicted: np.ndarray) -> np.ndarray:
    """Return y as columns, as many as are predicted, NaN where it is not known."""
    options = {"dtype": np.float64, "ensure_2d": False, "input_name": "y"}
    values = check_array(y, ensure_all_finite="allow-nan", **options)
    truth = values.reshape(len(values), -1)
    if truth.shape != predicted.shape[:2]:
        raise ValueError(
            f"y has shape {values.shape}, but the estimator predicts "
            f"{predicted.shape[:2]}, rows by outputs, of X: give y as in fit."
        )
    return truth


def _negative_mean(losses: np.ndarray, truth: np.ndarray, sample_weight: Any) -> float:
    """Return minus the mean over outputs of the mean over rows whose truth is known."""
    known = ~np.isnan(truth)
    weight = check_sample_weight(sample_weight, losses)[:, np.newaxis] * known
    total = weight.sum(axis=0)
    if not total.any():
        raise ValueError(
            "y has no known value in a row that has a weight: score rows whose target "
            "is known."
        )
    sums = (weight * np.where(known, losses, 0)).sum(axis=0)
    return -float((sums[total > 0] / total[total > 0]).mean())


def neg_mean_pinball_loss(
    estimator: Any, X: Any, y: Any, sample_weight: Any = None
) -> float:
    """Score the quantiles that a network predicts, as `scoring` of a search.

    It is the negative of what a network with `quantiles` minimises, in units of y: the
    pinball loss [1]_, averaged over its quantiles, over outputs and rows. Where y is
    NaN, nothing counts. Scores compare models of the same quantiles.

    Parameters
    ----------
    estimator : estimator
        A fitted network with `quantiles`, or a pipeline, a search or a
        `TransformedTargetRegressor` around one.
    X : array-like or DataFrame
        What the estimator's `predict` takes.
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
        What came true, NaN where that is not known.
    sample_weight : array-like of shape (n_rows,), default=None
        Weights of rows.

    Returns
    -------
    score : float
        Not positive; 0 is best.

    Raises
    ------
    ValueError
        If the estimator predicts no quantiles, or nothing of y is known.

    See Also
    --------
    neg_interval_score : Score two of the quantiles, as the bounds of an interval.
    sklearn.metrics.mean_pinball_loss : The loss of one quantile that is predicted.

    References
    ----------
    .. [1] Koenker, R. and Bassett, G. (1978). "Regression Quantiles". Econometrica,
           46(1), 33-50.

    Examples
    --------
    >>> from sklearn.model_selection import TimeSeriesSplit, cross_val_score
    >>> from skts import MLPRegressor, make_supervised
    >>> from skts.datasets import load_daily_births
    >>> from skts.metrics import neg_mean_pinball_loss
    >>> X, y = make_supervised(load_daily_births(), window=14)
    >>> model = MLPRegressor(quantiles=[0.1, 0.5, 0.9], random_state=0)
    >>> cv = TimeSeriesSplit(2)
    >>> scores = cross_val_score(model, X, y, cv=cv, scoring=neg_mean_pinball_loss)
    >>> scores.round()
    array([-2., -2.])
    """
    predicted = predict_quantiles(estimator, X)
    truth = _as_truth(y, predicted)
    above = truth[..., np.newaxis] - predicted
    levels = np.array(quantiles_of(estimator))
    losses = np.maximum(levels * above, (levels - 1) * above).mean(axis=-1)
    return _negative_mean(losses, truth, sample_weight)


def neg_interval_score(
    estimator: Any, X: Any, y: Any, sample_weight: Any = None, *, coverage: float = 0.9
) -> float:
    """Score the intervals that a network predicts, as `scoring` of a search.

    It is the negative of :func:`interval_score`. Where y is NaN, nothing counts.

    Parameters
    ----------
    estimator, X, y, sample_weight
        As in :func:`neg_mean_pinball_loss`.
    coverage : float, default=0.9
        How much of what comes true shall be inside. The quantiles of the network must
        give it. Another one than the default is handed over by
        :func:`functools.partial`.

    Returns
    -------
    score : float
        In units of y; not positive, and the nearer to 0 the better.

    Raises
    ------
    ValueError
        If the estimator does not predict the quantiles that `coverage` needs, or
        nothing of y is known.

    See Also
    --------
    neg_mean_pinball_loss : Score all quantiles.

    Examples
    --------
    >>> from functools import partial
    >>> from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    >>> from skts import MLPRegressor, make_supervised
    >>> from skts.datasets import load_daily_births
    >>> from skts.metrics import neg_interval_score
    >>> X, y = make_supervised(load_daily_births(), window=14)
    >>> search = GridSearchCV(
    ...     MLPRegressor(quantiles=[0.1, 0.5, 0.9], epochs=10, random_state=0),
    ...     {"units": [4, 32]},
    ...     cv=TimeSeriesSplit(2),
    ...     scoring=partial(neg_interval_score, coverage=0.8),
    ... )
    >>> bool(search.fit(X, y).best_score_ < 0)
    True
    """
    bounds = predict_interval(estimator, X, coverage)
    truth = _as_truth(y, bounds)
    scores = _interval_scores(truth, bounds[..., 0], bounds[..., 1], coverage)
    return _negative_mean(scores, truth, sample_weight)
