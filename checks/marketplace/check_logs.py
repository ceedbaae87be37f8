"""What the services' logs tell of the last hour, and whether they can be relied on.

They are read from files or from Elasticsearch, whichever the targets are.
"""

from __future__ import annotations

from gatepost import Elasticsearch, at_least, at_most, check

from .lines import INDEX, Lines, Source
from .services import each_service

pytestmark = check(owner="platform", severity="medium", runbook="logs")

LIFECYCLE = {
    "hot.rollover.max_age": "1d",
    "hot.rollover.max_size": "50gb",
    "warm.min_age": "7d",
    "warm.shrink.number_of_shards": 1,
    "warm.forcemerge": True,
    "cold.min_age": "30d",
    "cold.freeze": True,
    "delete.min_age": "90d",
    "delete.delete": True,
}


@check(at_least(alert=99.9, unit="%"), target="marketplace_{service}_log")
@each_service
def check_contract(target: Source, service: str) -> dict[str, float] | None:
    """Share of the last hour's lines that have every field, and of exceptions all three."""
    found = Lines(target, service).contract()
    if not found.lines:
        return None
    bad = {"(all)": found.broken, **found.bad}
    return {why: 100 * (1 - count / found.lines) for why, count in bad.items()}


@check(at_most(10, alert=100, unit="lines/h"), target="marketplace_{service}_log")
@each_service
def check_errors(target: Source, service: str) -> dict[str, int] | None:
    """ERROR lines of the last hour, and the most frequent of their messages; of no line no data."""
    log = Lines(target, service)
    total, messages = log.messages("ERROR")
    return {"(all)": total, **messages} if log.total() else None


@check(at_most(20, alert=200, unit="lines/h"), severity="high", runbook="logins")
def check_authentication(marketplace_api_log: Source) -> int | None:
    """Lines of the api in the last hour that say "Authentication failed"; of no line no data."""
    log = Lines(marketplace_api_log, "api")
    return log.saying("Authentication failed") if log.total() else None


@check(at_most(5, alert=50, unit="lines/h"), runbook="database")
def check_slow_database(
    marketplace_api_log: Source,
    marketplace_processor_log: Source,
    marketplace_scraper_log: Source,
    marketplace_notification_log: Source,
) -> int | None:
    """Lines of the last hour, of all services, about database operations of over a second.

    A service that wrote no line leaves the sum unknown.
    """
    logs = [
        Lines(marketplace_api_log, "api"),
        Lines(marketplace_processor_log, "processor"),
        Lines(marketplace_scraper_log, "scraper"),
        Lines(marketplace_notification_log, "notification"),
    ]
    if not all(log.total() for log in logs):
        return None
    return sum(log.saying("database operation", slower_than=1000) for log in logs)


@check(severity="low")
def check_retention(marketplace_elasticsearch: Elasticsearch) -> None:
    """The indices' lifecycle is the declared one, and none is older than it allows."""
    lifecycle = marketplace_elasticsearch.lifecycle(INDEX)
    wrong = list(lifecycle.differences(LIFECYCLE))
    indices = marketplace_elasticsearch.indices(f"{INDEX}-*")
    wrong += [f"{each.name} is {each.age.days} days old" for each in indices if each.age.days > 90]
    assert indices, f"there is no index {INDEX}-*"
    assert not wrong, f"{len(wrong)} against the retention: {'; '.join(wrong[:3])}"
