"""Bodies of health pages: words, parts, times and the schema, in the dialects that are about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gatepost import conforms_to
from gatepost.tables.documents import judge_document
from gatepost.targets.health_body import (
    Component,
    health_schema,
    read_component,
    read_components,
    read_moment,
    read_state,
)

MOMENT = datetime(2026, 3, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("healthy", "healthy"),
        ("UP", "healthy"),
        (True, "healthy"),
        (" Ok ", "healthy"),
        ("degraded", "degraded"),
        ("DOWN", "unhealthy"),
        (False, "unhealthy"),
        ("OUT-OF-SERVICE", "unhealthy"),
        ("not ready", "unhealthy"),
        ("purple", "unknown"),
        (None, "unknown"),
        (1, "unknown"),
    ],
)
def test_words_have_a_meaning(word: object, state: str) -> None:
    """Of any framework; a word that nobody uses so has none."""
    assert read_state(word) == state


def test_components_are_objects() -> None:
    """Each with its status, its error or its time, as the valuation service writes them."""
    body = {
        "components": {
            "neo4j": {
                "status": "healthy",
                "response_time_ms": 12.5,
                "last_check": "2026-03-05T06:00:00Z",
            },
            "llm_service": {"status": "unhealthy", "error": "connection\nrefused"},
        }
    }
    found = read_components(body)
    assert found["neo4j"] == Component("neo4j", "healthy", "healthy", "", 12.5, MOMENT)
    assert found["llm_service"].detail == "connection refused"
    assert not found["llm_service"].healthy


def test_checks_are_words_with_details() -> None:
    """True and false with a text beside them, as the marketplace writes them."""
    body = {
        "checks": {"database": True, "kafka": False, "odd": None},
        "details": {"kafka": "no broker"},
    }
    found = read_components(body)
    assert found["database"] == Component("database", "true", "healthy")
    assert found["kafka"] == Component("kafka", "false", "unhealthy", "no broker")
    assert (found["odd"].status, found["odd"].state) == ("none", "unknown")


def test_other_dialects_are_read() -> None:
    """Lists of named parts, and the lists of health+json, of which the worst counts."""
    named = {"dependencies": [{"name": "auth", "status": "UP"}, {"status": "UP"}, 3]}
    assert list(read_components(named)) == ["auth"]
    listed = {"checks": {"disk": [{"status": "pass"}, {"status": "fail", "output": "full"}]}}
    assert read_components(listed)["disk"] == Component("disk", "fail", "unhealthy", "full")


@pytest.mark.parametrize("parts", [None, "x", 3, [], {}, [[]]])
def test_body_without_parts_has_none(parts: object) -> None:
    """Whatever stands in their place."""
    assert read_components({"components": parts}) == {}


@pytest.mark.parametrize(
    "body",
    [{"status": "down", "error": "gone"}, {"checks": {"db": False}, "details": {"db": "gone"}}],
)
def test_page_of_a_part_describes_it(body: Any) -> None:
    """As a whole, or as the only one of its checks."""
    assert read_component("db", body).state == "unhealthy"
    assert read_component("db", body).detail == "gone"


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-03-05T06:00:00Z", MOMENT),
        ("2026-03-05T07:00:00+01:00", MOMENT),
        ("2026-03-05T06:00:00", MOMENT),
        (MOMENT.timestamp(), MOMENT),
        ("yesterday", None),
        (None, None),
        (True, None),
        (1e300, None),
        (float("nan"), None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_time_is_read(value: object, moment: datetime | None) -> None:
    """In ISO or since 1970; anything else is no time."""
    assert read_moment(value) == moment


def test_absurd_figures_are_left_out() -> None:
    """A time that is no number is not one."""
    for took in ("fast", True, float("inf"), None):
        assert read_component("db", {"status": "up", "latency_ms": took}).milliseconds is None


def test_schema_judges_a_body() -> None:
    """A word that is known, the parts that belong to it, and a detail for each check."""
    schema = health_schema(components=["neo4j"], checks=["database"])
    body: dict[str, Any] = {
        "status": "healthy",
        "version": "1.2",
        "components": {"neo4j": {"status": "degraded"}},
        "checks": {"database": True},
        "details": {"database": "3 ms"},
        "more": 1,
    }
    assert judge_document(body, conforms_to(schema)) == []
    for part, value, broken in (
        ("status", "purple", "status"),
        ("version", "", "version"),
        ("components", {"neo4j": {}}, "components.neo4j.status"),
        ("checks", {"database": "yes"}, "checks.database"),
        ("details", {}, "details.database"),
    ):
        (found,) = judge_document(body | {part: value}, conforms_to(schema))
        assert broken in found.said
