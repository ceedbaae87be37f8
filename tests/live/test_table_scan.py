"""Rules on a table of a real PostgreSQL, from the statement to the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest

from fixtures.postgres import CRAWLER, Server
from gatepost.errors import MeasurementError
from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.limits import at_least
from gatepost.expectations.row_count import row_count
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level, Verdict
from gatepost.tables.scan import scan
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from gatepost.targets.journal import keep_journal

SLOT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)

TABLE = """
    create schema "Side Show";
    create table "Side Show"."Raw Jobs" (
        job_id text, title text, salary text, skills json, "crawled at" timestamptz
    );
    insert into "Side Show"."Raw Jobs" values
        ('a', 'Engineer', '100', '["sql"]', '2026-03-09 23:59Z'),
        ('b', '', null, '[]', '2026-03-09 00:00Z'),
        ('b', null, 'good', null, '2026-03-08 12:00Z'),
        ('c', 'Old', 'none', '["go"]', '2026-01-01 12:00Z'),
        ('d', 'Undated', '5', '["go"]', null);
"""


class RawJobs(pa.DataFrameModel):
    job_id: str = pa.Field(unique=True, str_length={"min_value": 1})
    title: str = pa.Field(str_length={"min_value": 1})
    salary: str = pa.Field(nullable=True, str_contains=r"\d")
    skills: object = pa.Field()
    crawled_at: pd.DatetimeTZDtype = pa.Field(
        alias="crawled at", dtype_kwargs={"unit": "us", "tz": "UTC"}
    )

    @pa.check("skills", name="not_empty")
    def _not_empty(cls, skills: pd.Series[Any]) -> pd.Series[bool]:  # noqa: N805 - by pandera
        return skills.map(lambda cell: isinstance(cell, list) and len(cell) > 0)


@pytest.fixture
def database(postgres_server: Server, postgres_database: str) -> Iterator[Database]:
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute(TABLE)
    url = postgres_server.url(postgres_database)
    settings = Settings.model_validate({"kind": "database", "url": url})
    target = open_target("app", settings, TargetContext(slot=SLOT))
    yield target
    target.close()


def verdicts(expectation: Expectation[Any], value: Any) -> dict[str, Verdict]:
    rows = expectation.expand()
    found = scan(value, [ask for row in rows for ask in row.asks], SLOT)
    return {row.label: row.judge(found, Context(SLOT)) for row in rows}


def test_rules_are_judged_on_the_rows_of_a_window(database: Database) -> None:
    """Texts, JSON lists and times arrive as a model expects them, by three statements in all.

    One counts, one takes samples of what broke, and one fetches what Python judges.
    """
    table = database.table("Side Show.Raw Jobs", time="crawled at")
    with keep_journal() as journal:
        found = verdicts(conforms_to(RawJobs, by="column", last="7 days"), table)
    assert {label: (verdict.bad, verdict.total) for label, verdict in found.items()} == {
        "job_id": (2, 4),
        "title": (2, 4),
        "salary": (1, 4),
        "skills": (2, 4),
        "crawled at": (1, 4),
    }
    on_table = [each for each in journal.statements if "Raw Jobs" in each]
    looked_up = [each for each in on_table if each.startswith("-- catalogue: ")]
    assert (len(looked_up), len(on_table) - len(looked_up)) == (1, 3)


def test_days_are_told_apart_in_utc(database: Database) -> None:
    """The newest complete day is judged, from its first minute to its last."""
    table = database.table("Side Show.Raw Jobs", time="crawled at")
    verdict = verdicts(conforms_to(RawJobs, by="column", per="day", last="7 days"), table)["title"]
    assert (verdict.level, verdict.bad, verdict.total) == (Level.BREACH, 1, 2)
    assert verdict.sentence == (
        "2026-03-09: 1 of 2 rows breaks a rule of title: "
        "1 str_length(min_value=1); alert below 100 %; "
        "counted to no day: 1 row without a time or with a future one"
    )
    count = verdicts(row_count(at_least(3), per="day"), table)["row_count"]
    assert (count.level, count.value) == (Level.WARNING, 2)


def test_a_table_or_column_that_does_not_exist_is_an_error(database: Database) -> None:
    """The database's own refusal reaches the run, which shows it for every rule."""
    for table in (
        database.table("Side Show.nothing"),
        database.table("Side Show.Raw Jobs", time="nothing"),
    ):
        with pytest.raises(MeasurementError, match="nothing"):
            verdicts(conforms_to(RawJobs, last="7 days" if table.time else None), table)
