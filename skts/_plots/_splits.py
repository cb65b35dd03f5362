"""Which rows the folds of a splitter train and test on."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.model_selection import check_cv

from ._style import BLUE, ORANGE, as_dates, date_axis, legend_above, new_axes

__all__ = ["SplitDisplay"]


def _runs(positions: np.ndarray) -> np.ndarray:
    """Return first and last of each run of consecutive positions."""
    positions = np.unique(positions)
    ends = np.flatnonzero(np.diff(positions) != 1)
    return np.column_stack([positions[np.r_[0, ends + 1]], positions[np.r_[ends, -1]]])


def _drawable(index: pd.Index) -> pd.Index:
    """Return labels that make an axis: dates or numbers, or else those of the rows."""
    labels = as_dates(index)
    is_number = labels.inferred_type in ("integer", "floating")
    increases = labels.is_monotonic_increasing and labels.is_unique
    if increases and (is_number or isinstance(labels, pd.DatetimeIndex)):
        return labels
    return pd.RangeIndex(len(index), name="Row")


class SplitDisplay:
    """The rows that each fold of a splitter trains and tests on, as bars.

    Make one with :meth:`from_splitter`.

    Parameters
    ----------
    folds : list of tuple of two arrays
        Positions of the rows to train and to test on.
    index : Index
        Labels of all rows.

    Attributes
    ----------
    train_bars_, test_bars_ : list of matplotlib.collections.Collection
        The bars of each fold.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.

    Examples
    --------
    >>> from sklearn.model_selection import TimeSeriesSplit
    >>> from skts import SplitDisplay, make_supervised
    >>> from skts.datasets import load_daily_births
    >>> X, y = make_supervised(load_daily_births(), horizon=7)
    >>> display = SplitDisplay.from_splitter(TimeSeriesSplit(3, gap=6), X)
    >>> [(len(train), len(test)) for train, test in display.folds]
    [(85, 89), (174, 89), (263, 89)]
    """

    def __init__(
        self, folds: list[tuple[np.ndarray, np.ndarray]], *, index: pd.Index
    ) -> None:
        self.folds = folds
        self.index = index

    @classmethod
    def from_splitter(
        cls, cv: Any, X: Any, *, y: Any = None, groups: Any = None, ax: Any = None
    ) -> Self:
        """Draw how a splitter divides rows.

        Parameters
        ----------
        cv : int, splitter or iterable
            As in :func:`sklearn.model_selection.cross_validate`.
        X : {array-like, dataframe} of shape (n_rows, n_columns)
            The rows. Labels of pandas are drawn, of many series the distinct times;
            other rows are numbered.
        y, groups : array-like of shape (n_rows,), default=None
            What some splitters need.
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : SplitDisplay
            The picture.
        """
        folds = list(check_cv(cv).split(X, y, groups))
        is_pandas = isinstance(X, (pd.DataFrame, pd.Series))
        index = X.index if is_pandas else pd.RangeIndex(len(X), name="Row")
        if isinstance(index, pd.MultiIndex):
            codes, index = index.get_level_values(-1).factorize(sort=True)
            folds = [tuple(np.unique(codes[rows]) for rows in fold) for fold in folds]
        return cls(folds, index=index).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            What to draw on; new axes by default.

        Returns
        -------
        display : SplitDisplay
            The picture itself.
        """
        self.ax_ = ax = new_axes(ax, self)
        self.figure_ = ax.figure
        from matplotlib.ticker import MaxNLocator

        labels = _drawable(self.index)
        if isinstance(labels, pd.DatetimeIndex):
            from matplotlib.dates import date2num

            date_axis(ax, labels)
            starts = date2num(labels)
        else:
            ax.set_xlabel(labels.name or "")
            starts = labels.to_numpy(float)
        edges = np.append(starts, 2 * starts[-1] - starts[-2])
        self.train_bars_, self.test_bars_ = (
            [self._draw_bar(fold, rows, edges, color) for fold, rows in enumerate(side)]
            for side, color in zip(zip(*self.folds), (BLUE, ORANGE))
        )
        ax.set_xlim(edges[0], edges[-1])
        ax.set_ylim(len(self.folds) - 0.5, -0.5)
        ax.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.set_ylabel("Fold")
        handles = [self.train_bars_[0], self.test_bars_[0]]
        legend_above(ax, handles=handles, labels=["train", "test"], ncols=2)
        return self

    def _draw_bar(
        self, fold: int, rows: np.ndarray, edges: np.ndarray, color: str
    ) -> Any:
        """Draw rows of a fold as a bar, with a gap where rows are left out."""
        first, last = _runs(rows).T
        runs = np.column_stack([edges[first], edges[last + 1] - edges[first]])
        return self.ax_.broken_barh(runs, (fold - 0.4, 0.8), color=color, lw=0)
