"""DuckDB: files and frames as well; NaN is greater than every number and equal to itself."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Double,
    Text,
    cast,
    collate,
    func,
    literal_column,
)

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql.dialects.base import (
    Cell,
    Condition,
    Dialect,
    Regex,
    precision_of,
)


class DuckDB(Dialect):
    """From version 1.0 on, in a session whose zone is UTC; its patterns are RE2's."""

    nan_kinds = (ColumnKind.FLOAT,)
    single_is_double = True
    regex = Regex(start=r"\A", end=r"\z", code=r"\x{{{:x}}}", most=1000)

    def array_length(self, live: LiveColumn) -> ColumnElement[int]:
        return func.len(self.cell(live), type_=BigInteger())

    def text(self, live: LiveColumn) -> ColumnElement[str]:
        # The column's own collation, of which its type says nothing, may ignore case.
        cell = self.cell(live)
        is_plain = live.written.upper() in ("VARCHAR", "TEXT")
        return collate(cell if is_plain else cast(cell, Text()), "C")

    def length(self, text: ColumnElement[str]) -> ColumnElement[int]:
        return func.length(text, type_=BigInteger())

    def starts(self, text: ColumnElement[str], start: str) -> Condition:
        return func.starts_with(text, self.text_literal(start))

    def ends(self, text: ColumnElement[str], end: str) -> Condition:
        return func.ends_with(text, self.text_literal(end))

    def holds(self, text: ColumnElement[str], part: str) -> Condition:
        return func.contains(text, self.text_literal(part))

    def finds(self, text: ColumnElement[str], pattern: str) -> Condition:
        return func.regexp_matches(text, self.text_literal(pattern))

    def double(self, live: LiveColumn) -> ColumnElement[float]:
        cell = self.cell(live)
        if live.kind is ColumnKind.FLOAT and live.bits == 64:
            return cell
        limits = precision_of(live) if live.kind is ColumnKind.DECIMAL else None
        # Beyond 15 digits or 64 bits the cast rounds twice; text is read exactly.
        is_long = (live.bits or 0) > 64 or (limits is not None and limits[0] > 15)
        return cast(cast(cell, Text()) if is_long else cell, Double())

    def quantile(self, number: ColumnElement[float], q: float) -> ColumnElement[float]:
        return func.quantile_cont(number, literal_column(repr(q)), type_=Double())

    def day(self, live: LiveColumn) -> ColumnElement[str]:
        cell = self.cell(live)
        if live.kind is ColumnKind.MOMENT:
            cell = func.timezone("UTC", cell)
        return cast(cast(cell, Date()), Text())

    def hash_of(self, columns: Sequence[LiveColumn]) -> ColumnElement[int] | None:
        return func.hash(*map(self._hashed, columns), type_=BigInteger())

    def _hashed(self, live: LiveColumn) -> Cell:
        cell = self.identity(live)
        if live.kind in (ColumnKind.FLOAT, ColumnKind.DECIMAL):
            # Zero is hashed with its sign, which the sum with zero takes away.
            return cell + literal_column("0.0::double")
        # 0 and -1 of more than 64 bits have one hash.
        return cast(cell, Text()) if (live.bits or 0) > 64 else cell


DIALECT = DuckDB()
