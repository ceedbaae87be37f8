"""Histories in slots: what is read of a Series, which slot is judged, how long a breach lasts."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.expectations.base import Context
from gatepost.expectations.limits import at_least
from gatepost.expectations.slots import Slots, judge_slots, read_slots, slots_of_history
from gatepost.expectations.sustained import Sustained, parse_sustained
from gatepost.model import Level, Point, Verdict

SLOT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LIMIT = at_least(95, alert=90)
GAP = math.nan


def daily(*values: float, last: str = "2026-03-09") -> pd.Series[float]:
    """One value for each day, the last one complete unless said otherwise."""
    return pd.Series(list(values), index=pd.period_range(end=last, periods=len(values), freq="D"))


def moments(values: list[float], start: str, step: str, zone: str) -> pd.Series[float]:
    return pd.Series(values, index=pd.date_range(start, periods=len(values), freq=step, tz=zone))


def read(value: object, now: datetime = SLOT) -> Slots:
    slots = read_slots(value, now)
    assert isinstance(slots, Slots), slots
    return slots


def judge(value: object, sustained: str | int | None = None, **context: Any) -> Verdict:
    parsed = None if sustained is None else parse_sustained(sustained)
    return LIMIT.judge(value, Context(SLOT, sustained=parsed, **context))  # type: ignore[arg-type]


def test_only_a_series_is_a_history() -> None:
    """Everything else is left to whoever judges single values."""
    for value in (None, 97.0, [97.0], {"a": 97.0}, pd.DataFrame({"a": [1.0]})):
        assert read_slots(value, SLOT) is None


@pytest.mark.parametrize(
    ("freq", "now", "pending", "cadence"),
    [
        ("D", "2026-03-10T06:00", 1, DAY),
        ("D", "2026-03-11T00:00", 0, DAY),
        ("D", "2026-03-10T23:59", 1, DAY),
        ("h", "2026-03-10T02:30", 1, HOUR),
        ("h", "2026-03-10T03:00", 0, HOUR),
        ("W", "2026-03-12T00:00", 1, 7 * DAY),
        ("M", "2026-03-31T23:00", 1, None),
        ("M", "2026-04-01T00:00", 0, None),
    ],
)
def test_a_period_is_complete_once_it_is_over(
    freq: Any, now: str, pending: int, cadence: timedelta | None
) -> None:
    """Slots know their length, where all have the same; months have not."""
    end = pd.Timestamp("2026-03-10T02:15").to_period(freq)
    index = pd.period_range(end=end, periods=3, freq=freq)
    slots = read(pd.Series([1.0, 2.0, 3.0], index=index), datetime.fromisoformat(f"{now}+00:00"))
    assert (slots.pending, slots.cadence) == (pending, cadence)
    assert [point.value for point in slots.complete] == [1.0, 2.0, 3.0][: 3 - pending]


def test_a_period_stands_at_its_beginning_in_utc() -> None:
    """And the points are in order of time, whatever order they came in."""
    points = read(daily(1, 2, 3).iloc[[2, 0, 1]]).points
    assert points == tuple(
        Point(datetime(2026, 3, day, tzinfo=UTC), value) for day, value in ((7, 1), (8, 2), (9, 3))
    )


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("UTC", "2026-03-27T00:00+00:00"),
        ("Europe/Berlin", "2026-03-26T23:00+00:00"),
        ("America/New_York", "2026-03-27T04:00+00:00"),
    ],
)
def test_moments_are_read_in_any_zone(zone: str, first: str) -> None:
    """They become UTC; each of them is complete."""
    slots = read(moments([1, 2, 3], "2026-03-27", "D", zone), datetime(2026, 4, 1, tzinfo=UTC))
    assert slots.points[0].at == datetime.fromisoformat(first)
    assert (slots.pending, len(slots.complete)) == (0, 3)


@pytest.mark.parametrize(
    ("start", "step", "zone", "cadence"),
    [
        ("2026-03-01", "D", "UTC", DAY),
        ("2026-03-27", "D", "Europe/Berlin", DAY),  # over the night that is an hour short
        ("2026-10-23", "D", "Europe/Berlin", DAY),  # and the one that is an hour long
        ("2026-03-28T22:00", "h", "Europe/Berlin", HOUR),
        ("2026-10-24T22:00", "h", "Europe/Berlin", HOUR),
        ("2026-03-01", "MS", "UTC", None),
    ],
)
def test_moments_tell_their_cadence(
    start: str, step: str, zone: str, cadence: timedelta | None
) -> None:
    """Also where the clocks change between two of them; months have none."""
    now = datetime(2027, 1, 1, tzinfo=UTC)
    assert read(moments([1.0] * 6, start, step, zone), now).cadence == cadence


def test_a_moment_that_is_missing_leaves_the_cadence() -> None:
    """Distances are then multiples of it; where they are not, there is none."""
    series = moments([1.0] * 7, "2026-03-01", "D", "UTC")
    assert read(series.drop(series.index[[2, 3]])).cadence == DAY
    assert read(series.iloc[[0]]).cadence is None
    index = pd.DatetimeIndex(["2026-03-01T00:00Z", "2026-03-01T07:00Z", "2026-03-01T09:30Z"])
    assert read(pd.Series([1.0] * 3, index=index)).cadence is None


def test_a_gap_is_a_slot_without_a_value() -> None:
    """However it is written: NaN, None or pandas' own NA."""
    index = daily(1, 2, 3).index
    for series in (
        daily(1, GAP, 3),
        pd.Series([1, None, 3], index=index, dtype=object),
        pd.Series([1, None, 3], index=index, dtype="Int64"),
        pd.Series([1.0, None, 3.0], index=index, dtype="Float64"),
    ):
        assert [point.value for point in read(series).points] == [1, None, 3]


@pytest.mark.parametrize(
    ("series", "said"),
    [
        (pd.Series([1.0]), "indexed by int64; a history needs a PeriodIndex"),
        (pd.Series([1.0], index=["a"]), "a history needs a PeriodIndex"),
        (pd.Series([1.0], index=pd.to_timedelta(["1h"])), "a history needs a PeriodIndex"),
        (pd.Series([1.0], index=pd.DatetimeIndex(["2026-03-01"])), "with naive times; make them"),
        (pd.Series([1.0], index=pd.DatetimeIndex([pd.NaT], tz="UTC")), "missing or repeated times"),
        (pd.Series([1.0], index=pd.PeriodIndex([pd.NaT], freq="D")), "missing or repeated times"),
        (daily(1, 2).iloc[[0, 0]], "missing or repeated times"),
        (pd.Series(["a"], index=daily(1).index), "a limit judges numbers"),
        (pd.Series(["7"], index=daily(1).index), "a limit judges numbers"),
        (pd.Series([True], index=daily(1).index), "a Series of bool; a limit judges numbers"),
        (pd.Series([True], index=daily(1).index, dtype="boolean"), "a limit judges numbers"),
        (pd.Series([[1]], index=daily(1).index), "a limit judges numbers"),
        (pd.Series([10**400], index=daily(1).index), "a limit judges numbers"),
        (daily(1, last="2026-03-12"), "dated 2026-03-12, 42 h in the future; clocks or time zones"),
        (moments([1.0], "2026-03-10T06:05:01", "D", "UTC"), "5 min 1 s in the future"),
        (moments([1.0], "2026-03-10T08:00", "h", "UTC"), "dated 2026-03-10 08:00 UTC, 2 h in the"),
    ],
)
def test_a_series_that_cannot_be_read_says_why(series: pd.Series[Any], said: str) -> None:
    """And is an error of the check, never a number."""
    read_as = read_slots(series, SLOT)
    assert isinstance(read_as, str)
    assert said in read_as
    verdict = judge(series)
    assert (verdict.level, verdict.sentence) == (Level.ERROR, read_as)


def test_a_clock_may_run_ahead_by_five_minutes() -> None:
    """A moment within them is still now."""
    assert read(moments([1.0], "2026-03-10T06:05:00", "D", "UTC")).points[0].value == 1


def test_moments_keep_no_nanoseconds() -> None:
    """They are cut, without a warning that would be an error elsewhere."""
    index = pd.DatetimeIndex(["2026-03-09T05:00:00.123456789Z"])
    assert read(pd.Series([1.0], index=index)).points[0].at.microsecond == 123456


def test_the_newest_complete_slot_is_judged() -> None:
    """Today's half day is plotted, but is nobody's breach."""
    verdict = judge(daily(99, 97, 12, last="2026-03-10"))
    assert verdict.level is Level.OK
    assert verdict.sentence == "2026-03-09: 97 is at least 95, the target; alert below 90"
    assert (verdict.value, verdict.data_time) == (97, datetime(2026, 3, 9, tzinfo=UTC))
    assert [point.value for point in verdict.trend] == [99, 97, 12]


def test_hours_are_said_to_the_minute() -> None:
    """The slot's beginning stands before the sentence."""
    index = pd.period_range(end="2026-03-10T05", periods=2, freq="h")
    assert judge(pd.Series([99.0, 94.0], index=index)).sentence.startswith(
        "2026-03-10 05:00 UTC: 94 is below 95, the target"
    )


@pytest.mark.parametrize(
    ("series", "said"),
    [
        (daily(99, GAP), "no value for 2026-03-09; the last value is of 2026-03-08"),
        (daily(99, GAP, GAP), "no value for 2026-03-09; the last value is of 2026-03-07"),
        (daily(GAP, GAP), "no value for 2026-03-09; nor for any before"),
        (daily(12, last="2026-03-10"), "no complete slot was measured; expected at least 95"),
        (daily(99, math.inf), "2026-03-09: the measured value is infinite; expected at least 95"),
        (daily(), "no complete slot was measured"),
    ],
)
def test_a_slot_without_a_value_is_no_data(series: pd.Series[float], said: str) -> None:
    """An older value never stands in for the newest."""
    verdict = judge(series)
    assert verdict.level is Level.NO_DATA
    assert verdict.sentence.startswith(said)


def test_a_trend_is_the_newest_90_finite_points() -> None:
    """What is infinite cannot be plotted, nor written as JSON."""
    verdict = judge(daily(*range(100, 198), math.inf, -math.inf, 99))
    assert len(verdict.trend) == 90
    assert [point.value for point in verdict.trend[-4:]] == [197, None, None, 99]
    assert verdict.trend[-1].at == datetime(2026, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "streak", "since"),
    [
        ((99, 80), 1, 9),
        ((80, 80), 2, 8),
        ((80, 94, 80), 1, 9),  # a warning is no breach
        ((80, 99, 80, 80), 2, 8),
        ((80, GAP, 80), 2, 7),  # an empty slot neither adds nor ends
        ((80, math.inf, 80), 2, 7),  # nor does one without a number
        ((80, GAP, GAP, 99, GAP, 80), 1, 9),
        ((GAP, 80), 1, 9),
    ],
)
def test_a_breach_knows_how_long_it_has_lasted(
    values: tuple[float, ...], streak: int, since: int
) -> None:
    """Counted in slots with values, back to the first of the unbroken stretch."""
    verdict = judge(daily(*values))
    assert verdict.level is Level.BREACH
    assert (verdict.streak, verdict.since) == (streak, datetime(2026, 3, since, tzinfo=UTC))


@pytest.mark.parametrize("values", [(99,), (80, 94), (80, GAP)])
def test_without_a_breach_there_is_no_streak(values: tuple[float, ...]) -> None:
    """Not for warnings, nor for missing data."""
    verdict = judge(daily(*values), "2 runs")
    assert (verdict.streak, verdict.since) == (0, None)


@pytest.mark.parametrize("sustained", ["3 runs", 3, "3 days", "72 h"])
@pytest.mark.parametrize(
    ("values", "level", "said"),
    [
        (
            (80, 99, 80),
            "warning",
            "since 2026-03-09, 1 in a row; pending, an alert after 3 in a row",
        ),
        (
            (99, 80, 80),
            "warning",
            "since 2026-03-08, 2 in a row; pending, an alert after 3 in a row",
        ),
        ((80, 80, 80), "breach", "since 2026-03-07, 3 in a row"),
        ((80, 80, GAP, 80), "breach", "since 2026-03-06, 3 in a row"),
        ((80, 80, 80, 80), "breach", "since 2026-03-06, 4 in a row"),
    ],
)
def test_a_breach_is_pending_until_it_has_lasted(
    sustained: str | int, values: tuple[float, ...], level: str, said: str
) -> None:
    """Then it fails; the sentence says since when, and how long it takes."""
    verdict = judge(daily(*values), sustained)
    assert verdict.level == level
    assert verdict.sentence == (
        f"2026-03-09: 80 is below 90, the alert limit; target at least 95; {said}"
    )


@given(
    st.lists(st.sampled_from([80.0, 94.0, 99.0, GAP]), min_size=1, max_size=8), st.integers(2, 5)
)
def test_a_sustained_breach_needs_its_number_of_slots(values: list[float], runs: int) -> None:
    """As a plain count over the values says, gaps left out."""
    known = [value for value in values if not math.isnan(value)]
    breaches = next((n for n, value in enumerate(reversed(known)) if value >= 90), len(known))
    verdict = judge(daily(*values), f"{runs} runs")
    if math.isnan(values[-1]):
        assert verdict.level is Level.NO_DATA
    elif breaches == 0:
        assert verdict.level is (Level.WARNING if values[-1] == 94 else Level.OK)
    else:
        assert verdict.level is (Level.BREACH if breaches >= runs else Level.WARNING)
        assert verdict.streak == breaches


def test_a_warning_is_not_sustained() -> None:
    """A missed target warns at once, and says nothing of a row."""
    verdict = judge(daily(94, 94), "3 days")
    assert verdict.level is Level.WARNING
    assert verdict.sentence == "2026-03-09: 94 is below 95, the target; alert below 90"


def test_slots_of_a_series_are_not_those_of_the_schedule() -> None:
    """Three days of a daily series are three slots, however often the check runs."""
    assert judge(daily(80, 80, 80), "3 days", cadence=HOUR).level is Level.BREACH
    moments_of_days = moments([80.0] * 3, "2026-03-07", "D", "UTC")
    assert judge(moments_of_days, "3 days", cadence=HOUR).level is Level.BREACH


@pytest.mark.parametrize(
    ("sustained", "level", "said"),
    [
        ("3 h", "breach", "since 2026-03-01 07:00 UTC, for 3 h"),
        (
            "3 h 1 s",
            "warning",
            "since 2026-03-01 07:00 UTC, for 3 h; pending, an alert after 3 h 1 s",
        ),
        ("2 runs", "breach", "for 2 of 2 slots in a row"),
    ],
)
def test_without_a_cadence_a_breach_lasts_by_the_clock(
    sustained: str, level: str, said: str
) -> None:
    """From the first value of its unbroken stretch to the newest."""
    index = pd.DatetimeIndex(["2026-03-01T00:00Z", "2026-03-01T07:00Z", "2026-03-01T10:00Z"])
    uneven = index.append(pd.DatetimeIndex(["2026-02-28T22:59:59Z"]))
    verdict = judge(pd.Series([99.0, 80.0, 80.0, 80.0], index=uneven), sustained, cadence=HOUR)
    assert (verdict.level, verdict.streak) == (level, 2)
    assert verdict.sentence.endswith(f"; target at least 95; {said}")


def test_a_breach_that_began_now_has_lasted_for_no_time() -> None:
    """However long the check has been running."""
    history = (Point(SLOT - DAY, 99.0),)
    context = Context(SLOT, history, None, parse_sustained("6 h"))
    verdict = LIMIT.judge(80, context)
    assert verdict.level is Level.WARNING
    assert verdict.sentence.endswith("; since 2026-03-10 06:00 UTC; pending, an alert after 6 h")


def test_a_duration_that_is_no_number_of_slots_is_an_error() -> None:
    """It says what to do, instead of rounding one way or the other."""
    verdict = judge(daily(80), "36 h")
    assert verdict.level is Level.ERROR
    assert verdict.sentence.startswith('sustained="36 h" is not a multiple')


def test_stored_values_are_slots_of_the_schedule() -> None:
    """The newest value stands behind them, at the run's own slot."""
    history = (Point(SLOT - HOUR, 80.0),)
    slots = slots_of_history(Context(SLOT, history, HOUR), 70)
    assert slots == Slots((*history, Point(SLOT, 70)), HOUR)


@pytest.mark.parametrize(
    ("cadence", "said"),
    [
        (HOUR, "since 2026-03-10 05:00 UTC, 2 in a row; pending, an alert after 3 in a row"),
        (None, "for 2 of 3 slots in a row; pending, an alert after 3 in a row"),
    ],
)
def test_a_single_value_is_sustained_by_its_history(cadence: timedelta | None, said: str) -> None:
    """Undated, since it is of now; where runs have no cadence they are only counted."""
    context = Context(SLOT, (Point(SLOT - HOUR, 80.0),), cadence, Sustained(runs=3))
    slots = slots_of_history(context, 80)
    verdict = judge_slots(slots, LIMIT.judge_number, context, LIMIT, dated=False)
    assert verdict.sentence == f"80 is below 90, the alert limit; target at least 95; {said}"
    assert re.match(
        r"2026-03-10 06:00 UTC: 80", judge_slots(slots, LIMIT.judge_number, context, LIMIT).sentence
    )
