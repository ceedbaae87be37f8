"""Whether what the scrapers bring is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost import at_most, check

from .figures import DUPLICATE_SHARE
from .scrapers import each_scraper
from .sources import Source

if TYPE_CHECKING:
    import pandas as pd


@check(
    at_most(alert=30, unit="%"),
    sustained="30 min",
    severity="medium",
    owner="scraping",
    runbook="item-quality",
)
@each_scraper
def check_duplicate_rate(figures: Source, scraper: str) -> pd.Series | float | None:
    """Items that were there already, of these and the tracks created; 0 % where none came.

    That none came is for `songnodes.tracks.zero_created` to tell. The ten minutes
    that the share is over are chosen.
    """
    return figures.course(DUPLICATE_SHARE, scraper, last="3 h", step="5 min")
