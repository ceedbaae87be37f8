"""What is wrong with an expression in SQL is said of its rule, and of no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandera.pandas as pa
import pytest
from sqlalchemy import Integer, cast, column, func, select, table

from fixtures.postgres import CRAWLER, Server
from gatepost.errors import MeasurementError
from gatepost.expectations.base import Context
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level
from gatepost.tables.expressions import aggregate_in, sql_rule
from gatepost.tables.scan import scan
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Settings, open_target


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (lambda row: row.title, "its expression gives ColumnClause, and not a condition"),
        (lambda row: row.titel == "x", "its expression names the column 'titel'; there are title"),
        (lambda _: 1 / 0, "its expression raises ZeroDivisionError: division by zero"),
        (lambda row: row.title > func.max(row.title), "its expression has the aggregate max"),
        (
            lambda _: func.row_number().over() > 1,
            "its expression has a window function, which is of many rows",
        ),
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


def test_what_an_engine_says_of_a_sensitive_value_is_not_shown(
    postgres_server: Server, postgres_database: str
) -> None:
    """An error of the engine names its class, and which columns are sensitive."""
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute("create table people as select 'ann@example.com' as email")
    url = postgres_server.url(postgres_database)
    said = []
    for sensitive in ([], ["email"]):
        settings = Settings.model_validate({"kind": "database", "url": url, "sensitive": sensitive})
        context = TargetContext()
        database = open_target("app", settings, context)
        rule = sql_rule(lambda row: cast(row.email, Integer) > 0, "numbered")
        asks = conforms_to(pa.DataFrameSchema(checks=[rule])).expand()[0].asks
        with pytest.raises(MeasurementError) as caught:
            scan(database.table("people"), asks, context.slot)
        database.close()
        said.append(str(caught.value))
    assert 'invalid input syntax for type integer: "ann@example.com"' in said[0]
    assert "ann" not in said[1]
    assert "failed with InvalidTextRepresentation" in said[1]
    assert "sensitive: email" in said[1]


def test_an_aggregate_of_a_sub_select_is_of_no_other_row() -> None:
    """It is the condition's own rows that a rule may not add up."""
    inner = select(func.max(column("x"))).select_from(table("t")).scalar_subquery()
    assert aggregate_in(column("y") > inner) is None
    assert aggregate_in(column("y") > func.max(column("x"))) == "the aggregate max"
