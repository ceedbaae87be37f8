"""How many statements a check sends to a real PostgreSQL, and when it sends none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest
from sqlalchemy import column, func, select
from sqlalchemy import table as sql_table
from table_targets import SLOT, Application, answers, judge, own_application, sent

from fixtures.postgres import Server
from gatepost.expectations.base import Expectation
from gatepost.expectations.distinct import distinct
from gatepost.expectations.fresh import fresh
from gatepost.expectations.limits import at_least
from gatepost.expectations.numeric import numeric
from gatepost.expectations.row_count import row_count
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level
from gatepost.tables.asks import Scan
from gatepost.tables.expressions import sql_check, sql_rule
from gatepost.tables.scan import scan
from gatepost.targets.journal import keep_journal

JOBS = """
    create table jobs (
        id int primary key, code text not null, title text, salary int, country text,
        posted timestamptz not null
    );
    insert into jobs
    select n, 'c' || n, 'Engineer ' || n, 1000 + n, case when n % 2 = 0 then 'VN' else 'DE' end,
           timestamptz '2026-03-10 06:00Z' - n * interval '1 hour'
    from generate_series(1, 50) n;
"""


class Jobs(pa.DataFrameModel):
    """Twenty rules and more, of which the catalogue proves some."""

    id: int = pa.Field(unique=True, gt=0)
    code: str = pa.Field(unique=True, str_length={"min_value": 2}, str_startswith="c")
    title: str = pa.Field(str_matches="[A-Z]", str_contains="ee", str_length={"min_value": 3})
    salary: int = pa.Field(ge=1000, le=2000, nullable=True)
    country: str = pa.Field(isin=["VN", "DE"])
    posted: pd.DatetimeTZDtype = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})

    @sql_check(name="not_of_tomorrow")
    def _posted(row: Any) -> Any:  # noqa: N805 - a row, by sql_check
        return row.posted < SLOT

    class Config:
        strict = True
        ordered = True
        unique = ("title", "posted")


PROVED = pa.DataFrameSchema({"id": pa.Column(int, unique=True), "code": pa.Column(str)})
POSITIVE = pa.DataFrameSchema({"id": pa.Column(int, checks=pa.Check.gt(0))})


@pytest.fixture
def application(postgres_server: Server, postgres_database: str) -> Iterator[Application]:
    with own_application(postgres_server, postgres_database) as application:
        application.execute(JOBS)
        yield application


def asked(
    application: Application,
    memory: Path | None,
    expectation: Expectation[Any] | None = None,
    table: str = "jobs",
    **settings: object,
) -> tuple[set[Level], int]:
    """The levels of a run of its own, and how many statements it sent to the table."""
    database = application.open(memory=memory, **settings)
    found, journal = judge(expectation or conforms_to(POSITIVE), database.table(table))
    return {verdict.level for verdict in found.values()}, len(sent(journal, table))


def test_all_rules_of_a_model_are_one_statement(application: Application) -> None:
    """All pass, and one statement told so."""
    found, journal = judge(conforms_to(Jobs), application.open().table("jobs"))
    assert len(found) == 32
    assert {verdict.level for verdict in found.values()} == {Level.OK}
    assert len(sent(journal, "jobs")) == 1


def test_figures_of_all_rows_are_in_the_same_statement(application: Application) -> None:
    """Counts, the newest time, distinct values and means cost no statement of their own."""
    expectations: list[Expectation[Any]] = [
        conforms_to(Jobs),
        row_count(at_least(1)),
        fresh("posted", within="24 h"),
        distinct("country", at_least(1)),
        numeric("salary", mean=at_least(1)),
    ]
    table = application.open().table("jobs", time="posted")
    asks = [ask for each in expectations for row in each.expand() for ask in row.asks]
    with keep_journal() as journal:
        scan(table, asks, SLOT)
    assert len(sent(journal, "jobs")) == 1


def test_broken_rules_are_one_statement_more(application: Application) -> None:
    """However many break, their samples come together."""
    application.execute("update jobs set title = '', salary = 1, country = null where id < 5")
    found, journal = judge(conforms_to(Jobs, drill="country"), application.open().table("jobs"))
    broken = {label for label, verdict in found.items() if verdict.bad}
    assert broken == {
        "title str_matches",
        "title str_contains",
        "title str_length",
        "salary greater_than_or_equal_to",
        "country not null",
    }
    assert all(verdict.sample for verdict in found.values() if verdict.bad)
    assert len(sent(journal, "jobs")) == 2


def test_what_only_python_can_judge_is_one_statement_more(application: Application) -> None:
    """Several such rules share it, and it brings the columns that they need."""
    checks = [pa.Check(lambda cells: cells > 0, name=name) for name in ("one", "other")]
    schema = pa.DataFrameSchema(
        {"id": pa.Column(int, checks=[*checks, pa.Check.gt(0)]), "salary": pa.Column(None, checks)}
    )
    _, journal = judge(conforms_to(schema), application.open().table("jobs"))
    _, fetching = sent(journal, "jobs")
    assert fetching.replace("\n", "") == "SELECT id, salary FROM jobs"


def test_what_the_catalogue_proves_is_no_statement(application: Application) -> None:
    """No row is read for it, and that is said."""
    found, journal = judge(conforms_to(PROVED), application.open().table("jobs"))
    assert {verdict.level for verdict in found.values()} == {Level.OK}
    assert {str(verdict.how).partition(":")[0] for verdict in found.values()} == {"proved"}
    assert sent(journal, "jobs") == []


def test_proofs_can_be_turned_off(application: Application) -> None:
    """Then the rows are counted, and names and types are still read from the catalogue."""
    database = application.open(trust_constraints=False)
    found, journal = judge(conforms_to(PROVED), database.table("jobs"))
    assert {label: verdict.how for label, verdict in found.items() if verdict.total == 50} == {
        "id not null": "scanned",
        "id unique": "scanned",
        "code not null": "scanned",
    }
    assert len(sent(journal, "jobs")) == 1


def test_an_unchanged_table_is_not_read_again(application: Application, tmp_path: Path) -> None:
    """The second run says since when nothing has changed, and shows what the first did."""
    application.execute("update jobs set salary = 1 where id = 5")
    judged = [
        judge(conforms_to(Jobs), application.open(memory=tmp_path).table("jobs")) for _ in range(2)
    ]
    (first, _), (second, journal) = judged
    assert sent(journal, "jobs") == []
    assert any(each.startswith("-- not sent: jobs has not") for each in journal.statements)
    for label, verdict in second.items():
        before = first[label]
        assert (verdict.level, verdict.bad, verdict.total, verdict.sample, verdict.sentence) == (
            (before.level, before.bad, before.total, before.sample, before.sentence)
        )
    assert second["salary greater_than_or_equal_to"].how == (
        "not read again: the table has not changed since 2026-03-10 06:30 UTC"
    )


def test_what_is_asked_for_the_first_time_is_not_said_to_be_remembered(
    application: Application, tmp_path: Path
) -> None:
    """Beside answers that stand, it says that it was scanned."""
    first, second = conforms_to(POSITIVE), conforms_to(POSITIVE, segments="country")
    hows = []
    for expectations in ([first], [first, second]):
        rows = [row for each in expectations for row in each.expand()]
        table = application.open(memory=tmp_path).table("jobs")
        found = scan(table, [ask for row in rows for ask in row.asks], SLOT)
        assert isinstance(found, Scan)
        whole, *_, last = (found.answers[row.asks[0]] for row in (first.expand()[-1], rows[-1]))
        hows.append([str(answer.how).partition(":")[0] for answer in (whole, last)])  # type: ignore[union-attr]
    assert hows == [["scanned", "scanned"], ["not read again", "scanned"]]


def test_every_kind_of_answer_is_remembered_as_it_was(
    application: Application, tmp_path: Path
) -> None:
    """Counts by day and segment, times, means and distinct counts survive being written down."""
    for expectation in (
        conforms_to(POSITIVE, per="day", last="7 days"),
        conforms_to(POSITIVE, segments="country"),
        row_count(at_least(1), per="day"),
        fresh("posted", within="24 h"),
        distinct(["country", "salary"], at_least(1)),
        numeric("salary", mean=at_least(1)),
    ):
        first, second = (
            answers(expectation, application.open(memory=tmp_path).table("jobs", time="posted"))
            for _ in range(2)
        )
        for label, answer in first.items():
            again = second[label]
            assert {name: getattr(again, name) for name in answer.__slots__ if name != "how"} == {
                name: getattr(answer, name) for name in answer.__slots__ if name != "how"
            }


@pytest.mark.parametrize(
    "statement",
    [
        "insert into jobs select -1, code, title, salary, country, posted from jobs where id = 1",
        "update jobs set salary = 0 where id = 1",
        "delete from jobs where id = 1",
        "truncate jobs",
        "vacuum full jobs",
        "alter table jobs alter id type bigint",
        "alter table jobs add column more int default 5",
        "alter table jobs rename salary to wage",
        "drop table jobs; create table jobs (id int)",
    ],
)
def test_a_table_is_read_again_after_any_change(
    application: Application, tmp_path: Path, statement: str
) -> None:
    """Whatever the statement changed, the second run reads the table, and the third does not."""
    asked(application, tmp_path)
    application.execute(*statement.split("; "))
    assert [asked(application, tmp_path)[1] > 0 for _ in range(2)] == [True, False]


def test_columns_that_swap_names_are_a_change(application: Application, tmp_path: Path) -> None:
    """No row is written for it, and yet the same statement reads other cells."""
    application.execute("create table pair (id int, other int)", "insert into pair values (1, -1)")
    assert asked(application, tmp_path, table="pair") == ({Level.OK}, 1)
    for old, new in (("id", "spare"), ("other", "id"), ("spare", "other")):
        application.execute(f"alter table pair rename {old} to {new}")
    assert asked(application, tmp_path, table="pair") == ({Level.OK, Level.BREACH}, 2)


def test_a_column_that_is_added_anew_is_a_change(application: Application, tmp_path: Path) -> None:
    """PostgreSQL gives all rows its default without writing one."""
    application.execute("create table one (id int, v int)", "insert into one values (1, 1)")
    asked(application, tmp_path, table="one")
    application.execute(
        "alter table one drop column id", "alter table one add column id int default -1"
    )
    assert asked(application, tmp_path, table="one") == ({Level.OK, Level.BREACH}, 2)


def test_a_materialized_view_is_read_again_once_it_is_refreshed(
    application: Application, tmp_path: Path
) -> None:
    """Both ways of refreshing it change its state."""
    application.execute(
        "create materialized view seen as select * from jobs", "create unique index on seen (id)"
    )
    assert asked(application, tmp_path, table="seen")[1] == 1
    assert asked(application, tmp_path, table="seen")[1] == 0
    for way in ("", "concurrently"):
        application.execute(
            "update jobs set id = id + 100", f"refresh materialized view {way} seen"
        )
        assert asked(application, tmp_path, table="seen")[1] == 1


def test_views_and_partitioned_tables_are_always_read(
    application: Application, tmp_path: Path
) -> None:
    """Nothing tells when the tables behind them change."""
    application.execute(
        "create view looked as select * from jobs",
        "create table parts (id int) partition by range (id)",
        "create table part partition of parts default",
        "create table parent (id int)",
        "create table kid () inherits (parent)",
    )
    for table in ("looked", "parts", "parent"):
        assert [asked(application, tmp_path, table=table)[1] for _ in range(2)] == [1, 1]


def test_a_table_with_row_security_is_always_read(application: Application, tmp_path: Path) -> None:
    """What a role may see depends on more than the rows."""
    application.execute(
        "alter table jobs enable row level security",
        "create policy all_of_them on jobs using (true)",
    )
    assert [asked(application, tmp_path)[1] for _ in range(2)] == [1, 1]


def test_expressions_on_the_clock_or_other_tables_are_always_measured(
    application: Application, tmp_path: Path
) -> None:
    """The table may stay as it is while what they say of it changes."""
    application.execute("create table known (id int)", "insert into known select id from jobs")
    known = select(column("id")).select_from(sql_table("known"))
    for rule in (
        sql_rule(lambda row: row.id.in_(known), "known"),
        sql_rule(lambda row: row.posted < func.now(), "past"),
    ):
        expectation = conforms_to(pa.DataFrameSchema(checks=rule))
        assert [asked(application, tmp_path, expectation) for _ in range(2)] == [
            ({Level.OK}, 1)
        ] * 2
    application.execute("delete from known where id = 1")
    schema = pa.DataFrameSchema(checks=sql_rule(lambda row: row.id.in_(known), "known"))
    assert asked(application, tmp_path, conforms_to(schema)) == ({Level.BREACH}, 2)


def test_a_change_that_a_check_does_not_see_is_not_taken_for_seen(
    application: Application, tmp_path: Path
) -> None:
    """What is committed after a check's snapshot is counted, but was not judged."""
    database = application.open(memory=tmp_path)
    with keep_journal():
        database.scalar("select 1")  # takes the snapshot
        application.execute("update jobs set id = -1 where id = 1")
        seen = answers(conforms_to(POSITIVE), database.table("jobs"))["id greater_than"]
        assert seen.bad == 0  # type: ignore[union-attr]
    assert asked(application, tmp_path) == ({Level.OK, Level.BREACH}, 2)


def test_another_window_is_another_question(application: Application, tmp_path: Path) -> None:
    """The same statement with a later start is sent, in place of the one before."""
    asks = conforms_to(POSITIVE, last="1 day").expand()[-1].asks
    for days, expected in ((0, 1), (0, 0), (1, 1), (1, 0), (0, 1)):
        database = application.open(memory=tmp_path)
        with keep_journal() as journal:
            scan(database.table("jobs", time="posted"), asks, SLOT + timedelta(days))
        assert len(sent(journal, "jobs")) == expected


def test_reuse_can_be_turned_off(application: Application, tmp_path: Path) -> None:
    """Then every run reads the table, and nothing is written down."""
    assert [asked(application, tmp_path, reuse=False)[1] for _ in range(2)] == [1, 1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"statements": 1}', "\x00", '{"at": null, "tables": 5}']
)
def test_what_cannot_be_read_from_memory_is_measured(
    application: Application, tmp_path: Path, content: str
) -> None:
    """A file that was damaged is replaced by what is measured."""
    asked(application, tmp_path)
    (file,) = tmp_path.rglob("*.json")
    if content.startswith('{"at"'):
        content = json.dumps({**json.loads(file.read_text()), **json.loads(content)})
    file.write_text(content)
    assert [asked(application, tmp_path)[1] for _ in range(2)] == [1, 0]


def test_a_memory_that_cannot_be_written_is_no_error(
    application: Application, tmp_path: Path
) -> None:
    """The table is read by every run."""
    (tmp_path / "app").write_text("a file where the folder is to be")
    assert [asked(application, tmp_path) for _ in range(2)] == [({Level.OK}, 1)] * 2
