"""Which of an author's SQL expressions depend on nothing but the row."""

from __future__ import annotations

from typing import Any

import pandera.pandas as pa
import pytest
from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    cast,
    column,
    exists,
    func,
    literal_column,
    not_,
    select,
    table,
    text,
    true,
)

from gatepost.tables.expressions import is_steady, sql_check
from gatepost.tables.rules import as_schema, rules_of

V = column("v", Integer)
OTHERS = select(column("w")).select_from(table("others"))


@pytest.mark.parametrize(
    "condition",
    [
        V > 1,
        V.between(1, 2) | V.in_([5, 6]),
        func.coalesce(not_(V > 1), true()),
        func.length(cast(V, Text)) > 3,
        func.json_array_length(V) > 0,
        literal_column("'NaN'::float8") == V,
    ],
    ids=str,
)
def test_comparisons_and_plain_functions_are_steady(condition: ColumnElement[bool]) -> None:
    """They say the same of the same row at any time."""
    assert is_steady(condition)


@pytest.mark.parametrize(
    "condition",
    [
        func.now() > V,
        func.current_date() < V,
        func.anything_of_theirs(V) < V,
        literal_column("current_date") == V,
        literal_column("'1' || now()") == V,
        V.in_(OTHERS),
        OTHERS.scalar_subquery() == V,
        exists(OTHERS),
        text("v > 1"),
    ],
    ids=str,
)
def test_clocks_and_other_tables_are_not_steady(condition: ColumnElement[bool]) -> None:
    """What they say may change while the table does not, as may whatever is not known."""
    assert not is_steady(condition)


def test_a_static_method_is_an_expression_too() -> None:
    """So that linters and type checkers do not take its row for the model."""

    class Orders(pa.DataFrameModel):
        price: float

        @sql_check(name="positive")
        @staticmethod
        def of_row(row: Any) -> Any:
            return row.price > 0

        @sql_check("price")
        @staticmethod
        def of_cell(cell: Any) -> Any:
            return cell > 0

    rules = {rule.label: rule.expression for rule in rules_of(as_schema(Orders))}
    of_cell = rules["price of_cell"]
    assert rules["positive"] is not None
    assert of_cell is not None
    assert of_cell(5) is True
