"""What can be scanned: runs read-only statements behind a SQLAlchemy URL, and knows its tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import copy_context
from datetime import datetime
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gatepost.durations import format_duration
from gatepost.errors import MeasurementError, Unavailable
from gatepost.tables.live import LiveTable
from gatepost.tables.table import table_clause
from gatepost.targets import catalogue
from gatepost.targets.base import TargetContext
from gatepost.targets.description import describe
from gatepost.targets.engines import SessionLimits, open_engine, place, read_url
from gatepost.targets.estimates import read_estimate
from gatepost.targets.faults import Fault, read_refusal
from gatepost.targets.journal import note
from gatepost.targets.sessions import Sessions
from gatepost.targets.statements import NotSent, bind
from gatepost.targets.timeseries import Rows
from gatepost.wording import format_time, plural, shorten, suggest

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection, Engine, FromClause, Select
    from sqlalchemy.exc import DBAPIError

    from gatepost.targets.database import Settings

T = TypeVar("T")

# Only a statement that begins like this can be read through a cursor.
_CURSOR = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:select|with|values|table)\b", re.IGNORECASE | re.DOTALL
)


# Measured on PostgreSQL 18: without a sort of whole rows before it, a count of distinct hashes
# takes half the time; a grouping with nearly a group for each row takes three quarters by sorting.
# Only on a connection of their own, since they suit nothing else.
_BESIDE = ("enable_presorted_aggregate = off", "enable_hashagg = off")
_NEW = {"enable_presorted_aggregate = off": 16, "jit = off": 11}
"""The version of PostgreSQL that brought a setting."""


class Scannable:
    """A database as the source of tables, and the base of what authors of checks call.

    Whatever is asked raises Unavailable when the database cannot be reached,
    and MeasurementError when it refuses.
    """

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._settings = settings
        self._slot = context.slot
        try:
            self._url = read_url(settings.url.get_secret_value())
        except ValueError as error:
            raise Unavailable(name, str(error)) from None
        self._backend = self._url.get_backend_name()
        self._place = place(self._url, context.root)
        self._memory = context.memory / name if context.memory else None
        self._sends = context.sends
        limits = SessionLimits(
            application_name=settings.application_name,
            connect_timeout=settings.connect_timeout,
            statement_timeout=settings.statement_timeout,
            lock_timeout=settings.lock_timeout,
            pool_size=settings.pool_size,
            schema=settings.schema_name,
        )
        open_this = partial(self._open_engine, limits, context.root)
        self._sessions = Sessions(name, self._place, open_this, context.outages)

    @property
    def backend(self) -> str:
        """The engine, as SQLAlchemy names its dialect."""
        return self._backend

    def __repr__(self) -> str:
        return f"<Database {self.name}: {self._place}>"

    def describe(self) -> str:
        """Say which engine it is and where, without the password."""
        return self._place

    def close(self) -> None:
        """Close all connections."""
        self._sessions.close()

    def relation(self, name: str) -> FromClause:
        """What a statement on the table of this name selects from."""
        return table_clause(name)

    def describe_table(self, name: str) -> LiveTable:
        """Read a table's columns and constraints from the catalogue."""
        found = self.look_up(describe, name)
        return found if self._settings.trust_constraints else found.without_constraints()

    def look_up(self, read: Callable[[Connection, str, str | None], T], name: str) -> T:
        """Let a function read what the catalogue says of a table, by its name and schema."""
        from sqlalchemy.exc import NoSuchTableError

        note(f"-- catalogue: {name}")
        clause = table_clause(name)
        try:
            return self._look_up(read, clause.name, clause.schema)
        except NoSuchTableError:
            raise self._unknown("table", name) from None

    def hides(self, column: str) -> bool:
        """Whether the configuration calls a column sensitive."""
        return any(fnmatch(column.lower(), each.lower()) for each in self._settings.sensitive)

    @property
    def memory(self) -> Path | None:
        """Where it is remembered what statements on unchanged tables returned."""
        return self._memory if self._settings.reuse else None

    def spell(self, sql: Select[Any], /) -> str:
        """Write a statement as it is sent, with the values of its parameters."""
        with self._sessions.borrow() as connection:
            return self._named(bind, sql, {"slot": self._slot}, {"slot"}, connection.engine).text

    def note_unchanged(self, name: str, since: datetime) -> None:
        """Note that a statement on a table was not sent, since its answer is known."""
        note(f"-- not sent: {name} has not changed since {format_time(since)}", 0)

    def rows(self, sql: str | Select[Any], /, **params: object) -> list[tuple[Any, ...]]:
        """Return the rows of an aggregate as they come from the driver."""
        return self._read(sql, params).rows

    def rows_together(self, statements: Sequence[Select[Any]], /) -> list[list[tuple[Any, ...]]]:
        """Return the rows of several aggregates; on PostgreSQL at once, in one snapshot."""
        free = self._settings.pool_size - 1
        if len(statements) < 2 or not free or self._backend != "postgresql":
            return [self.rows(each) for each in statements]
        snapshot = self._export_snapshot()
        first, *others = statements
        with ThreadPoolExecutor(min(len(others), free)) as pool:
            beside = [
                pool.submit(copy_context().run, self._rows_in, snapshot, each) for each in others
            ]
            found = [self.rows(first)]
            return found + [each.result() for each in beside]

    def _export_snapshot(self) -> str:
        with self._sessions.borrow() as connection:
            _set(connection, ())
            found = connection.exec_driver_sql("select pg_export_snapshot()")
            return str(found.scalar_one())

    def _rows_in(self, snapshot: str, statement: Select[Any]) -> list[tuple[Any, ...]]:
        """Run a statement on a connection of its own, in the snapshot of the check's."""

        @contextmanager
        def lend() -> Iterator[Connection]:
            with self._sessions.lend() as connection:
                connection.exec_driver_sql(f"set transaction snapshot '{snapshot}'")
                _set(connection, _BESIDE)
                yield connection

        return self._read(statement, {}, lend=lend).rows

    def frame(self, sql: str | Select[Any], /, **params: object) -> pd.DataFrame:
        """Return all rows; MeasurementError when there are more than `max_rows`.

        Decimals come as floats. Prefer aggregates: this is for what cannot be one.
        """
        import pandas as pd

        most = self._settings.max_rows
        found = self._read(sql, params, most=most)
        if len(found.rows) > most:
            raise MeasurementError(
                f"{self.name}: the query returns more than {plural(most, 'row')}; "
                f"aggregate or narrow it, or raise max_rows of targets.{self.name}"
            )
        return pd.DataFrame.from_records(found.rows, columns=found.columns, coerce_float=True)

    def _open_engine(self, limits: SessionLimits, root: Path) -> Engine:
        return open_engine(self._url, limits, root)

    def _read(
        self,
        sql: str | Select[Any],
        params: Mapping[str, object],
        *,
        most: int | None = None,
        spare: AbstractSet[str] = frozenset(),
        lend: Callable[[], AbstractContextManager[Connection]] | None = None,
    ) -> Rows:
        """Run one statement; with `most`, stop fetching after one row more than that."""
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError

        given = {"slot": self._slot, **params}
        rows: list[tuple[Any, ...]] | None = None
        text = ""
        try:
            with (lend or self._sessions.borrow)() as connection:
                statement = self._named(bind, sql, given, {"slot", *spare}, connection.engine)
                text = statement.text
                if not self._sends:
                    raise NotSent(text, read_estimate(connection, statement))
                stream = most is not None and bool(_CURSOR.match(text))
                options = {"stream_results": True} if stream else {}
                with connection.execute(
                    statement.clause, statement.values, execution_options=options
                ) as result:
                    if not result.returns_rows:
                        raise MeasurementError(
                            f"{self.name}: the statement returns no rows; send a query"
                        )
                    fetched = result.all() if most is None else result.fetchmany(most + 1)
                    rows = [tuple(row) for row in fetched]
                    return Rows(tuple(result.keys()), rows)
        except DBAPIError as error:
            raise self._refused(error, text) from None
        except SQLAlchemyError as error:
            raise MeasurementError(f"{self.name}: {shorten(str(error.args[0]))}") from None
        finally:
            if text:
                note(text, None if rows is None else len(rows))

    def _refused(self, error: DBAPIError, sql: str) -> MeasurementError:
        if error.connection_invalidated:
            reason = f"the connection was lost while a statement ran ({self._place})"
            return Unavailable(self.name, reason)
        refusal = read_refusal(error.orig or error)
        of_target = f"of targets.{self.name}"
        match refusal.fault:
            case Fault.WRITE:
                advice = "Gatepost's sessions are read-only; let the check only read"
                reason = f"check tried to write: {refusal.message}; {advice}"
            case Fault.TIMEOUT:
                limit = format_duration(self._settings.statement_timeout)
                advice = f"narrow the query, add an index, or raise statement_timeout {of_target}"
                reason = f"the statement ran past its time-out of {limit}; {advice}"
            case Fault.LOCK:
                limit = format_duration(self._settings.lock_timeout)
                advice = f"wait until it ends, or raise lock_timeout {of_target}"
                reason = f"another session held a lock for more than {limit}; {advice}"
            case Fault.TABLE:
                return self._unknown("table", refusal.name)
            case Fault.COLUMN:
                return self._unknown("column", refusal.name, sql)
            case Fault.OTHER if self._settings.sensitive:
                kind = type(error.orig or error).__name__
                reason = (
                    f"the statement failed with {kind}; what the engine says of it may hold "
                    f"a sensitive value, and is not shown; {of_target} are sensitive: "
                    f"{', '.join(self._settings.sensitive)}"
                )
            case Fault.OTHER:
                reason = f"the statement failed: {refusal.message}"
        return MeasurementError(f"{self.name}: {reason}")

    def _unknown(self, kind: str, name: str, sql: str = "") -> MeasurementError:
        from sqlalchemy.exc import SQLAlchemyError

        reason = f"{self.name}: there is no {kind} {name}"
        try:
            if kind == "table":
                known = self._look_up(catalogue.table_names)
            else:
                known = self._look_up(catalogue.columns_named_in, sql)
        except (SQLAlchemyError, MeasurementError):
            return MeasurementError(reason)
        return MeasurementError(f"{reason}; {suggest(kind, name, known)}")

    def _look_up(self, read: Callable[..., T], *arguments: object) -> T:
        from sqlalchemy.exc import DBAPIError

        try:
            with self._sessions.borrow() as connection:
                return read(connection, *arguments)
        except DBAPIError as error:
            raise self._refused(error, "") from None

    def _named(self, shape: Callable[..., T], *arguments: object) -> T:
        """Let a pure function's error say which target it is about."""
        try:
            return shape(*arguments)
        except MeasurementError as error:
            raise MeasurementError(f"{self.name}: {error}") from None


def _set(connection: Connection, settings: Sequence[str]) -> None:
    """Set what suits large aggregates until the transaction ends; compiling them takes longer."""
    version = connection.dialect.server_version_info or (0,)
    for setting in ("jit = off", *settings):
        if version >= (_NEW.get(setting, 0),):
            connection.exec_driver_sql(f"set local {setting}")
