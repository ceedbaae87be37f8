"""fresh_within: ages at, below and above their limits, and times that cannot be judged."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.durations import parse_duration
from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context
from gatepost.expectations.freshness import fresh_within
from gatepost.model import Level, Limits

SLOT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
CONTEXT = Context(SLOT)
FRESH = fresh_within("24 h", alert="36 h")


@pytest.mark.parametrize(
    ("age", "level", "said"),
    [
        ("1 h", "ok", "1 h old (2026-03-10 05:00 UTC); target at most 24 h; alert above 36 h"),
        ("24 h", "ok", "24 h old (2026-03-09 06:00 UTC); target at most 24 h; alert above 36 h"),
        (
            "24 h 1 ms",
            "warning",
            "24 h 0.001 s old (2026-03-09 05:59 UTC); above 24 h, the target; alert above 36 h",
        ),
        (
            "24 h 10 s",
            "warning",
            "24 h 10 s old (2026-03-09 05:59 UTC); above 24 h, the target; alert above 36 h",
        ),
        (
            "36 h",
            "warning",
            "36 h old (2026-03-08 18:00 UTC); above 24 h, the target; alert above 36 h",
        ),
        (
            "36 h 1 s",
            "breach",
            "36 h 1 s old (2026-03-08 17:59 UTC); above 36 h, the alert limit; target at most 24 h",
        ),
        (
            "3 days",
            "breach",
            "3 days old (2026-03-07 06:00 UTC); above 36 h, the alert limit; target at most 24 h",
        ),
    ],
)
def test_an_age_is_judged_against_both_limits(age: str, level: str, said: str) -> None:
    """A limit itself is fine; no age is shown as the limit that it is above."""
    newest = SLOT - parse_duration(age)
    verdict = FRESH.judge(newest, CONTEXT)
    assert (verdict.level, verdict.sentence) == (level, f"the newest is {said}")
    assert verdict.value == pytest.approx(parse_duration(age) / timedelta(hours=1))
    assert (verdict.unit, verdict.data_time) == ("h", newest)


@pytest.mark.parametrize(
    ("arguments", "text", "old", "level"),
    [
        ({"target": "24 h"}, "at most 24 h old", "25 h", Level.WARNING),
        ({"alert": "24 h"}, "alert above 24 h", "25 h", Level.BREACH),
        ({"target": timedelta(hours=1)}, "at most 1 h old", "1 h", Level.OK),
        ({"target": "1 h 30 min 20 s"}, "at most 90 min 20 s old", "90 min", Level.OK),
    ],
)
def test_either_limit_may_be_left_out(
    arguments: dict[str, Any], text: str, old: str, level: Level
) -> None:
    """Its words, and its level, are then left out too; a limit is written exactly."""
    expectation = fresh_within(**arguments)
    assert str(expectation) == text
    assert expectation.judge(SLOT - parse_duration(old), CONTEXT).level is level


def test_limits_are_told_in_hours() -> None:
    """The unit of the value that is plotted."""
    assert FRESH.limits == Limits(None, 24, None, 36, "at most 24 h old, alert above 36 h")
    assert fresh_within("90 min").limits.bounds == (1.5,)
    assert FRESH.label == "fresh_within"


@pytest.mark.parametrize("nothing", [None, pd.NaT, math.nan, float("nan")])
def test_nothing_is_not_fresh(nothing: Any) -> None:
    """An empty table is an alert, not missing data."""
    verdict = FRESH.judge(nothing, CONTEXT)
    assert verdict.level is Level.BREACH
    assert verdict.sentence == (
        "nothing was ever recorded; expected at most 24 h old, alert above 36 h"
    )


@pytest.mark.parametrize(
    "value",
    [
        12.5,
        "2026-03-10T05:00:00Z",
        date(2026, 3, 10),
        timedelta(hours=1),
        np.datetime64("2026-03-10"),
        pd.NA,
        pd.Series([SLOT, SLOT]),
        pd.DataFrame({"at": [SLOT]}),
        np.array([SLOT]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_time_is_an_error_of_the_check(value: Any) -> None:
    """Never a breach, and never an exception: the sentence shows what was returned."""
    verdict = FRESH.judge(value, CONTEXT)
    assert verdict.level is Level.ERROR
    assert verdict.sentence.endswith("; fresh_within judges a datetime or None")


def test_a_naive_time_is_an_error() -> None:
    """It could be anybody's noon."""
    verdict = FRESH.judge(datetime(2026, 3, 10, 5, 0), CONTEXT)  # noqa: DTZ001 - the point
    assert verdict.level is Level.ERROR
    assert verdict.sentence == (
        "the newest time, 2026-03-10 05:00, has no time zone; return it in UTC"
    )


@pytest.mark.parametrize(
    ("ahead", "level"),
    [("1 s", Level.OK), ("5 min", Level.OK), ("5 min 1 s", Level.ERROR), ("3 h", Level.ERROR)],
)
def test_a_clock_may_run_ahead_by_five_minutes(ahead: str, level: Level) -> None:
    """More than that is in the future, which no row is."""
    verdict = FRESH.judge(SLOT + parse_duration(ahead), CONTEXT)
    assert verdict.level is level
    if level is Level.OK:
        assert verdict.sentence.startswith("the newest is 0 ms old")


def test_a_future_time_is_said_with_its_distance() -> None:
    """Clocks or time zones differ, and by how much tells which."""
    verdict = FRESH.judge(SLOT + timedelta(hours=2), CONTEXT)
    assert verdict.sentence == (
        "the newest, of 2026-03-10 08:00 UTC, lies 2 h in the future; clocks or time zones differ"
    )


@pytest.mark.parametrize(
    "newest",
    [
        datetime(2026, 3, 9, 6, 0, tzinfo=UTC),
        datetime(2026, 3, 9, 8, 0, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 3, 9, 2, 0, tzinfo=ZoneInfo("America/New_York")),
        pd.Timestamp("2026-03-09T07:00:00", tz="Europe/Berlin"),
        pd.Timestamp("2026-03-09T06:00:00.000000000", tz="UTC"),
    ],
    ids=str,
)
def test_the_zone_of_a_time_does_not_matter(newest: datetime) -> None:
    """Only the moment does, and what is kept is a plain datetime in UTC."""
    verdict = FRESH.judge(newest, CONTEXT)
    assert verdict.value == 24
    assert type(verdict.data_time) is datetime
    assert verdict.data_time == datetime(2026, 3, 9, 6, 0, tzinfo=UTC)


def test_an_age_across_the_change_of_clocks_is_real_time() -> None:
    """The night of 29 March 2026 in Berlin has an hour less than the clock shows."""
    berlin = ZoneInfo("Europe/Berlin")
    slot = datetime(2026, 3, 29, 12, 0, tzinfo=berlin).astimezone(UTC)
    verdict = FRESH.judge(datetime(2026, 3, 28, 12, 0, tzinfo=berlin), Context(slot))
    assert verdict.value == 23


@given(st.datetimes(datetime(1971, 1, 1), datetime(2026, 3, 10), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive
def test_no_microsecond_of_an_age_is_lost(newest: datetime) -> None:
    """What is kept is the moment that was measured."""
    assert FRESH.judge(newest, CONTEXT).data_time == newest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "fresh_within() needs a target, an alert age, or both"),
        ({"target": "soon"}, "fresh_within: 'soon' is not a duration"),
        ({"target": 24}, "fresh_within: 24 is not a duration"),
        ({"target": "24 h", "alert": "0 h"}, "fresh_within(alert=...): '0 h' is not a duration"),
        ({"target": "99999999999 weeks"}, "fresh_within: '99999999999 weeks' is longer than"),
        (
            {"target": "24 h 10 s", "alert": "24 h"},
            "the alert age of 24 h is below the target of 24 h 10 s; make it larger",
        ),
    ],
)
def test_a_wrong_declaration_is_refused(arguments: dict[str, Any], message: str) -> None:
    """With the expectation's name and what was given."""
    with pytest.raises(DeclarationError, match=re.escape(message)):
        fresh_within(**arguments)


def test_ages_can_be_overridden() -> None:
    """As text, like in code; and with the same care."""
    assert str(FRESH.override({"alert": "2 days"})) == "at most 24 h old, alert above 2 days"
    for values, message in [
        ({"alert": 48}, "limits.alert: 48 is not a duration"),
        ({"alert": "12 h"}, "the alert age of 12 h is below the target of 24 h"),
        ({"age": "12 h"}, "'age' is no limit of at most 24 h old, alert above 36 h"),
    ]:
        with pytest.raises(DeclarationError, match=re.escape(message)):
            FRESH.override(values)


def test_a_lone_alert_limit_is_not_what_is_expected() -> None:
    """Where nothing was recorded, the sentence does not say that an alert is expected."""
    verdict = fresh_within(alert="7 days").judge(None, CONTEXT)
    assert verdict.sentence == "nothing was ever recorded; alert above 7 days"
