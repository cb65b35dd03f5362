"""Forecasts beside what was known and what came true."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from .._forecast import as_frame, forecast
from .._time import labels_after
from ._style import (
    VERMILION,
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


class ForecastDisplay:
    """A series and its forecast, with the truth and an interval where they are known.

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
    interval : DataFrame with two columns, default=None
        Lower and upper bound of the forecast.

    Attributes
    ----------
    history_line_, forecast_line_ : matplotlib.lines.Line2D
        The two lines.
    truth_line_ : matplotlib.lines.Line2D or None
        The truth, if it was given.
    interval_ : matplotlib.collections.PolyCollection or None
        The area between the bounds, if they were given.
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
        interval: pd.DataFrame | None = None,
    ) -> None:
        self.history = history
        self.forecast = forecast
        self.truth = truth
        self.interval = interval

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        history: Any,
        steps: int,
        *,
        target: Any = None,
        future: Any = None,
        truth: Any = None,
        n_history: int | None = None,
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
            The column that `estimator` predicts, as in :func:`forecast`.
        future : array-like or DataFrame, default=None
            The columns that `estimator` does not predict, as in :func:`forecast`.
        truth : {array-like, DataFrame, Series} of shape (n_known,), default=None
            What did follow. An array begins where `history` ends.
        n_history : int, default=None
            Last rows of `history` to draw, by default four for each step.
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : ForecastDisplay
            The picture.
        """
        predictions = forecast(estimator, history, steps, target=target, future=future)
        if np.ndim(history) == 2 and not isinstance(history, pd.DataFrame):
            columns = [0] if target is None else target
            history = np.asarray(history)[:, columns]
        return cls.from_predictions(
            history, predictions, truth=truth, n_history=n_history, ax=ax
        )

    @classmethod
    def from_predictions(
        cls,
        history: Any,
        predictions: Any,
        *,
        truth: Any = None,
        interval: Any = None,
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
            What is predicted. An array begins where `history` ends.
        truth : {array-like, DataFrame, Series} of shape (n_known,), default=None
            What did follow. An array begins where `history` ends.
        interval : {array-like, DataFrame} of shape (n_steps, 2), default=None
            Lower and upper bound of each prediction.
        n_history : int, default=None
            Last rows of `history` to draw, by default four for each prediction.
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : ForecastDisplay
            The picture.
        """
        is_array = not isinstance(predictions, (pd.DataFrame, pd.Series))
        column = None if is_array else _one_column(predictions, "predictions").name
        known = _one_column(history, "history", column)
        predicted = _one_column(_after(known, predictions), "predictions")
        if truth is not None:
            truth = _one_column(_after(known, truth), "truth", column)
        if interval is not None:
            interval = np.asarray(interval, float)
            if interval.shape != (len(predicted), 2):
                raise ValueError(
                    f"interval has shape {interval.shape}, but must hold a lower and "
                    f"an upper bound for each of the {len(predicted)} predictions."
                )
            interval = pd.DataFrame(interval, predicted.index, ["lower", "upper"])
        display = cls(known, predicted, truth=truth, interval=interval)
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
        self.history_line_ = draw_line(ax, known, color=color, lw=1, label="history")
        self.truth_line_ = self.interval_ = None
        if self.truth is not None:
            # It goes on from the history: both are the series.
            truth = pd.concat([known.tail(1), self.truth])
            style = {"color": color, "lw": 1, "alpha": 0.5, "label": "truth"}
            self.truth_line_ = draw_line(ax, truth, **style)
        style = {"color": VERMILION, "lw": 2, "label": "forecast"}
        marker = "." if len(self.forecast) <= 60 else ""
        self.forecast_line_ = draw_line(ax, self.forecast, marker=marker, **style)
        if self.interval is not None:
            bounds = self.interval.to_numpy(float).T
            self.interval_ = ax.fill_between(
                self.forecast_line_.get_xdata(),
                *bounds,
                color=VERMILION,
                alpha=0.25,
                lw=0,
                label="interval",
            )
        date_axis(ax, self.forecast.index)
        if isinstance(self.history.name, str):
            ax.set_ylabel(self.history.name)
        legend_above(ax, ncols=2)
        return self
