"""What matches_declaration() accepts, and what it says of a table that drifted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandera.pandas as pa
import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context
from gatepost.expectations.declaration import AspectMatched, matches_declaration
from gatepost.model import Level, Verdict
from gatepost.tables.across.drift import TABLE_ASPECTS, Difference, Drift
from gatepost.tables.asks import NotEvaluated, Scan

CONTEXT = Context(datetime(2026, 3, 10, 6, 30, tzinfo=UTC))
JOBS = Table("jobs", MetaData(), Column("id", Integer, primary_key=True))


class Model(pa.DataFrameModel):
    id: int


class Mapped:
    __table__ = JOBS


def rows(declared: Any, **options: Any) -> dict[str, AspectMatched]:
    expanded = matches_declaration(declared, **options).expand()
    return {row.label: row for row in expanded if isinstance(row, AspectMatched)}


def judge(row: AspectMatched, said: Any) -> Verdict:
    return row.judge(Scan({row.ask: Drift({row.aspect: said})}), CONTEXT)


@pytest.mark.parametrize("declared", [JOBS, Mapped])
def test_a_sqlalchemy_table_has_a_row_for_each_aspect(declared: Any) -> None:
    """As itself or of a mapped class; the catalogue is read once for all."""
    every = rows(declared)
    assert list(every) == ["columns", "types", "nullability", "keys", "indexes"]
    assert len({row.ask for row in every.values()}) == 1


@pytest.mark.parametrize("declared", [Model, Model.to_schema()])
def test_a_model_declares_columns_and_types(declared: Any) -> None:
    """Its rules on rows are for conforms_to."""
    assert list(rows(declared)) == ["columns", "types"]


def test_rows_can_be_ignored() -> None:
    """A view has no keys to compare."""
    assert list(rows(JOBS, ignore=["keys", "indexes"])) == ["columns", "types", "nullability"]


@pytest.mark.parametrize(
    ("declared", "options", "message"),
    [
        (MetaData(), {}, "takes a SQLAlchemy Table, a mapped class, or a pandera model"),
        ("jobs", {}, "got 'jobs'"),
        (JOBS, {"ignore": "key"}, "names 'key'; there are columns, types, nullability, keys"),
        (JOBS, {"by": "column"}, r"by='column'\): expected \"aspect\" or \"table\""),
        (Model, {"ignore": "keys"}, "names 'keys'; there are columns, types"),
        (Model, {"ignore": ["columns", "types"]}, "leaves nothing to compare"),
    ],
)
def test_what_declares_no_table_is_refused(declared: Any, options: Any, message: str) -> None:
    """At definition, with what there is."""
    with pytest.raises(DeclarationError, match=message):
        matches_declaration(declared, **options)


def judge_whole(aspects: dict[str, Any], **options: Any) -> Verdict:
    (row,) = matches_declaration(JOBS, by="table", **options).expand()
    (ask,) = row.asks
    whole: Any = Scan({ask: Drift({**dict.fromkeys(TABLE_ASPECTS, ()), **aspects})})
    return row.judge(whole, CONTEXT)


MISSING = (Difference("column", "missing", ("day", "hour")),)
TYPES = (Difference("column", "of another type", ("price is NUMERIC instead of INTEGER",)),)
VIEW = NotEvaluated("it is a view")


def test_by_table_the_differences_are_counted_and_named_by_aspect() -> None:
    """One row for the table, in the order of the aspects."""
    verdict = judge_whole({"types": TYPES, "columns": MISSING})
    assert (verdict.level, verdict.how) == (Level.BREACH, "proved: from the catalogue")
    assert verdict.sentence == (
        "3 differences from what jobs declares: 2 columns missing: day, hour; "
        "1 column of another type: price is NUMERIC instead of INTEGER"
    )


def test_by_table_no_difference_is_fine() -> None:
    """It says of what; what is ignored is neither judged nor claimed."""
    assert judge_whole({}).sentence == (
        "columns, types, nullability, keys and indexes are as jobs declares"
    )
    verdict = judge_whole({"types": TYPES}, ignore=["types", "keys"])
    assert (verdict.level, verdict.sentence) == (
        Level.OK,
        "columns, nullability and indexes are as jobs declares",
    )
    only = judge_whole({}, ignore=TABLE_ASPECTS[1:])
    assert only.sentence == "the columns are as jobs declares"


def test_by_table_what_was_not_evaluated_is_never_a_pass() -> None:
    """It is an error, or stands beside what differs."""
    open_ = {"keys": VIEW, "indexes": VIEW}
    verdict = judge_whole(open_)
    assert (verdict.level, verdict.sentence) == (
        Level.ERROR,
        "not evaluated: keys and indexes: it is a view",
    )
    both = judge_whole({**open_, "columns": MISSING})
    assert both.level is Level.BREACH
    assert both.sentence.endswith(": day, hour; not evaluated: keys and indexes: it is a view")


def test_many_differences_are_counted_beyond_the_first_few() -> None:
    """The count is of all, the names are of some."""
    said = str(Difference("index", "not declared", tuple("abcdefgh")))
    assert said == "8 indexes not declared: a, b, c, d, e, f and 2 more"


def test_drift_is_an_alert_with_its_counts() -> None:
    """The sentence says whose declaration it is."""
    row = rows(JOBS)["columns"]
    verdict = judge(row, (Difference("column", "missing", ("day",)),))
    assert (verdict.level, verdict.how) == (Level.BREACH, "proved: from the catalogue")
    assert verdict.sentence == "not as jobs declares: 1 column missing: day"


def test_no_drift_is_fine() -> None:
    """Each aspect in its own words."""
    said = [judge(row, ()) for row in rows(JOBS).values()]
    assert {verdict.level for verdict in said} == {Level.OK}
    assert said[3].sentence == "primary, foreign and unique keys are as jobs declares"


def test_what_was_not_evaluated_is_an_error() -> None:
    """And so is whatever is no table."""
    row = rows(JOBS)["keys"]
    assert judge(row, NotEvaluated("it is a view")).sentence == "not evaluated: it is a view"
    assert row.judge(5, CONTEXT).level is Level.ERROR
    found = row.ask.measure(5, CONTEXT.slot)
    assert isinstance(found, NotEvaluated)
    assert row.judge(Scan({row.ask: found}), CONTEXT).sentence.startswith("not evaluated: only a")
    assert row.judge(None, CONTEXT).level is Level.NO_DATA
