"""Whether the four services run, are ready, and find what they need."""

from __future__ import annotations

import os

import pandera.pandas as pa
import pytest

from gatepost import (
    MeasurementError,
    Response,
    at_most,
    check,
    conforms_to,
    health_schema,
    responds,
)

from .services import COMPONENTS, SERVICES, each_of, each_service, health_of

pytestmark = check(owner="platform", runbook="service-down")


def body_of(service):
    """The body of a service that is well: its word for it, and a detail for each component."""
    schema = health_schema(checks=COMPONENTS[service], texts=("version", "service"))
    return schema.update_column("status", checks=pa.Check.isin(["ok", "healthy"]))


@check(responds(200, within="1 s", alert="5 s"), severity="critical")
@each_service
def check_live(request: pytest.FixtureRequest, service: str) -> Response:
    """The process answers. Both times are chosen; the system states none."""
    return health_of(request, service).live()


@check(responds(200, within="1 s", alert="5 s"), severity="high")
@each_service
def check_ready(request: pytest.FixtureRequest, service: str) -> Response:
    """The service takes work. Both times are chosen; the system states none."""
    return health_of(request, service).ready()


@pytest.mark.parametrize(
    "service",
    [
        pytest.param(name, marks=check(responds(200, body=conforms_to(body_of(name)))))
        for name in SERVICES
    ],
)
@check(severity="critical")
def check_service(request: pytest.FixtureRequest, service: str) -> Response:
    """What the service says of itself: that it is well, and a detail on each of its components."""
    return health_of(request, service).service().response


@check(severity="high")
@each_of(COMPONENTS, "service, component")
def check_component(request: pytest.FixtureRequest, service: str, component: str) -> None:
    """A component, by its own page."""
    found = health_of(request, service).component(component)
    assert found.healthy, f"{found.status}: {found.detail or 'without a detail'}"


@check(severity="high")
def check_kafka(request: pytest.FixtureRequest) -> None:
    """What the processor says of its Kafka."""
    found = health_of(request, "processor").page("kafka")
    failing = ", ".join(part.name for part in found.unhealthy_components)
    assert found.healthy, f"the processor says {found.status}: {failing or 'of no part'}"


@check(severity="high")
def check_dependencies(request: pytest.FixtureRequest) -> None:
    """What the api says of the services that it depends on."""
    found = health_of(request, "api").page("dependencies")
    failing = ", ".join(part.name for part in found.unhealthy_components)
    assert found.healthy, f"the api says {found.status}: {failing or 'of no part'}"


@check(severity="high", runbook="release")
def check_version(request: pytest.FixtureRequest) -> None:
    """All services report the release of MARKETPLACE_RELEASE."""
    release = os.environ.get("MARKETPLACE_RELEASE")
    if not release:
        raise MeasurementError("MARKETPLACE_RELEASE is not set: which release should be live?")
    live = {service: health_of(request, service).service().version for service in SERVICES}
    others = [f"{service} reports {it or 'none'}" for service, it in live.items() if it != release]
    assert not others, f"{len(others)} of {len(live)} are not of {release}: {', '.join(others)}"


@check(at_most(0), severity="low")
def check_transitions(request: pytest.FixtureRequest) -> dict[str, int]:
    """Components that turned false since the last run, with what they say and when they turned."""
    found = dict.fromkeys(SERVICES, 0)
    for service in SERVICES:
        for turn in health_of(request, service).transitions():
            if turn.now == "unhealthy":
                said = f"{turn.detail or 'without a detail'}, {turn.turned:%H:%M:%S} UTC"
                found[f"{service}/{turn.component} turned false ({said})"] = 1
    return found
