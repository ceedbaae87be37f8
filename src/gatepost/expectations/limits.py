"""Limits on numbers: at_least, at_most, above, below, between, exactly, and recorded.

A limit has a target, whose miss is a warning, and an alert level, whose
crossing fails; either may be left out. A number, a history of numbers (a
Series indexed by time) and labelled numbers (a mapping) are all judged by the
same limit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, SupportsFloat, TypeAlias

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation, no_data, wrong_type
from gatepost.expectations.regions import Region, as_bound
from gatepost.expectations.slots import judge_slots, read_slots, slots_of_history
from gatepost.model import Level, Limits, Verdict
from gatepost.wording import format_number, join_some, plural, with_unit

if TYPE_CHECKING:
    import pandas as pd

    Figure: TypeAlias = SupportsFloat | pd.Series[Any] | None
    Measurable: TypeAlias = Figure | Mapping[str, SupportsFloat | None]
else:
    Figure = Measurable = object

_ACCEPTED = "a limit judges a number, a Series indexed by time, or a mapping of names to numbers"


@dataclass(frozen=True, slots=True)
class Limit(Expectation[Measurable]):
    """A target and an alert region on a number; both None only records it."""

    name: str
    target: Region | None
    alert: Region | None
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
        target, alert = self.target or Region(), self.alert or Region()
        return Limits(target.low, target.high, alert.low, alert.high, str(self))

    def __str__(self) -> str:
        parts = []
        if self.target:
            parts.append(self.target.within(self.unit))
        if self.alert:
            parts.append(f"alert {self.alert.outside(self.unit)}")
        return ", ".join(parts) or "recorded without limits"

    @property
    def expected(self) -> str:
        if self.target:
            return f"; expected {self}"
        return f"; {self}" if self.alert else ""

    def override(self, values: dict[str, Any]) -> Self:
        changed = self
        for name, value in values.items():
            region = _region_like(self, name, value)
            changed = replace(changed, **{name: region})  # type: ignore[arg-type]
        _refuse_contradiction(changed.target, changed.alert, self.unit, "limits")
        return changed

    def judge(self, value: Measurable, context: Context) -> Verdict:
        if type(value) is float and context.sustained is None:  # most values, by far
            return self.judge_number(value)
        if value is None:
            return no_data(f"nothing was measured{self.expected}", self)
        if isinstance(value, Mapping):
            return self._judge_labels(value, replace(context, sustained=None))
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
            name = "NaN (not a number)" if math.isnan(value) else "infinite"
            return no_data(f"the measured value is {name}{self.expected}", self)
        level, near, far = self._place(value)
        limits = self.limits
        # Beside 0 and 100 %, one bad row in a million is neither none nor all.
        beside = (*limits.bounds, 0, 100) if self.unit == "%" else limits.bounds
        number = with_unit(format_number(value, beside=beside), self.unit)
        sentence = f"{number} is {near}{far}" if near else f"{number}, recorded without limits"
        return Verdict(level, sentence, value, self.unit, limits)

    def _place(self, value: float) -> tuple[Level, str, str]:
        target, alert, unit = self.target, self.alert, self.unit
        if alert and value not in alert:
            also = f"; target {target.within(unit)}" if target else ""
            return Level.BREACH, f"{alert.outside(unit)}, the alert limit", also
        also = f"; alert {alert.outside(unit)}" if alert else ""
        if target and value not in target:
            return Level.WARNING, f"{target.outside(unit)}, the target", also
        if target:
            return Level.OK, f"{target.within(unit)}, the target", also
        if alert:
            return Level.OK, f"{alert.within(unit)}, the alert limit", ""
        return Level.OK, "", ""

    def _judge_labels(self, values: Mapping[str, Any], context: Context) -> Verdict:
        if not values:
            return no_data(f"a mapping without labels was measured{self.expected}", self)
        verdicts = [(str(label), self.judge(each, context)) for label, each in values.items()]
        verdicts.sort(key=lambda pair: (-pair[1].level.badness, pair[0]))
        bad = [
            f"{label}: {each.sentence}" for label, each in verdicts if each.level is not Level.OK
        ]
        worst, count = verdicts[0][1], plural(len(verdicts), "label")
        if bad:
            sentence = f"{len(bad)} of {count} miss: {join_some(bad)}"
        else:
            sentence = self._all_fine(count, worst.value)
        return replace(worst, sentence=sentence, bad=len(bad), total=len(verdicts), trend=())

    def _all_fine(self, count: str, example: float | None) -> str:
        assert example is not None  # noqa: S101 - whatever is ok was a number
        _, near, far = self._place(example)
        return f"each of {count} is {near}{far}" if near else f"{count}, recorded without limits"


def at_least(
    target: float | None = None, *, alert: float | Limit | None = None, unit: str = ""
) -> Limit:
    """The value is `target` or more. Below `alert` it fails, below `target` it warns."""
    return _limit("at_least", lambda bound: Region(low=bound), target, alert, unit)


def at_most(
    target: float | None = None, *, alert: float | Limit | None = None, unit: str = ""
) -> Limit:
    """The value is `target` or less. Above `alert` it fails, above `target` it warns."""
    return _limit("at_most", lambda bound: Region(high=bound), target, alert, unit)


def above(
    target: float | None = None, *, alert: float | Limit | None = None, unit: str = ""
) -> Limit:
    """The value is more than `target`. At `alert` or under it fails, at `target` it warns."""
    return _limit("above", lambda bound: Region(low=bound, low_open=True), target, alert, unit)


def below(
    target: float | None = None, *, alert: float | Limit | None = None, unit: str = ""
) -> Limit:
    """The value is less than `target`. At `alert` or over it fails, at `target` it warns."""
    return _limit("below", lambda bound: Region(high=bound, high_open=True), target, alert, unit)


def between(
    low: float, high: float, *, alert: tuple[float, float] | Limit | None = None, unit: str = ""
) -> Limit:
    """The value is `low`, `high` or between. Outside `alert` it fails, else it warns.

    `alert` is a pair of numbers, or a one-sided limit such as `at_least(50)`.
    """
    target = _between("between", low, high)
    tolerable: Region | None
    if isinstance(alert, Limit):
        tolerable = _region_of("between", alert)
    else:
        tolerable = None if alert is None else _between_pair("between(alert=...)", alert)
    _refuse_contradiction(target, tolerable, unit, "between")
    return Limit("between", target, tolerable, unit)


def exactly(expected: float, *, unit: str = "") -> Limit:
    """The value equals `expected`; anything else fails."""
    bound = as_bound("exactly", expected)
    return Limit("exactly", None, Region(low=bound, high=bound), unit)


def recorded(*, unit: str = "") -> Limit:
    """The value is measured, stored and plotted; any number is fine."""
    return Limit("recorded", None, None, unit)


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


def _limit(
    name: str, shape: Any, target: float | None, alert: float | Limit | None, unit: str
) -> Limit:
    if target is None and alert is None:
        raise DeclarationError(f"{name}() needs a target, an alert level, or both")
    wanted = None if target is None else shape(as_bound(name, target))
    tolerable: Region | None
    if isinstance(alert, Limit):
        tolerable = _region_of(name, alert)
    else:
        tolerable = None if alert is None else shape(as_bound(f"{name}(alert=...)", alert))
    _refuse_contradiction(wanted, tolerable, unit, name)
    return Limit(name, wanted, tolerable, unit)


def _between(name: str, low: float, high: float) -> Region:
    region = Region(low=as_bound(name, low), high=as_bound(name, high))
    if low > high:
        raise DeclarationError(f"{name}: the lower bound {low} is above the upper bound {high}")
    return region


def _between_pair(name: str, value: Any) -> Region:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise DeclarationError(f"{name}: expected a pair of numbers, such as [100, 125]")
    return _between(name, *value)


def _region_of(name: str, limit: Limit) -> Region:
    if limit.target is None or limit.alert is not None:
        raise DeclarationError(f"{name}(alert=...) takes a plain limit, such as at_least(50)")
    return limit.target


def _refuse_contradiction(
    target: Region | None, alert: Region | None, unit: str, name: str
) -> None:
    if target and alert and not alert.contains_all(target):
        raise DeclarationError(
            f"{name}: the alert level lies on the wrong side of the target: "
            f"{target.within(unit)} would be fine and {alert.outside(unit)} an alert at once; "
            "move the alert level outside the target"
        )


def _region_like(limit: Limit, name: str, value: Any) -> Region:
    region = {"target": limit.target, "alert": limit.alert}.get(name)
    if name not in ("target", "alert"):
        raise DeclarationError(f"{name!r} is no limit of {limit}; there are target and alert")
    if region is None:
        raise DeclarationError(f"{limit} has no {name} level to override")
    if region.low is not None and region.high is not None and region.low != region.high:
        return _between_pair(f"{name} of {limit}", value)
    bound = as_bound(name, value)
    return replace(
        region,
        low=bound if region.low is not None else None,
        high=bound if region.high is not None else None,
    )
