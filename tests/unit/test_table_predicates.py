"""Rules on rows become conditions that are never null, or are refused with the reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandera.pandas as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import case, func, literal_column, select, table
from sqlalchemy.dialects import postgresql

from gatepost.tables.expressions import sql_rule
from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.rules import Kind, Rule, rules_of
from gatepost.tables.sql import predicates
from gatepost.tables.sql.predicates import Refused
from gatepost.tables.sql.rounding import least_on_grid, least_reaching

WORDS = LiveColumn("Job title", ColumnKind.TEXT, "TEXT")
WHOLE = LiveColumn("n", ColumnKind.INTEGER, "BIGINT", bits=64)
RATIO = LiveColumn("r", ColumnKind.FLOAT, "DOUBLE PRECISION", bits=64)
PRICE = LiveColumn("p", ColumnKind.DECIMAL, "NUMERIC(10, 2)")


def rule_of(check: pa.Check) -> Rule:
    """A rule with this check on a column."""
    rules = rules_of(pa.DataFrameSchema({"a": pa.Column(None, check)}))
    return next(rule for rule in rules if rule.kind is Kind.CHECK)


def row_rule(expression: Callable[[Any], Any]) -> Rule:
    """A rule of the whole row, in SQL."""
    (rule,) = rules_of(pa.DataFrameSchema(checks=sql_rule(expression, "own")))
    return rule


def bad(check: pa.Check, column: LiveColumn, cells: Sequence[Any]) -> list[int]:
    """Which cells SQLite finds to be bad; 2 would be neither."""
    return answers(predicates.breaks(rule_of(check), column, "sqlite"), column, cells)


def answers(condition: Any, column: LiveColumn, cells: Sequence[Any]) -> list[int]:
    """What SQLite says of a condition on each cell; 2 is null."""
    from sqlalchemy import create_engine

    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'create table t ("{column.name}" {column.written})')
        places = [(cell,) for cell in cells]
        connection.exec_driver_sql("insert into t values (?)", places)
        told = case((condition, 1), (condition.is_(None), 2), else_=0)
        found = connection.execute(select(told).select_from(table("t"))).scalars()
        return list(found)


def compiled(condition: Any) -> str:
    """The condition as PostgreSQL gets it, with its arguments in place."""
    options = {"literal_binds": True}
    return str(condition.compile(dialect=postgresql.psycopg.dialect(), compile_kwargs=options))


@pytest.mark.parametrize(
    ("check", "cells", "expected"),
    [
        (pa.Check.isin("abc"), ["a", "abc", "A", None], [0, 1, 1, 0]),
        (pa.Check.isin(["a", None], ignore_na=False), ["a", "b", None], [0, 1, 0]),
        (pa.Check.isin(["a"], ignore_na=False), ["a", None], [0, 1]),
        (pa.Check.notin(["a", None], ignore_na=False), ["a", "b", None], [1, 0, 1]),
        (pa.Check.ne("a", ignore_na=False), ["a", "A", None], [1, 0, 0]),
        (pa.Check.isin([1, 2]), ["1", None], [1, 0]),
        (pa.Check.str_startswith("%_'"), ["%_'x", "abc", None], [0, 1, 0]),
        (pa.Check.str_endswith("\\"), ["a\\", "a", ""], [0, 1, 1]),
        (pa.Check.str_length(1, 2), ["", "\U0001f600", "abc"], [1, 0, 1]),
        (pa.Check.str_length(max_value=2, ignore_na=False), ["ab", None], [0, 1]),
        (pa.Check.str_contains(r"\d"), ["a1", "\u0663", "x", None], [0, 0, 1, 0]),
        (pa.Check.str_matches("a|b"), ["a", "xb", "b1"], [0, 1, 0]),
        (pa.Check.str_matches("a$"), ["a", "a\n", "a\n\n"], [0, 0, 1]),
        (pa.Check.in_range("b", "d", include_max=False), ["a", "b", "d"], [1, 0, 1]),
    ],
)
def test_text_is_judged_as_pandas_judges_it(
    check: pa.Check, cells: list[Any], expected: list[int]
) -> None:
    """By code points, with signs of SQL as any other, and nulls as the check has them."""
    assert bad(check, WORDS, cells) == expected


def test_a_check_is_known_by_what_it_does_and_not_by_its_name() -> None:
    """An own name may be that of another check."""
    assert bad(pa.Check.gt(1, name="less_than"), WHOLE, [1, 2]) == [1, 0]
    with pytest.raises(Refused, match="Python code"):
        predicates.breaks(rule_of(pa.Check(lambda cells: cells > 1, name="isin")), WHOLE, "sqlite")


def test_numbers_beyond_2_to_the_53_are_compared_exactly_with_whole_ones() -> None:
    """With a float they are compared as floats, as numpy does."""
    great = [2**53, 2**53 + 1, 2**53 + 2]
    assert bad(pa.Check.eq(2**53 + 1), WHOLE, great) == [1, 0, 1]
    assert bad(pa.Check.eq(float(2**53)), WHOLE, great) == [0, 0, 1]


def test_nan_is_null_on_postgresql() -> None:
    """It is greater than every number there, and a bad row only where nulls are."""
    null = predicates.null_or_nan(RATIO, "postgresql")
    assert compiled(null) == "r IS NULL OR r = 'NaN'::float8"
    assert "NOT (r IS NULL OR" in compiled(
        predicates.breaks(rule_of(pa.Check.lt(1.0)), RATIO, "postgresql")
    )


def test_decimals_meet_a_bound_where_their_floats_do() -> None:
    """So that no cell has to be made a float."""
    found = compiled(predicates.breaks(rule_of(pa.Check.ge(0.1)), PRICE, "postgresql"))
    assert found.endswith("AND p < 0.10")


@given(
    st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, math.inf, -math.inf, 5e-324]),
    st.integers(-(10**25), 10**25) | st.integers(-20, 20),
    st.integers(0, 20),
)
def test_the_least_decimal_that_reaches_a_float(bound: float, digits: int, scale: int) -> None:
    """Exactly the decimals at or above it are those that round to the float or above."""
    cell = Decimal(f"{digits}e-{scale}")
    least = least_reaching(bound)
    reaches = least is None or (cell >= least.value if least.included else cell > least.value)
    assert reaches is (float(cell) >= bound)
    assert least is None or (cell >= least_on_grid(least, scale)) is reaches


@pytest.mark.parametrize(
    ("check", "column", "reason"),
    [
        (pa.Check.gt("a"), WHOLE, "'a' is not surely compared alike with whole numbers"),
        (pa.Check.gt(1), WORDS, "1 is not surely compared alike with text"),
        (pa.Check.gt(math.nan), RATIO, "nan is not surely"),
        (pa.Check.gt(Decimal("0.1")), PRICE, "not surely compared alike with decimals"),
        (pa.Check.gt(2**63), WHOLE, "no number of 64 bits"),
        (pa.Check.isin([1.5, 2**53 + 1]), WHOLE, "read in two ways"),
        (pa.Check.eq("a\0"), WORDS, "NUL"),
        (pa.Check.eq("\ud800"), WORDS, "surrogate"),
        (pa.Check.isin(range(5000)), WHOLE, "5,000 values are too many"),
        (pa.Check.str_contains(r"\bx"), WORDS, r"\\b or \\B"),
        (pa.Check.str_contains("a+b"), WORDS, "no regular expressions"),
        (pa.Check.str_length(1), WHOLE, "n holds whole numbers, not text"),
        (pa.Check.gt(1, element_wise=True), WHOLE, "cell by cell"),
        (pa.Check(lambda _: True), WHOLE, "it is Python code"),
    ],
)
def test_what_is_not_surely_the_same_is_refused(
    check: pa.Check, column: LiveColumn, reason: str
) -> None:
    """The reason can follow "because"."""
    with pytest.raises(Refused, match=reason):
        predicates.breaks(rule_of(check), column, "sqlite")


def test_padded_and_short_types_of_postgresql_are_refused() -> None:
    """CHAR is padded and REAL is written with fewer digits where they are fetched."""
    padded = LiveColumn("a", ColumnKind.TEXT, "CHAR(5)")
    with pytest.raises(Refused, match="padding"):
        predicates.breaks(rule_of(pa.Check.eq("a")), padded, "postgresql")
    short = LiveColumn("a", ColumnKind.FLOAT, "REAL", bits=32)
    with pytest.raises(Refused, match="reads as another number"):
        predicates.breaks(rule_of(pa.Check.gt(0.1)), short, "postgresql")


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (ColumnKind.DATE, pa.Check.gt(datetime(2026, 3, 1, tzinfo=UTC))),
        (ColumnKind.TIMESTAMP, pa.Check.gt(datetime(2026, 3, 1, tzinfo=UTC))),
        (ColumnKind.MOMENT, pa.Check.gt(date(2026, 3, 1))),
        (ColumnKind.MOMENT, pa.Check.isin(["2026-03-01"])),
        (ColumnKind.BOOLEAN, pa.Check.gt(False)),
        (ColumnKind.UUID, pa.Check.eq("a")),
        (ColumnKind.JSON, pa.Check.eq("a")),
    ],
)
def test_times_need_bounds_of_their_own_kind(kind: ColumnKind, check: pa.Check) -> None:
    """pandas raises for the others, or finds nothing equal."""
    with pytest.raises(Refused, match="not surely compared alike"):
        predicates.breaks(rule_of(check), LiveColumn("a", kind, "ANY"), "postgresql")


def test_an_unknown_engine_refuses_every_rule() -> None:
    """Nobody has compared its answers with pandera's."""
    with pytest.raises(Refused, match="the SQL of oracle"):
        predicates.null_or_nan(WHOLE, "oracle")


def test_an_expression_on_a_column_looks_at_nulls_only_when_asked() -> None:
    """What is neither true nor false breaks the rule."""
    half = LiveColumn("n", ColumnKind.INTEGER, "BIGINT")

    def holds(cell: Any) -> Any:
        return func.nullif(cell, 3) < 5

    assert bad(sql_rule(holds, "own"), half, [1, 3, 7, None]) == [0, 1, 1, 0]
    assert bad(sql_rule(holds, "own", ignore_na=False), half, [1, 3, 7, None]) == [0, 1, 1, 1]


def test_an_expression_on_a_row_takes_columns_by_attribute_or_item() -> None:
    """A name that is no identifier is an item."""
    columns = {each.name: each for each in (WORDS, WHOLE)}
    rule = row_rule(lambda row: (row.n > 1) & (row["Job title"] != "x"))
    found = predicates.breaks_row(rule, columns, "postgresql")
    assert compiled(found) == """coalesce(NOT (n > 1 AND "Job title" != 'x'), true)"""


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (lambda row: row.m > 1, "names the column 'm'; there are n"),
        (lambda row: row.n, "and not a condition of SQLAlchemy"),
        (lambda row: row.n + 1, "and not a condition of SQLAlchemy"),
        (lambda _: True, "gives bool, and not a condition"),
        (lambda _: literal_column("1 = 1"), "and not a condition of SQLAlchemy"),
        (lambda row: row.n.nothing > 1, "its expression raises AttributeError"),
    ],
)
def test_an_expression_that_is_no_condition_is_refused(
    expression: Callable[[Any], Any], reason: str
) -> None:
    """The author reads what it was, and what is wanted."""
    with pytest.raises(Refused, match=reason):
        predicates.breaks_row(row_rule(expression), {"n": WHOLE}, "postgresql")


def test_a_python_check_of_rows_is_refused() -> None:
    """Only what SQL can say is measured by SQL."""
    (rule,) = rules_of(pa.DataFrameSchema(checks=pa.Check(lambda frame: frame.n > 1)))
    with pytest.raises(Refused, match="Python code"):
        predicates.breaks_row(rule, {"n": WHOLE}, "postgresql")


def test_members_are_counted_apart_from_what_is_outside() -> None:
    """A null is a value that no set has, unless the check ignores it."""
    cells = ["a", "b", None, "x"]
    for ignores, outside in ((True, [0, 0, 0, 1]), (False, [0, 0, 1, 1])):
        check = pa.Check.unique_values_eq(["a", "b"], ignore_na=ignores)
        found = predicates.members(rule_of(check), WORDS, "sqlite")
        assert answers(found.outside, WORDS, cells) == outside
        assert sorted(answers(each, WORDS, cells) for each in found.each) == [
            [0, 1, 0, 0],
            [1, 0, 0, 0],
        ]
    with pytest.raises(Refused, match="a null"):
        predicates.members(rule_of(pa.Check.unique_values_eq(["a", None])), WORDS, "sqlite")


@pytest.mark.parametrize(
    ("kind", "written", "cells", "expected"),
    [
        (ColumnKind.INTEGER, "INTEGER", [1, None, "x", 1.5], [0, 0, 1, 1]),
        (ColumnKind.FLOAT, "REAL", [1, None, "x"], [0, 0, 1]),
        (ColumnKind.TEXT, "TEXT", ["a", None, b"a", "a\0b"], [0, 0, 1, 1]),
        (ColumnKind.BOOLEAN, "BOOLEAN", [0, 1, None, 2, "x"], [0, 0, 0, 1, 1]),
        (ColumnKind.DATE, "DATE", ["2026-03-01", None, "soon", "2026-03-01 10:00"], [0, 0, 1, 1]),
        (
            ColumnKind.TIMESTAMP,
            "DATETIME",
            ["2026-03-01", "2026-03-01T10:00:00.123456+01:00", None, "soon", 1.5],
            [0, 0, 0, 1, 1],
        ),
    ],
)
def test_sqlite_may_hold_what_a_type_does_not_tell(
    kind: ColumnKind, written: str, cells: list[Any], expected: list[int]
) -> None:
    """Such cells are found, since what is said of the others is not exact."""
    column = LiveColumn("a", kind, written)
    found = predicates.misfit(column, "sqlite")
    assert found is not None
    assert answers(found, column, cells) == expected
    assert predicates.misfit(column, "postgresql") is None


def test_a_time_of_sqlite_is_read_with_its_zone_to_the_microsecond() -> None:
    """Text is all it has, in several spellings."""
    column = LiveColumn("a", ColumnKind.TIMESTAMP, "DATETIME")
    cells = [
        "2026-03-01 00:30:00.123456",
        "2026-03-01T00:30:00.123456Z",
        "2026-03-01T01:30:00.123456+01:00",
        "2026-02-28 19:30:00.123457-05:00",
        "2026-03-01",
    ]
    moment = datetime(2026, 3, 1, 0, 30, 0, 123456, tzinfo=UTC)
    since = predicates.is_since(column, moment, "sqlite")
    assert answers(since, column, cells) == [1, 1, 1, 1, 0]
    later = predicates.is_since(column, moment + timedelta(microseconds=1), "sqlite")
    assert answers(later, column, cells) == [0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("kind", "written", "cells", "expected"),
    [
        (ColumnKind.TEXT, "TEXT", ["", " ", None], [1, 0, 1]),
        (
            ColumnKind.JSON,
            "JSON",
            ["[]", " [ ] ", "{}", '""', '" "', "null", '["a"]', "{broken", "0", "", None],
            [1, 1, 1, 1, 0, 1, 0, 0, 0, 1, 1],
        ),
        (ColumnKind.INTEGER, "INTEGER", [0, None], [0, 1]),
    ],
)
def test_what_is_empty_is_not_filled(
    kind: ColumnKind, written: str, cells: list[Any], expected: list[int]
) -> None:
    """Null, a text without a character, and JSON with nothing in it."""
    schema = pa.DataFrameSchema({"a": pa.Column(None)})
    rule = Rule(Kind.FILLED, "a complete", "complete", schema, "a", schema.columns["a"])
    column = LiveColumn("a", kind, written)
    assert answers(predicates.breaks(rule, column, "sqlite"), column, cells) == expected


def test_only_times_have_days_and_only_numbers_are_numbers() -> None:
    """The reason names the column and what it holds."""
    with pytest.raises(Refused, match="n holds whole numbers, not times"):
        predicates.day(WHOLE, "postgresql")
    with pytest.raises(Refused, match="Job title holds text, not numbers"):
        predicates.number(WORDS, "postgresql")
    json = LiveColumn("j", ColumnKind.JSON, "JSON")
    with pytest.raises(Refused, match="j holds JSON"):
        predicates.identity(json, "postgresql")
