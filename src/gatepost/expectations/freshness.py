"""fresh_within: how long ago something last happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from gatepost.durations import format_duration
from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation, wrong_type
from gatepost.expectations.regions import as_duration
from gatepost.expectations.slots import CLOCK_TOLERANCE
from gatepost.model import Level, Limits, Verdict
from gatepost.wording import format_time

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Freshness(Expectation[datetime | None]):
    """A largest age; above `target` it warns, above `alert` it fails."""

    target: timedelta | None
    alert: timedelta | None

    @property
    def label(self) -> str:
        return "fresh_within"

    @property
    def unit(self) -> str:
        return "h"

    @property
    def limits(self) -> Limits:
        return Limits(
            target_high=_hours(self.target), alert_high=_hours(self.alert), text=str(self)
        )

    def __str__(self) -> str:
        parts = []
        if self.target:
            parts.append(f"at most {_say(self.target)} old")
        if self.alert:
            parts.append(f"alert above {_say(self.alert)}")
        return ", ".join(parts)

    @property
    def expected(self) -> str:
        return f"; expected {self}" if self.target else f"; {self}"

    def override(self, values: dict[str, Any]) -> Self:
        unknown = sorted(set(values) - {"target", "alert"})
        if unknown:
            raise DeclarationError(
                f"{unknown[0]!r} is no limit of {self}; there are target and alert"
            )
        given = {name: as_duration(f"limits.{name}", value) for name, value in values.items()}
        changed = replace(self, **given)
        _refuse_contradiction(changed.target, changed.alert)
        return changed

    def judge(self, value: object, context: Context) -> Verdict:
        found = Verdict(Level.ERROR, "", unit=self.unit, limits=self.limits)
        if value is None or (isinstance(value, (datetime, float)) and value != value):
            said = f"nothing was ever recorded{self.expected}"
            return replace(found, level=Level.BREACH, sentence=said)
        if not isinstance(value, datetime):
            return wrong_type(value, "fresh_within judges a datetime or None", self)
        if value.utcoffset() is None:
            said = f"the newest time, {value:%Y-%m-%d %H:%M}, has no time zone; return it in UTC"
            return replace(found, sentence=said)
        value = datetime.fromtimestamp(value.timestamp(), UTC)
        age = context.slot - value
        found = replace(found, value=age / _HOUR, data_time=value)
        if -age > CLOCK_TOLERANCE:
            said = (
                f"the newest, of {format_time(value)}, lies {format_duration(-age)} in the future"
            )
            return replace(found, sentence=f"{said}; clocks or time zones differ")
        level, limit = self._place(age)
        shown = format_duration(max(age, timedelta(0)), beside=self._limits)
        said = f"the newest is {shown} old ({format_time(value)}); {limit}"
        return replace(found, level=level, sentence=said)

    @property
    def _limits(self) -> tuple[timedelta, ...]:
        return tuple(limit for limit in (self.target, self.alert) if limit is not None)

    def _place(self, age: timedelta) -> tuple[Level, str]:
        target = f"target at most {_say(self.target)}" if self.target else ""
        if self.alert is not None and age > self.alert:
            said = f"above {_say(self.alert)}, the alert limit"
            return Level.BREACH, "; ".join(filter(None, [said, target]))
        alert = f"alert above {_say(self.alert)}" if self.alert else ""
        if self.target is not None and age > self.target:
            said = f"above {_say(self.target)}, the target"
            return Level.WARNING, "; ".join(filter(None, [said, alert]))
        return Level.OK, "; ".join(filter(None, [target, alert]))


def fresh_within(
    target: str | timedelta | None = None, *, alert: str | timedelta | None = None
) -> Freshness:
    """The newest time is at most so long ago; older than `alert` fails, than `target` warns.

    Durations as text: "24 h", "3 days". A check that finds no time at all is in
    alert: an empty table is not fresh. Naive and future times are errors.
    """
    if target is None and alert is None:
        raise DeclarationError("fresh_within() needs a target, an alert age, or both")
    wanted = None if target is None else as_duration("fresh_within", target)
    tolerable = None if alert is None else as_duration("fresh_within(alert=...)", alert)
    _refuse_contradiction(wanted, tolerable)
    return Freshness(wanted, tolerable)


def _refuse_contradiction(target: timedelta | None, alert: timedelta | None) -> None:
    if target and alert and alert < target:
        raise DeclarationError(
            f"fresh_within: the alert age of {_say(alert)} is below the target of "
            f"{_say(target)}; make it larger"
        )


def _say(limit: timedelta) -> str:
    return format_duration(limit, beside=[limit])


def _hours(duration: timedelta | None) -> float | None:
    return None if duration is None else duration / _HOUR
