"""Whether the four services run, are ready, and find what they need."""

from __future__ import annotations

import os

import pytest

from gatepost import (
    HealthPages,
    MeasurementError,
    Response,
    at_most,
    check,
    conforms_to,
    health_schema,
    healthy,
    responds,
)
from gatepost.targets.health import Health
from gatepost.targets.health_body import Component

from .services import COMPONENTS, SERVICES, each_of, each_service, health_of

pytestmark = check(owner="platform", runbook="service-down")

PAGES = "marketplace_{service}_health"


def well(service):
    """The service and its components are well, with a detail for each; degraded is an alert."""
    body = health_schema(checks=COMPONENTS[service], texts=("version", "service"))
    return healthy(degraded="alert", body=conforms_to(body))


@check(responds(200, within="1 s", alert="5 s"), severity="critical", target=PAGES)
@each_service
def check_live(target: HealthPages, service: str) -> Response:
    """The process answers. Both times are chosen; the system states none."""
    return target.live()


@check(responds(200, within="1 s", alert="5 s"), severity="high", target=PAGES)
@each_service
def check_ready(target: HealthPages, service: str) -> Response:
    """The service takes work. Both times are chosen; the system states none."""
    return target.ready()


@pytest.mark.parametrize(
    "service", [pytest.param(name, marks=check(well(name))) for name in SERVICES]
)
@check(severity="critical", target=PAGES)
def check_service(target: HealthPages, service: str) -> Health:
    """What the service says of itself, with a detail on each of its components."""
    return target.service()


@check(healthy(degraded="alert"), severity="high", target=PAGES)
@each_of(COMPONENTS, "service, component")
def check_component(target: HealthPages, service: str, component: str) -> Component:
    """A component, by its own page."""
    return target.component(component)


@check(healthy(degraded="alert"), severity="high")
def check_kafka(marketplace_processor_health: HealthPages) -> Health:
    """What the processor says of its Kafka."""
    return marketplace_processor_health.page("kafka")


@check(healthy(degraded="alert"), severity="high")
def check_dependencies(marketplace_api_health: HealthPages) -> Health:
    """What the api says of the services that it depends on."""
    return marketplace_api_health.page("dependencies")


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
