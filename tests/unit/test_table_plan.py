"""What a scan plans for a table, before anything is sent: on SQLite, which reads no server."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandera.pandas as pa
import pytest

from gatepost.errors import MeasurementError
from gatepost.expectations.distinct import distinct
from gatepost.expectations.limits import at_least
from gatepost.expectations.row_count import row_count
from gatepost.expectations.tables import conforms_to
from gatepost.tables.asks import NotEvaluated, ScanAnswer, Tally, Whole
from gatepost.tables.expressions import sql_rule
from gatepost.tables.scan import scan
from gatepost.tables.sql.plan import Plan, make_plan
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from gatepost.targets.journal import keep_journal

SLOT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
TABLES = """
    create table jobs (id integer not null unique, title text, at timestamp, "odd %s:x" int);
    insert into jobs values (1, 'a', '2026-03-09 10:00:00', 1), (2, 'b', null, -1);
    create table loose (v int);
    insert into loose values (1), ('many'), (9e999);
    create table keyless (v int primary key);
    insert into keyless values (null), (null);
    create table pair (v integer not null unique, w integer not null, primary key (w, v));
    create unique index some on loose (v) where v > 5;
    create view looked as select * from jobs;
    create table empty (v int);
    create virtual table found using fts5(v);
    insert into found values ('a');
"""
IDS = pa.DataFrameSchema({"id": pa.Column(int, unique=True, checks=pa.Check.gt(0))})
VALUES = pa.DataFrameSchema({"v": pa.Column(int, unique=True, checks=pa.Check.gt(0))})


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite3.connect(tmp_path / "jobs.db") as connection:
        connection.executescript(TABLES)
    connection.close()
    settings = Settings.model_validate({"kind": "database", "url": "sqlite:///jobs.db"})
    target = open_target("app", settings, TargetContext(slot=SLOT, root=tmp_path))
    yield target
    target.close()


def plan(database: Database, table: str, *expectations: Any, time: str | None = None) -> Plan:
    asks = [ask for each in expectations for row in each.expand() for ask in row.asks]
    return make_plan(database.table(table, time=time), asks, SLOT)


def judged(
    database: Database, table: str, schema: pa.DataFrameSchema, **options: Any
) -> dict[str, ScanAnswer]:
    rows = conforms_to(schema, **options).expand()
    found: Any = scan(database.table(table), [ask for row in rows for ask in row.asks], SLOT)
    return {row.label: found.answers[row.asks[0]] for row in rows}


def test_planning_reads_no_row(database: Database) -> None:
    """The catalogue alone says which statement answers what."""
    with keep_journal() as journal:
        planned = plan(database, "jobs", conforms_to(IDS), row_count(at_least(1)))
    assert journal.statements == ["-- catalogue: jobs"]
    assert [len(group.selects) for group in planned.groups] == [1]


def test_what_is_proved_is_in_no_statement(database: Database) -> None:
    """A constraint that is not named is called by its columns."""
    planned = plan(database, "jobs", conforms_to(IDS))
    hows = {ask.label: str(answer.how) for ask, answer in planned.known.items()}  # type: ignore[union-attr]
    assert hows["id not null"] == "proved: a not-null constraint"
    assert hows["id unique"] == "proved: the unique index on id"
    assert "id greater_than" not in hows


def test_every_key_of_a_table_proves(database: Database) -> None:
    """A primary key does not hide a unique constraint that has no name either."""
    live = database.describe_table("pair")
    assert set(live.unique.values()) == {frozenset({"v"}), frozenset({"v", "w"})}


@pytest.mark.parametrize("table", ["loose", "keyless", "looked"])
def test_a_partial_index_a_nullable_key_and_a_view_prove_nothing(
    database: Database, table: str
) -> None:
    """SQLite lets a primary key be null, as often as one likes."""
    schema = IDS if table == "looked" else VALUES
    planned = plan(database, table, conforms_to(schema))
    assert not [ask for ask in planned.known if "unique" in ask.label]  # type: ignore[union-attr]


def test_repeated_nulls_of_a_key_are_bad_rows(database: Database) -> None:
    """Two nulls are equal to pandera."""
    found = judged(database, "keyless", VALUES)
    for label in ("v not null", "v unique"):
        answer = found[label]
        assert isinstance(answer, Tally)
        assert (answer.bad, answer.total) == (2, 2)


def test_values_that_the_type_does_not_tell_are_no_pass(database: Database) -> None:
    """SQLite keeps text in a column of numbers: its dtype fails, and rules on it are errors."""
    found = judged(database, "loose", VALUES)
    dtype = found["v dtype"]
    assert isinstance(dtype, Tally)
    assert (dtype.bad, dtype.total) == (2, 3)
    for label in ("v unique", "v greater_than"):
        assert found[label] == NotEvaluated("the column has 2 values other than whole numbers")


def test_a_type_that_is_not_known_fails_a_rule_on_it(database: Database) -> None:
    """A column without a type is something else than whole numbers."""
    found = judged(database, "found", VALUES)
    dtype = found["v dtype"]
    assert isinstance(dtype, Whole)
    assert (dtype.holds, dtype.why) == (False, "it is an unknown type, something else")
    assert isinstance(found["v greater_than"], NotEvaluated)


def test_a_column_of_any_name_is_counted(database: Database) -> None:
    """Percent signs and colons are no parameters."""
    schema = pa.DataFrameSchema({"odd %s:x": pa.Column(int, checks=pa.Check.gt(0))})
    answer = judged(database, "jobs", schema)["odd %s:x greater_than"]
    assert isinstance(answer, Tally)
    assert (answer.bad, answer.total) == (1, 2)
    assert answer.sample is not None
    assert answer.sample.rows == (("-1",),)


def test_only_asks_about_days_are_split_by_days(database: Database) -> None:
    """Sums are added up from the days; different values are counted apart, for all rows too."""
    expectations = [
        conforms_to(IDS),
        row_count(at_least(1), per="day"),
        distinct("title", at_least(1)),
    ]
    planned = plan(database, "jobs", *expectations, time="at")
    assert len(planned.groups) <= 2
    assert not planned.fetched


def test_a_rule_that_only_python_can_judge_leaves_the_others_in_sql(database: Database) -> None:
    """The plan says why, and of which rule."""
    checks = [pa.Check.gt(0), pa.Check(lambda cells: cells > 0, name="python")]
    schema = pa.DataFrameSchema({"id": pa.Column(int, checks=checks)})
    planned = plan(database, "jobs", conforms_to(schema))
    assert [(ask.label, each.why) for ask, each in planned.fetched.items()] == [  # type: ignore[union-attr]
        ("id python", "it is Python code")
    ]
    assert [ask.label for ask in planned.countings] == ["id dtype", "id greater_than"]


def test_rules_of_one_column_together_are_fetched_if_one_is_python(database: Database) -> None:
    """A row that breaks two of them is to be counted once; what is proved is left out."""
    checks = [pa.Check.gt(0), pa.Check(lambda cells: cells > 0, name="python")]
    schema = pa.DataFrameSchema({"id": pa.Column(int, unique=True, checks=checks)})
    planned = plan(database, "jobs", conforms_to(schema, by="column"))
    ((_, fetched),) = planned.fetched.items()
    rules = fetched.rest.rules  # type: ignore[union-attr]
    assert fetched.why == "python: it is Python code"
    assert {"id greater_than", "id python"} <= {rule.label for rule in rules}
    assert not {"id not null", "id unique"} & {rule.label for rule in rules}


def test_a_rule_in_sql_is_not_fetched_for_the_sake_of_another(database: Database) -> None:
    """Judged as one with what only Python can tell, or with two that repeat, it is an error."""
    in_sql = sql_rule(lambda title: title != "", "filled")
    python = pa.Check(lambda cells: cells > 0, name="python")
    mixed = pa.DataFrameSchema({"id": pa.Column(int, python), "title": pa.Column(str, in_sql)})
    (answer,) = plan(database, "jobs", conforms_to(mixed, by="table")).known.values()
    assert isinstance(answer, NotEvaluated)
    assert answer.why == (
        "title filled is written in SQL and cannot be judged on fetched rows, which its other "
        "rules need, since id python: it is Python code; judge them apart, by rule or by column"
    )
    unique = pa.Column(str, in_sql, unique=True)
    twice = pa.DataFrameSchema({"title": unique, "at": pa.Column(unique=True)})
    (answer,) = plan(database, "jobs", conforms_to(twice, by="table")).known.values()
    assert isinstance(answer, NotEvaluated)
    assert "since several of its rules are on values that repeat" in answer.why
    assert plan(database, "jobs", conforms_to(mixed)).countings


def test_a_fetched_rule_is_named_with_its_column_beside_proved_ones(database: Database) -> None:
    """What is proved is not fetched, and what is said of the rest still tells which rule it is."""
    python = pa.Check(lambda cells: cells.nothing, name="python")
    schema = pa.DataFrameSchema({"id": pa.Column(unique=True), "at": pa.Column(checks=python)})
    answer = judged(database, "jobs", schema, by="table")["the model"]
    assert isinstance(answer, NotEvaluated)
    assert answer.why.startswith("at python: AttributeError")


def test_a_time_column_that_does_not_exist_is_an_error_of_the_check(database: Database) -> None:
    """Also where no rule needs it."""
    with pytest.raises(MeasurementError, match="jobs has no time column when"):
        plan(database, "jobs", conforms_to(IDS), time="when")


def test_an_empty_table_is_planned_as_any(database: Database) -> None:
    """What its rows would say is counted, and comes out as none."""
    answer = judged(database, "empty", VALUES)["v greater_than"]
    assert isinstance(answer, Tally)
    assert (answer.bad, answer.total) == (0, 0)
