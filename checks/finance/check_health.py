"""Whether the service and the parts that it stands on work, as it and they say themselves."""

from __future__ import annotations

import pytest

from gatepost import HealthPages, Host, Neo4j, answers, at_most, check, conforms_to, healthy
from gatepost.targets.health import Health
from gatepost.targets.health_body import Component

from .pages import HEALTH_BODY, find_component, read_health, system_figure
from .universe import COMPONENTS

pytestmark = check(owner="platform")

USAGE = at_most(80, alert=90, unit="%")


@check(healthy(body=conforms_to(HEALTH_BODY)), severity="critical", runbook="service")
def check_service(finance_health: HealthPages) -> Health:
    """The service answers, says that it is healthy, and its page keeps its schema."""
    return read_health(finance_health)


@check(healthy(), severity="high", runbook="service")
@pytest.mark.parametrize("component", COMPONENTS)
def check_component(finance_health: HealthPages, component: str) -> Component:
    """A part of the service, as the service finds it."""
    return find_component(finance_health, component)


@check(answers(within="1 s"), severity="critical", runbook="graph")
def check_neo4j(finance_graph: Neo4j) -> float:
    """A round trip over Bolt, past the service."""
    return finance_graph.ping()


@check(USAGE, severity="high", runbook="resources")
def check_cpu(finance_health: HealthPages) -> float:
    """Use of the processor, as the service measures it."""
    return system_figure(read_health(finance_health), "cpu_usage_percent")


@check(USAGE, severity="high", runbook="resources")
def check_memory(finance_health: HealthPages) -> float:
    """Use of the memory, as the service measures it."""
    return system_figure(read_health(finance_health), "memory_usage_percent")


@check(USAGE, severity="high", runbook="resources")
def check_disk(finance_health: HealthPages) -> float:
    """Use of the disk, as the service measures it; `finance.maintenance.disk` has each by name."""
    return system_figure(read_health(finance_health), "disk_usage_percent")


@check(at_most(1, alert=2, unit="per core"), severity="medium", runbook="resources")
def check_load(finance_health: HealthPages, finance_host: Host) -> float:
    """The service's load over five minutes; how many cores it has, only the host tells."""
    load = system_figure(read_health(finance_health), "load_average")
    return load / finance_host.load().cores


@check(at_most(30, alert=300, unit="s"), severity="low", runbook="clock")
def check_clock(finance_health: HealthPages) -> float | None:
    """How far the service's clock is from ours, ahead or behind."""
    ahead = read_health(finance_health).clock_ahead
    return None if ahead is None else abs(ahead)
