"""Every fault of JobInsight's stand-in turns its own checks, and no other."""

from __future__ import annotations

from pathlib import Path

import fault_runs
import pytest
from fault_runs import HEALTHY

from fixtures import jobinsight
from fixtures.jobinsight import FAULTS
from fixtures.postgres import Server
from fixtures.standin import Fault


@pytest.mark.parametrize("fault", [HEALTHY, *FAULTS], ids=lambda fault: fault.name)
def test_a_fault_turns_exactly_its_own_checks(
    postgres_server: Server, fault: Fault, tmp_path: Path
) -> None:
    """The checks that fail and those that warn are the ones the fault names; others stay ok."""
    report = fault_runs.check_faulty(jobinsight, postgres_server, fault, tmp_path)
    fault_runs.assert_turns(report, fault)
    assert bool(fault_runs.ids_of(report, "inhibited")) == (fault.name == "db_down")


def test_an_outage_is_one_failure_with_one_cause(postgres_server: Server, tmp_path: Path) -> None:
    """With the database down its own check is in alert, and all that need it point there."""
    fault = next(each for each in FAULTS if each.name == "db_down")
    report = fault_runs.check_faulty(jobinsight, postgres_server, fault, tmp_path)
    rows = {row["check"]["id"]: row["verdict"] for row in report["results"]}
    database = rows["jobinsight.health.database"]
    assert (database["level"], database["cause"]) == ("breach", "jobinsight_db")
    assert database["sentence"].startswith("no answer: ")
    inhibited = {check_id for check_id, row in rows.items() if row["level"] == "inhibited"}
    assert len(inhibited) > 20
    assert {rows[check_id]["cause"] for check_id in inhibited} == {"jobinsight_db"}
    leads = [group for group in report["groups"] if group["inhibited"]]
    assert [group["lead"] for group in leads] == ["jobinsight.health.database"]
