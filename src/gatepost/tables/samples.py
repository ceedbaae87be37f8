"""Takes a few bad rows for each rule that failed, and counts where most of them are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gatepost.model import Sample
from gatepost.tables import predicates
from gatepost.tables.asks import DAY, Answer, Ask, Concentration, CountBad, Tally, day_of
from gatepost.tables.live import LiveColumn
from gatepost.tables.plan import Plan
from gatepost.tables.scope import Scope
from gatepost.tables.tallies import Counting
from gatepost.wording import shorten

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

MASKED = "***"


@dataclass(frozen=True, slots=True)
class _Branch:
    """One SELECT of the statement: a few rows of an ask, or with `drill` the counts in a column."""

    ask: CountBad
    cells: tuple[str, ...]
    select: Select[Any]
    drill: str | None = None


def add_samples(plan: Plan, answers: Mapping[Ask, Answer]) -> dict[Ask, Answer]:
    """Show a few bad rows of each tally that has some; one statement, none when all is well."""
    branches = [
        branch
        for ask, counting in plan.countings.items()
        if isinstance(tally := answers[ask], Tally) and tally.bad
        for branch in _branches(counting, plan.scope)
    ]
    found = dict(answers)
    if not branches:
        return found
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for place, *cells in plan.scope.table.source.rows(_unite(branches)):
        rows.setdefault(int(place), []).append(tuple(cells))
    for place, branch in enumerate(branches):
        tally = found[branch.ask]
        if isinstance(tally, Tally) and place in rows:
            found[branch.ask] = _add(tally, branch, rows[place])
    return found


def _add(tally: Tally, branch: _Branch, rows: Sequence[tuple[Any, ...]]) -> Tally:
    if branch.drill is not None:
        top = max(rows, key=lambda row: int(row[0]))
        bad, value, total = int(top[0]), _shown(top[1]), int(top[2])
        return replace(tally, drill=(*tally.drill, Concentration(branch.drill, value, bad, total)))
    cells = [tuple(_shown(cell) for cell in row[1 : len(branch.cells) + 1]) for row in rows]
    before = tally.sample.rows if tally.sample else ()
    taken = (*before, *cells)[: branch.ask.samples]
    return replace(tally, sample=Sample(branch.cells, taken))


def _branches(counting: Counting, scope: Scope) -> list[_Branch]:
    ask, found = counting.ask, []
    cells = {name: _cell(scope.live.columns[name], scope) for name in _names(counting, scope)}
    if ask.samples and cells:
        if counting.bad is not None:
            rows = _bad_rows(counting, scope, list(cells.values())).limit(ask.samples)
            found.append(_Branch(ask, tuple(cells), rows))
        if counting.repeated:
            rows = _repeated_rows(counting, scope, list(cells.values()))
            found.append(_Branch(ask, tuple(cells), rows))
    if counting.bad is not None:
        for name in ask.drill:
            select = _drill(counting, scope, scope.column(name))
            found.append(_Branch(ask, (name, "total"), select, name))
    return found


def _names(counting: Counting, scope: Scope) -> tuple[str, ...]:
    """The columns that are shown: those that identify a row, and those that are wrong."""
    wrong = (column.name for place in counting.places for column in place.shown)
    names = dict.fromkeys((*counting.ask.keys, *wrong))
    return tuple(name for name in names if name in scope.live.columns)


def _cell(column: LiveColumn, scope: Scope) -> ColumnElement[str]:
    from sqlalchemy import Text, literal

    if scope.table.source.hides(column.name):
        return literal(MASKED, Text())  # what is sensitive does not leave the database
    return predicates.as_text(column, scope.backend)


def _bad_rows(counting: Counting, scope: Scope, cells: list[Any]) -> Select[Any]:
    from sqlalchemy import null, select

    bad = counting.bad
    assert bad is not None  # noqa: S101 - asked of those that have such rows
    rows = select(null().label("n"), *cells).select_from(scope.relation)
    return rows.where(_judged(counting, scope), bad)


def _judged(counting: Counting, scope: Scope) -> ColumnElement[bool]:
    """The rows that a verdict is on: all inside, or those of the newest complete day."""
    from sqlalchemy import and_, true

    conditions: list[ColumnElement[bool]] = [true()]
    if counting.inside.condition is not None:
        conditions.append(counting.inside.condition)
    if counting.inside.window.per_day:
        judged = day_of(scope.slot) - DAY
        (day,) = counting.inside.splits
        conditions.append(day.element == f"{judged:%Y-%m-%d}")
    return and_(*conditions)


def _repeated_rows(counting: Counting, scope: Scope, cells: list[Any]) -> Select[Any]:
    """A few rows with values that other rows have too."""
    from sqlalchemy import and_, func, null, select

    most = counting.ask.samples
    seen = counting.rows(scope)
    names = [each.name for each in seen.c if each.name.startswith("value_")]
    values = [seen.c[name] for name in names]
    repeated = select(*values).group_by(*values).having(func.count() > 1).limit(most)
    some = repeated.subquery("repeated")
    labelled = [cell.label(f"cell_{place}") for place, cell in enumerate(cells)]
    own = [
        predicates.identity(column, scope.backend).label(name)
        for column, name in zip(counting.repeated, names, strict=True)
    ]
    rows = select(*own, *labelled).select_from(scope.relation)
    inside = rows.where(_judged(counting, scope)).subquery("inside")
    same = and_(*(inside.c[name].is_not_distinct_from(some.c[name]) for name in names))
    shown = [inside.c[each.name] for each in labelled]
    return select(null().label("n"), *shown).select_from(inside.join(some, same)).limit(most)


def _drill(counting: Counting, scope: Scope, column: LiveColumn) -> Select[Any]:
    """The value of a column that most of the bad rows have: bad rows, the value, all its rows."""
    from sqlalchemy import Text, cast, func, select

    from gatepost.tables.sheet import count_if

    value = _cell(column, scope).label("value")
    bad = counting.bad
    assert bad is not None  # noqa: S101 - asked of those that have such rows
    rows = select(value, bad.label("bad")).select_from(scope.relation)
    seen = rows.where(_judged(counting, scope)).subquery("seen")
    most = count_if(seen.c.bad)
    total = cast(func.count(), Text())
    grouped = select(most.label("n"), seen.c.value, total.label("total"))
    return grouped.group_by(seen.c.value).order_by(most.desc()).limit(1)


def _unite(branches: Sequence[_Branch]) -> Select[Any]:
    """One statement of all branches, each padded to as many columns as the widest has."""
    from sqlalchemy import BigInteger, Text, cast, literal, null, select, union_all

    width = max(len(branch.cells) for branch in branches)
    parts = []
    for place, branch in enumerate(branches):
        rows = branch.select.subquery(f"branch_{place}")
        n, *cells = rows.c
        padding = [cast(null(), Text())] * (width - len(cells))
        named = [
            each.label(f"cell_{number}") for number, each in enumerate([*cells, *padding], start=1)
        ]
        parts.append(select(literal(place).label("place"), cast(n, BigInteger).label("n"), *named))
    whole = union_all(*parts).subquery("samples")
    return select(*whole.c)


def _shown(cell: object) -> str:
    if cell is None:
        return "null"
    text = str(cell)
    return shorten(text, 80) if text.strip() else repr(text)
