"""What columns hold, and how those of X are timesteps and channels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype

from ._sklearn import column_positions

# births_lag2 (ours), lag_3 (skforecast), lag3 (mlforecast), births_lag-3 (darts)
_LAG_NAME = re.compile(r"(?:(?P<channel>.*)_)?lag_?(?P<lag>-?\d+)")
_LEAD_NAME = re.compile(r"(.+)_lead(\d+)")
_STEP_NAME = re.compile(r"(.*)_step(\d+)")

# How the types of pandas, polars and pyarrow begin.
_TIMES = ("date", "time", "period", "duration")
_TEXT = ("str", "large_str", "cat", "enum", "bytes", "binary", "mixed", "dictionary")


def _column_types(X: Any) -> list[tuple[Any, str]]:
    """Return the names and types of the columns of a frame."""
    types: Any = []
    if isinstance(X, pd.DataFrame):
        for name, column in X.items():
            is_category = isinstance(column.dtype, pd.CategoricalDtype)
            values = column.cat.categories if is_category else column
            is_object = values.dtype == object
            types.append((name, infer_dtype(values) if is_object else values.dtype))
    elif hasattr(X, "column_names"):  # a table of pyarrow
        types = zip(X.column_names, X.schema.types)
    elif isinstance(getattr(X, "schema", None), dict):  # a frame of polars
        types = X.schema.items()
    return [(name, str(kind).lower()) for name, kind in types]


def are_numbers(column: Any) -> bool:
    """Tell whether text or objects can be read as numbers, as scikit-learn does."""
    try:
        np.asarray(column, dtype=object).astype(float)
    except (TypeError, ValueError):
        return False
    return True


def check_columns(X: Any, name: str) -> None:
    """Check that the columns of a frame have names of their own, and hold numbers."""
    names = getattr(X, "column_names", getattr(X, "columns", ()))
    twice = [column for column, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"{name} has several columns of the same name, {twice}: give each a name "
            "of its own."
        )
    if isinstance(X, np.ndarray) and X.dtype.kind in "mM":
        raise ValueError(
            f"{name} is an array of {X.dtype}, and times are no values of a series: "
            "they belong into the index of a pandas frame."
        )
    types = _column_types(X)
    times = [column for column, kind in types if kind.startswith(_TIMES)]
    text = [
        column
        for column, kind in types
        if kind.startswith(_TEXT) and not are_numbers(X[column])
    ]
    message = ""
    if times:
        is_pandas = isinstance(X, pd.DataFrame)
        where = name if is_pandas else f"{name}.to_pandas()"
        message = (
            f" The columns {times} hold times: set the one of the rows as the index, "
            f"as in {where}.set_index({times[0]!r}), and drop the others."
        )
    if text:
        message += (
            f" The columns {text} hold text: drop or encode them, read what should be "
            "numbers as such, and of dates, make the index by pd.to_datetime."
        )
    if message:
        raise ValueError(f"{name} must hold numbers.{message}")


def lag_names(names: Iterable, window: int) -> list[str]:
    """Name the columns of windows: oldest timestep first, its channels together."""
    return [f"{name}_lag{k}" for k in reversed(range(window)) for name in names]


def lag_of(name: str) -> tuple[str, int] | None:
    """Return the column and the lag that a name of :func:`lag_names` tells.

    Other libraries count lags from another row.
    """
    match = re.fullmatch(r"(.+)_lag(\d+)", name)
    return match and (match[1], int(match[2]))


def lead_names(names: Iterable, horizon: int) -> list[str]:
    """Name the columns of leads: all columns that are known ahead of a step together.

    A name that :func:`lead_of` reads may begin with what a transformer put before it.
    """
    return [f"{name}_lead{k}" for k in range(1, horizon + 1) for name in names]


def lead_of(name: str) -> tuple[str, int] | None:
    """Return the column and the lead that a name of :func:`lead_names` tells."""
    match = _LEAD_NAME.fullmatch(name)
    return match and (match[1], int(match[2]))


def step_names(names: Iterable, horizon: int) -> list[str]:
    """Name the columns of targets: all targets of a step together."""
    return [f"{name}_step{k}" for k in range(1, horizon + 1) for name in names]


def step_of(name: str) -> tuple[str, int] | None:
    """Return the target and the step that a name of :func:`step_names` tells."""
    match = _STEP_NAME.fullmatch(name)
    return match and (match[1], int(match[2]))


def passed_through(X: Any, passthrough: Any, n_columns: int) -> np.ndarray:
    """Return the positions of the columns of X that are not windowed."""
    key = passthrough(X) if callable(passthrough) else passthrough
    if key is None:
        return np.zeros(0, int)
    columns = list(X.columns) if hasattr(X, "columns") else None
    try:
        if isinstance(key, bool):  # which is an integer as well
            raise TypeError("a bool is no column")
        table = np.empty((0, n_columns)) if columns is None else X
        beside = np.unique(np.asarray(column_positions(table, key), int))
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"passthrough={passthrough!r} must name columns of X, of which there are "
            f"{columns or f'{n_columns} without names'}."
        ) from error
    if len(beside) == n_columns:
        raise ValueError(
            f"passthrough={passthrough!r} names all {n_columns} columns of X: leave at "
            "least one to make windows of."
        )
    return beside


def choose(target: Any, columns: Iterable, of: str, name: str = "target") -> list:
    """Return the columns that `target` names, one label or a list; by default all."""
    columns = list(columns)
    if target is None:
        return columns
    is_label = isinstance(target, Hashable) and target in columns
    is_list = isinstance(target, (list, tuple, np.ndarray, pd.Index)) and not is_label
    targets = list(target) if is_list else [target]
    if not targets or len(set(targets)) < len(targets) or set(targets) - set(columns):
        raise ValueError(
            f"{name}={target!r} must name distinct columns of {of}: {columns}."
        )
    return targets


def targets_and_ahead(
    target: Any, ahead: Any, columns: Iterable, of: str
) -> tuple[list, list]:
    """Return the columns to predict, and those that are known ahead.

    By default, all others than those are predicted.
    """
    columns = list(columns)
    if ahead is None:
        return choose(target, columns, of), []
    if not all(isinstance(column, str) for column in columns):
        raise ValueError(
            f"ahead={ahead!r} needs a frame whose columns have string names, by which "
            f"leads are told from lags, but those of {of} are {columns}."
        )
    known = choose(ahead, columns, of, "ahead")
    others = [column for column in columns if column not in known]
    targets = others if target is None else choose(target, columns, of)
    if both := [column for column in known if column in targets]:
        raise ValueError(
            f"ahead={ahead!r} names {both}, which target={target!r} has predicted: what"
            " is known ahead need not be."
        )
    if not targets:
        raise ValueError(
            f"ahead={ahead!r} names all columns of {of}, so that none is left to "
            "predict."
        )
    taken = [c for c in columns if (lead := lead_of(c)) and lead[0] in known]
    if taken:
        raise ValueError(
            f"{of[:1].upper()}{of[1:]} has the columns {taken}, as which leads are "
            "named: drop what was shifted by hand, or rename it."
        )
    return targets, known


def read_lags(names, n_channels=None):
    """Return the channels that column names tell, and the columns in order.

    Parameters
    ----------
    names : sequence of str
    n_channels : int, default=None
        Channels that the caller knows of: columns whose names do not make full windows
        are then in order as they are.

    Returns
    -------
    channels : list of str
        In the order in which they appear.
    columns : ndarray of shape (n_features,)
        Positions of the columns: oldest lag first and all channels of a timestep
        together, then those that are not named as lags.

    Both are None if no name is that of a lag, or if lags do not make full windows of
    `n_channels`.

    Raises
    ------
    ValueError
        If not the same lags are there of every channel, and `n_channels` is None.
    """
    matches = [_LAG_NAME.fullmatch(name) for name in names]
    found = [match for match in matches if match]
    if not found:
        return None, None
    # Numbers count steps back; where some have a sign, all count steps ahead.
    sign = 1 if any("-" in match["lag"] for match in found) else -1
    keys = [
        (sign * int(match["lag"]), match["channel"] or "") if match else None
        for match in matches
    ]
    channels = list(dict.fromkeys(channel for _, channel in filter(None, keys)))
    times = {c: [key[0] for key in keys if key and key[1] == c] for c in channels}
    steps = sorted(set(times[channels[0]]))
    if all(sorted(times[channel]) == steps for channel in channels):
        # What is no lag comes after the newest one, in the order it has.
        order = [
            (0, key[0], channels.index(key[1])) if key else (1, position, 0)
            for position, key in enumerate(keys)
        ]
        return channels, np.array(sorted(range(len(order)), key=order.__getitem__))
    if n_channels is not None:
        return None, None
    lags = [f"{c or 'lags'}: {[sign * time for time in times[c]]}" for c in channels]
    raise ValueError(
        "Columns of X are named as lags, but not the same ones for every channel: "
        + "; ".join(lags)
        + ". Complete them, or rename what is no lag of a channel, which is then read "
        "beside the window. n_channels has all columns read as timesteps, in the order "
        "they have."
    )


def read_leads(names):
    """Return the columns that are known ahead, and where their leads are.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    ahead : list of str
        In the order in which they appear.
    positions : ndarray of int
        Of the leads: the first step of all columns, then the second.

    Raises
    ------
    ValueError
        If not the same steps, from 1 on, are there of every column.
    """
    are_names = all(isinstance(name, str) for name in names)
    leads = [lead_of(name) for name in names] if are_names else []
    found = [(lead, position) for position, lead in enumerate(leads) if lead]
    if not found:
        return [], np.zeros(0, int)
    ahead = list(dict.fromkeys(column for (column, _), _ in found))
    n_steps = max(step for (_, step), _ in found)
    places = dict(found)
    if len(places) < len(found) or len(found) != n_steps * len(ahead):
        steps = {
            column: sorted(step for (name, step), _ in found if name == column)
            for column in ahead
        }
        raise ValueError(
            "Columns of X are named as leads, but not each step from 1 on once for "
            "every column: "
            + "; ".join(f"{column}: {steps[column]}" for column in ahead)
            + ". Complete them, or rename what is no lead of a column."
        )
    order = [(column, step) for step in range(1, n_steps + 1) for column in ahead]
    return ahead, np.array([places[lead] for lead in order])


class Layout(NamedTuple):
    """How the columns of a table are windows, leads, and what is beside them."""

    channels: list[str] | None  # of the windows, None if names do not tell
    n_lags: int
    ahead: list[str]
    n_leads: int
    columns: np.ndarray  # their positions: lags, leads step by step, others


def read_layout(names, n_channels=None):
    """Return the :class:`Layout` that the names of columns tell.

    Where some are leads and none are lags, the others are the channels of one timestep,
    unless `n_channels` tells that they are otherwise.
    """
    ahead, leads = read_leads(names)
    rest = np.setdiff1d(np.arange(len(names)), leads)
    if not len(rest):
        raise ValueError(
            f"All columns of X are named as leads of {ahead}: leave in the columns of "
            "the series, or lags of them, beside which a network reads leads."
        )
    others = [names[position] for position in rest]
    channels, order = read_lags(others, n_channels)
    n_lags = len(others)
    if channels is not None:
        n_lags = sum(_LAG_NAME.fullmatch(name) is not None for name in others)
        rest = rest[order]
    elif ahead and n_channels is None:
        channels = others
    columns = np.concatenate([rest[:n_lags], leads, rest[n_lags:]])
    return Layout(channels, n_lags, ahead, len(leads), columns)


def read_steps(names):
    """Return the targets that the names of the columns of y tell.

    Columns that are named as steps, all targets of one before those of the next, are
    steps of these targets; others are targets of one step. Steps in another order tell
    nothing: None.
    """
    steps = [step_of(name) for name in names]
    if not any(steps):
        return list(names)
    targets = list(dict.fromkeys(step[0] for step in steps if step))
    n_steps = len(names) // len(targets)
    return targets if list(names) == step_names(targets, n_steps) else None


def newest_first(X, y, n_channels):
    """Say how X seems to hold the newest timestep first, or return None.

    Then values move to the right from row to row, or a channel shows some rows later
    what it shows one timestep to the left, and at the very left what the first column
    of `y` shows. There must be 32 rows to tell.
    """
    if X.shape[1] == n_channels:
        return None
    is_later = _is_later(y, X, n_channels)
    if _moves_right(X[-64:], n_channels):
        seems_so = is_later or not _is_earlier(y, X, n_channels)
    else:
        seems_so = (
            is_later
            and not _is_earlier(y, X, n_channels)
            and all(map(_comes_back, X.T, X.T[n_channels:]))
        )
    if not seems_so:
        return None
    turn = (
        "turn them round by FunctionTransformer(np.fliplr) in front of the network, or "
        if n_channels == 1
        else ""
    )
    return (
        "X seems to have the newest timestep first, but is read oldest first. If rows "
        f"are in order of time, {turn}name the columns as lags (lag_1, lag_2, ...), "
        "which tells their order. If the rows run back in time, hand over X of shape "
        "(rows, timesteps, channels), which is read as it is."
    )


def _moves_right(rows, n_channels):
    """Tell whether most rows show what the row before shows a timestep to the left."""
    if len(rows) < 32 or rows.shape[1] == n_channels:
        return False
    before, after = rows[:-1], rows[1:]
    right = equal(after[:, n_channels:], before[:, :-n_channels]).all(axis=1)
    left = equal(after[:, :-n_channels], before[:, n_channels:]).all(axis=1)
    return np.mean(right & ~left) > 0.5


def _is_later(y, X, n_channels):
    """Tell whether the first timestep shows `y` in later rows, as newest first does."""
    return any(_comes_back(_first(y, X), X[:, i]) for i in range(n_channels))


def _is_earlier(y, X, n_channels):
    """Tell whether the last timestep shows `y` in earlier rows: then rows run back."""
    return any(_comes_back(X[:, -1 - i], _first(y, X)) for i in range(n_channels))


def _first(y, X):
    """Return the first column of `y`, in the precision of X if they are numbers."""
    first = np.reshape(y, (len(X), -1))[:, 0]
    return first.astype(X.dtype, copy=False) if first.dtype.kind in "iuf" else first


def misread_channels(X, n_channels, is_told):
    """Say how the rows of X seem to hold other channels than `n_channels`, if so.

    From one row to the next, all values of a window move by as many columns as it has
    channels. Nobody told that there is one channel unless `is_told`.
    """
    rows = X[-64:]
    if len(rows) < 16 or _moves(rows, 1, n_channels).all():
        return None
    for c in range(2, X.shape[1] // 2 + 1):
        if not is_told and X.shape[1] % c == 0 and _moves(rows, 1, c).all():
            return (
                f"X moves by {c} columns from row to row, as windows of {c} channels "
                f"do, but is read as one channel: set n_channels={c}, or keep the names"
                " of columns, which tell, by set_output(transform='pandas'). Set "
                "n_channels=1 if it is one."
            )
    # Where values move by one column within blocks, and no later row has at the end of
    # a block what was at the beginning of the next, as in windows that leave lags out,
    # the blocks are channels.
    ends = np.flatnonzero(~_moves(rows, 1, 1))
    length, rest = divmod(X.shape[1], len(ends) + 1)
    blocks = length * np.arange(1, len(ends) + 1) - 1
    if (
        rest
        or length < 2
        or not len(ends)
        or (ends != blocks).any()
        or any(_moves(rows, k, 1)[ends].any() for k in range(2, len(rows) // 2))
    ):
        return None
    return (
        "X seems to hold all timesteps of one channel, then those of the next, but is "
        f"read timestep by timestep with n_channels={n_channels}. Make windows of all "
        "channels by one SlidingWindowTransformer, or keep the names of columns, which "
        "tell, by set_output(transform='pandas')."
    )


def _moves(rows, n_rows, n_columns):
    """Tell which columns show, `n_rows` later, what is `n_columns` to their right."""
    return equal(rows[:-n_rows, n_columns:], rows[n_rows:, :-n_columns]).all(axis=0)


def _comes_back(a, b):
    """Tell whether all that `a` shows comes a number of rows later in `b`.

    The number is sought up to 1000 and half of the rows.
    """
    half = len(a) // 2
    changes = np.flatnonzero(~equal(a[1:half], a[: max(0, half - 1)]))
    if half < 16 or not len(changes):
        return False
    start = changes[0]  # values that do not change would be found everywhere
    head = a[start : min(half, start + 100)]
    return any(
        equal(head, b[start + n : start + n + len(head)]).all()
        and all(
            equal(a[i : min(i + 4096, len(a) - n)], b[i + n : i + n + 4096]).all()
            for i in range(0, len(a) - n, 4096)
        )
        for n in range(1, min(half, 1000) + 1)
    )


def equal(a, b):
    """Compare values; those that are missing are the same."""
    return (a == b) | (a != a) & (b != b)  # the latter where both are NaN
