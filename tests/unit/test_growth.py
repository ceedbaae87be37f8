"""no_steady_growth: a value that only ever grows."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Any

import pytest
from courses import HOUR, SLOT, hourly, judge
from hypothesis import given
from hypothesis import strategies as st

from gatepost.errors import DeclarationError
from gatepost.expectations.growth import no_steady_growth
from gatepost.model import Level

FILES = no_steady_growth(3, unit="files")
ALERT = "an alert after 3 steps of growth in a row"


@pytest.mark.parametrize(
    ("earlier", "value", "level", "sentence"),
    [
        (
            (9, 1, 2, 3),
            4.5,
            "breach",
            "4.5 files has grown at each of the last 3 steps, the alert limit: "
            "from 1 file at 2026-03-10 03:00 UTC",
        ),
        ((9, 2, 3), 4, "ok", f"4 files has grown at 2 steps; {ALERT}"),
        ((9, 2, 2, 3), 4, "ok", f"4 files has grown at 2 steps; {ALERT}"),
        ((9, 2, 3, 4), 4, "ok", f"4 files has not grown; {ALERT}"),
        ((4,), 3, "ok", f"3 files has not grown; {ALERT}"),
        ((), 3, "learning", "3 files; learning, 1 of 4 values known"),
        ((1, 2), 3, "learning", "3 files; learning, 3 of 4 values known"),
        ((1, None, 2, math.nan), 3, "learning", "3 files; learning, 3 of 4 values known"),
        (
            (0, None, 1, 2, None),
            3,
            "breach",
            "3 files has grown at each of the last 3 steps, the alert limit: "
            "from 0 files at 2026-03-10 01:00 UTC",
        ),
    ],
)
def test_growth_at_every_step_is_an_alert(
    earlier: tuple[float, ...], value: float, level: str, sentence: str
) -> None:
    """One step without it is enough to be fine, however short the history; a gap is no step."""
    verdict = judge(FILES, value, *earlier)
    assert (verdict.level, verdict.sentence) == (level, sentence)
    assert verdict.value == value


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(2, 5))
def test_it_is_what_a_plain_count_says(values: list[int], over: int) -> None:
    """An alert exactly when the last steps all lead upwards and there are enough of them."""
    verdict = judge(no_steady_growth(over), values[-1], *values[:-1])
    steps = [later > earlier for earlier, later in pairwise(values)][-over:]
    if not all(steps):
        assert verdict.level is Level.OK
    else:
        assert verdict.level is (Level.BREACH if len(steps) == over else Level.LEARNING)


@pytest.mark.parametrize(
    ("value", "level", "said"),
    [
        (None, Level.NO_DATA, "nothing was measured; expected no growth at each of 3 steps in a"),
        (math.inf, Level.NO_DATA, "the measured value is infinite; expected no growth"),
        (True, Level.ERROR, "the check returned a bool (True); no_steady_growth judges a number"),
        (hourly(3, math.nan), Level.NO_DATA, "no value for 2026-03-10 06:00 UTC"),
    ],
)
def test_what_cannot_be_compared_never_passes(value: Any, level: Level, said: str) -> None:
    """However much history there is."""
    verdict = judge(FILES, value, 9, 1)
    assert verdict.level is level
    assert verdict.sentence.startswith(said)


def test_a_series_and_series_by_label_have_their_own_course() -> None:
    """Of labels the worst decides."""
    leaking, steady = hourly(1, 2, 3, 4, 5), hourly(5, 5)
    verdict = judge(FILES, leaking)
    assert (verdict.level, verdict.streak, verdict.since) == (Level.BREACH, 2, SLOT - HOUR)
    verdict = judge(FILES, {"a": steady, "b": leaking})
    assert verdict.sentence.startswith("1 of 2 labels misses: b: 2026-03-10 06:00 UTC: 5 files has")
    assert judge(FILES, {"a": steady}).level is Level.OK


def test_it_reads_as_a_sentence_and_can_be_overridden() -> None:
    """By the number of steps."""
    assert str(FILES) == "no growth at each of 3 steps in a row"
    assert (FILES.label, FILES.unit, FILES.looks_back) == ("no_steady_growth", "files", 3)
    assert FILES.override({"alert": 5}).over == 5
    for values in ({"target": 5}, {"alert": 5, "target": 3}):
        with pytest.raises(DeclarationError, match="can be overridden by alert, a number of steps"):
            FILES.override(values)


@pytest.mark.parametrize("over", [1, 0, -3, 2.5, True, "10", None])
def test_steps_are_a_whole_number_of_two_or_more(over: Any) -> None:
    """One step of growth is no leak."""
    message = re.escape(f"expected a number of steps of 2 or more, got {over!r}")
    with pytest.raises(DeclarationError, match=message):
        no_steady_growth(over)
    with pytest.raises(DeclarationError, match=message):
        FILES.override({"alert": over})
