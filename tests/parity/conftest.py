"""The engines that parity is tested on, each with a table `seen`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.postgres import CRAWLER, Server
from gatepost.tables.live import ColumnKind
from tests.parity.parity_engines import (
    DUCKDB,
    MARIADB,
    POSTGRESQL,
    SLOT,
    SPARK,
    SQLITE,
    Bench,
    declaration,
    open_database,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from fixtures import mariadb


@pytest.fixture
def postgresql_bench(postgres_server: Server, postgres_database: str) -> Iterator[Bench]:
    database = open_database(postgres_server.url(postgres_database))
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute("create type mood as enum ('ab', 'A', 'a')")
        connection.execute(declaration(POSTGRESQL))
        places = ", ".join(["%s"] * (1 + len(POSTGRESQL)))

        def replace(rows: Any) -> None:
            with connection.transaction():
                connection.execute("delete from seen")
                connection.cursor().executemany(f"insert into seen values ({places})", rows)  # noqa: S608 - places

        yield Bench(POSTGRESQL, database, replace)
    database.close()


@pytest.fixture
def sqlite_bench(tmp_path: Path) -> Iterator[Bench]:
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
            connection.executemany(f"insert into seen values ({places})", plain)  # noqa: S608 - places
            connection.commit()

        yield Bench(SQLITE, database, replace)
    database.close()


@pytest.fixture
def duckdb_bench(duckdb_file: Path) -> Iterator[Bench]:
    import duckdb

    database = open_database(f"duckdb:///{duckdb_file}")
    places = ", ".join(["?"] * (1 + len(DUCKDB)))

    def replace(rows: Any) -> None:
        database.close()  # within a process, nobody else may have the file open
        with duckdb.connect(str(duckdb_file)) as connection:
            connection.execute("begin")
            connection.execute("drop table if exists seen")
            connection.execute(declaration(DUCKDB))
            if rows:
                connection.executemany(f"insert into seen values ({places})", rows)  # noqa: S608 - places
            connection.execute("commit")

    yield Bench(DUCKDB, database, replace)
    database.close()


@pytest.fixture
def mariadb_bench(mariadb_server: mariadb.Server, mariadb_database: str) -> Iterator[Bench]:
    database = open_database(mariadb_server.url(mariadb_database))
    with closing(mariadb_server.connect(mariadb_database)) as connection:
        cursor = connection.cursor()
        cursor.execute(declaration(MARIADB))
        places = ", ".join(["%s"] * (1 + len(MARIADB)))

        def replace(rows: Any) -> None:
            connection.begin()
            cursor.execute("delete from seen")
            cursor.executemany(f"insert into seen values ({places})", rows)  # noqa: S608 - places
            connection.commit()

        yield Bench(MARIADB, database, replace)
    database.close()


@pytest.fixture
def spark_bench(spark_session: SparkSession) -> Iterator[Bench]:
    from gatepost.targets import spark
    from gatepost.targets.base import TargetContext

    settings = spark.Settings.model_validate({"kind": "spark"})
    database = spark.open_target("lake", settings, TargetContext(slot=SLOT))
    typed = ", ".join(f"{name} {column.declared}" for name, column in SPARK.items())
    spark_session.conf.set("spark.sql.session.timeZone", "UTC")

    def replace(rows: Any) -> None:
        kinds = [ColumnKind.INTEGER, *(column.kind for column in SPARK.values())]
        converted = [list(map(_for_spark, row, kinds)) for row in rows]
        database.close()  # a session remembers a table's files
        frame = spark_session.createDataFrame(converted, f"place int, {typed}")
        frame.coalesce(2).write.mode("overwrite").saveAsTable("seen")

    yield Bench(SPARK, database, replace)
    database.close()


def _for_spark(cell: Any, kind: ColumnKind) -> Any:
    return Decimal(cell) if kind is ColumnKind.DECIMAL and isinstance(cell, int) else cell
