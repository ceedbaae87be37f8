"""A directory: whether it is there and writable, and the ages and sizes of its files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import Literal

from gatepost.durations import parse_duration
from gatepost.errors import MeasurementError
from gatepost.targets.base import TargetContext, TargetSettings
from gatepost.targets.journal import note

_WRITE_BITS = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class Settings(TargetSettings):
    """The table of a directory in `gatepost.toml`; a relative `path` starts at the project."""

    kind: Literal["directory"]
    path: str


@dataclass(frozen=True, slots=True)
class File:
    """A file: its path below the directory, its size, and when it was last modified.

    `modified` is aware and in UTC; `age` is told at the run's slot, and
    negative for what was modified after it.
    """

    name: str
    size_bytes: int
    modified: datetime
    age: timedelta


def open_target(name: str, settings: Settings, context: TargetContext) -> Directory:
    """Make the target; nothing is read yet."""
    return Directory(name, context.root / settings.path, context.slot)


class Directory:
    """A directory; it is only looked at, never written to.

    Patterns are those of file names: `*.log` for the files in the directory,
    `**/*.log` for all below it. Links to directories are not followed, and
    what vanishes while it is listed is left out. What cannot be listed raises
    MeasurementError.
    """

    def __init__(self, name: str, path: Path, slot: datetime) -> None:
        self.name = name
        self.path = path
        self._slot = slot

    def describe(self) -> str:
        """The directory's path."""
        return f"directory {self.path}"

    def close(self) -> None:
        """Nothing is held open."""

    def exists(self) -> bool:
        """Whether the path is a directory."""
        note(f"exists: {self.path}")
        return self.path.is_dir()

    def writable(self) -> bool:
        """Whether this user may create files in it; nothing is written to find out.

        A mode without any write permission says no for root too, whom it would not stop.
        """
        note(f"writable: {self.path}")
        if not self.path.is_dir() or not os.access(self.path, os.W_OK | os.X_OK):
            return False
        return bool(self.path.stat().st_mode & _WRITE_BITS)

    def files(
        self, pattern: str = "*", *, older_than: str | timedelta | None = None
    ) -> tuple[File, ...]:
        """List the files that fit a pattern, oldest first, or those older than "7 days"."""
        least = None if older_than is None else parse_duration(older_than)
        found = self._find(pattern)
        kept = [file for file in found if least is None or file.age > least]
        return tuple(sorted(kept, key=lambda file: (file.modified, file.name)))

    def newest(self, pattern: str = "*") -> datetime | None:
        """When the newest file that fits was modified, in UTC; None when there is no such file."""
        return max((file.modified for file in self._find(pattern)), default=None)

    def total_size(self, pattern: str = "**/*") -> int:
        """The bytes of all files that fit."""
        return sum(file.size_bytes for file in self._find(pattern))

    def _find(self, pattern: str) -> list[File]:
        tail = pattern.removeprefix("**/")
        if "**" in tail or (tail == pattern and "/" in tail):
            raise ValueError(
                f"pattern {pattern!r}: write '*.log' for the files in the directory, "
                "or '**/*.log' for all below it"
            )
        note(f"files: {self.path}/{pattern}")
        names = self._names(deep=tail != pattern)
        return [file for name in names if name.match(tail) and (file := self._file(name))]

    def _names(self, *, deep: bool) -> Iterator[PurePath]:
        for folder, folders, files in os.walk(self.path, onerror=self._refuse):
            below = PurePath(folder).relative_to(self.path)
            yield from (below / file for file in files)
            if not deep:
                folders.clear()

    def _refuse(self, error: OSError) -> None:
        vanished = isinstance(error, FileNotFoundError) and error.filename != str(self.path)
        if not vanished:
            reason = f"{self.name}: {error.filename} cannot be listed: {error.strerror}"
            raise MeasurementError(reason) from None

    def _file(self, name: PurePath) -> File | None:
        try:
            status = (self.path / name).stat()
        except PermissionError as error:
            reason = f"{self.name}: {error.filename} cannot be looked at: {error.strerror}"
            raise MeasurementError(reason) from None
        except OSError:
            return None  # it vanished, or is a link that leads nowhere
        if not stat.S_ISREG(status.st_mode):
            return None
        modified = datetime.fromtimestamp(status.st_mtime, UTC)
        return File(str(name), status.st_size, modified, self._slot - modified)
