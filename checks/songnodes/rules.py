"""The alert rules that Prometheus is expected to have, and what is wrong with those it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from gatepost import Matrix
from gatepost.targets.prometheus_records import Rule

EXPECTED = (
    "ScraperZeroTracksCreated",
    "ScraperSchemaErrorRateHigh",
    "ScraperAsyncioWarnings",
    "ScraperContainerUnhealthy",
    "ScraperDatabasePoolExhausted",
    "ScraperDatabasePoolHigh",
    "ScraperTrackRateLow",
    "ScraperArtistCoverageDrop",
    "ScraperDuplicateRateHigh",
    "ScraperFlushLatencyHigh",
    "ScraperMemoryHigh",
)

_STALE = 4
"""After so many of its intervals a rule counts as not evaluated recently; chosen."""

_BRIEF = timedelta(minutes=15)
"""An alert that resolved sooner is taken for a false one; chosen."""


def find_faults(loaded: Iterable[Rule]) -> list[str]:
    """What is wrong with each expected rule that is not as it should be."""
    rules = {rule.name: rule for rule in loaded if rule.type == "alerting"}
    return [said for name in EXPECTED if (said := _fault(name, rules.get(name)))]


def count_brief(alerts: Matrix) -> dict[str, int]:
    """How often each expected rule fired and resolved within minutes, for one scraper or another.

    `alerts` are the firing ones over time, as ALERTS{alertstate="firing"} has them.
    """
    brief = Counter(dict.fromkeys(EXPECTED, 0))
    for alert in alerts:
        begun = before = None
        for at in [*(point.at for point in alert.points), None]:
            is_gap = at is None or before is None or at - before > 2 * alerts.step
            if is_gap and begun is not None and before is not None:
                is_over = before < alerts.end - 2 * alerts.step
                brief[alert.labels["alertname"]] += is_over and before - begun < _BRIEF
            begun = at if is_gap else begun
            before = at
    return dict(brief)


def _fault(name: str, rule: Rule | None) -> str:
    if rule is None:
        return f"{name} is not loaded"
    if rule.health != "ok":
        return f"{name} is {rule.health}: {rule.error or 'not evaluated yet'}"
    if rule.age is None or rule.age > _STALE * rule.interval:
        return f"{name} was last evaluated at {rule.evaluated:%F %T} UTC, every {rule.interval}"
    return ""
