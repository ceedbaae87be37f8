"""What SQL counts of a real table is what pandas counts of its rows, whatever was asked."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fixtures.postgres import CRAWLER, Server
from gatepost.expectations.base import Expectation
from gatepost.expectations.distinct import distinct
from gatepost.expectations.fresh import fresh
from gatepost.expectations.limits import at_least, below
from gatepost.expectations.numeric import numeric
from gatepost.expectations.row_count import row_count
from gatepost.expectations.share import share
from gatepost.tables import frames
from gatepost.tables.asks import Newest, Scan, Summary, Tally
from gatepost.tables.scan import scan
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target

SLOT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
COLUMNS = {"id": "integer", "country": "text", "city": "text", "price": "double precision"}
Rows = list[tuple[Any, ...]]


def made_up(seed: int) -> Rows:
    """A few hundred rows of ten days, with nulls, blanks, repeats and a time to come."""
    dice = random.Random(seed)  # noqa: S311 - rows, not secrets
    rows: Rows = []
    for number in range(300):
        at = SLOT + timedelta(hours=20) - timedelta(minutes=dice.randrange(60 * 24 * 10))
        rows.append(
            (
                dice.choice([number, number, 7, None]),
                dice.choice(["VN", "LK", "US", "", " ", None]),
                dice.choice(["Hue", "hue", "H\u00fcs\u0065", "", None]),
                dice.choice([dice.uniform(-5, 5), 0.0, 1.5, None]),
                at if dice.random() < 0.95 else None,
            )
        )
    return rows


def frame_of(rows: Rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "made"])
    return frame.assign(
        id=frame.id.astype("Int64"), made=pd.to_datetime(frame.made, utc=True, format="ISO8601")
    )


@pytest.fixture(params=["postgresql", "sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, Any]]:
    """A database, and what puts rows into its table `jobs`."""
    declared = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    if request.param == "sqlite":
        path = tmp_path / "app.db"

        def fill(rows: Rows) -> None:
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("drop table if exists jobs")
                connection.execute(f"create table jobs ({declared}, made timestamp)")
                texts = [(*row[:-1], row[-1] and f"{row[-1]:%Y-%m-%d %H:%M:%S}") for row in rows]
                connection.executemany("insert into jobs values (?, ?, ?, ?, ?)", texts)

        fill([])
        url = f"sqlite:///{path}"
    else:
        server: Server = request.getfixturevalue("postgres_server")
        name: str = request.getfixturevalue("postgres_database")
        url = server.url(name)

        def fill(rows: Rows) -> None:
            with server.connect(name, CRAWLER) as connection:
                connection.execute("drop table if exists jobs")
                connection.execute(f"create table jobs ({declared}, made timestamptz)")
                with connection.cursor() as cursor:
                    cursor.executemany("insert into jobs values (%s, %s, %s, %s, %s)", rows)

        fill([])
    target = open_target(
        "app", Settings.model_validate({"kind": "database", "url": url}), TargetContext(slot=SLOT)
    )
    yield target, fill
    target.close()


WINDOWS: list[dict[str, Any]] = [{}, {"last": "3 days"}, {"per": "day"}]
EXPECTATIONS: list[Expectation[Any]] = [
    fresh("made", within="1 h"),
    *(
        expectation
        for window in (*WINDOWS, {"per": "day", "last": "4 days"})
        for expectation in (
            row_count(at_least(1), **window),
            distinct("city", at_least(1), **window),
            distinct(["country", "city"], at_least(1), **window),
            numeric("price", mean=at_least(1), median=at_least(1), p95=at_least(1), **window),
            share(at_least(99), complete="city", drill=["country", "city"], **window),
            share(below(5), duplicates=["country", "city"], **window),
            share(below(5), duplicates="id", **window),
        )
    ),
    *(
        expectation
        for window in ({}, {"last": "3 days"})
        for columns in (["country"], ["country", "city"])
        for expectation in (
            row_count(at_least(1), segments=columns, **window),
            share(at_least(5), complete="city", segments=columns, **window),
            share(below(5), duplicates=["country", "id"], segments=columns, **window),
        )
    ),
]


def comparable(answer: Any) -> Any:
    """An answer without how it was found, and without what SQL may choose: which rows it shows."""
    answer = replace(answer, how=None) if hasattr(answer, "how") else answer
    if isinstance(answer, Tally):
        shown = answer.sample and (answer.sample.columns, len(answer.sample.rows))
        drill = {(each.column, each.bad) for each in answer.drill}
        return replace(answer, sample=None, drill=()), shown, drill
    if isinstance(answer, Summary):
        days = answer.days and [(day, rounded(each)) for day, each in answer.days]
        return rounded(answer), days
    if isinstance(answer, Newest) and answer.at is not None:
        return answer.at.replace(tzinfo=UTC)  # SQLite's texts have no zone
    return answer


def rounded(found: Summary) -> list[Any]:
    numbers = [found.values, found.minimum, found.maximum, found.mean, found.deviation]
    return [each if each is None else round(each, 9) for each in (*numbers, *found.quantiles)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sql_answers_as_pandas_does(engine: tuple[Database, Any], seed: int) -> None:
    """Counts, days, segments, drill, distinct values, times and statistics are the same."""
    database, fill = engine
    rows = made_up(seed)
    fill(rows)
    asks = [ask for each in EXPECTATIONS for row in each.expand() for ask in row.asks]
    found = scan(database.table("jobs", time="made"), asks, SLOT)
    expected = frames.answer(frame_of(rows), asks, SLOT, "made")
    assert isinstance(found, Scan)
    for ask in asks:
        assert comparable(found.answers[ask]) == comparable(expected.answers[ask]), ask
