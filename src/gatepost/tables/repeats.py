"""Counts by value the rows of a large table whose hashes tell that some of them repeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gatepost.tables import predicates
from gatepost.tables.asks import CountBad, ScanAnswer, ScanAsk, Tally
from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.plan import Plan
from gatepost.tables.rules import Kind
from gatepost.tables.scope import Scope
from gatepost.tables.tallies import Counting

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

_KINDS = (Kind.UNIQUE, Kind.ROWS_UNIQUE)


@dataclass(frozen=True, slots=True)
class Repeats:
    """A tally that is counted by value, and a few of the values that repeat, unless sensitive."""

    tally: Tally
    values: tuple[tuple[Any, ...], ...]


def count_repeats(plan: Plan, answers: Mapping[ScanAsk, ScanAnswer]) -> dict[CountBad, Repeats]:
    """Count by value where a hash has more than one row; a statement for each such ask.

    A hash cannot hide a row that repeats another, and two values have the same
    one only by chance: what it finds is exact where it finds nothing.
    """
    found = {}
    for ask, counting in plan.countings.items():
        tally = answers[ask]
        if not (isinstance(tally, Tally) and counting.is_estimated(plan.scope)):
            continue
        counted = list(zip(ask.rules, tally.parts, strict=True))
        surplus = sum(bad for rule, bad in counted if rule.kind in _KINDS)
        if not surplus:
            continue
        rows = plan.scope.run_sorted(_group(counting, plan.scope))
        repeated, fine = (int(rows[0][0]), int(rows[0][1])) if rows else (0, 0)
        parts = tuple(repeated if rule.kind in _KINDS else bad for rule, bad in counted)
        exact = replace(tally, bad=tally.bad - surplus + fine, parts=parts)
        found[ask] = Repeats(exact, tuple(tuple(row[2:]) for row in rows if row[2:]))
    return found


def has_value(
    counting: Counting, values: Sequence[tuple[Any, ...]], scope: Scope
) -> ColumnElement[bool]:
    """True of the rows that have one of the values."""
    from sqlalchemy import and_, or_

    own = [predicates.identity(column, scope.backend) for column in counting.repeated]
    return or_(
        *(
            and_(
                *(
                    column.is_(None) if cell is None else column == cell
                    for column, cell in zip(own, value, strict=True)
                )
            )
            for value in values
        )
    )


def _group(counting: Counting, scope: Scope) -> Select[Any]:
    """How many rows have values that repeat, how many of them are fine, and some such values."""
    from sqlalchemy import func, select

    rows = counting.rows(scope)
    columns = counting.repeated
    values = [
        _in_byte_order(rows.c[f"value_{place}"], column) for place, column in enumerate(columns)
    ]
    n = func.count()
    hashed = [rows.c.hashed] if "hashed" in rows.c else []
    counts = [n.label("n"), func.sum(1 - rows.c.bad).label("fine")]
    grouped = select(*values, *counts).group_by(*hashed, *values).having(n > 1).subquery("grouped")
    sums = [func.sum(grouped.c[name]).over() for name in ("n", "fine")]
    # What is sensitive neither leaves the database, nor gets into a statement or the memory.
    hides = scope.table.source.hides
    is_secret = any(hides(column.name) for column in columns)
    cells = [] if is_secret else [grouped.c[each.name] for each in values]
    return select(*sums, *cells).limit(max(counting.ask.samples, 1))


def _in_byte_order(value: Any, column: LiveColumn) -> Any:
    """Texts sorted by their bytes, which takes a fraction of what a language's order takes."""
    from sqlalchemy import collate

    return collate(value, "C").label(value.name) if column.kind is ColumnKind.TEXT else value
