"""Where the figures of a scraper come from: Prometheus, or where there is none, its own page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from gatepost import Metrics, Prometheus, Unavailable

from .figures import Figure

if TYPE_CHECKING:
    import pandas as pd


class Source(Protocol):
    """Gives each figure of a scraper."""

    def course(
        self, figure: Figure, scraper: str, *, last: str, step: str
    ) -> pd.Series[float] | float | None:
        """The figure over time up to the run's slot, as far as the source knows it.

        None and NaN where it has no value. Raises Unavailable for the target of
        the scraper's page when the scraper is down.
        """
        ...


class FromPrometheus:
    """The figures that Prometheus has, with their past."""

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus

    def course(self, figure: Figure, scraper: str, *, last: str, step: str) -> pd.Series[float]:
        """Evaluate the figure's query at each step up to the slot; NaN where it has no value."""
        series = self._prometheus.series(
            figure.promql.replace("$scraper", scraper), last=last, step=step
        )
        if math.isnan(series.iloc[-1]) and self._is_down(scraper):
            said = f"Prometheus cannot scrape it; see songnodes.monitoring.targets[{scraper}]"
            raise Unavailable(f"songnodes_{scraper}", said)
        return series

    def _is_down(self, scraper: str) -> bool:
        return self._prometheus.scalar(f'max(up{{job="{scraper}"}})') == 0


class FromPages:
    """The figures on the scrapers' own pages; their past is that of the checks.

    What needs to last is then judged by the history of the scheduled runs.
    """

    def __init__(self, pages: Mapping[str, Metrics]) -> None:
        self._pages = pages

    def course(self, figure: Figure, scraper: str, *, last: str, step: str) -> float | None:
        """Read the figure on the page of this run."""
        del last, step
        return figure.on_page(self._pages[scraper].interval())
