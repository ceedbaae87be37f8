"""Results as plain data: nothing is lost, and nothing is left that a boundary could choke on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.model import (
    Declaration,
    Level,
    Limits,
    Past,
    Point,
    Result,
    Sample,
    Severity,
    Verdict,
)
from gatepost.records import (
    declaration_from_dict,
    declaration_to_dict,
    result_from_dict,
    result_to_dict,
    storable,
)

TEXTS = st.text(max_size=12)  # every character of Unicode but lone surrogates
NUMBERS = st.floats(allow_nan=False)
TIMES = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]))
POINTS = st.lists(st.builds(Point, TIMES, st.none() | NUMBERS), max_size=3).map(tuple)
LIMITS = st.builds(Limits, *[st.none() | NUMBERS] * 4, text=TEXTS)
SAMPLES = st.builds(
    Sample,
    st.lists(TEXTS, max_size=2).map(tuple),
    st.lists(st.lists(TEXTS, max_size=2).map(tuple), max_size=2).map(tuple),
)
DECLARATIONS = st.builds(
    Declaration,
    *[TEXTS] * 5,
    st.integers(1, 10_000),
    expectation=TEXTS,
    limits=LIMITS,
    unit=TEXTS,
    severity=st.sampled_from(list(Severity)),
    doc=TEXTS,
    sustained=TEXTS,
    targets=st.lists(TEXTS, max_size=2).map(tuple),
)
VERDICTS = st.builds(
    Verdict,
    st.sampled_from(list(Level)),
    TEXTS,
    st.none() | NUMBERS,
    TEXTS,
    LIMITS,
    bad=st.none() | st.integers(),
    total=st.none() | st.integers(),
    since=st.none() | TIMES,
    streak=st.integers(0, 99),
    trend=POINTS,
    sample=st.none() | SAMPLES,
    data_time=st.none() | TIMES,
    cause=TEXTS,
    how=TEXTS,
    severity=st.none() | st.sampled_from(list(Severity)),
)
PASTS = st.builds(
    Past,
    st.none() | st.sampled_from(list(Level)),
    st.none() | TIMES,
    st.none() | TIMES,
    st.integers(0, 9),
    POINTS,
)
RESULTS = st.builds(
    Result,
    DECLARATIONS,
    VERDICTS,
    TIMES,
    NUMBERS,
    statements=st.lists(TEXTS, max_size=2).map(tuple),
    rows=st.none() | st.integers(0, 10**9),
    traceback=TEXTS,
    past=PASTS,
)

RESULT = Result(
    Declaration("a.b.c", "a", "b", "n", "f", 3),
    Verdict(Level.BREACH, "said", 1.5, "%"),
    datetime(2026, 3, 10, 6, 0, tzinfo=UTC),
)


def is_plain(value: Any) -> bool:
    """Whether a value is made of what every boundary carries, exactly."""
    if type(value) is dict:
        return all(type(key) is str for key in value) and all(map(is_plain, value.values()))
    if type(value) is list:
        return all(map(is_plain, value))
    return value is None or type(value) in (bool, int, float, str)


@given(RESULTS)
def test_a_result_survives_the_way_there_and_back(result: Result) -> None:
    """Through JSON as well, with every field as it was."""
    plain = result_to_dict(result)
    assert is_plain(plain)
    assert result_from_dict(plain) == result
    assert result_from_dict(json.loads(json.dumps(plain))) == result


@given(DECLARATIONS)
def test_a_declaration_survives_by_itself(declaration: Declaration) -> None:
    """As listing it does without running it."""
    plain = json.loads(json.dumps(declaration_to_dict(declaration)))
    assert declaration_from_dict(plain) == declaration


@given(st.text(st.characters(), max_size=12))
def test_any_text_becomes_storable(text: str) -> None:
    """Lone surrogates become the replacement character; all else stays, and pairs are joined."""
    stored = storable(text)
    assert stored.encode("utf-8").decode("utf-8") == stored
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        assert stored == text


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain", "plain"),
        ("\ud83d", "\ufffd"),
        ("a\udcffb", "a\ufffdb"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\ufeffa", "\ufeffa"),
        ("\x00\x1b", "\x00\x1b"),
    ],
)
def test_only_what_no_encoding_carries_is_replaced(text: str, stored: str) -> None:
    """Wherever in a result it stands."""
    assert storable(text) == stored
    hostile = replace(
        RESULT,
        check=replace(RESULT.check, id=text, targets=(text,)),
        verdict=replace(RESULT.verdict, sentence=text, sample=Sample((text,), ((text,),))),
        statements=(text,),
        traceback=text,
    )
    plain = result_to_dict(hostile)
    assert json.dumps(plain, ensure_ascii=False).encode("utf-8")
    read = result_from_dict(plain)
    assert (read.check.id, read.verdict.sentence, read.statements) == (stored, stored, (stored,))
    assert read.verdict.sample == Sample((stored,), ((stored,),))


@pytest.mark.parametrize(
    ("number", "plain"),
    [
        (np.float64(1.5), 1.5),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.int8(7), 7),
        (True, True),
        (10**20, 10**20),
    ],
)
def test_numbers_become_pythons_own(number: Any, plain: object) -> None:
    """numpy's look alike, but end a worker that sends them."""
    result = replace(RESULT, verdict=replace(RESULT.verdict, value=number, bad=number))
    read = result_to_dict(result)["verdict"]
    assert (read["value"], read["bad"]) == (plain, plain)
    assert type(read["value"]) is type(plain)


def test_enums_and_times_become_texts() -> None:
    """And pandas' times are read back as plain ones."""
    at = pd.Timestamp("2026-03-10T06:00:00.000001", tz="UTC")
    result = replace(RESULT, verdict=replace(RESULT.verdict, data_time=at))
    plain = result_to_dict(result)
    assert (plain["verdict"]["level"], plain["check"]["severity"]) == ("breach", "medium")
    assert plain["started"] == "2026-03-10T06:00:00+00:00"
    assert type(plain["verdict"]["level"]) is type(plain["verdict"]["data_time"]) is str
    read = result_from_dict(plain).verdict.data_time
    assert read == datetime(2026, 3, 10, 6, 0, 0, 1, tzinfo=UTC)
    assert type(read) is datetime


def test_nothing_that_is_unknown_is_made_up() -> None:
    """What is None or empty stays so."""
    read = result_from_dict(result_to_dict(RESULT))
    assert read == RESULT
    assert (read.past, read.verdict.sample, read.verdict.since) == (Past(), None, None)
    assert read.verdict.trend == ()
