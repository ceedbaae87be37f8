"""JSON documents judged by the rules of a pandera model."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest

from gatepost.expectations.limits import at_least
from gatepost.expectations.tables import conforms_to
from gatepost.tables import documents


class Health(pa.DataFrameModel):
    status: str = pa.Field(isin=["healthy", "degraded"])
    uptime: float = pa.Field(ge=0)


HEALTH = conforms_to(Health)


def judge_document(document: Any, expectation: Any) -> list[str]:
    """What a document breaks, in words."""
    return [each.said for each in documents.judge_document(document, expectation)]


def schema(**columns: Any) -> Any:
    return conforms_to(pa.DataFrameSchema(columns))


def test_a_document_that_keeps_the_rules_has_nothing_to_say() -> None:
    """One object is one row; a whole number passes for a float, as JSON has one kind."""
    assert judge_document({"status": "healthy", "uptime": 5}, HEALTH) == []


def test_a_broken_rule_is_a_short_phrase_with_what_came() -> None:
    """The phrase has the rule with its arguments, then the value as it would be written."""
    assert judge_document({"status": "sick", "uptime": -1.5}, HEALTH) == [
        "status isin(['healthy', 'degraded']): got 'sick'",
        "uptime greater_than_or_equal_to(0): got -1.5",
    ]


def test_a_missing_member_is_said_once() -> None:
    """The rules that could not be looked at without it add nothing."""
    assert judge_document({"status": "healthy"}, HEALTH) == [
        "1 column missing: uptime (there are status)"
    ]


def test_null_is_not_a_value() -> None:
    """A member that is there and null breaks the rule that it is not null."""
    assert judge_document({"status": None, "uptime": 1.0}, HEALTH) == ["status not null: got None"]


def test_a_wrong_type_is_named() -> None:
    """Text in the place of a number is a rule broken, and a rule that could not be evaluated."""
    found = judge_document({"status": "healthy", "uptime": "long"}, HEALTH)
    assert found[0] == "uptime dtype(float64): it is str"
    assert found[1].startswith("uptime greater_than_or_equal_to(0) not evaluated: TypeError")


def test_nested_objects_are_columns_with_dots() -> None:
    """A member of a nested object has its path as its name; the object whole is there too."""
    model = schema(**{"db.latency": pa.Column(float, pa.Check.lt(1)), "db": pa.Column(object)})
    assert judge_document({"db": {"latency": 2}}, model) == ["db.latency less_than(1): got 2.0"]


def test_lists_are_kept_as_one_cell() -> None:
    """A check of the author's sees the list itself."""
    filled = pa.Check(lambda cell: len(cell) > 0, element_wise=True, name="filled")
    model = schema(jobs=pa.Column(object, filled))
    assert judge_document({"jobs": ["a"]}, model) == []
    assert judge_document({"jobs": []}, model) == ["jobs filled: got []"]


def test_a_list_of_objects_is_a_row_for_each() -> None:
    """Counts go before the example."""
    bodies = [{"status": status, "uptime": 1} for status in ("healthy", "sick", "gone")]
    assert judge_document(bodies, HEALTH) == [
        "status isin(['healthy', 'degraded']): 2 of 3 objects, such as 'sick'"
    ]


def test_a_tolerance_counts_objects() -> None:
    """A few bad objects are let pass where the model's rules are tolerated so."""
    bodies = [{"status": status, "uptime": 1} for status in ("healthy", "healthy", "sick")]
    label = "status isin"
    assert judge_document(bodies, conforms_to(Health, tolerate={label: at_least(60)})) == []
    for limit in (at_least(70), at_least(70, alert=60)):
        (broken,) = documents.judge_document(bodies, conforms_to(Health, tolerate={label: limit}))
        assert broken.only_warns
    strict = conforms_to(Health, tolerate={label: at_least(alert=70)})
    assert not documents.judge_document(bodies, strict)[0].only_warns


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("healthy", "an object or a list of objects is expected, got a str"),
        (None, "an object or a list of objects is expected, got null"),
        ([1], "an object or a list of objects is expected, got a list of something else"),
        ([], "the list has no objects"),
    ],
)
def test_what_is_no_object_is_named(document: Any, said: str) -> None:
    """A body of another shape is one phrase, not one for each rule."""
    assert judge_document(document, HEALTH) == [said]


def test_all_that_is_missing_is_one_phrase() -> None:
    """Each counts as a rule that is broken; what there is instead is said once."""
    (missing,) = documents.judge_document({"state": 1, "up": 5}, HEALTH)
    assert missing == documents.Broken("2 columns missing: status, uptime (there are state, up)", 2)


def test_an_empty_object_misses_every_member() -> None:
    """An object without members is a row without columns, and no pass."""
    assert judge_document({}, HEALTH) == ["2 columns missing: status, uptime (there are none)"]


def test_coercion_of_the_model_is_applied() -> None:
    """With it, text may stand for a time; what cannot be read as one is a wrong type."""
    at = pd.DatetimeTZDtype(unit="us", tz="UTC")
    model = schema(at=pa.Column(at, coerce=True))
    assert judge_document({"at": "2026-03-01T10:00:00Z"}, model) == []
    assert judge_document({"at": "soon"}, model) == ["at dtype(datetime64[us, UTC]): it is str"]


def test_what_only_warns_is_told_as_such() -> None:
    """Never passed in silence: a check that warns, and a tolerance without an alert level."""
    warns = schema(a=pa.Column(int, pa.Check.gt(1, raise_warning=True)))
    broken = documents.Broken("a greater_than(1): got 1", only_warns=True)
    assert documents.judge_document({"a": 1}, warns) == [broken]
    assert documents.judge_document({"a": 2}, warns) == []
    tolerant = conforms_to(Health, tolerate={"uptime present": at_least(100)})
    (missing,) = documents.judge_document({"status": "healthy"}, tolerant)
    assert missing.only_warns
