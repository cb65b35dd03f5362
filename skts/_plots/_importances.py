"""What a model reads: importance by lag and by channel."""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._columns import lag_names, lag_of, lead_names, lead_of
from .._windows import Windows
from ._style import COLORS, legend_above, new_axes, text_color

__all__ = ["LagImportanceDisplay"]


def _behind_windows(model: Any, X: Any) -> tuple[Any, Any, list | None]:
    """Return a model of windows, the windows, and the names of their columns."""
    if hasattr(model, "best_estimator_"):
        return _behind_windows(model.best_estimator_, X)
    if hasattr(model, "regressor_"):  # TransformedTargetRegressor
        inner, X, names = _behind_windows(model.regressor_, X)
        model = copy.copy(model)
        model.regressor_ = inner
        return model, X, names
    if not isinstance(model, Pipeline) or len(model) < 2:
        names = list(X.columns) if hasattr(X, "columns") else None
        return model, X, names
    steps = model[:-1]
    return model[-1], steps.transform(X), list(steps.get_feature_names_out())


def _as_table(X: Any, model: Any) -> tuple[np.ndarray, list[str], Any]:
    """Return a table of windows, its names, and what makes X of such a table."""
    if isinstance(X, Windows):
        channels = X.channels or [f"x{i}" for i in range(X.n_channels)]
        names = lag_names(channels, X.timesteps)
        if X.n_leads:
            names += lead_names(X.ahead, X.n_leads // len(X.ahead))
        names += [f"beside{i}" for i in range(X.n_beside - X.n_leads)]
        told = {name: getattr(X, name) for name in ("channels", "ahead", "n_leads")}
        shape = X.n_channels, X.n_beside

        def restore(table: np.ndarray) -> Any:
            return Windows.of_table(table, *shape, **told)

        return np.array(X), names, restore
    if hasattr(X, "columns"):
        frame = pd.DataFrame(X)
        return (
            frame.to_numpy(copy=True),
            [str(name) for name in frame],
            lambda table: pd.DataFrame(table, frame.index, frame.columns),
        )
    values = np.array(X)
    table = values.reshape(len(values), -1)
    n_channels = getattr(model, "n_channels_", 1)
    n_channels = values.shape[2] if values.ndim == 3 else n_channels
    channels = [f"x{i}" for i in range(n_channels)]
    names = lag_names(channels, table.shape[1] // n_channels)
    return table, names, lambda table: table.reshape(values.shape)


class LagImportanceDisplay:
    """What a model reads: how much worse it is without a lag, or without a channel.

    Of the windows that a model reads, the values of one column are shuffled among the
    rows, so that they tell nothing any more. Importance is what the score loses then.
    Neighbouring lags tell nearly the same: where a model may take one for the other,
    each alone has little importance, which a channel as a whole does not hide. Make a
    picture with :meth:`from_estimator`.

    Parameters
    ----------
    by_lag : DataFrame
        Importance; the index is the step, 0 for the last row that is known, the columns
        are the channels. NaN where a channel has no such step.
    by_channel : Series
        Importance of all steps of a channel together, and of each column that stands
        beside the windows.
    score_name : str, default="score"
        What is lost.

    Attributes
    ----------
    lines_ : list of matplotlib.lines.Line2D
        Importance by step, a line for each channel.
    bars_ : matplotlib.container.BarContainer
        Importance by channel.
    axes_ : tuple of two matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure of `axes_`.

    See Also
    --------
    sklearn.inspection.permutation_importance : Importance of the columns of a table.

    Examples
    --------
    What a linear model of a week reads most: the last day, and that of a week ago:

    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skts import LagImportanceDisplay, SlidingWindowTransformer, make_supervised
    >>> from skts.datasets import load_daily_births
    >>> X, y = make_supervised(load_daily_births())
    >>> model = make_pipeline(SlidingWindowTransformer(7), Ridge()).fit(X, y)
    >>> display = LagImportanceDisplay.from_estimator(model, X, y, random_state=0)
    >>> display.by_lag["births"].nlargest(2).round(2)
     0    0.06
    -6    0.05
    Name: births, dtype: float64
    """

    def __init__(
        self, by_lag: pd.DataFrame, by_channel: pd.Series, *, score_name: str = "score"
    ) -> None:
        self.by_lag = by_lag
        self.by_channel = by_channel
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        scoring: Any = None,
        n_repeats: int = 5,
        random_state: Any = None,
        ax: Any = None,
    ) -> Self:
        """Measure what a fitted model loses without each lag, and draw it.

        Parameters
        ----------
        estimator : estimator
            Fitted model of windows, or a pipeline, a search or a
            `TransformedTargetRegressor` that makes windows of `X`.
        X : array-like or DataFrame
            What `estimator` predicts of, best of rows that it was not fitted on.
        y : array-like
            What came true.
        scoring : str or callable, default=None
            Scorer, as in scikit-learn. None takes the score of the estimator, such as
            R2 of regressors.
        n_repeats : int, default=5
            How often each column is shuffled; importance is the mean.
        random_state : int, RandomState instance or None, default=None
            Rules the shuffling.
        ax : sequence of two matplotlib.axes.Axes, default=None
            What to draw on; a new figure by default.

        Returns
        -------
        display : LagImportanceDisplay
            The picture.
        """
        check_is_fitted(estimator)
        model, X, told = _behind_windows(estimator, X)
        table, names, restore = _as_table(X, model)
        names = told if told and len(told) == len(names) else names
        score = check_scoring(model, scoring)
        rng = check_random_state(random_state)
        orders = [rng.permutation(len(table)) for _ in range(n_repeats)]
        best = score(model, restore(table), y)

        def importance(columns: list[int]) -> float:
            shuffled = table.copy()
            losses = []
            for order in orders:
                shuffled[:, columns] = table[np.ix_(order, columns)]
                losses.append(best - score(model, restore(shuffled), y))
            return float(np.mean(losses))

        steps: dict[str, dict[int, int]] = {}  # of each channel: where its columns are
        beside: dict[str, list[int]] = {}
        for position, name in enumerate(map(str, names)):
            if lag := lag_of(name):
                steps.setdefault(lag[0], {})[-lag[1]] = position
            elif lead := lead_of(name):
                steps.setdefault(lead[0], {})[lead[1]] = position
            else:
                beside[name] = [position]
        by_lag = pd.DataFrame(
            {
                channel: {step: importance([i]) for step, i in own.items()}
                for channel, own in steps.items()
            }
        ).sort_index()
        whole = {channel: list(own.values()) for channel, own in steps.items()} | beside
        by_channel = pd.Series({name: importance(i) for name, i in whole.items()})
        name = scoring if isinstance(scoring, str) else "score"
        return cls(by_lag, by_channel, score_name=name).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : sequence of two matplotlib.axes.Axes, default=None
            What to draw on; a new figure by default.

        Returns
        -------
        display : LagImportanceDisplay
            The picture itself.
        """
        self.axes_ = lags, channels = new_axes(ax, self, n_rows=2)
        self.figure_ = lags.figure
        from matplotlib.ticker import MaxNLocator

        self.lines_ = [
            lags.plot(values.index, values, ".-", color=color, label=str(channel))[0]
            for (channel, values), color in zip(
                self.by_lag.items(), len(self.by_lag.columns) * COLORS
            )
        ]
        for line in (lags.axhline, channels.axvline):
            line(0, color=text_color(), lw=0.8)
        lags.xaxis.set_major_locator(MaxNLocator(integer=True))
        lags.set(xlabel="Step (0: the last row that is known)", ylabel="Importance")
        if len(self.lines_) > 1:
            legend_above(lags, ncols=4)
        colors = [line.get_color() for line in self.lines_]
        colors += ["0.6"] * (len(self.by_channel) - len(colors))  # what is beside
        names = [str(name) for name in self.by_channel.index]
        self.bars_ = channels.barh(names, self.by_channel, 0.6, color=colors)
        channels.invert_yaxis()
        channels.set(xlabel=f"Importance of all steps\n({self.score_name} lost)")
        return self
