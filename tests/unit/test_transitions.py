"""Parts of a service that turned between two looks: what counts, in which order, in what words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gatepost.targets.health_body import Component, State
from gatepost.targets.transitions import (
    Transition,
    read_states,
    transitions_between,
    write_states,
)

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def part(
    name: str, state: State, detail: str = "", checked: datetime | None = None
) -> dict[str, Component]:
    """A part by its name."""
    return {name: Component(name, state, state, detail, checked=checked)}


def test_what_turned_is_named_with_its_detail() -> None:
    """The states of the earlier run are what was written down then."""
    before = read_states(write_states(part("database", "healthy") | part("cache", "unhealthy")))
    now = part("database", "unhealthy", "connection refused") | part("cache", "unhealthy")
    [found] = transitions_between(before, NOON, now, LATER)
    assert found == Transition(
        "database", "healthy", "unhealthy", "connection refused", LATER, NOON
    )
    assert str(found) == (
        "database turned from healthy to unhealthy between 2026-03-05 12:00 UTC and "
        "2026-03-05 13:00 UTC: connection refused"
    )


def test_the_worst_come_first() -> None:
    """Down before gone before reserved before well again; new parts have not turned."""
    before = {"a": "unhealthy", "b": "healthy", "c": "healthy", "d": "healthy", "e": "healthy"}
    now = (
        part("a", "healthy") | part("b", "degraded") | part("d", "unhealthy") | part("f", "unknown")
    )
    found = transitions_between(before, NOON, now | part("e", "healthy"), LATER)
    assert [(each.component, each.now) for each in found] == [
        ("d", "unhealthy"),
        ("c", "missing"),
        ("b", "degraded"),
        ("a", "healthy"),
    ]


@pytest.mark.parametrize(
    ("checked", "turned"),
    [
        (NOON + timedelta(minutes=20), NOON + timedelta(minutes=20)),
        (NOON - timedelta(minutes=20), LATER),
        (LATER + timedelta(minutes=20), LATER),
        (None, LATER),
    ],
)
def test_the_service_knows_best_when_it_looked(checked: datetime | None, turned: datetime) -> None:
    """Its own time counts where it lies between the two looks."""
    now = part("database", "unhealthy", checked=checked)
    [found] = transitions_between({"database": "healthy"}, NOON, now, LATER)
    assert found.turned == turned


@pytest.mark.parametrize("text", ["", "[]", "null", "7", '{"a":1}', "[" * 99_999])
def test_what_are_no_states_is_refused(text: str) -> None:
    """A damaged text is a ValueError, whatever is wrong with it."""
    with pytest.raises(ValueError, match=r"\w"):
        read_states(text)


def test_details_are_not_written_down() -> None:
    """An error message can tell a password, and the history keeps what it is given."""
    assert "geheim" not in write_states(part("database", "unhealthy", "login geheim failed"))
