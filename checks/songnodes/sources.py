"""Where the figures of a scraper come from: Prometheus, or where there is none, its own page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from gatepost import Metrics, Prometheus, Unavailable

from .figures import Figure
from .scrapers import SCRAPERS

if TYPE_CHECKING:
    import pandas as pd


class Source(Protocol):
    """Gives each figure of a scraper, now or with its course.

    Raises Unavailable for the target of the scraper's page when it is down.
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
            self._refuse_if_down(scraper)
        return value

    def course(self, figure: Figure, scraper: str, *, last: str, step: str) -> pd.Series[float]:
        """Evaluate the figure's query at each step up to the slot; NaN where it has no value."""
        series = self._prometheus.series(_query(figure, scraper), last=last, step=step)
        if math.isnan(series.iloc[-1]):
            self._refuse_if_down(scraper)
        return series

    def _refuse_if_down(self, scraper: str) -> None:
        if self._prometheus.scalar(f'max(up{{job="{scraper}"}})') == 0:
            said = f"Prometheus cannot scrape it; see songnodes.monitoring.targets[{scraper}]"
            raise Unavailable(SCRAPERS[scraper], said)


class FromPages:
    """The figures on the scrapers' own pages; their past is that of the checks.

    What needs to last is then judged by the history of the scheduled runs.
    """

    def __init__(self, pages: Mapping[str, Metrics]) -> None:
        self._pages = pages

    def now(self, figure: Figure, scraper: str) -> float | None:
        """Read the figure on the page of this run."""
        return figure.on_page(self._pages[scraper].interval())

    def course(self, figure: Figure, scraper: str, *, last: str, step: str) -> float | None:
        """Read the figure as `now` does: a page has no past."""
        del last, step
        return self.now(figure, scraper)


def _query(figure: Figure, scraper: str) -> str:
    return figure.promql.replace("$scraper", scraper)
