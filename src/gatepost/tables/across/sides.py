"""One side of a comparison: what a table adds up to, and the hashes of its rows, as SQL."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, TypeAlias

from gatepost.tables.live import LiveTable
from gatepost.tables.table import Table

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Label, Select, Subquery

    from gatepost.tables.across.canonical import Form

Figure: TypeAlias = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Bucket:
    """The rows whose keys' hashes begin alike: how many, and two sums of their own hashes."""

    rows: int = 0
    hashes: tuple[int, ...] = (0, 0)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the rows of one side add up to; without hashes, they are all in the bucket ""."""

    buckets: Mapping[str, Bucket]
    sums: tuple[Figure, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(bucket.rows for bucket in self.buckets.values())


@dataclass(frozen=True, slots=True)
class Side:
    """The rows of a table, narrowed by `where`, with the columns that are compared.

    `forms` say how the columns of the key and then the others are written; it
    is empty where rows are not compared one by one.
    """

    table: Table
    live: LiveTable
    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    sums: tuple[str, ...]
    where: tuple[ColumnElement[bool], ...]
    forms: tuple[Form, ...] = ()

    @property
    def backend(self) -> str:
        """The engine that holds the table."""
        return self.table.source.backend

    @property
    def hidden(self) -> tuple[bool, ...]:
        """Of each column of the key and then the others, whether its cells are not to be shown."""
        return tuple(self.table.source.hides(name) for name in (*self.key, *self.columns))

    def add_up(self, digits: int) -> Totals:
        """Count the rows and add up sums and hashes, in one statement.

        `digits` of the hash of a row's key are its bucket.
        """
        found = self.table.source.rows(self._by_bucket(digits) if self.forms else self._whole())
        buckets = {
            str(name): Bucket(int(rows), (int(one or 0), int(other or 0)))
            for name, rows, one, other, *_ in found
        }
        sums = [_add(row[place] for row in found) for place in range(4, 4 + len(self.sums))]
        return Totals(buckets, tuple(sums))

    def read(self, buckets: Sequence[str] | None, digits: int) -> list[tuple[str, str]]:
        """The hashes of key and row: of the rows of some buckets, or of all."""
        from sqlalchemy import func, select

        rows = self._hashed()
        statement = select(rows.c.k, rows.c.r)
        if buckets is not None:
            statement = statement.where(func.substr(rows.c.k, 1, digits).in_(buckets))
        return [(str(key), str(row)) for key, row in self.table.source.rows(statement)]

    def show(self, keys: Sequence[str], hidden: Sequence[bool]) -> list[tuple[str | None, ...]]:
        """The rows with these hashes of keys, some of them: both hashes, then their cells.

        What is hidden does not leave the database: its hash does.
        """
        from sqlalchemy import select

        from gatepost.tables.across.canonical import hash_of

        texts = [
            hash_of(text, self.backend) if is_hidden else text
            for text, is_hidden in zip(self._texts(), hidden, strict=True)
        ]
        cells = [text.label(f"t{place}") for place, text in enumerate(texts)]
        rows = self._hashed(*cells)
        statement = select(rows).where(rows.c.k.in_(keys)).limit(100 * len(keys))
        return self.table.source.rows(statement)

    def _texts(self) -> list[ColumnElement[str]]:
        from gatepost.tables.across.canonical import write

        names = (*self.key, *self.columns)
        return [
            write(self.live.columns[name], form, self.backend)
            for name, form in zip(names, self.forms, strict=True)
        ]

    def _hashed(self, *more: ColumnElement[Any]) -> Subquery:
        """The rows as the hashes of their keys `k` and of themselves `r`, and what else."""
        from sqlalchemy import select

        from gatepost.tables.across.canonical import hash_of, join_texts

        texts = self._texts()
        width = len(self.key)
        key = join_texts(texts[:width], self.forms[:width])
        hashes = [
            hash_of(key, self.backend).label("k"),
            hash_of(join_texts(texts, self.forms), self.backend).label("r"),
        ]
        columns: list[ColumnElement[Any]] = [*hashes, *more]
        return self._narrowed(select(*columns)).subquery("compared")

    def _by_bucket(self, digits: int) -> Select[Any]:
        from sqlalchemy import column, func, select

        from gatepost.tables.across.canonical import NUMBER_DIGITS, number_of

        summed: list[Label[Any]] = [
            column(name).label(f"s{place}") for place, name in enumerate(self.sums)
        ]
        rows = self._hashed(*summed)
        bucket = func.substr(rows.c.k, 1, digits).label("bucket")
        hashes = [
            func.sum(number_of(func.substr(rows.c.r, start, NUMBER_DIGITS), self.backend))
            for start in (1, 1 + NUMBER_DIGITS)
        ]
        sums = [func.sum(rows.c[each.name]) for each in summed]
        return select(bucket, func.count(), *hashes, *sums).group_by(bucket)

    def _whole(self) -> Select[Any]:
        from sqlalchemy import column, func, literal_column, select

        bucket: ColumnElement[str] = literal_column("''").label("bucket")
        hashes: list[Label[int]] = [literal_column("0").label(name) for name in ("h1", "h2")]
        sums: list[ColumnElement[Any]] = [func.sum(column(name)) for name in self.sums]
        columns: list[ColumnElement[Any]] = [bucket, func.count(), *hashes, *sums]
        return self._narrowed(select(*columns))

    def _narrowed(self, select: Select[Any]) -> Select[Any]:
        return select.select_from(self.table.source.relation(self.table.name)).where(*self.where)


def _add(figures: Iterable[Figure | None]) -> Figure:
    """Add up what buckets add up to; nulls alone are 0."""
    numbers = [each for each in figures if each is not None]
    if any(isinstance(each, float) for each in numbers):
        return math.fsum(numbers)
    with localcontext(prec=200):  # a sum may well have more than the usual 28 digits
        return sum(numbers, Decimal(0))
