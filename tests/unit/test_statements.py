"""A statement as a report shows it."""

from __future__ import annotations

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
