"""Cells group, hash, and read as days and numbers in SQL as they do in pandas, on every engine."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import case, column, func, select, table

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql import predicates
from tests.parity.parity_engines import ENGINES, EXAMPLES, SEED, Bench, as_drawn
from tests.parity.parity_oracle import as_series

_TIMES = (ColumnKind.DATE, ColumnKind.TIMESTAMP, ColumnKind.MOMENT)
_NUMBERS = (ColumnKind.INTEGER, ColumnKind.DECIMAL, ColumnKind.FLOAT)


@pytest.mark.parametrize("engine", ENGINES)
def test_cells_are_one_value_in_sql_where_they_are_in_pandas(
    engine: str, request: pytest.FixtureRequest
) -> None:
    """Groups, hashes, days, numbers and nulls are those of the fetched column."""
    bench: Bench = request.getfixturevalue(f"{engine}_bench")
    compared = 0

    @as_drawn
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        nonlocal compared
        drawn = bench.draw(data, rows=data.draw(st.integers(1, 20)))
        live = bench.database.describe_table("seen").columns
        compared += _compare(bench, live, drawn, data)

    agree()
    print(f"{engine}, seed {SEED}: {compared} columns compared")
    assert compared > EXAMPLES


def _compare(bench: Bench, live: Any, drawn: dict[str, list[Any]], data: st.DataObject) -> int:
    backend = bench.database.backend
    names = list(drawn)
    pairs = [tuple(data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=3)))]
    groups: list[tuple[str, ...]] = [*((name,) for name in names), *pairs]
    asked: dict[str, tuple[Any, list[Any], str]] = {}
    for place, group in enumerate(groups):
        columns = [live[name] for name in group]
        keys = list(zip(*(_keys(each, drawn[each.name]) for each in columns), strict=True))
        sizes = Counter(keys)
        parts = [predicates.identity(each, backend) for each in columns]
        over = func.count().over(partition_by=parts)
        asked[f"size_{place}"] = over, [sizes[key] for key in keys], f"{group} group"
        hashed = predicates.identity_hash(columns, backend)
        if hashed is not None:
            asked[f"hash_{place}"] = hashed, keys, f"{group} hash"
    for name in names:
        asked |= _asked_of(live[name], drawn[name], backend, data)
    statement = select(*(each[0].label(label) for label, each in asked.items()))
    rows = bench.database.rows(statement.select_from(table("seen")).order_by(column("place")))
    for place, (label, (_, expected, about)) in enumerate(asked.items()):
        found = [row[place] for row in rows]
        if label.startswith("hash"):
            assert None not in found, about
            expected, found = _numbered(expected), _numbered(found)
        elif label.startswith("yes"):
            found = [bool(each) for each in found]
        assert found == expected, f"seed {SEED}: {about} of {drawn}\nSQL {found}\n{expected}"
    return len(groups)


def _asked_of(
    live: LiveColumn, cells: Sequence[Any], backend: str, data: st.DataObject
) -> dict[str, tuple[Any, list[Any], str]]:
    series = as_series(live.kind, cells)
    null = predicates.null_or_nan(live, backend)
    nulls = case((null, 1), (null.is_(None), 2), else_=0)
    shown = predicates.as_text(live, backend).is_not(None)
    asked: dict[str, tuple[Any, list[Any], str]] = {
        f"null_{live.name}": (nulls, series.isna().astype(int).tolist(), f"{live.name} null"),
    }
    nan_is_text = live.kind in (ColumnKind.FLOAT, ColumnKind.DECIMAL)
    if not nan_is_text:
        told = series.notna().tolist()
        asked[f"yes_{live.name}"] = case((shown, 1), else_=0), told, f"{live.name} shown"
    if live.kind in _NUMBERS:
        floats = [None if cell is None or cell != cell else float(cell) for cell in cells]
        asked[f"number_{live.name}"] = (
            predicates.number(live, backend),
            floats,
            f"{live.name} number",
        )
    if live.kind in _TIMES:
        days = [None if cell is None else cell.isoformat()[:10] for cell in cells]
        asked[f"day_{live.name}"] = predicates.day(live, backend), days, f"{live.name} day"
        moments = [_moment(cell) for cell in cells]
        known = [each for each in moments if each is not None] or [datetime(2026, 3, 1, tzinfo=UTC)]
        since = data.draw(st.sampled_from(known)) + timedelta(
            microseconds=data.draw(st.integers(-1, 1))
        )
        after = [each is not None and each >= since for each in moments]
        flag = case((predicates.is_since(live, since, backend), 1), else_=0)
        asked[f"yes_since_{live.name}"] = flag, after, f"{live.name} since {since}"
    return asked


def _moment(cell: date | datetime | None) -> datetime | None:
    if cell is None:
        return None
    if not isinstance(cell, datetime):
        return datetime(cell.year, cell.month, cell.day, tzinfo=UTC)
    return cell if cell.tzinfo else cell.replace(tzinfo=UTC)


def _keys(live: LiveColumn, cells: Sequence[Any]) -> list[Any]:
    """What is equal where pandas finds two cells to be duplicates."""
    if live.kind is ColumnKind.INTEGER:
        return list(cells)
    codes, _ = pd.factorize(as_series(live.kind, cells), use_na_sentinel=False)
    return list(codes.tolist())


def _numbered(values: Sequence[Any]) -> list[int]:
    first: dict[Any, int] = {}
    return [first.setdefault(value, len(first)) for value in values]


@pytest.mark.parametrize("engine", ENGINES)
def test_figures_of_a_column_are_those_of_pandas(
    engine: str, request: pytest.FixtureRequest
) -> None:
    """The newest time, deviation and quantiles agree, where the engine has them."""
    bench: Bench = request.getfixturevalue(f"{engine}_bench")
    backend = bench.database.backend

    @as_drawn
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        drawn = bench.draw(data, rows=data.draw(st.integers(1, 20)))
        live = bench.database.describe_table("seen").columns
        for name, column_ in live.items():
            if column_.kind in _TIMES and name in drawn:
                _newest(bench, column_, drawn[name])
        price = predicates.number(live["price"], backend)
        cells = as_series(ColumnKind.DECIMAL, drawn["price"]).dropna()
        asked = {}
        try:
            asked["deviation"] = predicates.deviation(price, backend), cells.std()
            for q in (0.0, 0.25, 0.5, 0.99):
                asked[f"q{q}"] = predicates.quantile(price, q, backend), cells.quantile(q)
        except predicates.Refused:
            return
        statement = select(*(each[0].label(label) for label, each in asked.items()))
        (row,) = bench.database.rows(statement.select_from(table("seen")))
        for found, (label, (_, expected)) in zip(row, asked.items(), strict=True):
            if math.isnan(expected):
                assert found is None, label
            else:
                assert math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-4), (label, found)

    agree()


def _newest(bench: Bench, live: LiveColumn, cells: Sequence[Any]) -> None:
    newest = predicates.newest(live, bench.database.backend).label("newest")
    found = bench.database.scalar(select(newest).select_from(table("seen")))
    known = [cell for cell in cells if cell is not None]
    if isinstance(found, str):  # what has no zone is in UTC
        read = datetime.fromisoformat(found)
        found = read.date() if live.kind is ColumnKind.DATE else read
        if live.kind is ColumnKind.MOMENT and read.tzinfo is None:
            found = read.replace(tzinfo=UTC)
    assert found == (max(known) if known else None), (live.name, cells)
