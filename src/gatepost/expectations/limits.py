"""Limits on numbers: at_least, at_most, above, below, between, exactly, and recorded.

A limit has a target, whose miss is a warning, and an alert level, whose
crossing fails; either may be left out. A number, a history of numbers (a
Series indexed by time) and labelled numbers (a mapping) are all judged by the
same limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, SupportsFloat, TypeAlias

from gatepost.errors import DeclarationError
from gatepost.expectations.alert_levels import AlertLevel, AlertLevels, override_levels, read_levels
from gatepost.expectations.base import Context, Expectation, no_data, not_finite, wrong_type
from gatepost.expectations.labels import each_label, judge_labels
from gatepost.expectations.regions import Region, as_bound
from gatepost.expectations.slots import judge_slots, read_slots, slots_of_history
from gatepost.model import Level, Limits, Severity, Verdict
from gatepost.wording import format_number, plural, with_unit

if TYPE_CHECKING:
    import pandas as pd

    Figure: TypeAlias = SupportsFloat | pd.Series[Any] | None
    Measurable: TypeAlias = Figure | Mapping[str, Figure]
    Alert: TypeAlias = "float | Limit | Mapping[str, float | Limit] | None"
else:
    Figure = Measurable = Alert = object

_ACCEPTED = (
    "a limit judges a number, a Series indexed by time, or a mapping of names to either of these"
)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a number lies: words that complete "is ...", and those for the next limit."""

    level: Level
    near: str
    far: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Limit(Expectation[Measurable]):
    """A target and alert levels on a number; without any it only records it."""

    name: str
    target: Region | None
    alerts: AlertLevels
    measured_in: str = ""

    @property
    def label(self) -> str:
        return self.name

    @property
    def unit(self) -> str:
        return self.measured_in

    @property
    def counts_slots(self) -> bool:
        return True

    @property
    def limits(self) -> Limits:
        target = self.target or Region()
        alert = self.alerts[0].region if self.alerts else Region()
        return Limits(target.low, target.high, alert.low, alert.high, str(self))

    @property
    def highest_severity(self) -> Severity | None:
        return self.alerts[-1].severity if self.alerts else None

    def __str__(self) -> str:
        parts = [self.target.within(self.unit)] if self.target else []
        if self.alerts:
            levels = ", ".join(level.outside(self.unit) for level in self.alerts)
            parts.append(f"alert {levels}")
        return ", ".join(parts) or "recorded without limits"

    @property
    def expected(self) -> str:
        if self.target:
            return f"; expected {self}"
        return f"; {self}" if self.alerts else ""

    def override(self, values: dict[str, Any]) -> Self:
        target, alerts = self.target, self.alerts
        for name, value in values.items():
            if name not in ("target", "alert"):
                raise DeclarationError(
                    f"{name!r} is no limit of {self}; there are target and alert"
                )
            if not (target if name == "target" else alerts):
                raise DeclarationError(f"{self} has no {name} level to override")
            where = f"{name} of {self}"
            if target and name == "target":
                target = _region_like(where, target, value)
            else:
                alerts = override_levels(where, alerts, value, _region_like)
        _refuse_contradiction(target, alerts, self.unit, "limits")
        return replace(self, target=target, alerts=alerts)

    def judge(self, value: Measurable, context: Context) -> Verdict:
        if type(value) is float and context.sustained is None:  # most values, by far
            return self.judge_number(value)
        if value is None:
            return no_data(f"nothing was measured{self.expected}", self)
        if isinstance(value, Mapping):
            # A number by its label has no past of its own: what is stored is the worst's.
            return judge_labels(value, lambda each: self.judge(each, context), self, self._all_fine)
        slots = read_slots(value, context.slot)
        if isinstance(slots, str):
            return Verdict(Level.ERROR, slots, unit=self.unit, limits=self.limits)
        if slots is not None:
            return judge_slots(slots, self.judge_number, context, self)
        number = as_number(value)
        if number is None:
            return wrong_type(value, _ACCEPTED, self)
        if context.sustained:
            past = slots_of_history(context, number)
            return judge_slots(past, self.judge_number, context, self, dated=False)
        return self.judge_number(number)

    def judge_number(self, value: float) -> Verdict:
        """Judge one number, in the limit's unit."""
        if not math.isfinite(value):
            return not_finite(value, self)
        placed, limits = self.place(value), self.limits
        # Beside 0 and 100 %, one bad row in a million is neither none nor all.
        ends = (0, 100) if self.unit == "%" else ()
        number = with_unit(format_number(value, beside=(*self.bounds, *ends)), self.unit)
        near = placed.near
        sentence = (
            f"{number} is {near}{placed.far}" if near else f"{number}, recorded without limits"
        )
        return Verdict(placed.level, sentence, value, self.unit, limits, severity=placed.severity)

    @property
    def bounds(self) -> tuple[float, ...]:
        """Every number that a value is compared with."""
        regions = [level.region for level in self.alerts]
        if self.target:
            regions.append(self.target)
        every = (bound for region in regions for bound in (region.low, region.high))
        return tuple(bound for bound in every if bound is not None)

    def place(self, value: float) -> Placed:
        """Say where a finite number lies, and which limit is the next."""
        target, alerts, unit = self.target, self.alerts, self.unit
        crossed = sum(value not in level.region for level in alerts)  # the mildest come first
        if crossed:
            worst = alerts[crossed - 1]
            also = f"; target {target.within(unit)}" if target else ""
            if crossed < len(alerts):
                beyond = alerts[crossed]
                also = f"; {beyond.region.outside(unit)} it is {beyond.severity}"
            near = f"{worst.region.outside(unit)}, the alert limit{worst.named}"
            return Placed(Level.BREACH, near, also, worst.severity)
        also = f"; alert {alerts[0].outside(unit)}" if alerts else ""
        if target and value not in target:
            return Placed(Level.WARNING, f"{target.outside(unit)}, the target", also)
        if target:
            return Placed(Level.OK, f"{target.within(unit)}, the target", also)
        if alerts:
            near = f"{alerts[0].region.within(unit)}, the alert limit{alerts[0].named}"
            return Placed(Level.OK, near, "")
        return Placed(Level.OK, "", "")

    def _all_fine(self, total: int, _: str, worst: Verdict) -> str:
        assert worst.value is not None  # noqa: S101 - whatever is ok was a number
        placed = self.place(worst.value)
        if not placed.near:
            return f"{plural(total, 'label')}, recorded without limits"
        return f"{each_label(total)} is {placed.near}{placed.far}"


def at_least(target: float | None = None, *, alert: Alert = None, unit: str = "") -> Limit:
    """The value is `target` or more. Below `alert` it fails, below `target` it warns.

    `alert={"medium": 90, "high": 80}` has a level for each severity; that of an
    alert is the severity of the worst level crossed.
    """
    return read_limit("at_least", lambda bound: Region(low=bound), target, alert, unit)


def at_most(target: float | None = None, *, alert: Alert = None, unit: str = "") -> Limit:
    """The value is `target` or less. Above `alert` it fails, above `target` it warns."""
    return read_limit("at_most", lambda bound: Region(high=bound), target, alert, unit)


def above(target: float | None = None, *, alert: Alert = None, unit: str = "") -> Limit:
    """The value is more than `target`. At `alert` or under it fails, at `target` it warns."""
    return read_limit("above", lambda bound: Region(low=bound, low_open=True), target, alert, unit)


def below(target: float | None = None, *, alert: Alert = None, unit: str = "") -> Limit:
    """The value is less than `target`. At `alert` or over it fails, at `target` it warns."""
    return read_limit(
        "below", lambda bound: Region(high=bound, high_open=True), target, alert, unit
    )


def between(
    low: float,
    high: float,
    *,
    alert: tuple[float, float] | Limit | Mapping[str, tuple[float, float] | Limit] | None = None,
    unit: str = "",
) -> Limit:
    """The value is `low`, `high` or between. Outside `alert` it fails, else it warns.

    `alert` is a pair of numbers, or a one-sided limit such as `at_least(50)`, or
    one of these for each severity.
    """
    target = _between("between", low, high)
    alerts = read_levels(
        "between",
        alert,
        lambda where, each: _region_of(where, each) or _between_pair(where, each),
    )
    _refuse_contradiction(target, alerts, unit, "between")
    return Limit("between", target, alerts, unit)


def exactly(expected: float, *, unit: str = "") -> Limit:
    """The value equals `expected`; anything else fails."""
    bound = as_bound("exactly", expected)
    return Limit("exactly", None, (AlertLevel(Region(low=bound, high=bound)),), unit)


def recorded(*, unit: str = "") -> Limit:
    """The value is measured, stored and plotted; any number is fine."""
    return Limit("recorded", None, (), unit)


def as_number(value: object) -> float | None:
    """The value as a float where it is a number (Decimal and numpy's included), else None."""
    if isinstance(value, (bool, str, bytes)) or not isinstance(value, SupportsFloat):
        return None
    if str(getattr(value, "dtype", "")) == "bool":  # numpy's is no bool, but has a float
        return None
    try:
        return float(value)
    except (OverflowError, TypeError, ValueError):
        return None


def read_limit(
    name: str, shape: Callable[[float], Region], target: float | None, alert: Alert, unit: str
) -> Limit:
    """A limit of that name from what its author wrote; `shape` makes a region of a bound.

    Raises DeclarationError where nothing is given, or what cannot be meant so.
    """
    if target is None and alert is None:
        raise DeclarationError(f"{name}() needs a target, an alert level, or both")
    wanted = None if target is None else shape(as_bound(name, target))
    alerts = read_levels(
        name,
        alert,
        lambda where, each: _region_of(where, each) or shape(as_bound(where, each)),
    )
    _refuse_contradiction(wanted, alerts, unit, name)
    return Limit(name, wanted, alerts, unit)


def _under(bound: float) -> Region:
    return Region(high=bound, high_open=True)


def _between(name: str, low: float, high: float) -> Region:
    region = Region(low=as_bound(name, low), high=as_bound(name, high))
    if low > high:
        raise DeclarationError(f"{name}: the lower bound {low} is above the upper bound {high}")
    return region


def _between_pair(name: str, value: Any) -> Region:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise DeclarationError(f"{name}: expected a pair of numbers, such as [100, 125]")
    return _between(name, *value)


def _region_of(where: str, limit: object) -> Region | None:
    """The region of a limit that stands for one; None for anything else."""
    if not isinstance(limit, Limit):
        return None
    if limit.target is None or limit.alerts:
        raise DeclarationError(f"{where} takes a plain limit, such as at_least(50)")
    return limit.target


def _refuse_contradiction(target: Region | None, alerts: AlertLevels, unit: str, name: str) -> None:
    if target and alerts and not alerts[0].region.contains_all(target):
        raise DeclarationError(
            f"{name}: the alert level lies on the wrong side of the target: "
            f"{target.within(unit)} would be fine and {alerts[0].outside(unit)} an alert at once; "
            "move the alert level outside the target"
        )


def _region_like(where: str, region: Region, value: Any) -> Region:
    if region.low is not None and region.high is not None and region.low != region.high:
        return _between_pair(where, value)
    bound = as_bound(where, value)
    return replace(
        region,
        low=bound if region.low is not None else None,
        high=bound if region.high is not None else None,
    )
