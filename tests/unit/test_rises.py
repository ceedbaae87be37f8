"""rises_at_least: by how much the newest value is above that of the slot before."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from courses import HOUR, SLOT, hourly, judge
from hypothesis import example, given
from hypothesis import strategies as st

from gatepost.errors import DeclarationError
from gatepost.expectations.rises import rises_at_least
from gatepost.model import Level, Limits, Severity

REQUESTS = rises_at_least(10, alert=1, unit="requests")


@pytest.mark.parametrize(
    ("value", "level", "sentence"),
    [
        (
            1010,
            "ok",
            "a rise of 10 requests is at least 10 requests, the target; alert below 1 request: "
            "from 1,000 requests in the slot before to 1,010 requests",
        ),
        (
            1001,
            "warning",
            "a rise of 1 request is below 10 requests, the target; alert below 1 request: "
            "from 1,000 requests in the slot before to 1,001 requests",
        ),
        (
            1000,
            "breach",
            "a rise of 0 requests is below 1 request, the alert limit; target at least "
            "10 requests: from 1,000 requests in the slot before to 1,000 requests",
        ),
        (
            900,
            "breach",
            "a rise of -100 requests is below 1 request, the alert limit; target at least "
            "10 requests: from 1,000 requests in the slot before to 900 requests",
        ),
    ],
)
def test_the_newest_is_compared_with_the_slot_before(
    value: float, level: str, sentence: str
) -> None:
    """Whatever was before that; the value stays the check's own."""
    verdict = judge(REQUESTS, value, 5, 1000)
    assert (verdict.level, verdict.sentence) == (level, sentence)
    assert (verdict.value, verdict.unit) == (value, "requests")
    assert verdict.limits == Limits(target_low=1010, alert_low=1001, text=str(REQUESTS))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
@example(0.1, 0.3, 0.2)
def test_the_sentence_says_what_the_level_means(before: float, value: float, least: float) -> None:
    """The shown rise lies where the words say, and rises as they are written are exact."""
    verdict = judge(rises_at_least(alert=least), value, before)
    said = re.match(r"a rise of (\S+) is (below|at least) (\S+), the", verdict.sentence)
    assert said, verdict.sentence
    rise, limit = (float(said[place].replace(",", "")) for place in (1, 3))
    assert limit == least
    assert (rise < limit) is (said[2] == "below") is (verdict.level is Level.BREACH)


def test_a_rise_as_it_is_written_is_exact() -> None:
    """From 0.1 to 0.3 it is 0.2, though binary digits know no better."""
    assert judge(rises_at_least(alert=0.2), 0.3, 0.1).level is Level.OK


@pytest.mark.parametrize("earlier", [(), (None,), (5, None), (math.nan,), (5, math.inf)])
def test_without_the_run_before_it_is_learning(earlier: tuple[float | None, ...]) -> None:
    """It told of its own failure; an older value would stand for more than one slot."""
    verdict = judge(REQUESTS, 5, *earlier)
    assert verdict.level is Level.LEARNING
    assert verdict.sentence == "5 requests; learning, no value of the slot before known"


def test_a_run_that_was_left_out_is_no_slot_before() -> None:
    """Where the schedule has a cadence; otherwise the slot before is the run before."""
    late, left_out = timedelta(minutes=80), 2 * HOUR
    assert judge(REQUESTS, 50, 5, step=late, cadence=HOUR).level is Level.OK
    assert judge(REQUESTS, 50, 5, step=left_out, cadence=HOUR).level is Level.LEARNING
    assert judge(REQUESTS, 50, 5, step=left_out).level is Level.OK


def test_a_hole_in_a_series_is_no_data() -> None:
    """Nobody else would tell of it; a series of one value is only young."""
    hole = hourly(1, 2, 3, 4, 50)
    for series in (hourly(5, math.nan, 50), hole.drop(hole.index[3])):
        verdict = judge(REQUESTS, series, 5)
        assert verdict.level is Level.NO_DATA
        assert verdict.sentence == (
            "2026-03-10 06:00 UTC: no value for the slot before, so no rise can be known"
        )
    assert judge(REQUESTS, hourly(5), 5).level is Level.LEARNING
    assert judge(REQUESTS, hourly(5, 50), 5).level is Level.OK


def test_days_are_slots() -> None:
    """Today's half day is not judged."""
    days = pd.period_range(end=pd.Timestamp(SLOT).tz_localize(None), periods=3, freq="D")
    verdict = judge(REQUESTS, pd.Series([10.0, 40.0, 41.0], index=days))
    assert verdict.level is Level.OK
    assert verdict.sentence.startswith("2026-03-09: a rise of 30 requests is at least 10 requests")


@pytest.mark.parametrize(
    ("value", "level", "said"),
    [
        (None, Level.NO_DATA, "nothing was measured; expected a rise since the slot before: at le"),
        (math.nan, Level.NO_DATA, "the measured value is NaN (not a number); expected a rise"),
        ("80", Level.ERROR, "the check returned a str ('80'); rises_at_least judges a number, a"),
        ({"a": 80.0}, Level.ERROR, "1 of 1 label misses: a: the check returned a float (80.0)"),
    ],
)
def test_what_cannot_be_compared_never_passes(value: Any, level: Level, said: str) -> None:
    """However much history there is."""
    verdict = judge(REQUESTS, value, 90)
    assert verdict.level is level
    assert verdict.sentence.startswith(said)


def test_a_standstill_lasts_for_as_long_as_nothing_rose() -> None:
    """A slot whose slot before is not known ends it: it proves no standstill."""
    verdict = judge(REQUESTS, 5, 3, 4.5, 5, 5, sustained="2 h")
    assert (verdict.level, verdict.streak, verdict.since) == (Level.BREACH, 3, SLOT - 2 * HOUR)
    assert judge(REQUESTS, 5, 5, 5, None, 5, sustained="2 h").streak == 1


def test_it_reads_as_a_sentence() -> None:
    """And has levels by severity."""
    levels = rises_at_least(alert={"low": 10, "high": 0})
    assert str(REQUESTS) == (
        "a rise since the slot before: at least 10 requests, alert below 1 request"
    )
    assert (REQUESTS.label, REQUESTS.looks_back) == ("rises_at_least", 1)
    assert levels.highest_severity is Severity.HIGH
    assert judge(levels, 1, 2).severity is Severity.HIGH
    assert judge(levels, 3, 2).severity is Severity.LOW


def test_the_limits_can_be_overridden() -> None:
    """As those of any other limit."""
    assert str(REQUESTS.override({"alert": 5})).endswith("alert below 5 requests")
    with pytest.raises(DeclarationError, match="wrong side of the target"):
        REQUESTS.override({"alert": 50})


def test_a_limit_is_needed() -> None:
    """Where it is declared."""
    with pytest.raises(DeclarationError, match=r"rises_at_least\(\) needs a target, an alert"):
        rises_at_least()
