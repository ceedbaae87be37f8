"""share_of_mean: the newest value against the plain mean of those before it."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context
from gatepost.expectations.mean import share_of_mean
from gatepost.expectations.sustained import Sustained
from gatepost.model import Level, Point, Verdict

SLOT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HALF = share_of_mean(0.5, over=5, least=3)
BOTH = share_of_mean(0.5, most=2, over=5, least=3)
SPIKE = share_of_mean(most=2, over=5, least=3)


def daily(*values: float) -> pd.Series[float]:
    index = pd.period_range(end="2026-03-09", periods=len(values), freq="D")
    return pd.Series(list(values), index=index)


def judge(*values: float, share: Any = HALF, sustained: Sustained | None = None) -> Verdict:
    verdict: Verdict = share.judge(daily(*values), Context(SLOT, sustained=sustained))
    return verdict


@pytest.mark.parametrize(
    ("values", "level", "sentence"),
    [
        ((90, 100, 110, 50), "ok", "50 is at least 50: 50 % of the mean 100 of 3 slots"),
        (
            (90, 100, 110, 49),
            "breach",
            "49 is below 50, the alert limit: 50 % of the mean 100 of 3 slots",
        ),
        (
            (0, 90, 100, 110, 100, 100, 49),
            "breach",
            "49 is below 50, the alert limit: 50 % of the mean 100 of 5 slots",
        ),
        (
            (90, math.nan, 100, 110, 49),
            "breach",
            "49 is below 50, the alert limit: 50 % of the mean 100 of 3 slots",
        ),
        (
            (90, math.inf, 100, 110, 49),
            "breach",
            "49 is below 50, the alert limit: 50 % of the mean 100 of 3 slots",
        ),
    ],
)
def test_the_newest_is_compared_with_the_mean_of_those_before(
    values: tuple[float, ...], level: str, sentence: str
) -> None:
    """Itself and what is older than `over` slots left out, and slots without a number."""
    verdict = judge(*values)
    assert (verdict.level, verdict.sentence) == (level, f"2026-03-09: {sentence}")
    assert (verdict.value, verdict.limits.alert_low) == (values[-1], 50)


@pytest.mark.parametrize(
    ("share", "value", "level", "sentence"),
    [
        (BOTH, 49, "breach", "49 is below 50, the alert limit: 50 % of the mean 100 of 3 slots"),
        (
            BOTH,
            201,
            "breach",
            "201 is above 200, the alert limit: 200 % of the mean 100 of 3 slots",
        ),
        (BOTH, 50, "ok", "50 is between 50 and 200: 50 % and 200 % of the mean 100 of 3 slots"),
        (BOTH, 200, "ok", "200 is between 50 and 200: 50 % and 200 % of the mean 100 of 3 slots"),
        (SPIKE, 1, "ok", "1 is at most 200: 200 % of the mean 100 of 3 slots"),
        (
            SPIKE,
            300,
            "breach",
            "300 is above 200, the alert limit: 200 % of the mean 100 of 3 slots",
        ),
    ],
)
def test_a_greatest_share_finds_spikes(share: Any, value: float, level: str, sentence: str) -> None:
    """Beside the least, or alone; the plot has both."""
    verdict = judge(90, 100, 110, value, share=share)
    assert (verdict.level, verdict.sentence) == (level, f"2026-03-09: {sentence}")
    assert (verdict.limits.alert_low, verdict.limits.alert_high) == (
        50 if share is BOTH else None,
        200,
    )


def test_a_share_as_it_is_written_is_exact() -> None:
    """7 % of 100 is 7, though binary digits know no better."""
    assert judge(100, 100, 100, 7, share=share_of_mean(0.07, least=3)).level is Level.OK


@given(
    st.lists(st.floats(0.01, 1e6), min_size=3, max_size=5),
    st.floats(0.01, 1e7),
    st.floats(0.01, 1),
    st.floats(1, 10),
)
def test_both_bounds_say_what_the_level_means(
    before: list[float], value: float, share: float, most: float
) -> None:
    """The numbers, as shown, compare as the words between them say."""
    verdict = judge(*before, value, share=share_of_mean(share, most=most, over=5, least=3))
    said = re.match(
        r"2026-03-09: (\S+) is (below|above|between) (\S+?)(?: and (\S+?))?[:,] ", verdict.sentence
    )
    assert said, verdict.sentence
    shown, limit = (float(said[place].replace(",", "")) for place in (1, 3))
    assert verdict.level is (Level.OK if said[2] == "between" else Level.BREACH)
    if said[2] == "between":
        assert limit <= shown <= float(said[4].replace(",", "")), verdict.sentence
    else:
        assert (shown < limit) if said[2] == "below" else (shown > limit), verdict.sentence


@given(
    st.lists(st.floats(0.01, 1e6), min_size=3, max_size=5),
    st.floats(0.01, 1e6),
    st.floats(0.01, 1),
)
def test_the_sentence_says_what_the_level_means(
    before: list[float], value: float, share: float
) -> None:
    """The two numbers, as shown, compare as the words between them say."""
    verdict = judge(*before, value, share=share_of_mean(share, over=5, least=3))
    number = r"([\d.,e+-]*\d)"
    said = re.match(rf"2026-03-09: {number} is (below|at least) {number}[,:] ", verdict.sentence)
    assert said, verdict.sentence
    shown, limit = (float(said[place].replace(",", "")) for place in (1, 3))
    assert verdict.level is (Level.BREACH if said[2] == "below" else Level.OK)
    assert (shown < limit) is (said[2] == "below"), verdict.sentence


def test_two_numbers_that_round_alike_are_told_apart() -> None:
    """Neither the value nor the computed limit is rounded onto the other."""
    verdict = judge(190.0001, 190.0001, 190.0001, 95)
    assert verdict.sentence.startswith("2026-03-09: 95 is below 95.0001, the alert limit")


def test_a_short_history_is_learning() -> None:
    """It is neither fine nor failing until there is something to compare with."""
    verdict = judge(100, 100, 1)
    assert verdict.level is Level.LEARNING
    assert verdict.sentence == "2026-03-09: 1; learning, 2 of 3 earlier values known"
    assert judge(100, 100, math.nan, 1).level is Level.LEARNING
    assert judge(100, 100, 100, 1).level is Level.BREACH


@pytest.mark.parametrize("before", [(0, 0, 0), (-5, -5, -5)])
def test_there_is_no_share_of_nothing(before: tuple[float, ...]) -> None:
    """A mean of zero or less cannot be judged against."""
    verdict = judge(*before, 7)
    assert verdict.level is Level.NO_DATA
    assert verdict.sentence.endswith(f"before is {before[0]}, of which no share can be judged")


def test_a_single_value_has_its_history_in_earlier_runs() -> None:
    """Undated, in its unit, with the stored values as those before."""
    history = tuple(Point(SLOT - n * DAY, 100.0) for n in (3, 2, 1))
    share = share_of_mean(0.5, over=5, least=3, unit="rows")
    verdict = share.judge(40, Context(SLOT, history))
    assert verdict.sentence == (
        "40 rows is below 50, the alert limit: 50 % of the mean 100 of 3 slots"
    )
    assert (verdict.level, verdict.unit) == (Level.BREACH, "rows")
    assert share.looks_back == 5


@pytest.mark.parametrize(
    ("value", "level", "said"),
    [
        (None, Level.NO_DATA, "nothing was measured; expected at least 50 % of the mean"),
        (
            math.nan,
            Level.NO_DATA,
            "the measured value is NaN (not a number); expected at",
        ),
        (math.inf, Level.NO_DATA, "the measured value is infinite; expected at least 50 %"),
        ("7", Level.ERROR, "the check returned a str ('7'); share_of_mean judges a number"),
        (
            {"a": 7},
            Level.ERROR,
            "1 of 1 label misses: a: the check returned an int (7)",
        ),
        (pd.Series([1.0]), Level.ERROR, "the check returned a Series indexed by int64"),
        (pd.Series(dtype=float), Level.NO_DATA, "no complete slot was measured"),
    ],
)
def test_what_cannot_be_compared_never_passes(value: Any, level: Level, said: str) -> None:
    """However much history there is."""
    history = tuple(Point(SLOT - n * DAY, 100.0) for n in (3, 2, 1))
    verdict = HALF.judge(value, Context(SLOT, history))
    assert verdict.level is level
    assert said in verdict.sentence


def test_a_sustained_breach_is_pending_first() -> None:
    """Each slot is judged by those before it, as it was then."""
    two = Sustained(runs=2)
    assert judge(100, 100, 100, 100, 1, sustained=two).level is Level.WARNING
    assert judge(100, 100, 100, 1, 1, sustained=two).level is Level.BREACH


def test_it_reads_as_a_sentence() -> None:
    """With a share in percent that is not rounded to all of it."""
    assert str(share_of_mean(0.5)) == "at least 50 % of the mean of up to 30 slots before"
    assert str(share_of_mean(0.07, over=7)) == "at least 7 % of the mean of up to 7 slots before"
    assert str(share_of_mean(0.99999)).startswith("at least 99.999 %")
    assert str(BOTH) == "between 50 % and 200 % of the mean of up to 5 slots before"
    assert str(SPIKE) == "at most 200 % of the mean of up to 5 slots before"
    assert (HALF.label, HALF.unit) == ("share_of_mean", "")


def test_the_share_can_be_overridden() -> None:
    """As the alert level that it is."""
    assert HALF.override({"alert": 0.4}).share == 0.4
    for values in ({"target": 0.4}, {"alert": 0.4, "target": 0.5}, {}):
        with pytest.raises(DeclarationError, match="can be overridden by alert, a share between"):
            HALF.override(values)
    with pytest.raises(DeclarationError, match="a share above 0 and up to 1, got 40"):
        HALF.override({"alert": 40})


def test_both_shares_are_overridden_together() -> None:
    """As a pair; one alone as a number."""
    assert str(BOTH.override({"alert": [0.4, 3]})).startswith("between 40 % and 300 %")
    assert str(SPIKE.override({"alert": 3})).startswith("at most 300 %")
    for share, alert, message in (
        (BOTH, 0.4, "expected a pair of shares such as [0.5, 2], got 0.4"),
        (BOTH, [3, 0.4], "a share above 0 and up to 1, got 3"),
        (BOTH, [0.4, 0.5], "expected a share of 1 or more, 2 for twice the mean, got 0.5"),
        (SPIKE, [0.4, 3], "expected a share of 1 or more, 2 for twice the mean, got [0.4, 3]"),
    ):
        with pytest.raises(DeclarationError, match=re.escape(message)):
            share.override({"alert": alert})


@pytest.mark.parametrize("most", [0.99, 0, -2, math.inf, math.nan, True, "2"])
def test_a_greatest_share_is_at_least_all_of_the_mean(most: Any) -> None:
    """Less would call the mean itself a spike; and one of the two shares is needed."""
    with pytest.raises(DeclarationError, match="expected a share of 1 or more"):
        share_of_mean(0.5, most=most)
    with pytest.raises(DeclarationError, match="needs a least share, most=, or both"):
        share_of_mean()


@pytest.mark.parametrize("share", [0, -0.5, 1.01, 50, True, "0.5", math.nan])
def test_a_share_is_above_zero_and_at_most_one(share: Any) -> None:
    """50 is a mistake for 0.5, and is said to be one."""
    with pytest.raises(DeclarationError, match="expected a share above 0 and up to 1"):
        share_of_mean(share)
    assert share_of_mean(1).share == 1


@pytest.mark.parametrize(("over", "least"), [(5, 6), (5, 0), (0, 0), (30, -1)])
def test_some_but_not_more_than_all_slots_must_be_known(over: int, least: int) -> None:
    """Otherwise it could never judge, or would judge by nothing."""
    with pytest.raises(DeclarationError, match="expected 1 <= least <= over"):
        share_of_mean(0.5, over=over, least=least)
    assert share_of_mean(0.5, over=1, least=1).over == 1
