"""Every fault of My Finance's stand-in turns its own checks, and no other."""

from __future__ import annotations

from pathlib import Path

import fault_runs
import pytest
from fault_runs import HEALTHY

from fixtures import finance
from fixtures.finance import FAULTS
from fixtures.finance.events import USUAL_MS
from fixtures.postgres import Server
from fixtures.standin import Fault

BY_NAME = {fault.name: fault for fault in FAULTS}

APART = [
    BY_NAME[name]
    for name in (
        "new_endpoint",
        "dcf_slow",
        "prices_missing",
        "backup_shrunk",
        "logs_unpruned",
        "index_failed",
        "data_disk_full",
        "memory_high",
        "disk_high",
        "load_high",
    )
]
"""Faults that have nothing to do with each other, and so can be seen in one run."""

SEVERITIES = {
    "health.service": "critical",
    "health.component[neo4j]": "high",
    "health.component[llm_service]": "high",
    "health.component[data_pipeline]": "high",
    "health.neo4j": "critical",
    "health.cpu": "high",
    "health.memory": "high",
    "health.disk": "high",
    "health.load": "medium",
    "health.clock": "low",
    **{f"latency.average[{endpoint}]": "medium" for endpoint in USUAL_MS},
    **{f"latency.p95[{endpoint}]": "high" for endpoint in USUAL_MS},
    **{f"errors.rate[{endpoint}]": "high" for endpoint in USUAL_MS},
    "api.performance": "medium",
    "api.alerts": "low",
    "api.unwatched": "low",
    "dcf.success_rate": "high",
    "dcf.success_rate_by_ticker": "high",
    "dcf.duration[mean]": "medium",
    "dcf.duration[p95]": "medium",
    "dcf.errors": "medium",
    "log.schema": "medium",
    "quality.filing_completeness": "high",
    "quality.price_freshness": "high",
    "quality.analyst_coverage": "medium",
    "quality.consistency": "medium",
    "backup.age": "high",
    "backup.integrity": "high",
    "backup.retention": "low",
    "maintenance.log_retention": "low",
    "maintenance.disk[data]": "medium",
    "maintenance.disk[logs]": "medium",
    "maintenance.graph": "medium",
}
"""Every check, and how severe it can be at most."""


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault not in APART], ids=lambda fault: fault.name
)
def test_a_fault_of_finance_turns_exactly_its_own_checks(
    postgres_server: Server, fault: Fault, tmp_path: Path
) -> None:
    """The checks that fail and those that warn are the ones the fault names; others stay ok."""
    report = fault_runs.check_faulty(finance, postgres_server, fault, tmp_path)
    fault_runs.assert_turns(report, fault)
    causes = {row["verdict"]["cause"] for row in report["results"]} - {""}
    assert causes == {
        "api_down": {"finance_health", "finance_api"},
        "invalid_json": {"finance_health", "finance_api"},
        "neo4j_down": {"finance_graph"},
    }.get(fault.name, set())
    rated = {row["verdict"].get("severity") for row in report["results"]} - {None}
    assert rated == {"errors_7pct": {"medium"}, "errors_15pct": {"high"}}.get(fault.name, set())


def test_faults_that_are_apart_turn_their_checks_together(
    postgres_server: Server, tmp_path: Path
) -> None:
    """Each of them turns one check or two of its own, so that together they turn all of these."""
    together = Fault(
        "together",
        "Much goes wrong at once.",
        turns=tuple(check_id for fault in APART for check_id in fault.turns),
        changes={field: value for fault in APART for field, value in fault.changes.items()},
    )
    assert len(set(together.turns)) == len(together.turns)
    report = fault_runs.check_faulty(finance, postgres_server, together, tmp_path)
    fault_runs.assert_turns(report, together)


def test_good_health_of_finance_is_measured_by_every_check(
    postgres_server: Server, tmp_path: Path
) -> None:
    """All checks exist, with their severities, owners and runbooks, and each is ok."""
    report = fault_runs.check_faulty(finance, postgres_server, HEALTHY, tmp_path)
    fault_runs.assert_turns(report, HEALTHY)
    checks = [row["check"] for row in report["results"]]
    found = {check["id"].removeprefix("finance."): check["severity"] for check in checks}
    assert found == SEVERITIES
    assert {row["verdict"]["level"] for row in report["results"]} == {"ok"}
    assert all(check["owner"] and check["runbook"] for check in checks)
