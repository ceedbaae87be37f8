"""A Neo4j graph behind the official driver: Cypher in transactions that only read."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from pydantic import PositiveInt, SecretStr, field_validator

from gatepost.durations import format_duration
from gatepost.errors import MeasurementError, Unavailable
from gatepost.masking import Secrets
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.deadline import run_within
from gatepost.targets.journal import note
from gatepost.targets.neo4j_values import plain_value
from gatepost.wording import plural, shorten

if TYPE_CHECKING:
    import pandas as pd
    from neo4j import Driver
    from neo4j.exceptions import Neo4jError

_URL = re.compile(r"(bolt|neo4j)(\+s|\+ssc)?://[^\s/@]+/?")
_CLOSE_SECONDS = 2.0
# What the server says of itself or of the login rather than of the statement.
_NO_ENTRY = re.compile(
    r"Neo\.ClientError\.(Security\.|Database\.DatabaseNotFound)"
    r"|Neo\.TransientError\.(Database\.DatabaseUnavailable|General\.DatabaseUnavailable)"
)


class Settings(TargetSettings):
    """The table of a Neo4j in `gatepost.toml`.

    `url` is bolt://host:7687 for one server or neo4j://host:7687 for a
    cluster; bolt+s:// and neo4j+s:// are with TLS. `timeout` is the budget of
    a statement, in which its transaction ends on the server too. `max_rows`
    bounds what a statement may return.
    """

    kind: Literal["neo4j"]
    url: str
    username: str = "neo4j"
    password: SecretStr | None = None
    database: str | None = None
    connect_timeout: Duration = timedelta(seconds=5)
    timeout: Duration = timedelta(seconds=30)
    max_rows: PositiveInt = 100_000

    @field_validator("url")
    @classmethod
    def _is_bolt(cls, url: str) -> str:
        if not _URL.fullmatch(url):
            raise ValueError(
                "not the URL of a Neo4j; write bolt://host:7687 or neo4j+s://host:7687, "
                "and username and password beside it"
            )
        return url


@dataclass(frozen=True, slots=True)
class Violations:
    """What a query for violations of a constraint found: how many rows, and the first of them."""

    count: int
    examples: tuple[Mapping[str, Any], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Answer:
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def open_target(name: str, settings: Settings, context: TargetContext) -> Neo4j:
    """Make the target; it connects when a check first asks it something."""
    return Neo4j(name, settings, context)


class Neo4j:
    """A live graph. Statements are Cypher with `$parameters`; it only reads.

    Each statement has a read transaction of its own, which is rolled back.
    `$slot` is always the run's slot. Times come aware and in UTC, nodes and
    relationships as their properties. Whatever is asked raises Unavailable
    when the server cannot be reached, and MeasurementError when it refuses,
    does not answer within `timeout` or returns more than `max_rows`.
    """

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._settings = settings
        self._outages = context.outages
        self._slot = context.slot
        password = settings.password.get_secret_value() if settings.password else ""
        self._password = password
        self._secrets = Secrets([password] if password else [])
        self._first = threading.Lock()
        self._opened: Driver | None = None

    def describe(self) -> str:
        """The URL, and the database where one is named."""
        database = self._settings.database
        return f"{self._settings.url} ({database})" if database else self._settings.url

    def close(self) -> None:
        """Close all connections."""
        if self._opened is not None:
            with suppress(TimeoutError):  # a server that hangs is not waited for
                run_within(_CLOSE_SECONDS, self._opened.close)

    def ping(self) -> float:
        """Time the round trip of `RETURN 1` on an open connection, in milliseconds."""
        self._reach()
        started = time.perf_counter()
        self.scalar("RETURN 1")
        return 1000 * (time.perf_counter() - started)

    def scalar(self, cypher: str, /, **params: object) -> Any:
        """Return the only value of the only row; None for no row and for null.

        MeasurementError for more than one row or column.
        """
        found = self._read(cypher, params)
        if len(found.rows) > 1 or len(found.columns) > 1:
            raise MeasurementError(
                f"{self.name}: scalar() takes one row with one column, the statement returned "
                f"{plural(len(found.rows), 'row')} of {plural(len(found.columns), 'column')}; "
                "aggregate it, or use rows() or frame()"
            )
        return found.rows[0][0] if found.rows else None

    def rows(self, cypher: str, /, **params: object) -> list[dict[str, Any]]:
        """Return each row as a mapping of its columns."""
        found = self._read(cypher, params)
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]

    def frame(self, cypher: str, /, **params: object) -> pd.DataFrame:
        """Return the rows as a frame; without rows it has the columns all the same."""
        import pandas as pd

        found = self._read(cypher, params)
        return pd.DataFrame(list(found.rows), columns=list(found.columns))

    def count(self, label: str) -> int:
        """Count the nodes with a label, which the server's own statistics answer."""
        quoted = label.replace("`", "``")
        return int(self.scalar(f"MATCH (n:`{quoted}`) RETURN count(n) AS nodes"))

    def violations(self, cypher: str, /, *, examples: int = 5, **params: object) -> Violations:
        """Count the rows of a statement that returns what breaks a constraint."""
        found = self.rows(cypher, **params)
        return Violations(len(found), tuple(found[:examples]))

    def _read(self, cypher: str, params: Mapping[str, object]) -> _Answer:
        driver = self._reach()
        given = {"slot": self._slot, **params}
        found: _Answer | None = None
        try:
            found = self._outages.connect(self.name, lambda: self._send(driver, cypher, given))
        finally:
            note(cypher, None if found is None else len(found.rows))
        return found

    def _send(self, driver: Driver, cypher: str, params: Mapping[str, object]) -> _Answer:
        from neo4j.exceptions import DriverError, Neo4jError

        seconds = self._settings.timeout.total_seconds()
        try:
            return run_within(seconds, lambda: self._run(driver, seconds, cypher, params))
        except TimeoutError:
            raise self._too_slow(cypher) from None
        except Neo4jError as error:
            raise self._refused(cypher, error) from None
        except (DriverError, OSError) as error:
            raise self._outage(_read_outage(error)) from None
        except (TypeError, ValueError) as error:  # of a parameter that Cypher has no type for
            raise self._wrong(cypher, f"cannot be sent: {error}") from None

    def _run(
        self, driver: Driver, seconds: float, cypher: str, params: Mapping[str, object]
    ) -> _Answer:
        from neo4j import READ_ACCESS

        rows: list[tuple[Any, ...]] = []
        most = self._settings.max_rows
        opened = driver.session(database=self._settings.database, default_access_mode=READ_ACCESS)
        # Without a transaction of ours, the driver would repeat what failed on its own account.
        with opened as session, session.begin_transaction(timeout=seconds) as transaction:
            result = transaction.run(cypher, dict(params))
            for record in result:
                if len(rows) == most:
                    limit = f"{most:,} rows (max_rows of targets.{self.name})"
                    raise self._wrong(cypher, f"returns more than {limit}; aggregate it")
                rows.append(tuple(map(plain_value, record.values())))
            return _Answer(tuple(result.keys()), tuple(rows))

    def _reach(self) -> Driver:
        with self._first:
            if self._opened is None:
                self._opened = self._outages.connect(self.name, self._connect)
            return self._opened

    def _connect(self) -> Driver:
        try:
            from neo4j import GraphDatabase
            from neo4j.exceptions import DriverError, Neo4jError
        except ImportError:
            reason = "the driver is not installed: pip install gatepost[neo4j]"
            raise Unavailable(self.name, reason) from None
        # What it has to say stands in our sentences too; without a handler it goes to stderr.
        logging.getLogger("neo4j").addHandler(logging.NullHandler())
        limit = self._settings.connect_timeout
        driver = GraphDatabase.driver(
            self._settings.url,
            auth=(self._settings.username, self._password) if self._password else None,
            connection_timeout=limit.total_seconds(),
            connection_acquisition_timeout=limit.total_seconds(),
            max_transaction_retry_time=0,
            telemetry_disabled=True,
            user_agent="gatepost",
        )
        seconds = limit.total_seconds()
        try:
            run_within(seconds, lambda: self._run(driver, seconds, "RETURN 1", {}))
        except TimeoutError:
            reason = f"no answer within {format_duration(limit)} (connect_timeout)"
        except (Neo4jError, DriverError, OSError, ValueError) as error:
            reason = _read_outage(error)
        else:
            return driver
        with suppress(TimeoutError):
            run_within(_CLOSE_SECONDS, driver.close)
        raise self._outage(reason)

    def _refused(self, cypher: str, error: Neo4jError) -> MeasurementError:
        code = error.code or ""
        if _NO_ENTRY.match(code):
            return self._outage(_read_outage(error))
        if "TransactionTimedOut" in code:
            return self._too_slow(cypher)
        if code.endswith("Statement.AccessMode"):
            return self._wrong(cypher, "writes, and was not carried out: checks only read")
        said = shorten(error.message or type(error).__name__, 200)
        return self._wrong(cypher, f"was refused ({code}): {said}")

    def _too_slow(self, cypher: str) -> MeasurementError:
        limit = format_duration(self._settings.timeout)
        return self._wrong(
            cypher, f"was not answered within {limit} (timeout of targets.{self.name})"
        )

    def _wrong(self, cypher: str, what: str) -> MeasurementError:
        said = f"{self.name}: the statement {shorten(cypher, 80)!r} {what}"
        return MeasurementError(self._secrets.mask(said))

    def _outage(self, reason: str) -> Unavailable:
        return Unavailable(self.name, self._secrets.mask(f"{reason} ({self.describe()})"))


def _read_outage(error: BaseException) -> str:
    """Say in a few words why the server could not be asked."""
    from neo4j.exceptions import AuthError, Neo4jError

    said = " ".join(_texts(error))
    if isinstance(error, AuthError):
        return "the server rejected the user name or the password"
    if isinstance(error, Neo4jError):
        return shorten(error.message or said, 160)
    if "Connection refused" in said:
        return "connection refused: nothing listens there"
    if "Name or service not known" in said or "Cannot resolve address" in said:
        return "the host name cannot be resolved"
    if re.search(r"handshake|closed by|reset by peer|defunct|Incomplete", said, re.IGNORECASE):
        return "it closed the connection; does it speak Bolt, and this version of it?"
    return f"{type(error).__name__}: {shorten(said, 160)}"


def _texts(error: BaseException) -> Iterator[str]:
    """The words of an error and of those behind it: routing fails with one for each server."""
    yield str(error)
    behind = [error.__cause__ or error.__context__, *getattr(error, "exceptions", ())]
    for each in filter(None, behind):
        yield from _texts(each)
