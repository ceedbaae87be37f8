"""The health of one scraper, put together of what it stands on and what it does.

`gatepost health "songnodes.scraper[1001TL]"` answers for one of them in one line,
as a container's health check needs it. Where the system states no figure, the
limits are chosen. What a rule of its own alerts of later is of medium severity here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost import (
    Database,
    Log,
    Metrics,
    Redis,
    above,
    answers,
    at_most,
    check,
    no_steady_growth,
)

from .figures import CREATION_RATE, FLUSH_RATE, MEMORY, SCHEMA_ERROR_RATE
from .scrapers import each_scraper
from .sources import Source

if TYPE_CHECKING:
    import pandas as pd

pytestmark = check(owner="scraping", severity="critical")


@check(
    answers(within="2 s", alert="10 s"),
    runbook="scraper-unreachable",
    target="songnodes_{scraper}",
)
@each_scraper
def check_answers(target: Metrics, scraper: str) -> float:
    """The scraper serves its page of metrics. Both limits are chosen."""
    return 1000 * target.page().seconds


@check(at_most(3, alert=10, unit="warnings"), severity="medium", runbook="event-loop-warnings")
@each_scraper
def check_event_loop(songnodes_log: Log, scraper: str) -> int | None:
    """Warnings of the event loop in its log, in the last half hour. The target is chosen.

    A log in which the scraper wrote nothing meanwhile says nothing of it.
    """
    lines = songnodes_log.counts("logger", "30 min", {"scraper_name": scraper})
    return lines.get("asyncio", 0) if lines else None


@check(
    above(alert=0, unit="tracks/s"), sustained="15 min", severity="medium", runbook="zero-tracks"
)
@each_scraper
def check_creation(figures: Source, scraper: str) -> pd.Series | float | None:
    """Tracks were created recently: none in 15 minutes, for as long again, is an alert; chosen."""
    return figures.course(CREATION_RATE, scraper, last="1 h", step="5 min")


@check(answers(within="500 ms", alert="5 s"), runbook="backends")
@each_scraper
def check_database(songnodes_db: Database, scraper: str) -> float:
    """The scrapers' database answers a query on a new connection. Both limits are chosen."""
    return songnodes_db.ping()


@check(answers(within="100 ms", alert="2 s"), runbook="backends")
@each_scraper
def check_redis(songnodes_redis: Redis, scraper: str) -> float:
    """The scrapers' Redis answers a PING. Both limits are chosen."""
    return songnodes_redis.ping()


@check(no_steady_growth(over=10, unit="MB"), severity="medium", runbook="memory")
@each_scraper
def check_memory(figures: Source, scraper: str) -> pd.Series | float | None:
    """Memory does not grow at each of ten steps of ten minutes, as of a leak; both are chosen."""
    return figures.course(MEMORY, scraper, last="3 h", step="10 min")


@check(above(alert=0, unit="flushes/s"), sustained="15 min", runbook="pipeline-flush")
@each_scraper
def check_pipeline(figures: Source, scraper: str) -> pd.Series | float | None:
    """The pipeline writes what it holds: no flush in 15 minutes, for as long again; chosen."""
    return figures.course(FLUSH_RATE, scraper, last="1 h", step="5 min")


@check(
    at_most(0.1, alert=0.5, unit="errors/s"),
    sustained="5 min",
    severity="medium",
    runbook="schema-error-rate",
)
@each_scraper
def check_schema(figures: Source, scraper: str) -> pd.Series | float | None:
    """Items that do not fit their schema, per second. The target is chosen."""
    return figures.course(SCHEMA_ERROR_RATE, scraper, last="30 min", step="1 min")
