"""A history of numbers in slots, and how a limit judges it.

A series is judged at its newest complete slot and kept whole for the plot. A
breach that has to be sustained is pending, and a warning, until it has lasted
for its number of slots; an empty slot neither adds to it nor ends it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from gatepost.durations import format_duration
from gatepost.errors import DeclarationError
from gatepost.model import Level, Point, Verdict
from gatepost.wording import format_time

if TYPE_CHECKING:
    import pandas as pd

    from gatepost.expectations.base import Context, Expectation

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours another clock may be before a time counts as in the future."""

_LONGEST_TREND = 90

JudgePoints: TypeAlias = Callable[[tuple[Point, ...]], Verdict]
"""Judges the last of some points in order of time, by it and those before it."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Values in order of time; `cadence` is the length of a slot where all have one.

    `pending` counts the slots at the end that are not complete yet.
    """

    points: tuple[Point, ...]
    cadence: timedelta | None = None
    pending: int = 0

    @property
    def complete(self) -> tuple[Point, ...]:
        """The points whose slot is over."""
        return self.points[: len(self.points) - self.pending]


def read_slots(value: object, now: datetime) -> Slots | str | None:
    """Read a pandas Series indexed by time; None when the value is no Series.

    A PeriodIndex makes slots that are complete once they are over; with a
    DatetimeIndex each value is complete. Returns a sentence when the index
    cannot be read as times, is naive or repeats itself, when values are not
    numbers, or when the newest complete value lies in the future.
    """
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, pandas.Series):
        return None
    index = value.index
    if len(value) == 0:
        return Slots(())
    if not isinstance(index, (pandas.PeriodIndex, pandas.DatetimeIndex)):
        return (
            f"the check returned a Series indexed by {index.dtype}; a history needs a PeriodIndex "
            "(days, hours) or a DatetimeIndex with a time zone, labelled values belong in a dict"
        )
    if index.hasnans or index.has_duplicates:
        return "the check returned a Series whose index has missing or repeated times"
    series = value.sort_index()
    try:
        gaps = series.isna().tolist()
        numbers = [
            None if gap else _number(entry)
            for entry, gap in zip(series.tolist(), gaps, strict=True)
        ]
    except (OverflowError, TypeError, ValueError):
        return f"the check returned a Series of {series.dtype}; a limit judges numbers"
    if isinstance(index, pandas.PeriodIndex):
        return _periods(series, numbers, now)
    if index.tz is None:
        return (
            "the check returned a Series with naive times; make them aware, "
            'for instance with .tz_localize("UTC")'
        )
    times = [at.to_pydatetime(warn=False).astimezone(UTC) for at in series.index]
    return _refuse_future(Slots(tuple(map(Point, times, numbers)), _cadence(series.index)), now)


def slots_of_history(context: Context, newest: float) -> Slots:
    """The check's own stored values with the newest one behind them."""
    return Slots((*context.history, Point(context.slot, newest)), context.cadence)


def judge_slots(
    slots: Slots,
    judge_number: Callable[[float], Verdict],
    context: Context,
    expectation: Expectation[Any],
    *,
    dated: bool = True,
) -> Verdict:
    """Judge the newest complete slot by its value alone, and how long a breach has lasted.

    `dated` puts the slot's time before the sentence, for series whose newest
    complete slot is not the present moment.
    """
    return judge_course(slots, by_number(judge_number), context, expectation, dated=dated)


def judge_course(
    slots: Slots,
    judge: JudgePoints,
    context: Context,
    expectation: Expectation[Any],
    *,
    dated: bool = True,
) -> Verdict:
    """Judge the newest complete slot as `judge_slots` does, by it and those before it.

    `judge` gets the points up to the slot that it judges, the last of which has a value.
    """
    trend = tuple(map(_as_plotted, slots.points[-_LONGEST_TREND:]))
    found = Verdict(
        Level.NO_DATA, "", unit=expectation.unit, limits=expectation.limits, trend=trend
    )
    complete = slots.complete
    if not complete:
        return replace(found, sentence=f"no complete slot was measured{expectation.expected}")
    newest = complete[-1]
    if newest.value is None:
        return replace(found, sentence=_missing(complete), data_time=newest.at)
    verdict = judge(complete)
    prefix = f"{format_time(newest.at)}: " if dated else ""
    verdict = replace(verdict, sentence=prefix + verdict.sentence, trend=trend, data_time=newest.at)
    return hold(verdict, slots, judge, context)


def by_number(judge_number: Callable[[float], Verdict]) -> JudgePoints:
    """Judge the newest of some points by its value alone."""

    def judge(points: tuple[Point, ...]) -> Verdict:
        value = points[-1].value
        assert value is not None  # noqa: S101 - only points with a value are judged
        return judge_number(value)

    return judge


def hold(verdict: Verdict, slots: Slots, judge: JudgePoints, context: Context) -> Verdict:
    """Say how long a breach has lasted: pending, a warning, until it is sustained."""
    if verdict.level is not Level.BREACH:
        return verdict
    streak = _streak(slots.complete, judge)
    verdict = replace(verdict, since=streak[0].at, streak=len(streak))
    sustained = context.sustained
    if sustained is None:
        return verdict
    try:
        needed = sustained.slots(slots.cadence)
    except DeclarationError as error:
        return replace(verdict, level=Level.ERROR, severity=None, sentence=str(error))
    if needed is None:
        assert sustained.duration is not None  # noqa: S101 - a number of runs needs no cadence
        lasted = streak[-1].at - streak[0].at
        lasts = lasted >= sustained.duration
        span = f"since {format_time(streak[0].at)}"
        if lasted:
            span += f", for {format_duration(lasted, beside=[sustained.duration])}"
        waiting = f"after {sustained}"
    else:
        lasts = len(streak) >= needed
        span = f"for {len(streak)} of {needed} slots in a row"
        if slots.cadence:
            span = f"since {format_time(streak[0].at)}, {len(streak)} in a row"
        waiting = f"after {needed} in a row"
    said = f"{verdict.sentence}; {span}"
    if lasts:
        return replace(verdict, sentence=said)
    said = f"{said}; pending, an alert {waiting}"
    return replace(verdict, level=Level.WARNING, severity=None, sentence=said)


def _streak(points: tuple[Point, ...], judge: JudgePoints) -> list[Point]:
    streak: list[Point] = []
    for place in range(len(points) - 1, -1, -1):
        if points[place].value is None:
            continue
        level = judge(points[: place + 1]).level
        if level is Level.NO_DATA:
            continue
        if level is not Level.BREACH:
            break
        streak.append(points[place])
    return streak[::-1]


def _as_plotted(point: Point) -> Point:
    is_finite = point.value is not None and math.isfinite(point.value)
    return point if is_finite else Point(point.at, None)


def _missing(complete: tuple[Point, ...]) -> str:
    known = [point for point in complete if point.value is not None]
    last = f"the last value is of {format_time(known[-1].at)}" if known else "nor for any before"
    return f"no value for {format_time(complete[-1].at)}; {last}"


def _periods(series: pd.Series[Any], numbers: list[float | None], now: datetime) -> Slots | str:
    periods: list[pd.Period] = series.index.tolist()
    starts = [period.start_time.to_pydatetime().replace(tzinfo=UTC) for period in periods]
    ends = [(period + 1).start_time.to_pydatetime().replace(tzinfo=UTC) for period in periods]
    pending = sum(end > now for end in ends)
    lengths = {
        round((end - start).total_seconds()) for start, end in zip(starts, ends, strict=True)
    }
    cadence = timedelta(seconds=lengths.pop()) if len(lengths) == 1 else None
    slots = Slots(tuple(map(Point, starts, numbers)), cadence, pending)
    return _refuse_future(slots, now)


def _cadence(index: pd.DatetimeIndex) -> timedelta | None:
    """The time between two moments, where every other distance is a multiple of it.

    Told by the clock of UTC, or else by the wall's, where days have 24 hours
    on the two days a year that the clocks are changed, too.
    """
    for moments in (index.tz_convert(None), index.tz_localize(None)):
        distances = moments[1:] - moments[:-1]
        least = distances.min()
        if len(distances) and least and not (distances % least).any():
            return least.to_pytimedelta()
    return None


def _refuse_future(slots: Slots, now: datetime) -> Slots | str:
    newest = slots.points[-1].at
    if newest > now + CLOCK_TOLERANCE:
        ahead = format_duration(newest - now)
        return (
            f"the newest value is dated {format_time(newest)}, {ahead} in the future; "
            "clocks or time zones differ"
        )
    return slots


def _number(entry: Any) -> float:
    if isinstance(entry, (str, bool)):
        raise TypeError
    return float(entry)
