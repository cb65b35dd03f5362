"""A series and its windows, as blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from .._forecast import ModelOnSeries, as_frame
from .._panel import one_of
from .._supervised import make_supervised
from ._style import BLUE, ORANGE, legend_above, new_axes, text_color

__all__ = ["WindowDisplay"]


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
        key: Any = None,
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
        key : label or tuple of labels, default=None
            Which of many series is drawn, by the levels of the index before the time.
        n_windows : int, default=4
            Windows to draw, the first ones.
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : WindowDisplay
            The picture.
        """
        frame = one_of(as_frame(series, "series", many=True), key, "series")
        make_supervised(frame, window=window, horizon=horizon, target=target)  # checks
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
        key: Any = None,
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
        key : label or tuple of labels, default=None
            Which of many series is drawn, by the levels of the index before the time.
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
        frame = one_of(as_frame(series, "series", many=True), key, "series")
        is_array = not isinstance(series, (pd.DataFrame, pd.Series))
        model = ModelOnSeries(estimator, frame.columns, target, is_array)
        if not np.isfinite(model.reach):
            raise ValueError(
                f"estimator={type(estimator).__name__} does not tell how far it looks "
                "back: use WindowDisplay.from_series."
            )
        window = int(model.reach) + 1
        rows = frame.tail(window + model.n_ahead)
        known, codes = rows.head(window), np.zeros(min(window, len(rows)), int)
        outputs = model.predict(known, codes, rows[window:], is_whole=True)
        horizon = outputs.shape[1]
        return cls.from_series(
            frame,
            window=window,
            horizon=horizon,
            target=list(model.targets),
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
        self.ax_ = ax = new_axes(ax, self)
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
        legend_above(ax, handles=handles)
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

        face, edge, ink = "none", text_color(), text_color()
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
