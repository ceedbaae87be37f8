"""Tables of real engines are compared: values that are equal are so on all of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from fixtures.postgres import CRAWLER, Server
from gatepost.expectations.base import Context
from gatepost.expectations.reconciliation import reconciles_with
from gatepost.model import Level
from gatepost.tables.across.comparison import Compare, Compared, Pair, Sums, compare
from gatepost.tables.across.differences import Contents
from gatepost.tables.asks import NotEvaluated, Scan
from gatepost.tables.table import Table
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target

SLOT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
KEY: tuple[Pair, ...] = (("id", "id"),)

# Each engine's own type for a column; texts and numbers are written as others would not.
TYPES = {
    "postgresql": {
        "id": "bigint",
        "amount": "numeric(14, 2)",
        "name": "text",
        "code": "char(6)",
        "day": "date",
        "made_at": "timestamptz",
        "is_open": "boolean",
        "token": "uuid",
        "score": "double precision",
    },
    "sqlite": {
        "id": "integer",
        "amount": "numeric(14, 2)",
        "name": "varchar(100)",
        "code": "varchar(6)",
        "day": "date",
        "made_at": "datetime",
        "is_open": "boolean",
        "token": "char(32)",
        "score": "double",
    },
    "duckdb": {
        "id": "integer",
        "amount": "decimal(18, 5)",
        "name": "varchar",
        "code": "varchar",
        "day": "date",
        "made_at": "timestamp",
        "is_open": "boolean",
        "token": "uuid",
        "score": "double",
    },
    "mariadb": {
        "id": "int",
        "amount": "decimal(15, 4)",
        "name": "text",
        "code": "char(6)",
        "day": "date",
        "made_at": "datetime(6)",
        "is_open": "boolean",
        "token": "varchar(36)",
    },
}
ROWS: list[tuple[Any, ...]] = [
    (
        1,
        "1.50",
        "Hu\u1ebf",
        "ab",
        "2026-03-09",
        "2026-03-09 01:02:03.123456",
        True,
        "0b0f6c8e-5f0e-4c43-9f44-0a2b6f2f3c11",
        "2.5",
    ),
    (2, "-0.10", "x;y:z", "ab  ", "1999-12-31", "2026-03-09 01:02:03", False, None, "1e100"),
    (3, None, None, None, None, None, None, None, None),
    (4, "12345678", "", "", "0999-01-01", "1970-01-01 00:00:00.5", True, None, "-1e-300"),
    (5, "100", "a'b\"c%d", "z", "2026-03-09", "2026-03-09 23:59:59.999999", True, None, "0.1"),
    (6, "0", "e\u0301 \u65e5\u672c \U0001f600", "z", "2026-03-09", None, True, None, "-0.0"),
    (7, "0.01", " padded ", "z", "2026-03-09", "2000-02-29 00:00:00", False, None, "100"),
]


def columns_of(*backends: str) -> tuple[Pair, ...]:
    """What both engines have and can be compared, without the key."""
    types = [TYPES[backend] for backend in backends]
    names = [name for name in types[0] if all(name in each for each in types)]
    # Without UUIDs on either side, nothing tells that other spellings mean the same.
    if not any(each["token"] == "uuid" for each in types):
        names.remove("token")
    return tuple((name, name) for name in names[1:])


def rows_for(backend: str) -> list[tuple[Any, ...]]:
    """The rows as somebody who fills such a table would write them."""
    width = len(TYPES[backend])
    made, token = list(TYPES[backend]).index("made_at"), list(TYPES[backend]).index("token")
    rows = []
    for row in ROWS:
        cells = list(row[:width])
        if backend == "postgresql" and cells[made]:
            cells[made] += "+00"
        if backend == "sqlite":
            cells[token] = cells[token] and cells[token].replace("-", "").upper()
            cells[made] = cells[made] and cells[made].replace(" ", "T") + "Z"
        if backend == "mariadb":
            cells[token] = cells[token] and cells[token].upper()
        rows.append(tuple(cells))
    return rows


def statements(backend: str, mark: str) -> tuple[str, str]:
    """What makes the table, and what inserts a row."""
    types = TYPES[backend]
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    marks = ", ".join([mark] * len(types))
    return f"create table t ({columns})", f"insert into t values ({marks})"  # noqa: S608 - marks


Open = Callable[[str], Table]


@pytest.fixture
def open_table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Makes the table `t` with the rows in an engine, and opens it."""
    opened: list[Database] = []

    def open_it(backend: str) -> Table:
        url = FILL[backend](request, tmp_path)
        keys = {"kind": "database", "url": url}
        context = TargetContext(slot=SLOT, root=tmp_path)
        opened.append(open_target(backend, Settings.model_validate(keys), context))
        return opened[-1].table("t")

    yield open_it
    for database in opened:
        database.close()


def fill_postgresql(request: pytest.FixtureRequest, _folder: Path) -> str:
    server: Server = request.getfixturevalue("postgres_server")
    name = request.getfixturevalue("postgres_database")
    create, insert = statements("postgresql", "%s")
    with server.connect(name, CRAWLER) as connection, connection.cursor() as cursor:
        cursor.execute(create)
        cursor.executemany(insert, rows_for("postgresql"))
    return server.url(name)


def fill_sqlite(_request: pytest.FixtureRequest, folder: Path) -> str:
    create, insert = statements("sqlite", "?")
    with closing(sqlite3.connect(folder / "s.db")) as connection, connection:
        connection.execute(create)
        connection.executemany(insert, rows_for("sqlite"))
    return "sqlite:///s.db"


def fill_duckdb(request: pytest.FixtureRequest, _folder: Path) -> str:
    path = request.getfixturevalue("duckdb_file")
    import duckdb

    create, insert = statements("duckdb", "?")
    with duckdb.connect(str(path)) as connection:
        connection.execute(create)
        connection.executemany(insert, rows_for("duckdb"))
    return f"duckdb:///{path}"


def fill_mariadb(request: pytest.FixtureRequest, _folder: Path) -> str:
    server = request.getfixturevalue("mariadb_server")
    name = request.getfixturevalue("mariadb_database")
    create, insert = statements("mariadb", "%s")
    with closing(server.connect(name)) as connection, connection.cursor() as cursor:
        cursor.execute(create)
        cursor.executemany(insert, rows_for("mariadb"))
        connection.commit()
    return str(server.url(name))


FILL = {
    "postgresql": fill_postgresql,
    "sqlite": fill_sqlite,
    "duckdb": fill_duckdb,
    "mariadb": fill_mariadb,
}


@pytest.mark.parametrize(("left", "right"), list(combinations(TYPES, 2)))
def test_equal_values_are_equal_on_both_engines(open_table: Open, left: str, right: str) -> None:
    """Other scales, zeros, zones, paddings and spellings of one value are no difference."""
    ask = Compare(KEY, columns_of(left, right), (("amount", "amount"),))
    found = compare(open_table(left), open_table(right), ask, SLOT)
    assert isinstance(found, Compared)
    assert found.contents == Contents(len(ROWS))
    assert all(isinstance(each, Sums) and each.agree for each in found.sums)


def test_floating_point_numbers_are_refused_where_no_text_is_common(open_table: Open) -> None:
    """By the contents' row alone; the count is made."""
    maria, postgres = open_table("mariadb"), open_table("postgresql")
    found = compare(maria, postgres, Compare(KEY, (("id", "score"),)), SLOT)
    assert isinstance(found, Compared)
    assert found.contents == NotEvaluated(
        "rows of mariadb and postgresql cannot be compared: "
        "id: mariadb does not write floating-point numbers as others do"
    )
    assert found.rows == (len(ROWS), len(ROWS))


def test_what_cannot_be_equal_is_refused(open_table: Open) -> None:
    """A text is no timestamp, and the sentence says which is which."""
    lite, postgres = open_table("sqlite"), open_table("postgresql")
    found = compare(lite, postgres, Compare(KEY, (("name", "made_at"),)), SLOT)
    assert isinstance(found, Compared)
    assert found.contents == NotEvaluated(
        "rows of sqlite and postgresql cannot be compared: name holds text on one side, "
        "made_at holds timestamps with time zone on the other"
    )
    found = compare(lite, postgres, Compare((("score", "score"),)), SLOT)
    assert isinstance(found, Compared)
    assert isinstance(found.contents, NotEvaluated)
    assert found.contents.why.startswith("the key 'score' holds floating-point numbers")


def test_a_check_of_two_databases_ends_in_verdicts(
    open_table: Open, postgres_server: Server, postgres_database: str
) -> None:
    """From the two tables to the sentences."""
    lite, postgres = open_table("sqlite"), open_table("postgresql")
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute("update t set amount = 1.51 where id = 1; delete from t where id = 4")
    rows = reconciles_with(key="id", columns=["amount", "name"], sums="amount").expand()
    (ask,) = {row.asks[0] for row in rows}
    scan = Scan({ask: compare(lite, postgres, ask, SLOT)})
    verdicts = [row.judge(scan, Context(SLOT)) for row in rows]
    assert {verdict.level for verdict in verdicts} == {Level.BREACH}
    assert [verdict.sentence.partition("; alert")[0] for verdict in verdicts] == [
        "sqlite has 7 rows, postgresql 6: 1 row more",
        "the sum of amount is 12,345,779.41 in sqlite, 101.42 in postgresql",
        "2 of 7 rows disagree: 1 only in sqlite: id 4; 1 differs: id 1 (amount)",
    ]


def open_postgres(server: Server, name: str) -> Database:
    keys = {"kind": "database", "url": server.url(name)}
    return open_target("app", Settings.model_validate(keys), TargetContext(slot=SLOT))


def test_sums_are_exact_however_long(postgres_server: Server, postgres_database: str) -> None:
    """A cent more than 10^35 is a cent more."""
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute("create table t as select 1 as id, 1e35::numeric as n union select 2, 0")
        connection.execute("create table u as select id, n + 0.01 as n from t where id = 1")
    with closing(open_postgres(postgres_server, postgres_database)) as database:
        ask = Compare(KEY, sums=(("n", "n"),))
        found = compare(database.table("t"), database.table("u"), ask, SLOT)
    assert isinstance(found, Compared)
    (sums,) = found.sums
    assert isinstance(sums, Sums)
    assert not sums.agree


INFINITE = """
    create table t (id int, n numeric, d date, at timestamptz);
    create table u (id int, n numeric, d date, at timestamptz);
    insert into t values (1, 'NaN', 'infinity', '-infinity'), (2, null, null, null);
    insert into u values (1, 'NaN', 'infinity', '-infinity'), (2, 'NaN', null, null),
                         (3, 0, '2026-01-01', 'infinity');
"""


def test_nan_and_infinity_are_values(postgres_server: Server, postgres_database: str) -> None:
    """Equal to themselves, and neither null nor nothing."""
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute(INFINITE)
    columns: tuple[Pair, ...] = (("n", "n"), ("d", "d"), ("at", "at"))
    with closing(open_postgres(postgres_server, postgres_database)) as database:
        found = compare(database.table("t"), database.table("u"), Compare(KEY, columns), SLOT)
    assert isinstance(found, Compared)
    assert isinstance(found.contents, Contents)
    contents = found.contents
    assert (contents.agreeing, contents.differing, contents.only_right) == (1, 1, 1)
