"""How good forecasts would have been: from many origins, as they are deployed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from ._columns import choose, targets_and_ahead
from ._forecast import as_frame, forecast
from ._intervals import check_bound_names, predicted_columns, with_earlier_errors
from ._panel import panel_of, place
from ._sklearn import HasMethods, Interval, check_method_params, validate_params
from ._supervised import make_supervised, rows_inside
from ._warn import warn

__all__ = ["backtest", "seasonal_naive"]

_POSITIVE = Interval(Integral, 1, None, closed="left")


def _known(series: Any, position: int, label: Any) -> Any:
    """Return the rows up to an origin, of one series or of many."""
    if isinstance(getattr(series, "index", None), pd.MultiIndex):
        return series[series.index.get_level_values(-1) <= label]
    count = position + 1
    return series.iloc[:count] if hasattr(series, "iloc") else series[:count]


def of_series(table: pd.DataFrame, keys: pd.Index | None) -> pd.DataFrame:
    """Return the rows of some of many series."""
    return table if keys is None else table[table.index.droplevel(-1).isin(keys)]


def foreseen(
    series: pd.DataFrame, label: Any, columns: list, n_rows: int
) -> tuple[pd.DataFrame, pd.Index]:
    """Return the rows that follow a time, and the series that have all of them."""
    after = series.loc[series.index.get_level_values(-1) > label, columns]
    levels = list(range(series.index.nlevels - 1))
    after = after.groupby(level=levels, sort=False).head(n_rows)
    keys, counts = after.index.droplevel(-1), after.groupby(level=levels).size()
    complete = keys.unique()[counts.reindex(keys.unique()).to_numpy() == n_rows]
    return of_series(after, complete), complete


def beside_truth(
    predictions: Any, series: pd.DataFrame, targets: list, steps: int
) -> pd.DataFrame:
    """Return the steps of a forecast beside what came true, NaN where no row did."""
    rows = series[targets].reindex(predictions.index)
    rows.insert(0, "step", np.arange(len(rows)) % steps + 1)
    values = predictions.to_numpy().reshape(len(rows), -1)
    rows[[f"{name}_forecast" for name in targets]] = values
    return rows


def _check_names(targets: list, levels: list) -> None:
    """Check that the columns and the index of the result have names of their own."""
    if taken := {"origin", "time"}.intersection(levels):
        raise ValueError(
            f"The result of backtest has {sorted(taken)} beside the levels that tell "
            "series, which are called the same: rename these levels of series."
        )
    names = ["origin", "time", "step", *(f"{name}_forecast" for name in targets)]
    if taken := set(targets).intersection(names):
        raise ValueError(
            f"The result of backtest has {sorted(taken)} beside the targets, which are "
            "called the same: rename these columns of series."
        )


def _find_origins(
    n_rows: int,
    *,
    steps: int,
    n_after: int,
    horizon: int,
    n_origins: int,
    stride: int | None,
    min_train_size: int | None,
    many: bool,
) -> range:
    """Return the positions of the origins; `n_after` rows follow the last one."""
    stop = n_rows - n_after
    if stride is None:
        room = stop - (min_train_size or n_rows // 2)
        stride = max(1, min(steps, room // max(1, n_origins - 1)))
    n_first = max(min_train_size or 0, horizon + 1)
    n_needed = n_first + (n_origins - 1) * stride + n_after
    if n_needed > n_rows:
        rows = "distinct times" if many else "rows"
        raise ValueError(
            f"n_origins={n_origins}, {stride} {rows} apart, need {n_needed} {rows}, but"
            f" series has {n_rows}. The {n_first} {rows} up to the first origin count, "
            f"and the {n_after} after the last one, of which steps={steps} are "
            "predicted: take fewer origins or steps."
        )
    return range(stop - 1 - (n_origins - 1) * stride, stop, stride)


def _split_future(
    future: pd.DataFrame | None,
    is_array: bool,
    others: list,
    origins: pd.Index,
    names: list,
) -> list[pd.DataFrame]:
    """Return what each origin was told of the columns not predicted."""
    if future is None:
        raise ValueError(
            f"series has columns that are not predicted: {others}. A forecast beyond "
            "the horizon needs their values: give what was believed of them at each "
            "origin as future, or let horizon be steps."
        )
    if is_array:
        raise TypeError(
            "future is looked up by label, which series has not, being an array: make "
            "a DataFrame of it."
        )
    if future.index.nlevels != len(names):
        raise ValueError(
            f"future must be indexed by ({', '.join(map(str, names))}), but its index "
            f"has {future.index.nlevels} level{'s' * (future.index.nlevels > 1)}: join "
            "what was believed at each origin by pd.concat({origin: frame, ...}), and "
            "let the origin be the level before the time."
        )
    made_at = future.index.get_level_values(-2)
    missing = origins[~origins.isin(made_at)]
    if len(missing):
        raise ValueError(
            f"future lacks {len(missing)} of the {len(origins)} origins, the first of "
            f"them {missing[0]}."
        )
    return [future[made_at == origin].droplevel(-2) for origin in origins]


def _series_at(series: pd.DataFrame, label: Any) -> pd.Index:
    """Return the series that have a row at a time."""
    return series.index[series.index.get_level_values(-1) == label].droplevel(-1)


def _check_any(keys: list[pd.Index], labels: pd.Index, n_after: int) -> None:
    """Check that a series is left to be predicted from each origin."""
    for own, label in zip(keys, labels):
        if not len(own):
            raise ValueError(
                f"No series has a row at the origin {label} and the {n_after} rows "
                "after it of what is known ahead: give what was believed as future, or "
                "take fewer origins or steps."
            )


def _trained_on(
    frame: pd.DataFrame, position: int, label: Any, horizon: int
) -> np.ndarray:
    """Return the rows of a frame of which X consists that ends at an origin."""
    if not isinstance(frame.index, pd.MultiIndex):
        return np.arange(position + 1 - horizon)
    known = np.flatnonzero(frame.index.get_level_values(-1) <= label)
    panel = panel_of(frame.iloc[known], "series")
    assert panel is not None
    return known[rows_inside(panel, 1, horizon)]


def _fit_and_forecast(
    model: Any,
    series: Any,
    origins: list[tuple[int, Any, Any, Any]],
    *,
    steps: int,
    fit_params: dict,
    **columns: Any,
) -> list:
    """Fit a clone on the rows up to the first origin, and forecast from each.

    Origins are positions in the series, their labels, the `future` known there, and
    which of many series are predicted.
    Of `columns`, :func:`make_supervised` makes X and y.
    """
    forecasts: list = []
    for position, label, future, keys in origins:
        known = _known(series, position, label)
        try:
            if not forecasts:
                X, y = make_supervised(known, **columns)
                model = clone(model)
                model.fit(X, y, **fit_params)
            options = {"target": columns["target"], "future": future}
            forecasts.append(forecast(model, of_series(known, keys), steps, **options))
        except Exception as error:
            error.add_note(f"Raised by backtest at the origin {label}.")
            raise
    return forecasts


def _with_progress(results: Iterable[list], n_origins: int) -> Iterator[list]:
    """Hand on the forecasts, and keep one line of the terminal up to date."""
    start, done = time.perf_counter(), 0
    for forecasts in results:
        done += len(forecasts)
        left = (time.perf_counter() - start) / done * (n_origins - done)
        print(f"\rOrigin {done}/{n_origins} -{left:5.0f} s left", end="", flush=True)
        yield forecasts
    print()


@validate_params(
    {
        "model": [HasMethods(["fit", "predict"])],
        "steps": [_POSITIVE],
        "horizon": [_POSITIVE],
        "n_origins": [_POSITIVE],
        "stride": [_POSITIVE, None],
        "min_train_size": [_POSITIVE, None],
        "refit": ["boolean", _POSITIVE],
        "future": [pd.DataFrame, None],
        "coverage": [Interval(Real, 0, 1, closed="neither"), None],
        "fit_params": [dict, None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=False,
)
def backtest(
    model: Any,
    series: Any,
    steps: int,
    *,
    horizon: int = 1,
    target: Any = None,
    ahead: Any = None,
    n_origins: int = 20,
    stride: int | None = None,
    min_train_size: int | None = None,
    refit: bool | int = True,
    future: pd.DataFrame | None = None,
    coverage: float | None = None,
    fit_params: dict | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> pd.DataFrame:
    """Forecast from many origins of a series, and put what came true beside it.

    At each origin, in time order, a clone of the model is fitted on the rows up to
    there, as X and y of ``make_supervised(rows, horizon=horizon, target=target,
    ahead=ahead)``, and predicts the next steps as :func:`forecast` does [1]_. No row
    after an origin is ever seen, but for what is known ahead.

    Parameters
    ----------
    model : estimator
        Regressor as :func:`forecast` takes it, fitted or not. It is cloned.
    series : DataFrame or array of shape (n_rows, n_columns), or Series or array of \
            shape (n_rows,)
        Rows in time order. The index of a frame must have a frequency, which is
        inferred if it is not set. Many series are one frame, as :func:`make_supervised`
        has it: origins are then distinct times, and series that have no row there are
        not predicted from it.
    steps : int
        Number of steps to predict at each origin.
    horizon : int, default=1
        Number of steps that the model learns to predict at once; further ones are
        predicted from its own predictions.
    target : label or list of labels, default=None
        Columns to predict: names in a frame, positions in an array. By default all
        that are not known ahead.
    ahead : str or list of str, default=None
        Columns that are known for the steps to come. What was known at each origin
        comes from `future`; without it, from the series, as if all had been foreseen
        perfectly. That is right for a calendar, and for a weather forecast flatters. Of
        many series, those are predicted then that have all these rows.
    n_origins : int, default=20
        Number of origins. The last one has `steps` rows after it; with `ahead`, as many
        as the whole number of horizons that make them.
    stride : int, default=None
        Rows, or distinct times, from one origin to the next: by default `steps`, so
        that each row is predicted once, or as many as let all origins lie in the last
        half of the series, or after `min_train_size` rows if that is given.
    min_train_size : int, default=None
        Rows, or distinct times, up to the first origin, at least: by default the
        ``horizon + 1`` of which y can be made.
    refit : bool or int, default=True
        Whether the model is fitted at every origin, or only once, at the first. An
        integer fits it at every so many origins.
    future : DataFrame, default=None
        The columns that are not predicted, indexed by (origin, time), with the levels
        of many series before these: what was believed at each origin of the rows after
        it, such as a weather forecast. Of `ahead`, it has ``ceil(steps / horizon) *
        horizon`` rows at each origin. Of other columns, it is needed if `steps` is more
        than `horizon`: all rows that are fed back, ``(steps - 1) // horizon *
        horizon``.
    coverage : float, default=None
        Between 0 and 1, such as 0.9: how much of what comes true shall lie inside of
        intervals, made at each origin as :func:`forecast` does, from the errors of
        earlier origins that were known there. By default, there are none.
    fit_params : dict, default=None
        Parameters for the model's `fit`. Of values with as many rows as `series`, such
        as weights, the rows are taken that are trained on.
    n_jobs : int, default=None
        Number of fits at a time, by joblib: None is 1 unless in a
        :func:`joblib.parallel_config`, -1 is one for each processor. Predictions are
        the same.
    verbose : int, default=0
        Whether to show progress, in one line.

    Returns
    -------
    forecasts : DataFrame of shape (n_origins * steps, n_columns)
        A row for each step from each origin, indexed by `origin`, the label of the last
        row that was known, and `time`; in an array, labels are positions. Of many
        series, the levels that tell them come first, so that ``forecasts.loc["Oslo"]``
        is the backtest of one, and there are fewer rows. Columns are
        `step`, counted from 1, the targets as they came true (NaN where the series
        leaves out a label), and what was predicted, in columns ``NAME_forecast``. With
        a `coverage`, ``NAME_lower`` and ``NAME_upper`` of each target follow: NaN at
        the first origins, until enough errors are known.

    Raises
    ------
    ValueError
        If there are more origins or steps than rows, or distinct times; if columns are
        not predicted and `future` is needed, and it is not given, lacks an origin or
        has no (origin, time); if the columns of the result would not have names of
        their own.
    TypeError
        If the model cannot be cloned; if `future` is given for an array.
    Exception
        Whatever the model raises, with a note that names the origin.

    See Also
    --------
    seasonal_naive : A baseline for the same origins.
    BacktestDisplay : Pictures of what is returned.
    make_forecast_scorer : The same as the score of a search.

    References
    ----------
    .. [1] Tashman, L. J. (2000). "Out-of-sample tests of forecasting accuracy: an
           analysis and review". International Journal of Forecasting, 16(4), 437-450.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skts import SlidingWindowTransformer, backtest
    >>> from skts.datasets import load_daily_births
    >>> births = load_daily_births()
    >>> model = make_pipeline(SlidingWindowTransformer(14), Ridge())
    >>> result = backtest(model, births, steps=7, horizon=7)
    >>> result.round(1).head(3)
                           step  births  births_forecast
    origin     time
    1959-08-13 1959-08-14     1      39             39.4
               1959-08-15     2      44             36.8
               1959-08-16     3      45             38.8
    >>> error = result["births_forecast"] - result["births"]
    >>> error.abs().groupby(result["step"]).mean().round(1).tolist()
    [4.7, 6.5, 3.3, 6.9, 6.2, 8.5, 4.5]

    Intervals at the last origins come from the errors at earlier ones:

    >>> result = backtest(model, births, steps=7, horizon=7, coverage=0.9)
    >>> result[["births_lower", "births", "births_upper"]].round(1).tail(2)
                           births_lower  births  births_upper
    origin     time
    1959-12-24 1959-12-30          31.4      55          68.7
               1959-12-31          30.3      50          67.6
    """
    clone(model)  # checks
    frame = as_frame(series, "series", many=True)
    is_array = not isinstance(series, (pd.DataFrame, pd.Series))
    order, labels = np.arange(len(frame)), frame.index
    panel = panel_of(series, "series")
    if panel is not None:
        order, labels = panel.order, panel.times.unique().sort_values()
    targets, known = targets_and_ahead(target, ahead, frame.columns, "series")
    names = [*frame.index.names[:-1], "origin", "time"]
    _check_names(targets, names[:-2])
    if coverage is not None:
        check_bound_names(targets, "series")
    others = [c for c in frame.columns if c not in targets and c not in known]
    if steps <= horizon:
        others = []
    # Columns that are known ahead reach as far as the last outputs do.
    is_foreseen = future is None and known and not others
    n_after = -(-steps // horizon) * horizon if known else steps
    positions = _find_origins(
        len(labels),
        steps=steps,
        n_after=n_after,
        horizon=horizon,
        n_origins=n_origins,
        stride=stride,
        min_train_size=min_train_size,
        many=panel is not None,
    )
    labels = labels[positions]
    futures: list[Any] = [None] * n_origins
    keys: list[Any] = [None] * n_origins
    if panel is not None:
        keys = [_series_at(frame, label) for label in labels]
    if is_foreseen and panel is not None:
        pairs = [foreseen(frame, label, known, n_after) for label in labels]
        keys = [own[own.isin(complete)] for own, (_, complete) in zip(keys, pairs)]
        _check_any(keys, labels, n_after)
        futures = [of_series(rows, own) for (rows, _), own in zip(pairs, keys)]
    elif is_foreseen:
        rows = frame[known]
        futures = [rows.iloc[k + 1 : k + 1 + n_after] for k in positions]
    elif others or known:
        told = _split_future(future, is_array, [*others, *known], labels, names)
        futures = [of_series(rows, own) for rows, own in zip(told, keys)]
    elif future is not None:
        warn(
            f"future is not used: the model predicts all steps={steps} at once, and "
            "ahead names no column that it knows ahead."
        )
    origins = list(zip(positions, labels, futures, keys))
    n_alike = int(refit) or n_origins
    rows = np.asarray(series) if is_array else series if panel is None else frame
    jobs = (
        delayed(_fit_and_forecast)(
            model,
            _known(rows, *alike[-1][:2]),
            alike,
            steps=steps,
            horizon=horizon,
            target=targets,
            ahead=known or None,
            fit_params=check_method_params(
                rows,
                fit_params or {},
                order[_trained_on(frame, *alike[0][:2], horizon)],
            ),
        )
        for alike in (origins[i : i + n_alike] for i in range(0, n_origins, n_alike))
    )
    results = Parallel(n_jobs=n_jobs, return_as="generator")(jobs)
    if verbose:
        results = _with_progress(results, n_origins)
    forecasts = [one for several in results for one in several]
    if is_array:
        following = (frame.index[position + 1 :][:steps] for position in positions)
        forecasts = [pd.DataFrame(*both) for both in zip(forecasts, following)]
    tables = [beside_truth(predicted, frame, targets, steps) for predicted in forecasts]
    forecasts = pd.concat(tables, keys=labels, names=["origin", *names[:-2], "time"])
    if panel is not None:
        forecasts = forecasts.reorder_levels([*range(1, len(names) - 1), 0, -1])
        own = panel.keys.get_indexer(forecasts.index.droplevel([-2, -1]))
        forecasts = forecasts.iloc[own.argsort(kind="stable")]
    if coverage is None:
        return forecasts
    return with_earlier_errors(forecasts, frame, coverage)


@validate_params(
    {"forecasts": [pd.DataFrame], "season": [_POSITIVE]},
    prefer_skip_nested_validation=True,
)
def seasonal_naive(
    forecasts: pd.DataFrame, series: Any, season: int = 1
) -> pd.DataFrame:
    """Repeat the last season, from the same origins: what a forecast should beat.

    Parameters
    ----------
    forecasts : DataFrame
        What :func:`backtest` returned.
    series : DataFrame or array of shape (n_rows, n_columns), or Series or array of \
            shape (n_rows,)
        The series that it was given.
    season : int, default=1
        Rows in a season, such as 7 for days of the week. 1 repeats the last row.

    Returns
    -------
    forecasts : DataFrame
        As `forecasts`, with other predictions: at step k from an origin, the newest
        known row that is a whole number of seasons before.

    Raises
    ------
    ValueError
        If a column or an origin of `forecasts` is not in `series`, or if fewer than
        `season` rows are there up to an origin.

    See Also
    --------
    BacktestDisplay : Draws several of these beside each other.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skts import backtest, seasonal_naive
    >>> series = [1, 2, 3, 1, 2, 3, 1, 2, 4]
    >>> result = backtest(Ridge(), series, steps=2, n_origins=1)
    >>> seasonal_naive(result, series, season=3)
                 step  0  0_forecast
    origin time
    6      7        1  2           2
           8        2  4           3
    """
    frame = as_frame(series, "series", many=True)
    targets = choose(predicted_columns(forecasts), frame.columns, "series")
    origins = forecasts.index.droplevel("time")
    if origins.nlevels != frame.index.nlevels:
        raise ValueError(
            f"forecasts is indexed by {list(forecasts.index.names)}, but series by "
            f"{list(frame.index.names)}: give what backtest was given."
        )
    positions = frame.index.get_indexer(origins)
    panel = panel_of(frame, "series")
    firsts = 0 if panel is None else panel.starts[panel.codes[positions]]
    is_short = (positions < 0) | (positions - firsts < season - 1)
    if is_short.any():
        first = place(origins[is_short][0])
        raise ValueError(
            f"The season={season} rows up to the origin {first} are not all in series: "
            "give what backtest was given, or choose a shorter season."
        )
    positions += 1 - season + (forecasts["step"].to_numpy() - 1) % season
    values = frame[targets].to_numpy()[positions]
    names = [f"{name}_forecast" for name in targets]
    return forecasts.assign(**dict(zip(names, values.T)))
