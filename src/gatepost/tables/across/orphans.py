"""Counts the rows of a table whose reference to another table of the database leads nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gatepost.errors import MeasurementError, Unavailable
from gatepost.model import Sample
from gatepost.tables.asks import (
    How,
    NotEvaluated,
    SeparateAsk,
    Tally,
    Tier,
    Unanswerable,
    Whole,
    Window,
)
from gatepost.tables.hiding import MASKED
from gatepost.tables.live import ColumnKind, LiveColumn, LiveTable
from gatepost.tables.sql import predicates
from gatepost.tables.sql.predicates import Refused
from gatepost.tables.sql.windows import find_column, look_inside
from gatepost.tables.table import Table
from gatepost.wording import shorten

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Label, Subquery

_NUMBERS = frozenset({ColumnKind.INTEGER, ColumnKind.DECIMAL, ColumnKind.FLOAT})
_TIMES = frozenset({ColumnKind.DATE, ColumnKind.TIMESTAMP, ColumnKind.MOMENT})


@dataclass(frozen=True, slots=True)
class CountOrphans(SeparateAsk):
    """How many rows refer to a row that `other` does not have, with a few of them.

    `columns` are pairs of a referencing column and the one it refers to. A row
    with a null in one of them refers to nothing, as in SQL's MATCH SIMPLE; with
    `nulls_break` it is counted all the same.
    """

    other: str
    columns: tuple[tuple[str, str], ...]
    window: Window
    nulls_break: bool = False
    samples: int = 5

    def measure(self, value: object, slot: datetime) -> Tally | Whole | NotEvaluated | None:
        if value is None or isinstance(value, Table):
            return None if value is None else count_orphans(value, self, slot)
        return NotEvaluated(
            "references are between tables of one database: "
            'return database.table("...") from the check'
        )


def count_orphans(table: Table, ask: CountOrphans, slot: datetime) -> Tally | Whole | NotEvaluated:
    """Count the orphans, unless a foreign key proves that there are none.

    Raises what the table's source raises: MeasurementError, Unavailable.
    """
    source = table.source
    live = source.describe_table(table.name)
    try:
        other = _describe(table, ask.other)
        pairs = _pairs(ask, live, other)
        proof = _prove(ask, live, other)
        if proof is not None:
            return proof
        inside = look_inside(ask.window, live, table.time, slot, source.backend)
        keys = [live.columns[name] for name in _keys(live)]
        shown = [_text(each, table) for each in dict.fromkeys([*keys, *(one for one, _ in pairs)])]
    except Unanswerable as reason:
        return reason.answer
    except Refused as reason:
        return NotEvaluated(str(reason))
    narrowed = [] if inside.condition is None else [inside.condition]
    rows = _Rows(table, ask, pairs, narrowed)
    bad, total = rows.count()
    found = Tally(bad, total, how=How(Tier.COMPILED, f"an anti-join with {ask.other}"))
    if not bad or not ask.samples:
        return found
    return replace(found, sample=rows.sample(shown))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The referencing rows, and which of them are orphans, as SQL."""

    table: Table
    ask: CountOrphans
    pairs: Sequence[tuple[LiveColumn, LiveColumn]]
    where: Sequence[ColumnElement[bool]]

    def count(self) -> tuple[int, int]:
        """The orphans, and all rows."""
        from sqlalchemy import func, select

        rows = self._referencing()
        bad = select(func.count()).select_from(rows).where(self._is_orphan(rows))
        total = select(func.count()).select_from(rows)
        ((found, every),) = self.table.source.rows(
            select(
                bad.scalar_subquery().label("orphans"), total.scalar_subquery().label("every_row")
            )
        )
        return int(found), int(every)

    def sample(self, shown: Sequence[Label[str]]) -> Sample:
        """A few orphans."""
        from sqlalchemy import select

        rows = self._referencing(*shown)
        cells = [rows.c[each.name] for each in shown]
        statement = select(*cells).where(self._is_orphan(rows)).limit(self.ask.samples)
        found = self.table.source.rows(statement)
        return Sample(
            tuple(each.name.removeprefix(_SHOWN) for each in shown),
            tuple(tuple(map(_as_shown, row)) for row in found),
        )

    def _referencing(self, *more: Label[Any]) -> Subquery:
        from sqlalchemy import column, select

        own: list[Label[Any]] = [
            column(mine.name).label(f"r{place}") for place, (mine, _) in enumerate(self.pairs)
        ]
        rows = select(*own, *more).select_from(self.table.source.relation(self.table.name))
        return rows.where(*self.where).subquery("referencing")

    def _is_orphan(self, rows: Subquery) -> ColumnElement[bool]:
        from sqlalchemy import and_, column, exists, literal_column, not_, or_, select

        own = [rows.c[f"r{place}"] for place in range(len(self.pairs))]
        theirs: list[Label[Any]] = [
            column(other.name).label(f"o{place}") for place, (_, other) in enumerate(self.pairs)
        ]
        relation = self.table.source.relation(self.ask.other)
        there = select(*theirs).select_from(relation).subquery("referenced")
        equal = [there.c[f"o{place}"] == mine for place, mine in enumerate(own)]
        found = exists(select(literal_column("1")).select_from(there).where(*equal))
        lost = and_(*(mine.is_not(None) for mine in own), not_(found))
        if not self.ask.nulls_break:
            return lost
        return or_(*(mine.is_(None) for mine in own), lost)


_SHOWN = "shown: "  # keeps the names of what is shown apart from those of what is compared


def _describe(table: Table, other: str) -> LiveTable:
    try:
        return table.source.describe_table(other)
    except Unavailable:
        raise
    except MeasurementError as error:
        raise Unanswerable(str(error)) from None


def _pairs(
    ask: CountOrphans, live: LiveTable, other: LiveTable
) -> list[tuple[LiveColumn, LiveColumn]]:
    pairs = []
    for name, referred in ask.columns:
        mine = find_column(live, name)
        theirs = find_column(other, referred, f"{ask.other}: column")
        if not _comparable(mine, theirs):
            raise Unanswerable(
                f"{name} holds {mine.kind.value} ({mine.written}), but {ask.other}.{referred} "
                f"holds {theirs.kind.value} ({theirs.written}); the two cannot be equal"
            )
        pairs.append((mine, theirs))
    return pairs


def _comparable(mine: LiveColumn, theirs: LiveColumn) -> bool:
    kinds = {mine.kind, theirs.kind}
    if ColumnKind.OTHER in kinds or ColumnKind.JSON in kinds:
        return mine.written == theirs.written and ColumnKind.JSON not in kinds
    return len(kinds) == 1 or kinds <= _NUMBERS or kinds <= _TIMES


def _prove(ask: CountOrphans, live: LiveTable, other: LiveTable) -> Whole | None:
    if ask.nulls_break and not all(live.columns[mine].not_null for mine, _ in ask.columns):
        return None
    wanted = frozenset(ask.columns)
    for name, reference in live.references.items():
        if reference.path == other.path and reference.columns == wanted:
            how = How(Tier.PROVED, f"the foreign key {name}")
            return Whole(True, f"the foreign key {name} lets no row refer to nothing", how=how)
    return None


def _keys(live: LiveTable) -> list[str]:
    """The columns that identify a row: those of the smallest unique key, in the table's order."""
    smallest = min(live.unique.values(), key=len, default=frozenset())
    return [name for name in live.columns if name in smallest]


def _text(column: LiveColumn, table: Table) -> Label[str]:
    from sqlalchemy import literal

    if table.source.hides(column.name):
        return literal(MASKED).label(f"{_SHOWN}{column.name}")
    return predicates.as_text(column, table.source.backend).label(f"{_SHOWN}{column.name}")


def _as_shown(cell: object) -> str:
    return "null" if cell is None else shorten(str(cell), 80)
