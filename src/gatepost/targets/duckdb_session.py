"""One DuckDB connection as the DB-API means it: one transaction, queries only, within a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from threading import Timer
from typing import Any

_EXPLAINS_A_QUERY = re.compile(r"\s*explain\s+(select|with|from|values)\b", re.IGNORECASE)


class Session:
    """One DuckDB connection as the DB-API means it; it runs nothing but queries.

    DuckDB's own cursors are connections of their own, outside the transaction.
    A file that is opened read-only still lets COPY write other files, so that
    what is not a query is refused here.
    """

    def __init__(self, native: Any, statement_timeout: float) -> None:
        self.native = native
        self._statement_timeout = statement_timeout

    def cursor(self) -> Cursor:
        """Another hand on the same connection and transaction; only one result at a time."""
        return Cursor(self.native, self._statement_timeout)

    def commit(self) -> None:
        """End the transaction; nothing was written that could be kept."""
        self.rollback()

    def rollback(self) -> None:
        """End the transaction, if there is one."""
        import duckdb

        try:
            self.native.rollback()
        except duckdb.TransactionException as error:
            if "no transaction is active" not in str(error):
                raise

    def close(self) -> None:
        """Close the connection; a file or memory closes with its last one."""
        self.native.close()


class Cursor:
    """What SQLAlchemy executes on and fetches from, until its time, in seconds, is over."""

    rowcount = -1
    arraysize = 1

    def __init__(self, native: Any, timeout: float) -> None:
        self._native = native
        # DuckDB has no time-out of its own. The clock runs until the cursor is closed, since
        # most of the work is done when the first row is fetched.
        self._clock = Timer(timeout, native.interrupt)
        self._clock.daemon = True

    @property
    def description(self) -> Sequence[tuple[Any, ...]] | None:
        """Names and types of the result's columns."""
        described: Sequence[tuple[Any, ...]] | None = self._native.description
        return described

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> None:
        """Run one statement, once for each cursor."""
        _refuse_to_write(self._native, statement)
        self._clock.start()
        self._native.execute(statement, parameters)

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        row: tuple[Any, ...] | None = self._native.fetchone()
        return row

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """The next rows, at most `size`."""
        rows: list[tuple[Any, ...]] = self._native.fetchmany(size)
        return rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that are left."""
        rows: list[tuple[Any, ...]] = self._native.fetchall()
        return rows

    def close(self) -> None:
        """Stop the clock; the result belongs to the connection."""
        self._clock.cancel()


def _refuse_to_write(native: Any, statement: str) -> None:
    import duckdb

    for part in native.extract_statements(statement):
        explained = part.type == duckdb.StatementType.EXPLAIN and _EXPLAINS_A_QUERY.match(statement)
        if part.type != duckdb.StatementType.SELECT and not explained:
            raise duckdb.InvalidInputException(
                f"Cannot execute statement of type {part.type.name} in read-only mode"
            )
