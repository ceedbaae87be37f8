"""Judges a check by the different values of its column, each weighed by the rows that have it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gatepost.model import Sample
from gatepost.tables.asks import CountBad, How, NotEvaluated, ScanAsk, Tally, Tier, Whole
from gatepost.tables.evaluation import columns_of, evaluate, frame_without_rows
from gatepost.tables.groups import as_text
from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.rules import Kind
from gatepost.tables.sql import predicates
from gatepost.tables.sql.plan import Fetched
from gatepost.tables.sql.predicates import Refused
from gatepost.tables.sql.scope import Scope
from gatepost.tables.sql.windows import TIMES
from gatepost.wording import plural

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

_ROWS = "gatepost_rows"
_READ = (ColumnKind.FLOAT, ColumnKind.DECIMAL, *TIMES)
"""Kinds whose identity an engine that stores anything anywhere makes of the cell."""


def weigh(ask: ScanAsk, fetched: Fetched, scope: Scope) -> Tally | Whole | NotEvaluated | None:
    """Fetch the different values instead of the rows, where a check is determined by them.

    None where it is not, or what is shown needs the rows themselves. Raises
    what the table's source raises: MeasurementError, Unavailable.
    """
    rest = fetched.rest
    name = _only_column(rest, scope)
    if name is None or not isinstance(ask, CountBad) or not isinstance(rest, CountBad):
        return None
    try:
        statement = _group(name, rest, scope)
    except Refused:
        return None
    found = scope.table.source.frame(statement)
    (rule,) = rest.rules
    outcome = evaluate(rule, found[[name]])
    total = int(found[_ROWS].sum())
    how = How(Tier.FETCHED, f"{plural(len(found), 'different value')}, since {fetched.why}")
    if isinstance(outcome, NotEvaluated):
        return rest.say_of(rule, outcome)
    if isinstance(outcome, Whole):
        return replace(rest.say_of(rule, outcome), total=total, how=how)
    bad = found[outcome]
    cells = tuple((as_text(cell),) for cell in bad[name].head(ask.samples))
    parts = tuple(int(bad[_ROWS].sum()) if each is rule else 0 for each in ask.rules)
    return Tally(sum(parts), total, parts, Sample((name,), cells) if cells else None, how=how)


def _only_column(rest: ScanAsk, scope: Scope) -> str | None:
    if not isinstance(rest, CountBad) or len(rest.rules) != 1:
        return None
    (rule,) = rest.rules
    window, check = rest.window, rule.check
    if rule.kind is not Kind.CHECK or check is None or not check.determined_by_unique:
        return None
    if check.groupby is not None or window.per_day or window.segments or rest.drill:
        return None
    names = [str(each) for each in columns_of(rule, frame_without_rows(tuple(scope.live.columns)))]
    identified = set(rest.keys) <= set(names)
    return names[0] if len(names) == 1 and identified and names[0] in scope.live.columns else None


def _group(name: str, rest: CountBad, scope: Scope) -> Select[Any]:
    from sqlalchemy import func, select

    inside = scope.look(rest.window)
    value = _as_fetched(scope.live.columns[name], scope.backend)
    rows = select(value.label(name)).select_from(scope.relation)
    if inside.condition is not None:
        rows = rows.where(inside.condition)
    seen = rows.subquery("seen")
    return select(seen.c[name], func.count().label(_ROWS)).group_by(seen.c[name])


def _as_fetched(column: LiveColumn, backend: str) -> ColumnElement[Any]:
    """The cell as what Python gets of a row, grouped as pandas groups.

    Raises Refused where only the row itself gives it.
    """
    identity = predicates.identity(column, backend)
    if column.kind is ColumnKind.TEXT:
        return predicates.as_text(column, backend)  # MariaDB's identities of texts are bytes
    if column.kind in _READ and predicates.misfit(column, backend) is not None:
        raise Refused("SQLite's identities are what it reads a cell as, not what is stored")
    return identity
