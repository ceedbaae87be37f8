"""Whatever is stored in two engines is found equal, and whatever is changed is found."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.postgres import CRAWLER, Server
from gatepost.tables.across.comparison import Compare, Compared, compare
from gatepost.tables.across.differences import Contents
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target

SLOT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
CELLS = st.tuples(
    st.none() | st.decimals(-(10**9), 10**9, places=2),
    st.none() | TEXTS,
    st.none() | st.dates(date(1000, 1, 1)),
    st.none() | st.datetimes(datetime(1000, 1, 1)),  # noqa: DTZ001 - stored in UTC
    st.none() | st.booleans(),
    st.none() | st.uuids(),
    st.none() | st.floats(allow_nan=False),
)
NAMES = ("amount", "name", "day", "made_at", "is_open", "token", "score")
POSTGRES = (
    "id bigint, amount numeric(14, 2), name text, day date, made_at timestamptz, "
    "is_open boolean, token uuid, score double precision"
)
SQLITE = (
    "id integer, amount numeric(14, 2), name varchar(9), day date, made_at datetime, "
    "is_open boolean, token char(32), score double"
)


@pytest.fixture
def app(postgres_server: Server, postgres_database: str) -> Iterator[Database]:
    """A PostgreSQL."""
    with closing(open_it("app", postgres_server.url(postgres_database))) as database:
        yield database


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Database]:
    """A SQLite file."""
    with closing(open_it("copy", f"sqlite:///{tmp_path}/s.db")) as database:
        yield database


def open_it(name: str, url: str) -> Database:
    keys = {"kind": "database", "url": url}
    return open_target(name, Settings.model_validate(keys), TargetContext(slot=SLOT))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(CELLS, max_size=6), changed=st.integers(0, 5), column=st.sampled_from(NAMES))
def test_any_values_agree_and_any_change_is_found(
    postgres_server: Server,
    postgres_database: str,
    tmp_path: Path,
    app: Database,
    copy: Database,
    rows: list[Any],
    changed: int,
    column: str,
) -> None:
    """Whatever is stored on both engines agrees; one cell that is set to null does not."""
    wanted = [(number, *cells) for number, cells in enumerate(rows)]
    changes = changed < len(rows) and rows[changed][NAMES.index(column)] is not None
    with (
        postgres_server.connect(postgres_database, CRAWLER) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"set timezone = 'UTC'; drop table if exists t; create table t ({POSTGRES})")
        cursor.executemany("insert into t values (%s, %s, %s, %s, %s, %s, %s, %s)", wanted)
        if changes:
            changing = f"update t set {column} = null where id = %s"  # noqa: S608 - a constant
            cursor.execute(changing, [changed])
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        connection.executescript(f"drop table if exists t; create table t ({SQLITE})")
        texts = [tuple(map(as_sqlite, row)) for row in wanted]
        connection.executemany("insert into t values (?, ?, ?, ?, ?, ?, ?, ?)", texts)
    ask = Compare((("id", "id"),), tuple((name, name) for name in NAMES))
    found = compare(app.table("t"), copy.table("t"), ask, SLOT)
    assert isinstance(found, Compared)
    assert isinstance(found.contents, Contents)
    assert found.contents.bad == found.contents.differing == int(changes), found.contents.examples
    if changes:
        (example,) = found.contents.examples
        assert (example.key, list(example.apart)) == ((str(changed),), [column])


def as_sqlite(cell: object) -> object:
    """As SQLAlchemy stores it."""
    if isinstance(cell, UUID):
        return cell.hex
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "microseconds")
    return str(cell) if isinstance(cell, (Decimal, date)) else cell
