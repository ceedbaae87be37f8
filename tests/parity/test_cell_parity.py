"""Rules in SQL find the same bad rows as pandera, on every engine, cell for cell.

GATEPOST_PARITY_EXAMPLES is the number of tables for each engine, and
GATEPOST_PARITY_SEED draws the same ones again.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandera.pandas as pa
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import case, column, select, table

from fixtures.postgres import CRAWLER, Server
from gatepost.tables import predicates
from gatepost.tables.rules import Kind, Rule, rules_of
from tests.parity.parity_cells import checks
from tests.parity.parity_engines import (
    DUCKDB,
    MARIADB,
    POSTGRESQL,
    SQLITE,
    Bench,
    declaration,
    open_database,
)
from tests.parity.parity_oracle import bad_cells

EXAMPLES = int(os.environ.get("GATEPOST_PARITY_EXAMPLES", "25"))
SEED = int(os.environ.get("GATEPOST_PARITY_SEED", "20260310"))


@pytest.fixture
def postgresql(postgres_server: Server, postgres_database: str) -> Iterator[Bench]:
    database = open_database(postgres_server.url(postgres_database))
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute("create type mood as enum ('ab', 'A', 'a')")
        connection.execute(declaration(POSTGRESQL))
        places = ", ".join(["%s"] * (1 + len(POSTGRESQL)))

        def replace(rows: Any) -> None:
            with connection.transaction():
                connection.execute("delete from seen")
                connection.cursor().executemany(f"insert into seen values ({places})", rows)  # noqa: S608

        yield Bench(POSTGRESQL, database, replace)
    database.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Bench]:
    path = tmp_path / "seen.db"
    database = open_database(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(declaration(SQLITE))
        connection.commit()
        places = ", ".join(["?"] * (1 + len(SQLITE)))

        def replace(rows: Any) -> None:
            plain = [
                [cell.isoformat(" ") if name == "made" and cell is not None else
                 cell.isoformat() if name == "on_day" and cell is not None else cell
                 for name, cell in zip(["place", *SQLITE], row, strict=True)]
                for row in rows
            ]  # fmt: skip
            connection.execute("delete from seen")
            connection.executemany(f"insert into seen values ({places})", plain)  # noqa: S608
            connection.commit()

        yield Bench(SQLITE, database, replace)
    database.close()


@pytest.fixture
def duckdb(duckdb_file: Path) -> Iterator[Bench]:
    import duckdb

    database = open_database(f"duckdb:///{duckdb_file}")
    places = ", ".join(["?"] * (1 + len(DUCKDB)))

    def replace(rows: Any) -> None:
        database.close()  # within a process, nobody else may have the file open
        with duckdb.connect(str(duckdb_file)) as connection:
            connection.execute("begin")
            connection.execute("drop table if exists seen")
            connection.execute(declaration(DUCKDB))
            connection.executemany(f"insert into seen values ({places})", rows)
            connection.execute("commit")

    yield Bench(DUCKDB, database, replace)
    database.close()


@pytest.fixture
def mariadb(mariadb_server: Any, mariadb_database: str) -> Iterator[Bench]:
    database = open_database(mariadb_server.url(mariadb_database))
    with closing(mariadb_server.connect(mariadb_database)) as connection:
        cursor = connection.cursor()
        cursor.execute(declaration(MARIADB))
        places = ", ".join(["%s"] * (1 + len(MARIADB)))

        def replace(rows: Any) -> None:
            connection.begin()
            cursor.execute("delete from seen")
            cursor.executemany(f"insert into seen values ({places})", rows)
            connection.commit()

        yield Bench(MARIADB, database, replace)
    database.close()


@pytest.mark.parametrize("engine", ["postgresql", "sqlite", "duckdb", "mariadb"])
def test_sql_finds_the_bad_cells_that_pandera_finds(
    engine: str, request: pytest.FixtureRequest
) -> None:
    """Whatever compiles says of every cell what pandera says, and says yes or no."""
    bench: Bench = request.getfixturevalue(engine)
    tally: Counter[str] = Counter()
    refused: Counter[str] = Counter()

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        _compare(bench, data, tally, refused)

    agree()
    print(f"{engine}, seed {SEED}: {dict(tally)}")
    if os.environ.get("GATEPOST_PARITY_REFUSED"):
        print(*(f"{count:6} {reason}" for reason, count in refused.most_common(60)), sep="\n")
    assert tally["compared"] > 10 * EXAMPLES


def _compare(bench: Bench, data: st.DataObject, tally: Counter[str], refused: Counter[str]) -> None:
    columns = bench.columns
    size = data.draw(st.integers(1, 12))
    drawn = {
        name: data.draw(st.lists(typed.cells | st.none(), min_size=size, max_size=size))
        for name, typed in columns.items()
    }
    bench.replace([[place, *row] for place, row in enumerate(zip(*drawn.values(), strict=True))])
    live = bench.database.describe_table("seen").columns
    compiled: list[tuple[Rule, Any]] = []
    for name, typed in columns.items():
        assert live[name].kind is typed.kind, name
        cells = drawn[name]
        drawn_checks = data.draw(st.lists(checks(typed.kind, cells), min_size=4, max_size=8))
        schema = pa.DataFrameSchema({name: pa.Column(None, drawn_checks)})
        for rule in rules_of(schema):
            if rule.kind not in (Kind.CHECK, Kind.NOT_NULL):
                continue
            try:
                bad = predicates.breaks(rule, live[name], bench.database.backend)
            except predicates.Refused as reason:
                tally["refused"] += 1
                refused[f"{typed.kind.name} {rule.label.split()[1]}: {reason}"] += 1
                continue
            compiled.append((rule, bad))
    answers = [
        case((bad, 1), (bad.is_(None), 2), else_=0).label(f"rule_{place}")
        for place, (_, bad) in enumerate(compiled)
    ]
    statement = select(*answers).select_from(table("seen")).order_by(column("place"))
    rows = bench.database.rows(statement)
    for place, (rule, bad) in enumerate(compiled):
        name = str(rule.column)
        expected = bad_cells(rule, columns[name].kind, drawn[name])
        found = [row[place] for row in rows]
        told = f"{rule.text} (ignore_na={rule.check and rule.check.ignore_na}) on {drawn[name]!r}"
        assert not isinstance(expected, str), f"pandera: {expected}; SQL: {found}; {told}\n{bad}"
        assert found == [int(each) for each in expected], (
            f"seed {SEED}: {told}\nSQL {found}\npandera {expected}\n{bad}"
        )
        tally["compared"] += 1
        tally["bad"] += sum(expected)
