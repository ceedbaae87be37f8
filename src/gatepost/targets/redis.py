"""A Redis, or what speaks its protocol, such as Valkey: asked by commands that only read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import PositiveInt, SecretStr, field_validator

from gatepost.durations import format_duration
from gatepost.errors import MeasurementError, Unavailable
from gatepost.masking import Secrets, password_of
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.deadline import run_within
from gatepost.targets.journal import note
from gatepost.targets.redis_info import Info, read_info
from gatepost.targets.urls import mask_url
from gatepost.wording import shorten, suggest

if TYPE_CHECKING:
    from redis import Redis as Client

T = TypeVar("T")

# What reads and can do nothing else; commands that walk through all keys or wait are left out.
_READING = (
    *("BITCOUNT", "DBSIZE", "EXISTS", "EXPIRETIME", "GET", "GETRANGE", "HEXISTS", "HGET", "HLEN"),
    *("HMGET", "LINDEX", "LLEN", "LRANGE", "MGET", "OBJECT", "PTTL", "SCARD"),
    *("SISMEMBER", "STRLEN", "TIME", "TTL", "TYPE", "XLEN", "XPENDING", "XRANGE", "XREVRANGE"),
    *("ZCARD", "ZCOUNT", "ZRANGE", "ZRANK", "ZSCORE"),
)
_LENGTHS = {
    "hash": "HLEN",
    "list": "LLEN",
    "set": "SCARD",
    "stream": "XLEN",
    "string": "STRLEN",
    "zset": "ZCARD",
}
_KEYS_AT_ONCE = 1000


class Settings(TargetSettings):
    """The table of a Redis in `gatepost.toml`.

    `url` is redis://user:password@host:port/0, rediss:// with TLS, or
    unix:///path. `timeout` is the budget of a call in all, `max_keys` is how
    many keys `key_count` may look at one by one.
    """

    kind: Literal["redis"]
    url: SecretStr
    connect_timeout: Duration = timedelta(seconds=3)
    timeout: Duration = timedelta(seconds=5)
    max_keys: PositiveInt = 1_000_000

    @field_validator("url")
    @classmethod
    def _is_redis(cls, url: SecretStr) -> SecretStr:
        try:
            parts = urlsplit(url.get_secret_value())
            place = parts.path if parts.scheme == "unix" else parts.hostname
            fits = parts.scheme in ("redis", "rediss", "unix") and place and parts.port != 0
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                "not the URL of a Redis; write redis://user:password@host:6379/0, rediss:// "
                "with TLS, or unix:///path, and %2F for a slash in a password"
            )
        return url


def open_target(name: str, settings: Settings, context: TargetContext) -> Redis:
    """Make the target; it connects when a check first asks it something."""
    return Redis(name, settings, context)


class Redis:
    """A live Redis, which is only read.

    Whatever is asked raises Unavailable when no connection can be made or the
    login is refused, and MeasurementError when an answer does not come in time
    or the command is refused.
    """

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._settings = settings
        self._outages = context.outages
        self._url = settings.url.get_secret_value()
        password = password_of(self._url)
        self._secrets = Secrets([password] if password else [])
        self._first = threading.Lock()
        self._opened: Client | None = None

    def describe(self) -> str:
        """The URL without secrets."""
        return self._secrets.mask(mask_url(self._url))

    def close(self) -> None:
        """Close all connections."""
        if self._opened is not None:
            self._opened.close()

    def ping(self) -> float:
        """Time the round trip of a PING on an open connection, in milliseconds."""

        def trip(client: Client) -> float:
            started = time.perf_counter()
            client.ping()
            return 1000 * (time.perf_counter() - started)

        return float(self._call("PING", trip))

    def info(self) -> Info:
        """Read all sections of INFO. MeasurementError where the figures of `Info` are missing."""
        told: Mapping[str, Any] = self._call("INFO", lambda client: client.info())
        try:
            return read_info(told)
        except MeasurementError as error:
            raise MeasurementError(f"{self.name}: {error}") from None

    def key_count(self, pattern: str | None = None) -> int:
        """Count the keys of the database, or those that match, such as "session:*".

        A pattern is looked for by SCAN, which walks through all keys without
        holding up the server: it must be done within `timeout`.
        """
        if pattern is None:
            return int(self._call("DBSIZE", lambda client: client.dbsize()))
        ending = time.monotonic() + self._settings.timeout.total_seconds()
        found: set[str] = set()  # a key may come twice while the server resizes its table
        cursor, looked_at = 0, 0
        while True:
            cursor, keys = self._scan(cursor, pattern)
            found.update(keys)
            looked_at += _KEYS_AT_ONCE
            if cursor == 0:
                return len(found)
            advice = f"matches of {pattern!r}; keep a set or a counter of them"
            if looked_at >= self._settings.max_keys:
                limit = f"{self._settings.max_keys:,} keys (max_keys of targets.{self.name})"
                raise MeasurementError(f"{self.name}: more than {limit} to search for {advice}")
            if time.monotonic() > ending:
                raise self._too_slow(f"SCAN, which counts the {advice}")

    def length(self, key: str) -> int:
        """Return how long the list, set, sorted set, hash, stream or string at a key is.

        0 where there is no such key, since Redis keeps nothing that is empty.
        """
        kind = self.ask("TYPE", key)
        if kind == "none":
            return 0
        if kind not in _LENGTHS:
            raise MeasurementError(f"{self.name}: {key!r} is a {kind}, which has no length")
        return int(self.ask(_LENGTHS[kind], key))

    def ask(self, command: str, *arguments: str | float) -> Any:
        """Send one command that only reads, such as `ask("TTL", "lock")`, and return its reply.

        MeasurementError, and nothing is sent, for any other command.
        """
        name = command.upper()
        if name not in _READING:
            raise MeasurementError(
                f"{self.name}: {shorten(command, 40)!r} is not sent, since it is none of the "
                f"commands that only read; {suggest('command', name, _READING)}"
            )
        said = " ".join([name, *map(str, arguments)])
        return self._call(said, lambda client: _execute(client, name, *arguments))

    def _scan(self, cursor: int, pattern: str) -> tuple[int, list[str]]:
        found: tuple[int, list[str]] = self._call(
            f"SCAN {cursor} MATCH {pattern} COUNT {_KEYS_AT_ONCE}",
            lambda client: client.scan(cursor, match=pattern, count=_KEYS_AT_ONCE),
        )
        return found

    def _call(self, said: str, call: Callable[[Client], Any]) -> Any:
        client = self._reach()
        note(said)
        return self._outages.connect(self.name, lambda: self._send(client, said, call))

    def _reach(self) -> Client:
        with self._first:
            if self._opened is None:
                self._opened = self._outages.connect(self.name, self._connect)
            return self._opened

    def _connect(self) -> Client:
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError:
            reason = "the client is not installed: pip install gatepost[redis]"
            raise Unavailable(self.name, reason) from None
        limit = self._settings.connect_timeout
        client: Client = redis.Redis.from_url(
            self._url,
            protocol=2,  # every server speaks it, and no login needs a right of its own
            decode_responses=True,
            encoding_errors="backslashreplace",
            socket_connect_timeout=limit.total_seconds(),
            socket_timeout=self._settings.timeout.total_seconds(),
            retry=Retry(NoBackoff(), 0),
        )
        try:
            run_within(limit.total_seconds(), client.ping)
        except (TimeoutError, redis.TimeoutError):
            reason = f"no answer within {format_duration(limit)} (connect_timeout)"
        except (redis.RedisError, OSError, ValueError) as error:
            reason = _read_outage(error)
        else:
            return client
        raise Unavailable(self.name, self._secrets.mask(f"{reason} ({self.describe()})"))

    def _send(self, client: Client, said: str, call: Callable[[Client], T]) -> T:
        import redis

        shown = shorten(said, 120)
        try:
            return run_within(self._settings.timeout.total_seconds(), lambda: call(client))
        except (TimeoutError, redis.TimeoutError):
            raise self._too_slow(shown) from None
        except redis.ConnectionError as error:
            reason = f"{_read_outage(error)} ({self.describe()})"
            raise Unavailable(self.name, self._secrets.mask(reason)) from None
        except redis.RedisError as error:
            reason = f"{self.name}: {shown} was refused: {shorten(str(error), 200)}"
            raise MeasurementError(self._secrets.mask(reason)) from None

    def _too_slow(self, said: str) -> MeasurementError:
        limit = format_duration(self._settings.timeout)
        return MeasurementError(
            f"{self.name}: {said} was not answered within {limit} (timeout of targets.{self.name})"
        )


def _execute(client: Client, *command: object) -> Any:
    return client.execute_command(*command)  # type: ignore[no-untyped-call]


def _read_outage(error: BaseException) -> str:
    """Say in a few words why a connection could not be made."""
    import redis

    said = str(error)
    if isinstance(error, redis.AuthenticationError) or "NOAUTH" in said:
        return "the server rejected the user name or the password"
    if "Connection refused" in said or "No such file" in said:
        return "connection refused: nothing listens there"
    if "Name or service not known" in said or "nodename nor servname" in said:
        return "the host name cannot be resolved"
    if isinstance(error, redis.BusyLoadingError):
        return "the server is starting up and loads its data"
    return shorten(said, 200) or type(error).__name__
