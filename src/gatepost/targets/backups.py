"""A folder of backups: their times, whether the newest is complete, its size, how many are kept."""

from __future__ import annotations

import errno
import os
import stat as modes
import statistics
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import field_validator

from gatepost.durations import format_duration, parse_duration
from gatepost.errors import MeasurementError
from gatepost.targets.backup_content import KINDS, Content, TooSlow, examine
from gatepost.targets.backup_names import read_pattern
from gatepost.targets.base import Duration, TargetContext, TargetSettings, Zone
from gatepost.targets.journal import note


class Settings(TargetSettings):
    """The table of backups in `gatepost.toml`.

    `path` is the folder, relative to the project. `files` are the names:
    "db_%Y%m%d_%H%M%S.sql.gz" with the time that the backup stands for, local to
    `timezone`, or with wildcards alone, "*.sql.gz", where a file's own time
    counts. A file that is not complete and was written to less than `settling`
    ago is still being written. `clock_tolerance` is how far ahead of this
    machine's clock a backup may be dated; `timeout` is for testing one file.
    """

    kind: Literal["backups"]
    path: str
    files: str
    timezone: Zone = "UTC"
    settling: Duration = timedelta(minutes=2)
    clock_tolerance: Duration = timedelta(minutes=5)
    timeout: Duration = timedelta(minutes=1)

    @field_validator("files")
    @classmethod
    def _is_pattern(cls, files: str) -> str:
        read_pattern(files)
        return files


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup's file: the moment it stands for in UTC, its age at the slot, its size."""

    name: str
    at: datetime
    age: timedelta
    size_bytes: int
    modified: datetime


def open_target(name: str, settings: Settings, context: TargetContext) -> Backups:
    """Make the target; nothing is read yet."""
    return Backups(name, settings, context)


class Backups:
    """The backups in a folder; they are only read.

    Whatever is asked raises MeasurementError when the folder or a file cannot
    be read, and for a backup that is dated ahead of this machine's clock: it
    would stay young for ever.
    """

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._settings = settings
        self._slot = context.slot
        self._folder = context.root / settings.path
        self._pattern = read_pattern(settings.files)
        self._zone = ZoneInfo(settings.timezone)
        self._examined: dict[Backup, Content] = {}

    def describe(self) -> str:
        """The folder, and the names that are meant."""
        return f"backups {Path(self._settings.path) / self._settings.files}"

    def close(self) -> None:
        """Nothing is held open."""

    def files(self, *, older_than: str | timedelta | None = None) -> tuple[Backup, ...]:
        """Every backup, oldest first, or those older than "30 days"; also one being written.

        A link to a file of the same folder is no backup of its own.
        """
        note(f"files: {self._folder / self._settings.files}")
        least = None if older_than is None else parse_duration(older_than)
        try:
            with os.scandir(self._folder) as entries:
                found = [each for entry in entries if (each := self._backup(entry))]
        except OSError as error:
            said = f"{self.name}: {error.filename} cannot be read: {error.strerror}"
            raise MeasurementError(said) from None
        kept = [each for each in found if least is None or each.age > least]
        return tuple(sorted(kept, key=lambda each: (each.at, each.name)))

    def newest(self) -> Backup | None:
        """The newest backup, complete or not, but none that is being written; None for none."""
        return next(iter(self._finished(1)), None)

    def examine(self, *, holding: str = "") -> Content:
        """Read the newest backup to its end: whether it is complete.

        With `holding`, another kind than this ("PostgreSQL dump", "tar", ...)
        is a problem too. Raises MeasurementError where there is no backup, and
        when reading takes longer than `timeout`.
        """
        if holding and holding not in KINDS:
            raise ValueError(f"holding={holding!r}; known: {', '.join(KINDS)}")
        newest = self.newest()
        if newest is None:
            raise MeasurementError(f"{self.name}: {self._folder} has no {self._settings.files}")
        content = self._examine(newest)
        if holding and content.complete and content.kind != holding:
            kind = content.kind or "something else"
            return replace(content, problem=f"it holds {kind}, not a {holding}")
        return content

    def size_percent(self, *, of: int = 1) -> float | None:
        """The newest backup's size in percent of the one before, or of the median of so many.

        None when there are no two.
        """
        if of < 1:
            raise ValueError(f"of={of}: the newest is compared with at least one before it")
        sizes = [backup.size_bytes for backup in self._finished(1 + of)]
        if len(sizes) < 2:
            return None
        usual = statistics.median(sizes[1:])
        # After an empty one: whatever there is now has not shrunk.
        return 100 * sizes[0] / usual if usual else 100.0

    def points_at(self, link: str) -> str | None:
        """The name of the file that a link such as "latest.sql.gz" stands for.

        Also that of a missing file; None when there is no link of this name,
        or when it leads out of the folder.
        """
        path = self._folder / link
        note(f"link: {path}")
        try:
            if not path.is_symlink():
                return self._same_file(path)
            target = (path.parent / path.readlink()).resolve()
        except (OSError, RuntimeError) as error:  # it leads to itself
            said = f"{self.name}: {path} cannot be read: {error}"
            raise MeasurementError(said) from None
        return target.name if target.parent == self._folder.resolve() else None

    def _same_file(self, path: Path) -> str | None:
        """The backup that a second name stands for, where `latest` is a hard link."""
        if not path.exists():
            return None
        backups = reversed(self.files())
        return next((b.name for b in backups if (self._folder / b.name).samefile(path)), None)

    def _finished(self, most: int) -> list[Backup]:
        """The newest backups that are not being written, newest first."""
        finished: list[Backup] = []
        for backup in reversed(self.files()):
            if len(finished) == most:
                break
            young = datetime.now(UTC) - backup.modified < self._settings.settling
            if not young or self._examine(backup).complete:
                finished.append(backup)
        return finished

    def _examine(self, backup: Backup) -> Content:
        if backup not in self._examined:
            note(f"read: {self._folder / backup.name}")
            limit = self._settings.timeout
            try:
                content = examine(self._folder / backup.name, limit.total_seconds())
            except TooSlow as slow:
                raise MeasurementError(
                    f"{self.name}: {backup.name} was not read within {format_duration(limit)} "
                    f"({slow} of {backup.size_bytes:,} packed); raise timeout of "
                    f"targets.{self.name}"
                ) from None
            except OSError as error:
                said = f"{self.name}: {backup.name} cannot be read: {error.strerror or error}"
                raise MeasurementError(said) from None
            self._examined[backup] = content
        return self._examined[backup]

    def _backup(self, entry: os.DirEntry[str]) -> Backup | None:
        if not self._pattern.fits(entry.name):
            return None
        try:
            status = entry.stat()
            if entry.is_symlink() and Path(entry.path).resolve().parent == self._folder.resolve():
                return None
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP):
                return None  # it was just removed, or is a link to what is not there
            raise
        if not modes.S_ISREG(status.st_mode):
            return None
        modified = datetime.fromtimestamp(status.st_mtime, UTC)
        at = modified
        if self._pattern.is_dated:
            at = self._pattern.time(entry.name, self._zone, near=modified)
        self._refuse_future(entry.name, at)
        return Backup(entry.name, at, self._slot - at, status.st_size, modified)

    def _refuse_future(self, name: str, at: datetime) -> None:
        ahead = at - max(datetime.now(UTC), self._slot)
        if ahead > self._settings.clock_tolerance:
            raise MeasurementError(
                f"{self.name}: {name} is dated {format_duration(ahead)} ahead of this machine's "
                f"clock; see timezone of targets.{self.name}, and the clock that named it"
            )
