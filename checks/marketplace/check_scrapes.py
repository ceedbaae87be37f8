"""How the scrapers do: success, why not, how long, and what they bring home."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from gatepost import Database, Metrics, at_least, at_most, check, recorded, share_of_mean

from .counted import counted, percent
from .services import REASONS, SCRAPERS

pytestmark = check(owner="scraping", runbook="scrapes")

each_scraper = pytest.mark.parametrize("scraper", SCRAPERS)


@check(at_least(95, alert=90, unit="%"), severity="high")
@each_scraper
def check_success_rate(marketplace_scraper_metrics: Metrics, scraper: str) -> float | None:
    """Share of the scrapes since the last run that succeeded."""
    scrapes = counted(marketplace_scraper_metrics, "scrapes_total", scraper=scraper)
    return percent(scrapes.where(status="success").sum(), scrapes.sum())


@check(recorded(unit="%"), severity="low")
@each_scraper
def check_failures(marketplace_scraper_metrics: Metrics, scraper: str) -> dict[str, float | None]:
    """Share of the scrapes since the last run that failed, by reason."""
    scrapes = counted(marketplace_scraper_metrics, "scrapes_total", scraper=scraper)
    every, failed = scrapes.sum(), scrapes.where(status=re.compile("(?!success$).*"))
    by_reason = {reason: percent(failed.where(reason=reason).sum(), every) for reason in REASONS}
    return {"(all)": percent(failed.sum(), every), **by_reason}


@check(at_most(5, alert=10, unit="%"), severity="medium")
@each_scraper
def check_rate_limited(marketplace_scraper_metrics: Metrics, scraper: str) -> float | None:
    """Share of the scrapes since the last run that were one too many. Both limits are chosen."""
    scrapes = counted(marketplace_scraper_metrics, "scrapes_total", scraper=scraper)
    return percent(scrapes.where(reason="rate_limited").sum(), scrapes.sum())


@check(at_most(120, alert=300, unit="s"), severity="medium")
@each_scraper
def check_duration(marketplace_scraper_metrics: Metrics, scraper: str) -> dict[str, float | None]:
    """Mean and 95th percentile of the duration of the scrapes since the last run."""
    metrics = marketplace_scraper_metrics
    buckets, sums, counts = (
        counted(metrics, f"scrape_duration_seconds_{part}", scraper=scraper)
        for part in ("bucket", "sum", "count")
    )
    every = counts.sum()
    return {"mean": (sums.sum() or 0) / every if every else None, "p95": buckets.quantile(0.95)}


@check(share_of_mean(0.5, most=2.0, over=28, unit="listings"), severity="medium")
@each_scraper
def check_listings(marketplace_db: Database, scraper: str) -> pd.Series:
    """New listings of a day, against the four weeks before: half to double is chosen."""
    statement = """
        select (first_seen_at at time zone 'UTC')::date as day, count(*) as listings
        from listings
        where source = :scraper and first_seen_at >= :since and first_seen_at < :until
        group by day
    """
    return marketplace_db.series(statement, days=29, fill=0, scraper=scraper)
