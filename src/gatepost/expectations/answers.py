"""answers: a target can be reached, and soon enough; the one expectation that judges an outage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

from gatepost.durations import parse_duration
from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.limits import Limit, at_most
from gatepost.model import Level, Limits, Verdict

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Answers(Expectation[float]):
    """A limit on milliseconds, with no answer at all as a breach."""

    latency: Limit | None

    @property
    def label(self) -> str:
        return "answers"

    @property
    def unit(self) -> str:
        return "ms"

    @property
    def limits(self) -> Limits:
        return replace(self.latency.limits if self.latency else Limits(), text=str(self))

    def __str__(self) -> str:
        return f"answers, {self.latency}" if self.latency else "answers"

    def override(self, values: dict[str, Any]) -> Self:
        return replace(self, latency=(self.latency or at_most(alert=0)).override(values))

    def judge(self, value: float, context: Context) -> Verdict:
        if self.latency is not None:
            verdict = self.latency.judge(value, context)
            return replace(verdict, limits=self.limits)
        return Verdict(Level.OK, f"answered in {value:,.0f} ms", value, "ms", self.limits)

    def judge_outage(self, reason: str) -> Verdict:
        return Verdict(Level.BREACH, f"no answer: {reason}", unit="ms", limits=self.limits)


def answers(within: str | None = None, *, alert: str | None = None) -> Answers:
    """The target answers; slower than `within` warns, slower than `alert` or not at all fails.

    Judges milliseconds, as `Database.ping()` measures them. Of all checks that
    use an unreachable target, the one with this expectation carries the alert.
    """
    if within is None and alert is None:
        return Answers(None)
    bounds = [
        None if text is None else parse_duration(text) / _MILLISECOND for text in (within, alert)
    ]
    return Answers(at_most(bounds[0], alert=bounds[1], unit="ms"))
