"""Measures a table: all asks of a check in one scan.

What SQL counts exactly is counted where the table is, in one statement; what
only Python can tell is fetched, with the columns that it needs, and judged by
pandera. Each answer says which it was.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gatepost.tables import frames
from gatepost.tables.asks import (
    Answer,
    Ask,
    CountBad,
    How,
    NotEvaluated,
    Scan,
    ScanAnswer,
    ScanAsk,
    SeparateAsk,
    Tier,
)
from gatepost.tables.hiding import hide_values
from gatepost.tables.sql.fetching import fetch
from gatepost.tables.sql.memory import Rows
from gatepost.tables.sql.plan import Group, Plan, make_plan
from gatepost.tables.sql.samples import add_samples
from gatepost.tables.sql.windows import SPLIT
from gatepost.tables.table import Table
from gatepost.wording import format_time


def scan(value: object, asks: Sequence[Ask], slot: datetime) -> object:
    """Answer all asks about a table or a data frame as a Scan.

    Anything else comes back as it is, for the expectations to name. Raises
    what the table's source raises: MeasurementError, Unavailable.
    """
    apart = [ask for ask in dict.fromkeys(asks) if isinstance(ask, SeparateAsk)]
    together = [ask for ask in dict.fromkeys(asks) if not isinstance(ask, SeparateAsk)]
    answers: dict[Any, Answer] = {}
    for ask in apart:
        found = ask.measure(value, slot)
        if found is None:
            return value
        answers[ask] = found
    if not together:
        return Scan(answers)
    if isinstance(value, Table):
        return Scan({**answers, **_scan_table(value, together, slot)})
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return Scan({**answers, **frames.answer_all(value, together, slot)})
    return value


def _scan_table(table: Table, asks: Sequence[ScanAsk], slot: datetime) -> dict[ScanAsk, ScanAnswer]:
    plan = make_plan(table, asks, slot)
    counted: dict[ScanAsk, ScanAnswer] = {}
    repeats: dict[CountBad, Rows] = {}
    for group in plan.groups:
        answered, repeated = _read(plan, group)
        counted.update(answered)
        repeats.update(repeated)
    answers = {**plan.known, **add_samples(plan, counted, repeats)}
    if plan.fetched:
        answers.update(fetch(plan.fetched, plan.scope))
    return {ask: hide_values(ask, each, table.source.hides) for ask, each in answers.items()}


def _read(plan: Plan, group: Group) -> tuple[dict[ScanAsk, ScanAnswer], dict[CountBad, Rows]]:
    """The answers of a group, and the rows with the values that repeat."""
    found = dict(zip(group.selects, plan.scope.run(group.selects), strict=True))
    since = plan.scope.unchanged_since
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for select, table in found.items():
        labels = select.selected_columns.keys()
        for row in table:
            cells = dict(zip(labels, row, strict=True))
            split = tuple(cells[label] for label in labels if label.startswith(SPLIT))
            merged.setdefault(split, {}).update(cells)
    rows = list(merged.values())
    answers = {ask: reader.read(rows) for ask, reader in group.readers.items()}
    if since is not None:
        answers = {ask: _stands(answer, since) for ask, answer in answers.items()}
    return answers, {ask: found[select] for ask, select in group.repeats.items()}


def _stands(answer: ScanAnswer, since: datetime) -> ScanAnswer:
    if isinstance(answer, NotEvaluated):
        return answer
    how = How(Tier.UNCHANGED, f"the table has not changed since {format_time(since)}")
    return replace(answer, how=how)
