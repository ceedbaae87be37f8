"""Whether the scrapers' pipelines write what they hold in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost import at_most, check

from .figures import FLUSH_P95
from .scrapers import each_scraper
from .sources import Source

if TYPE_CHECKING:
    import pandas as pd


@check(
    at_most(alert=30, unit="s"),
    sustained="10 min",
    severity="medium",
    owner="scraping",
    runbook="pipeline-flush",
)
@each_scraper
def check_flush_latency(figures: Source, scraper: str) -> pd.Series | float | None:
    """The time that 95 % of a pipeline's flushes take at most."""
    return figures.course(FLUSH_P95, scraper, last="1 h", step="1 min")
