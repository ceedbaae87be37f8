"""A check's journal notes what was sent, and ends what targets hung on it."""

from __future__ import annotations

import pytest

from gatepost.targets.journal import keep_journal, note, open_journal


def test_statements_are_noted_in_order() -> None:
    """Statements are listed as sent, and rows are summed up."""
    with keep_journal() as journal:
        note("first", 2)
        note("second")
        note("third", 3)
    assert journal.statements == ["first", "second", "third"]
    assert journal.rows == 5


def test_nothing_is_noted_outside_a_check() -> None:
    """Without a check there is no journal, and noting does nothing."""
    note("nobody listens")
    assert open_journal() is None


def test_endings_run_when_the_check_ends() -> None:
    """What was hung on the journal ends with the check, last first, also when the check fails."""
    ended: list[str] = []

    def failing_check() -> None:
        with keep_journal() as journal:
            journal.on_close(lambda: ended.append("first"))
            journal.on_close(lambda: ended.append("second"))
            assert ended == []
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing_check()
    assert ended == ["second", "first"]


def test_inner_check_has_a_journal_of_its_own() -> None:
    """A check that runs inside another notes apart, and the outer one goes on."""
    with keep_journal() as outer:
        with keep_journal() as inner:
            note("inside")
        note("outside")
    assert (inner.statements, outer.statements) == (["inside"], ["outside"])
