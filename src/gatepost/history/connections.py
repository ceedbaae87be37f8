"""Connections to a history: reading changes nothing, writing is one run at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, func, insert, inspect, select
from sqlalchemy.engine import make_url

from gatepost.errors import HistoryError
from gatepost.history import schema
from gatepost.history.place import Place

BUSY_SECONDS = 10.0
"""How long a run waits for another one that is reading or writing."""

_WRITERS_LOCK = 0x6761_7465
"""Key of the PostgreSQL advisory lock that writers take: "gate" in ASCII."""


def reader(place: Place) -> Engine:
    """Return an engine that cannot write, and creates nothing."""
    if place.file is None:
        engine = create_engine(_patient(place.url), isolation_level="REPEATABLE READ")
        return engine.execution_options(postgresql_readonly=True)
    file = place.file
    return create_engine(place.url, creator=lambda: _open_to_read(file))


@contextmanager
def reading(engine: Engine, place: Place) -> Iterator[Connection]:
    """Open a transaction that sees one state of the history."""
    with engine.connect() as connection:
        if place.file is not None:
            connection.exec_driver_sql("BEGIN")
        yield connection


@contextmanager
def writing(place: Place) -> Iterator[Connection]:
    """Open a transaction that no other writer can interleave with; make the tables when new.

    It is committed at the end and rolled back by an exception. SQLite: BEGIN
    IMMEDIATE takes the file's only write lock before anything is read.
    PostgreSQL: an advisory lock does the same for all writers.
    """
    engine = _writer(place)
    with engine.connect() as connection:
        if place.file is None:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(BUSY_SECONDS * 1000)}ms'")
            connection.execute(select(func.pg_advisory_xact_lock(_WRITERS_LOCK)))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        if not is_history(connection, place):
            _create_tables(connection, place)
        yield connection
        connection.commit()


def is_history(connection: Connection, place: Place) -> bool:
    """Whether the database has our tables.

    Raises HistoryError when a newer Gatepost made them.
    """
    if not inspect(connection).has_table(schema.gatepost_history.name):
        return False
    version = connection.scalar(select(schema.gatepost_history.c.version))
    if version != schema.VERSION:
        raise HistoryError(
            f"history {place.name} has version {version} of the tables, and this Gatepost knows "
            f"version {schema.VERSION}; nothing was changed. To mend: upgrade Gatepost here, or "
            "give this installation a history of its own."
        )
    return True


def _create_tables(connection: Connection, place: Place) -> None:
    taken = sorted(set(inspect(connection).get_table_names()) & set(schema.metadata.tables))
    if taken:
        raise HistoryError(
            f"history {place.name} has a table {taken[0]!r} that is not Gatepost's; nothing was "
            "changed. To mend: give history a file, a database or a schema of its own "
            "(?options=-csearch_path%3Dname)."
        )
    schema.metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(schema.gatepost_history).values(version=schema.VERSION))


def _writer(place: Place) -> Engine:
    if place.file is None:
        # Each statement must see what was committed while it waited for the lock.
        url = _patient(place.url)
        return create_engine(url, isolation_level="READ COMMITTED", poolclass=NullPool)
    file = place.file
    return create_engine(place.url, creator=lambda: _open_to_write(file), poolclass=NullPool)


def _patient(url: str) -> Any:
    parts = make_url(url)
    ours = {"application_name": "gatepost", "connect_timeout": str(int(BUSY_SECONDS))}
    return parts.set(query={**ours, **parts.query})


def _open_to_read(file: Path) -> sqlite3.Connection:
    # Not mode=ro: that cannot roll back what a killed run left behind.
    return _open(file, "rw", "PRAGMA query_only = ON")


def _open_to_write(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True)
    return _open(file, "rwc", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")


def _open(file: Path, mode: str, *pragmas: str) -> sqlite3.Connection:
    # SQLite's own rollback journal, not WAL: at rest the history is then one file that can be
    # copied, cached by CI and read from a read-only folder, and a reader leaves nothing behind.
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for pragma in pragmas:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
