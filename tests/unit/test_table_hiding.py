"""Values of sensitive columns stay in the database, whichever way a rule is measured."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandera.pandas as pa
import pytest

from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.limits import at_least
from gatepost.expectations.row_count import row_count
from gatepost.expectations.share import share
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level, Verdict
from gatepost.tables.scan import scan
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target

SLOT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
SECRET = "ann@example.com"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A file with people whose column `email` is sensitive."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table people (id integer, email text, city text)")
        people = [(1, SECRET, ""), (2, SECRET, None), (3, "b@example.com", "Hue")]
        connection.executemany("insert into people values (?, ?, ?)", people)
    settings = {"kind": "database", "url": f"sqlite:///{path}", "sensitive": ["E*mail"]}
    target = open_target("app", Settings.model_validate(settings), TargetContext(slot=SLOT))
    yield target
    target.close()


def verdicts(expectation: Expectation[Any], database: Database) -> list[Verdict]:
    rows = expectation.expand()
    found = scan(database.table("people"), [ask for row in rows for ask in row.asks], SLOT)
    return [row.judge(found, Context(SLOT)) for row in rows]


def python_check(cells: Any) -> Any:
    return cells.map(lambda cell: "@b" in cell)


def quoting_check(cells: Any) -> Any:
    raise ValueError(f"could not convert {cells.iloc[0]!r}")


def column(check: Any) -> pa.DataFrameSchema:
    return pa.DataFrameSchema({"email": pa.Column(checks=check)})


@pytest.mark.parametrize(
    ("expectation", "shown"),
    [
        (share(at_least(99), complete="city", keys="email", samples=9), "***"),
        (share(at_least(99), complete="city", drill="email"), "33.33 %"),
        (share(at_least(99), complete="city", segments="email"), "worst email = '***'"),
        (row_count(at_least(2), segments=["email"]), "worst email = '***'"),
        (conforms_to(column(pa.Check.str_contains("@b"))), "***"),
        (conforms_to(column(pa.Check(python_check))), "***"),
        (conforms_to(column(pa.Check(python_check)), segments="email"), "worst email = '***'"),
        (conforms_to(column(pa.Check(quoting_check))), "ValueError: not shown, as it may hold"),
    ],
)
def test_no_value_of_a_sensitive_column_is_shown(
    database: Database, expectation: Expectation[Any], shown: str
) -> None:
    """Samples, segments, drill and reasons have the mask in its place."""
    found = verdicts(expectation, database)
    assert max(each.level.badness for each in found) > Level.OK.badness
    said = " ".join(map(repr, found))
    assert shown in said
    assert "example.com" not in said


def test_reasons_that_concern_other_columns_are_shown(database: Database) -> None:
    """What fails on a column that is not sensitive says why."""
    schema = pa.DataFrameSchema({"city": pa.Column(checks=pa.Check(quoting_check), nullable=True)})
    assert "could not convert" in verdicts(conforms_to(schema), database)[-1].sentence
