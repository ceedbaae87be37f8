"""Whether the API's own reports can be relied on, and whether all that they name is watched."""

from __future__ import annotations

from gatepost import Endpoint, HealthPages, check, conforms_to, responds
from gatepost.targets.response import Response
from gatepost.wording import join_some

from .pages import (
    ALERTS_BODY,
    PERFORMANCE_BODY,
    get_performance,
    read_health,
    reported_endpoints,
)
from .universe import COMPONENTS, ENDPOINTS

pytestmark = check(owner="backend", runbook="reports")


@check(responds(200, within="5 s", body=conforms_to(PERFORMANCE_BODY)), severity="medium")
def check_performance(finance_api: Endpoint) -> Response:
    """The report that latency and errors are read from comes and keeps its schema.

    The target of 5 s is chosen; the system states none.
    """
    return get_performance(finance_api)


@check(responds(200, within="5 s", body=conforms_to(ALERTS_BODY)), severity="low")
def check_alerts(finance_api: Endpoint) -> Response:
    """The service sums up the alerts that it stored, and tells the last ten; 5 s is chosen."""
    return finance_api.get("/api/v1/metrics/alerts", params={"status": "active"})


@check(severity="low")
def check_unwatched(finance_api: Endpoint, finance_health: HealthPages) -> None:
    """Every endpoint and component that the service reports is one that a check watches."""
    found = {*reported_endpoints(finance_api), *read_health(finance_health).components}
    unwatched = sorted(found - {*ENDPOINTS, *COMPONENTS})
    named = join_some(unwatched)
    assert not unwatched, f"{len(unwatched)} unwatched: {named}; see checks/finance/universe.py"
