"""Measures a table: all asks of a check in one scan.

The rows are fetched and judged here, in memory. What takes their place, such
as one statement that counts in the database, answers the same asks.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from gatepost.tables import frames
from gatepost.tables.asks import DAY, Ask, CountRows, Scan, Tally
from gatepost.tables.table import Table

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import ColumnClause


def scan(value: object, asks: Sequence[Ask], slot: datetime) -> object:
    """Answer all asks about a table or a data frame as a Scan.

    Anything else comes back as it is, for the expectations to name. Raises
    what the table's source raises: MeasurementError, Unavailable.
    """
    if isinstance(value, Table):
        if set(asks) == {CountRows()}:
            return Scan({CountRows(): Tally(0, value.count())})
        return frames.answer(_fetch(value, asks, slot), asks, slot, value.time)
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return frames.answer(value, asks, slot)
    return value


def _fetch(table: Table, asks: Sequence[Ask], slot: datetime) -> pd.DataFrame:
    starts = [ask.window.since(slot) for ask in asks]
    since = [start for start in starts if start is not None]
    if table.time is None or len(since) < len(starts):
        return table.frame()

    from sqlalchemy import bindparam, column, or_, select, text

    time: ColumnClause[datetime] = column(table.time)
    # A day early, since engines keep times in ways that compare differently; the
    # exact cut is made on the rows.
    recent = or_(time >= bindparam("since"), time.is_(None))
    statement = select(text("*")).select_from(table.clause).where(recent)
    return table.source.frame(statement, since=min(since) - DAY)
