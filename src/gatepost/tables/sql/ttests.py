"""pandera's t-tests, from the count, mean and deviation of each sample instead of its rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import NotEvaluated, Whole
from gatepost.tables.live import LiveColumn, LiveTable
from gatepost.tables.rules import Kind, Rule
from gatepost.tables.sql import predicates
from gatepost.tables.sql.predicates import Refused

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_RELATIONS: dict[str, Callable[[float, float, float], bool]] = {
    "greater_than": lambda stat, p, alpha: stat > 0 and p / 2 < alpha,
    "less_than": lambda stat, p, alpha: stat < 0 and p / 2 < alpha,
    "not_equal": lambda _, p, alpha: p < alpha,
    "equal": lambda _, p, alpha: p >= alpha,
}
"""What a statistic and a two-sided p-value have to be at a level of significance, as in pandera."""


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one sample: a number in each, null included, and the name of the sample."""

    name: str
    number: ColumnElement[float]
    rows: ColumnElement[bool] | None

    def within(self, condition: ColumnElement[bool]) -> Group:
        """The same sample of those rows of which a condition is true."""
        return replace(self, rows=condition if self.rows is None else condition & self.rows)

    def aggregates(self, backend: str) -> tuple[ColumnElement[Any], ...]:
        """Its rows, and the count, mean and sample standard deviation of its numbers."""
        from sqlalchemy import case, func

        number = self.number if self.rows is None else case((self.rows, self.number))
        rows = func.count() if self.rows is None else func.count(case((self.rows, 1)))
        return rows, func.count(number), func.avg(number), predicates.deviation(number, backend)


@dataclass(frozen=True, slots=True)
class Moments:
    """What is known of a sample: its rows, its numbers, their mean and standard deviation."""

    name: str
    rows: int
    count: int
    mean: float
    deviation: float


def samples_of(rule: Rule, live: LiveTable, backend: str) -> tuple[Group, ...] | None:
    """The samples of a t-test, or None for any other rule.

    Raises Refused where they cannot be told in SQL.
    """
    from pandera.pandas import Hypothesis

    check = rule.check
    names = ("one_sample_ttest", "two_sample_ttest")
    if not isinstance(check, Hypothesis) or check.registry_name not in names:
        return None
    if rule.column is None:
        columns = [_column(live, name) for name in check.samples]
        return tuple(Group(each.name, predicates.number(each, backend), None) for each in columns)
    number = predicates.number(_column(live, rule.column), backend)
    if check.groupby is None:
        return (Group(rule.column, number, None),)
    if callable(check.groupby) or len(check.groupby) != 1:
        raise Refused("its groups are not the values of one column")
    group = _column(live, check.groupby[0])
    return tuple(Group(str(key), number, _is(key, group, rule, backend)) for key in check.samples)


def judge(rule: Rule, samples: tuple[Moments, ...]) -> Whole | NotEvaluated:
    """Say whether the relation between means that the rule claims holds."""
    check: Any = rule.check
    for sample in samples:
        if not sample.rows:
            return NotEvaluated(f"the sample {sample.name!r} has no rows")
        if not sample.count:
            return NotEvaluated(f"the sample {sample.name!r} has nothing but nulls")
    options = {"nan_policy": "propagate", **(check.statistics or {})}
    nulls = any(sample.count < sample.rows for sample in samples)
    if nulls and options["nan_policy"] == "raise":
        return NotEvaluated("a sample has nulls, which nan_policy='raise' forbids")
    statistic = p = math.nan
    if not nulls or options["nan_policy"] == "omit":
        statistic, p = _test(samples, options)
    relation = check.relationship
    given = dict(check.relationship_kwargs)
    if callable(relation):
        holds = bool(relation(statistic, p, **given))
    else:
        holds = bool(_RELATIONS[relation](statistic, p, given.get("alpha", 0.01)))
    means = ", ".join(f"{each.name} {each.mean:g} ({each.count:,})" for each in samples)
    return Whole(holds, f"t = {statistic:.4g}, p = {p:.4g}; mean (values): {means}")


def _test(samples: tuple[Moments, ...], options: dict[str, Any]) -> tuple[float, float]:
    import numpy as np
    from scipy import stats

    with np.errstate(all="ignore"):
        if len(samples) == 2:
            one, other = samples
            found = stats.ttest_ind_from_stats(
                one.mean, one.deviation, one.count, other.mean, other.deviation, other.count,
                equal_var=options.get("equal_var", True),
            )  # fmt: skip
            return float(found.statistic), float(found.pvalue)
        (sample,) = samples
        error = np.float64(sample.deviation) / math.sqrt(sample.count)
        statistic = (sample.mean - options["popmean"]) / error
        return float(statistic), float(2 * stats.t.sf(abs(statistic), sample.count - 1))


def _column(live: LiveTable, name: str) -> LiveColumn:
    if name not in live.columns:
        raise Refused(f"the table has no column {name!r}")
    return live.columns[name]


def _is(key: object, group: LiveColumn, rule: Rule, backend: str) -> ColumnElement[bool]:
    """True of the rows of one group: those that break the rule that it is another."""
    from pandera.pandas import Check

    other = replace(rule, kind=Kind.CHECK, check=Check.not_equal_to(key))
    return predicates.breaks(other, group, backend)
