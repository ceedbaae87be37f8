"""What every expectation on a table is: it judges the answer that a scan gave to its ask."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar

from gatepost.durations import format_duration
from gatepost.expectations.base import Context, Expectation, no_data, wrong_type
from gatepost.expectations.limits import Limit
from gatepost.expectations.slots import judge_slots, slots_of_history
from gatepost.expectations.windows import days_as_slots
from gatepost.model import Level, Limits, Severity, Verdict
from gatepost.tables.asks import Answer, Ask, NotEvaluated, Scan, SeparateAnswer, Window

if TYPE_CHECKING:
    import pandas as pd

    from gatepost.tables.table import Table

    TableLike: TypeAlias = Table | pd.DataFrame
else:
    TableLike = object

AskT = TypeVar("AskT", bound=Ask)

_ACCEPTED = "this is for a table of a database, or a pandas DataFrame"


@dataclass(frozen=True, slots=True)
class OnTable(Expectation[TableLike], Generic[AskT]):
    """An expectation with one ask."""

    ask: AskT

    @property
    def asks(self) -> tuple[Ask, ...]:
        return (self.ask,)

    def judge(self, value: object, context: Context) -> Verdict:
        found = answers_of(value, self)
        if isinstance(found, Verdict):
            return found
        (answer,) = found
        if isinstance(answer, NotEvaluated):
            return not_evaluated(answer.why, self)
        verdict = self.judge_answer(answer, context)
        how = None if isinstance(answer, SeparateAnswer) else answer.how
        return replace(verdict, how=str(how)) if how else verdict

    @abstractmethod
    def judge_answer(self, found: Any, context: Context) -> Verdict:
        """Judge what the ask was answered with, of the one type that answers it."""


@dataclass(frozen=True, slots=True)
class LimitOnTable(OnTable[AskT]):
    """A limit on the number that a scan finds."""

    limit: Limit

    @property
    def highest_severity(self) -> Severity | None:
        return self.limit.highest_severity

    @property
    def unit(self) -> str:
        return self.limit.unit

    @property
    def limits(self) -> Limits:
        return replace(self.limit.limits, text=str(self))

    @property
    def counts_slots(self) -> bool:
        return True

    def __str__(self) -> str:
        return str(self.limit)

    @property
    def expected(self) -> str:
        return self.limit.expected

    def override(self, values: dict[str, Any]) -> Self:
        return replace(self, limit=self.limit.override(values))

    def judge_number(
        self, number: float, context: Context, say: Callable[[str], str] = str
    ) -> Verdict:
        """Judge one number, and over the runs before where a breach has to last.

        `say` turns the limit's sentence into the verdict's.
        """
        judge = self._judging(say)
        if context.sustained is None:
            return judge(number)
        return judge_slots(slots_of_history(context, number), judge, context, self, dated=False)

    def judge_days(
        self,
        values: Mapping[datetime, float],
        context: Context,
        *,
        gap: float | None = None,
        say: Callable[[str], str] = str,
    ) -> Verdict:
        """Judge the newest complete day; `gap` is the number of a day without rows."""
        slots = days_as_slots(values, gap, context.slot)
        return judge_slots(slots, self._judging(say), context, self)

    def _judging(self, say: Callable[[str], str]) -> Callable[[float], Verdict]:
        def judge(number: float) -> Verdict:
            verdict = self.limit.judge_number(number)
            return replace(verdict, sentence=say(verdict.sentence), limits=self.limits)

        return judge


def answers_of(value: object, expectation: Expectation[Any]) -> list[Answer] | Verdict:
    """The answers to an expectation's asks; a verdict when what was measured is no scan."""
    if value is None:
        return no_data(f"nothing was measured{expectation.expected}", expectation)
    if not isinstance(value, Scan):
        return wrong_type(value, _ACCEPTED, expectation)
    return [value.answers[ask] for ask in expectation.asks]


def no_rows(window: Window, expectation: Expectation[Any], also: str = "") -> Verdict:
    """An empty table proves nothing, whatever was expected of its rows."""
    within = f" in the last {format_duration(window.last)}" if window.last else ""
    return no_data(f"the table has no rows{within}{expectation.expected}{also}", expectation)


def not_evaluated(why: str, expectation: Expectation[Any]) -> Verdict:
    """A rule that could not be looked at is an error, never a pass."""
    return Verdict(
        Level.ERROR, f"not evaluated: {why}", unit=expectation.unit, limits=expectation.limits
    )
