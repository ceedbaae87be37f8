"""Checks that their authors write in SQL: one boolean expression of SQLAlchemy over a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandera.pandas import Check
    from sqlalchemy import ColumnElement

_KEY = "sql_expression"
_STEADY = frozenset(
    {
        "abs",
        "array_length",
        "cardinality",
        "ceil",
        "char_length",
        "coalesce",
        "floor",
        "greatest",
        "json_array_length",
        "json_typeof",
        "jsonb_array_length",
        "jsonb_typeof",
        "least",
        "left",
        "length",
        "lower",
        "ltrim",
        "nullif",
        "octet_length",
        "replace",
        "right",
        "round",
        "rtrim",
        "strpos",
        "substr",
        "substring",
        "trim",
        "upper",
    }
)
"""Functions that make the same of the same arguments at any time and in any session."""
_AGGREGATES = frozenset(
    (
        *("array_agg", "avg", "bool_and", "bool_or", "count", "every", "group_concat", "json_agg"),
        *("jsonb_agg", "max", "median", "min", "mode", "percentile_cont", "percentile_disc"),
        *("stddev", "stddev_pop", "stddev_samp", "string_agg", "sum", "total"),
        *("var_pop", "var_samp", "variance"),
    )
)
_LITERAL = re.compile(r"('[^']*'|-?[\d.]+)(::\w+)?")


def sql_check(*columns: str, **options: Any) -> Callable[[Callable[[Any], Any]], Any]:
    """A check of a pandera model that is measured by the database, on all rows, without a fetch.

    It decorates a function in the body of a DataFrameModel. The function takes
    the table's columns as SQLAlchemy's and returns what has to be true of a
    row, as an expression:

        @sql_check(name="deadline")
        @staticmethod
        def deadline_after_posting(row):
            return row.deadline >= row.posted_time

    It works without `@staticmethod`, too, which tells linters and type
    checkers that `row` is not the model.

    With `columns` it is a check of each of these columns, and takes the column
    alone; a null then breaks nothing, unless `ignore_na=False`. Without, it is
    a check of the whole row, and what is neither true nor false breaks it.
    `options` are those of `pandera.pandas.check`. A column whose name is no
    identifier is `row["its name"]`.
    """
    import pandera.pandas as pa

    def decorate(function: Callable[[Any], Any]) -> Any:
        # pandera copies what it keeps, and a staticmethod cannot be copied.
        expression = function.__func__ if isinstance(function, staticmethod) else function

        def unmeasurable(_model: type, _data: object) -> bool:
            raise TypeError(_ADVICE)

        settings: dict[str, Any] = {
            "name": expression.__name__,
            "description": expression.__doc__,
            **options,
            "statistics": {_KEY: expression},
        }
        if columns:
            return pa.check(*columns, **settings)(unmeasurable)
        return pa.dataframe_check(**settings)(unmeasurable)

    return decorate


def sql_rule(expression: Callable[[Any], Any], name: str, **options: Any) -> Check:
    """The same for a DataFrameSchema: an item of the `checks` of a column, or of the schema."""
    from pandera.pandas import Check

    def unmeasurable(_data: object) -> bool:
        raise TypeError(_ADVICE)

    return Check(unmeasurable, name=name, statistics={_KEY: expression}, **options)


def expression_of(check: Check) -> Callable[[Any], Any] | None:
    """The SQL expression that a check stands for; None for any other check."""
    found: Callable[[Any], Any] | None = (check.statistics or {}).get(_KEY)
    return found


def aggregate_in(condition: ColumnElement[bool]) -> str | None:
    """The name of an aggregate or a window function outside of sub-selects, if there is one."""
    from sqlalchemy import FunctionFilter, Over, SelectBase, WithinGroup
    from sqlalchemy.sql.functions import FunctionElement

    waiting: list[Any] = [condition]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (Over, WithinGroup, FunctionFilter)):
            return "a window function"
        # Of several arguments, SQLite's max is their greatest.
        if isinstance(part, FunctionElement) and len(part.clauses) < 2:
            name = getattr(part, "name", "")
            if name.lower() in _AGGREGATES:
                return f"the aggregate {name}"
        if not isinstance(part, SelectBase):
            waiting.extend(part.get_children())
    return None


def is_steady(condition: ColumnElement[bool]) -> bool:
    """Whether a condition surely says the same of the same row at any time.

    A sub-select may read what changes while the table does not, and a function
    may be a clock.
    """
    from sqlalchemy import ColumnClause, FromClause, SelectBase, TextClause
    from sqlalchemy.sql import visitors
    from sqlalchemy.sql.functions import FunctionElement

    for part in visitors.iterate(condition):
        match part:
            case FunctionElement():
                steady = getattr(part, "name", "") in _STEADY
            case SelectBase() | FromClause() | TextClause():
                steady = False
            case ColumnClause(is_literal=True):
                steady = bool(_LITERAL.fullmatch(part.name))
            case _:
                steady = True
        if not steady:
            return False
    return True


_ADVICE = (
    "the check is written in SQL, so it needs a table: "
    'return database.table(...), or measure the frame as a table of a target of kind "files"'
)
