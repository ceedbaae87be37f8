"""The scrapers by their names, as Prometheus labels them and the targets of their pages end."""

from __future__ import annotations

import pytest

SCRAPERS = ("1001TL", "MixesDB", "SetlistFM", "Reddit")

each_scraper = pytest.mark.parametrize("scraper", SCRAPERS)
