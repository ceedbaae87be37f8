"""responds: the status, the time and the body of an answer over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol, Self

from gatepost.errors import DeclarationError, MeasurementError
from gatepost.expectations.base import Context, Expectation, wrong_type
from gatepost.expectations.bodies import judge_body, read_body
from gatepost.expectations.latency import latency_limit, override_latency
from gatepost.expectations.limits import Limit
from gatepost.expectations.tables import Conformance
from gatepost.model import Level, Limits, Verdict
from gatepost.wording import shorten


class Answer(Protocol):
    """What is judged: the HTTP status, the seconds it took, and its body as JSON."""

    @property
    def status(self) -> int: ...

    @property
    def seconds(self) -> float: ...

    def json(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Responds(Expectation[Answer]):
    """Accepted statuses, a limit on the milliseconds, and a schema of the body."""

    statuses: tuple[int, ...]
    latency: Limit | None
    body: Conformance | None

    @property
    def label(self) -> str:
        return "responds"

    @property
    def unit(self) -> str:
        return "ms"

    @property
    def limits(self) -> Limits:
        return replace(self.latency.limits if self.latency else Limits(), text=str(self))

    def __str__(self) -> str:
        parts = ["status " + " or ".join(map(str, self.statuses))]
        if self.latency:
            parts.append(str(self.latency))
        if self.body:
            parts.append("body keeps its schema")
        return ", ".join(parts)

    def override(self, values: dict[str, Any]) -> Self:
        return replace(self, latency=override_latency(self, self.latency, values))

    def judge(self, value: Answer, context: Context) -> Verdict:
        if not hasattr(value, "status") or not hasattr(value, "seconds"):
            return wrong_type(value, "responds judges a Response, as an endpoint returns it", self)
        took = value.seconds * 1000
        found = Verdict(Level.OK, "", took, self.unit, self.limits)
        if value.status not in self.statuses:
            wanted = " or ".join(map(str, self.statuses))
            said = f"status {value.status} after {took:,.0f} ms; expected {wanted}"
            return replace(found, level=Level.BREACH, sentence=said)
        said = f"status {value.status}"
        if self.body is not None:
            try:
                body = judge_body(value.json(), self.body)
            except MeasurementError as error:
                said = f"{said}, but {shorten(str(error))}"
                return replace(found, level=Level.BREACH, sentence=said)
            if body.said:
                said = f"{said}, but the body {body.said}"
                found = replace(found, level=body.level, sentence=said, bad=body.broken)
            if body.level.fails:
                return found
        if self.latency is None:
            return found if found.sentence else replace(found, sentence=f"{said} in {took:,.0f} ms")
        timed = self.latency.judge(took, context)
        worse = max(found.level, timed.level, key=lambda level: level.badness)
        sentence = f"{said}; {timed.sentence}"
        return replace(timed, level=worse, sentence=sentence, bad=found.bad, limits=self.limits)

    def judge_outage(self, reason: str) -> Verdict:
        return Verdict(Level.BREACH, f"no answer: {reason}", unit="ms", limits=self.limits)


def responds(
    *statuses: int,
    within: str | timedelta | None = None,
    alert: str | timedelta | None = None,
    body: Expectation[Any] | None = None,
) -> Responds:
    """The endpoint answers with one of the statuses (200 by default), in time, with such a body.

    Slower than `within` warns, slower than `alert` fails; `body` is a
    `conforms_to(Model)` for the JSON it carries; a rule that only warns does so
    here too. No answer at all is an alert.
    """
    given: tuple[object, ...] = statuses
    for status in given:
        if not isinstance(status, int) or not 100 <= status <= 599:
            raise DeclarationError(f"responds: {status!r} is no HTTP status")
    latency = latency_limit("responds", within, alert)
    return Responds(statuses or (200,), latency, read_body("responds", body))
