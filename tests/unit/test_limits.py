"""Limits on numbers: where they fall, what they say, and what they refuse."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context
from gatepost.expectations.limits import (
    Limit,
    above,
    as_number,
    at_least,
    at_most,
    below,
    between,
    exactly,
    recorded,
)
from gatepost.expectations.sustained import Sustained
from gatepost.model import Level, Limits, Point

SLOT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
CONTEXT = Context(SLOT)
DAY = timedelta(days=1)

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


@pytest.mark.parametrize(
    ("limit", "value", "level", "sentence"),
    [
        (at_least(95, alert=90), 95, "ok", "95 is at least 95, the target; alert below 90"),
        (at_least(95, alert=90), 94, "warning", "94 is below 95, the target; alert below 90"),
        (at_least(95, alert=90), 90, "warning", "90 is below 95, the target; alert below 90"),
        (
            at_least(95, alert=90),
            89,
            "breach",
            "89 is below 90, the alert limit; target at least 95",
        ),
        (at_least(95), 94, "warning", "94 is below 95, the target"),
        (at_least(alert=90), 90, "ok", "90 is at least 90, the alert limit"),
        (at_least(alert=90), 89, "breach", "89 is below 90, the alert limit"),
        (at_most(5, alert=9), 5, "ok", "5 is at most 5, the target; alert above 9"),
        (at_most(5, alert=9), 9, "warning", "9 is above 5, the target; alert above 9"),
        (at_most(5, alert=9), 9.5, "breach", "9.5 is above 9, the alert limit; target at most 5"),
        (above(0), 0, "warning", "0 is at or below 0, the target"),
        (above(alert=0), 0, "breach", "0 is at or below 0, the alert limit"),
        (above(alert=0), 0.1, "ok", "0.1 is above 0, the alert limit"),
        (below(5, alert=9), 9, "breach", "9 is at or above 9, the alert limit; target below 5"),
        (below(5, alert=9), 5, "warning", "5 is at or above 5, the target; alert at or above 9"),
        (between(1, 2), 3, "warning", "3 is outside 1 to 2, the target"),
        (
            between(1, 2, alert=(0, 9)),
            2,
            "ok",
            "2 is between 1 and 2, the target; alert outside 0 to 9",
        ),
        (
            between(1, 2, alert=(0, 9)),
            -1,
            "breach",
            "-1 is outside 0 to 9, the alert limit; target between 1 and 2",
        ),
        (
            between(1, 2, alert=at_least(0)),
            99,
            "warning",
            "99 is outside 1 to 2, the target; alert below 0",
        ),
        (
            at_least(5, alert=above(0)),
            0,
            "breach",
            "0 is at or below 0, the alert limit; target at least 5",
        ),
        (exactly(3), 3, "ok", "3 is exactly 3, the alert limit"),
        (exactly(3), 4, "breach", "4 is not 3, the alert limit"),
        (recorded(), -7.5, "ok", "-7.5, recorded without limits"),
    ],
)
def test_a_number_is_judged_and_the_next_limit_named(
    limit: Limit, value: float, level: str, sentence: str
) -> None:
    """A bound itself is fine, unless it is open; the sentence has value, limit and next limit."""
    verdict = limit.judge(value, CONTEXT)
    assert (verdict.level, verdict.sentence) == (level, sentence)
    assert verdict.value == value
    assert verdict.limits == limit.limits


@pytest.mark.parametrize(
    ("value", "shown"), [(99.99999, "99.99999 %"), (0.00001, "1e-05 %"), (99.5, "99.5 %")]
)
def test_a_share_is_never_rounded_to_all_or_nothing(value: float, shown: str) -> None:
    """One bad row in a million is seen, whatever the limits are."""
    verdict = at_least(95, alert=90, unit="%").judge(value, CONTEXT)
    assert verdict.sentence.startswith(f"{shown} is ")


def test_the_unit_stands_behind_every_number() -> None:
    """In the sentence, in the limits' words, and beside the value."""
    limit = at_least(95, alert=90, unit="%")
    verdict = limit.judge(94, CONTEXT)
    assert verdict.sentence == "94 % is below 95 %, the target; alert below 90 %"
    assert (verdict.unit, limit.unit) == ("%", "%")
    assert str(limit) == "at least 95 %, alert below 90 %"
    assert recorded(unit="ms").judge(3, CONTEXT).sentence == "3 ms, recorded without limits"


def test_limits_are_told_as_numbers_and_in_words() -> None:
    """What plots draw and what people read come from the same value."""
    assert at_least(95, alert=90).limits == Limits(
        95, None, 90, None, "at least 95, alert below 90"
    )
    assert between(1, 2, alert=(0, 9)).limits.bounds == (0, 1, 2, 9)
    assert exactly(3).limits == Limits(None, None, 3, 3, "alert not 3")
    assert recorded().limits == Limits(text="recorded without limits")


@pytest.mark.parametrize("name", ["at_least", "at_most", "above", "below"])
def test_a_label_never_contains_a_limit(name: str) -> None:
    """An edited threshold keeps the history of its row."""
    make = {"at_least": at_least, "at_most": at_most, "above": above, "below": below}[name]
    assert make(1).label == make(alert=2, unit="%").label == name
    assert between(1, 2).label == "between"
    assert exactly(1).label == "exactly"
    assert recorded().label == "recorded"


OPENINGS = {
    "at_least": (at_least, "at least", "below"),
    "at_most": (at_most, "at most", "above"),
    "above": (above, "above", "at or below"),
    "below": (below, "below", "at or above"),
}


@given(st.sampled_from(sorted(OPENINGS)), NUMBERS, NUMBERS, NUMBERS)
@example("at_least", 94.9996, 95, 90)
@example("at_most", math.nextafter(5, 6), 5, 9)
@example("above", 12_345.678, 12_345.678, 0)
def test_the_sentence_says_what_the_level_means(
    name: str, value: float, one: float, other: float
) -> None:
    """The shown number lies where the words say, and the words are those of the level."""
    make, inside, outside = OPENINGS[name]
    high = name in ("at_most", "below")
    target, alert = (min(one, other), max(one, other))[:: 1 if high else -1]
    verdict = make(target, alert=alert).judge(value, CONTEXT)
    said = re.match(r"(\S+) is (\D+) (\S+), the (target|alert limit)", verdict.sentence)
    assert said
    shown, words = float(said[1].replace(",", "")), said[2]
    limit, kind = float(said[3].replace(",", "")), said[4]
    level = {
        (inside, "target"): Level.OK,
        (outside, "target"): Level.WARNING,
        (outside, "alert limit"): Level.BREACH,
    }[words, kind]
    holds = {
        "at least": shown >= limit,
        "at most": shown <= limit,
        "above": shown > limit,
        "below": shown < limit,
        "at or below": shown <= limit,
        "at or above": shown >= limit,
    }[words]
    assert verdict.level is level
    assert holds, verdict.sentence
    assert limit == (target if kind == "target" else alert)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "nothing was measured; expected at least 95, alert below 90"),
        (
            math.nan,
            "the measured value is NaN (not a number); expected at least 95, alert below 90",
        ),
        (math.inf, "the measured value is infinite; expected at least 95, alert below 90"),
        (-math.inf, "the measured value is infinite; expected at least 95, alert below 90"),
        (Decimal("NaN"), "the measured value is NaN (not a number)"),
        ({}, "a mapping without labels was measured; expected at least 95, alert below 90"),
        (pd.Series(dtype=float), "no complete slot was measured; expected at least 95"),
    ],
)
def test_what_is_no_number_is_no_data(value: Any, said: str) -> None:
    """A measurement that found nothing is neither fine nor a breach, sustained or not."""
    for sustained in (None, Sustained(runs=2)):
        verdict = at_least(95, alert=90).judge(value, Context(SLOT, sustained=sustained))
        assert verdict.level is Level.NO_DATA
        assert verdict.sentence.startswith(said)
        assert verdict.value is None


def test_without_limits_no_data_names_none() -> None:
    """There is nothing that was expected of a recorded number."""
    assert recorded().judge(None, CONTEXT).sentence == "nothing was measured"


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (4, 4.0),
        (Decimal("4.5"), 4.5),
        (Fraction(1, 4), 0.25),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7.0),
        (np.array(5.0), 5.0),
    ],
)
def test_every_kind_of_number_is_a_number(value: object, number: float) -> None:
    """Python's, numpy's and decimals become a plain float."""
    read = as_number(value)
    assert read == number
    assert type(read) is float


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.True_,
        np.array(True),
        "97",
        b"97",
        "",
        10**400,
        Fraction(10**400),
        Decimal("sNaN"),
        np.array([1.0, 2.0]),
        pd.NA,
        pd.NaT,
        np.datetime64("2026-03-01"),
        timedelta(1),
        [97],
        pd.DataFrame({"a": [1]}),
        pytest.param(object(), id="object"),
    ],
    ids=repr,
)
def test_what_is_no_number_is_an_error_of_the_check(value: Any) -> None:
    """Truth values and texts too: a limit on them is a mistake, even if they would pass it."""
    assert as_number(value) is None
    verdict = at_least(0, alert=-1).judge(value, CONTEXT)
    assert verdict.level is Level.ERROR
    assert re.match(r"the check returned an? \w+ \(.*\); a limit judges a number", verdict.sentence)


def test_labelled_numbers_are_judged_one_by_one() -> None:
    """The worst decides; those that miss are counted and named with their sentences."""
    verdict = at_least(95, alert=90).judge({"a": 99, "b": 94, "c": 80, "d": None}, CONTEXT)
    assert verdict.level is Level.BREACH
    assert verdict.sentence == (
        "3 of 4 labels miss: c: 80 is below 90, the alert limit; target at least 95; "
        "also d (no data), b (94)"
    )
    assert (verdict.value, verdict.bad, verdict.total) == (80, 3, 4)


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({"a": 99}, Level.OK),
        ({"a": 99, "b": 94}, Level.WARNING),
        ({"a": 94, "b": math.nan}, Level.NO_DATA),
        ({"a": math.nan, "b": "x"}, Level.ERROR),
        ({"a": "x", "b": 1}, Level.BREACH),
    ],
)
def test_the_worst_label_decides(values: dict[str, Any], level: Level) -> None:
    """What could not be judged is worse than what misses its target."""
    assert at_least(95, alert=90).judge(values, CONTEXT).level is level


def test_labels_that_look_alike_are_both_judged() -> None:
    """A number and its text are two labels; neither hides the other."""
    mixed: dict[Any, float] = {"1": 50, 1: 99}
    verdict = at_least(95).judge(mixed, CONTEXT)
    assert (verdict.level, verdict.bad, verdict.total) == (Level.WARNING, 1, 2)


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        (at_least(95, alert=90), "each of 2 labels is at least 95, the target; alert below 90"),
        (at_least(alert=90), "each of 2 labels is at least 90, the alert limit"),
        (recorded(), "2 labels, recorded without limits"),
    ],
)
def test_labels_that_are_all_fine_are_counted(limit: Limit, sentence: str) -> None:
    """One sentence for all of them."""
    verdict = limit.judge({"a": 97, "b": 99}, CONTEXT)
    assert (verdict.level, verdict.sentence, verdict.bad) == (Level.OK, sentence, 0)


def test_a_breach_of_labelled_numbers_lasts_as_long_as_that_of_the_worst() -> None:
    """A number by its label has no past; what is stored of each run is the worst label's."""
    history = tuple(Point(SLOT - n * DAY, value) for n, value in ((3, 96), (2, 80), (1, 70)))
    for earlier, level in ((history, Level.BREACH), (history[:2], Level.WARNING)):
        context = Context(SLOT, earlier, None, Sustained(runs=3))
        verdict = at_least(95, alert=90).judge({"a": 80, "b": 97}, context)
        assert verdict.level is level
        assert verdict.sentence.startswith("1 of 2 labels misses: a: 80 is below 90")
        assert verdict.streak == len(earlier)
        assert verdict.since == SLOT - 2 * DAY
    assert verdict.sentence.endswith(
        "for 2 of 3 slots in a row; pending, an alert after 3 in a row"
    )


def test_a_pending_breach_hides_no_other_label() -> None:
    """What could not be judged is worse than what may become an alert."""
    context = Context(SLOT, (), None, Sustained(runs=3))
    verdict = at_least(95, alert=90).judge({"a": 80, "b": None, "c": 94}, context)
    assert verdict.level is Level.NO_DATA
    assert verdict.sentence.startswith("3 of 3 labels miss: b: nothing was measured")


def test_a_label_may_have_a_history() -> None:
    """A series under a label is judged at its newest slot; the one that misses is plotted."""
    days = pd.period_range("2026-03-08", periods=2, freq="D")
    history = {"a": pd.Series([99.0, 80.0], index=days), "b": 97}
    verdict = at_least(95, alert=90).judge(history, CONTEXT)
    assert verdict.sentence.startswith("1 of 2 labels misses: a: 2026-03-09: 80 is below 90")
    assert [point.value for point in verdict.trend] == [99, 80]
    assert at_least(50).judge(history, CONTEXT).trend == ()


def test_a_sustained_breach_counts_the_checks_own_history() -> None:
    """A single number has a streak in what earlier runs stored."""
    history = tuple(Point(SLOT - n * DAY, 80) for n in (2, 1))
    waiting = Context(SLOT, history[1:], None, Sustained(runs=3))
    verdict = at_least(95, alert=90).judge(80, waiting)
    assert verdict.level is Level.WARNING
    assert verdict.sentence.endswith(
        "; for 2 of 3 slots in a row; pending, an alert after 3 in a row"
    )
    verdict = at_least(95, alert=90).judge(80, Context(SLOT, history, None, Sustained(runs=3)))
    assert verdict.level is Level.BREACH
    assert (verdict.since, verdict.streak) == (SLOT - 2 * DAY, 3)
    assert verdict.sentence.startswith("80 is below 90")


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: at_least(), "at_least() needs a target, an alert level, or both"),
        (lambda: at_least(90, alert=95), "the alert level lies on the wrong side of the target"),
        (lambda: at_least(90, alert=95), "at least 90 would be fine and below 95 an alert at once"),
        (lambda: at_most(9, alert=5), "at most 9 would be fine and above 5 an alert at once"),
        (lambda: above(5, alert=5.1), "above 5 would be fine and at or below 5.1 an alert"),
        (
            lambda: at_least(5, alert=above(5)),
            "at least 5 would be fine and at or below 5 an alert",
        ),
        (lambda: at_least(5, alert=at_most(9)), "wrong side"),
        (lambda: between(1, 5, alert=(2, 9)), "between 1 and 5 would be fine and outside 2 to 9"),
        (lambda: between(1, 5, alert=at_least(2)), "wrong side"),
        (lambda: between(5, 1), "between: the lower bound 5 is above the upper bound 1"),
        (lambda: between(1, 5, alert=(9, 0)), "between(alert=...): the lower bound 9 is above"),
        (lambda: between(1, 5, alert=(0, 9, 12)), "between(alert=...): expected a pair of numbers"),  # type: ignore[arg-type]
        (lambda: between(1, 5, alert=9), "between(alert=...): expected a pair of numbers"),  # type: ignore[arg-type]
        (lambda: at_least(math.nan), "at_least: expected a finite number as a limit, got nan"),
        (lambda: at_least(95, alert=math.inf), "at_least(alert=...): expected a finite number"),
        (lambda: exactly("3"), "exactly: expected a finite number as a limit, got '3'"),  # type: ignore[arg-type]
        (
            lambda: at_least(9, alert=at_least(5, alert=1)),
            "at_least(alert=...) takes a plain limit",
        ),
        (lambda: between(1, 5, alert=recorded()), "between(alert=...) takes a plain limit"),
    ],
)
def test_a_limit_that_cannot_be_meant_so_is_refused(declare: Any, message: str) -> None:
    """It fails where it is declared, with its name and what is wrong with it."""
    with pytest.raises(DeclarationError, match=re.escape(message)):
        declare()


def test_an_alert_level_may_equal_the_target() -> None:
    """Then there is no warning: one step beyond the target is an alert."""
    limit = at_least(95, alert=95)
    assert limit.judge(94.9, CONTEXT).level is Level.BREACH
    assert limit.judge(95, CONTEXT).level is Level.OK


@pytest.mark.parametrize(
    ("limit", "values", "text"),
    [
        (
            at_least(95, alert=90, unit="%"),
            {"target": 80, "alert": 70},
            "at least 80 %, alert below 70 %",
        ),
        (at_least(95, alert=90), {"alert": 50}, "at least 95, alert below 50"),
        (above(5), {"target": 3}, "above 3"),
        (at_most(5, alert=9), {"target": 7}, "at most 7, alert above 9"),
        (between(1, 2), {"target": [3, 4]}, "between 3 and 4"),
        (between(1, 2, alert=(0, 9)), {"alert": (1, 3)}, "between 1 and 2, alert outside 1 to 3"),
        (between(1, 2, alert=at_least(0)), {"alert": 0.5}, "between 1 and 2, alert below 0.5"),
        (exactly(3), {"alert": 4}, "alert not 4"),
    ],
)
def test_a_limit_can_be_overridden(limit: Limit, values: dict[str, Any], text: str) -> None:
    """Level by level, keeping direction, strictness, unit and name."""
    changed = limit.override(values)
    assert str(changed) == text
    assert changed.label == limit.label


@pytest.mark.parametrize(
    ("limit", "values", "message"),
    [
        (at_least(95), {"alert": 90}, "at least 95 has no alert level to override"),
        (recorded(), {"target": 90}, "recorded without limits has no target level to override"),
        (at_least(95), {"warning": 90}, "'warning' is no limit of at least 95"),
        (
            at_least(95),
            {"target": "90"},
            "target of at least 95: expected a finite number as a limit, got '90'",
        ),
        (at_least(95), {"target": True}, "target of at least 95: expected a finite number"),
        (at_least(95, alert=90), {"target": 80}, "limits: the alert level lies on the wrong side"),
        (between(1, 2), {"target": 3}, "target of between 1 and 2: expected a pair of numbers"),
        (between(1, 2), {"target": [4, 3]}, "the lower bound 4 is above the upper bound 3"),
        (between(1, 2), {"target": ["a", 3]}, "expected a finite number as a limit, got 'a'"),
    ],
)
def test_an_override_that_cannot_be_meant_so_is_refused(
    limit: Limit, values: dict[str, Any], message: str
) -> None:
    """The same care as for what is written in code."""
    with pytest.raises(DeclarationError, match=re.escape(message)):
        limit.override(values)


def test_without_a_value_an_alert_is_not_what_is_expected() -> None:
    """Where nothing was measured, a lone alert limit is told as a limit, not as an expectation."""
    assert (
        at_least(alert=80).judge(None, CONTEXT).sentence == "nothing was measured; alert below 80"
    )
    days = pd.Series([], dtype=float, index=pd.PeriodIndex([], freq="D"))
    assert recorded().judge(days, CONTEXT).sentence == "no complete slot was measured"
