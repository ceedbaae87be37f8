"""Says which rows of a pandas frame break a rule, by pandera's own checks.

One rule that raises leaves the others alone, which one large `validate` does
not allow. Rows are told apart by position: an index may repeat itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from gatepost.tables.asks import NotEvaluated, Whole
from gatepost.tables.rules import Kind, Rule, dtype_of
from gatepost.wording import join_some, plural, shorten

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from pandera.pandas import Check

    Mask: TypeAlias = npt.NDArray[np.bool_]
    Outcome: TypeAlias = Mask | Whole | NotEvaluated

_DUPLICATES: dict[str, Any] = {"all": False, "exclude_first": "first", "exclude_last": "last"}
"""pandera's `report_duplicates` as pandas' `keep`."""


def evaluate(rule: Rule, frame: pd.DataFrame) -> Outcome:
    """Say which rows break a rule, or whether the column or table as a whole keeps it."""
    try:
        frame = with_index(frame, rule)
        if rule.column is None:
            return _on_table(rule, frame)
        views = _views(rule, frame)
        if rule.kind is Kind.PRESENT or not views:
            return _presence(rule, frame, bool(views))
    except Exception as error:
        return _not_evaluated(error)
    return unite([_try_column(rule, view, name) for view, name in views])


def _try_column(rule: Rule, view: pd.DataFrame, name: Any) -> Outcome:
    try:
        return _on_column(rule, view, name)
    except Exception as error:  # whatever a check of the author's raises
        return _not_evaluated(error)


def _not_evaluated(error: Exception) -> NotEvaluated:
    return NotEvaluated(shorten(f"{type(error).__name__}: {error}", 200))


def unite(outcomes: Sequence[Outcome]) -> Outcome:
    """Join what several rules, or one rule on several columns, say of the same rows.

    What does not hold outweighs what could not be evaluated, and that the rows' counts.
    """
    wholes = [each for each in outcomes if isinstance(each, Whole)]
    for whole in wholes:
        if not whole.holds:
            return whole
    masks: list[Mask] = []
    for each in outcomes:
        if isinstance(each, NotEvaluated):
            return each
        if not isinstance(each, Whole):
            masks.append(each)
    if not masks:
        return wholes[0]
    united = masks[0]
    for mask in masks[1:]:
        united = united | mask
    return united


@lru_cache(maxsize=8)
def frame_without_rows(names: tuple[str, ...]) -> pd.DataFrame:
    """What tells which columns a rule is on; kept, since many columns take long to make."""
    import pandas as pd

    return pd.DataFrame(columns=list(names))


def columns_of(rule: Rule, frame: pd.DataFrame) -> list[Any]:
    """The columns whose cells show what is wrong."""
    if rule.column is None:
        return list(rule.names)
    return list(dict.fromkeys(name for _, name in _views(rule, frame)))


def with_index(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Make the schema's index of the column of its name: tables have columns only."""
    index = rule.schema.index
    if index is None or index.name is None or index.name not in frame.columns:
        return frame
    return frame.set_index(index.name)


def _views(rule: Rule, frame: pd.DataFrame) -> list[tuple[pd.DataFrame, Any]]:
    """The columns a rule is on, each as a frame with its name; one for each of equal names."""
    from pandera.errors import SchemaError
    from pandera.pandas import Column

    field = rule.field
    if not isinstance(field, Column):
        index = frame.index
        if field is not None and field.name is not None and index.name != field.name:
            return []
        return [(index.to_series().to_frame(rule.column), rule.column)]
    names: list[Any] = [field.name] if field.name in frame.columns else []
    if field.regex:
        try:
            names = list(field.get_regex_columns(frame))
        except SchemaError:
            names = []
    views: list[tuple[pd.DataFrame, Any]] = []
    for name in names:
        cells: Any = frame[name]
        if cells.ndim == 1:
            views.append((frame, name))
        else:
            views.extend((cells.iloc[:, [place]], name) for place in range(cells.shape[1]))
    return views


def _presence(rule: Rule, frame: pd.DataFrame, there: bool) -> Whole | NotEvaluated:
    if there:
        return Whole(True, "it is there")
    regex = getattr(rule.field, "regex", False)
    missing = f"no column matches {rule.column!r}" if regex else _missing(rule.column)
    if rule.kind is Kind.PRESENT:
        return Whole(False, f"{missing}; there are {join_some(map(str, frame.columns), most=5)}")
    if getattr(rule.field, "required", True):
        return NotEvaluated(missing, absent=True)
    return Whole(True, f"{missing}, which is allowed")


def _missing(column: str | None) -> str:
    return f"column {column!r} does not exist"


def _on_column(rule: Rule, view: pd.DataFrame, name: Any) -> Outcome:
    cells: Any = view[name]
    series: pd.Series[Any] = cells if cells.ndim == 1 else cells.iloc[:, 0]
    match rule.kind:
        case Kind.DTYPE:
            return _dtype(rule, series)
        case Kind.NOT_NULL:
            return series.isna().to_numpy()
        case Kind.UNIQUE:
            keep = _DUPLICATES[getattr(rule.field, "report_duplicates", "all")]
            return series.duplicated(keep=keep).to_numpy()
        case Kind.FILLED:
            return (series.isna() | series.map(_is_empty).astype(bool)).to_numpy()
        case _:
            return _check(rule.check, view, name)


def _is_empty(cell: object) -> bool:
    """Whether there is nothing in a text, or in a list or an object of JSON."""
    return isinstance(cell, (str, list, dict)) and not cell


def _on_table(rule: Rule, frame: pd.DataFrame) -> Outcome:
    match rule.kind:
        case Kind.STRICT:
            return _strict(rule, frame)
        case Kind.ORDERED:
            return _ordered(rule, frame)
        case Kind.NAMES_UNIQUE:
            repeated = dict.fromkeys(frame.columns[frame.columns.duplicated()])
            return Whole(not repeated, f"repeated: {join_some(map(str, repeated))}")
        case Kind.ROWS_UNIQUE:
            return _rows_unique(rule, frame)
        case _:
            return _check(rule.check, frame, None)


def _dtype(rule: Rule, series: pd.Series[Any]) -> Outcome:
    import numpy as np
    from pandera.engines.pandas_engine import Engine

    dtype = dtype_of(rule.schema, rule.field)
    found = dtype.check(Engine.dtype(series.dtype), series)
    if isinstance(found, (bool, np.bool_)):
        return Whole(bool(found), f"it is {series.dtype}")
    return ~np.asarray(found, dtype=bool)


def _check(check: Check | None, view: pd.DataFrame, name: Any) -> Outcome:
    import numpy as np
    import pandas as pd

    assert check is not None  # noqa: S101 - rules of this kind have one
    result = check(view, name)
    output, checked = result.check_output, result.checked_object
    if isinstance(output, pd.DataFrame):
        keeps: Mask = output.astype(bool).all(axis="columns").to_numpy()
        return ~keeps
    of_rows = isinstance(output, pd.Series) and isinstance(checked, (pd.Series, pd.DataFrame))
    if not of_rows or not checked.index.equals(output.index):
        return Whole(bool(result.check_passed), "the check says so of all rows together")
    bad = np.zeros(len(view), dtype=bool)
    if output.all():  # also where a nullable boolean leaves some open, as pandera has it
        return bad
    # pandera leaves null cells out of what it checks.
    looked_at = slice(None) if len(checked) == len(view) else view[name].notna().to_numpy().ravel()
    bad[looked_at] = ~output.astype(bool).to_numpy()
    return bad


def _rows_unique(rule: Rule, frame: pd.DataFrame) -> Outcome:
    missing = [name for name in rule.names if name not in frame.columns]
    for name in missing:
        field = rule.schema.columns.get(name)
        if field is None or field.required:
            return NotEvaluated(_missing(name), absent=True)
    names = [name for name in rule.names if name not in missing]
    if not names:
        return Whole(True, "none of the columns is there, which is allowed")
    keep = _DUPLICATES[str(rule.schema.report_duplicates)]
    return frame.duplicated(subset=names, keep=keep).to_numpy()


def _strict(rule: Rule, frame: pd.DataFrame) -> Outcome:
    known = set(_known(rule.schema, frame))
    others = [str(name) for name in frame.columns if name not in known]
    count = plural(len(others), "column")
    return Whole(not others, f"the model does not have {count} of the table: {join_some(others)}")


def _ordered(rule: Rule, frame: pd.DataFrame) -> Outcome:
    wanted = _known(rule.schema, frame)
    there = [name for name in frame.columns if name in wanted]
    # Equal names side by side stand in the order of one.
    there = [name for place, name in enumerate(there) if place == 0 or there[place - 1] != name]
    for first, other in zip(there, wanted, strict=False):
        if first != other:
            return Whole(False, f"{first!r} stands where the model has {other!r}")
    return Whole(len(there) == len(wanted), "a column stands there again after others")


def _known(schema: Any, frame: pd.DataFrame) -> list[Any]:
    """The frame's columns that the schema knows, in the schema's order."""
    from pandera.errors import SchemaError

    names: list[Any] = []
    for name, field in schema.columns.items():
        if not field.regex:
            names.extend([name] if name in frame.columns else [])
            continue
        try:
            names.extend(field.get_regex_columns(frame))
        except SchemaError:
            continue
    return list(dict.fromkeys(names))
