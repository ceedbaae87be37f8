"""Spark SQL: its patterns are Java's, its decimals have 38 digits, its session's zone is UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import BigInteger, ColumnElement, Date, Double, Text, cast, func, literal

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql.dialects.base import TYPES, Cell, Condition, Dialect, Regex


class Spark(Dialect):
    """From version 3.5 on."""

    nan_kinds = (ColumnKind.FLOAT,)
    single_is_double = True
    regex = Regex(start=r"\A", end=r"\z", code=r"\x{{{:x}}}", most=1000)

    def array_length(self, live: LiveColumn) -> ColumnElement[int]:
        return func.size(self.cell(live), type_=BigInteger())

    def starts(self, text: ColumnElement[str], start: str) -> Condition:
        return func.startswith(text, self.text_literal(start))

    def ends(self, text: ColumnElement[str], end: str) -> Condition:
        return func.endswith(text, self.text_literal(end))

    def holds(self, text: ColumnElement[str], part: str) -> Condition:
        return func.contains(text, self.text_literal(part))

    def finds(self, text: ColumnElement[str], pattern: str) -> Condition:
        return func.regexp_like(text, self.text_literal(pattern))

    def double(self, live: LiveColumn) -> ColumnElement[float]:
        return cast(self.cell(live), Double())

    def quantile(self, number: ColumnElement[float], q: float) -> ColumnElement[float]:
        return func.percentile(number, q, type_=Double())

    def time_literal(self, value: date | datetime, live: LiveColumn) -> Cell:
        # As text, since a datetime without a zone would be sent as one of this machine's zone.
        return cast(literal(value.isoformat(), Text()), TYPES[live.kind])

    def day(self, live: LiveColumn) -> ColumnElement[str]:
        return cast(cast(self.cell(live), Date()), Text())

    def hash_of(self, columns: Sequence[LiveColumn]) -> ColumnElement[int] | None:
        return func.xxhash64(*map(self.identity, columns), type_=BigInteger())


DIALECT = Spark()
