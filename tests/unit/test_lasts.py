"""lasts: how long until a growing value reaches its end."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Any

import pytest
from courses import HOUR, hourly, judge
from hypothesis import given
from hypothesis import strategies as st

from gatepost.durations import parse_duration
from gatepost.errors import DeclarationError
from gatepost.expectations.lasts import lasts
from gatepost.model import Level, Limits, Verdict

DISK = lasts()
DAY = timedelta(days=1)


def grow(a_day: float, now: float, expectation: Any = DISK, days: float = 3) -> Verdict:
    """Judge a straight line that ends now, a value every 3 hours."""
    steps = round(days * 8)
    earlier = [now - a_day * step / 8 for step in range(steps, 0, -1)]
    return judge(expectation, now, *earlier, step=3 * HOUR)


@pytest.mark.parametrize(
    ("a_day", "now", "level", "sentence"),
    [
        (
            2,
            80,
            "ok",
            "100 % is reached in 10 days, at least 7 days, the target; alert below 24 h: "
            "80 %, growing by 2 % a day over the last 3 days",
        ),
        (
            4,
            80,
            "warning",
            "100 % is reached in 5 days, below 7 days, the target; alert below 24 h: "
            "80 %, growing by 4 % a day over the last 3 days",
        ),
        (
            8,
            96,
            "breach",
            "100 % is reached in 12 h, below 24 h, the alert limit; target at least 7 days: "
            "96 %, growing by 8 % a day over the last 3 days",
        ),
        (
            0,
            99,
            "ok",
            "99 % is not growing over the last 3 days; "
            "expected time until 100 %: at least 7 days, alert below 24 h",
        ),
        (
            -4,
            99,
            "ok",
            "99 % is not growing over the last 3 days; "
            "expected time until 100 %: at least 7 days, alert below 24 h",
        ),
        (
            0.001,
            50,
            "ok",
            "100 % is reached in more than 10 years, at least 7 days, the target; alert below "
            "24 h: 50 %, growing by 0.001 % a day over the last 3 days",
        ),
    ],
)
def test_the_trend_says_when_the_end_is_reached(
    a_day: float, now: float, level: str, sentence: str
) -> None:
    """With the numbers that it is calculated from; what does not grow lasts for ever."""
    verdict = grow(a_day, now)
    assert (verdict.level, verdict.sentence) == (level, sentence)
    assert (verdict.value, verdict.unit) == (now, "%")
    assert verdict.limits == Limits(
        alert_high=100, text="time until 100 %: at least 7 days, alert below 24 h"
    )


@pytest.mark.parametrize("value", [100, 100.5])
@pytest.mark.parametrize("earlier", [(), (120,) * 30])
def test_an_end_that_is_reached_is_an_alert_at_once(
    value: float, earlier: tuple[float, ...]
) -> None:
    """Whatever the trend, and before there is any."""
    verdict = judge(DISK, value, *earlier, step=3 * HOUR)
    assert verdict.level is Level.BREACH
    assert verdict.sentence == f"{value} % is at or above 100 %, so nothing is left"


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (0, "80 %; learning, 1 of 5 values of the last 3 days known"),
        (0.375, "80 %; learning, 4 of 5 values of the last 3 days known"),
        (0.5, "80 %; learning, values of 12 h known, of 36 h needed"),
        (1.375, "80 %; learning, values of 33 h known, of 36 h needed"),
    ],
)
def test_a_short_history_is_learning(days: float, sentence: str) -> None:
    """A first hour of growth is no trend of days: five values, over half of the time."""
    verdict = grow(40, 80, days=days)
    assert (verdict.level, verdict.sentence) == (Level.LEARNING, sentence)
    assert grow(40, 80, days=1.5).level is Level.BREACH


def test_only_the_last_days_are_a_trend() -> None:
    """What was before them is another story."""
    before = [100 - step for step in range(60, 24, -1)]
    verdict = judge(DISK, 50, *before, *[50] * 27, step=3 * HOUR)
    assert verdict.sentence.startswith("50 % is not growing")


def test_gaps_are_left_out() -> None:
    """A line goes through what there is."""
    earlier = [None if step % 3 else 80 - 8 * step / 8 for step in range(24, 0, -1)]
    earlier[3] = math.inf
    verdict = judge(DISK, 80, *earlier, step=3 * HOUR)
    assert verdict.sentence.startswith("100 % is reached in 2 days 12 h, below 7 days, the target")


def test_one_value_a_day_is_no_trend_of_three_days() -> None:
    """It would be learning for ever, so it is an error that says what to do."""
    verdict = judge(DISK, 80, *range(70, 80), step=DAY, cadence=DAY)
    assert verdict.level is Level.ERROR
    assert verdict.sentence == (
        "lasts(over='3 days') holds fewer than 5 values, one every 24 h, which is no trend; "
        "make it 4 days or more"
    )
    four = lasts(over="4 days")
    assert judge(four, 80, *range(60, 80, 5), step=DAY, cadence=DAY).level is Level.WARNING


@given(
    st.floats(0.01, 1e4),
    st.floats(0, 99.9),
    st.timedeltas(timedelta(minutes=1), timedelta(days=30)),
    st.timedeltas(timedelta(minutes=1), timedelta(days=30)),
)
def test_the_sentence_says_what_the_level_means(
    a_day: float, now: float, one: timedelta, other: timedelta
) -> None:
    """The shown time lies where the words say."""
    alert, target = sorted((one, other))
    verdict = grow(a_day, now, lasts(target, alert=alert))
    said = re.match(
        r"100 % is reached in (.+?), (below|at least) (.+?), the (target|alert limit)",
        verdict.sentence,
    )
    assert said, verdict.sentence
    level = {"belowtarget": "warning", "at leasttarget": "ok", "belowalert limit": "breach"}
    assert verdict.level == level[said[2] + said[4]]
    if said[1] != "more than 10 years":
        shown = timedelta(0) if said[1] == "0 ms" else parse_duration(said[1])
        limit = parse_duration(said[3])
        assert limit == (alert if said[4] == "alert limit" else target)
        assert (shown < limit) is (said[2] == "below"), verdict.sentence


@pytest.mark.parametrize(
    ("value", "level", "said"),
    [
        (None, Level.NO_DATA, "nothing was measured; expected time until 100 %: at least 7 days"),
        (math.nan, Level.NO_DATA, "the measured value is NaN (not a number); expected time"),
        ("80", Level.ERROR, "the check returned a str ('80'); lasts judges a number, a Series"),
        (hourly(80, math.nan), Level.NO_DATA, "no value for 2026-03-10 06:00 UTC"),
        ({"a": 80.0}, Level.ERROR, "1 of 1 label misses: a: the check returned a float (80.0)"),
    ],
)
def test_what_cannot_be_judged_never_passes(value: Any, level: Level, said: str) -> None:
    """However much history there is."""
    verdict = judge(DISK, value, *[50] * 30, step=3 * HOUR)
    assert verdict.level is level
    assert verdict.sentence.startswith(said)


@pytest.mark.parametrize("signs", [(1, -1), (1, 1)])
def test_values_without_a_trend_are_no_data(signs: tuple[int, int]) -> None:
    """Where floats end, no line can be fitted."""
    earlier = [1.7e308 * signs[step % 2] for step in range(24)]
    assert judge(DISK, 50, *earlier, step=3 * HOUR).level is Level.NO_DATA


def test_a_series_and_series_by_label_have_their_own_course() -> None:
    """Of a long one enough values are taken for a line; of labels the worst decides."""
    filling = hourly(*[50 + step / 24 for step in range(1200)])
    until = lasts(until=101, over="50 days")
    assert judge(until, filling).sentence.startswith(
        "2026-03-10 06:00 UTC: 101 % is reached in 25 h, below 7 days, the target"
    )
    verdict = judge(DISK, {"a": hourly(*[5] * 80), "b": hourly(*[60 + h / 4 for h in range(80)])})
    assert verdict.level is Level.WARNING
    assert verdict.sentence.startswith("1 of 2 labels misses: b: 2026-03-10 06:00 UTC: 100 % is")


def test_it_reads_as_a_sentence() -> None:
    """In its own unit, with either limit alone."""
    assert str(lasts("7 days", alert=None)) == "time until 100 %: at least 7 days"
    files = lasts(None, alert="6 h", until=1024, over="1 day", unit="files")
    assert str(files) == "time until 1,024 files: alert below 6 h"
    assert (files.label, files.unit, files.looks_back) == ("lasts", "files", DAY)
    verdict = grow(960, 904, files)
    assert verdict.sentence == (
        "1,024 files is reached in 3 h, below 6 h, the alert limit: "
        "904 files, growing by 960 files a day over the last 24 h"
    )
    assert grow(96, 904, files).sentence.startswith(
        "1,024 files is reached in 30 h, at least 6 h, the alert limit: 904 files"
    )


def test_the_times_can_be_overridden() -> None:
    """With the same care as for what is written in code."""
    assert str(DISK.override({"target": "14 days", "alert": "2 days"})) == (
        "time until 100 %: at least 14 days, alert below 2 days"
    )
    for values, message in (
        ({"until": 90}, "'until' is no limit of time until 100 %"),
        ({"alert": 2}, "limits.alert: 2 is not a duration"),
        ({"alert": "8 days"}, "the alert time of 8 days is above the target of 7 days"),
    ):
        with pytest.raises(DeclarationError, match=re.escape(message)):
            DISK.override(values)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: lasts(None, alert=None), "lasts() needs a target, an alert time, or both"),
        (lambda: lasts("1 h"), "lasts: the alert time of 24 h is above the target of 1 h"),
        (lambda: lasts("soon"), "lasts: 'soon' is not a duration"),
        (lambda: lasts(until=math.inf), "lasts(until=...): expected a finite number"),
        (lambda: lasts(over="0 h"), "lasts(over=...): '0 h' is not a duration above zero"),
    ],
)
def test_what_cannot_be_meant_so_is_refused(declare: Any, message: str) -> None:
    """Where it is declared."""
    with pytest.raises(DeclarationError, match=re.escape(message)):
        declare()
