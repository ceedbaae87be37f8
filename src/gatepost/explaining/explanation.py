"""What a check would send and how each of its rules is measured, found without sending it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import Ask, CountBad, How, NotEvaluated, ScanAsk, SeparateAsk, Tier
from gatepost.targets.statements import NotSent

if TYPE_CHECKING:
    from gatepost.expectations.base import Expectation
    from gatepost.tables.rules import Rule
    from gatepost.tables.sql.plan import Plan
    from gatepost.tables.table import Table
    from gatepost.targets.estimates import Estimate

FAILS = "proved to fail"
"""What is said of a rule in place of a tier when the catalogue shows that it cannot hold."""

NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True, slots=True)
class Measured:
    """How one rule, or another expectation, is measured: the words of its tier, and why.

    `column` is what a rule is on, with which `what` begins; empty for what is on the table.
    """

    what: str
    tier: str
    why: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A statement with its parameters, as a report shows it; what for, and what it takes."""

    purpose: str
    text: str
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One check explained. `about` says what it measures, `error` why that is not known.

    `outage` names the target that could not be reached, if that is why.
    """

    id: str
    file: str
    line: int
    about: str = ""
    rules: tuple[Measured, ...] = ()
    statements: tuple[Planned, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""
    outage: str = ""


def explain_value(
    known: Explanation, value: object, expectations: Sequence[Expectation[Any]], slot: datetime
) -> Explanation:
    """Explain what is asked of what a check returned; looks into the catalogue, and at no row.

    The value's target must be one that sends nothing. Raises what it raises:
    MeasurementError, Unavailable.
    """
    from gatepost.tables.table import Table

    labels: dict[Ask, str] = {}
    for each in expectations:
        for ask in each.asks:  # which several expectations may share
            labels[ask] = f"{labels[ask]}, {each.label}" if ask in labels else each.label
    found = replace(known, about=_about(value, asked=bool(labels)))
    for ask, label in labels.items():
        if isinstance(ask, SeparateAsk):
            found = _explain_separate(found, value, ask, label, slot)
    together = [ask for ask in labels if not isinstance(ask, SeparateAsk)]
    if together and isinstance(value, Table):
        found = _explain_table(found, value, together, expectations, slot)
    return found


AFTER = "What follows depends on the answer."
SAMPLES = "Only when rules fail, one more statement follows, for a few of their rows."


def _about(value: object, *, asked: bool) -> str:
    from gatepost.tables.table import Table

    if isinstance(value, Table):
        nothing = "" if asked else "; no expectation asks anything of it"
        return f"table {value.name} of {value.source.name}{nothing}"
    kind = type(value).__name__
    where = "judged in this process" if type(value).__module__.startswith("pandas.") else ""
    return "; ".join(filter(None, (f"a {kind}", where)))


def _explain_separate(
    known: Explanation, value: object, ask: SeparateAsk, label: str, slot: datetime
) -> Explanation:
    """Explain what is measured by statements of its own, of which only the first is known."""
    try:
        answer = ask.measure(value, slot)
    except NotSent as held_back:
        sent = Planned(f"is the first for {label}", held_back.text, held_back.estimate)
        way = Measured(label, Tier.COMPILED.value, "by statements of its own")
        notes = tuple(dict.fromkeys((*known.notes, AFTER)))
        return replace(
            known,
            rules=(*known.rules, way),
            statements=(*known.statements, sent),
            notes=notes,
        )
    if isinstance(answer, NotEvaluated):
        return replace(known, rules=(*known.rules, Measured(label, NOT_EVALUATED, answer.why)))
    how = getattr(answer, "how", None)
    return known if how is None else replace(known, rules=(*known.rules, _as(how, label)))


def _explain_table(
    known: Explanation,
    table: Table,
    asks: Sequence[ScanAsk],
    expectations: Sequence[Expectation[Any]],
    slot: datetime,
) -> Explanation:
    from gatepost.tables.sql.plan import make_plan

    plan = make_plan(table, asks, slot)
    rows = plan.scope.live.rows
    size = "" if rows is None else f", about {rows:,} rows by the catalogue"
    return replace(
        known,
        about=known.about + size,
        rules=(*_rules(plan, expectations), *known.rules),
        statements=(*_statements(plan), *known.statements),
        notes=(*([SAMPLES] if plan.countings else []), *known.notes),
    )


def _statements(plan: Plan) -> Iterator[Planned]:
    from gatepost.tables.sql.fetching import fetch

    source = plan.scope.table.source
    for group in plan.groups:
        for place, select in enumerate(group.selects):
            purpose = "runs beside the one before" if place else "scans the table"
            sent = _sent(purpose, partial(source.rows, select))
            if sent:
                yield sent
    if plan.fetched:
        sent = _sent("fetches rows for pandera", lambda: fetch(plan.fetched, plan.scope))
        if sent:
            yield sent


def _sent(purpose: str, send: Callable[[], object]) -> Planned | None:
    """What would be sent, by the way that it would be sent; None where that is nothing."""
    try:
        send()
    except NotSent as held_back:
        return Planned(purpose, held_back.text, held_back.estimate)
    return None


def _rules(plan: Plan, expectations: Sequence[Expectation[Any]]) -> Iterator[Measured]:
    seen: set[object] = set()
    for expectation in expectations:
        for ask in expectation.asks:
            if isinstance(ask, CountBad):
                for rule in ask.rules:
                    if (rule, ask.window) not in seen:
                        seen.add((rule, ask.window))
                        yield _rule(plan, ask, rule)
            elif not isinstance(ask, SeparateAsk) and ask not in seen:
                seen.add(ask)
                yield _other(plan, ask, expectation.label)


def _rule(plan: Plan, ask: CountBad, rule: Rule) -> Measured:
    tier, why = _tier(plan, ask, rule)
    return Measured(rule.text, tier, why, rule.column or "")


def _tier(plan: Plan, ask: CountBad, rule: Rule) -> tuple[str, str]:
    from gatepost.tables.sql.placement import place
    from gatepost.tables.sql.predicates import Refused

    try:
        found = place(rule, plan.scope.live, plan.scope.backend)
    except Refused as reason:
        return Tier.FETCHED.value, str(reason)
    if isinstance(found.said, NotEvaluated):
        return NOT_EVALUATED, found.said.why
    if found.said is not None:
        return (
            (found.how.tier.value, found.how.why) if found.said.holds else (FAILS, found.said.why)
        )
    if ask in plan.fetched:
        return Tier.FETCHED.value, plan.fetched[ask].why
    said = plan.known.get(ask)
    if isinstance(said, NotEvaluated):
        return NOT_EVALUATED, said.why
    return found.how.tier.value, found.how.why


def _other(plan: Plan, ask: ScanAsk, label: str) -> Measured:
    if ask in plan.fetched:
        return Measured(label, Tier.FETCHED.value, plan.fetched[ask].why)
    said = plan.known.get(ask)
    if isinstance(said, NotEvaluated):
        return Measured(label, NOT_EVALUATED, said.why)
    readers = [group.readers[ask] for group in plan.groups if ask in group.readers]
    how = getattr(readers[0], "how", None) if readers else None
    return _as(how or How(Tier.COMPILED), label)


def _as(how: How, what: str) -> Measured:
    return Measured(what, how.tier.value, how.why)
