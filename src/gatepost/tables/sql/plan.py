"""Plans a scan: which statement answers which asks, and what has to be fetched after all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gatepost.errors import MeasurementError
from gatepost.tables.asks import (
    CountBad,
    CountDistinct,
    CountRows,
    FindNewest,
    How,
    NotEvaluated,
    ScanAnswer,
    ScanAsk,
    Summarise,
    Tier,
    Unanswerable,
    Whole,
    Window,
)
from gatepost.tables.expressions import is_steady
from gatepost.tables.live import LiveTable
from gatepost.tables.rules import Rule
from gatepost.tables.sql import predicates
from gatepost.tables.sql.placement import Place, place
from gatepost.tables.sql.predicates import Refused
from gatepost.tables.sql.readers import PartFigures, Reader, TallyReader
from gatepost.tables.sql.scope import Scope
from gatepost.tables.sql.sheet import Sheet
from gatepost.tables.sql.statistics import plan_distinct, plan_newest, plan_summary
from gatepost.tables.sql.tallies import Counting, dated_window, plan_bad, plan_rows
from gatepost.tables.table import Table
from gatepost.wording import suggest

if TYPE_CHECKING:
    from sqlalchemy import Select


@dataclass(frozen=True, slots=True)
class Group:
    """Statements to be run at once, and who reads the answers out of their rows.

    Those in `repeats` end in columns with some of the values that repeat.
    """

    selects: tuple[Select[Any], ...]
    readers: Mapping[ScanAsk, Reader]
    repeats: Mapping[CountBad, Select[Any]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """Why only the rows themselves answer an ask; `rest` leaves out what the catalogue proves."""

    why: str
    rest: ScanAsk


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is known of a scan before it runs.

    `known` are answered by the catalogue alone. `countings` say of the asks
    that count bad rows in SQL which those are.
    """

    scope: Scope
    known: Mapping[ScanAsk, ScanAnswer]
    groups: tuple[Group, ...]
    countings: Mapping[CountBad, Counting]
    fetched: Mapping[ScanAsk, Fetched]


def make_plan(table: Table, asks: Sequence[ScanAsk], slot: datetime) -> Plan:
    """Plan the scan of a table for all asks of a check; reads the catalogue, and no row.

    Raises what the table's source raises: MeasurementError, Unavailable.
    """
    live: LiveTable = table.source.describe_table(table.name)
    if table.time is not None and table.time not in live.columns:
        near = suggest("column", table.time, live.columns)
        raise MeasurementError(
            f"{table.source.name}: {table.name} has no time column {table.time}; {near}"
        )
    windows = [ask.window for ask in asks if not isinstance(ask, FindNewest)]
    if any(table.source.hides(name) for window in windows for name in window.segments):
        live = replace(live, state=None)  # what is sensitive is not remembered
    scope = Scope(table, live, slot, start=_shared_start(asks, table.time, slot))
    if any(window.per_day for window in windows):
        with suppress(Unanswerable, Refused):  # those asks say so themselves
            scope.days = scope.look(Window(per_day=True)).splits
    planner = _Planner(scope)
    for ask in dict.fromkeys(asks):
        try:
            planner.add(ask)
        except Unanswerable as found:
            planner.known[ask] = found.answer
        except Refused as reason:
            planner.fetched[ask] = Fetched(str(reason), ask)
    return planner.finish()


def _shared_start(asks: Sequence[ScanAsk], time: str | None, slot: datetime) -> datetime | None:
    """From when on the rows are read, where all asks want those of the same time."""
    windows = [
        Window()
        if isinstance(ask, FindNewest)
        else dated_window(ask, time, slot)
        if isinstance(ask, CountBad)
        else ask.window
        for ask in asks
    ]
    starts = {window.since(slot) for window in windows}
    return starts.pop() if len(starts) == 1 else None


@dataclass(slots=True)
class _Planner:
    scope: Scope
    known: dict[ScanAsk, ScanAnswer] = field(default_factory=dict)
    fetched: dict[ScanAsk, Fetched] = field(default_factory=dict)
    countings: dict[CountBad, Counting] = field(default_factory=dict)
    _readers: dict[int, dict[ScanAsk, Reader]] = field(default_factory=dict)

    def add(self, ask: ScanAsk) -> None:
        match ask:
            case CountBad():
                self._add_bad(ask)
            case CountRows():
                self._keep(ask, *plan_rows(ask, self.scope))
            case CountDistinct():
                self._keep(ask, *plan_distinct(ask, self.scope))
            case FindNewest():
                self._keep(ask, *plan_newest(ask, self.scope))
            case Summarise():
                self._keep(ask, *plan_summary(ask, self.scope))

    def finish(self) -> Plan:
        most = predicates.statement_limit(self.scope.backend)
        groups = tuple(
            Group(sheet.statements(most), readers, _repeats(sheet, readers))
            for sheet in self.scope.sheets.values()
            if (readers := self._readers.get(id(sheet)))
        )
        return Plan(self.scope, self.known, groups, self.countings, self.fetched)

    def _keep(self, ask: ScanAsk, sheet: Sheet, reader: Reader) -> None:
        self._readers.setdefault(id(sheet), {})[ask] = reader

    def _add_bad(self, ask: CountBad) -> None:
        for name in ask.drill:
            self.scope.column(name)
        placed = [(rule, _place(rule, self.scope)) for rule in ask.rules]
        places = [each for _, each in placed if isinstance(each, Place)]
        told = [each for each in places if each.said is not None]
        refused = [(rule, each) for rule, each in placed if isinstance(each, Refused)]
        if len(told) == len(placed) or any(not _holds(each) for each in told):
            # The catalogue has answered, and no row is read for it.
            parts = tuple(map(PartFigures, told))
            reader = TallyReader(ask.window, None, self.scope.slot, parts=parts, ask=ask)
            self.known[ask] = reader.read(())
            return
        rest = replace(
            ask,
            rules=tuple(each for each, where in placed if where not in told),
            proved=tuple(each.rule for each in told),
        )
        if refused:
            rule, reason = refused[0]
            name = ask.name_of(rule)
            self._fetch(ask, f"{name}: {reason}" if name else str(reason), rest)
            return
        try:
            sheet, reader, counting = plan_bad(ask, tuple(places), self.scope)
        except Refused as reason:
            self._fetch(ask, str(reason), rest)
            return
        if any(each.how.tier is Tier.FUSED and not _is_steady(each) for each in places):
            # The table may stay as it is, and what the expression says of it change.
            self.scope.live = replace(self.scope.live, state=None)
        self.countings[ask] = counting
        self._keep(ask, sheet, reader)

    def _fetch(self, ask: CountBad, why: str, rest: CountBad) -> None:
        for rule in rest.rules:
            if rule.expression is not None:
                raise Unanswerable(
                    f"{rule.text} is written in SQL and cannot be judged on fetched rows, which "
                    f"its other rules need, since {why}; judge them apart, by rule or by column"
                )
        self.fetched[ask] = Fetched(why, rest)


def _repeats(sheet: Sheet, asks: Iterable[ScanAsk]) -> dict[CountBad, Select[Any]]:
    apart = {ask: sheet.apart(("repeated", ask)) for ask in asks if isinstance(ask, CountBad)}
    return {ask: select for ask, select in apart.items() if select is not None}


def _place(rule: Rule, scope: Scope) -> Place | Refused:
    try:
        return place(rule, scope.live, scope.backend)
    except Refused as reason:
        if rule.expression is None:
            return reason
        # Nothing but SQL can tell what an expression in SQL is true of.
        return Place(rule, How(Tier.FUSED), said=NotEvaluated(str(reason)))


def _is_steady(placed: Place) -> bool:
    return placed.bad is None or is_steady(placed.bad)


def _holds(known: Place) -> bool:
    return isinstance(known.said, Whole) and known.said.holds
