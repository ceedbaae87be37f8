"""What reconciles_with() accepts, and what it says of two tables that were compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gatepost.errors import DeclarationError
from gatepost.expectations.agreement import Agreement
from gatepost.expectations.base import Context
from gatepost.expectations.limits import at_least, at_most
from gatepost.expectations.reconciliation import reconciles_with
from gatepost.model import Level, Sample, Verdict
from gatepost.tables.across.comparison import Compared, Sums
from gatepost.tables.across.differences import Contents, Example, Found
from gatepost.tables.asks import How, NotEvaluated, Scan, Tier

CONTEXT = Context(datetime(2026, 3, 10, 6, 30, tzinfo=UTC))
NAMES = ("app", "warehouse")
EVEN = Compared(
    NAMES,
    (1204, 1204),
    (Sums(Decimal("10.50"), Decimal("10.5")),),
    Contents(1204),
    How(Tier.COMPILED, "hashes"),
)


def rows(**options: Any) -> dict[str, Agreement]:
    options = {"key": "id", "columns": ["amount", "status"], "sums": ["amount"], **options}
    expanded = reconciles_with(**options).expand()
    return {row.label: row for row in expanded if isinstance(row, Agreement)}


def judge(row: Agreement, found: Any) -> Verdict:
    return row.judge(Scan({row.ask: found}), CONTEXT)


def test_rows_are_the_count_the_sums_and_the_contents() -> None:
    """All of them are one ask, so that the tables are read once."""
    every = rows()
    assert list(every) == ["rows", "sum amount", "contents"]
    assert len({row.ask for row in every.values()}) == 1
    assert list(rows(key=(), columns=())) == ["rows", "sum amount"]


def test_columns_may_be_named_differently() -> None:
    """A mapping is from the left table's names to the right's; the key is no column of its own."""
    ask = rows(key={"id": "order_id"}, columns={"id": "order_id", "amount": "total"})["rows"].ask
    assert ask.key == (("id", "order_id"),)
    assert ask.columns == (("amount", "total"),)


def test_times_are_read() -> None:
    """last and settle bound the rows on both ends."""
    ask = rows(last="7 days", settle="10 minutes")["rows"].ask
    assert (ask.last, ask.settle) == (timedelta(days=7), timedelta(minutes=10))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key": ()}, r"reconciles_with\(columns=...\) needs key"),
        ({"key": ["id", "id"]}, "'id' is there twice"),
        ({"key": [5]}, "expected a column, a list of columns, or a mapping"),
        ({"settle": "soon"}, "settle='soon'"),
        ({"samples": True}, "expected 0 or more"),
        ({"tolerate": at_most(5)}, "takes at_least or above"),
        ({"tolerate": {"sum amuont": at_least(99)}}, "did you mean 'sum amount'"),
        ({"tolerate": {"rows": at_least(0.99)}}, "write 95, not 0.95"),
    ],
)
def test_what_cannot_be_compared_is_refused(options: Any, message: str) -> None:
    """At definition, with a name and a fix."""
    with pytest.raises(DeclarationError, match=message):
        rows(**options)


def test_agreement_is_said_with_its_counts() -> None:
    """Each row says what agrees."""
    said = {label: judge(row, EVEN) for label, row in rows().items()}
    assert {verdict.level for verdict in said.values()} == {Level.OK}
    assert [verdict.sentence for verdict in said.values()] == [
        "app and warehouse have 1,204 rows; alert below 100 %",
        "the sum of amount is 10.5 in both; alert below 100 %",
        "all 1,204 rows agree in id, amount and status; alert below 100 %",
    ]
    assert said["contents"].how == "scanned: hashes"


def test_a_missing_row_is_an_alert() -> None:
    """One row of a million does not round to all of them."""
    verdict = judge(rows()["rows"], replace(EVEN, rows=(1_000_000, 999_999)))
    assert verdict.level is Level.BREACH
    assert verdict.sentence == (
        "app has 1,000,000 rows, warehouse 999,999: 1 row more; alert below 100 %"
    )
    assert (verdict.bad, verdict.total) == (1, 1_000_000)
    assert verdict.value is not None
    assert verdict.value < 100


def test_a_tolerance_is_for_all_rows_or_for_some() -> None:
    """By label, what is not named stays strict."""
    found = replace(EVEN, rows=(1000, 995), sums=(Sums(1000, 995),))
    every = rows(tolerate=at_least(99))
    assert judge(every["rows"], found).level is Level.OK
    assert judge(every["sum amount"], found).level is Level.OK
    some = rows(tolerate={"rows": at_least(99.9, alert=99)})
    assert judge(some["rows"], found).sentence == (
        "app has 1,000 rows, warehouse 995: 5 rows more; "
        "99.5 % is below 99.9 %, the target; alert below 99 %"
    )
    assert judge(some["sum amount"], found).level is Level.BREACH


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (Decimal("10.50"), Decimal(9), "10.5 in app, 9 in warehouse: 1.5 more"),
        (-3, 3, "-3 in app, 3 in warehouse: 6 less"),
        (0.1, 0.2, "0.1 in app, 0.2 in warehouse"),
        (Decimal("NaN"), Decimal(1), "NaN in app, 1 in warehouse"),
        (10**30 + 1, 10**30, "1,000,000,000,000,000,000,000,000,000,001 in app"),
    ],
)
def test_sums_that_differ_are_said_exactly(left: Any, right: Any, said: str) -> None:
    """Nothing that differs is shown alike, counted as 100 %, or let pass."""
    verdict = judge(rows()["sum amount"], replace(EVEN, sums=(Sums(left, right),)))
    assert verdict.level is Level.BREACH
    assert said in verdict.sentence
    assert verdict.value is not None
    assert verdict.value < 100


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Decimal("1.0"), Decimal("1.00")),
        (3, Decimal("3.00")),
        (0.1 + 0.2, 0.3),
        (Decimal("0.3"), 0.1 + 0.2),
        (float("nan"), Decimal("NaN")),
    ],
)
def test_sums_agree_beyond_the_order_of_adding(left: Any, right: Any) -> None:
    """Exact numbers exactly, doubles to a billionth, NaN with NaN."""
    assert Sums(left, right).agree


def test_exact_sums_have_no_tolerance_of_their_own() -> None:
    """A cent in a trillion is a difference."""
    assert not Sums(Decimal("1000000000000.01"), Decimal("1000000000000.02")).agree


def test_contents_are_counted_by_sort_with_examples() -> None:
    """Where a row is missing, and in which columns it differs."""
    contents = Contents(
        1000,
        differing=2,
        only_left=4,
        only_right=1,
        examples=(
            Example(Found.DIFFERING, ("17",), {"amount": ("1", "2")}),
            Example(Found.ONLY_LEFT, ("4",), {}),
        ),
        sample=Sample(("id",), (("17",),)),
    )
    verdict = judge(rows()["contents"], replace(EVEN, contents=contents))
    assert verdict.level is Level.BREACH
    assert verdict.sentence == (
        "7 of 1,007 rows disagree: 4 only in app: id 4 and 3 more; 1 only in warehouse; "
        "2 differ: id 17 (amount) and 1 more; alert below 100 %"
    )
    assert (verdict.bad, verdict.total, verdict.sample) == (7, 1007, contents.sample)


def test_rows_left_unread_are_not_taken_to_agree() -> None:
    """With a tolerance, everything that is not known to agree counts against it."""
    contents = Contents(900, differing=10, unread_least=40, unread_most=300)
    found = replace(EVEN, contents=contents)
    verdict = judge(rows(tolerate=at_least(90))["contents"], found)
    assert verdict.level is Level.WARNING
    assert verdict.value == pytest.approx(100 * 900 / 1210)
    assert verdict.sentence.startswith(
        "at least 50 of 1,210 rows disagree: of 10 looked at, 10 differ; "
    )


def test_a_key_that_repeats_is_said() -> None:
    """Or one more row of an existing key would be a riddle."""
    contents = Contents(5, only_right=1, repeated=("warehouse",))
    verdict = judge(rows()["contents"], replace(EVEN, contents=contents))
    assert "; the key is not unique in warehouse; " in verdict.sentence


def test_empty_tables_are_no_data() -> None:
    """Two tables without a row agree in nothing; one without is an alert."""
    nothing = replace(EVEN, rows=(0, 0), contents=Contents(0))
    assert {judge(row, nothing).level for row in rows().values()} == {Level.NO_DATA}
    one = replace(EVEN, rows=(5, 0), contents=Contents(0, only_left=5))
    assert judge(rows()["contents"], one).value == 0


def test_what_was_not_evaluated_is_an_error_of_its_own_row() -> None:
    """Contents that cannot be compared do not hide the count."""
    found = replace(EVEN, contents=NotEvaluated("no hash"), sums=(NotEvaluated("text"),))
    levels = {label: judge(row, found).level for label, row in rows(tolerate=at_least(0)).items()}
    assert levels == {"rows": Level.OK, "sum amount": Level.ERROR, "contents": Level.ERROR}
    every = {judge(row, NotEvaluated("no column")).level for row in rows().values()}
    assert every == {Level.ERROR}


def test_anything_but_two_tables_is_an_error() -> None:
    """The sentence says what to return."""
    verdict = rows()["rows"].judge(5, CONTEXT)
    assert verdict.level is Level.ERROR
    assert 'return app.table("orders"), warehouse.table("orders")' in verdict.sentence
    assert rows()["rows"].judge(None, CONTEXT).level is Level.NO_DATA


def test_a_limit_can_be_overridden() -> None:
    """The configuration may tolerate more, as a percentage only."""
    row = rows()["rows"].override({"alert": 90})
    assert judge(row, replace(EVEN, rows=(100, 95))).level is Level.OK
    with pytest.raises(DeclarationError, match=r"write 95, not 0.95"):
        rows()["rows"].override({"alert": 0.9})
