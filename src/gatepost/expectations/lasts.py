"""lasts: how long until a growing value reaches its end, at the trend of the last days."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import linear_regression
from typing import Any, Self

from gatepost.durations import format_duration
from gatepost.errors import DeclarationError
from gatepost.expectations.base import no_data
from gatepost.expectations.course import Course, Known, OnCourse
from gatepost.expectations.regions import as_bound, as_duration
from gatepost.model import Level, Limits, Verdict
from gatepost.wording import format_limit, with_unit

_LEAST = 5
"""Values that a trend needs: two make a line of any two errors of measurement."""

_MOST = 500
"""Of more values, every second or third is as good for a line, and quicker to fit."""

_DAY = timedelta(days=1)
_FAR_OFF = 3650 * _DAY
"""What lies farther ahead is told as this: no trend of days holds for ten years."""


@dataclass(frozen=True, slots=True)
class Lasts(OnCourse):
    """The least time until `until` is reached; less than `target` warns, than `alert` fails."""

    target: timedelta | None
    alert: timedelta | None
    until: float
    over: timedelta

    @property
    def label(self) -> str:
        return "lasts"

    @property
    def looks_back(self) -> timedelta:
        return self.over

    def __str__(self) -> str:
        parts = [f"at least {_say(self.target)}"] if self.target else []
        if self.alert:
            parts.append(f"alert below {_say(self.alert)}")
        return f"time until {self._end}: {', '.join(parts)}"

    @property
    def limits(self) -> Limits:
        return Limits(alert_high=self.until, text=str(self))

    @property
    def _end(self) -> str:
        return with_unit(format_limit(self.until), self.unit)

    def override(self, values: dict[str, Any]) -> Self:
        unknown = sorted(set(values) - {"target", "alert"})
        if unknown:
            raise DeclarationError(
                f"{unknown[0]!r} is no limit of {self}; there are target and alert"
            )
        given = {name: as_duration(f"limits.{name}", value) for name, value in values.items()}
        target, alert = given.get("target", self.target), given.get("alert", self.alert)
        _refuse_contradiction(target, alert)
        return replace(self, target=target, alert=alert)

    def judge_course(self, course: Course) -> Verdict:
        value = course.value
        found = Verdict(Level.OK, "", value, self.unit, self.limits)
        if value >= self.until:
            said = f"{self.say(value, self.until)} is at or above {self._end}, so nothing is left"
            return replace(found, level=Level.BREACH, sentence=said)
        if course.cadence and self.over < (_LEAST - 1) * course.cadence:
            least = format_duration((_LEAST - 1) * course.cadence)
            said = (
                f"lasts(over={_say(self.over)!r}) holds fewer than {_LEAST} values, one every "
                f"{format_duration(course.cadence)}, which is no trend; make it {least} or more"
            )
            return replace(found, level=Level.ERROR, sentence=said)
        known = course.last(self.over)
        if len(known) < _LEAST:
            said = f"{len(known)} of {_LEAST} values of the last {_say(self.over)} known"
            return self.learning(course, said)
        span, needed = course.at - known[0][0], self.over / 2
        if span < needed:
            known_for = format_duration(span, beside=[needed])
            said = f"values of {known_for} known, of {_say(needed)} needed"
            return self.learning(course, said)
        a_day = _growth_a_day(known)
        if not math.isfinite(a_day):
            return no_data(f"{self.say(value)}, and before it values that have no trend", self)
        window = f"over the last {_say(self.over)}"
        if a_day <= 0:
            said = f"{self.say(value, self.until)} is not growing {window}; expected {self}"
            return replace(found, sentence=said)
        days = (self.until - value) / a_day
        left = _FAR_OFF if days >= _FAR_OFF / _DAY else days * _DAY
        level, placed = self._place(left)
        shown = format_duration(left, beside=[each for each in (self.target, self.alert) if each])
        shown = "more than 10 years" if left == _FAR_OFF else shown
        said = (
            f"{self._end} is reached in {shown}, {placed}: "
            f"{self.say(value, self.until)}, growing by {self.say(a_day, 0)} a day {window}"
        )
        return replace(found, level=level, sentence=said)

    def _place(self, left: timedelta) -> tuple[Level, str]:
        target, alert = self.target, self.alert
        if alert and left < alert:
            also = f"; target at least {_say(target)}" if target else ""
            return Level.BREACH, f"below {_say(alert)}, the alert limit{also}"
        also = f"; alert below {_say(alert)}" if alert else ""
        if target and left < target:
            return Level.WARNING, f"below {_say(target)}, the target{also}"
        if target:
            return Level.OK, f"at least {_say(target)}, the target{also}"
        assert alert  # noqa: S101 - one of the two is always set
        return Level.OK, f"at least {_say(alert)}, the alert limit"


def lasts(
    target: str | timedelta | None = "7 days",
    *,
    alert: str | timedelta | None = "1 day",
    until: float = 100,
    over: str | timedelta = "3 days",
    unit: str = "%",
) -> Lasts:
    """A growing value stays below `until` for at least `target`, at the trend of the last `over`.

    The trend is a line of least squares; what does not grow lasts for ever,
    and what has reached `until` is an alert. With fewer than 5 values, or less
    than half of `over` between the first and the last, the verdict is *learning*.
    For what shrinks, such as free space, judge its complement.
    """
    if target is None and alert is None:
        raise DeclarationError("lasts() needs a target, an alert time, or both")
    wanted = None if target is None else as_duration("lasts", target)
    tolerable = None if alert is None else as_duration("lasts(alert=...)", alert)
    _refuse_contradiction(wanted, tolerable)
    end = as_bound("lasts(until=...)", until)
    return Lasts(wanted, tolerable, end, as_duration("lasts(over=...)", over), measured_in=unit)


def _growth_a_day(known: list[Known]) -> float:
    """The slope of the line of least squares; not finite beside the largest floats."""
    known = known[:: -math.ceil(len(known) / _MOST)]
    newest = known[0][0]
    days = [(at - newest) / _DAY for at, _ in known]
    try:
        return linear_regression(days, [value for _, value in known]).slope
    except ValueError:  # infinities of both signs were summed up
        return math.nan


def _refuse_contradiction(target: timedelta | None, alert: timedelta | None) -> None:
    if target and alert and alert > target:
        raise DeclarationError(
            f"lasts: the alert time of {_say(alert)} is above the target of {_say(target)}; "
            "make it shorter"
        )


def _say(duration: timedelta) -> str:
    return format_duration(duration, beside=[duration])
