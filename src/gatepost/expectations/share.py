"""share: which percentage of a table's rows is complete, valid, or a duplicate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Literal

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Expectation
from gatepost.expectations.kept import RuleKept
from gatepost.expectations.limits import Limit
from gatepost.expectations.on_table import TableLike
from gatepost.expectations.tolerances import as_percentage
from gatepost.expectations.windows import read_name, read_names, read_samples, read_window
from gatepost.tables.asks import CountBad
from gatepost.tables.expressions import sql_rule
from gatepost.tables.rules import Kind, Rule, rules_of


def share(
    limit: Limit,
    *,
    complete: str | None = None,
    valid: Callable[[Any], Any] | None = None,
    duplicates: str | Sequence[str] | None = None,
    name: str | None = None,
    per: Literal["day"] | None = None,
    last: str | timedelta | None = None,
    segments: str | Sequence[str] = (),
    drill: str | Sequence[str] = (),
    keys: str | Sequence[str] = (),
    samples: int = 5,
) -> Expectation[TableLike]:
    """The percentage of rows of one sort meets a limit. The sort is exactly one of these:

    `complete="salary"`: the column is neither null nor empty: a text, or a list
    or an object of JSON, with nothing in it.
    `valid=lambda row: row.deadline >= row.posted_time, name="deadline"`: a SQL
    expression over the table's columns, as in `sql_rule`, is true.
    `duplicates=["title", "company"]`: the row has the values of an earlier one,
    so the limit is one such as `below(5)`.

    `name` is the row's label in ids, and has to be given with `valid`. `keys`
    are columns that tell which row it is, for the samples of bad rows; `per`,
    `last`, `segments`, `drill` and `samples` are those of `conforms_to`.

    Raises DeclarationError for what cannot be meant so.
    """
    sorts = {"complete": complete, "valid": valid, "duplicates": duplicates}
    given = [sort for sort, value in sorts.items() if value is not None]
    if len(given) != 1:
        raise DeclarationError(
            f"share takes exactly one of {', '.join(sorts)}, got {' and '.join(given) or 'none'}"
        )
    if name is not None:
        read_name("share(name=...)", name, "the row")
    if complete is not None:
        rule = _filled(read_name("share(complete=...)", complete))
    elif valid is not None:
        rule = _valid(valid, name)
    else:
        rule = _repeated(read_names("share(duplicates=...)", duplicates))
    label = name or rule.label
    window = read_window("share", per=per, last=last, segments=segments)
    identifying = (*read_names("share(keys=...)", keys), *window.segments)
    return RuleKept(
        CountBad(
            label,
            (rule,),
            window,
            tuple(dict.fromkeys(identifying)),
            read_samples("share", samples),
            read_names("share(drill=...)", drill),
        ),
        as_percentage(f"the limit of {label!r}", limit, of_bad=duplicates is not None),
        counts_bad=duplicates is not None,
    )


def _filled(column: str) -> Rule:
    from pandera.pandas import Column, DataFrameSchema

    schema = DataFrameSchema({column: Column(nullable=True)})
    label = f"{column} complete"
    return Rule(Kind.FILLED, label, "complete", schema, column, schema.columns[column])


def _valid(expression: Callable[[Any], Any], name: str | None) -> Rule:
    from pandera.pandas import DataFrameSchema

    if not callable(expression):
        raise DeclarationError(
            f"share(valid={expression!r}): expected a function of the table's columns, "
            "such as lambda row: row.price > 0"
        )
    if name is None:
        raise DeclarationError('share(valid=...) needs a name for its row: name="price above zero"')
    (rule,) = rules_of(DataFrameSchema(checks=[sql_rule(expression, name)]))
    return rule


def _repeated(columns: tuple[str, ...]) -> Rule:
    from pandera.pandas import DataFrameSchema

    if not columns:
        raise DeclarationError("share(duplicates=...): expected at least one column")
    schema = DataFrameSchema(unique=list(columns), report_duplicates="exclude_first")
    what = f"unique {', '.join(columns)}"
    label = f"{', '.join(columns)} duplicates"
    return Rule(Kind.ROWS_UNIQUE, label, what, schema, names=columns)
