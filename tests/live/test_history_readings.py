"""What targets remember from run to run, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from history_runs import DAY, FIRST, LATER, days, partial_run, run
from sqlalchemy import create_engine, func, insert, inspect, select, text

from fixtures.postgres import CHECKER, CRAWLER, Server
from gatepost.errors import HistoryError
from gatepost.history import History, connections, schema
from gatepost.history.remembering import KEPT, LONGEST
from gatepost.history.store import Recorded
from gatepost.model import Mode, Run
from gatepost.readings import Reading

A = "shop.kpis.a"
SOON = FIRST + 30 * DAY
HOUR = timedelta(hours=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place without a history."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.sqlite"
    server = request.getfixturevalue("postgres_server")
    return server.url(request.getfixturevalue("postgres_database"), CRAWLER)


def store(url: str, finished: Run, readings: Mapping[str, str]) -> Recorded:
    """Store a run with what its targets kept, as a session does."""
    with History.open(url, read_only=False) as history:
        return history.record(finished, decision="PASS", readings=readings)


def last(url: str, key: str, before: datetime = SOON, schedule: str = "default") -> object:
    """What a session reads: the slot and the text, or None."""
    with History.open(url, read_only=True) as history:
        found = history.reading(key, schedule=schedule, before=before)
    return (found.slot, found.content) if found else None


def count_readings(url: str) -> int:
    """How many readings there are in all."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.scalar(select(func.count()).select_from(schema.reading))
    engine.dispose()
    return found or 0


def make_old(url: str) -> None:
    """Make a history as Gatepost did before there were readings, with a run of the first slot."""
    store(url, run(FIRST, {A: 97.0}), {})
    execute(url, "DROP TABLE reading")


def execute(url: str, *statements: str) -> None:
    """Change a database behind the history's back."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_the_newest_reading_before_the_slot_is_found(url: str) -> None:
    """By key and schedule; the slot itself does not count, so that a re-run finds the same."""
    for number, slot in enumerate(days(3)):
        store(url, run(slot, {A: 1.0}), {"api": f"look {number}", "kafka": "offsets"})
    store(url, run(FIRST + 2 * DAY, {A: 1.0}, schedule="weekly"), {"api": "weekly"})
    assert last(url, "api") == (FIRST + 2 * DAY, "look 2")
    assert last(url, "api", before=FIRST + 2 * DAY) == (FIRST + DAY, "look 1")
    assert last(url, "api", before=FIRST) is None
    assert last(url, "api", schedule="weekly") == (FIRST + 2 * DAY, "weekly")
    assert last(url, "redis") is None


def test_nothing_is_found_without_a_history(url: str) -> None:
    """A place where nothing was stored yet reads as empty, and is not made by that."""
    assert last(url, "api") is None


def test_a_repeated_run_of_a_slot_replaces_what_was_kept(url: str) -> None:
    """Of a slot that stayed open the newest run counts; a complete one stays as it is."""
    store(url, partial_run(FIRST, {A: 1.0}), {"api": "first"})
    assert last(url, "api") == (FIRST, "first")
    assert store(url, run(FIRST, {A: 1.0}), {"api": "second"}).stored
    assert last(url, "api") == (FIRST, "second")
    assert not store(url, run(FIRST, {A: 1.0}), {"api": "third"}).stored
    assert last(url, "api") == (FIRST, "second")


def test_a_late_run_is_not_the_newest(url: str) -> None:
    """A slot that is made up for later is what the next of its own finds, not the newest one."""
    store(url, run(FIRST + DAY, {A: 1.0}), {"api": "newest"})
    assert store(url, run(FIRST, {A: 1.0}), {"api": "late"}).late
    assert last(url, "api") == (FIRST + DAY, "newest")
    assert last(url, "api", before=FIRST + DAY) == (FIRST, "late")


def test_a_gate_keeps_nothing(url: str) -> None:
    """Its run between two slots must not move where the next interval begins."""
    assert store(url, run(FIRST, {A: 1.0}, mode=Mode.GATE), {"api": "gate"}).stored
    assert last(url, "api") is None
    assert count_readings(url) == 0


def test_old_readings_go(url: str) -> None:
    """Of each key the newest few are kept, whatever the keys of others and other schedules."""
    slots = days(KEPT + 3)
    store(url, run(FIRST, {A: 1.0}, schedule="weekly"), {"api": "weekly"})
    store(url, run(FIRST, {A: 1.0}), {"api": "0", "rare": "once"})
    for number, slot in enumerate(slots[1:], 1):
        store(url, run(slot, {A: 1.0}), {"api": str(number)})
    assert count_readings(url) == KEPT + 2
    assert last(url, "api", before=slots[4]) == (slots[3], "3")
    assert last(url, "api", before=slots[3]) is None
    assert last(url, "rare") == (FIRST, "once")
    assert last(url, "api", schedule="weekly") == (FIRST, "weekly")


def test_a_reading_of_long_ago_counts_as_none(url: str) -> None:
    """After a pause of a season a service begins anew, and its old reading goes."""
    store(url, run(FIRST, {A: 1.0}), {"api": "old"})
    assert last(url, "api", before=FIRST + LONGEST) == (FIRST, "old")
    assert last(url, "api", before=FIRST + LONGEST + HOUR) is None
    store(url, run(FIRST + LONGEST + HOUR, {A: 1.0}), {"other": "new"})
    assert count_readings(url) == 1


def test_hostile_keys_and_long_texts_come_back(url: str) -> None:
    """Names come from what is checked: NUL and lone surrogates do not lose the run."""
    key, content = "api/\0\ud800'; DROP TABLE run", "x" * 3_000_000
    assert store(url, run(FIRST, {A: 1.0}), {key: content}).lost == ""
    assert last(url, key) == (FIRST, content)


def test_deleting_old_runs_deletes_their_readings(url: str) -> None:
    """What docs/history.md says of old rows works as it did before there were readings."""
    for slot in days(2):
        store(url, run(slot, {A: 1.0}), {"api": "x"})
    engine = create_engine(url)
    with engine.begin() as connection:
        if url.startswith("sqlite"):
            connection.execute(text("PRAGMA foreign_keys = ON"))
        for table in (schema.observation, schema.run):
            connection.execute(table.delete().where(table.c.slot == FIRST))
    engine.dispose()
    assert count_readings(url) == 1
    assert last(url, "api") == (FIRST + DAY, "x")


def test_a_history_of_before_is_taken_over(url: str) -> None:
    """It is read as it is; the first run that has a reading adds the table and loses nothing."""
    make_old(url)
    assert last(url, "api") is None
    assert store(url, run(FIRST + DAY, {A: 96.0}), {}).stored
    assert store(url, run(FIRST + 2 * DAY, {A: 95.0}), {"api": "x"}).lost == ""
    assert last(url, "api") == (FIRST + 2 * DAY, "x")
    with History.open(url, read_only=True) as history:
        points = history.points(A, schedule="default", before=LATER)
    assert [point.value for point in points] == [97.0, 96.0, 95.0]
    engine = create_engine(url)
    assert [index["name"] for index in inspect(engine).get_indexes("reading")] == [
        "reading_by_slot"
    ]
    engine.dispose()


def test_a_history_with_readings_is_of_the_same_version(url: str) -> None:
    """An installation that does not know of readings goes on with a history that it shares."""
    store(url, run(FIRST, {A: 1.0}), {"api": "x"})
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.scalar(select(schema.gatepost_history.c.version)) == 1
    engine.dispose()


def test_a_foreign_table_of_the_name_costs_no_run(url: str) -> None:
    """In an old history it stays untouched; what was read is lost, which is said."""
    make_old(url)
    execute(url, "CREATE TABLE reading (page INTEGER)")
    assert last(url, "api") is None
    told = store(url, run(FIRST + DAY, {A: 96.0}), {"api": "x"})
    assert told.stored
    assert "already exists" in told.lost
    with History.open(url, read_only=True) as history:
        assert history.past([A], schedule="default", before=LATER)[A].slot == FIRST + DAY


def test_who_may_not_add_the_table_loses_no_run(
    postgres_server: Server, postgres_database: str
) -> None:
    """In an old history of PostgreSQL the run is stored, and what is lacking is said."""
    if not postgres_server.own:
        pytest.skip("on a configured server everybody is the superuser")
    owner = postgres_server.url(postgres_database, CRAWLER)
    make_old(owner)
    execute(
        owner,
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {CHECKER}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {CHECKER}",
    )
    checker = postgres_server.url(postgres_database, CHECKER)
    told = store(checker, run(FIRST + DAY, {A: 96.0}), {"api": "x"})
    assert told.stored
    assert "refuses its user (permission denied for schema public" in told.lost
    assert "grant the user the right to create" in told.lost
    assert last(checker, "api") is None


def test_readings_that_do_not_fit_are_taken_back_with_their_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite ends the whole transaction when it is full, which is said as what it is."""
    url = f"sqlite:///{tmp_path}/history.sqlite"
    store(url, run(FIRST, {A: 97.0}), {})
    open_file = connections._open_to_write

    def open_small(file: Path) -> object:
        connection = open_file(file)
        connection.execute("PRAGMA max_page_count = 40")
        return connection

    monkeypatch.setattr(connections, "_open_to_write", open_small)
    with pytest.raises(HistoryError, match=r"has no room to grow \(database or disk is full\)"):
        store(url, run(FIRST + DAY, {A: 96.0}), {"api": 2_000_000 * "x"})
    with History.open(url, read_only=True) as history:
        assert history.past([A], schedule="default", before=LATER)[A].slot == FIRST
    assert store(url, run(FIRST + DAY, {A: 96.0}), {"api": "x"}).stored


def test_a_reading_of_another_time_is_in_utc(url: str) -> None:
    """The slot comes back as an aware moment."""
    store(url, run(FIRST, {A: 1.0}), {"api": "x"})
    with History.open(url, read_only=True) as history:
        found = history.reading("api", schedule="default", before=SOON)
    assert found == Reading(FIRST, "x")
    assert found is not None
    assert found.slot.utcoffset() == timedelta(0)


def test_a_key_is_once_in_a_run(url: str) -> None:
    """Two readings of one key in one run would leave open which one counts."""
    store(url, run(FIRST, {A: 1.0}), {"api": "x"})
    engine = create_engine(url)
    again = {"run_number": 1, "key": "api", "schedule": "default", "slot": FIRST, "content": ""}
    with engine.begin() as connection, pytest.raises(Exception, match=r"(?i)unique"):
        connection.execute(insert(schema.reading), again)
    engine.dispose()
