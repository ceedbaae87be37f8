"""Whether Job Scout answers, and keeps running."""

from __future__ import annotations

from gatepost import Endpoint, Metrics, Prometheus, answers, at_most, check

pytestmark = check(owner="platform")


@check(answers(), severity="critical", runbook="down")
def check_up(
    jobscout_metrics: Metrics, jobscout_app: Endpoint, prometheus_if_any: Prometheus | None
) -> float:
    """The metrics and the start page answer, in milliseconds, and Prometheus scrapes them.

    Where there is no Prometheus, the first two decide.
    """
    jobscout_metrics.page()
    page = jobscout_app.get("/")
    assert page.status == 200, f"the start page answers with status {page.status}"
    if prometheus_if_any:
        up = prometheus_if_any.scalar('min(up{job="jobscout"})')
        assert up is not None, "Prometheus has no target of the job jobscout"
        assert up == 1, "Prometheus cannot scrape the job jobscout"
    return page.seconds * 1000


@check(at_most(0, alert=3, unit="restarts"), severity="high", runbook="down")
def check_restarts(jobscout_prometheus: Prometheus, jobscout_metrics: Metrics) -> float | None:
    """How often the uptime fell in the last hour; 1 also where it did since the last run.

    That one restart is told, as a warning, is chosen.
    """
    query = 'sum(resets(application_uptime_seconds{job="jobscout"}[1h]))'
    restarts = jobscout_prometheus.scalar(query)
    if restarts == 0 and jobscout_metrics.interval().restarted:
        return 1
    return restarts
