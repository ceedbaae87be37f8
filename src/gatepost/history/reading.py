"""Reads what earlier runs observed: of many checks at once, or of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, func, select

from gatepost.history import schema
from gatepost.history.identity import fingerprint
from gatepost.model import Level, Mode, Past, Point

_MANY = 500
"""More checks than this are picked out of whole runs here instead of named in the query."""

_PAGE = 100_000
"""About how many observations one query returns; bounds what the driver holds."""

_LEVELS = {level.value: level for level in Level}
_FAILING = frozenset(level for level in Level if level.fails)
_FINE = frozenset(level for level in Level if level.evaluated and not level.fails)

_Run = tuple[int, datetime]
"""A run's number and slot."""

_SCHEDULED = (
    schema.run.c.schedule == bindparam("schedule"),
    schema.run.c.mode == Mode.SCHEDULED.value,
    schema.run.c.slot < bindparam("before"),
)


def past(
    connection: Connection, check_ids: Collection[str], schedule: str, before: datetime, slots: int
) -> dict[str, Past]:
    """Return the past of every check, from the newest slots of the schedule.

    A stretch of failing is followed beyond them, to where it began.
    """
    keys = {check_id: fingerprint(check_id) for check_id in check_ids}
    stories = {key: _Story() for key in keys.values()}
    runs = _runs_before(connection, schedule, before)
    recent = _of_newest_slots(runs, slots)
    for key, slot, level, value in _observations(connection, recent, stories):
        stories[key].add(slot, level, value)
    older = runs[len(recent) :]
    while failing := {key: story for key, story in stories.items() if story.failing}:
        page, older = _page(older, failing)
        if not page:
            break
        for key, slot, level, _ in _observations(connection, page, failing):
            failing[key].follow(slot, level)
    return {check_id: stories[key].past() for check_id, key in keys.items()}


def points(
    connection: Connection, check_id: str, schedule: str, before: datetime, slots: int
) -> tuple[Point, ...]:
    """Return the values of one check in the newest slots of the schedule, oldest first."""
    bounds = {"schedule": schedule, "before": before, "slots": slots}
    observed = connection.execute(_POINTS, {"fingerprint": fingerprint(check_id), **bounds})
    by_slot = {row.slot: row.value for row in observed}  # of a re-run slot, the newest stays
    return tuple(Point(slot, value) for slot, value in by_slot.items())


def _points_query() -> Select[tuple[datetime, float | None]]:
    run, observation = schema.run.c, schema.observation.c
    newest_slots = (
        select(run.slot).where(*_SCHEDULED).group_by(run.slot).order_by(run.slot.desc())
    ).limit(bindparam("slots"))
    return (
        select(run.slot, observation.value)
        .join_from(schema.run, schema.observation)
        .where(
            *_SCHEDULED,
            run.slot >= select(func.min(newest_slots.subquery().c.slot)).scalar_subquery(),
            observation.fingerprint == bindparam("fingerprint"),
        )
        .order_by(run.slot, run.number)
    )


_POINTS = _points_query()
"""Built once: workers ask for the points of one check at a time."""


class _Story:
    """What is known of one check, told from its newest observation back in time."""

    __slots__ = ("level", "points", "runs", "since", "slot", "told", "unbroken")

    def __init__(self) -> None:
        self.level: Level | None = None
        self.slot: datetime | None = None
        self.since: datetime | None = None
        self.runs = 0
        self.unbroken = True
        self.points: list[Point] = []
        self.told: datetime | None = None

    @property
    def failing(self) -> bool:
        """Whether an older observation can lengthen the stretch of failing."""
        return self.unbroken and self.runs > 0

    def add(self, slot: datetime, level: Level, value: float | None) -> None:
        """Add an observation; of several of one slot the first one told is the newest recorded."""
        if slot == self.told:
            return
        if self.level is None:
            self.level, self.slot = level, slot
        self.points.append(Point(slot, value))
        self.follow(slot, level)

    def follow(self, slot: datetime, level: Level) -> None:
        """Lengthen or end the stretch; what was not evaluated does neither."""
        if slot == self.told:
            return
        self.told = slot
        if level in _FINE:
            self.unbroken = False
        elif self.unbroken and level in _FAILING:
            self.since = slot
            self.runs += 1

    def past(self) -> Past:
        return Past(self.level, self.slot, self.since, self.runs, tuple(reversed(self.points)))


def _runs_before(connection: Connection, schedule: str, before: datetime) -> Sequence[_Run]:
    run = schema.run.c
    newest_first = run.slot.desc(), run.number.desc()
    query = select(run.number, run.slot).where(*_SCHEDULED).order_by(*newest_first)
    found = connection.execute(query, {"schedule": schedule, "before": before})
    return [(number, slot) for number, slot in found]


def _of_newest_slots(runs: Sequence[_Run], count: int) -> Sequence[_Run]:
    slots: set[datetime] = set()
    for place, (_, slot) in enumerate(runs):
        slots.add(slot)
        if len(slots) > count:
            return runs[:place]
    return runs


def _page(
    runs: Sequence[_Run], stories: Mapping[str, _Story]
) -> tuple[Sequence[_Run], Sequence[_Run]]:
    size = max(1, _PAGE // max(1, len(stories)))
    return runs[:size], runs[size:]


def _observations(
    connection: Connection, runs: Sequence[_Run], stories: Mapping[str, _Story]
) -> Iterator[tuple[str, datetime, Level, float | None]]:
    """Yield what the runs observed of the checks, newest slot and newest recorded first."""
    observation = schema.observation.c
    slots = dict(runs)
    while runs and stories:
        page, runs = _page(runs, stories)
        numbers = [number for number, _ in page]
        query = (
            select(
                observation.run_number,
                observation.fingerprint,
                observation.outcome,
                observation.value,
            )
            .where(observation.run_number.in_(numbers))
            .order_by(observation.slot.desc(), observation.run_number.desc())
        )
        if len(stories) <= _MANY:
            query = query.where(observation.fingerprint.in_(stories))
        for number, key, outcome, value in connection.execute(query).all():
            if key in stories:
                yield key, slots[number], _LEVELS[outcome], value
