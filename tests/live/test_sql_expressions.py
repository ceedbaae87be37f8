"""What is wrong with an expression in SQL is said of its rule, and of no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandera.pandas as pa
import pytest

from gatepost.expectations.base import Context
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level
from gatepost.tables.expressions import sql_rule
from gatepost.tables.scan import scan
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Settings, open_target


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (lambda row: row.title, "its expression gives ColumnClause, and not a condition"),
        (lambda row: row.titel == "x", "its expression names the column 'titel'; there are title"),
        (lambda _: 1 / 0, "its expression raises ZeroDivisionError: division by zero"),
    ],
)
def test_an_expression_that_is_none_is_an_error(
    tmp_path: Path, expression: Callable[[Any], Any], said: str
) -> None:
    """It is not handed to pandera, which could only say that a table is needed."""
    import sqlite3

    with sqlite3.connect(tmp_path / "jobs.db") as connection:
        connection.execute("create table jobs (title text)")
        connection.execute("insert into jobs values ('a')")
    connection.close()
    settings = Settings.model_validate(
        {"kind": "database", "url": f"sqlite:///{tmp_path / 'jobs.db'}"}
    )
    context = TargetContext()
    database = open_target("app", settings, context)
    checks = [sql_rule(expression, "wrong"), sql_rule(lambda row: row.title == "a", "right")]
    rows = conforms_to(pa.DataFrameSchema(checks=checks)).expand()
    found = scan(database.table("jobs"), [ask for row in rows for ask in row.asks], context.slot)
    database.close()
    wrong, right = (row.judge(found, Context(context.slot)) for row in rows)
    assert wrong.level is Level.ERROR
    assert said in wrong.sentence
    assert right.level is Level.OK
