"""share_of_mean: the newest value against the plain mean of those before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from statistics import fmean
from typing import Any, Self

from gatepost.errors import DeclarationError
from gatepost.expectations.base import no_data
from gatepost.expectations.course import Course, OnCourse, product
from gatepost.model import Level, Limits, Verdict
from gatepost.wording import format_number, plural, with_unit


@dataclass(frozen=True, slots=True)
class ShareOfMean(OnCourse):
    """The least and the greatest share of the mean of up to `over` slots before: no alert."""

    share: float | None
    most: float | None
    over: int
    least: int

    @property
    def label(self) -> str:
        return "share_of_mean"

    @property
    def looks_back(self) -> int:
        return self.over

    def __str__(self) -> str:
        shares = self._inside.format(*map(_as_percent, self._shares))
        return f"{shares} of the mean of up to {plural(self.over, 'slot')} before"

    @property
    def _shares(self) -> tuple[float, ...]:
        return tuple(share for share in (self.share, self.most) if share is not None)

    @property
    def _inside(self) -> str:
        if len(self._shares) == 2:
            return "between {} and {}"
        return "at most {}" if self.share is None else "at least {}"

    def override(self, values: dict[str, Any]) -> Self:
        wanted = "a share between 0 and 1" if self.share else "a share of 1 or more"
        if len(self._shares) == 2:
            wanted = "a pair of shares such as [0.5, 2]"
        if set(values) != {"alert"}:
            raise DeclarationError(f"{self} can be overridden by alert, {wanted}")
        alert = values["alert"]
        pair = alert if len(self._shares) == 2 else (alert, alert)
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise DeclarationError(f"alert of {self}: expected {wanted}, got {alert!r}")
        share = None if self.share is None else _as_share(pair[0])
        most = None if self.most is None else _as_multiple(pair[1])
        return replace(self, share=share, most=most)

    def judge_course(self, course: Course) -> Verdict:
        before = [
            point.value
            for point in course.points[-1 - self.over : -1]
            if point.value is not None and isfinite(point.value)
        ]
        if len(before) < self.least:
            return self.learning(course, f"{len(before)} of {self.least} earlier values known")
        mean, count = fmean(before), plural(len(before), "slot")
        if mean <= 0:
            said = f"the mean of the {count} before is {format_number(mean)}"
            return no_data(f"{said}, of which no share can be judged", self)
        value = course.value
        bounds = [(share, product(mean, share)) for share in self._shares]
        low = None if self.share is None else bounds[0][1]
        high = None if self.most is None else bounds[-1][1]
        level, words = Level.OK, self._inside
        if low is not None and value < low:
            level, words, bounds = Level.BREACH, "below {}, the alert limit", bounds[:1]
        elif high is not None and value > high:
            level, words, bounds = Level.BREACH, "above {}, the alert limit", bounds[-1:]
        limits = [format_number(bound, beside=[value]) for _, bound in bounds]
        beside = [bound for _, bound in bounds] + [float(each.replace(",", "")) for each in limits]
        percent = " and ".join(_as_percent(share) for share, _ in bounds)
        said = (
            f"{self.say(value, *beside)} is {words.format(*limits)}: "
            f"{percent} of the mean {format_number(mean)} of {count}"
        )
        marks = Limits(alert_low=low, alert_high=high, text=str(self))
        return Verdict(level, said, value, self.unit, marks)


def share_of_mean(
    share: float | None = None,
    *,
    most: float | None = None,
    over: int = 30,
    least: int = 5,
    unit: str = "",
) -> ShareOfMean:
    """The newest value is at least `share` (0 to 1) of the mean of up to `over` slots before it.

    `most` is the greatest share, such as 2 for twice the mean. A plain and
    explainable rule: it knows no seasons, so leave room for quiet weekends.
    With fewer than `least` earlier values the verdict is *learning*.
    """
    if share is None and most is None:
        raise DeclarationError("share_of_mean() needs a least share, most=, or both")
    if not (1 <= least <= over):
        raise DeclarationError("share_of_mean: expected 1 <= least <= over")
    return ShareOfMean(
        None if share is None else _as_share(share),
        None if most is None else _as_multiple(most),
        over,
        least,
        measured_in=unit,
    )


def _as_share(share: Any) -> float:
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share <= 1:
        raise DeclarationError(
            f"share_of_mean: expected a share above 0 and up to 1, got {share!r}"
        )
    return float(share)


def _as_multiple(most: Any) -> float:
    is_number = isinstance(most, (int, float)) and not isinstance(most, bool)
    if not is_number or not 1 <= most < float("inf"):
        raise DeclarationError(
            f"share_of_mean(most=...): expected a share of 1 or more, 2 for twice the mean, "
            f"got {most!r}"
        )
    return float(most)


def _as_percent(share: float) -> str:
    return with_unit(format_number(product(share, 100), beside=[100]), "%")
