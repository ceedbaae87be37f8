"""Turns a rule on rows into SQL that is true for exactly the rows that break it, or refuses.

The rows are those that pandera finds bad in the fetched table: null and NaN
are one, texts compare by code points, decimals as the floats that pandas makes
of them. Every condition here is never NULL, unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from gatepost.tables.expressions import aggregate_in
from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.rules import Kind, Rule
from gatepost.tables.sql.dialects import dialect_of
from gatepost.tables.sql.dialects.base import TIMES, Refused
from gatepost.wording import join_some

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

__all__ = [
    "Members",
    "Refused",
    "as_text",
    "breaks",
    "breaks_row",
    "day",
    "deviation",
    "identity",
    "identity_hash",
    "is_since",
    "members",
    "misfit",
    "newest",
    "null_or_nan",
    "number",
    "quantile",
    "statement_limit",
]


@dataclass(frozen=True, slots=True)
class Members:
    """What decides whether a column holds exactly the values that it has to.

    The rule holds when no row is `outside` and each of `each` is true of one
    row at least.
    """

    outside: ColumnElement[bool]
    each: tuple[ColumnElement[bool], ...]


def breaks(rule: Rule, column: LiveColumn, backend: str) -> ColumnElement[bool]:
    """Say which rows break a rule on a column: NOT_NULL, FILLED or CHECK.

    Raises Refused where that is not exact.
    """
    from sqlalchemy import and_, not_, or_

    from gatepost.tables.sql.conditions import condition_of, null_breaks

    dialect = dialect_of(backend)
    null = dialect.is_null(column)
    if rule.kind is Kind.NOT_NULL:
        return null
    if rule.kind is Kind.FILLED:
        empty = dialect.is_empty(column)
        return null if empty is None else or_(null, empty)
    if rule.kind is not Kind.CHECK or rule.check is None:
        raise Refused("it is not about the values of one column")
    if rule.expression is not None:
        holds = _ask_author(rule, dialect.cell(column))
        return _fails(holds) & ~null if rule.check.ignore_na else or_(null, _fails(holds))
    holds = condition_of(rule.check, column, dialect)
    if not rule.check.ignore_na and null_breaks(rule.check, column):
        return or_(null, not_(holds))
    return and_(not_(null), not_(holds))


def breaks_row(rule: Rule, columns: Mapping[str, LiveColumn], backend: str) -> ColumnElement[bool]:
    """Say which rows an author's expression on the whole row is not true of.

    Raises Refused for any other check, and for an expression that is no
    condition or names a column that does not exist.
    """
    if rule.kind is not Kind.ROWS_CHECK or rule.expression is None:
        raise Refused("it is Python code")
    return _fails(_ask_author(rule, _Row(columns, backend)))


def members(rule: Rule, column: LiveColumn, backend: str) -> Members:
    """Say what a check `unique_values_eq` comes down to. Raises Refused for any other."""
    from sqlalchemy import and_, not_, or_

    from gatepost.tables.sql.comparisons import equal_any
    from gatepost.tables.sql.conditions import values_of_members

    dialect = dialect_of(backend)
    if rule.kind is not Kind.CHECK or rule.check is None:
        raise Refused("it is not about the values of one column")
    values = values_of_members(rule.check, column)
    null = dialect.is_null(column)
    each = tuple(and_(not_(null), equal_any(column, [value], dialect)) for value in values)
    outside = and_(not_(null), not_(or_(*each))) if each else not_(null)
    # A null is a value that no set of values has.
    return Members(outside if rule.check.ignore_na else or_(null, outside), each)


def null_or_nan(column: LiveColumn, backend: str) -> ColumnElement[bool]:
    """Say which cells pandas holds to be null."""
    return dialect_of(backend).is_null(column)


def misfit(column: LiveColumn, backend: str) -> ColumnElement[bool] | None:
    """Say which cells hold what the column's type does not tell, as SQLite allows.

    Rules on a column that has one are not exact. None where the engine forbids them.
    """
    return dialect_of(backend).misfit(column)


def identity(column: LiveColumn, backend: str) -> ColumnElement[Any]:
    """The cell as what groups exactly as pandas does: its nulls are NULL, texts are code points.

    Raises Refused for what cannot be grouped so.
    """
    return dialect_of(backend).identity(column)


def identity_hash(columns: Sequence[LiveColumn], backend: str) -> ColumnElement[int] | None:
    """A hash of 64 bits of the cells' identities together, never NULL; None where there is none."""
    return dialect_of(backend).hash_of(columns)


def as_text(column: LiveColumn, backend: str) -> ColumnElement[str]:
    """The cell as text, for samples; NULL for a null."""
    return dialect_of(backend).as_text(column)


def day(column: LiveColumn, backend: str) -> ColumnElement[str]:
    """The UTC day of a time as "YYYY-MM-DD", NULL for a null; a time without a zone is in UTC.

    Raises Refused for a column that holds no times.
    """
    return dialect_of(backend).day(_timed(column))


def is_since(column: LiveColumn, moment: datetime, backend: str) -> ColumnElement[bool]:
    """Say which times are at or after a moment, which is aware; NULL for a null.

    Raises Refused for a column that holds no times.
    """
    dialect = dialect_of(backend)
    since: date = moment.astimezone(UTC)
    if _timed(column).kind is ColumnKind.TIMESTAMP:
        since = moment.astimezone(UTC).replace(tzinfo=None)
    elif column.kind is ColumnKind.DATE:
        # A day counts from its midnight on.
        since = (moment.astimezone(UTC) + timedelta(days=1, microseconds=-1)).date()
    return dialect.time(column) >= dialect.time_literal(since, column)


def newest(column: LiveColumn, backend: str) -> ColumnElement[Any]:
    """The greatest time in the column: what the driver gives as a datetime, or as ISO text."""
    return dialect_of(backend).newest(_timed(column))


def number(column: LiveColumn, backend: str) -> ColumnElement[float]:
    """The cell as a double, NULL for null and NaN. Raises Refused for what is no number."""
    return dialect_of(backend).number(column)


def deviation(number: ColumnElement[float], backend: str) -> ColumnElement[float]:
    """The standard deviation of a sample of numbers, NULL for fewer than two.

    Raises Refused where the engine has none.
    """
    return dialect_of(backend).deviation(number)


def quantile(number: ColumnElement[float], q: float, backend: str) -> ColumnElement[float]:
    """The exact quantile of numbers, between values on a straight line as pandas has it.

    Raises Refused where the engine has none.
    """
    return dialect_of(backend).quantile(number, q)


def statement_limit(backend: str) -> int:
    """The most expressions that one SELECT may have."""
    return dialect_of(backend).most_selected


class _Row:
    """A row as an author's expression takes it: columns by attribute, or by item."""

    def __init__(self, columns: Mapping[str, LiveColumn], backend: str) -> None:
        self._columns = columns
        self._dialect = dialect_of(backend)

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        return self[name]

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        if name in self._columns:
            return self._dialect.cell(self._columns[name])
        near = get_close_matches(str(name), self._columns, n=3) or list(self._columns)
        raise Refused(f"its expression names the column {name!r}; there are {join_some(near)}")


def _ask_author(rule: Rule, given: object) -> ColumnElement[bool]:
    from sqlalchemy import Boolean, ColumnElement

    assert rule.expression is not None  # noqa: S101 - only those that have one come here
    try:
        found = rule.expression(given)
    except Refused:
        raise
    except Exception as error:
        hint = "; join conditions with &, |, ~" if "Boolean value" in str(error) else ""
        raise Refused(f"its expression raises {type(error).__name__}: {error}{hint}") from error
    if not isinstance(found, ColumnElement) or not isinstance(found.type, Boolean):
        raise Refused(
            f"its expression gives {type(found).__name__}, and not a condition of SQLAlchemy; "
            "compare with ==, >=, is_(None) and join with &, |, ~"
        )
    if aggregate := aggregate_in(found):
        raise Refused(
            f"its expression has {aggregate}, which is of many rows; a rule is on a single row"
        )
    return found


def _fails(holds: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a condition is false, or neither true nor false."""
    from sqlalchemy import func, not_, true

    return func.coalesce(not_(holds), true())


def _timed(column: LiveColumn) -> LiveColumn:
    if column.kind not in TIMES:
        raise Refused(f"{column.name} holds {column.kind.value}, not times")
    return column
