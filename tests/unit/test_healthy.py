"""healthy: the state that a service or its part tells, and the parts that are ill by name."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pandera.pandas as pa
import pytest

from gatepost import at_least, conforms_to, healthy
from gatepost.errors import DeclarationError
from gatepost.expectations.base import Context
from gatepost.model import Level, Limits
from gatepost.targets.health import Health
from gatepost.targets.health_body import Component, read_components, read_state
from gatepost.targets.response import Response

CONTEXT = Context(datetime(2026, 3, 10, 2, 0, tzinfo=UTC))
GATEWAY = "503 from the provider's gateway"
VERSIONED = conforms_to(pa.DataFrameSchema({"version": pa.Column(str)}))
SPARSE = conforms_to(pa.DataFrameSchema({"version": pa.Column(str, required=False)}))


def health(word: str, status: int = 200, **body: Any) -> Health:
    """What a service says of itself, as the target reads it."""
    said = {"status": word, **body}
    state = read_state(word)
    if status != 200 and state == "healthy":
        state = "unhealthy"
    response = Response(status, 0.012, json.dumps(said).encode(), {}, "http://service/health")
    return Health(word, state, read_components(said), "", "", None, None, said, response)


@pytest.mark.parametrize(
    ("value", "level", "sentence"),
    [
        (health("healthy"), "ok", "healthy in 12 ms"),
        (
            health("ok", checks={"database": True, "kafka": True}),
            "ok",
            "ok in 12 ms: 2 of 2 components well",
        ),
        (
            health("degraded", checks={"sms": False, "db": True}, details={"sms": GATEWAY}),
            "warning",
            f"degraded: 1 of 2 components is not well: sms ({GATEWAY})",
        ),
        (
            health("degraded", components={"llm": {"status": "slow", "detail": "9 s"}}),
            "warning",
            "degraded: 1 of 1 component is not well: llm (slow: 9 s)",
        ),
        (
            health("unhealthy", 503, checks={"db": "down", "kafka": "down", "smtp": "up"}),
            "breach",
            "unhealthy, status 503: 2 of 3 components are not well: db (down), kafka (down)",
        ),
        (health("degraded", checks={"db": True}), "warning", "degraded in 12 ms: 1 of 1 component"),
        (health("healthy", 503), "breach", "healthy, status 503 in 12 ms"),
        (health("fine, thanks"), "breach", "fine, thanks in 12 ms"),
        (Component("db", "ok", "healthy"), "ok", "ok"),
        (Component("db", "ok", "healthy", "4 of 20", 3.4), "ok", "ok in 3 ms: 4 of 20"),
        (Component("db", "slow", "degraded", "9 s", 9000), "warning", "slow: 9 s"),
        (Component("db", "down", "unhealthy"), "breach", "down"),
        (Component("sms", "false", "unhealthy", GATEWAY), "breach", GATEWAY),
        (Component("db", "hm", "unknown"), "breach", "hm"),
    ],
)
def test_state_decides_and_the_ill_parts_are_named(value: Any, level: str, sentence: str) -> None:
    """Degraded warns; a word that nobody knows, and a bad status, are not taken for health."""
    verdict = healthy().judge(value, CONTEXT)
    assert verdict.level == level
    assert verdict.sentence.startswith(sentence)


def test_degraded_can_be_an_alert() -> None:
    """Of a service and of its parts; healthy stays ok."""
    strict = healthy(degraded="alert")
    assert strict.judge(health("degraded"), CONTEXT).level is Level.BREACH
    assert strict.judge(Component("db", "slow", "degraded"), CONTEXT).level is Level.BREACH
    assert strict.judge(health("healthy"), CONTEXT).level is Level.OK


def test_service_with_an_ill_part_is_never_ok() -> None:
    """It is taken for degraded, whatever it calls itself."""
    said = health("ok", checks={"db": False})
    verdict = healthy().judge(said, CONTEXT)
    assert (verdict.level, verdict.sentence) == (
        Level.WARNING,
        "ok, but 1 of 1 component is not well: db (false)",
    )
    assert healthy(degraded="alert").judge(said, CONTEXT).level is Level.BREACH


def test_many_ill_parts_are_counted() -> None:
    """Five are named."""
    said = health("down", checks=dict.fromkeys("abcdefg", False)).unhealthy_components
    verdict = healthy().judge(health("down", checks=dict.fromkeys("abcdefg", False)), CONTEXT)
    assert len(said) == 7
    assert verdict.sentence.endswith("c (false), d (false), e (false) and 2 more")


@pytest.mark.parametrize(
    ("word", "level", "start"),
    [
        ("healthy", "breach", "healthy in 12 ms; the body breaks 1 rule of its schema: "),
        ("degraded", "breach", "degraded in 12 ms; the body breaks 1 rule of its schema: "),
    ],
)
def test_broken_schema_is_told_beside_the_state(word: str, level: str, start: str) -> None:
    """The worse of both decides."""
    verdict = healthy(body=VERSIONED).judge(health(word), CONTEXT)
    assert (verdict.level, verdict.sentence) == (
        level,
        f"{start}1 column missing: version (there are status)",
    )


def test_body_that_keeps_its_schema_adds_nothing() -> None:
    """What is ill is told all the same."""
    verdict = healthy(body=SPARSE).judge(health("degraded"), CONTEXT)
    assert (verdict.level, verdict.sentence) == (Level.WARNING, "degraded in 12 ms")


def test_value_is_the_time_it_took() -> None:
    """In milliseconds: the answer's of a service, and of a part what was said of it."""
    limits = Limits(text="healthy, degraded warns")
    for value, took in ((health("down"), 12), (Component("db", "ok", "healthy", "", 3.4), 3.4)):
        verdict = healthy().judge(value, CONTEXT)
        assert (verdict.value, verdict.unit) == (pytest.approx(took), "ms")
        assert verdict.limits == limits
    assert healthy().judge(Component("db", "ok", "healthy"), CONTEXT).value is None


def test_an_outage_is_a_breach() -> None:
    """With the reason."""
    verdict = healthy().judge_outage("connection refused")
    assert (verdict.level, verdict.sentence) == (Level.BREACH, "no answer: connection refused")


@pytest.mark.parametrize(
    ("expectation", "value", "message"),
    [
        (healthy(), "healthy", "healthy judges a Health or a Component"),
        (healthy(), None, "healthy judges a Health or a Component"),
        (healthy(body=VERSIONED), Component("db", "ok", "healthy"), "the page of a whole service"),
    ],
)
def test_what_is_no_state_is_an_error_of_the_check(
    expectation: Any, value: Any, message: str
) -> None:
    """A part has no page of its own that a schema could judge."""
    verdict = expectation.judge(value, CONTEXT)
    assert verdict.level is Level.ERROR
    assert message in verdict.sentence


def test_it_reads_as_a_sentence() -> None:
    """Each condition once; where degraded fails, healthy says all."""
    assert str(healthy()) == "healthy, degraded warns"
    assert str(healthy(degraded="alert")) == "healthy"
    assert str(healthy(body=VERSIONED)) == "healthy, degraded warns, body keeps its schema"
    assert (healthy().label, healthy().unit) == ("healthy", "ms")


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: healthy(degraded="ok"), 'healthy(degraded=\'ok\'): expected "warn" or "alert"'),  # type: ignore[arg-type]
        (lambda: healthy(body=at_least(5)), "healthy: body="),
        (
            lambda: healthy(body=conforms_to(pa.DataFrameSchema({"a": pa.Column()}), last="1 h")),
            "healthy: a body has neither times nor segments",
        ),
    ],
)
def test_a_wrong_declaration_is_refused(declare: Any, message: str) -> None:
    """With the expectation's name and what was given."""
    with pytest.raises(DeclarationError, match=re.escape(message)):
        declare()
