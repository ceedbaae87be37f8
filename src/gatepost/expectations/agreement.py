"""How far two tables agree in one figure, and the words for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from gatepost.expectations.base import Context, Expectation, no_data, wrong_type
from gatepost.expectations.limits import Limit
from gatepost.expectations.on_table import not_evaluated
from gatepost.expectations.slots import judge_slots, slots_of_history
from gatepost.expectations.tolerances import as_percentage
from gatepost.model import Limits, Severity, Verdict
from gatepost.tables.across.comparison import Compare, Compared, Sums
from gatepost.tables.across.differences import Contents, Found
from gatepost.tables.asks import Ask, NotEvaluated, Scan
from gatepost.wording import plural

if TYPE_CHECKING:
    from gatepost.tables.table import Table

    TwoTables: TypeAlias = tuple[Table, Table]
else:
    TwoTables = object

_ACCEPTED = (
    'this is for two tables of databases: return app.table("orders"), warehouse.table("orders")'
)
_NEARLY_ALL = 100 - 1e-9
"""The percentage in which sums agree that differ by less than a double can tell."""


@dataclass(frozen=True, slots=True)
class Agreement(Expectation[TwoTables]):
    """One figure of the comparison, judged by the percentage that agrees."""

    ask: Compare
    of: str
    limit: Limit

    @property
    def label(self) -> str:
        return self.of

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

    @property
    def asks(self) -> tuple[Ask, ...]:
        return (self.ask,)

    def __str__(self) -> str:
        return f"agreeing in {self.words}, {self.limit}"

    @property
    def words(self) -> str:
        """What agrees: "the number of rows", "the sum of amount", "id, amount and status"."""
        if self.of == "rows":
            return "the number of rows"
        if self.of != "contents":
            return f"the sum of {self.of.removeprefix('sum ')}"
        *others, final = (left for left, _ in (*self.ask.key, *self.ask.columns))
        return f"{', '.join(others)} and {final}" if others else final

    def override(self, values: dict[str, Any]) -> Self:
        limit = self.limit.override(values)
        return replace(self, limit=as_percentage(f"the limit of {self.of!r}", limit))

    def judge(self, value: object, context: Context) -> Verdict:
        if value is None:
            return no_data(f"nothing was measured{self.expected}", self)
        found = value.answers.get(self.ask) if isinstance(value, Scan) else None
        if isinstance(found, NotEvaluated):
            return not_evaluated(found.why, self)
        if not isinstance(found, Compared):
            return wrong_type(value, _ACCEPTED, self)
        if not any(found.rows):
            return no_data(f"{_both(found)} have no rows{self.expected}", self)
        if self.of == "rows":
            return self._judge_rows(found, context)
        if self.of == "contents":
            verdict = self._judge_contents(found, context)
        else:
            labels = [f"sum {left}" for left, _ in self.ask.sums]
            verdict = self._judge_sums(found, found.sums[labels.index(self.of)], context)
        return replace(verdict, how=str(found.how)) if found.how else verdict

    def _judge_rows(self, found: Compared, context: Context) -> Verdict:
        left, right = found.rows
        share = 100 * min(left, right) / max(left, right)
        if left == right:
            said = f"{_both(found)} have {plural(left, 'row')}"
        else:
            more = plural(abs(left - right), "row")
            said = (
                f"{found.names[0]} has {plural(left, 'row')}, {found.names[1]} {right:,}: "
                f"{more} {'more' if left > right else 'fewer'}"
            )
        verdict = self._judge_share(share, said, context)
        return replace(verdict, bad=abs(left - right), total=max(left, right))

    def _judge_sums(self, found: Compared, sums: Sums | NotEvaluated, context: Context) -> Verdict:
        if isinstance(sums, NotEvaluated):
            return not_evaluated(sums.why, self)
        left, right = _figure(sums.left), _figure(sums.right)
        if sums.agree:
            return self._judge_share(100.0, f"{self.words} is {left} in both", context)
        one, other = found.names
        said = f"{self.words} is {left} in {one}, {right} in {other}{_apart(sums)}"
        return self._judge_share(_agreeing_share(sums), said, context)

    def _judge_contents(self, found: Compared, context: Context) -> Verdict:
        contents = found.contents
        if isinstance(contents, NotEvaluated):
            return not_evaluated(contents.why, self)
        assert contents is not None  # noqa: S101 - asked for with a key
        # Rows that were left unread may all disagree: what is not known is not good.
        share = 100 * contents.agreeing / contents.total
        said = _say(contents, found.names, self)
        verdict = self._judge_share(share, said, context)
        return replace(verdict, bad=contents.bad, total=contents.total, sample=contents.sample)

    def _judge_share(self, share: float, said: str, context: Context) -> Verdict:
        def judge(number: float) -> Verdict:
            verdict = self.limit.judge_number(number)
            forgives = self.limit.limits.bounds != (100,)
            end = verdict.sentence if forgives and number != 100 else str(self.limit)
            return replace(verdict, sentence=f"{said}; {end}", limits=self.limits)

        if context.sustained is None:
            return judge(share)
        return judge_slots(slots_of_history(context, share), judge, context, self, dated=False)


def _say(contents: Contents, names: tuple[str, str], row: Agreement) -> str:
    if not contents.bad:
        return f"all {plural(contents.total, 'row')} agree in {row.words}"
    parts = [
        (contents.only_left, f"only in {names[0]}", Found.ONLY_LEFT),
        (contents.only_right, f"only in {names[1]}", Found.ONLY_RIGHT),
        (contents.differing, "differs" if contents.differing == 1 else "differ", Found.DIFFERING),
    ]
    key = [left for left, _ in row.ask.key]
    said = []
    for count, words, sort in parts:
        if not count:
            continue
        examples = [
            ", ".join(f"{name} {cell}" for name, cell in zip(key, each.key, strict=True))
            + (f" ({', '.join(each.apart)})" if each.apart else "")
            for each in contents.examples
            if each.found is sort
        ]
        shown = examples[:3]
        more = f" and {count - len(shown):,} more" if shown and count > len(shown) else ""
        said.append(f"{count:,} {words}{': ' if shown else ''}{', '.join(shown)}{more}")
    counted = "; ".join(said)
    if contents.unread_most:
        known = contents.bad - contents.unread_least
        seen = f": of {known:,} looked at, {counted}" if counted else ""
        text = f"at least {contents.bad:,} of {plural(contents.total, 'row')} disagree{seen}"
    else:
        verb = "disagrees" if contents.bad == 1 else "disagree"
        text = f"{contents.bad:,} of {plural(contents.total, 'row')} {verb}: {counted}"
    if contents.repeated:
        where = " and ".join(contents.repeated)
        text += f"; the key is not unique in {where}"
    return text


def _both(found: Compared) -> str:
    return " and ".join(found.names)


def _figure(number: float | Decimal) -> str:
    """A sum as it is: rounding might show two different ones alike."""
    if isinstance(number, Decimal) and number.is_finite():
        number = number.normalize() if number != number.to_integral() else number.to_integral()
        return f"{number:,f}"
    return f"{number:,.15g}" if isinstance(number, float) else f"{number:,}"


def _apart(sums: Sums) -> str:
    both = sums.left, sums.right
    if any(isinstance(each, float) or not Decimal(each).is_finite() for each in both):
        return ""
    with localcontext(prec=200):
        more = Decimal(sums.left) - Decimal(sums.right)
    return f": {_figure(abs(more))} {'more' if more > 0 else 'less'}"


def _agreeing_share(sums: Sums) -> float:
    """How much of the greater sum the two have in common, in percent; 100 for none but equals."""
    left, right = float(sums.left), float(sums.right)
    greatest = max(abs(left), abs(right))
    share = 100 * (1 - abs(left - right) / greatest) if greatest else 0.0
    if math.isnan(share):  # of a sum that is NaN or infinite
        return 0.0
    return min(max(share, 0.0), _NEARLY_ALL)
