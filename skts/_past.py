"""The past of rows: what came before them in their series, and where it is found."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from ._columns import check_columns
from ._panel import Panel, panel_of
from ._time import (
    as_comparable,
    frequency,
    grid_positions,
    labels_of_plain,
    last_before_hole,
    plain_labels,
    plain_step,
    step_of_plain,
    time_labels,
)
from ._windows import FLOATS, shifted


class Past(NamedTuple):
    """Rows that may come before others, and their place in time if they have one."""

    source: str  # "auto", "fit", "array" or "frame"
    rows: Any  # an array, or the frame or Series of a history as the user has it
    labels: pd.Index | None = None  # of the rows of "auto"
    start: Any = None  # the first label of the series
    step: Any = None  # the frequency of the series, None if irregular
    columns: list | None = None  # of the frame that count, None for all

    @property
    def looks_up(self) -> bool:
        """Whether rows are looked up by their labels."""
        return self.source == "frame"

    def values(self, part: slice, dtype: Any) -> np.ndarray:
        """Return some rows of a history."""
        rows = self.rows.iloc[part]
        rows = rows.to_frame() if isinstance(rows, pd.Series) else rows
        return _values(rows if self.columns is None else rows[self.columns], dtype)

    def n_rows_with(self, labels: pd.Index | None) -> int:
        """Count the rows of a history and of those with other `labels`."""
        index = _index_of(self.rows)
        return len(index if labels is None else index.union(labels.unique()))


def hole_message(labels: pd.Index, step: Any, name: str) -> str:
    """Say where labels leave some out that a frequency has, if they do."""
    label = last_before_hole(labels, step)
    if label is None:
        return ""
    return (
        f"The index of {name} has a hole after {label}, and windows take its rows as "
        "consecutive all the same (history='auto' only brings rows before the first "
        f"one): reindex {name} so that missing rows are there as NaN."
    )


def panel_hole_message(panel: Panel, name: str) -> str:
    """Say in how many series labels leave some out, and where in the first of them."""
    holes: dict[Any, Any] = {}
    for key, _, labels in panel:
        label = last_before_hole(labels, frequency(labels))
        if label is not None:
            holes[key] = label
    if not holes:
        return ""
    key, label = next(iter(holes.items()))
    return (
        f"The index of {name} has holes in {len(holes)} of {len(panel.keys)} series, "
        f"such as after {label} in {key!r}, and windows take rows as consecutive all "
        "the same: put missing rows in as NaN, series by series."
    )


def looks_up(past: Past | dict[Any, Past] | None) -> bool:
    """Tell whether rows, of one series or of many, are looked up by their labels."""
    if isinstance(past, dict):
        return next(iter(past.values())).looks_up
    return past is not None and past.looks_up


def past_of_training(
    source: str, rows: np.ndarray, X: Any, panel: Panel | None, window: int
) -> Past | dict[Any, Past] | None:
    """Keep the last training rows, of each series, if anything can follow them."""
    if panel is None:
        return _last_rows(source, rows, time_labels(X, "X"), window)
    panel_of(X, "X")  # checks that no time is there twice
    pasts = {
        key: _last_rows(source, rows[own], labels, window) for key, own, labels in panel
    }
    return {key: past for key, past in pasts.items() if past is not None}


def _last_rows(
    source: str, rows: np.ndarray, labels: pd.Index | None, window: int
) -> Past | None:
    """Keep the last rows of a series.

    They are twice as many as a window has, so that its last rows have their past, too.
    """
    if labels is None and source == "auto":
        return None
    kept = slice(max(0, len(rows) - 2 * window), None)
    if labels is None:
        return Past(source, rows[kept].copy())
    start, step = labels[0], frequency(labels)
    last = labels[kept].copy(deep=True)  # a view would keep all of them
    return Past(source, rows[kept].copy(), last, start, step)


def past_given(
    history: Any, names: list | None, n_channels: int
) -> Past | dict[Any, Past]:
    """Check a history, an array, frame or Series of the columns that are windowed.

    Of many series, return the past of each.
    """
    table, columns = history, None
    if isinstance(history, pd.Series):  # without a name, it is the column of X
        name = names[0] if names and history.name is None else history.name
        table = history.to_frame(name)
    check_columns(table, "history")
    if names is not None and hasattr(table, "columns"):
        missing = [name for name in names if name not in table.columns]
        if missing:
            raise ValueError(f"history lacks the columns {missing} of X.")
        columns = None if list(table.columns) == names else names
    used = table if columns is None else table[columns]
    if np.ndim(used) != 2 or np.shape(used)[1] != n_channels:
        raise ValueError(
            f"history must have the {n_channels} columns of X that are windowed, but "
            f"its shape is {np.shape(used)}."
        )
    panel = panel_of(history, "history")
    if panel is not None:
        _values(used)  # checks
        return {
            key: _frame_of(history, rows, labels, columns)
            for key, rows, labels in panel
        }
    labels = time_labels(history, "history")
    values = _values(used)
    if labels is None:
        return Past("array", values)
    # Another object than the parameter would be held, and pickled, beside it.
    return Past(
        "frame", history, start=labels[0], step=frequency(labels), columns=columns
    )


def _frame_of(
    history: Any, rows: np.ndarray, labels: pd.Index, columns: list | None
) -> Past:
    """Return one series of a history, a view of it if its rows follow each other."""
    is_run = rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all()
    frame = history.iloc[slice(rows[0], rows[-1] + 1) if is_run else rows]
    start, step = labels[0], frequency(labels)
    return Past("frame", frame.set_axis(labels), None, start, step, columns)


def _index_of(history: pd.DataFrame) -> pd.Index:
    index = time_labels(history, "history")
    assert index is not None
    return index


def _values(history: Any, dtype: Any = FLOATS["dtype"]) -> np.ndarray:
    options = FLOATS | {"dtype": dtype, "ensure_min_samples": 0}
    return check_array(history, input_name="history", **options)


def series_with_past(
    rows: np.ndarray,
    labels: pd.Index | None,
    past: Past | None,
    window: int,
    padding: Any,
) -> tuple[np.ndarray, range | np.ndarray, str]:
    """Return the series that windows are made of, and where in it each row is.

    And what is to warn of.
    """
    reach = window - 1
    if past is not None and past.looks_up:
        return _looked_up(rows, labels, past, reach, padding)
    before, positions, message = _before(labels, past, reach)
    before = rows[:0] if before is None else before
    first = np.concatenate([before, rows[:1]], dtype=rows.dtype)
    lead, _ = _spread(first, positions, reach, padding)
    series = np.concatenate([lead[len(lead) - window : -1], rows])
    message = message and f"{message} padding={padding!r} stands in for them. {REMEDY}"
    return series, range(reach, reach + len(rows)), message


REMEDY = (
    "forecast predicts what follows the training rows; else give the series up to X as "
    "history, or let X begin with the rows that its windows need, or fit with "
    "history=None if X is a series of its own."
)


def _before(
    labels: pd.Index | None, past: Past | None, reach: int
) -> tuple[np.ndarray | None, np.ndarray | None, str]:
    """Return the rows before X, and their positions in time if they have any.

    The positions end with that of the first row of X. And a warning, if rows are
    unknown that the series must have had.
    """
    if past is None:
        return None, None, ""
    if past.labels is None or labels is None:
        return None if past.source == "auto" else past.rows, None, ""
    if past.source == "fit":
        if isinstance(labels, TIME) and type(labels) is type(past.labels):
            _check_follows(as_comparable(labels, past.labels, *NAMES), past.labels)
        return past.rows, None, ""
    labels = as_comparable(labels, past.labels, *NAMES)
    if labels[0] <= past.start:  # the series itself, or what came before it
        return None, None, ""
    stop = past.labels.searchsorted(labels[0])
    union, positions = past.labels[:stop].append(labels[:1]), None
    if past.step is not None:
        positions = grid_positions(union, past.step)
        if positions is None:  # X begins off the grid: its past is unknown
            stop, union, positions = 0, labels[:1], np.zeros(1, int)
    n_known = min(stop, reach)
    if positions is not None:
        n_known = np.count_nonzero(positions >= positions[-1] - reach) - 1
    message = ""
    if n_known < reach and (past.start < union[0] or n_known < stop):
        message = (
            f"Of the {reach} rows before {labels[0]}, where X begins, "
            f"{reach - n_known} are unknown:"
        )
    return past.rows[:stop], positions, message


TIME = (pd.DatetimeIndex, pd.PeriodIndex)
NAMES = "X", "the training rows"


def _check_follows(labels: pd.Index, before: pd.Index) -> None:
    if labels[0] <= before[-1]:
        raise ValueError(
            f"history='fit' says that X follows the training rows, but X begins at "
            f"{labels[0]} and they end at {before[-1]}: use history='auto', which goes "
            "by these labels."
        )


def _looked_up(
    rows: np.ndarray, labels: pd.Index | None, past: Past, reach: int, padding: Any
) -> tuple[np.ndarray, range | np.ndarray, str]:
    """Find rows by their labels in a history, which those that follow it continue."""
    index = _index_of(past.rows)
    if labels is None:
        raise ValueError(
            "history is a frame, in which rows are looked up by label, but X has none: "
            "give X as a frame with such an index, or history as an array of the rows "
            "just before X."
        )
    labels = as_comparable(labels, index, "X", "history")
    begin, n_rows = int(index.searchsorted(labels[0])), len(labels)
    ends: Any
    if index[begin : begin + n_rows].equals(labels):
        start, stop = max(0, begin - reach), begin + n_rows
        union = index[start:stop]
        values = past.values(slice(start, stop), rows.dtype)
        ends = range(begin - start, stop - start)
        _check_agree(rows, values[begin - start :], labels)
    else:
        union, values, ends = _merged(rows, labels, past, index, reach)
    positions = None
    if past.step is not None:
        positions = grid_positions(union, past.step)
        if positions is None:
            _refuse_off_grid(labels, index, past.step)
    series, holes = _spread(values, positions, reach, padding)
    if holes is None:
        return series, shifted(ends, reach), ""
    places = np.arange(len(union)) + holes.cumsum()
    ends = places[ends]
    behind = places[np.flatnonzero(holes[1:]) + 1]
    in_order = np.append(np.sort(ends), len(series) + reach)
    is_reached = in_order[in_order.searchsorted(behind)] < behind + reach
    if not is_reached.any():
        return series, ends, ""
    hole = int(places.searchsorted(behind[is_reached.argmax()]))
    return (
        series,
        ends,
        f"Neither X nor history has the rows between {union[hole - 1]} and "
        f"{union[hole]}: padding={padding!r} stands in for them where windows reach "
        "there. Give the whole series as history.",
    )


def _refuse_off_grid(labels: pd.Index, index: pd.Index, step: Any) -> None:
    """Name a label that no steps lead to, and with which holes could not be told."""
    others = labels[~labels.isin(index)]
    label = next(
        label
        for k, label in enumerate(others)
        if grid_positions(index[:1].append(others[k : k + 1]).sort_values(), step)
        is None
    )
    raise ValueError(
        f"X has a row at {label}, to which no whole number of steps leads from the "
        f"rows of history, {getattr(step, 'freqstr', step)} apart: round the labels of "
        "X to those, or leave that row out."
    )


def _merged(
    rows: np.ndarray,
    labels: pd.Index,
    past: Past,
    index: pd.Index,
    reach: int,
) -> tuple[pd.Index, np.ndarray, np.ndarray]:
    """Merge rows into the part of a history that their windows need.

    Returns its labels in order, their values, and where in it each row is.
    """
    places = index.searchsorted(labels)
    is_known = places < len(index)
    is_known[is_known] = index[places[is_known]] == labels[is_known]
    start = max(0, int(places.min()) - reach)
    part = slice(start, int(places.max()) + 1)
    values = past.values(part, rows.dtype)
    known = places[is_known] - start
    _check_agree(rows[is_known], values[known], labels[is_known])

    order = np.flatnonzero(~is_known)
    order = order[labels[order].argsort()]
    new, new_rows = labels[order], rows[order]
    is_first = np.ones(len(new), bool)
    is_first[1:] = new[1:] != new[:-1]
    same = is_first.cumsum() - 1
    _check_agree(new_rows, new_rows[is_first][same], new)

    union = index[part].append(new[is_first])
    in_order = union.argsort()
    rank = np.empty(len(union), int)
    rank[in_order] = np.arange(len(union))
    ends = np.empty(len(rows), int)
    ends[is_known] = rank[known]
    ends[order] = rank[len(values) + same]
    values = np.concatenate([values, new_rows[is_first]])[in_order]
    return union[in_order], values, ends


def _check_agree(rows: np.ndarray, others: np.ndarray, labels: pd.Index) -> None:
    """Check that rows have the values that are known at their labels."""
    differs = ((rows != others) & ~(np.isnan(rows) & np.isnan(others))).any(axis=1)
    if differs.any():
        row = differs.argmax()
        raise ValueError(
            f"X has {rows[row].tolist()} at {labels[row]}, where history or another "
            f"row of X has {others[row].tolist()}: windows would hold both. If a scaler"
            " or imputer stands in front of the windows, put it behind them, or "
            "transform the series before it is given as X and as history. If X is a "
            "newer version of the series, fit with that as history."
        )


def _spread(
    rows: np.ndarray, positions: np.ndarray | None, reach: int, padding: Any
) -> tuple[np.ndarray, np.ndarray | None]:
    """Put `reach` unknown rows before the first row, and some into holes between rows.

    No more than `reach` are needed in any. Padding by "edge" repeats the row before a
    hole if the window of the row behind it reaches that far, else the row behind it.
    Returns the rows, and how many were put before each; None if there are no holes.
    """
    n_rows = len(rows)
    holes = None
    if positions is not None:
        missing = np.diff(positions) - 1
        if missing.any():
            holes = np.r_[reach, np.minimum(missing, reach)]
    if holes is None:
        spread = np.empty((reach + n_rows, rows.shape[1]), rows.dtype)
        spread[reach:] = rows
        spread[:reach] = rows[0] if padding == "edge" else _number(padding)
        return spread, None
    row = np.arange(n_rows)
    stand_in = np.where((holes < reach) & (row > 0), row - 1, row)
    source = stand_in.repeat(holes + 1)
    places = row + holes.cumsum()
    source[places] = row
    spread = rows[source]
    if padding != "edge":
        is_unknown = np.ones(len(spread), bool)
        is_unknown[places] = False
        spread[is_unknown] = _number(padding)
    return spread, holes


def _number(padding: Any) -> float:
    return np.nan if padding == "nan" else padding


# How a past is stored: as arrays and text, which any format can hold ------------------


def plain_past(past: Any) -> Any:
    """Return a past, of one series or of each, without objects of pandas.

    A history that is a frame is one of the parameters, and left as it is.
    """
    if isinstance(past, dict):
        return {key: plain_past(of_series) for key, of_series in past.items()}
    if past is None or past.labels is None:
        return past
    start = past.labels[:0].insert(0, past.start)
    return past._replace(
        labels=plain_labels(past.labels),
        start=plain_labels(start),
        step=plain_step(past.step),
    )


def past_of_plain(past: Any) -> Any:
    """Return a past that :func:`plain_past` has made plain."""
    if isinstance(past, dict):
        return {key: past_of_plain(of_series) for key, of_series in past.items()}
    if past is None or past.labels is None:
        return past
    return past._replace(
        labels=labels_of_plain(past.labels),
        start=labels_of_plain(past.start)[0],
        step=step_of_plain(past.step),
    )
