"""What forecasts miss: errors in time, how they are spread, how they go together."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from .._backtest import backtest
from .._intervals import predicted_column
from .._panel import one_of
from ._style import BLUE, VERMILION, date_axis, draw_line, new_axes, text_color

__all__ = ["ResidualsDisplay"]


def _autocorrelation(residuals: np.ndarray, n_lags: int) -> np.ndarray:
    """Return the correlation of residuals with those of 1 to `n_lags` origins before.

    Those that are not known do not count.
    """
    centred = residuals - np.nanmean(residuals)
    squares = np.nanmean(centred**2) or 1.0
    return (
        np.array(
            [np.nanmean(centred[lag:] * centred[:-lag]) for lag in range(1, n_lags + 1)]
        )
        / squares
    )


class ResidualsDisplay:
    """The residuals of a backtest: in time, as a histogram, and their autocorrelation.

    A residual is what came true less what was forecast. If a model has learnt all that
    there is to learn, its residuals lie around zero at all times, and none tells
    anything of those that follow: outside of the band, an autocorrelation would be by
    chance one time out of twenty. Make a picture with :meth:`from_estimator`, or with
    :meth:`from_predictions` of a backtest that is already made.

    Parameters
    ----------
    residuals : Series
        A residual for each origin, NaN where it is not known; its index is the time.

    Attributes
    ----------
    autocorrelation : ndarray of shape (n_lags,)
        Correlation of residuals with those of 1, 2 and so on origins before.
    residuals_line_ : matplotlib.lines.Line2D
        The residuals in time.
    histogram_ : matplotlib.container.BarContainer
        How many residuals are in each range.
    autocorrelation_ : matplotlib.container.BarContainer
        The autocorrelation of each lag.
    axes_ : tuple of three matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure of `axes_`.

    See Also
    --------
    backtest : The forecasts whose residuals are drawn here.
    BacktestDisplay : The forecasts themselves, and their error at each step.

    Examples
    --------
    A model that sees two days does not know of weeks, so that its errors repeat:

    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skts import ResidualsDisplay, SlidingWindowTransformer
    >>> from skts.datasets import load_daily_births
    >>> model = make_pipeline(SlidingWindowTransformer(2), Ridge())
    >>> display = ResidualsDisplay.from_estimator(
    ...     model, load_daily_births(), n_origins=150
    ... )
    >>> display.autocorrelation[[0, 6]].round(1)
    array([0.1, 0.2])
    """

    def __init__(self, residuals: pd.Series) -> None:
        self.residuals = residuals
        n_lags = max(1, min(30, len(residuals) // 3))
        self.autocorrelation = _autocorrelation(residuals.to_numpy(float), n_lags)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        series: Any,
        *,
        step: int = 1,
        target: Any = None,
        key: Any = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """Backtest a model one step after the other, and draw its residuals.

        Parameters
        ----------
        estimator : estimator
            Regressor, as :func:`backtest` takes it.
        series : {array-like, DataFrame, Series} of shape (n_rows,) or \
                (n_rows, n_columns)
            Rows in time order.
        step : int, default=1
            How many steps after the origin.
        target : label, default=None
            The column to predict. Needed if `series` has several.
        key : label or tuple of labels, default=None
            Which of many series is drawn, by the levels of the index before the time.
        ax : sequence of three matplotlib.axes.Axes, default=None
            What to draw on; a new figure by default.
        **options : dict
            Further arguments of :func:`backtest`: `n_origins` for more residuals than
            20, or `refit`.

        Returns
        -------
        display : ResidualsDisplay
            The picture.
        """
        options = {"stride": 1} | options
        forecasts = backtest(estimator, series, step, target=target, **options)
        return cls.from_predictions(forecasts, step=step, key=key, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        forecasts: pd.DataFrame,
        *,
        step: int = 1,
        target: Any = None,
        key: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw the residuals of a backtest that is already made.

        Parameters
        ----------
        forecasts : DataFrame
            What :func:`backtest` returned, of origins that are equally far apart.
        step : int, default=1
            How many steps after the origin.
        target : label, default=None
            The column to draw. Needed if several are predicted.
        key : label or tuple of labels, default=None
            Which of many series is drawn.
        ax : sequence of three matplotlib.axes.Axes, default=None
            What to draw on; a new figure by default.

        Returns
        -------
        display : ResidualsDisplay
            The picture.
        """
        forecasts = one_of(forecasts, key, "forecasts", n_levels=2)
        target = predicted_column(forecasts, target)
        rows = forecasts[forecasts["step"] == step].droplevel("origin")
        residuals = (rows[target] - rows[f"{target}_forecast"]).rename(target)
        if residuals.count() < 3:
            raise ValueError(
                f"forecasts has {residuals.count()} residuals of step={step}, of which "
                "a picture needs 3: take a step that was predicted, or more origins."
            )
        return cls(residuals).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : sequence of three matplotlib.axes.Axes, default=None
            What to draw on; a new figure by default.

        Returns
        -------
        display : ResidualsDisplay
            The picture itself.
        """
        self.axes_ = times, counts, lags = new_axes(ax, self, n_rows=3)
        self.figure_ = times.figure
        from matplotlib.ticker import MaxNLocator

        residuals, color = self.residuals, text_color()
        marker = "." if len(residuals) <= 60 else ""
        style = {"color": VERMILION, "lw": 1, "marker": marker}
        times.axhline(0, color=color, lw=0.8)
        self.residuals_line_ = draw_line(times, residuals, **style)
        times.set_ylabel("Residual", fontsize="small")
        date_axis(times, residuals.index)

        known = residuals.dropna().to_numpy(float)
        _, _, self.histogram_ = counts.hist(known, bins="auto", color=BLUE, alpha=0.8)
        counts.axvline(known.mean(), color=color, lw=1, ls="--")
        counts.set(
            xlabel=f"Residual (dashed: mean, {known.mean():.3g})", ylabel="Count"
        )

        n_lags = len(self.autocorrelation)
        bound = 1.96 / np.sqrt(len(known))
        lags.axhspan(-bound, bound, color=color, alpha=0.15, lw=0)
        lags.axhline(0, color=color, lw=0.8)
        self.autocorrelation_ = lags.bar(
            range(1, n_lags + 1), self.autocorrelation, width=0.4, color=BLUE
        )
        lags.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        lags.set(xlabel="Autocorrelation by lag (origins)")
        return self
