"""What the services counted since the last run, and shares of it."""

from __future__ import annotations

import pytest

from gatepost import Metrics, Vector


def counted(metrics: Metrics, name: str, **labels: str) -> Vector:
    """How much each series of a counter rose since the last run.

    Where nothing was counted meanwhile, as at night, the check is skipped: that is no failure, and
    does not end one either. A counter without series is no data.
    """
    interval = metrics.interval()
    rose = interval.increase(name).where(**labels)
    if rose.sum() == 0:
        pytest.skip(f"nothing was counted {interval.words}")
    return rose


def percent(part: float | None, whole: float | None) -> float | None:
    """A part in percent of the whole, of which there has to be something; no series counts 0."""
    return 100 * (part or 0) / whole if whole else None
