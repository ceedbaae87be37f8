"""A live table as a check's measurement: named, not fetched."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection, FromClause, Select, TableClause

    from gatepost.tables.live import LiveTable

T = TypeVar("T")


class TableSource(Protocol):
    """What a table needs of what holds it; statements run in the check's one read-only snapshot.

    All raise MeasurementError when a statement fails, Unavailable when the
    database cannot be reached.
    """

    @property
    def name(self) -> str:
        """The target's name in the configuration."""
        ...

    @property
    def backend(self) -> str:
        """The engine, as SQLAlchemy names its dialect: "postgresql", "sqlite", "duckdb"."""
        ...

    def relation(self, name: str) -> FromClause:
        """What to select from: the table, or what stands for it."""
        ...

    @property
    def memory(self) -> Path | None:
        """The folder that remembers what statements returned; None to ask anew each time."""
        ...

    def spell(self, sql: Select[Any], /) -> str:
        """Write a statement as it is sent, with the values of its parameters."""
        ...

    def note_unchanged(self, name: str, since: datetime) -> None:
        """Note that a statement on a table was not sent, since its answer is known."""
        ...

    def hides(self, column: str) -> bool:
        """Whether a column's values are not to be shown to anybody."""
        ...

    def describe_table(self, name: str) -> LiveTable:
        """Read the table's columns and constraints from the catalogue."""
        ...

    def look_up(self, read: Callable[[Connection, str, str | None], T], name: str, /) -> T:
        """Let a function read what the catalogue says of a table, by its name and schema."""
        ...

    def rows(self, sql: Select[Any], /) -> list[tuple[Any, ...]]:
        """Return the few rows of an aggregate."""
        ...

    def scalar(self, sql: str | Select[Any], /, **params: object) -> Any:
        """Return the only value of the only row."""
        ...

    def rows_together(self, statements: Sequence[Select[Any]], /) -> list[list[tuple[Any, ...]]]:
        """Return the rows of several aggregates, run at once where the engine can."""
        ...

    def frame(self, sql: str | Select[Any], /, **params: object) -> pd.DataFrame:
        """Return all rows, as many as the settings allow; MeasurementError where there are more."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view of a database; nothing is sent until a rule asks for it.

    `name` may carry a schema before a dot; a name with a dot of its own is
    quoted, as in 'sales."q1.2026"'. `time` is the column that says when
    a row was made, for what is judged per day.
    """

    source: TableSource
    name: str
    time: str | None = None

    @property
    def clause(self) -> TableClause:
        """The table as SQLAlchemy writes it, quoted where it must be."""
        return table_clause(self.name)

    def frame(self) -> pd.DataFrame:
        """Fetch every row and column; MeasurementError when there are more than max_rows."""
        from sqlalchemy import select, text

        return self.source.frame(select(text("*")).select_from(self.clause))

    def count(self) -> int:
        """Count the rows."""
        from sqlalchemy import func, select

        return int(self.source.scalar(select(func.count()).select_from(self.clause)))


def table_clause(name: str) -> TableClause:
    """Turn "table" or "schema.table" into SQLAlchemy's table, which quotes where it must.

    A name that has a dot itself stands in double quotes, as in SQL: 'sales."q1.2026"'.
    """
    from sqlalchemy import table

    quoted = _QUOTED.fullmatch(name)
    schema, plain = quoted.groups() if quoted else name.rpartition(".")[::2]
    return table(_unquote(plain), schema=_unquote(schema) if schema else None)


_PART = r'("(?:[^"]|"")+"|[^".]+)'
_QUOTED = re.compile(rf"(?:{_PART}\.)?{_PART}")


def _unquote(part: str) -> str:
    return part[1:-1].replace('""', '"') if len(part) > 2 and part[0] == part[-1] == '"' else part
