"""Numbers, times and lists as they stand in sentences."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gatepost.wording import (
    format_limit,
    format_number,
    format_time,
    join_some,
    plural,
    shorten,
    with_unit,
)

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def read(text: str) -> float:
    return float(text.replace(",", ""))


def side(value: float, limit: float) -> int:
    return (value > limit) - (value < limit)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (95, "95"),
        (1_234_567, "1,234,567"),
        (-1_234.0, "-1,234"),
        (97.126, "97.13"),
        (0.000123456, "0.0001235"),
        (0.0000123456, "1.235e-05"),
        (12_345.678, "12,346"),
        (9_999.6, "10,000"),
        (99_999_999.5, "100,000,000"),
        (0.99996, "1"),
        (1e15, "1e+15"),
        (1.23456e18, "1.235e+18"),
    ],
)
def test_a_number_is_shown_with_four_significant_digits(value: float, text: str) -> None:
    """Whole numbers are whole, with thousands told apart; no exponent before a person needs it."""
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [
        (94.9996, 95, "94.9996"),
        (95.0004, 95, "95.0004"),
        (99.99999, 100, "99.99999"),
        (12_345.6, 12_346, "12,345.6"),
        (1e-9, 0, "1e-09"),
        (math.nextafter(95, 0), 95, "94.99999999999999"),
        (0.1 + 0.2, 0.3, "0.30000000000000004"),
    ],
)
def test_a_number_is_never_rounded_onto_its_limit(value: float, limit: float, text: str) -> None:
    """As many digits as it takes to read on which side it lies."""
    assert format_number(value, beside=[limit]) == text


@given(NUMBERS, st.lists(NUMBERS, max_size=4))
@example(94.9996, [95.0, 94.99])
@example(1e15 + 0.5, [1e15])
@example(5e-324, [0.0])
def test_a_shown_number_lies_on_the_values_own_side_of_each_limit(
    value: float, limits: list[float]
) -> None:
    """No sentence can contradict itself."""
    shown = read(format_number(value, beside=limits))
    assert [side(shown, limit) for limit in limits] == [side(value, limit) for limit in limits]


@given(NUMBERS, st.sampled_from([-1, 1]))
def test_a_number_next_to_its_limit_is_told_apart(limit: float, direction: int) -> None:
    """Even the nearest number that a double can hold."""
    value = math.nextafter(limit, direction * math.inf)
    assume(math.isfinite(value))
    assert side(read(format_number(value, beside=[limit])), limit) == direction


@given(NUMBERS)
def test_a_shown_number_is_near_the_value(value: float) -> None:
    """Off by half of the fourth digit at most."""
    assume(value == 0 or 1e-300 <= abs(value) <= 1e300)
    assert abs(read(format_number(value)) - value) <= abs(value) * 5.001e-4


@given(NUMBERS)
def test_a_limit_is_shown_exactly(limit: float) -> None:
    """An author's 99.995 is not 100."""
    assert read(format_limit(limit)) == limit
    assert format_limit(99.995) == "99.995"


@pytest.mark.parametrize(("unit", "text"), [("%", "95 %"), ("", "95")])
def test_a_unit_follows_its_number(unit: str, text: str) -> None:
    """A plain number has none."""
    assert with_unit("95", unit) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 3, 9, tzinfo=UTC), "2026-03-09"),
        (datetime(2026, 3, 9, 0, 0, 1, tzinfo=UTC), "2026-03-09 00:00 UTC"),
        (datetime(2026, 3, 9, 0, 1, tzinfo=UTC), "2026-03-09 00:01 UTC"),
        (datetime(2026, 3, 9, 7, 0, tzinfo=UTC), "2026-03-09 07:00 UTC"),
        (datetime(2026, 3, 9, 1, 30, tzinfo=timezone(timedelta(hours=2))), "2026-03-08 23:30 UTC"),
    ],
)
def test_a_time_is_shown_in_utc(at: datetime, text: str) -> None:
    """To the minute; a midnight is a day."""
    assert format_time(at) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b", "c"], "a, b, c"),
        (["a", "b", "c", "d"], "a, b, c and 1 more"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_a_long_list_names_the_first_and_counts_the_rest(names: list[str], text: str) -> None:
    """Three names by default, from any iterable."""
    assert join_some(iter(names)) == text
    assert join_some(["a", "b"], most=1) == "a and 1 more"


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1204, "1,204 rows")]
)
def test_a_noun_is_counted(count: int, text: str) -> None:
    """Only one of them is singular."""
    assert plural(count, "row") == text


def test_a_foreign_text_becomes_one_short_line() -> None:
    """Line breaks and runs of spaces are one space, and what is cut off is marked."""
    assert shorten("a\n\n  b\tc ") == "a b c"
    assert shorten("x" * 300) == "x" * 300
    assert shorten("x" * 301) == "x" * 299 + "…"
    assert shorten("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    ("number", "unit", "said"),
    [
        ("1", "files", "1 file"),
        ("1", "percent points", "1 percent point"),
        ("1", "values", "1 value"),
        ("0", "files", "0 files"),
        ("1.5", "hours", "1.5 hours"),
        ("1", "ms", "1 ms"),
        ("1", "s", "1 s"),
        ("1", "per s", "1 per s"),
        ("1", "jobs/s", "1 jobs/s"),
        ("1", "kbps", "1 kbps"),
        ("1", "matches", "1 matches"),
        ("1", "status", "1 status"),
        ("1", "%", "1 %"),
        ("1", "", "1"),
    ],
)
def test_a_unit_in_the_plural_is_one_beside_1(number: str, unit: str, said: str) -> None:
    """Where dropping its "s" is sure to be right; other units stay as they were written."""
    assert with_unit(number, unit) == said
