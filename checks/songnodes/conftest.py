"""Chooses where the figures of the scrapers come from, and what tells that one is down."""

from __future__ import annotations

from pathlib import Path

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
        pages = {name: request.getfixturevalue(target) for name, target in SCRAPERS.items()}
        return FromPages(pages)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask each scraper whether it answers before anything else is asked of it.

    Of all checks that need one which is down, the first then carries the
    failure, and the others point to it.
    """
    ours = [place for place, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    first = sorted(
        (items[place] for place in ours),
        key=lambda item: getattr(item, "originalname", "") != "check_answers",
    )
    for place, item in zip(ours, first, strict=True):
        items[place] = item
