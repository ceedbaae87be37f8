"""Measures a check once and judges what came of it; the stages between a call and its verdict."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gatepost.declaring import Declared
from gatepost.errors import Absent, MeasurementError, Unavailable
from gatepost.model import Level, Point, Verdict
from gatepost.targets.journal import keep_journal
from gatepost.wording import shorten

if TYPE_CHECKING:
    from gatepost.tables.asks import Ask


_PLOTTED_SLOTS = 90
_MANY_SLOTS = 10_000
"""So many hold the days that a check looks back on, where runs come as they come: a month of
runs every 5 minutes."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a check returned, or the error that it ended in, and how it was measured."""

    value: Any
    error: Exception | None
    started: datetime
    seconds: float
    statements: tuple[str, ...]
    rows: int | None


def measure(call: Callable[[], Any], asks: Sequence[Ask], slot: datetime) -> Measurement:
    """Call a check; where its expectations have asks, ask the table it returned, in one scan."""
    value: Any = None
    error: Exception | None = None
    started, begun = datetime.now(UTC), time.perf_counter()
    with keep_journal() as journal:
        try:
            value = call()
            if asks:
                from gatepost.tables.scan import scan

                value = scan(value, asks, slot)
        except Exception as raised:
            value, error = None, raised
    seconds = time.perf_counter() - begun
    return Measurement(value, error, started, seconds, tuple(journal.statements), journal.rows)


def judge(
    measurement: Measurement,
    declared: Declared,
    slot: datetime,
    cadence: timedelta | None,
    history: Callable[[int], tuple[Point, ...]],
) -> Verdict:
    """The verdict on a measurement; an outage is judged by `judge_outage` instead.

    `history` brings the check's values of the newest so many slots, and is
    called only where they matter.
    """
    expectation = declared.expectation
    if measurement.error is not None:
        return judge_error(measurement.error, declared)
    if expectation is None:
        return _judge_plain(measurement.value, declared)
    from gatepost.expectations.base import Context

    needed = _slots_needed(declared, cadence)
    context = Context(slot, history(needed) if needed else (), cadence, declared.sustained)
    return expectation.judge(measurement.value, context)


def judge_error(error: Exception | SystemExit, declared: Declared) -> Verdict:
    """What it means that measuring ended in an error, or a plain test's assertion failed."""
    unit, limits = declared.declaration.unit, declared.declaration.limits
    if isinstance(error, AssertionError):
        said = shorten(str(error).partition("\n")[0]) or "the assertion failed"
        return Verdict(Level.BREACH, said, unit=unit, limits=limits)
    if isinstance(error, MeasurementError):
        return Verdict(Level.ERROR, str(error), unit=unit, limits=limits)
    said = f"{type(error).__name__}: {shorten(str(error))}".removesuffix(": ")
    return Verdict(Level.ERROR, f"measuring failed: {said}", unit=unit, limits=limits)


def judge_outage(outage: Unavailable, declared: Declared, *, is_witness: bool) -> Verdict:
    """The verdict where a target could not be reached.

    One check of those that need the target is its witness and carries the
    failure; the others are inhibited and point to the same cause. What is absent
    by configuration is nobody's failure: all are inhibited, and say the reason.
    """
    is_absent = isinstance(outage, Absent)
    found = Verdict(
        Level.INHIBITED,
        f"not measured: {outage if is_absent else f'{outage.target} is unavailable'}",
        unit=declared.declaration.unit,
        limits=declared.declaration.limits,
        cause=outage.target,
    )
    if is_absent or not is_witness:
        return found
    judged = declared.expectation.judge_outage(outage.reason) if declared.expectation else None
    if judged is not None:
        return replace(judged, cause=outage.target)
    return replace(found, level=Level.ERROR, sentence=str(outage))


def _slots_needed(declared: Declared, cadence: timedelta | None) -> int:
    """How many stored slots a judgement may look at: none, or at least as many as are plotted."""
    expectation, sustained = declared.expectation, declared.sustained
    spans = [expectation.looks_back] if expectation else []
    if sustained is not None:
        spans.append(sustained.duration or sustained.runs or 0)
    if not any(spans):
        return 0
    slots = 0
    for span in spans:
        if isinstance(span, int):
            slots += span
        elif cadence:
            slots += math.ceil(span / cadence)
        else:
            return _MANY_SLOTS
    return max(slots, _PLOTTED_SLOTS)


def _judge_plain(value: Any, declared: Declared) -> Verdict:
    if value is None:
        return Verdict(Level.OK, "passed")
    said = (
        f"the check returned {shorten(repr(value), 80)}, but declares no expectation to judge it; "
        "decorate it with @check(...), for instance @check(recorded())"
    )
    return Verdict(Level.ERROR, said, unit=declared.declaration.unit)
