"""A statement as a report shows it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import column, create_engine, func, select, table

from gatepost.targets.statements import bind


def test_the_values_of_a_list_are_shown_as_they_are_sent() -> None:
    """Each value of an IN is a parameter of its own, and none a placeholder of SQLAlchemy."""
    chosen = (
        select(func.count()).select_from(table("orders")).where(column("place").in_(["a", "b"]))
    )
    text = bind(chosen, {}, set(), create_engine("sqlite://")).text
    assert "POSTCOMPILE" not in text
    assert text.endswith("WHERE place IN (?, ?)\n-- place_1_1 = 'a', place_1_2 = 'b'")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (r"^\d\U0000000a?$", r"'^\d\U0000000a?$'"),
        ("it's", "'it''s'"),
        ("two\nlines", r"'two\nlines'"),
        (None, "null"),
        (True, "true"),
        (Decimal("1.50"), "1.50"),
        (float("inf"), "'inf'"),
        (date(2026, 1, 31), "'2026-01-31'"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "'2026-01-31 12:00:00'"),
    ],
)
def test_values_are_shown_as_literals_of_sql(value: object, shown: str) -> None:
    """A value can be pasted into a statement, and never leaves its comment."""
    engine = create_engine("sqlite://")
    text = bind("select :value", {"value": value}, set(), engine).text
    assert text.partition("\n")[2] == f"-- value = {shown}"
