"""Groups the rows of a large table by value, to count those that repeat each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql import predicates
from gatepost.tables.sql.scope import Scope

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from gatepost.tables.sql.tallies import Counting


def count_repeated(counting: Counting, scope: Scope, names: list[str]) -> Select[Any]:
    """How many rows have values that repeat, how many of them are fine, and some such values.

    The first two are named as given, and the same in each row; where nothing
    repeats there is no row.
    """
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
    sums = [
        func.sum(grouped.c[of]).over().label(name)
        for name, of in zip(names, ("n", "fine"), strict=True)
    ]
    # What is sensitive neither leaves the database, nor gets into a statement or the memory.
    hides = scope.table.source.hides
    is_secret = any(hides(column.name) for column in columns)
    cells = [] if is_secret else [grouped.c[each.name] for each in values]
    return select(*sums, *cells).limit(max(counting.ask.samples, 1))


def has_value(
    counting: Counting, values: Sequence[Sequence[Any]], scope: Scope
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


def _in_byte_order(value: Any, column: LiveColumn) -> Any:
    """Texts sorted by their bytes, which takes a fraction of what a language's order takes."""
    from sqlalchemy import collate

    return collate(value, "C").label(value.name) if column.kind is ColumnKind.TEXT else value
