"""no_steady_growth: a value that only ever grows, as what leaks does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import Any, Self

from gatepost.errors import DeclarationError
from gatepost.expectations.course import Course, OnCourse
from gatepost.model import Level, Limits, Verdict
from gatepost.wording import format_time, plural


@dataclass(frozen=True, slots=True)
class NoSteadyGrowth(OnCourse):
    """An alert when the value grew at each of `over` steps in a row; a gap is no step."""

    over: int

    @property
    def label(self) -> str:
        return "no_steady_growth"

    @property
    def looks_back(self) -> int:
        return self.over

    def __str__(self) -> str:
        return f"no growth at each of {plural(self.over, 'step')} in a row"

    def override(self, values: dict[str, Any]) -> Self:
        if set(values) != {"alert"}:
            raise DeclarationError(f"{self} can be overridden by alert, a number of steps")
        return replace(self, over=_as_steps(values["alert"]))

    def judge_course(self, course: Course) -> Verdict:
        known = course.newest(self.over + 1)
        steps = pairwise(value for _, value in reversed(known))
        grown = sum(1 for _ in takewhile(lambda step: step[0] > step[1], steps))
        value, limits = course.value, Limits(text=str(self))
        if grown == self.over:
            at, first = known[0]
            said = (
                f"{self.say(value, first)} has grown at each of the last {grown} steps, "
                f"the alert limit: from {self.say(first, value)} at {format_time(at)}"
            )
            return Verdict(Level.BREACH, said, value, self.unit, limits)
        if grown == len(known) - 1:
            return self.learning(course, f"{len(known)} of {self.over + 1} values known")
        said = f"has grown at {plural(grown, 'step')}" if grown else "has not grown"
        alert = f"an alert after {self.over} steps of growth in a row"
        said = f"{self.say(value)} {said}; {alert}"
        return Verdict(Level.OK, said, value, self.unit, limits)


def no_steady_growth(over: int = 10, *, unit: str = "") -> NoSteadyGrowth:
    """The value did not grow at each of `over` steps in a row; if it did, something leaks.

    A step leads from one known value to the next. While every known step is
    growth and there are fewer of them, the verdict is *learning*.
    """
    return NoSteadyGrowth(_as_steps(over), measured_in=unit)


def _as_steps(over: Any) -> int:
    if isinstance(over, bool) or not isinstance(over, int) or over < 2:
        raise DeclarationError(
            f"no_steady_growth: expected a number of steps of 2 or more, got {over!r}"
        )
    return over
