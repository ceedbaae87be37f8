"""Reads a column's type from the catalogue, and judges a model's dtype by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import Whole
from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.rules import Rule

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine


def read_kind(type_: TypeEngine[Any], backend: str) -> tuple[ColumnKind, int | None]:
    """The kind of a reflected type, and the bits of an integer or a floating-point number.

    A type whose values do not compare as pandas compares them is OTHER.
    """
    return ColumnKind.OTHER, None


def judge_dtype(rule: Rule, column: LiveColumn) -> Whole:
    """Say whether a column's type is one that the rule's dtype may be read from."""
    return Whole(False, f"it is {column.written}, {column.kind.value}")
