"""What test_reconciliation_spark.py runs in a process that can import pyspark."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import SparkSession

from gatepost.tables.across.comparison import Compare, Compared, Pair, compare
from gatepost.tables.across.differences import Contents
from gatepost.targets import database, spark
from gatepost.targets.base import TargetContext

SLOT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
IN_SPARK = """
    select 1 as id, cast(1.5 as decimal(12, 4)) as amount, 'Hu\u1ebf' as name,
           date '0999-01-01' as day, timestamp '2026-03-09 02:02:03.123456+01:00' as at,
           timestamp_ntz '2026-03-09 01:02:03' as local, true as is_open, double(2.5) as score
    union all select 2, cast('-0.0001' as decimal(12, 4)), '', date '1999-12-31',
           timestamp '1970-01-01 00:00:00Z', null, false, double('1e100')
    union all select 3, null, null, null, null, null, null, null
    union all select 4, cast(12345678 as decimal(12, 4)), 'e\u0301 \U0001f600', null, null, null,
           true, double('-0.0')
    union all select 5, cast(0 as decimal(12, 4)), 'a;b:c', null, null, null, true,
           double('-1e-300')
"""
IN_SQLITE = """
    create table t (
        id integer, amount numeric(12, 4), name text, day date, at datetime, local datetime,
        is_open boolean, score double
    );
    insert into t values
        (1, 1.5, 'Hu\u1ebf', '0999-01-01', '2026-03-09 01:02:03.123456', '2026-03-09 01:02:03',
         1, 2.5),
        (2, -0.0001, '', '1999-12-31', '1970-01-01 00:00:00', null, 0, 1e100),
        (3, null, null, null, null, null, null, null),
        (4, 12345678, 'e\u0301 \U0001f600', null, null, null, 1, 0),
        (5, 0, 'a;b:c', null, null, null, 1, -1e-300);
"""
COLUMNS: tuple[Pair, ...] = tuple(
    (name, name) for name in ("amount", "name", "day", "at", "local", "is_open", "score")
)


def test_spark_and_sqlite_agree(spark_session: SparkSession, tmp_path: Path) -> None:
    """Equal values are equal on both, and a row that is missing is found."""
    spark_session.sql(IN_SPARK).write.parquet(str(tmp_path / "t.parquet"))
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        connection.executescript(IN_SQLITE)
    context = TargetContext(slot=SLOT, root=tmp_path)
    keys = {"kind": "spark", "path": str(tmp_path)}
    lake = spark.open_target("lake", spark.Settings.model_validate(keys), context)
    keys = {"kind": "database", "url": "sqlite:///t.db"}
    app = database.open_target("app", database.Settings.model_validate(keys), context)
    ask = Compare((("id", "id"),), COLUMNS, (("amount", "amount"),))
    found = compare(lake.table("t.parquet"), app.table("t"), ask, SLOT)
    assert isinstance(found, Compared)
    assert found.contents == Contents(5)
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection, connection:
        connection.execute("delete from t where id = 4")
    found = compare(lake.table("t.parquet"), app.table("t"), ask, SLOT)
    assert isinstance(found, Compared)
    assert isinstance(found.contents, Contents)
    assert (found.contents.agreeing, found.contents.only_left) == (4, 1)
    lake.close()
    app.close()
