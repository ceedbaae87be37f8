"""Places each rule of a model on the cheapest tier that measures it exactly on a live table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import How, NotEvaluated, Tier, Whole
from gatepost.tables.evaluation import columns_of, evaluate, frame_without_rows
from gatepost.tables.kinds import judge_dtype
from gatepost.tables.live import ColumnKind, LiveColumn, LiveTable
from gatepost.tables.rules import Kind, Rule
from gatepost.tables.sql import predicates, ttests
from gatepost.tables.sql.predicates import Members, Refused

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_CATALOGUE = How(Tier.PROVED, "by the catalogue")
_SCANNED = How(Tier.COMPILED)
_NAN = (ColumnKind.FLOAT, ColumnKind.DECIMAL)
"""Kinds that can hold NaN, which is null to pandas and no null to a constraint."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule is measured, and with what: exactly one of the five ways is given.

    `said` is known from the catalogue alone, `bad` is true of the rows that
    break the rule. `repeated` are columns whose values together must not
    repeat; with `spares_one`, one row of each value is no repetition. `members`
    or the samples of a t-test decide on all rows together. `shown` are the columns whose cells show
    what is wrong, and `read` those whose values decide.
    """

    rule: Rule
    how: How
    said: Whole | NotEvaluated | None = None
    bad: ColumnElement[bool] | None = None
    repeated: tuple[LiveColumn, ...] = ()
    spares_one: bool = False
    members: Members | None = None
    samples: tuple[ttests.Group, ...] = ()
    shown: tuple[LiveColumn, ...] = ()
    read: tuple[LiveColumn, ...] = ()


def place(rule: Rule, live: LiveTable, backend: str) -> Place:
    """Find the rule's place. Raises Refused, with the reason, when only the rows themselves do."""
    nothing = frame_without_rows(tuple(live.columns))
    names = [str(name) for name in columns_of(rule, nothing)]
    if rule.kind is Kind.PRESENT or not rule.needs_rows or (rule.column and not names):
        return _place_by_names(rule, nothing)
    samples = ttests.samples_of(rule, live, backend)
    if samples is not None:
        return Place(rule, _SCANNED, samples=samples)
    if rule.kind is Kind.ROWS_CHECK:
        return _place_expression(rule, live, backend)
    if rule.kind is Kind.ROWS_UNIQUE and not set(names) <= live.columns.keys():
        return _place_by_names(rule, nothing)
    if set(names) - live.columns.keys():
        raise Refused("it is on an index that is no column of the table")
    columns = tuple(live.columns[name] for name in names)
    match rule.kind:
        case Kind.ROWS_UNIQUE:
            return _place_repeated(rule, columns, live, str(rule.schema.report_duplicates))
        case Kind.UNIQUE:
            if len(columns) > 1:
                raise Refused("it is on several columns, each of which is to be unique")
            keep = str(getattr(rule.field, "report_duplicates", "all"))
            return _place_repeated(rule, columns, live, keep)
        case Kind.DTYPE:
            return _place_dtype(rule, columns, backend)
        case Kind.NOT_NULL if _all_proved(columns):
            how = How(Tier.PROVED, "a not-null constraint")
            return Place(rule, how, said=Whole(True, "no row can be null"), shown=columns)
    return _place_on_rows(rule, columns, backend)


def _place_by_names(rule: Rule, nothing: Any) -> Place:
    said = evaluate(rule, nothing)
    if not isinstance(said, (Whole, NotEvaluated)):
        raise Refused("it could not be judged by the columns' names")
    return Place(rule, _CATALOGUE, said=said)


def _place_expression(rule: Rule, live: LiveTable, backend: str) -> Place:
    if rule.expression is None:
        raise Refused("it is Python code")
    bad = predicates.breaks_row(rule, live.columns, backend)
    named = tuple(live.columns[name] for name in _names_in(bad) if name in live.columns)
    return Place(rule, How(Tier.FUSED), bad=bad, shown=named, read=named)


def _names_in(expression: ColumnElement[bool]) -> list[str]:
    from sqlalchemy import ColumnClause
    from sqlalchemy.sql import visitors

    parts = visitors.iterate(expression)
    return list(dict.fromkeys(part.name for part in parts if isinstance(part, ColumnClause)))


def _place_repeated(
    rule: Rule, columns: tuple[LiveColumn, ...], live: LiveTable, keep: str
) -> Place:
    names = {column.name for column in columns}
    for index, unique in live.unique.items():
        if unique <= names and all(live.columns[name].not_null for name in unique):
            how = How(Tier.PROVED, f"the unique index {index}")
            return Place(rule, how, said=Whole(True, "no row can repeat another"), shown=columns)
    return Place(
        rule, _SCANNED, repeated=columns, spares_one=keep != "all", shown=columns, read=columns
    )


def _all_proved(columns: tuple[LiveColumn, ...]) -> bool:
    return all(column.not_null and column.kind not in _NAN for column in columns)


def _place_dtype(rule: Rule, columns: tuple[LiveColumn, ...], backend: str) -> Place:
    for column in columns:
        said = judge_dtype(rule, column)
        if not said.holds:
            why = said.why if len(columns) == 1 else f"{column.name}: {said.why}"
            return Place(rule, _CATALOGUE, said=replace(said, why=why))
    misfits = [predicates.misfit(column, backend) for column in columns]
    some = [each for each in misfits if each is not None]
    if some:
        from sqlalchemy import or_

        return Place(rule, _SCANNED, bad=or_(*some), shown=columns)
    return Place(rule, _CATALOGUE, said=Whole(True, "by the catalogue"))


def _place_on_rows(rule: Rule, columns: tuple[LiveColumn, ...], backend: str) -> Place:
    from sqlalchemy import or_

    check = rule.check
    how = How(Tier.FUSED) if rule.expression else _SCANNED
    if check is not None and check.registry_name == "unique_values_eq":
        if len(columns) > 1:
            raise Refused("it is on several columns, each by itself")
        found = predicates.members(rule, columns[0], backend)
        return Place(rule, how, members=found, shown=columns, read=columns)
    bad = or_(*(predicates.breaks(rule, column, backend) for column in columns))
    read = () if rule.kind is Kind.NOT_NULL else columns
    return Place(rule, how, bad=bad, shown=columns, read=read)
