"""Writes pandera's built-in checks as conditions on a cell, where the two surely agree.

A condition is about a cell that is neither null nor NaN; for one that is, it
may say anything. Arguments that pandas takes in a way of its own are refused.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import BigInteger, Numeric, and_, false, literal, not_, or_, true

from gatepost.tables.dialects.base import (
    NUMBERS,
    TIMES,
    Cell,
    Condition,
    Dialect,
    Refused,
    precision_of,
)
from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.patterns import read_pattern, words_of, write_glob, write_regex
from gatepost.tables.rounding import least_on_grid, least_reaching
from gatepost.wording import shorten

if TYPE_CHECKING:
    from pandera.pandas import Check

Compile: TypeAlias = Callable[..., Condition]

_EXACT = 2**53
"""Up to here a double holds every whole number."""
_MOST_VALUES = 2_000
"""More values than these are too many parameters for a statement."""
_FETCHED_AS = {
    ColumnKind.INTEGER: "float64",
    ColumnKind.DECIMAL: "float64",
    ColumnKind.FLOAT: "float64",
    ColumnKind.TEXT: "str",
    ColumnKind.TIMESTAMP: "datetime64[us]",
    ColumnKind.MOMENT: "datetime64[us, UTC]",
}
"""The dtype of a column that has nulls, which for all other kinds is object."""


def condition_of(check: Check, column: LiveColumn, dialect: Dialect) -> Condition:
    """The condition of a built-in check. Raises Refused for any other, or where not exact."""
    compile_ = _CHECKS.get(_builtin(check) or "")
    if compile_ is None:
        raise Refused("it is Python code")
    _require_plain(check)
    return compile_(column, dialect, **check._check_kwargs)


def null_breaks(check: Check, column: LiveColumn) -> bool:
    """Whether a null breaks a check that looks at nulls: pandera is asked itself."""
    import pandas as pd

    dtype: Any = _FETCHED_AS.get(column.kind, "object")
    frame = pd.DataFrame({"cell": pd.Series([None], dtype=dtype)})
    try:
        return not check(frame, "cell").check_output.all()
    except Exception as error:
        raise Refused(f"pandera itself cannot compare it with a null: {error}") from None


def values_of_members(check: Check, column: LiveColumn) -> list[Any]:
    """The values of a `unique_values_eq`. Raises Refused for any other check."""
    if _builtin(check) != "unique_values_eq":
        raise Refused("it is Python code")
    _require_plain(check)
    values = list(check._check_kwargs["values"])
    if any(_is_missing(value) for value in values):
        raise Refused("its values hold a null, which is equal to nothing")
    if column.kind not in (ColumnKind.INTEGER, ColumnKind.TEXT):
        raise Refused(f"the members of {column.kind.value} are compared as Python objects")
    return values


def _builtin(check: Check) -> str | None:
    """The name of the built-in check; its own name may be any, also that of another."""
    from pandera.api.function_dispatch import Dispatcher

    function: Any = check._check_fn
    return function.__name__ if isinstance(function, Dispatcher) else None


def _require_plain(check: Check) -> None:
    if check.element_wise or check.groupby is not None:
        raise Refused("it is applied cell by cell, or to groups")


# Arguments


def _plain(value: object) -> Any:
    """A numpy scalar as Python's own."""
    import numpy as np

    if isinstance(value, np.generic) and not isinstance(value, (np.datetime64, np.longdouble)):
        return value.item()
    return value


def _is_missing(value: object) -> bool:
    import pandas as pd

    return value is None or value is pd.NA or value is pd.NaT or value != value


def _mismatch(value: object, column: LiveColumn) -> Refused:
    given = shorten(repr(value), 60)
    return Refused(f"{given} is not surely compared alike with {column.kind.value}")


def _as_number(value: object, column: LiveColumn) -> int | float:
    value = _plain(value)
    if isinstance(value, (int, float)) and value == value:
        return int(value) if isinstance(value, bool) else value
    raise _mismatch(value, column)


def _as_text(value: object, column: LiveColumn) -> str:
    if not isinstance(value, str):
        raise _mismatch(value, column)
    if "\0" in value:
        raise Refused("pandas may leave out a NUL where it compares text")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Refused("half of a surrogate pair is no character in SQL")
    return str(value)


def _as_time(value: object, column: LiveColumn) -> date | datetime:
    import pandas as pd

    if column.kind is ColumnKind.DATE:
        if type(value) is date:
            return value
        raise _mismatch(value, column)
    moment = _read_time(value, column)
    if not isinstance(moment, datetime) or pd.isna(moment):
        raise _mismatch(value, column)
    if isinstance(moment, pd.Timestamp):
        if moment.nanosecond:
            raise Refused(f"{moment} is finer than a microsecond")
        moment = moment.to_pydatetime()
    is_aware = moment.utcoffset() is not None
    if is_aware != (column.kind is ColumnKind.MOMENT):
        raise _mismatch(value, column)
    try:
        return moment.astimezone(UTC) if is_aware else moment.replace(fold=0)
    except OverflowError:
        raise _mismatch(value, column) from None


def _read_time(value: Any, column: LiveColumn) -> Any:
    """What pandas makes of a text or a numpy time; of a text, the column's zone is the zone."""
    import numpy as np
    import pandas as pd

    is_text = isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value)
    if not is_text and not isinstance(value, np.datetime64):
        return value
    try:
        read = pd.Timestamp(value)
    except ValueError:
        raise _mismatch(value, column) from None
    lacks_zone = is_text and column.kind is ColumnKind.MOMENT and read.tzinfo is None
    return read.tz_localize("UTC") if lacks_zone else read


# Comparisons


def _at_least(column: LiveColumn, dialect: Dialect, min_value: object) -> Condition:
    return _compare(column, dialect, operator.ge, min_value)


def _greater(column: LiveColumn, dialect: Dialect, min_value: object) -> Condition:
    return _compare(column, dialect, operator.gt, min_value)


def _at_most(column: LiveColumn, dialect: Dialect, max_value: object) -> Condition:
    return _compare(column, dialect, operator.le, max_value)


def _less(column: LiveColumn, dialect: Dialect, max_value: object) -> Condition:
    return _compare(column, dialect, operator.lt, max_value)


def _equal(column: LiveColumn, dialect: Dialect, value: object) -> Condition:
    return _compare(column, dialect, operator.eq, value)


def _not_equal(column: LiveColumn, dialect: Dialect, value: object) -> Condition:
    return not_(_equal(column, dialect, value))


def _in_range(
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
        return _compare_number(column, dialect, compare, _as_number(value, column))
    if column.kind is ColumnKind.TEXT:
        text, given = dialect.text(column), _as_text(value, column)
        found: Condition = compare(
            dialect.exact(text) if is_equality else dialect.ordered(text),
            dialect.text_literal(given),
        )
        return found
    if column.kind in TIMES:
        time: Condition = compare(
            dialect.time(column), dialect.time_literal(_as_time(value, column), column)
        )
        return time
    if column.kind is ColumnKind.BOOLEAN and is_equality:
        value = _plain(value)
        if isinstance(value, bool):
            return dialect.cell(column) if value else not_(dialect.cell(column))
    raise _mismatch(value, column)


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
        raise _mismatch(value, column) from None
    if _is_double(column, dialect):
        double: Condition = compare(_double(column, dialect), dialect.double_literal(bound))
        return double
    if column.kind is ColumnKind.INTEGER and (column.bits or 0) > 64:
        raise _mismatch(value, column)
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


# Sets


def _is_in(column: LiveColumn, dialect: Dialect, allowed_values: Iterable[Any]) -> Condition:
    return equal_any(column, list(allowed_values), dialect)


def _not_in(column: LiveColumn, dialect: Dialect, forbidden_values: Iterable[Any]) -> Condition:
    return not_(equal_any(column, list(forbidden_values), dialect))


def equal_any(column: LiveColumn, values: Sequence[Any], dialect: Dialect) -> Condition:
    """Whether a cell is one of the values, as `Series.isin` has it; missing ones match no value."""
    given = [_plain(value) for value in values if not _is_missing(value)]
    if len(given) > _MOST_VALUES:
        raise Refused(f"{len(given):,} values are too many for a statement")
    if column.kind is ColumnKind.TEXT:
        # pandas leaves out what is no text.
        texts = sorted({_as_text(each, column) for each in given if isinstance(each, str)})
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
            raise _mismatch(values, column)
        times = [dialect.time_literal(_as_time(each, column), column) for each in given]
        return dialect.time(column).in_(times)
    return or_(*(_equal(column, dialect, each) for each in given))


def _member_number(value: object, column: LiveColumn) -> int | float:
    number = _as_number(value, column)
    if column.kind is ColumnKind.INTEGER and isinstance(number, int):
        if not -(2**63) <= number < 2**63 or ((column.bits or 0) > 64 and number < 0):
            raise _mismatch(value, column)
    elif _EXACT < abs(number) < math.inf:
        # pandas compares such as Python objects in one list, and as floats in another.
        raise _mismatch(value, column)
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


# Text


def _text_of(column: LiveColumn, dialect: Dialect) -> Any:
    if column.kind is not ColumnKind.TEXT:
        raise Refused(f"{column.name} holds {column.kind.value}, not text")
    return dialect.text(column)


def _length(
    column: LiveColumn,
    dialect: Dialect,
    min_value: object = None,
    max_value: object = None,
    exact_value: object = None,
) -> Condition:
    text = _text_of(column, dialect)
    least, most, exact = map(_as_length, (min_value, max_value, exact_value))
    if exact is not None:
        least = most = exact
    if most is not None and most < 0:
        return false()
    if least is None or least <= 0:
        return true() if most is None else dialect.is_length(text, 0, most)
    return dialect.is_length(text, least, most)


def _as_length(value: object) -> int | None:
    value = _plain(value)
    if value is None:
        return None
    if type(value) is not int or abs(value) >= 2**31:
        raise Refused(f"{shorten(repr(value), 40)} is not a plain length")
    return value


def _starts(column: LiveColumn, dialect: Dialect, string: object) -> Condition:
    text, start = _text_of(column, dialect), _as_text(string, column)
    return dialect.starts(text, start) if start else true()


def _ends(column: LiveColumn, dialect: Dialect, string: object) -> Condition:
    text, end = _text_of(column, dialect), _as_text(string, column)
    return dialect.ends(text, end) if end else true()


def _matches(column: LiveColumn, dialect: Dialect, pattern: object) -> Condition:
    return _finds(column, dialect, pattern, at_start=True)


def _contains(column: LiveColumn, dialect: Dialect, pattern: object) -> Condition:
    return _finds(column, dialect, pattern, at_start=False)


def _finds(column: LiveColumn, dialect: Dialect, pattern: object, *, at_start: bool) -> Condition:
    text = _text_of(column, dialect)
    part = read_pattern(pattern, at_start=at_start)
    few = words_of(part)
    if few is not None:
        starts, words, ends = few
        if all(chars.only is not None for word in words for chars in word):
            plain = ["".join(chars.only or "" for chars in word) for word in words]
            return or_(*(_find_word(each, text, column, dialect, starts, ends) for each in plain))
        globs = [write_glob(word, starts=starts, ends=ends) for word in words]
        found = [dialect.globs(text, glob) for glob in globs]
        known = [each for each in found if each is not None]
        if known:
            return or_(*known)
    if dialect.regex is None:
        raise Refused("the engine has no regular expressions")
    return dialect.finds(text, _as_text(write_regex(part, dialect.regex), column))


def _find_word(
    word: str, text: Any, column: LiveColumn, dialect: Dialect, starts: bool, ends: bool
) -> Condition:
    word = _as_text(word, column)
    if starts and ends:
        return dialect.exact(text) == dialect.text_literal(word)
    if not word:
        return true()
    if starts:
        return dialect.starts(text, word)
    return dialect.ends(text, word) if ends else dialect.holds(text, word)


_CHECKS: Mapping[str, Compile] = {
    "equal_to": _equal,
    "not_equal_to": _not_equal,
    "greater_than": _greater,
    "greater_than_or_equal_to": _at_least,
    "less_than": _less,
    "less_than_or_equal_to": _at_most,
    "in_range": _in_range,
    "isin": _is_in,
    "notin": _not_in,
    "str_length": _length,
    "str_startswith": _starts,
    "str_endswith": _ends,
    "str_matches": _matches,
    "str_contains": _contains,
}
