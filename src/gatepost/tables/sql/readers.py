"""Reads the answers to asks out of the rows that a statement of figures returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from gatepost.tables.asks import (
    DAY,
    MOST_SEGMENTS,
    CountBad,
    CountDistinct,
    Day,
    Distinct,
    How,
    Newest,
    NotEvaluated,
    SaidT,
    ScanAnswer,
    Segment,
    Summarise,
    Summary,
    Tally,
    Tier,
    Whole,
    Window,
    day_of,
)
from gatepost.tables.sql import ttests
from gatepost.tables.sql.placement import Place
from gatepost.tables.sql.windows import split_label
from gatepost.wording import plural

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PartFigures:
    """Where the figures of one rule stand; a rule known without counting has none.

    `bad` counts the rows that break it. `outside` and `each` are those of
    `unique_values_eq`, `samples` those of a t-test: rows, values, mean and
    deviation of each. `misfits` are by column, with what the column should hold.
    """

    place: Place
    bad: str | None = None
    outside: str | None = None
    each: tuple[str, ...] = ()
    samples: tuple[tuple[str, ...], ...] = ()
    misfits: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TallyReader:
    """Reads a count of rows, and of bad ones: `bad` in rows, and `more` where values repeat.

    With `hashes`, the count of different values, the surplus of rows over it
    stands for both.

    With several rules in `ask`, what is said of all rows begins with the one that it is about.
    """

    window: Window
    total: str | None
    slot: datetime
    bad: str | None = None
    more: str | None = None
    parts: tuple[PartFigures, ...] = ()
    ask: CountBad | None = None
    hashes: str | None = None

    def read(self, rows: Sequence[Row]) -> ScanAnswer:
        """The answer; of no rows at all, what the catalogue says."""
        total = _sum(rows, self.total)
        whole = self._read_whole(rows, total)
        if whole is not None:
            return whole
        how = worst([part.place.how for part in self.parts]) if self.parts else None
        if self.window.segments:
            return self._by_segments(rows, how)
        if not self.window.per_day:
            return replace(self._count(rows), how=how)
        return replace(self._by_days(rows), how=how)

    def _count(self, rows: Sequence[Row]) -> Tally:
        total = _sum(rows, self.total)
        surplus = total - _sum(rows, self.hashes) if self.hashes else 0
        bad = _sum(rows, self.bad) + _sum(rows, self.more) + surplus
        parts = tuple(
            surplus if self.hashes and part.place.repeated else _sum(rows, part.bad)
            for part in self.parts
        )
        return Tally(bad, total, parts)

    def _by_days(self, rows: Sequence[Row]) -> Tally:
        by_day = _by_day(rows, self.slot)
        newest = day_of(self.slot) - DAY
        judged = [by_day[newest]] if newest in by_day else []
        counts = [(day, self._count([row])) for day, row in by_day.items()]
        days = tuple(Day(day, each.bad, each.total) for day, each in counts if each.total)
        undated = _sum(rows, self.total) - sum(day.total for day in days)
        return replace(self._count(judged), days=days, undated=undated)

    def _by_segments(self, rows: Sequence[Row], how: How | None) -> ScanAnswer:
        names = self.window.segments
        counted = []
        for row in rows:
            values = tuple(_as_segment(row[split_label(place)]) for place in range(len(names)))
            each = self._count([row])
            if each.total:
                counted.append(Segment(values, each.bad, each.total))
        if len(counted) > MOST_SEGMENTS:
            return NotEvaluated(
                f"{', '.join(names)} has {len(counted):,} different values; "
                f"segments are for at most {MOST_SEGMENTS:,}"
            )
        counted.sort(key=lambda each: (-each.total, each.values))
        return replace(self._count(rows), segments=tuple(counted), how=how)

    def _read_whole(self, rows: Sequence[Row], total: int) -> ScanAnswer | None:
        """What is known of all rows together; None where the bad rows are to be counted."""
        found = [self._judge_part(part, rows) for part in self.parts]
        for holds in (False, None):
            for part, each in zip(self.parts, found, strict=True):
                if isinstance(each, Whole) and each.holds is holds:
                    return replace(self._name(part, each), total=total, how=part.place.how)
                if holds is None and isinstance(each, NotEvaluated):
                    return self._name(part, each)
        if found and all(isinstance(each, Whole) for each in found):
            how = worst([part.place.how for part in self.parts])
            why = "; ".join(dict.fromkeys(each.why for each in found if isinstance(each, Whole)))
            return Whole(True, why, total, how)
        return None

    def _judge_part(self, part: PartFigures, rows: Sequence[Row]) -> Whole | NotEvaluated | None:
        if part.place.said is not None:
            return part.place.said
        misfits = _read_misfits(part.misfits, rows)
        if misfits is not None:
            return misfits
        if part.samples:
            return _judge_samples(part, rows)
        if part.outside is None or not _sum(rows, self.total):
            return None
        outside = _sum(rows, part.outside)
        missing = sum(not _sum(rows, label) for label in part.each)
        why = f"{plural(outside, 'row')} with other values, {plural(missing, 'value')} missing"
        return Whole(not outside and not missing, why)

    def _name(self, part: PartFigures, said: SaidT) -> SaidT:
        """Say which of several rules it was."""
        return said if self.ask is None else self.ask.say_of(part.place.rule, said)


@dataclass(frozen=True, slots=True)
class DistinctReader:
    """Reads how many different values there are."""

    ask: CountDistinct
    count: str
    total: str
    how: How
    slot: datetime
    misfits: tuple[tuple[str, str], ...] = ()

    def read(self, rows: Sequence[Row]) -> ScanAnswer:
        misfits = _read_misfits(self.misfits, rows)
        if misfits is not None:
            return misfits
        if not self.ask.window.per_day:
            return replace(self._count(rows[0] if rows else None), how=self.how)
        counts = {day: self._count(row) for day, row in _by_day(rows, self.slot).items()}
        days = tuple((day, each.count) for day, each in counts.items() if each.total)
        newest = counts.get(day_of(self.slot) - DAY, Distinct(0, 0))
        return replace(newest, days=days, how=self.how)

    def _count(self, row: Row | None) -> Distinct:
        if row is None:
            return Distinct(0, 0)
        return Distinct(int(row[self.count] or 0), int(row[self.total] or 0))


@dataclass(frozen=True, slots=True)
class NewestReader:
    """Reads the newest time."""

    newest: str
    zoned: bool
    how: How
    misfits: tuple[tuple[str, str], ...] = ()

    def read(self, rows: Sequence[Row]) -> ScanAnswer:
        misfits = _read_misfits(self.misfits, rows)
        if misfits is not None:
            return misfits
        each_newest = [row[self.newest] for row in rows]
        found = [each for each in each_newest if each not in (None, "-infinity")]
        moments = []
        for each in found:
            try:
                moments.append(_as_moment(each, zoned=self.zoned))
            except ValueError:
                return NotEvaluated(f"the newest time is {each}, which no clock shows")
        return Newest(max(moments, default=None), self.how)


@dataclass(frozen=True, slots=True)
class SummaryReader:
    """Reads the statistics of a column: values, minimum, maximum, mean, deviation, quantiles."""

    ask: Summarise
    labels: tuple[str, ...]
    how: How
    slot: datetime

    def read(self, rows: Sequence[Row]) -> ScanAnswer:
        if not self.ask.window.per_day:
            return replace(self._read(rows[0]) if rows else self._none, how=self.how)
        read = {day: self._read(row) for day, row in _by_day(rows, self.slot).items()}
        days = {day: each for day, each in read.items() if each.values}
        newest = days.get(day_of(self.slot) - DAY, self._none)
        return replace(newest, days=tuple(days.items()), how=self.how)

    @property
    def _none(self) -> Summary:
        return Summary(0, quantiles=(None,) * len(self.ask.quantiles))

    def _read(self, row: Row) -> Summary:
        values, *others = (row[label] for label in self.labels)
        numbers = [None if each is None else float(each) for each in others]
        minimum, maximum, mean, deviation, *quantiles = numbers
        return Summary(int(values or 0), minimum, maximum, mean, deviation, tuple(quantiles))


Reader: TypeAlias = TallyReader | DistinctReader | NewestReader | SummaryReader


def worst(hows: Sequence[How]) -> How:
    """How several rules were measured together: as the one that took the most."""
    order = list(Tier)
    return max(hows, key=lambda how: order.index(how.tier))


def read_day(row: Row) -> datetime | None:
    """The UTC day that a row of figures is of; None where no calendar has it, as after 9999."""
    try:
        return datetime.fromisoformat(str(row[split_label(0)])[:10]).replace(tzinfo=UTC)
    except ValueError:
        return None


def _by_day(rows: Sequence[Row], slot: datetime) -> dict[datetime, Row]:
    """The rows of figures by their day, oldest first, up to the slot's."""
    by_day = {day: row for row in rows if (day := read_day(row)) and day <= day_of(slot)}
    return dict(sorted(by_day.items()))


def _read_misfits(misfits: Sequence[tuple[str, str]], rows: Sequence[Row]) -> NotEvaluated | None:
    """Say that a column holds what its type does not tell, of which SQL makes something else."""
    for label, kind in misfits:
        if found := _sum(rows, label):
            return NotEvaluated(f"the column has {plural(found, 'value')} other than {kind}")
    return None


def _judge_samples(part: PartFigures, rows: Sequence[Row]) -> Whole | NotEvaluated:
    moments = []
    for sample, labels in zip(part.place.samples, part.samples, strict=True):
        count, values, mean, deviation = (rows[0][label] for label in labels)
        known = (float("nan") if each is None else float(each) for each in (mean, deviation))
        moments.append(ttests.Moments(sample.name, int(count), int(values), *known))
    return ttests.judge(part.place.rule, tuple(moments))


def _sum(rows: Sequence[Row], label: str | None) -> int:
    # A statement of its own, where it finds nothing, has no row with its figures.
    return 0 if label is None else sum(int(row.get(label) or 0) for row in rows)


def _as_segment(value: object) -> str:
    return "null" if value is None else str(value) if str(value).strip() else repr(value)


def _as_moment(value: Any, *, zoned: bool) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=UTC) if zoned and moment.tzinfo is None else moment
