"""How the services answer: errors and latency of each endpoint."""

from __future__ import annotations

import re

from gatepost import Metrics, at_most, check

from .counted import counted, percent
from .services import ENDPOINTS, each_of

pytestmark = check(owner="backend", runbook="http", target="marketplace_{service}_metrics")


@check(at_most(1, alert=5, unit="%"), severity="high")
@each_of(ENDPOINTS, "service, endpoint")
def check_error_rate(target: Metrics, service: str, endpoint: str) -> float | None:
    """Share of answers with a status of 500 or more since the last run."""
    requests = counted(target, "http_requests_total", endpoint=endpoint)
    failed = requests.where(status_code=re.compile("5..")).sum()
    return percent(failed, requests.sum())


@check(at_most(0.5, alert=2.5, unit="s"), severity="medium")
@each_of(ENDPOINTS, "service, endpoint")
def check_latency_p95(target: Metrics, service: str, endpoint: str) -> float | None:
    """Time that 95 of 100 requests stayed under since the last run, from the histogram."""
    name = "http_request_duration_seconds_bucket"
    return counted(target, name, endpoint=endpoint).quantile(0.95)
