"""The frozen records that pass between the stages of a run.

Declaration -> Measurement -> Verdict -> Result -> Run. Nothing here does I/O,
reads a clock or knows pytest. Times are aware datetimes in UTC; values are
floats in the verdict's unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """What a check can come out as."""

    OK = "ok"
    LEARNING = "learning"
    WARNING = "warning"
    INHIBITED = "inhibited"
    NO_DATA = "no_data"
    ERROR = "error"
    BREACH = "breach"

    @property
    def label(self) -> str:
        """The word that people read."""
        return _LABELS.get(self, self.value)

    @property
    def evaluated(self) -> bool:
        """Whether a value was measured and judged against its limits."""
        return self in (Level.OK, Level.WARNING, Level.BREACH)

    @property
    def fails(self) -> bool:
        """Whether this level alone makes a run fail."""
        return self in (Level.BREACH, Level.ERROR, Level.NO_DATA)

    @property
    def badness(self) -> int:
        """0 for ok, rising; the order of rows in every list, worst first."""
        return _BADNESS[self]


_LABELS = {Level.BREACH: "alert", Level.NO_DATA: "no data"}
_BADNESS = {level: place for place, level in enumerate(Level)}


class Severity(StrEnum):
    """How much it matters when a check fails; P1 to P4 in incident terms."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for critical, 3 for low."""
        return _RANKS[self]


_RANKS = {severity: place for place, severity in enumerate(Severity)}


class Mode(StrEnum):
    """What a run may write."""

    LOCAL = "local"
    """A developer's run: reads history, writes none, notifies nobody."""
    SCHEDULED = "scheduled"
    """A scheduler's run: stores its observations and notifies."""
    GATE = "gate"
    """A release gate: reads history, stores only its decision, notifies nobody."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The acceptable (target) and the tolerable (alert) region of a number.

    Bounds are in the verdict's unit; None means unbounded on that side. `text`
    says the same in words, with the strictness that the numbers cannot carry.
    """

    target_low: float | None = None
    target_high: float | None = None
    alert_low: float | None = None
    alert_high: float | None = None
    text: str = ""

    @property
    def bounds(self) -> tuple[float, ...]:
        """Every bound that is set, ascending."""
        every = (self.target_low, self.target_high, self.alert_low, self.alert_high)
        return tuple(sorted({bound for bound in every if bound is not None}))


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a trend; None where nothing was measured."""

    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class Sample:
    """A few of the rows that broke a rule, or of the labels judged: keys and the offending cell.

    Masked, and the worst first where there is a worst.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an expectation said of a measurement.

    `sentence` is written where the value is judged and is never reworded.
    `bad` of `total` counts rows, labels or slots where the value is a share of
    them, and the rows of all segments where it is the worst segment's. `since`
    is the first slot of the present unbroken stretch of failing, `streak` its
    length in slots; both describe the measured series itself and are empty for
    a single value. `cause` names the target or check that made measuring
    impossible. `how` says how a rule on a table was measured, such as
    "scanned" or "proved: not-null constraint". `severity` is that of the alert
    level that was crossed, where it names one; None leaves it to the check's.
    """

    level: Level
    sentence: str
    value: float | None = None
    unit: str = ""
    limits: Limits = Limits()
    bad: int | None = None
    total: int | None = None
    since: datetime | None = None
    streak: int = 0
    trend: tuple[Point, ...] = ()
    sample: Sample | None = None
    data_time: datetime | None = None
    cause: str = ""
    how: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is known of a check before it runs: its identity and its owner's words.

    `id` is `system.group.name[parameter]`, the key of history, alerts, silences
    and reports. `file` is relative to the project, `line` counts from 1.
    `runbook` is a path relative to the project, or an URL, or empty. A check
    that is `on_request` takes no part in a run that does not ask for such ones.
    """

    id: str
    system: str
    group: str
    nodeid: str
    file: str
    line: int
    expectation: str = ""
    limits: Limits = Limits()
    unit: str = ""
    severity: Severity = Severity.MEDIUM
    owner: str = ""
    runbook: str = ""
    ticket: str = ""
    doc: str = ""
    sustained: str = ""
    targets: tuple[str, ...] = ()
    on_request: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """What history knows of a check before this run.

    `level` and `slot` are those of the newest run before this one; `since` is
    the first slot of the stretch of failing runs that leads up to it, unbroken
    by an evaluated one, and `runs` its length; both are empty where there is
    none. `points` are the newest stored values, oldest first.
    """

    level: Level | None = None
    slot: datetime | None = None
    since: datetime | None = None
    runs: int = 0
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One row everywhere: a declared check with its verdict and how it came about.

    `statements` are the SQL statements or requests that measured it, without
    secrets; `seconds` is the time the measurement took, shared by all rows of
    one check; `traceback` is kept for errors only.
    """

    check: Declaration
    verdict: Verdict
    started: datetime
    seconds: float = 0.0
    statements: tuple[str, ...] = ()
    rows: int | None = None
    traceback: str = ""
    past: Past = Past()

    @property
    def level(self) -> Level:
        """The verdict's level."""
        return self.verdict.level

    @property
    def severity(self) -> Severity:
        """How much it matters: the severity of the alert level crossed, or else the check's."""
        return self.verdict.severity or self.check.severity

    @property
    def failing_since(self) -> datetime | None:
        """When the present stretch of failing began, as far back as is known."""
        if not self.level.fails:
            return None
        known = [at for at in (self.verdict.since, self.past.since) if at is not None]
        return min(known, default=self.started)

    @property
    def change(self) -> str:
        """`new`, `still`, `recovered`, `unmeasured` against the runs before; empty when none.

        Unmeasured is what failed before and was not evaluated now: a stretch of
        failing ends with a fine run, and with nothing else.
        """
        was_failing = self.past.since is not None
        if self.level.fails:
            return "still" if was_failing else "new"
        if not was_failing:
            return ""
        return "recovered" if self.level.evaluated else "unmeasured"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong with the checker itself: a sink, the history.

    A blocking one may have changed what was judged, such as an override of a
    limit that was not applied; it makes the run fail.
    """

    source: str
    message: str
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One finished execution, as every sink sees it.

    `slot` is the scheduled moment the run stands for. `expected` counts the
    checks that were collected and selected; `partial` says why some of them
    have no result, and is empty when all have one. `targets` and `versions`
    are for provenance, with secrets masked. `compared_with` is the slot of the
    run that changes are told against.
    """

    id: str
    slot: datetime
    mode: Mode
    started: datetime
    finished: datetime
    results: tuple[Result, ...]
    expected: int
    schedule: str = "default"
    deselected: int = 0
    partial: str = ""
    revision: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    compared_with: datetime | None = None

    @property
    def seconds(self) -> float:
        """Wall time of the run."""
        return (self.finished - self.started).total_seconds()

    @property
    def worst_first(self) -> tuple[Result, ...]:
        """The results by level, severity and id: the order people read them in."""
        return tuple(sorted(self.results, key=_reading_order))

    def count(self, *levels: Level) -> int:
        """How many results have one of the levels."""
        return sum(result.level in levels for result in self.results)


def _reading_order(result: Result) -> tuple[int, int, str]:
    return (-result.level.badness, result.severity.rank, result.check.id)


def count_levels(results: Iterable[Result]) -> dict[Level, int]:
    """Count the results of each level, worst first; levels without any are left out."""
    counts = dict.fromkeys(reversed(Level), 0)
    for result in results:
        counts[result.level] += 1
    return {level: count for level, count in counts.items() if count}
