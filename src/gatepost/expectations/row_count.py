"""row_count: how many rows a table has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.kept import undated
from gatepost.expectations.limits import Limit
from gatepost.expectations.on_table import LimitOnTable, TableLike
from gatepost.expectations.segments import find_worst
from gatepost.expectations.windows import read_limit, read_window
from gatepost.model import Verdict
from gatepost.tables.asks import CountRows, Tally

_DAYS = timedelta(days=90)
"""How many days a count of rows per day looks back; a plot shows no more."""


def row_count(
    limit: Limit,
    *,
    per: Literal["day"] | None = None,
    last: str | timedelta | None = None,
    segments: str | Sequence[str] = (),
) -> Expectation[TableLike]:
    """The number of rows meets a limit; `per="day"` counts those of each UTC day.

    Day by day, over the last 90 days unless `last` says otherwise, a day
    without rows counts 0. `last="7 days"` counts the newest rows only, and
    `segments=["country"]` the rows of each country apart: the worst decides. A
    segment that has no rows at all is not known. Raises DeclarationError for
    what is no limit.
    """
    read_limit("row_count", limit, "at_least(100)")
    window = read_window("row_count", per=per, last=last, segments=segments)
    if window.per_day and window.last is None:
        window = replace(window, last=_DAYS)
    return RowCount(CountRows(window), replace(limit, measured_in=limit.unit or "rows"))


@dataclass(frozen=True, slots=True)
class RowCount(LimitOnTable[CountRows]):
    """The number of rows: of all, of each day or of each segment."""

    @property
    def label(self) -> str:
        return "row_count"

    def judge_answer(self, found: Tally, context: Context) -> Verdict:
        if found.days is not None:
            counts = {day.at: float(day.total) for day in found.days}
            also = undated(found)
            return self.judge_days(counts, context, gap=0.0, say=lambda words: words + also)
        if not found.segments:
            return self.judge_number(found.total, context)
        worst = find_worst(
            self.ask.window.segments,
            found.segments,
            lambda segment: segment.total,
            self.limit.judge_number,
        )
        return self.judge_number(worst.number, context, lambda words: worst.words + words)
