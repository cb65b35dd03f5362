"""Time labels, against slow references that go label by label."""

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pandas.tseries.frequencies import to_offset

from skts._time import (
    as_comparable,
    frequency,
    grid_positions,
    labels_after,
    labels_of_plain,
    last_before_hole,
    plain_labels,
    plain_step,
    step_of_plain,
    time_labels,
)

DAYS = pd.date_range("2024-01-01", periods=60)


def labels(index, **options):
    return time_labels(SimpleNamespace(index=index), "X", **options)


# ---------------------------------------------------------------------------
# Labels
# ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index",
    [
        DAYS,
        DAYS.tz_localize("Europe/Berlin"),
        DAYS.to_period("D"),
        DAYS - DAYS[0],
        pd.RangeIndex(5),
        pd.Index([3, 4], dtype="int8"),
        pd.Index([0.5, 1.5]),
        DAYS[:0],
        pd.Index([]),
    ],
)
def test_times_and_numbers_are_labels_as_they_are(index):
    assert labels(index) is index


@pytest.mark.parametrize(
    "index, expected",
    [
        (pd.Index(DAYS.date), DAYS),
        (DAYS.astype(object), DAYS),
        (DAYS.tz_localize("Asia/Tokyo").astype(object), DAYS.tz_localize("Asia/Tokyo")),
        (pd.CategoricalIndex(DAYS), DAYS),
        (DAYS.to_period("D").astype(object), DAYS.to_period("D")),
        ((DAYS - DAYS[0]).astype(object), DAYS - DAYS[0]),
        (pd.Index([1, 2], dtype=object), pd.Index([1, 2])),
        (pd.Index([1, 2], dtype="Int64"), pd.Index([1, 2])),
        (pd.Index([0.5, 2], dtype=object), pd.Index([0.5, 2])),
    ],
)
def test_times_and_numbers_of_other_types_are_converted(index, expected):
    found = labels(index.rename("t"))
    assert type(found) is type(expected) and found.name == "t"
    assert found.equals(expected) and getattr(found, "tz", 0) == getattr(
        expected, "tz", 0
    )


@pytest.mark.parametrize(
    "dtype, expected",
    [
        ("timestamp[us][pyarrow]", DAYS),
        ("timestamp[ns, tz=Europe/Berlin][pyarrow]", DAYS.tz_localize("Europe/Berlin")),
        ("date32[day][pyarrow]", DAYS),
        ("int64[pyarrow]", pd.Index(np.arange(60))),
        ("duration[us][pyarrow]", DAYS - DAYS[0]),
    ],
)
def test_labels_of_arrow_are_converted(dtype, expected):
    pytest.importorskip("pyarrow")
    values = expected.date if dtype.startswith("date") else expected
    found = labels(pd.Index(pd.array(list(values), dtype=dtype)))
    assert type(found) is type(expected) and (found == expected).all()


@pytest.mark.parametrize("data", [[[1.0]], np.ones((2, 1)), pl.DataFrame({"a": [1]})])
def test_other_data_has_no_labels(data):
    assert time_labels(data, "X") is None


@pytest.mark.parametrize(
    "index, message",
    [
        (DAYS.strftime("%d/%m/%Y"), r"X holds .* '01/01/2024' .* pd\.to_datetime"),
        (DAYS.strftime("%Y").astype("string"), "pd.to_datetime"),
        (pd.CategoricalIndex(["a", "b"]), r"'a' \(string\), .* pd\.to_datetime"),
        (pd.Index([1, "b"]), r"\(mixed-integer\), .* pd\.to_datetime"),
        (pd.Index([False, True]), r"\(boolean\), .* pd\.to_datetime"),
        (pd.interval_range(0, 2), r"\(interval\), .* pd\.to_datetime"),
        (pd.Index([dt.time(1), dt.time(2)]), r"\(time\), .* pd\.to_datetime"),
        (
            pd.Index(pd.to_datetime(["2024-03-30 00:00+01:00"]).append(DAYS[:1])),
            r"not of one kind .* pd\.to_datetime\(X.index, utc=True\)",
        ),
        (pd.MultiIndex.from_product([["a"], DAYS[:2]]), "X is a MultiIndex"),
        (DAYS.insert(1, pd.NaT), "X lacks a label in row 1"),
        (pd.Index([1, None, 2]), "X lacks a label in row 1"),
        (pd.Index([1, None, 2], dtype="Int64"), "X lacks a label in row 1"),
        (pd.Index([DAYS.date[0], None]), "X lacks a label in row 1"),
    ],
)
@pytest.mark.parametrize("ordered", [True, False])
def test_what_is_no_time_is_refused(index, message, ordered):
    with pytest.raises(ValueError, match=message):
        labels(index, ordered=ordered)


@pytest.mark.parametrize("index", [DAYS, DAYS.to_period("D"), pd.Index(range(60))])
def test_order_is_asked_for(index):
    for rows in ([2, 1], [1, 2, 1], [0, 0, 3, 1]):
        with pytest.raises(ValueError, match="X must be in time order .*none. Sort"):
            labels(index[rows])
        assert labels(index[rows], ordered=False).equals(index[rows])
    with pytest.raises(ValueError, match=f"{index[1]} is there more than once") as got:
        labels(index[[0, 1, 1, 2, 2]])
    assert "sort_index" not in str(got.value)


def test_a_repeated_hour_names_the_remedy():
    hours = pd.date_range("2024-10-27", periods=5, freq="h", tz="Europe/Berlin")
    naive = hours.tz_localize(None)
    with pytest.raises(ValueError, match="02:00:00 is .*more.*tz_localize.*infer"):
        labels(naive)
    # Sorting would mix the quarters of both hours.
    quarters = pd.date_range("2024-10-27", periods=20, freq="15min", tz="Europe/Berlin")
    with pytest.raises(ValueError, match="If a clock.* first tell .* Sort"):
        labels(quarters.tz_localize(None))
    with pytest.raises(ValueError, match="resampled rows have none. Sort"):
        labels(quarters.tz_localize(None)[[3, 2, 5, 4, 6]])
    # It helps.
    assert labels(naive.tz_localize("Europe/Berlin", ambiguous="infer")).equals(hours)
    for index in (hours[[0, 0]], pd.Index([1, 1])):
        with pytest.raises(ValueError, match="more than once. If the rows") as got:
            labels(index)
        assert "tz_localize" not in str(got.value)


# ---------------------------------------------------------------------------
# Labels of two frames
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_labels_in_other_zones_and_units_are_comparable(zone, unit):
    other = DAYS.tz_localize(zone)
    index = other.tz_convert("America/Lima") if zone else other
    found = as_comparable(index.as_unit(unit), other, "X", "history")
    assert found.equals(other) and found.dtype == other.dtype


def test_a_unit_that_cannot_hold_the_labels_is_not_taken():
    seconds = DAYS.as_unit("s")
    finer = DAYS.as_unit("ms") + pd.Timedelta("5ms")
    assert as_comparable(finer, seconds, "X", "history").equals(finer)
    far = pd.DatetimeIndex(np.array(["9000-01-01"], "M8[s]"))
    assert as_comparable(far, DAYS.as_unit("ns"), "X", "history").equals(far)


def test_days_of_another_zone_are_no_days_in_this_one():
    other = pd.date_range("2024-03-25", periods=9, tz="Europe/Berlin")
    index = pd.date_range("2024-03-25", periods=9, tz="UTC")
    assert grid_positions(as_comparable(index, other, "X", "past"), other.freq) is None


KINDS = {
    "DatetimeIndex without time zone": DAYS,
    "DatetimeIndex with time zone": DAYS.tz_localize("UTC"),
    r"PeriodIndex of period\[D\]": DAYS.to_period("D"),
    r"PeriodIndex of period\[M\]": DAYS.to_period("M"),
    "TimedeltaIndex": DAYS - DAYS[0],
    "index of numbers": pd.RangeIndex(3),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_labels_of_different_kinds_are_refused(kind, other):
    index = KINDS[kind]
    if kind == other:
        assert as_comparable(index, KINDS[other], "X", "history").equals(index)
        return
    message = f"index of X is an? {kind} and that of history an? {other}, .* compared"
    with pytest.raises(ValueError, match=message):
        as_comparable(index, KINDS[other], "X", "history")


def test_the_remedy_of_zones_names_the_frame():
    aware, naive = DAYS.tz_localize("UTC"), DAYS
    message = r"those of {} are by tz_localize\(zone\), .* of {} out by tz_convert"
    with pytest.raises(ValueError, match=message.format("history", "X")):
        as_comparable(aware, naive, "X", "history")
    with pytest.raises(ValueError, match=message.format("X", "history")):
        as_comparable(naive, aware, "X", "history")


def test_numbers_of_all_kinds_are_comparable():
    for index in (pd.RangeIndex(3), pd.Index([0.5]), pd.Index([1], dtype="uint8")):
        assert as_comparable(index, pd.Index([1, 2]), "X", "history") is index


# ---------------------------------------------------------------------------
# Series in zones, label by label
# ---------------------------------------------------------------------------

# Each with a day that has a clock change soon after it.
ZONES = {
    None: "2024-02-20",
    "UTC": "2024-02-20",
    "Europe/Berlin": "2024-03-20",
    "America/New_York": "2024-10-25",
    "Africa/Cairo": "2024-04-15",  # at midnight
    "America/Sao_Paulo": "2018-10-25",  # at midnight
    "Asia/Beirut": "2024-03-20",  # at midnight
    "America/Havana": "2024-10-25",  # midnight comes twice
    "Australia/Lord_Howe": "2024-09-25",  # by half an hour
    "Asia/Dhaka": "2009-06-10",  # from 23:00 to the next day
}
CALENDARS = ["D", "2D", "W-TUE", "2W-SAT", "MS", "ME", "QS", "YS", "B"]
TICKS = ["h", "2h", "15min", "30min", "7h", "36h"]


def moment(wall, zone):
    """Return the first moment, in UTC, at which the clock shows this time or later."""
    while zone is not None:
        utc = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
        if utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall:
            return utc.replace(tzinfo=None)
        wall += dt.timedelta(minutes=15)
    return wall


@st.composite
def series(draw):
    """Draw a zone, a step and all labels of a regular series."""
    zone = draw(st.sampled_from(list(ZONES)))
    start = pd.Timestamp(ZONES[zone]) + pd.Timedelta(draw(st.integers(0, 14)), "D")
    n = draw(st.integers(12, 50))
    is_calendar = draw(st.booleans())
    name = draw(st.sampled_from(CALENDARS if is_calendar else TICKS))
    step = to_offset(name)
    if is_calendar:
        clock = draw(st.sampled_from(["0h", "15min", "150min", "9h", "23h"]))
        walls = pd.date_range(start, periods=n, freq=step) + pd.Timedelta(clock)
        moments = {moment(wall, zone) for wall in walls.to_pydatetime()}
    else:
        first = moment(start.to_pydatetime(), zone)
        length = dt.timedelta(microseconds=step.nanos // 1000)
        moments = {first + k * length for k in range(n)}
    index = pd.DatetimeIndex(sorted(moments))
    if zone is not None:
        index = index.tz_localize("UTC").tz_convert(ZoneInfo(zone))
    return step, index.as_unit(draw(st.sampled_from(["s", "us", "ns"])))


@st.composite
def drop_outs(draw):
    """Draw a regular series and the rows of it that are there."""
    step, index = draw(series())
    n_dropped = draw(st.integers(0, len(index) // 4))
    rows = st.integers(0, len(index) - 1)
    dropped = draw(st.sets(rows, min_size=n_dropped, max_size=n_dropped))
    return step, index, np.setdiff1d(np.arange(len(index)), list(dropped))


@settings(max_examples=80, deadline=None)
@given(drop_outs())
def test_positions_count_steps(drawn):
    step, index, kept = drawn
    assert_array_equal(grid_positions(index[kept], step), kept - kept[0])
    holes = np.flatnonzero(np.diff(kept) > 1)
    expected = index[kept[holes[0]]] if len(holes) else None
    assert last_before_hole(index[kept], step) == expected


@settings(max_examples=80, deadline=None)
@given(drop_outs(), st.integers(1, 12))
def test_a_label_off_the_grid_has_no_position(drawn, row):
    step, index, kept = drawn
    index = index[kept]
    row = min(row, len(index) - 1)
    odd = index[row - 1] + pd.Timedelta("7min")
    with_odd = index.insert(row, odd)
    assert grid_positions(with_odd, step) is None
    assert last_before_hole(with_odd, step) <= index[row - 1]


@settings(max_examples=80, deadline=None)
@given(drop_outs())
def test_frequency_is_that_of_the_series(drawn):
    step, index, kept = drawn
    found = frequency(index[kept])
    if found is None:  # by order: closing times, holidays, or too many holes
        assert len(kept) < len(index)
    elif len(index) > 9 or not isinstance(step, pd.offsets.BusinessDay):
        assert_array_equal(grid_positions(index[kept], found), kept - kept[0])


@settings(max_examples=80, deadline=None)
@given(series(), st.integers(9, 40))
def test_labels_after_are_those_of_the_series(drawn, n):
    step, index = drawn
    n = min(n, len(index) - 1)
    after = labels_after(index[:n].rename("t"), len(index) - n)
    assert after.equals(index[n:]) and after.dtype == index.dtype and after.name == "t"


@pytest.mark.parametrize("clock", ["0h", "15min", "150min", "23h"])
@pytest.mark.parametrize("zone", list(ZONES)[1:])
def test_days_across_a_clock_change(zone, clock):
    walls = pd.date_range(ZONES[zone], periods=30) + pd.Timedelta(clock)
    moments = [moment(wall, zone) for wall in walls.to_pydatetime()]
    index = pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(ZoneInfo(zone))
    assert frequency(index) == pd.offsets.Day()
    assert_array_equal(grid_positions(index, pd.offsets.Day()), range(30))
    for n in (5, 8, 11, 12, 20):
        assert labels_after(index[:n], 30 - n).equals(index[n:])


@pytest.mark.parametrize("clock", ["0h", "15min", "23h"])
def test_a_day_that_a_zone_skipped_is_no_hole(clock):
    days = pd.date_range("2011-12-25", periods=12).delete(5) + pd.Timedelta(clock)
    index = days.tz_localize(ZoneInfo("Pacific/Apia"))
    assert_array_equal(grid_positions(index, pd.offsets.Day()), range(11))
    assert frequency(index) == pd.offsets.Day()
    assert last_before_hole(index, pd.offsets.Day()) is None
    assert labels_after(index[:4], 7).equals(index[4:])


def test_days_of_utc_in_another_zone_are_24_hours():
    index = pd.date_range("2024-03-28", periods=8, tz="UTC").tz_convert("Europe/Berlin")
    assert frequency(index[:5]) == pd.offsets.Hour(24)
    assert labels_after(index[:5], 3).equals(index[5:])


def test_the_second_of_two_midnights_is_a_day_as_well():
    days = pd.date_range("2024-10-30", periods=9)
    index = days.tz_localize("America/Havana", ambiguous=np.zeros(9, bool))
    assert_array_equal(grid_positions(index, pd.offsets.Day()), range(9))
    assert labels_after(index[:5], 4).equals(index[5:])


# ---------------------------------------------------------------------------
# Frequency
# ---------------------------------------------------------------------------


OTHERS = {
    "rows": (pd.RangeIndex(3, 63, 2), 2),
    "one row": (pd.RangeIndex(3, 4), 1),
    "integers": (pd.Index(np.arange(30) * 5 - 60), 5),
    "small integers": (pd.Index(np.arange(-128, 127, 3), dtype="int8"), 3),
    "large integers": (pd.Index(2**63 + np.arange(9, dtype="uint64")), 1),
    "months": (pd.period_range("2024-01", periods=30, freq="M"), 1),
    "two quarters": (pd.period_range("2024Q1", periods=30, freq="2Q"), 1),
    "every third day": (pd.period_range("2024", periods=90, freq="D")[::3], 3),
    "time since": (pd.timedelta_range("1h", periods=30, freq="90min"), "90min"),
}


@pytest.mark.parametrize("unit", [None, "s", "ns"])
@pytest.mark.parametrize("name", OTHERS)
def test_other_labels(name, unit):
    index, step = OTHERS[name]
    if isinstance(step, str):
        step, index = pd.Timedelta(step), index.as_unit(unit or "us")
    assert frequency(index) == step
    assert_array_equal(grid_positions(index, step), range(len(index)))
    if len(index) > 8:
        kept = [0, 1, 2, 4, 7]
        assert frequency(index[kept]) == step
        assert_array_equal(grid_positions(index[kept], step), kept)
        assert last_before_hole(index[kept], step) == index[2]
        assert labels_after(index[:4], 4).equals(index[4:8])
        assert grid_positions(index[[0, 3, 5]], step * 2) is None


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([0.0, 1.0, 2.0]),
        pd.Index([5]),
        pd.RangeIndex(3, 2, -1),
        pd.Index([0, 1, 2, 10, 20, 30, 40, 50]),
        pd.Index([0, 2, 3, 5]) * 2 + 0.5,
        DAYS[:2]._with_freq(None),
        DAYS[[0, 1, 2, 9, 20, 31, 45]],
        DAYS[[0, 7, 9, 20, 23, 31, 45]],
        pd.PeriodIndex(DAYS[[0, 7, 9, 20, 23, 31, 45]], freq="D"),
        pd.PeriodIndex(["2024Q1", "2024Q2", "2024Q3"], freq="2Q"),
        DAYS[:9] + pd.to_timedelta([0, 0, 0, 5, 0, 7, 11, 0, 0], "h"),
    ],
)
def test_irregular_labels_have_no_frequency(index):
    assert frequency(index) is None


@pytest.mark.parametrize(
    "index",
    [pd.Index(range(9)), DAYS[2:11], DAYS[2:11].to_period("D"), DAYS[:9] - DAYS[0]],
)
def test_half_of_the_labels_must_be_there(index):
    assert frequency(index[[0, 1, 2, 3, 8]]) is not None
    assert frequency(index[[0, 1, 2, 8]]) is None


@pytest.mark.parametrize("name", ["MS", "ME", "QS-FEB", "YE", "W-TUE", "2W-SAT"])
def test_the_frequency_of_a_calendar_shows_between_holes(name):
    index = pd.date_range("2020-01-01", periods=12, freq=name)
    kept = [0, 2, 4, 5, 6, 7, 9]
    assert_array_equal(grid_positions(index[kept], frequency(index[kept])), kept)
    assert frequency(index[[0, 1, 2, 8, 11]]) is None


def test_steps_need_not_be_those_of_the_index():
    every_second = pd.date_range("2024-01-01", periods=3, freq="2D")
    assert_array_equal(grid_positions(every_second, pd.offsets.Day()), [0, 2, 4])
    seconds = pd.DatetimeIndex(np.array([0, 3], "M8[s]"))
    assert_array_equal(grid_positions(seconds, pd.offsets.Milli(500)), [0, 6])
    first_is_odd = pd.DatetimeIndex(["2024-01-15", "2024-02-01", "2024-03-01"])
    assert last_before_hole(first_is_odd, pd.offsets.MonthBegin()) == first_is_odd[0]
    midnights = pd.DatetimeIndex(["2024-11-03 04:00", "2024-11-03 05:00"], tz="UTC")
    both = midnights.tz_convert("America/Havana")
    assert grid_positions(both, pd.offsets.Day()) is None


def test_a_frequency_that_was_set_is_taken():
    workdays = pd.offsets.CustomBusinessDay(weekmask="Mon Wed", holidays=["2024-01-08"])
    index = pd.date_range("2024-01-01", periods=9, freq=workdays)
    assert frequency(index[:1]) == workdays
    assert_array_equal(grid_positions(index[[0, 2, 5]], workdays), [0, 2, 5])
    assert labels_after(index[:2], 7).equals(index[2:])


@pytest.mark.parametrize("zone", [None, "Africa/Cairo"])
@pytest.mark.parametrize("n_days", [13, 20, 60])
@pytest.mark.parametrize("closed", [[6], [0, 1], [2, 5, 6], []])
def test_shops_that_close_go_by_order_after_two_weeks(closed, n_days, zone):
    days = pd.date_range("2024-04-15", periods=n_days).tz_localize(
        zone, nonexistent="shift_forward"
    )
    is_open = ~days.day_of_week.isin(closed)
    is_open[[2, 8]] = False  # holes on two weekdays
    is_regular = not closed or n_days < 14
    if len(closed) < 3:
        assert (frequency(days[is_open]) == pd.offsets.Day()) == is_regular
        periods = days[is_open].tz_localize(None).to_period("D")
        assert frequency(periods) == (1 if is_regular else None)


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
@pytest.mark.parametrize("freq", ["h", "30min", "3h"])
@pytest.mark.parametrize("n_days", [2, 3, 40])
def test_trading_hours_go_by_order_after_two_days(freq, n_days, zone):
    start = pd.Timestamp("2024-03-20", tz=zone)
    hours = pd.date_range(start, start + pd.Timedelta(n_days, "D"), freq=freq)[:-1]
    traded = hours[hours.hour.isin(range(6, 24))].delete(1)
    assert frequency(traded) == (to_offset(freq) if n_days == 2 else None)
    # Hours that are there on one day are open.
    assert frequency(hours.delete([5, 7])) == to_offset(freq)


def test_business_hours_and_holidays_go_by_order():
    hours = pd.date_range("2024-01-01", periods=24 * 30, freq="h")
    weekdays = hours[hours.day_of_week < 5]
    assert frequency(weekdays) is None
    holidays = pd.date_range("2024-01-01", periods=60, freq="B").delete([7, 20, 21])
    assert frequency(holidays) is None
    assert frequency(holidays[:9]) is None
    assert frequency(holidays[:3]) == pd.offsets.Day()  # nothing is missing yet


@pytest.mark.parametrize(
    "base, parts, years",
    [(100, 52, 3), (100, 53, 2), (100, 12, 4), (10, 4, 9), (1000, 365, 2)],
    ids=["weeks", "53 weeks", "months", "quarters", "days of the year"],
)
def test_integers_that_jump_with_the_year_go_by_order(base, parts, years):
    values = [
        base * year + part
        for year in range(2022, 2022 + years)
        for part in range(1, parts + 1)
    ]
    assert frequency(pd.Index(values)) is None
    assert frequency(pd.Index(values[3:])) is None
    with pytest.raises(ValueError, match="no frequency that tells"):
        labels_after(pd.Index(values), 3)
    # Numbers that only look like them do not.
    assert frequency(pd.Index(np.arange(values[0], values[-1]))) == 1
    assert frequency(pd.Index(np.arange(values[0], values[-1], base))) == base
    holes = np.delete(np.arange(values[0], values[-1]), [2, 3])
    assert frequency(pd.Index(holes)) == 1
    assert frequency(pd.Index(values[0] + base * np.array([0, 1, 3, 4]))) == base


def test_integers_that_jump_without_years_have_holes():
    assert frequency(pd.Index([*range(101, 153), *range(201, 253)])) == 1


def slow_closing_times(there, every, fields, n_cycle):
    """Tell if a value that some of `every` label has is that of none that is there."""
    if len(every) < 2 * n_cycle:
        return False
    return bool({fields(t) for t in every} - {fields(t) for t in there})


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_closing_times_equal_a_loop(data):
    step = data.draw(st.sampled_from(["1h", "2h", "4h", "12h", "1D"]))
    n_day = pd.Timedelta("1D") // pd.Timedelta(step)
    every = pd.date_range(
        "2024-05-01", periods=data.draw(st.integers(9, 70)), freq=step
    )
    share = data.draw(st.sampled_from([0.1, 0.4]))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    there = every[rng.random(len(every)) > share]
    rows = every.get_indexer(there)
    assume(len(rows) > 2 and rows[-1] - rows[0] <= 2 * (len(rows) - 1))
    every = every[rows[0] : rows[-1] + 1]
    closes = slow_closing_times(there, every, lambda t: t.hour, n_day) or (
        slow_closing_times(there, every, lambda t: t.weekday(), 7 * n_day)
    )
    found = frequency(there)
    if closes:
        assert found is None or found != to_offset(step)
    elif np.diff(rows).min() == 1 and not (there.day_of_week < 5).all():
        assert found == to_offset(step)


# ---------------------------------------------------------------------------
# What comes after
# ---------------------------------------------------------------------------


def weekly(mask, n_days=90, start="2024-01-01", **options):
    days = pd.date_range(start, periods=n_days, **options)
    return days[np.array(list(mask)).take(days.day_of_week) == "1"]


@pytest.mark.parametrize("mask", ["1111110", "1111000", "0111111", "1001000"])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_closing_days_stay_closed(mask, zone):
    index = weekly(mask, tz=zone)
    after = labels_after(index[:-7], 7)
    assert after.equals(index[-7:]) and after.dtype == index.dtype


def test_business_days_with_holidays_are_continued():
    index = pd.date_range("2024-01-01", periods=60, freq="B", name="day")
    after = labels_after(index[:50].delete([7, 20, 31, 32]), 10)
    assert after.equals(index[50:]) and after.freq == "B" and after.name == "day"
    assert labels_after(index[[*range(7), 8, 9]], 2).equals(index[10:12])
    shop = weekly("1111110")
    assert labels_after(shop[:-9].delete([3, 30]), 9).equals(shop[-9:])


@pytest.mark.parametrize(
    "index",
    [
        weekly("1111110").delete(range(0, 70, 7)),  # too many days are missing
        weekly("1111110").delete(np.arange(5, 70, 12)),  # every second Saturday
        weekly("1111000", n_days=11),  # not yet two Fridays
        weekly("1111111").delete([3, 9]) + pd.to_timedelta(np.arange(88) % 2, "h"),
        pd.date_range("2024-01-01", periods=90, freq="bh"),
        DAYS[[0, 1, 5, 11]],
        DAYS[:2],
        pd.Index([0.5, 1.0, 1.5]),
    ],
)
def test_labels_that_cannot_be_continued_are_refused(index):
    if isinstance(index, pd.DatetimeIndex):
        index = index._with_freq(None)
    message = r"ends at .* no frequency .*history.index.freq = .*reset_index\(drop=True"
    with pytest.raises(ValueError, match=message):
        labels_after(index, 3)


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_trading_hours_are_continued_if_they_were_set(zone):
    freq = pd.offsets.CustomBusinessHour(start="08:00", end="11:00", weekmask="Mon Tue")
    index = pd.date_range("2024-03-25", periods=20, freq=freq, tz=zone)
    assert labels_after(index[:9], 11).equals(index[9:])
    assert_array_equal(grid_positions(index[[0, 3, 8]], freq), [0, 3, 8])


def test_one_label_is_continued_by_what_is_known_of_it():
    assert labels_after(DAYS[:1], 2).equals(DAYS[1:3])
    months = pd.period_range("2024-01", periods=4, freq="2M")
    assert labels_after(months[:1], 3).equals(months[1:])


DAYS = pd.date_range("2024-01-01", periods=6, name="day")
CLOSED = pd.offsets.CustomBusinessDay(weekmask="Mon Tue Wed", holidays=["2024-01-02"])


@pytest.mark.parametrize(
    "index",
    [
        DAYS,
        DAYS.tz_localize("Europe/Berlin"),
        DAYS.tz_localize("UTC").as_unit("s"),
        DAYS.to_period("W-TUE").unique(),
        pd.timedelta_range(0, periods=4, freq="90min"),
        pd.RangeIndex(3, 9, 2, name=7),
        pd.Index([1.5, 2.5]),
        pd.Index(np.array([1, 3], np.int32)),
        DAYS[:0],
    ],
    ids=lambda index: f"{index.dtype} {len(index)}",
)
def test_labels_are_stored_as_arrays_and_text(index):
    plain = plain_labels(index)
    assert [type(part) for part in plain[:2]] == [np.ndarray, str]
    again = labels_of_plain(plain)
    assert again.equals(index) and again.dtype == index.dtype
    assert again.name == index.name


@pytest.mark.parametrize(
    "step",
    [
        pd.offsets.Day(2),
        pd.offsets.Hour(24),
        pd.offsets.MonthEnd(3),
        pd.offsets.Week(weekday=2),
        pd.offsets.QuarterBegin(startingMonth=2),
        pd.offsets.BusinessDay(),
        CLOSED,
        pd.Timedelta("90min"),
        3,
        None,
    ],
    ids=str,
)
def test_steps_are_stored_as_text(step):
    plain = plain_step(step)
    assert isinstance(plain, tuple | int | None)
    again = step_of_plain(plain)
    assert again == step and type(again) is type(step)
