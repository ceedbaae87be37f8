"""How long a breach must last: what is read, and how many slots it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.errors import DeclarationError
from gatepost.expectations.sustained import Sustained, parse_sustained

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "sustained", "said"),
    [
        ("3 days", Sustained(duration=3 * DAY), "3 days"),
        ("90 min", Sustained(duration=1.5 * HOUR), "90 min"),
        ("1 h 1 min 1 s", Sustained(duration=timedelta(seconds=3661)), "61 min 1 s"),
        (timedelta(days=2), Sustained(duration=2 * DAY), "2 days"),
        ("5 runs", Sustained(runs=5), "5 runs"),
        (" 2 run ", Sustained(runs=2), "2 runs"),
        (2, Sustained(runs=2), "2 runs"),
    ],
)
def test_a_length_is_a_duration_or_a_number_of_runs(
    text: Any, sustained: Sustained, said: str
) -> None:
    """And reads as it was declared."""
    assert parse_sustained(text) == sustained
    assert str(sustained) == said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (1, "one run is the default; use 2 or more"),
        (0, "one run is the default"),
        (-3, "one run is the default"),
        ("1 run", "one run is the default"),
        ("0 runs", "one run is the default"),
        ("soon", 'is not a duration; .*, or "5 runs"'),
        ("runs", "is not a duration"),
        ("2 runs in a row", "is not a duration"),
        ("", "is not a duration"),
        (timedelta(0), "is not a duration above zero"),
        (2.5, r"sustained=2.5: expected \"3 days\", \"5 runs\" or a number of runs"),
        (True, "sustained=True: expected"),
        (None, "sustained=None: expected"),
        ([2], 'expected "3 days"'),
    ],
)
def test_what_is_no_length_is_refused(text: Any, message: str) -> None:
    """The message shows what was written and what could be."""
    with pytest.raises(DeclarationError, match=message):
        parse_sustained(text)


@pytest.mark.parametrize(
    ("sustained", "cadence", "slots"),
    [
        ("5 runs", None, 5),
        ("5 runs", HOUR, 5),
        ("3 days", DAY, 3),
        ("3 days", HOUR, 72),
        ("3 days", timedelta(days=1, hours=12), 2),
        ("1 day", DAY, 1),
        ("90 min", timedelta(minutes=45), 2),
        ("5 min", HOUR, 2),
    ],
)
def test_a_length_is_counted_in_slots(
    sustained: str, cadence: timedelta | None, slots: int
) -> None:
    """Runs as they are, a duration by the time between two measurements."""
    assert parse_sustained(sustained).slots(cadence) == slots


@given(st.integers(2, 500), st.timedeltas(timedelta(seconds=1), timedelta(days=31)))
def test_a_multiple_of_the_cadence_is_that_many_slots(count: int, cadence: timedelta) -> None:
    """Exactly, whatever the cadence."""
    assert Sustained(duration=count * cadence).slots(cadence) == count


def test_without_a_cadence_a_duration_is_no_number_of_slots() -> None:
    """Then the clock tells whether it is over."""
    assert parse_sustained("3 days").slots(None) is None


@pytest.mark.parametrize(("sustained", "cadence"), [("36 h", DAY), ("3 days", 5 * HOUR)])
def test_a_duration_between_two_slots_is_refused(sustained: str, cadence: timedelta) -> None:
    """It would be rounded one way or the other; the author decides which."""
    with pytest.raises(DeclarationError, match="is not a multiple of the cadence of"):
        parse_sustained(sustained).slots(cadence)
