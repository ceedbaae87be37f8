"""Compares two tables of any two engines: how many rows, their sums, and every row by its hash.

Each side counts and adds up its rows and their hashes by bucket, in one
statement; a bucket is what the first digits of a key's hash are. Only into
buckets that differ is looked further, for no more than the hashes of key and
row, and only as far as a bound. What the bound leaves out is told as a range.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from gatepost.tables.across.differences import Contents, find_differences
from gatepost.tables.across.sides import Figure, Side
from gatepost.tables.asks import (
    How,
    NotEvaluated,
    SeparateAnswer,
    SeparateAsk,
    Tier,
    Unanswerable,
    Window,
)
from gatepost.tables.live import ColumnKind, LiveTable
from gatepost.tables.sql.predicates import Refused
from gatepost.tables.sql.windows import find_column, look_inside
from gatepost.tables.table import Table

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from gatepost.tables.across.canonical import Form

Pair: TypeAlias = tuple[str, str]
"""A column's name on the left and on the right."""

_SUMMED = (ColumnKind.INTEGER, ColumnKind.DECIMAL, ColumnKind.FLOAT)
_TOLERANCE = 1e-9  # of floating-point sums, which depend on the order of adding
_LARGE = 20_000_000  # rows from which on there are 16^4 buckets instead of 16^3


@dataclass(frozen=True, slots=True)
class Compare(SeparateAsk):
    """How far two tables agree, by pairs of their columns; without a key not row by row.

    By the tables' own time columns, rows older than `last` and rows younger
    than `settle` do not count; a row without a time does. Up to `samples` rows
    that disagree are shown.
    """

    key: tuple[Pair, ...] = ()
    columns: tuple[Pair, ...] = ()
    sums: tuple[Pair, ...] = ()
    last: timedelta | None = None
    settle: timedelta | None = None
    samples: int = 5

    def measure(self, value: object, slot: datetime) -> Compared | NotEvaluated | None:
        match value:
            case (Table() as left, Table() as right):
                return compare(left, right, self, slot)
        return None


@dataclass(frozen=True, slots=True)
class Sums:
    """What a column adds up to on both sides; nulls do not count."""

    left: Figure
    right: Figure

    @property
    def agree(self) -> bool:
        """Whether they are equal; floating-point ones to a billionth, NaN to NaN."""
        if math.isnan(self.left) or math.isnan(self.right):
            return math.isnan(self.left) and math.isnan(self.right)
        if isinstance(self.left, float) or isinstance(self.right, float):
            return math.isclose(self.left, self.right, rel_tol=_TOLERANCE)
        return self.left == self.right


@dataclass(frozen=True, slots=True)
class Compared(SeparateAnswer):
    """What came of it; `names` tell the sides apart, `sums` are in the ask's order.

    `contents` are None where the ask has no key.
    """

    names: tuple[str, str]
    rows: tuple[int, int]
    sums: tuple[Sums | NotEvaluated, ...] = ()
    contents: Contents | NotEvaluated | None = None
    how: How | None = None


def compare(left: Table, right: Table, ask: Compare, slot: datetime) -> Compared | NotEvaluated:
    """Compare two tables. Raises what their sources raise: MeasurementError, Unavailable."""
    names = _names(left, right)
    try:
        one, other = _open(left, names[0], 0, ask, slot), _open(right, names[1], 1, ask, slot)
    except Unanswerable as reason:
        return reason.answer
    refused = [_refuse_sum(one, other, place) for place in range(len(ask.sums))]
    forms = _forms(one, other, ask)
    added = [place for place, why in enumerate(refused) if why is None]
    sides = _narrow(one, added, forms), _narrow(other, added, forms)
    digits = 4 if max(side.live.rows or 0 for side in sides) > _LARGE else 3
    totals = sides[0].add_up(digits), sides[1].add_up(digits)
    sums = iter(zip(totals[0].sums, totals[1].sums, strict=True))
    contents: Contents | NotEvaluated | None = None
    how = How(Tier.COMPILED)
    if isinstance(forms, NotEvaluated):
        contents = forms
    elif forms:
        contents = find_differences(sides, totals, digits, ask.samples)
        how = How(Tier.COMPILED, f"a hash of each row, added up in {16**digits:,} buckets")
    return Compared(
        names,
        (totals[0].rows, totals[1].rows),
        tuple(Sums(*next(sums)) if why is None else why for why in refused),
        contents,
        how,
    )


def _names(left: Table, right: Table) -> tuple[str, str]:
    if left.source.name != right.source.name:
        return left.source.name, right.source.name
    return (left.name, right.name) if left.name != right.name else ("the first", "the second")


def _open(table: Table, name: str, place: int, ask: Compare, slot: datetime) -> Side:
    """Read the catalogue, and find the ask's columns in it; raises Unanswerable."""
    live = table.source.describe_table(table.name)
    key, columns, sums = (
        tuple(pair[place] for pair in pairs) for pairs in (ask.key, ask.columns, ask.sums)
    )
    where = table.name if name == table.name else f"{table.name} of {name}"
    for each in (*key, *columns, *sums):
        find_column(live, each, f"{where}: column")
    try:
        return Side(table, live, name, key, columns, sums, _where(table, live, ask, slot))
    except (Refused, Unanswerable) as reason:
        raise Unanswerable(f"{where}: {reason}") from None


def _where(
    table: Table, live: LiveTable, ask: Compare, slot: datetime
) -> tuple[ColumnElement[bool], ...]:
    from sqlalchemy import column, not_, or_

    backend = table.source.backend
    conditions: list[ColumnElement[bool] | None] = []
    if ask.last is not None:
        conditions.append(look_inside(Window(ask.last), live, table.time, slot, backend).condition)
    if ask.settle is not None:
        young = look_inside(Window(ask.settle), live, table.time, slot, backend).condition
        if young is not None and table.time is not None:
            conditions.append(or_(not_(young), column(table.time).is_(None)))
    return tuple(each for each in conditions if each is not None)


def _narrow(side: Side, added: Sequence[int], forms: tuple[Form, ...] | NotEvaluated) -> Side:
    """The side with the sums that can be made, and the forms if there are some."""
    return replace(
        side,
        sums=tuple(side.sums[place] for place in added),
        forms=() if isinstance(forms, NotEvaluated) else forms,
    )


def _forms(one: Side, other: Side, ask: Compare) -> tuple[Form, ...] | NotEvaluated:
    """How each pair of key and columns is written; none without a key."""
    if not ask.key:
        return ()
    from gatepost.tables.across.canonical import Shape, common_form

    forms = []
    for mine, theirs in (*ask.key, *ask.columns):
        columns = one.live.columns[mine], other.live.columns[theirs]
        try:
            form = common_form(columns[0], one.backend, columns[1], other.backend)
        except Refused as reason:
            engines = " and ".join(dict.fromkeys((one.backend, other.backend)))
            return NotEvaluated(f"rows of {engines} cannot be compared: {reason}")
        if form.shape is Shape.FLOAT and (mine, theirs) in ask.key:
            return NotEvaluated(
                f"the key {mine!r} holds floating-point numbers, which are rounded before they "
                "are compared; name a key that is exact"
            )
        forms.append(form)
    return tuple(forms)


def _refuse_sum(one: Side, other: Side, place: int) -> NotEvaluated | None:
    for side in (one, other):
        live = side.live.columns[side.sums[place]]
        if live.kind not in _SUMMED:
            return NotEvaluated(
                f"{side.name}: {live.name} holds {live.kind.value}, which cannot be added up"
            )
    return None
