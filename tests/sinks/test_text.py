"""The words and the cleaning that all sinks share."""

from datetime import UTC, datetime, timedelta

import pytest

from gatepost.sinks.text import (
    age,
    clean_text,
    counted,
    duration,
    listed,
    moment,
    one_line,
    shorten,
)

NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "unsafe",
    ["\x00", "\x1b", "\r", "\x7f", "\x9b", "\u202e", "\u2066", "\ud800", "\uffff"],
)
def test_unsafe_characters_become_visible(unsafe: str) -> None:
    """Controls, bidirectional overrides, lone surrogates and non-characters are replaced."""
    cleaned = clean_text(f"a{unsafe}b")
    assert cleaned == "a\ufffdb"
    cleaned.encode("utf-8")


def test_ordinary_text_is_untouched() -> None:
    """Line feeds, tabs, markup, accents, emoji and right-to-left letters stay as they are."""
    text = "two\nlines\t<b>\u00e9 \u05d0\u05d1 \U0001f600 100 %"
    assert clean_text(text) == text


def test_windows_line_ends_become_line_feeds() -> None:
    """CR LF is a line end, not a control character to show."""
    assert clean_text("a\r\nb") == "a\nb"


def test_one_line_joins_lines() -> None:
    """A name of several lines cannot break a row."""
    assert one_line(" a\r\n\tb\x1b ") == "a b\ufffd"


def test_shorten_keeps_within_the_limit() -> None:
    """A cut is marked and counted in the limit."""
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdefg", 6) == "abc..."


def test_lists_count_what_they_leave_out() -> None:
    """Names beyond the most are counted."""
    assert listed(["a", "b", "c", "d"], 2) == "a, b, and 2 more"
    assert listed(["a", "b"], 2) == "a, b"


def test_counts_agree_with_their_noun() -> None:
    """One is singular; thousands are grouped."""
    assert [counted(n, "row") for n in (0, 1, 1204)] == ["0 rows", "1 row", "1,204 rows"]


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (timedelta(seconds=-5), "0 min"),
        (timedelta(minutes=40), "40 min"),
        (timedelta(minutes=119, seconds=59), "119 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=47, minutes=59), "47 h"),
        (timedelta(days=3, hours=5), "3 days"),
    ],
)
def test_age_in_one_unit(gone: timedelta, words: str) -> None:
    """An age is said in the unit that people would use."""
    assert age(NOW - gone, NOW) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0.0 s"),
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3780, "1 h 3 min"),
    ],
)
def test_duration_in_words(seconds: float, words: str) -> None:
    """A duration never reads as 60 s or as a negative number."""
    assert duration(seconds) == words


def test_moments_are_in_utc() -> None:
    """A moment is written in UTC to the minute."""
    assert moment(NOW) == "2026-03-01 06:00 UTC"
