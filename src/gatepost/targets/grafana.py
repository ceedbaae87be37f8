"""A Grafana by its HTTP API: health, the list of dashboards, and what a dashboard asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import quote

from pydantic import ByteSize

from gatepost.errors import MeasurementError
from gatepost.targets import endpoint
from gatepost.targets.base import Duration, TargetContext
from gatepost.targets.json_api import Record, json_of, message_of, read_as
from gatepost.targets.promql import metrics_in

_PER_PAGE = 1000
_MOST_PAGES = 50


class Settings(endpoint.HttpSettings):
    """The table of a Grafana in `gatepost.toml`.

    `url` is its root, as http://host:3000; `token` that of a service account
    whose role is Viewer.
    """

    kind: Literal["grafana"]
    timeout: Duration = timedelta(seconds=10)
    max_body: ByteSize = ByteSize(16_000_000)


class GrafanaHealth(Record):
    """What it says of itself: `database` is "ok" when it reaches its own."""

    database: str
    version: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is healthy."""
        return self.database == "ok"


class DashboardEntry(Record):
    """A dashboard in the list of all."""

    uid: str
    title: str
    url: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel, with its queries in PromQL as they are written, variables included."""

    id: int | None
    title: str
    type: str
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard with its panels, those within rows included."""

    uid: str
    title: str
    panels: tuple[Panel, ...]

    @property
    def metrics(self) -> frozenset[str]:
        """The names of the metrics that its queries select."""
        found = (metrics_in(query) for panel in self.panels for query in panel.queries)
        return frozenset().union(*found)


def open_target(name: str, settings: Settings, context: TargetContext) -> Grafana:
    """Make the target; it is asked when a check first asks."""
    return Grafana(name, settings, context)


class Grafana:
    """A Grafana; it is only read.

    Everything raises Unavailable when it cannot be reached, and
    MeasurementError when it answers with an error or not as Grafana.
    """

    concurrent = True

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._server = endpoint.open_target(name, settings, context)

    def describe(self) -> str:
        """The URL without secrets."""
        return self._server.describe()

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    def health(self) -> GrafanaHealth:
        """Whether it and its database are healthy; this needs no token."""
        response = self._server.get("/api/health")
        if response.status == 503:
            return GrafanaHealth(database=message_of(response))
        return read_as(GrafanaHealth, json_of(response, self.name), response, self.name)

    def dashboards(self) -> tuple[DashboardEntry, ...]:
        """The dashboards that its token may see."""
        found: list[DashboardEntry] = []
        for page in range(1, _MOST_PAGES + 1):
            params = {"type": "dash-db", "limit": _PER_PAGE, "page": page}
            response = self._server.get("/api/search", params=params)
            document = json_of(response, self.name)
            found += read_as(list[DashboardEntry], document, response, self.name)
            if len(document) < _PER_PAGE:
                return tuple(found)
        raise MeasurementError(f"{self.name} has more than {_MOST_PAGES * _PER_PAGE:,} dashboards")

    def dashboard(self, uid: str) -> Dashboard:
        """One dashboard, by the uid that its URL has."""
        response = self._server.get(f"/api/dashboards/uid/{quote(uid, safe='')}")
        document = json_of(response, self.name)
        model = document.get("dashboard") if isinstance(document, Mapping) else None
        return read_dashboard(model, f"{self.name}: {response.url}")


def read_dashboard(model: Any, source: str) -> Dashboard:
    """Read a dashboard's JSON model, as Grafana answers, exports and provisions it; pure.

    Raises MeasurementError for what is none.
    """
    if not isinstance(model, Mapping) or not isinstance(model.get("title"), str):
        raise MeasurementError(f"{source} is no dashboard: it has no title")
    if not isinstance(model.get("panels", model.get("rows")), list):
        raise MeasurementError(f"{source}: the dashboard {model['title']!r} has no list of panels")
    try:
        panels = tuple(_panels(model))
    except (AttributeError, TypeError) as error:
        raise MeasurementError(
            f"{source}: a panel of the dashboard {model['title']!r} is malformed: {error}"
        ) from None
    return Dashboard(str(model.get("uid") or ""), model["title"], panels)


def _panels(model: Mapping[str, Any]) -> Iterator[Panel]:
    for each in (*model.get("panels", ()), *model.get("rows", ())):
        if each.get("type", "row") != "row":
            queries = (target.get("expr") for target in each.get("targets") or ())
            written = tuple(query for query in queries if query)
            yield Panel(each.get("id"), str(each.get("title", "")), each["type"], written)
        yield from _panels({"panels": each.get("panels") or ()})
