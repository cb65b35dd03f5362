"""Time labels: their order, their frequency, what comes before and after them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import (
    BaseOffset,
    BusinessDay,
    CustomBusinessDay,
    Day,
    Hour,
    Tick,
)

_DAY = 86_400 * 10**9  # in nanoseconds
# Before version 3, pandas keeps the days of another zone when it converts.
_KEEPS_DAYS = isinstance(Day(), Tick)
_NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


# ---------------------------------------------------------------------------
# Labels
# ---------------------------------------------------------------------------


def time_labels(X: Any, name: str, ordered: bool = True) -> pd.Index | None:
    """Return the index of a pandas frame as times or numbers, None for other data.

    With `ordered`, each label must be later than the one before it.
    """
    index = getattr(X, "index", None)
    if not isinstance(index, pd.Index):
        return None
    if isinstance(index, pd.MultiIndex):
        raise ValueError(
            f"The index of {name} is a MultiIndex, but windows are made of one series "
            "at a time: select one and let time alone be its index."
        )
    labels = as_times(index, name)
    if labels.hasnans:
        raise ValueError(
            f"The index of {name} lacks a label in row {labels.isna().argmax()}: a row "
            f"without a time has no place in a series. {name}[{name}.index.notna()] "
            "are those that have one."
        )
    if ordered and not labels.is_monotonic_increasing:
        raise ValueError(
            f"The index of {name} must be in time order without duplicates: a window "
            "reads the rows before it, and shuffled or resampled rows have none. "
            f"{_repeated_hour(labels, name)}Sort rows with {name}.sort_index(); split "
            "them with TimeSeriesSplit."
        )
    if ordered:
        refuse_duplicates(labels, name)
    return labels


def refuse_duplicates(index: pd.Index, name: str) -> None:
    """Raise an error that names the first label that is there more than once."""
    if index.is_unique:
        return
    raise ValueError(
        f"The index of {name} must be in time order without duplicates, but "
        f"{index[index.duplicated()][0]} is there more than once. "
        f"{_repeated_hour(index, name)}If the rows are of several series, tell them "
        "apart by a level of the index before the time; if a row came twice, "
        f"{name}[~{name}.index.duplicated()] keeps the first."
    )


def _repeated_hour(index: pd.Index, name: str) -> str:
    """Say how to tell the hours apart where a clock change may repeat one."""
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None:
        return ""
    steps = index[1:] - index[:-1]
    back = steps[steps < pd.Timedelta(0)]
    years = (index.max() - index.min()).days // 360
    if len(back) > years + 1 or (back < pd.Timedelta("-2h")).any():
        return ""
    return (
        "If a clock change repeats an hour, first tell the two apart by "
        f"{name}.tz_localize(zone, ambiguous='infer'). "
    )


def as_times(index: pd.Index, name: str) -> pd.Index:
    """Return an index of another type as one of times or numbers of numpy."""
    is_numpy = isinstance(index.dtype, np.dtype)
    if isinstance(index, pd.PeriodIndex | pd.DatetimeIndex | pd.TimedeltaIndex):
        return index
    if (is_numpy and index.dtype.kind in "iuf") or index.empty:
        return index
    if isinstance(index, pd.CategoricalIndex):
        index = index.astype(index.categories.dtype)
    kind = infer_dtype(index, skipna=True)
    if kind in ("date", "datetime", "datetime64"):
        try:
            return pd.DatetimeIndex(index)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"The index of {name} holds times that are not of one kind ({error}): "
                "bring those of several time zones to one by "
                f"pd.to_datetime({name}.index, utc=True)."
            ) from error
    if kind in ("timedelta", "timedelta64"):
        return pd.TimedeltaIndex(index)
    if kind == "period":
        return pd.PeriodIndex(index)
    if kind in ("integer", "floating", "mixed-integer-float"):
        has_gaps = kind != "integer" or index.hasnans
        return index.astype("float64" if has_gaps else "int64")
    raise ValueError(
        f"The index of {name} holds labels such as {index[0]!r} ({kind}), which are no "
        "times: make dates of the whole series' labels by pd.to_datetime with their "
        "format, or number its rows by reset_index(drop=True), before it is split."
    )


def _kind(index: pd.Index) -> str:
    """Name what labels are; those of different kinds cannot be compared."""
    if isinstance(index, pd.PeriodIndex):
        return f"a PeriodIndex of {index.dtype}"
    if isinstance(index, pd.DatetimeIndex):
        return f"a DatetimeIndex with{'' if index.tz else 'out'} time zone"
    if isinstance(index, pd.TimedeltaIndex):
        return "a TimedeltaIndex"
    return "an index of numbers"


def as_comparable(index: pd.Index, other: pd.Index, name: str, of: str) -> pd.Index:
    """Return the index in the time zone of another one, that of `of`.

    Its unit is that of the other one too, unless that could not hold it.
    """
    kind, other_kind = _kind(index), _kind(other)
    if kind != other_kind:
        remedy = "give both labels of the same kind."
        if isinstance(index, pd.DatetimeIndex) and isinstance(other, pd.DatetimeIndex):
            aware, naive = (name, of) if index.tz else (of, name)
            remedy = (
                f"say in which zone those of {naive} are by tz_localize(zone), or "
                f"leave that of {aware} out by tz_convert(zone).tz_localize(None)."
            )
        raise ValueError(
            f"The index of {name} is {kind} and that of {of} {other_kind}, which "
            f"cannot be compared: {remedy}"
        )
    if index.dtype == other.dtype or not isinstance(
        index, pd.DatetimeIndex | pd.TimedeltaIndex
    ):
        return index
    if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
        # Before version 3, pandas keeps the frequency of the other zone.
        index = pd.DatetimeIndex(index.tz_convert(other.tz), freq=None)
    try:
        in_unit = index.as_unit(other.unit)
    except (pd.errors.OutOfBoundsDatetime, pd.errors.OutOfBoundsTimedelta):
        return index
    return in_unit if (in_unit == index).all() else index


# ---------------------------------------------------------------------------
# The clock on the wall
# ---------------------------------------------------------------------------


def _clock(wall: pd.DatetimeIndex) -> np.ndarray:
    """Return the time of day, in the unit of the index."""
    return (wall - wall.normalize()).to_numpy()


def _wall_time(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the labels by the clock on the wall, without their zone.

    Where a clock change skips the time of day that the others have, a label is the
    next time that exists: it is set back to the time that it stands for.
    """
    if index.tz is None:
        return index
    wall = index.tz_localize(None)
    clock = _clock(wall)
    if not len(wall) or (clock == clock[0]).all():
        return wall
    times, counts = np.unique(clock, return_counts=True)
    usual = times[counts.argmax()]
    odd = clock != usual
    moment = pd.Timedelta(1, index.unit).as_unit(index.unit)
    skipped_from = (index[odd] - moment).tz_localize(None) + moment
    day = np.timedelta64(1, "D")
    meant = skipped_from.to_numpy() + (usual - _clock(skipped_from)) % day
    values = wall.to_numpy().copy()
    values[odd] = np.where(meant < values[odd], meant, values[odd])
    return pd.DatetimeIndex(values)


def _at_wall_time(wall: pd.DatetimeIndex, zone: Any) -> pd.DatetimeIndex:
    """Return the moments at which the clock on the wall shows these times.

    That is the first of two, and the next time that exists if there is none.
    """
    if zone is None:
        return wall
    first = np.ones(len(wall), bool)
    return wall.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")


def _without_skipped_days(wall: pd.DatetimeIndex, zone: Any) -> pd.DatetimeIndex:
    """Leave out the days that a zone skipped when it crossed the date line."""
    if zone is None:
        return wall
    noon = wall.normalize() + pd.Timedelta("12h")
    return wall[noon.tz_localize(zone, ambiguous="NaT", nonexistent="NaT").notna()]


# ---------------------------------------------------------------------------
# Frequency
# ---------------------------------------------------------------------------


def _is_fixed(step: Any) -> bool:
    """Tell whether a step always takes the same time; a day does not, in a zone."""
    return isinstance(step, Tick) and not isinstance(step, Day)


def _numbers(index: pd.Index) -> np.ndarray:
    """Return labels as integers of 64 bits."""
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex):
        return index.asi8
    return index.to_numpy().astype(np.int64, copy=False)


def _blocks(n: int) -> Iterator[slice]:
    """Cut n rows in slices whose temporary arrays are small."""
    return (slice(k, min(k + 2**17, n)) for k in range(0, n, 2**17))


def _shortest_step(values: np.ndarray) -> int | None:
    """Return the shortest of the steps between values, if all are multiples of it.

    Values may be left out, but at least half of them must be there. None if not.
    """
    n = len(values) - 1
    steps = (np.diff(values[block.start : block.stop + 1]) for block in _blocks(n))
    shortest = int(min(block.min() for block in steps))
    span = int(values[-1]) - int(values[0])
    if span == n * shortest:
        return shortest
    rests = ((values[block] - values[0]) % shortest for block in _blocks(n + 1))
    is_irregular = span > 2 * n * shortest or any(block.any() for block in rests)
    return None if is_irregular else shortest


def frequency(index: pd.Index) -> Any:
    """Return the step from one label to the next, None if the index is irregular.

    The step is an offset of pandas for dates, else a difference of labels. Labels may
    be left out: with at least half of them there, the index still counts as regular.
    It does not if a weekday or an hour of day never occurs in two weeks or days, as of
    shops that close, nor if integers are years with a week or month: what follows the
    last label before a closing day is then the next label.
    """
    if isinstance(index, pd.RangeIndex):
        return index.step if index.step > 0 else None
    if isinstance(index, pd.DatetimeIndex):
        return _frequency_of_dates(index)
    is_countable = index.dtype.kind in "iu" or isinstance(
        index, pd.PeriodIndex | pd.TimedeltaIndex
    )
    if not is_countable or len(index) < 2:
        return None
    values = _numbers(index)
    shortest = _shortest_step(values)
    if shortest is None:
        return None
    has_holes = values[-1] - values[0] != shortest * (len(values) - 1)
    if isinstance(index, pd.TimedeltaIndex):
        return pd.Timedelta(shortest, index.unit)
    if isinstance(index, pd.PeriodIndex):
        step, rest = divmod(shortest, index.freq.n)
        length = shortest * index.freq.base
        closes = has_holes and _has_closing_times(index.to_timestamp(), length)
        return None if rest or closes else step
    return None if has_holes and _are_years_and_parts(values, shortest) else shortest


def _are_years_and_parts(values: np.ndarray, step: int) -> bool:
    """Tell whether integers are years followed by a quarter, month, week or day."""
    for base, last_part in ((10, 4), (100, 53), (1000, 366)):
        first_year, last_year = values[[0, -1]] // base
        are_years = step < base and 1000 <= first_year < last_year < 3000
        if are_years and (values % base).max() <= last_part:
            return True
    return False


def _frequency_of_dates(index: pd.DatetimeIndex) -> BaseOffset | None:
    """Return the frequency of dates, some of which may be left out."""
    freq = index.freq
    if freq is not None and (
        index.tz is None
        or _is_fixed(freq)
        or not _KEEPS_DAYS
        or grid_positions(pd.DatetimeIndex(index, freq=None), freq) is not None
    ):
        return freq
    if len(index) < 3:
        return None
    if (index[-1] - index[0]) / (len(index) - 1) > pd.Timedelta("20h"):
        wall = _wall_time(index)
        if not _clock_varies(wall):
            return _calendar_frequency(wall)
    return _fixed_frequency(index)


def _clock_varies(wall: pd.DatetimeIndex) -> bool:
    """Tell whether labels are at more than one time of day."""
    clock = _clock(wall)
    return bool((clock != clock[0]).any())


def _fixed_frequency(index: pd.DatetimeIndex) -> BaseOffset | None:
    """Return the frequency of dates that lie multiples of the same time apart."""
    shortest = _shortest_step(index.asi8)
    if shortest is None:
        return None
    length = pd.Timedelta(shortest, index.unit)
    n_days, rest = divmod(length, pd.Timedelta("1D"))
    if rest:
        offset = to_offset(length)
    else:  # in a zone, days would follow the clock on the wall
        offset = Day(n_days) if index.tz is None else Hour(24 * n_days)
    return None if _has_closing_times(index, offset) else offset


def _calendar_frequency(wall: pd.DatetimeIndex) -> BaseOffset | None:
    """Return the frequency of dates at the same time of day."""
    offset = pd.DatetimeIndex(wall, freq="infer").freq
    if offset is not None:
        return offset
    # The three labels closest together show the frequency between holes.
    spans = wall[2:] - wall[:-2]
    closest = spans.argmin()
    offset = pd.DatetimeIndex(wall[closest : closest + 3], freq="infer").freq
    is_sparse = (wall[-1] - wall[0]) / spans[closest] > len(wall) - 1
    if offset is None or is_sparse or grid_positions(wall, offset) is None:
        return _fixed_frequency(wall)
    return None if _has_closing_times(wall, offset) else offset


def _has_closing_times(index: pd.DatetimeIndex, step: BaseOffset) -> bool:
    """Tell whether a weekday or an hour that steps visit twice never occurs.

    In days from Monday to Friday alone, what is left out are weekends and holidays.
    """
    if not isinstance(step, Tick | Day):
        return False
    unit = _NANOSECONDS[index.unit]
    length, day = step.nanos // unit, _DAY // unit
    first, last = int(index.asi8[0]), int(index.asi8[-1])
    span = last - first + length
    if span == len(index) * length:
        return False
    if isinstance(step, Day) and (index.day_of_week < 5).all():
        return True
    for field, n_fields, cycle in (("hour", 24, day), ("day_of_week", 7, 7 * day)):
        if span < 2 * math.lcm(length, cycle):
            continue
        occurs = _fields_that_occur(index, field, n_fields)
        if not occurs.all():
            left_out = _positions_left_out(_positions(index, step))
            steps = left_out * np.timedelta64(length, index.unit)
            others = index[:1].repeat(len(steps)) + steps
            if (_fields_that_occur(others, field, n_fields) & ~occurs).any():
                return True
    return False


def _fields_that_occur(
    index: pd.DatetimeIndex, field: str, n_fields: int
) -> np.ndarray:
    """Tell which hours or weekdays are among the labels."""
    occurs = np.zeros(n_fields, bool)
    for block in _blocks(len(index)):
        occurs[getattr(index[block], field)] = True
        if occurs.all():
            break
    return occurs


def _positions_left_out(positions: np.ndarray) -> np.ndarray:
    """Return the whole numbers between positions in order that are none of them."""
    is_left_out = np.ones(int(positions[-1]), dtype=bool)
    is_left_out[positions[:-1]] = False
    return np.flatnonzero(is_left_out)


# ---------------------------------------------------------------------------
# Places in time
# ---------------------------------------------------------------------------


def grid_positions(index: pd.Index, step: Any) -> np.ndarray | None:
    """Return how many steps each label lies after the first one.

    `step` is what :func:`frequency` returns, of this index or another. None if a label
    cannot be reached in whole steps.
    """
    positions = _positions(index, step)
    return None if (positions < 0).any() else positions


def _positions(index: pd.Index, step: Any) -> np.ndarray:
    """Return how many steps each label lies after the first one, -1 if no whole one."""
    if not len(index) or _has_step(index, step):
        return np.arange(len(index), dtype=np.int64)
    if isinstance(index, pd.DatetimeIndex) and not _is_fixed(step):
        return _calendar_positions(index, step)
    values = _numbers(index)
    if isinstance(index, pd.PeriodIndex):
        scale, length = 1, step * index.freq.n
    elif isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        unit = _NANOSECONDS[index.unit]
        length = step.nanos if isinstance(step, BaseOffset) else step.value
        common = math.gcd(unit, length)
        scale, length = unit // common, length // common
    else:
        scale, length = 1, step
    positions = np.empty(len(values), np.int64)
    for block in _blocks(len(values)):
        whole, rest = np.divmod((values[block] - values[0]) * scale, length)
        positions[block] = np.where(rest == 0, whole, -1)
    return positions


def _has_step(index: pd.Index, step: Any) -> bool:
    """Tell whether an index says of itself that it has this step."""
    own = index.step if isinstance(index, pd.RangeIndex) else None
    if isinstance(index, pd.DatetimeIndex):
        own = index.freq
    # Before version 3 of pandas, a day equals 24 hours.
    return type(own) is type(step) and own == step


def _calendar_positions(index: pd.DatetimeIndex, step: BaseOffset) -> np.ndarray:
    """Return positions on a grid of dates, by the clock on the wall."""
    wall = _wall_time(index)
    grid = pd.date_range(wall[0], wall[-1], freq=step, unit=wall.unit)
    grid = _without_skipped_days(grid, index.tz)
    if not len(grid):
        return np.full(len(wall), -1)
    found = np.searchsorted(grid.asi8, wall.asi8)
    found[found == len(grid)] = 0
    follows = np.diff(wall.asi8, prepend=wall.asi8[0] - 1) > 0
    return np.where((grid.asi8[found] == wall.asi8) & follows, found, -1)


def last_before_hole(index: pd.Index, step: Any) -> Any:
    """Return the first label that the label one step later does not follow."""
    if len(index) < 2 or step is None or _has_step(index, step):
        return None
    positions = _positions(index, step)
    if positions[-1] == len(index) - 1 and (positions >= 0).all():
        return None
    follows = (np.diff(positions) == 1) & (positions[1:] > 0)
    return None if follows.all() else index[follows.argmin()]


# ---------------------------------------------------------------------------
# What comes after
# ---------------------------------------------------------------------------


def labels_after(index: pd.Index, count: int, key: Any = None) -> pd.Index:
    """Return the `count` labels that continue the index, of a series of that key."""
    step = frequency(index)
    if isinstance(index, pd.PeriodIndex) and len(index) == 1:
        step = 1
    if isinstance(index, pd.DatetimeIndex):
        step = step or _business_days(index)
    if step is None:
        series, remedy = (
            "history",
            (
                "If it holds dates, give it theirs, as in history.index.freq = 'B' or "
                "pd.offsets.CustomBusinessDay(holidays=...); else number the rows by "
                "reset_index(drop=True), before the model is fitted."
            ),
        )
        if key is not None:
            series, remedy = (
                f"history, in the series {key!r},",
                (
                    "Let the last level of the index number the rows of each series "
                    "instead, before the model is fitted."
                ),
            )
        raise ValueError(
            f"The index of {series} ends at {index[-1]} and has no frequency that tells"
            f" what comes next. {remedy}"
        )
    if isinstance(index, pd.DatetimeIndex):
        return _dates_after(index, step, count)
    if isinstance(index, pd.RangeIndex):
        stop = index[-1] + step * (count + 1)
        return pd.RangeIndex(index[-1] + step, stop, step, name=index.name)
    labels = index[-1:].repeat(count) + step * np.arange(1, count + 1)
    is_duration = isinstance(index, pd.TimedeltaIndex)
    return labels.as_unit(index.unit) if is_duration else labels


def _dates_after(
    index: pd.DatetimeIndex, step: BaseOffset, count: int
) -> pd.DatetimeIndex:
    """Continue dates; in a zone, days go by the clock on the wall."""
    options = {"freq": step, "name": index.name, "unit": index.unit}
    if index.tz is None or _is_fixed(step):
        return pd.date_range(index[-1], periods=count + 1, **options)[1:]
    # One more for the last label, and one for a day that the zone may skip.
    wall = pd.date_range(_wall_time(index)[-1], periods=count + 2, **options)[1:]
    dates = _at_wall_time(_without_skipped_days(wall, index.tz)[:count], index.tz)
    return with_frequency(dates, step)


def with_frequency(index: pd.DatetimeIndex, step: BaseOffset) -> pd.DatetimeIndex:
    """Let dates without holes say their frequency.

    In a zone that skips one of them, or has it twice, pandas has none.
    """
    if index.tz is not None and not _is_fixed(step):
        first, last = _wall_time(index)[[0, -1]]
        wall = pd.date_range(first, last, freq=step)
        exact = wall.tz_localize(index.tz, ambiguous="NaT", nonexistent="NaT")
        if exact.hasnans:
            return index
    return pd.DatetimeIndex(index, freq=step)


def _business_days(index: pd.DatetimeIndex) -> BaseOffset | None:
    """Return the weekdays that occur as a frequency, if hardly any day is left out.

    These are holidays: at most a tenth of all days, and of each weekday a quarter, or
    one day. In less than two weeks, no day from Monday to Friday counts as closed.
    """
    wall = _wall_time(index)
    if len(wall) < 3 or _clock_varies(wall):
        return None
    days = pd.date_range(wall[0], wall[-1], freq="D", unit=wall.unit)
    weekdays = np.bincount(days.day_of_week, minlength=7)
    there = np.bincount(wall.day_of_week, minlength=7)
    is_open, is_business = there > 0, np.arange(7) < 5
    if len(days) < 14:
        is_open |= is_business
    missing, weekdays = (weekdays - there)[is_open], weekdays[is_open]
    are_holidays = (missing <= np.maximum(weekdays // 4, 1)).all()
    if not are_holidays or missing.sum() > weekdays.sum() / 10:
        return None
    if (is_open == is_business).all():
        return BusinessDay()
    return CustomBusinessDay(weekmask="".join(map(str, is_open.astype(int))))


# How labels are stored: as arrays and text, which any format can hold -----------------


def plain_labels(index: pd.Index) -> tuple:
    """Return labels without objects of pandas: values, their type and their name."""
    is_time = isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex)
    values = index.asi8 if is_time else index.to_numpy()
    return values, str(index.dtype), index.name


def labels_of_plain(plain: tuple) -> pd.Index:
    """Return labels that :func:`plain_labels` has made plain."""
    values, dtype, name = plain
    if dtype.startswith("period"):
        freq = dtype.removeprefix("period[").removesuffix("]")
        return pd.PeriodIndex.from_ordinals(values, freq=freq, name=name)
    if dtype.startswith("datetime64") and "," in dtype:
        zoned: Any = pd.api.types.pandas_dtype(dtype)
        utc = pd.DatetimeIndex(values.view(f"M8[{zoned.unit}]"), name=name)
        return utc.tz_localize("UTC").tz_convert(zoned.tz)
    if dtype.startswith(("datetime64", "timedelta64")):
        return pd.Index(values.view(dtype), name=name)
    return pd.Index(values, dtype=dtype, name=name)


def plain_step(step: Any) -> Any:
    """Return a frequency without objects of pandas, if text can tell it."""
    if isinstance(step, pd.Timedelta):
        return "timedelta", step.value
    if isinstance(step, CustomBusinessDay):
        holidays = [str(day) for day in step.holidays]
        return "days", step.n, step.weekmask, holidays
    if isinstance(step, BaseOffset) and to_offset(step.freqstr) == step:
        return "offset", step.freqstr
    return step


def step_of_plain(plain: Any) -> Any:
    """Return a frequency that :func:`plain_step` has made plain."""
    if not isinstance(plain, tuple):
        return plain
    kind, *values = plain
    if kind == "timedelta":
        return pd.Timedelta(values[0])
    if kind == "offset":
        return to_offset(values[0])
    n, weekmask, holidays = values
    return CustomBusinessDay(n, weekmask=weekmask, holidays=holidays)
