"""A DuckDB file as a database target: queries only, bounded, its own catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Numeric, cast, column, exc, func, literal, select, table

from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target

SLOT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
ENDLESS = "select count(*) from range(10000000) a, range(1000000) b where a.range * b.range % 7 = 3"

Open = Callable[..., Database]


@pytest.fixture
def path(duckdb_file: Path) -> Path:
    """A file with tables, a view, constraints and types of all kinds."""
    import duckdb

    with duckdb.connect(str(duckdb_file)) as connection:
        connection.execute(
            """
            create table jobs (
                id integer primary key, title varchar not null unique, salary decimal(10, 2),
                crawled_at timestamptz, local_time timestamp, tags varchar[], large hugeint,
                source enum('ios', 'it''s')
            );
            create schema "Side Show";
            create table "Side Show"."Mixed Case" ("a b" int, "left" int);
            create table children (job int references jobs (id), check (job > 0));
            create view titled as select * from jobs where title <> '';
            insert into jobs
            select i, 'Engineer ' || i, i * 1.5,
                   timestamptz '2026-03-05 05:00:00+00' - i * interval 1 hour,
                   timestamp '2026-03-05 05:00:00', ['a'], i, 'ios'
            from range(100) numbers(i);
            """
        )
    return duckdb_file


@pytest.fixture
def open_database(path: Path) -> Iterator[Open]:
    """Opens the file as a target, with settings; closes it after the test."""
    opened: list[Database] = []

    def open_it(**settings: object) -> Database:
        keys = {"kind": "database", "url": f"duckdb:///{path.name}", **settings}
        context = TargetContext(slot=SLOT, root=path.parent)
        opened.append(open_target("app", Settings.model_validate(keys), context))
        return opened[-1]

    yield open_it
    for database in opened:
        database.close()


@pytest.fixture
def database(open_database: Open) -> Database:
    """The file as a target with default settings."""
    return open_database()


def test_figures_come_as_from_any_database(database: Database) -> None:
    """Bound parameters, decimals as floats, times in UTC."""
    assert database.scalar("select avg(salary) from jobs where id < :most", most=3) == 1.5
    assert database.newest("jobs", "crawled_at") == datetime(2026, 3, 5, 5, tzinfo=UTC)
    assert len(database.frame("select * from titled")) == 100


def test_pattern_is_searched_for(database: Database) -> None:
    """A regular expression matches anywhere in the text, and may be denied."""
    ends_in_seven = column("title").regexp_match("7$")
    query = select(func.count().filter(ends_in_seven), func.count().filter(~ends_in_seven))
    assert database.rows(query.select_from(table("jobs"))) == [(10, 90)]


def test_same_value_is_the_same_expression(database: Database) -> None:
    """A group by an expression with a bound value can be selected."""
    day = func.date_trunc("day", column("crawled_at"))
    query = select(day, func.count()).select_from(table("jobs")).group_by(day)
    assert sum(count for _, count in database.rows(query)) == 100


def test_decimal_without_scale_is_refused(database: Database) -> None:
    """DuckDB would round silently to three decimals."""
    with pytest.raises((MeasurementError, exc.CompileError), match="give precision and scale"):
        database.scalar(select(cast(literal(1), Numeric())))


@pytest.mark.parametrize(
    "sql",
    [
        "insert into jobs (id, title) values (1000, 'x')",
        "copy jobs to 'copied.csv'",
        "explain analyze copy jobs to 'copied.csv'",
        "select 1; copy jobs to 'copied.csv'",
        "attach 'copied.csv'",
        "set threads = 1",
    ],
)
def test_what_is_no_query_is_refused(
    database: Database, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written: neither to the database nor to any other file."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MeasurementError, match="app: check tried to write"):
        database.scalar(sql)
    assert not Path("copied.csv").exists()
    assert database.scalar("select count(*) from jobs") == 100


def test_time_out_is_named(open_database: Open) -> None:
    """A statement past its time-out is interrupted, and the session goes on."""
    database = open_database(statement_timeout="200 ms")
    with pytest.raises(MeasurementError, match="ran past its time-out of 200 ms"):
        database.scalar(ENDLESS)
    assert database.scalar("select 1") == 1


def test_catalogue_is_read(database: Database) -> None:
    """Columns, keys and constraints come from DuckDB's own catalogue."""
    assert database.tables() == ("children", "jobs", "titled")
    assert database.columns("jobs") == {
        "id": "INTEGER",
        "title": "VARCHAR",
        "salary": "DECIMAL(10, 2)",
        "crawled_at": "TIMESTAMP WITH TIME ZONE",
        "local_time": "TIMESTAMP",
        "tags": "VARCHAR[]",
        "large": "HUGEINT",
        "source": "ENUM('ios', 'it''s')",
    }
    assert list(database.columns("Side Show.Mixed Case")) == ["a b", "left"]
    described = database.describe_table("jobs")
    assert [each.name for each in described.columns.values() if each.not_null] == ["id", "title"]
    assert set(described.unique.values()) == {frozenset({"id"}), frozenset({"title"})}


def test_names_are_quoted(database: Database) -> None:
    """A reserved word and a space in a name are quoted."""
    query = select(func.count(), func.max(column("left")), func.max(column("a b")))
    assert database.rows(query.select_from(database.relation("Side Show.Mixed Case"))) == [
        (0, None, None)
    ]


def test_name_that_is_not_there_is_told(database: Database) -> None:
    """An unknown table or column is named, with what is like it."""
    with pytest.raises(MeasurementError, match="app: there is no table job; did you mean jobs"):
        database.scalar("select count(*) from job")
    with pytest.raises(MeasurementError, match="no column titel; did you mean title"):
        database.scalar("select titel from jobs")


def test_file_that_is_missing_is_unavailable(open_database: Open, tmp_path: Path) -> None:
    """A missing file is an outage, and is not created."""
    with pytest.raises(Unavailable, match="the file does not exist"):
        open_database(url="duckdb:///none.duckdb").ping()
    assert not (tmp_path / "none.duckdb").exists()


def test_file_that_is_none_of_duckdb_is_unavailable(open_database: Open, tmp_path: Path) -> None:
    """A file of another kind is an outage that says so."""
    (tmp_path / "text.duckdb").write_text("no database " * 1000)
    with pytest.raises(Unavailable, match="the file is not a DuckDB database"):
        open_database(url="duckdb:///text.duckdb").ping()
