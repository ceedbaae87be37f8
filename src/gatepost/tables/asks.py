"""What a table is asked, and what it answers: the records between expectations and a scan.

All asks of a check are answered together. An answer is small, whatever the
size of the table: counts, and a few samples of bad rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from gatepost.model import Sample
from gatepost.tables.rules import Rule

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows count: those of the `last` time before the slot, and whether day by day.

    Both need a table that says in which column a row's time is. Rows without a
    time cannot be told to lie outside, so they count as inside.
    """

    last: timedelta | None = None
    per_day: bool = False

    def since(self, slot: datetime) -> datetime | None:
        """The earliest time inside; day by day it is a midnight, so that no day is cut."""
        if self.last is None:
            return None
        return (day_of(slot) if self.per_day else slot) - self.last


@dataclass(frozen=True, slots=True)
class CountRows:
    """How many rows there are."""

    window: Window = Window()


@dataclass(frozen=True, slots=True)
class CountBad:
    """How many rows break at least one of the rules, with a few of them.

    `label` names the rules in ids; `keys` are the columns that identify a row.
    """

    label: str
    rules: tuple[Rule, ...]
    window: Window = Window()
    keys: tuple[str, ...] = ()
    samples: int = 5


Ask: TypeAlias = CountRows | CountBad


@dataclass(frozen=True, slots=True)
class Day:
    """The counts of one UTC day, which begins `at`."""

    at: datetime
    bad: int
    total: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows are bad, of how many; `parts` are the bad ones by rule, in the ask's order.

    Day by day, these and the sample are of the newest complete day; `days` are
    all days that have rows, oldest first, and `undated` counts the rows that
    belong to none: without a time, or with one after the slot's day.
    """

    bad: int
    total: int
    parts: tuple[int, ...] = ()
    sample: Sample | None = None
    days: tuple[Day, ...] | None = None
    undated: int = 0


@dataclass(frozen=True, slots=True)
class Whole:
    """Whether a rule holds that is on a whole column or table, and why."""

    holds: bool
    why: str
    total: int = 0


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A rule that could not be judged; `absent` when only for want of a column."""

    why: str
    absent: bool = False


Answer: TypeAlias = Tally | Whole | NotEvaluated


@dataclass(frozen=True, slots=True)
class Scan:
    """The answers to all asks of one check."""

    answers: Mapping[Ask, Answer]


def day_of(moment: datetime) -> datetime:
    """The midnight with which the moment's UTC day begins."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
