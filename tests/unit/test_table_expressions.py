"""Which of an author's SQL expressions depend on nothing but the row."""

from __future__ import annotations

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

from gatepost.tables.expressions import is_steady

V = column("v", Integer)
OTHERS = select(column("w")).select_from(table("others"))


@pytest.mark.parametrize(
    "condition",
    [
        V > 1,
        V.between(1, 2) | V.in_([5, 6]),
        func.coalesce(not_(V > 1), true()),
        func.length(cast(V, Text)) > 3,
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
