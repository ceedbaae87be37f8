"""Databases that are measured ahead, by several threads in turn, answer what they always answer."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fixtures.postgres import CRAWLER, Server

ORDERS = "create table orders (id integer primary key, price numeric, made timestamp)"
ROW = "insert into orders values ({0}, {0} * 1.5, '2026-03-01 06:00:00')"
ROWS = [ROW.format(number) for number in range(1, 60)]

CHECKS = """
import pandera.pandas as pa
import pytest
from gatepost import Table, at_least, check, conforms_to, exactly, numeric, row_count

class Orders(pa.DataFrameModel):
    id: int = pa.Field(unique=True)
    price: float = pa.Field(ge=0, le=80)
    made: object = pa.Field(nullable=False)
"""

CHECKS_OF_ONE = """
@check(conforms_to(Orders), row_count(at_least(10)), numeric("price", p95=at_least(80)))
def check_table_{name}({name}) -> Table:
    return {name}.table("orders")

@check(exactly(59))
@pytest.mark.parametrize("number", range(8))
def check_count_{name}({name}, number: int) -> float:
    return {name}.scalar("select count(*) from orders where id <> :number", number=-number)

@check(at_least(1))
def check_frame_{name}({name}) -> float:
    return len({name}.frame("select * from orders where id < 20"))
"""


@pytest.fixture
def shop(
    tmp_path: Path, duckdb_file: Path, postgres_server: Server, postgres_database: str
) -> Path:
    """A project with the same table on three engines, and the same checks of each."""
    import duckdb

    with duckdb.connect(str(duckdb_file)) as in_duckdb:
        for statement in (ORDERS, *ROWS):
            in_duckdb.execute(statement)
    in_sqlite = sqlite3.connect(tmp_path / "data.sqlite")
    with in_sqlite:
        in_sqlite.executescript(";".join((ORDERS, *ROWS)))
    in_sqlite.close()
    with postgres_server.connect(postgres_database, CRAWLER) as in_postgres:
        in_postgres.execute(";".join((ORDERS, *ROWS)))
    urls = {
        "duck": f"duckdb:///{duckdb_file.name}",
        "lite": "sqlite:///data.sqlite",
        "post": postgres_server.url(postgres_database).replace("+psycopg", ""),
    }
    configuration = "".join(
        f'[targets.{name}]\nkind = "database"\nurl = "{url}"\n' for name, url in urls.items()
    )
    (tmp_path / "gatepost.toml").write_text(configuration, encoding="utf-8")
    (tmp_path / "checks").mkdir()
    checks = CHECKS + "".join(CHECKS_OF_ONE.format(name=name) for name in urls)
    (tmp_path / "checks" / "check_shop.py").write_text(checks, encoding="utf-8")
    return tmp_path


def run(shop: Path, *options: str) -> dict[str, Any]:
    """Run the project; the report's results by check id."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "checks", *options],
        cwd=shop,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert not done.stderr
    report = json.loads((shop / "reports" / "report.json").read_text(encoding="utf-8"))
    return {row["check"]["id"]: row for row in report["results"]}


def test_databases_answer_the_same_ahead_and_in_their_turn(shop: Path) -> None:
    """PostgreSQL, SQLite and DuckDB: rules on tables, figures and frames."""
    ahead, in_turn = run(shop), run(shop, "--gatepost-ahead=0")
    assert len(ahead) > 45
    for check_id, row in in_turn.items():
        same = ahead[check_id]
        assert same["verdict"]["level"] == row["verdict"]["level"] != "error", check_id
        assert same["verdict"]["sentence"] == row["verdict"]["sentence"]
    assert {"ok", "breach"} <= {row["verdict"]["level"] for row in ahead.values()}
