"""Judges a JSON document by the rules of a pandera model: one object is one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gatepost.tables.asks import CountBad, NotEvaluated, Whole
from gatepost.tables.evaluation import columns_of, evaluate
from gatepost.tables.rules import Kind, Rule, dtype_of
from gatepost.wording import join_some, plural, shorten

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema


@dataclass(frozen=True, slots=True)
class Broken:
    """Rules that a document breaks, usually one, in a short phrase."""

    said: str
    rules: int = 1
    only_warns: bool = False


class _Row(Protocol):
    """One row of an expanded conforms_to."""

    @property
    def ask(self) -> CountBad: ...

    def is_fine(self, bad: int, total: int) -> bool: ...

    def tolerates(self, bad: int, total: int) -> bool: ...


def judge_document(document: Any, expectation: Any) -> list[Broken]:
    """The rules of a `conforms_to` that a JSON document breaks; what is missing as one phrase.

    The document is an object or a list of objects. Members of nested objects
    are columns named with dots ("database.latency"); a list is one cell. As
    JSON has fewer types than pandas, a whole number passes for a float, and
    a model's coercion is applied: with it, text may stand for a time.
    """
    records = document if isinstance(document, list) else [document]
    if not all(isinstance(record, dict) for record in records):
        kind = "a list of something else" if isinstance(document, list) else _kind(document)
        return [Broken(f"an object or a list of objects is expected, got {kind}")]
    if not records:
        return [Broken("the list has no objects")]
    rows: tuple[_Row, ...] = expectation.expand()
    frame = _frame(records, rows[0].ask.rules[0].schema)
    missing: dict[bool, list[str]] = {False: [], True: []}
    others: list[Broken] = []
    for row in rows:
        for rule in row.ask.rules:
            broken = _judge_rule(row, rule, frame)
            if broken and rule.kind is Kind.PRESENT:
                missing[broken.only_warns].append(str(rule.column))
            elif broken:
                others.append(broken)
    absent = [_missing(names, frame, warns) for warns, names in missing.items() if names]
    return [*absent, *others]


def _kind(document: object) -> str:
    return "null" if document is None else f"a {type(document).__name__}"


def _judge_rule(row: _Row, rule: Rule, frame: pd.DataFrame) -> Broken | None:
    found = evaluate(rule, frame)
    if isinstance(found, NotEvaluated):
        # The rule that it is present says so already.
        return None if found.absent else Broken(f"{rule.text} not evaluated: {found.why}")
    if isinstance(found, Whole):
        bad, total, why = int(not found.holds), 1, found.why
    else:
        bad, total = int(found.sum()), len(frame)
        why = _example(rule, frame[found], total) if bad else ""
    if row.is_fine(bad, total):
        return None
    return Broken(f"{rule.text}: {why}", only_warns=row.tolerates(bad, total))


def _missing(names: list[str], frame: pd.DataFrame, only_warns: bool) -> Broken:
    there = join_some(map(str, frame.columns), most=5) or "none"
    count = plural(len(names), "column")
    said = f"{count} missing: {join_some(names, most=5)} (there are {there})"
    return Broken(said, len(names), only_warns)


def _example(rule: Rule, bad: pd.DataFrame, total: int) -> str:
    cells = [bad[name].tolist()[0] for name in columns_of(rule, bad) if name in bad]
    got = ", ".join(shorten(repr(cell), 80) for cell in cells)
    if total == 1:
        return f"got {got}" if got else "broken"
    count = f"{len(bad)} of {plural(total, 'object')}"
    return f"{count}, such as {got}" if got else count


def _frame(records: list[dict[str, Any]], schema: DataFrameSchema) -> pd.DataFrame:
    import pandas as pd

    frame = pd.json_normalize(records)
    for name in schema.columns:
        # A model may also want a nested object whole.
        if name not in frame and any(name in record for record in records):
            frame[name] = pd.Series([record.get(name) for record in records], dtype=object)
    for rule_name, field in schema.columns.items():
        if rule_name in frame:
            coerce = bool(field.coerce or schema.coerce)
            frame[rule_name] = _as_declared(frame[rule_name], dtype_of(schema, field), coerce)
    return frame


def _as_declared(cells: pd.Series[Any], dtype: Any, coerce: bool) -> pd.Series[Any]:
    import pandas as pd
    from pandera.dtypes import is_float
    from pandera.errors import ParserError

    whole = dtype is not None and is_float(dtype) and pd.api.types.is_integer_dtype(cells)
    if dtype is None or not (coerce or whole):
        return cells
    try:
        coerced: pd.Series[Any] = dtype.try_coerce(cells)
    except ParserError:  # the rule on its dtype says so
        return cells
    return coerced
