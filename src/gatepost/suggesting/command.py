"""The command itself: finds the table's database, profiles the table, writes the module."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gatepost.config import Configuration, TargetEntry, read_configuration
from gatepost.errors import ConfigurationError
from gatepost.finding import FILE_NAME, find_configuration
from gatepost.suggesting.module import write_module
from gatepost.suggesting.profile import TableProfile, profile_table
from gatepost.tables.sql.windows import TIMES
from gatepost.targets import database
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database
from gatepost.targets.journal import keep_journal
from gatepost.targets.registry import WITH_TABLES, open_target
from gatepost.wording import suggest as near

URL_TARGET = "database"
"""What the target of an URL is called, where it has no name."""
_LIMIT = timedelta(minutes=10)
"""How long a statement may take where no settings say so: a profile reads the whole table."""


def suggest(table: str, *, target: str = "", url: str = "", time: str | None = None) -> str:
    """The text of a check module for a live table.

    With `url`, `target` is only what the module calls the database; without,
    it is one of gatepost.toml, and may be left out where there is only one.
    Raises ConfigurationError, and what the database raises: MeasurementError,
    Unavailable.
    """
    opened = _open_url(url, target) if url else _open_configured(target)
    at = datetime.now(UTC)
    try:
        with keep_journal():  # all statements see one snapshot
            profile = profile_table(opened.table(table), at)
    finally:
        opened.close()
    if time is not None:
        _require_times(profile, time)
    return write_module(profile, opened.name, time)


def write_new(file: Path, text: str) -> None:
    """Write a file that does not exist yet. Raises ConfigurationError where it cannot be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise ConfigurationError(
            f"{file} exists and is not overwritten; give another --output, or remove it"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from None


def _open_url(url: str, target: str) -> Database:
    from pydantic import SecretStr, ValidationError

    name = target or URL_TARGET
    if not name.isidentifier():
        raise ConfigurationError(f"--target {name!r}: a target's name is a Python name")
    try:
        settings = database.Settings(
            kind="database", url=SecretStr(url), schema="", statement_timeout=_LIMIT
        )
    except ValidationError:
        raise ConfigurationError(
            "--url: not a database URL; write dialect://user@host:port/name"
        ) from None
    return database.open_target(name, settings, TargetContext())


def _open_configured(target: str) -> Database:
    file = find_configuration(Path.cwd())
    if file is None:
        raise ConfigurationError(
            f"there is no {FILE_NAME} here or above; run this in the project's folder, or give "
            "--url dialect://user@host:port/name"
        )
    context = TargetContext(root=file.parent)
    entry = _choose(read_configuration(file), target)
    opened = open_target(entry, context)
    if not isinstance(opened, Database):
        opened.close()
        raise ConfigurationError(
            f"target {entry.name} is of kind {entry.kind}, which has no tables"
        )
    return opened


def _choose(configuration: Configuration, target: str) -> TargetEntry:
    """The named target, or the only one that has tables."""
    entries = configuration.targets
    if target and target not in entries:
        raise ConfigurationError(f"there is no target {target}; {near('target', target, entries)}")
    if target:
        return entries[target]
    with_tables = [each for each in entries.values() if each.kind in WITH_TABLES]
    if len(with_tables) == 1:
        return with_tables[0]
    if not with_tables:
        raise ConfigurationError(f"{FILE_NAME} has no target with tables; add one, or give --url")
    names = ", ".join(each.name for each in with_tables)
    raise ConfigurationError(f"which target is the table of? Give --target, one of {names}")


def _require_times(profile: TableProfile, time: str) -> None:
    columns = profile.live.columns
    if time not in columns:
        raise ConfigurationError(
            f"--time: {profile.name} has no column {time}; {near('column', time, columns)}"
        )
    if columns[time].kind not in TIMES:
        raise ConfigurationError(f"--time: {time} holds {columns[time].kind.value}, not times")
