"""How often Job Scout fails, since the last scheduled run or since the process started."""

from __future__ import annotations

import re

from gatepost import Metrics, at_most, check

pytestmark = check(owner="backend")

A_MINUTE = at_most(0, alert=1, unit="errors/min")


def per_minute(metrics: Metrics, counter: str) -> float:
    """All series of a counter of errors; it has none before its first error."""
    return 60 * (metrics.interval().rate(counter).sum() or 0.0)


@check(at_most(1, alert=5, unit="%"), severity="high", runbook="errors")
def check_http_rate(jobscout_metrics: Metrics) -> float | None:
    """Share of all requests that were answered with 5xx."""
    requests = jobscout_metrics.interval().increase("http_requests_total")
    every = requests.sum()
    failed = requests.where(status_code=re.compile("5..")).sum() or 0.0
    return 100 * failed / every if every else None


@check(A_MINUTE, severity="medium", runbook="errors")
def check_database(jobscout_metrics: Metrics) -> float:
    """Errors of the database."""
    return per_minute(jobscout_metrics, "db_errors_total")


@check(A_MINUTE, severity="medium", runbook="errors")
def check_external_api(jobscout_metrics: Metrics) -> float:
    """Errors of job sites."""
    return per_minute(jobscout_metrics, "external_api_errors_total")


@check(A_MINUTE, severity="medium", runbook="errors")
def check_application(jobscout_metrics: Metrics) -> float:
    """Errors that nobody caught."""
    return per_minute(jobscout_metrics, "application_errors_total")


@check(A_MINUTE, severity="medium", runbook="errors")
def check_scan(jobscout_metrics: Metrics) -> float:
    """Errors of scans."""
    return per_minute(jobscout_metrics, "scan_errors_total")
