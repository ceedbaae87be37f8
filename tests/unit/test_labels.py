"""Labelled values: the worst decides, and comes first in sentence and sample."""

from __future__ import annotations

import math
from typing import Any

import pytest
from courses import SLOT, hourly
from hypothesis import given
from hypothesis import strategies as st

from gatepost.expectations.base import Context
from gatepost.expectations.limits import at_least, at_most, between, recorded
from gatepost.expectations.sustained import parse_sustained
from gatepost.model import Level, Verdict

CONTEXT = Context(SLOT)
ERRORS = at_most(1, alert={"medium": 5, "high": 10}, unit="%")


def test_those_that_miss_are_told_worst_first() -> None:
    """By level, severity, and how far beyond the limit; the worst in full, the next by value."""
    values = {"a": 3, "b": 7, "c": 0.5, "d": 6, "e": 30, "f": None, "g": 20, "h": 2}
    verdict = ERRORS.judge(values, CONTEXT)
    assert verdict.sentence == (
        "7 of 8 labels miss: e: 30 % is above 10 %, the alert limit (high); target at most 1 %; "
        "also g (20 %), b (7 %), d (6 %) and 3 more"
    )
    assert (verdict.level, verdict.severity, verdict.value) == (Level.BREACH, "high", 30)
    assert (verdict.bad, verdict.total) == (7, 8)
    assert verdict.sample is not None
    assert verdict.sample.columns == ("label", "value", "verdict")
    assert [row[0] for row in verdict.sample.rows] == ["e", "g", "b", "d", "f", "a", "h"]
    assert verdict.sample.rows[4] == (
        "f",
        "no data",
        "nothing was measured; expected at most 1 %, alert above 5 % (medium), above 10 % (high)",
    )


def test_a_severe_alert_is_worse_than_one_that_is_farther_out() -> None:
    """On two sides of a limit the distances tell nothing of the severity."""
    level = between(4, 5, alert={"low": (3, 6), "high": at_least(0)})
    verdict = level.judge({"far": 99, "severe": -1}, CONTEXT)
    assert (verdict.severity, verdict.value) == ("high", -1)
    assert verdict.sentence.startswith("2 of 2 labels miss: severe: -1 is below 0")


def test_where_none_misses_the_sample_has_all() -> None:
    """The nearest to its limit first, which is also the value of the row."""
    verdict = between(0, 10).judge({"a": 5, "b": 9, "c": 2}, CONTEXT)
    assert verdict.sample is not None
    assert [row[:2] for row in verdict.sample.rows] == [("b", "9"), ("c", "2"), ("a", "5")]
    assert (verdict.level, verdict.value, verdict.bad) == (Level.OK, 9, 0)


def test_thousands_of_labels_are_counted_and_some_are_shown() -> None:
    """Neither the sentence nor the sample grows with the vector."""
    verdict = at_most(1, alert=2).judge({f"label {n}": float(n) for n in range(5000)}, CONTEXT)
    assert verdict.sample is not None
    assert len(verdict.sample.rows) == 20
    assert verdict.sample.rows[0][:2] == ("label 4999", "4,999")
    assert verdict.sentence.startswith("4,998 of 5,000 labels miss: label 4999: 4,999 is above 2")
    assert len(verdict.sentence) < 200


def test_a_long_label_is_cut() -> None:
    """It comes from the system that is looked at."""
    verdict = at_most(1).judge({"x" * 5000: 2, "y" * 5000: 2}, CONTEXT)
    assert verdict.sample is not None
    assert len(verdict.sentence) < 500
    assert max(len(cell) for row in verdict.sample.rows for cell in row) <= 300


VALUES = st.one_of(st.none(), st.floats(width=16), st.just("x"))


@given(st.dictionaries(st.text(max_size=3), VALUES, min_size=1, max_size=6))
def test_the_worst_of_all_is_the_worst_of_each(values: dict[str, Any]) -> None:
    """Level and severity are those of the worst label by itself, whatever the others are."""
    verdict = ERRORS.judge(values, CONTEXT)
    alone = [ERRORS.judge(value, CONTEXT) for value in values.values()]

    def badness(each: Verdict) -> tuple[int, int]:
        return each.level.badness, -(each.severity.rank if each.severity else 9)

    assert badness(verdict) == max(map(badness, alone))
    assert verdict.bad == sum(each.level is not Level.OK for each in alone)
    assert verdict.total == len(values)
    same = [each.value for each in alone if badness(each) == badness(verdict)]
    assert verdict.value in same
    if verdict.value is not None:
        assert verdict.value == max(value for value in same if value is not None)


def test_a_row_of_labels_that_are_only_recorded_misses_nothing() -> None:
    """There is no worst of them; all are shown, in the order of the mapping."""
    verdict = recorded(unit="ms").judge({"b": 2, "a": 1}, CONTEXT)
    assert verdict.sample is not None
    assert verdict.sample.rows == (
        ("b", "2 ms", "2 ms, recorded without limits"),
        ("a", "1 ms", "1 ms, recorded without limits"),
    )


@pytest.mark.parametrize(
    ("a", "b", "level", "streak", "label"),
    [
        ((1, 96, 96), (96, 96, 97), "breach", 3, "b"),
        ((96, 96, 96), (1, 96, 99), "breach", 3, "a"),
        ((1, 96, 96), (1, 1, 97), "warning", 1, "b"),
        ((96, 96, 96), (1, 1, math.nan), "breach", 3, "a"),
        ((1, 1, 96), (1, 1, math.nan), "no_data", 0, "b"),
    ],
)
def test_each_series_lasts_by_itself(
    a: tuple[float, ...], b: tuple[float, ...], level: str, streak: int, label: str
) -> None:
    """A label that is long in breach is worse than one that is far in it, and new."""
    context = Context(SLOT, sustained=parse_sustained("3 h"))
    verdict = at_most(80, alert=95).judge({"a": hourly(*a), "b": hourly(*b)}, context)
    assert (verdict.level, verdict.streak) == (level, streak)
    assert f"miss: {label}: " in verdict.sentence.replace("misses", "miss")
    if streak == 3:
        assert verdict.since == hourly(1, 2, 3).index[0]


def test_labels_in_labels_and_what_is_no_number_are_errors() -> None:
    """Named by their label, so that they are found."""
    verdict = at_least(1).judge({"a": 5, "b": "7", "c": [1]}, CONTEXT)  # type: ignore[dict-item]
    assert verdict.level is Level.ERROR
    assert verdict.sentence.startswith("2 of 3 labels miss: b: the check returned a str ('7')")
    assert verdict.sentence.endswith("; also c (error)")


def test_a_single_label_is_not_each_of_one() -> None:
    """Where it is fine; where it misses, it is one of one."""
    verdict = at_most(5, unit="files").judge({"a": 1}, CONTEXT)
    assert verdict.sentence == "the only label is at most 5 files, the target"
    verdict = at_most(alert=0, unit="files").judge({"a": 1}, CONTEXT)
    assert verdict.sentence == "1 of 1 label misses: a: 1 file is above 0 files, the alert limit"
