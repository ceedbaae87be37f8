"""From what came of some checks to one state and one line; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from gatepost.durations import format_duration
from gatepost.model import Level, Severity
from gatepost.sinks.text import count_words, one_line, shorten

LONGEST = 200
"""Characters of a line at most: a monitor's column, an SMS, the log of a container."""

_UNMEASURED = (Level.ERROR, Level.NO_DATA, Level.INHIBITED)
_LEAST = 12  # characters of a sentence that are worth a place


class State(IntEnum):
    """The exit status, as of the plugins of Nagios and all that came after it.

    https://www.monitoring-plugins.org/doc/guidelines.html, section "Plugin Return Codes".
    """

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one check, in what its sentence and who looks after it need."""

    id: str
    level: Level
    severity: Severity
    sentence: str
    owner: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The state, and the line that explains it."""

    state: State
    line: str


def answer(
    asked: str,
    rows: Sequence[Row],
    seconds: float,
    *,
    expected: int = 0,
    troubles: Sequence[str] = (),
) -> Answer:
    """Sum up what was measured, of `expected` checks, and what kept it from being measured.

    An alert is critical whatever else there is. Otherwise what was not measured
    is unknown, since it could be an alert, and only then do warnings count:
    the order of Nagios itself (SERVICE_CRITICAL, SERVICE_UNKNOWN and
    SERVICE_WARNING in its statusdata.h), not of those plugins that put warnings first.
    """
    ordered = sorted(rows, key=lambda row: (-row.level.badness, row.severity.rank, row.id))
    missing = max(expected - len(rows), 0)
    state = _state(ordered, is_whole=not (missing or troubles))
    counts = {level: sum(row.level is level for row in rows) for level in reversed(Level)}
    counted = count_words({level: count for level, count in counts.items() if count})
    unmeasured = f"{missing} not measured" if missing else ""
    summary = ", ".join(filter(None, (counted, unmeasured))) or "nothing measured"
    took = format_duration(timedelta(seconds=seconds))
    head = f"{state.name} {shorten(one_line(asked), 60)}: {summary} in {took}"
    worst = ordered[0] if ordered and state is not State.OK else None
    details = [one_line(trouble) for trouble in troubles]
    if worst:
        said = one_line(f"{worst.id}: {worst.sentence}").rstrip(".")
        details.insert(0 if state is State.CRITICAL else len(details), said)
        details += _who(worst)
    return Answer(state, _fit(head, details))


def _state(rows: Sequence[Row], *, is_whole: bool) -> State:
    levels = {row.level for row in rows}
    if Level.BREACH in levels:
        return State.CRITICAL
    if not is_whole or not any(level.evaluated for level in levels) or levels & {*_UNMEASURED}:
        return State.UNKNOWN
    return State.WARNING if Level.WARNING in levels else State.OK


def _who(row: Row) -> list[str]:
    said = {"owner": row.owner, "runbook": row.runbook}
    return [f"{name} {one_line(value)}" for name, value in said.items() if value]


def _fit(head: str, details: Sequence[str]) -> str:
    """The head and as many details as there is room for; the first of them may be cut."""
    line = shorten(head, LONGEST)
    for at, detail in enumerate(details):
        room = LONGEST - len(line) - 2
        if len(detail) <= room:
            line = f"{line}; {detail}"
        elif at == 0 and room >= _LEAST:
            line = f"{line}; {shorten(detail, room)}"
    return line
