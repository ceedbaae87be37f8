"""How long the endpoints take to answer, over the window that the service sums up."""

from __future__ import annotations

import pytest

from gatepost import Endpoint, at_most, check

from .pages import figure_of
from .universe import ENDPOINTS

pytestmark = check(owner="backend", runbook="latency")


@check(at_most(alert=5000, unit="ms"), severity="medium")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def check_average(finance_api: Endpoint, endpoint: str) -> float | None:
    """Mean time of an endpoint's answers; without a request there is no data."""
    return figure_of(finance_api, endpoint, "average_response_time_ms")


@check(at_most(alert=10_000, unit="ms"), severity="high")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def check_p95(finance_api: Endpoint, endpoint: str) -> float | None:
    """The time within which 95 % of an endpoint's answers came."""
    return figure_of(finance_api, endpoint, "p95_response_time_ms")
