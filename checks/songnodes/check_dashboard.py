"""The figures of SongNodes' dashboard, measured with their trend and judged by nobody here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost import Prometheus, check, recorded

from .figures import (
    ARTIST_COVERAGE,
    CREATION_RATE,
    FLUSH_P95,
    MEMORY,
    POOL_USE,
    SCHEMA_ERROR_RATE,
    Figure,
)
from .scrapers import each_scraper
from .sources import Source

if TYPE_CHECKING:
    import pandas as pd

    Course = pd.Series[float] | float | None

pytestmark = check(owner="scraping", severity="low")


@check(recorded(unit="tracks"))
def check_tracks(songnodes_prometheus: Prometheus) -> float | None:
    """Tracks created in the last 24 h."""
    return songnodes_prometheus.scalar("sum(increase(scraper_enhanced_tracks_total[24h]))")


@check(recorded(unit="playlists"))
def check_playlists(songnodes_prometheus: Prometheus) -> float | None:
    """Playlists discovered in the last 24 h."""
    return songnodes_prometheus.scalar("sum(increase(scraper_playlists_discovered_total[24h]))")


@check(recorded(unit="errors"))
def check_schema_errors(songnodes_prometheus: Prometheus) -> float | None:
    """Schema errors in the last 24 h, of all types."""
    return songnodes_prometheus.scalar("sum(increase(scraper_schema_errors_total[24h]))")


@check(recorded(unit="%"))
def check_containers_healthy(songnodes_prometheus: Prometheus) -> float | None:
    """Containers that say that they are healthy."""
    return songnodes_prometheus.scalar("100 * avg(scraper_container_healthy)")


@check(recorded(unit="tracks/s"))
@each_scraper
def check_creation_rate(figures: Source, scraper: str) -> Course:
    """Tracks created per second."""
    return _day(figures, CREATION_RATE, scraper)


@check(recorded(unit="%"))
@each_scraper
def check_artist_coverage(figures: Source, scraper: str) -> Course:
    """Tracks whose artist is known."""
    return _day(figures, ARTIST_COVERAGE, scraper)


@check(recorded(unit="errors/s"))
@each_scraper
def check_error_rate(figures: Source, scraper: str) -> Course:
    """Schema errors per second."""
    return _day(figures, SCHEMA_ERROR_RATE, scraper)


@check(recorded(unit="s"))
@each_scraper
def check_flush_p95(figures: Source, scraper: str) -> Course:
    """The time that 95 % of the pipeline's flushes take at most."""
    return _day(figures, FLUSH_P95, scraper)


@check(recorded(unit="%"))
@each_scraper
def check_pool_use(figures: Source, scraper: str) -> Course:
    """Used connections of the pool to the database."""
    return _day(figures, POOL_USE, scraper)


@check(recorded(unit="MB"))
@each_scraper
def check_memory(figures: Source, scraper: str) -> Course:
    """Memory of the scraper's process."""
    return _day(figures, MEMORY, scraper)


def _day(figures: Source, figure: Figure, scraper: str) -> Course:
    return figures.course(figure, scraper, last="24 h", step="30 min")
