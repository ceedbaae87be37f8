"""The lines of a log within a window, each with its time, and the count of those that are bad."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gatepost.targets.log_files import LogFile, open_files
from gatepost.targets.log_lines import Clock, Format, Line, latest_reading
from gatepost.wording import join_some, plural, shorten

if TYPE_CHECKING:
    from pydantic import ByteSize

_HOUR = timedelta(hours=1)
_UNFINISHED = timedelta(minutes=1)
"""For so long after a file was written, its last line may be one that is being written."""
_MOST_REASONS = 100
_MOST_UNDATED = 1_000

WindowLine = tuple[datetime, Line, str]
"""A line's time, what it holds, and the name of its file."""


class TooSlow(Exception):  # noqa: N818 - what happened; the log says it with its limit
    """The time for one question is over."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a log is read, and the bounds of that."""

    format: Format
    disorder: timedelta
    clock_tolerance: timedelta
    max_line: ByteSize
    timeout: timedelta


@dataclass(slots=True)
class Tally:
    """What was read for one question, and what was wrong with how many lines."""

    files: int = 0
    lines: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, file: str, why: str, text: str) -> None:
        """Count a bad line."""
        why = why if why in self.bad or len(self.bad) < _MOST_REASONS else "other reasons"
        self.bad[why] += 1
        self.examples.setdefault(why, f"{file}: {shorten(text, 80)}")

    def __str__(self) -> str:
        said = f"{plural(self.lines, 'line')} in {plural(self.files, 'file')}"
        reasons = join_some((f"{count:,} {why}" for why, count in self.bad.most_common()), most=4)
        return f"{said}, {self.bad.total():,} malformed ({reasons})" if self.bad else said


@dataclass(frozen=True, slots=True)
class LogWindow:
    """The lines of a log after `since` and up to `until`; `started` is on the monotonic clock."""

    path: str
    reading: Reading
    since: datetime
    until: datetime
    started: float

    def lines(self, tally: Tally) -> Iterator[WindowLine]:
        """Every line with its time, or with that of the dated line before it.

        Raises TooSlow, Rotated when it has to be begun anew, and LogError.
        """
        early = self.since - self.reading.disorder
        if self.reading.format.zone.key != "UTC":
            early -= _HOUR  # daylight saving may end meanwhile, and the hour before tells
        with open_files(self.path, early - _HOUR) as files:
            tally.files = len(files)
            for file in files:
                for at, line in self._dated(file, early):
                    if self.since < at <= self.until:
                        tally.lines += 1
                        if line.wrong:
                            tally.add(file.name, line.wrong, line.shown)
                        yield at, line, file.name

    def _dated(self, file: LogFile, early: datetime) -> Iterator[tuple[datetime, Line]]:
        clock = Clock(self.reading.disorder)
        ahead = max(datetime.now(UTC), self.until) + self.reading.clock_tolerance
        start = file.find_start(lambda lines: self._are_before(lines, early))
        at: datetime | None = None
        undated: list[Line] = []
        for line in self._read(file, start):
            if line.at is not None and (moment := clock.read(line.at)) > ahead:
                # No window would ever hold it: it is told as a line of the present.
                yield self.until, Line(wrong="dated ahead of this clock", shown=line.shown)
                continue
            if line.at is not None:
                at = moment
                yield from ((at, each) for each in undated)
                undated.clear()
            if at is not None:
                yield at, line
            elif start == 0 and len(undated) < _MOST_UNDATED:
                undated.append(line)
            elif start == 0:
                yield self.until, line
        yield from ((self.until, each) for each in undated)

    def _read(self, file: LogFile, start: int) -> Iterator[Line]:
        most = self.reading.max_line
        age = datetime.now(UTC) - file.modified
        unfinished = not file.packed and age < _UNFINISHED
        lines = file.read_from(start, most, self._tick)
        if start:
            next(lines, None)  # the end of a line
        for raw, ended in lines:
            if len(raw) > most:
                limit = most.human_readable(decimal=True)
                shown = raw[:200].decode("utf-8", errors="replace")
                yield Line(wrong=f"longer than {limit}", shown=shown)
            elif raw.strip():
                line = self.reading.format.read(raw.rstrip(b"\r"))
                if not line.wrong or ended or not unfinished:
                    yield line

    def _tick(self) -> None:
        if time.monotonic() - self.started > self.reading.timeout.total_seconds():
            raise TooSlow

    def _are_before(self, lines: list[bytes], moment: datetime) -> bool:
        read = (self.reading.format.read(line).at for line in lines)
        times = [latest_reading(at) for at in read if at is not None]
        return bool(times) and max(times) < moment
