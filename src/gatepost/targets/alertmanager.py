"""An Alertmanager by its API v2: status, alerts, silences, and where its routes send alerts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from pydantic import AliasPath, ByteSize, Field

from gatepost.targets import endpoint
from gatepost.targets.base import Duration, TargetContext
from gatepost.targets.json_api import GoMoment, Record, json_of, read_as
from gatepost.targets.routing import Matcher, Route, read_routes

T = TypeVar("T")


class Settings(endpoint.HttpSettings):
    """The table of an Alertmanager in `gatepost.toml`; `url` is its root, as http://host:9093."""

    kind: Literal["alertmanager"]
    timeout: Duration = timedelta(seconds=10)
    max_body: ByteSize = ByteSize(32_000_000)


class AlertmanagerStatus(Record):
    """Its version, since when it runs, and its cluster: ready, settling or disabled.

    `config` is its configuration as YAML, in which it hides the secrets itself.
    """

    version: str = Field(validation_alias=AliasPath("versionInfo", "version"))
    since: GoMoment = Field(alias="uptime")
    cluster: str = Field(validation_alias=AliasPath("cluster", "status"))
    config: str = Field(validation_alias=AliasPath("config", "original"), repr=False)


class RoutedAlert(Record):
    """An alert that it knows: `state` is active, suppressed or unprocessed.

    `silenced_by` and `inhibited_by` are the ids of silences and the
    fingerprints of alerts; `receivers` the names of those that it goes to.
    """

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = {}
    starts: GoMoment = Field(alias="startsAt")
    ends: GoMoment = Field(alias="endsAt")
    state: str = Field(validation_alias=AliasPath("status", "state"))
    silenced_by: tuple[str, ...] = Field(validation_alias=AliasPath("status", "silencedBy"))
    inhibited_by: tuple[str, ...] = Field(validation_alias=AliasPath("status", "inhibitedBy"))
    receiver_records: tuple[Mapping[str, str], ...] = Field(alias="receivers", repr=False)

    @property
    def name(self) -> str:
        """The alert's name."""
        return self.labels.get("alertname", "")

    @property
    def receivers(self) -> tuple[str, ...]:
        """The names of the receivers that it goes to."""
        return tuple(each["name"] for each in self.receiver_records)


class Silence(Record):
    """A silence: `state` is active, pending or expired; all its matchers have to match."""

    id: str
    state: str = Field(validation_alias=AliasPath("status", "state"))
    matchers: tuple[Matcher, ...]
    starts: datetime = Field(alias="startsAt")
    ends: datetime = Field(alias="endsAt")
    author: str = Field(alias="createdBy")
    comment: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether it silences alerts with these labels while it is active."""
        return all(each.matches(labels) for each in self.matchers)


def open_target(name: str, settings: Settings, context: TargetContext) -> Alertmanager:
    """Make the target; it is asked when a check first asks."""
    return Alertmanager(name, settings, context)


class Alertmanager:
    """An Alertmanager; it is only read.

    Everything raises Unavailable when it cannot be reached, and
    MeasurementError when it answers with an error or not as Alertmanager.
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

    def ready(self) -> bool:
        """Whether it says that it can take alerts."""
        return self._server.get("/-/ready").status == 200

    def status(self) -> AlertmanagerStatus:
        """Its version, cluster and configuration."""
        return self._ask("status", AlertmanagerStatus)

    def alerts(self, *matchers: str) -> tuple[RoutedAlert, ...]:
        """All alerts, silenced and inhibited ones included, or those that fit 'a="b"'."""
        return self._ask("alerts", tuple[RoutedAlert, ...], {"filter": matchers})

    def silences(self, *matchers: str) -> tuple[Silence, ...]:
        """All silences, expired ones included, or those with matchers that fit."""
        return self._ask("silences", tuple[Silence, ...], {"filter": matchers})

    def receivers(self) -> tuple[str, ...]:
        """The names of its receivers."""
        found: list[dict[str, Any]] = self._ask("receivers", list[dict[str, Any]])
        return tuple(str(each.get("name")) for each in found)

    def routes(self, labels: Mapping[str, str]) -> tuple[Route, ...]:
        """The routes that an alert with these labels takes, in order, as `amtool` tells.

        Evaluated here, by the configuration that it runs with; no alert is
        sent. There are several where a route says `continue`.
        """
        return tuple(read_routes(self.status().config, self.name).match(labels))

    def _ask(self, path: str, kind: type[T], params: Mapping[str, Any] | None = None) -> T:
        response = self._server.get(f"/api/v2/{path}", params=params)
        found: T = read_as(kind, json_of(response, self.name), response, self.name)
        return found
