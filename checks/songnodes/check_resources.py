"""What the scrapers' processes take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost import at_most, check

from .figures import MEMORY
from .scrapers import each_scraper
from .sources import Source

if TYPE_CHECKING:
    import pandas as pd


@check(
    at_most(alert=800, unit="MB"),
    sustained="10 min",
    severity="medium",
    owner="platform",
    runbook="memory",
)
@each_scraper
def check_memory(figures: Source, scraper: str) -> pd.Series | float | None:
    """Memory of a scraper's process."""
    return figures.course(MEMORY, scraper, last="1 h", step="1 min")
