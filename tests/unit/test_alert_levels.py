"""Alert levels by severity: how they are declared, crossed, told and overridden."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context
from gatepost.expectations.limits import Limit, above, at_least, at_most, below, between
from gatepost.expectations.sustained import Sustained
from gatepost.model import Level, Limits, Severity, Verdict

SLOT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
CONTEXT = Context(SLOT)
ERRORS = at_most(1, alert={"high": 10, "medium": 5}, unit="%")


def judge(limit: Limit, value: Any) -> Verdict:
    return limit.judge(value, CONTEXT)


@pytest.mark.parametrize(
    ("value", "level", "severity", "sentence"),
    [
        (1, "ok", None, "1 % is at most 1 %, the target; alert above 5 % (medium)"),
        (5, "warning", None, "5 % is above 1 %, the target; alert above 5 % (medium)"),
        (
            5.00001,
            "breach",
            "medium",
            "5.00001 % is above 5 %, the alert limit (medium); above 10 % it is high",
        ),
        (
            10,
            "breach",
            "medium",
            "10 % is above 5 %, the alert limit (medium); above 10 % it is high",
        ),
        (
            10.00001,
            "breach",
            "high",
            "10.00001 % is above 10 %, the alert limit (high); target at most 1 %",
        ),
    ],
)
def test_the_worst_level_crossed_gives_the_severity(
    value: float, level: str, severity: str | None, sentence: str
) -> None:
    """The sentence names it, and the next; what is no alert leaves the severity to the check."""
    verdict = judge(ERRORS, value)
    assert (verdict.level, verdict.severity, verdict.sentence) == (level, severity, sentence)


def test_the_next_level_is_the_one_that_would_be_crossed_next() -> None:
    """Not the last there is."""
    levels = at_most(alert={"low": 1, "medium": 5, "high": 10})
    assert judge(levels, 2).sentence == (
        "2 is above 1, the alert limit (low); above 5 it is medium"
    )


def test_limits_are_told_in_words_with_the_first_level_as_a_number() -> None:
    """A plot draws where alerts begin; the words name every level."""
    words = "at most 1 %, alert above 5 % (medium), above 10 % (high)"
    assert str(ERRORS) == words
    assert ERRORS.limits == Limits(None, 1, None, 5, words)
    assert ERRORS.highest_severity is Severity.HIGH
    assert at_most(1, alert=5).highest_severity is None
    assert at_most(1).highest_severity is None


@pytest.mark.parametrize(
    ("limit", "value", "severity"),
    [
        (at_least(95, alert={"low": 90, "critical": 50}), 49, "critical"),
        (at_least(95, alert={"low": 90, "critical": 50}), 50, "low"),
        (above(95, alert={"low": 90, "high": 80}), 80, "high"),
        (below(5, alert={"low": 6, "high": 7}), 7, "high"),
        (below(5, alert={"low": 6, "high": 7}), 6.9, "low"),
        (at_least(5, alert={"low": at_least(3), "high": above(0)}), 0, "high"),
        (between(4, 5, alert={"low": (3, 6), "high": (0, 9)}), -1, "high"),
        (between(4, 5, alert={"low": (3, 6), "high": at_least(0)}), 99, "low"),
        (at_most(alert={"critical": 5}), 6, "critical"),
    ],
)
def test_every_limit_with_a_direction_has_levels(limit: Limit, value: float, severity: str) -> None:
    """In its own direction and strictness."""
    verdict = judge(limit, value)
    assert (verdict.level, verdict.severity) == (Level.BREACH, severity)


@given(st.floats(-1e6, 1e6), st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4, unique=True))
def test_a_sentence_never_contradicts_its_severity(value: float, bounds: list[float]) -> None:
    """The shown value lies beyond the level it names, and not beyond the next."""
    target, *levels = sorted(bounds)
    limit = at_most(target, alert=dict(zip(("low", "medium", "critical"), levels, strict=True)))
    verdict = judge(limit, value)
    said = re.match(r"(\S+) is above (\S+), the alert limit \((\w+)\)", verdict.sentence)
    crossed = [bound for bound in levels if value > bound]
    assert (verdict.level is Level.BREACH) is bool(crossed) is (said is not None)
    if said is None:
        assert verdict.severity is None
        return
    shown, named = (float(said[place].replace(",", "")) for place in (1, 2))
    assert verdict.severity == said[3] == ("low", "medium", "critical")[len(crossed) - 1]
    assert named == crossed[-1]
    assert [bound for bound in levels if shown > bound] == crossed


def test_a_pending_breach_is_a_warning_without_a_severity_of_its_own() -> None:
    """It crosses nothing yet for as long as it has to."""
    verdict = ERRORS.judge(12, Context(SLOT, sustained=Sustained(runs=2)))
    assert (verdict.level, verdict.severity) == (Level.WARNING, None)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (
            lambda: at_most(1, alert={"hihg": 5}),
            "at_most(alert=...): unknown severity 'hihg'; expected critical, high, medium, low; "
            "did you mean 'high'?",
        ),
        (lambda: at_most(1, alert={5: "high"}), "at_most(alert={'5': ...}): expected a finite"),  # type: ignore[dict-item]
        (lambda: at_most(1, alert={}), "at_most(alert={}) has no alert level; give one for each"),
        (
            lambda: at_most(1, alert={"medium": 10, "high": 5}),
            "at_most: the level high (above 5) does not lie farther out than medium (above 10)",
        ),
        (
            lambda: at_most(1, alert={"medium": 5, "high": 5}),
            "does not lie farther out than medium",
        ),
        (
            lambda: at_least(9, alert={"medium": 5, "high": 6}),
            "high (below 6) does not lie farther",
        ),
        (lambda: at_most(6, alert={"medium": 5, "high": 10}), "wrong side of the target"),
        (lambda: at_most(1, alert={"high": "10"}), "at_most(alert={'high': ...}): expected a fin"),  # type: ignore[dict-item]
        (lambda: at_most(1, alert={"high": None}), "expected a finite number as a limit, got None"),  # type: ignore[dict-item]
        (
            lambda: at_most(1, alert={"high": at_most(5, alert=6)}),
            "at_most(alert={'high': ...}) takes a plain limit",
        ),
        (lambda: between(1, 5, alert={"high": 9}), "between(alert={'high': ...}): expected a pair"),  # type: ignore[dict-item]
        (
            lambda: between(1, 5, alert={"low": at_least(0), "high": (-1, 9)}),
            "high (outside -1 to 9) does not lie farther out than low (below 0)",
        ),
    ],
)
def test_levels_that_cannot_be_meant_so_are_refused(declare: Any, message: str) -> None:
    """Where they are declared, with what is wrong and what there is."""
    with pytest.raises(DeclarationError, match=re.escape(message)):
        declare()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            {"alert": {"medium": 4, "high": 8}},
            "at most 1 %, alert above 4 % (medium), above 8 % (high)",
        ),
        ({"alert": {"high": 8}}, "at most 1 %, alert above 5 % (medium), above 8 % (high)"),
        ({"target": 2}, "at most 2 %, alert above 5 % (medium), above 10 % (high)"),
    ],
)
def test_levels_can_be_overridden_by_their_severity(values: dict[str, Any], text: str) -> None:
    """Those that are not named stay as they are."""
    assert str(ERRORS.override(values)) == text


@pytest.mark.parametrize(
    ("limit", "alert", "message"),
    [
        (ERRORS, 8, "expected { medium = ..., high = ... }, got 8"),
        (ERRORS, {}, "expected { medium = ..., high = ... }, got {}"),
        (ERRORS, {"critical": 8}, "has no level 'critical'; it has medium, high"),
        (ERRORS, {"medium": "4"}, ": medium: expected a finite number as a limit, got '4'"),
        (ERRORS, {"medium": 12}, "the level high (above 10) does not lie farther out than medium"),
        (ERRORS, {"medium": 0.5}, "limits: the alert level lies on the wrong side of the target"),
        (at_most(1, alert=5), {"high": 8}, "is one alert level without a severity; expected a num"),
        (at_most(1), {"high": 8}, "at most 1 has no alert level to override"),
    ],
)
def test_an_override_that_fits_no_level_is_refused(limit: Limit, alert: Any, message: str) -> None:
    """With the levels that there are."""
    with pytest.raises(DeclarationError, match=re.escape(message)):
        limit.override({"alert": alert})
