"""Runs the checks of one system against its stand-in, for the tests of its faults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from fixtures.claims import claim_folder
from fixtures.postgres import Server
from fixtures.standin import Fault

ROOT = Path(__file__).parents[2]
HEALTHY = Fault("healthy", "Nothing is wrong.")

_FAILING = ("breach", "no_data", "error")


def check_faulty(module: ModuleType, server: Server, fault: Fault, reports: Path) -> dict[str, Any]:
    """Run a system's checks once against its stand-in with one fault; returns report.json.

    `module` is the system's package of stand-ins, such as `fixtures.jobinsight`.
    """
    system = module.__name__.rpartition(".")[2]
    claim = claim_folder("test")
    try:
        database = f"{system}_{fault.name}"
        standin = module.start(server, [fault], claim.path, datetime.now(UTC), database=database)
        try:
            standin.settle()
            return run_checks(system, standin.environment, reports, fails=bool(fault.turns))
        finally:
            standin.stop()
    finally:
        claim.release()


def run_checks(
    system: str, environment: Mapping[str, str], reports: Path, *arguments: str, fails: bool
) -> dict[str, Any]:
    """Run a system's checks with a stand-in's variables; returns report.json."""
    command = [sys.executable, "-m", "pytest", f"checks/{system}", "-q", "-p", "no:cacheprovider"]
    finished = subprocess.run(
        [*command, f"--gatepost-reports={reports}", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == int(fails), finished.stdout + finished.stderr
    document: dict[str, Any] = json.loads((reports / "report.json").read_text(encoding="utf-8"))
    assert document["run"]["expected"] == len(document["results"])
    return document


def assert_turns(report: Mapping[str, Any], fault: Fault) -> None:
    """The checks that fail and those that warn are the ones the fault names; others stay ok."""
    said = {row["check"]["id"]: row["verdict"]["sentence"] for row in report["results"]}
    failing, warning = ids_of(report, *_FAILING), ids_of(report, "warning")
    assert failing == set(fault.turns), _tell(said, failing ^ set(fault.turns))
    assert warning == set(fault.warns), _tell(said, warning ^ set(fault.warns))


def ids_of(report: Mapping[str, Any], *levels: str) -> set[str]:
    """The ids of the checks whose verdict has one of the levels."""
    return {row["check"]["id"] for row in report["results"] if row["verdict"]["level"] in levels}


def _tell(said: Mapping[str, str], differing: set[str]) -> str:
    return "\n".join(f"{each}: {said.get(each, 'no such check')}" for each in sorted(differing))
