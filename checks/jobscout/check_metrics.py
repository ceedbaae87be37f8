"""Whether the metrics of Job Scout can be relied on: the page keeps its contract, and counts."""

from __future__ import annotations

from datetime import timedelta

from gatepost import Endpoint, Metrics, at_least, check

from .contract import METRICS, differences, gauges_age

pytestmark = check(owner="platform", severity="medium")

REQUESTS = 5
REFRESHED_WITHIN = timedelta(seconds=60)


@check(runbook="metrics")
def check_contract(jobscout_metrics: Metrics) -> None:
    """Every metric is there with its type and help, and gauges were set within 60 s."""
    page = jobscout_metrics.page()
    wrong = list(differences(page))
    count = f"{len(wrong)} of {len(METRICS)} metrics"
    assert not wrong, f"{count} break the contract: {'; '.join(wrong)}"
    age = gauges_age(page)
    assert age is not None, "no process_start_time_seconds tells whether gauges are refreshed"
    seconds = age.total_seconds()
    assert age <= REFRESHED_WITHIN, f"gauges were last set {seconds:,.0f} s ago, limit 60 s"


@check(at_least(alert=REQUESTS, unit="requests"), runbook="metrics")
def check_counting(jobscout_metrics: Metrics, jobscout_app: Endpoint) -> float:
    """How many requests of the start page are counted while we make five."""
    before = jobscout_metrics.scrape()
    for _ in range(REQUESTS):
        jobscout_app.get("/")
    counted = jobscout_metrics.scrape().increase("http_requests_total", before)
    return counted.where(endpoint="/").sum() or 0.0
