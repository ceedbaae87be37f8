"""MySQL and MariaDB: texts compare as bytes, since their collations ignore case and padding."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    LargeBinary,
    Text,
    and_,
    cast,
    collate,
    func,
    literal,
    literal_column,
    type_coerce,
)
from sqlalchemy.dialects.mysql import CHAR, DATETIME

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql.dialects.base import Cell, Condition, Dialect, Refused, Regex


class MySQL(Dialect):
    """From MySQL 8.0.4 and MariaDB 10.2 on, by a connection whose characters are utf8mb4.

    There are no NaN and no infinite numbers. TINYINT(1) is a boolean only by
    convention.
    """

    most_selected = 4000  # of 4096
    has_infinity = False
    # Of PCRE in one, of ICU in the other.
    regex = Regex(start=r"\A", end=r"\z", code=r"\x{{{:x}}}", most=1000)

    def misfit(self, live: LiveColumn) -> Condition | None:
        if live.kind is not ColumnKind.BOOLEAN:
            return None
        number = type_coerce(self.cell(live), Integer())
        return and_(number.is_not(None), number.not_in([0, 1]))

    def array_length(self, live: LiveColumn) -> ColumnElement[int]:  # noqa: ARG002 - refuses any
        raise Refused("the engine has no arrays")

    def text(self, live: LiveColumn) -> ColumnElement[str]:
        return cast(self.cell(live), CHAR(charset="utf8mb4"))

    def exact(self, text: ColumnElement[str]) -> ColumnElement[Any]:
        return cast(text, LargeBinary())

    def starts(self, text: ColumnElement[str], start: str) -> Condition:
        return func.left(self.exact(text), len(start.encode())) == self.text_literal(start)

    def ends(self, text: ColumnElement[str], end: str) -> Condition:
        return func.right(self.exact(text), len(end.encode())) == self.text_literal(end)

    def holds(self, text: ColumnElement[str], part: str) -> Condition:
        return func.instr(self.exact(text), self.text_literal(part)) > 0

    def finds(self, text: ColumnElement[str], pattern: str) -> Condition:
        return collate(text, "utf8mb4_bin").op("REGEXP", is_comparison=True)(
            self.text_literal(pattern)
        )

    def is_empty_json(self, live: LiveColumn) -> Condition:
        return super().is_empty_json(LiveColumn(live.name, ColumnKind.TEXT, live.written))

    def double(self, live: LiveColumn) -> ColumnElement[float]:
        cell = self.cell(live)
        return cell if live.kind is ColumnKind.FLOAT else cell + literal_column("0e0")

    def quantile(self, number: ColumnElement[float], q: float) -> ColumnElement[float]:  # noqa: ARG002 - refuses any
        raise Refused("the engine has no quantiles among its aggregates")

    def time_literal(self, value: date | datetime, live: LiveColumn) -> Cell:
        text = literal(str(value), Text())
        return cast(text, Date() if live.kind is ColumnKind.DATE else DATETIME(fsp=6))

    def day(self, live: LiveColumn) -> ColumnElement[str]:
        return func.date_format(self.cell(live), "%Y-%m-%d", type_=Text())

    def as_text(self, live: LiveColumn) -> ColumnElement[str]:
        if live.kind is ColumnKind.BINARY:
            return func.hex(self.cell(live), type_=Text())
        # The one is MariaDB's name, the other MySQL's, and each reads one of the comments only.
        bytewise: ColumnElement[str] = literal_column(
            "/*M! utf8mb4_nopad_bin */ /*!50708 utf8mb4_0900_bin */"
        )
        return cast(self.cell(live), CHAR(charset="utf8mb4")).op("COLLATE")(bytewise)


DIALECT = MySQL()
