"""distinct: how many different values a column holds, or several together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.limits import Limit
from gatepost.expectations.on_table import LimitOnTable, TableLike, no_rows
from gatepost.expectations.windows import read_limit, read_names, read_window
from gatepost.model import Verdict
from gatepost.tables.asks import CountDistinct
from gatepost.tables.asks import Distinct as Found


def distinct(
    columns: str | Sequence[str],
    limit: Limit,
    *,
    per: Literal["day"] | None = None,
    last: str | timedelta | None = None,
) -> Expectation[TableLike]:
    """The number of different values of a column, or of several together, meets a limit.

    Nulls do not count. `per="day"` counts the values of each UTC day and judges
    the newest complete one; `last="7 days"` looks at the newest rows only. No
    rows are no data.

    Raises DeclarationError for what are no columns and what is no limit.
    """
    names = read_names("distinct", columns)
    if not names:
        raise DeclarationError("distinct: expected at least one column")
    read_limit("distinct", limit, 'distinct("country", at_least(40))')
    return Distinct(CountDistinct(names, read_window("distinct", per=per, last=last)), limit)


@dataclass(frozen=True, slots=True)
class Distinct(LimitOnTable[CountDistinct]):
    """The number of different values, of all rows or of each day's."""

    @property
    def label(self) -> str:
        return f"{', '.join(self.ask.columns)} distinct"

    def judge_answer(self, found: Found, context: Context) -> Verdict:
        if found.days is not None:
            return self.judge_days({at: float(count) for at, count in found.days}, context)
        if not found.total:
            return no_rows(self.ask.window, self)
        return self.judge_number(found.count, context)
