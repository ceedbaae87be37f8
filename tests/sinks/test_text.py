"""The words and the cleaning that all sinks share."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sample_run import fine_run, result, sample_run

from gatepost.model import Level, Limits, Past, Result
from gatepost.sinks.text import (
    age,
    change_words,
    clean_text,
    count_words,
    moment,
    one_line,
    shorten,
    standing,
    value_words,
    web_url,
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


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (timedelta(seconds=-5), "under a minute"),
        (timedelta(seconds=59), "under a minute"),
        (timedelta(seconds=60), "1 min"),
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


def test_shorten_keeps_within_the_limit() -> None:
    """A cut is marked and counted in the limit."""
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdefg", 6) == "abc..."


def test_moments_are_in_utc() -> None:
    """A moment is written in UTC to the minute, a midnight too."""
    assert moment(NOW.astimezone(timezone(timedelta(hours=-6)))) == "2026-03-01 06:00 UTC"
    assert moment(NOW - timedelta(hours=6)) == "2026-03-01 00:00 UTC"


def failing(change: str, since: datetime) -> Result:
    """A result in alert since a moment, new or not."""
    past = Past(Level.BREACH, since=since, runs=1) if change == "still" else Past(Level.OK)
    row = result("a.b.c", Level.BREACH, "bad.", since=since, past=past)
    return replace(row, started=NOW)


@pytest.mark.parametrize(
    ("change", "since", "words"),
    [
        ("new", NOW, "new"),
        (
            "new",
            NOW - timedelta(days=3),
            "new in this run, in its data for 3 days, since 2026-02-26 06:00 UTC",
        ),
        ("still", NOW - timedelta(days=3), "for 3 days, since 2026-02-26 06:00 UTC"),
    ],
)
def test_standing_tells_new_from_known(change: str, since: datetime, words: str) -> None:
    """A failure is called new against the run before, and dated by the measured series."""
    assert standing(failing(change, since), NOW) == words


def test_what_does_not_fail_has_no_standing() -> None:
    """A warning is dated by nothing."""
    assert standing(result("a.b.c", Level.WARNING, "close."), NOW) == ""


def test_counts_agree_with_their_level() -> None:
    """Things that can be counted take a plural; states do not."""
    counts = {Level.BREACH: 2, Level.ERROR: 1, Level.NO_DATA: 2, Level.OK: 1204}
    assert count_words(counts) == "2 alerts, 1 error, 2 no data, 1,204 ok"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://wiki.example.com/a?b=c&d=%20", "https://wiki.example.com/a?b=c&d=%20"),
        ("https://example.com/a|b>c <d'\"`", "https://example.com/a%7Cb%3Ec%20%3Cd%27%22%60"),
        ("runbooks/freshness.md", ""),
        (" JaVa\tScript:alert(1)", ""),
        ("javascript://example.com/%0aalert(1)", ""),
        ("https:///path", ""),
        ("https://[broken", ""),
        ("https://example.com/\ud800", "https://example.com/%EF%BF%BD"),
    ],
)
def test_only_web_addresses_become_links(text: str, url: str) -> None:
    """Whatever is not http(s) is no link; what could end a markup's link is percent-encoded."""
    assert web_url(text) == url


def test_changes_are_counted_against_the_run_before() -> None:
    """New, known and recovered are counted, and the moment they are told against is named."""
    words = "4 new, 2 still failing, 1 recovered since 2026-03-09 02:00 UTC"
    assert change_words(sample_run()) == words
    quiet = replace(sample_run(), results=())
    assert change_words(quiet) == "no change since 2026-03-09 02:00 UTC"
    assert change_words(fine_run()) == "no earlier run to compare with"


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, ""), (83.33, "83.33 %"), (94.99996, "94.99996 %"), (math.nan, "nan")],
)
def test_values_keep_their_side_of_a_limit(value: float | None, words: str) -> None:
    """A value just below its limit is not rounded onto it."""
    row = result("a.b.c", Level.BREACH, "bad.", value=value, unit="%", limits=Limits(95))
    assert value_words(row.verdict) == words


def test_what_failed_before_and_is_not_measured_now_stays_known() -> None:
    """An outage does not make known failures vanish from what changed."""
    past = Past(Level.BREACH, NOW, NOW, 2)
    hidden = result("a.b.c", Level.INHIBITED, "not measured.", past=past)
    assert hidden.change == "unmeasured"
    run = replace(sample_run(), results=(hidden,), compared_with=NOW)
    assert change_words(run).startswith("1 failing before, not measured now since")
