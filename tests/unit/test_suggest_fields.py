"""Which rules are suggested for which figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gatepost.suggesting.fields import field_rules
from gatepost.suggesting.module import write_module
from gatepost.suggesting.profile import ColumnProfile, TableProfile
from gatepost.tables.live import ColumnKind, LiveColumn, LiveTable

AT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)


def profiled(kind: ColumnKind, rows: int = 1000, **figures: Any) -> tuple[TableProfile, Any]:
    """A table of one column with these figures."""
    bits = figures.pop("bits", None)
    column = LiveColumn(
        "x", kind, figures.pop("written", "X"), figures.pop("not_null", False), bits
    )
    unique = {"x_key": frozenset({"x"})} if figures.pop("proved", False) else {}
    found = ColumnProfile(column, figures.pop("nulls", 0), **figures)
    return TableProfile("t", LiveTable("t", {"x": column}, unique), AT, rows, (found,)), found


def suggested(kind: ColumnKind, rows: int = 1000, **figures: Any) -> dict[str, Any]:
    return field_rules(*profiled(kind, rows, **figures)).arguments


@pytest.mark.parametrize(
    ("least", "greatest", "expected"),
    [
        (0.0, 9.0, {"ge": 0, "le": 20}),
        (3.0, 70.0, {"ge": 0, "le": 200}),
        (-3.0, 0.0, {"ge": -5, "le": 0}),
        (-30.0, -4.0, {"ge": -50, "le": 0}),
        (0.0, 0.0, {"ge": 0}),
        (0.0, 0.004, {"ge": 0, "le": 0.01}),
        (float("-inf"), float("inf"), {}),
        (1.0, 1e300, {"ge": 0}),
    ],
)
def test_numbers_have_bounds_with_room(least: float, greatest: float, expected: object) -> None:
    """Nothing is below zero where nothing was, and there is half as much again above."""
    assert suggested(ColumnKind.FLOAT, least=least, greatest=greatest, distinct=9) == expected


def test_what_counts_up_has_no_end() -> None:
    """Whole numbers that are all different are a key, and keep growing."""
    key = suggested(ColumnKind.INTEGER, least=1.0, greatest=1000.0, distinct=1000)
    assert key == {"unique": True, "ge": 0}


def test_few_rows_say_nothing_but_what_the_catalogue_proves() -> None:
    """Of a handful of rows neither bounds nor lists are taken, nor that nulls are wrong."""
    few = {"shortest": 3, "longest": 4, "distinct": 5}
    assert suggested(ColumnKind.TEXT, 5, **few) == {"nullable": True}
    assert suggested(ColumnKind.TEXT, 5, not_null=True, proved=True, **few) == {"unique": True}
    assert "unique" not in suggested(ColumnKind.TEXT, 50, **{**few, "distinct": 50})


def test_texts_have_lengths_shapes_or_a_list() -> None:
    """A list of values says more than lengths; a declared length is not said again."""
    text = {"shortest": 3, "longest": 12, "distinct": 400}
    assert suggested(ColumnKind.TEXT, **text) == {"str_length": {"min_value": 1, "max_value": 20}}
    assert suggested(ColumnKind.TEXT, written="VARCHAR(15)", **text) == {
        "str_length": {"min_value": 1}
    }
    same = {**text, "shortest": 12, "shapes": ("digits only",)}
    assert suggested(ColumnKind.TEXT, **same) == {
        "str_length": {"min_value": 12, "max_value": 12},
        "str_matches": "^[0-9]+$",
    }
    assert suggested(ColumnKind.TEXT, values=("a", "b"), **text) == {"isin": ["a", "b"]}


def test_a_column_of_nulls_or_of_misfits_has_no_rules() -> None:
    """Nothing is known of values that are not there, or not what their type says."""
    assert suggested(ColumnKind.TEXT, nulls=1000, distinct=0) == {"nullable": True}
    table, found = profiled(ColumnKind.INTEGER, misfits=3, written="INTEGER")
    rules = field_rules(table, found)
    assert (rules.annotation, rules.arguments) == ("Any", {"nullable": True})
    assert "3 values are not whole numbers, as INTEGER says" in rules.seen


def test_hidden_columns_show_no_value() -> None:
    """Limits are values too; counts and lengths are not."""
    hidden: dict[str, Any] = {"least": 5.0, "greatest": 77.0, "distinct": 9, "hidden": True}
    table, found = profiled(ColumnKind.INTEGER, **hidden)
    rules = field_rules(table, found)
    assert rules.arguments == {}
    assert rules.seen == "1,000 rows, 0 null, 9 different values"


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), 'fresh("x", within="24 h", alert="36 h"),'),
        (timedelta(hours=2), 'fresh("x", within="24 h", alert="36 h"),'),
        (timedelta(hours=20), 'fresh("x", within="2 days", alert="3 days"),'),
        (timedelta(days=10), 'fresh("x", within="20 days", alert="30 days"),'),
        (timedelta(hours=-1), None),
    ],
)
def test_freshness_has_twice_the_age_and_no_less_than_a_day(
    age: timedelta, expected: str | None
) -> None:
    """A time in the future says nothing of how often there is a new one."""
    table, _found = profiled(ColumnKind.MOMENT, newest=AT - age)
    text = write_module(table, "shop", "x")
    assert (expected in text) if expected else ("fresh(" not in text)
    assert 'shop.table("t", time="x")' in text


def test_the_newest_time_of_the_past_is_taken() -> None:
    """Without a named column it is the one with the newest time, zones before none."""
    table, found = profiled(ColumnKind.MOMENT, newest=AT - timedelta(days=1))
    others = {
        "deadline": (ColumnKind.MOMENT, AT + timedelta(days=9)),
        "made": (ColumnKind.MOMENT, AT - timedelta(hours=1)),
        "local": (ColumnKind.TIMESTAMP, AT - timedelta(minutes=1)),
    }
    columns = [found]
    for name, (kind, newest) in others.items():
        column = replace(found.column, name=name, kind=kind)
        columns.append(replace(found, column=column, newest=newest))
    text = write_module(replace(table, columns=tuple(columns)), "shop", None)
    assert 'fresh("made", ' in text
