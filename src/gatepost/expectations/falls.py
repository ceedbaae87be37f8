"""falls_at_most: how far the newest value is below the highest of the time before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

from gatepost.durations import format_duration
from gatepost.errors import DeclarationError
from gatepost.expectations.base import no_data
from gatepost.expectations.course import Course, OnCourse, difference, exact, product
from gatepost.expectations.limits import Alert, Limit, read_limit
from gatepost.expectations.regions import Region, as_duration
from gatepost.model import Limits, Severity, Verdict
from gatepost.wording import format_limit


@dataclass(frozen=True, slots=True)
class FallsAtMost(OnCourse):
    """A limit on the fall from the highest value of the last `within`; in percent, of that value.

    The limit's unit is the fall's; the value's own is the same, or unknown
    where the fall is a percentage.
    """

    limit: Limit
    within: timedelta

    @property
    def label(self) -> str:
        return "falls_at_most"

    @property
    def looks_back(self) -> timedelta:
        return self.within

    @property
    def highest_severity(self) -> Severity | None:
        return self.limit.highest_severity

    def __str__(self) -> str:
        return f"a fall within {self._window}: {self.limit}"

    @property
    def _window(self) -> str:
        return format_duration(self.within, beside=[self.within])

    def override(self, values: dict[str, Any]) -> Self:
        return replace(self, limit=_as_fall(self.limit.override(values)))

    def judge_course(self, course: Course) -> Verdict:
        *before, _ = course.last(self.within)
        if not before:
            return self.learning(course, f"no earlier value of the last {self._window} known")
        value = course.value
        peak = max(value, *(each for _, each in before))
        fall = difference(peak, value)
        if self._is_relative and fall:
            if peak <= 0:
                said = f"the highest of the last {self._window} is {self.say(peak, value)}"
                said += f", of which no share can be judged; now it is {self.say(value, peak)}"
                return no_data(said, self)
            fall = float(100 * (1 - exact(value) / exact(peak)))
        verdict = self.limit.judge_number(fall)
        if fall:
            origin = f"from {self.say(peak, value)}, the highest of the last {self._window}"
            said = f"a fall of {verdict.sentence}: {origin}, to {self.say(value, peak)}"
        else:
            said = f"{self.say(value)} is the highest of the last {self._window}"
            said += f"; limits of a fall: {self.limit}"
        return replace(
            verdict, sentence=said, value=value, unit=self.unit, limits=self._limits(peak)
        )

    @property
    def _is_relative(self) -> bool:
        return self.limit.unit == "%"

    def _limits(self, peak: float) -> Limits:
        """The limits on the fall as limits on the value, for plots."""
        on_fall = self.limit.limits

        def below(fall: float | None) -> float | None:
            if fall is None:
                return None
            return difference(peak, product(peak, fall) / 100 if self._is_relative else fall)

        return Limits(
            target_low=below(on_fall.target_high),
            alert_low=below(on_fall.alert_high),
            text=str(self),
        )


def falls_at_most(
    target: float | None = None,
    *,
    alert: Alert = None,
    within: str | timedelta = "1 day",
    unit: str = "",
) -> FallsAtMost:
    """The newest value is at most `target` below the highest of the time `within` before it.

    More than `alert` fails, more than `target` warns. `unit="%"` makes both a
    percentage of that highest value: write "points" for what is measured in
    percent and falls by percentage points. Without an earlier value of that
    time the verdict is *learning*.
    """
    limit = read_limit("falls_at_most", lambda bound: Region(high=bound), target, alert, unit)
    window = as_duration("falls_at_most(within=...)", within)
    return FallsAtMost(_as_fall(limit), window, measured_in="" if unit == "%" else unit)


def _as_fall(limit: Limit) -> Limit:
    for bound in limit.bounds:
        if bound < 0:
            raise DeclarationError(
                f"falls_at_most: a fall is 0 or more, so {format_limit(bound)} is no limit of one"
            )
    return limit
