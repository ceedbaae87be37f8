"""What the page shows, worked out from a finished run before any markup is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gatepost.causes import Group, group_failures
from gatepost.decision import Decision, decide
from gatepost.model import Level, Limits, Point, Result, Run, count_levels
from gatepost.sinks.page.charts import Bar, Trend, draw_bar, draw_trend
from gatepost.sinks.page.links import Link, download_csv, link_to, permalink
from gatepost.sinks.text import CHANGES
from gatepost.wording import format_number

MOST_DETAILED = 2_000
"""Above so many results, those that are ok get one line each, and at most so many any more."""

MOST_POINTS = 90
MOST_POINTS_OK = 45
"""So many of the newest points are drawn. With those that are ok drawn for less long, and without
a bar as their trend shows value and limits too, a page of 500 checks stays under 1 MB."""

MOST_ACTIONS = 40
"""So many groups get a card of their own under "What to do now"; the rest a line."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What unfolds under a row; `measured_with` is the row that shows the same statements."""

    limits: Limits
    bar: Bar | None
    trend: Trend | None
    share: str
    csv: str
    runbook: Link | None
    ticket: Link | None
    runs: int
    statements: tuple[str, ...]
    measured_with: Link | None


@dataclass(frozen=True, slots=True)
class Row:
    """One check's row; `tokens` are what filters ask for; without `detail` it is one line."""

    result: Result
    anchor: str
    tokens: str
    detail: Detail | None


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: a group of failures with the links its lead declares."""

    group: Group
    anchor: str
    runbook: Link | None
    ticket: Link | None
    runs: int
    inhibited: tuple[tuple[str, Result], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the health matrix: a group of a system, its worst level and where that is."""

    group: str
    worst: Level
    counts: Mapping[Level, int]
    anchor: str
    prefix: str


@dataclass(frozen=True, slots=True)
class View:
    """All that the template asks for."""

    run: Run
    decision: Decision
    evaluated: int
    changes: Mapping[str, Sequence[Row]]
    actions: tuple[Action, ...]
    matrix: Mapping[str, Sequence[Cell]]
    sections: Mapping[Level, Sequence[Row]]
    choices: Mapping[str, Mapping[str, str]]
    compact: int


def view_of(run: Run, to_root: str) -> View:
    """Work out the whole page; `to_root` leads from the page's folder to the project."""
    choices = _choices(run.results)
    rows = tuple(_rows(run, to_root, choices["system"], choices["owner"]))
    sections: dict[Level, list[Row]] = {}
    changes: dict[str, list[Row]] = {change: [] for change in CHANGES}
    for row in rows:
        sections.setdefault(row.result.level, []).append(row)
        if change := row.result.change:
            changes[change].append(row)
    return View(
        run=run,
        decision=decide(run),
        evaluated=sum(row.result.level.evaluated for row in rows),
        changes=changes,
        actions=tuple(_action(group, to_root) for group in group_failures(run.results)),
        matrix=_matrix(rows),
        sections=sections,
        choices=choices,
        compact=sum(row.detail is None for row in rows),
    )


def _rows(
    run: Run, to_root: str, systems: Mapping[str, str], owners: Mapping[str, str]
) -> Iterator[Row]:
    crowded = len(run.results) > MOST_DETAILED
    shown: dict[tuple[str, ...], Link] = {}
    for place, result in enumerate(run.worst_first):
        check = result.check
        anchor = permalink(check.id)
        one_line = crowded and (result.level is Level.OK or place >= MOST_DETAILED)
        yield Row(
            result,
            anchor,
            f"{result.level} {result.severity} {systems[check.system]} {owners[check.owner]}",
            None if one_line else _detail(result, run, to_root, shown.get(result.statements)),
        )
        if result.statements and not one_line:
            shown.setdefault(result.statements, Link(check.id, f"#{anchor}"))


def _detail(result: Result, run: Run, to_root: str, same: Link | None) -> Detail:
    verdict, check = result.verdict, result.check
    limits = verdict.limits if verdict.limits.bounds or verdict.limits.text else check.limits
    points = verdict.trend or (*result.past.points, Point(run.slot, verdict.value))
    fine = result.level is Level.OK
    trend = draw_trend(
        points[-(MOST_POINTS_OK if fine else MOST_POINTS) :],
        limits,
        verdict.unit,
        judged=verdict.data_time if verdict.trend else None,
    )
    bar = None if fine and trend else draw_bar(verdict.value, limits, verdict.unit)
    return Detail(
        limits=limits,
        bar=bar,
        trend=trend,
        share=_share(verdict.bad, verdict.total),
        csv=download_csv(verdict.sample) if verdict.sample and verdict.sample.rows else "",
        runbook=link_to(check.runbook, to_root),
        ticket=link_to(check.ticket, to_root),
        runs=_failing_runs(result),
        statements=() if same else result.statements,
        measured_with=same,
    )


def _action(group: Group, to_root: str) -> Action:
    check = group.lead.check
    return Action(
        group,
        permalink(check.id),
        link_to(check.runbook, to_root),
        link_to(check.ticket, to_root),
        _failing_runs(group.lead),
        tuple((permalink(result.check.id), result) for result in group.inhibited),
    )


def _failing_runs(result: Result) -> int:
    """Count the failing runs in a row, this one included; 0 when it is not failing."""
    if not result.level.fails:
        return 0
    return 1 + (result.past.runs if result.change == "still" else 0)


def _share(bad: int | None, total: int | None) -> str:
    """Say how many of how many, and what share that is, never rounded to none or all."""
    if bad is None or total is None:
        return ""
    counts = f"{bad:,} of {total:,}"
    if total <= 0:
        return counts
    percent = bad / total * 100
    if 0 < percent < 0.01:
        return f"{counts} (under 0.01 %)"
    if 99.99 < percent < 100:
        return f"{counts} (over 99.99 %)"
    return f"{counts} ({format_number(percent)} %)"


def _matrix(rows: Iterable[Row]) -> dict[str, list[Cell]]:
    """Lay the rows, which come worst first, out by system and group, both by name."""
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        cells.setdefault((row.result.check.system, row.result.check.group), []).append(row)
    matrix: dict[str, list[Cell]] = {}
    for (system, group), members in sorted(cells.items()):
        counts = count_levels(row.result for row in members)
        worst = members[0]
        prefix = f"{system}.{group}." if worst.result.check.id.startswith(f"{system}.") else ""
        cell = Cell(group, worst.result.level, counts, worst.anchor, prefix)
        matrix.setdefault(system, []).append(cell)
    return matrix


def _choices(results: Sequence[Result]) -> dict[str, dict[str, str]]:
    """Give each system and owner a short token, which filters compare instead of the name."""
    systems = sorted({result.check.system for result in results})
    owners = sorted({result.check.owner for result in results})
    return {
        "system": {name: f"y{place}" for place, name in enumerate(systems)},
        "owner": {name: f"o{place}" for place, name in enumerate(owners)},
    }
