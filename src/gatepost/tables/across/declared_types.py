"""Compares the type of a live column with the declared one, by kind and by what is in brackets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatepost.tables.kinds import read_kind
from gatepost.tables.live import ColumnKind, LiveColumn

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy import Dialect

_ALIASES = {"INT": "INTEGER", "INT4": "INTEGER", "INT8": "BIGINT", "INT2": "SMALLINT"}


def compare_type(
    declared: sa.Column[object], live: LiveColumn, dialect: Dialect, backend: str
) -> str:
    """Say in what the live type differs; empty where it does not.

    Length, precision and scale matter only where they are declared.
    """
    from sqlalchemy.exc import CompileError

    try:
        written = declared.type.compile(dialect)
    except CompileError as error:
        return f"{live.name} is declared with a type that {backend} does not have: {error}"
    if written == live.written:
        return ""
    kind, bits = read_kind(declared.type, backend)
    same = kind is live.kind
    if same and kind is ColumnKind.INTEGER:
        same = _name(written) == _name(live.written) or backend == "sqlite"
    elif same and kind is ColumnKind.FLOAT:
        same = bits == live.bits
    elif same and kind is ColumnKind.OTHER:
        same = _name(written) == _name(live.written)
    elif same and (sizes := _sizes(written)) and not _forgets_length(kind, backend):
        same = sizes == _sizes(live.written)
    return "" if same else f"{live.name} is {live.written} instead of {written}"


def _forgets_length(kind: ColumnKind, backend: str) -> bool:
    """Whether the engine takes a length and keeps none, as DuckDB does of texts."""
    return kind is ColumnKind.TEXT and backend == "duckdb"


def _name(written: str) -> str:
    """The type without what is in brackets, which integers have for their display only."""
    name = re.sub(r"\s*\(.*?\)", "", written).upper().strip()
    return _ALIASES.get(name, name)


def _sizes(written: str) -> tuple[int, ...]:
    """Length, or precision and scale, a scale of 0 being the same as none."""
    found = re.search(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", written)
    return (int(found[1]), int(found[2] or 0)) if found else ()
