"""Whether the services came back after a restart or a deployment."""

from __future__ import annotations

import os
import time

import pytest

from gatepost import MeasurementError, at_most, check

from .services import SERVICES, health_of

WITHIN_SECONDS = float(os.environ.get("MARKETPLACE_READY_WITHIN") or 60)
"""How long the services together may take, in seconds; the time is chosen."""


# The name of the check is that of its group: marketplace.restart.
@check(
    at_most(alert=WITHIN_SECONDS, unit="s"),
    severity="critical",
    owner="platform",
    runbook="service-down",
)
def check_(request: pytest.FixtureRequest) -> dict[str, float]:
    """Seconds until each service was ready and live three times in a row."""
    started = time.monotonic()
    took: dict[str, float] = {}
    for service in SERVICES:
        pages = health_of(request, service)
        left = max(WITHIN_SECONDS - (time.monotonic() - started), 0.5)
        try:
            took[service] = pages.settle(times=3, within=f"{left:.1f} s", every="100 ms")
        except MeasurementError as error:
            raise AssertionError(str(error)) from None
    return took
