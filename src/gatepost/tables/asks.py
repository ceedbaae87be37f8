"""What a table is asked, and what it answers: the records between expectations and a scan.

All asks of a check are answered together. An answer is small, whatever the
size of the table: counts, and a few samples of bad rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeAlias, TypeVar

from gatepost.model import Sample
from gatepost.tables.rules import Rule

SaidT = TypeVar("SaidT", "Whole", "NotEvaluated")

DAY = timedelta(days=1)
MOST_SEGMENTS = 1_000
"""Segments beyond so many are not counted: that many values are no segments."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows count: those of the `last` time before the slot, and what they are split by.

    Time and days need a table that says in which column a row's time is. Rows
    without a time cannot be told to lie outside, so they count as inside.
    `segments` are columns, each combination of whose values is counted apart;
    never together with `per_day`.
    """

    last: timedelta | None = None
    per_day: bool = False
    segments: tuple[str, ...] = ()

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
    `drill` are columns whose values are looked through for those that hold
    most of the bad rows. `is_fine` says of so many bad rows, of how many, that
    nobody wants to see which they are. `proved` are further rules that belong
    to the label, and that no row can break.
    """

    label: str
    rules: tuple[Rule, ...]
    window: Window = Window()
    keys: tuple[str, ...] = ()
    samples: int = 5
    drill: tuple[str, ...] = ()
    is_fine: Callable[[int, int], bool] | None = field(default=None, compare=False)
    proved: tuple[Rule, ...] = field(default=(), compare=False)

    def name_of(self, rule: Rule) -> str:
        """What tells one of the rules from the others: with its column where they are on several.

        Empty for the only one.
        """
        every = (*self.rules, *self.proved)
        if len(every) == 1:
            return ""
        return rule.what if len({each.column for each in every}) == 1 else rule.text

    def say_of(self, rule: Rule, said: SaidT) -> SaidT:
        """What is said of all rows, beginning with the rule where there are others."""
        name = self.name_of(rule)
        return replace(said, why=f"{name}: {said.why}") if name else said


@dataclass(frozen=True, slots=True)
class CountDistinct:
    """How many different values the columns hold together; rows with a null in one do not count."""

    columns: tuple[str, ...]
    window: Window = Window()


@dataclass(frozen=True, slots=True)
class FindNewest:
    """The newest time in a column of the whole table."""

    column: str


@dataclass(frozen=True, slots=True)
class Summarise:
    """Smallest, greatest, mean, deviation and quantiles (between 0 and 1) of a column of numbers.

    Nulls and NaN do not count.
    """

    column: str
    quantiles: tuple[float, ...] = ()
    window: Window = Window()


class SeparateAsk(ABC):
    """An ask that needs statements of its own, beside the scan that answers the others.

    Subclasses are frozen dataclasses.
    """

    __slots__ = ()

    @abstractmethod
    def measure(self, value: object, slot: datetime) -> Answer | None:
        """Answer for what a check returned; None where that is nothing to be asked so.

        Raises MeasurementError, Unavailable.
        """


ScanAsk: TypeAlias = CountRows | CountBad | CountDistinct | FindNewest | Summarise
"""What one scan of a table answers together."""
Ask: TypeAlias = ScanAsk | SeparateAsk


class Tier(Enum):
    """How a rule was measured, the cheapest first."""

    PROVED = "proved"
    """The catalogue shows that no row can break it; no row was read."""
    COMPILED = "scanned"
    """All rows, by SQL made from the rule."""
    FUSED = "scanned by its own expression"
    """All rows, by the SQL expression that the rule's author wrote."""
    UNCHANGED = "not read again"
    """The table is as it was in an earlier run, whose answer stands."""
    FETCHED = "fetched"
    """Rows were fetched and judged by pandera."""


@dataclass(frozen=True, slots=True)
class How:
    """How an answer was found; `why` names the proof, or why nothing cheaper would do."""

    tier: Tier
    why: str = ""

    def __str__(self) -> str:
        return f"{self.tier.value}: {self.why}" if self.why else self.tier.value


@dataclass(frozen=True, slots=True)
class Day:
    """The counts of one UTC day, which begins `at`."""

    at: datetime
    bad: int
    total: int


@dataclass(frozen=True, slots=True)
class Segment:
    """The counts of one segment: the rows with these values, as text, in the window's columns."""

    values: tuple[str, ...]
    bad: int
    total: int


@dataclass(frozen=True, slots=True)
class Concentration:
    """How many bad rows, of how many rows, have one value, as text, in a column."""

    column: str
    value: str
    bad: int
    total: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows are bad, of how many; `parts` are the bad ones by rule, in the ask's order.

    Day by day, these and the sample are of the newest complete day; `days` are
    all days that have rows, oldest first, and `undated` counts the rows that
    belong to none: without a time, or with one after the slot's day.
    `segments` are the counts by segment, the largest first. `drill` is, for
    each column of the ask's drill, the value that most of the bad rows have.
    """

    bad: int
    total: int
    parts: tuple[int, ...] = ()
    sample: Sample | None = None
    days: tuple[Day, ...] | None = None
    undated: int = 0
    segments: tuple[Segment, ...] | None = None
    drill: tuple[Concentration, ...] = ()
    how: How | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """Whether a rule holds that is on a whole column or table, and why."""

    holds: bool
    why: str
    total: int = 0
    how: How | None = None


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A rule that could not be judged; `absent` when only for want of a column."""

    why: str
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many different values, of how many rows; day by day, oldest first, as in a Tally."""

    count: int
    total: int
    days: tuple[tuple[datetime, int], ...] | None = None
    how: How | None = None


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest time, aware unless the column has no zone; None where there is none."""

    at: datetime | None
    how: How | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a column of numbers holds, in its own unit; None where it holds none.

    `deviation` is the sample's standard deviation, None for fewer than two
    values. `quantiles` are in the order that they were asked for. `days` are those
    that have numbers, oldest first, as in a Tally.
    """

    values: int
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    deviation: float | None = None
    quantiles: tuple[float | None, ...] = ()
    days: tuple[tuple[datetime, Summary], ...] | None = None
    how: How | None = None


class Unanswerable(Exception):  # noqa: N818 - an answer, not a failure
    """An ask that the table cannot answer, whichever way; carries what is said of it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.answer = NotEvaluated(why)


class SeparateAnswer:
    """Base of the answers that only one kind of ask has."""

    __slots__ = ()


ScanAnswer: TypeAlias = Tally | Whole | Distinct | Newest | Summary | NotEvaluated
Answer: TypeAlias = ScanAnswer | SeparateAnswer


@dataclass(frozen=True, slots=True)
class Scan:
    """The answers to all asks of one check."""

    answers: Mapping[Any, Answer]


def day_of(moment: datetime) -> datetime:
    """The midnight with which the moment's UTC day begins."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
