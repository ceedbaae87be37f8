"""Reads a column's type from the catalogue, and judges a model's dtype by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import Whole
from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.rules import Rule, dtype_of

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

_BITS = {
    "TINYINT": 8,
    "BYTEINT": 8,
    "INT1": 8,
    "SMALLINT": 16,
    "INT2": 16,
    "SMALLSERIAL": 16,
    "MEDIUMINT": 24,
    "YEAR": 16,
    "INTEGER": 32,
    "INT": 32,
    "INT4": 32,
    "SERIAL": 32,
    "BIGINT": 64,
    "INT8": 64,
    "BIGSERIAL": 64,
    "HUGEINT": 128,
    "UTINYINT": 9,
    "USMALLINT": 17,
    "UINTEGER": 33,
    "UBIGINT": 65,
    "UHUGEINT": 129,
    "UINT8": 9,
    "UINT16": 17,
    "UINT32": 33,
    "UINT64": 65,
}
"""Without a sign an integer counts one bit more, so that only those without have an odd number."""
_SINGLE = {"REAL", "FLOAT4"}
_OBJECTS = frozenset(
    {
        ColumnKind.TEXT,
        ColumnKind.JSON,
        ColumnKind.ARRAY,
        ColumnKind.UUID,
        ColumnKind.DATE,
        ColumnKind.TIME,
        ColumnKind.INTERVAL,
        ColumnKind.BINARY,
        ColumnKind.DECIMAL,
        ColumnKind.OTHER,
    }
)
"""Kinds whose values pandas can only keep, or may keep, as Python objects."""


def read_kind(type_: TypeEngine[Any], backend: str) -> tuple[ColumnKind, int | None]:
    """The kind of a reflected type, and the bits of an integer or a floating-point number.

    An enum is text, a domain what it is made of. A type that SQLAlchemy does
    not know, or whose values do not compare as pandas compares them, is OTHER.
    """
    from sqlalchemy.types import Float, Integer

    base = getattr(type_, "data_type", None)
    if base is not None:
        kind, bits = read_kind(base, backend)
        # The domain's name hides the padding of CHAR.
        padded = backend == "postgresql" and _name(base) in ("CHAR", "BPCHAR")
        return (ColumnKind.OTHER, None) if padded else (kind, bits)
    if isinstance(type_, Integer) or _name(type_) in _BITS:
        return _read_integer(type_, backend)
    if isinstance(type_, Float):
        return ColumnKind.FLOAT, _float_bits(type_, backend)
    return _read_other(type_), None


def _name(type_: TypeEngine[Any]) -> str:
    # What SQLAlchemy has no type for, our own dialects spell as the engine does.
    return str(getattr(type_, "spelling", None) or type_.__visit_name__).upper()


def _read_integer(type_: TypeEngine[Any], backend: str) -> tuple[ColumnKind, int | None]:
    name = _name(type_)
    is_boolean = name == "TINYINT" and getattr(type_, "display_width", None) == 1
    if is_boolean and backend in ("mysql", "mariadb"):
        return ColumnKind.BOOLEAN, None
    if backend == "sqlite":
        return ColumnKind.INTEGER, 64
    bits = _BITS.get(name, 64)
    return ColumnKind.INTEGER, bits + 1 if getattr(type_, "unsigned", False) else bits


def _float_bits(type_: TypeEngine[Any], backend: str) -> int:
    name = _name(type_)
    if backend == "sqlite":
        return 64
    if name in _SINGLE or (backend != "postgresql" and name == "FLOAT"):
        return 32
    precision = getattr(type_, "precision", None)
    return 32 if name == "FLOAT" and precision is not None and precision <= 24 else 64


def _read_other(type_: TypeEngine[Any]) -> ColumnKind:
    from sqlalchemy import types

    if isinstance(type_, types.DateTime):
        return ColumnKind.MOMENT if type_.timezone else ColumnKind.TIMESTAMP
    if isinstance(type_, types.Time):
        return ColumnKind.OTHER if type_.timezone else ColumnKind.TIME
    order: list[tuple[type, ColumnKind]] = [
        (types.Boolean, ColumnKind.BOOLEAN),
        (types.Numeric, ColumnKind.DECIMAL),
        (types.Interval, ColumnKind.INTERVAL),
        (types.Date, ColumnKind.DATE),
        (types.Uuid, ColumnKind.UUID),
        (types.JSON, ColumnKind.JSON),
        (types.ARRAY, ColumnKind.ARRAY),
        (types.LargeBinary, ColumnKind.BINARY),
        (types.Enum, ColumnKind.TEXT),
        (types.String, ColumnKind.TEXT),
    ]
    for known, kind in order:
        if isinstance(type_, known):
            return kind
    named = {
        "INTERVAL": ColumnKind.INTERVAL,
        "DOUBLE": ColumnKind.FLOAT,
        "BINARY": ColumnKind.BINARY,
        "VARBINARY": ColumnKind.BINARY,
        "CITEXT": ColumnKind.TEXT,
        "ENUM": ColumnKind.TEXT,
        "TIMESTAMP": ColumnKind.TIMESTAMP,
        "DATETIME": ColumnKind.TIMESTAMP,
    }
    name = _name(type_)
    if name.endswith("[]") or name.startswith("ARRAY<"):
        return ColumnKind.ARRAY
    return named.get(name.partition(" ")[0], ColumnKind.OTHER)


def judge_dtype(rule: Rule, column: LiveColumn) -> Whole:
    """Say whether a column's type is one that the rule's dtype may be read from.

    Nulls do not change it, as they do in pandas, where whole numbers with
    nulls are floats. Raises Refused for a dtype that is about each value.
    """
    holds = _takes(dtype_of(rule.schema, rule.field), column)
    return Whole(holds, f"it is {column.written}, {column.kind.value}")


def _takes(dtype: Any, column: LiveColumn) -> bool:
    from pandera import dtypes
    from pandera.engines import pandas_engine

    kind = column.kind
    if isinstance(dtype, dtypes.Bool):
        return kind is ColumnKind.BOOLEAN
    if isinstance(dtype, dtypes.UInt):  # which is an Int, too
        bits = column.bits or 64
        return kind is ColumnKind.INTEGER and bits % 2 == 1 and bits <= dtype.bit_width + 1
    if isinstance(dtype, dtypes.Int):
        return kind is ColumnKind.INTEGER and (column.bits or 64) <= dtype.bit_width
    if isinstance(dtype, dtypes.Decimal):
        return kind is ColumnKind.DECIMAL
    if isinstance(dtype, dtypes.Float):
        if kind is ColumnKind.FLOAT:
            return (column.bits or 64) <= dtype.bit_width
        return kind is ColumnKind.DECIMAL and dtype.bit_width >= 64
    if isinstance(dtype, dtypes.Timedelta):
        return kind is ColumnKind.INTERVAL
    if isinstance(dtype, dtypes.Timestamp):  # which are dates to pandera
        zoned = getattr(dtype, "tz", None) is not None
        return kind is (ColumnKind.MOMENT if zoned else ColumnKind.TIMESTAMP)
    if isinstance(dtype, dtypes.Date):
        return kind is ColumnKind.DATE
    if isinstance(dtype, pandas_engine.PythonGenericType):
        from gatepost.tables.sql.dialects.base import Refused

        raise Refused(f"pandera looks into each value for {dtype}")
    if _is_object(dtype):
        return kind in _OBJECTS
    return isinstance(dtype, dtypes.String) and kind is ColumnKind.TEXT


def _is_object(dtype: Any) -> bool:
    import numpy as np

    return getattr(dtype, "type", None) == np.dtype(object) or str(dtype) == "object"
