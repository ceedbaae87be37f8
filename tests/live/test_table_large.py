"""Large tables are counted by hashes on a second connection, and say what small ones say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandera.pandas as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from table_targets import SLOT, Application, own_application, sent

from fixtures.postgres import Server
from gatepost.expectations.distinct import distinct
from gatepost.expectations.limits import at_least
from gatepost.expectations.tables import conforms_to
from gatepost.tables.asks import Distinct, Scan, Tally
from gatepost.tables.scan import scan
from gatepost.tables.sql import scope
from gatepost.targets.database import Database
from gatepost.targets.journal import Journal, keep_journal

COLUMNS = {
    "i": "int",
    "t": "text",
    "f": "float8",
    "n": "numeric",
    "d": "date",
    "at": "timestamptz",
    "b": "boolean",
}
CELLS = st.tuples(
    st.none() | st.sampled_from([-1, 0, 1, 2**31 - 1]),
    st.none() | st.sampled_from(["", "a", "A", "a ", "ä", "a\u0308", "\U0001f600"]),
    st.none() | st.sampled_from([0.0, -0.0, 1.5, float("nan"), float("inf"), -1.0]),
    st.none()
    | st.sampled_from(
        [Decimal(1), Decimal("1.0"), Decimal("1.00000000000000000001"), Decimal("NaN")]
    ),
    st.none() | st.sampled_from([datetime(2026, 3, day, tzinfo=UTC).date() for day in (8, 9)]),
    st.none() | st.sampled_from([SLOT - timedelta(hours=hours) for hours in (1, 7, 30)]),
    st.none() | st.booleans(),
)

SCHEMA = pa.DataFrameSchema(
    {name: pa.Column(None, nullable=True, unique=True, required=name != "b") for name in COLUMNS},
    unique=[["i", "t"], ["f", "n", "at"], ["t", "b"], list(COLUMNS)],
)
SPARING = pa.DataFrameSchema(
    {"i": pa.Column(None, nullable=True, unique=True, report_duplicates="exclude_first")},
    unique=["t", "f"],
    report_duplicates="exclude_last",
)
MIXED = pa.DataFrameSchema(
    {
        "i": pa.Column(int, unique=True, checks=[pa.Check.gt(0), pa.Check.lt(2)]),
        "t": pa.Column(str, unique=True, checks=pa.Check.str_length(1)),
    }
)


@pytest.fixture
def application(postgres_server: Server, postgres_database: str) -> Iterator[Application]:
    with own_application(postgres_server, postgres_database) as application:
        columns = ", ".join(f"{name} {type_}" for name, type_ in COLUMNS.items())
        application.execute(f"create table cells ({columns})")
        yield application


@pytest.fixture
def database(application: Application) -> Database:
    return application.open()


def expectations() -> list[Any]:
    limit = at_least(0)
    return [
        conforms_to(SCHEMA),
        conforms_to(SPARING),
        conforms_to(MIXED, by="column"),
        conforms_to(SCHEMA, last="1 day"),
        conforms_to(SCHEMA, per="day"),
        conforms_to(SCHEMA, segments="b"),
        *(distinct(name, limit) for name in COLUMNS),
        distinct(["i", "t", "n"], limit),
        distinct("t", limit, last="1 day"),
        distinct("t", limit, per="day"),
    ]


def measure(
    database: Database, expected: list[Any], monkeypatch: pytest.MonkeyPatch, *, large: bool
) -> tuple[dict[Any, Any], Journal]:
    """The answers, without how they were found and which rows were picked to show."""
    with monkeypatch.context() as patch, keep_journal() as journal:
        patch.setattr(scope, "_LARGE", 1 if large else 10**9)
        asks = [ask for each in expected for row in each.expand() for ask in row.asks]
        found = scan(database.table("cells", time="at"), asks, SLOT)
    assert isinstance(found, Scan)
    answers = {ask: replace(answer, how=None) for ask, answer in found.answers.items()}
    return answers, journal


def without_rows(answer: Any) -> Any:
    if not isinstance(answer, Tally):
        return answer
    sample = answer.sample
    return replace(answer, sample=None), sample and (sample.columns, len(sample.rows))


@given(rows=st.lists(CELLS, min_size=1, max_size=12))
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_both_ways_of_counting_agree(
    application: Application,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[Any, ...]],
) -> None:
    """Nulls, NaN, signed zeros, unicode and equal decimals repeat alike; samples are as many."""
    application.execute("truncate cells")
    insert = f"insert into cells values ({', '.join(['%s'] * len(COLUMNS))})"  # noqa: S608 - marks
    for row in rows:
        application.owner.execute(insert, row)
    application.execute("analyze cells")
    asked = expectations()
    small, _ = measure(database, asked, monkeypatch, large=False)
    large, _ = measure(database, asked, monkeypatch, large=True)
    for ask, answer in small.items():
        assert without_rows(large[ask]) == without_rows(answer), ask


def fill(application: Application) -> None:
    """Twenty different rows."""
    application.execute(
        "insert into cells (i, t, at) "
        "select n, 't' || n, '2026-03-09 10:00Z' from generate_series(1, 20) n",
        "analyze cells",
    )


def test_hashes_are_counted_on_a_connection_of_their_own(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two statements in one snapshot; without hashes it is one."""
    fill(application)
    asked = [distinct("t", at_least(0))]
    found, journal = measure(application.open(), asked, monkeypatch, large=True)
    assert sorted("hash" in each for each in sent(journal, "cells")) == [False, True]
    assert [answer.count for answer in found.values() if isinstance(answer, Distinct)] == [20]


def test_nothing_more_is_sent_where_nothing_repeats(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside what counts, each column that is to be unique has a statement of its own."""
    fill(application)
    found, journal = measure(application.open(), [conforms_to(MIXED)], monkeypatch, large=True)
    unique = [answer for ask, answer in found.items() if "unique" in ask.label]
    assert [(answer.bad, answer.total) for answer in unique] == [(0, 20), (0, 20)]
    grouping = [each for each in sent(journal, "cells") if "GROUP BY" in each]
    assert len(grouping) == 2


def test_what_repeats_is_counted_by_value(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows that repeat each other are bad; one more statement shows some of them."""
    fill(application)
    application.execute("update cells set t = 't1' where i in (1, 2, 3)", "analyze cells")
    schema = pa.DataFrameSchema({"t": pa.Column(str, unique=True)})
    found, journal = measure(application.open(), [conforms_to(schema)], monkeypatch, large=True)
    (answer,) = (answer for ask, answer in found.items() if ask.label == "t unique")
    assert (answer.bad, answer.total) == (3, 20)
    assert answer.sample.rows == (("t1",),) * 3
    assert len(sent(journal, "cells")) == 3


def test_both_connections_see_one_snapshot(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that come while a check runs are in neither figure: nothing repeats in its snapshot."""
    fill(application)
    database = application.open()
    schema = pa.DataFrameSchema({"t": pa.Column(str, unique=True)})
    with keep_journal():
        database.scalar("select 1")  # takes the snapshot
        application.execute("insert into cells select * from cells")
        with monkeypatch.context() as patch:
            patch.setattr(scope, "_LARGE", 1)
            (row,) = [row for row in conforms_to(schema).expand() if row.label == "t unique"]
            found = scan(database.table("cells"), row.asks, SLOT)
    assert isinstance(found, Scan)
    (answer,) = found.answers.values()
    assert isinstance(answer, Tally)
    assert (answer.bad, answer.total) == (0, 20)


def test_a_table_that_was_never_analysed_is_counted_as_a_small_one(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the planner's estimate it is not known to be large."""
    application.execute("alter table cells set (autovacuum_enabled = off)")
    application.execute("insert into cells (i, t) values (1, 'a')")
    found, journal = measure(
        application.open(), [distinct("t", at_least(0))], monkeypatch, large=True
    )
    assert [answer.count for answer in found.values() if isinstance(answer, Distinct)] == [1]
    assert not any("hash" in statement for statement in sent(journal, "cells"))


def test_rows_that_repeat_are_shown_again_while_nothing_changes(
    application: Application, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Which values repeat is remembered with its types, since it goes into a statement."""
    fill(application)
    application.execute(
        "insert into cells values (-1, 'x', 1.5, 1.5, '2026-03-09', '2026-03-09 10:00Z', true)",
        "insert into cells select * from cells where i = -1",
        "analyze cells",
    )
    said = []
    for _ in range(2):
        database = application.open(memory=tmp_path)
        answers, _journal = measure(database, [conforms_to(SCHEMA)], monkeypatch, large=True)
        said.append([without_rows(answer) for answer in answers.values()])
    assert said[0] == said[1]
