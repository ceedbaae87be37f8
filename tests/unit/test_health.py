"""all_healthy: several verdicts as one line, in which the worst decides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.expectations.base import Context
from gatepost.expectations.health import all_healthy
from gatepost.model import Level, Verdict

CONTEXT = Context(datetime(2026, 3, 10, 6, 0, tzinfo=UTC))


def judge(**levels: Level) -> Verdict:
    verdicts = {name: Verdict(level, "said") for name, level in levels.items()}
    return all_healthy().judge(verdicts, CONTEXT)


@pytest.mark.parametrize(
    ("level", "overall"),
    [
        (Level.OK, Level.OK),
        (Level.LEARNING, Level.WARNING),
        (Level.WARNING, Level.WARNING),
        (Level.INHIBITED, Level.WARNING),
        (Level.NO_DATA, Level.BREACH),
        (Level.ERROR, Level.BREACH),
        (Level.BREACH, Level.BREACH),
    ],
)
def test_the_worst_verdict_decides(level: Level, overall: Level) -> None:
    """One that fails is an alert; one that is not known to be fine is a warning."""
    assert judge(a=Level.OK, b=level, c=Level.OK).level is overall


@given(st.lists(st.sampled_from(list(Level)), min_size=1, max_size=6))
def test_it_is_healthy_only_when_every_verdict_is(levels: list[Level]) -> None:
    """And counts those that are not."""
    verdict = judge(**{f"check_{n}": level for n, level in enumerate(levels)})
    bad = sum(level is not Level.OK for level in levels)
    assert (verdict.level is Level.OK) is (bad == 0)
    assert (verdict.bad, verdict.total) == (bad, len(levels))


def test_the_unhealthy_are_counted_and_named_worst_first() -> None:
    """By name where they are equally bad, and the first five only."""
    assert judge(a=Level.OK).sentence == "all 1 check healthy"
    assert judge(a=Level.OK, b=Level.OK).sentence == "all 2 checks healthy"
    verdict = judge(c=Level.WARNING, b=Level.OK, a=Level.WARNING, d=Level.BREACH, e=Level.NO_DATA)
    assert verdict.sentence == (
        "4 of 5 checks not healthy: d (alert), e (no data), a (warning), c (warning)"
    )
    many = judge(**{f"check_{n}": Level.ERROR for n in range(7)})
    assert many.sentence.endswith("check_4 (error) and 2 more")


@pytest.mark.parametrize(
    ("value", "level"),
    [({}, Level.NO_DATA), (None, Level.ERROR), ([], Level.ERROR), ("ok", Level.ERROR)],
)
def test_without_verdicts_nothing_is_healthy(value: Any, level: Level) -> None:
    """Neither no checks, nor something that holds none."""
    assert all_healthy().judge(value, CONTEXT).level is level


def test_it_reads_as_a_sentence() -> None:
    """It has neither unit nor limits."""
    assert str(all_healthy()) == "all healthy"
    assert (all_healthy().label, all_healthy().unit) == ("all_healthy", "")
    assert all_healthy().limits.bounds == ()
