"""A database behind any SQLAlchemy URL, measured by read-only statements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import Field, PositiveInt, SecretStr, field_validator

from gatepost.errors import MeasurementError
from gatepost.tables.table import Table, table_clause
from gatepost.targets import catalogue
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.catalogue import Connections, Maintenance
from gatepost.targets.journal import note
from gatepost.targets.scannable import Scannable
from gatepost.targets.statements import NotSent
from gatepost.targets.timeseries import Window, as_moment, daily, points
from gatepost.wording import plural

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Select

T = TypeVar("T")

# Only a statement that begins like this can be read through a cursor.
_CURSOR = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:select|with|values|table)\b", re.IGNORECASE | re.DOTALL
)


class Settings(TargetSettings):
    """The table of a database in `gatepost.toml`.

    `statement_timeout` bounds one statement, `lock_timeout` its wait for a
    lock, `max_rows` what `frame` and a table's rules may fetch. `schema` is
    PostgreSQL's search path for tables that are named without one. The values
    of `sensitive` columns ("email", "*_phone") are not shown where rows are.
    Rules that constraints prove are not measured unless `trust_constraints`
    is off, and an unchanged table is not read again unless `reuse` is off.
    """

    kind: Literal["database"]
    url: SecretStr
    connect_timeout: Duration = timedelta(seconds=10)
    statement_timeout: Duration = timedelta(seconds=30)
    lock_timeout: Duration = timedelta(seconds=2)
    pool_size: PositiveInt = 4
    application_name: str = "gatepost"
    schema_name: str = Field("", alias="schema")
    max_rows: PositiveInt = 1_000_000
    sensitive: tuple[str, ...] = ()
    trust_constraints: bool = True
    reuse: bool = True

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: SecretStr) -> SecretStr:
        if not re.match(r"\w+(\+\w+)?://", url.get_secret_value()):
            raise ValueError("not a database URL; write dialect://user@host:port/name")
        return url


def open_target(name: str, settings: Settings, context: TargetContext) -> Database:
    """Make the target; it connects when a check first asks it something."""
    return Database(name, settings, context)


class Database(Scannable):
    """A live database. Statements are plain SQL with bound `:parameters`; it only reads.

    `:slot` is always bound to the run's slot. Within a check all statements
    see one snapshot (PostgreSQL, SQLite, MySQL's InnoDB). Whatever is asked
    raises Unavailable when the database cannot be reached, and
    MeasurementError when it refuses: the message names the table, column or
    limit and what to do.
    """

    def scalar(self, sql: str | Select[Any], /, **params: object) -> Any:
        """Return the only value of the only row; None for no row and for NULL.

        Decimals come as floats. MeasurementError for more than one row or column.
        """
        found = self._read(sql, params)
        if len(found.rows) > 1 or len(found.columns) > 1:
            raise MeasurementError(
                f"{self.name}: scalar() takes one row with one column, the query returned "
                f"{plural(len(found.rows), 'row')} of {plural(len(found.columns), 'column')}; "
                "aggregate it, or use series() or frame()"
            )
        value = found.rows[0][0] if found.rows else None
        return float(value) if isinstance(value, Decimal) else value

    def series(
        self,
        sql: str | Select[Any],
        /,
        *,
        days: int | None = None,
        fill: float | None = None,
        **params: object,
    ) -> pd.Series[float]:
        """Return figures over time; the query's first column is the time, its second the value.

        Without `days`: one point for each row, over sorted UTC moments. With
        `days`: one value for each UTC day, from that many days before the
        slot's day up to and including it, over a PeriodIndex of days; the
        query may use `:since` (the first midnight) and `:until` (the slot). A
        day without a row becomes `fill`, or NaN.
        """
        if days is None:
            if fill is not None:
                raise TypeError("fill= is for the days without a row, so it needs days=")
            return self._named(points, self._read(sql, params))
        window = Window.last(days, self._slot)
        params = {"since": window.since, "until": window.until, **params}
        found = self._read(sql, params, spare={"since", "until"})
        return self._named(daily, found, window, fill)

    def newest(self, table: str, by: str) -> datetime | None:
        """Return the newest time in a column of the whole table; None when there is none.

        Aware and in UTC; naive where the column itself has no time zone.
        """
        from sqlalchemy import column, func, select

        found = self.scalar(select(func.max(column(by))).select_from(self.relation(table)))
        moment = as_moment(found)
        if found is not None and moment is None:
            raise MeasurementError(
                f"{self.name}: {table}.{by} holds no times: its newest value is a "
                f"{type(found).__name__}"
            )
        return moment

    def table(self, name: str, *, time: str | None = None) -> Table:
        """Name a table or view for the rules on it; nothing is sent yet."""
        return Table(self, name, time)

    def ping(self) -> float:
        """Time a new connection and the answer to `select 1`, in milliseconds."""
        if not self._sends:
            raise NotSent("select 1")
        note("select 1", 1)
        return 1000 * self._sessions.ping()

    def connections(self) -> Connections:
        """Count the client connections against what the server allows; PostgreSQL only."""
        found = self._read(self._for_engine("connections", catalogue.CONNECTIONS), {})
        return Connections(*found.rows[0])

    def size(self) -> int:
        """Return the size of the database in bytes; PostgreSQL and SQLite only."""
        return int(self.scalar(self._for_engine("size", catalogue.SIZE)))

    def maintenance(self, table: str) -> Maintenance:
        """Tell when a table was last analysed and vacuumed, and its dead rows; PostgreSQL only."""
        sql = self._for_engine("maintenance", catalogue.MAINTENANCE)
        clause = table_clause(table)
        found = self._read(sql, {"name": clause.name, "schema": clause.schema})
        if not found.rows:
            raise self._unknown("table", table)
        return Maintenance(*found.rows[0])

    def tables(self) -> tuple[str, ...]:
        """List the tables and views of the default schema."""
        note("-- catalogue: tables")
        return self._look_up(catalogue.table_names)

    def columns(self, table: str) -> dict[str, str]:
        """Map a table's columns to their types as the engine writes them, in order."""
        from sqlalchemy.exc import NoSuchTableError

        note(f"-- catalogue: columns of {table}")
        clause = table_clause(table)
        try:
            return self._look_up(catalogue.column_types, clause.name, clause.schema)
        except NoSuchTableError:
            raise self._unknown("table", table) from None

    def _for_engine(self, what: str, statements: Mapping[str, str]) -> str:
        if self._backend not in statements:
            raise MeasurementError(f"{self.name}: {what}() is not available on {self._backend}")
        return statements[self._backend]
