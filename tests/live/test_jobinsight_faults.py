"""Every fault of JobInsight's stand-in turns its own checks, and no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fixtures.claims import claim_folder
from fixtures.jobinsight import FAULTS, start
from fixtures.postgres import Server
from fixtures.standin import Fault

REPOSITORY = Path(__file__).parents[2]
HEALTHY = Fault("healthy", "Nothing is wrong.")


def check_jobinsight(server: Server, fault: Fault, reports: Path) -> dict[str, Any]:
    """Run JobInsight's checks against a stand-in with the fault; returns report.json."""
    claim = claim_folder("test")
    standin = start(server, [fault], claim.path, datetime.now(UTC), database=f"f_{fault.name}")
    command = ["-m", "pytest", "checks/jobinsight", "-q", "-p", "no:cacheprovider"]
    try:
        finished = subprocess.run(
            [sys.executable, *command, f"--gatepost-reports={reports}"],
            cwd=REPOSITORY,
            env={**os.environ, **standin.environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        standin.stop()
        claim.release()
    assert finished.returncode == (1 if fault.turns else 0), finished.stdout + finished.stderr
    document: dict[str, Any] = json.loads((reports / "report.json").read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize("fault", [HEALTHY, *FAULTS], ids=lambda fault: fault.name)
def test_a_fault_turns_exactly_its_own_checks(
    postgres_server: Server, fault: Fault, tmp_path: Path
) -> None:
    """The checks that fail and those that warn are the ones the fault names; others stay ok."""
    report = check_jobinsight(postgres_server, fault, tmp_path)
    by_level: dict[str, set[str]] = {}
    for row in report["results"]:
        by_level.setdefault(row["verdict"]["level"], set()).add(row["check"]["id"])
    failing = set().union(*(by_level.get(level, set()) for level in ("breach", "no_data", "error")))
    assert failing == set(fault.turns)
    assert by_level.get("warning", set()) == set(fault.warns)
    inhibited = by_level.get("inhibited", set())
    assert bool(inhibited) == (fault.name == "db_down")
    assert report["run"]["expected"] == len(report["results"])


def test_an_outage_is_one_failure_with_one_cause(postgres_server: Server, tmp_path: Path) -> None:
    """With the database down its own check is in alert, and all that need it point there."""
    fault = next(each for each in FAULTS if each.name == "db_down")
    report = check_jobinsight(postgres_server, fault, tmp_path)
    rows = {row["check"]["id"]: row["verdict"] for row in report["results"]}
    database = rows["jobinsight.health.database"]
    assert (database["level"], database["cause"]) == ("breach", "jobinsight_db")
    assert database["sentence"].startswith("no answer: ")
    inhibited = {check_id for check_id, row in rows.items() if row["level"] == "inhibited"}
    assert len(inhibited) > 20
    assert {rows[check_id]["cause"] for check_id in inhibited} == {"jobinsight_db"}
    leads = [group for group in report["groups"] if group["inhibited"]]
    assert [group["lead"] for group in leads] == ["jobinsight.health.database"]
