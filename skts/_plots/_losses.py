"""The losses of networks, epoch by epoch."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._style import COLORS, legend_above, new_axes, text_color

__all__ = ["LossCurveDisplay"]


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
        Epoch, counted from 1, of the smallest validation loss, if there is one. Of a
        network of skts, its `best_epoch_`: 0 if the weights before training were kept,
        None if those of the last epoch were.
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
    >>> LossCurveDisplay(history).plot().best_epoch
    2
    """

    def __init__(
        self, history: dict[str, list[float]], *, estimator_name: str | None = None
    ) -> None:
        self.history = history
        self.estimator_name = estimator_name
        validation = history.get("val_loss")
        self.best_epoch = int(np.nanargmin(validation)) + 1 if validation else None

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
        display.best_epoch = getattr(network, "best_epoch_", display.best_epoch)
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
        self.ax_ = ax = new_axes(ax, self)
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
            label = name
            if self.best_epoch is not None:
                label += f"\nbest epoch: {self.best_epoch or 'the start'}"
            self.lines_ = ax.plot(epochs, loss, ":", color=color)
            self.lines_ += ax.plot(epochs, validation, color=color, label=label)
            if self.best_epoch:
                best = self.best_epoch, validation[self.best_epoch - 1]
                ax.plot(*best, "o", color=color, markeredgecolor=text_color())
            ax.set_ylabel("Loss (dotted: training)")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set(xlabel="Epoch", ylabel=ax.get_ylabel() or "Loss")
        legend_above(ax)
        return self
