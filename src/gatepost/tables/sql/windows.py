"""Which rows of a live table an ask is about, and what it splits them by, as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import Unanswerable, Window
from gatepost.tables.live import ColumnKind, LiveColumn, LiveTable
from gatepost.tables.sql import predicates
from gatepost.wording import suggest

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Label

SPLIT = "gatepost_split_"
"""How the names begin of what the rows of a statement are split by."""

TIMES = (ColumnKind.TIMESTAMP, ColumnKind.MOMENT, ColumnKind.DATE)

NO_TIME = (
    "per and last need to know when a row was made; "
    'return a table with its time column: database.table("...", time="...")'
)


@dataclass(frozen=True, slots=True)
class Inside:
    """The rows of one window: those of which `condition` is true, or all; split by `splits`.

    With `is_all_read` the scan's figures are of no other rows, and need not ask.
    """

    window: Window
    condition: ColumnElement[bool] | None
    splits: tuple[Label[Any], ...] = ()
    is_all_read: bool = False

    @property
    def apart(self) -> ColumnElement[bool] | None:
        """What tells the rows inside from the others that are read; None where there are none."""
        return None if self.is_all_read else self.condition

    def narrow(self, rows: ColumnElement[bool]) -> ColumnElement[bool]:
        """Those of the rows that are inside, of the rows that are read."""
        return rows if self.apart is None else self.apart & rows


def look_inside(
    window: Window, live: LiveTable, time: str | None, slot: datetime, backend: str
) -> Inside:
    """Write a window as SQL.

    Raises Unanswerable when the table lacks a column for it, Refused when the
    engine cannot do it.
    """
    clock = _find_clock(live, time, backend) if window.per_day or window.last is not None else None
    splits: list[Label[Any]] = []
    if window.per_day and clock is not None:
        splits.append(predicates.day(clock, backend).label(split_label(0)))
    for place, name in enumerate(window.segments):
        cell = predicates.as_text(find_column(live, name, "segment column"), backend)
        splits.append(cell.label(split_label(place)))
    condition = None
    since = window.since(slot)
    if since is not None and clock is not None:
        condition = predicates.is_since(clock, since, backend) | undated(clock, backend)
    return Inside(window, condition, tuple(splits))


def undated(clock: LiveColumn, backend: str) -> ColumnElement[bool]:
    """Say which rows have no time: a null, or what is no time, as SQLite may hold."""
    null = predicates.null_or_nan(clock, backend)
    misfit = predicates.misfit(clock, backend)
    return null if misfit is None else null | misfit


def split_label(place: int) -> str:
    """The name in a statement of what the rows are split by."""
    return f"{SPLIT}{place}"


def find_column(live: LiveTable, name: str, what: str = "column") -> LiveColumn:
    """A column by name. Raises Unanswerable, with the nearest names, when there is none."""
    if name not in live.columns:
        near = suggest("column", name, live.columns)
        raise Unanswerable(f"{what} {name!r} does not exist; {near}")
    return live.columns[name]


def _find_clock(live: LiveTable, time: str | None, backend: str) -> LiveColumn:
    if time is None:
        raise Unanswerable(NO_TIME)
    clock = find_column(live, time, "the time column")
    is_read_as_time = clock.kind is ColumnKind.TEXT and backend == "sqlite"
    if clock.kind not in TIMES and not is_read_as_time:
        raise Unanswerable(f"the time column {time!r} holds {clock.kind.value}, not times")
    return clock
