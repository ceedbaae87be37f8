"""Turns a rule on rows into SQL that is true for exactly the rows that break it, or refuses.

The rows are those that pandera finds bad in the fetched table: null and NaN
are one, texts compare by code points, decimals as the doubles that pandas
makes of them. Every expression here that says yes or no is never NULL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gatepost.tables.live import LiveColumn
from gatepost.tables.rules import Rule

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


class Refused(Exception):  # noqa: N818 - a refusal to compile, not a failure
    """A rule that does not compile on this engine; the message says why, to follow "because"."""


@dataclass(frozen=True, slots=True)
class Members:
    """What decides whether a column holds exactly the values that it has to.

    The rule holds when no row is `outside` and each of `each` is true of one
    row at least.
    """

    outside: ColumnElement[bool]
    each: tuple[ColumnElement[bool], ...]


def breaks(rule: Rule, column: LiveColumn, backend: str) -> ColumnElement[bool]:
    """Say which rows break a rule on a column: NOT_NULL, FILLED or CHECK; never NULL.

    Raises Refused where that is not exact.
    """
    raise Refused("nothing compiles yet")


def breaks_row(rule: Rule, columns: Mapping[str, LiveColumn], backend: str) -> ColumnElement[bool]:
    """Say which rows an author's expression on the whole row is not true of; never NULL.

    Raises Refused for any other check, and for an expression that is no
    condition or names a column that does not exist.
    """
    raise Refused("nothing compiles yet")


def members(rule: Rule, column: LiveColumn, backend: str) -> Members:
    """Say what a check `unique_values_eq` comes down to. Raises Refused for any other."""
    raise Refused("nothing compiles yet")


def null_or_nan(column: LiveColumn, backend: str) -> ColumnElement[bool]:
    """Say which cells pandas holds to be null; never NULL."""
    raise Refused("nothing compiles yet")


def misfit(column: LiveColumn, backend: str) -> ColumnElement[bool] | None:
    """Say which cells hold what the column's type does not tell, as SQLite allows; never NULL.

    Rules on a column that has one are not exact. None where the engine forbids them.
    """
    raise Refused("nothing compiles yet")


def identity(column: LiveColumn, backend: str) -> ColumnElement[Any]:
    """The cell as what groups exactly as pandas does: its nulls are NULL, texts are code points.

    Raises Refused for what cannot be grouped so.
    """
    raise Refused("nothing compiles yet")


def identity_hash(columns: Sequence[LiveColumn], backend: str) -> ColumnElement[int] | None:
    """A hash of 64 bits of the cells' identities together, never NULL; None where there is none."""
    raise Refused("nothing compiles yet")


def as_text(column: LiveColumn, backend: str) -> ColumnElement[str]:
    """The cell as text, for samples; NULL for a null."""
    raise Refused("nothing compiles yet")


def day(column: LiveColumn, backend: str) -> ColumnElement[str]:
    """The UTC day of a time as "YYYY-MM-DD", NULL for a null; a time without a zone is in UTC.

    Raises Refused for a column that holds no times.
    """
    raise Refused("nothing compiles yet")


def is_since(column: LiveColumn, moment: datetime, backend: str) -> ColumnElement[bool]:
    """Say which times are at or after a moment, which is aware; NULL for a null."""
    raise Refused("nothing compiles yet")


def newest(column: LiveColumn, backend: str) -> ColumnElement[Any]:
    """The greatest time in the column: what the driver gives as a datetime, or as ISO text."""
    raise Refused("nothing compiles yet")


def number(column: LiveColumn, backend: str) -> ColumnElement[float]:
    """The cell as a double, NULL for null and NaN. Raises Refused for what is no number."""
    raise Refused("nothing compiles yet")


def deviation(number: ColumnElement[float], backend: str) -> ColumnElement[float]:
    """The standard deviation of a sample of numbers, NULL for fewer than two."""
    raise Refused("nothing compiles yet")


def quantile(number: ColumnElement[float], q: float, backend: str) -> ColumnElement[float]:
    """The exact quantile of numbers, between values on a straight line as pandas has it.

    Raises Refused where the engine has none.
    """
    raise Refused("nothing compiles yet")


def statement_limit(backend: str) -> int:
    """The most expressions that one SELECT may have."""
    raise Refused("nothing compiles yet")
