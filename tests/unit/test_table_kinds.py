"""Types of live columns are read as kinds, and dtypes are judged by them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest
from sqlalchemy import types
from sqlalchemy.dialects import mysql, postgresql

from gatepost.tables.kinds import judge_dtype, read_kind
from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.rules import Kind, Rule, rules_of
from gatepost.tables.sql.predicates import Refused
from gatepost.targets import duckdb_dialect

K = ColumnKind


@pytest.mark.parametrize(
    ("type_", "backend", "kind", "bits"),
    [
        (postgresql.SMALLINT(), "postgresql", K.INTEGER, 16),
        (postgresql.BIGINT(), "postgresql", K.INTEGER, 64),
        (postgresql.REAL(), "postgresql", K.FLOAT, 32),
        (postgresql.DOUBLE_PRECISION(), "postgresql", K.FLOAT, 64),
        (postgresql.NUMERIC(10, 2), "postgresql", K.DECIMAL, None),
        (postgresql.ENUM("a", name="mood"), "postgresql", K.TEXT, None),
        (postgresql.CITEXT(), "postgresql", K.TEXT, None),
        (postgresql.JSONB(), "postgresql", K.JSON, None),
        (postgresql.ARRAY(types.Text()), "postgresql", K.ARRAY, None),
        (postgresql.UUID(), "postgresql", K.UUID, None),
        (postgresql.BYTEA(), "postgresql", K.BINARY, None),
        (postgresql.INTERVAL(), "postgresql", K.INTERVAL, None),
        (postgresql.TIMESTAMP(timezone=True), "postgresql", K.MOMENT, None),
        (postgresql.TIMESTAMP(), "postgresql", K.TIMESTAMP, None),
        (postgresql.TIME(timezone=True), "postgresql", K.OTHER, None),
        (postgresql.DOMAIN("short", types.VARCHAR(9)), "postgresql", K.TEXT, None),
        (postgresql.DOMAIN("code", types.CHAR(3)), "postgresql", K.OTHER, None),
        (postgresql.INET(), "postgresql", K.OTHER, None),
        (types.NullType(), "postgresql", K.OTHER, None),
        (types.INTEGER(), "sqlite", K.INTEGER, 64),
        (types.FLOAT(), "sqlite", K.FLOAT, 64),
        (types.DATETIME(), "sqlite", K.TIMESTAMP, None),
        (mysql.TINYINT(display_width=1), "mariadb", K.BOOLEAN, None),
        (mysql.TINYINT(display_width=4), "mysql", K.INTEGER, 8),
        (mysql.BIGINT(unsigned=True), "mysql", K.INTEGER, 65),
        (mysql.FLOAT(), "mysql", K.FLOAT, 32),
        (mysql.DOUBLE(), "mysql", K.FLOAT, 64),
        (mysql.ENUM("a"), "mysql", K.TEXT, None),
        (mysql.VARBINARY(9), "mysql", K.BINARY, None),
        (duckdb_dialect.read_type("UTINYINT"), "duckdb", K.INTEGER, 9),
        (duckdb_dialect.read_type("HUGEINT"), "duckdb", K.INTEGER, 128),
        (duckdb_dialect.read_type("FLOAT"), "duckdb", K.FLOAT, 32),
        (duckdb_dialect.read_type("INTEGER[]"), "duckdb", K.ARRAY, None),
        (duckdb_dialect.read_type("INTERVAL"), "duckdb", K.INTERVAL, None),
        (duckdb_dialect.read_type("STRUCT(a INTEGER)"), "duckdb", K.OTHER, None),
    ],
)
def test_a_type_is_of_a_kind(
    type_: types.TypeEngine[Any], backend: str, kind: ColumnKind, bits: int | None
) -> None:
    """A kind holds what pandas and the engine compare alike, with the width of numbers."""
    assert read_kind(type_, backend) == (kind, bits)


@pytest.mark.parametrize(
    ("dtype", "kinds"),
    [
        (int, {K.INTEGER}),
        ("Int64", {K.INTEGER}),
        (float, {K.FLOAT, K.DECIMAL}),
        (Decimal, {K.DECIMAL}),
        (str, {K.TEXT}),
        ("string", {K.TEXT}),
        (bool, {K.BOOLEAN}),
        ("boolean", {K.BOOLEAN}),
        ("datetime64[ns]", {K.TIMESTAMP}),
        (pd.DatetimeTZDtype(tz="Asia/Ho_Chi_Minh"), {K.MOMENT}),
        (date, {K.DATE}),
        ("timedelta64[ns]", {K.INTERVAL}),
        ("category", set()),
        (complex, set()),
        (
            object,
            {
                *(K.TEXT, K.JSON, K.ARRAY, K.UUID, K.DATE, K.TIME),
                *(K.INTERVAL, K.BINARY, K.DECIMAL, K.OTHER),
            },
        ),
    ],
)
def test_a_dtype_takes_its_kinds_and_no_other(dtype: Any, kinds: set[ColumnKind]) -> None:
    """A column is of the dtype when its type can only hold what pandas would so read."""
    rule = _dtype_rule(dtype)
    holding = {kind for kind in K if judge_dtype(rule, _column(kind)).holds}
    assert holding == kinds


@pytest.mark.parametrize(
    ("dtype", "bits", "holds"),
    [
        ("int32", 32, True),
        ("int32", 64, False),
        ("Int16", 16, True),
        ("int16", 9, True),
        ("uint8", 9, True),
        ("int8", 9, False),
        ("uint64", 65, True),
        ("uint64", 64, False),
        ("uint16", 16, False),
        ("UInt8", 8, False),
        ("int64", 65, False),
    ],
)
def test_an_integer_must_not_be_wider_than_the_dtype(dtype: str, bits: int, holds: bool) -> None:
    """A type without a sign counts one bit more than it has; one with a sign may go below zero."""
    assert judge_dtype(_dtype_rule(dtype), _column(K.INTEGER, bits)).holds is holds


def test_a_wrong_dtype_says_what_the_column_is() -> None:
    """The verdict names the type as the engine writes it, and what it holds."""
    column = LiveColumn("a", K.TEXT, "VARCHAR(20)")
    assert judge_dtype(_dtype_rule(int), column).why == "it is VARCHAR(20), text"


def test_a_dtype_about_each_value_is_left_to_pandera() -> None:
    """Whether all lists are lists of numbers no catalogue says."""
    with pytest.raises(Refused, match="looks into each value"):
        judge_dtype(_dtype_rule(list[int]), _column(K.ARRAY))


def _dtype_rule(dtype: Any) -> Rule:
    schema = pa.DataFrameSchema({"a": pa.Column(dtype)})
    return next(rule for rule in rules_of(schema) if rule.kind is Kind.DTYPE)


def _column(kind: ColumnKind, bits: int | None = None) -> LiveColumn:
    return LiveColumn("a", kind, "ANY", bits=bits)
