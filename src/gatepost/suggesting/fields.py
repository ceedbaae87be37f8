"""Which rules of a column held when it was profiled, as arguments of a field; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from gatepost.suggesting.profile import SHAPES, ColumnProfile, TableProfile
from gatepost.tables.live import ColumnKind
from gatepost.wording import format_number, format_time, plural

Literal: TypeAlias = bool | int | float | str | list[str] | dict[str, int | str]

ENOUGH = 20
"""With fewer rows, only what the catalogue says is suggested."""
ENOUGH_FOR_UNIQUE = 100
"""With fewer rows, values may differ by chance."""

_ANNOTATIONS = {
    ColumnKind.INTEGER: "int",
    ColumnKind.DECIMAL: "float",
    ColumnKind.FLOAT: "float",
    ColumnKind.TEXT: "str",
    ColumnKind.BOOLEAN: "bool",
    ColumnKind.TIMESTAMP: "pd.Timestamp",
    ColumnKind.MOMENT: "pd.DatetimeTZDtype",
    ColumnKind.INTERVAL: "pd.Timedelta",
}
_IDENTIFYING = (ColumnKind.INTEGER, ColumnKind.TEXT, ColumnKind.UUID)
_GREATEST_INTEGER = 2**62


@dataclass(frozen=True, slots=True)
class FieldRules:
    """A column's annotation and the arguments of its field, and what was seen, in words."""

    name: str
    annotation: str
    arguments: dict[str, Literal]
    seen: str


def field_rules(table: TableProfile, found: ColumnProfile) -> FieldRules:
    """The rules that hold for a column; none but its presence in a table without rows."""
    column = found.column
    seen = _seen(table, found)
    if not table.rows:
        return FieldRules(column.name, "Any", {"nullable": True}, f"{column.written}; {seen}")
    if found.misfits:
        note = f"{plural(found.misfits, 'value')} are not {column.kind.value}, as {column.written}"
        return FieldRules(column.name, "Any", {"nullable": True}, f"{seen}; {note} says")
    annotation = _ANNOTATIONS.get(column.kind, "object")
    if (column.bits or 0) > 64:
        annotation = "object" if column.kind is not ColumnKind.INTEGER else "Any"
    arguments: dict[str, Literal] = {}
    if annotation == "pd.DatetimeTZDtype":
        arguments["dtype_kwargs"] = {"unit": "us", "tz": "UTC"}
    if found.nulls or not (column.not_null or table.rows >= ENOUGH):
        arguments["nullable"] = True
    if _is_unique(table, found):
        arguments["unique"] = True
    if table.rows >= ENOUGH and found.nulls < table.rows:
        arguments.update(_on_values(found, table.rows - found.nulls))
    return FieldRules(column.name, annotation, arguments, seen)


def _is_unique(table: TableProfile, found: ColumnProfile) -> bool:
    column = found.column
    if column.not_null and frozenset({column.name}) in table.live.unique.values():
        return True
    is_complete = not found.nulls and found.distinct == table.rows
    return is_complete and table.rows >= ENOUGH_FOR_UNIQUE and column.kind in _IDENTIFYING


def _on_values(found: ColumnProfile, cells: int) -> Iterator[tuple[str, Literal]]:
    if found.values:
        yield "isin", list(found.values)
        return
    is_number = found.least is not None and found.greatest is not None
    if is_number and not found.hidden:
        counts_up = found.column.kind is ColumnKind.INTEGER and found.distinct == cells
        yield from _bounds(found, has_end=not counts_up)
    if found.shortest is not None and found.longest is not None:
        length = _lengths(found)
        if length:
            yield "str_length", length
    for name in found.shapes[:1]:
        yield from SHAPES[name].items()


def _bounds(found: ColumnProfile, *, has_end: bool) -> Iterator[tuple[str, Literal]]:
    """Bounds with room: nothing below zero where nothing is, half as much again above."""
    least, greatest = found.least, found.greatest
    assert least is not None  # noqa: S101 - the caller looked
    assert greatest is not None  # noqa: S101
    if least >= 0:
        yield "ge", 0
    elif math.isfinite(least):
        yield "ge", -_round_up(-1.5 * least)
    if not has_end or not math.isfinite(greatest):
        return
    if greatest > 0:
        bound = _round_up(1.5 * greatest)
        if bound <= _GREATEST_INTEGER:
            yield "le", bound
    elif least < 0:
        yield "le", 0


def _lengths(found: ColumnProfile) -> dict[str, int | str]:
    shortest, longest = found.shortest or 0, found.longest or 0
    if shortest == longest and longest > 1 and (found.distinct or 0) > 1:
        return {"min_value": longest, "max_value": longest}
    length: dict[str, int | str] = {"min_value": 1} if shortest else {}
    bounded = re.search(r"\((\d+)\)", found.column.written)
    most = int(_round_up(1.5 * longest))
    if longest and (bounded is None or most < int(bounded[1])):
        length["max_value"] = most
    return length


def _round_up(number: float) -> int | float:
    """The next of 1, 2, 5, 10, 20, 50, ... that is not less than a number above zero."""
    if number <= 0:
        return 0
    power = math.floor(math.log10(number))
    for digit in (1, 2, 5, 10):
        bound: int | float = digit * 10**power if power >= 0 else digit / 10**-power
        if bound >= number:
            return int(bound) if bound == int(bound) else bound
    return 2 * number


def _seen(table: TableProfile, found: ColumnProfile) -> str:
    """The observed figures in words; no value of a hidden column."""
    if not table.rows:
        return "no rows"
    if found.nulls == table.rows:
        return f"{plural(table.rows, 'row')}, all null: nothing is known of its values"
    parts = [plural(table.rows, "row"), f"{found.nulls:,} null"]
    if found.empties is not None:
        parts.append(f"{found.empties:,} empty")
    if found.distinct is not None:
        parts.append(plural(found.distinct, "different value"))
    if found.shortest is not None and found.longest is not None:
        least = "all" if found.shortest == found.longest else f"{found.shortest:,} to"
        parts.append(f"{least} {plural(found.longest, 'character')}")
    if not found.hidden:
        if found.least is not None and found.greatest is not None:
            least, most = _number(found.least), _number(found.greatest)
            parts.append(f"all {least}" if least == most else f"{least} to {most}")
        if found.newest is not None:
            parts.append(f"newest {format_time(found.newest)}")
    parts += [f"each with {shape}" for shape in found.shapes[:1]]
    return ", ".join(parts)


def _number(value: float) -> str:
    return format_number(value) if math.isfinite(value) else str(value)
