"""healthy: what a service, or a part of it, says of its own state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation, wrong_type
from gatepost.expectations.bodies import judge_body, read_body
from gatepost.expectations.tables import Conformance
from gatepost.model import Level, Verdict
from gatepost.wording import join_some, plural

_NAMED = 5
"""Parts that are named before the rest is counted: whoever is woken wants to see each."""


class Part(Protocol):
    """A part of a service: its own word for its state, what that means, and its remark.

    `state` is "healthy", "degraded" or anything else; `milliseconds` is how long
    the part took to answer, None where nobody said.
    """

    @property
    def name(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def detail(self) -> str: ...

    @property
    def milliseconds(self) -> float | None: ...


class Answered(Protocol):
    """The answer of a service: its HTTP status, and the seconds it took."""

    @property
    def status(self) -> int: ...

    @property
    def seconds(self) -> float: ...


class Service(Protocol):
    """What a service says of itself and its parts, in its body, and the answer that brought it."""

    @property
    def status(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def components(self) -> Mapping[str, Part]: ...

    @property
    def unhealthy_components(self) -> Sequence[Part]: ...

    @property
    def body(self) -> Mapping[str, Any]: ...

    @property
    def response(self) -> Answered: ...


@dataclass(frozen=True, slots=True)
class Healthy(Expectation[Service | Part]):
    """The level of a degraded state, and a schema of the body; whatever is worse fails."""

    degraded: Level
    body: Conformance | None

    @property
    def label(self) -> str:
        return "healthy"

    @property
    def unit(self) -> str:
        return "ms"

    def __str__(self) -> str:
        parts = ["healthy"]
        if self.degraded is Level.WARNING:
            parts.append("degraded warns")
        if self.body:
            parts.append("body keeps its schema")
        return ", ".join(parts)

    def judge(self, value: object, context: Context) -> Verdict:
        del context
        found: Any = value
        if hasattr(value, "unhealthy_components") and hasattr(value, "response"):
            return self._judge_service(found)
        if self.body:
            accepted = "healthy(body=...) judges a Health, the page of a whole service"
            return wrong_type(value, accepted, self)
        if hasattr(value, "state") and hasattr(value, "detail"):
            level, said = self._level(found.state), _say_part(found)
            return Verdict(level, said, found.milliseconds, self.unit, self.limits)
        return wrong_type(value, "healthy judges a Health or a Component", self)

    def judge_outage(self, reason: str) -> Verdict:
        return Verdict(Level.BREACH, f"no answer: {reason}", unit="ms", limits=self.limits)

    def _judge_service(self, service: Service) -> Verdict:
        took = 1000 * service.response.seconds
        ill = service.unhealthy_components
        # A service that calls itself well with a part that is not is degraded at best.
        level = _worse(self._level(service.state), self.degraded if ill else Level.OK)
        said = _say_service(service, ill, took)
        if self.body:
            body = judge_body(service.body, self.body)
            level = _worse(level, body.level)
            said = f"{said}; the body {body.said}" if body.said else said
        return Verdict(level, said, took, self.unit, self.limits)

    def _level(self, state: str) -> Level:
        return {"healthy": Level.OK, "degraded": self.degraded}.get(state, Level.BREACH)


def healthy(
    *, degraded: Literal["warn", "alert"] = "warn", body: Expectation[Any] | None = None
) -> Healthy:
    """A service, or a part of it, says that it is healthy.

    Judges the pages of a health target: `service()`, `page(...)`, `component(...)`
    and `find(...)`. Degraded warns, or fails with `degraded="alert"`; any other
    state fails, and so does no answer at all. A service that calls itself
    healthy while it names a part that is not is taken for degraded. `body` is a
    `conforms_to(Model)` for the whole answer of a service.
    """
    levels = {"warn": Level.WARNING, "alert": Level.BREACH}
    if degraded not in levels:
        raise DeclarationError(f'healthy(degraded={degraded!r}): expected "warn" or "alert"')
    return Healthy(levels[degraded], read_body("healthy", body))


def _worse(one: Level, other: Level) -> Level:
    return max(one, other, key=lambda level: level.badness)


def _say_service(service: Service, ill: Sequence[Part], took: float) -> str:
    answered, total = service.response.status, len(service.components)
    # A good word with a bad status is a bad state, and the status is the reason.
    word = service.status if 200 <= answered < 300 else f"{service.status}, status {answered}"
    if not ill:
        well = f": {total} of {plural(total, 'component')} well" if total else ""
        return f"{word} in {took:,.0f} ms{well}"
    are = "is" if len(ill) == 1 else "are"
    count = f"{len(ill)} of {plural(total, 'component')} {are} not well"
    named = join_some((f"{part.name} ({_remark(part)})" for part in ill), most=_NAMED)
    return f"{word}{', but' if service.state == 'healthy' else ':'} {count}: {named}"


def _say_part(part: Part) -> str:
    if part.state != "healthy":
        return _remark(part)
    took = "" if part.milliseconds is None else f" in {part.milliseconds:,.0f} ms"
    return f"{part.status}{took}{part.detail and ': '}{part.detail}"


def _remark(part: Part) -> str:
    """Its word and its remark; that it is false, as some services put it, adds nothing to one."""
    if not part.detail:
        return part.status
    return part.detail if part.status == "false" else f"{part.status}: {part.detail}"
