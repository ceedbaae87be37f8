"""A live table as its catalogue describes it: columns by kind, and what constraints prove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum


class ColumnKind(Enum):
    """What a column's type lets it hold; what pandas and an engine compare alike is one kind."""

    INTEGER = "whole numbers"
    DECIMAL = "decimals"
    FLOAT = "floating-point numbers"
    TEXT = "text"
    BOOLEAN = "booleans"
    DATE = "dates"
    TIMESTAMP = "timestamps without time zone"
    MOMENT = "timestamps with time zone"
    TIME = "times of day"
    INTERVAL = "intervals"
    UUID = "UUIDs"
    JSON = "JSON"
    ARRAY = "arrays"
    BINARY = "bytes"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column of a live table.

    `written` is its type as the engine writes it ("VARCHAR(20)"). `bits` is the
    width of an integer or floating-point type, where it is known. `not_null`
    says that a constraint forbids nulls.
    """

    name: str
    kind: ColumnKind
    written: str
    not_null: bool = False
    bits: int | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key that holds for all rows: the `path` of a table, and pairs of its columns.

    Of each pair, the first is the referencing column.
    """

    path: str
    columns: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LiveTable:
    """A table or view as the catalogue has it, its columns by name in the table's order.

    `unique` maps the name of each unique index or constraint that holds for
    all rows at any time to its columns; a view has none. `rows` is the
    engine's own estimate, None where it has none. `state` is another text
    whenever the rows have changed, None where the engine cannot tell. `path`
    is one and the same by whichever name a table is called; `references` are by
    the names of the foreign keys.
    """

    name: str
    columns: Mapping[str, LiveColumn]
    unique: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rows: int | None = None
    state: str | None = None
    path: str = ""
    references: Mapping[str, Reference] = field(default_factory=dict)

    def without_constraints(self) -> LiveTable:
        """The same table as if nothing were proved of its rows."""
        columns = {name: replace(each, not_null=False) for name, each in self.columns.items()}
        return replace(self, columns=columns, unique={}, references={})
