"""references: the rows of a table refer to rows that another table of the database has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Self

from gatepost.durations import format_duration
from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation, no_data
from gatepost.expectations.limits import Limit, at_least
from gatepost.expectations.on_table import LimitOnTable
from gatepost.expectations.pairs import Columns, read_pairs
from gatepost.expectations.tolerances import as_percentage
from gatepost.expectations.windows import read_name, read_samples, read_window
from gatepost.model import Verdict
from gatepost.tables.across.orphans import CountOrphans
from gatepost.tables.asks import Tally, Whole
from gatepost.wording import plural

if TYPE_CHECKING:
    from gatepost.tables.table import Table


def references(
    other: str,
    columns: Columns,
    *,
    tolerate: Limit | None = None,
    nulls: Literal["pass", "break"] = "pass",
    last: str | timedelta | None = None,
    samples: int = 5,
) -> Expectation[Table]:
    """Every row refers to a row that the table `other` of the same database has.

    `columns` maps referencing columns to those they refer to, such as
    {"company_id": "id"}; a name, or a list of names, is called the same in both
    tables. A row with a null in one of them refers to nothing and is fine, as
    it is to a foreign key, unless `nulls="break"`.

    One orphan is an alert, unless `tolerate` is a limit on the percentage of
    rows that are none: at_least(99, alert=95). `last="7 days"` looks at the
    newest rows only, by the table's time column. Up to `samples` orphans are
    shown. A foreign key that the database has checked on every row proves it,
    and no row is read.

    Raises DeclarationError for what cannot be judged so.
    """
    where = "references"
    pairs = read_pairs(f"{where}(columns=...)", columns)
    if not pairs:
        raise DeclarationError(f'{where} needs columns, such as {{"company_id": "id"}}')
    if nulls not in ("pass", "break"):
        raise DeclarationError(f'{where}(nulls={nulls!r}): expected "pass" or "break"')
    ask = CountOrphans(
        read_name(f"{where}(other=...)", other, "a table"),
        pairs,
        read_window(where, last=last),
        nulls == "break",
        read_samples(where, samples),
    )
    strictest = at_least(alert=100, unit="%")
    limit = strictest if tolerate is None else as_percentage(f"{where}(tolerate=...)", tolerate)
    return ReferencesKept(ask, limit)


@dataclass(frozen=True, slots=True)
class ReferencesKept(LimitOnTable[CountOrphans]):
    """The percentage of rows that are no orphans meets a limit."""

    @property
    def label(self) -> str:
        return f"{', '.join(mine for mine, _ in self.ask.columns)} in {self.ask.other}"

    def __str__(self) -> str:
        return f"referring to {self.words}, {self.limit}"

    @property
    def expected(self) -> str:
        return f"; expected rows {self}"

    @property
    def words(self) -> str:
        """What is referred to, and by which columns: "companies by company_id = id"."""
        by = " and ".join(
            mine if mine == theirs else f"{mine} = {theirs}" for mine, theirs in self.ask.columns
        )
        return f"{self.ask.other} by {by}"

    def override(self, values: dict[str, Any]) -> Self:
        limit = self.limit.override(values)
        return replace(self, limit=as_percentage(f"the limit of {self.label!r}", limit))

    def judge_answer(self, found: Tally | Whole, context: Context) -> Verdict:
        if isinstance(found, Whole):
            said = f"every row refers to {self.words}: {found.why}"
            return self.judge_number(100.0, context, lambda _: said)
        if not found.total:
            last = self.ask.window.last
            within = f" in the last {format_duration(last)}" if last else ""
            return no_data(f"the table has no rows{within}{self.expected}", self)
        share = 100 * (found.total - found.bad) / found.total
        verdict = self.judge_number(share, context, self._say(found))
        return replace(verdict, bad=found.bad, total=found.total, sample=found.sample)

    def _say(self, found: Tally) -> Callable[[str], str]:
        lost = f"{'no' if self.ask.nulls_break else 'a missing'} row of {self.words}"

        def say(limited: str) -> str:
            if not found.bad:
                return f"none of {plural(found.total, 'row')} refers to {lost}; {self.limit}"
            verb = "refers" if found.bad == 1 else "refer"
            forgives = self.limit.limits.bounds != (100,)
            end = limited if forgives else self.limit
            return f"{found.bad:,} of {plural(found.total, 'row')} {verb} to {lost}; {end}"

        return say
