"""A table in one row: as many bad rows as pandera finds, in frames, PostgreSQL and SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest
from pandera.errors import SchemaErrors
from table_targets import SLOT, answers, judge, own_application, sent, verdicts

from fixtures.postgres import Server
from gatepost import sql_rule
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level
from gatepost.tables.asks import Tally, Tier
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Settings, open_target

TABLE = """
    create table books (id bigint, isbn varchar(20), title varchar(40), price double precision);
"""
ROWS: list[tuple[Any, ...]] = [
    (1, "a", "Emma", 5.0),
    (2, "b", "", 1.0),
    (3, "b", "Ulysses", 7.5),
    (4, None, "Dracula", None),
    (5, "c", None, -2.0),
    (6, "d", "Walden", 9.0),
    (None, "e", "Persuasion", -3.0),
]


@pytest.fixture(params=["frame", "postgresql", "sqlite"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """The same rows, as each kind of thing that a check returns."""
    if request.param == "frame":
        yield as_frame()
        return
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "books.db")) as connection:
            connection.execute(TABLE)
            connection.executemany("insert into books values (?, ?, ?, ?)", ROWS)
            connection.commit()
        settings = Settings.model_validate({"kind": "database", "url": "sqlite:///books.db"})
        context = TargetContext(slot=SLOT, root=tmp_path)
        with closing(open_target("app", settings, context)) as database:
            yield database.table("books")
        return
    server: Server = request.getfixturevalue("postgres_server")
    name: str = request.getfixturevalue("postgres_database")
    with own_application(server, name) as application:
        application.execute(TABLE)
        with application.owner.cursor() as cursor:
            cursor.executemany("insert into books values (%s, %s, %s, %s)", ROWS)
        yield application.open().table("books")


def as_frame() -> pd.DataFrame:
    rows = pd.DataFrame(ROWS, columns=["id", "isbn", "title", "price"])
    return rows.astype({"id": "Int64"})


SCHEMAS = {
    "rows": pa.DataFrameSchema(
        {
            "title": pa.Column(str, pa.Check.str_length(min_value=1)),
            "price": pa.Column(float, [pa.Check.ge(0), pa.Check.ne(9.0)]),
        }
    ),
    "unique": pa.DataFrameSchema(
        {"isbn": pa.Column(str, unique=True), "price": pa.Column(float, pa.Check.ge(-1))}
    ),
    "nullable": pa.DataFrameSchema(
        {"isbn": pa.Column(str, nullable=True), "price": pa.Column(float, nullable=True)},
        unique=["isbn"],
    ),
    "twice unique": pa.DataFrameSchema(
        {
            "isbn": pa.Column(str, nullable=True, unique=True),
            "title": pa.Column(str, nullable=True, unique=True),
        }
    ),
    "python": pa.DataFrameSchema(
        {
            "title": pa.Column(str, pa.Check(lambda cells: cells.str.len() != 4, name="length")),
            "id": pa.Column(None, pa.Check.isin([1, 2, 3, 4])),
        }
    ),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_bad_rows_are_those_of_pandera(books: Any, name: str) -> None:
    """Each once, whichever of the rules they break; so are the counts of each rule by column."""
    schema = SCHEMAS[name]
    found = answers(conforms_to(schema, by="table"), books)["the model"]
    assert isinstance(found, Tally)
    bad = bad_rows(schema)
    assert 0 < len(bad) < len(ROWS)
    assert (found.bad, found.total) == (len(bad), len(ROWS))


def test_by_table_no_fewer_rows_are_bad_than_by_column(books: Any) -> None:
    """Of several columns together, and each row once."""
    schema = SCHEMAS["rows"]
    apart = [each.bad for each in answers(conforms_to(schema, by="column"), books).values()]  # type: ignore[union-attr]
    (whole,) = answers(conforms_to(schema, by="table"), books).values()
    assert isinstance(whole, Tally)
    assert max(apart) < whole.bad < sum(apart)


def test_the_sentence_and_the_sample_are_the_same_wherever_rows_are(books: Any) -> None:
    """Rules by how many rows break them; of these, the columns that are wrong."""
    verdict = verdicts(conforms_to(SCHEMAS["rows"], by="table"), books)["the model"]
    assert verdict.level is Level.BREACH
    assert verdict.sentence == (
        "5 of 7 rows break a rule of the model: 2 price greater_than_or_equal_to(0), "
        "1 title not null, 1 title str_length(min_value=1), 1 price not null, "
        "1 price not_equal_to(9.0); alert below 100 %"
    )
    assert verdict.sample is not None
    assert verdict.sample.columns == ("title", "price")
    columns = {"id": pa.Column(None, nullable=True), "title": pa.Column(str)}
    kept = pa.Column(float, pa.Check.ge(-10), nullable=True)
    schema = pa.DataFrameSchema({**columns, "price": kept})
    sample = verdicts(conforms_to(schema, by="table"), books)["the model"].sample
    assert sample is not None
    assert (sample.columns, len(sample.rows)) == (("id", "title"), 1)


def test_one_statement_counts_all_rules(postgres_server: Server, postgres_database: str) -> None:
    """A rule in SQL among them; a second one takes the sample."""
    schema = pa.DataFrameSchema(
        {
            "title": pa.Column(str, sql_rule(lambda title: title != "", "filled")),
            "price": pa.Column(float, pa.Check.ge(0)),
        }
    )
    with own_application(postgres_server, postgres_database) as application:
        application.execute(TABLE, "insert into books values (1, 'a', '', 5), (2, 'b', 'B', -5)")
        table = application.open().table("books")
        found, journal = judge(conforms_to(schema, by="table"), table)
        answer = answers(conforms_to(schema, by="table"), table)["the model"]
    assert found["the model"].bad == 2
    assert len(sent(journal, "books")) == 2
    assert isinstance(answer, Tally)
    assert answer.how is not None
    assert answer.how.tier is Tier.FUSED


def bad_rows(schema: pa.DataFrameSchema) -> set[int]:
    """The places of the rows that pandera's own validation finds bad."""
    try:
        schema.validate(as_frame(), lazy=True)
    except SchemaErrors as errors:
        return set(errors.failure_cases["index"].dropna().astype(int))
    return set()
