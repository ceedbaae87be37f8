"""Lends database connections: one for each check and thread, in one transaction, one snapshot."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.faults import read_outage
from gatepost.targets.journal import Journal, open_journal
from gatepost.targets.outages import Outages

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

T = TypeVar("T")


class Sessions:
    """The connections of one database, at most as many as its pool holds.

    Within a check a thread keeps its connection and transaction until the
    check's journal closes, so all its statements see one snapshot; outside a
    check each call has its own. A failed statement ends the transaction, and
    nothing is ever committed.
    """

    def __init__(
        self, name: str, place: str, open_engine: Callable[[], Engine], outages: Outages
    ) -> None:
        self.name = name
        self._place = place
        self._open_engine = open_engine
        self._outages = outages
        self._engine: Engine | None = None
        self._first = threading.Lock()
        self._kept: dict[tuple[Journal | None, int], Connection] = {}

    @contextmanager
    def borrow(self) -> Iterator[Connection]:
        """Lend the running check's connection, or a new one.

        Raises Unavailable when the database cannot be reached, MeasurementError
        when the whole pool is in use for too long.
        """
        journal = open_journal()
        key = (journal, threading.get_ident())
        connection = self._kept.get(key)
        if connection is None:
            connection = self._connect()
            if journal is not None:
                self._kept[key] = connection
                journal.on_close(lambda: self._give_back(key))
        try:
            yield connection
        except BaseException:
            self._kept.pop(key, None)
            _release(connection)
            raise
        if journal is None:
            _release(connection)

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """Lend a connection of its own for one statement. Raises what `borrow` raises."""
        connection = self._connect()
        try:
            yield connection
        finally:
            _release(connection)

    def ping(self) -> float:
        """Time a new connection outside the pool and `select 1` on it, in seconds."""
        engine = self._connected_engine()  # what only a run's first connection costs is not timed
        pool = engine.pool.recreate()

        def answer() -> float:
            started = perf_counter()
            try:
                with closing(pool.connect()) as fresh, closing(fresh.cursor()) as cursor:
                    cursor.execute("select 1")
                    cursor.fetchall()
                    return perf_counter() - started
            except engine.dialect.loaded_dbapi.Error as error:
                raise self._outage(error) from None

        try:
            return self._attempt(answer)
        finally:
            pool.dispose()

    def close(self) -> None:
        """Close every connection; nothing happens when none was opened."""
        for key in tuple(self._kept):
            self._give_back(key)
        if self._engine is not None:
            self._engine.dispose()

    def _connected_engine(self) -> Engine:
        if self._engine is None:
            connection = self._connect()
            _release(connection)
            return connection.engine
        return self._engine

    def _connect(self) -> Connection:
        if self._engine is None:
            with self._first:
                if self._engine is None:
                    return self._attempt(self._connect_first)
        engine = self._engine
        return self._attempt(engine.connect)

    def _connect_first(self) -> Connection:
        engine = self._open_engine()
        connection = engine.connect()
        self._engine = engine
        return connection

    def _attempt(self, connect: Callable[[], T]) -> T:
        return self._outages.connect(self.name, lambda: self._translated(connect))

    def _translated(self, connect: Callable[[], T]) -> T:
        from sqlalchemy.exc import DBAPIError, NoSuchModuleError
        from sqlalchemy.exc import TimeoutError as PoolTimeout

        try:
            return connect()
        except PoolTimeout:
            raise MeasurementError(
                f"{self.name}: every connection of its pool was in use for too long; "
                f"raise pool_size of targets.{self.name}, or run fewer checks at once"
            ) from None
        except (ImportError, NoSuchModuleError) as error:
            raise Unavailable(self.name, f"its driver is not installed: {error}") from None
        except DBAPIError as error:
            raise self._outage(error.orig or error) from None

    def _outage(self, error: BaseException) -> Unavailable:
        return Unavailable(self.name, f"{read_outage(error)} ({self._place})")

    def _give_back(self, key: tuple[Journal | None, int]) -> None:
        connection = self._kept.pop(key, None)
        if connection is not None:
            _release(connection)


def _release(connection: Connection) -> None:
    """End the transaction and return the connection, also when the server is gone."""
    from sqlalchemy.exc import DBAPIError

    try:
        connection.close()
    except DBAPIError:
        if not connection.closed:
            connection.invalidate()
            connection.close()
