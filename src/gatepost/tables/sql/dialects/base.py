"""What differs between engines: standard SQL here, and in each engine's file what it has instead.

A cell is a column of the table; what is made of one is NULL where the cell is,
unless it says otherwise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Interval,
    LargeBinary,
    Numeric,
    Text,
    Time,
    case,
    cast,
    column,
    func,
    literal,
    or_,
)
from sqlalchemy.types import JSON, NullType, TypeEngine, Uuid

from gatepost.tables.live import ColumnKind, LiveColumn

Cell = ColumnElement[Any]
Condition = ColumnElement[bool]

TYPES: dict[ColumnKind, TypeEngine[Any]] = {
    ColumnKind.INTEGER: BigInteger(),
    ColumnKind.DECIMAL: Numeric(),
    ColumnKind.FLOAT: Double(),
    ColumnKind.TEXT: Text(),
    ColumnKind.BOOLEAN: Boolean(),
    ColumnKind.DATE: Date(),
    ColumnKind.TIMESTAMP: DateTime(),
    ColumnKind.MOMENT: DateTime(timezone=True),
    ColumnKind.TIME: Time(),
    ColumnKind.INTERVAL: Interval(),
    ColumnKind.UUID: Uuid(),
    ColumnKind.JSON: JSON(),
    ColumnKind.BINARY: LargeBinary(),
}
"""The types that the arguments of a comparison with a cell are sent as."""

NUMBERS = (ColumnKind.INTEGER, ColumnKind.DECIMAL, ColumnKind.FLOAT)
TIMES = (ColumnKind.DATE, ColumnKind.TIMESTAMP, ColumnKind.MOMENT)
EMPTY_JSON = r"^[ \t\n\r]*(\[[ \t\n\r]*\]|\{[ \t\n\r]*\}|\"\"|null)?[ \t\n\r]*$"


class Refused(Exception):  # noqa: N818 - a refusal to compile, not a failure
    """A rule that does not compile on this engine; the message says why, to follow "because"."""


@dataclass(frozen=True, slots=True)
class Regex:
    """How an engine writes the few parts of a regular expression that all engines have.

    `start` and `end` match nothing but the two ends of the whole text, `code`
    formats a character by its number, `most` is the most repeats that may be
    asked for.
    """

    start: str
    end: str
    code: str
    most: int


class Dialect:
    """One engine; `most_selected` is how many expressions a SELECT may have.

    `nan_kinds` are the kinds that may hold NaN. `has_infinity` says whether
    floating-point numbers may be infinite, `single_is_double` whether a number
    of 32 bits is read as the double that the engine compares it as,
    `decimals_are_doubles` whether decimals are stored as such, and
    `has_unlimited_decimals` whether they may have any number of digits.
    """

    most_selected: ClassVar[int] = 1000
    nan_kinds: ClassVar[tuple[ColumnKind, ...]] = ()
    has_infinity: ClassVar[bool] = True
    single_is_double: ClassVar[bool] = False
    decimals_are_doubles: ClassVar[bool] = False
    has_unlimited_decimals: ClassVar[bool] = False
    regex: ClassVar[Regex | None] = None

    def cell(self, live: LiveColumn) -> Cell:
        return column(live.name, TYPES.get(live.kind, NullType()))

    def is_nan(self, live: LiveColumn) -> Condition | None:
        """Whether the cell is a NaN; None for kinds that have none."""
        return func.isnan(self.cell(live)) if live.kind in self.nan_kinds else None

    def is_null(self, live: LiveColumn) -> Condition:
        """Whether the cell is fetched as a null; never NULL."""
        nan = self.is_nan(live)
        null = self.cell(live).is_(None)
        return null if nan is None else or_(null, nan)

    def is_empty(self, live: LiveColumn) -> Condition | None:
        """Whether the cell is there, with nothing in it; None for kinds that cannot be empty."""
        match live.kind:
            case ColumnKind.TEXT:
                return self.exact(self.text(live)) == self.text_literal("")
            case ColumnKind.JSON:
                return self.is_empty_json(live)
            case ColumnKind.ARRAY:
                return self.array_length(live) == 0
        return None

    def is_empty_json(self, live: LiveColumn) -> Condition:
        return self.finds(cast(self.cell(live), Text()), EMPTY_JSON)

    def array_length(self, live: LiveColumn) -> ColumnElement[int]:
        return func.cardinality(self.cell(live), type_=BigInteger())

    def misfit(self, live: LiveColumn) -> Condition | None:  # noqa: ARG002 - SQLite reads it
        """Whether the cell holds what its column's type does not tell; None where it cannot."""
        return None

    # Text

    def text(self, live: LiveColumn) -> ColumnElement[str]:
        """The text of a cell. Raises Refused for text that is fetched as another."""
        return self.cell(live)

    def exact(self, text: ColumnElement[str]) -> ColumnElement[Any]:
        """A text as what is equal only where the code points are."""
        return text

    def ordered(self, text: ColumnElement[str]) -> ColumnElement[Any]:
        """A text as what is ordered by its code points."""
        return self.exact(text)

    def text_literal(self, value: str) -> ColumnElement[str]:
        return literal(value, Text())

    def length(self, text: ColumnElement[str]) -> ColumnElement[int]:
        """How many code points a text has."""
        return func.char_length(text, type_=BigInteger())

    def is_length(self, text: ColumnElement[str], least: int, most: int | None) -> Condition:
        """Whether a text has so many code points."""
        length = self.length(text)
        if most is None:
            return length >= least
        return length == least if least == most else length.between(least, most)

    def starts(self, text: ColumnElement[str], start: str) -> Condition:
        return func.left(text, len(start)) == self.text_literal(start)

    def ends(self, text: ColumnElement[str], end: str) -> Condition:
        return func.right(text, len(end)) == self.text_literal(end)

    def holds(self, text: ColumnElement[str], part: str) -> Condition:
        """Whether a part is somewhere in a text."""
        raise NotImplementedError

    def finds(self, text: ColumnElement[str], pattern: str) -> Condition:
        """Whether a pattern, as `regex` writes it, matches somewhere in a text."""
        raise NotImplementedError

    def globs(self, text: ColumnElement[str], pattern: str) -> Condition | None:  # noqa: ARG002 - SQLite reads them
        """Whether a text is as a GLOB pattern says; None where the engine has none."""
        return None

    # Numbers

    def double_literal(self, value: float) -> ColumnElement[float]:
        if math.isinf(value) and not self.has_infinity:
            raise Refused("the engine has no infinite numbers")
        return literal(value, Double())

    def double(self, live: LiveColumn) -> ColumnElement[float]:
        """The number as the double that it is fetched as, which may be NaN."""
        cell = self.cell(live)
        return cell if live.kind is ColumnKind.FLOAT else cast(cell, Double())

    def deviation(self, number: ColumnElement[float]) -> ColumnElement[float]:
        return func.stddev_samp(number, type_=Double())

    def quantile(self, number: ColumnElement[float], q: float) -> ColumnElement[float]:
        return func.percentile_cont(q).within_group(number)

    # Times

    def time_literal(self, value: date | datetime, live: LiveColumn) -> Cell:
        return literal(value, TYPES[live.kind])

    def time(self, live: LiveColumn) -> Cell:
        """The cell as what compares with `time_literal`."""
        return self.cell(live)

    def day(self, live: LiveColumn) -> ColumnElement[str]:
        """The UTC day of a time as text."""
        raise NotImplementedError

    def newest(self, live: LiveColumn) -> Cell:
        return func.max(self.time(live), type_=TYPES[live.kind])

    # What groups

    def identity(self, live: LiveColumn) -> Cell:
        """The cell as what is equal exactly where pandas holds two cells to be equal."""
        match live.kind:
            case ColumnKind.TEXT:
                return self.exact(self.text(live))
            case ColumnKind.FLOAT | ColumnKind.DECIMAL:
                return self.number(live)
            case ColumnKind.INTEGER | ColumnKind.BOOLEAN | ColumnKind.UUID:
                return self.cell(live)
            case ColumnKind.DATE | ColumnKind.TIMESTAMP | ColumnKind.MOMENT:
                return self.time(live)
        raise Refused(f"{live.name} holds {live.kind.value}, which are not compared alike")

    def number(self, live: LiveColumn) -> ColumnElement[float]:
        """The number as a double, NULL for NaN."""
        if live.kind not in NUMBERS:
            raise Refused(f"{live.name} holds {live.kind.value}, not numbers")
        nan = self.is_nan(live)
        double = self.double(live)
        return double if nan is None else case((nan, None), else_=double)

    def hash_of(self, columns: Sequence[LiveColumn]) -> ColumnElement[int] | None:  # noqa: ARG002 - others read them
        """64 bits that are equal where the identities are, never NULL; None where there is none."""
        return None

    def as_text(self, live: LiveColumn) -> ColumnElement[str]:
        """The cell as a reader knows it, equal only where its code points are."""
        return self.text(live) if live.kind is ColumnKind.TEXT else cast(self.cell(live), Text())


def precision_of(live: LiveColumn) -> tuple[int, int] | None:
    """All digits, and those after the point, of a decimal type; None where it sets no limit."""
    found = re.search(r"\(\s*(\d+)\s*(?:,\s*(-?\d+)\s*)?\)", live.written)
    return None if found is None else (int(found[1]), max(int(found[2] or 0), 0))
