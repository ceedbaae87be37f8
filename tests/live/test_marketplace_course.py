"""What Marketplace's checks see from one scheduled run to the next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fault_runs import ROOT, ids_of

from fixtures.claims import claim_folder
from fixtures.marketplace import FAULTS, services, start
from fixtures.postgres import Server
from fixtures.standin import Fault, Standin

BY_NAME = {fault.name: fault for fault in FAULTS}

SCHEDULE = """
import sys
import pytest

*arguments, reports, slots = sys.argv[1:]
for number, slot in enumerate(slots.split()):
    place = [f"--gatepost-slot={slot}", f"--gatepost-reports={reports}/{number}"]
    pytest.main([*arguments, *place])
"""
"""Runs of one schedule, one after the other in one process, for the sake of time."""


@pytest.fixture
def bring_up(postgres_server: Server) -> Iterator[Callable[..., Standin]]:
    """Starts a stand-in with some faults."""
    claim = claim_folder("test")
    running: list[Standin] = []

    def begin(*faults: Fault) -> Standin:
        now = datetime.now(UTC)
        running.append(start(postgres_server, faults, claim.path, now, database="course"))
        return running[0]

    yield begin
    for standin in running:
        standin.stop()
    claim.release()


def run_schedule(
    environment: Mapping[str, str], folder: Path, groups: Sequence[str], slots: Sequence[datetime]
) -> list[dict[str, Any]]:
    """Run some groups of checks at the slots; returns the reports."""
    command = [f"checks/marketplace/check_{group}.py" for group in groups]
    command += ["-q", "-p", "no:cacheprovider", "--gatepost-mode=scheduled"]
    command += ["-o", f"gatepost_history=sqlite:///{folder / 'history.sqlite'}"]
    times = " ".join(slot.isoformat() for slot in slots)
    done = subprocess.run(
        [sys.executable, "-c", SCHEDULE, *command, str(folder), times],
        cwd=ROOT,
        env={**os.environ, **environment, "GATEPOST_SLACK_WEBHOOK": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    files = [folder / str(number) / "report.json" for number in range(len(slots))]
    assert all(file.exists() for file in files), done.stdout + done.stderr
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def minutes_until_now(count: int) -> list[datetime]:
    """So many slots, a minute apart, the last of them now."""
    now = datetime.now(UTC)
    return [now - timedelta(minutes=ago) for ago in reversed(range(count))]


def said(report: Mapping[str, Any], check_id: str) -> str:
    """The sentence of a check."""
    rows = [row for row in report["results"] if row["check"]["id"] == check_id]
    return str(rows[0]["verdict"]["sentence"])


def test_what_lasts_turns_its_own_checks(bring_up: Callable[..., Standin], tmp_path: Path) -> None:
    """Memory, CPU and the ceiling warn at first and fail after 5 minutes; a leak after ten runs."""
    faults = [BY_NAME[name] for name in ("memory_high", "cpu_high", "at_ceiling", "fd_leak")]
    environment = bring_up(*faults).environment
    first, *_, sixth, _, _, _, _, last = run_schedule(
        environment, tmp_path, ["resources"], minutes_until_now(11)
    )
    memory, cpu, ceiling, leak = (fault.turns for fault in faults)
    assert ids_of(first, "warning") == {*memory, *cpu, *ceiling}
    assert ids_of(first, "breach", "no_data", "error") == set()
    assert ids_of(sixth, "breach", "no_data", "error") == {*memory, *cpu, *ceiling}
    assert ids_of(last, "breach", "no_data", "error") == {*memory, *cpu, *ceiling, *leak}
    assert ids_of(last, "warning", "learning") == set()


def test_a_restart_is_no_alert(bring_up: Callable[..., Standin], tmp_path: Path) -> None:
    """Counters that began at zero with their process are counted from there."""
    environment = bring_up(BY_NAME["counter_reset"]).environment
    groups = ["metrics", "http", "db", "kafka", "activity"]
    _, after = run_schedule(environment, tmp_path, groups, minutes_until_now(2))
    assert ids_of(after, "breach", "no_data", "error", "warning") == set()
    quiet = [row["verdict"] for row in after["results"] if row["verdict"]["level"] == "inhibited"]
    assert all(each["sentence"].startswith("nothing was counted") for each in quiet)
    assert len(quiet) < len(after["results"]) / 2


def test_counters_that_fall_without_a_restart_break_the_contract(
    bring_up: Callable[..., Standin], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that does not tell of the restart breaks its promise that counters only rise."""
    write = services.write_page

    def hide_start(*arguments: Any) -> str:
        lines = write(*arguments).splitlines(keepends=True)
        return "".join(line for line in lines if "process_start" not in line)

    monkeypatch.setattr(services, "write_page", hide_start)
    environment = bring_up(BY_NAME["counter_reset"]).environment
    _, after = run_schedule(environment, tmp_path, ["metrics"], minutes_until_now(2))
    assert ids_of(after, "breach") == {"marketplace.metrics.contract[api]"}
    assert "fell without a restart" in said(after, "marketplace.metrics.contract[api]")


def test_a_component_that_turned_false_is_named(
    bring_up: Callable[..., Standin], tmp_path: Path
) -> None:
    """The run after it turned names it with what it says; the one after that does not."""
    failing: dict[str, str] = {}
    environment = bring_up(Fault("turning", "...", changes={"false_components": failing}))
    first, *_ = run_schedule(
        environment.environment, tmp_path, ["health"], minutes_until_now(3)[:1]
    )
    assert ids_of(first, "breach", "warning") == set()
    failing["notification/sms_provider"] = "503 from the gateway"
    second, third = run_schedule(
        environment.environment, tmp_path, ["health"], minutes_until_now(2)
    )
    check_id = "marketplace.health.transitions"
    assert check_id in ids_of(second, "warning")
    turned = "notification/sms_provider turned false (503 from the gateway, "
    assert turned in said(second, check_id)
    assert check_id in ids_of(third, "ok")
