"""A service's own account of its health: /health, its parts, and whether it is ready and live."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

from pydantic import ByteSize, NonNegativeInt, SecretStr, field_validator

from gatepost.durations import parse_duration
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets import endpoint
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.health_body import (
    Component,
    State,
    object_to,
    read_component,
    read_components,
    read_moment,
    read_state,
)
from gatepost.targets.outages import Outages
from gatepost.targets.response import Response
from gatepost.targets.settling import settle
from gatepost.targets.transitions import (
    Transition,
    read_states,
    transitions_between,
    write_states,
)
from gatepost.wording import shorten, suggest


class Settings(TargetSettings):
    """The table of a service's health in `gatepost.toml`.

    `url` is the service; `path`, `ready_path`, `live_path` and `component_path`,
    with its {component}, are below it. `poll_every` is the time between two
    looks where a service is waited for. The rest is as for an endpoint.
    """

    kind: Literal["health"]
    url: SecretStr
    path: str = "/health"
    ready_path: str = "/health/ready"
    live_path: str = "/health/live"
    component_path: str = "/health/component/{component}"
    poll_every: Duration = timedelta(seconds=1)
    connect_timeout: Duration = timedelta(seconds=3)
    timeout: Duration = timedelta(seconds=10)
    max_body: ByteSize = ByteSize(1_000_000)
    headers: Mapping[str, SecretStr] = {}
    token: SecretStr | None = None
    verify: bool = True
    retries: NonNegativeInt = 1

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: SecretStr) -> SecretStr:
        return endpoint.check_url(url)

    @field_validator("component_path")
    @classmethod
    def _has_a_place(cls, path: str) -> str:
        if path.count("{component}") != 1:
            raise ValueError("expected {component} once, where its name goes")
        return path


@dataclass(frozen=True, slots=True)
class Health:
    """What a service says of itself.

    `status` is its own word; `state` what that and the HTTP status mean
    together: a service that says it is well with status 503 is not. `at` is its
    own clock in UTC, and `clock_ahead` how far that is ahead of ours in seconds;
    both are None where it tells no time. `version` and `service` are empty where
    they are not told. `response` is the answer itself, for `responds`.
    """

    status: str
    state: State
    components: Mapping[str, Component]
    version: str
    service: str
    at: datetime | None
    clock_ahead: float | None
    body: Mapping[str, Any] = field(repr=False)
    response: Response = field(repr=False)

    @property
    def healthy(self) -> bool:
        """Whether it is well, without a reservation."""
        return self.state == "healthy"

    @property
    def unhealthy_components(self) -> tuple[Component, ...]:
        """The parts that are not well, or say nothing that is known."""
        return tuple(each for each in self.components.values() if not each.healthy)


def open_target(name: str, settings: Settings, context: TargetContext) -> HealthPages:
    """Make the target; it connects when a check first asks."""
    return HealthPages(name, settings, context)


class HealthPages:
    """The pages on which a service tells how it is.

    Each raises what an endpoint raises, and `service`, `page` and `component`
    MeasurementError for a body that is not a JSON object with a status. A status
    of HTTP is never an error: 503 is how a service says that it is not well.
    """

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self.poll_every = settings.poll_every
        self._settings = settings
        self._context = context
        self._turning = threading.Lock()
        self._transitions: tuple[Transition, ...] | None = None
        keys = settings.model_dump(include=set(endpoint.Settings.model_fields) - {"kind"})
        self._endpoint = endpoint.open_target(
            name, endpoint.Settings(kind="endpoint", **keys), context
        )

    def describe(self) -> str:
        """The service's URL without secrets."""
        return f"health of {self._endpoint.describe()}"

    def close(self) -> None:
        """Close all connections."""
        self._endpoint.close()

    def ready(self) -> Response:
        """Whether it takes work: the answer to be judged by `responds(200, within=...)`."""
        return self._endpoint.get(self._settings.ready_path)

    def live(self) -> Response:
        """Whether it runs: the answer to be judged by `responds(200, within=...)`."""
        return self._endpoint.get(self._settings.live_path)

    def settle(
        self,
        times: int = 3,
        within: str | timedelta = "60 s",
        every: str | timedelta | None = None,
    ) -> float:
        """Wait until ready and live answered well `times` times in a row; the seconds it took.

        A service that is down is asked again, `every` so often: `poll_every` of
        the settings by default. Raises MeasurementError when it is not `within`
        the time, with what it said last.
        """
        return settle(
            {self.name: self.poll},
            times=times,
            within=parse_duration(within),
            every=parse_duration(every) if every else self.poll_every,
        )

    def poll(self) -> str:
        """Ask live and ready once, over a new connection; what is wrong with the first bad answer.

        "" where both are well. That it could not be reached before is no reason
        not to ask: it may be starting.
        """
        fresh = replace(self._context, outages=Outages())
        pages = HealthPages(self.name, self._settings.model_copy(update={"retries": 0}), fresh)
        try:
            for page, ask in (("live", pages.live), ("ready", pages.ready)):
                if objection := object_to(ask()):
                    return f"{page} {objection}"
        except Unavailable as outage:
            return outage.reason
        except MeasurementError as error:
            return str(error).removeprefix(f"{self.name}: ")
        finally:
            pages.close()
        return ""

    def service(self) -> Health:
        """What it says of itself and its parts."""
        return self._read(self._settings.path)

    def page(self, name: str) -> Health:
        """A special page below the service's own, such as "kafka" or "dependencies"."""
        return self._read(f"{self._settings.path.rstrip('/')}/{name.strip('/')}")

    def component(self, name: str) -> Component:
        """A part, by its own page.

        Raises MeasurementError when the service has no such page, and for one
        without a status.
        """
        path = self._settings.component_path.format(component=quote(name, safe=""))
        response = self._endpoint.get(path)
        if response.status == 404:
            raise self._wrong(response, f"there is no component {name!r}")
        found = read_component(name, self._json(response))
        if found.status == "none":
            raise self._wrong(response, f"there is no status of {name!r}")
        state = _together(found.state, response.status)
        return found if state == found.state else _worse(found, state, response.status)

    def transitions(self) -> tuple[Transition, ...]:
        """The parts that have turned since the last scheduled run looked, the worst first.

        Empty where no earlier run did. The service is asked once in a run, for
        all checks that ask.
        """
        with self._turning:
            if self._transitions is None:
                self._transitions = self._transitions_since_last_run()
            return self._transitions

    def find(self, name: str) -> Component:
        """A part as the service's own page names it.

        Raises MeasurementError when it names no such part.
        """
        health = self.service()
        if name not in health.components:
            near = suggest("component", name, health.components)
            raise self._wrong(health.response, f"there is no component {name!r}; {near}")
        return health.components[name]

    def _transitions_since_last_run(self) -> tuple[Transition, ...]:
        parts, looked = self.service().components, datetime.now(UTC)
        readings = self._context.readings
        last = readings.last(self.name, read_states)
        readings.keep(self.name, write_states(parts))
        return transitions_between(last.content, last.slot, parts, looked) if last else ()

    def _read(self, path: str) -> Health:
        response = self._endpoint.get(path)
        answered = datetime.now(UTC)
        body = self._json(response)
        if not isinstance(body, dict):
            raise self._wrong(response, f"it answered {shorten(response.text, 60)!r}, no object")
        status = body.get("status", body.get("healthy"))
        if not isinstance(status, (str, bool)):
            known = ", ".join(list(body)[:8]) or "nothing"
            raise self._wrong(response, f'there is no "status" that is text; it has {known}')
        at = read_moment(body.get("timestamp", body.get("time")))
        # It told its time somewhere between our asking and the answer.
        asked = answered - timedelta(seconds=response.seconds / 2)
        return Health(
            status=str(status),
            state=_together(read_state(status), response.status),
            components=read_components(body),
            version=_text(body.get("version")),
            service=_text(body.get("service")),
            at=at,
            clock_ahead=(at - asked).total_seconds() if at else None,
            body=body,
            response=response,
        )

    def _json(self, response: Response) -> Any:
        try:
            return response.json()
        except MeasurementError as error:
            raise MeasurementError(f"{self.name}: status {response.status}, but {error}") from None

    def _wrong(self, response: Response, what: str) -> MeasurementError:
        return MeasurementError(f"{self.name}: at {response.url} {what}")


def _together(state: State, http_status: int) -> State:
    """A good word with a status of failure is not believed."""
    well = 200 <= http_status < 300
    return "unhealthy" if state in ("healthy", "unknown") and not well else state


def _worse(component: Component, state: State, http_status: int) -> Component:
    said = f"status {http_status}, although the body says {component.status}"
    return replace(component, state=state, detail=component.detail or said)


def _text(value: object) -> str:
    return shorten(str(value), 100) if isinstance(value, (str, int, float)) else ""
