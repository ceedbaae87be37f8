"""SQLite: a column may hold anything, times are text, and there are no regular expressions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Text,
    and_,
    case,
    cast,
    collate,
    func,
    literal,
    literal_column,
    or_,
    type_coerce,
)

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql.dialects.base import Cell, Condition, Dialect, Refused

_STORED = {
    ColumnKind.INTEGER: ("integer",),
    ColumnKind.FLOAT: ("real",),
    ColumnKind.DECIMAL: ("integer", "real"),
    ColumnKind.BOOLEAN: ("integer",),
    ColumnKind.TEXT: ("text",),
    ColumnKind.DATE: ("text",),
    ColumnKind.TIMESTAMP: ("text",),
}
"""What typeof() says of a value that its column's type tells."""


class SQLite(Dialect):
    """From version 3.9 on; NaN is stored as NULL."""

    most_selected = 1900  # of 2000
    decimals_are_doubles = True

    def misfit(self, live: LiveColumn) -> Condition | None:
        if live.kind not in _STORED:
            return None
        cell = self.cell(live)
        stored: list[Cell] = [literal_column(f"'{name}'") for name in _STORED[live.kind]]
        odd: list[Condition] = [func.typeof(cell).not_in(stored)]
        match live.kind:
            case ColumnKind.BOOLEAN:
                odd.append(cast(cell, BigInteger()).not_in([0, 1]))
            case ColumnKind.TEXT:  # length() and substr() end at the first NUL
                odd.append(func.instr(cell, func.char(0)) > 0)
            case ColumnKind.DATE | ColumnKind.TIMESTAMP:
                odd.append(self.time(live).is_(None))
        return and_(cell.is_not(None), or_(*odd))

    def is_empty_json(self, live: LiveColumn) -> Condition:
        text = cast(self.cell(live), Text())
        empty: list[Cell] = [literal_column(f"'{each}'") for each in ("[]", "{}", '""', "null")]
        blank = func.trim(text, literal_column("' ' || char(9, 10, 13)")) == ""
        return case((func.json_valid(text) == 1, func.json(text).in_(empty)), else_=blank)

    def array_length(self, live: LiveColumn) -> ColumnElement[int]:  # noqa: ARG002 - refuses any
        raise Refused("SQLite has no arrays")

    def text(self, live: LiveColumn) -> ColumnElement[str]:
        # The column's own collation may ignore case.
        return collate(self.cell(live), "BINARY")

    def length(self, text: ColumnElement[str]) -> ColumnElement[int]:
        return func.length(text, type_=BigInteger())

    def starts(self, text: ColumnElement[str], start: str) -> Condition:
        return func.substr(text, 1, len(start)) == self.text_literal(start)

    def ends(self, text: ColumnElement[str], end: str) -> Condition:
        return func.substr(text, -len(end)) == self.text_literal(end)

    def holds(self, text: ColumnElement[str], part: str) -> Condition:
        return func.instr(text, self.text_literal(part)) > 0

    def globs(self, text: ColumnElement[str], pattern: str) -> Condition | None:
        return text.op("GLOB", is_comparison=True)(self.text_literal(pattern))

    def double(self, live: LiveColumn) -> ColumnElement[float]:
        return cast(self.cell(live), Double())

    def deviation(self, number: ColumnElement[float]) -> ColumnElement[float]:  # noqa: ARG002 - refuses any
        raise Refused("SQLite has no standard deviation")

    def quantile(self, number: ColumnElement[float], q: float) -> ColumnElement[float]:  # noqa: ARG002 - refuses any
        raise Refused("SQLite has no quantiles")

    def time(self, live: LiveColumn) -> Cell:
        """A date as it is written, a time as UTC to the microsecond; NULL for what is neither."""
        cell: Any = type_coerce(self.cell(live), Text())
        if live.kind is ColumnKind.DATE:
            return case((func.date(cell) == cell, cell))
        # The functions for times round to milliseconds, so what stands after the point is put
        # back as it is written: "2026-03-10T06:30:00.123456+01:00".
        rest = func.substr(cell, 20)
        digits: Cell = literal_column("'0123456789'")
        pointed = func.substr(rest, 1, 1) == literal_column("'.'")
        zone = case((pointed, func.ltrim(func.substr(rest, 2), digits)), else_=rest)
        fraction = case(
            (pointed, func.substr(rest, 2, func.length(rest) - 1 - func.length(zone))),
            else_=literal_column("''"),
        )
        seconds = func.strftime(
            literal_column("'%Y-%m-%d %H:%M:%S.'"), func.substr(cell, 1, 19).concat(zone)
        )
        return seconds.concat(func.substr(fraction.concat(literal_column("'000000'")), 1, 6))

    def time_literal(self, value: date | datetime, live: LiveColumn) -> Cell:  # noqa: ARG002 - text in any case
        if isinstance(value, datetime):
            return literal(value.isoformat(" ", "microseconds"), Text())
        return literal(value.isoformat(), Text())

    def day(self, live: LiveColumn) -> ColumnElement[str]:
        return func.substr(self.time(live), 1, 10, type_=Text())


DIALECT = SQLite()
