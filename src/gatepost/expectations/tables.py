"""Rules on tables: conforms_to, one row for each rule of a pandera model, and row_count.

What they judge is not the table but the answers that a scan gave to their
asks, so that every rule of a check is measured together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Self

from gatepost.durations import format_duration, parse_duration
from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation, no_data, wrong_type
from gatepost.expectations.limits import Limit, at_least
from gatepost.expectations.slots import Slots, judge_slots, slots_of_history
from gatepost.expectations.tolerances import as_percentage, read_severities, read_tolerances
from gatepost.model import Level, Limits, Point, Severity, Verdict
from gatepost.tables.asks import (
    DAY,
    Ask,
    CountBad,
    CountRows,
    Day,
    NotEvaluated,
    Scan,
    Tally,
    Window,
    day_of,
)
from gatepost.tables.rules import Rule, as_schema, keys_of, rules_of
from gatepost.wording import join_some, plural

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameModel, DataFrameSchema

    from gatepost.tables.table import Table

_ACCEPTED = "this is for a table of a database, or a pandas DataFrame"
_ROW_COUNT_DAYS = 90
"""How many days a count of rows per day looks back; a plot shows no more."""


def conforms_to(
    model: type[DataFrameModel] | DataFrameSchema,
    *,
    tolerate: Mapping[str, Limit] | None = None,
    by: Literal["rule", "column"] = "rule",
    per: Literal["day"] | None = None,
    last: str | timedelta | None = None,
    samples: int = 5,
    severity: Mapping[str, str] | None = None,
) -> Expectation[Table | pd.DataFrame]:
    """Every row keeps the rules of a pandera model; each rule is a row of the report.

    A rule's label is its column and its check, such as "title not null" or
    "title str_length"; with `by="column"` all rules of a column are one, under
    the column's name. One bad row is an alert, unless `tolerate` gives the
    label a limit on the percentage of good rows: {"title": at_least(95, alert=90)}.

    `per="day"` judges the newest complete UTC day of the table's time column,
    and `last="7 days"` looks at the newest rows only. Up to `samples` bad rows
    are shown. What is stored is judged: parsers, coercion and defaults of the
    model are not applied. `severity` gives some labels another severity than
    the check's.

    Raises DeclarationError for what cannot be judged so, and for a tolerance or
    a severity whose label does not exist.
    """
    schema = as_schema(model)
    window = Window(_read_last(last), _read_per(per))
    if by not in ("rule", "column"):
        raise DeclarationError(f'conforms_to(by={by!r}): expected "rule" or "column"')
    if samples < 0:
        raise DeclarationError(f"conforms_to(samples={samples!r}): expected 0 or more")
    groups: dict[str, tuple[Rule, ...]] = {}
    for rule in rules_of(schema):
        # Rules that are only to warn do not make their column fail.
        joins = by == "column" and rule.column is not None and not rule.only_warns
        label = str(rule.column) if joins else rule.label
        groups[label] = (*groups.get(label, ()), rule)
    tolerances = read_tolerances(tolerate or {}, groups)
    severities = read_severities(severity or {}, groups)
    keys = keys_of(schema)
    return Conformance(
        name=str(getattr(model, "__name__", None) or schema.name or "the model"),
        rows=tuple(
            RuleKept(
                CountBad(label, rules, window, keys, samples),
                tolerances.get(label) or _strictest(rules),
                severities.get(label),
            )
            for label, rules in groups.items()
        ),
    )


def row_count(
    limit: Limit, *, per: Literal["day"] | None = None
) -> Expectation[Table | pd.DataFrame]:
    """The number of rows keeps to a limit; `per="day"` counts those of each UTC day.

    Day by day, over the last 90 days, a day without rows counts 0. Raises
    DeclarationError for what is no limit.
    """
    if not isinstance(limit, Limit):
        raise DeclarationError(f"row_count takes a limit such as at_least(100), got {limit!r}")
    per_day = _read_per(per)
    window = Window(timedelta(days=_ROW_COUNT_DAYS), per_day=True) if per_day else Window()
    return RowCount(CountRows(window), replace(limit, measured_in=limit.unit or "rows"))


@dataclass(frozen=True, slots=True)
class Conformance(Expectation["Table | pd.DataFrame"]):
    """All rules of a model; the run expands it into one row for each."""

    name: str
    rows: tuple[RuleKept, ...]

    @property
    def label(self) -> str:
        return self.name

    def __str__(self) -> str:
        return f"conforming to {self.name}"

    @property
    def asks(self) -> tuple[Ask, ...]:
        return tuple(ask for row in self.rows for ask in row.asks)

    def expand(self) -> tuple[RuleKept, ...]:
        return self.rows

    def judge(self, value: object, context: Context) -> Verdict:
        """Give the worst of the rows' verdicts."""
        verdicts = [row.judge(value, context) for row in self.rows]
        return max(verdicts, key=lambda verdict: verdict.level.badness)


@dataclass(frozen=True, slots=True)
class RuleKept(Expectation["Table | pd.DataFrame"]):
    """One rule, or all of a column's, kept by a percentage of the rows."""

    ask: CountBad
    limit: Limit
    severity: Severity | None = None

    @property
    def label(self) -> str:
        return self.ask.label

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
        return f"conforming to {self.words}, {self.limit}"

    @property
    def words(self) -> str:
        """The rule with its arguments, or which rules."""
        if len(self.ask.rules) == 1:
            return self.ask.rules[0].text
        return f"the {len(self.ask.rules)} rules of {self.label}"

    def override(self, values: dict[str, Any]) -> Self:
        return replace(self, limit=as_percentage(self.label, self.limit.override(values)))

    def judge(self, value: object, context: Context) -> Verdict:
        if value is None:
            return no_data(f"nothing was measured; expected a table {self}", self)
        if not isinstance(value, Scan):
            return wrong_type(value, _ACCEPTED, self)
        found = value.answers[self.ask]
        if isinstance(found, NotEvaluated):
            sentence = f"not evaluated: {found.why}"
            return Verdict(Level.ERROR, sentence, unit=self.unit, limits=self.limits)
        if isinstance(found, Tally):
            return self._judge_rows(found, context)
        if found.holds and not found.total:
            return self._no_rows()
        many = len(self.ask.rules) > 1
        if found.holds:
            return self._judge_share(100.0, f"{self.words} {'hold' if many else 'holds'}", context)
        fails = "do not all hold" if many else "does not hold"
        return self._judge_share(0.0, f"{self.words} {fails}: {found.why}", context)

    def tolerates(self, bad: int, total: int) -> bool:
        """Whether so many bad rows do not make the rule fail."""
        return not self.limit.judge_number(_share(bad, total)).level.fails

    def _judge_rows(self, found: Tally, context: Context) -> Verdict:
        if found.days is None and not found.total:
            return self._no_rows()
        sentence = self._say(found) + _undated(found)
        if found.days is None:
            verdict = self._judge_share(_share(found.bad, found.total), sentence, context)
            return _count(verdict, found)
        if not found.days:
            return self._no_rows(_undated(found))
        shares = {day.at: _share(day.bad, day.total) for day in found.days}
        slots = _slots(found.days, shares, None, context.slot)
        verdict = judge_slots(slots, self._judging(sentence), context, self)
        return verdict if verdict.level is Level.NO_DATA else _count(verdict, found)

    def _judge_share(self, share: float, sentence: str, context: Context) -> Verdict:
        judge = self._judging(sentence)
        if context.sustained is None:
            return judge(share)
        return judge_slots(slots_of_history(context, share), judge, context, self, dated=False)

    def _judging(self, sentence: str) -> Callable[[float], Verdict]:
        """The limit's judgement in this rule's words, which know the counts."""

        def judge(share: float) -> Verdict:
            return replace(self.limit.judge_number(share), sentence=sentence, limits=self.limits)

        return judge

    def _say(self, found: Tally) -> str:
        if not found.bad:
            rows = "the only row keeps" if found.total == 1 else f"all {found.total:,} rows keep"
            return f"{rows} {self.words}; {self.limit}"
        count = f"{found.bad:,} of {plural(found.total, 'row')}"
        parts = zip(self.ask.rules, found.parts, strict=True)
        broken = [f"{bad:,} {rule.what}" for rule, bad in parts if bad]
        many = len(self.ask.rules) > 1
        detail = f": {join_some(broken, most=5)}" if many else ""
        words = f"a rule of {self.label}" if many else self.words
        forgives = self.limit.limits.bounds != (100,)
        share = self.limit.judge_number(_share(found.bad, found.total)).sentence
        return f"{count} break {words}{detail}; {share if forgives else self.limit}"

    def _no_rows(self, why: str = "") -> Verdict:
        last = self.ask.window.last
        within = f" in the last {format_duration(last)}" if last else ""
        return no_data(f"the table has no rows{within}; expected them {self}{why}", self)


@dataclass(frozen=True, slots=True)
class RowCount(Expectation["Table | pd.DataFrame"]):
    """The number of rows, of all or of each day."""

    ask: CountRows
    limit: Limit

    @property
    def label(self) -> str:
        return "row_count"

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
    def asks(self) -> tuple[Ask, ...]:
        return (self.ask,)

    def __str__(self) -> str:
        return str(self.limit)

    def override(self, values: dict[str, Any]) -> Self:
        return replace(self, limit=self.limit.override(values))

    def judge(self, value: object, context: Context) -> Verdict:
        if value is None:
            return no_data(f"nothing was measured; expected {self}", self)
        if not isinstance(value, Scan):
            return wrong_type(value, _ACCEPTED, self)
        found = value.answers[self.ask]
        if not isinstance(found, Tally):
            return Verdict(Level.ERROR, found.why, unit=self.unit, limits=self.limits)
        if found.days is None:
            return self.limit.judge(found.total, context)
        counts = {day.at: float(day.total) for day in found.days}
        slots = _slots(found.days, counts, 0.0, context.slot)
        verdict = judge_slots(slots, self.limit.judge_number, context, self.limit)
        return replace(verdict, sentence=verdict.sentence + _undated(found))


def _count(verdict: Verdict, found: Tally) -> Verdict:
    return replace(verdict, bad=found.bad, total=found.total, sample=found.sample)


def _slots(
    days: tuple[Day, ...], values: Mapping[datetime, float], gap: float | None, slot: datetime
) -> Slots:
    """Every day from the first that has rows up to the slot's, which is not complete yet."""
    today = day_of(slot)
    at = min(days[0].at if days else today, today - DAY)
    points = []
    while at <= today:
        points.append(Point(at, values.get(at, gap)))
        at += DAY
    return Slots(tuple(points), cadence=DAY, pending=1)


def _share(bad: int, total: int) -> float:
    """The percentage of good rows; 100 only when there is no bad one."""
    return 100 * (total - bad) / total


def _undated(found: Tally) -> str:
    if not found.undated:
        return ""
    rows = plural(found.undated, "row")
    return f"; counted to no day: {rows} without a time or with a future one"


def _strictest(rules: tuple[Rule, ...]) -> Limit:
    if all(rule.only_warns for rule in rules):
        return at_least(100, unit="%")
    return at_least(alert=100, unit="%")


def _read_per(per: object) -> bool:
    if per not in (None, "day"):
        raise DeclarationError(f'per={per!r}: expected "day" or nothing')
    return per == "day"


def _read_last(last: str | timedelta | None) -> timedelta | None:
    try:
        return None if last is None else parse_duration(last)
    except ValueError as error:
        raise DeclarationError(f"last={last!r}: {error}") from None
