"""A sheet of figures: aggregates over a table's rows, each computed once, in one SELECT."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause, Label, Select

T = TypeVar("T")

_Beside: TypeAlias = "tuple[Select[Any], tuple[str, ...]]"
"""A SELECT that groups rows by value, and the names of its figures."""

_MOST_JOINED = 50
"""SQLite joins at most 64 tables, MariaDB 61."""


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts of at most `size` items."""
    return (items[start : start + size] for start in range(0, len(items), size))


def count_if(condition: ColumnElement[bool] | None, backend: str = "") -> ColumnElement[int]:
    """Count the rows of which a condition is true; all rows where there is none."""
    from sqlalchemy import case, func, literal_column

    if condition is None:
        return func.count()
    if backend == "postgresql":  # of twenty rules a tenth faster; not every engine has it
        return func.count().filter(condition)
    return func.count(case((condition, literal_column("1"))))


@dataclass(slots=True)
class Sheet:
    """Gathers the aggregates that are asked of the same rows, split alike.

    A row aggregate stands in the main SELECT, which reads the table once. What
    needs rows to be grouped by value first is a SELECT of its own beside it,
    split by the same labels, with one row for each combination of them. Counts
    of different hashes are a second statement, since they would keep
    PostgreSQL from reading the table with several processes, and so is each
    grouping of a large table, which has its rows sorted. Of more than
    `most_rows` combinations of the splits, only so many come.
    """

    relation: FromClause
    splits: tuple[Label[Any], ...] = ()
    most_rows: int | None = None
    _names: dict[Hashable, str] = field(default_factory=dict)
    _aggregates: list[Label[Any]] = field(default_factory=list)
    _beside: list[_Beside] = field(default_factory=list)
    _hashes: list[Label[Any]] = field(default_factory=list)
    _apart: dict[Hashable, Select[Any]] = field(default_factory=dict)
    _starts: list[ColumnElement[bool] | None] = field(default_factory=list)

    def add(self, key: Hashable, make: Callable[[], ColumnElement[Any]]) -> str:
        """Name an aggregate; what has the same key is computed once."""
        if key not in self._names:
            name = f"figure_{len(self._names)}"
            self._aggregates.append(make().label(name))
            self._names[key] = name
        return self._names[key]

    def add_beside(
        self, key: Hashable, columns: int, make: Callable[[list[str]], Select[Any]]
    ) -> tuple[str, ...]:
        """Name the columns of a SELECT of its own; `make` labels them with the given names."""
        keys = [(key, place) for place in range(columns)]
        if keys[0] not in self._names:
            names = [f"figure_{len(self._names) + place}" for place in range(columns)]
            self._beside.append((make(names), tuple(names)))
            self._names.update(zip(keys, names, strict=True))
        return tuple(self._names[each] for each in keys)

    def add_hashes(self, key: Hashable, hashed: ColumnElement[int]) -> str:
        """Name the count of different hashes, nulls left out."""
        from sqlalchemy import distinct, func

        if key not in self._names:
            name = f"figure_{len(self._names)}"
            self._hashes.append(func.count(distinct(hashed)).label(name))
            self._names[key] = name
        return self._names[key]

    def add_apart(
        self, key: Hashable, columns: int, make: Callable[[list[str]], Select[Any]]
    ) -> tuple[str, ...]:
        """Name the first columns of a statement of its own, which may have no row at all."""
        keys = [(key, place) for place in range(columns)]
        if key not in self._apart:
            names = [f"figure_{len(self._names) + place}" for place in range(columns)]
            self._apart[key] = make(names)
            self._names.update(zip(keys, names, strict=True))
        return tuple(self._names[each] for each in keys)

    def apart(self, key: Hashable) -> Select[Any] | None:
        """The statement of its own that was added by this key."""
        return self._apart.get(key)

    def read_from(self, start: ColumnElement[bool] | None) -> None:
        """Note which rows an ask is about; where every ask has a start, no others are read."""
        self._starts.append(start)

    def statements(self, most: int) -> tuple[Select[Any], ...]:
        """The one statement for all figures; more where it would have more than `most` columns.

        Counts of hashes are a statement of their own, as is what was added apart.
        """
        from sqlalchemy import select

        joined, *joins = list(batched(self._beside, _MOST_JOINED)) or [()]
        size = most - len(self.splits) - sum(len(names) for _, names in joined)
        rows_read = [count_if(None).label("rows_read")]
        first, *others = list(batched(self._aggregates, size)) or [rows_read]
        hashes = select(*self._hashes).select_from(self.relation)
        return (
            self._join_beside(self._count(first), joined),
            *(self._count(each) for each in others),
            *(self._join_beside(self._count(rows_read), each) for each in joins),
            *([self._narrow(hashes)] if self._hashes else ()),
            *self._apart.values(),
        )

    def _count(self, aggregates: Sequence[Label[Any]]) -> Select[Any]:
        from sqlalchemy import literal_column, select

        counts = self._narrow(select(*self.splits, *aggregates).select_from(self.relation))
        if self.splits:
            counts = counts.group_by(*(literal_column(each.name) for each in self.splits))
        return counts if self.most_rows is None else counts.limit(self.most_rows)

    def _join_beside(self, counts: Select[Any], beside: Sequence[_Beside]) -> Select[Any]:
        from sqlalchemy import select

        if not beside:
            return counts
        first = counts.subquery("counts")
        joined: FromClause = first
        columns: list[Any] = list(first.c)
        for place, (grouped, names) in enumerate(beside):
            other = grouped.subquery(f"grouped_{place}")
            joined = joined.outerjoin(other, self._split_alike(first, other))
            columns += [other.c[name] for name in names]
        return select(*columns).select_from(joined)

    def _narrow(self, statement: Select[Any]) -> Select[Any]:
        from sqlalchemy import or_

        starts = [start for start in self._starts if start is not None]
        if starts and len(starts) == len(self._starts):
            return statement.where(or_(*{id(start): start for start in starts}.values()))
        return statement

    def _split_alike(self, first: FromClause, other: FromClause) -> ColumnElement[bool]:
        from sqlalchemy import and_, true

        names = [each.name for each in self.splits]
        return and_(true(), *(first.c[name].is_not_distinct_from(other.c[name]) for name in names))
