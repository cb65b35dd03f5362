"""Forecasts as the score of a search."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from ._backtest import beside_truth, foreseen, of_series
from ._columns import choose, read_leads
from ._forecast import as_frame, forecast
from ._panel import place
from ._sklearn import Interval, string_names, validate_params

__all__ = ["make_forecast_scorer"]

_POSITIVE = Interval(Integral, 1, None, closed="left")


def _name(metric: Callable) -> str:
    """Return the name of a function, also of one in a partial."""
    return getattr(getattr(metric, "func", metric), "__name__", "")


def _positions_of(X: Any, index: pd.Index) -> np.ndarray:
    """Return the positions in the series of the rows of X."""
    labels = getattr(X, "index", None)
    if not isinstance(labels, pd.Index):
        raise TypeError(
            f"X is a {type(X).__name__} without labels, by which its rows could be "
            "found in series: search on the frames that make_supervised makes."
        )
    if labels.nlevels != index.nlevels:
        raise ValueError(
            f"X has an index of {labels.nlevels} levels, and series one of "
            f"{index.nlevels}: make X of series."
        )
    positions = index.get_indexer(labels)
    if (positions < 0).any():
        raise ValueError(
            f"series lacks {(positions < 0).sum()} of the {len(labels)} rows of X, the "
            f"first of them {place(labels[positions < 0][0])}: make X of series."
        )
    return positions


def _chosen(positions: np.ndarray, index: pd.Index, n_after: int, stride: int) -> Any:
    """Return the positions that are origins; each is followed by `n_after` labels."""
    origins = positions[::stride]
    origins = origins[origins + n_after < len(index)]
    if not len(origins):
        first = positions[0]
        raise ValueError(
            f"No row of X is followed by {n_after} rows of series, which ends "
            f"{len(index) - 1 - first} rows after {index[first]}, where X begins: "
            "score fewer steps, or make the folds longer."
        )
    return origins


def _origins(
    X: Any, frame: pd.DataFrame, ahead: list, n_after: int, stride: int
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame | None]]:
    """Yield what is known at each origin, and ahead of it."""
    positions = _positions_of(X, frame.index)
    for origin in _chosen(positions, frame.index, n_after, stride):
        following = frame[ahead].iloc[origin + 1 :][:n_after] if ahead else None
        yield frame.iloc[: origin + 1], following


def _panel_origins(
    X: Any, frame: pd.DataFrame, ahead: list, n_after: int, stride: int
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame | None]]:
    """Yield the same of many series: those that have a row of X at an origin."""
    rows = frame.index[_positions_of(X, frame.index)]
    times = frame.index.get_level_values(-1)
    distinct, tested = times.unique().sort_values(), rows.get_level_values(-1)
    positions = distinct.get_indexer(tested.unique().sort_values())
    for origin in distinct[_chosen(positions, distinct, n_after, stride)]:
        keys, following = rows[tested == origin].droplevel(-1), None
        if ahead:
            following, complete = foreseen(frame, origin, ahead, n_after)
            keys = keys[keys.isin(complete)]
            following = of_series(following, keys)
        if len(keys):
            yield of_series(frame[times <= origin], keys), following


@dataclass(eq=False, repr=False)
class _ForecastScorer:
    """What scikit-learn calls a scorer: a function of an estimator, X and y."""

    metric: Callable
    sign: int
    series: Any
    steps: int
    target: Any
    stride: int

    def __repr__(self) -> str:
        return f"make_forecast_scorer({_name(self.metric)}, steps={self.steps})"

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        """Return the score of the forecasts from rows of X; `y` is not looked at."""
        frame = as_frame(self.series, "series", many=True)
        names = string_names(X)
        ahead, leads = read_leads([] if names is None else names)
        target = self.target
        if target is None:
            target = [name for name in frame.columns if name not in ahead]
        targets = choose(target, frame.columns, "series")
        n_ahead = len(leads) // max(1, len(ahead))
        n_after = max(self.steps, -(-self.steps // max(1, n_ahead)) * n_ahead)
        rows = []
        many = isinstance(frame.index, pd.MultiIndex)
        for known, following in (_panel_origins if many else _origins)(
            X, frame, ahead, n_after, self.stride
        ):
            options: dict[str, Any] = {"target": targets, "future": following}
            predicted = forecast(estimator, known, self.steps, **options)
            rows.append(beside_truth(predicted, frame, targets, self.steps))
        if not rows:
            raise ValueError(
                f"No series has, behind a row of X, the {n_after} rows of {ahead} that "
                "are known ahead: score fewer steps, or make the folds longer."
            )
        both = pd.concat(rows).dropna(subset=targets)
        y_true, y_pred = (
            both[names[0] if len(names) == 1 else names].to_numpy()
            for names in (targets, [f"{name}_forecast" for name in targets])
        )
        return self.sign * self.metric(y_true, y_pred)


@validate_params(
    {
        "metric": [callable],
        "series": [pd.DataFrame, pd.Series],
        "steps": [_POSITIVE],
        "stride": [_POSITIVE, None],
    },
    prefer_skip_nested_validation=True,
)
def make_forecast_scorer(
    metric: Callable,
    series: Any,
    steps: int,
    *,
    target: Any = None,
    stride: int | None = None,
) -> Callable:
    """Make a scorer of forecasts, with which a search tunes what is deployed.

    The scorers of scikit-learn score what a model predicts of each row: as many steps
    as its horizon. This one lets the fitted model :func:`forecast` any number of steps
    from rows of the test fold, and compares them with what came true.

    Parameters
    ----------
    metric : callable
        Function of ``(y_true, y_pred)``. As in scikit-learn, one whose name ends in
        ``_score`` is the better the larger it is. If it ends in ``_error``, ``_loss``,
        ``_deviance`` or ``_distance``, less is better, and the score is its negative.
        Other arguments are given by :func:`functools.partial`.
    series : DataFrame or Series
        The rows of X, looked up by label, and those that follow. Rows that are kept for
        a last test do not belong in it. Many series are one frame, as
        :func:`make_supervised` has it.
    steps : int
        Number of steps to predict from each origin.
    target : label or list of labels, default=None
        The columns that the model predicts, as y of the search has them. By default all
        of `series` that X does not know ahead.
    stride : int, default=None
        Rows from one origin to the next, the first one being the first row of the test
        fold; of many series, distinct times. By default `steps`.

    Returns
    -------
    scorer : callable
        Function of ``(estimator, X, y)``, for `scoring` in searches and
        :func:`sklearn.model_selection.cross_val_score`. It can be pickled if `metric`
        can. All steps from all origins of a fold whose truth is known, of all series
        that have a row of X at an origin, make one score.

    Raises
    ------
    ValueError
        If the name of `metric` does not tell what is better; by the scorer, if rows of
        X are not in `series` or none is followed by `steps` rows of it.
    TypeError
        If `series` is not pandas; by the scorer, if X has no labels.

    See Also
    --------
    backtest : The forecasts themselves, from one origin after the other.

    Notes
    -----
    The last forecasts of a fold reach up to `steps` rows beyond its end, but not beyond
    that of `series`. With :class:`~sklearn.model_selection.TimeSeriesSplit`, no model
    was trained on these.

    Columns that X knows ahead come from `series`, as in X: of a weather forecast, both
    should hold the forecast. Others that the model does not predict are unknown beyond
    its horizon: search for a model whose horizon is at least `steps`.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.metrics import mean_absolute_error
    >>> from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    >>> from sklearn.pipeline import make_pipeline
    >>> from skts import (
    ...     SlidingWindowTransformer, make_forecast_scorer, make_supervised
    ... )
    >>> from skts.datasets import load_daily_births
    >>> births = load_daily_births()
    >>> X, y = make_supervised(births)
    >>> search = GridSearchCV(
    ...     make_pipeline(SlidingWindowTransformer(), Ridge()),
    ...     {"slidingwindowtransformer__window": [1, 7, 14]},
    ...     cv=TimeSeriesSplit(4),
    ...     scoring=make_forecast_scorer(mean_absolute_error, births, steps=7),
    ... )
    >>> search.fit(X, y).best_params_
    {'slidingwindowtransformer__window': 7}
    >>> print(search.best_score_.round(1))
    -5.5
    """
    name = _name(metric)
    if not name.endswith(("_score", "_error", "_loss", "_deviance", "_distance")):
        raise ValueError(
            f"metric={metric!r} does not tell if more or less of it is better: let its "
            "name end in _score if more is, or in _error, as those of scikit-learn do."
        )
    sign = 1 if name.endswith("_score") else -1
    return _ForecastScorer(metric, sign, series, steps, target, stride or steps)
