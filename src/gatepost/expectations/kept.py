"""A rule that rows keep or break, judged by the share of the rows that do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

from gatepost.expectations.base import Context
from gatepost.expectations.on_table import LimitOnTable, no_rows
from gatepost.expectations.segments import find_worst, quote
from gatepost.expectations.tolerances import as_percentage
from gatepost.model import Level, Severity, Verdict
from gatepost.tables.asks import Ask, CountBad, Tally, Tier, Whole
from gatepost.wording import format_number, join_some, plural


@dataclass(frozen=True, slots=True)
class RuleKept(LimitOnTable[CountBad]):
    """One rule, or several as one: the percentage of rows that keep them meets a limit.

    With `counts_bad` it is the percentage of rows that break them.
    """

    severity: Severity | None = None
    counts_bad: bool = False

    @property
    def label(self) -> str:
        return self.ask.label

    def __str__(self) -> str:
        if self.counts_bad:
            return f"rows that break {self.words}, {self.limit}"
        return f"conforming to {self.words}, {self.limit}"

    @property
    def expected(self) -> str:
        return f"; expected {self}" if self.counts_bad else f"; expected rows {self}"

    @property
    def words(self) -> str:
        """The rule with its arguments, or which rules."""
        if len(self.ask.rules) == 1:
            return self.ask.rules[0].text
        return f"the {len(self.ask.rules)} rules of {self.label}"

    def override(self, values: dict[str, Any]) -> Self:
        limit = self.limit.override(values)
        return replace(
            self,
            limit=as_percentage(f"the limit of {self.label!r}", limit, of_bad=self.counts_bad),
        )

    def judge_answer(self, found: Tally | Whole, context: Context) -> Verdict:
        if isinstance(found, Whole):
            return self._judge_whole(found, context)
        if found.days is not None:
            verdict = self._judge_days(found, context)
        elif not found.total:
            return no_rows(self.ask.window, self)
        elif self.ask.window.segments:
            verdict = self._judge_segments(found, context)
        else:
            share = self.share(found.bad, found.total)
            verdict = self.judge_number(share, context, self._say(found))
        if verdict.level is Level.NO_DATA:
            return verdict
        if verdict.level is not Level.OK:
            verdict = replace(verdict, sentence=verdict.sentence + _concentration(found))
        return replace(verdict, bad=found.bad, total=found.total, sample=found.sample)

    @property
    def asks(self) -> tuple[Ask, ...]:
        return (replace(self.ask, is_fine=self.is_fine),)

    def is_fine(self, bad: int, total: int) -> bool:
        """Whether so many bad rows do not even warn."""
        return self.limit.judge_number(self.share(bad, total)).level is Level.OK

    def tolerates(self, bad: int, total: int) -> bool:
        """Whether so many bad rows do not make the rule fail."""
        return not self.limit.judge_number(self.share(bad, total)).level.fails

    def share(self, bad: int, total: int) -> float:
        """The percentage that is judged; that of good rows is 100 only when none is bad."""
        return 100 * (bad if self.counts_bad else total - bad) / total

    def _judge_whole(self, found: Whole, context: Context) -> Verdict:
        many = len(self.ask.rules) > 1
        if found.holds:
            if holds_of_nothing(found):
                return no_rows(self.ask.window, self)
            said = f"{self.words} {'hold' if many else 'holds'}"
        else:
            fails = "do not all hold" if many else "does not hold"
            said = f"{self.words} {fails}: {found.why}"
        return self.judge_number(self.share(not found.holds, 1), context, lambda _: said)

    def _judge_days(self, found: Tally, context: Context) -> Verdict:
        if not found.days:
            return no_rows(self.ask.window, self, undated(found))
        shares = {day.at: self.share(day.bad, day.total) for day in found.days}
        return self.judge_days(shares, context, say=self._say(found, undated(found)))

    def _judge_segments(self, found: Tally, context: Context) -> Verdict:
        assert found.segments  # noqa: S101 - rows that are asked for by segment have one
        worst = find_worst(
            self.ask.window.segments,
            found.segments,
            lambda segment: self.share(segment.bad, segment.total),
            self.limit.judge_number,
        )
        alone = Tally(worst.segment.bad, worst.segment.total)
        said = self._say(alone)
        return self.judge_number(worst.number, context, lambda words: worst.words + said(words))

    def _say(self, found: Tally, also: str = "") -> Callable[[str], str]:
        """The limit's words in the rule's own, which know the counts; `also` comes last."""
        return lambda limited: self._counts(found, limited) + also

    def _counts(self, found: Tally, limited: str) -> str:
        if not found.bad:
            rows = "the only row keeps" if found.total == 1 else f"all {found.total:,} rows keep"
            return f"{rows} {self.words}; {limited if self.counts_bad else self.limit}"
        count = f"{found.bad:,} of {plural(found.total, 'row')}"
        parts = zip(self.ask.rules, found.parts, strict=False)  # a segment has no parts
        worst_first = sorted(parts, key=lambda part: -part[1])
        broken = [f"{bad:,} {self.ask.name_of(rule)}" for rule, bad in worst_first if bad]
        many = len(self.ask.rules) > 1
        detail = f": {join_some(broken, most=5)}" if many and broken else ""
        words = f"a rule of {self.label}" if many else self.words
        forgives = self.limit.limits.bounds != (100,)
        verb = "breaks" if found.bad == 1 else "break"
        return f"{count} {verb} {words}{detail}; {limited if forgives else self.limit}"


def holds_of_nothing(found: Whole) -> bool:
    """Whether a rule holds only for want of rows; what is proved holds of those to come, too."""
    proved = found.how is not None and found.how.tier is Tier.PROVED
    return found.holds and not found.total and not proved


def undated(found: Tally) -> str:
    """Words that end a sentence on days, for the rows that belong to none."""
    if not found.undated:
        return ""
    rows = plural(found.undated, "row")
    return f"; counted to no day: {rows} without a time or with a future one"


def _concentration(found: Tally) -> str:
    """Words for the value that at least half of the bad rows have, and more than its share."""
    telling = [
        each
        for each in found.drill
        if 2 * each.bad >= found.bad and each.bad * found.total > each.total * found.bad
    ]
    if not telling:
        return ""
    most = max(telling, key=lambda each: each.bad)
    percent = format_number(100 * most.bad / found.bad, beside=[100])
    return f"; {percent} % of bad rows: {most.column} = {quote(most.value)}"
