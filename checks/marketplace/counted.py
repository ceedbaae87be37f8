"""What the services counted since the last run, and shares of it."""

from __future__ import annotations

from gatepost import Metrics, Vector


def counted(metrics: Metrics, name: str, **labels: str) -> Vector:
    """How much each series of a counter rose since the last run.

    Where nothing was counted meanwhile, as at night, all since the process started: what is
    quiet says nothing new, and is no failure.
    """
    rose = metrics.interval().increase(name).where(**labels)
    return rose if rose.sum() else metrics.page().vector(name).where(**labels)


def percent(part: float | None, whole: float | None) -> float | None:
    """A part in percent of the whole, of which there has to be something; no series counts 0."""
    return 100 * (part or 0) / whole if whole else None
