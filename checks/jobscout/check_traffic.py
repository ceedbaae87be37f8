"""Whether the traffic of Job Scout is what it usually is at this hour of this weekday.

Each value is the mean of an hour, and stands beside the same hour of the weeks
before, so that quiet nights and weekends are as they are. The shares are
chosen; with fewer than three weeks of samples the verdict is *learning*.
"""

from __future__ import annotations

import pandas as pd

from gatepost import Prometheus, check, share_of_mean

pytestmark = check(owner="platform")


def same_hour(prometheus: Prometheus, promql: str) -> pd.Series:
    """The value of a query now, and at this hour of the five weeks before."""
    return prometheus.series(promql, last="5 weeks", step="1 week")


@check(
    share_of_mean(0.5, most=2, over=5, least=3, unit="requests/s"),
    severity="high",
    runbook="traffic",
)
def check_rate(jobscout_prometheus: Prometheus) -> pd.Series:
    """Requests per second: a drop may be an outage before us, a spike an attack."""
    return same_hour(jobscout_prometheus, 'sum(rate(http_requests_total{job="jobscout"}[1h]))')


@check(share_of_mean(most=5, over=5, least=3, unit="requests"), severity="low", runbook="traffic")
def check_in_progress(jobscout_prometheus: Prometheus) -> pd.Series:
    """Requests being answered; few of them are never too few."""
    query = 'sum(avg_over_time(http_requests_in_progress{job="jobscout"}[1h]))'
    return same_hour(jobscout_prometheus, query)


@check(
    share_of_mean(0.2, most=5, over=5, least=3, unit="sessions"),
    severity="low",
    runbook="traffic",
)
def check_sessions(jobscout_prometheus: Prometheus) -> pd.Series:
    """Active sessions."""
    return same_hour(jobscout_prometheus, 'sum(avg_over_time(active_sessions{job="jobscout"}[1h]))')
