"""rises_at_least: by how much the newest value is above that of the slot before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Self

from gatepost.expectations.base import no_data
from gatepost.expectations.course import Course, OnCourse, difference
from gatepost.expectations.limits import Alert, Limit, read_limit
from gatepost.expectations.regions import Region
from gatepost.model import Limits, Severity, Verdict


@dataclass(frozen=True, slots=True)
class RisesAtLeast(OnCourse):
    """A limit on the newest value less the one of the slot before."""

    limit: Limit

    @property
    def label(self) -> str:
        return "rises_at_least"

    @property
    def looks_back(self) -> int:
        return 1

    @property
    def highest_severity(self) -> Severity | None:
        return self.limit.highest_severity

    def __str__(self) -> str:
        return f"a rise since the slot before: {self.limit}"

    def override(self, values: dict[str, Any]) -> Self:
        return replace(self, limit=self.limit.override(values))

    def judge_course(self, course: Course) -> Verdict:
        value, earlier = course.value, _slot_before(course)
        if earlier is None:
            # An earlier run that measured nothing has said so; a hole in data says it here.
            if course.is_own or len(course.points) == 1:
                return self.learning(course, "no value of the slot before known")
            return no_data("no value for the slot before, so no rise can be known", self)
        verdict = self.limit.judge_number(difference(value, earlier))
        said = f"from {self.say(earlier, value)} in the slot before to {self.say(value, earlier)}"
        on_rise = self.limit.limits
        target, alert = (
            None if bound is None else earlier + bound
            for bound in (on_rise.target_low, on_rise.alert_low)
        )
        limits = Limits(target_low=target, alert_low=alert, text=str(self))
        return replace(
            verdict, sentence=f"a rise of {verdict.sentence}: {said}", value=value, limits=limits
        )


def rises_at_least(
    target: float | None = None, *, alert: Alert = None, unit: str = ""
) -> RisesAtLeast:
    """The newest value is at least `target` more than that of the slot before it.

    Less than `alert` fails, less than `target` warns. The slot before is the
    run before, or the point before of a Series. Where it has no value, nothing
    is known of a rise: *learning* over the check's own runs, *no data* in a Series.
    """
    limit = read_limit("rises_at_least", lambda bound: Region(low=bound), target, alert, unit)
    return RisesAtLeast(limit, measured_in=unit)


def _slot_before(course: Course) -> float | None:
    if len(course.points) < 2:
        return None
    before = course.points[-2]
    if before.value is None or not isfinite(before.value):
        return None
    # Half a slot more is a run that came late; more is a slot that was left out.
    if course.cadence and course.at - before.at > 1.5 * course.cadence:
        return None
    return before.value
