"""What every kind of target shares: its errors, its settings' base, its surroundings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Protocol
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from gatepost.durations import parse_duration
from gatepost.errors import MeasurementError, Unavailable
from gatepost.readings import Readings
from gatepost.targets.outages import Outages

__all__ = [
    "Duration",
    "MeasurementError",
    "Target",
    "TargetContext",
    "TargetSettings",
    "Unavailable",
    "Zone",
]


def _duration(value: object) -> timedelta:
    if isinstance(value, (str, timedelta)):
        return parse_duration(value)
    raise ValueError(f"{value!r} is not a duration; write it as text with a unit, such as '30 s'")


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""A settings field written as "30 s" or "2 min"."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # also a folder's name, or one with dots
        raise ValueError("not a time zone; write UTC or a name such as Europe/Berlin") from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]
"""A settings field with the name of a time zone."""


class TargetSettings(BaseModel):
    """Base of a kind's settings: frozen, and strict about keys it does not know.

    What was put in is kept out of validation errors, since it may hold a secret.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: str


@dataclass(frozen=True, slots=True)
class TargetContext:
    """What a target may know of the run that opens it.

    `slot` is the moment at which all windows end; `root` is the folder that
    relative paths start from; `outages` remembers what could not be reached.
    `memory` is the folder for what unchanged tables answered in earlier runs,
    None where every table is to be read anew. `sends` is off where a run only
    tells what it would send: a database then looks into its catalogue only.
    `readings` are what targets remember from one scheduled run to the next.
    """

    slot: datetime = field(default_factory=lambda: datetime.now(UTC))
    root: Path = field(default_factory=Path.cwd)
    outages: Outages = field(default_factory=Outages)
    memory: Path | None = None
    sends: bool = True
    readings: Readings = field(default_factory=Readings)


class Target(Protocol):
    """What the run needs of any target; the rest is between it and the check's author.

    One check uses it at a time, in this thread or that, unless its class says
    `concurrent = True`: then checks in several threads use it at once.
    """

    name: str

    def describe(self) -> str:
        """One line for the report's provenance, without secrets."""
        ...

    def close(self) -> None:
        """Release connections; called once, also when nothing was ever opened."""
        ...
