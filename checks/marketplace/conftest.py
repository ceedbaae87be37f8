"""The order of Marketplace's checks."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Judge a page of metrics by its contract first.

    Of the checks that need a page that cannot be read, the first one tells why.
    """
    contract = "checks/marketplace/check_metrics.py::check_contract["
    items.sort(key=lambda item: not item.nodeid.startswith(contract))
