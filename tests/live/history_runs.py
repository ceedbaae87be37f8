"""Runs as the history's tests need them: a few outcomes at a slot, all else made up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count

from gatepost.model import Declaration, Level, Mode, Result, Run, Verdict

DAY = timedelta(days=1)
FIRST = datetime(2026, 3, 1, 6, tzinfo=UTC)
LATER = FIRST + 1000 * DAY

_numbers = count(1)

Outcome = Level | float | Verdict
"""A level, a value that is ok, or a whole verdict."""


def result(check_id: str, outcome: Outcome, slot: datetime = FIRST) -> Result:
    """One result of a check."""
    match outcome:
        case Verdict():
            verdict = outcome
        case Level():
            verdict = Verdict(outcome, f"It came out as {outcome}.")
        case value:
            verdict = Verdict(Level.OK, f"{value} %, at least 0 %", float(value), "%")
    system, group, *_ = check_id.split(".")
    check = Declaration(check_id, system, group, nodeid=check_id, file="check_a.py", line=1)
    return Result(check, verdict, started=slot)


def run(slot: datetime, outcomes: Mapping[str, Outcome], **known: object) -> Run:
    """A scheduled run of the slot; `known` are fields of Run."""
    results = tuple(result(check_id, outcome, slot) for check_id, outcome in outcomes.items())
    fields = {
        "id": f"run-{next(_numbers)}",
        "slot": slot,
        "mode": Mode.SCHEDULED,
        "started": slot,
        "finished": slot + timedelta(seconds=9),
        "results": results,
        "expected": len(results),
    }
    return Run(**fields | known)


def partial_run(slot: datetime, outcomes: Mapping[str, Outcome], **known: object) -> Run:
    """A run that was interrupted."""
    return run(slot, outcomes, partial="interrupted", **known)


def days(count: int) -> tuple[datetime, ...]:
    """The first daily slots."""
    return tuple(FIRST + day * DAY for day in range(count))
