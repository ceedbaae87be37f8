"""What the page of Job Scout has to show: its metrics by type, and the labels that checks need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from gatepost import Page

METRICS: dict[str, tuple[str, set[str]]] = {
    "http_request_duration_seconds": ("histogram", {"endpoint"}),
    "db_query_duration_seconds": ("histogram", set()),
    "external_api_duration_seconds": ("histogram", set()),
    "scan_duration_seconds": ("histogram", set()),
    "http_requests_total": ("counter", {"endpoint", "status_code"}),
    "http_requests_in_progress": ("gauge", set()),
    "active_sessions": ("gauge", set()),
    "external_api_requests_total": ("counter", set()),
    "application_errors_total": ("counter", set()),
    "db_errors_total": ("counter", set()),
    "external_api_errors_total": ("counter", set()),
    "scan_errors_total": ("counter", set()),
    "db_connections_active": ("gauge", set()),
    "db_connections_idle": ("gauge", set()),
    "memory_usage_percent": ("gauge", set()),
    "application_uptime_seconds": ("gauge", set()),
    "iam_jobs_total": ("gauge", set()),
    "iam_jobs_new": ("gauge", set()),
    "iam_jobs_saved": ("gauge", set()),
    "iam_jobs_applied": ("gauge", set()),
    "scan_runs_total": ("counter", {"status"}),
    "last_successful_scan_timestamp": ("gauge", set()),
    "job_status_updates_total": ("counter", set()),
}


def differences(page: Page) -> Iterator[str]:
    """A phrase for each metric that is missing, or declared otherwise than the contract says.

    Before anything was counted a counter has no series; a gauge always has a value.
    """
    for name, (kind, labels) in METRICS.items():
        family = page.families.get(name)
        if family is None:
            yield f"{name} is missing"
            continue
        if family.type != kind:
            yield f"{name} is a {family.type}, not a {kind}"
        if family.type == kind == "gauge" and not page.vector(name):
            yield f"{name} has no series"
        if not family.help:
            yield f"{name} has no help"
        if family.labels and (lacking := labels - family.labels):
            yield f"{name} has no label {' or '.join(sorted(lacking))}"


def gauges_age(page: Page) -> timedelta | None:
    """How long ago gauges were set: the uptime that they show ended then.

    None where the page lacks the uptime or the start of the process.
    """
    names = ("process_start_time_seconds", "application_uptime_seconds")
    if not all(name in page for name in names):
        return None
    started, uptime = (page.value(name) for name in names)
    if started is None or uptime is None:
        return None
    return timedelta(seconds=page.at.timestamp() - started - uptime)
