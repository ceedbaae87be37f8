"""What the rules judge of a scraper: each figure by PromQL, and the same on its own page.

Both give it by the same name and in the same unit. `$scraper` in a query is the
scraper's name. A rate in PromQL is over the window that stands there; on a page
it is over the time since the last scheduled run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gatepost import Interval

_THIS = '{scraper_name="$scraper"}'
_TRACKS = "scraper_enhanced_tracks_total"
_DUPLICATES = "scraper_duplicate_items_total"
_FLUSH = "scraper_pipeline_flush_duration_seconds"
_LEAST = 1e-9  # what keeps a share of nothing from being a division by zero


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of one scraper, from either of two sources."""

    promql: str
    on_page: Callable[[Interval], float | None]


def _rate(metric: str, window: str) -> Figure:
    return Figure(
        f"sum(rate({metric}{_THIS}[{window}]))", lambda interval: interval.rate(metric).sum()
    )


def _gauge(metric: str, scale: str = "1") -> Figure:
    def read(interval: Interval) -> float | None:
        value = interval.page.value(metric)
        return None if value is None else value * float(scale)

    return Figure(f"max({metric}{_THIS}) * {scale}", read)


def _warnings(interval: Interval) -> float | None:
    rate = interval.rate("scraper_asyncio_warnings_total").sum()
    return None if rate is None else 600 * rate


def _duplicates(interval: Interval) -> float | None:
    duplicates, tracks = (interval.increase(name).sum() for name in (_DUPLICATES, _TRACKS))
    if duplicates is None or tracks is None:
        return None
    return 100 * duplicates / max(duplicates + tracks, _LEAST)


def _flush_p95(interval: Interval) -> float | None:
    buckets = interval.increase(f"{_FLUSH}_bucket")
    if buckets.sum() == 0:  # a run may come between two flushes
        pytest.skip(f"no flush {interval.words}")
    return buckets.quantile(0.95)


CREATION_RATE = _rate(_TRACKS, "15m")
"""Tracks created per second."""

SCHEMA_ERROR_RATE = _rate("scraper_schema_errors_total", "5m")
"""Schema errors per second, of all types."""

EVENT_LOOP_WARNINGS = Figure(
    f"sum(increase(scraper_asyncio_warnings_total{_THIS}[10m]))", _warnings
)
"""Warnings of the event loop in ten minutes."""

CONTAINER_HEALTHY = _gauge("scraper_container_healthy")
"""1 while the container's health check passes, else 0."""

POOL_USE = _gauge("scraper_db_connection_pool_usage", "100")
"""Used connections of the pool to the database, in percent."""

ARTIST_COVERAGE = _gauge("scraper_artist_coverage_percent")
"""Tracks whose artist is known, in percent."""

_D, _T = (f"sum(rate({name}{_THIS}[10m]))" for name in (_DUPLICATES, _TRACKS))
DUPLICATE_SHARE = Figure(f"100 * {_D} / clamp_min({_D} + {_T}, {_LEAST})", _duplicates)
"""Items that were there already, in percent of these and of the tracks created; 0 of none."""

FLUSH_P95 = Figure(
    f"histogram_quantile(0.95, sum by (le) (rate({_FLUSH}_bucket{_THIS}[15m])))", _flush_p95
)
"""The time that 95 % of the pipeline's flushes take at most, in seconds."""

FLUSH_RATE = _rate(f"{_FLUSH}_count", "15m")
"""Flushes of the pipeline per second."""

MEMORY = _gauge("scraper_memory_usage_bytes", "1e-6")
"""Memory of the scraper's process, in MB."""
