"""healthy: what a service, or a part of it, says of its own state.

An expectation of this system's own: a frozen value that judges what a check
returned, as those of Gatepost do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gatepost import responds
from gatepost.expectations.base import Context, Expectation, wrong_type
from gatepost.model import Level, Verdict
from gatepost.targets.health import Health
from gatepost.targets.health_body import Component
from gatepost.wording import join_some

_LEVELS = {"healthy": Level.OK, "degraded": Level.WARNING}


@dataclass(frozen=True, slots=True)
class Healthy(Expectation[Health | Component]):
    """The state is healthy; degraded warns, whatever else fails, and so does no answer."""

    answer: Expectation[Any] | None

    @property
    def label(self) -> str:
        return "healthy"

    @property
    def unit(self) -> str:
        return "ms"

    def __str__(self) -> str:
        return "healthy, degraded warns" + (f", {self.answer}" if self.answer else "")

    def judge(self, value: object, context: Context) -> Verdict:
        if isinstance(value, Component):
            return self._judge(value.state, value.milliseconds, _describe(value))
        if not isinstance(value, Health):
            return wrong_type(value, "healthy judges a Health or a Component", self)
        ill = join_some(f"{part.name} {part.status}" for part in value.unhealthy_components)
        said = f"{value.status}: {ill}" if ill else value.status
        verdict = self._judge(value.state, 1000 * value.response.seconds, said)
        if self.answer is None:
            return verdict
        answered = self.answer.judge(value.response, context)
        if answered.level.badness < verdict.level.badness:
            return replace(verdict, sentence=f"{said}; {answered.sentence}")
        return replace(answered, sentence=f"{said}; {answered.sentence}", limits=self.limits)

    def judge_outage(self, reason: str) -> Verdict:
        return Verdict(Level.BREACH, f"no usable answer: {reason}", unit="ms", limits=self.limits)

    def _judge(self, state: str, milliseconds: float | None, said: str) -> Verdict:
        level = _LEVELS.get(state, Level.BREACH)
        return Verdict(level, said, milliseconds, self.unit, self.limits)


def healthy(*, body: Expectation[Any] | None = None) -> Healthy:
    """The service, or its part, says that it is healthy.

    `body` is a `conforms_to(Model)` for the whole answer of a service.
    """
    # An unhealthy service may say so with 503, and its words tell more than the number.
    return Healthy(None if body is None else responds(200, 503, body=body))


def _describe(part: Component) -> str:
    if part.detail:
        return f"{part.status}: {part.detail}"
    took = "" if part.milliseconds is None else f", answered in {part.milliseconds:,.0f} ms"
    return f"{part.status}{took}"
