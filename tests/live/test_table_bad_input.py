"""Tables that are not as a model expects, on a real PostgreSQL: an error or a failure, no pass."""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pandera.pandas as pa
import psycopg
import pytest
from table_targets import Application, judge, own_application, sent, verdicts

from fixtures.postgres import CRAWLER, Server
from gatepost.errors import MeasurementError, Unavailable
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level
from gatepost.tables import scan as scanning
from gatepost.tables.asks import Tier
from gatepost.tables.scan import make_plan

OK, BREACH, ERROR, NO_DATA = Level.OK, Level.BREACH, Level.ERROR, Level.NO_DATA

ONE = pa.DataFrameSchema({"v": pa.Column(int, unique=True, checks=pa.Check.gt(0))})
"""Present, dtype, not null, unique, greater_than."""


@pytest.fixture
def application(postgres_server: Server, postgres_database: str) -> Iterator[Application]:
    with own_application(postgres_server, postgres_database) as application:
        yield application


def fill(application: Application, type_: str, *values: str) -> None:
    """A table `cells` with one column `v` of a type, holding the values, as SQL spells them."""
    application.execute(f"create table cells (v {type_})")
    for value in values:
        application.execute(f"insert into cells select {value}")


def levels(application: Application, schema: pa.DataFrameSchema, table: str) -> dict[str, Level]:
    found = verdicts(conforms_to(schema), application.open().table(table))
    return {label: verdict.level for label, verdict in found.items()}


def make_slow(application: Application) -> None:
    """A table whose view takes a minute."""
    application.execute(
        "create table numbers (v int not null unique, t text); insert into numbers values (1, 'a')",
        "create function slow(int) returns int language sql volatile as "
        "$$ select $1 from pg_sleep(60) $$",
        "create view slowly as select slow(v) as v, t from numbers",
    )


# What is not there


def test_a_table_that_does_not_exist_is_named(application: Application) -> None:
    """A name that is close is proposed."""
    application.execute("create table numbers (v int)")
    with pytest.raises(MeasurementError, match="no table numbrs; did you mean numbers"):
        verdicts(conforms_to(ONE), application.open().table("numbrs"))


def test_a_table_that_vanishes_before_its_statement_is_an_error(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the catalogue had said is not enough for a verdict."""
    application.execute("create table numbers (v int); insert into numbers values (1)")

    def drop_after(*arguments: Any) -> Any:
        plan = make_plan(*arguments)
        application.execute("drop table numbers")
        return plan

    monkeypatch.setattr(scanning, "make_plan", drop_after)
    with pytest.raises(MeasurementError, match="there is no table numbers"):
        verdicts(conforms_to(ONE), application.open().table("numbers"))


def test_a_table_cannot_vanish_between_the_statements_of_a_check(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first statement's lock lasts as long as the check: nobody drops what is being judged."""
    application.execute("create table numbers (v int); insert into numbers values (-1)")
    real = scanning.add_samples

    def drop_before(*arguments: Any) -> Any:
        with pytest.raises(psycopg.errors.LockNotAvailable):
            application.execute("set lock_timeout = '20 ms'", "drop table numbers")
        return real(*arguments)

    monkeypatch.setattr(scanning, "add_samples", drop_before)
    found, _ = judge(conforms_to(ONE), application.open().table("numbers"))
    sample = found["v greater_than"].sample
    assert sample is not None
    assert sample.rows == (("-1",),)


def test_a_table_without_columns_fails_for_each_that_the_model_has(
    application: Application,
) -> None:
    """PostgreSQL allows it; no rule on the column passes."""
    application.execute("create table nothing (); insert into nothing default values")
    assert levels(application, ONE, "nothing") == {
        "v present": BREACH,
        "v dtype": ERROR,
        "v not null": ERROR,
        "v unique": ERROR,
        "v greater_than": ERROR,
    }


def test_an_empty_table_proves_nothing_of_its_rows(application: Application) -> None:
    """Rules on rows have no data; what the catalogue says stands."""
    application.execute("create table numbers (v int)")
    assert levels(application, ONE, "numbers") == {
        "v present": OK,
        "v dtype": OK,
        "v not null": NO_DATA,
        "v unique": NO_DATA,
        "v greater_than": NO_DATA,
    }


def test_a_table_without_a_key_is_judged_as_any(application: Application) -> None:
    """Equal rows are counted one by one, and shown by what they hold."""
    application.execute("create table numbers (v int)", "insert into numbers values (-1), (-1)")
    found = verdicts(conforms_to(ONE), application.open().table("numbers"))
    for label in ("v unique", "v greater_than"):
        assert found[label].bad == 2
        assert found[label].sample is not None
        assert found[label].sample.rows == (("-1",), ("-1",))


# What is only a table by its look

PROVABLE = "(v int not null unique)"


@pytest.mark.parametrize(
    "statements",
    [
        ("create view looked as select * from numbers",),
        (
            "create materialized view looked as select * from numbers",
            "create unique index on looked (v)",
        ),
        (
            f"create table looked {PROVABLE}",
            "create table kid () inherits (looked)",
            "insert into kid values (1)",
        ),
    ],
    ids=["view", "materialized view", "parent"],
)
def test_no_constraint_proves_rows_that_it_does_not_bind(
    application: Application, statements: tuple[str, ...]
) -> None:
    """The rows of views and of inheriting tables are counted."""
    application.execute(f"create table numbers {PROVABLE}", "insert into numbers values (1)")
    application.execute(*statements)
    found = verdicts(conforms_to(ONE), application.open().table("looked"))
    assert {verdict.level for verdict in found.values()} == {OK}
    assert (found["v not null"].how, found["v unique"].how) == ("scanned", "scanned")


def test_rows_of_inheriting_tables_are_read_with_the_parents(application: Application) -> None:
    """A unique index of the parent says nothing of a value that a child repeats."""
    application.execute(
        f"create table parent {PROVABLE}",
        "create table kid () inherits (parent)",
        "insert into parent values (1)",
        "insert into kid values (1)",
    )
    found = verdicts(conforms_to(ONE), application.open().table("parent"))
    assert (found["v unique"].bad, found["v unique"].total) == (2, 2)


def test_constraints_of_a_partitioned_table_prove(application: Application) -> None:
    """They bind the rows of all its partitions."""
    application.execute(
        f"create table parts {PROVABLE} partition by range (v)",
        "create table part partition of parts default",
        "insert into parts values (1), (2)",
    )
    found, journal = judge(conforms_to(ONE), application.open().table("parts"))
    assert found["v unique"].how == "proved: the unique index parts_v_key"
    assert found["v not null"].how == "proved: a not-null constraint"
    assert found["v greater_than"].total == 2
    assert len(sent(journal, "parts")) == 1


@pytest.mark.parametrize("partitioned", [False, True])
def test_a_not_null_of_a_foreign_table_is_only_a_claim(
    application: Application, partitioned: bool
) -> None:
    """PostgreSQL does not hold foreign rows to it, also where they are a partition."""
    with application.server.connect(application.name) as superuser:
        superuser.execute("create extension file_fdw")
        superuser.execute("create server files foreign data wrapper file_fdw")
        options = "server files options (program 'echo null', null 'null')"
        if partitioned:
            superuser.execute("create table far (v int not null) partition by range (v)")
            superuser.execute(f"create foreign table part partition of far default {options}")
        else:
            superuser.execute(f"create foreign table far (v int not null) {options}")
    found = verdicts(conforms_to(ONE), application.open(role="postgres").table("far"))
    assert (found["v not null"].level, found["v not null"].bad) == (BREACH, 1)


@pytest.mark.parametrize(
    ("statements", "again"),
    [
        (("alter table numbers add unique (v) deferrable initially deferred",), 2),
        (("create unique index on numbers (v) where v > 5",), 1),
        (("create unique index on numbers ((v + w))",), 1),
        (("create unique index on numbers (w) include (v)",), 1),
        (("alter table numbers add unique (v, w)",), 1),
        (("alter table numbers alter v drop not null", "alter table numbers add unique (v)"), 2),
    ],
    ids=["deferrable", "partial", "expression", "included", "wider", "nullable"],
)
def test_an_index_that_does_not_prove_uniqueness_is_not_taken_for_it(
    application: Application, statements: tuple[str, ...], again: int
) -> None:
    """Deferred, partial, on an expression, on more columns, or with nulls: rows are counted."""
    application.execute("create table numbers (v int not null, w int)")
    application.execute("insert into numbers values (1, 1)")
    application.owner.execute("insert into numbers values (%s, 2)", [again])
    application.execute(*statements)
    found = verdicts(conforms_to(ONE), application.open().table("numbers"))["v unique"]
    assert (found.how, found.bad) == ("scanned", 2 if again == 1 else 0)


def test_an_invalid_index_proves_nothing(application: Application) -> None:
    """What a failed CREATE INDEX CONCURRENTLY left behind is there, and does not hold."""
    application.execute("create table numbers (v int not null)", "insert into numbers select 1")
    application.execute("insert into numbers values (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        application.owner.execute("create unique index concurrently on numbers (v)")
    assert levels(application, ONE, "numbers")["v unique"] is BREACH


def test_repeated_nulls_break_uniqueness_whatever_the_index(application: Application) -> None:
    """To pandera two nulls are equal; to a unique index they are not."""
    application.execute("create table numbers (v int unique)")
    application.execute("insert into numbers values (1), (null), (null)")
    found = verdicts(conforms_to(ONE), application.open().table("numbers"))["v unique"]
    assert found.bad == 2


def test_a_not_null_that_was_never_validated_proves_nothing(application: Application) -> None:
    """PostgreSQL 18 can add one that says nothing of the rows that are there."""
    if application.server.version < 18:
        pytest.skip("a NOT NULL can be NOT VALID from PostgreSQL 18 on")
    application.execute(
        "create table numbers (v int)",
        "insert into numbers values (null)",
        "alter table numbers add constraint v_there not null v not valid",
    )
    assert levels(application, ONE, "numbers")["v not null"] is BREACH


def test_a_check_constraint_that_was_never_validated_proves_nothing(
    application: Application,
) -> None:
    """The rows that were there before are counted."""
    application.execute(
        "create table numbers (v int)",
        "insert into numbers values (-1)",
        "alter table numbers add check (v > 0) not valid",
    )
    assert levels(application, ONE, "numbers")["v greater_than"] is BREACH


def test_a_not_null_float_may_hold_what_pandas_calls_null(application: Application) -> None:
    """NaN passes the constraint and not the rule, so the constraint is no proof."""
    application.execute(
        "create table numbers (f float8 not null, n numeric not null)",
        "insert into numbers values ('NaN', 'NaN'), ('Infinity', '-Infinity'), (1, 1)",
    )
    schema = pa.DataFrameSchema({"f": pa.Column(float), "n": pa.Column(float)})
    found = verdicts(conforms_to(schema), application.open().table("numbers"))
    assert (found["f not null"].bad, found["n not null"].bad) == (1, 1)


def test_infinity_is_greater_and_less_than_every_number(application: Application) -> None:
    """Infinite floats and numerics compare as in pandas; NaN is a null, and is left out."""
    application.execute(
        "create table numbers (f float8, n numeric)",
        "insert into numbers values ('NaN', 'NaN'), ('Infinity', 'Infinity'), "
        "('-Infinity', '-Infinity'), (5, 5)",
    )
    checks = [pa.Check.gt(0), pa.Check.lt(10), pa.Check.in_range(0, 10)]
    columns = {name: pa.Column(float, checks=checks, nullable=True) for name in ("f", "n")}
    found = verdicts(conforms_to(pa.DataFrameSchema(columns)), application.open().table("numbers"))
    counted = {label: verdict.bad for label, verdict in found.items() if verdict.bad is not None}
    rules = {"greater_than": 1, "less_than": 1, "in_range": 2}
    assert counted == {f"{name} {rule}": bad for name in ("f", "n") for rule, bad in rules.items()}


# What a rule cannot be applied to


@pytest.mark.parametrize(
    ("type_", "value", "checks"),
    [
        ("int", "1", [pa.Check.str_length(1), pa.Check.str_matches("1"), pa.Check.gt("0")]),
        ("text", "'1'", [pa.Check.gt(0), pa.Check.le(5), pa.Check.in_range(0, 5)]),
        ("bool", "true", [pa.Check.str_length(1), pa.Check.str_contains("t")]),
        ("date", "'2026-01-01'", [pa.Check.str_length(1), pa.Check.gt(0)]),
        ("timestamptz", "'2026-01-01Z'", [pa.Check.gt(0), pa.Check.gt(pd.Timestamp("2025-01-01"))]),
        ("uuid", "gen_random_uuid()", [pa.Check.gt(0)]),
        ("json", "'[1]'", [pa.Check.gt(0)]),
    ],
)
def test_a_rule_that_its_columns_type_does_not_take_is_an_error(
    application: Application, type_: str, value: str, checks: list[pa.Check]
) -> None:
    """As pandera raises for it on the same rows; it says what was compared with what."""
    fill(application, type_, f"{value}::{type_}")
    schema = pa.DataFrameSchema({"v": pa.Column(None, required=False, nullable=True)})
    schema.columns["v"].checks = checks
    found = verdicts(conforms_to(schema), application.open().table("cells"))
    assert {verdict.level for verdict in found.values()} == {ERROR}
    assert all("not evaluated: " in verdict.sentence for verdict in found.values())


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"a(?=b)", "since its pattern has a lookahead or lookbehind"),
        (r"\bab", r"since its pattern has \b or \B, the edge of a word"),
        (r"(b)\1|ab", "since its pattern has a reference to a group"),
    ],
)
def test_a_pattern_that_the_engine_lacks_is_judged_by_python(
    application: Application, pattern: str, words: str
) -> None:
    """The verdict says that rows were fetched, and why."""
    application.execute("create table texts (v text)", "insert into texts values ('ab'), ('b')")
    schema = pa.DataFrameSchema({"v": pa.Column(str, checks=pa.Check.str_matches(pattern))})
    found = verdicts(conforms_to(schema), application.open().table("texts"))["v str_matches"]
    assert (found.bad, found.total) == (1, 2)
    assert found.how is not None
    assert found.how.startswith(f"{Tier.FETCHED.value}: 2 different values, {words}")


UNUSUAL = {
    "int[]": "'{1}'",
    "int4range": "'[1,2)'",
    "money": "'1.5'",
    "bit(3)": "'101'",
    "inet": "'1.1.1.1'",
    "bytea": "'abc'",
    "tsvector": "'a b'",
    "point": "'(1,2)'",
    "pair": "row(1, 'a')",
    "pg_lsn": "'0/1'",
    "jsonpath": "'$.a'",
    '"char"': "'a'",
    "oid": "1",
    "timetz": "'10:00Z'",
    "interval": "'1 day'",
}


@pytest.mark.parametrize("type_", UNUSUAL)
def test_types_that_pandas_has_no_counterpart_of_are_no_crash(
    application: Application, type_: str
) -> None:
    """Nulls and repeats are counted all the same; SQLAlchemy's warning on the type is not shown."""
    application.execute("create type pair as (a int, b text)")
    value = f"{UNUSUAL[type_]}::{type_}"
    fill(application, type_, value, value, f"null::{type_}")
    column = pa.Column(None, unique=True, checks=pa.Check.isin(["nothing of it"]))
    with warnings.catch_warnings(action="error"):
        found = verdicts(
            conforms_to(pa.DataFrameSchema({"v": column})), application.open().table("cells")
        )
    assert {label: (each.level, each.bad) for label, each in found.items()} == {
        "v present": (OK, None),
        "v not null": (BREACH, 1),
        "v unique": (BREACH, 2),
        "v isin": (BREACH, 2),
    }


def test_enums_and_domains_are_what_they_are_made_of(application: Application) -> None:
    """An enum is text; a domain its base type, whose own constraint is no proof."""
    application.execute(
        "create type mood as enum ('ok', 'sad')",
        "create domain positive as int check (value > 0)",
        "create table cells (m mood, p positive, g int generated always as (p * 2) stored)",
        "insert into cells values ('ok', 1), ('sad', 3)",
    )
    schema = pa.DataFrameSchema(
        {
            "m": pa.Column(str, checks=[pa.Check.isin(["ok"]), pa.Check.str_length(3)]),
            "p": pa.Column(int, checks=[pa.Check.gt(1)]),
            "g": pa.Column(int, checks=[pa.Check.lt(6)]),
        }
    )
    found = verdicts(conforms_to(schema), application.open().table("cells"))
    counted = {label: verdict.bad for label, verdict in found.items() if verdict.bad}
    assert counted == {"m isin": 1, "m str_length": 1, "p greater_than": 1, "g less_than": 1}
    assert found["m dtype"].level is found["p dtype"].level is OK


def test_invalid_json_in_text_is_what_the_authors_function_makes_of_it(
    application: Application,
) -> None:
    """A check that raises on a cell is an error of its own row, with what it raised."""
    application.execute("create table docs (v text)", "insert into docs values ('{}'), ('{')")
    raising = pa.Check(lambda cells: cells.map(json.loads).notna(), name="loads")
    schema = pa.DataFrameSchema({"v": pa.Column(str, checks=[raising, pa.Check.str_length(1, 2)])})
    found = verdicts(conforms_to(schema), application.open().table("docs"))
    assert (found["v loads"].level, found["v str_length"].level) == (ERROR, OK)
    assert "JSONDecodeError" in found["v loads"].sentence


def test_a_column_that_two_patterns_name_keeps_the_rules_of_both(
    application: Application,
) -> None:
    """Each pattern is its own rows; columns are counted once for the model's strictness."""
    application.execute("create table cells (a int, b int)", "insert into cells values (1, 0)")
    schema = pa.DataFrameSchema(
        {
            "[ab]": pa.Column(int, regex=True, checks=pa.Check.ge(1)),
            "[a-z]": pa.Column(int, regex=True, checks=pa.Check.le(0)),
        },
        strict=True,
        ordered=True,
    )
    found = verdicts(conforms_to(schema), application.open().table("cells"))
    assert found["[ab] greater_than_or_equal_to"].bad == 1
    assert found["[a-z] less_than_or_equal_to"].bad == 1
    assert found["columns strict"].level is found["columns ordered"].level is OK


# What ends a statement


def test_a_statement_past_its_time_out_is_an_error_that_says_what_to_do(
    application: Application,
) -> None:
    """The limit is named, and the setting that raises it."""
    make_slow(application)
    database = application.open(statement_timeout="50 ms")
    with pytest.raises(MeasurementError) as caught:
        verdicts(conforms_to(ONE), database.table("slowly"))
    assert "the statement ran past its time-out of 50 ms" in str(caught.value)
    assert "raise statement_timeout of targets.app" in str(caught.value)


def test_a_table_that_another_session_locks_is_an_error_that_says_so(
    application: Application,
) -> None:
    """The catalogue's own look at the table waits for the lock too, and no longer."""
    application.execute(f"create table numbers {PROVABLE}", "insert into numbers values (1)")
    database = application.open(lock_timeout="50 ms")
    with (
        application.server.connect(application.name, CRAWLER) as other,
        other.transaction(),
    ):
        other.execute("lock table numbers in access exclusive mode")
        with pytest.raises(MeasurementError) as caught:
            verdicts(conforms_to(ONE), database.table("numbers"))
    assert "another session held a lock for more than 50 ms" in str(caught.value)
    assert "raise lock_timeout of targets.app" in str(caught.value)


def test_a_connection_that_is_lost_during_the_scan_is_an_outage(application: Application) -> None:
    """The target is unavailable, so its other checks are held back instead of failing."""
    make_slow(application)
    with application.server.connect(application.name) as superuser:

        def end_it() -> None:
            running = "select pid from pg_stat_activity where query like '%%slowly%%' and pid <> %s"
            own = (superuser.info.backend_pid,)
            while not (found := superuser.execute(running, own).fetchall()):
                pass
            superuser.execute("select pg_terminate_backend(%s)", found[0])

        ending = threading.Thread(target=end_it)
        ending.start()
        with pytest.raises(Unavailable, match="the connection was lost while a statement ran"):
            verdicts(conforms_to(ONE), application.open().table("slowly"))
        ending.join()


@pytest.mark.parametrize("grant", ["", "grant select (v) on numbers to guest"])
def test_a_table_or_column_without_permission_is_an_error(
    application: Application, grant: str
) -> None:
    """The message is the server's own; nothing is judged of what can be read."""
    application.execute("create table numbers (v int, t text)", "insert into numbers values (1)")
    with guest(application):
        application.execute(grant or "select 1")
        columns = {"v": pa.Column(int), "t": pa.Column(str)}
        with pytest.raises(MeasurementError, match="permission denied for table numbers"):
            verdicts(
                conforms_to(pa.DataFrameSchema(columns)),
                application.open(role="guest").table("numbers"),
            )


def test_columns_that_no_rule_is_on_need_no_permission(application: Application) -> None:
    """Only what is judged is read."""
    application.execute("create table numbers (v int, t text)", "insert into numbers values (1)")
    with guest(application):
        application.execute("grant select (v) on numbers to guest")
        found = verdicts(conforms_to(ONE), application.open(role="guest").table("numbers"))
        assert {verdict.level for verdict in found.values()} == {OK}


def test_a_schema_without_permission_is_an_error_in_one_sentence(
    application: Application,
) -> None:
    """What the catalogue refuses is worded as what a statement is refused."""
    application.execute("create schema hidden", "create table hidden.numbers (v int)")
    with guest(application), pytest.raises(MeasurementError) as caught:
        verdicts(conforms_to(ONE), application.open(role="guest").table("hidden.numbers"))
    assert str(caught.value) == "app: the statement failed: permission denied for schema hidden"


@contextmanager
def guest(application: Application) -> Iterator[None]:
    """A role without any rights, as long as a block."""
    with application.server.connect(application.name) as superuser:
        superuser.execute("create role guest login")
        try:
            yield
        finally:
            application.ending.close()
            superuser.execute("drop owned by guest")
            superuser.execute("drop role guest")


def test_too_many_rows_for_python_are_an_error_of_its_rule_only(application: Application) -> None:
    """What SQL counts is judged on all rows all the same."""
    application.execute("create table numbers (v int)")
    application.execute("insert into numbers select generate_series(0, 20)")
    python = pa.Check(lambda cells: cells < 100, name="small")
    schema = pa.DataFrameSchema({"v": pa.Column(int, checks=[pa.Check.gt(0), python])})
    found = verdicts(conforms_to(schema), application.open(max_rows=20).table("numbers"))
    assert (found["v greater_than"].bad, found["v small"].level) == (1, ERROR)
    assert found["v small"].sentence == (
        "not evaluated: its rows have to be fetched, since it is Python code, but app: the query "
        "returns more than 20 rows; aggregate or narrow it, or raise max_rows of targets.app"
    )
