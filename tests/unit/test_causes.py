"""Groups by cause: a dead target is read once, with what it kept from being measured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.causes import Group, group_failures
from gatepost.model import Declaration, Level, Past, Result, Severity, Verdict

NOW = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)


def result(
    name: str, level: Level, cause: str = "", severity: Severity = Severity.MEDIUM
) -> Result:
    check = Declaration(name, "a", "b", "", "", 1, severity=severity)
    return Result(check, Verdict(level, "", cause=cause), NOW)


def told(groups: tuple[Group, ...]) -> list[tuple[str, list[str]]]:
    return [(each.lead.check.id, [row.check.id for row in each.inhibited]) for each in groups]


def test_what_is_inhibited_joins_what_failed_of_the_same_cause() -> None:
    """In the order of ids, whatever order they came in."""
    groups = group_failures(
        [
            result("d", Level.INHIBITED, "db"),
            result("b", Level.BREACH, "db"),
            result("a", Level.INHIBITED, "db"),
            result("c", Level.INHIBITED, "api"),
            result("e", Level.ERROR, "api"),
        ]
    )
    assert told(groups) == [("b", ["a", "d"]), ("e", ["c"])]


def test_failures_without_a_cause_stand_alone() -> None:
    """One group each; what is fine, warns or learns is in none."""
    fine = [
        result(f"ok{n}", level) for n, level in enumerate((Level.OK, Level.WARNING, Level.LEARNING))
    ]
    failing = [result("b", Level.ERROR), result("a", Level.ERROR), result("c", Level.NO_DATA)]
    assert told(group_failures([*fine, *failing])) == [("a", []), ("b", []), ("c", [])]
    assert group_failures(fine) == ()


def test_without_a_failure_the_first_inhibited_leads() -> None:
    """As when the prerequisite was not part of the run."""
    groups = group_failures(
        [result("b", Level.INHIBITED, "db"), result("a", Level.INHIBITED, "db")]
    )
    assert told(groups) == [("a", ["b"])]


def test_what_was_skipped_inhibits_nothing() -> None:
    """Two skips have no cause in common, whatever their reasons."""
    skipped = [result("b", Level.INHIBITED), result("a", Level.INHIBITED)]
    assert told(group_failures(skipped)) == [("a", []), ("b", [])]


def test_a_second_failure_of_a_cause_stands_alone() -> None:
    """The first by id leads; none is lost."""
    groups = group_failures(
        [
            result("b", Level.BREACH, "db"),
            result("a", Level.ERROR, "db"),
            result("c", Level.INHIBITED, "db"),
        ]
    )
    assert sorted(told(groups)) == [("a", ["c"]), ("b", [])]


@pytest.mark.parametrize(
    ("severities", "order"),
    [
        ({"a": Severity.LOW, "b": Severity.CRITICAL, "c": Severity.HIGH}, ["b", "c", "a"]),
        ({"b": Severity.LOW, "a": Severity.LOW}, ["a", "b"]),
    ],
)
def test_the_most_severe_group_comes_first(
    severities: dict[str, Severity], order: list[str]
) -> None:
    """Then the worst level, then the id."""
    groups = group_failures(
        [result(name, Level.BREACH, severity=each) for name, each in severities.items()]
    )
    assert [each.lead.check.id for each in groups] == order
    mixed = [result("a", Level.NO_DATA), result("b", Level.ERROR), result("c", Level.BREACH)]
    assert [each.lead.check.id for each in group_failures(mixed)] == ["c", "b", "a"]


def test_a_group_is_as_severe_as_what_it_inhibits() -> None:
    """A ping of low severity that takes a critical check with it is critical."""
    low = result("a", Level.BREACH, "db", Severity.LOW)
    critical = result("b", Level.INHIBITED, "db", Severity.CRITICAL)
    assert Group(low).severity is Severity.LOW
    (group,) = group_failures([low, critical])
    assert group.severity is Severity.CRITICAL


def test_a_group_began_when_its_lead_did() -> None:
    """As far back as history knows."""
    lead = result("a", Level.BREACH)
    assert Group(lead).since == NOW
    began = NOW - timedelta(days=3)
    known = Result(lead.check, lead.verdict, NOW, past=Past(Level.BREACH, NOW, began, 3))
    assert Group(known).since == began


@given(
    st.lists(
        st.tuples(st.sampled_from(list(Level)), st.sampled_from(["", "db", "api"])), max_size=8
    )
)
def test_every_failure_is_in_one_group_and_no_other(rows: list[tuple[Level, str]]) -> None:
    """Failing and inhibited results, each exactly once."""
    results = [result(f"check{n}", level, cause) for n, (level, cause) in enumerate(rows)]
    grouped = [row for group in group_failures(results) for row in (group.lead, *group.inhibited)]
    wanted = [row for row in results if row.level.fails or row.level is Level.INHIBITED]
    assert sorted(row.check.id for row in grouped) == sorted(row.check.id for row in wanted)
