"""Rules in SQL find the same bad rows as pandera, on every engine, cell for cell."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pandera.pandas as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import case, column, select, table

from gatepost.tables.rules import Kind, Rule, rules_of
from gatepost.tables.sql import predicates
from tests.parity.parity_cells import checks
from tests.parity.parity_engines import ENGINES, EXAMPLES, SEED, Bench, as_drawn
from tests.parity.parity_oracle import bad_cells


@pytest.mark.parametrize("engine", ENGINES)
def test_sql_finds_the_bad_cells_that_pandera_finds(
    engine: str, request: pytest.FixtureRequest
) -> None:
    """Whatever compiles says of every cell what pandera says, and says yes or no."""
    bench: Bench = request.getfixturevalue(f"{engine}_bench")
    tally: Counter[str] = Counter()
    refused: Counter[str] = Counter()

    @as_drawn
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        _compare(bench, data, tally, refused)

    agree()
    print(f"{engine}, seed {SEED}: {dict(tally)}")
    if os.environ.get("GATEPOST_PARITY_REFUSED"):
        print(*(f"{count:6} {reason}" for reason, count in refused.most_common(60)), sep="\n")
    assert tally["compared"] > 10 * EXAMPLES


def _compare(bench: Bench, data: st.DataObject, tally: Counter[str], refused: Counter[str]) -> None:
    columns = bench.columns
    drawn = bench.draw(data, rows=data.draw(st.integers(1, 12)))
    live = bench.database.describe_table("seen").columns
    compiled: list[tuple[Rule, Any]] = []
    for name, typed in columns.items():
        assert live[name].kind is typed.kind, name
        cells = drawn[name]
        drawn_checks = data.draw(st.lists(checks(typed.kind, cells), min_size=2, max_size=5))
        schema = pa.DataFrameSchema({name: pa.Column(None, drawn_checks)})
        for rule in rules_of(schema):
            if rule.kind not in (Kind.CHECK, Kind.NOT_NULL):
                continue
            try:
                bad = predicates.breaks(rule, live[name], bench.database.backend)
            except predicates.Refused as reason:
                tally["refused"] += 1
                refused[f"{typed.kind.name} {rule.label.split()[1]}: {reason}"] += 1
                continue
            compiled.append((rule, bad))
    answers = [
        case((bad, 1), (bad.is_(None), 2), else_=0).label(f"rule_{place}")
        for place, (_, bad) in enumerate(compiled)
    ]
    statement = select(*answers).select_from(table("seen")).order_by(column("place"))
    rows = bench.database.rows(statement)
    for place, (rule, bad) in enumerate(compiled):
        name = str(rule.column)
        expected = bad_cells(rule, columns[name].kind, drawn[name])
        found = [row[place] for row in rows]
        told = f"{rule.text} (ignore_na={rule.check and rule.check.ignore_na}) on {drawn[name]!r}"
        assert not isinstance(expected, str), f"pandera: {expected}; SQL: {found}; {told}\n{bad}"
        assert found == [int(each) for each in expected], (
            f"seed {SEED}: {told}\nSQL {found}\npandera {expected}\n{bad}"
        )
        tally["compared"] += 1
        tally["bad"] += sum(expected)
