"""A SQLite file as a database target: read-only, bounded, and clear about what is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select, table

from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from gatepost.targets.journal import keep_journal

SLOT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"

Open = Callable[..., Database]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with the table `jobs`: one row for each of five days, two on the last."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table jobs (id integer, title text, crawled_at text)")
        connection.execute('create table "order" ("Mixed Case" integer)')
        connection.execute("create view titled as select * from jobs where title <> ''")
        times = [*(f"2026-03-0{day} 05:00:00" for day in (1, 2, 4, 5)), "2026-03-05 06:00:00"]
        jobs = [(number, f"Engineer {number}", at) for number, at in enumerate(times)]
        connection.executemany("insert into jobs values (?, ?, ?)", jobs)
    return path


@pytest.fixture
def open_database(path: Path) -> Iterator[Open]:
    """Opens the file as a target, with settings; closes it after the test."""
    opened: list[Database] = []

    def open_it(**settings: object) -> Database:
        keys = {"kind": "database", "url": f"sqlite:///{path.name}", **settings}
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


def insert_job(path: Path) -> None:
    """Insert a row by another connection."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("insert into jobs (id) values (99)")


def test_scalar_is_the_only_value(database: Database) -> None:
    """One row with one column comes as its value."""
    assert database.scalar("select count(*) from jobs") == 5


def test_scalar_of_nothing_is_none(database: Database) -> None:
    """No row and a NULL are both None."""
    assert database.scalar("select id from jobs where id > 100") is None
    assert database.scalar("select max(id) from jobs where id > 100") is None


@pytest.mark.parametrize("sql", ["select id from jobs", "select 1, 2"])
def test_scalar_of_more_is_refused(database: Database, sql: str) -> None:
    """More than one row or column is an error, not the first of them."""
    with pytest.raises(MeasurementError, match="app: scalar\\(\\) takes one row with one column"):
        database.scalar(sql)


def test_parameters_are_bound(database: Database) -> None:
    """Parameters are values, whatever they contain."""
    sql = "select count(*) from jobs where title = :title"
    assert database.scalar(sql, title="Engineer 1") == 1
    assert database.scalar(sql, title="' or 1 = 1 --") == 0


def test_slot_is_bound_where_it_is_named(database: Database) -> None:
    """A statement may name :slot without being given it, as SQLite writes times."""
    assert database.scalar("select :slot") == "2026-03-05 06:30:00"
    sql = "select count(*) from jobs where crawled_at > datetime(:slot, '-1 hour')"
    assert database.scalar(sql) == 1


def test_parameter_that_is_not_given_is_named(database: Database) -> None:
    """A parameter without a value is an error that says how to give it."""
    with pytest.raises(MeasurementError, match="app: the statement names the parameter :source"):
        database.scalar("select 1 where 1 = :source")


def test_parameter_that_is_not_used_is_named(database: Database) -> None:
    """A value that the statement has no place for was mistyped."""
    with pytest.raises(MeasurementError, match="does not name the parameter :titel"):
        database.scalar("select 1", titel="x")


def test_series_by_day_covers_the_window(database: Database) -> None:
    """With days, each day from the window's first to the slot's has a value."""
    sql = """
        select date(crawled_at) as day, count(*) as rows from jobs
        where crawled_at >= :since and crawled_at < :until group by 1
    """
    series = database.series(sql, days=3, fill=0)
    assert {str(day): count for day, count in series.items()} == {
        "2026-03-02": 1,
        "2026-03-03": 0,
        "2026-03-04": 1,
        "2026-03-05": 2,
    }


def test_series_of_moments_needs_no_window(database: Database) -> None:
    """Without days, each row is a point."""
    series = database.series("select crawled_at || 'Z' as at, id from jobs order by id desc")
    assert list(series) == [0, 1, 2, 3, 4]


def test_series_error_names_the_target(database: Database) -> None:
    """A row that is no point is told with the target it came from."""
    with pytest.raises(MeasurementError, match=r"^app: the time .* has no time zone"):
        database.series("select crawled_at, id from jobs")


def test_fill_without_days_is_refused(database: Database) -> None:
    """There are no days to fill without a window."""
    with pytest.raises(TypeError, match="needs days="):
        database.series("select 1, 2", fill=0)


def test_frame_has_all_rows(database: Database) -> None:
    """A frame carries the query's columns and rows."""
    frame = database.frame("select id, title from jobs order by id")
    assert list(frame.columns) == ["id", "title"]
    assert list(frame["id"]) == [0, 1, 2, 3, 4]


def test_frame_without_rows_keeps_its_columns(database: Database) -> None:
    """An empty result still says which columns it would have had."""
    frame = database.frame("select id, title from jobs where id > 100")
    assert frame.empty
    assert list(frame.columns) == ["id", "title"]


def test_frame_above_max_rows_is_refused(open_database: Open) -> None:
    """One row too many is an error that says what to do; exactly as many are fine."""
    assert len(open_database(max_rows=5).frame("select * from jobs")) == 5
    with pytest.raises(MeasurementError, match=r"more than 4 rows; .* max_rows of targets.app"):
        open_database(max_rows=4).frame("select * from jobs")


def test_newest_time_stays_as_naive_as_it_is_stored(database: Database) -> None:
    """The newest time of a column without a zone is naive, for the expectation to judge."""
    newest = database.newest("jobs", by="crawled_at")
    assert newest == datetime(2026, 3, 5, 6)  # noqa: DTZ001 - as stored


def test_newest_of_no_rows_is_none(database: Database) -> None:
    """An empty table has no newest time."""
    assert database.newest("order", by="Mixed Case") is None


def test_newest_of_no_times_is_refused(database: Database) -> None:
    """A column of words holds no times, and says so."""
    with pytest.raises(MeasurementError, match=r"app: jobs.title holds no times"):
        database.newest("jobs", by="title")


def test_table_is_named_before_it_is_fetched(database: Database) -> None:
    """Naming a table sends nothing; its frame and its count do."""
    with keep_journal() as journal:
        jobs = database.table("jobs", time="crawled_at")
        assert journal.statements == []
        assert jobs.count() == 5
        assert list(jobs.frame()["id"]) == [0, 1, 2, 3, 4]
    assert (jobs.name, jobs.time) == ("jobs", "crawled_at")
    assert journal.rows == 6


def test_names_are_quoted_where_they_must_be(database: Database) -> None:
    """Reserved words and mixed case work as table names; a schema may stand before them."""
    assert database.table("order").count() == 0
    assert list(database.table("order").frame().columns) == ["Mixed Case"]
    assert database.table("main.jobs").count() == 5


def test_composed_statement_is_run_like_text(database: Database) -> None:
    """SQLAlchemy's own statements run the same way, and are noted as SQL."""
    with keep_journal() as journal:
        assert database.scalar(select(func.count()).select_from(table("jobs")).limit(9)) == 5
    assert "FROM jobs" in journal.statements[0]
    assert "= 9" in journal.statements[0]


def test_statements_are_noted_with_their_parameters(database: Database) -> None:
    """The journal has the author's SQL, without its indent, and the values beside it."""
    with keep_journal() as journal:
        database.scalar(
            """
            select count(*) from jobs
            where id > :least
            """,
            least=2,
        )
    assert journal.statements == ["select count(*) from jobs\nwhere id > :least\n-- least = 2"]
    assert journal.rows == 1


def test_failed_statement_is_noted_too(database: Database) -> None:
    """What was sent is in the journal although it failed."""
    with keep_journal() as journal, pytest.raises(MeasurementError):
        database.scalar("select nothing")
    assert journal.statements == ["select nothing"]


def test_check_sees_one_snapshot(database: Database, path: Path) -> None:
    """A row that comes while a check runs is not seen by it, but by the next check."""
    with keep_journal():
        before = database.scalar("select count(*) from jobs")
        insert_job(path)
        assert database.scalar("select count(*) from jobs") == before == 5
    with keep_journal():
        assert database.scalar("select count(*) from jobs") == 6


def test_call_outside_a_check_sees_what_is_there(database: Database, path: Path) -> None:
    """Without a check each call has a snapshot of its own."""
    assert database.scalar("select count(*) from jobs") == 5
    insert_job(path)
    assert database.scalar("select count(*) from jobs") == 6


@pytest.mark.parametrize(
    "sql",
    [
        "delete from jobs",
        "insert into jobs (id) values (1)",
        "drop table jobs",
        "create table x(a)",
    ],
)
def test_writing_is_refused(database: Database, path: Path, sql: str) -> None:
    """A check that writes is told that sessions are read-only, and nothing is changed."""
    before = path.read_bytes()
    for send in (database.scalar, database.frame):
        with pytest.raises(MeasurementError, match=r"app: check tried to write: .*read-only"):
            send(sql)
    assert path.read_bytes() == before


def test_statement_past_its_time_out_is_stopped(open_database: Open) -> None:
    """An endless query ends at statement_timeout, which the message names, and the next works."""
    database = open_database(statement_timeout="50 ms")
    with pytest.raises(MeasurementError, match=r"time-out of 50 ms; .* statement_timeout of"):
        database.scalar(ENDLESS)
    assert database.scalar("select 1") == 1


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select * from job", "app: there is no table job; did you mean jobs?"),
        ("select * from zzz", "app: there is no table zzz; known tables: jobs, order, titled"),
        ("select titel from jobs", "app: there is no column titel; did you mean title?"),
        ("select j.zzz from jobs j", "known columns: crawled_at, id, title"),
        ("selec 1", 'app: the statement failed: near "selec": syntax error'),
        ("select 1; select 2", "one statement at a time"),
        ("begin", "within a transaction"),
        ("pragma cache_size = 7", "returns no rows; send a query"),
        ("", "returns no rows; send a query"),
    ],
)
def test_wrong_statement_is_explained(database: Database, sql: str, message: str) -> None:
    """The message names what does not exist and what comes nearest, without a traceback's text."""
    with pytest.raises(MeasurementError) as caught:
        database.frame(sql)
    assert message in str(caught.value)
    assert "sqlalche" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_table_that_does_not_exist_is_explained_everywhere(database: Database) -> None:
    """Tables, columns and times of an unknown table all name the nearest one."""
    for ask in (
        database.table("job").frame,
        database.table("job").count,
        lambda: database.columns("job"),
        lambda: database.newest("job", by="id"),
    ):
        with pytest.raises(MeasurementError, match="no table job; did you mean jobs"):
            ask()


def test_catalogue_lists_tables_and_columns(database: Database) -> None:
    """Views count as tables; columns come in order with their types."""
    assert database.tables() == ("jobs", "order", "titled")
    assert database.columns("jobs") == {"id": "INTEGER", "title": "TEXT", "crawled_at": "TEXT"}


def test_size_is_that_of_the_file(database: Database, path: Path) -> None:
    """The size in bytes is what the pages take."""
    assert database.size() == path.stat().st_size


def test_ping_takes_milliseconds(database: Database) -> None:
    """A ping is a positive number of milliseconds."""
    assert 0 < database.ping() < 5_000


@pytest.mark.parametrize("ask", ["connections", "maintenance"])
def test_figures_that_sqlite_has_not_are_refused(database: Database, ask: str) -> None:
    """A figure that the engine does not keep is an error that says so."""
    arguments = ["jobs"] if ask == "maintenance" else []
    with pytest.raises(MeasurementError, match=f"app: {ask}\\(\\) is not available on sqlite"):
        getattr(database, ask)(*arguments)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///nowhere/app.db", "the file does not exist or cannot be opened (sqlite file"),
        ("sqlite:///text.db", "the file is not a SQLite database"),
        ("klingon://u:geheim@h/x", "its driver is not installed"),
        ("postgresql://u:geheim@h:port/x", "the url is not a database URL"),
    ],
)
def test_what_cannot_be_opened_is_unavailable(
    open_database: Open, tmp_path: Path, url: str, reason: str
) -> None:
    """A missing file, another file, an unknown engine: each has its reason, and no secret."""
    (tmp_path / "text.db").write_text("this is no database" * 100)
    with pytest.raises(Unavailable) as caught:
        open_database(url=url).scalar("select 1")
    assert reason in caught.value.reason
    assert "geheim" not in str(caught.value)
    assert not (tmp_path / "nowhere").exists()


def test_outage_is_tried_once(open_database: Open, tmp_path: Path) -> None:
    """After the first failure nothing is tried again, even if the file appears."""
    database = open_database(url="sqlite:///late.db")
    with pytest.raises(Unavailable):
        database.scalar("select 1")
    sqlite3.connect(tmp_path / "late.db").close()
    for ask in (database.ping, database.tables, lambda: database.frame("select 1")):
        with pytest.raises(Unavailable, match="does not exist"):
            ask()


def test_opening_does_not_connect(open_database: Open) -> None:
    """A target that nobody asks is never tried; it can be described and closed."""
    database = open_database(url="sqlite:///nowhere/app.db")
    assert database.describe().startswith("sqlite file ")
    database.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": "postgresql//u:geheim@h"}, "not a database URL"),
        ({"statement_timeout": "soon"}, "'soon' is not a duration"),
        ({"statement_timeout": 30}, "30 is not a duration; write it as text"),
        ({"pool_size": 0}, "greater than 0"),
        ({"timeout": "3 s"}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_setting_is_refused(settings: dict[str, object], message: str) -> None:
    """A wrong key or value is named; an URL is not repeated, since it may hold a password."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"kind": "database", "url": "sqlite:///x", **settings})
    assert message in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_settings_hide_the_url() -> None:
    """Settings can be printed without showing a password."""
    settings = Settings(kind="database", url="postgresql://u:geheim@h/x", lock_timeout="1 s")
    assert "geheim" not in repr(settings) + str(settings.model_dump())
    assert settings.lock_timeout == timedelta(seconds=1)
