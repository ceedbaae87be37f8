"""pandera's t-tests from aggregates of a real PostgreSQL, against pandera on the same rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import product
from math import inf, nan
from typing import Any

import pandera.pandas as pa
import pytest
from table_targets import SLOT, Application, judge, own_application, sent, verdicts

from fixtures.postgres import Server
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level
from gatepost.tables.asks import Answer, CountBad, NotEvaluated, Scan, Whole
from gatepost.tables.scan import scan

RELATIONS = ("greater_than", "less_than", "not_equal", "equal")
A, B = [1.0, 2.0, 3.5], [2.0, 5.0, 9.0]
SAMPLES: dict[str, dict[str | None, list[float | None]]] = {
    "two": {"a": A, "b": B},
    "alike": {"a": A, "b": list(A)},
    "far apart": {"a": A, "b": [100.0, 101.0, 102.0]},
    "nulls": {"a": [*A, None], "b": B, None: [4.0, None]},
    "nulls in the other": {"a": A, "b": [None, *B]},
    "NaN": {"a": [*A, nan], "b": B},
    "infinity": {"a": [*A, inf], "b": B},
    "one value each": {"a": [1.0], "b": [2.0]},
    "one value": {"a": A, "b": [2.0]},
    "no spread": {"a": [2.0, 2.0], "b": [3.0, 3.0]},
    "no spread and alike": {"a": [2.0, 2.0], "b": [2.0, 2.0]},
    "another group": {"a": A, "b": B, "c": [100.0]},
    "no second group": {"a": A},
    "nothing but nulls": {"a": [None, None], "b": [None]},
    "no rows": {},
}


@pytest.fixture
def application(postgres_server: Server, postgres_database: str) -> Iterator[Application]:
    with own_application(postgres_server, postgres_database) as application:
        application.execute("create table cells (v float8, g text)")
        yield application


def fill(application: Application, samples: dict[str | None, list[float | None]]) -> None:
    for group, values in samples.items():
        for value in values:
            application.owner.execute("insert into cells values (%s, %s)", [value, group])


def ttests() -> list[pa.Check]:
    found: list[pa.Check] = []
    for relation, alpha in product(RELATIONS, (0.01, 0.3)):
        one = {"relationship": relation, "alpha": alpha}
        found.append(pa.Hypothesis.one_sample_ttest(popmean=2.0, **one))
        for equal_var, policy in product((True, False), ("propagate", "omit", "raise")):
            two = {"sample1": "a", "sample2": "b", "groupby": "g"}
            how = {"equal_var": equal_var, "nan_policy": policy}
            found.append(pa.Hypothesis.two_sample_ttest(**two, **one, **how))
    return found


def said(answer: Answer) -> bool | str:
    match answer:
        case Whole():
            return answer.holds
        case NotEvaluated():
            return "error"
    raise AssertionError(answer)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_t_test_says_of_aggregates_what_pandera_says_of_rows(
    application: Application, name: str
) -> None:
    """All relations, levels, variances and policies for nulls; where pandera raises, an error."""
    fill(application, SAMPLES[name])
    table = application.open().table("cells")
    frame = table.frame()
    columns = {
        "v": pa.Column(None, nullable=True, checks=ttests()),
        "g": pa.Column(None, nullable=True, required=False),
    }
    rows = conforms_to(pa.DataFrameSchema(columns)).expand()
    asks = [ask for row in rows for ask in row.asks]
    found = scan(table, asks, SLOT)
    assert isinstance(found, Scan)
    for ask in asks:
        assert isinstance(ask, CountBad)
        (rule,) = ask.rules
        if rule.check is None:
            continue
        with warnings.catch_warnings(action="ignore"):  # scipy's, on samples so small
            try:
                expected: bool | str = bool(rule.check(frame, "v").check_passed)
            except Exception:  # whatever it raises on data that it cannot test
                expected = "error"
        options = (rule.check.statistics, rule.check.relationship, found.answers[ask])
        assert said(found.answers[ask]) == expected, options


def test_t_tests_are_figures_of_the_one_statement(application: Application) -> None:
    """No row is fetched for them, and the verdict says what was compared."""
    fill(application, SAMPLES["far apart"])
    check = pa.Hypothesis.two_sample_ttest(
        sample1="a", sample2="b", groupby="g", relationship="greater_than", alpha=0.01
    )
    columns = {"v": pa.Column(float, checks=[check, pa.Check.gt(0)]), "g": pa.Column(str)}
    schema = pa.DataFrameSchema(columns)
    found, journal = judge(conforms_to(schema), application.open().table("cells"))
    verdict = found["v two_sample_ttest"]
    assert (verdict.level, verdict.how) == (Level.BREACH, "scanned")
    assert "mean (values): a 2.16667 (3), b 101 (3)" in verdict.sentence
    assert len(sent(journal, "cells")) == 1


def test_two_columns_are_compared_as_two_samples(application: Application) -> None:
    """A t-test of a schema names its columns."""
    application.execute(
        "create table pairs (a int, b int)",
        "insert into pairs select n, n + 50 from generate_series(1, 9) n",
    )
    for relation, level in (("less_than", Level.OK), ("greater_than", Level.BREACH)):
        check = pa.Hypothesis.two_sample_ttest(sample1="a", sample2="b", relationship=relation)
        schema = pa.DataFrameSchema({"a": pa.Column(int)}, checks=[check])
        found = verdicts(conforms_to(schema), application.open().table("pairs"))
        assert found["two_sample_ttest"].level is level


@pytest.mark.parametrize("options", [{"per": "day"}, {"segments": "g"}])
def test_a_t_test_of_days_or_segments_is_of_all_rows(
    application: Application, options: dict[str, Any]
) -> None:
    """It cannot be split: pandera judges it, and the verdict says why."""
    application.execute("alter table cells add at timestamptz default '2026-03-09 10:00Z'")
    fill(application, SAMPLES["far apart"])
    check = pa.Hypothesis.one_sample_ttest(popmean=2.0, relationship="equal", alpha=0.3)
    schema = pa.DataFrameSchema({"v": pa.Column(float, checks=check)})
    table = application.open().table("cells", time="at")
    found = verdicts(conforms_to(schema, **options), table)["v one_sample_ttest"]
    assert found.level is Level.BREACH
    assert "since a t-test is of all rows together, not of days or segments" in str(found.how)
