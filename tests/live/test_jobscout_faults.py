"""Every fault of Job Scout's stand-in turns its own checks, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fault_runs
import pytest
from fault_runs import HEALTHY

from fixtures import jobscout
from fixtures.jobscout import FAULTS
from fixtures.postgres import Server
from fixtures.programs import ProgramError
from fixtures.prometheus import find_programs
from fixtures.pytest_fixtures import miss
from fixtures.standin import Fault


@pytest.fixture(autouse=True)
def prometheus() -> None:
    """Skip the tests where no Prometheus is installed."""
    try:
        find_programs()
    except ProgramError as error:
        miss(str(error))


@pytest.mark.parametrize("fault", [HEALTHY, *FAULTS], ids=lambda fault: fault.name)
def test_a_fault_turns_exactly_its_own_checks(
    postgres_server: Server, fault: Fault, tmp_path: Path
) -> None:
    """The checks that fail and those that warn are the ones the fault names; others stay ok."""
    report = fault_runs.check_faulty(jobscout, postgres_server, fault, tmp_path)
    fault_runs.assert_turns(report, fault)
    assert not fault_runs.ids_of(report, "learning")
    inhibited = fault_runs.ids_of(report, "inhibited")
    if fault.name != "down":
        assert not inhibited
    else:
        assert causes(report, inhibited) == {"jobscout_metrics"}
        assert "jobscout.slo.availability" not in inhibited, "Prometheus knows of the time before"


def causes(report: Mapping[str, Any], ids: set[str]) -> set[str]:
    """What checks say that they could not be measured for."""
    return {row["verdict"]["cause"] for row in report["results"] if row["check"]["id"] in ids}
