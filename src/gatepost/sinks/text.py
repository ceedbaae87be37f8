"""Words and cleaning that the sinks share; pure, and safe for whatever a checked system says."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from gatepost.model import Level, Result, Run, Verdict
from gatepost.wording import format_number, plural, with_unit

# What no sink may pass on: C0 and C1 controls but tab and line feed, bidirectional
# embeddings, overrides and isolates, lone surrogates, and XML 1.0's non-characters.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_COUNTABLE = (Level.BREACH, Level.ERROR, Level.WARNING)


def clean_text(text: str) -> str:
    """Make text from a checked system safe to encode as UTF-8, to print and to put in XML.

    Line feeds and tabs stay, CR LF becomes LF, and each other character that
    could drive a terminal, reorder a line or break an encoder becomes U+FFFD.
    It does not escape markup: that is each sink's own.
    """
    return _UNSAFE.sub("\ufffd", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Clean text and join its lines by single spaces, for rows, headings and names."""
    return " ".join(clean_text(text).split())


def web_url(text: str) -> str:
    """The text as an absolute http(s) URL that is safe inside any markup; empty when it is none."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return quote(clean_text(parts.geturl()), safe="/:?#@!$&()*+,;=%-._~")


def shorten(text: str, limit: int) -> str:
    """Cut text to at most `limit` (3 or more) characters, marking the cut by `...`."""
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."


def moment(at: datetime) -> str:
    """Write a moment for people, always to the minute: `2026-03-01 06:00 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def age(since: datetime, now: datetime) -> str:
    """Say how long ago in one unit: `40 min`, `5 h`, `3 days`; at the least `under a minute`."""
    minutes = int((now - since).total_seconds() // 60)
    if minutes < 1:
        return "under a minute"
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def standing(result: Result, now: datetime) -> str:
    """Say whether a failing result is new and how long it has failed; empty when it does not fail.

    `new`, `for 3 days, since 2026-03-07 02:00 UTC`, or both in words where the
    measured series had been failing before this run.
    """
    since = result.failing_since
    if since is None:
        return ""
    if result.change == "new" and since >= result.started:
        return "new"
    prefix = "new in this run, in its data " if result.change == "new" else ""
    return f"{prefix}for {age(since, now)}, since {moment(since)}"


def count_words(counts: Mapping[Level, int]) -> str:
    """Put counts by level in words: `2 alerts, 1 no data, 15 ok`."""
    return ", ".join(
        plural(count, level.label) if level in _COUNTABLE else f"{count:,} {level.label}"
        for level, count in counts.items()
    )


CHANGES = {
    "new": "new",
    "still": "still failing",
    "recovered": "recovered",
    "unmeasured": "failing before, not measured now",
}
"""What a result's change is called where changes are counted."""


def change_words(run: Run) -> str:
    """Say what changed: `3 new, 2 still failing, 1 recovered since 2026-03-09 02:00 UTC`.

    What failed before and could not be measured now is counted too, as known still.
    """
    if run.compared_with is None:
        return "no earlier run to compare with"
    changes = Counter(result.change for result in run.results)
    parts = [f"{changes[kind]:,} {words}" for kind, words in CHANGES.items() if changes[kind]]
    return f"{', '.join(parts) or 'no change'} since {moment(run.compared_with)}"


def recovery_words(result: Result) -> str:
    """How long a check that recovered had failed: `after 3 failing runs since 2026-03-09 ...`."""
    past = result.past
    return (
        f"after {plural(past.runs, 'failing run')} since {moment(past.since)}" if past.since else ""
    )


def value_words(verdict: Verdict) -> str:
    """The measured value with its unit, never rounded across a limit; empty when there is none."""
    if verdict.value is None:
        return ""
    if not math.isfinite(verdict.value):
        return str(verdict.value)
    number = format_number(verdict.value, beside=verdict.limits.bounds)
    return with_unit(number, one_line(verdict.unit))
