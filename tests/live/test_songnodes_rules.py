"""What SongNodes' checks make of what Prometheus says of its rules and of past alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from checks.songnodes.rules import EXPECTED, count_brief, find_faults
from gatepost import Matrix
from gatepost.model import Point
from gatepost.targets.prometheus_records import Rule
from gatepost.targets.promql import Range

END = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FLUSH = "ScraperFlushLatencyHigh"


def fired(*episodes: tuple[int, int], scraper: str = "Reddit") -> Range:
    """An alert that fired from so many minutes before the end, for so many minutes."""
    points = tuple(
        Point(END - (ago - minute) * MINUTE, 1.0)
        for ago, length in episodes
        for minute in range(length)
    )
    return Range("ALERTS", {"alertname": FLUSH, "scraper_name": scraper}, points)


def matrix(*ranges: Range) -> Matrix:
    """The alerts of the last week, by the minute."""
    return Matrix(ranges, END - timedelta(days=7), END, MINUTE, "alerts")


@pytest.mark.parametrize(
    ("ranges", "count"),
    [
        ([], 0),
        ([fired((300, 4))], 1),
        ([fired((300, 4), (200, 14), (100, 2))], 3),
        ([fired((300, 40))], 0),
        ([fired((5, 5))], 0),
        ([fired((300, 4)), fired((300, 4), scraper="MixesDB")], 2),
    ],
    ids=["none", "one", "three", "a long one", "one that goes on", "two scrapers"],
)
def test_alerts_that_were_over_within_minutes_are_counted(ranges: list[Range], count: int) -> None:
    """A brief alert that is over counts; a long one does not, nor one that still fires."""
    assert count_brief(matrix(*ranges)) == dict.fromkeys(EXPECTED, 0) | {FLUSH: count}


def rule(name: str, **fields: object) -> Rule:
    """An alert rule as Prometheus tells of it."""
    said = {"group": "g", "type": "alerting", "query": "up", "health": "ok", "lastEvaluation": END}
    known = {"name": name, **said, "interval": timedelta(seconds=30), "age": timedelta(seconds=20)}
    return Rule.model_validate(known | fields)


def test_rules_are_loaded_healthy_and_evaluated() -> None:
    """Each way in which an expected rule can be at fault is told by its name."""
    good = [rule(name) for name in EXPECTED]
    assert find_faults(good) == []
    assert find_faults(good[1:]) == [f"{EXPECTED[0]} is not loaded"]
    recording = rule(EXPECTED[0], type="recording")
    assert find_faults([recording, *good[1:]]) == [f"{EXPECTED[0]} is not loaded"]
    failing = rule(EXPECTED[0], health="err", lastError="many-to-many matching")
    assert find_faults([failing, *good[1:]]) == [f"{EXPECTED[0]} is err: many-to-many matching"]
    stale = rule(EXPECTED[0], age=timedelta(minutes=3))
    (said,) = find_faults([stale, *good[1:]])
    assert said.startswith(f"{EXPECTED[0]} was last evaluated at 2026-11-24 12:00:00 UTC")
