"""How full Job Scout is, and when it will be."""

from __future__ import annotations

import pandas as pd

from gatepost import Metrics, Prometheus, at_most, check, lasts

pytestmark = check(owner="platform")

USED = {
    "memory": 'max(avg_over_time(memory_usage_percent{job="jobscout"}[1h]))',
    "connections": """
        100 * sum(avg_over_time(db_connections_active{job="jobscout"}[1h]))
        / (sum(avg_over_time(db_connections_active{job="jobscout"}[1h]))
         + sum(avg_over_time(db_connections_idle{job="jobscout"}[1h])))
    """,
    "disk": """
        max(100 - 100 * avg_over_time(node_filesystem_avail_bytes{job="node",mountpoint="/"}[1h])
        / avg_over_time(node_filesystem_size_bytes{job="node",mountpoint="/"}[1h]))
    """,
}
"""Used share of each, in percent, as a mean of an hour."""


@check(at_most(70, alert=80, unit="%"), severity="high", runbook="saturation")
def check_connections(jobscout_metrics: Metrics) -> float | None:
    """Connections in use, of those in the pool."""
    page = jobscout_metrics.page()
    active = page.vector("db_connections_active").sum()
    idle = page.vector("db_connections_idle").sum()
    if active is None or idle is None or not active + idle:
        return None
    return 100 * active / (active + idle)


@check(at_most(80, alert=90, unit="%"), severity="high", runbook="saturation")
def check_memory(jobscout_metrics: Metrics) -> float | None:
    """Memory in use, of the process that uses most where there are several."""
    used = jobscout_metrics.page().vector("memory_usage_percent")
    return max((each.value for each in used), default=None)


@check(
    lasts("7 days", alert="1 day", over="3 days", unit="%"),
    severity="medium",
    runbook="saturation",
)
def check_forecast(jobscout_prometheus: Prometheus) -> dict[str, pd.Series]:
    """Time until memory, connections or the disk are full, at the trend of three days.

    Job Scout has no metric for its disk; that a node exporter on its machine,
    scraped as the job "node", tells of it is chosen.
    """
    return {
        name: jobscout_prometheus.series(query, last="3 days", step="1 h")
        for name, query in USED.items()
    }
