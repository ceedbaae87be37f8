"""Whether the scrapers' event loops run clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost import at_most, check

from .figures import EVENT_LOOP_WARNINGS
from .scrapers import each_scraper
from .sources import Source

if TYPE_CHECKING:
    import pandas as pd


@check(
    at_most(alert=10, unit="warnings"),
    sustained="30 min",
    severity="critical",
    owner="scraping",
    runbook="event-loop-warnings",
)
@each_scraper
def check_warnings(figures: Source, scraper: str) -> pd.Series | float | None:
    """Warnings of the event loop in ten minutes; the ten minutes are chosen."""
    return figures.course(EVENT_LOOP_WARNINGS, scraper, last="3 h", step="5 min")
