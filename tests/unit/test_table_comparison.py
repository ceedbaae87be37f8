"""Two tables of SQLite files are compared: what differs is counted exactly, and bounded."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gatepost.tables.across import differences
from gatepost.tables.across.comparison import Compare, Compared, Pair, compare
from gatepost.tables.across.differences import Contents, Found
from gatepost.tables.asks import NotEvaluated
from gatepost.tables.table import Table
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from gatepost.targets.journal import keep_journal

SLOT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
KEY: tuple[Pair, ...] = (("id", "id"),)
NAME: tuple[Pair, ...] = (("name", "name"),)
Fill = Callable[..., Table]


@pytest.fixture
def fill(tmp_path: Path) -> Iterator[Fill]:
    """Makes a file with a table `t` of these rows, and opens it as a target of the same name."""
    opened: list[Database] = []

    def fill_it(name: str, rows: list[tuple[object, ...]], columns: str = "id, name text") -> Table:
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as connection, connection:
            connection.execute(f"create table t ({columns.replace('id,', 'id integer,')})")
            marks = ", ".join("?" * (columns.count(",") + 1))
            connection.executemany(f"insert into t values ({marks})", rows)  # noqa: S608 - marks
        keys = {"kind": "database", "url": f"sqlite:///{name}.db"}
        context = TargetContext(slot=SLOT, root=tmp_path)
        opened.append(open_target(name, Settings.model_validate(keys), context))
        return opened[-1].table("t", time="at" if " at " in columns else None)

    yield fill_it
    for database in opened:
        database.close()


def contents_of(left: Table, right: Table, ask: Compare) -> Contents:
    found = compare(left, right, ask, SLOT)
    assert isinstance(found, Compared)
    assert isinstance(found.contents, Contents)
    return found.contents


def named(*numbers: int) -> list[tuple[object, ...]]:
    return [(number, f"name {number}") for number in numbers]


def test_equal_tables_take_one_statement_a_side(fill: Fill) -> None:
    """In whatever order their rows are."""
    left, right = fill("app", named(1, 2, 3)), fill("warehouse", named(3, 1, 2))
    with keep_journal() as journal:
        contents = contents_of(left, right, Compare(KEY, NAME))
    assert contents == Contents(3)
    assert sum("FROM" in statement for statement in journal.statements) == 2


def test_each_sort_of_difference_is_counted_and_shown(fill: Fill) -> None:
    """Missing on either side, or of the same key and other values."""
    left = fill("app", [*named(1, 2, 3, 4, 5), (6, "old"), (7, None)])
    right = fill("warehouse", [*named(1, 2, 9), (6, "new"), (7, "")])
    contents = contents_of(left, right, Compare(KEY, NAME, samples=9))
    counts = contents.agreeing, contents.differing, contents.only_left, contents.only_right
    assert counts == (2, 2, 3, 1)
    assert {(each.found, each.key, *each.apart.items()) for each in contents.examples} == {
        (Found.DIFFERING, ("6",), ("name", ("old", "new"))),
        (Found.DIFFERING, ("7",), ("name", ("null", ""))),
        *((Found.ONLY_LEFT, (key,)) for key in "345"),
        (Found.ONLY_RIGHT, ("9",)),
    }
    assert contents.sample is not None
    assert contents.sample.columns == ("id", "found", "name")
    assert ("6", "differs", "old | new") in contents.sample.rows
    assert ("9", "only in warehouse", "") in contents.sample.rows


def test_samples_are_of_each_sort_in_turn(fill: Fill) -> None:
    """So that many missing rows do not hide the one that differs; none are shown where none may."""
    left = fill("app", [*named(*range(50)), (99, "old")])
    right = fill("warehouse", [(99, "new")])
    contents = contents_of(left, right, Compare(KEY, NAME, samples=2))
    assert {each.found for each in contents.examples} == {Found.DIFFERING, Found.ONLY_LEFT}
    assert contents_of(left, right, Compare(KEY, NAME, samples=0)).sample is None


def test_keys_that_repeat_are_paired_row_by_row(fill: Fill) -> None:
    """A second row of the same key is one too many, and the side where it is is named."""
    left = fill("app", [(1, "a"), (1, "b"), (2, "c")])
    right = fill("warehouse", [(1, "b"), (2, "c"), (2, "c")])
    contents = contents_of(left, right, Compare(KEY, NAME))
    assert (contents.agreeing, contents.only_left, contents.only_right) == (2, 1, 1)
    assert contents.repeated == ("app", "warehouse")


def test_several_columns_are_a_key_together(fill: Fill) -> None:
    """And what could be read as another pair of values is not."""
    columns = "id, name text, more text"
    left = fill("app", [(1, "a;1:b", "c"), (2, "a", "b")], columns)
    right = fill("warehouse", [(1, "a", "1:b;c"), (2, "a", "b")], columns)
    both: tuple[Pair, ...] = (("name", "name"), ("more", "more"))
    contents = contents_of(left, right, Compare(both, KEY))
    assert (contents.agreeing, contents.only_left, contents.only_right) == (1, 1, 1)


def test_columns_may_have_other_names_and_places(fill: Fill) -> None:
    """Pairs say which belong together."""
    left = fill("app", [(1, "a")])
    right = fill("warehouse", [("a", 1)], "title text, number integer")
    ask = Compare((("id", "number"),), (("name", "title"),))
    assert contents_of(left, right, ask) == Contents(1)


def test_tables_may_be_wide(fill: Fill) -> None:
    """As wide as an engine makes them."""
    names = [f"c{number}" for number in range(1500)]
    columns = f"id, {', '.join(f'{name} int' for name in names)}"
    left = fill("app", [(1, *range(1500))], columns)
    right = fill("warehouse", [(1, *range(1499), 0)], columns)
    contents = contents_of(left, right, Compare(KEY, tuple(zip(names, names, strict=True))))
    assert [each.apart for each in contents.examples] == [{"c1499": ("1499", "0")}]


def test_nothing_on_one_side_is_all_on_the_other(fill: Fill) -> None:
    """An empty table lacks every row; two empty ones agree in none."""
    full, empty = fill("app", named(1, 2)), fill("warehouse", [])
    assert contents_of(full, empty, Compare(KEY)).only_left == 2
    assert contents_of(empty, full, Compare(KEY)).only_right == 2
    assert contents_of(empty, empty, Compare(KEY)) == Contents(0)


def test_small_tables_are_read_whole_when_everything_differs(
    fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More buckets differ than a statement names, and still every row is counted."""
    monkeypatch.setattr(differences, "_MOST_BUCKETS", 5)
    left, right = fill("app", named(*range(100))), fill("warehouse", named(*range(90, 200)))
    contents = contents_of(left, right, Compare(KEY))
    counts = contents.agreeing, contents.only_left, contents.only_right, contents.unread_most
    assert counts == (10, 90, 100, 0)


def test_large_tables_are_read_as_far_as_the_bound(
    fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left out is counted as a range that the truth lies in."""
    monkeypatch.setattr(differences, "_MOST_BUCKETS", 5)
    monkeypatch.setattr(differences, "MOST_ROWS", 50)
    left, right = fill("app", named(*range(100))), fill("warehouse", named(*range(90, 200)))
    contents = contents_of(left, right, Compare(KEY))
    assert 0 < contents.only_left + contents.only_right <= 20
    assert contents.bad <= 190 <= contents.bad - contents.unread_least + contents.unread_most
    assert contents.agreeing <= 10
    assert contents.total >= 200


def test_a_bucket_beyond_the_bound_is_not_read(fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    """One key with more rows than may be read is told, not fetched."""
    monkeypatch.setattr(differences, "MOST_ROWS", 3)
    left, right = fill("app", [(1, "a")] * 6), fill("warehouse", [(1, "a")] * 4)
    contents = contents_of(left, right, Compare(KEY))
    assert (contents.bad, contents.unread_least, contents.unread_most) == (2, 2, 10)
    assert contents.sample is None


def test_settled_rows_are_compared(fill: Fill) -> None:
    """The newest are left out on both sides, and those without a time are not."""
    columns = "id, name text, at datetime"
    old = (1, "a", "2026-03-05 06:00:00")
    undated = (2, "b", None)
    left = fill("app", [old, undated, (3, "c", "2026-03-05 06:29:00")], columns)
    right = fill("warehouse", [undated, old], columns)
    assert contents_of(left, right, Compare(KEY)).only_left == 1
    settled = Compare(KEY, settle=timedelta(minutes=10))
    assert contents_of(left, right, settled) == Contents(2)
    newest = Compare(KEY, last=timedelta(minutes=10))
    assert contents_of(left, right, newest).only_left == 1


def test_what_is_hidden_is_compared_and_not_shown(
    fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither side's value leaves its database, even where only one side hides the column."""
    left = fill("app", [(1, "secret one"), (2, "same secret")])
    right = fill("warehouse", [(1, "secret two"), (2, "same secret")])
    database = left.source
    monkeypatch.setattr(
        type(database), "hides", lambda self, name: self is database and name == "name"
    )
    contents = contents_of(left, right, Compare(KEY, NAME))
    assert (contents.agreeing, contents.differing) == (1, 1)
    assert contents.sample is not None
    assert contents.sample.rows == (("1", "differs", "*** | ***"),)


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (Compare((("idd", "id"),)), "t of app: column 'idd' does not exist; did you mean id?"),
        (Compare(KEY, sums=(("id", "name"), ("id", "ID"))), "t of warehouse: column 'ID'"),
        (Compare(settle=timedelta(minutes=10)), "t of app: per and last need"),
    ],
)
def test_what_a_table_lacks_is_named(fill: Fill, ask: Compare, why: str) -> None:
    """With the side that lacks it, and the nearest names."""
    found = compare(fill("app", named(1)), fill("warehouse", named(1)), ask, SLOT)
    assert isinstance(found, NotEvaluated)
    assert found.why.startswith(why)


def test_only_what_can_be_added_up_is(fill: Fill) -> None:
    """A sum of texts is refused by itself; the others and the count are made all the same."""
    left, right = fill("app", named(1, 2)), fill("warehouse", named(1))
    ask = Compare(sums=(("name", "name"), ("id", "id")))
    found = compare(left, right, ask, SLOT)
    assert isinstance(found, Compared)
    texts, numbers = found.sums
    assert texts == NotEvaluated("app: name holds text, which cannot be added up")
    assert not isinstance(numbers, NotEvaluated)
    assert (numbers.left, numbers.right, found.rows, found.contents) == (3, 1, (2, 1), None)


def test_two_tables_of_one_database_are_told_apart(fill: Fill) -> None:
    """By their names; one and the same table agrees with itself."""
    table = fill("app", named(1, 2))
    found = compare(table, table, Compare(KEY), SLOT)
    assert isinstance(found, Compared)
    assert (found.names, found.contents) == (("the first", "the second"), Contents(2))
