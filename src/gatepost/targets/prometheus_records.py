"""What Prometheus says of itself: its targets, rules, alerts and metadata."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import AliasPath, Field

from gatepost.targets.json_api import GoDuration, GoMoment, Record


class ScrapeTarget(Record):
    """What Prometheus scrapes: `health` is up, down or unknown; `error` that of the last scrape.

    `age` is the time since the last scrape by Prometheus's own clock, None
    where there was none yet.
    """

    job: str = Field(validation_alias=AliasPath("labels", "job"), default="")
    instance: str = Field(validation_alias=AliasPath("labels", "instance"), default="")
    pool: str = Field(alias="scrapePool", default="")
    url: str = Field(alias="scrapeUrl")
    health: str
    error: str = Field(alias="lastError", default="")
    scraped: GoMoment = Field(alias="lastScrape")
    interval: GoDuration = Field(alias="scrapeInterval")
    labels: Mapping[str, str] = {}
    age: timedelta | None = None


class Rule(Record):
    """A rule that is loaded: `type` is alerting or recording, `health` ok, err or unknown.

    `holds` is its `for`; `state` inactive, pending or firing, and empty for a
    recording rule; `age` the time since it was evaluated by Prometheus's own
    clock, None where it was not yet.
    """

    name: str
    group: str
    type: str
    query: str
    health: str
    error: str = Field(alias="lastError", default="")
    state: str = ""
    holds: timedelta = Field(alias="duration", default=timedelta(0))
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    evaluated: GoMoment = Field(alias="lastEvaluation", default=None)
    interval: timedelta
    age: timedelta | None = None


class Alert(Record):
    """An alert that is pending or firing, and since when."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = {}
    state: str
    since: GoMoment = Field(alias="activeAt", default=None)
    value: float

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.labels.get("alertname", "")


class Alertmanagers(Record):
    """The URLs of the Alertmanagers that alerts are sent to, and of those left out."""

    active: tuple[str, ...]
    dropped: tuple[str, ...]


class Metadata(Record):
    """What the scraped pages declare of a metric."""

    type: str
    help: str = ""
    unit: str = ""


def age_of(moment: datetime | None, now: datetime) -> timedelta | None:
    """The time since a moment; not below zero, since the server's clock is told to the second."""
    return None if moment is None else max(now - moment, timedelta(0))
