"""falls_at_most: how far the newest value is below the highest of the time before it."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Any

import pytest
from courses import HOUR, SLOT, hourly, judge
from hypothesis import example, given
from hypothesis import strategies as st

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context
from gatepost.expectations.falls import FallsAtMost, falls_at_most
from gatepost.model import Level, Limits, Severity

COVERAGE = falls_at_most(3, alert=5, within="6 h", unit="points")
TOTAL = falls_at_most(10, alert={"medium": 20, "critical": 50}, unit="%")


@pytest.mark.parametrize(
    ("expectation", "earlier", "value", "level", "sentence"),
    [
        (
            COVERAGE,
            (80, 89, 88),
            86,
            "ok",
            "a fall of 3 points is at most 3 points, the target; alert above 5 points: "
            "from 89 points, the highest of the last 6 h, to 86 points",
        ),
        (
            COVERAGE,
            (80, 89, 88),
            84,
            "warning",
            "a fall of 5 points is above 3 points, the target; alert above 5 points: "
            "from 89 points, the highest of the last 6 h, to 84 points",
        ),
        (
            COVERAGE,
            (80, 89, 83.9),
            83.9,
            "breach",
            "a fall of 5.1 points is above 5 points, the alert limit; target at most 3 points: "
            "from 89 points, the highest of the last 6 h, to 83.9 points",
        ),
        (
            COVERAGE,
            (80, 89, 88),
            90,
            "ok",
            "90 points is the highest of the last 6 h; "
            "limits of a fall: at most 3 points, alert above 5 points",
        ),
        (
            TOTAL,
            (900, 1000),
            780,
            "breach",
            "a fall of 22 % is above 20 %, the alert limit (medium); above 50 % it is critical: "
            "from 1,000, the highest of the last 24 h, to 780",
        ),
    ],
)
def test_the_newest_is_compared_with_the_highest(
    expectation: FallsAtMost, earlier: tuple[float, ...], value: float, level: str, sentence: str
) -> None:
    """The fall, its limits, and where it fell from and to; the value stays the check's own."""
    verdict = judge(expectation, value, *earlier)
    assert (verdict.level, verdict.sentence) == (level, sentence)
    assert verdict.value == value


def test_a_percentage_is_of_the_highest_and_the_value_keeps_no_unit() -> None:
    """A number of rows that falls by 20 % is no percentage itself."""
    verdict = judge(TOTAL, 400, 1000)
    assert (verdict.level, verdict.severity) == (Level.BREACH, Severity.CRITICAL)
    assert (verdict.value, verdict.unit, TOTAL.unit) == (400, "", "")
    text = "a fall within 24 h: at most 10 %, alert above 20 % (medium), above 50 % (critical)"
    assert verdict.limits == Limits(target_low=900, alert_low=800, text=text)
    assert TOTAL.highest_severity is Severity.CRITICAL
    assert judge(COVERAGE, 84, 89).limits == Limits(target_low=86, alert_low=84, text=str(COVERAGE))


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=5),
    st.floats(0, 1e6),
    st.floats(0, 100),
    st.sampled_from(["", "%"]),
)
@example([0.8], 0.5, 0.3, "")
@example([3.0], 2.4, 20, "%")
def test_the_sentence_says_what_the_level_means(
    earlier: list[float], value: float, bound: float, unit: str
) -> None:
    """The shown fall lies where the words say, and falls as they are written are exact."""
    verdict = judge(falls_at_most(alert=bound, unit=unit), value, *earlier)
    said = re.match(
        r"a fall of (\S+)(?: %)? is (above|at most) (\S+?)(?: %)?, the", verdict.sentence
    )
    if said is None:
        assert verdict.level is Level.OK
        assert value >= max(earlier)
        assert "is the highest of the last 24 h" in verdict.sentence
        return
    fall, limit = (float(said[place].replace(",", "")) for place in (1, 3))
    assert limit == bound
    assert (fall > limit) is (said[2] == "above") is (verdict.level is Level.BREACH)


def test_a_fall_as_it_is_written_is_exact() -> None:
    """0.8 less 0.5 is 0.3, which is at most 0.3; binary digits know no better."""
    assert judge(falls_at_most(alert=0.3), 0.5, 0.8).level is Level.OK
    assert judge(falls_at_most(alert=0.3), 0.4999, 0.8).level is Level.BREACH
    assert judge(falls_at_most(alert=20, unit="%"), 2.4, 3).level is Level.OK


@pytest.mark.parametrize(
    ("cadence", "step", "level"),
    [
        (None, timedelta(hours=6), Level.BREACH),
        (None, timedelta(hours=6, minutes=18), Level.BREACH),
        (None, timedelta(hours=6, minutes=19), Level.LEARNING),
        (timedelta(hours=6), timedelta(hours=6), Level.BREACH),
        (timedelta(hours=6), timedelta(hours=6, minutes=18), Level.LEARNING),
    ],
)
def test_the_window_has_its_ends_in_it(
    cadence: timedelta | None, step: timedelta, level: Level
) -> None:
    """What is older does not count; runs that come as they come may be a little late."""
    assert judge(COVERAGE, 80, 90, step=step, cadence=cadence).level is level


@pytest.mark.parametrize("earlier", [(), (None,), (None, None), (math.nan,), (math.inf,)])
def test_without_an_earlier_value_it_is_learning(earlier: tuple[float, ...]) -> None:
    """The newest alone is always the highest, which proves nothing."""
    verdict = judge(COVERAGE, 80, *earlier)
    assert verdict.level is Level.LEARNING
    assert verdict.sentence == ("80 points; learning, no earlier value of the last 6 h known")
    assert verdict.value == 80


@pytest.mark.parametrize(
    ("value", "level", "said"),
    [
        (None, Level.NO_DATA, "nothing was measured; expected a fall within 6 h: at most 3 points"),
        (math.nan, Level.NO_DATA, "the measured value is NaN (not a number); expected a fall"),
        (-math.inf, Level.NO_DATA, "the measured value is infinite; expected a fall"),
        ("80", Level.ERROR, "the check returned a str ('80'); falls_at_most judges a number, a Se"),
        (hourly(90, math.nan), Level.NO_DATA, "no value for 2026-03-10 06:00 UTC; the last value"),
        (hourly(90, math.inf), Level.NO_DATA, "2026-03-10 06:00 UTC: the measured value is infini"),
        (
            {"a": 80.0},
            Level.ERROR,
            "1 of 1 label misses: a: the check returned a float (80.0); fal",
        ),
        ({}, Level.NO_DATA, "a mapping without labels was measured; expected a fall within 6 h"),
        ({"a": None, "b": hourly(9, 9)}, Level.NO_DATA, "1 of 2 labels misses: a: nothing was mea"),
    ],
)
def test_what_cannot_be_compared_never_passes(value: Any, level: Level, said: str) -> None:
    """However much history there is."""
    verdict = judge(COVERAGE, value, 90)
    assert verdict.level is level
    assert verdict.sentence.startswith(said)


def test_a_fall_beyond_all_floats_is_no_data() -> None:
    """Rather than an error of the checker's own."""
    verdict = judge(COVERAGE, -1.7e308, 1.7e308)
    assert verdict.level is Level.NO_DATA
    assert verdict.sentence == "the measured values are too large to be compared"


def test_there_is_no_share_of_nothing() -> None:
    """A highest value of zero or less cannot fall by a percentage; it may stay where it is."""
    verdict = judge(TOTAL, -1, 0)
    assert verdict.level is Level.NO_DATA
    assert verdict.sentence == (
        "the highest of the last 24 h is 0, of which no share can be judged; now it is -1"
    )
    assert judge(TOTAL, 0, 0).level is Level.OK


def test_a_series_and_series_by_label_have_their_own_course() -> None:
    """Without looking at what earlier runs stored; of labels the worst decides."""
    falling, rising = hourly(89, 88, 83), hourly(1, 2, 3)
    assert judge(COVERAGE, falling, 3, 2).sentence.startswith(
        "2026-03-10 06:00 UTC: a fall of 6 points is above 5 points, the alert limit"
    )
    verdict = judge(COVERAGE, {"a": rising, "b": falling, "c": hourly(3)})
    assert verdict.level is Level.BREACH
    assert verdict.sentence.startswith("1 of 3 labels misses: b: 2026-03-10 06:00 UTC: a fall of 6")
    verdict = judge(COVERAGE, {"a": rising, "c": hourly(3)})
    assert verdict.level is Level.LEARNING
    assert verdict.sentence.startswith("1 of 2 labels still learning: c: 2026-03-10 06:00 UTC: 3")
    verdict = judge(COVERAGE, {"a": rising, "b": hourly(9, 8)})
    assert verdict.sentence.startswith("each of 2 labels is fine; nearest to its limit is b: ")


def test_a_fall_lasts_from_where_it_was_one() -> None:
    """Each slot is judged by the time before it, as it was then."""
    course = (90, 90, 84, 83, 84)
    verdict = judge(COVERAGE, 84, *course, sustained="3 h")
    assert (verdict.level, verdict.streak, verdict.since) == (Level.BREACH, 4, SLOT - 3 * HOUR)
    assert verdict.sentence.endswith("; since 2026-03-10 03:00 UTC, for 3 h")
    verdict = judge(COVERAGE, 84, *course, sustained="4 h")
    assert (verdict.level, verdict.severity) == (Level.WARNING, None)
    assert verdict.sentence.endswith("for 3 h; pending, an alert after 4 h")


def test_it_reads_as_a_sentence_and_says_how_far_it_looks_back() -> None:
    """With the window as it was written."""
    assert str(COVERAGE) == "a fall within 6 h: at most 3 points, alert above 5 points"
    assert (COVERAGE.label, COVERAGE.unit, COVERAGE.looks_back) == (
        "falls_at_most",
        "points",
        6 * HOUR,
    )
    assert COVERAGE.counts_slots


def test_the_limits_can_be_overridden() -> None:
    """As those of any other limit."""
    assert str(COVERAGE.override({"target": 4, "alert": 8})).endswith(
        "at most 4 points, alert above 8 points"
    )
    assert str(TOTAL.override({"alert": {"medium": 30}})).endswith(
        "above 30 % (medium), above 50 % (critical)"
    )
    with pytest.raises(DeclarationError, match="is no limit of at most 3 points"):
        COVERAGE.override({"within": "1 day"})


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: falls_at_most(), "falls_at_most() needs a target, an alert level, or both"),
        (
            lambda: falls_at_most(5, alert=3),
            "falls_at_most: the alert level lies on the wrong side",
        ),
        (lambda: falls_at_most(-1), "falls_at_most: a fall is 0 or more, so -1 is no limit of one"),
        (lambda: falls_at_most(alert={"low": -1}), "a fall is 0 or more, so -1 is no limit of one"),
        (
            lambda: falls_at_most(5, within="soon"),
            "falls_at_most(within=...): 'soon' is not a dura",
        ),
    ],
)
def test_what_cannot_be_meant_so_is_refused(declare: Any, message: str) -> None:
    """Where it is declared."""
    with pytest.raises(DeclarationError, match=re.escape(message)):
        declare()


def test_it_judges_within_a_context_alone() -> None:
    """The slot of the context is the only clock."""
    assert COVERAGE.judge(90, Context(SLOT)).level is Level.LEARNING
