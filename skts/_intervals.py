"""Intervals of forecasts, from the errors of those before them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from ._panel import place
from ._time import as_comparable


def predicted_columns(forecasts: pd.DataFrame, name: str = "forecasts") -> list:
    """Return the targets in what `backtest` returned."""
    targets = [c for c in forecasts if f"{c}_forecast" in forecasts]
    if not targets or "step" not in forecasts or "origin" not in forecasts.index.names:
        raise ValueError(
            f"{name} has the columns {list(forecasts.columns)} and the index "
            f"{list(forecasts.index.names)}, but must be what backtest returned."
        )
    return targets


def predicted_column(forecasts: pd.DataFrame, target: Any) -> Any:
    """Return the one target that is drawn, which need not be named if it is alone."""
    targets = predicted_columns(forecasts)
    if target is None and len(targets) == 1:
        return targets[0]
    if target not in targets:
        raise ValueError(
            f"target={target!r} must be one of the columns that are predicted: "
            f"{targets}."
        )
    return target


def bound_names(target: Any) -> list[str]:
    """Name the columns of the bounds of a target."""
    return [f"{target}_lower", f"{target}_upper"]


def check_bound_names(targets: Any, of: str) -> None:
    """Check that bounds do not have the names of targets."""
    names = [name for target in targets for name in bound_names(target)]
    if taken := set(targets).intersection(names):
        raise ValueError(
            f"{of} has {sorted(taken)} beside the bounds of intervals, which are called"
            " the same: rename these columns."
        )


def n_errors_needed(coverage: float) -> int:
    """Count the errors of which the smallest and the largest are the bounds."""
    return math.ceil(2 / (1 - coverage) - 1 - 1e-9)


def margins(
    errors: np.ndarray, at_step: np.ndarray, steps: int, coverage: float, apart: float
) -> np.ndarray:
    """Return what bounds add to the forecasts of each step, (steps, 2).

    They are those of the signed errors at that step that leave out the same part on
    either side, such that one more error is inside at least as often as asked for. Of
    a step with less than two to leave out on a side, the errors of its neighbours count
    as well, as many to both sides as it takes. NaN if all are too few.

    Errors at a step overlap if origins are less than as many steps `apart`: they are
    alike, and often all on one side. Where they tell no more than too few independent
    ones would, bounds are at least as far out as errors of both sides need.
    """
    if len(errors) < n_errors_needed(coverage):
        return np.full((steps, 2), np.nan)
    order = np.argsort(at_step, kind="stable")
    errors, at_step = errors[order], at_step[order]
    n_wanted = min(2 * n_errors_needed(coverage) + 1, len(errors))
    bounds = []
    for step in range(1, steps + 1):
        width, near = 0, errors[:0]
        while len(near) < n_wanted:
            first = at_step.searchsorted(step - width)
            near = errors[first : at_step.searchsorted(step + width, "right")]
            width += 1
        own = np.count_nonzero(at_step == step)
        near = np.sort(near)
        left_out = (len(near) + 1) * (1 - coverage) + 1e-9
        place = math.floor(left_out / 2)
        low, high = near[place - 1], near[-place]
        if apart < step and own * apart / step < n_wanted:
            either = np.sort(np.abs(near))[-math.floor(left_out)]
            low, high = min(low, -either), max(high, either)
        bounds.append([low, high])
    return np.array(bounds)


def _steps_apart(forecasts: pd.DataFrame) -> float:
    """Return how many steps later the next origin is, infinity if none is reached."""
    times = forecasts.index.get_level_values("time")
    reached = times.isin(forecasts.index.get_level_values("origin"))
    return forecasts["step"].to_numpy(float).min(where=reached, initial=np.inf)


def _scales(series: pd.DataFrame, target: Any) -> pd.Series:
    """Return how much a target changes, on average, from row to row up to each row."""
    keys = list(range(series.index.nlevels - 1))
    changes = series[target].astype(float).groupby(level=keys, sort=False).diff().abs()
    total, count = (
        part.groupby(level=keys, sort=False).cumsum()
        for part in (changes.fillna(0), changes.notna())
    )
    return (total / count).where(total > 0)


def _errors(
    forecasts: pd.DataFrame, series: pd.DataFrame, target: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Return the errors of forecasts, and what was the scale of each.

    Of many series, errors count in units of the scale, so that those of one tell of
    another. Without a scale, they are NaN.
    """
    errors = (forecasts[target] - forecasts[f"{target}_forecast"]).to_numpy(float)
    if not isinstance(series.index, pd.MultiIndex):
        return errors, np.ones(len(errors))
    scales = _scales(series, target)
    found = scales.index.get_indexer(forecasts.index.droplevel("time"))
    scale = np.where(found < 0, np.nan, scales.to_numpy()[found])
    return errors / scale, scale


def _filled(scale: np.ndarray) -> np.ndarray:
    """Let series that do not tell their scale have the median of the others."""
    known = ~np.isnan(scale)
    return np.where(known, scale, np.median(scale[known]) if known.any() else 1.0)


def _known_margins(
    forecasts: pd.DataFrame,
    errors: np.ndarray,
    until: Any,
    steps: int,
    coverage: float,
    apart: float,
) -> np.ndarray:
    """Return the margins by what was known at the label `until`, (steps, 2)."""
    is_known = (forecasts.index.get_level_values("time") <= until) & ~np.isnan(errors)
    at_step = forecasts["step"].to_numpy()
    return margins(errors[is_known], at_step[is_known], steps, coverage, apart)


def with_earlier_errors(
    forecasts: pd.DataFrame, series: pd.DataFrame, coverage: float
) -> pd.DataFrame:
    """Put intervals beside forecasts, by the errors that were known at each origin."""
    made_at, origins = forecasts.index.get_level_values("origin").factorize()
    at_step = forecasts["step"].to_numpy()
    options = at_step.max(), coverage, _steps_apart(forecasts)
    bounds: dict[str, np.ndarray] = {}
    for target in predicted_columns(forecasts):
        errors, scale = _errors(forecasts, series, target)
        both = np.empty((len(forecasts), 2))
        for code, origin in enumerate(origins):
            own = made_at == code
            added = _known_margins(forecasts, errors, origin, *options)
            both[own] = added[at_step[own] - 1] * _filled(scale[own])[:, np.newaxis]
        both += forecasts[[f"{target}_forecast"]].to_numpy()
        bounds |= dict(zip(bound_names(target), both.T))
    return forecasts.assign(**bounds)


def _refuse_errors_of_others(
    errors: pd.DataFrame, series: pd.DataFrame, targets: pd.Index
) -> None:
    """Check that what came true in a backtest is what the series holds."""
    labels = errors.index.droplevel("origin")
    if isinstance(labels, pd.MultiIndex):
        inside = labels.isin(series.index)
    else:
        inside = (labels >= series.index[0]) & (labels <= series.index[-1])
    truth = errors.loc[inside, list(targets)].astype(float)
    values = series[targets].reindex(labels[inside]).to_numpy(float)
    is_equal = np.isclose(truth, values, rtol=1e-6, atol=0)
    differs = (truth.notna() & ~is_equal).any(axis=1).to_numpy()
    if differs.any():
        row = differs.argmax()
        raise ValueError(
            f"errors is of another series than history: at {place(labels[inside][row])}"
            f", it has {truth.iloc[row].tolist()} where history has "
            f"{values[row].tolist()}. Let backtest have the rows of history."
        )


def _comparable(errors: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Return errors whose times are as those of the index."""
    levels = [
        errors.index.get_level_values(level) for level in range(errors.index.nlevels)
    ]
    n_levels = index.nlevels + 1
    if len(levels) != n_levels:
        raise ValueError(
            f"errors is indexed by {list(errors.index.names)}, which are "
            f"{len(levels)} levels, but must be by {n_levels}: the series, if there are"
            " many, the origin and the time. Let backtest have the rows of history."
        )
    times = index.get_level_values(-1)
    for level in (-2, -1):
        levels[level] = as_comparable(levels[level], times, "errors", "history")
    return errors.set_axis(pd.MultiIndex.from_arrays(levels, names=errors.index.names))


def with_intervals(
    predicted: pd.DataFrame, series: pd.DataFrame, errors: Any, coverage: float
) -> pd.DataFrame:
    """Put the bounds of intervals beside the forecasts of the rows after a series."""
    many = isinstance(series.index, pd.MultiIndex)
    codes = series.index.droplevel(-1).factorize()[0] if many else np.zeros(len(series))
    ends = np.flatnonzero(np.diff(codes, append=len(series)))
    targets, steps = predicted.columns, len(predicted) // len(ends)
    check_bound_names(targets, "history")
    missing = set(targets) - set(predicted_columns(errors, "errors"))
    if missing:
        raise ValueError(
            f"errors has no forecasts of {sorted(missing, key=str)}, which model "
            "predicts: let backtest have the same target."
        )
    if (n_steps := int(errors["step"].max())) < steps:
        raise ValueError(
            f"errors has {n_steps} steps from each origin, but steps={steps} are "
            "predicted: let backtest predict as many."
        )
    errors = _comparable(errors, series.index)
    _refuse_errors_of_others(errors, series, targets)
    last = series.index.get_level_values(-1).max()
    options = steps, coverage, _steps_apart(errors)
    for target in targets:
        known, _ = _errors(errors, series, target)
        added = _known_margins(errors, known, last, *options)
        if np.isnan(added).any():
            needed = n_errors_needed(coverage)
            raise ValueError(
                f"errors has fewer than the {needed} errors of {target!r} known at "
                f"{last}, where history ends, that coverage={coverage} needs: backtest "
                f"with n_origins={math.ceil(needed / n_steps)} or, as then neighbouring"
                f" steps count as one, better {needed}."
            )
        scale = np.ones(1)
        if many:
            scale = _filled(_scales(series, target).to_numpy()[ends])
        added = scale[:, np.newaxis, np.newaxis] * added
        both = added.reshape(-1, 2) + predicted[[target]].to_numpy()
        predicted = predicted.assign(**dict(zip(bound_names(target), both.T)))
    return predicted
