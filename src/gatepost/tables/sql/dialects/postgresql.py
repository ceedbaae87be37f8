"""PostgreSQL: NaN is greater than every number and equal to itself; text of the base types only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Numeric,
    Text,
    case,
    cast,
    collate,
    func,
    literal,
    literal_column,
    or_,
)

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql.dialects.base import (
    Cell,
    Condition,
    Dialect,
    Refused,
    Regex,
    precision_of,
)

_NAN: dict[ColumnKind, Cell] = {
    ColumnKind.FLOAT: literal_column("'NaN'::float8"),
    ColumnKind.DECIMAL: literal_column("'NaN'::numeric"),
}
_PLAIN = re.compile(r"(TEXT|VARCHAR|CHARACTER VARYING)\b", re.IGNORECASE)
_PADDED = re.compile(r"(CHAR|CHARACTER|BPCHAR)\b(?! VARYING)", re.IGNORECASE)
_NO_NUMBER: Cell = literal_column("-7046029254386353131")
_NO_TEXT: Cell = literal_column("chr(1) || 'null'")
"""What stands for a null where it is hashed."""
_OVERFLOWS = Decimal(2**1024 - 2**970)
"""From here on a decimal is an infinite double."""
_VANISHES = Decimal("2.4703282292062327e-324")
"""Up to here it is zero."""


class PostgreSQL(Dialect):
    """From version 11 on, in a database whose encoding is UTF8."""

    most_selected = 1600  # of 1664
    nan_kinds = tuple(_NAN)
    has_unlimited_decimals = True
    # Default options: a newline is a character as any other. \y, \m, \w and the like depend on
    # the collation, and are not used. The repeats are RE_DUP_MAX.
    regex = Regex(start="^", end="$", code=r"\U{:08x}", most=255)

    def is_nan(self, live: LiveColumn) -> Condition | None:
        return self.cell(live) == _NAN[live.kind] if live.kind in _NAN else None

    def is_null(self, live: LiveColumn) -> Condition:
        null = super().is_null(live)
        if live.kind is not ColumnKind.JSON:
            return null
        # The driver reads the JSON null as None.
        return or_(null, self._json("typeof", live) == "null")

    def _json(self, what: str, live: LiveColumn) -> Cell:
        prefix = "jsonb" if live.written.upper() == "JSONB" else "json"
        return getattr(func, f"{prefix}_{what}")(self.cell(live), type_=Text())  # type: ignore[no-any-return]

    def text(self, live: LiveColumn) -> ColumnElement[str]:
        if _PADDED.match(live.written):
            raise Refused(f"{live.name} is {live.written}, whose padding is compared differently")
        cell = self.cell(live)
        # A collation of the column's own may hold different texts to be equal. An enum, a
        # domain or citext compares by rules of its own.
        if "COLLATE" in live.written.upper():
            return collate(cell, "C")
        return cell if _PLAIN.match(live.written) else cast(cell, Text())

    def ordered(self, text: ColumnElement[str]) -> ColumnElement[str]:
        return collate(text, "C")

    def is_length(self, text: ColumnElement[str], least: int, most: int | None) -> Condition:
        if (least, most) == (1, None):
            return text != self.text_literal("")
        # A character has one to four octets in UTF-8, and octets need not be counted.
        octets = func.octet_length(text, type_=BigInteger())
        enough = octets >= 4 * least
        if most is not None:
            if most < 4 * least:
                return super().is_length(text, least, most)
            enough = octets.between(4 * least, most)
        return or_(enough, super().is_length(text, least, most))

    def starts(self, text: ColumnElement[str], start: str) -> Condition:
        # Several times faster than starts_with() and left(), and bytewise as these.
        return text.like(self.text_literal(re.sub(r"([\\%_])", r"\\\1", start) + "%"))

    def holds(self, text: ColumnElement[str], part: str) -> Condition:
        return func.strpos(text, self.text_literal(part)) > 0

    def finds(self, text: ColumnElement[str], pattern: str) -> Condition:
        return text.op("~", is_comparison=True)(self.text_literal(pattern))

    def double(self, live: LiveColumn) -> ColumnElement[float]:
        double = super().double(live)
        if live.kind is not ColumnKind.DECIMAL or precision_of(live) is not None:
            return double
        # The cast fails where Python makes an infinite number or zero of a decimal.
        cell = self.cell(live)
        return case(
            (cell >= literal(_OVERFLOWS, Numeric()), literal_column("'Infinity'::float8")),
            (cell <= literal(-_OVERFLOWS, Numeric()), literal_column("'-Infinity'::float8")),
            (func.abs(cell) <= literal(_VANISHES, Numeric()), literal(0.0, Double())),
            else_=double,
        )

    def identity(self, live: LiveColumn) -> Cell:
        limits = precision_of(live)
        # Decimals of 15 digits are as many doubles, so that none needs to be made one.
        is_short = limits is not None and limits[0] <= 15
        if live.kind is ColumnKind.FLOAT or (live.kind is ColumnKind.DECIMAL and is_short):
            return func.nullif(self.cell(live), _NAN[live.kind])
        return super().identity(live)

    def day(self, live: LiveColumn) -> ColumnElement[str]:
        cell: Any = self.cell(live)
        if live.kind is ColumnKind.MOMENT:
            cell = func.timezone("UTC", cell)
        return func.to_char(cell, "YYYY-MM-DD", type_=Text())

    def newest(self, live: LiveColumn) -> Cell:
        # As text, since the driver cannot read an infinite time, nor one after the year 9999.
        newest: Any = super().newest(live)
        local = func.timezone("UTC", newest) if live.kind is ColumnKind.MOMENT else newest
        finite = func.to_char(local, 'YYYY-MM-DD"T"HH24:MI:SS.US', type_=Text())
        return func.coalesce(finite, cast(newest, Text()))

    def as_text(self, live: LiveColumn) -> ColumnElement[str]:
        # Padding is shown as it is.
        is_padded = live.kind is ColumnKind.TEXT and _PADDED.match(live.written)
        return cast(self.cell(live), Text()) if is_padded else super().as_text(live)

    def hash_of(self, columns: Sequence[LiveColumn]) -> ColumnElement[int] | None:
        found: ColumnElement[int] = literal_column("0::bigint")
        for live in columns:
            cell: Cell
            # Should a null meet what stands for it, the values tell them apart afterwards.
            match live.kind:
                case ColumnKind.INTEGER:
                    cell = cast(func.coalesce(self.identity(live), _NO_NUMBER), BigInteger())
                    found = func.hashint8extended(cell, found, type_=BigInteger())
                case ColumnKind.FLOAT | ColumnKind.DECIMAL:
                    cell = cast(func.coalesce(self.identity(live), _NAN[live.kind]), Double())
                    found = func.hashfloat8extended(cell, found, type_=BigInteger())
                case _:
                    cell = func.coalesce(cast(self.identity(live), Text()), _NO_TEXT)
                    found = func.hashtextextended(cell, found, type_=BigInteger())
        return found


DIALECT = PostgreSQL()
