"""conforms_to: one row for each rule of a pandera model, for each column, or for the table.

What it judges is not the table but the answers that a scan gave to its asks,
so that every rule of a check is measured together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context, Expectation
from gatepost.expectations.kept import RuleKept
from gatepost.expectations.limits import Limit, at_least
from gatepost.expectations.on_table import TableLike
from gatepost.expectations.tolerances import as_percentage, read_severities, read_tolerances
from gatepost.expectations.windows import read_names, read_samples, read_window
from gatepost.model import Verdict
from gatepost.tables.asks import Ask, CountBad, Window
from gatepost.tables.rehearsal import rehearse
from gatepost.tables.rules import Rule, as_schema, keys_of, rules_of

if TYPE_CHECKING:
    from pandera.pandas import DataFrameModel, DataFrameSchema

    Model: TypeAlias = type[DataFrameModel] | DataFrameSchema


def conforms_to(
    model: Model,
    *,
    tolerate: Limit | Mapping[str, Limit] | None = None,
    by: Literal["rule", "column", "table"] = "rule",
    per: Literal["day"] | None = None,
    last: str | timedelta | None = None,
    segments: str | Sequence[str] = (),
    drill: str | Sequence[str] = (),
    samples: int = 5,
    severity: Mapping[str, str] | None = None,
) -> Expectation[TableLike]:
    """Every row keeps the rules of a pandera model; each rule is a row of the report.

    A rule's label is its column and its check, such as "title not null" or
    "title str_length"; with `by="column"` all rules of a column are one, under
    the column's name, and with `by="table"` all rules of the model are, so that
    the check is one row. One bad row is an alert, unless `tolerate` gives the
    label a limit on the percentage of good rows: {"title": at_least(95, alert=90)};
    by table it is that limit itself: at_least(95, alert=90).

    `per="day"` judges the newest complete UTC day of the table's time column,
    `last="7 days"` looks at the newest rows only, and `segments=["country"]`
    judges the rows of each country apart: the worst decides. Up to `samples`
    bad rows are shown, and of the columns in `drill` the value that most of
    them have. What is stored is judged: parsers, coercion and defaults of the
    model are not applied. `severity` gives some labels another severity than
    the check's.

    Raises DeclarationError for what cannot be judged so, and for a tolerance or
    a severity whose label does not exist.
    """
    if by not in ("rule", "column", "table"):
        raise DeclarationError(f'conforms_to(by={by!r}): expected "rule", "column" or "table"')
    schema = as_schema(model)
    name = name_of(model, schema)
    window = read_window("conforms_to", per=per, last=last, segments=segments)
    most = read_samples("conforms_to", samples)
    drilled = read_names("conforms_to(drill=...)", drill)
    if by == "table":
        ask = _ask_of_table(schema, name, window, most, drilled)
        limit = _limit_of_table(tolerate) or _strictest(ask.rules)
        return RuleKept(ask, limit, read_severities(severity or {}, [name]).get(name))
    asks = asks_of(schema, by, window, samples=most, drill=drilled)
    tolerances = read_tolerances(tolerate or {}, asks)
    severities = read_severities(severity or {}, asks)
    return Conformance(
        name=name,
        rows=tuple(
            RuleKept(ask, tolerances.get(label) or _strictest(ask.rules), severities.get(label))
            for label, ask in asks.items()
        ),
    )


def asks_of(
    schema: DataFrameSchema,
    by: str,
    window: Window,
    *,
    samples: int = 5,
    drill: tuple[str, ...] = (),
) -> dict[str, CountBad]:
    """What is asked for each label of a model, by rule or by column.

    It is equal to what the same arguments gave before. Raises DeclarationError
    for an unknown `by`, for a model without rules, and for a check that cannot
    be run on any data.
    """
    if by not in ("rule", "column"):
        raise DeclarationError(f'by={by!r}: expected "rule" or "column"')
    groups: dict[str, tuple[Rule, ...]] = {}
    for rule in _rehearsed(schema):
        # Rules that are only to warn do not make their column fail.
        joins = by == "column" and rule.column is not None and not rule.only_warns
        label = str(rule.column) if joins else rule.label
        groups[label] = (*groups.get(label, ()), rule)
    keys = _keys(schema, window)
    return {
        label: CountBad(label, rules, window, keys, samples, drill)
        for label, rules in groups.items()
    }


def _ask_of_table(
    schema: DataFrameSchema, name: str, window: Window, samples: int, drill: tuple[str, ...]
) -> CountBad:
    if window.per_day:
        raise DeclarationError(
            'conforms_to(by="table", per="day"): a row without a time is of no day, so that a rule '
            'on the time could never fail; use by="column", or last="1 day"'
        )
    rules = tuple(_rehearsed(schema))
    for rule in rules:
        if rule.only_warns:
            raise DeclarationError(
                f'conforms_to(by="table"): {rule.text} is only to warn (raise_warning), and one '
                'row has one limit for all rules; use by="column", or leave raise_warning out'
            )
    return CountBad(name, rules, window, _keys(schema, window), samples, drill)


def _limit_of_table(tolerate: Limit | Mapping[str, Limit] | None) -> Limit | None:
    if tolerate is None:
        return None
    if isinstance(tolerate, Mapping):
        raise DeclarationError(
            'conforms_to(by="table") judges all rules as one, so that tolerate is one limit, such '
            "as at_least(95, alert=90), and none by label"
        )
    return as_percentage("conforms_to(tolerate=...)", tolerate)


def _rehearsed(schema: DataFrameSchema) -> Iterator[Rule]:
    for rule in rules_of(schema):
        rehearse(rule)
        yield rule


def _keys(schema: DataFrameSchema, window: Window) -> tuple[str, ...]:
    # By segment, a bad row is to be told where it belongs.
    return tuple(dict.fromkeys([*keys_of(schema), *window.segments]))


def name_of(model: Model, schema: DataFrameSchema) -> str:
    """The name that a model is known by."""
    return str(getattr(model, "__name__", None) or schema.name or "the model")


@dataclass(frozen=True, slots=True)
class Conformance(Expectation[TableLike]):
    """All rules of a model; the run expands it into one row for each."""

    name: str
    rows: tuple[RuleKept, ...]

    @property
    def label(self) -> str:
        return self.name

    def __str__(self) -> str:
        return f"conforming to {self.name}"

    @property
    def asks(self) -> tuple[Ask, ...]:
        return tuple(row.ask for row in self.rows)

    def expand(self) -> tuple[RuleKept, ...]:
        return self.rows

    def judge(self, value: object, context: Context) -> Verdict:
        """Give the worst of the rows' verdicts."""
        verdicts = [row.judge(value, context) for row in self.rows]
        return max(verdicts, key=lambda verdict: verdict.level.badness)


def _strictest(rules: tuple[Rule, ...]) -> Limit:
    if all(rule.only_warns for rule in rules):
        return at_least(100, unit="%")
    return at_least(alert=100, unit="%")
