"""Whether the artists of tracks are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost import check, falls_at_most

from .figures import ARTIST_COVERAGE
from .scrapers import each_scraper
from .sources import Source

if TYPE_CHECKING:
    import pandas as pd


@check(
    falls_at_most(alert=5, within="1 day", unit="points"),
    sustained="1 h",
    severity="medium",
    owner="scraping",
    runbook="item-quality",
)
@each_scraper
def check_coverage_drop(figures: Source, scraper: str) -> pd.Series | float | None:
    """Tracks whose artist is known, in percent; a fall is in percentage points."""
    return figures.course(ARTIST_COVERAGE, scraper, last="26 h", step="10 min")
