"""share_of_mean: the newest value against the plain mean of those before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from statistics import fmean
from typing import Any, Self

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation, no_data, wrong_type
from gatepost.expectations.limits import Figure, as_number
from gatepost.expectations.slots import judge_slots, read_slots, slots_of_history
from gatepost.model import Level, Limits, Verdict
from gatepost.wording import format_number, plural, with_unit


@dataclass(frozen=True, slots=True)
class ShareOfMean(Expectation[Figure]):
    """The least share of the mean of up to `over` earlier slots that is no alert."""

    share: float
    over: int
    least: int
    measured_in: str = ""

    @property
    def label(self) -> str:
        return "share_of_mean"

    @property
    def unit(self) -> str:
        return self.measured_in

    @property
    def counts_slots(self) -> bool:
        return True

    @property
    def needs_history(self) -> bool:
        return True

    def __str__(self) -> str:
        return f"at least {self._percent} of the mean of up to {plural(self.over, 'slot')} before"

    @property
    def _percent(self) -> str:
        return f"{format_number(self.share * 100, beside=[100])} %"

    def override(self, values: dict[str, Any]) -> Self:
        if set(values) != {"alert"}:
            raise DeclarationError(f"{self} can be overridden by alert, a share between 0 and 1")
        return replace(self, share=_as_share(values["alert"]))

    def judge(self, value: Figure, context: Context) -> Verdict:
        slots = read_slots(value, context.slot)
        if isinstance(slots, str):
            return Verdict(Level.ERROR, slots, unit=self.unit)
        dated = slots is not None
        if slots is None:
            number = as_number(value)
            if number is None:
                if value is None:
                    return no_data(f"nothing was measured; expected {self}", self)
                return wrong_type(value, "share_of_mean judges a number or a Series", self)
            slots = slots_of_history(context, number)
        before = [point.value for point in slots.complete[:-1][-self.over :]]
        known = [earlier for earlier in before if earlier is not None and isfinite(earlier)]
        return judge_slots(
            slots, lambda number: self._judge(number, known), context, self, dated=dated
        )

    def _judge(self, value: float, before: list[float]) -> Verdict:
        if not isfinite(value):
            return no_data(f"the measured value is {value}; expected {self}", self)
        if len(before) < self.least:
            shown = with_unit(format_number(value), self.unit)
            said = f"{shown}; learning, {len(before)} of {self.least} earlier values known"
            return Verdict(Level.LEARNING, said, value, self.unit, Limits(text=str(self)))
        mean = fmean(before)
        if mean <= 0:
            said = f"the mean of the {plural(len(before), 'slot')} before is {format_number(mean)}"
            return no_data(f"{said}, of which no share can be judged", self)
        bound = mean * self.share
        breach = value < bound
        limit = format_number(bound, beside=[value])
        shown = format_number(value, beside=[bound, float(limit.replace(",", ""))])
        side = f"below {limit}, the alert limit" if breach else f"at least {limit}"
        origin = f"{self._percent} of the mean {format_number(mean)}"
        said = f"{with_unit(shown, self.unit)} is {side}: {origin} of {plural(len(before), 'slot')}"
        level = Level.BREACH if breach else Level.OK
        return Verdict(level, said, value, self.unit, Limits(alert_low=bound, text=str(self)))


def share_of_mean(share: float, *, over: int = 30, least: int = 5, unit: str = "") -> ShareOfMean:
    """The newest value is at least `share` (0 to 1) of the mean of up to `over` slots before it.

    A plain and explainable rule: it knows no seasons, so leave room for quiet
    weekends. With fewer than `least` earlier values the verdict is *learning*.
    """
    if not (1 <= least <= over):
        raise DeclarationError("share_of_mean: expected 1 <= least <= over")
    return ShareOfMean(_as_share(share), over, least, unit)


def _as_share(share: Any) -> float:
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share <= 1:
        raise DeclarationError(
            f"share_of_mean: expected a share above 0 and up to 1, got {share!r}"
        )
    return float(share)
