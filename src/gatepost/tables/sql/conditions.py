"""Knows pandera's built-in checks, and which condition on a cell each of them is.

Arguments that pandas takes in a way of its own are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql import comparisons, texts
from gatepost.tables.sql.arguments import is_missing
from gatepost.tables.sql.dialects.base import Condition, Dialect, Refused

if TYPE_CHECKING:
    from pandera.pandas import Check

Compile: TypeAlias = Callable[..., Condition]

_FETCHED_AS = {
    ColumnKind.INTEGER: "float64",
    ColumnKind.DECIMAL: "float64",
    ColumnKind.FLOAT: "float64",
    ColumnKind.TEXT: "str",
    ColumnKind.TIMESTAMP: "datetime64[us]",
    ColumnKind.MOMENT: "datetime64[us, UTC]",
}
"""The dtype of a column that has nulls, which for all other kinds is object."""


def condition_of(check: Check, column: LiveColumn, dialect: Dialect) -> Condition:
    """The condition of a built-in check. Raises Refused for any other, or where not exact."""
    compile_ = _CHECKS.get(_builtin(check) or "")
    if compile_ is None:
        raise Refused("it is Python code")
    _require_plain(check)
    return compile_(column, dialect, **check._check_kwargs)


def null_breaks(check: Check, column: LiveColumn) -> bool:
    """Whether a null breaks a check that looks at nulls: pandera is asked itself."""
    import pandas as pd

    dtype: Any = _FETCHED_AS.get(column.kind, "object")
    frame = pd.DataFrame({"cell": pd.Series([None], dtype=dtype)})
    try:
        return not check(frame, "cell").check_output.all()
    except Exception as error:
        raise Refused(f"pandera itself cannot compare it with a null: {error}") from None


def values_of_members(check: Check, column: LiveColumn) -> list[Any]:
    """The values of a `unique_values_eq`. Raises Refused for any other check."""
    if _builtin(check) != "unique_values_eq":
        raise Refused("it is Python code")
    _require_plain(check)
    values = list(check._check_kwargs["values"])
    if any(is_missing(value) for value in values):
        raise Refused("its values hold a null, which is equal to nothing")
    if column.kind not in (ColumnKind.INTEGER, ColumnKind.TEXT):
        raise Refused(f"the members of {column.kind.value} are compared as Python objects")
    return values


def _builtin(check: Check) -> str | None:
    """The name of the built-in check; its own name may be any, also that of another."""
    from pandera.api.function_dispatch import Dispatcher

    function: Any = check._check_fn
    return function.__name__ if isinstance(function, Dispatcher) else None


def _require_plain(check: Check) -> None:
    if check.element_wise or check.groupby is not None:
        raise Refused("it is applied cell by cell, or to groups")


_CHECKS: Mapping[str, Compile] = {
    "equal_to": comparisons.equal,
    "not_equal_to": comparisons.not_equal,
    "greater_than": comparisons.greater,
    "greater_than_or_equal_to": comparisons.at_least,
    "less_than": comparisons.less,
    "less_than_or_equal_to": comparisons.at_most,
    "in_range": comparisons.in_range,
    "isin": comparisons.is_in,
    "notin": comparisons.not_in,
    "str_length": texts.has_length,
    "str_startswith": texts.starts,
    "str_endswith": texts.ends,
    "str_matches": texts.matches,
    "str_contains": texts.contains,
}
