"""Durations as people write them: "24 h", "3 days", "1 h 30 min"."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction

_SECONDS = {
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "min": Fraction(60),
    "h": Fraction(3600),
    "day": Fraction(86_400),
    "week": Fraction(604_800),
}
_SPELLINGS = {
    "ms": ("ms", "millisecond", "milliseconds"),
    "s": ("s", "sec", "second", "seconds"),
    "min": ("m", "min", "minute", "minutes"),
    "h": ("h", "hour", "hours"),
    "day": ("d", "day", "days"),
    "week": ("w", "week", "weeks"),
}
_UNIT_OF = {spelling: unit for unit, every in _SPELLINGS.items() for spelling in every}
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.ASCII)


def parse_duration(text: str | timedelta) -> timedelta:
    """Read a duration such as "24 h", "3 days" or "1 h 30 min"; a timedelta is taken as it is.

    Raises ValueError for anything else, for zero and for negative durations.
    """
    if isinstance(text, timedelta):
        duration = text
    else:
        seconds, at = Fraction(0), 0
        while part := _PART.match(text, at):
            unit = _UNIT_OF.get(part[2])
            if unit is None:
                break
            seconds += Fraction(part[1]) * _SECONDS[unit]
            at = part.end()
        if at == 0 or at != len(text):
            raise ValueError(
                f"{text!r} is not a duration; write a number and a unit "
                "(ms, s, min, h, days, weeks), such as '24 h' or '1 h 30 min'"
            )
        duration = timedelta(microseconds=round(seconds * 1_000_000))
    if duration <= timedelta(0):
        raise ValueError(f"{str(text)!r} is not a duration above zero")
    return duration


def format_duration(duration: timedelta) -> str:
    """Write a duration in at most two units, rounded towards zero: "36 h", "3 days 4 h".

    Days are used from 48 hours on, as people say "36 h" of a nightly job.
    """
    seconds = duration.total_seconds()
    sign = "-" if seconds < 0 else ""
    seconds = abs(seconds)
    if seconds < 1:
        return f"{sign}{seconds * 1000:.0f} ms"
    if seconds < 10 and seconds != int(seconds):
        return f"{sign}{int(seconds * 10) / 10} s"
    whole = int(seconds)
    if whole < 120 and (whole < 60 or whole % 60):
        return f"{sign}{whole} s"
    if whole < 7200 and (whole < 3600 or whole % 3600):
        return sign + _two(whole, 60, "min", 1, "s" if whole < 600 else "")
    if whole < 172_800:
        return sign + _two(whole, 3600, "h", 60, "min")
    days = whole // 86_400
    return sign + _two(whole, 86_400, "day" if days == 1 else "days", 3600, "h")


def _two(whole: int, large: int, large_name: str, small: int, small_name: str) -> str:
    count, rest = whole // large, whole % large // small
    tail = f" {rest} {small_name}" if rest and small_name else ""
    return f"{count} {large_name}{tail}"
