"""Durations: what is read, what is refused, and how they stand in a sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.durations import format_duration, parse_duration

DURATIONS = st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=4000))


def side(duration: timedelta, limit: timedelta) -> int:
    return (duration > limit) - (duration < limit)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("24 h", 86_400),
        ("3 days", 259_200),
        ("1 h 30 min", 5_400),
        ("1h30m", 5_400),
        (" 2 weeks ", 1_209_600),
        ("1 day", 86_400),
        ("90 s", 90),
        ("1.5 hours", 5_400),
        ("250 ms", 0.25),
        ("0.1 s 0.2 s", 0.3),
    ],
)
def test_a_duration_is_read_as_people_write_it(text: str, seconds: float) -> None:
    """A number and a unit, several of them added up, with or without spaces."""
    assert parse_duration(text) == timedelta(seconds=seconds)


def test_every_spelling_of_a_unit_means_the_same() -> None:
    """Short and long names, singular and plural."""
    spelled = {
        1: ("ms", "millisecond", "milliseconds"),
        1_000: ("s", "sec", "second", "seconds"),
        60_000: ("m", "min", "minute", "minutes"),
        3_600_000: ("h", "hour", "hours"),
        86_400_000: ("d", "day", "days"),
        604_800_000: ("w", "week", "weeks"),
    }
    for milliseconds, spellings in spelled.items():
        for spelling in spellings:
            assert parse_duration(f"1 {spelling}") == timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize(
    "text",
    ["", " ", "24", "h", "24 fortnights", "24 H", "1 h and 2 min", "h 24", "-1 h", "1,5 h", "٣ h"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """The message shows what was written and how to write it."""
    with pytest.raises(ValueError, match="is not a duration; write a number and a unit"):
        parse_duration(text)


@pytest.mark.parametrize("value", [24, 1.5, None, b"24 h", ["24 h"]])
def test_a_value_without_a_unit_is_refused(value: Any) -> None:
    """A bare number could be hours or seconds, so it is neither."""
    with pytest.raises(ValueError, match="is not a duration; write a number and a unit"):
        parse_duration(value)


@pytest.mark.parametrize("value", ["0 s", "0.0001 ms", timedelta(0), timedelta(seconds=-1)])
def test_a_duration_is_above_zero(value: str | timedelta) -> None:
    """Zero and negative durations are no limits, in text or as a timedelta."""
    with pytest.raises(ValueError, match="is not a duration above zero"):
        parse_duration(value)


def test_a_duration_beyond_all_calendars_is_refused() -> None:
    """It is the author's mistake, not an overflow inside."""
    with pytest.raises(ValueError, match="is longer than a duration can be"):
        parse_duration("99999999999 weeks")


@given(DURATIONS)
def test_a_timedelta_is_taken_as_it_is(duration: timedelta) -> None:
    """Whatever is above zero."""
    assert parse_duration(duration) == duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.25, "250 ms"),
        (0.9999, "999 ms"),
        (1, "1 s"),
        (1.99, "1.9 s"),
        (9.99, "9.9 s"),
        (10.9, "10 s"),
        (60, "1 min"),
        (90, "90 s"),
        (119, "119 s"),
        (120, "2 min"),
        (150, "2 min 30 s"),
        (599, "9 min 59 s"),
        (601, "10 min"),
        (3_600, "1 h"),
        (3_605, "1 h"),
        (5_400, "90 min"),
        (7_200, "2 h"),
        (86_400, "24 h"),
        (129_600, "36 h"),
        (131_400, "36 h 30 min"),
        (172_799, "47 h 59 min"),
        (172_800, "2 days"),
        (273_900, "3 days 4 h"),
        (-10_800, "-3 h"),
    ],
)
def test_a_duration_is_written_in_at_most_two_units(seconds: float, text: str) -> None:
    """As people would say it, rounded towards zero."""
    assert format_duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("seconds", "limit", "text"),
    [
        (86_410, 86_400, "24 h 10 s"),
        (86_400.5, 86_400, "24 h 0.5 s"),
        (86_410, 90_000, "24 h"),
        (172_801, 172_800, "2 days 1 s"),
        (5_420, 5_420, "90 min 20 s"),
        (0.0004, 0.0004, "0.4 ms"),
        (-86_410, -86_400, "-24 h 10 s"),
        (-86_410, 3_600, "-24 h"),
    ],
)
def test_a_duration_is_never_shown_as_the_limit_it_misses(
    seconds: float, limit: float, text: str
) -> None:
    """Beside a limit there are as many units as it takes to tell the two apart."""
    beside = [timedelta(seconds=limit)]
    assert format_duration(timedelta(seconds=seconds), beside=beside) == text


@given(DURATIONS, DURATIONS)
def test_what_is_shown_lies_on_the_durations_own_side_of_a_limit(
    duration: timedelta, limit: timedelta
) -> None:
    """Reading the shown duration gives the same answer as the duration itself."""
    shown = format_duration(duration, beside=[limit])
    read = timedelta(0) if shown == "0 ms" else parse_duration(shown)
    assert side(read, limit) == side(duration, limit)
    near = duration + timedelta(microseconds=1)
    assert parse_duration(format_duration(near, beside=[duration])) > duration


@given(DURATIONS)
def test_a_shown_duration_is_rounded_towards_zero_by_little(duration: timedelta) -> None:
    """At most a tenth is lost below ten seconds, and a fiftieth above."""
    shown = format_duration(duration)
    read = timedelta(0) if shown == "0 ms" else parse_duration(shown)
    assert read <= duration
    assert duration - read < max(timedelta(milliseconds=1), duration / 10)
    assert len(shown.split()) <= 4
    assert format_duration(-duration) == f"-{shown}"


@given(DURATIONS)
def test_a_limit_beside_itself_is_exact(duration: timedelta) -> None:
    """Reading it back loses nothing."""
    assert parse_duration(format_duration(duration, beside=[duration])) == duration
