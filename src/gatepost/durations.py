"""Durations as people write them: "24 h", "3 days", "1 h 30 min"."""

from __future__ import annotations

import re
from collections.abc import Iterable
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

_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_STEPS = (
    (2 * _DAY, _HOUR),
    (10 * _MINUTE, _MINUTE),
    (10 * _SECOND, _SECOND),
    (_SECOND, 100 * _MILLISECOND),
    (timedelta(0), _MILLISECOND),
    (timedelta(0), timedelta.resolution),
)
"""From which length on a duration is shown in which steps; finer ones where a limit demands it."""


def parse_duration(text: str | timedelta) -> timedelta:
    """Read a duration such as "24 h", "3 days" or "1 h 30 min"; a timedelta is taken as it is.

    Raises ValueError for anything else, for zero and for negative durations.
    """
    duration = text if isinstance(text, timedelta) else _read(text)
    if duration <= timedelta(0):
        raise ValueError(f"{str(text)!r} is not a duration above zero")
    return duration


def format_duration(duration: timedelta, *, beside: Iterable[timedelta] = ()) -> str:
    """Write a duration in at most two units, rounded towards zero: "36 h", "3 days 4 h".

    Days are used from 48 hours on, as people say "36 h" of a nightly job.
    `beside` are the limits that stand in the same sentence: what is shown lies
    on the same side of each of them as the duration itself, so that 24 hours
    and 10 seconds beside 24 hours are "24 h 10 s". A limit beside itself is
    written exactly.
    """
    limits = tuple(beside)
    size = abs(duration)
    sign = "-" if duration < timedelta(0) else ""
    for least, step in _STEPS:
        shown = size - size % step
        signed = -shown if sign else shown
        if size >= least and all(_side(signed, each) == _side(duration, each) for each in limits):
            break
    return sign + _write(shown)


def _read(text: object) -> timedelta:
    written = text if isinstance(text, str) else ""
    seconds, at = Fraction(0), 0
    while part := _PART.match(written, at):
        unit = _UNIT_OF.get(part[2])
        if unit is None:
            break
        seconds += Fraction(part[1]) * _SECONDS[unit]
        at = part.end()
    if at == 0 or at != len(written):
        raise ValueError(
            f"{text!r} is not a duration; write a number and a unit "
            "(ms, s, min, h, days, weeks), such as '24 h' or '1 h 30 min'"
        )
    try:
        return timedelta(microseconds=round(seconds * 1_000_000))
    except OverflowError:
        raise ValueError(f"{text!r} is longer than a duration can be") from None


def _write(size: timedelta) -> str:
    if size < _SECOND:
        return f"{_decimal(size / _MILLISECOND)} ms"
    parts: list[str] = []
    for unit, length in (("days", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if parts or size >= 2 * length or size == length != _DAY:
            count, size = divmod(size, length)
            if count:
                parts.append(f"{count} {unit}")
    if size:
        parts.append(f"{_decimal(size / _SECOND)} s")
    return " ".join(parts)


def _decimal(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _side(duration: timedelta, limit: timedelta) -> int:
    return (duration > limit) - (duration < limit)
