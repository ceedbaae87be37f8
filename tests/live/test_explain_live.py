"""What engines say of statements that are only explained: nothing of a table is read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandera.pandas as pa
import pytest

from fixtures import mariadb
from fixtures.postgres import CRAWLER, Server
from gatepost.errors import MeasurementError
from gatepost.expectations.base import Expectation
from gatepost.expectations.distinct import distinct
from gatepost.expectations.limits import at_least
from gatepost.expectations.references import references
from gatepost.expectations.row_count import row_count
from gatepost.expectations.tables import conforms_to
from gatepost.explaining.explanation import Explanation, Planned, explain_value
from gatepost.explaining.layout import render_text
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from gatepost.targets.statements import NotSent

SLOT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
START = Explanation("shop.orders.orders", "checks/shop/check_orders.py", 7)


class Orders(pa.DataFrameModel):
    id: int = pa.Field(unique=True)
    place: str = pa.Field(isin=["Hue", "Kandy"], nullable=True)


EXPECTATIONS = (conforms_to(Orders), row_count(at_least(1)), distinct("place", at_least(2)))


def opened(url: str) -> Database:
    settings = Settings.model_validate({"kind": "database", "url": url})
    return open_target("shop", settings, TargetContext(slot=SLOT, sends=False))


def explained(url: str, *given: Expectation[Any]) -> Explanation:
    target = opened(url)
    rows = [row for each in given or EXPECTATIONS for row in each.expand()]
    try:
        return explain_value(START, target.table("orders"), rows, SLOT)
    finally:
        target.close()


def first_of(found: Explanation) -> Planned:
    (statement, *_) = found.statements
    assert statement.estimate is not None
    return statement


def test_postgresql_estimates_cost_and_rows_and_reads_nothing(
    postgres_server: Server, postgres_database: str
) -> None:
    """The planner's own figures are shown; its counters say that the table was not scanned."""
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute("create table orders (id integer primary key, place text)")
        connection.execute("insert into orders select i, 'Hue' from generate_series(1, 5000) i")
        connection.execute("analyze orders")
        counted = "select seq_scan + idx_scan from pg_stat_user_tables where relname = 'orders'"
        connection.execute("select pg_stat_force_next_flush()")
        before = connection.execute(counted).fetchone()
        found = explained(postgres_server.url(postgres_database))
        connection.execute("select pg_stat_clear_snapshot()")
        assert connection.execute(counted).fetchone() == before
    statement = first_of(found)
    assert statement.estimate is not None
    assert (statement.estimate.cost or 0) > 50
    assert statement.estimate.rows == 1
    assert statement.estimate.steps == ("Seq Scan on orders",)
    assert found.about == "table orders of shop, about 5,000 rows by the catalogue"
    ways = {each.what: f"{each.tier}: {each.why}" for each in found.rules}
    assert ways["id unique"] == "proved: the unique index orders_pkey"
    assert ways["id not null"] == "proved: a not-null constraint"
    text = render_text([found], 80)
    assert "estimate: cost " in text
    assert max(map(len, text.splitlines())) <= 80


def test_large_tables_have_statements_beside_the_first(
    postgres_server: Server, postgres_database: str
) -> None:
    """Counting hashes and grouping by value are statements of their own, and shown."""
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute("create table orders (id integer, place text)")
        # Nothing of the catalogue is as large as a table that is worth it; its estimate is.
        connection.execute("insert into orders select i, 'Hue' from generate_series(1, 10) i")
        connection.execute("analyze orders")
    with postgres_server.connect(postgres_database) as connection:
        change = "update pg_class set reltuples = 1e6 where relname = 'orders'"
        connection.execute(change)
    found = explained(postgres_server.url(postgres_database))
    purposes = [each.purpose for each in found.statements]
    assert purposes == ["scans the table", *["runs beside the one before"] * 2]
    assert all(each.estimate is not None for each in found.statements)


def test_duckdb_estimates_rows(duckdb_file: Path) -> None:
    """DuckDB tells how many rows it expects to read of which table."""
    import duckdb

    with duckdb.connect(duckdb_file) as connection:
        connection.execute(
            "create table orders as select i as id, 'Hue' as place from range(900) t(i)"
        )
    target = opened(f"duckdb:///{duckdb_file}")
    with pytest.raises(NotSent) as held_back:
        target.scalar("select count(*) from orders where id > :least", least=3)
    target.close()
    estimate = held_back.value.estimate
    assert estimate is not None
    (step,) = estimate.steps
    assert step == 'SEQ_SCAN on "data".main.orders, about 180 rows'


def test_mariadb_estimates_how_tables_are_read(
    mariadb_server: mariadb.Server, mariadb_database: str
) -> None:
    """MariaDB tells how it would read a table, and about how many rows."""
    with mariadb_server.connect(mariadb_database) as connection, connection.cursor() as cursor:
        cursor.execute("create table orders (id integer primary key, place varchar(20))")
        cursor.execute("insert into orders values (1, 'Hue'), (2, 'Kandy')")
        connection.commit()
    target = opened(mariadb_server.url(mariadb_database))
    with pytest.raises(NotSent) as held_back:
        target.scalar("select count(*) from orders where place > :least", least="A")
    target.close()
    estimate = held_back.value.estimate
    assert estimate is not None
    assert estimate.steps == ("table scan on orders, about 2 rows",)


def test_what_is_not_sent_cannot_be_caught_by_a_check(
    postgres_server: Server, postgres_database: str
) -> None:
    """Neither as an error, nor from another thread, does a statement get through."""
    from concurrent.futures import ThreadPoolExecutor

    target = opened(postgres_server.url(postgres_database))
    assert not issubclass(NotSent, Exception)
    with ThreadPoolExecutor(1) as pool, pytest.raises(NotSent):
        pool.submit(target.scalar, "select 1").result()
    for ask in (target.ping, target.size, target.connections):
        with pytest.raises(NotSent):
            ask()
    with pytest.raises(NotSent, match="show server_version") as held_back:
        target.scalar("show server_version")
    assert held_back.value.estimate is None
    with pytest.raises(MeasurementError, match="there is no table nowhere"):
        target.scalar("select count(*) from nowhere")
    target.close()


def test_rules_across_tables_show_their_first_statement(
    postgres_server: Server, postgres_database: str
) -> None:
    """What needs statements of its own is explained by the first; a foreign key needs none."""
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute("create table places (name text primary key)")
        connection.execute("create table orders (id integer primary key, place text)")
    url = postgres_server.url(postgres_database)
    expectation = references("places", {"place": "name"})
    found = explained(url, expectation)
    (label,) = (row.label for row in expectation.expand())
    assert [(each.what, each.why) for each in found.rules] == [(label, "by statements of its own")]
    assert "places" in first_of(found).text
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute("alter table orders add foreign key (place) references places")
    found = explained(url, expectation)
    assert [each.tier for each in found.rules] == ["proved"]
    assert found.statements == ()
