"""What a table holds: figures of every column, counted by the database in one scan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from gatepost.tables.live import ColumnKind, LiveColumn, LiveTable
from gatepost.tables.rules import rules_of
from gatepost.tables.sql import predicates
from gatepost.tables.sql.predicates import Refused
from gatepost.tables.sql.sheet import count_if

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from gatepost.tables.table import Table

MOST_VALUES = 20
"""A text column with more different values than so many is no list of them."""
_LONGEST_VALUE = 60
_MOST_COLUMNS = 250
"""Of one statement. PostgreSQL plans counts of different values in cubic time: 13 s for 800."""

SHAPES: Mapping[str, Mapping[str, str]] = {
    "http:// or https:// at its start": {"str_matches": "^https?://"},
    "digits only": {"str_matches": "^[0-9]+$"},
    "an @ in it": {"str_contains": "@"},
}
"""What each text of a column may have, and the check that says so."""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What one column holds. None is what was not, or could not be, counted.

    `distinct` counts different values without nulls, `misfits` values that the
    column's type does not tell, as SQLite allows. `least` and `greatest` are
    of numbers, `shortest` and `longest` characters of texts. `shapes` are
    those that every text has, `values` all different texts where they are few.
    """

    column: LiveColumn
    nulls: int
    misfits: int = 0
    empties: int | None = None
    distinct: int | None = None
    least: float | None = None
    greatest: float | None = None
    shortest: int | None = None
    longest: int | None = None
    newest: datetime | None = None
    shapes: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class TableProfile:
    """A table with the profiles of its columns, in its order, as of a moment."""

    name: str
    live: LiveTable
    at: datetime
    rows: int
    columns: tuple[ColumnProfile, ...]


def profile_table(table: Table, at: datetime) -> TableProfile:
    """Profile a table; reads it once, and once more for the values of columns that have few.

    A table with more figures than one statement may have takes several, in the
    same snapshot where the engine has one. Raises what the table's source
    raises: MeasurementError, Unavailable.
    """
    from sqlalchemy import func

    live: LiveTable = table.source.describe_table(table.name)
    backend = table.source.backend
    hidden = {name for name in live.columns if table.source.hides(name)}
    figures = {
        name: dict(_figures(column, backend, hidden=name in hidden))
        for name, column in live.columns.items()
    }
    found: dict[str, dict[str, Any]] = {}
    rows = 0
    for names in _parts(figures, predicates.statement_limit(backend)):
        aggregates = [each for name in names for each in figures[name].values()]
        rows, *counted = _count(table, [func.count(), *aggregates])
        values = iter(counted)
        for name in names:
            own = figures[name]
            found[name] = dict(zip(own, islice(values, len(own)), strict=True))
    columns = [
        _read(column, found[name], rows, hidden=name in hidden)
        for name, column in live.columns.items()
    ]
    profiles = _add_values(table, columns, rows)
    return TableProfile(table.name, live, at, rows, tuple(profiles))


def _figures(
    column: LiveColumn, backend: str, *, hidden: bool
) -> Iterator[tuple[str, ColumnElement[Any]]]:
    """The aggregates for a column; what the engine cannot do is left out."""
    from sqlalchemy import case, distinct, func

    from gatepost.tables.sql.dialects import dialect_of
    from gatepost.tables.sql.dialects.base import NUMBERS, TIMES

    dialect = dialect_of(backend)
    null = dialect.is_null(column)
    yield "nulls", count_if(null)
    misfit = dialect.misfit(column)
    if misfit is not None:
        yield "misfits", count_if(misfit)
    try:
        empty = dialect.is_empty(column)
        if empty is not None:
            yield "empties", count_if(empty)
        if column.kind is ColumnKind.TEXT:
            length = dialect.length(dialect.text(column))
            yield "shortest", func.min(length)
            yield "longest", func.max(length)
            for name in SHAPES:
                yield f"not {name}", count_if(_breaks_shape(name, column, backend))
        elif column.kind in TIMES and not hidden:
            yield "newest", dialect.newest(column)
        elif column.kind in NUMBERS and not hidden:
            number = dialect.number(column)
            yield "least", func.min(number)
            yield "greatest", func.max(number)
        hashed = dialect.hash_of([column])
        identity = dialect.identity(column) if hashed is None else case((~null, hashed))
        yield "distinct", func.count(distinct(identity))
    except Refused:
        return


def _breaks_shape(name: str, column: LiveColumn, backend: str) -> ColumnElement[bool]:
    """Which rows the check of a shape would find bad."""
    import pandera.pandas as pa

    (builtin, pattern), *_ = SHAPES[name].items()
    check = getattr(pa.Check, builtin)(pattern)
    schema = pa.DataFrameSchema(
        {column.name: pa.Column(None, check, nullable=True, required=False)}
    )
    (rule,) = rules_of(schema)
    return predicates.breaks(rule, column, backend)


def _parts(figures: Mapping[str, Mapping[str, object]], most: int) -> Iterator[list[str]]:
    """Columns whose figures fit into one statement with the count of rows; one part at least."""
    part: list[str] = []
    room = most - 1
    for name, own in figures.items():
        if len(own) > room or len(part) == _MOST_COLUMNS:
            yield part
            part, room = [], most - 1
        part.append(name)
        room -= len(own)
    yield part


def _count(table: Table, figures: Sequence[ColumnElement[Any]]) -> list[Any]:
    from sqlalchemy import select

    labelled = [figure.label(f"figure_{place}") for place, figure in enumerate(figures)]
    statement = select(*labelled).select_from(table.source.relation(table.name))
    (row,) = table.source.rows(statement)
    return list(row)


def _read(
    column: LiveColumn, found: Mapping[str, Any], rows: int, *, hidden: bool
) -> ColumnProfile:
    def count(name: str) -> int | None:
        return None if found.get(name) is None else int(found[name])

    def number(name: str) -> float | None:
        return None if found.get(name) is None else float(found[name])

    nulls = count("nulls") or 0
    shapes = [name for name in SHAPES if rows > nulls and count(f"not {name}") == 0]
    return ColumnProfile(
        column,
        nulls,
        misfits=count("misfits") or 0,
        empties=count("empties"),
        distinct=count("distinct"),
        least=number("least"),
        greatest=number("greatest"),
        shortest=count("shortest"),
        longest=count("longest"),
        newest=_as_moment(found.get("newest")) if column.kind is not ColumnKind.DATE else None,
        shapes=tuple(shapes),
        hidden=hidden,
    )


def _as_moment(found: Any) -> datetime | None:
    """What the engine gave as a datetime or as ISO text; a time without a zone is in UTC."""
    if found is None:
        return None
    moment = found if isinstance(found, datetime) else datetime.fromisoformat(str(found))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _add_values(
    table: Table, profiles: Sequence[ColumnProfile], rows: int
) -> Iterator[ColumnProfile]:
    """Add the values of text columns that have few, by one more statement for all of them."""
    from sqlalchemy import literal, select, union_all

    from gatepost.tables.sql.dialects import dialect_of

    dialect = dialect_of(table.source.backend)
    wanted = {place: each for place, each in enumerate(profiles) if _has_few(each, rows)}
    found: dict[int, list[str]] = {}
    parts = []
    for place, each in wanted.items():
        text = dialect.text(each.column).label("value")
        seen = select(text).select_from(table.source.relation(table.name)).distinct()
        some = seen.where(~dialect.is_null(each.column)).limit(MOST_VALUES).subquery(f"of_{place}")
        parts.append(select(literal(place).label("place"), some.c.value))
    if parts:
        whole = union_all(*parts).subquery("few")
        for place, value in table.source.rows(select(whole.c.place, whole.c.value)):
            found.setdefault(int(place), []).append(str(value))
    for place, each in enumerate(profiles):
        values = tuple(sorted(found.get(place, ())))
        short = all(len(value) <= _LONGEST_VALUE for value in values)
        yield replace(each, values=values if short else ())


def _has_few(found: ColumnProfile, rows: int) -> bool:
    if found.column.kind is not ColumnKind.TEXT or found.hidden or found.misfits:
        return False
    # That many values in so few rows are no list, but chance.
    return found.distinct is not None and 0 < found.distinct <= min(MOST_VALUES, rows // 10)
