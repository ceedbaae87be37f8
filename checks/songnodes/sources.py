"""Where the figures of a scraper come from: Prometheus, or where there is none, its own page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn, Protocol

import pytest

from gatepost import Metrics, Prometheus, Unavailable

from .figures import Figure

if TYPE_CHECKING:
    import pandas as pd


class Source(Protocol):
    """Gives each figure of a scraper, now or with its course.

    Where a scraper cannot be reached nothing can be said of it: the check is
    inhibited, and `songnodes.scraper.answers` tells of the outage.
    """

    def now(self, figure: Figure, scraper: str) -> float | None:
        """The figure at the run's slot; None where there is none."""
        ...

    def course(
        self, figure: Figure, scraper: str, *, last: str, step: str
    ) -> pd.Series[float] | float | None:
        """The figure over time up to the slot, as far as the source knows it."""
        ...


class FromPrometheus:
    """The figures that Prometheus has, with their past."""

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus

    def now(self, figure: Figure, scraper: str) -> float | None:
        """Evaluate the figure's query at the slot."""
        value = self._prometheus.scalar(_query(figure, scraper))
        if value is None:
            self._skip_if_down(scraper)
        return value

    def course(self, figure: Figure, scraper: str, *, last: str, step: str) -> pd.Series[float]:
        """Evaluate the figure's query at each step up to the slot; NaN where it has no value."""
        series = self._prometheus.series(_query(figure, scraper), last=last, step=step)
        if math.isnan(series.iloc[-1]):
            self._skip_if_down(scraper)
        return series

    def _skip_if_down(self, scraper: str) -> None:
        if self._prometheus.scalar(f'max(up{{job="{scraper}"}})') == 0:
            _skip("Prometheus cannot scrape", scraper)


class FromPages:
    """The figures on the scrapers' own pages; their past is that of the checks.

    What needs to last is then judged by the history of the scheduled runs.
    """

    def __init__(self, pages: Mapping[str, Metrics]) -> None:
        self._pages = pages

    def now(self, figure: Figure, scraper: str) -> float | None:
        """Read the figure on the page of this run."""
        try:
            return figure.on_page(self._pages[scraper].interval())
        except Unavailable:
            _skip("nobody can reach", scraper)

    def course(self, figure: Figure, scraper: str, *, last: str, step: str) -> float | None:
        """Read the figure as `now` does: a page has no past."""
        del last, step
        return self.now(figure, scraper)


def _query(figure: Figure, scraper: str) -> str:
    return figure.promql.replace("$scraper", scraper)


def _skip(why: str, scraper: str) -> NoReturn:
    pytest.skip(f"{why} {scraper}: see songnodes.scraper.answers[{scraper}]")
