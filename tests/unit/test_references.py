"""What references() accepts, and what it says of the orphans that were counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context
from gatepost.expectations.limits import at_least, at_most
from gatepost.expectations.references import ReferencesKept, references
from gatepost.model import Level, Sample, Verdict
from gatepost.tables.asks import How, NotEvaluated, Scan, Tally, Tier, Whole

CONTEXT = Context(datetime(2026, 3, 10, 6, 30, tzinfo=UTC))
SAMPLE = Sample(("id", "company_id"), (("17", "99"),))


def judge(expectation: Any, answer: Any) -> Verdict:
    assert isinstance(expectation, ReferencesKept)
    return expectation.judge(Scan({expectation.ask: answer}), CONTEXT)


@pytest.mark.parametrize(
    ("columns", "pairs", "words"),
    [
        ("company_id", (("company_id", "company_id"),), "companies by company_id"),
        (["a", "b"], (("a", "a"), ("b", "b")), "companies by a and b"),
        ({"company_id": "id"}, (("company_id", "id"),), "companies by company_id = id"),
    ],
)
def test_columns_are_a_name_names_or_a_mapping(columns: Any, pairs: Any, words: str) -> None:
    """Each form says which column refers to which."""
    expectation = references("companies", columns)
    assert isinstance(expectation, ReferencesKept)
    assert (expectation.ask.columns, expectation.words) == (pairs, words)


def test_label_has_no_limit() -> None:
    """An edited tolerance keeps the check's history."""
    columns = {"company_id": "id"}
    assert references("companies", columns).label == "company_id in companies"
    tolerant = references("companies", columns, tolerate=at_least(90))
    assert tolerant.label == "company_id in companies"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("companies", {}), "needs columns"),
        (("companies", ["id", "id"]), "'id' is there twice"),
        (("companies", {"a": "id", "b": "id"}), "'id' is there twice"),
        (("companies", 5), "expected a column, a list of columns, or a mapping"),
        (("", "id"), "expected the name of a table"),
    ],
)
def test_what_names_no_reference_is_refused(arguments: Any, message: str) -> None:
    """At definition, with what was wrong."""
    with pytest.raises(DeclarationError, match=message):
        references(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tolerate": at_most(5)}, "takes at_least or above"),
        ({"tolerate": at_least(0.95)}, "write 95, not 0.95"),
        ({"nulls": "fail"}, 'expected "pass" or "break"'),
        ({"last": "soon"}, "is not a duration"),
        ({"samples": -1}, "expected 0 or more"),
    ],
)
def test_wrong_options_are_refused(options: Any, message: str) -> None:
    """A tolerance is a percentage of good rows; the rest is as for other rules."""
    with pytest.raises(DeclarationError, match=message):
        references("companies", "id", **options)


def test_one_orphan_is_an_alert_with_its_row() -> None:
    """The sentence counts before the sample shows."""
    verdict = judge(
        references("companies", {"company_id": "id"}),
        Tally(1, 20_000, sample=SAMPLE, how=How(Tier.COMPILED, "an anti-join with companies")),
    )
    assert verdict.level is Level.BREACH
    assert verdict.sentence == (
        "1 of 20,000 rows refers to a missing row of companies by company_id = id; "
        "alert below 100 %"
    )
    assert (verdict.bad, verdict.total, verdict.sample) == (1, 20_000, SAMPLE)
    assert verdict.how == "scanned: an anti-join with companies"


def test_a_tolerance_forgives_some() -> None:
    """The share of rows that are no orphans is what is compared and plotted."""
    verdict = judge(references("companies", "id", tolerate=at_least(99, alert=95)), Tally(2, 100))
    assert (verdict.level, verdict.value, verdict.unit) == (Level.WARNING, 98.0, "%")
    assert verdict.sentence.endswith("98 % is below 99 %, the target; alert below 95 %")


def test_no_orphans_is_fine() -> None:
    """Rows that refer to nothing are not claimed to refer to something."""
    verdict = judge(references("companies", "id"), Tally(0, 100))
    assert verdict.level is Level.OK
    assert verdict.sentence.startswith("none of 100 rows refers to a missing row of companies")


def test_no_rows_are_no_data() -> None:
    """An empty table proves nothing, and says over which time it is empty."""
    verdict = judge(references("companies", "id", last="7 days"), Tally(0, 0))
    assert verdict.level is Level.NO_DATA
    assert verdict.sentence.startswith("the table has no rows in the last 7 days")


def test_a_proof_names_the_foreign_key() -> None:
    """What the catalogue shows needs no row."""
    how = How(Tier.PROVED, "the foreign key fk")
    verdict = judge(references("companies", "id"), Whole(True, "fk holds", how=how))
    assert (verdict.level, verdict.value) == (Level.OK, 100.0)
    assert verdict.how == "proved: the foreign key fk"


def test_what_was_not_evaluated_is_an_error() -> None:
    """Never a pass, whatever the tolerance."""
    verdict = judge(references("companies", "id", tolerate=at_least(0)), NotEvaluated("no table"))
    assert (verdict.level, verdict.sentence) == (Level.ERROR, "not evaluated: no table")


def test_a_data_frame_refers_to_nothing() -> None:
    """It is told to be a table, and says nothing of the check's other rules."""
    expectation = references("companies", "id")
    assert isinstance(expectation, ReferencesKept)
    verdict = judge(expectation, expectation.ask.measure(pd.DataFrame({"id": [1]}), CONTEXT.slot))
    assert verdict.level is Level.ERROR
    assert verdict.sentence.startswith("not evaluated: references are between tables of one")
