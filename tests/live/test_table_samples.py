"""What is shown of bad rows on a real PostgreSQL: keys and offending cells, and nothing secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandera.pandas as pa
import pytest
from table_targets import SLOT, Application, answers, judge, own_application, sent, verdicts

from fixtures.postgres import Server
from gatepost.expectations.limits import at_least
from gatepost.expectations.row_count import row_count
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level, Sample
from gatepost.tables.asks import NotEvaluated, Scan, Tally
from gatepost.tables.scan import scan
from gatepost.tables.sql import scope

PEOPLE = """
    create table people (
        id int, email text, home_phone text, city text, age int, at timestamptz
    );
    insert into people
    select n, 'person' || n % 4 || '@example.org', '0900-' || n % 3,
           case when n % 10 = 0 then 'Hue' end, n,
           timestamptz '2026-03-10 06:00Z' - n * interval '1 hour'
    from generate_series(1, 60) n;
    analyze people;
"""
SECRETS = ("person", "example", "0900")


@pytest.fixture
def application(postgres_server: Server, postgres_database: str) -> Iterator[Application]:
    with own_application(postgres_server, postgres_database) as application:
        application.execute(PEOPLE)
        yield application


def shown(application: Application, schema: pa.DataFrameSchema, **options: Any) -> dict[str, Any]:
    table = application.open().table("people", time="at")
    found = verdicts(conforms_to(schema, **options), table)
    return {label: verdict.sample for label, verdict in found.items() if verdict.bad}


KEYED = pa.DataFrameSchema(
    {"id": pa.Column(int, unique=True), "age": pa.Column(int, checks=pa.Check.lt(58))}
)


def test_bad_rows_are_shown_by_their_key_and_the_wrong_cell(application: Application) -> None:
    """No other column of the row is read for it."""
    (sample,) = shown(application, KEYED).values()
    assert sample.columns == ("id", "age")
    assert set(sample.rows) == {("58", "58"), ("59", "59"), ("60", "60")}


def test_as_many_rows_are_shown_as_asked_for(application: Application) -> None:
    """Without any, there is no statement for them."""
    assert len(shown(application, KEYED, samples=2)["age less_than"].rows) == 2
    found, journal = judge(conforms_to(KEYED, samples=0), application.open().table("people"))
    assert (found["age less_than"].bad, found["age less_than"].sample) == (3, None)
    assert len(sent(journal, "people")) == 1


def test_by_day_the_rows_of_the_judged_day_are_shown(application: Application) -> None:
    """Bad rows of other days are counted to those, and not shown."""
    schema = pa.DataFrameSchema({"age": pa.Column(int, unique=False, checks=pa.Check.lt(0))})
    sample = shown(application, schema, per="day", samples=60)["age less_than"]
    assert {int(age) for (age,) in sample.rows} == set(range(7, 31))


def test_repeated_values_are_shown_in_each_of_their_rows(application: Application) -> None:
    """Their key tells the rows apart."""
    application.execute(
        "update people set city = null", "update people set city = 'Hue' where id < 3"
    )
    schema = pa.DataFrameSchema(
        {"id": pa.Column(int), "city": pa.Column(str, nullable=True)}, unique=["city"]
    )
    sample = shown(application, schema, samples=60)["unique city"]
    assert (len(sample.rows), sample.columns) == (60, ("city",))
    assert {row[0] for row in sample.rows} == {"Hue", "null"}


def test_rules_of_a_column_together_show_the_rows_of_each(application: Application) -> None:
    """A row that breaks several of them is counted once."""
    schema = pa.DataFrameSchema(
        {"age": pa.Column(int, checks=[pa.Check.gt(2), pa.Check.gt(1), pa.Check.lt(60)])}
    )
    found = verdicts(conforms_to(schema, by="column"), application.open().table("people"))["age"]
    assert (found.bad, found.total) == (3, 60)
    assert found.sample is not None
    assert {age for (age,) in found.sample.rows} == {"1", "2", "60"}
    assert "2 greater_than(2), 1 greater_than(1), 1 less_than(60)" in found.sentence


def test_the_value_that_most_bad_rows_have_is_told(application: Application) -> None:
    """Of each column that is asked for, null among the values, and how many rows it has in all."""
    schema = pa.DataFrameSchema({"age": pa.Column(int, checks=pa.Check.lt(58))})
    application.execute("update people set city = 'Hue' where age > 57")
    found = answers(conforms_to(schema, drill=["city", "id"]), application.open().table("people"))[
        "age less_than"
    ]
    assert isinstance(found, Tally)
    first = found.drill[0]
    assert (first.column, first.value, first.bad, first.total) == ("city", "Hue", 3, 8)


def test_a_drill_into_a_column_that_does_not_exist_is_an_error(application: Application) -> None:
    """The nearest name is proposed."""
    found = answers(conforms_to(KEYED, drill="cityy"), application.open().table("people"))[
        "age less_than"
    ]
    assert isinstance(found, NotEvaluated)
    assert "city" in found.why


def test_rows_without_a_segment_are_one(application: Application) -> None:
    """A null is a segment as any value is."""
    schema = pa.DataFrameSchema({"age": pa.Column(int, checks=pa.Check.lt(58))})
    found = answers(conforms_to(schema, segments="city"), application.open().table("people"))[
        "age less_than"
    ]
    assert isinstance(found, Tally)
    assert found.segments is not None
    assert [(each.values, each.bad, each.total) for each in found.segments] == [
        (("null",), 2, 54),
        (("Hue",), 1, 6),
    ]


@pytest.mark.parametrize("narrow_first", [True, False])
def test_too_many_segments_are_not_judged_in_part(
    application: Application, narrow_first: bool
) -> None:
    """A window with few of them is judged all the same, also beside one with too many."""
    application.execute(
        "insert into people (id, age, at) "
        "select n, 1, '2026-01-01Z' from generate_series(100, 1200) n",
        "update people set age = 99 where id = 5",
    )
    schema = pa.DataFrameSchema({"age": pa.Column(int, checks=pa.Check.lt(60))})
    wide = conforms_to(schema, segments="id")
    narrow = conforms_to(schema, segments="id", last="1 day")
    rows = [row for each in (wide, narrow) for row in each.expand()]
    asks = [ask for row in rows[:: -1 if narrow_first else 1] for ask in row.asks]
    found = scan(application.open().table("people", time="at"), asks, SLOT)
    assert isinstance(found, Scan)
    answered = found.answers
    too_many = answered[wide.expand()[-1].asks[0]]
    assert isinstance(too_many, NotEvaluated)
    assert "1,000" in too_many.why
    few = answered[narrow.expand()[-1].asks[0]]
    assert isinstance(few, Tally)
    assert (len(few.segments or ()), few.bad) == (23, 1)


# What is sensitive

RAISING = pa.Check(lambda cells: cells.map(int) > 0, name="raises")
PRIVATE = pa.DataFrameSchema(
    {
        "id": pa.Column(int),
        "email": pa.Column(
            str,
            unique=True,
            checks=[
                pa.Check.str_contains("#"),
                pa.Check.str_matches(r"(?!x)\d+"),
                pa.Check(lambda cells: cells == "", name="python"),
                RAISING,
            ],
        ),
        "home_phone": pa.Column(str, checks=pa.Check.str_length(1)),
    },
    unique=["city", "home_phone"],
)


@pytest.mark.parametrize("large", [True, False], ids=["large", "small"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"by": "column"},
        {"per": "day"},
        {"drill": ["email", "home_phone"]},
        {"segments": ["email"]},
        {"segments": ["home_phone"], "drill": "email"},
    ],
    ids=str,
)
def test_values_of_sensitive_columns_are_nowhere(
    application: Application,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    large: bool,
) -> None:
    """Not in samples, keys, drills, segments or reasons, nor in statements and the memory."""
    monkeypatch.setattr(scope, "_LARGE", 1 if large else 10**9)
    database = application.open(memory=tmp_path, sensitive=["EMAIL", "*_phone"])
    table = database.table("people", time="at")
    found, journal = judge(conforms_to(PRIVATE, **options), table)
    texts = [repr(found), *journal.statements]
    if "segments" in options:
        counted, journal = judge(row_count(at_least(99), segments=options["segments"]), table)
        texts += [repr(counted), *journal.statements]
    texts += [file.read_text() for file in tmp_path.rglob("*.json")]
    assert not [text for text in texts if any(secret in text for secret in SECRETS)]
    failed = [verdict for verdict in found.values() if verdict.level is Level.BREACH]
    assert failed
    assert any("***" in repr(verdict.sample) for verdict in failed)


def test_what_is_sensitive_does_not_leave_the_database_for_a_sample(
    application: Application,
) -> None:
    """The statement has the mask in place of the column."""
    schema = pa.DataFrameSchema({"id": pa.Column(int), "email": pa.Column(str, pa.Check.eq("x"))})
    schema.columns["id"].unique = True
    database = application.open(sensitive=["email"])
    found, journal = judge(conforms_to(schema, samples=1), database.table("people"))
    assert found["email equal_to"].sample == Sample(("id", "email"), (("1", "***"),))
    assert "CAST(people.email AS TEXT)" not in sent(journal, "people")[-1]
