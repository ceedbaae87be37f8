"""answers: a target can be reached, and soon enough; the one expectation that judges an outage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.latency import latency_limit, override_latency
from gatepost.expectations.limits import Limit, recorded
from gatepost.model import Level, Limits, Verdict

_ANY_TIME = recorded(unit="ms")


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
        return replace(self, latency=override_latency(self, self.latency, values))

    def judge(self, value: float, context: Context) -> Verdict:
        verdict = (self.latency or _ANY_TIME).judge(value, context)
        if self.latency is None and verdict.level is Level.OK:
            verdict = replace(verdict, sentence=f"answered in {verdict.value:,.0f} ms")
        return replace(verdict, limits=self.limits)

    def judge_outage(self, reason: str) -> Verdict:
        return Verdict(Level.BREACH, f"no answer: {reason}", unit="ms", limits=self.limits)


def answers(
    within: str | timedelta | None = None, *, alert: str | timedelta | None = None
) -> Answers:
    """The target answers; slower than `within` warns, slower than `alert` or not at all fails.

    Judges milliseconds, as `Database.ping()` measures them. Of all checks that
    use an unreachable target, the one with this expectation carries the alert.
    """
    return Answers(latency_limit("answers", within, alert))
