"""How a table is judged segment by segment: by the worst, named with its value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gatepost.expectations.labels import margin
from gatepost.model import Level, Verdict
from gatepost.tables.asks import Segment
from gatepost.wording import plural


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst segment with its number; `words` say which, and how many others miss."""

    segment: Segment
    number: float
    words: str


def find_worst(
    columns: Sequence[str],
    segments: Sequence[Segment],
    number_of: Callable[[Segment], float],
    judge: Callable[[float], Verdict],
) -> Worst:
    """The segment with the worst level, and of those the one deepest in it; the first of equals."""
    judged = [(segment, judge(number_of(segment))) for segment in segments]
    misses = sum(verdict.level is not Level.OK for _, verdict in judged)
    worst, verdict = max(judged, key=lambda pair: (pair[1].level.badness, -margin(pair[1])))
    name = ", ".join(
        f"{column} = {quote(value)}" for column, value in zip(columns, worst.values, strict=True)
    )
    said = f"{misses:,}" if misses else "none"
    said += f" of {plural(len(judged), 'segment')} {'miss' if misses > 1 else 'misses'}"
    return Worst(worst, verdict.value or 0.0, f"{said}; worst {name}: ")


def quote(value: str) -> str:
    """A cell's text in quotes, unless it is the word for null or a blank that is quoted already."""
    return value if value == "null" or value.startswith("'") else f"'{value}'"
