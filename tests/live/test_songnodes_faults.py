"""Every fault of SongNodes' stand-in turns its own checks, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import fault_runs
import pytest
from fault_runs import HEALTHY

from fixtures.claims import claim_folder
from fixtures.postgres import Server
from fixtures.songnodes import FAULTS
from fixtures.songnodes.world import Settle, begin
from fixtures.standin import Fault, Standin

EVERY = (HEALTHY, *FAULTS)
AHEAD = 2
INHIBITING = {"db_down", "prometheus_down", "redis_down", "target_down"}

Start = Callable[[Fault], Standin]


class Ahead:
    """Starts stand-ins ahead of their turn, since Prometheus takes five seconds to settle."""

    def __init__(self, server: Server, undo: ExitStack) -> None:
        self._server = server
        self._undo = undo
        self._begun: dict[str, tuple[Standin, Settle]] = {}

    def start(self, fault: Fault) -> Standin:
        """The stand-in with a fault, settled, while those with the next faults settle."""
        following = EVERY[EVERY.index(fault) + 1 :][:AHEAD]
        for each in (fault, *following):
            if each.name not in self._begun:
                self._begun[each.name] = self._begin(each)
        standin, settle = self._begun.pop(fault.name)
        settle()
        return standin

    def _begin(self, fault: Fault) -> tuple[Standin, Settle]:
        claim = claim_folder("test")
        self._undo.callback(claim.release)
        database = f"songnodes_{fault.name}"
        now = datetime.now(UTC)
        standin, settle = begin(self._server, [fault], claim.path, now, database=database)
        self._undo.callback(standin.stop)
        return standin, settle


@pytest.fixture(scope="module")
def start(postgres_server: Server) -> Iterator[Start]:
    """Starts the stand-in with a fault; all are stopped in the end."""
    with ExitStack() as undo:
        yield Ahead(postgres_server, undo).start


@pytest.mark.parametrize("fault", EVERY, ids=lambda fault: fault.name)
def test_a_fault_turns_exactly_its_own_checks(start: Start, fault: Fault, tmp_path: Path) -> None:
    """The checks that fail and those that warn are the ones the fault names; others stay ok."""
    standin = start(fault)
    try:
        fails = bool(fault.turns)
        report = fault_runs.run_checks("songnodes", standin.environment, tmp_path, fails=fails)
    finally:
        standin.stop()
    fault_runs.assert_turns(report, fault)
    assert bool(fault_runs.ids_of(report, "inhibited")) == (fault.name in INHIBITING)
