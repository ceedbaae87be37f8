"""Words and cleaning that the sinks share; pure, and safe for whatever a checked system says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

# What no sink may pass on: C0 and C1 controls but tab and line feed, bidirectional
# embeddings, overrides and isolates, lone surrogates, and XML 1.0's non-characters.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


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


def shorten(text: str, limit: int) -> str:
    """Cut text to at most `limit` (3 or more) characters, marking the cut by `...`."""
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."


def listed(names: Sequence[str], most: int) -> str:
    """Name the first `most` and count the rest: `a, b, and 9 more`."""
    rest = len(names) - most
    shown = ", ".join(names[:most])
    return f"{shown}, and {rest} more" if rest > 0 else shown


def counted(count: int, noun: str) -> str:
    """Put a count before its noun: `1 check`, `12 checks`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def age(since: datetime, now: datetime) -> str:
    """Say how long ago in one unit: `40 min`, `5 h`, `3 days`; a future moment is `0 min`."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def duration(seconds: float) -> str:
    """Say how long something took: `0.4 s`, `18 s`, `2 min 5 s`, `1 h 3 min`."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(at: datetime) -> str:
    """Write a moment for people, to the minute: `2026-03-01 06:00 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
