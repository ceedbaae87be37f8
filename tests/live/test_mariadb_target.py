"""A real MariaDB as a database target: read-only, bounded, one snapshot per check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import column, func, select

from fixtures.mariadb import Server
from fixtures.processes import free_port
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from gatepost.targets.journal import keep_journal

SLOT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
ENDLESS = "select count(*) from seq_1_to_1000000 a, seq_1_to_1000000 b where a.seq * b.seq % 7 = 3"

Open = Callable[..., Database]


@pytest.fixture
def connection(mariadb_server: Server, mariadb_database: str) -> Iterator[Any]:
    """The application's own connection, with its tables; each statement commits."""
    with closing(mariadb_server.connect(mariadb_database)) as connection:
        run(
            connection,
            """
            create table jobs (
                id int primary key, title varchar(20) not null unique, salary decimal(10, 2),
                score double, crawled_at datetime, body text, open boolean,
                source enum('ios', 'web')
            )
            """,
            "create table `Mixed Case` (`a b` int, `é` int references jobs (id))",
            "create view titled as select * from jobs where title <> ''",
            """
            insert into jobs
            select seq, concat('Engineer ', seq), seq * 1.5, seq,
                   timestamp '2026-03-05 05:00:00' - interval seq hour, 'x', true, 'ios'
            from seq_0_to_99
            """,
        )
        yield connection


def run(connection: Any, *statements: str) -> None:
    """Execute statements that commit by themselves."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def open_database(
    mariadb_server: Server, mariadb_database: str, connection: object
) -> Iterator[Open]:
    """Opens the test's database as a target, with settings; closes it after the test."""
    opened: list[Database] = []

    def open_it(**settings: object) -> Database:
        keys = {"kind": "database", "url": mariadb_server.url(mariadb_database), **settings}
        opened.append(open_target("app", Settings.model_validate(keys), TargetContext(slot=SLOT)))
        return opened[-1]

    yield open_it
    for database in opened:
        database.close()


@pytest.fixture
def database(open_database: Open) -> Database:
    """The test's database as a target with default settings."""
    return open_database()


def test_figures_come_as_from_any_database(database: Database) -> None:
    """Bound parameters, decimals as floats, and a series with every day of its window."""
    assert database.scalar("select avg(salary) from jobs where id < :most", most=3) == 1.5
    sql = """
        select date(crawled_at) as day, count(*) as number from jobs
        where crawled_at >= :since and crawled_at < :until group by 1
    """
    days = database.series(sql, days=2, fill=0)
    assert {str(day): count for day, count in days.items()} == {
        "2026-03-03": 24,
        "2026-03-04": 24,
        "2026-03-05": 6,
    }


def test_newest_is_the_newest_time(database: Database) -> None:
    """A DATETIME has no zone, so its newest value has none."""
    assert database.newest("jobs", "crawled_at") == datetime(2026, 3, 5, 5)  # noqa: DTZ001 - as it is


@pytest.mark.parametrize(
    "sql", ["delete from jobs", "create table other (id int)", "update jobs set title = 'x'"]
)
def test_session_refuses_to_write(database: Database, connection: Any, sql: str) -> None:
    """Although its user may, a check cannot change anything, and is told so."""
    with pytest.raises(MeasurementError, match="app: check tried to write"):
        database.scalar(sql)
    assert database.tables() == ("Mixed Case", "jobs", "titled")
    assert database.scalar("select count(*) from jobs where title <> 'x'") == 100


def test_time_out_is_named(open_database: Open) -> None:
    """A statement past its time-out is ended by the server, and the error says what to raise."""
    database = open_database(statement_timeout="200 ms")
    message = "app: the statement ran past its time-out of 200 ms; .* raise statement_timeout"
    with pytest.raises(MeasurementError, match=message):
        database.scalar(ENDLESS)
    assert database.scalar("select 1") == 1


def test_lock_time_out_is_named(open_database: Open, connection: Any) -> None:
    """A lock that another session holds ends the statement after the lock time-out."""
    database = open_database(lock_timeout="1 s", statement_timeout="20 s")
    run(connection, "lock tables jobs write")
    with pytest.raises(MeasurementError, match="app: another session held a lock"):
        database.scalar("select count(*) from jobs")


def test_check_sees_one_snapshot(database: Database, connection: Any) -> None:
    """Within a check a later statement sees what the first saw; the next check sees all."""
    count = "select count(*) from jobs"
    with keep_journal():
        assert database.scalar(count) == 100
        run(connection, "insert into jobs (id, title) values (100, 'late')")
        assert database.scalar(count) == 100
    assert database.scalar(count) == 101


def test_catalogue_is_read(database: Database) -> None:
    """Tables and columns come from the catalogue, whatever their names."""
    assert database.tables() == ("Mixed Case", "jobs", "titled")
    assert list(database.columns("Mixed Case")) == ["a b", "é"]
    assert database.columns("jobs")["salary"] == "DECIMAL(10, 2)"
    described = database.describe_table("jobs")
    assert {column.name for column in described.columns.values() if column.not_null} == {
        "id",
        "title",
    }
    assert set(described.unique.values()) == {frozenset({"id"}), frozenset({"title"})}


def test_name_that_is_not_there_is_told(database: Database) -> None:
    """An unknown table or column is named, with what is like it."""
    with pytest.raises(MeasurementError, match=r"no table .*job; did you mean jobs"):
        database.scalar("select count(*) from job")
    with pytest.raises(MeasurementError, match="no column titel; did you mean title"):
        database.scalar("select titel from jobs")
    with pytest.raises(MeasurementError, match="app: there is no table job; did you mean jobs"):
        database.columns("job")


def test_table_is_selected_from(database: Database) -> None:
    """SQLAlchemy's statements are executed on a table whose name needs quoting."""
    query = select(func.count(), func.max(column("a b")))
    assert database.rows(query.select_from(database.relation("Mixed Case"))) == [(0, None)]


def test_server_that_is_down_is_unavailable(open_database: Open) -> None:
    """A port that nobody listens on is an outage."""
    database = open_database(url=f"mysql://gatepost@127.0.0.1:{free_port()}/app")
    with pytest.raises(Unavailable, match="connection refused: nothing listens there"):
        database.scalar("select 1")


def test_unknown_database_is_unavailable(open_database: Open, mariadb_server: Server) -> None:
    """A database that the server does not have is an outage that says so."""
    with pytest.raises(Unavailable, match="no database of this name"):
        open_database(url=mariadb_server.url("nope")).ping()
