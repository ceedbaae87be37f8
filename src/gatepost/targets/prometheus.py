"""A Prometheus by its HTTP API: queries, and what it says of its targets, rules and alerts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import ByteSize

from gatepost.durations import format_duration, parse_duration
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets import endpoint
from gatepost.targets.base import Duration, TargetContext
from gatepost.targets.journal import note
from gatepost.targets.json_api import clock_of, go_duration, json_of, message_of, read_as
from gatepost.targets.prometheus_records import (
    Alert,
    Alertmanagers,
    Metadata,
    Rule,
    ScrapeTarget,
    age_of,
)
from gatepost.targets.promql import Matrix, read_ranges, read_vector
from gatepost.targets.response import Response
from gatepost.targets.vector import Vector
from gatepost.wording import join_some, shorten

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

_MOST_STEPS = 11_000
"""Prometheus's own limit on the points of a series, web/api/v1/api.go."""


class Settings(endpoint.HttpSettings):
    """The table of a Prometheus in `gatepost.toml`.

    `url` is its root, as http://host:9090. `timeout` bounds each question, and
    Prometheus is told of it, so that it stops evaluating as well.
    """

    kind: Literal["prometheus"]
    timeout: Duration = timedelta(seconds=15)
    max_body: ByteSize = ByteSize(32_000_000)


def open_target(name: str, settings: Settings, context: TargetContext) -> Prometheus:
    """Make the target; it is asked when a check first asks."""
    return Prometheus(name, settings, context)


class Prometheus:
    """A Prometheus server; all queries are evaluated at the run's slot.

    Everything raises Unavailable when it cannot be reached or says that it is
    not ready, and MeasurementError when it refuses the question, answers with
    warnings (which mean a partial or doubtful result), or not as Prometheus.
    """

    concurrent = True

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._slot = context.slot.astimezone(UTC)
        self._timeout = settings.timeout
        self._server = endpoint.open_target(name, settings, context)

    def describe(self) -> str:
        """The URL without secrets."""
        return self._server.describe()

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    def scalar(self, promql: str) -> float | None:
        """The value of a query that answers one series or a scalar; None for an empty answer.

        NaN (0/0) and infinities are returned as they are, which limits judge as
        no data. Raises MeasurementError where there are several series.
        """
        return self.vector(promql).value()

    def vector(self, promql: str) -> Vector:
        """The series that a query answers at the slot; a scalar is one without labels."""
        data = self._query("query", promql, {"time": self._slot.timestamp()})
        return read_vector(*data, self._source(promql))

    def series(
        self, promql: str, *, last: str | timedelta, step: str | timedelta = "1 min"
    ) -> pd.Series[float]:
        """The course of a query that answers one series, up to the slot.

        NaN stands at the steps where there is no value. Raises MeasurementError
        where there are several series.
        """
        return self.matrix(promql, last=last, step=step).series()

    def matrix(
        self, promql: str, *, last: str | timedelta, step: str | timedelta = "1 min"
    ) -> Matrix:
        """The course of all series that a query answers, evaluated at each step up to the slot.

        Raises ValueError for more than the 11,000 steps that Prometheus allows.
        """
        length, every = parse_duration(last), parse_duration(step)
        start = self._slot - length // every * every
        if length // every >= _MOST_STEPS:
            raise ValueError(
                f"{format_duration(length)} in steps of {format_duration(every)} are more than "
                f"the {_MOST_STEPS:,} points that Prometheus answers; take a longer step"
            )
        window = {"start": start.timestamp(), "end": self._slot.timestamp()}
        data = self._query("query_range", promql, {**window, "step": every.total_seconds()})
        source = self._source(promql)
        return Matrix(read_ranges(*data, source), start, self._slot, every, source)

    def ready(self) -> bool:
        """Whether it says that it can serve queries."""
        return self._server.get("/-/ready").status == 200

    def retention(self) -> timedelta:
        """How long samples are kept.

        Raises MeasurementError where only their size is limited.
        """
        data, response = self._ask("status/runtimeinfo")
        said = str(data.get("storageRetention", "")) if isinstance(data, Mapping) else ""
        try:
            return go_duration(said.partition(" or ")[0])
        except ValueError:
            raise MeasurementError(
                f"{self.name}: {response.url} tells no time of retention: {shorten(said, 60)!r}"
            ) from None

    def targets(self) -> tuple[ScrapeTarget, ...]:
        """What it scrapes, those that are down included."""
        data, response = self._ask("targets", {"state": "active"})
        rows = self._rows(data, "activeTargets", tuple[ScrapeTarget, ...], response)
        now = clock_of(response, self._slot)
        return tuple(each.model_copy(update={"age": age_of(each.scraped, now)}) for each in rows)

    def rules(self) -> tuple[Rule, ...]:
        """The rules that are loaded, of all groups."""
        data, response = self._ask("rules")
        groups = self._rows(data, "groups", list[dict[str, Any]], response)
        rows = [
            {**rule, "group": group.get("name"), "interval": group.get("interval")}
            for group in groups
            for rule in group.get("rules", ())
        ]
        now = clock_of(response, self._slot)
        rules: tuple[Rule, ...] = read_as(tuple[Rule, ...], rows, response, self.name)
        return tuple(each.model_copy(update={"age": age_of(each.evaluated, now)}) for each in rules)

    def alerts(self) -> tuple[Alert, ...]:
        """The alerts that are pending or firing."""
        data, response = self._ask("alerts")
        return self._rows(data, "alerts", tuple[Alert, ...], response)

    def alertmanagers(self) -> Alertmanagers:
        """The Alertmanagers that it is connected to."""
        data, response = self._ask("alertmanagers")
        kind = list[dict[str, str]]
        active = self._rows(data, "activeAlertmanagers", kind, response)
        dropped = self._rows(data, "droppedAlertmanagers", kind, response)
        urls = [tuple(each.get("url", "") for each in every) for every in (active, dropped)]
        return Alertmanagers(active=urls[0], dropped=urls[1])

    def metadata(self, metric: str | None = None) -> Mapping[str, tuple[Metadata, ...]]:
        """What is declared of each metric, or of one: several where targets differ."""
        data, response = self._ask("metadata", {"metric": metric})
        kind = dict[str, tuple[Metadata, ...]]
        found: Mapping[str, tuple[Metadata, ...]] = read_as(kind, data, response, self.name)
        return found

    def names(self) -> frozenset[str]:
        """The names of all metrics that it knows."""
        data, response = self._ask("label/__name__/values")
        found: frozenset[str] = read_as(frozenset[str], data, response, self.name)
        return found

    def _query(self, path: str, promql: str, when: Mapping[str, float]) -> tuple[str, Any]:
        seconds = f"{self._timeout.total_seconds():g}s"
        data, response = self._ask(path, {"query": promql, **when, "timeout": seconds}, promql)
        if not isinstance(data, Mapping) or "result" not in data:
            raise MeasurementError(f"{self.name}: {response.url} answers without a result")
        return str(data.get("resultType")), data["result"]

    def _ask(
        self, path: str, params: Mapping[str, Any] | None = None, promql: str = ""
    ) -> tuple[Any, Response]:
        response = self._server.get(f"/api/v1/{path}", params=params)
        what = self._source(promql) if promql else f"{self.name}: {response.url}"
        document = self._document(response, what)
        if document.get("warnings"):
            said = join_some(map(str, document["warnings"]))
            raise MeasurementError(f"{what} is answered with warnings: {shorten(said)}")
        for info in document.get("infos") or ():
            note(f"-- Prometheus says: {shorten(str(info), 200)}")
        return document["data"], response

    def _document(self, response: Response, what: str) -> Mapping[str, Any]:
        kind = _error_type(response)
        if response.status == 503 and kind != "timeout":
            where = response.url.partition("?")[0]  # the statements have the query
            reason = f"it answered with status 503: {message_of(response)} ({where})"
            raise Unavailable(self.name, reason)
        if kind:
            raise MeasurementError(f"{what} failed ({kind}): {message_of(response)}")
        document = json_of(response, self.name)
        if not isinstance(document, Mapping) or "data" not in document:
            raise MeasurementError(f"{self.name}: {response.url} is not the API of a Prometheus")
        return document

    def _rows(self, data: Any, key: str, kind: type[T], response: Response) -> T:
        part = data.get(key) if isinstance(data, Mapping) else None
        return read_as(kind, part, response, self.name)

    def _source(self, promql: str) -> str:
        return f"{self.name}: {shorten(promql, 200)}"


def _error_type(response: Response) -> str:
    """What kind of error the API answers with; empty for an answer, and for what is not JSON."""
    if response.status == 200:
        return ""
    try:
        document = response.json()
    except MeasurementError:
        return ""
    failed = isinstance(document, Mapping) and document.get("status") == "error"
    return str(document.get("errorType")) if failed else ""
