"""Plans what is asked of a column besides rules: distinct values, the newest time, a summary."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import (
    CountDistinct,
    FindNewest,
    How,
    Summarise,
    Tier,
    Unanswerable,
    Window,
)
from gatepost.tables.live import ColumnKind
from gatepost.tables.sql import predicates
from gatepost.tables.sql.predicates import Refused
from gatepost.tables.sql.readers import DistinctReader, NewestReader, SummaryReader
from gatepost.tables.sql.scope import Scope
from gatepost.tables.sql.sheet import Sheet, count_if
from gatepost.tables.sql.windows import TIMES

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

_SCANNED = How(Tier.COMPILED)


def plan_distinct(ask: CountDistinct, scope: Scope) -> tuple[Sheet, DistinctReader]:
    """Plan a count of different values. Raises Unanswerable, Refused."""
    from sqlalchemy import and_, case, func, select

    inside = scope.look(ask.window)
    columns = [scope.column(name) for name in ask.columns]
    values = [
        predicates.identity(column, scope.backend).label(f"value_{place}")
        for place, column in enumerate(columns)
    ]
    present = [~predicates.null_or_nan(column, scope.backend) for column in columns]

    def group(names: list[str]) -> Select[Any]:
        rows = select(*values, *inside.splits).select_from(scope.relation)
        if inside.condition is not None:
            rows = rows.where(inside.condition)
        seen = rows.where(*present).distinct().subquery("seen")
        dims = [seen.c[each.name] for each in inside.splits]
        return select(*dims, func.count().label(names[0])).select_from(seen).group_by(*dims)

    sheet = scope.sheet(inside)
    total = sheet.add(("total", ask.window), lambda: count_if(inside.apart, scope.backend))
    misfits = []
    for column in columns:
        misfit = predicates.misfit(column, scope.backend)
        if misfit is not None:
            odd = partial(count_if, inside.narrow(misfit), scope.backend)
            label = sheet.add(("misfit", column.name, ask.window), odd)
            misfits.append((label, column.kind.value))
    hashed = predicates.identity_hash(columns, scope.backend) if scope.is_large else None
    if hashed is not None and not inside.splits:
        found = case((inside.narrow(and_(*present)), hashed))
        how = How(Tier.COMPILED, "by hashes of 64 bits")
        return sheet, DistinctReader(ask, sheet.add_hashes(ask, found), total, how, scope.slot)
    (count,) = sheet.add_beside(ask, 1, group)
    return sheet, DistinctReader(ask, count, total, _SCANNED, scope.slot, tuple(misfits))


def plan_newest(ask: FindNewest, scope: Scope) -> tuple[Sheet, NewestReader]:
    """Plan to find the newest time. Raises Unanswerable, Refused."""
    column = scope.column(ask.column)
    if column.kind not in TIMES:
        raise Unanswerable(f"column {ask.column!r} holds {column.kind.value}, not times")
    inside = scope.look(Window())
    sheet = scope.sheet_of_sums(inside)
    newest = sheet.add(ask, lambda: predicates.newest(column, scope.backend))
    misfits: tuple[tuple[str, str], ...] = ()
    misfit = predicates.misfit(column, scope.backend)
    if misfit is not None:
        odd = partial(count_if, misfit, scope.backend)
        misfits = ((sheet.add(("misfit", column.name, Window()), odd), column.kind.value),)
    return sheet, NewestReader(newest, column.kind is ColumnKind.MOMENT, _SCANNED, misfits)


def plan_summary(ask: Summarise, scope: Scope) -> tuple[Sheet, SummaryReader]:
    """Plan the statistics of a column of numbers. Raises Unanswerable, Refused."""
    inside = scope.look(ask.window)
    try:
        number = predicates.number(scope.column(ask.column), scope.backend)
    except Refused as reason:
        raise Unanswerable(f"column {ask.column!r} has no statistics: {reason}") from None
    if inside.apart is not None:
        from sqlalchemy import case

        number = case((inside.apart, number))
    aggregates = _aggregates(number, ask, scope.backend)
    sheet = scope.sheet(inside)
    labels = [
        sheet.add((ask.column, ask.window, name), partial(aggregates.__getitem__, name))
        for name in aggregates
    ]
    return sheet, SummaryReader(ask, tuple(labels), _SCANNED, scope.slot)


def _aggregates(
    number: ColumnElement[float], ask: Summarise, backend: str
) -> dict[object, ColumnElement[Any]]:
    from sqlalchemy import func

    found: dict[object, ColumnElement[Any]] = {
        "values": func.count(number),
        "minimum": func.min(number),
        "maximum": func.max(number),
        "mean": func.avg(number),
        "deviation": predicates.deviation(number, backend),
    }
    found.update((q, predicates.quantile(number, q, backend)) for q in ask.quantiles)
    return found
