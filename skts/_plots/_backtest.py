"""Forecasts from many origins, and how far off they are at each step."""

from __future__ import annotations

from itertools import cycle
from typing import Any, Self

import numpy as np
import pandas as pd

from .._backtest import backtest, seasonal_naive
from .._forecast import as_frame
from .._intervals import predicted_column
from .._panel import one_of
from ._style import (
    COLORS,
    VERMILION,
    date_axis,
    draw_line,
    legend_above,
    new_axes,
    text_color,
)

__all__ = ["BacktestDisplay"]


def _without_overlap(forecasts: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the forecasts from the first origin, the first after it ends, and so on.

    Each is indexed by time, and begins with an empty row at its origin.
    """
    chosen: list[pd.DataFrame] = []
    for origin, rows in forecasts.groupby(level="origin", sort=False):
        rows = rows.droplevel("origin")
        if not chosen or origin >= chosen[-1].index[-1]:
            chosen.append(rows.reindex(rows.index.insert(0, origin)))
    return chosen


def _truth(values: pd.Series) -> pd.Series:
    """Return what came true, by time, and NaN at the origins that begin a new line."""
    known = values.droplevel("origin")
    known = known[~known.index.duplicated()]
    labels = known.index.union(values.index.unique("origin"))
    return known.reindex(labels)


class BacktestDisplay:
    """Forecasts from many origins, and below their error at each step.

    Make one with :meth:`from_estimator`, or with :meth:`from_predictions` for what
    :func:`backtest` returned.

    Parameters
    ----------
    forecasts : dict of str to DataFrame
        What :func:`backtest` returned for each model, and baselines. The first one is
        drawn above.
    target : label
        The column that is drawn.

    Attributes
    ----------
    errors : DataFrame of shape (n_steps, n_models)
        Mean absolute error at each step.
    truth_line_, forecast_line_ : matplotlib.lines.Line2D
        The lines above; None on a single axes.
    error_lines_ : list of matplotlib.lines.Line2D
        The lines below.
    axes_ : tuple of one or two matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure of `axes_`.

    See Also
    --------
    backtest : The forecasts that are drawn here.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skts import BacktestDisplay, SlidingWindowTransformer
    >>> from skts.datasets import load_daily_births
    >>> model = make_pipeline(SlidingWindowTransformer(14), Ridge())
    >>> display = BacktestDisplay.from_estimator(
    ...     model, load_daily_births(), steps=3, season=7, n_origins=40
    ... )
    >>> display.errors.round(1)
          Pipeline  seasonal naive
    step
    1          7.1             8.8
    2          5.0             6.5
    3          5.5             5.8
    """

    def __init__(self, forecasts: dict[str, pd.DataFrame], *, target: Any) -> None:
        self.forecasts = forecasts
        self.target = target
        errors = {
            name: (rows[f"{target}_forecast"] - rows[target])
            .abs()
            .groupby(rows["step"])
            for name, rows in forecasts.items()
        }
        self.errors = pd.DataFrame({name: e.mean() for name, e in errors.items()})

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        series: Any,
        steps: int,
        *,
        target: Any = None,
        season: int = 1,
        key: Any = None,
        name: str | None = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """Backtest a model, and draw it beside the seasonal naive forecast.

        Parameters
        ----------
        estimator : estimator
            Regressor, as :func:`backtest` takes it.
        series : {array-like, DataFrame, Series} of shape (n_rows,) or \
                (n_rows, n_columns)
            Rows in time order.
        steps : int
            Number of steps to predict at each origin.
        target : label, default=None
            The column to predict. Needed if `series` has several.
        season : int, default=1
            Rows in the season that the baseline repeats, as in
            :func:`seasonal_naive`.
        key : label or tuple of labels, default=None
            Which of many series is drawn, by the levels of the index before the time.
        name : str, default=None
            Name in the legend: by default that of the estimator's class.
        ax : matplotlib.axes.Axes or sequence of two, default=None
            What to draw on; a new figure by default. On a single one, the errors alone
            are drawn.
        **options : dict
            Further arguments of :func:`backtest`.

        Returns
        -------
        display : BacktestDisplay
            The picture.
        """
        frame = as_frame(series, "series", many=True)
        one_of(frame, key, "series")  # checks
        columns = list(frame.columns)
        if np.ndim(target) or (target is None and len(columns) > 1):
            raise ValueError(
                f"target={target!r}, but a picture shows one column: name it, "
                f"out of {columns}."
            )
        result = backtest(estimator, series, steps, target=target, **options)
        naive = seasonal_naive(result, series, season)
        forecasts = {name or type(estimator).__name__: result, "seasonal naive": naive}
        return cls.from_predictions(forecasts, key=key, ax=ax)

    @classmethod
    def from_predictions(
        cls, forecasts: Any, *, target: Any = None, key: Any = None, ax: Any = None
    ) -> Self:
        """Draw forecasts that are already made.

        Parameters
        ----------
        forecasts : DataFrame or dict of str to DataFrame
            What :func:`backtest` or :func:`seasonal_naive` returned, or several of
            these from the same origins: the first one is drawn above, and the errors of
            all below.
        target : label, default=None
            The column to draw. Needed if several are predicted.
        key : label or tuple of labels, default=None
            Which of many series is drawn.
        ax : matplotlib.axes.Axes or sequence of two, default=None
            What to draw on; a new figure by default. On a single one, the errors alone
            are drawn.

        Returns
        -------
        display : BacktestDisplay
            The picture.
        """
        if isinstance(forecasts, pd.DataFrame):
            forecasts = {"forecast": forecasts}
        forecasts = {
            name: one_of(table, key, "forecasts", n_levels=2)
            for name, table in forecasts.items()
        }
        first, *others = forecasts.values()
        target = predicted_column(first, target)
        for name, other in zip(list(forecasts)[1:], others):
            if not other.index.equals(first.index):
                raise ValueError(
                    f"The forecasts of {name!r} are from other origins, or of other "
                    f"times, than those of {next(iter(forecasts))!r}, so that their "
                    "errors cannot be compared: backtest all with the same n_origins, "
                    "stride and steps."
                )
        return cls(forecasts, target=target).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or sequence of two, default=None
            What to draw on; a new figure by default. On a single one, the errors alone
            are drawn.

        Returns
        -------
        display : BacktestDisplay
            The picture itself.
        """
        from matplotlib.ticker import MaxNLocator

        n_rows = 1 if ax is not None and np.size(ax) == 1 else 2
        self.axes_ = axes = tuple(np.ravel(new_axes(ax, self, n_rows=n_rows)))
        self.figure_ = axes[0].figure
        self.truth_line_ = self.forecast_line_ = None
        truth = self._draw_forecasts(axes[0]) if len(axes) == 2 else []
        below = axes[-1]
        marker = "." if len(self.errors) <= 60 else ""
        colors = [VERMILION, *(c for c in COLORS if c != VERMILION)]
        self.error_lines_ = [
            draw_line(below, error, marker=marker, color=color, label=name)
            for color, (name, error) in zip(cycle(colors), self.errors.items())
        ]
        below.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        below.update_datalim([(1, 0)])
        below.autoscale_view()
        below.set(xlabel="Step", ylabel="Mean absolute error")
        below.set(xlim=(0.5, len(self.errors) + 0.5), ylim=(0, None))
        legend_above(axes[0], handles=[*truth, *self.error_lines_])
        return self

    def _draw_forecasts(self, ax: Any) -> list:
        """Draw the truth and the first model's forecasts; return the truth's line."""
        name, forecasts = next(iter(self.forecasts.items()))
        chosen = pd.concat(_without_overlap(forecasts))
        predicted = chosen[f"{self.target}_forecast"]
        color = text_color()
        # A single step makes no line.
        marker = "." if len(self.errors) == 1 else ""
        style = {"marker": marker, "color": color, "lw": 1, "alpha": 0.5}
        truth = _truth(forecasts[self.target])
        self.truth_line_ = draw_line(ax, truth, label="truth", **style)
        style = {"marker": marker, "color": VERMILION, "lw": 2, "label": name}
        self.forecast_line_ = draw_line(ax, predicted, **style)
        date_axis(ax, truth.index)
        if isinstance(self.target, str):
            ax.set_ylabel(self.target)
        return [self.truth_line_]
