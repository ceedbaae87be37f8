"""A real PostgreSQL as a database target: one snapshot per check, read-only, clear refusals."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, make_url, text

from fixtures.postgres import CHECKER, CRAWLER, Server
from fixtures.pytest_fixtures import PASSWORD
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from gatepost.targets.engines import SessionLimits, open_engine, read_url
from gatepost.targets.journal import keep_journal

if TYPE_CHECKING:
    import psycopg

SLOT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
SECRET = "geheim+/%@42"

TABLES = """
    drop schema if exists public, "Side Show" cascade;
    create schema public;
    create table raw_jobs (
        id int primary key, title text, salary numeric, local_time timestamp, crawled_at timestamptz
    );
    insert into raw_jobs
    select hour, 'Engineer', hour * 1.5, timestamp '2026-03-05 05:00' - hour * interval '1 hour',
           timestamptz '2026-03-05 05:00Z' - hour * interval '1 hour'
    from generate_series(0, 99) hour;
    create schema "Side Show";
    create table "Side Show"."Mixed Case" (n int);
    create view titled as select * from raw_jobs where title <> '';
"""

Open = Callable[..., Database]


@pytest.fixture(scope="module")
def application(postgres_server: Server) -> str:
    """The name of the database that these tests share."""
    postgres_server.create_database("application")
    return "application"


@pytest.fixture
def owner(postgres_server: Server, application: str) -> Iterator[psycopg.Connection[Any]]:
    """The application's own connection, with its tables new; each statement commits."""
    with postgres_server.connect(application, CRAWLER) as connection:
        connection.execute(TABLES)
        yield connection


@pytest.fixture
def open_database(
    postgres_server: Server, application: str, owner: psycopg.Connection[Any]
) -> Iterator[Open]:
    """Opens the test's database as a target, with settings; closes it after the test."""
    opened: list[Database] = []

    def open_it(**settings: object) -> Database:
        url = postgres_server.url(application).replace("postgresql+psycopg", "postgresql")
        keys = {"kind": "database", "url": url, **settings}
        target = open_target("app", Settings.model_validate(keys), TargetContext(slot=SLOT))
        opened.append(target)
        return target

    yield open_it
    for database in opened:
        database.close()


@pytest.fixture
def database(open_database: Open) -> Database:
    """The test's database as a target with default settings."""
    return open_database()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_session_says_who_it_is_and_can_only_read(database: Database) -> None:
    """Every session has the name, the limits, the isolation and the zone that it was given."""
    names = ["application_name", "statement_timeout", "lock_timeout", "timezone"]
    names += ["idle_in_transaction_session_timeout", "cursor_tuple_fraction"]
    names += ["transaction_read_only", "default_transaction_read_only", "transaction_isolation"]
    sql = "select " + ", ".join(f"current_setting('{name}')" for name in names)
    assert database.frame(sql).iloc[0].to_list() == [
        *("gatepost", "30s", "2s", "UTC"),
        *("5min", "1"),
        *("on", "on", "repeatable read"),
    ]


def test_options_of_the_url_are_kept(open_database: Open, postgres_server: Server) -> None:
    """Options that an author put into the URL hold beside ours."""
    url = postgres_server.url("postgres", options="-c work_mem=7MB")
    sql = "select current_setting('work_mem') || current_setting('default_transaction_read_only')"
    assert open_database(url=url).scalar(sql) == "7MBon"


def test_average_is_a_float(database: Database) -> None:
    """A numeric value comes as a float, as limits take it."""
    mean = database.scalar("select avg(salary) from raw_jobs where crawled_at < :slot")
    assert (mean, type(mean)) == (74.25, float)


def test_series_by_day_is_bounded_by_the_slot(database: Database) -> None:
    """A query by day gets the window as parameters and comes back with every day of it."""
    sql = """
        select crawled_at::date as day, count(*) as rows from raw_jobs
        where crawled_at >= :since and crawled_at < :until group by 1
    """
    series = database.series(sql, days=5, fill=0)
    assert {str(day): count for day, count in series.items()} == {
        "2026-02-28": 0,
        "2026-03-01": 22,
        "2026-03-02": 24,
        "2026-03-03": 24,
        "2026-03-04": 24,
        "2026-03-05": 6,
    }


def test_series_of_moments_is_in_utc(database: Database) -> None:
    """A query by session gives one point for each row."""
    series = database.series("select crawled_at, salary from raw_jobs where id < 3")
    assert series.to_dict() == {
        datetime(2026, 3, 5, 3, tzinfo=UTC): 3.0,
        datetime(2026, 3, 5, 4, tzinfo=UTC): 1.5,
        datetime(2026, 3, 5, 5, tzinfo=UTC): 0.0,
    }


def test_frame_keeps_kinds_of_values(database: Database) -> None:
    """Whole numbers, text, decimals and both kinds of times each get pandas' own type."""
    kinds = database.table("raw_jobs").frame().dtypes
    assert [kinds[name].kind for name in ("id", "salary")] == ["i", "f"]
    assert str(kinds["crawled_at"]) == "datetime64[us, UTC]"
    assert str(kinds["local_time"]) == "datetime64[us]"


def test_frame_stops_above_max_rows(open_database: Open) -> None:
    """A result without end is not fetched: the refusal comes at once."""
    database = open_database(max_rows=100)
    assert len(database.frame("select * from raw_jobs")) == 100
    with pytest.raises(MeasurementError, match="more than 100 rows"):
        database.frame("select * from pg_class a, pg_class b, pg_class c, pg_class d")


def test_newest_time_is_aware_where_its_column_is(database: Database) -> None:
    """A timestamp with zone comes in UTC; one without stays naive."""
    assert database.newest("raw_jobs", by="crawled_at") == datetime(2026, 3, 5, 5, tzinfo=UTC)
    newest = database.newest("raw_jobs", by="local_time")
    assert newest == datetime(2026, 3, 5, 5)  # noqa: DTZ001 - as the column is


def test_check_sees_one_snapshot(database: Database, owner: psycopg.Connection[Any]) -> None:
    """Rows that come while a check runs are not seen by any of its statements."""
    with keep_journal():
        before = database.scalar("select count(*) from raw_jobs")
        owner.execute("insert into raw_jobs (id) values (1000)")
        assert database.table("raw_jobs").count() == before == 100
        assert len(database.table("raw_jobs").frame()) == 100
        assert database.scalar("select max(id) from titled") == 99
    with keep_journal():
        assert database.scalar("select count(*) from raw_jobs") == 101


def test_transaction_ends_with_the_check(database: Database, postgres_server: Server) -> None:
    """Between checks no session holds a snapshot that would keep vacuum from cleaning up."""
    state = "select state from pg_stat_activity where pid = %s"
    with postgres_server.connect() as superuser:
        with keep_journal():
            pid = database.scalar("select pg_backend_pid()")
            assert superuser.execute(state, (pid,)).fetchall() == [("idle in transaction",)]
        assert superuser.execute(state, (pid,)).fetchall() == [("idle",)]


def test_checks_in_threads_have_sessions_of_their_own(database: Database) -> None:
    """Eight checks at once share four connections; each keeps its own for its whole length."""
    inside = threading.Barrier(4, timeout=20)
    sessions: list[set[int]] = []

    def run_check() -> None:
        with keep_journal():
            first = database.scalar("select pg_backend_pid()")
            inside.wait()
            sessions.append({first, *(database.scalar("select pg_backend_pid()") for _ in "abc")})

    threads = [threading.Thread(target=run_check) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(own) for own in sessions] == [1] * 8
    assert len(set().union(*sessions)) == 4


def test_pool_that_stays_full_is_explained(open_database: Open) -> None:
    """A check that gets no connection in time is told how many there are and what to raise."""
    database = open_database(pool_size=1, statement_timeout="50 ms")
    failed: list[BaseException] = []

    def run_check() -> None:
        try:
            database.scalar("select 2")
        except MeasurementError as error:
            failed.append(error)

    with keep_journal():
        database.scalar("select 1")
        other = threading.Thread(target=run_check)
        other.start()
        other.join()
    assert "raise pool_size of targets.app" in str(failed[0])
    assert not isinstance(failed[0], Unavailable)
    assert database.scalar("select 3") == 3


@pytest.mark.parametrize(
    "sql",
    [
        "delete from raw_jobs",
        "with gone as (delete from raw_jobs returning 1) select * from gone",
        "create table x (a int)",
        "select setval('s', 1) from pg_class where false; delete from raw_jobs",
        "commit",
        "set transaction read write",
        "select set_config('transaction_read_only', 'off', true)",
        "select 1; commit; begin read write; delete from raw_jobs; commit; select 1",
    ],
)
def test_nothing_can_be_written(
    open_database: Open,
    postgres_server: Server,
    application: str,
    owner: psycopg.Connection[Any],
    sql: str,
) -> None:
    """No statement writes, and none opens the way for a later one, not even for the owner."""
    database = open_database(url=postgres_server.url(application, CRAWLER))
    with keep_journal():
        for send in (database.scalar, database.frame):
            with pytest.raises(MeasurementError):
                send(sql)
            with pytest.raises(MeasurementError, match="check tried to write"):
                database.scalar("delete from raw_jobs")
    assert owner.execute("select count(*) from raw_jobs").fetchall() == [(100,)]


def test_writing_is_explained(
    open_database: Open, postgres_server: Server, application: str
) -> None:
    """The refusal says what was tried and why it cannot work."""
    database = open_database(url=postgres_server.url(application, CRAWLER))
    with pytest.raises(MeasurementError) as caught:
        database.scalar("delete from raw_jobs")
    assert str(caught.value) == (
        "app: check tried to write: cannot execute DELETE in a read-only transaction; "
        "Gatepost's sessions are read-only; let the check only read"
    )


def test_statement_past_its_time_out_is_stopped(open_database: Open) -> None:
    """The server ends a slow statement; the message names the limit and where to raise it."""
    database = open_database(statement_timeout="50 ms")
    with pytest.raises(MeasurementError) as caught:
        database.scalar("select pg_sleep(30)")
    assert "past its time-out of 50 ms" in str(caught.value)
    assert "raise statement_timeout of targets.app" in str(caught.value)
    assert database.scalar("select 1") == 1


def test_locked_table_is_not_waited_for(
    open_database: Open, owner: psycopg.Connection[Any]
) -> None:
    """A table that is being changed ends the wait at lock_timeout."""
    database = open_database(lock_timeout="50 ms")
    with owner.transaction():
        owner.execute("lock table raw_jobs in access exclusive mode")
        with pytest.raises(MeasurementError, match="held a lock for more than 50 ms"):
            database.table("raw_jobs").count()


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select * from raw_job", "app: there is no table raw_job; did you mean raw_jobs"),
        ("select * from public.rawjobs", "app: there is no table public.rawjobs; did you mean"),
        ("select r.titel from raw_jobs r", "app: there is no column r.titel; did you mean title?"),
        ("select zzz from titled", "known columns: crawled_at, id, local_time, salary, title"),
        ("select id fromm\n  raw_jobs", 'at or near "raw_jobs" (LINE 2: raw_jobs)'),
        ("select 1 / 0", "app: the statement failed: division by zero"),
        ("select :slot::date", 'syntax error at or near ":"'),
        ("listen x", "app: the statement returns no rows; send a query"),
    ],
)
def test_wrong_statement_is_explained(database: Database, sql: str, message: str) -> None:
    """The message names what is wrong and what comes nearest, on one line, however it is read."""
    for send in (database.scalar, database.frame):
        with pytest.raises(MeasurementError) as caught:
            send(sql)
        assert message in str(caught.value)
        assert not {"\n", "DECLARE", "sqlalche"} & set(str(caught.value).split())
        assert len(format_exception(caught.value)) < 12


def test_check_goes_on_after_a_failed_statement(database: Database) -> None:
    """A check that expects a refusal can ask something else."""
    with keep_journal():
        with pytest.raises(MeasurementError):
            database.scalar("select nothing")
        assert database.scalar("select 1") == 1


def test_lost_connection_is_unavailable_and_the_next_check_reconnects(
    database: Database, owner: psycopg.Connection[Any], postgres_server: Server
) -> None:
    """A session that the server ends fails its check only, wherever in the check it happens."""

    def end_session() -> None:
        pid = database.scalar("select pg_backend_pid()")
        with postgres_server.connect() as superuser:
            superuser.execute("select pg_terminate_backend(%s, 5000)", (pid,))

    with keep_journal():
        end_session()
        with pytest.raises(Unavailable, match="the connection was lost while a statement ran"):
            database.scalar("select 1")
    with keep_journal():
        end_session()
    assert database.scalar("select 1") == 1
    end_session()  # of the idle session in the pool
    assert database.scalar("select 1") == 1


def test_pooler_that_drops_options_does_not_open_the_way(
    postgres_server: Server, application: str, owner: psycopg.Connection[Any]
) -> None:
    """Every transaction says that it only reads, also where no session setting arrives."""
    second = timedelta(seconds=1)
    limits = SessionLimits("gatepost", second, second, second, pool_size=1)
    engine = open_engine(read_url(postgres_server.url(application)), limits, Path())

    @event.listens_for(engine, "do_connect")
    def drop_options(_dialect: object, _record: object, _args: object, given: Any) -> None:
        del given["options"]

    with engine.connect() as connection:
        assert connection.scalar(text("show default_transaction_read_only")) == "off"
        assert connection.scalar(text("show transaction_read_only")) == "on"
    engine.dispose()


def test_connections_leave_out_our_own(
    database: Database, owner: psycopg.Connection[Any], postgres_server: Server
) -> None:
    """A new client counts as one more; what is reserved for others is not available."""
    before = database.connections()
    with postgres_server.connect(role=CRAWLER):
        after = database.connections()
    assert before.used >= 1
    assert after.used == before.used + 1
    limits = "select sum(setting::int) from pg_settings where name like '%%reserved_connections'"
    reserved = owner.execute(limits).fetchall()[0][0]
    assert after.available == postgres_server.max_connections - reserved
    assert after.utilisation == 100 * after.used / after.available


def test_connections_are_counted_without_special_rights(
    open_database: Open, postgres_server: Server, application: str
) -> None:
    """A role that may not see others' sessions counts them nevertheless."""
    plain = open_database(url=postgres_server.url(application, CRAWLER))
    with postgres_server.connect(), postgres_server.connect(role=CHECKER):
        seen = [database.connections().used for database in (plain, open_database())]
    # Each of the two leaves out itself, and the second sees the first's idle session.
    assert seen[1] == seen[0] + 1


def test_maintenance_tells_when_and_what_is_left(
    database: Database, owner: psycopg.Connection[Any]
) -> None:
    """Analyse and vacuum have times once they were done, and the dead share is in percent."""
    before = database.maintenance("raw_jobs")
    assert (before.last_analyse, before.last_vacuum) == (None, None)
    owner.execute("select pg_stat_force_next_flush()")
    owner.execute("vacuum analyze raw_jobs")
    owner.execute("delete from raw_jobs where id < 25")
    owner.execute("select pg_stat_force_next_flush()")
    after = database.maintenance("raw_jobs")
    assert after.last_analyse is not None
    assert after.last_analyse.tzinfo is not None
    assert after.last_vacuum is not None
    assert (after.live_rows, after.dead_rows, after.dead_share) == (75, 25, 25.0)


def test_maintenance_of_an_unknown_table_is_explained(database: Database) -> None:
    """A mistyped table is an error with the nearest name, not a table never vacuumed."""
    with pytest.raises(MeasurementError, match="no table raw_job; did you mean raw_jobs"):
        database.maintenance("raw_job")


def test_names_are_quoted_where_they_must_be(open_database: Open, database: Database) -> None:
    """Schemas and tables with spaces and capitals work, by name and by the default schema."""
    name = "Side Show.Mixed Case"
    assert database.table(name).count() == 0
    assert database.columns(name) == {"n": "INTEGER"}
    assert database.maintenance(name).live_rows == 0
    inside = open_database(schema="Side Show")
    assert inside.tables() == ("Mixed Case",)
    assert inside.scalar('select count(*) from "Mixed Case"') == 0
    assert inside.maintenance("Mixed Case").live_rows == 0


def test_catalogue_tells_types_with_their_zone(database: Database) -> None:
    """Types are written so that a time with a zone differs from one without."""
    columns = database.columns("raw_jobs")
    assert columns["crawled_at"] == "TIMESTAMP WITH TIME ZONE"
    assert columns["local_time"] == "TIMESTAMP WITHOUT TIME ZONE"
    assert database.tables() == ("raw_jobs", "titled")


def test_size_is_what_the_server_says(database: Database) -> None:
    """The size is that of the whole database in bytes."""
    assert database.size() > 1_000_000


def test_ping_opens_a_connection_of_its_own(open_database: Open) -> None:
    """A ping measures a new connection, so it works when the whole pool is in use."""
    database = open_database(pool_size=1, statement_timeout="1 s")
    with keep_journal():
        assert database.scalar("select 1") == 1
        assert 0 < database.ping() < 5_000


def wrong(server: Server, **instead: object) -> str:
    """The loopback URL of the server with parts of it changed."""
    return (
        make_url(server.loopback_url("postgres", PASSWORD))
        .set(**instead)  # type: ignore[arg-type]
        .render_as_string(hide_password=False)
    )


@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        ({"password": SECRET}, "the server rejected the user name or the password"),
        ({"password": SECRET, "port": 1}, "connection refused: nothing listens there"),
        ({"password": SECRET, "host": "nowhere.invalid"}, "the host name cannot be resolved"),
        ({"database": "nosuch"}, "the server has no database of this name"),
        (
            {"password": SECRET, "host": "", "query": {"host": "/nowhere", "password": SECRET}},
            "connection refused: nothing listens there",
        ),
    ],
)
def test_unreachable_database_says_why_and_where(
    open_database: Open, postgres_server: Server, instead: dict[str, object], reason: str
) -> None:
    """Each way of not getting in has its reason and the place, and never the password."""
    database = open_database(url=wrong(postgres_server, **instead))
    texts = [repr(database), database.describe()]
    with keep_journal() as journal:
        for ask in (lambda: database.scalar("select 1"), database.ping, database.tables):
            with pytest.raises(Unavailable) as caught:
                ask()
            assert caught.value.reason.startswith(f"{reason} (postgresql at ")
            assert caught.value.__suppress_context__
            texts += [repr(caught.value), *format_exception(caught.value)]
    texts += journal.statements
    for secret in (SECRET, PASSWORD, "geheim"):
        assert secret not in "".join(texts)


def test_server_without_a_free_slot_is_unavailable(
    open_database: Open, postgres_server: Server, owner: psycopg.Connection[Any]
) -> None:
    """A role whose connections are used up is told so."""
    with postgres_server.connect() as superuser:
        superuser.execute("drop role if exists narrow")
        superuser.execute("create role narrow login connection limit 0")
    database = open_database(url=postgres_server.url("postgres", "narrow"))
    with pytest.raises(Unavailable, match="the server has too many connections already"):
        database.scalar("select 1")


def test_server_that_never_answers_is_given_up(open_database: Open, silent_port: int) -> None:
    """A port that accepts and says nothing ends at connect_timeout."""
    url = f"postgresql://u:{PASSWORD.replace(' ', '')}@127.0.0.1:{silent_port}/x"
    with pytest.raises(Unavailable, match="did not answer within the connect_timeout"):
        open_database(url=url, connect_timeout="1 s").scalar("select 1")


def test_outage_is_one_attempt_for_all_threads(open_database: Open) -> None:
    """Many checks that need a dead database make one connection attempt together."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        database = open_database(url=f"postgresql://u@127.0.0.1:{listener.getsockname()[1]}/x")
        accepted: list[object] = []

        def refuse() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                accepted.append(connection.getpeername())
                connection.close()

        server = threading.Thread(target=refuse, daemon=True)
        server.start()
        reasons: list[str] = []

        def run_check() -> None:
            try:
                database.scalar("select 1")
            except Unavailable as outage:
                reasons.append(outage.reason)

        checks = [threading.Thread(target=run_check) for _ in range(5)]
        for thread in checks:
            thread.start()
        for thread in checks:
            thread.join()
        listener.shutdown(socket.SHUT_RDWR)
        server.join()
    assert len(reasons) == 5
    assert len(set(reasons)) == 1
    assert len(accepted) == 1
