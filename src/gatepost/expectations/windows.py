"""What expectations on tables take alike: which columns, which rows, and what splits them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from gatepost.errors import DeclarationError
from gatepost.expectations.limits import Limit
from gatepost.expectations.regions import as_duration
from gatepost.expectations.slots import Slots
from gatepost.model import Point
from gatepost.tables.asks import DAY, Window, day_of


def read_window(
    where: str,
    *,
    per: str | None = None,
    last: str | timedelta | None = None,
    segments: str | Sequence[str] = (),
) -> Window:
    """Read `per`, `last` and `segments` of the expectation called `where`.

    Raises DeclarationError for what none of them can be, and for days and
    segments at once.
    """
    if per not in (None, "day"):
        raise DeclarationError(f'{where}(per={per!r}): expected "day" or nothing')
    names = read_names(f"{where}(segments=...)", segments)
    if per and names:
        raise DeclarationError(
            f'{where}: per="day" and segments cannot be judged at once; '
            'leave one out, such as per="day" with last="1 day" instead'
        )
    window = None if last is None else as_duration(f"{where}(last={last!r})", last)
    return Window(window, per == "day", names)


def read_names(where: str, names: object) -> tuple[str, ...]:
    """Read one name of a column or a sequence of them.

    Raises DeclarationError for anything else, and for a name that is there twice.
    """
    every = (names,) if isinstance(names, str) else names
    if not isinstance(every, Sequence) or not all(isinstance(each, str) for each in every):
        raise DeclarationError(f'{where}: expected names of columns, such as ["a"], got {names!r}')
    for name in every:
        if not name:
            raise DeclarationError(f"{where}: a column's name cannot be empty")
        if every.count(name) > 1:
            raise DeclarationError(f"{where}: {name!r} is there twice")
    return tuple(every)


def read_name(where: str, name: object, noun: str = "a column") -> str:
    """Read one name, of a column or something else; raises DeclarationError for anything else."""
    if not isinstance(name, str) or not name.strip():
        raise DeclarationError(f"{where}: expected the name of {noun}, got {name!r}")
    return name


def read_limit(where: str, limit: object, example: str) -> Limit:
    """Read a limit; raises DeclarationError for anything else, with an example of one."""
    if not isinstance(limit, Limit):
        raise DeclarationError(f"{where} takes a limit such as {example}, got {limit!r}")
    return limit


def read_samples(where: str, samples: object) -> int:
    """Read how many bad rows are to be shown; raises DeclarationError for a negative number."""
    if not isinstance(samples, int) or isinstance(samples, bool) or samples < 0:
        raise DeclarationError(f"{where}(samples={samples!r}): expected 0 or more")
    return samples


def days_as_slots(values: Mapping[datetime, float], gap: float | None, slot: datetime) -> Slots:
    """Every day from the first that has a value up to the slot's, which is not complete yet.

    `gap` is the value of the days between that have none.
    """
    today = day_of(slot)
    at = min(*values, today - DAY) if values else today - DAY
    points = []
    while at <= today:
        points.append(Point(at, values.get(at, gap)))
        at += DAY
    return Slots(tuple(points), cadence=DAY, pending=1)
