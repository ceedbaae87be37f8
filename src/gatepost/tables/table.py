"""A live table as a check's measurement: named, not fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Select, TableClause


class TableSource(Protocol):
    """What a table needs of its database: both run one read-only statement of the check's snapshot.

    They raise MeasurementError when the statement fails, Unavailable when the
    database cannot be reached.
    """

    @property
    def name(self) -> str:
        """The target's name in the configuration."""
        ...

    def scalar(self, sql: str | Select[Any], /, **params: object) -> Any:
        """Return the only value of the only row."""
        ...

    def frame(self, sql: str | Select[Any], /, **params: object) -> pd.DataFrame:
        """Return all rows, as many as the database's settings allow."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view of a database; nothing is sent until a rule asks for it.

    `name` may carry a schema before a dot. `time` is the column that says when
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
    """Turn "table" or "schema.table" into SQLAlchemy's table, which quotes where it must."""
    from sqlalchemy import table

    schema, _, plain = name.rpartition(".")
    return table(plain, schema=schema or None)
