"""Takes a few bad rows for each rule that failed, and counts where most of them are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from gatepost.model import Sample
from gatepost.tables.asks import DAY, Concentration, CountBad, ScanAnswer, ScanAsk, Tally, day_of
from gatepost.tables.hiding import MASKED
from gatepost.tables.live import LiveColumn
from gatepost.tables.sql import predicates
from gatepost.tables.sql.memory import Rows
from gatepost.tables.sql.plan import Plan
from gatepost.tables.sql.repeats import has_value
from gatepost.tables.sql.scope import Scope
from gatepost.tables.sql.sheet import batched, count_if
from gatepost.tables.sql.tallies import Counting, group_repeated
from gatepost.wording import shorten

if TYPE_CHECKING:
    from sqlalchemy import CTE, ColumnElement, Select

_MOST_BRANCHES = 200
"""SQLite unites at most 500 SELECTs."""


class _Brings(Enum):
    """What the rows of a branch are: a few bad rows, or the counts of a value."""

    SAMPLE = auto()
    VALUE = auto()


@dataclass(frozen=True, slots=True)
class _Branch:
    """One SELECT of the statement: a number, and as many cells as `cells` names."""

    ask: CountBad
    brings: _Brings
    cells: tuple[str, ...]
    select: Select[Any]


def add_samples(
    plan: Plan, answers: Mapping[ScanAsk, ScanAnswer], repeats: Mapping[CountBad, Rows]
) -> dict[ScanAsk, ScanAnswer]:
    """Show a few bad rows of each tally that has some; one statement, none when all is well.

    `repeats` are the rows of the statements that grouped a large table by value.
    """
    found: dict[ScanAsk, ScanAnswer] = dict(answers)
    branches = [
        branch
        for place, (ask, counting) in enumerate(plan.countings.items())
        if isinstance(tally := found[ask], Tally) and _matters(tally, ask)
        for branch in _branches(place, counting, tally, plan.scope, repeats.get(ask, []))
    ]
    for batch in batched(branches, _MOST_BRANCHES):
        _take(batch, plan.scope, found)
    return found


def _matters(tally: Tally, ask: CountBad) -> bool:
    """Whether there are bad rows that somebody wants to see."""
    is_fine = ask.is_fine or (lambda bad, _: not bad)
    counts = tally.segments or (tally,)
    return any(each.bad and not is_fine(each.bad, each.total) for each in counts)


def _take(branches: Sequence[_Branch], scope: Scope, found: dict[ScanAsk, ScanAnswer]) -> None:
    rows: dict[int, list[tuple[Any, ...]]] = {}
    (table,) = scope.run([_unite(branches)])
    for place, *cells in table:
        rows.setdefault(int(place), []).append(tuple(cells))
    for place, branch in enumerate(branches):
        tally = found[branch.ask]
        if isinstance(tally, Tally) and place in rows:
            found[branch.ask] = _add(tally, branch, rows[place])


def _add(tally: Tally, branch: _Branch, rows: Sequence[tuple[Any, ...]]) -> Tally:
    number, *cells = rows[0]
    match branch.brings:
        case _Brings.VALUE:
            name = branch.cells[0]
            found = Concentration(name, _shown(cells[0]), int(number), int(cells[1]))
            drill = sorted((*tally.drill, found), key=lambda each: (-each.bad, each.total))
            return replace(tally, drill=tuple(drill))
    width = len(branch.cells)
    shown = [tuple(map(_shown, row[1 : width + 1])) for row in rows]
    before = tally.sample.rows if tally.sample else ()
    return replace(tally, sample=Sample(branch.cells, (*before, *shown)[: branch.ask.samples]))


def _branches(
    place: int, counting: Counting, tally: Tally, scope: Scope, repeats: Rows
) -> list[_Branch]:
    ask = counting.ask
    found: list[_Branch] = []
    names = _names(counting, tally, scope)
    # Labelled, since a column may have the name of what stands beside it.
    cells = [
        _cell(scope.live.columns[name], scope).label(f"cell_{place}")
        for place, name in enumerate(names)
    ]
    if ask.samples and cells and counting.bad is not None:
        rows = _bad_rows(counting.bad, counting, scope, cells)
        found.append(_Branch(ask, _Brings.SAMPLE, names, rows))
    if ask.samples and cells and counting.repeated:
        repeated_values = [each for _, _, *each in repeats if each]
        if repeated_values:
            rows = _bad_rows(has_value(counting, repeated_values, scope), counting, scope, cells)
            found.append(_Branch(ask, _Brings.SAMPLE, names, rows))
        elif repeats or not counting.is_grouped(scope):
            repeated = group_repeated(counting, scope).cte(f"repeated_{place}")
            rows = _repeated_rows(counting, scope, cells, repeated)
            found.append(_Branch(ask, _Brings.SAMPLE, names, rows))
    if counting.bad is not None:
        for name in ask.drill:
            values = _drill(counting, scope, scope.column(name))
            found.append(_Branch(ask, _Brings.VALUE, (name, "total"), values))
    return found


def _names(counting: Counting, tally: Tally, scope: Scope) -> tuple[str, ...]:
    """The columns that are shown: those that identify a row, and those that are wrong."""
    broken = [place for place, bad in zip(counting.places, tally.parts, strict=True) if bad]
    wrong = (column.name for place in broken for column in place.shown)
    names = dict.fromkeys((*counting.ask.keys, *wrong))
    return tuple(name for name in names if name in scope.live.columns)


def _cell(column: LiveColumn, scope: Scope) -> ColumnElement[str]:
    from sqlalchemy import Text, literal

    if scope.table.source.hides(column.name):
        return literal(MASKED, Text())  # what is sensitive does not leave the database
    return predicates.as_text(column, scope.backend)


def _bad_rows(
    bad: ColumnElement[bool], counting: Counting, scope: Scope, cells: list[Any]
) -> Select[Any]:
    from sqlalchemy import null, select

    rows = select(null().label("n"), *cells).select_from(scope.relation)
    return rows.where(*_judged(counting, scope), bad).limit(counting.ask.samples)


def _judged(counting: Counting, scope: Scope) -> list[ColumnElement[bool]]:
    """The rows that a verdict is on: all inside, or those of the newest complete day."""
    conditions: list[ColumnElement[bool]] = []
    if counting.inside.condition is not None:
        conditions.append(counting.inside.condition)
    if counting.inside.window.per_day:
        judged = day_of(scope.slot) - DAY
        (day,) = counting.inside.splits
        conditions.append(day.element == f"{judged:%Y-%m-%d}")
    return conditions


def _repeated_rows(
    counting: Counting, scope: Scope, cells: list[Any], repeated: CTE
) -> Select[Any]:
    """A few rows with values that other rows have too."""
    from sqlalchemy import and_, null, select

    most = counting.ask.samples
    names = [each.name for each in repeated.c if each.name.startswith("value_")]
    some = select(*(repeated.c[name] for name in names)).limit(most).subquery("some")
    own = [
        predicates.identity(column, scope.backend).label(name)
        for column, name in zip(counting.repeated, names, strict=True)
    ]
    rows = select(*own, *cells).select_from(scope.relation)
    inside = rows.where(*_judged(counting, scope)).subquery("inside")
    same = and_(*(inside.c[name].is_not_distinct_from(some.c[name]) for name in names))
    shown = [inside.c[each.name] for each in cells]
    return select(null().label("n"), *shown).select_from(inside.join(some, same)).limit(most)


def _drill(counting: Counting, scope: Scope, column: LiveColumn) -> Select[Any]:
    """The value of a column that most of the bad rows have: bad rows, the value, all its rows."""
    from sqlalchemy import Text, cast, func, select

    value = _cell(column, scope).label("value")
    bad = counting.bad
    assert bad is not None  # noqa: S101 - asked of those that have such rows
    rows = select(value, bad.label("bad")).select_from(scope.relation)
    seen = rows.where(*_judged(counting, scope)).subquery("seen")
    most = count_if(seen.c.bad, scope.backend)
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
