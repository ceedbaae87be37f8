"""What the history tells of a check: level, since when it fails, and its trend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import takewhile
from pathlib import Path

import pytest
from history_runs import DAY, FIRST, LATER, days, partial_run, run
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select

from fixtures.postgres import CRAWLER
from gatepost.errors import HistoryError
from gatepost.history import History, connections, reading, recording, schema
from gatepost.model import Level, Mode, Past, Point, Run

A, B = "shop.kpis.a", "shop.kpis.b"
OK, BREACH, INHIBITED = Level.OK, Level.BREACH, Level.INHIBITED


@pytest.fixture(params=["sqlite", "postgresql"])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    """A history that does not exist yet."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/folder/history.sqlite"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.url(request.getfixturevalue("postgres_database"), CRAWLER)
    with History.open(url, read_only=False) as opened:
        yield opened


def store(history: History, *runs: Run) -> None:
    """Record runs in this order."""
    for finished in runs:
        assert history.record(finished, decision="PASS").stored


def past_of(history: History, check_id: str, before: datetime = LATER, points: int = 90) -> Past:
    """The past of one check; asked for by itself its points are the same."""
    past = history.past([check_id], schedule="default", before=before, points=points)[check_id]
    alone = history.points(check_id, schedule="default", before=before, points=points)
    assert past.points == alone
    return past


def test_nothing_is_known_before_the_first_run(history: History) -> None:
    """A history that does not exist is empty, and asking does not make one."""
    assert past_of(history, A) == Past()
    assert history.place.file is None or not history.place.file.parent.exists()


def test_every_check_that_is_asked_for_has_a_past(history: History) -> None:
    """Known ones have theirs, unknown ones an empty one."""
    store(history, run(FIRST, {A: 97.0, B: BREACH}))
    past = history.past(iter([A, B, "shop.kpis.new"]), schedule="default", before=LATER)
    assert past == {
        A: Past(OK, FIRST, points=(Point(FIRST, 97.0),)),
        B: Past(BREACH, FIRST, FIRST, 1, (Point(FIRST, None),)),
        "shop.kpis.new": Past(),
    }


def test_only_slots_before_the_run_are_its_past(history: History) -> None:
    """A re-run of an old slot is not compared with what came after it, nor with itself."""
    first, second, _ = days(3)
    store(history, *(run(slot, {A: float(slot.day)}) for slot in days(3)))
    assert past_of(history, A, before=second + DAY).slot == second
    assert past_of(history, A, before=second).slot == first
    assert past_of(history, A, before=first) == Past()


def test_points_are_the_newest_oldest_first(history: History) -> None:
    """As many slots as were asked for; one without a value stays as a gap."""
    one, two, three, four = days(4)
    values = {one: 1.0, two: 2.0, three: Level.NO_DATA, four: 4.0}
    store(history, *(run(slot, {A: value}) for slot, value in values.items()))
    expected = (Point(two, 2.0), Point(three, None), Point(four, 4.0))
    assert past_of(history, A, points=3).points == expected


def test_a_late_run_takes_its_place_in_time(history: History) -> None:
    """Observations are told by slot, not in the order in which they were stored."""
    one, two, three = days(3)
    store(history, *(run(slot, {A: float(slot.day)}) for slot in (one, three, two)))
    assert [point.value for point in past_of(history, A).points] == [1.0, 2.0, 3.0]
    assert past_of(history, A).slot == three


def test_of_a_slot_that_was_run_again_the_newest_recorded_counts(history: History) -> None:
    """Once, for the points and for the length of a stretch."""
    one, two = days(2)
    store(
        history,
        partial_run(one, {A: OK, B: 1.0}),
        partial_run(one, {A: BREACH}),
        partial_run(two, {A: BREACH, B: 5.0}),
        partial_run(two, {B: 6.0}),
        run(two, {A: BREACH, B: 7.0}),
    )
    assert past_of(history, A) == Past(BREACH, two, one, 2, (Point(one, None), Point(two, None)))
    assert past_of(history, B).points == (Point(one, 1.0), Point(two, 7.0))


STRETCHES: dict[str, tuple[list[Level], int | None, int]] = {
    # What came out on the last days, which of them the stretch began on, and its length.
    "fine": ([OK, OK], None, 0),
    "over": ([BREACH, OK], None, 0),
    "long": ([OK, BREACH, Level.ERROR, Level.NO_DATA], 1, 3),
    "second": ([BREACH, OK, BREACH], 2, 1),
    "second after a warning": ([BREACH, Level.WARNING, BREACH], 2, 1),
    "interrupted": ([BREACH, INHIBITED, BREACH], 0, 2),
    "open": ([OK, BREACH, INHIBITED, Level.LEARNING], 1, 1),
    "begun after a gap": ([INHIBITED, BREACH], 1, 1),
}


def test_a_stretch_of_failing_ends_only_where_the_check_was_fine(history: History) -> None:
    """What was not evaluated neither lengthens nor ends it; absence is never recovery."""
    observed: dict[datetime, dict[str, Level]] = {slot: {} for slot in days(4)}
    for name, (outcomes, _, _) in STRETCHES.items():
        for slot, level in zip(days(4)[-len(outcomes) :], outcomes, strict=True):
            observed[slot][f"shop.kpis.{name}"] = level
    store(history, *(run(slot, levels) for slot, levels in observed.items()))
    told = history.past(
        [f"shop.kpis.{name}" for name in STRETCHES], schedule="default", before=LATER
    )
    for name, (outcomes, began, length) in STRETCHES.items():
        past = told[f"shop.kpis.{name}"]
        since = None if began is None else days(4)[-len(outcomes) :][began]
        expected = (outcomes[-1], days(4)[-1], since, length)
        assert (past.level, past.slot, past.since, past.runs) == expected, name


def test_a_partial_run_counts_for_the_checks_it_holds(history: History) -> None:
    """The others keep the past they had; a slot without them does not end a stretch."""
    one, two, three = days(3)
    store(
        history,
        run(one, {A: BREACH, B: 1.0}),
        partial_run(two, {B: 2.0}),
        run(three, {A: BREACH, B: 3.0}),
    )
    before_three = past_of(history, A, before=three)
    assert (before_three.slot, before_three.since, before_three.runs) == (one, one, 1)
    assert past_of(history, A).runs == 2
    assert past_of(history, B, before=three).slot == two


def test_a_long_stretch_is_followed_beyond_the_points(history: History) -> None:
    """`since` says when the failing began, however few points are wanted."""
    first, *failing = days(7)
    store(history, run(first, {A: OK, B: BREACH}))
    store(history, *(run(slot, {A: BREACH, B: BREACH}) for slot in failing))
    past = history.past([A, B], schedule="default", before=LATER, points=2)
    assert [(past[check].since, past[check].runs) for check in (A, B)] == [
        (failing[0], 6),
        (first, 7),
    ]
    assert [point.at for point in past[A].points] == failing[-2:]


def test_gates_and_other_schedules_are_not_the_past(history: History) -> None:
    """A check's past is that of the same schedule's scheduled runs."""
    store(
        history,
        run(FIRST, {A: 97.0}),
        run(FIRST + DAY, {A: BREACH}, schedule="weekly"),
        run(FIRST + DAY, {A: BREACH}, mode=Mode.GATE),
    )
    expected = Past(OK, FIRST, points=(Point(FIRST, 97.0),))
    assert past_of(history, A) == expected
    assert past_of(history, A, points=1) == expected


def test_a_reader_sees_one_state(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another run stores meanwhile, or waits to store, does not change what is read."""
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
    store(history, run(FIRST, {A: 97.0}))
    rows = select(func.count()).select_from(schema.run)
    with history._reading() as connection:
        assert connection is not None
        assert connection.scalar(rows) == 1
        with suppress(HistoryError):  # SQLite lets nobody commit while somebody reads
            history.record(run(FIRST + DAY, {A: 97.0}), decision="PASS")
        assert connection.scalar(rows) == 1


slots = st.integers(0, 5).map(lambda day: FIRST + day * DAY)
some_outcomes = st.dictionaries(st.sampled_from([A, B]), st.sampled_from(Level), min_size=1)
recorded = st.lists(st.builds(partial_run, slots, some_outcomes), max_size=14)


@settings(max_examples=60, deadline=None)
@given(recorded, st.integers(1, 7), st.sampled_from([(500, 100_000), (0, 1), (500, 3)]))
def test_the_past_is_what_a_reader_of_all_rows_would_tell(
    runs: list[Run], points: int, sizes: tuple[int, int]
) -> None:
    """Whatever was recorded in whatever order, and however the queries are cut."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_MANY", sizes[0])
        patch.setattr(reading, "_PAGE", sizes[1])
        schema.metadata.create_all(connection)
        for finished in runs:
            assert recording.record(connection, finished, "PASS").stored
        told = reading.past(connection, (A, B), "default", LATER, points)
        alone = reading.points(connection, A, "default", LATER, points)
    engine.dispose()
    assert told == {check_id: plainly(runs, check_id, points) for check_id in (A, B)}
    assert alone == told[A].points


def plainly(runs: Sequence[Run], check_id: str, points: int) -> Past:
    """The past by definition, from runs in the order they were recorded."""
    levels = {
        finished.slot: result.level
        for finished in runs
        for result in finished.results
        if result.check.id == check_id
    }
    recent = sorted({finished.slot for finished in runs})[-points:]
    seen = sorted((slot for slot in levels if slot in recent), reverse=True)
    back = sorted(levels, reverse=True)
    stretch = [
        slot
        for slot in takewhile(lambda slot: levels[slot] not in (OK, Level.WARNING), back)
        if levels[slot].fails
    ]
    if not any(slot in recent for slot in stretch):
        stretch = []
    return Past(
        levels[seen[0]] if seen else None,
        seen[0] if seen else None,
        stretch[-1] if stretch else None,
        len(stretch),
        tuple(Point(slot, None) for slot in reversed(seen)),
    )
