"""References between tables of real databases: orphans are counted, or proved not to be there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fixtures.postgres import CRAWLER, Server
from gatepost.expectations.base import Context
from gatepost.expectations.references import ReferencesKept, references
from gatepost.model import Level, Sample, Verdict
from gatepost.tables.across.orphans import count_orphans
from gatepost.tables.asks import Scan
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from gatepost.targets.journal import keep_journal

SLOT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)

TABLES = """
    create table companies (id int primary key, code text, country text, unique (code, country));
    create table jobs (
        id bigint primary key, company_id int, code text, country text, parent numeric,
        "posted at" timestamptz
    );
    insert into companies values (1, 'a', 'DE'), (2, 'b', 'VN');
    insert into jobs values
        (1, 1, 'a', 'DE', null, '2026-03-09Z'),
        (2, 3, 'a', 'VN', 1, '2026-03-09Z'),
        (3, null, null, 'VN', 9, '2026-01-09Z');
"""


Run = Callable[[str], None]


@pytest.fixture
def run(postgres_server: Server, postgres_database: str) -> Iterator[Run]:
    """Runs statements as the owner of the tables, which are there already."""
    with postgres_server.connect(postgres_database, CRAWLER) as connection:
        connection.execute(TABLES)
        yield connection.execute


@pytest.fixture
def database(postgres_server: Server, postgres_database: str, run: Run) -> Iterator[Database]:
    keys = {"kind": "database", "url": postgres_server.url(postgres_database)}
    target = open_target("app", Settings.model_validate(keys), TargetContext(slot=SLOT))
    yield target
    target.close()


def judge(database: Database, name: str, *arguments: Any, **options: Any) -> Verdict:
    expectation = references(*arguments, **options)
    assert isinstance(expectation, ReferencesKept)
    table = database.table(name, time="posted at" if "last" in options else None)
    answer = count_orphans(table, expectation.ask, SLOT)
    return expectation.judge(Scan({expectation.ask: answer}), Context(SLOT))


def counts(verdict: Verdict) -> tuple[int | None, int | None]:
    return verdict.bad, verdict.total


def test_orphans_are_counted_with_their_keys(database: Database) -> None:
    """A null refers to nothing; the sample has the row's key and what it refers to."""
    verdict = judge(database, "jobs", "companies", {"company_id": "id"})
    assert counts(verdict) == (1, 3)
    assert verdict.sample == Sample(("id", "company_id"), (("2", "3"),))
    assert verdict.how == "scanned: an anti-join with companies"


def test_several_columns_refer_together(database: Database) -> None:
    """A row in which one of them is null refers to nothing, as in SQL's MATCH SIMPLE."""
    verdict = judge(database, "jobs", "companies", ["code", "country"])
    assert counts(verdict) == (1, 3)
    assert verdict.sample == Sample(("id", "code", "country"), (("2", "a", "VN"),))


def test_nulls_break_where_they_are_to(database: Database) -> None:
    """Then a row has to refer to something."""
    verdict = judge(database, "jobs", "companies", {"company_id": "id"}, nulls="break")
    assert counts(verdict) == (2, 3)


def test_a_table_may_refer_to_itself(database: Database) -> None:
    """By columns of other types that can be equal."""
    assert counts(judge(database, "jobs", "jobs", {"parent": "id"})) == (1, 3)


def test_only_the_newest_rows_count(database: Database) -> None:
    """By the table's own time column; what they refer to may be as old as it likes."""
    verdict = judge(database, "jobs", "jobs", {"parent": "id"}, last="7 days")
    assert (verdict.level, *counts(verdict)) == (Level.OK, 0, 2)


def test_rules_on_what_is_not_there_are_errors(database: Database) -> None:
    """With the nearest names, and with the types that cannot be equal."""
    said = [
        judge(database, "jobs", *arguments).sentence
        for arguments in (
            ("companis", "id"),
            ("companies", {"company_id": "idd"}),
            ("companies", {"company": "id"}),
            ("companies", {"code": "id"}),
        )
    ]
    assert said == [
        "not evaluated: app: there is no table companis; did you mean companies?",
        "not evaluated: companies: column 'idd' does not exist; did you mean id?",
        "not evaluated: column 'company' does not exist; did you mean company_id?",
        "not evaluated: code holds text (TEXT), but companies.id holds whole numbers (INTEGER); "
        "the two cannot be equal",
    ]


FOREIGN_KEY = "alter table jobs add constraint fk foreign key (company_id) references companies"
MEND = "update jobs set company_id = 1;"


def is_proved(database: Database, name: str = "jobs", **options: Any) -> bool:
    with keep_journal() as journal:
        verdict = judge(database, name, "public.companies", {"company_id": "id"}, **options)
    assert verdict.level is Level.OK
    reads = any("SELECT" in statement for statement in journal.statements)
    assert reads == ("proved" not in verdict.how)
    return not reads


def test_a_foreign_key_proves_that_there_are_none(database: Database, run: Run) -> None:
    """No row is read, and the verdict names the key."""
    run(MEND + FOREIGN_KEY)
    verdict = judge(database, "jobs", "companies", {"company_id": "id"})
    assert (verdict.level, verdict.how) == (Level.OK, "proved: the foreign key fk")
    assert is_proved(database)


@pytest.mark.parametrize(
    "statement",
    [
        "alter table jobs drop constraint fk, add constraint fk foreign key (company_id) "
        "references companies not valid",
        "create table more () inherits (jobs)",
    ],
)
def test_a_key_that_does_not_hold_for_all_rows_proves_nothing(
    database: Database, run: Run, statement: str
) -> None:
    """One that was never checked, or that rows of an inheriting table do not have."""
    run(f"{MEND} {FOREIGN_KEY}; {statement}")
    assert not is_proved(database)


def test_disabled_triggers_prove_nothing(
    database: Database, run: Run, postgres_server: Server, postgres_database: str
) -> None:
    """While they are off, a foreign key is not enforced; an orphan that got in is found."""
    run(MEND + FOREIGN_KEY)
    with postgres_server.connect(postgres_database) as superuser:
        superuser.execute("alter table jobs disable trigger all")
    assert not is_proved(database)
    run("insert into jobs (id, company_id) values (9, 99)")
    assert judge(database, "jobs", "companies", {"company_id": "id"}).bad == 1


def test_another_key_proves_nothing(database: Database, run: Run) -> None:
    """It has to be on the same columns of the same table, and no view has one."""
    run(MEND + FOREIGN_KEY)
    run("create view seen as select * from jobs")
    assert not is_proved(database, "seen")
    run("create table firms (id int primary key); insert into firms values (1)")
    run("alter table jobs drop constraint fk, add foreign key (company_id) references firms")
    assert not is_proved(database)


def test_a_key_does_not_prove_that_there_are_no_nulls(database: Database, run: Run) -> None:
    """Unless the column forbids them."""
    run(MEND + FOREIGN_KEY)
    assert not is_proved(database, nulls="break")
    run("alter table jobs alter company_id set not null")
    assert is_proved(database, nulls="break")


def test_orphans_are_found_in_duckdb(duckdb_file: Path) -> None:
    """And a foreign key, which DuckDB always enforces, proves the same."""
    import duckdb

    with duckdb.connect(str(duckdb_file)) as connection:
        connection.execute("create table companies (id integer primary key)")
        connection.execute("create table jobs (id integer, company_id integer)")
        connection.execute(
            "create table kept (id integer, company_id integer references companies (id))"
        )
        connection.execute("insert into companies values (1)")
        connection.execute("insert into jobs values (1, 1), (2, 5), (3, null)")
    keys = {"kind": "database", "url": f"duckdb:///{duckdb_file}"}
    database = open_target("files", Settings.model_validate(keys), TargetContext(slot=SLOT))
    verdict = judge(database, "jobs", "companies", {"company_id": "id"})
    assert (*counts(verdict), verdict.sample) == (1, 3, Sample(("company_id",), (("5",),)))
    assert judge(database, "kept", "companies", {"company_id": "id"}).how.startswith("proved")
    database.close()
