"""Tables and columns with names that need care, and very many of them, on a real PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandera.pandas as pa
import pytest
from psycopg import sql
from table_targets import Application, judge, own_application, sent, verdicts

from fixtures.postgres import Server
from gatepost.errors import MeasurementError
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level, Sample
from gatepost.tables.table import table_clause

OK, BREACH = Level.OK, Level.BREACH

NAMES = [
    *("select", "Upper Case", "ünï", "a.b", 'q"uote', "a'b", "back\\slash", "tab\tx"),
    *("per%cent", "%s", "%(x)s", ":x", "co:lon", "pa(ren)s", "{brace}"),
    # What a statement calls its own parts.
    *("n", "place", "total", "bad", "figure_0", "value_0", "cell_0", "cell_1", "seen", "counts"),
]


@pytest.fixture
def application(postgres_server: Server, postgres_database: str) -> Iterator[Application]:
    with own_application(postgres_server, postgres_database) as application:
        yield application


@pytest.mark.parametrize(
    ("name", "schema", "plain"),
    [
        ("jobs", None, "jobs"),
        ("sales.jobs", "sales", "jobs"),
        ("Side Show.Raw Jobs", "Side Show", "Raw Jobs"),
        ('"v1.2"', None, "v1.2"),
        ('sales."v1.2"', "sales", "v1.2"),
        ('"my.sales"."v1.2"', "my.sales", "v1.2"),
        ('"my.sales".jobs', "my.sales", "jobs"),
        ('"say ""so"""', None, 'say "so"'),
        ('say "so"', None, 'say "so"'),
        ("memory.sales.jobs", "memory.sales", "jobs"),
    ],
)
def test_a_dot_parts_a_schema_from_a_table_unless_it_is_quoted(
    name: str, schema: str | None, plain: str
) -> None:
    """Quotes are needed only around a part with a dot of its own."""
    clause = table_clause(name)
    assert (clause.schema, clause.name) == (schema, plain)


@pytest.mark.parametrize("name", [*NAMES, "x" * 63])
def test_any_name_of_a_table_and_its_schema_is_quoted_where_it_must_be(
    application: Application, name: str
) -> None:
    """Reserved words, unicode, dots, quotes, percent signs and colons reach the server as they are.

    The catalogue is asked for the same name: it is what proves.
    """
    table = sql.Identifier(name)
    quoted = '"' + name.replace('"', '""') + '"'
    for schema in (None, name):
        if schema:
            application.owner.execute(sql.SQL("create schema {}").format(table))
        place = sql.Identifier(schema, name) if schema else table
        application.owner.execute(sql.SQL("create table {} (v int not null)").format(place))
        application.owner.execute(sql.SQL("insert into {} values (1), (-1)").format(place))
        called = f"{quoted}.{quoted}" if schema else quoted
        schema_ = pa.DataFrameSchema({"v": pa.Column(int, checks=pa.Check.gt(0))})
        found = verdicts(conforms_to(schema_), application.open().table(called))
        assert found["v not null"].how == "proved: a not-null constraint"
        assert (found["v greater_than"].bad, found["v greater_than"].total) == (1, 2)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"by": "column"},
        {"per": "day", "last": "3 days"},
        {"segments": ["n", "a.b"]},
        {"drill": ["n", "value_0", "co:lon"]},
    ],
    ids=lambda options: "_".join(options) or "plain",
)
def test_any_name_of_a_column_is_quoted_where_it_must_be(
    application: Application, options: dict[str, Any]
) -> None:
    """Also where the statement has such a name itself, and in values, patterns and samples."""
    columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in NAMES)
    application.owner.execute(sql.SQL("create table wild ({}, at timestamptz)").format(columns))
    for value in ("good", "%s :x %%", "good"):
        cells = sql.SQL(", ").join(sql.Literal(value) for _ in NAMES)
        application.owner.execute(
            sql.SQL("insert into wild values ({}, '2026-03-09 10:00Z')").format(cells)
        )
    checks = [
        pa.Check.str_matches(r"^[^%:]*$"),
        pa.Check.isin(["good", "%(x)s", ":x"]),
        pa.Check.ne("%s :x %%"),
        pa.Check(lambda cells: ~cells.str.contains(":"), name="python"),
    ]
    schema = pa.DataFrameSchema({name: pa.Column(str, checks=checks) for name in NAMES})
    table = application.open().table("wild", time="at")
    found = verdicts(conforms_to(schema, **options), table)
    labels = (
        NAMES
        if "by" in options
        else [
            f"{name} {rule}"
            for name in NAMES
            for rule in ("str_matches", "isin", "not_equal_to", "python")
        ]
    )
    for label in labels:
        assert (found[label].level, found[label].bad, found[label].total) == (BREACH, 1, 3), label
        assert found[label].sample is not None
        assert set(found[label].sample.rows[0]) == {"%s :x %%"}, label


def test_a_column_named_as_a_part_of_the_statement_is_shown_as_it_is(
    application: Application,
) -> None:
    """Keys called `n` and `place` are those of the table, beside uniqueness too."""
    application.execute(
        "create table things (n int, place text, v int)",
        "insert into things values (7, 'here', -1), (8, 'there', 1), (8, 'there', 1)",
    )
    schema = pa.DataFrameSchema(
        {"n": pa.Column(int), "place": pa.Column(str), "v": pa.Column(int, pa.Check.gt(0))},
        unique=["n", "place"],
    )
    found = verdicts(conforms_to(schema), application.open().table("things"))
    assert found["v greater_than"].sample == Sample(("n", "place", "v"), (("7", "here", "-1"),))
    assert found["unique n, place"].sample == Sample(("n", "place"), (("8", "there"),) * 2)


def test_a_schema_that_does_not_exist_is_named(application: Application) -> None:
    """The error has the name as the check wrote it."""
    schema = pa.DataFrameSchema({"v": pa.Column(int)})
    with pytest.raises(MeasurementError, match=r"no table nowhere\.things"):
        verdicts(conforms_to(schema), application.open().table("nowhere.things"))


MOST = 1_600
"""As many columns as PostgreSQL lets a table have."""


def test_a_table_with_as_many_columns_as_there_may_be(application: Application) -> None:
    """Its rules are a few statements, each as wide as the server allows."""
    columns = ", ".join(f"c{place} int" for place in range(MOST))
    values = ", ".join("1" for _ in range(MOST))
    application.execute(f"create table wide ({columns})")
    application.owner.execute(sql.SQL("insert into wide values ({})").format(sql.SQL(values)))
    checks = [pa.Check.gt(0), pa.Check.lt(5)]
    wide = {f"c{place}": pa.Column(int, checks=checks) for place in range(MOST)}
    wide["c7"] = pa.Column(int, checks=pa.Check.gt(1))
    schema = pa.DataFrameSchema(wide, strict=True, ordered=True)
    found, journal = judge(conforms_to(schema), application.open().table("wide"))
    levels = Counter(verdict.level for verdict in found.values())
    assert levels == {OK: 5 * MOST, BREACH: 1}
    assert found["c7 greater_than"].bad == 1
    # A count for each rule on rows, and one of all rows; then the samples.
    counting = -(-(3 * MOST) // MOST) + 1
    assert len(sent(journal, "wide")) == counting


def test_a_pattern_over_as_many_columns_as_there_may_be(application: Application) -> None:
    """One rule on all of them is one count."""
    columns = ", ".join(f"c{place} int default 1" for place in range(MOST))
    application.execute(f"create table wide ({columns})", "insert into wide (c0) values (0), (1)")
    column = pa.Column(int, regex=True, checks=pa.Check.gt(0))
    found, journal = judge(
        conforms_to(pa.DataFrameSchema({"c[0-9]+": column}), samples=0),
        application.open().table("wide"),
    )
    assert found["c[0-9]+ greater_than"].bad == 1
    assert len(sent(journal, "wide")) == 1
