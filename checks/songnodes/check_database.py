"""Whether the scrapers have connections to the database left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost import at_most, below, check

from .figures import POOL_USE
from .scrapers import each_scraper
from .sources import Source

if TYPE_CHECKING:
    import pandas as pd

pytestmark = check(owner="platform", runbook="database-pool")


@check(below(alert=100, unit="%"), sustained="5 min", severity="critical")
@each_scraper
def check_pool_exhausted(figures: Source, scraper: str) -> pd.Series | float | None:
    """Used connections of the scraper's pool: one is left."""
    return figures.course(POOL_USE, scraper, last="30 min", step="1 min")


@check(at_most(alert=80, unit="%"), sustained="5 min", severity="medium")
@each_scraper
def check_pool_high(figures: Source, scraper: str) -> pd.Series | float | None:
    """Used connections of the scraper's pool."""
    return figures.course(POOL_USE, scraper, last="30 min", step="1 min")
