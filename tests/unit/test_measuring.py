"""Measuring once, and judging what came of it: values, errors and outages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from gatepost.declaring import Declared
from gatepost.errors import MeasurementError, Unavailable
from gatepost.expectations.answers import answers
from gatepost.expectations.base import Expectation
from gatepost.expectations.falls import falls_at_most
from gatepost.expectations.limits import at_least
from gatepost.expectations.mean import share_of_mean
from gatepost.expectations.row_count import row_count
from gatepost.expectations.sustained import Sustained
from gatepost.measuring import Measurement, judge, judge_error, judge_outage, measure
from gatepost.model import Declaration, Level, Limits, Point
from gatepost.tables.asks import Scan
from gatepost.targets.journal import note

SLOT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
LIMIT = at_least(95, alert=90, unit="%")
DOWN = Unavailable("db", "connection refused")


def declared(
    expectation: Expectation[Any] | None = LIMIT, sustained: Sustained | None = None
) -> Declared:
    limits, unit = (expectation.limits, expectation.unit) if expectation else (Limits(), "")
    declaration = Declaration("a.b.c", "a", "b", "", "", 1, limits=limits, unit=unit)
    return Declared(declaration, expectation, (expectation,) if expectation else (), sustained)


def measured(value: Any = None, error: Exception | None = None) -> Measurement:
    return Measurement(value, error, SLOT, 0.1, (), None)


def no_history(_: int) -> tuple[Point, ...]:
    raise AssertionError("the history was asked for")


def test_a_value_is_kept_with_how_it_was_measured() -> None:
    """When, how long it took, and which statements were sent."""

    def call() -> float:
        note("select 97")
        return 97.0

    before = datetime.now(UTC)
    measurement = measure(call, (), SLOT)
    assert (measurement.value, measurement.error) == (97.0, None)
    assert measurement.statements == ("select 97",)
    assert before <= measurement.started <= datetime.now(UTC)
    assert 0 <= measurement.seconds < 5


def test_an_error_is_kept_instead_of_a_value() -> None:
    """With the statements that were sent before it."""
    error = ZeroDivisionError("division by zero")

    def call() -> float:
        note("select 1/0")
        raise error

    measurement = measure(call, (), SLOT)
    assert (measurement.value, measurement.error) == (None, error)
    assert measurement.statements == ("select 1/0",)


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit, pytest.skip.Exception])
def test_what_ends_the_run_or_the_test_is_let_through(ending: type[BaseException]) -> None:
    """Ctrl-C, exit and skip are no results of measuring."""

    def call() -> None:
        raise ending("now")

    with pytest.raises(ending):
        measure(call, (), SLOT)


def test_a_table_is_asked_what_its_expectations_ask() -> None:
    """The answers take the table's place, so that the table is not kept."""
    rows = row_count(at_least(1))
    measurement = measure(lambda: pd.DataFrame({"a": [1, 2]}), rows.asks, SLOT)
    assert isinstance(measurement.value, Scan)
    assert judge(measurement, declared(rows), SLOT, None, no_history).level is Level.OK


def test_an_error_while_asking_is_an_error_of_measuring() -> None:
    """As one in the check itself."""

    class Broken:
        name = "broken"

        def __getattr__(self, name: str) -> Any:
            raise MeasurementError("no such table")

    rows = row_count(at_least(1))
    measurement = measure(Broken, rows.asks, SLOT)
    assert measurement.error is not None or not isinstance(measurement.value, Scan)
    assert judge(measurement, declared(rows), SLOT, None, no_history).level is Level.ERROR


def test_a_value_is_judged_by_its_expectation() -> None:
    """Without asking for the history, where it does not matter."""
    verdict = judge(measured(94), declared(), SLOT, None, no_history)
    assert (verdict.level, verdict.value) == (Level.WARNING, 94)


def test_history_is_brought_where_it_matters() -> None:
    """For a sustained breach, and for expectations that look back."""
    history = tuple(Point(SLOT - timedelta(hours=n), 80.0) for n in (2, 1))
    hour = timedelta(hours=1)
    sustained = declared(LIMIT, Sustained(duration=3 * hour))
    verdict = judge(measured(80), sustained, SLOT, hour, lambda _: history)
    assert (verdict.level, verdict.streak) == (Level.BREACH, 3)
    verdict = judge(measured(80), sustained, SLOT, hour, lambda _: history[1:])
    assert verdict.level is Level.WARNING
    mean = declared(share_of_mean(0.5, over=2, least=2))
    assert judge(measured(80), mean, SLOT, None, lambda _: history).level is Level.OK


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("expectation", "sustained", "cadence", "slots"),
    [
        (LIMIT, Sustained(runs=3), None, 90),
        (LIMIT, Sustained(runs=200), None, 200),
        (LIMIT, Sustained(duration=200 * HOUR), HOUR, 200),
        (LIMIT, Sustained(duration=2 * HOUR), None, 10_000),
        (share_of_mean(0.5, over=300), None, None, 300),
        (share_of_mean(0.5, over=300), Sustained(runs=5), HOUR, 305),
        (falls_at_most(5, within="10 days"), None, HOUR, 240),
        (falls_at_most(5, within="10 days"), None, None, 10_000),
        (falls_at_most(5, within="10 days"), Sustained(runs=5), 7 * HOUR, 90),
    ],
)
def test_as_much_history_is_brought_as_is_looked_at(
    expectation: Any, sustained: Sustained | None, cadence: timedelta | None, slots: int
) -> None:
    """Never less than what is plotted; where only time counts, as much as a month has."""
    asked: list[int] = []

    def history(count: int) -> tuple[Point, ...]:
        asked.append(count)
        return ()

    judge(measured(80), declared(expectation, sustained), SLOT, cadence, history)
    assert asked == [slots]


def test_a_plain_test_passes_by_returning_nothing() -> None:
    """Its assertions are its judgement."""
    verdict = judge(measured(None), declared(None), SLOT, None, no_history)
    assert (verdict.level, verdict.sentence) == (Level.OK, "passed")


@pytest.mark.parametrize("value", [97.0, 0, False, "", []])
def test_a_forgotten_expectation_is_an_error(value: Any) -> None:
    """A value that nobody judges would always be green."""
    verdict = judge(measured(value), declared(None), SLOT, None, no_history)
    assert verdict.level is Level.ERROR
    assert verdict.sentence == (
        f"the check returned {value!r}, but declares no expectation to judge it; "
        "decorate it with @check(...), for instance @check(recorded())"
    )


@pytest.mark.parametrize("expectation", [LIMIT, None])
@pytest.mark.parametrize(
    ("error", "level", "sentence"),
    [
        (AssertionError("assert 3 == 4\n  where 3 = f()"), "breach", "assert 3 == 4"),
        (AssertionError(), "breach", "the assertion failed"),
        (
            MeasurementError("the table jobs does not exist"),
            "error",
            "the table jobs does not exist",
        ),
        (
            ZeroDivisionError("division by zero"),
            "error",
            "measuring failed: ZeroDivisionError: division by zero",
        ),
        (KeyError("a"), "error", "measuring failed: KeyError: 'a'"),
        (RuntimeError(), "error", "measuring failed: RuntimeError"),
        (ValueError("in\ntwo  lines"), "error", "measuring failed: ValueError: in two lines"),
    ],
)
def test_an_error_has_a_level_and_a_sentence(
    expectation: Expectation[Any] | None, error: Exception, level: str, sentence: str
) -> None:
    """A failed assertion is the author's own breach; anything else says that measuring failed."""
    check = declared(expectation)
    verdict = judge(measured(error=error), check, SLOT, None, no_history)
    assert (verdict.level, verdict.sentence) == (level, sentence)
    assert verdict == judge_error(error, check)
    assert verdict.value is None
    assert (verdict.limits, verdict.unit) == (check.declaration.limits, check.declaration.unit)


def test_a_long_error_is_cut() -> None:
    """One line that fits a message; the traceback has the rest."""
    assert len(judge_error(ValueError("x" * 5000), declared()).sentence) < 400
    assert len(judge_error(AssertionError("x" * 5000), declared()).sentence) == 300


def test_an_outage_is_told_by_one_check() -> None:
    """The witness carries the error; whoever waits for the target points to it."""
    witness = judge_outage(DOWN, declared(), is_witness=True)
    assert (witness.level, witness.cause) == (Level.ERROR, "db")
    assert witness.sentence == "db is unavailable: connection refused"
    other = judge_outage(DOWN, declared(), is_witness=False)
    assert (other.level, other.cause) == (Level.INHIBITED, "db")
    assert other.sentence == "not measured: db is unavailable"
    assert (other.limits, other.unit) == (LIMIT.limits, "%")


def test_an_outage_is_a_breach_where_an_expectation_judges_it() -> None:
    """As that of the target's own ping; only where it is the witness."""
    check = declared(answers("1 s"))
    verdict = judge_outage(DOWN, check, is_witness=True)
    assert (verdict.level, verdict.cause) == (Level.BREACH, "db")
    assert verdict.sentence == "no answer: connection refused"
    assert judge_outage(DOWN, check, is_witness=False).level is Level.INHIBITED


def test_a_plain_test_can_be_the_witness_too() -> None:
    """It has no expectation that could judge the outage."""
    assert judge_outage(DOWN, declared(None), is_witness=True).level is Level.ERROR
