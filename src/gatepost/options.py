"""From pytest's options and a gatepost.toml to the settings of one run."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gatepost.config import expand_text, read_configuration
from gatepost.durations import parse_duration
from gatepost.errors import ConfigurationError, HistoryError
from gatepost.history import History, slot_of
from gatepost.masking import password_of
from gatepost.model import Mode
from gatepost.project import Project

Plain = dict[str, Any]

_MOST_THREADS = 256


def read_project(
    file: Path, root: Path, option: Callable[[str], Any], inherited: Plain | None = None
) -> Project:
    """Read what this run was asked to do; `option` looks an option up by its flat name.

    `inherited` is what `hand_down` made of the controller's project, for the
    workers of a distributed run. Raises ConfigurationError.
    """
    configuration = read_configuration(file)
    cadence_text = option("gatepost_cadence")
    cadence = _parsed("gatepost_cadence", cadence_text, parse_duration) if cadence_text else None
    now = datetime.now(UTC)
    slot_text = option("gatepost_slot")
    slot = _parsed("gatepost_slot", slot_text, _moment) if slot_text else slot_of(now, cadence)
    ahead = _parsed("gatepost_ahead", option("gatepost_ahead"), _threads)
    given = inherited or {}
    return Project(
        root=root,
        checks=tuple(root / folder for folder in option("gatepost_checks")),
        reports=root / option("gatepost_reports"),
        history=_history(option("gatepost_history"), root),
        mode=_parsed("gatepost_mode", option("gatepost_mode"), _mode),
        run_id=given.get("run_id", uuid.uuid4().hex),
        slot=datetime.fromisoformat(given["slot"]) if inherited else slot,
        started=datetime.fromisoformat(given["started"]) if inherited else now,
        schedule=option("gatepost_schedule") or "default",
        cadence=cadence,
        configuration=configuration,
        shared=Path(given["shared"]) if inherited else None,
        ahead=0 if inherited else ahead,  # workers are several already
    )


def hand_down(project: Project, shared: Path) -> Plain:
    """What the workers of a distributed run take from their controller, as plain data."""
    return {
        "run_id": project.run_id,
        "slot": project.slot.isoformat(),
        "started": project.started.isoformat(),
        "shared": str(shared),
    }


def _history(written: str | None, root: Path) -> str:
    if not written:
        return f"sqlite:///{root / '.gatepost' / 'history.sqlite'}"
    if password_of(written):
        raise ConfigurationError(
            "gatepost_history: a password is written in the URL; take it from the environment, "
            'as in gatepost_history = "${HISTORY_URL}"'
        )
    url = expand_text("gatepost_history", written)
    try:
        History.open(url, read_only=True)
    except HistoryError as error:
        raise ConfigurationError(f"gatepost_history: {error}") from None
    return url


def _parsed(name: str, text: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from None


def _threads(text: str) -> int:
    if not text.isdecimal() or int(text) > _MOST_THREADS:
        raise ValueError(f"expected 0 to {_MOST_THREADS} threads, got {text!r}")
    return int(text)


def _mode(text: str) -> Mode:
    if text not in tuple(Mode):
        raise ValueError(f"expected {', '.join(Mode)}, got {text!r}")
    return Mode(text)


def _moment(text: str) -> datetime:
    moment: datetime | None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise ValueError(f"expected a time with its zone, as in 2026-01-31T06:00Z, got {text!r}")
    return moment.astimezone(UTC)
