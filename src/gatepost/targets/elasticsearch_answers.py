"""What Elasticsearch answers, as records; pure. Whatever is only a part is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gatepost.errors import MeasurementError
from gatepost.wording import plural, shorten

Setting = str | int | float | bool
"""A value in a lifecycle policy."""

_SECONDS = {"nanos": 1e-9, "micros": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_BYTES = {"b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "pb": 2**50}
_UNITS = _SECONDS | _BYTES


@dataclass(frozen=True, slots=True)
class ClusterHealth:
    """The state of a cluster: its status is green, yellow (replicas missing) or red (data too)."""

    status: str
    nodes: int
    active_shards: int
    unassigned_shards: int


@dataclass(frozen=True, slots=True)
class TopMessages:
    """The most frequent messages with their numbers, the first first, and how many lines in all."""

    total: int
    messages: Mapping[str, int]

    def __str__(self) -> str:
        return "; ".join(
            f"{count:,} x {shorten(text, 80)}" for text, count in self.messages.items()
        )


@dataclass(frozen=True, slots=True)
class Index:
    """An index: `age` is from its creation to the run's slot; a closed one has no numbers."""

    name: str
    created: datetime
    age: timedelta
    documents: int | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """An index lifecycle policy, flat.

    `settings` maps "hot.rollover.max_age" to "1d", "warm.min_age" to "7d", and
    each action by its own name, as "cold.freeze", to True.
    """

    policy: str
    version: int
    settings: Mapping[str, Setting] = field(repr=False)

    def differences(self, declared: Mapping[str, Setting]) -> tuple[str, ...]:
        """Say where the policy is other than declared, by key; "24h" and "1d" are the same."""
        return tuple(
            f"{key} is {self.settings.get(key, 'missing')}, declared {wanted}"
            for key, wanted in declared.items()
            if key not in self.settings or _amount(self.settings[key]) != _amount(wanted)
        )


def read_version(document: Any) -> str:
    """Read the version out of what stands at the root, which tells an Elasticsearch at all."""
    return str(_find(document, str, "version", "number"))


def read_health(document: Any) -> ClusterHealth:
    """Read `_cluster/health`."""
    status = _find(document, str, "status")
    if status not in ("green", "yellow", "red"):
        raise MeasurementError(f"an unknown status {shorten(status, 40)!r}")
    nodes, active, unassigned = (
        _find(document, int, key)
        for key in ("number_of_nodes", "active_shards", "unassigned_shards")
    )
    return ClusterHealth(status, nodes, active, unassigned)


def read_count(document: Any) -> int:
    """Read `_count`."""
    _require_all(document)
    return int(_find(document, int, "count"))


def read_top_messages(document: Any) -> TopMessages:
    """Read a `_search` whose aggregation `top` is of terms."""
    _require_all(document)
    total = _find(document, int, "hits", "total", "value")
    if _find(document, str, "hits", "total", "relation") != "eq":
        raise MeasurementError("no exact number of hits")
    buckets = _find(document, list, "aggregations", "top", "buckets")
    found = {str(_find(each, object, "key")): _find(each, int, "doc_count") for each in buckets}
    return TopMessages(total, found)


def read_lifecycle(document: Any, policy: str) -> Lifecycle:
    """Read `_ilm/policy/NAME`."""
    version = _find(document, int, policy, "version")
    settings: dict[str, Setting] = {}
    for phase, content in _find(document, dict, policy, "policy", "phases").items():
        settings[f"{phase}.min_age"] = content.get("min_age", "0ms")
        for action, options in _find(content, dict, "actions").items():
            settings[f"{phase}.{action}"] = True
            for name, value in (options or {}).items():
                settings[f"{phase}.{action}.{name}"] = value
    return Lifecycle(policy, version, settings)


def read_indices(document: Any, slot: datetime) -> tuple[Index, ...]:
    """Read `_cat/indices`, oldest first."""
    if not isinstance(document, list):
        raise MeasurementError(f"a {type(document).__name__} instead of a list of indices")
    found = []
    for each in document:
        milliseconds = _number(each, "creation.date")
        if milliseconds is None:
            raise MeasurementError(f"no creation.date of index {_find(each, str, 'index')}")
        created = datetime.fromtimestamp(milliseconds / 1000, UTC)
        name, age = _find(each, str, "index"), slot - created
        documents, size = _number(each, "docs.count"), _number(each, "store.size")
        found.append(Index(name, created, age, documents, size))
    return tuple(sorted(found, key=lambda index: (index.created, index.name)))


def read_error(document: Any) -> str:
    """Say what an answer with an error's status complains of."""
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, dict):
        return shorten(f"{error.get('type', 'error')}: {error.get('reason', '')}", 200)
    return shorten(str(error or document), 120)


def _require_all(document: Any) -> None:
    failed, total = (
        _find(document, int, "_shards", "failed"),
        _find(document, int, "_shards", "total"),
    )
    if failed:
        raise MeasurementError(
            f"failures in {failed:,} of {plural(total, 'shard')}, and found a part only"
        )
    if isinstance(document, dict) and document.get("timed_out"):
        raise MeasurementError("timed out, and found a part only")


def _find(document: Any, kind: type[Any], *keys: str) -> Any:
    found = document
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if found is None or not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise MeasurementError(f"no {'.'.join(keys)} of type {kind.__name__} in the answer")
    return found


def _number(document: Any, key: str) -> int | None:
    """A figure of the `_cat` API, which writes them as text; null for what is not known."""
    value = document.get(key) if isinstance(document, dict) else None
    if value is None:
        return None
    if not re.fullmatch(r"\d{1,18}", str(value)):
        raise MeasurementError(f"{key} {shorten(str(value), 40)!r}, which is no number")
    return int(value)


def _amount(value: Setting) -> float | str:
    """A setting as a number of seconds or bytes, where it has one of their units, or as text."""
    text = str(value).lower()
    parts = re.fullmatch(r"(-?\d+(?:\.\d+)?)([a-z]*)", text)
    if parts is None or (parts[2] and parts[2] not in _UNITS):
        return text
    return float(parts[1]) * _UNITS.get(parts[2], 1)


def filters_of(
    query: str | Mapping[str, Any] | None, time_field: str, window: tuple[datetime, datetime] | None
) -> Mapping[str, Any]:
    """The query of what matches, in the syntax of Kibana's search bar or as JSON, in a window."""
    filters: list[Mapping[str, Any]] = []
    if window is not None:
        since, until = (moment.astimezone(UTC).isoformat() for moment in window)
        filters.append({"range": {time_field: {"gte": since, "lt": until}}})
    if isinstance(query, str):
        filters.append({"query_string": {"query": query}})
    elif query is not None:
        filters.append(query)
    return {"bool": {"filter": filters}} if filters else {"match_all": {}}
