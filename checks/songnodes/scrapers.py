"""The scrapers: their names, as Prometheus labels them, and the targets of their own pages."""

from __future__ import annotations

import pytest

SCRAPERS = {
    "1001TL": "songnodes_1001tl",
    "MixesDB": "songnodes_mixesdb",
    "SetlistFM": "songnodes_setlistfm",
    "Reddit": "songnodes_reddit",
}

each_scraper = pytest.mark.parametrize("scraper", list(SCRAPERS))
