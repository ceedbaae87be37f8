"""quality_score: one number for all rules of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal, Self

from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.kept import holds_of_nothing
from gatepost.expectations.limits import Limit
from gatepost.expectations.on_table import TableLike, answers_of, no_rows, not_evaluated
from gatepost.expectations.slots import judge_slots, slots_of_history
from gatepost.expectations.tables import asks_of, name_of
from gatepost.expectations.tolerances import as_percentage
from gatepost.expectations.windows import read_names, read_samples, read_window
from gatepost.model import Limits, Severity, Verdict
from gatepost.tables.asks import Answer, CountBad, How, NotEvaluated, Tally, Whole
from gatepost.tables.rules import as_schema
from gatepost.wording import format_number, plural

if TYPE_CHECKING:
    from gatepost.expectations.tables import Model


def quality_score(
    model: Model,
    limit: Limit,
    *,
    by: Literal["rule", "column"] = "column",
    last: str | timedelta | None = None,
    drill: str | Sequence[str] = (),
    samples: int = 5,
) -> Expectation[TableLike]:
    """The mean of the percentages of good rows, over a model's columns or rules, meets a limit.

    Beside a `conforms_to` with the same arguments nothing is measured twice.
    A column or rule that could not be evaluated makes the score an error.

    Raises DeclarationError for what cannot be judged so.
    """
    schema = as_schema(model)
    asks = asks_of(
        schema,
        by,
        read_window("quality_score", last=last),
        samples=read_samples("quality_score", samples),
        drill=read_names("quality_score(drill=...)", drill),
    )
    percentage = as_percentage(f"the limit of quality_score({name_of(model, schema)})", limit)
    return QualityScore(tuple(asks.values()), by, percentage)


@dataclass(frozen=True, slots=True)
class QualityScore(Expectation[TableLike]):
    """The mean share of good rows, over what is asked for."""

    parts: tuple[CountBad, ...]
    noun: str
    limit: Limit

    @property
    def label(self) -> str:
        return "quality_score"

    @property
    def highest_severity(self) -> Severity | None:
        return self.limit.highest_severity

    @property
    def unit(self) -> str:
        return self.limit.unit

    @property
    def limits(self) -> Limits:
        return self.limit.limits

    @property
    def counts_slots(self) -> bool:
        return True

    @property
    def asks(self) -> tuple[CountBad, ...]:
        return self.parts

    def __str__(self) -> str:
        return str(self.limit)

    @property
    def expected(self) -> str:
        return self.limit.expected

    def override(self, values: dict[str, Any]) -> Self:
        limit = as_percentage("the limit of quality_score", self.limit.override(values))
        return replace(self, limit=limit)

    def judge(self, value: object, context: Context) -> Verdict:
        found = answers_of(value, self)
        if isinstance(found, Verdict):
            return found
        shares: dict[str, float] = {}
        for part, answer in zip(self.parts, found, strict=True):
            if isinstance(answer, NotEvaluated):
                return not_evaluated(f"{part.label}: {answer.why}", self)
            share = _share(answer)
            if share is None:
                return no_rows(part.window, self)
            shares[part.label] = share
        verdict = self._judge_mean(shares, context)
        return replace(verdict, how=_tiers(found))

    def _judge_mean(self, shares: dict[str, float], context: Context) -> Verdict:
        least = min(shares, key=lambda label: shares[label])
        lowest = f"{least} {format_number(shares[least], beside=[100])} %"
        also = f"; the mean of {plural(len(shares), self.noun)}, the lowest {lowest}"

        def judge(score: float) -> Verdict:
            verdict = self.limit.judge_number(score)
            return replace(verdict, sentence=verdict.sentence + also)

        score = fmean(shares.values())
        if context.sustained is None:
            return judge(score)
        return judge_slots(slots_of_history(context, score), judge, context, self, dated=False)


def _share(answer: Answer) -> float | None:
    """The percentage of good rows; None where there are none."""
    assert isinstance(answer, (Tally, Whole))  # noqa: S101 - what a CountBad is answered with
    if isinstance(answer, Whole):
        return None if holds_of_nothing(answer) else 100.0 * answer.holds
    return 100 * (answer.total - answer.bad) / answer.total if answer.total else None


def _tiers(answers: Sequence[Answer]) -> str:
    """How the parts were measured, each way once."""
    hows = [getattr(answer, "how", None) for answer in answers]
    return ", ".join(dict.fromkeys(how.tier.value for how in hows if isinstance(how, How)))
