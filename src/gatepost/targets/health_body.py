"""What services say of their health: their words, and the parts they name; pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from gatepost.errors import MeasurementError
from gatepost.targets.response import Response
from gatepost.wording import shorten

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

State = Literal["healthy", "degraded", "unhealthy", "unknown"]

_HEALTHY = "healthy ok okay up pass passing passed alive live ready serving running success true"
_DEGRADED = "degraded warn warning partial slow"
_UNHEALTHY = (
    "unhealthy down fail failed failing error critical dead unavailable not_ready not_alive "
    "not_serving out_of_service false"
)
_WORDS: Mapping[State, list[str]] = {
    "healthy": _HEALTHY.split(),
    "degraded": _DEGRADED.split(),
    "unhealthy": _UNHEALTHY.split(),
}
"""The words of Spring, ASP.NET, gRPC, Kubernetes and the draft of health+json, in lower case."""

_BADNESS: tuple[State, ...] = ("healthy", "degraded", "unknown", "unhealthy")
_PARTS = ("components", "checks", "dependencies")
_STATUS_KEYS = ("status", "state", "healthy", "ok")
_PROBE_KEYS = (*_STATUS_KEYS, "ready", "live", "alive")
_DETAIL_KEYS = ("error", "detail", "details", "message", "output", "reason")
_TIME_KEYS = ("last_check", "checked_at", "time", "timestamp")


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a service, as the service sees it.

    `status` is its own word, `state` what that means; `detail` its error or
    remark. `milliseconds` is how long it took to answer, `checked` when, in UTC;
    each is None where it was not said.
    """

    name: str
    status: str
    state: State
    detail: str = ""
    milliseconds: float | None = None
    checked: datetime | None = None

    @property
    def healthy(self) -> bool:
        """Whether it is well, without a reservation."""
        return self.state == "healthy"


def read_state(status: object) -> State:
    """What a service's word for its state means; "unknown" for one that nobody uses so."""
    word = str(status).strip().lower().replace("-", "_").replace(" ", "_")
    return next((state for state, words in _WORDS.items() if word in words), "unknown")


def read_components(body: Mapping[str, Any]) -> dict[str, Component]:
    """The parts that a body names, in `components`, `checks` or `dependencies`, by name.

    Each is a word, true or false, or an object; `details` of the body explain
    those that say no more than a word.
    """
    details = body.get("details")
    remarks = details if isinstance(details, Mapping) else {}
    found = (_component(str(name), value, remarks.get(name)) for name, value in _parts_of(body))
    return {component.name: component for component in found}


def read_component(name: str, body: object) -> Component:
    """A part that a body describes as a whole, or as the only one of its `checks`."""
    if isinstance(body, Mapping):
        named = read_components(body)
        if name in named and not any(key in body for key in _STATUS_KEYS):
            return named[name]
    return _component(name, body, None)


def health_schema(
    *,
    components: Collection[str] = (),
    checks: Collection[str] = (),
    texts: Collection[str] = ("version",),
) -> DataFrameSchema:
    """A pandera schema of a health body: `responds(200, body=conforms_to(health_schema(...)))`.

    `status` is a word that is known. Each of `components` has such a status of
    its own, each of `checks` is true or false and has its text in `details`,
    and the fields of `texts` are text that is not empty.
    """
    import pandera.pandas as pa

    words = sorted(word for known in _WORDS.values() for word in known)
    word = pa.Check.isin([*words, *(each.capitalize() for each in words), *map(str.upper, words)])
    filled = pa.Check.str_length(min_value=1)
    columns = {"status": pa.Column(str, word)}
    columns |= {name: pa.Column(str, filled) for name in texts}
    columns |= {f"components.{name}.status": pa.Column(str, word) for name in components}
    columns |= {f"checks.{name}": pa.Column(bool) for name in checks}
    columns |= {f"details.{name}": pa.Column(str, filled) for name in checks}
    return pa.DataFrameSchema(columns)


def object_to(response: Response) -> str:
    """What is wrong with the answer to whether a service is ready or live; "" where it is well.

    Its status is the answer, unless its body says otherwise or is a page for people.
    """
    said = shorten(response.text, 100)
    if not 200 <= response.status < 300:
        return f"answered {response.status}" + (f": {said}" if said else "")
    if said.startswith("<"):
        return f"answered {response.status} with a page: {said}"
    try:
        body = response.json()
    except MeasurementError:
        return ""
    words = (body[key] for key in _PROBE_KEYS if key in body) if isinstance(body, dict) else ()
    word = next(iter(words), "")
    if read_state(word) == "unhealthy":
        return f"answered {response.status}, but says {_word(word)}"
    return ""


def read_moment(value: object) -> datetime | None:
    """A time in ISO or in seconds since 1970, in UTC; without an offset it is taken for UTC."""
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, (int, float)):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _parts_of(body: Mapping[str, Any]) -> Iterator[tuple[object, object]]:
    for key in _PARTS:
        parts = body.get(key)
        if isinstance(parts, Mapping):
            yield from parts.items()
        elif isinstance(parts, list):
            named = (part for part in parts if isinstance(part, Mapping) and "name" in part)
            yield from ((part["name"], part) for part in named)


def _component(name: str, value: object, remark: object) -> Component:
    if isinstance(value, list) and value:  # health+json: one for each instance; the worst counts
        every = [_component(name, each, remark) for each in value]
        return max(every, key=lambda each: _BADNESS.index(each.state))
    if not isinstance(value, Mapping):
        return Component(name, _word(value), read_state(value), _line(remark))
    key = next((key for key in _STATUS_KEYS if key in value), None)
    status = value[key] if key else None
    said = next((value[key] for key in _DETAIL_KEYS if value.get(key)), remark)
    took = value.get("response_time_ms", value.get("latency_ms"))
    checked = next((value[key] for key in _TIME_KEYS if key in value), None)
    return Component(
        name, _word(status), read_state(status), _line(said), _number(took), read_moment(checked)
    )


def _word(status: object) -> str:
    return str(status).lower() if isinstance(status, bool) else shorten(str(status or "none"), 60)


def _line(text: object) -> str:
    return "" if text is None else shorten(str(text), 200)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
