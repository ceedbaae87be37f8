"""Whether Job Scout does what it is for: scans that succeed and bring jobs, and none get lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from gatepost import (
    Metrics,
    Prometheus,
    at_least,
    check,
    falls_at_most,
    fresh_within,
    share_of_mean,
)

pytestmark = check(owner="product")


@check(fresh_within("6 h", alert="24 h"), severity="high", runbook="scans")
def check_scan_age(jobscout_metrics: Metrics) -> datetime | None:
    """When the newest successful scan ended."""
    ended = jobscout_metrics.page().value("last_successful_scan_timestamp")
    return datetime.fromtimestamp(ended, UTC) if ended else None


@check(at_least(95, alert=80, unit="%"), severity="high", runbook="scans")
def check_scan_success(jobscout_prometheus: Prometheus) -> float | None:
    """Share of the scans of the last two days that succeeded.

    Two days are chosen: enough scans for a share, and some are left to judge
    when none has run for a day, which scan_age tells of.
    """
    query = 'sum by (status) (increase(scan_runs_total{job="jobscout"}[2d]))'
    runs = jobscout_prometheus.vector(query).by("status")
    every = sum(runs.values())
    return 100 * runs.get("success", 0.0) / every if every else None


@check(share_of_mean(0.3, most=3, over=30, unit="jobs"), severity="medium", runbook="jobs")
def check_new_jobs(jobscout_prometheus: Prometheus) -> pd.Series:
    """New jobs per scan, as the mean of the last 24 hours; the shares are chosen."""
    query = 'avg(avg_over_time(iam_jobs_new{job="jobscout"}[1d]))'
    return jobscout_prometheus.series(query, last="30 days", step="1 day")


@check(falls_at_most(alert=20, unit="%"), severity="medium", runbook="jobs")
def check_totals(
    jobscout_metrics: Metrics, prometheus_if_any: Prometheus | None
) -> pd.Series | float | None:
    """Jobs known: no fewer than were saved or applied to, and no sudden loss.

    Of a day by Prometheus or, where there is none, by the check's own history.
    """
    page = jobscout_metrics.page()
    total, saved, applied = (
        page.value(f"iam_jobs_{name}") for name in ("total", "saved", "applied")
    )
    if total is None or saved is None or applied is None:
        return None
    assert saved <= total, f"{saved:,.0f} jobs are saved, of {total:,.0f} in all"
    assert applied <= total, f"{applied:,.0f} jobs are applied to, of {total:,.0f} in all"
    if prometheus_if_any is None:
        return total
    query = 'sum(last_over_time(iam_jobs_total{job="jobscout"}[1h]))'
    return prometheus_if_any.series(query, last="1 day", step="1 h")
