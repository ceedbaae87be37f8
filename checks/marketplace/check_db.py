"""How the services get on with the database: errors and latency by table."""

from __future__ import annotations

from gatepost import Metrics, at_most, check

from .counted import counted, percent
from .services import TABLES, each_of

pytestmark = check(
    owner="backend",
    severity="high",
    runbook="database",
    target="marketplace_{service}_metrics",
)


@check(at_most(0.5, alert=2, unit="%"))
@each_of(TABLES, "service, table")
def check_error_rate(target: Metrics, service: str, table: str) -> float | None:
    """Share of a service's statements on a table that did not succeed since the last run."""
    operations = counted(target, "db_operations_total", table=table)
    succeeded = operations.where(status="success").sum() or 0
    every = operations.sum() or 0
    return percent(every - succeeded, every)


@check(at_most(0.1, alert=1, unit="s"))
@each_of(TABLES, "service, table")
def check_latency_p95(target: Metrics, service: str, table: str) -> float | None:
    """Time that 95 of 100 statements stayed under since the last run, from the histogram."""
    name = "db_operation_duration_seconds_bucket"
    return counted(target, name, table=table).quantile(0.95)
