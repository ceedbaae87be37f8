"""A session of Spark as the DB-API means a connection: queries only, within a time."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from threading import Timer
from typing import Any, TypeVar
from uuid import uuid4

T = TypeVar("T")

paramstyle = "named"
_SELECT = re.compile(r"\s*(explain\s+)?select\b", re.IGNORECASE)


class Error(Exception):
    """What Spark or its Java process refused, in its words up to the plan."""


def connect(
    *, name: str, master: str, config: Mapping[str, str], statement_timeout: float
) -> Session:
    """Open a session, and start Spark with it unless the process has one already.

    `statement_timeout` is in seconds. Spark goes on until the process ends.
    """
    with warnings.catch_warnings(), _translated():
        # Counts and samples come as rows; nothing is turned into pandas by Spark.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        from pyspark.sql import SparkSession  # type: ignore[import-not-found, unused-ignore]

        builder = SparkSession.builder.appName(name).config(map=dict(config))
        spark = (builder.master(master) if master else builder).getOrCreate().newSession()
        spark.conf.set("spark.sql.session.timeZone", "UTC")
    # It writes each refused statement to stderr, which is said where the check is told of.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    return Session(spark, statement_timeout)


class Session:
    """One Spark session. There are no transactions: each statement sees the data of its moment."""

    def __init__(self, native: Any, statement_timeout: float) -> None:
        self.native = native
        self._statement_timeout = statement_timeout

    def cursor(self) -> Cursor:
        """What runs one statement."""
        return Cursor(self.native, self._statement_timeout)

    def commit(self) -> None:
        """Nothing was written."""

    def rollback(self) -> None:
        """Nothing was written."""

    def close(self) -> None:
        """Nothing is held open."""

    def read_columns(self, table: str) -> list[tuple[str, str, bool]]:
        """Name, type as Spark writes it, and whether nullable, of each column of a relation."""
        with _translated():
            # The dialect quotes the table's name.
            schema = self.native.sql(f"SELECT * FROM {table}").schema  # noqa: S608 - quoted
        return [(each.name, each.dataType.simpleString(), each.nullable) for each in schema]


class Cursor:
    """Runs one statement and brings what is fetched, and no more, to the driver."""

    rowcount = -1
    arraysize = 1

    def __init__(self, native: Any, timeout: float) -> None:
        self._native = native
        self._group = f"gatepost-{uuid4()}"
        self._expired = False
        self._clock = Timer(timeout, self._cancel)
        self._clock.daemon = True
        self._frame: Any = None
        self._rest: Iterator[tuple[Any, ...]] | None = None

    @property
    def description(self) -> Sequence[tuple[Any, ...]] | None:
        """Names and types of the result's columns."""
        if self._frame is None:
            return None
        nothing = (None,) * 5
        return [(each.name, each.dataType.simpleString(), *nothing) for each in self._frame.schema]

    def execute(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """Plan one query; Spark executes it when its rows are fetched."""
        given = dict(parameters or {})
        self._clock.start()
        self._native.sparkContext.setJobGroup(self._group, "Gatepost", interruptOnCancel=True)
        if not _SELECT.match(statement):
            self._require_query(statement, given)
        self._frame = self._watched(lambda: self._native.sql(statement, args=given))

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        return next(iter(self.fetchmany(1)), None)

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """The next rows, at most `size`; no partition is brought before it is needed."""
        if self._rest is None:
            self._rest = map(self._read, self._watched(self._frame.toLocalIterator))
        rest = self._rest
        return self._watched(lambda: list(islice(rest, size)))

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that are left."""
        if self._rest is not None:
            return self._watched(lambda: list(self._rest or ()))
        return [self._read(row) for row in self._watched(self._frame.collect)]

    def close(self) -> None:
        """Stop the clock."""
        self._clock.cancel()

    def _cancel(self) -> None:
        self._expired = True
        self._native.sparkContext.cancelJobGroup(self._group)

    def _require_query(self, statement: str, given: dict[str, object]) -> None:
        # A command such as INSERT or CREATE TABLE runs as soon as it is planned. Only a query
        # can stand in brackets, and to explain it runs nothing.
        explained = f"EXPLAIN SELECT * FROM (\n{statement}\n)"  # noqa: S608 - the author's own
        self._watched(lambda: self._native.sql(explained, args=given))

    def _watched(self, run: Callable[[], T]) -> T:
        try:
            with _translated():
                return run()
        except Error:
            if self._expired:
                raise Error("interrupted") from None
            raise

    def _read(self, row: Any) -> tuple[Any, ...]:
        kinds = (field.dataType.typeName() for field in self._frame.schema)
        return tuple(map(_moment, row, kinds))


def _moment(value: Any, kind: str) -> Any:
    """Give a moment, which Spark's driver has in this machine's own zone, its zone."""
    if kind == "timestamp" and isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


@contextmanager
def _translated() -> Iterator[None]:
    from py4j.protocol import Py4JError  # type: ignore[import-not-found, unused-ignore]
    from pyspark.errors import PySparkException  # type: ignore[import-not-found, unused-ignore]

    try:
        yield
    except (PySparkException, Py4JError) as error:
        # What follows the first sentences is the plan, and Java's own traceback.
        said = str(error).strip()
        raise Error(re.split(r";\s*line \d|\n\n|;\n|\n\s*at ", said, maxsplit=1)[0]) from None
