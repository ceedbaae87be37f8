"""Words and numbers as they stand in sentences: short, but never rounded into a contradiction."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches

_SIGNIFICANT = 4
_EXACT = 17  # digits that tell every double apart
_PLURAL = re.compile(r"[a-z ]*[a-z]{3}(?<![isu])(?<!ie|he|se|xe|ze|bp)s")
"""A unit that loses its "s" beside 1, such as "percent points"; not "ms", "jobs/s" or "matches"."""


def format_number(value: float, *, beside: Iterable[float] = ()) -> str:
    """Write a finite number with 4 significant digits, or more where a limit demands it.

    `beside` are the limits that stand in the same sentence: the shown number
    lies on the same side of each of them as the value itself, so that
    94.9996 beside 95 is not shown as 95.
    """
    for digits in range(_SIGNIFICANT, _EXACT + 1):
        text = _digits(value, digits)
        shown = float(text.replace(",", ""))
        if all(_side(shown, limit) == _side(value, limit) for limit in beside):
            return text
    return repr(value)


def format_limit(limit: float) -> str:
    """Write a limit as its author did: exactly, since 99.995 is not 100."""
    return format_number(limit, beside=[limit])


def with_unit(number: str, unit: str) -> str:
    """Put the unit behind the number, where there is one; "files" are one "file" behind 1."""
    if number == "1" and _PLURAL.fullmatch(unit):
        unit = unit[:-1]
    return f"{number} {unit}" if unit else number


def format_time(at: datetime) -> str:
    """Write a moment to the minute in UTC; a midnight as its day alone."""
    at = at.astimezone(UTC)
    if (at.hour, at.minute, at.second) == (0, 0, 0):
        return f"{at:%Y-%m-%d}"
    return f"{at:%Y-%m-%d %H:%M} UTC"


def join_some(names: Iterable[str], *, most: int = 3) -> str:
    """List the first few names and count the rest: "a, b, c and 4 more"."""
    every = list(names)
    shown = ", ".join(every[:most])
    return f"{shown} and {len(every) - most:,} more" if len(every) > most else shown


def plural(count: int, noun: str) -> str:
    """Count a noun: "1 row", "1,204 rows"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def shorten(text: str, most: int = 300) -> str:
    """Cut a text that came from elsewhere to one line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _digits(value: float, digits: int) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    text = f"{value:,.{digits}g}"
    if "e" not in text:
        return text
    if 1 <= abs(value) < 1e15:
        whole = len(str(int(abs(value))))
        return f"{value:,.{max(digits - whole, 0)}f}"
    return text


def _side(value: float, limit: float) -> int:
    return (value > limit) - (value < limit)


def suggest(kind: str, name: str, known: Iterable[str]) -> str:
    """Say which known names are nearest to an unknown one, or which there are at all."""
    known = list(known)
    plain = name.rpartition(".")[2]
    if near := get_close_matches(plain, known, n=3, cutoff=0.6):
        return f"did you mean {' or '.join(near)}?"
    return f"known {kind}s: {join_some(known, most=10)}" if known else f"it sees no {kind} at all"
