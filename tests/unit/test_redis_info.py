"""What INFO says, as figures: with limits or without, and when a figure is missing."""

from __future__ import annotations

from typing import Any

import pytest

from gatepost.errors import MeasurementError
from gatepost.targets.redis_info import read_info

TOLD: dict[str, Any] = {
    "redis_version": "7.2.4",
    "role": "replica",
    "uptime_in_seconds": 60,
    "used_memory": 50,
    "maxmemory": 200,
    "connected_clients": 5,
    "maxclients": 50,
    "blocked_clients": 0,
    "rejected_connections": 1,
    "evicted_keys": 2,
    "expired_keys": 3,
    "keyspace_hits": 9,
    "keyspace_misses": 1,
    "db0": {"keys": 7, "expires": 0},
    "db12": {"keys": 1, "expires": 1},
    "db_size_hint": 3,
}


def test_info_has_shares() -> None:
    """Memory, clients and hits are told as shares as well, keys for each database."""
    info = read_info(TOLD)
    assert (info.memory_percent, info.clients_percent, info.hit_percent) == (25, 10, 90)
    assert info.keys == {"db0": 7, "db12": 1}
    assert info.version == "7.2.4"


def test_no_limit_has_no_share() -> None:
    """Without a limit or a look-up there is no share, rather than one of zero."""
    told = {**TOLD, "maxmemory": 0, "keyspace_hits": 0, "keyspace_misses": 0}
    del told["maxclients"]
    info = read_info(told)
    assert (info.max_memory_bytes, info.memory_percent) == (None, None)
    assert (info.max_clients, info.clients_percent) == (None, None)
    assert info.hit_percent is None


@pytest.mark.parametrize("name", ["used_memory", "evicted_keys", "connected_clients"])
@pytest.mark.parametrize("value", [None, "many"])
def test_missing_figure_is_named(name: str, value: object) -> None:
    """A figure that is missing or no number is an error, never a zero."""
    with pytest.raises(MeasurementError, match=f"INFO has no figure {name}"):
        read_info({**TOLD, name: value})
