"""How many requests fail, over the window that the service sums up."""

from __future__ import annotations

import pytest

from gatepost import Endpoint, at_most, check

from .pages import figure_of
from .universe import ENDPOINTS

pytestmark = check(owner="backend", runbook="errors")


@check(at_most(alert={"medium": 5, "high": 10}, unit="%"))
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def check_rate(finance_api: Endpoint, endpoint: str) -> float | None:
    """Share of an endpoint's requests that failed; of no request there is no share."""
    total = figure_of(finance_api, endpoint, "total_requests")
    failed = figure_of(finance_api, endpoint, "failed_requests")
    return None if total is None or failed is None else 100 * failed / total
