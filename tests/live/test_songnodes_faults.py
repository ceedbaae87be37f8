"""Every fault of SongNodes' stand-in turns its own checks, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import fault_runs
import pytest
from fault_runs import HEALTHY

from fixtures import songnodes
from fixtures.postgres import Server
from fixtures.songnodes import FAULTS
from fixtures.songnodes.scenario import combine
from fixtures.standin import Fault

BY_NAME = {fault.name: fault for fault in (HEALTHY, *FAULTS)}

TOGETHER = (
    ("healthy",),
    ("zero_tracks", "schema_errors", "asyncio_warnings", "container_unhealthy", "rule_missing"),
    ("pool_full", "pool_high", "low_rate", "duplicates", "redis_down"),
    ("coverage_drop", "slow_flush", "memory_high", "target_down", "dashboard_broken"),
    ("brief_blip", "alertmanager_disconnected", "db_down"),
    ("prometheus_down", "schema_drift"),
)
"""Faults of different scrapers and servers are tried at once, for the sake of time.

What one turns beside its own checks is seen all the same: none of the others may turn it.
"""

UNMEASURED = {"db_down", "prometheus_down", "redis_down", "target_down"}
"""What leaves checks without anything to measure."""

LEARNING = {"songnodes.schema.migrations_landed"}
"""What only its own history can tell, of which a first run has none."""


@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
def test_a_fault_turns_exactly_its_own_checks(
    postgres_server: Server, names: Sequence[str], tmp_path: Path
) -> None:
    """The checks that fail and those that warn are the ones the faults name; others stay ok."""
    fault = together([BY_NAME[name] for name in names])
    report = fault_runs.check_faulty(songnodes, postgres_server, fault, tmp_path)
    fault_runs.assert_turns(report, fault)
    assert bool(fault_runs.ids_of(report, "inhibited")) == bool(UNMEASURED & set(names))
    assert fault_runs.ids_of(report, "learning") <= LEARNING


def test_every_fault_is_tried() -> None:
    """No fault is left out, and none is tried beside another that turns one of its checks."""
    assert sorted(name for names in TOGETHER for name in names) == sorted(BY_NAME)
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
