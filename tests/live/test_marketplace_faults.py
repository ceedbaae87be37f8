"""Every fault of Marketplace's stand-in turns its own checks, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import fault_runs
import pytest
from fault_runs import HEALTHY

from fixtures import marketplace
from fixtures.marketplace import FAULTS, services
from fixtures.marketplace.scenario import combine
from fixtures.postgres import Server
from fixtures.standin import Fault

BY_NAME = {fault.name: fault for fault in (HEALTHY, *FAULTS)}

IN_TIME = {"memory_high", "cpu_high", "at_ceiling", "fd_leak"}
"""What is an alert only once it has lasted; test_marketplace_course.py tries these."""

TOGETHER = (
    ("healthy",),
    ("api_down", "kafka_stuck", "migration_behind", "backup_old"),
    ("processor_not_ready", "errors_5xx", "schema_drift", "log_contract_broken"),
    ("component_false", "slow_p95", "lock_wait", "error_burst", "backup_truncated"),
    ("rate_limited", "kafka_lag", "login_failures", "journey_broken", "counter_reset"),
    ("metrics_malformed", "wrong_version", "db_errors", "scrapes_failing", "bad_listings"),
)
"""Faults that have no check in common are tried at once, for the sake of time.

What one turns beside its own checks is seen all the same: none of the others may turn it.
"""

UNMEASURED = {"api_down", "metrics_malformed"}
"""What leaves checks without anything to measure."""

LEARNING = {
    *("marketplace.activity.active_users", "marketplace.activity.api_keys"),
    *(
        f"marketplace.resources.{name}[{service}]"
        for name in ("files", "threads")
        for service in ("api", "processor", "scraper", "notification")
    ),
}
"""What only its own history can tell, of which a first run has none."""


@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
def test_a_fault_turns_exactly_its_own_checks(
    postgres_server: Server, names: Sequence[str], tmp_path: Path
) -> None:
    """The checks that fail and those that warn are the ones the faults name; others stay ok."""
    fault = together([BY_NAME[name] for name in names])
    report = fault_runs.check_faulty(marketplace, postgres_server, fault, tmp_path)
    fault_runs.assert_turns(report, fault)
    assert bool(fault_runs.ids_of(report, "inhibited")) == bool(UNMEASURED & set(names))
    assert fault_runs.ids_of(report, "learning") <= LEARNING
    assert services.PASSWORD not in str(report)


def test_every_fault_is_tried() -> None:
    """No fault is left out, and none is tried beside another that turns one of its checks."""
    assert sorted(name for names in TOGETHER for name in names) == sorted(set(BY_NAME) - IN_TIME)
    for names in TOGETHER:
        turns = [each for name in names for each in (*BY_NAME[name].turns, *BY_NAME[name].warns)]
        assert len(turns) == len(set(turns))


def together(faults: Sequence[Fault]) -> Fault:
    """One fault that does what all of these do."""
    scenario = combine(faults)
    return Fault(
        "_".join(fault.name[:6] for fault in faults),
        "",
        turns=tuple(each for fault in faults for each in fault.turns),
        warns=tuple(each for fault in faults for each in fault.warns),
        changes={name: getattr(scenario, name) for fault in faults for name in fault.changes},
    )
