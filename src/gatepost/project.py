"""Where a project's files are, and what one run of it was asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from gatepost.config import Configuration
from gatepost.model import Mode


@dataclass(frozen=True, slots=True)
class Project:
    """One run's settings, from pytest's own configuration and gatepost.toml.

    `checks` are the folders whose `check_*.py` files hold checks; `shared` is a
    folder for the processes of a distributed run, None when there is one only.
    `ahead` is how many checks may be measured at once, 0 for one after the other.
    """

    root: Path
    checks: tuple[Path, ...]
    reports: Path
    history: str
    mode: Mode
    run_id: str
    slot: datetime
    started: datetime
    schedule: str = "default"
    cadence: timedelta | None = None
    configuration: Configuration = field(default_factory=Configuration)
    shared: Path | None = None
    ahead: int = 0

    def holds(self, file: Path) -> bool:
        """Whether a file lies in one of the checks folders."""
        return _lies_in(file, self.checks)


@cache
def _lies_in(file: Path, folders: tuple[Path, ...]) -> bool:
    return any(file.is_relative_to(folder) for folder in folders)
