"""answers: milliseconds against their limits, and an outage as a breach of its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from gatepost.errors import DeclarationError
from gatepost.expectations.answers import Answers, answers
from gatepost.expectations.base import Context
from gatepost.model import Level, Limits

CONTEXT = Context(datetime(2026, 3, 10, 6, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("expectation", "took", "level", "sentence"),
    [
        (answers(), 12_345.6, "ok", "answered in 12,346 ms"),
        (answers("1 s"), 1_000, "ok", "1,000 ms is at most 1,000 ms, the target"),
        (answers("1 s"), 1_001, "warning", "1,001 ms is above 1,000 ms, the target"),
        (answers(alert="2 s"), 3_000, "breach", "3,000 ms is above 2,000 ms, the alert limit"),
    ],
)
def test_an_answer_is_judged_by_its_milliseconds(
    expectation: Answers, took: float, level: str, sentence: str
) -> None:
    """Without limits any answer is fine; the value and its unit are kept either way."""
    verdict = expectation.judge(took, CONTEXT)
    assert (verdict.level, verdict.sentence) == (level, sentence)
    assert (verdict.value, verdict.unit) == (took, "ms")
    assert verdict.limits == expectation.limits


@pytest.mark.parametrize("expectation", [answers(), answers("1 s")])
@pytest.mark.parametrize(
    ("value", "level"),
    [(None, Level.NO_DATA), (float("nan"), Level.NO_DATA), (True, Level.ERROR), ("x", Level.ERROR)],
)
def test_what_is_no_time_is_no_answer(expectation: Answers, value: Any, level: Level) -> None:
    """Nothing, NaN, a truth value and a text never pass, with or without limits."""
    assert expectation.judge(value, CONTEXT).level is level


def test_an_outage_is_a_breach() -> None:
    """With the reason, in the same unit and beside the same limits."""
    verdict = answers("1 s").judge_outage("connection refused")
    assert (verdict.level, verdict.sentence) == (Level.BREACH, "no answer: connection refused")
    assert (verdict.value, verdict.unit) == (None, "ms")
    assert verdict.limits == Limits(target_high=1_000, text="answers, at most 1,000 ms")


def test_it_reads_as_a_sentence() -> None:
    """With and without limits."""
    assert str(answers()) == "answers"
    assert str(answers("1 s", alert="2 s")) == "answers, at most 1,000 ms, alert above 2,000 ms"
    assert answers().label == "answers"
    assert answers().limits == Limits(text="answers")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"target": 500}, "answers, at most 500 ms, alert above 2,000 ms"),
        ({"alert": "3 s"}, "answers, at most 1,000 ms, alert above 3,000 ms"),
    ],
)
def test_times_can_be_overridden(values: dict[str, Any], text: str) -> None:
    """In milliseconds, or as durations like in code."""
    assert str(answers("1 s", alert="2 s").override(values)) == text


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: answers("soon"), "answers: 'soon' is not a duration"),
        (lambda: answers(5), "answers: 5 is not a duration"),  # type: ignore[arg-type]
        (lambda: answers("2 s", alert="1 s"), "the alert level lies on the wrong side"),
        (lambda: answers().override({"alert": 5}), "answers has no time limit that could be"),
        (lambda: answers("1 s").override({"alert": 5}), "at most 1,000 ms has no alert level"),
        (lambda: answers("1 s").override({"target": "x"}), "target: 'x' is not a duration"),
    ],
)
def test_a_wrong_declaration_is_refused(declare: Any, message: str) -> None:
    """With the expectation's name and what was given."""
    with pytest.raises(DeclarationError, match=re.escape(message)):
        declare()
