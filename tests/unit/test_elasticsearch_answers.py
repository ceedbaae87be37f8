"""Answers of Elasticsearch that are a part, a lower bound or nonsense: errors, never figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gatepost.errors import MeasurementError
from gatepost.targets import elasticsearch_answers as answers

SLOT = datetime(2026, 3, 5, 12, tzinfo=UTC)
SHARDS = {"total": 5, "successful": 5, "failed": 0}
SEARCH = {
    "timed_out": False,
    "_shards": SHARDS,
    "hits": {"total": {"value": 3, "relation": "eq"}},
    "aggregations": {"top": {"buckets": [{"key": "a", "doc_count": 3}]}},
}


def test_whole_search_is_read() -> None:
    """The example that the other tests break is fine."""
    found = answers.read_top_messages(SEARCH)
    assert (found.total, found.messages) == (3, {"a": 3})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"timed_out": True}, "timed out, and found a part only"),
        ({"_shards": {**SHARDS, "failed": 2}}, "failures in 2 of 5 shards"),
        ({"_shards": None}, "no _shards.failed of type int"),
        ({"hits": {"total": {"value": 10_000, "relation": "gte"}}}, "no exact number of hits"),
        ({"hits": {"total": 3}}, r"no hits\.total\.value"),
        ({"aggregations": {"top": {"buckets": {}}}}, r"no aggregations\.top\.buckets of type list"),
        ({"aggregations": {"top": {"buckets": [7]}}}, "no key of type object"),
    ],
)
def test_part_of_a_search_is_an_error(change: dict[str, Any], message: str) -> None:
    """A search that timed out, failed somewhere or counted up to a bound has no number."""
    with pytest.raises(MeasurementError, match=message):
        answers.read_top_messages({**SEARCH, **change})


@pytest.mark.parametrize(
    ("read", "document", "message"),
    [
        (answers.read_count, {"count": True, "_shards": SHARDS}, "no count of type int"),
        (answers.read_count, {"count": 1.5, "_shards": SHARDS}, "no count of type int"),
        (answers.read_health, {"status": "blue"}, "an unknown status 'blue'"),
        (answers.read_version, {"version": "8"}, r"no version\.number"),
        (lambda told: answers.read_indices(told, SLOT), {"error": 1}, "a dict instead of a list"),
        (lambda told: answers.read_indices(told, SLOT), [{"index": "a"}], r"no creation\.date"),
        (lambda told: answers.read_indices(told, SLOT), [7], "no index of type str"),
        (
            lambda told: answers.read_indices(told, SLOT),
            [{"index": "a", "creation.date": "2026-03-05"}],
            r"creation\.date '2026-03-05', which is no number",
        ),
    ],
)
def test_nonsense_is_named(read: Callable[[Any], object], document: Any, message: str) -> None:
    """What is missing or of another type is named by its path."""
    with pytest.raises(MeasurementError, match=message):
        read(document)


def test_closed_index_has_no_numbers() -> None:
    """Elasticsearch writes null for what it does not know of a closed index."""
    row = {"index": "a", "creation.date": "1772668800000", "docs.count": None, "store.size": None}
    (index,) = answers.read_indices([row], SLOT)
    assert (index.documents, index.size_bytes) == (None, None)
    assert index.age == timedelta(hours=12)


@pytest.mark.parametrize(
    ("live", "declared", "same"),
    [
        ("1d", "24h", True),
        ("50gb", "51200mb", True),
        ("90d", "90D", True),
        (1, "1", True),
        (1.0, 1, True),
        ("1d", "25h", False),
        (True, 1, False),
        (True, "true", True),
        ("x1d", "1d", False),
        ("1e5d", "1e5d", True),
    ],
)
def test_settings_are_compared_as_amounts(live: object, declared: object, same: bool) -> None:
    """Units of time and size do not matter; what is no amount is compared as it is."""
    policy = answers.Lifecycle("logs", 1, {"hot.min_age": live})  # type: ignore[dict-item]
    assert (policy.differences({"hot.min_age": declared}) == ()) is same  # type: ignore[dict-item]


def test_window_is_in_utc() -> None:
    """The limits of a window are sent in UTC, whatever zone they come in."""
    berlin = timezone(timedelta(hours=1))
    span = (datetime(2026, 3, 5, 12, tzinfo=berlin), SLOT)
    assert answers.filters_of("level:ERROR", "timestamp", span) == {
        "bool": {
            "filter": [
                {
                    "range": {
                        "timestamp": {
                            "gte": "2026-03-05T11:00:00+00:00",
                            "lt": "2026-03-05T12:00:00+00:00",
                        }
                    }
                },
                {"query_string": {"query": "level:ERROR"}},
            ]
        }
    }
    assert answers.filters_of(None, "timestamp", None) == {"match_all": {}}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"error": {"type": "x", "reason": "y\nz"}}, "x: y z"),
        ({"error": "plain"}, "plain"),
        ([1], "[1]"),
    ],
)
def test_errors_are_one_line(document: Any, words: str) -> None:
    """An error is told in one line, whatever its shape."""
    assert answers.read_error(document) == words
