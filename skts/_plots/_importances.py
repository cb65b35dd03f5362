"""What a model reads: importance by lag and by channel."""

from __future__ import annotations

import contextlib
import copy
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._columns import Layout, read_layout
from .._quantiles import inner_of
from .._sklearn import safe_indexing
from .._windows import Windows
from ._style import COLORS, legend_above, new_axes, text_color

__all__ = ["LagImportanceDisplay"]


def _behind_windows(model: Any, X: Any) -> tuple[Any, Any, list[str]]:
    """Return a model of windows, windows, and the names of their columns, if known."""
    inner, names = inner_of(model), []
    if inner is None:
        return model, X, [str(name) for name in getattr(X, "columns", [])]
    if isinstance(model, Pipeline) and len(model) > 1:
        with contextlib.suppress(AttributeError, ValueError):  # a step knows none
            names = list(model[:-1].get_feature_names_out())
        X = model[:-1].transform(X)
    inner, X, own = _behind_windows(inner, X)
    if isinstance(model, TransformedTargetRegressor):
        model = copy.copy(model)
        model.regressor_ = inner
    else:
        model = inner
    return model, X, own or names


def _layout(X: Any, names: list[str], n_channels: int | None) -> Layout:
    """Return how the columns of X are channels and steps, as a network reads them."""
    n_columns = int(np.prod(X.shape[1:]))
    if isinstance(X, Windows):
        n_lags, n_channels = n_columns - X.n_beside, X.n_channels
        channels, columns = X.channels, np.arange(n_columns)
        layout = Layout(None, n_lags, list(X.ahead), X.n_leads, columns)
    else:
        layout = read_layout(names or [""] * n_columns, n_channels)
        channels = layout.channels
        if channels is None and names and n_channels is None:
            raise ValueError(
                f"X has the columns {names}, of which none is named as a lag: give a "
                "model of windows, or a pipeline that makes windows of X."
            )
        n_channels = len(channels) if channels else n_channels or 1
    return layout._replace(
        channels=list(channels or [f"x{i}" for i in range(n_channels)])
    )


def _known_rows(X: Any, y: Any) -> tuple[Any, Any]:
    """Return the rows whose targets are all known; no scorer takes others."""
    gaps = pd.DataFrame(np.asarray(y)).isna().any(axis=1).to_numpy()
    if not gaps.any() or len(gaps) != X.shape[0]:
        return X, y
    if gaps.all():
        raise ValueError(
            "y has no row in which all targets are known: give rows of which they are."
        )
    rows = np.flatnonzero(~gaps)
    return safe_indexing(X, rows), safe_indexing(y, rows)


def _shuffled(X: Any, columns: list[int], order: np.ndarray) -> Any:
    """Return X with the rows of some columns in another order."""
    if hasattr(X, "with_columns"):  # of polars
        return X.with_columns([X.get_columns()[i].gather(order) for i in columns])
    if hasattr(X, "iloc"):
        changed = {X.columns[i]: X.iloc[order, i].array for i in columns}
        return X.assign(**changed)
    table = np.array(X)
    flat = table.reshape(len(table), -1)
    flat[:, columns] = flat[order][:, columns]
    if not isinstance(X, Windows):
        return table
    told = {name: getattr(X, name) for name in ("channels", "ahead", "n_leads")}
    return Windows.of_table(table, X.n_channels, X.n_beside, **told)


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
            What came true. Rows with NaN are left out, once windows are made.
        scoring : str or callable, default=None
            Scorer, as in scikit-learn. None takes that of a search, or the score of the
            estimator, such as R2 of regressors.
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

        Raises
        ------
        ValueError
            If no column that the model reads is a lag, or no row of y is without NaN.
        """
        check_is_fitted(estimator)
        model, X, names = _behind_windows(estimator, X)
        core = model
        while (inner := inner_of(core)) is not None:
            core = inner
        X = X if hasattr(X, "shape") else np.asarray(X)
        X, y = _known_rows(X, y)
        n_channels = X.shape[2] if len(X.shape) == 3 else None
        n_channels = n_channels or getattr(core, "n_channels_", None)
        names = names if len(names) == np.prod(X.shape[1:]) else []
        layout = _layout(X, names, n_channels)
        if scoring is None and callable(getattr(estimator, "scorer_", None)):
            score, scoring = estimator.scorer_, estimator.scoring  # of a search
        else:
            score = check_scoring(model, scoring)
        rng = check_random_state(random_state)
        orders = [rng.permutation(X.shape[0]) for _ in range(n_repeats)]
        best = score(model, X, y)

        def importance(columns: list[int]) -> float:
            scores = [score(model, _shuffled(X, columns, order), y) for order in orders]
            return float(best - np.mean(scores))

        positions = layout.columns.tolist()
        lags, rest = positions[: layout.n_lags], positions[layout.n_lags :]
        leads, beside = rest[: layout.n_leads], rest[layout.n_leads :]
        channels = layout.channels or []
        first = 1 - len(lags) // len(channels)
        steps: dict[str, dict[int, int]] = {name: {} for name in channels}
        for k, position in enumerate(lags):
            step, channel = divmod(k, len(channels))
            steps[channels[channel]][first + step] = position
        for k, position in enumerate(leads):
            step, channel = divmod(k, len(layout.ahead))
            steps.setdefault(layout.ahead[channel], {})[1 + step] = position
        whole = {name: list(own.values()) for name, own in steps.items()}
        for k, position in enumerate(beside):
            name = names[position] if names else f"beside{k}"
            # What is known ahead may stand beside the window at its own time, too.
            steps.get(name, {}).setdefault(0, position)
            whole.setdefault(name, []).append(position)
        by_lag = pd.DataFrame(
            {
                name: {step: importance([i]) for step, i in own.items()}
                for name, own in steps.items()
            }
        ).sort_index()
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
