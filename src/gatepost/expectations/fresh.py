"""fresh: how old the newest time in a column of a table is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import Any, Self

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.freshness import Freshness, fresh_within
from gatepost.expectations.on_table import OnTable, TableLike
from gatepost.expectations.windows import read_name
from gatepost.model import Limits, Verdict
from gatepost.tables.asks import FindNewest, Newest


def fresh(
    column: str, *, within: str | timedelta | None = None, alert: str | timedelta | None = None
) -> Expectation[TableLike]:
    """The newest time in a column is at most so long ago; older than `alert` fails.

    Older than `within` warns. It is `fresh_within` for a table, found in the
    same scan as its rules: a table without any time is in alert, a time in the
    future an error. A column without time zone is taken to be in UTC, and the
    verdict says so.

    Raises DeclarationError for what is no duration.
    """
    read_name("fresh", column)
    if within is None and alert is None:
        raise DeclarationError(
            f'fresh({column!r}) needs a limit: within="24 h", alert="36 h", or both'
        )
    return FreshColumn(FindNewest(column), fresh_within(within, alert=alert))


@dataclass(frozen=True, slots=True)
class FreshColumn(OnTable[FindNewest]):
    """The age of the newest time in a column."""

    freshness: Freshness

    @property
    def label(self) -> str:
        return f"{self.ask.column} fresh"

    @property
    def unit(self) -> str:
        return self.freshness.unit

    @property
    def limits(self) -> Limits:
        return self.freshness.limits

    def __str__(self) -> str:
        return str(self.freshness)

    @property
    def expected(self) -> str:
        return self.freshness.expected

    def override(self, values: dict[str, Any]) -> Self:
        return replace(self, freshness=self.freshness.override(values))

    def judge_answer(self, found: Newest, context: Context) -> Verdict:
        at = found.at
        if at is None or at.utcoffset() is not None:
            return self.freshness.judge(at, context)
        verdict = self.freshness.judge(at.replace(tzinfo=UTC), context)
        note = f"{self.ask.column} has no time zone and is taken to be in UTC"
        return replace(verdict, sentence=f"{verdict.sentence}; {note}")
