"""Checks that SQL cannot do, but that different values decide, fetch these instead of the rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandera.pandas as pa
import pytest

from fixtures.postgres import CRAWLER, Server
from gatepost.expectations.base import Context
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level
from gatepost.tables.scan import scan
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from gatepost.targets.journal import keep_journal

SLOT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)


@pytest.fixture
def database(postgres_server: Server, postgres_database: str) -> Iterator[Database]:
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute(
            "create table jobs as select case when i % 100 = 0 then null when i % 50 = 1 "
            "then 'Nowhere' else 'Colombo' end as place from generate_series(1, 10000) as s(i)"
        )
    url = postgres_server.url(postgres_database)
    settings = Settings.model_validate({"kind": "database", "url": url, "max_rows": 100})
    target = open_target("app", settings, TargetContext(slot=SLOT))
    yield target
    target.close()


def judge(database: Database, check: pa.Check) -> tuple[Any, Any]:
    schema = pa.DataFrameSchema({"place": pa.Column(checks=[check], nullable=True)})
    row = conforms_to(schema).expand()[-1]
    with keep_journal() as journal:
        found = scan(database.table("jobs"), row.asks, SLOT)
    return row.judge(found, Context(SLOT)), journal


def test_values_are_weighed_by_the_rows_that_have_them(database: Database) -> None:
    """Ten thousand rows are judged by the three values that they have."""
    verdict, journal = judge(database, pa.Check.str_matches(r"(?!Now)\w+"))
    assert (verdict.level, verdict.bad, verdict.total) == (Level.BREACH, 200, 10_000)
    assert verdict.sample is not None
    assert verdict.sample.rows == (("Nowhere",),)
    assert verdict.how.startswith("fetched: 3 different values, since ")
    assert journal.rows == 3


def test_a_check_that_values_do_not_decide_needs_the_rows(database: Database) -> None:
    """These are more than the target allows, which is said of the rule."""
    verdict, _ = judge(database, pa.Check(lambda places: places != "Nowhere", name="known"))
    assert verdict.level is Level.ERROR
    assert "its rows have to be fetched, since it is Python code, but app:" in verdict.sentence
    assert "100 rows" in verdict.sentence


def test_python_code_may_say_that_values_decide(database: Database) -> None:
    """`determined_by_unique` is pandera's own word for it."""
    known = pa.Check(lambda places: places != "Nowhere", name="known", determined_by_unique=True)
    verdict, _ = judge(database, known)
    assert (verdict.bad, verdict.total) == (200, 10_000)
