"""Plans a scan: which statement answers which asks, and what has to be fetched after all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import (
    Answer,
    Ask,
    CountBad,
    CountDistinct,
    CountRows,
    FindNewest,
    Summarise,
    Unanswerable,
)
from gatepost.tables.live import LiveTable
from gatepost.tables.placement import Place, place
from gatepost.tables.predicates import Refused
from gatepost.tables.readers import PartFigures, Reader, TallyReader
from gatepost.tables.scope import Scope
from gatepost.tables.statistics import plan_distinct, plan_newest, plan_summary
from gatepost.tables.table import Table
from gatepost.tables.tallies import Counting, plan_bad, plan_rows
from gatepost.tables.windows import Inside

if TYPE_CHECKING:
    from sqlalchemy import Select


@dataclass(frozen=True, slots=True)
class Group:
    """One statement, and who reads the answers out of its rows."""

    select: Select[Any]
    readers: Mapping[Ask, Reader]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is known of a scan before it runs.

    `known` are answered by the catalogue alone. `countings` say of the asks
    that count bad rows in SQL which those are. `fetched` are the asks that
    only the rows themselves answer, each with the reason.
    """

    scope: Scope
    places: Mapping[CountBad, tuple[Place, ...]]
    known: Mapping[Ask, Answer]
    groups: tuple[Group, ...]
    countings: Mapping[CountBad, Counting]
    fetched: Mapping[Ask, str]


def make_plan(table: Table, asks: Sequence[Ask], slot: datetime) -> Plan:
    """Plan the scan of a table for all asks of a check; reads the catalogue, and no row.

    Raises what the table's source raises: MeasurementError, Unavailable.
    """
    live: LiveTable = table.source.describe_table(table.name)
    planner = _Planner(Scope(table, live, slot))
    for ask in dict.fromkeys(asks):
        try:
            planner.add(ask)
        except Unanswerable as found:
            planner.known[ask] = found.answer
        except Refused as reason:
            planner.fetched[ask] = str(reason)
    return planner.finish()


@dataclass(slots=True)
class _Planner:
    scope: Scope
    places: dict[CountBad, tuple[Place, ...]] = field(default_factory=dict)
    known: dict[Ask, Answer] = field(default_factory=dict)
    fetched: dict[Ask, str] = field(default_factory=dict)
    countings: dict[CountBad, Counting] = field(default_factory=dict)
    _readers: dict[int, dict[Ask, Reader]] = field(default_factory=dict)

    def add(self, ask: Ask) -> None:
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
        groups = tuple(
            Group(sheet.statement(), self._readers[id(sheet)])
            for sheet in self.scope.sheets.values()
            if id(sheet) in self._readers
        )
        return Plan(self.scope, self.places, self.known, groups, self.countings, self.fetched)

    def _keep(self, ask: Ask, inside: Inside, reader: Reader) -> None:
        sheet = self.scope.sheet(inside)
        self._readers.setdefault(id(sheet), {})[ask] = reader

    def _add_bad(self, ask: CountBad) -> None:
        places = tuple(_place_all(ask, self.scope))
        self.places[ask] = places
        if all(each.said is not None for each in places):  # no row is read for it
            parts = tuple(map(PartFigures, places))
            self.known[ask] = TallyReader(ask.window, "", self.scope.slot, parts=parts).read(())
            return
        counting, reader = plan_bad(ask, places, self.scope)
        self.countings[ask] = counting
        self._keep(ask, counting.inside, reader)


def _place_all(ask: CountBad, scope: Scope) -> list[Place]:
    places = []
    for rule in ask.rules:
        try:
            places.append(place(rule, scope.live, scope.backend))
        except Refused as reason:
            many = f"{rule.what}: " if len(ask.rules) > 1 else ""
            raise Refused(f"{many}{reason}") from None
    return places
