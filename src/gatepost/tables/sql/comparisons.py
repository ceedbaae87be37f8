"""Compares a cell with values, as pandas compares the fetched column with them.

A condition is about a cell that is neither null nor NaN; for one that is, it
may say anything.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Numeric, and_, false, literal, not_, or_, true

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql.arguments import as_number, as_text, as_time, is_missing, mismatch, plain
from gatepost.tables.sql.dialects.base import (
    NUMBERS,
    TIMES,
    Cell,
    Condition,
    Dialect,
    Refused,
    precision_of,
)
from gatepost.tables.sql.rounding import least_on_grid, least_reaching

_EXACT = 2**53
"""Up to here a double holds every whole number."""
_MOST_VALUES = 2_000
"""More values than these are too many parameters for a statement."""


def at_least(column: LiveColumn, dialect: Dialect, min_value: object) -> Condition:
    return _compare(column, dialect, operator.ge, min_value)


def greater(column: LiveColumn, dialect: Dialect, min_value: object) -> Condition:
    return _compare(column, dialect, operator.gt, min_value)


def at_most(column: LiveColumn, dialect: Dialect, max_value: object) -> Condition:
    return _compare(column, dialect, operator.le, max_value)


def less(column: LiveColumn, dialect: Dialect, max_value: object) -> Condition:
    return _compare(column, dialect, operator.lt, max_value)


def equal(column: LiveColumn, dialect: Dialect, value: object) -> Condition:
    return _compare(column, dialect, operator.eq, value)


def not_equal(column: LiveColumn, dialect: Dialect, value: object) -> Condition:
    return not_(equal(column, dialect, value))


def in_range(
    column: LiveColumn,
    dialect: Dialect,
    min_value: object,
    max_value: object,
    include_min: bool = True,
    include_max: bool = True,
) -> Condition:
    above = operator.ge if include_min else operator.gt
    below = operator.le if include_max else operator.lt
    return and_(
        _compare(column, dialect, above, min_value), _compare(column, dialect, below, max_value)
    )


def _compare(
    column: LiveColumn, dialect: Dialect, compare: Callable[[Any, Any], Any], value: object
) -> Condition:
    is_equality = compare is operator.eq
    if column.kind in NUMBERS:
        return _compare_number(column, dialect, compare, as_number(value, column))
    if column.kind is ColumnKind.TEXT:
        text, given = dialect.text(column), as_text(value, column)
        found: Condition = compare(
            dialect.exact(text) if is_equality else dialect.ordered(text),
            dialect.text_literal(given),
        )
        return found
    if column.kind in TIMES:
        time: Condition = compare(
            dialect.time(column), dialect.time_literal(as_time(value, column), column)
        )
        return time
    if column.kind is ColumnKind.BOOLEAN and is_equality:
        value = plain(value)
        if isinstance(value, bool):
            return dialect.cell(column) if value else not_(dialect.cell(column))
    raise mismatch(value, column)


def _compare_number(
    column: LiveColumn, dialect: Dialect, compare: Callable[[Any, Any], Any], value: float
) -> Condition:
    cell = dialect.cell(column)
    if column.kind is ColumnKind.INTEGER and isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise Refused(f"{value} is no number of 64 bits")
        found: Condition = compare(cell, literal(value, BigInteger()))
        return found
    try:
        bound = float(value)
    except OverflowError:
        raise mismatch(value, column) from None
    if _is_double(column, dialect):
        double: Condition = compare(_double(column, dialect), dialect.double_literal(bound))
        return double
    if column.kind is ColumnKind.INTEGER and (column.bits or 0) > 64:
        raise mismatch(value, column)
    return _compare_rounded(column, dialect, compare, bound)


def _is_double(column: LiveColumn, dialect: Dialect) -> bool:
    if column.kind is ColumnKind.DECIMAL:
        return dialect.decimals_are_doubles
    return column.kind is ColumnKind.FLOAT


def _double(column: LiveColumn, dialect: Dialect) -> Cell:
    if column.kind is ColumnKind.FLOAT and column.bits == 32 and not dialect.single_is_double:
        raise Refused(f"{column.name} is {column.written}, which reads as another number")
    return dialect.double(column)


def _compare_rounded(
    column: LiveColumn, dialect: Dialect, compare: Callable[[Any, Any], Any], bound: float
) -> Condition:
    """Compare an exact number as if it were rounded to a float first."""

    def reaches(limit: float) -> Condition:
        return _reaches(column, dialect, limit)

    def exceeds() -> Condition:
        return false() if bound == math.inf else reaches(math.nextafter(bound, math.inf))

    if compare is operator.ge:
        return reaches(bound)
    if compare is operator.gt:
        return exceeds()
    if compare is operator.lt:
        return not_(reaches(bound))
    if compare is operator.le:
        return not_(exceeds())
    return and_(reaches(bound), not_(exceeds()))


def _reaches(column: LiveColumn, dialect: Dialect, bound: float) -> Condition:
    least = least_reaching(bound)
    if least is None:
        return true()
    cell = dialect.cell(column)
    if column.kind is ColumnKind.INTEGER:
        value = int(least_on_grid(least, 0))
        if not -(2**63) < value < 2**63:
            return false() if value > 0 else true()
        return cell >= literal(value, BigInteger())
    limits = precision_of(column)
    if limits is None:
        if not dialect.has_unlimited_decimals:
            raise Refused(f"{column.name} is {column.written}, whose digits are not known")
        given = literal(least.value, Numeric())
        return cell >= given if least.included else cell > given
    precision, scale = limits
    exact = least_on_grid(least, scale)
    if abs(exact) >= Decimal(10) ** (precision - scale):
        return false() if exact > 0 else true()
    return cell >= literal(exact, Numeric(precision, scale))


def is_in(column: LiveColumn, dialect: Dialect, allowed_values: Iterable[Any]) -> Condition:
    return equal_any(column, list(allowed_values), dialect)


def not_in(column: LiveColumn, dialect: Dialect, forbidden_values: Iterable[Any]) -> Condition:
    return not_(equal_any(column, list(forbidden_values), dialect))


def equal_any(column: LiveColumn, values: Sequence[Any], dialect: Dialect) -> Condition:
    """Whether a cell is one of the values, as `Series.isin` has it; missing ones match no value."""
    given = [plain(value) for value in values if not is_missing(value)]
    if len(given) > _MOST_VALUES:
        raise Refused(f"{len(given):,} values are too many for a statement")
    if column.kind is ColumnKind.TEXT:
        # pandas leaves out what is no text.
        texts = sorted({as_text(each, column) for each in given if isinstance(each, str)})
        if not texts:
            return false()
        return dialect.exact(dialect.text(column)).in_(
            [dialect.text_literal(each) for each in texts]
        )
    if not given:
        return false()
    if column.kind in NUMBERS:
        return _number_in(column, dialect, [_member_number(each, column) for each in given])
    if column.kind in TIMES:
        if any(isinstance(each, str) for each in given):
            raise mismatch(values, column)
        times = [dialect.time_literal(as_time(each, column), column) for each in given]
        return dialect.time(column).in_(times)
    return or_(*(equal(column, dialect, each) for each in given))


def _member_number(value: object, column: LiveColumn) -> int | float:
    number = as_number(value, column)
    if column.kind is ColumnKind.INTEGER and isinstance(number, int):
        if not -(2**63) <= number < 2**63 or ((column.bits or 0) > 64 and number < 0):
            raise mismatch(value, column)
    elif _EXACT < abs(number) < math.inf:
        # pandas compares such as Python objects in one list, and as floats in another.
        raise mismatch(value, column)
    return number


def _number_in(column: LiveColumn, dialect: Dialect, numbers: Sequence[int | float]) -> Condition:
    if column.kind is ColumnKind.INTEGER:
        great = any(isinstance(each, int) and abs(each) > _EXACT for each in numbers)
        if great and not all(isinstance(each, int) for each in numbers):
            raise Refused("a list of floats and great whole numbers is read in two ways")
        whole = sorted({int(each) for each in numbers if math.isfinite(each) and each == int(each)})
        cell = dialect.cell(column)
        return cell.in_([literal(each, BigInteger()) for each in whole]) if whole else false()
    if _is_double(column, dialect):
        doubles = sorted({float(each) for each in numbers})
        return _double(column, dialect).in_([dialect.double_literal(each) for each in doubles])
    return or_(*(_compare_rounded(column, dialect, operator.eq, float(each)) for each in numbers))
