"""Chooses where the figures of the scrapers come from."""

from __future__ import annotations

import pytest

from gatepost import Absent

from .scrapers import SCRAPERS
from .sources import FromPages, FromPrometheus, Source


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Source:
    """The scrapers' figures: from Prometheus, or from their own pages where there is none."""
    try:
        return FromPrometheus(request.getfixturevalue("songnodes_prometheus"))
    except Absent:
        pages = {name: request.getfixturevalue(f"songnodes_{name}") for name in SCRAPERS}
        return FromPages(pages)
