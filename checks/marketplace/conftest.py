"""The order of Marketplace's checks."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Judge a page of metrics by its contract before whatever else needs it.

    Of the checks that need a page that cannot be read, the first one tells why.
    """
    places = [place for place, item in enumerate(items) if item.path.is_relative_to(HERE)]
    own = sorted((items[place] for place in places), key=lambda item: not _is_contract(item))
    for place, item in zip(places, own, strict=True):
        items[place] = item


def _is_contract(item: pytest.Item) -> bool:
    return item.path.name == "check_metrics.py"
