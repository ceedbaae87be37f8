"""Whether the scrapers create tracks.

Rates are over 15 minutes, which is chosen: a scraper waits between two playlists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost import above, at_least, check

from .figures import CREATION_RATE
from .scrapers import each_scraper
from .sources import Source

if TYPE_CHECKING:
    import pandas as pd

pytestmark = check(owner="scraping", runbook="zero-tracks")


@check(above(alert=0, unit="tracks/s"), sustained="6 h", severity="critical")
@each_scraper
def check_zero_created(figures: Source, scraper: str) -> pd.Series | float | None:
    """Enhanced tracks are created."""
    return figures.course(CREATION_RATE, scraper, last="8 h", step="10 min")


@check(at_least(alert=1, unit="tracks/s"), sustained="2 h", severity="medium")
@each_scraper
def check_low_rate(figures: Source, scraper: str) -> pd.Series | float | None:
    """Tracks are created as fast as they should be."""
    return figures.course(CREATION_RATE, scraper, last="4 h", step="10 min")
