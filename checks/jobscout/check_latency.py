"""How long Job Scout takes: quantiles of its histograms, in seconds.

Requests and queries are those since the last scheduled run or, where there was
none, since the process started. Scans come rarely, and the calls of job sites
with them: these are looked at over a longer time, which Prometheus knows.
"""

from __future__ import annotations

import pytest

from gatepost import Metrics, Prometheus, at_most, check, recorded

pytestmark = check(owner="backend")


def quantile_since_last_run(metrics: Metrics, histogram: str, share: float) -> float | None:
    """A quantile over all series of a histogram.

    Where it was idle the check is skipped: that is no failure, and does not end one either.
    """
    interval = metrics.interval()
    buckets = interval.increase(f"{histogram}_bucket")
    if buckets.sum() == 0:
        pytest.skip(f"nothing was counted {interval.words}")
    return buckets.quantile(share)


def quantile_of_last(
    window: str, prometheus: Prometheus | None, metrics: Metrics, histogram: str, share: float
) -> float | None:
    """A quantile of a longer time, by Prometheus; since the last run where there is none."""
    if prometheus is None:
        return quantile_since_last_run(metrics, histogram, share)
    buckets = f'increase({histogram}_bucket{{job="jobscout"}}[{window}])'
    return prometheus.scalar(f"histogram_quantile({share}, sum by (le) ({buckets}))")


@pytest.mark.parametrize(
    "share",
    [
        pytest.param(0.5, id="p50", marks=check(recorded(unit="s"))),
        pytest.param(0.95, id="p95", marks=check(at_most(1, alert=2, unit="s"))),
        pytest.param(0.99, id="p99", marks=check(recorded(unit="s"))),
    ],
)
@check(severity="high", runbook="slow")
def check_http(jobscout_metrics: Metrics, share: float) -> float | None:
    """Time from a request to its answer."""
    return quantile_since_last_run(jobscout_metrics, "http_request_duration_seconds", share)


@check(at_most(0.1, alert=1, unit="s"), severity="medium", runbook="slow")
def check_database(jobscout_metrics: Metrics) -> float | None:
    """What 95 % of the queries took at most."""
    return quantile_since_last_run(jobscout_metrics, "db_query_duration_seconds", 0.95)


@check(at_most(2, alert=10, unit="s"), severity="medium", runbook="slow")
def check_external_api(
    jobscout_metrics: Metrics, prometheus_if_any: Prometheus | None
) -> float | None:
    """What 95 % of the answers of job sites took at most; the time of 6 h is chosen."""
    name = "external_api_duration_seconds"
    return quantile_of_last("6h", prometheus_if_any, jobscout_metrics, name, 0.95)


@check(at_most(120, alert=600, unit="s"), severity="medium", runbook="slow")
def check_scan(jobscout_metrics: Metrics, prometheus_if_any: Prometheus | None) -> float | None:
    """What 95 % of the scans took at most; the time of two days is chosen."""
    name = "scan_duration_seconds"
    return quantile_of_last("2d", prometheus_if_any, jobscout_metrics, name, 0.95)
