"""Plans the counting of rows, and of those that break rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import CountBad, CountRows, Window
from gatepost.tables.live import LiveColumn
from gatepost.tables.sql import predicates
from gatepost.tables.sql.placement import Place
from gatepost.tables.sql.predicates import Refused
from gatepost.tables.sql.readers import PartFigures, TallyReader
from gatepost.tables.sql.repeats import count_repeated
from gatepost.tables.sql.scope import Scope
from gatepost.tables.sql.sheet import Sheet, count_if
from gatepost.tables.sql.windows import Inside

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select, Subquery


@dataclass(frozen=True, slots=True)
class Counting:
    """How the bad rows of an ask are told from the others."""

    ask: CountBad
    inside: Inside
    places: tuple[Place, ...]

    @property
    def bad(self) -> ColumnElement[bool] | None:
        """True of the rows that break a rule by themselves; None where no rule is so."""
        from sqlalchemy import or_

        rows = [each.bad for each in self.places if each.bad is not None]
        return or_(*rows) if rows else None

    @property
    def repeated(self) -> tuple[LiveColumn, ...]:
        """The columns whose values together must not repeat."""
        return next((each.repeated for each in self.places if each.repeated), ())

    @property
    def spares_one(self) -> bool:
        """Whether the first of the rows that repeat each other is good."""
        return any(each.spares_one for each in self.places)

    def is_hashed(self, scope: Scope) -> bool:
        """Whether different values are counted by their hashes: rows beyond them are bad."""
        return self._is_apart(scope) and self.spares_one

    def is_grouped(self, scope: Scope) -> bool:
        """Whether rows are grouped by value apart: a hash tells only that some repeat."""
        return self._is_apart(scope) and not self.spares_one

    def _is_apart(self, scope: Scope) -> bool:
        return bool(self.repeated) and scope.is_large and not self.inside.splits

    def rows(self, scope: Scope) -> Subquery:
        """The rows inside: their values' identities, their splits, and 1 where they are bad."""
        from sqlalchemy import case, literal, select

        values = [
            predicates.identity(column, scope.backend).label(f"value_{place}")
            for place, column in enumerate(self.repeated)
        ]
        hashed = predicates.identity_hash(self.repeated, scope.backend)
        if hashed is not None and len(values) > 1 and self.is_grouped(scope):
            # Sorted by this first, texts are compared only where they are most likely equal.
            values.append(hashed.label("hashed"))
        bad = literal(0) if self.bad is None else case((self.bad, 1), else_=0)
        rows = select(*values, *self.inside.splits, bad.label("bad")).select_from(scope.relation)
        if self.inside.condition is not None:
            rows = rows.where(self.inside.condition)
        return rows.subquery("seen")


def plan_rows(ask: CountRows, scope: Scope) -> tuple[Sheet, TallyReader]:
    """Plan a count of rows. Raises Unanswerable, Refused."""
    inside = scope.look(ask.window)
    sheet = scope.sheet_of_sums(inside)
    total = sheet.add(("total", ask.window), _counter(inside, scope.backend))
    return sheet, TallyReader(ask.window, total, scope.slot)


def plan_bad(
    ask: CountBad, places: tuple[Place, ...], scope: Scope
) -> tuple[Sheet, TallyReader, Counting]:
    """Plan a count of bad rows. Raises Unanswerable, Refused."""
    inside = scope.look(dated_window(ask, scope.table.time, scope.slot))
    counting = Counting(ask, inside, places)
    _check_repeats(counting)
    adds_up = not counting.repeated and not any(each.samples for each in places)
    sheet = scope.sheet_of_sums(inside) if adds_up else scope.sheet(inside)
    total = sheet.add(("total", inside.window), _counter(inside, scope.backend))
    parts = [_plan_part(each, inside, sheet, scope.backend) for each in places]
    bad = more = None
    if counting.bad is not None:
        alone = [part.bad for part in parts if part.bad is not None]
        bad = (
            alone[0]
            if len(alone) == 1
            else sheet.add(ask, _counter(inside, scope.backend, counting.bad))
        )
    hashes = None
    if counting.is_hashed(scope):
        hashes = sheet.add_hashes(("hashes", ask), _hash(counting, scope))
    elif counting.repeated:
        is_apart = counting.is_grouped(scope)
        add, count = (
            (sheet.add_apart, count_repeated) if is_apart else (sheet.add_beside, _sum_repeated)
        )
        repeats, more = add(("repeated", ask), 2, lambda names: count(counting, scope, names))
        parts = [replace(each, bad=repeats) if each.place.repeated else each for each in parts]
    reader = TallyReader(
        inside.window, total, scope.slot, bad, more, tuple(parts), ask, hashes=hashes
    )
    return sheet, reader, counting


def dated_window(ask: CountBad, time: str | None, slot: datetime) -> Window:
    """A row without a time has no day, so by day a rule on the time could never fail."""
    since = ask.window.since(slot)
    if not ask.window.per_day or time not in {rule.column for rule in ask.rules}:
        return ask.window
    return replace(ask.window, per_day=False, last=None if since is None else slot - since)


def _check_repeats(counting: Counting) -> None:
    if sum(bool(each.repeated) for each in counting.places) > 1:
        raise Refused("several of its rules are on values that repeat")
    if counting.spares_one and (counting.bad is not None or counting.inside.splits):
        raise Refused("which of equal rows comes first has no meaning in a table")


def _plan_part(part: Place, inside: Inside, sheet: Sheet, backend: str) -> PartFigures:
    window, misfits = inside.window, []
    for column in part.read:
        misfit = predicates.misfit(column, backend)
        if misfit is not None:
            label = sheet.add(("misfit", column.name, window), _counter(inside, backend, misfit))
            misfits.append((label, column.kind.value))
    found = PartFigures(part, misfits=tuple(misfits))
    if part.bad is not None:
        return replace(
            found, bad=sheet.add((part.rule, window), _counter(inside, backend, part.bad))
        )
    if part.samples:
        return replace(found, samples=_plan_samples(part, inside, sheet, backend))
    if part.members is not None:
        outside = sheet.add((part.rule, window), _counter(inside, backend, part.members.outside))
        each = [
            sheet.add((part.rule, window, place), _counter(inside, backend, member))
            for place, member in enumerate(part.members.each)
        ]
        return replace(found, outside=outside, each=tuple(each))
    return found


def _plan_samples(
    part: Place, inside: Inside, sheet: Sheet, backend: str
) -> tuple[tuple[str, ...], ...]:
    if inside.splits:
        raise Refused("a t-test is of all rows together, not of days or segments")
    labels = []
    for sample in part.samples:
        within = sample if inside.apart is None else sample.within(inside.apart)
        aggregates = within.aggregates(backend)
        keys = [(part.rule, inside.window, sample.name, place) for place in range(4)]
        labels.append(
            tuple(
                sheet.add(key, partial(aggregates.__getitem__, place))
                for place, key in enumerate(keys)
            )
        )
    return tuple(labels)


def _hash(counting: Counting, scope: Scope) -> ColumnElement[int]:
    from sqlalchemy import case

    hashed = predicates.identity_hash(counting.repeated, scope.backend)
    if hashed is None:
        raise Refused("the engine has no hash of 64 bits")
    condition = counting.inside.apart
    return hashed if condition is None else case((condition, hashed))


def group_repeated(counting: Counting, scope: Scope) -> Select[Any]:
    """The values of rows that repeat each other: `n` rows, of which `fine` are not bad anyhow.

    Split, each value has a row for each split that it is in.
    """
    from sqlalchemy import func, literal, select

    rows = counting.rows(scope)
    values = [each for each in rows.c if each.name.startswith("value_")]
    splits = [rows.c[each.name] for each in counting.inside.splits]
    spared = literal(int(counting.spares_one))
    all_rows = func.count()
    counts = [(all_rows - spared).label("n"), (func.sum(1 - rows.c.bad) - spared).label("fine")]
    if not splits:
        return select(*values, *counts).group_by(*values).having(all_rows > 1)
    # Rows repeat each other wherever they are, and count where they are.
    alike = func.sum(all_rows).over(partition_by=values).label("alike")
    grouped = select(*values, *splits, *counts, alike).group_by(*values, *splits)
    every = grouped.subquery("every")
    return select(*(each for each in every.c if each.name != "alike")).where(every.c.alike > 1)


def _sum_repeated(counting: Counting, scope: Scope, names: list[str]) -> Select[Any]:
    from sqlalchemy import func, select

    repeated = group_repeated(counting, scope).subquery("repeated")
    dims = [repeated.c[each.name] for each in counting.inside.splits]
    sums = [
        func.sum(repeated.c[of]).label(name) for name, of in zip(names, ("n", "fine"), strict=True)
    ]
    return select(*dims, *sums).group_by(*dims)


def _counter(
    inside: Inside, backend: str, condition: ColumnElement[bool] | None = None
) -> Callable[[], ColumnElement[int]]:
    """Makes the count of the rows inside of which a condition is true."""
    rows = inside.apart if condition is None else inside.narrow(condition)
    return lambda: count_if(rows, backend)
