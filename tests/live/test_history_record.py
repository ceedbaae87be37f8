"""What a finished run leaves in the history: in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from history_runs import DAY, FIRST, LATER, days, partial_run, run
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from fixtures.postgres import CRAWLER, Server
from gatepost.history import History, fingerprint, manifest_hash, schema
from gatepost.history.store import Recorded
from gatepost.model import Level, Mode, Run, Verdict

A, B = "shop.kpis.a", "shop.kpis.b"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place without a history."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/folder/history.sqlite"
    server = request.getfixturevalue("postgres_server")
    return server.url(request.getfixturevalue("postgres_database"), CRAWLER)


def record(url: str, finished: Run, decision: str = "PASS") -> Recorded:
    """Store a run as a session does: by a history of its own."""
    with History.open(url, read_only=False) as history:
        return history.record(finished, decision=decision)


def rows(url: str, table: str) -> list[Mapping[str, Any]]:
    """All rows of a table in the order they were added."""
    engine = create_engine(url)
    with engine.connect() as connection:
        kept = schema.metadata.tables[table]
        found = connection.execute(select(kept).order_by(*kept.primary_key)).mappings().all()
    engine.dispose()
    return [dict(row) for row in found]


def test_a_scheduled_run_is_stored_with_what_it_observed(url: str) -> None:
    """One row for the run, one for each check, with all that later runs and people need."""
    breach = Verdict(Level.BREACH, "81 %, alert 90 %", 81.0, "%", data_time=FIRST - DAY)
    told = record(url, run(FIRST, {A: breach, B: Level.ERROR}, id="one", revision="abc"), "BLOCK")
    assert told == Recorded(
        True, "Stored 2 observations of slot 2026-03-01 06:00:00 UTC of schedule 'default'."
    )
    assert rows(url, "run") == [
        {
            "number": 1,
            "id": "one",
            "schedule": "default",
            "slot": FIRST,
            "mode": "scheduled",
            "revision": "abc",
            "manifest_hash": manifest_hash([A, B]),
            "started": FIRST,
            "finished": FIRST + timedelta(seconds=9),
            "complete": True,
            "decision": "BLOCK",
        }
    ]
    by_check = {row["check_id"]: row for row in rows(url, "observation")}
    assert by_check[A] == {
        "run_number": 1,
        "fingerprint": fingerprint(A),
        "schedule": "default",
        "slot": FIRST,
        "check_id": A,
        "outcome": "breach",
        "value": 81.0,
        "unit": "%",
        "severity": "medium",
        "sentence": "81 %, alert 90 %",
        "data_time": FIRST - DAY,
        "late": False,
    }
    assert by_check[B]["outcome"] == "error"
    assert by_check[B]["value"] is None


def test_a_complete_slot_stays_as_it_is(url: str) -> None:
    """A re-run of a slot, whole or partial, stores nothing and says by whom it is complete."""
    record(url, run(FIRST, {A: 97.0}, id="one"))
    for again in (run(FIRST, {A: Level.BREACH}), partial_run(FIRST, {A: Level.BREACH})):
        told = record(url, again)
        assert not told.stored
        assert "is complete already, by run one" in told.sentence
    assert [row["id"] for row in rows(url, "run")] == ["one"]
    assert [row["outcome"] for row in rows(url, "observation")] == ["ok"]


def test_a_slot_of_another_schedule_is_another_slot(url: str) -> None:
    """Two schedules may tick at the same moment."""
    assert record(url, run(FIRST, {A: 97.0}, schedule="nightly")).stored
    assert record(url, run(FIRST, {A: 97.0}, schedule="weekly")).stored


@pytest.mark.parametrize(
    "missing",
    [{"partial": "interrupted"}, {"deselected": 3}, {"expected": 2}, {"results": ()}],
    ids=lambda known: next(iter(known)),
)
def test_a_partial_run_leaves_the_slot_open(url: str, missing: dict[str, Any]) -> None:
    """Interrupted, a selection, without a result, or empty: the slot waits for a complete run."""
    told = record(url, run(FIRST, {A: 97.0}, **missing))
    assert told.stored
    assert told.sentence.endswith("it is partial and leaves the slot open.")
    assert record(url, run(FIRST, {A: 97.0, B: 5.0})).stored
    assert [row["complete"] for row in rows(url, "run")] == [False, True]


def test_an_older_slot_is_stored_as_late(url: str) -> None:
    """Late is what comes after the newest complete slot, not after a partial one."""
    partial_newer = partial_run(FIRST + 2 * DAY, {A: 1.0})
    record(url, partial_newer)
    assert not record(url, run(FIRST + DAY, {A: 97.0})).late
    told = record(url, run(FIRST, {A: 97.0}))
    assert told.stored
    assert told.late
    assert "it is late" in told.sentence
    late = {row["slot"]: row["late"] for row in rows(url, "observation")}
    assert late == {FIRST: True, FIRST + DAY: False, FIRST + 2 * DAY: False}


def test_a_gate_stores_its_decision_only(url: str) -> None:
    """It adds no observation and does not take the slot from the scheduled run."""
    gate = run(FIRST, {A: 97.0}, mode=Mode.GATE)
    assert record(url, gate, "BLOCK").stored
    assert record(url, run(FIRST, {A: 97.0})).stored
    assert not record(url, gate, "PASS").stored
    kept = [(row["mode"], row["decision"]) for row in rows(url, "run")]
    assert kept == [("gate", "BLOCK"), ("scheduled", "PASS")]
    assert len(rows(url, "observation")) == 1


def test_a_run_is_stored_once(url: str) -> None:
    """Handing in the same partial run again adds nothing."""
    finished = partial_run(FIRST, {A: 97.0}, id="one")
    assert record(url, finished).stored
    told = record(url, finished)
    assert (told.stored, told.sentence) == (False, "Nothing stored: run one is stored already.")
    assert len(rows(url, "observation")) == 1


def test_what_must_not_be_stored_is_refused(url: str) -> None:
    """A local run, and any run in a history that was opened to be read: bugs of the caller."""
    with pytest.raises(ValueError, match="local"):
        record(url, run(FIRST, {A: 97.0}, mode=Mode.LOCAL))
    with (
        History.open(url, read_only=True) as history,
        pytest.raises(ValueError, match="to be read only"),
    ):
        history.record(run(FIRST, {A: 97.0}), decision="PASS")


def test_hostile_text_is_stored_escaped_and_bounded(url: str) -> None:
    """NUL and lone surrogates, which databases refuse, do not lose the run; nor do long texts."""
    check_id = "shop.kpis.a[\ud800\0<b>]"
    record(url, run(FIRST, {check_id: Verdict(Level.BREACH, "\ud800\0" + 9999 * "x")}))
    [row] = rows(url, "observation")
    assert row["check_id"] == r"shop.kpis.a[\ud800\x00<b>]"
    assert row["sentence"].startswith(r"\ud800\x00xxx")
    assert row["sentence"].endswith("xxx...")
    assert len(row["sentence"]) == 500
    with History.open(url, read_only=True) as history:
        past = history.past([check_id], schedule="default", before=LATER)
    assert past[check_id].level is Level.BREACH


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_stored_as_none(url: str, value: float) -> None:
    """A trend cannot be drawn through infinity, and NaN differs from database to database."""
    record(url, run(FIRST, {A: Verdict(Level.NO_DATA, "no number", value)}))
    assert [row["value"] for row in rows(url, "observation")] == [None]


def test_of_two_results_of_one_check_the_worse_is_kept(url: str) -> None:
    """A double id is a mistake elsewhere; it must not lose the run nor hide the failure."""
    bad, good = run(FIRST, {A: Level.BREACH}), run(FIRST, {A: 97.0})
    record(url, run(FIRST, {}, results=bad.results + good.results))
    assert [row["outcome"] for row in rows(url, "observation")] == ["breach"]


RACERS = 4


def race(url: str) -> None:
    """Let runs store the same slots at the same moments; one of them must win each slot."""
    start = threading.Barrier(RACERS)
    told: list[bool] = []
    failures: list[Exception] = []

    def run_slots() -> None:
        try:
            for slot in days(5):
                start.wait(timeout=30)
                told.append(record(url, run(slot, {A: 97.0, B: 1.0})).stored)
        except Exception as error:  # told in the test's own thread
            start.abort()
            failures.append(error)

    threads = [threading.Thread(target=run_slots) for _ in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(told) == [False] * (RACERS - 1) * 5 + [True] * 5


def test_of_runs_that_race_for_a_slot_one_completes_it(url: str) -> None:
    """Started together on a history that does not exist yet: each slot has one run's rows."""
    race(url)
    assert sorted(row["slot"] for row in rows(url, "run")) == list(days(5))
    assert len(rows(url, "observation")) == 10


def test_racers_do_not_depend_on_the_servers_default_isolation(
    postgres_server: Server, postgres_database: str
) -> None:
    """A writer sees what was committed while it waited, also where the default is stricter."""
    strict = "-cdefault_transaction_isolation=serializable"
    race(postgres_server.url(postgres_database, CRAWLER, options=strict))
    assert len(rows(postgres_server.url(postgres_database, CRAWLER), "observation")) == 10


def test_old_rows_can_be_deleted(url: str) -> None:
    """By the statements of docs/history.md; numbers go on, and the deleted slots stay late."""
    for slot in days(3):
        record(url, run(slot, {A: 97.0}))
    page = (Path(__file__).parents[2] / "docs" / "history.md").read_text("utf-8")
    statements = re.findall(r"^DELETE .*;$", page, re.MULTILINE)
    assert len(statements) == 2
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement.replace("2026-01-01", "2026-03-03")))
    engine.dispose()
    assert [row["slot"] for row in rows(url, "observation")] == list(days(3)[2:])
    assert record(url, run(FIRST, {A: 97.0})).late
    assert [row["number"] for row in rows(url, "run")] == [3, 4]


def test_the_database_itself_refuses_to_complete_a_slot_twice(url: str) -> None:
    """Whoever writes past our lock is stopped by an index."""
    record(url, run(FIRST, {A: 97.0}))
    [row] = rows(url, "run")
    engine = create_engine(url)
    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(insert(schema.run).values({**row, "number": 2, "id": "two"}))
    engine.dispose()
