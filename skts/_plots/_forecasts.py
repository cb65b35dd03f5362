"""Forecasts beside what was known and what came true."""

from __future__ import annotations

from itertools import cycle
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from .._forecast import as_frame, forecast, targets_per_step
from .._intervals import bound_names
from .._panel import one_of
from .._time import labels_after
from ._style import (
    COLORS,
    VERMILION,
    as_dates,
    date_axis,
    draw_line,
    legend_above,
    new_axes,
    text_color,
)

__all__ = ["ForecastDisplay"]


def _one_column(values: Any, name: str, column: Any = None) -> pd.Series:
    """Return the only column of a frame, or the one that is called `column`."""
    frame = as_frame(values)
    if len(frame.columns) == 1:
        return frame.iloc[:, 0]
    if column in frame.columns:
        return frame[column]
    raise ValueError(
        f"{name} has the columns {list(frame.columns)}, but a picture shows one: "
        f"select it, as in {name}[{frame.columns[0]!r}]."
    )


def _after(history: pd.Series, values: Any) -> Any:
    """Return `values` with labels: those of an array continue the history's."""
    if isinstance(values, (pd.DataFrame, pd.Series)):
        return values
    frame = as_frame(values)
    return frame.set_axis(labels_after(history.index, len(frame)))


def _read_interval(interval: Any, index: pd.Index) -> pd.DataFrame:
    """Return the bounds of the predictions at these labels."""
    bounds = np.asarray(interval, float)
    if bounds.shape != (len(index), 2):
        raise ValueError(
            f"interval has shape {bounds.shape}, but must hold a lower and an upper "
            f"bound for each of the {len(index)} predictions."
        )
    return pd.DataFrame(bounds, index, ["lower", "upper"])


def _seasonal_naive(history: Any, steps: int, season: int) -> np.ndarray:
    """Repeat the last season of one column."""
    if len(history) < season:
        raise ValueError(
            f"season={season} is longer than history, which has {len(history)} rows."
        )
    return np.resize(np.asarray(history)[-season:], steps)


class ForecastDisplay:
    """A series and its forecast, beside intervals, the truth and a baseline.

    Make one with :meth:`from_estimator`, or with :meth:`from_predictions` for
    predictions of any origin.

    Parameters
    ----------
    history : Series
        What was known.
    forecast : Series
        What is predicted to follow.
    truth : Series, default=None
        What did follow.
    interval : DataFrame with two columns, or dict of float to these, default=None
        Lower and upper bound of the forecast; several by their coverage.
    baseline : Series or dict of str to Series, default=None
        What the forecast should beat; several by their names.

    Attributes
    ----------
    history_line_, forecast_line_ : matplotlib.lines.Line2D
        The two lines. That of the forecast begins where the history ends.
    truth_line_ : matplotlib.lines.Line2D or None
        The truth, if it was given.
    baseline_lines_ : list of matplotlib.lines.Line2D
        The baselines.
    intervals_ : list of matplotlib.collections.PolyCollection
        The areas between the bounds, the widest first.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    See Also
    --------
    forecast : The predictions that are drawn here.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skts import ForecastDisplay, SlidingWindowTransformer, make_supervised
    >>> from skts.datasets import load_daily_births
    >>> births = load_daily_births()
    >>> X, y = make_supervised(births, horizon=7)
    >>> model = make_pipeline(SlidingWindowTransformer(14), Ridge()).fit(X, y)
    >>> display = ForecastDisplay.from_estimator(model, births, steps=30)
    >>> display.forecast.tail(2).round(1)
    date
    1960-01-29    42.3
    1960-01-30    42.3
    Freq: D, Name: births, dtype: float64
    """

    def __init__(
        self,
        history: pd.Series,
        forecast: pd.Series,
        *,
        truth: pd.Series | None = None,
        interval: pd.DataFrame | dict[float, pd.DataFrame] | None = None,
        baseline: pd.Series | dict[str, pd.Series] | None = None,
    ) -> None:
        self.history = history
        self.forecast = forecast
        self.truth = truth
        self.interval = interval
        self.baseline = baseline

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        history: Any,
        steps: int,
        *,
        target: Any = None,
        future: Any = None,
        coverage: Any = None,
        errors: pd.DataFrame | None = None,
        key: Any = None,
        season: int | None = None,
        truth: Any = None,
        n_history: int | None = None,
        random_state: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw what a fitted model predicts to follow a series.

        Parameters
        ----------
        estimator : estimator
            Fitted regressor, as :func:`forecast` takes it.
        history : {array-like, DataFrame, Series} of shape (n_rows,) or \
                (n_rows, n_columns)
            The series up to its last known row.
        steps : int
            Number of steps to predict.
        target : label, default=None
            The column that `estimator` predicts, as in :func:`forecast`, and that is
            drawn. Networks that say that they predict all columns do so, too.
        future : array-like or DataFrame, default=None
            The columns that `estimator` does not predict, as in :func:`forecast`.
        coverage : float or sequence of float, default=None
            How much the intervals shall hold, as in :func:`forecast`, such as 0.9 or
            ``[0.5, 0.9]``, which are drawn within each other.
        errors : DataFrame, default=None
            What :func:`backtest` returned, from which the intervals are made. By
            default, they are made from the quantiles of a network.
        key : label or tuple of labels, default=None
            Which of many series is drawn, by the levels of the index before the time.
        season : int, default=None
            Rows in the season that a baseline repeats, such as 7 for days of the week
            or 1 for the last row. By default there is no baseline.
        truth : {array-like, DataFrame, Series} of shape (n_known,), default=None
            What did follow. An array begins where `history` ends. With it, the legend
            says the mean absolute error.
        n_history : int, default=None
            Last rows of `history` to draw, by default four for each step.
        random_state : int, RandomState instance or None, default=None
            Rules the paths that intervals of quantiles come from, as in
            :func:`forecast`.
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : ForecastDisplay
            The picture.
        """
        series, n_targets = as_frame(history, many=True), targets_per_step(estimator)
        one_of(series, key, "history")  # checks
        columns = list(series.columns)
        predicts_all = n_targets == len(columns) > 1 and target in columns
        seed = check_random_state(random_state).randint(2**31 - 1)  # of all coverages
        results = {
            held: forecast(
                estimator,
                history,
                steps,
                target=None if predicts_all else target,
                future=future,
                coverage=held,
                errors=errors,
                random_state=seed,
            )
            for held in np.ravel(coverage).tolist()
        }
        if not isinstance(history, (pd.DataFrame, pd.Series)):
            names = columns if predicts_all or target is None else [target]
            names = [*names, *(b for name in names for b in bound_names(name))]
            labels = labels_after(series.index, steps)
            for held, values in results.items():
                values = values.reshape(steps, -1)
                results[held] = pd.DataFrame(values, labels, names[: values.shape[1]])
        results = {
            held: one_of(values, key, "history") for held, values in results.items()
        }
        series, truth = one_of(series, key, "history"), one_of(truth, key, "truth")
        first = next(iter(results.values()))
        if isinstance(first, pd.DataFrame):
            target = first.columns[0] if target is None else target
        interval = None
        if coverage is not None:
            bounds = bound_names(target)
            interval = {held: rows[bounds] for held, rows in results.items()}
        known = _one_column(series, "history", target)
        baseline = season and _seasonal_naive(known, steps, season)
        return cls.from_predictions(
            known,
            first if isinstance(first, pd.Series) else first[target],
            truth=truth,
            interval=interval,
            baseline=baseline,
            n_history=n_history,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        history: Any,
        predictions: Any,
        *,
        truth: Any = None,
        interval: Any = None,
        baseline: Any = None,
        key: Any = None,
        n_history: int | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw predictions that are already made.

        Parameters
        ----------
        history : {array-like, DataFrame, Series} of shape (n_rows,) or \
                (n_rows, n_columns)
            The series up to its last known row. Of several columns, the one named as
            that of `predictions` is drawn.
        predictions : {array-like, DataFrame, Series} of shape (n_steps,)
            What is predicted. An array begins where `history` ends. A frame may hold
            the bounds that :func:`forecast` puts beside it.
        truth : {array-like, DataFrame, Series} of shape (n_known,), default=None
            What did follow. An array begins where `history` ends. With it, the legend
            says the mean absolute error.
        interval : {array-like, DataFrame} of shape (n_steps, 2) or dict of float to \
                these, default=None
            Lower and upper bound of each prediction; several by their coverage.
        baseline : {array-like, DataFrame, Series} of shape (n_steps,) or dict of str \
                to these, default=None
            What the predictions should beat; several by the names that the legend
            says. An array begins where `history` ends.
        key : label or tuple of labels, default=None
            Which of many series is drawn, as :func:`forecast` returns them.
        n_history : int, default=None
            Last rows of `history` to draw, by default four for each prediction.
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : ForecastDisplay
            The picture.
        """
        history, predictions, truth = (
            one_of(table, key, name)
            for name, table in {
                "history": history,
                "predictions": predictions,
                "truth": truth,
            }.items()
        )
        is_array = not isinstance(predictions, (pd.DataFrame, pd.Series))
        if isinstance(predictions, pd.DataFrame) and len(predictions.columns) == 3:
            name, *bounds = predictions.columns
            if bounds == bound_names(name):
                interval = predictions[bounds] if interval is None else interval
                predictions = predictions[[name]]
        column = None if is_array else _one_column(predictions, "predictions").name
        known = _one_column(history, "history", column)
        predicted = _one_column(_after(known, predictions), "predictions")
        if truth is not None:
            truth = _one_column(_after(known, truth), "truth", column)

        def read(baseline: Any) -> pd.Series:
            values = _after(known, one_of(baseline, key, "baseline"))
            return _one_column(values, "baseline", column)

        if isinstance(baseline, dict):
            baseline = {name: read(values) for name, values in baseline.items()}
        elif baseline is not None:
            baseline = read(baseline)
        if isinstance(interval, dict):
            interval = {
                coverage: _read_interval(bounds, predicted.index)
                for coverage, bounds in interval.items()
            }
        elif interval is not None:
            interval = _read_interval(interval, predicted.index)
        display = cls(
            known, predicted, truth=truth, interval=interval, baseline=baseline
        )
        return display.plot(n_history=n_history, ax=ax)

    def plot(self, *, n_history: int | None = None, ax: Any = None) -> Self:
        """Draw the picture.

        Parameters
        ----------
        n_history : int, default=None
            Last rows of `history` to draw, by default four for each prediction.
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : ForecastDisplay
            The picture itself.
        """
        self.ax_ = ax = new_axes(ax, self)
        self.figure_ = ax.figure
        n_history = 4 * len(self.forecast) if n_history is None else n_history
        known = self.history.tail(n_history)
        color = text_color()
        self.history_line_ = draw_line(
            ax, known, color=color, lw=1, alpha=0.5, label="history"
        )

        def draw(values: pd.Series | None, label: str, **style: Any) -> Any:
            if values is None:
                return None
            if self.truth is not None and label != "truth":
                error = (values - self.truth).abs().mean()
                label = f"{label}, off by {error:.3g}"
            values = self._from_history(values)
            return draw_line(ax, values, label=label, **style)

        marker = "." if len(self.forecast) <= 60 else ""
        style = {"marker": marker, "markevery": slice(1, None), "lw": 2}
        baselines = self.baseline
        if not isinstance(baselines, dict):
            baselines = {} if baselines is None else {"baseline": baselines}
        others = cycle(c for c in COLORS if c != VERMILION)
        self.baseline_lines_ = [
            draw(values, name, color=color, ls="--", lw=1)
            for color, (name, values) in zip(others, baselines.items())
        ]
        self.forecast_line_ = draw(self.forecast, "forecast", color=VERMILION, **style)
        # It goes on from the history, and above the forecast: both are the series.
        self.truth_line_ = draw(self.truth, "truth", color=color, lw=1)
        self.intervals_ = self._draw_intervals(ax)
        date_axis(ax, self.forecast.index)
        if isinstance(self.history.name, str):
            ax.set_ylabel(self.history.name)
        legend_above(ax, ncols=2)
        return self

    def _from_history(self, values: Any) -> Any:
        """Let what follows the history begin at its last row."""
        last = self.history.tail(1)
        if not len(last) or not len(values) or not last.index[0] < values.index[0]:
            return values
        if isinstance(values, pd.DataFrame):
            last = pd.DataFrame(dict.fromkeys(values, last))
        return pd.concat([last, values])

    def _draw_intervals(self, ax: Any) -> list:
        """Draw the areas between bounds, the widest first."""
        intervals = self.interval
        if intervals is None:
            return []
        if isinstance(intervals, pd.DataFrame):
            intervals = {0.0: intervals}
        areas: list = []
        for coverage in sorted(intervals, reverse=True):
            bounds = self._from_history(intervals[coverage])
            label = f"{100 * coverage:.3g}% interval" if coverage else "interval"
            area = ax.fill_between(
                as_dates(bounds.index),
                *bounds.to_numpy(float).T,
                color=VERMILION,
                alpha=min(0.2 + 0.15 * len(areas), 0.5),
                lw=0,
                label=label,
            )
            areas.append(area)
        return areas
