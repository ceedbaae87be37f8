"""Elasticsearch over plain HTTP: counts and messages of logs, the cluster, the index lifecycle."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Literal, TypeVar

from gatepost.durations import parse_duration
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets import elasticsearch_answers as answers
from gatepost.targets.base import TargetContext
from gatepost.targets.elasticsearch_answers import ClusterHealth, Index, Lifecycle, TopMessages
from gatepost.targets.endpoint import Endpoint, HttpSettings
from gatepost.targets.response import Response
from gatepost.wording import shorten

T = TypeVar("T")

Query = str | Mapping[str, Any] | None
"""As in Kibana's search bar, `level:ERROR AND service:api`, or as JSON; None for every line."""

_NAME = re.compile(r"(?!\.+$)[^\s/?#%\\\"<>|]+")
# A pattern that fits no index is an error, where Elasticsearch would count 0.
_STRICT = {"allow_no_indices": "false", "ignore_unavailable": "false"}


class Settings(HttpSettings):
    """The table of an Elasticsearch in `gatepost.toml`.

    `time_field` is where the documents have their time. An API key is a
    header: `headers = { Authorization = "ApiKey ${ELASTIC_KEY}" }`; a user and
    password may stand in the URL.
    """

    kind: Literal["elasticsearch"]
    time_field: str = "@timestamp"


def open_target(name: str, settings: Settings, context: TargetContext) -> Elasticsearch:
    """Make the target; it connects when a check first asks it something."""
    return Elasticsearch(name, settings, context)


class Elasticsearch:
    """A live Elasticsearch, of which only searches and states are asked.

    An index is a name or a pattern, such as "logs-*"; one that fits nothing is
    an error. A window ends at the run's slot and lasts as long as is said; None
    is no window. Whatever is asked raises Unavailable when no connection can be
    made or the login is refused, and MeasurementError when the answer is an
    error, no JSON, or of a part of the data only.
    """

    concurrent = True

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._page = Endpoint(name, settings, context)
        self._time_field = settings.time_field
        self._outages = context.outages
        self._slot = context.slot

    def describe(self) -> str:
        """The base URL without secrets."""
        return self._page.describe()

    def close(self) -> None:
        """Close all connections."""
        self._page.close()

    def ping(self) -> float:
        """Time the answer with the cluster's name and version, in milliseconds."""
        response = self._page.get()
        self._read(response, answers.read_version)
        return 1000 * response.seconds

    def health(self) -> ClusterHealth:
        """Tell the cluster's status, nodes and shards."""
        return self._read(self._page.get("_cluster/health"), answers.read_health)

    def count(
        self, index: str, query: Query = None, *, window: str | timedelta | None = "1 h"
    ) -> int:
        """Count the documents that match in the window."""
        asked = {"query": self._filters(query, window)}
        return self._read(self._post(index, "_count", asked), answers.read_count)

    def top_messages(
        self,
        index: str,
        query: Query = None,
        *,
        window: str | timedelta | None = "1 h",
        field: str = "message.keyword",
        most: int = 5,
    ) -> TopMessages:
        """Count the documents that match in the window, and their most frequent messages."""
        asked = {
            "size": 0,
            "track_total_hits": True,
            "query": self._filters(query, window),
            "aggs": {"top": {"terms": {"field": field, "size": most}}},
        }
        return self._read(self._post(index, "_search", asked), answers.read_top_messages)

    def lifecycle(self, policy: str) -> Lifecycle:
        """Read an index lifecycle policy."""
        path = f"_ilm/policy/{self._checked('a policy', policy)}"
        return self._read(self._page.get(path), lambda told: answers.read_lifecycle(told, policy))

    def indices(self, pattern: str) -> tuple[Index, ...]:
        """List the indices that fit, oldest first, with ages and sizes; none is an answer too."""
        wanted = "index,creation.date,docs.count,store.size"
        response = self._page.get(
            f"_cat/indices/{self._checked('indices', pattern)}",
            params={"format": "json", "h": wanted, "bytes": "b", "expand_wildcards": "all"},
        )
        return self._read(response, lambda told: answers.read_indices(told, self._slot))

    def _filters(self, query: Query, window: str | timedelta | None) -> Mapping[str, Any]:
        length = None if window is None else parse_duration(window)
        span = None if length is None else (self._slot - length, self._slot)
        return answers.filters_of(query, self._time_field, span)

    def _post(self, index: str, verb: str, asked: Mapping[str, Any]) -> Response:
        # POST is how a question with a body is asked; only these verbs are ever sent so.
        path = f"{self._checked('indices', index)}/{verb}"
        return self._page.post(path, json=asked, params=_STRICT)

    def _checked(self, kind: str, name: str) -> str:
        """The name, since one with a slash would be the path of something else."""
        if not _NAME.fullmatch(name):
            raise MeasurementError(f"{self.name}: {shorten(name, 60)!r} cannot name {kind}")
        return name

    def _read(self, response: Response, read: Callable[[Any], T]) -> T:
        if response.status == 401:
            self._outages.connect(self.name, self._refuse_login)
        if response.status != 200:
            said = f"answered with status {response.status}: {_complaint(response)}"
            raise MeasurementError(f"{self.name}: {response.url} {said}")
        try:
            document = response.json()
        except MeasurementError as error:
            raise MeasurementError(f"{self.name}: {error}") from None
        try:
            return read(document)
        except MeasurementError as error:
            raise MeasurementError(f"{self.name}: {response.url} has {error}") from None

    def _refuse_login(self) -> None:
        reason = f"the server rejected the login or the API key ({self.describe()})"
        raise Unavailable(self.name, reason)


def _complaint(response: Response) -> str:
    try:
        return answers.read_error(response.json())
    except MeasurementError:
        return f"no JSON; it begins {shorten(response.body[:200].decode(errors='replace'), 60)!r}"
