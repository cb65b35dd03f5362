"""Pictures as objects, in scikit-learn's Display style."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils.validation import check_is_fitted

from ._forecast import (
    _as_frame,
    _find_targets,
    _labels_after,
    _predict_next,
    _reach,
    _read_lags,
    _takes_array,
    forecast,
)
from ._windows import _frequency, make_supervised

__all__ = ["ForecastDisplay", "LossCurveDisplay", "WindowDisplay"]

# Okabe and Ito's colours, which the colour-blind tell apart: those that stand out on
# white as well as on black. What is known, not predicted, has the colour of text.
BLUE, VERMILION, ORANGE = "#0072B2", "#D55E00", "#E69F00"
COLORS = BLUE, VERMILION, "#009E73", "#CC79A7", ORANGE, "#56B4E9"


def _axes(ax: Any, display: Any) -> Any:
    """Return `ax`, or new axes."""
    check_matplotlib_support(f"{type(display).__name__}.plot")
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1]


def _text_color() -> Any:
    """Return the colour that stands out on the background in use."""
    import matplotlib as mpl

    return mpl.rcParams["text.color"]


def _legend_above(ax: Any, **options: Any) -> None:
    """Put the legend where it hides nothing, however small the figure is."""
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
    ax.legend(frameon=False, fontsize="small", **place, **options)


# Windows


class WindowDisplay:
    """A series, its windows and targets as blocks, with the shapes of X and y.

    Make one with :meth:`from_series` or, for the windows that a fitted model reads,
    with :meth:`from_estimator`.

    Parameters
    ----------
    series : DataFrame of shape (n_rows, n_channels)
        Rows in time order.
    window : int
        Timesteps in a window.
    horizon : int
        Steps in a target.
    targets : list
        Columns of `series` that are predicted.

    Attributes
    ----------
    X_shape : tuple of int
        Rows, timesteps and channels of the windows, as a network reads them. A table
        of windows has the last two as one: timesteps times channels.
    y_shape : tuple of int
        Rows and, if there is more than one, outputs: steps times targets.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    See Also
    --------
    make_supervised : The X and y that are drawn here.

    Examples
    --------
    >>> from skts import WindowDisplay
    >>> display = WindowDisplay.from_series([10, 20, 30, 40, 50, 60], window=3)
    >>> display.X_shape, display.y_shape
    ((3, 3, 1), (3,))
    """

    def __init__(
        self, series: pd.DataFrame, *, window: int, horizon: int, targets: list
    ) -> None:
        self.series = series
        self.window = window
        self.horizon = horizon
        self.targets = targets
        n_rows = len(series) - window - horizon + 1
        n_outputs = horizon * len(targets)
        self.X_shape = n_rows, window, len(series.columns)
        self.y_shape = (n_rows,) if n_outputs == 1 else (n_rows, n_outputs)

    @classmethod
    def from_series(
        cls,
        series: Any,
        *,
        window: int = 3,
        horizon: int = 1,
        target: Any = None,
        n_windows: int = 4,
        ax: Any = None,
    ) -> Self:
        """Draw what :func:`make_supervised` makes of a series.

        Parameters
        ----------
        series : {array-like, DataFrame, Series} of shape (n,) or (n, n_channels)
            Rows in time order.
        window : int, default=3
            Timesteps in a window.
        horizon : int, default=1
            Steps in a target.
        target : label or list of labels, default=None
            Columns to predict: names in a frame, positions in an array. By default
            all.
        n_windows : int, default=4
            Windows to draw, the first ones.
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : WindowDisplay
            The picture.
        """
        make_supervised(series, window=window, horizon=horizon, target=target)  # checks
        frame = _as_frame(series)
        if target is None:
            targets = list(frame.columns)
        else:
            targets = list(target) if np.ndim(target) else [target]
        display = cls(frame, window=window, horizon=horizon, targets=targets)
        return display.plot(n_windows=n_windows, ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        series: Any,
        *,
        target: Any = None,
        n_windows: int = 4,
        ax: Any = None,
    ) -> Self:
        """Draw the windows that a fitted model reads, and what it predicts of them.

        Parameters
        ----------
        estimator : estimator
            Fitted regressor of the rows or windows of a series, as :func:`forecast`
            takes it.
        series : {array-like, DataFrame, Series} of shape (n,) or (n, n_channels)
            Rows in time order, with the columns that `estimator` was fitted on.
        target : label or list of labels, default=None
            Columns that `estimator` predicts, as in :func:`forecast`.
        n_windows : int, default=4
            Windows to draw, the first ones.
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : WindowDisplay
            The picture.
        """
        check_is_fitted(estimator)
        frame = _as_frame(series)
        lags = _read_lags(estimator, frame.columns)
        reach = _reach(estimator, on_windows=lags is not None)
        reach += 0 if lags is None else lags.lags.max()
        if not np.isfinite(reach):
            raise ValueError(
                f"estimator={type(estimator).__name__} does not tell how far it looks "
                "back: use WindowDisplay.from_series."
            )
        is_array = not isinstance(series, (pd.DataFrame, pd.Series))
        rows: Any = frame.tail(int(reach) + 1)
        if lags is not None:
            rows = lags.windows(rows)
        elif is_array or _takes_array(estimator, frame.columns, reach):
            rows = rows.to_numpy()
        targets = _find_targets(estimator, frame.columns, target)
        horizon = len(_predict_next(estimator, rows, targets, is_whole=True))
        return cls.from_series(
            frame,
            window=int(reach) + 1,
            horizon=horizon,
            target=list(targets),
            n_windows=n_windows,
            ax=ax,
        )

    def plot(self, *, n_windows: int = 4, ax: Any = None) -> Self:
        """Draw the picture.

        Parameters
        ----------
        n_windows : int, default=4
            Windows to draw, the first ones.
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : WindowDisplay
            The picture itself.
        """
        self.ax_ = ax = _axes(ax, self)
        self.figure_ = ax.figure
        from matplotlib.patches import Patch

        n_rows, window, n_channels = self.X_shape
        n_windows = min(n_windows, n_rows)
        n_steps = n_windows + window + self.horizon - 1
        tops = (n_channels + 0.5) * np.arange(n_windows + 1)
        ax.set_xlim(0, n_steps + 0.7)
        ax.set_ylim(tops[-1] + n_channels + 0.7, 0)
        ax.set_xticks([])
        names = [str(name) for name in self.series.columns]
        if n_channels == 1 and self.series.columns[0] in (0, "x0"):
            names = ["series"]
        ax.set_yticks(
            [*(np.arange(n_channels) + 0.5), *(tops[1:] + n_channels / 2)],
            [*names, *(f"row {row}" for row in range(n_windows))],
        )
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)

        channels = range(n_channels)
        targets = self.series.columns.get_indexer(self.targets)
        size = self._text_size(n_steps)
        self._draw_cells(tops[0], range(n_steps), channels, None, size)
        for row, top in enumerate(tops[1:]):
            end = row + window
            self._draw_cells(top, range(row, end), channels, BLUE, size)
            self._draw_cells(top, range(end, end + self.horizon), targets, ORANGE, size)
        if n_steps < len(self.series):
            ax.text(n_steps + 0.4, n_channels / 2, "…", ha="center", va="center")
        if n_windows < n_rows:
            below = tops[-1] + n_channels + 0.4
            ax.text(n_windows + window / 2, below, "⋮", ha="center", va="center")

        outputs = "steps" if len(self.targets) == 1 else "steps × targets"
        dimensions = "rows" if len(self.y_shape) == 1 else f"rows, {outputs}"
        handles = [
            Patch(color=BLUE, label=f"X {self.X_shape}\nrows, timesteps, channels"),
            Patch(color=ORANGE, label=f"y {self.y_shape}\n{dimensions}"),
        ]
        _legend_above(ax, handles=handles)
        return self

    def _text_size(self, n_steps: int) -> float:
        """Return the size in which every value fits into its cell, 0 if too small."""
        values = self.series.to_numpy()[:n_steps].ravel()
        longest = max(2, *(len(f"{value:.4g}") for value in values))
        # Names of rows take some of the width.
        cell = 0.8 * self.ax_.get_window_extent().width / self.figure_.dpi / n_steps
        size = min(10, 72 * cell / (0.7 * longest))
        return size if size >= 5.5 else 0

    def _draw_cells(
        self,
        top: float,
        steps: Iterable[int],
        channels: Iterable[int],
        color: str | None,
        size: float,
    ) -> None:
        """Draw a cell for each value, filled with `color` or only its outline."""
        from matplotlib.patches import Rectangle

        face, edge, ink = "none", _text_color(), _text_color()
        if color is not None:
            face, edge = color, self.figure_.get_facecolor()
            ink = "white" if color == BLUE else "black"
        values = self.series.to_numpy()
        for step in steps:
            for channel in channels:
                corner = step, top + channel
                style = {"facecolor": face, "edgecolor": edge, "linewidth": 1}
                self.ax_.add_patch(Rectangle(corner, 1, 1, **style))
                if size:
                    middle = step + 0.5, top + channel + 0.5
                    text = f"{values[step, channel]:.4g}"
                    style = {"color": ink, "size": size, "ha": "center"}
                    self.ax_.text(*middle, text, va="center", **style)


# Training


class LossCurveDisplay:
    """Training and validation loss of a network, epoch by epoch.

    Several networks are compared on the same axes: give those of the first display as
    `ax` to the next.

    Parameters
    ----------
    history : dict of str to list of float
        Losses of each epoch: "loss" and, if there is one, "val_loss".
    estimator_name : str, default=None
        Name in the legend.

    Attributes
    ----------
    best_epoch : int or None
        Epoch, counted from 1, of the smallest validation loss, whose weights
        `early_stopping` keeps. None without validation.
    lines_ : list of matplotlib.lines.Line2D
        Training loss and, if there is one, validation loss.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Score against rows, not epochs.

    Examples
    --------
    >>> from skts import LossCurveDisplay
    >>> history = {"loss": [0.9, 0.5, 0.3], "val_loss": [1.0, 0.7, 0.8]}
    >>> LossCurveDisplay(history).best_epoch
    2
    """

    def __init__(
        self, history: dict[str, list[float]], *, estimator_name: str | None = None
    ) -> None:
        self.history = history
        self.estimator_name = estimator_name
        validation = history.get("val_loss")
        self.best_epoch = int(np.argmin(validation)) + 1 if validation else None

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, name: str | None = None, ax: Any = None
    ) -> Self:
        """Draw the losses of a fitted network.

        Parameters
        ----------
        estimator : estimator
            Fitted network, or a pipeline that ends in one, or a search over either.
        name : str, default=None
            Name in the legend: by default that of the network's class.
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : LossCurveDisplay
            The picture.
        """
        check_is_fitted(estimator)
        network = getattr(estimator, "best_estimator_", estimator)
        network = getattr(network, "_final_estimator", network)
        if not hasattr(network, "history_"):
            raise ValueError(
                f"estimator={type(network).__name__} has no history_ of losses: pass a "
                "fitted network of skts, or a pipeline or search that holds one last."
            )
        display = cls(network.history_, estimator_name=name or type(network).__name__)
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : LossCurveDisplay
            The picture itself.
        """
        self.ax_ = ax = _axes(ax, self)
        self.figure_ = ax.figure
        from matplotlib.ticker import MaxNLocator

        loss, validation = self.history["loss"], self.history.get("val_loss")
        epochs = np.arange(1, len(loss) + 1)
        # Networks differ in colour, the two losses of one of them in the line's style.
        color = COLORS[len({line.get_color() for line in ax.lines}) % len(COLORS)]
        name = self.estimator_name or ("validation" if validation else "training")
        if not validation:
            self.lines_ = ax.plot(epochs, loss, color=color, label=name)
        else:
            label = f"{name}\nbest epoch: {self.best_epoch}"
            self.lines_ = ax.plot(epochs, loss, ":", color=color)
            self.lines_ += ax.plot(epochs, validation, color=color, label=label)
            best = self.best_epoch, min(validation)
            ax.plot(*best, "o", color=color, markeredgecolor=_text_color())
            ax.set_ylabel("Loss (dotted: training)")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set(xlabel="Epoch", ylabel=ax.get_ylabel() or "Loss")
        _legend_above(ax)
        return self


# Forecasts


def _one_column(values: Any, name: str, column: Any = None) -> pd.Series:
    """Return the only column of a frame, or the one that is called `column`."""
    frame = _as_frame(values)
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
    frame = _as_frame(values)
    step = _frequency(history.index)
    return frame.set_axis(_labels_after(history.index, step, len(frame)))


def _draw_line(ax: Any, series: pd.Series, *style: Any, **options: Any) -> Any:
    """Draw a series over its labels; return the line."""
    index = series.index
    is_period = isinstance(index, pd.PeriodIndex)
    labels = index.to_timestamp() if is_period else index
    return ax.plot(labels, series.to_numpy(float), *style, **options)[0]


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
        self.ax_ = ax = _axes(ax, self)
        self.figure_ = ax.figure
        n_history = 4 * len(self.forecast) if n_history is None else n_history
        known = self.history.tail(n_history)
        color = _text_color()
        self.history_line_ = _draw_line(ax, known, color=color, lw=1, label="history")
        self.truth_line_ = self.interval_ = None
        if self.truth is not None:
            # It goes on from the history: both are the series.
            truth = pd.concat([known.tail(1), self.truth])
            style = {"color": color, "lw": 1, "alpha": 0.5, "label": "truth"}
            self.truth_line_ = _draw_line(ax, truth, **style)
        style = {"color": VERMILION, "lw": 2, "label": "forecast"}
        marker = "." if len(self.forecast) <= 60 else ""
        self.forecast_line_ = _draw_line(ax, self.forecast, marker=marker, **style)
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
        if isinstance(self.forecast.index, (pd.DatetimeIndex, pd.PeriodIndex)):
            from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

            dates = AutoDateLocator(maxticks=7)
            ax.xaxis.set_major_locator(dates)
            ax.xaxis.set_major_formatter(ConciseDateFormatter(dates))
        if isinstance(self.history.name, str):
            ax.set_ylabel(self.history.name)
        _legend_above(ax, ncols=2)
        return self
