"""A log: JSON lines or plain text, rotated and packed, of which only a window is read."""

from __future__ import annotations

import glob
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ByteSize, Field, PositiveInt, field_validator

from gatepost.durations import format_duration, parse_duration
from gatepost.errors import MeasurementError
from gatepost.targets.base import Duration, TargetContext, TargetSettings, Zone
from gatepost.targets.journal import note
from gatepost.targets.log_files import Rotated
from gatepost.targets.log_lines import (
    MISSING,
    TEXT_PATTERN,
    Format,
    LogError,
    Record,
    Where,
    compile_where,
    find_field,
    group_of,
)
from gatepost.targets.log_window import LogWindow, Reading, Tally, TooSlow, WindowLine

T = TypeVar("T")

_ATTEMPTS = 3
_MOST_GROUPS = 10_000


class Settings(TargetSettings):
    """The table of a log in `gatepost.toml`.

    `path` names the files, rotated and packed ones included, as "logs/app.json*";
    a relative one starts at the project. `time_field` holds a line's time, with
    dots into nested objects; one without an offset is local to `timezone`. A
    line of plain text is read by the named groups of `pattern`. Lines lag at
    most `disorder` behind the lines before them, and `clock_tolerance` is how
    far the log's clock may be ahead. When more than the share `max_malformed`
    of the window's lines cannot be read, nothing is measured. `timeout` is for
    one question, `max_records` bounds what `records` returns, and a line longer
    than `max_line` is malformed.
    """

    kind: Literal["log"]
    path: str
    format: Literal["json", "text"] = "json"
    pattern: str = TEXT_PATTERN
    time_field: str = "timestamp"
    timezone: Zone = "UTC"
    disorder: Duration = timedelta(minutes=1)
    clock_tolerance: Duration = timedelta(minutes=5)
    max_malformed: Annotated[float, Field(ge=0, le=1)] = 0.1
    max_line: ByteSize = ByteSize(1_000_000)
    max_records: PositiveInt = 100_000
    timeout: Duration = timedelta(seconds=30)

    @field_validator("pattern")
    @classmethod
    def _is_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return pattern


@dataclass(frozen=True, slots=True)
class Audit:
    """How many lines of a window are as they should be.

    `bad` maps what is wrong to the number of lines, most first, and `examples`
    to the file and the beginning of one of them.
    """

    lines: int
    bad: dict[str, int]
    examples: dict[str, str]

    @property
    def percent_good(self) -> float | None:
        """The share of good lines in percent; None for a window without lines."""
        return 100 * (1 - sum(self.bad.values()) / self.lines) if self.lines else None


def open_target(name: str, settings: Settings, context: TargetContext) -> Log:
    """Make the target; nothing is read yet."""
    return Log(name, settings, context)


class Log:
    """A log's lines within a window that ends at the slot: `last` is its length.

    Each question reads the window anew, line by line, so memory stays bounded;
    of plain files only their ends are read. Lines that cannot be read are
    counted, told among the check's statements, and judged by `audit`. Whatever
    is asked raises MeasurementError when there is no such file, when it cannot
    be read in time, and when too many lines are malformed.
    """

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._settings = settings
        self._slot = context.slot
        self._path = str(Path(glob.escape(str(context.root))) / settings.path)
        zone = ZoneInfo(settings.timezone)
        is_json, pattern = settings.format == "json", re.compile(settings.pattern, re.DOTALL)
        self._reading = Reading(
            Format(is_json, pattern, settings.time_field, zone),
            disorder=settings.disorder,
            clock_tolerance=settings.clock_tolerance,
            max_line=settings.max_line,
            timeout=settings.timeout,
        )

    def describe(self) -> str:
        """The path of its files."""
        return f"log {self._settings.path}"

    def close(self) -> None:
        """Nothing is held open."""

    def records(
        self, last: str | timedelta, where: Where | None = None, *, fields: Collection[str] = ()
    ) -> tuple[Record, ...]:
        """The lines that fit, in the order of the files; of each only `fields`, where given.

        Raises MeasurementError for more than `max_records`.
        """
        most = self._settings.max_records

        def gather(records: Iterator[Record]) -> tuple[Record, ...]:
            kept: list[Record] = []
            for record in records:
                if len(kept) == most:
                    raise MeasurementError(
                        f"{self.name}: more than {most:,} lines fit; ask for a shorter window or "
                        f"fewer lines, count them, or raise max_records of targets.{self.name}"
                    )
                kept.append(_only(record, fields) if fields else record)
            return tuple(kept)

        return self._measure(last, where, gather)

    def count(self, last: str | timedelta, where: Where | None = None) -> int:
        """The number of lines that fit."""
        return self._measure(last, where, lambda records: sum(1 for _ in records))

    def counts(self, by: str, last: str | timedelta, where: Where | None = None) -> dict[str, int]:
        """The number of lines for each value of a field, most first; "(none)" for none.

        Raises MeasurementError for more than 10,000 different values.
        """

        def tell(records: Iterator[Record]) -> dict[str, int]:
            groups: Counter[str] = Counter()
            for record in records:
                groups[group_of(record.fields, by)] += 1
                if len(groups) > _MOST_GROUPS:
                    raise MeasurementError(
                        f"{self.name}: {by!r} has more than {_MOST_GROUPS:,} different values; "
                        "count by another field, or fewer lines"
                    )
            return dict(groups.most_common())

        return self._measure(last, where, tell)

    def rate(
        self, last: str | timedelta, where: Where | None = None, *, per: str | timedelta = "1 h"
    ) -> float:
        """The number of lines that fit for each `per` of the window."""
        return self.count(last, where) * (parse_duration(per) / parse_duration(last))

    def share(
        self, last: str | timedelta, where: Where, *, of: Where | None = None
    ) -> float | None:
        """The lines that fit in percent of those that fit `of`; None where there are none."""
        fits = compile_where(where)

        def divide(records: Iterator[Record]) -> float | None:
            found = Counter(fits(record.fields) for record in records)
            return 100 * found[True] / found.total() if found else None

        return self._measure(last, of, divide)

    def latest(
        self, where: Where | None = None, *, last: str | timedelta = "24 h"
    ) -> Record | None:
        """The line that fits and has the latest time; None where none does."""
        return self._measure(
            last, where, lambda records: max(records, key=lambda each: each.at, default=None)
        )

    def audit(
        self,
        last: str | timedelta,
        *,
        fields: Collection[str] = (),
        wrong: Callable[[Record], str | None] | None = None,
    ) -> Audit:
        """Judge every line: it can be read, has the `fields`, and `wrong` says nothing of it."""

        def judge(record: Record) -> str | None:
            for name in fields:
                if find_field(record.fields, name) is MISSING:
                    return f"no {name!r}"
            return wrong(record) if wrong else None

        def review(lines: Iterator[WindowLine], tally: Tally) -> None:
            for at, line, file in lines:
                if not line.wrong and (why := judge(Record(at, line.fields, file))):
                    tally.add(file, why, line.shown)

        tally = self._survey(last, review)
        return Audit(tally.lines, dict(tally.bad.most_common()), tally.examples)

    def _measure(
        self,
        last: str | timedelta,
        where: Where | None,
        digest: Callable[[Iterator[Record]], T],
    ) -> T:
        fits = compile_where(where)
        found: deque[T] = deque(maxlen=1)

        def take(lines: Iterator[WindowLine], _: Tally) -> None:
            found.append(
                digest(
                    Record(at, line.fields, file)
                    for at, line, file in lines
                    if not line.wrong and fits(line.fields)
                )
            )

        tally = self._survey(last, take)
        if tally.bad.total() > self._settings.max_malformed * tally.lines:
            raise MeasurementError(
                f"{self.name}: too many lines cannot be read, so the others do not count: {tally}; "
                f"the first: {next(iter(tally.examples.values()))}; see format, pattern and "
                f"time_field of targets.{self.name}, or raise its max_malformed"
            )
        return found[0]

    def _survey(
        self, last: str | timedelta, visit: Callable[[Iterator[WindowLine], Tally], None]
    ) -> Tally:
        """Let a function go through the window's lines; anew when a file was cut meanwhile."""
        since = self._slot - parse_duration(last)
        window = LogWindow(self._path, self._reading, since, self._slot, time.monotonic())
        for _ in range(_ATTEMPTS):
            tally = Tally()
            try:
                visit(window.lines(tally), tally)
            except Rotated:
                continue
            except TooSlow:
                limit = format_duration(self._settings.timeout)
                raise MeasurementError(
                    f"{self.name}: reading {self._settings.path} took longer than {limit}; ask "
                    f"for a shorter window, or raise timeout of targets.{self.name}"
                ) from None
            except LogError as error:
                raise MeasurementError(f"{self.name}: {error}") from None
            length = format_duration(parse_duration(last))
            note(f"{self._settings.path}, last {length}: {tally}", tally.lines)
            return tally
        raise MeasurementError(
            f"{self.name}: a file was cut each of the {_ATTEMPTS} times that it was read; "
            "rotate by renaming instead of copytruncate"
        )


def _only(record: Record, fields: Collection[str]) -> Record:
    found = {name: find_field(record.fields, name) for name in fields}
    kept = {name: value for name, value in found.items() if value is not MISSING}
    return Record(record.at, kept, record.file)
