"""Writes a finished run: all of it or nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, func, insert, select

from gatepost.history import schema
from gatepost.history.identity import fingerprint, manifest_hash, storable
from gatepost.history.store import Recorded
from gatepost.model import Mode, Result, Run

_SENTENCE_LENGTH = 500
"""Characters; enough for a sentence with a few examples, bounded for a million rows."""


def record(connection: Connection, run: Run, decision: str) -> Recorded:
    """Write the run, and what a scheduled one observed, inside the caller's transaction."""
    known = connection.scalar(
        select(schema.run.c.number).where(schema.run.c.id == storable(run.id))
    )
    if known is not None:
        return Recorded(stored=False, sentence=f"Nothing stored: run {run.id} is stored already.")
    if run.mode is Mode.GATE:
        _insert_run(connection, run, decision)
        return Recorded(stored=True, sentence="Stored the gate's decision.")
    if completed_by := _completed_by(connection, run):
        return Recorded(
            stored=False,
            sentence=f"Nothing stored: {_slot(run)} is complete already, by run {completed_by}.",
        )
    newest = _newest_complete_slot(connection, run.schedule)
    late = newest is not None and run.slot < newest
    number = _insert_run(connection, run, decision)
    rows = list(_observations(run, number, late))
    if rows:
        connection.execute(insert(schema.observation), rows)
    sentence = f"Stored {len(rows)} observations of {_slot(run)}{_notes(run, late)}."
    return Recorded(stored=True, late=late, sentence=sentence)


def is_complete(run: Run) -> bool:
    """Whether the run stands for its slot: everything that was declared has a result."""
    return bool(run.results) and not (
        run.partial or run.deselected or len(run.results) < run.expected
    )


def _completed_by(connection: Connection, run: Run) -> str | None:
    return connection.scalar(
        select(schema.run.c.id).where(
            schema.completes_slot,
            schema.run.c.schedule == run.schedule,
            schema.run.c.slot == run.slot,
        )
    )


def _newest_complete_slot(connection: Connection, schedule: str) -> datetime | None:
    newest: datetime | None = connection.scalar(
        select(func.max(schema.run.c.slot)).where(
            schema.completes_slot, schema.run.c.schedule == schedule
        )
    )
    return newest


def _insert_run(connection: Connection, run: Run, decision: str) -> int:
    added = connection.execute(
        insert(schema.run).values(
            id=storable(run.id),
            schedule=run.schedule,
            slot=run.slot,
            mode=run.mode.value,
            revision=storable(run.revision),
            manifest_hash=manifest_hash(result.check.id for result in run.results),
            started=run.started,
            finished=run.finished,
            complete=is_complete(run),
            decision=storable(decision),
        )
    )
    number: int = cast("Row[int]", added.inserted_primary_key)[0]
    return number


def _observations(run: Run, number: int, late: bool) -> Iterable[dict[str, Any]]:
    # Should two results share an id, the worse one is kept; sorted, they fill pages in turn.
    of_check = {
        fingerprint(result.check.id): result
        for result in sorted(run.results, key=lambda result: result.level.badness)
    }
    for key, result in sorted(of_check.items()):
        yield {
            "run_number": number,
            "fingerprint": key,
            "schedule": run.schedule,
            "slot": run.slot,
            "late": late,
            **_observed(result),
        }


def _observed(result: Result) -> dict[str, Any]:
    verdict = result.verdict
    finite = verdict.value is not None and math.isfinite(verdict.value)
    return {
        "check_id": storable(result.check.id),
        "outcome": verdict.level.value,
        "value": verdict.value if finite else None,
        "unit": storable(verdict.unit),
        "severity": result.severity.value,
        "sentence": _bounded(storable(verdict.sentence)),
        "data_time": verdict.data_time,
    }


def _bounded(text: str) -> str:
    return text if len(text) <= _SENTENCE_LENGTH else f"{text[: _SENTENCE_LENGTH - 3]}..."


def _notes(run: Run, late: bool) -> str:
    partial = "" if is_complete(run) else "; it is partial and leaves the slot open"
    return f"{'; it is late' if late else ''}{partial}"


def _slot(run: Run) -> str:
    return f"slot {run.slot.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC of schedule {run.schedule!r}"
