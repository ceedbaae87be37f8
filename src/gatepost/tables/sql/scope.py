"""What planning a scan shares between its asks: the live table, its windows, its statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import MOST_SEGMENTS, Window
from gatepost.tables.live import LiveColumn, LiveTable
from gatepost.tables.sql.memory import Memory, Remembered
from gatepost.tables.sql.sheet import Sheet
from gatepost.tables.sql.windows import Inside, find_column, look_inside
from gatepost.tables.table import Table

if TYPE_CHECKING:
    from sqlalchemy import FromClause, Label, Select

_LARGE = 250_000
"""From so many rows on, a second connection that hashes costs less than it saves."""


@dataclass(slots=True)
class Scope:
    """One table in one scan. Windows and statements are made once for all asks that share them.

    `days` split the rows by day, where an ask is about days; `start` is from when on all asks
    want the rows, where they agree. `unchanged_since` is the slot of the run whose rows `run`
    brought last, None where it sent the statements.
    """

    table: Table
    live: LiveTable
    slot: datetime
    sheets: dict[tuple[object, ...], Sheet] = field(default_factory=dict)
    days: tuple[Label[Any], ...] = ()
    start: datetime | None = None
    unchanged_since: datetime | None = None
    _windows: dict[Window, Inside] = field(default_factory=dict)

    @property
    def backend(self) -> str:
        return self.table.source.backend

    @property
    def is_large(self) -> bool:
        """Whether different values are counted by their hashes, beside the other figures.

        A hash keeps the values apart but for one pair in 2**64.
        """
        return self.backend == "postgresql" and (self.live.rows or 0) >= _LARGE

    @property
    def relation(self) -> FromClause:
        """What statements select from."""
        return self.table.source.relation(self.table.name)

    def run(self, selects: Sequence[Select[Any]]) -> list[list[tuple[Any, ...]]]:
        """The rows of statements that run at once; not sent where nothing changed since a run."""
        source, state = self.table.source, self.live.state
        self.unchanged_since = None
        if source.memory is None or state is None:
            return source.rows_together(selects)
        memory = Memory(source.memory)
        statements = [source.spell(each) for each in selects]
        known = memory.recall(statements, state)
        if known is not None:
            self.unchanged_since = known.at
            source.note_unchanged(self.table.name, known.at)
            return known.tables
        found = source.rows_together(selects)
        memory.keep(statements, state, Remembered(self.slot, found))
        return found

    def look(self, window: Window) -> Inside:
        """The rows of a window. Raises Unanswerable where the table has no such column."""
        if window not in self._windows:
            inside = look_inside(window, self.live, self.table.time, self.slot, self.backend)
            start = window.since(self.slot)
            is_all_read = start is not None and start == self.start
            self._windows[window] = replace(inside, is_all_read=is_all_read)
        return self._windows[window]

    def sheet(self, inside: Inside) -> Sheet:
        """The figures of the statement that splits its rows as this window does."""
        return self._sheet(inside.splits, inside)

    def sheet_of_sums(self, inside: Inside) -> Sheet:
        """The same for figures that may be added up: where days are counted, these are of days."""
        splits = inside.splits or self.days
        return self._sheet(splits, inside)

    def _sheet(self, splits: tuple[Label[Any], ...], inside: Inside) -> Sheet:
        # Where a statement brings only so many segments, they are to be those of the window.
        window = inside.window if inside.window.segments else None
        key = (tuple(map(str, splits)), window)
        if key not in self.sheets:
            most = MOST_SEGMENTS + 1 if inside.window.segments else None
            self.sheets[key] = Sheet(self.relation, splits, most)
        self.sheets[key].read_from(inside.condition)
        return self.sheets[key]

    def column(self, name: str) -> LiveColumn:
        """A column by name. Raises Unanswerable, with the nearest names, when there is none."""
        return find_column(self.live, name)
