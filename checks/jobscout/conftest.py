"""What checks of Job Scout share that can do without Prometheus."""

from __future__ import annotations

import pytest

from gatepost import Absent, Prometheus


@pytest.fixture
def prometheus_if_any(request: pytest.FixtureRequest) -> Prometheus | None:
    """The Prometheus that watches Job Scout; None where there is none."""
    try:
        prometheus: Prometheus = request.getfixturevalue("jobscout_prometheus")
    except Absent:
        return None
    return prometheus
