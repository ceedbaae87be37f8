"""What every kind of target shares: its errors, its settings' base, its surroundings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.outages import Outages

__all__ = ["MeasurementError", "Target", "TargetContext", "TargetSettings", "Unavailable"]


class TargetSettings(BaseModel):
    """Base of a kind's settings: frozen, and strict about keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str


@dataclass(frozen=True, slots=True)
class TargetContext:
    """What a target may know of the run that opens it.

    `slot` is the moment at which all windows end; `root` is the folder that
    relative paths start from; `outages` remembers what could not be reached.
    """

    slot: datetime = field(default_factory=lambda: datetime.now(UTC))
    root: Path = field(default_factory=Path.cwd)
    outages: Outages = field(default_factory=Outages)


class Target(Protocol):
    """What the run needs of any target; the rest is between it and the check's author."""

    name: str

    def describe(self) -> str:
        """One line for the report's provenance, without secrets."""
        ...

    def close(self) -> None:
        """Release connections; called once, also when nothing was ever opened."""
        ...
