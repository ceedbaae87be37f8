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
from gatepost.tables.asks import Answer, Ask, How, NotEvaluated, Scan, Tier
from gatepost.tables.fetching import fetch
from gatepost.tables.plan import Group, Plan, make_plan
from gatepost.tables.samples import add_samples
from gatepost.tables.table import Table
from gatepost.tables.windows import SPLIT
from gatepost.wording import format_time


def scan(value: object, asks: Sequence[Ask], slot: datetime) -> object:
    """Answer all asks about a table or a data frame as a Scan.

    Anything else comes back as it is, for the expectations to name. Raises
    what the table's source raises: MeasurementError, Unavailable.
    """
    if isinstance(value, Table):
        return Scan(_scan_table(value, asks, slot))
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return frames.answer(value, asks, slot)
    return value


def _scan_table(table: Table, asks: Sequence[Ask], slot: datetime) -> dict[Ask, Answer]:
    plan = make_plan(table, asks, slot)
    counted: dict[Ask, Answer] = {}
    for group in plan.groups:
        counted.update(_read(plan, group))
    counted = add_samples(plan, counted)
    since = plan.scope.unchanged_since
    if since is not None:
        how = How(Tier.UNCHANGED, f"the table has not changed since {format_time(since)}")
        counted = {ask: _stands(answer, how) for ask, answer in counted.items()}
    answers = {**plan.known, **counted}
    if plan.fetched:
        answers.update(fetch(plan.fetched, plan.scope))
    return answers


def _read(plan: Plan, group: Group) -> dict[Ask, Answer]:
    found = plan.scope.run(group.selects)
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for select, table in zip(group.selects, found, strict=True):
        labels = select.selected_columns.keys()
        for row in table:
            cells = dict(zip(labels, row, strict=True))
            split = tuple(cells[label] for label in labels if label.startswith(SPLIT))
            merged.setdefault(split, {}).update(cells)
    rows = list(merged.values())
    return {ask: reader.read(rows) for ask, reader in group.readers.items()}


def _stands(answer: Answer, how: How) -> Answer:
    return answer if isinstance(answer, NotEvaluated) else replace(answer, how=how)
