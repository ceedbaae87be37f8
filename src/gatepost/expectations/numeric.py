"""numeric: the smallest, greatest and mean number of a column, its deviation and quantiles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Literal

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation, no_data
from gatepost.expectations.limits import Limit
from gatepost.expectations.on_table import LimitOnTable, TableLike
from gatepost.expectations.windows import read_limit, read_name, read_window
from gatepost.model import Verdict
from gatepost.tables.asks import Ask, Summarise, Summary
from gatepost.wording import plural

_PERCENTILE = re.compile(r"p(\d{1,2}(?:_\d+)?)", re.ASCII)
_STATISTICS = ("minimum", "maximum", "mean", "deviation", "median")


def numeric(
    column: str,
    *,
    minimum: Limit | None = None,
    maximum: Limit | None = None,
    mean: Limit | None = None,
    deviation: Limit | None = None,
    median: Limit | None = None,
    per: Literal["day"] | None = None,
    last: str | timedelta | None = None,
    **percentiles: Limit,
) -> Expectation[TableLike]:
    """Statistics of a column of numbers meet their limits; each is a row of the report.

    `deviation` is the sample's standard deviation. Percentiles are `p95=...`,
    `p99_9=...`, with values between two numbers interpolated. Nulls and NaN do
    not count. `per="day"` judges the newest complete UTC day, `last="7 days"`
    looks at the newest rows only.

    Raises DeclarationError for an unknown statistic, and for what is no limit.
    """
    read_name("numeric", column)
    named = dict(zip(_STATISTICS, (minimum, maximum, mean, deviation, median), strict=True))
    limits = {name: limit for name, limit in named.items() if limit is not None} | percentiles
    if not limits:
        raise DeclarationError(
            f"numeric({column!r}) needs a statistic with a limit, such as mean=between(10, 20)"
        )
    places = {name: _quantile(name) for name in limits if name == "median" or name in percentiles}
    window = read_window("numeric", per=per, last=last)
    ask = Summarise(column, tuple(sorted(set(places.values()))), window)
    return Numeric(
        tuple(
            Statistic(
                ask,
                read_limit(f"numeric({name}=...)", limit, "between(10, 20)"),
                name,
                places.get(name),
            )
            for name, limit in limits.items()
        )
    )


@dataclass(frozen=True, slots=True)
class Numeric(Expectation[TableLike]):
    """Several statistics of one column; the run expands them into a row for each."""

    rows: tuple[Statistic, ...]

    @property
    def label(self) -> str:
        return self.rows[0].ask.column

    def __str__(self) -> str:
        return ", ".join(f"{row.statistic} {row.limit}" for row in self.rows)

    @property
    def asks(self) -> tuple[Ask, ...]:
        return self.rows[0].asks

    def expand(self) -> tuple[Statistic, ...]:
        return self.rows

    def judge(self, value: object, context: Context) -> Verdict:
        """Give the worst of the rows' verdicts."""
        verdicts = [row.judge(value, context) for row in self.rows]
        return max(verdicts, key=lambda verdict: verdict.level.badness)


@dataclass(frozen=True, slots=True)
class Statistic(LimitOnTable[Summarise]):
    """One statistic of a column; `quantile` is its place between 0 and 1, where it is one."""

    statistic: str
    quantile: float | None = None

    @property
    def label(self) -> str:
        return f"{self.ask.column} {self.statistic}"

    def judge_answer(self, found: Summary, context: Context) -> Verdict:
        if found.days is not None:
            numbers = {at: self._number(of_day) for at, of_day in found.days}
            known = {at: number for at, number in numbers.items() if number is not None}
            return self.judge_days(known, context)
        number = self._number(found)
        if number is None:
            count = plural(found.values, "number")
            said = f"{self.ask.column} has {count}, of which there is no {self.statistic}"
            return no_data(said + self.expected, self)
        return self.judge_number(number, context)

    def _number(self, found: Summary) -> float | None:
        if self.quantile is not None:
            return found.quantiles[self.ask.quantiles.index(self.quantile)]
        number: float | None = getattr(found, self.statistic)
        return number


def _quantile(name: str) -> float:
    """The place of "median", "p95" or "p99_9" between 0 and 1."""
    if name == "median":
        return 0.5
    found = _PERCENTILE.fullmatch(name)
    place = float(found[1].replace("_", ".") + "e-2") if found else 0.0
    if not 0 < place < 1:
        near = get_close_matches(name, [*_STATISTICS, "p95"], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        known = f"{', '.join(_STATISTICS)} and percentiles such as p95"
        raise DeclarationError(f"numeric has no statistic {name!r}{hint}; there are {known}")
    return place
