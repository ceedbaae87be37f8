"""Migrations: the heads of Alembic's scripts against the version of a live database."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Literal

from pydantic import SecretStr, field_validator

from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets import database
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.journal import note
from gatepost.wording import join_some, plural, shorten

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection

Status = Literal["current", "behind", "unknown revision", "several heads", "no version"]


class Settings(TargetSettings):
    """The table of migrations in `gatepost.toml`.

    `scripts` is Alembic's script location, the folder that holds `versions`,
    or its `alembic.ini`, relative to the project; `url` is the database whose
    version is meant. The scripts are imported, as Alembic does it, but neither
    `env.py` nor a migration is run. `version_table` may name its schema too.
    """

    kind: Literal["migrations"]
    url: SecretStr
    scripts: str
    version_table: str = "alembic_version"
    connect_timeout: Duration = timedelta(seconds=10)
    statement_timeout: Duration = timedelta(seconds=30)

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: SecretStr) -> SecretStr:
        return database.Settings(kind="database", url=url, schema="").url


@dataclass(frozen=True, slots=True)
class MigrationState:
    """How a database's version compares with the scripts.

    `heads` are the newest revisions of the scripts, `live` those that the
    database says it has; None where it has no version table. `pending` are the
    revisions that it lacks, the next one first, and `unknown` the live ones
    that no script has: the database is ahead, or another's.
    """

    heads: tuple[str, ...]
    live: tuple[str, ...] | None
    pending: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """What is wrong first, or "current"."""
        if len(self.heads) > 1 or len(self.live or ()) > 1:
            return "several heads"
        if not self.live:
            return "no version"
        if self.unknown:
            return "unknown revision"
        return "behind" if self.pending else "current"

    def __str__(self) -> str:
        heads = join_some(self.heads)
        live = join_some(self.live or ()) or "none"
        match self.status:
            case "several heads":
                return (
                    f"several heads: the scripts end in {heads or 'none'}, live is {live or 'none'}"
                )
            case "no version":
                lacks = (
                    "has no version table" if self.live is None else "has an empty version table"
                )
                return f"the database {lacks}, the scripts end in {heads}"
            case "unknown revision":
                unknown = join_some(self.unknown)
                return f"live is {unknown}, which no script has; they end in {heads}"
            case "behind":
                count = plural(len(self.pending), "migration")
                return f"{count} behind: live is {live}, pending {join_some(self.pending)}"
        return f"live is {live}, the head of the scripts"


def open_target(name: str, settings: Settings, context: TargetContext) -> Migrations:
    """Make the target; it connects, and reads the scripts, when a check first asks."""
    return Migrations(name, settings, context)


class Migrations:
    """A database and the scripts that made it; it is only read."""

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._settings = settings
        self._scripts = context.root / settings.scripts
        live = database.Settings(
            kind="database",
            url=settings.url,
            connect_timeout=settings.connect_timeout,
            statement_timeout=settings.statement_timeout,
            schema="",
        )
        self._database = database.open_target(name, live, context)

    def describe(self) -> str:
        """The database without its password, and the scripts."""
        return f"{self._database.describe()}, scripts in {self._settings.scripts}"

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def state(self) -> MigrationState:
        """Compare the database's version with the heads of the scripts.

        Raises Unavailable when the database cannot be reached or Alembic is not
        installed, and MeasurementError when the scripts cannot be read.
        """
        try:
            import alembic.script  # noqa: F401 - whether it is there
        except ImportError:
            reason = "Alembic is not installed; pip install gatepost[alembic]"
            raise Unavailable(self.name, reason) from None
        live = self._database.look_up(_read_live, self._settings.version_table)
        with self._reading():
            scripts = self._open_scripts()
            heads = tuple(sorted(scripts.get_heads()))
            if not heads:
                raise FileNotFoundError("no revision is there; is it the folder above `versions`?")
            known = {script.revision for script in scripts.walk_revisions()}
            unknown = tuple(revision for revision in live or () if revision not in known)
            pending = () if unknown else _pending(scripts, heads, live or ())
        return MigrationState(heads, live, pending, unknown)

    def _open_scripts(self) -> ScriptDirectory:
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        note(f"-- migration scripts of {self._settings.scripts}")
        if self._scripts.is_dir():
            return ScriptDirectory(str(self._scripts))
        if not self._scripts.is_file():
            raise FileNotFoundError(f"{self._settings.scripts} is neither a folder nor a file")
        # What the file says of the database is not asked for: `url` is.
        return ScriptDirectory.from_config(Config(str(self._scripts)))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn whatever a script does when it is imported into one sentence; leave no files."""
        try:
            with _alone, _without_compiling(), warnings.catch_warnings():
                # Alembic only warns of a revision that is there twice, or leads nowhere.
                warnings.filterwarnings("error", message="Revision ", category=UserWarning)
                yield
        except (Exception, SystemExit) as error:
            why = f"{type(error).__name__}: {shorten(str(error), 200)}".removesuffix(": ")
            raise MeasurementError(
                f"{self.name}: the migration scripts of {self._settings.scripts} cannot be read: "
                f"{why} (scripts of targets.{self.name})"
            ) from None


# What is changed while scripts are read holds for the whole process.
_alone = Lock()


@contextmanager
def _without_compiling() -> Iterator[None]:
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _read_live(connection: Connection, table: str, schema: str | None) -> tuple[str, ...] | None:
    from alembic.migration import MigrationContext
    from sqlalchemy import inspect

    if not inspect(connection).has_table(table, schema=schema):
        return None
    options = {"version_table": table, "version_table_schema": schema}
    live = MigrationContext.configure(connection, opts=options)
    return tuple(sorted(live.get_current_heads()))


def _pending(
    scripts: ScriptDirectory, heads: tuple[str, ...], live: tuple[str, ...]
) -> tuple[str, ...]:
    """The revisions below the heads that are not below what is live, the next one first."""
    below = scripts.iterate_revisions(live, "base") if live else ()
    applied = {script.revision for script in below}
    newest_first = [script.revision for script in scripts.iterate_revisions(heads, "base")]
    return tuple(revision for revision in reversed(newest_first) if revision not in applied)
