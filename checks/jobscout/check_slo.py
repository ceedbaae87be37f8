"""Job Scout's two promises over 30 days, and how fast their error budgets are being spent.

Availability: 99.9 % of all requests without 5xx. Latency: 95 % of all requests
within 2 s. All figures are of counts: bad requests divided by all requests of
a window, once. The windows and factors of the burn rates are those of the
chapter "Alerting on SLOs" of Google's Site Reliability Workbook, for 30 days.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from gatepost import MeasurementError, Prometheus, above, at_least, at_most, check

from .slo import Events, budget_left, tier_burn

pytestmark = check(owner="platform")

AVAILABILITY, LATENCY = "99.9", "95"
PERIOD = "30d"

REQUESTS = 'sum(increase(http_requests_total{job="jobscout"}[$window]))'
FAILED = 'sum(increase(http_requests_total{job="jobscout",status_code=~"5.."}[$window]))'
TIMED = 'sum(increase(http_request_duration_seconds_count{job="jobscout"}[$window]))'
IN_TIME = """
    sum(increase(http_request_duration_seconds_bucket{job="jobscout",le=~"2|2[.]0"}[$window]))
"""

BUDGET = above(25, alert=0, unit="%")  # the target is chosen
TIERS = [
    pytest.param("1h", "5m", id="1h", marks=check(at_most(alert=14.4))),  # 2 % of the budget
    pytest.param("6h", "30m", id="6h", marks=check(at_most(alert=6))),  # 5 % of it
]


def availability(prometheus: Prometheus, window: str) -> Events | None:
    """All requests of a window; bad are those answered with 5xx."""
    total = prometheus.scalar(REQUESTS.replace("$window", window))
    return Events.counted(prometheus.scalar(FAILED.replace("$window", window)), total)


def latency(prometheus: Prometheus, window: str) -> Events | None:
    """All requests of a window; bad are those that took more than 2 s."""
    total = prometheus.scalar(TIMED.replace("$window", window))
    in_time = prometheus.scalar(IN_TIME.replace("$window", window))
    if total is None:
        return None
    if in_time is None:
        raise MeasurementError("http_request_duration_seconds has no bucket of 2 s to judge by")
    return Events.counted(total - in_time, total)


@check(BUDGET, severity="high", runbook="error-budget")
def check_availability(jobscout_prometheus: Prometheus) -> float | None:
    """What is left of the error budget of 30 days; where it is spent, nothing is released."""
    events = availability(jobscout_prometheus, PERIOD)
    return float(budget_left(events, AVAILABILITY)) if events else None


@check(BUDGET, severity="medium", runbook="error-budget")
def check_latency(jobscout_prometheus: Prometheus) -> float | None:
    """What is left of the budget of 30 days for slow requests."""
    events = latency(jobscout_prometheus, PERIOD)
    return float(budget_left(events, LATENCY)) if events else None


@pytest.mark.parametrize(("long", "short"), TIERS)
@check(severity="critical", runbook="error-budget")
def check_availability_burn(jobscout_prometheus: Prometheus, long: str, short: str) -> float | None:
    """How many times faster than allowed requests fail, in both windows of a tier."""
    windows = [availability(jobscout_prometheus, window) for window in (long, short)]
    burn = tier_burn(*windows, AVAILABILITY)
    return None if burn is None else float(burn)


@pytest.mark.parametrize(("long", "short"), TIERS)
@check(severity="high", runbook="error-budget")
def check_latency_burn(jobscout_prometheus: Prometheus, long: str, short: str) -> float | None:
    """How many times faster than allowed requests are slow, in both windows of a tier."""
    windows = [latency(jobscout_prometheus, window) for window in (long, short)]
    burn = tier_burn(*windows, LATENCY)
    return None if burn is None else float(burn)


@check(at_least(30, unit="days"), severity="low", runbook="error-budget")
def check_retention(jobscout_prometheus: Prometheus) -> float:
    """How long Prometheus keeps samples: 15 days unless told otherwise, too short for a budget."""
    return jobscout_prometheus.retention() / timedelta(days=1)
