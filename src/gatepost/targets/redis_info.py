"""What a Redis reports of itself, read from the answer to INFO; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatepost.errors import MeasurementError


@dataclass(frozen=True, slots=True)
class Info:
    """What a Redis reports of itself with INFO; counters are since its start.

    `max_memory_bytes` and `max_clients` are None where no limit is set or
    told. `keys` are the numbers of keys of the databases that have any.
    `figures` is everything, by Redis' own names.
    """

    version: str
    role: str
    uptime_seconds: int
    used_memory_bytes: int
    max_memory_bytes: int | None
    connected_clients: int
    max_clients: int | None
    blocked_clients: int
    rejected_connections: int
    evicted_keys: int
    expired_keys: int
    keyspace_hits: int
    keyspace_misses: int
    keys: Mapping[str, int]
    figures: Mapping[str, Any] = field(repr=False)

    @property
    def memory_percent(self) -> float | None:
        """The used share of the memory that it may use; None without a limit."""
        limit = self.max_memory_bytes
        return 100 * self.used_memory_bytes / limit if limit else None

    @property
    def clients_percent(self) -> float | None:
        """The used share of the connections that it allows; None where it does not tell."""
        limit = self.max_clients
        return 100 * self.connected_clients / limit if limit else None

    @property
    def hit_percent(self) -> float | None:
        """The share of look-ups that found their key; None before the first."""
        every = self.keyspace_hits + self.keyspace_misses
        return 100 * self.keyspace_hits / every if every else None


def read_info(told: Mapping[str, Any]) -> Info:
    """Read the client's mapping of INFO. Raises MeasurementError, which names a missing figure."""

    def figure(name: str) -> int:
        if not isinstance(told.get(name), int):
            raise MeasurementError(f"INFO has no figure {name}; may this user see all of INFO?")
        return int(told[name])

    return Info(
        version=str(told.get("valkey_version") or told.get("redis_version", "")),
        role=str(told.get("role", "")),
        uptime_seconds=figure("uptime_in_seconds"),
        used_memory_bytes=figure("used_memory"),
        max_memory_bytes=told.get("maxmemory") or None,
        connected_clients=figure("connected_clients"),
        max_clients=told.get("maxclients"),
        blocked_clients=figure("blocked_clients"),
        rejected_connections=figure("rejected_connections"),
        evicted_keys=figure("evicted_keys"),
        expired_keys=figure("expired_keys"),
        keyspace_hits=figure("keyspace_hits"),
        keyspace_misses=figure("keyspace_misses"),
        keys={key: value["keys"] for key, value in told.items() if _is_keyspace(key, value)},
        figures=told,
    )


def _is_keyspace(key: str, value: object) -> bool:
    return key.startswith("db") and isinstance(value, dict) and "keys" in value
