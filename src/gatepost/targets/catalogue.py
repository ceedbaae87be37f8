"""What a database's own catalogue and statistics say: statements by engine, and their records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Connections:
    """Client connections in use, ours not counted, and how many ordinary users may have."""

    used: int
    available: int

    @property
    def utilisation(self) -> float:
        """The used share in percent."""
        return 100 * self.used / self.available


@dataclass(frozen=True, slots=True)
class Maintenance:
    """When a table was last looked after, by hand or by autovacuum, and its estimated rows.

    Times are aware and in UTC; None means never, or not since the statistics
    were reset. Row counts are the server's estimates.
    """

    last_analyse: datetime | None
    last_vacuum: datetime | None
    live_rows: int
    dead_rows: int

    @property
    def dead_share(self) -> float:
        """The dead share of all rows in percent; 0 for an empty table."""
        return 100 * self.dead_rows / max(self.live_rows + self.dead_rows, 1)


# The server hides backend_type of other users' sessions from users without pg_monitor, but not
# their user and database, which background workers lack: so nobody's session goes uncounted.
CONNECTIONS = {
    "postgresql": """
        select
            (select count(*) from pg_stat_activity
             where usesysid is not null and datid is not null and pid <> pg_backend_pid()
               and coalesce(backend_type, 'client backend') = 'client backend'),
            current_setting('max_connections')::int
                - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true), '0')::int
    """,
}

SIZE = {
    "postgresql": "select pg_database_size(current_database())",
    "sqlite": "select page_count * page_size from pragma_page_count(), pragma_page_size()",
}

MAINTENANCE = {
    "postgresql": """
        select greatest(last_analyze, last_autoanalyze), greatest(last_vacuum, last_autovacuum),
               n_live_tup, n_dead_tup
        from pg_stat_all_tables
        where relid = to_regclass(concat_ws('.', quote_ident(:schema), quote_ident(:name)))
    """,
}


def table_names(connection: Connection) -> tuple[str, ...]:
    """List the tables and views of the default schema, sorted."""
    from sqlalchemy import inspect

    catalogue = inspect(connection)
    return tuple(sorted({*catalogue.get_table_names(), *catalogue.get_view_names()}))


def column_types(connection: Connection, table: str, schema: str | None = None) -> dict[str, str]:
    """Map a table's columns to their types as the engine writes them, in the table's order."""
    from sqlalchemy import inspect

    columns = inspect(connection).get_columns(table, schema)
    return {column["name"]: column["type"].compile(connection.dialect) for column in columns}


def columns_named_in(connection: Connection, statement: str) -> tuple[str, ...]:
    """List the columns of those tables of the default schema that a statement mentions."""
    words = set(re.findall(r"\w+", statement))
    mentioned = [table for table in table_names(connection) if table in words]
    return tuple(sorted({name for table in mentioned for name in column_types(connection, table)}))
