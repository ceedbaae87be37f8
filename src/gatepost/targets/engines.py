"""Opens SQLAlchemy engines whose sessions can only read; what differs by engine is here.

PostgreSQL, SQLite, MySQL and MariaDB refuse to write by themselves; DuckDB
opens its file read-only, and is given nothing but queries. Of any other engine
nothing is ever committed.
"""

from __future__ import annotations

import math
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What every session is told: its name, its time limits, its default schema."""

    application_name: str
    connect_timeout: timedelta
    statement_timeout: timedelta
    lock_timeout: timedelta
    pool_size: int
    schema: str = ""


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What is peculiar to one kind of engine."""

    url: URL | None = None
    connect_args: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    greeting: tuple[str, ...] = ()
    prepare: Callable[[Engine], None] | None = None


_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "duckdb": "duckdb+gatepost",
}


def read_url(url: str) -> URL:
    """Parse a database URL; one that names no driver gets the one that is tested.

    Raises ValueError, without the URL in the message, when it cannot be parsed.
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError("the url is not a database URL (dialect://user@host:port/name)") from None
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def place(url: URL, root: Path) -> str:
    """Say where a database is, without secrets: host, port, database and user."""
    backend = url.get_backend_name()
    if not url.host and backend in ("sqlite", "duckdb"):
        return f"{backend} file {_file(url, root)}"
    host = url.host or url.query.get("host") or "the local socket"
    named = host if isinstance(host, str) else ", ".join(host)
    parts = [f"{named}:{url.port}" if url.port else named]
    parts += [f"database {url.database}"] if url.database else []
    parts += [f"user {url.username}"] if url.username else []
    return f"{backend} at {', '.join(parts)}"


def open_engine(url: URL, limits: SessionLimits, root: Path) -> Engine:
    """Create the engine with its pool; nothing connects yet.

    Raises what SQLAlchemy raises for a dialect or a driver that is not installed.
    """
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool

    recipe = _recipe(url, limits, root)
    engine = create_engine(
        recipe.url or url,
        poolclass=QueuePool,
        pool_size=limits.pool_size,
        max_overflow=0,
        pool_timeout=limits.statement_timeout.total_seconds(),
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=dict(recipe.connect_args),
        **recipe.options,
    )

    @event.listens_for(engine, "connect")
    def greet(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for statement in recipe.greeting:
            cursor.execute(statement)
        cursor.close()

    if recipe.prepare:
        recipe.prepare(engine)
    return engine


def bound_time(moment: datetime, backend: str) -> datetime | str:
    """Turn an aware moment into what the engine compares its own times with.

    SQLite keeps times as text: it gets the text that its own datetime() makes.
    """
    moment = moment.astimezone(UTC)
    if backend == "sqlite":
        return f"{moment:%Y-%m-%d %H:%M:%S}"
    return moment.replace(tzinfo=None) if backend in ("mysql", "mariadb") else moment


def _recipe(url: URL, limits: SessionLimits, root: Path) -> _Recipe:
    match url.get_backend_name():
        case "postgresql":
            return _postgresql(url, limits)
        case "sqlite":
            return _sqlite(url, limits, root)
        case "mysql" | "mariadb":
            return _mysql(limits)
        case "duckdb":
            return _duckdb(url, limits, root)
    return _Recipe()


def _postgresql(url: URL, limits: SessionLimits) -> _Recipe:
    settings = {
        "default_transaction_read_only": "on",
        "statement_timeout": _milliseconds(limits.statement_timeout),
        "lock_timeout": _milliseconds(limits.lock_timeout),
        # A checker that hangs must not hold back vacuum: its snapshot ends with this.
        "idle_in_transaction_session_timeout": _milliseconds(10 * limits.statement_timeout),
        "timezone": "UTC",
        # With others, that a database or a role may have, the driver reads no times or rounds.
        "datestyle": "ISO",
        "intervalstyle": "postgres",
        "extra_float_digits": "3",
        # Large results are read through a cursor, but always to the end.
        "cursor_tuple_fraction": "1.0",
    }
    if limits.schema:
        settings["search_path"] = '"' + limits.schema.replace('"', '""') + '"'
    own = url.query.get("options", "")
    options = [own] if isinstance(own, str) else list(own)
    options += [f"-c {key}={_escape(value)}" for key, value in settings.items()]
    arguments: dict[str, Any] = {
        "options": " ".join(options).strip(),
        "application_name": limits.application_name,
        "connect_timeout": math.ceil(limits.connect_timeout.total_seconds()),
    }
    if url.get_driver_name() == "psycopg":
        # The server prepares one statement at a time, so none can hide behind a
        # semicolon, where a COMMIT could end the read-only transaction.
        arguments["prepare_threshold"] = 0
    # Said again with each BEGIN, since a connection pooler may drop the options.
    return _Recipe(
        connect_args=arguments,
        options={
            "isolation_level": "REPEATABLE READ",
            "execution_options": {"postgresql_readonly": True},
        },
    )


def _sqlite(url: URL, limits: SessionLimits, root: Path) -> _Recipe:
    address = f"{_file(url, root).as_uri()}?mode=ro"

    def connect() -> sqlite3.Connection:
        wait = limits.lock_timeout.total_seconds()
        connection = sqlite3.connect(
            address, uri=True, timeout=wait, isolation_level=None, check_same_thread=False
        )
        # What the other engines have themselves, and comparing tables by their hashes takes.
        connection.create_function("md5", 1, _md5, deterministic=True)
        connection.create_function("hex_number", 1, _hex_number, deterministic=True)
        return connection

    def prepare(engine: Engine) -> None:
        from sqlalchemy import event

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            # Python's driver opens no transaction for reading, so no snapshot either.
            connection.exec_driver_sql("BEGIN")

        @event.listens_for(engine, "before_cursor_execute")
        def limit_time(connection: Any, *_: object) -> None:
            deadline = time.monotonic() + limits.statement_timeout.total_seconds()
            driver: sqlite3.Connection = connection.connection.dbapi_connection
            driver.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)

    # Reading the schema's version makes a file that is no database fail at once.
    greeting = ("PRAGMA query_only = ON", "PRAGMA schema_version")
    return _Recipe(
        url=url.set(database=None, query={}),
        options={"creator": connect},
        greeting=greeting,
        prepare=prepare,
    )


def _duckdb(url: URL, limits: SessionLimits, root: Path) -> _Recipe:
    from sqlalchemy.dialects import registry

    registry.register("duckdb.gatepost", "gatepost.targets.duckdb_dialect", "DuckDBDialect")
    # What does not fit into memory is spilled, by default beside the database.
    spill = Path(gettempdir()) / f"gatepost-duckdb-{os.getpid()}-{crc32(str(url).encode()):08x}"
    configured = {
        "autoinstall_known_extensions": "false",
        "temp_directory": str(spill),
        **url.query,
    }
    arguments = {"statement_timeout": limits.statement_timeout.total_seconds()}
    if not (url.database or "").startswith(":memory:"):
        url = url.set(database=str(_file(url, root)))
        arguments["read_only"] = True
    return _Recipe(url=url.set(query=configured), connect_args=arguments)


def _mysql(limits: SessionLimits) -> _Recipe:
    wait = math.ceil(limits.lock_timeout.total_seconds())
    # MariaDB alone reads the first comment, MySQL alone the second; their names and units differ.
    times = (
        "SET time_zone = '+00:00'"
        f" /*M! , max_statement_time = {limits.statement_timeout.total_seconds()} */"
        f" /*!50708 , max_execution_time = {_milliseconds(limits.statement_timeout)} */"
    )
    greeting = (
        "SET SESSION TRANSACTION READ ONLY",
        f"SET innodb_lock_wait_timeout = {wait}, lock_wait_timeout = {wait}",
        times,
    )
    return _Recipe(
        connect_args={"connect_timeout": math.ceil(limits.connect_timeout.total_seconds())},
        # SQLAlchemy warns of a join without a condition on these engines only, where a scan
        # joins figures of one row each on purpose.
        options={"isolation_level": "REPEATABLE READ", "enable_from_linting": False},
        greeting=greeting,
    )


def _md5(text: str | None) -> str | None:
    return None if text is None else md5(text.encode(), usedforsecurity=False).hexdigest()


def _hex_number(digits: str | None) -> int | None:
    return None if digits is None else int(digits, 16)


def _file(url: URL, root: Path) -> Path:
    return (root / (url.database or ":memory:")).absolute()


def _milliseconds(duration: timedelta) -> str:
    return str(math.ceil(duration / timedelta(milliseconds=1)))


def _escape(value: str) -> str:
    """Escape a value for the options of a PostgreSQL connection."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
