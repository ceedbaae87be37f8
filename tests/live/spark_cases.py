"""What test_spark_target.py runs in a process that can import pyspark."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from sqlalchemy import DateTime, cast, column, func, literal, select

from gatepost.errors import MeasurementError
from gatepost.targets.base import TargetContext
from gatepost.targets.journal import keep_journal
from gatepost.targets.spark import Settings, Spark, open_target

SLOT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
JOBS = """
    select id, concat('Engineer ', id) as title, cast(id * 1.5 as decimal(10, 2)) as salary,
           cast(id as double) as score,
           timestamp '2026-03-05 05:00:00Z' - make_interval(0, 0, 0, 0, id) as crawled_at,
           timestamp_ntz '2026-03-05 05:00:00' as local_time, array('a') as tags
    from range(100)
"""
ENDLESS = "select count(*) from range(1000000000000) where (id % 1009) * (id % 1013) % 7 = 3"

Open = Callable[..., Spark]


@pytest.fixture(scope="module")
def lake(spark_session: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `jobs.parquet`, beside the same in the table `app.jobs`."""
    folder = tmp_path_factory.mktemp("lake") / "it's `a` lake"
    frame = spark_session.sql(JOBS)
    frame.repartition(4).write.parquet(str(folder / "jobs.parquet"))
    spark_session.sql("create database app")
    frame.write.saveAsTable("app.jobs")
    return folder


@pytest.fixture
def open_spark(lake: Path) -> Iterator[Open]:
    """Opens Spark as a target, with settings; closes it after the test."""
    opened: list[Spark] = []

    def open_it(**settings: object) -> Spark:
        keys = {"kind": "spark", "path": lake.name, **settings}
        context = TargetContext(slot=SLOT, root=lake.parent)
        opened.append(open_target("lake", Settings.model_validate(keys), context))
        return opened[-1]

    yield open_it
    for spark in opened:
        spark.close()


@pytest.fixture
def spark(open_spark: Open) -> Spark:
    """Spark as a target with default settings."""
    return open_spark()


@pytest.mark.parametrize("name", ["app.jobs", "jobs.parquet"])
def test_statement_of_a_table_is_executed_by_spark(spark: Spark, name: str) -> None:
    """One statement of SQLAlchemy's counts a table and files alike, with bound values."""
    bad = column("title").regexp_match(r"^Engineer \d$")
    query = select(
        func.count(),
        func.count().filter(bad),
        func.count().filter(~bad),
        func.count().filter(column("title").in_(["Engineer 7", "it's", "\\"])),
        func.max(column("salary")),
    )
    with keep_journal() as journal:
        found = spark.rows(query.select_from(spark.relation(name)))
    assert [tuple(map(float, row)) for row in found] == [(100, 10, 90, 1, 148.5)]
    assert journal.rows == 1


def test_times_keep_their_zone(spark: Spark, monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment comes aware and in UTC wherever the driver is; a local time comes as it is."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        times = select(func.max(column("crawled_at")), func.max(column("local_time")))
        found = spark.rows(times.select_from(spark.relation("jobs.parquet")))
        assert found == [
            (datetime(2026, 3, 5, 5, tzinfo=UTC), datetime(2026, 3, 5, 5))  # noqa: DTZ001 - as it is
        ]
        sql = "select count(*) from app.jobs where crawled_at > :slot - interval 3 hours"
        assert spark.scalar(sql) == 2
    finally:
        monkeypatch.undo()
        os.environ.setdefault("TZ", "UTC")
        time.tzset()


def test_literal_is_quoted(spark: Spark) -> None:
    """What is written into a statement comes back, backslashes and quotes included."""
    hostile = "a'b\\n`\"\\"
    assert spark.scalar(select(literal(hostile, literal_execute=True))) == hostile
    assert spark.scalar(select(literal(hostile))) == hostile


def test_cast_of_a_moment(spark: Spark) -> None:
    """A date and time without zone is Spark's TIMESTAMP_NTZ."""
    query = select(func.typeof(cast(literal("2026-03-05"), DateTime())))
    assert spark.scalar(query) == "timestamp_ntz"


def test_newest_and_frame_work_as_on_a_database(open_spark: Open) -> None:
    """What a database's table can do works; a frame is fetched up to max_rows only."""
    spark = open_spark(max_rows=100)
    assert spark.newest("jobs.parquet", "crawled_at") == datetime(2026, 3, 5, 5, tzinfo=UTC)
    assert len(spark.frame("select id, title from app.jobs")) == 100
    with pytest.raises(MeasurementError, match="lake: the query returns more than 100 rows"):
        spark.frame("select id from range(101)")


def test_columns_are_described(spark: Spark) -> None:
    """The columns of files and tables come with their types, and nothing is proved of rows."""
    for name in ("app.jobs", "jobs.parquet"):
        assert spark.columns(name) == {
            "id": "BIGINT",
            "title": "STRING",
            "salary": "DECIMAL(10, 2)",
            "score": "DOUBLE",
            "crawled_at": "TIMESTAMP",
            "local_time": "TIMESTAMP_NTZ",
            "tags": "array<string>",
        }
        described = spark.describe_table(name)
        assert not described.unique
        assert not any(each.not_null for each in described.columns.values())


@pytest.mark.parametrize(
    "sql",
    [
        "create table app.other (id int) using parquet",
        "insert into app.jobs select * from app.jobs",
        "drop table app.jobs",
        "with x as (select * from app.jobs) insert into app.jobs select * from x",
        "select 1) union all (select 2",
    ],
)
def test_command_is_refused(spark: Spark, spark_session: SparkSession, sql: str) -> None:
    """What is not a query is refused before it runs."""
    with pytest.raises(MeasurementError, match="lake: "):
        spark.frame(sql)
    assert spark_session.catalog.tableExists("app.jobs")
    assert not spark_session.catalog.tableExists("app.other")
    assert spark_session.table("app.jobs").count() == 100


def test_query_that_does_not_begin_with_select(spark: Spark) -> None:
    """A query may begin with WITH."""
    assert spark.scalar("with x as (select 7 as n) select n from x") == 7


def test_time_out_is_named(open_spark: Open) -> None:
    """Past its time-out a job is cancelled, and the error says what to raise."""
    spark = open_spark(statement_timeout="1 s")
    with pytest.raises(MeasurementError, match="lake: the statement ran past its time-out of 1 s"):
        spark.scalar(ENDLESS)
    assert open_spark().scalar("select 1") == 1


def test_name_that_is_not_there_is_told(spark: Spark) -> None:
    """An unknown table, file or column is named, without Spark's plan."""
    with pytest.raises(MeasurementError, match="lake: there is no table nope"):
        spark.scalar("select count(*) from nope")
    with pytest.raises(MeasurementError, match=r"lake: there is no table none\.parquet"):
        spark.describe_table("none.parquet")
    with pytest.raises(MeasurementError, match=r"no table file:/.*/none\.parquet"):
        spark.newest("none.parquet", "id")
    with pytest.raises(MeasurementError, match="lake: there is no column titel"):
        spark.newest("app.jobs", "titel")


@pytest.mark.parametrize("name", ["../jobs.parquet", "/etc/jobs.parquet", "jobs/all.csv"])
def test_path_that_cannot_be_measured_is_refused(spark: Spark, name: str) -> None:
    """A path out of the folder, or to files without a schema, is an error that says so."""
    with pytest.raises(MeasurementError, match=r"lake: .*(leads out of|is of no kind)"):
        spark.relation(name)
