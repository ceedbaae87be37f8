"""A page of metrics that a service serves for Prometheus, in its text format or OpenMetrics."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Literal, NoReturn

from pydantic import ByteSize, PositiveInt

from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets import endpoint
from gatepost.targets.base import Duration, TargetContext
from gatepost.targets.exposition import read_exposition
from gatepost.targets.interval import Interval
from gatepost.targets.page import Page
from gatepost.targets.response import Response
from gatepost.targets.vector import Vector
from gatepost.wording import shorten

# The text format first: its reader takes what Prometheus takes, the strict one less.
_ACCEPT = "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"
_OPENMETRICS = "application/openmetrics-text"
_READABLE = ("", "text/plain", _OPENMETRICS)


class Settings(endpoint.HttpSettings):
    """The table of a page of metrics in `gatepost.toml`.

    `url` is that of the page itself. `timeout` is the budget of a scrape in
    all, reading what came included; `max_body` and `max_series` bound a page.
    """

    kind: Literal["metrics"]
    timeout: Duration = timedelta(seconds=20)
    max_body: ByteSize = ByteSize(32_000_000)
    max_series: PositiveInt = 200_000


def open_target(name: str, settings: Settings, context: TargetContext) -> Metrics:
    """Make the target; the page is requested when a check first scrapes it."""
    return Metrics(name, settings, context)


class Metrics:
    """A page of metrics.

    As for Prometheus, a page is taken whole or not at all: one that cannot be
    had in time or has a line that cannot be read makes the target unavailable
    for the rest of the run, so that the reason is told once.
    """

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._settings = settings
        self._outages = context.outages
        self._readings = context.readings
        self._endpoint = endpoint.open_target(name, settings, context)
        self._lock = threading.Lock()
        self._page: Page | None = None
        self._interval: Interval | None = None

    def describe(self) -> str:
        """The page's URL without secrets."""
        return self._endpoint.describe()

    def close(self) -> None:
        """Close the connection."""
        self._endpoint.close()

    def page(self) -> Page:
        """The page of this run: requested by the first check that asks, the same for all.

        Each process of a distributed run has its own. Raises Unavailable as
        `scrape` does.
        """
        with self._lock:
            if self._page is None:
                self._page = self.scrape()
            return self._page

    def interval(self) -> Interval:
        """What was counted from the last scheduled run to the page of this run.

        Raises Unavailable as `scrape` does.
        """
        page = self.page()
        with self._lock:
            if self._interval is None:
                self._interval = Interval(page, self.name, self._readings)
            return self._interval

    def fallen(self) -> Vector:
        """The counters that went backwards since the last run without a restart."""
        return self.interval().fallen()

    def scrape(self) -> Page:
        """Request the page anew and read it.

        Raises Unavailable when it cannot be had, answers with another status
        than 200, is no page of metrics, has lines that cannot be read or a
        series twice, or exceeds `timeout`, `max_body` or `max_series`.
        """
        try:
            response = self._endpoint.get(headers={"Accept": _ACCEPT})
            return self._read(response)
        except Unavailable:
            raise
        except MeasurementError as error:
            self._give_up(str(error).removeprefix(f"{self.name}: "))

    def _read(self, response: Response) -> Page:
        at = datetime.now(UTC)
        begins = f"; the body begins {shorten(_text(response), 60)!r}"
        if response.status != 200:
            said = f"{response.url} answered with status {response.status}"
            raise MeasurementError(said + (begins if response.body else ""))
        if response.content_type not in _READABLE:
            raise MeasurementError(
                f"{response.url} is no page of metrics but {response.content_type}{begins}; "
                "metrics are sent as text/plain"
            )
        started, limits = time.monotonic(), self._settings
        try:
            contents = read_exposition(
                response.text,
                openmetrics=response.content_type == _OPENMETRICS,
                most=limits.max_series,
                seconds=limits.timeout.total_seconds() - response.seconds,
            )
        except MeasurementError as error:
            raise MeasurementError(f"{response.url}: {error}") from None
        seconds = response.seconds + time.monotonic() - started
        source = f"{self.name} ({response.url})"
        return Page(source, at, seconds, contents.families, contents.samples)

    def _give_up(self, reason: str) -> NoReturn:
        def fail() -> NoReturn:
            raise Unavailable(self.name, reason)

        self._outages.connect(self.name, fail)


def _text(response: Response) -> str:
    return response.body[:500].decode("utf-8", "replace")
