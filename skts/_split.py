"""Cross-validation in time order, of many series at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit
from sklearn.utils import indexable

from ._time import as_times

__all__ = ["PanelTimeSeriesSplit"]


def _times(X: Any, groups: Any) -> pd.Index:
    """Return the time of each row: `groups` if it is given, else that of its label."""
    name = "groups"
    if groups is not None:
        times = pd.Index(groups)
    elif isinstance(index := getattr(X, "index", None), pd.Index):
        times, name = index.get_level_values(-1), "X"
    else:
        raise ValueError(
            f"X is a {type(X).__name__} without labels that tell when its rows were: "
            "give the time of each row as groups, or X as a frame whose index has the "
            "time as its last level."
        )
    times = as_times(times, name)
    if times.hasnans:
        raise ValueError(
            f"{'groups' if name == 'groups' else 'The index of X'} lacks the time of "
            f"row {times.isna().argmax()}: leave out rows without one."
        )
    return times


class PanelTimeSeriesSplit(TimeSeriesSplit):
    """Train on the past and test on the future of many series at once.

    As :class:`sklearn.model_selection.TimeSeriesSplit`, but folds are counted in
    distinct times instead of rows: no row is trained on that is as late as one that is
    tested on, in whatever order the rows of the series are. ``TimeSeriesSplit`` on a
    panel, whose rows are of one series after the other, splits series.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds.
    max_train_size : int, default=None
        Distinct times in a training fold, at most.
    test_size : int, default=None
        Distinct times in a test fold. By default the largest number that leaves as many
        for training before the first: the times divided by `n_splits` + 1.
    gap : int, default=0
        Distinct times between training and test fold that are left out. With y of
        several steps, ``horizon - 1`` keep what is trained on from reaching into what
        is tested on.

    See Also
    --------
    SplitDisplay : A picture of the folds.

    Notes
    -----
    A series need not have rows at all times: folds of it may be shorter, or empty.

    Examples
    --------
    >>> import pandas as pd
    >>> from skts import PanelTimeSeriesSplit
    >>> shops = pd.MultiIndex.from_product([["Oslo", "Rome"], [2021, 2022, 2023]])
    >>> X = pd.DataFrame({"sales": [1, 2, 3, 4, 5, 6]}, index=shops)
    >>> for train, test in PanelTimeSeriesSplit(n_splits=2).split(X):
    ...     print(train, test)
    [0 3] [1 4]
    [0 1 3 4] [2 5]
    """

    # With metadata routing, searches hand over `groups` without being asked to.
    __metadata_request__split = {"groups": True}

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns)
            Rows of series. Of a frame, the last level of the index is the time.
        y : array-like of shape (n_rows,), default=None
            Not looked at.
        groups : array-like of shape (n_rows,), default=None
            The time of each row. It wins over the index of X, and an array needs it.

        Yields
        ------
        train, test : ndarray of int
            Positions of rows, as X has them.

        Raises
        ------
        ValueError
            If there are fewer distinct times than the folds need, or if nothing tells
            the times.
        """
        X, y, groups = indexable(X, y, groups)
        codes, distinct = pd.factorize(_times(X, groups), sort=True)
        n_times = len(distinct)
        if self.gap < 0 or (self.test_size is not None and self.test_size < 1):
            raise ValueError(
                f"test_size={self.test_size} must be at least 1 or None, and "
                f"gap={self.gap} at least 0."
            )
        test_size = self.test_size or n_times // (self.n_splits + 1)
        n_needed = self.n_splits * max(1, test_size) + self.gap + 1
        if n_times < n_needed:
            raise ValueError(
                f"n_splits={self.n_splits} of {max(1, test_size)} times each, with gap="
                f"{self.gap}, need {n_needed} distinct times, but there are {n_times}: "
                "take fewer or shorter folds."
            )
        for folds in super().split(np.empty(n_times)):
            train, test = (
                np.flatnonzero((codes >= fold[0]) & (codes <= fold[-1]))
                for fold in folds
            )
            yield train, test
