"""What SongNodes' checks make of answers that its stand-in does not give."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from checks.songnodes import check_monitoring, check_scraper
from gatepost.targets.vector import Sample, Vector


def log(**lines: int) -> Any:
    """A log with so many lines of each logger."""
    return SimpleNamespace(counts=lambda *_: lines)


def grafana(*metrics: str) -> Any:
    """A Grafana whose dashboard asks for these metrics."""
    dashboard = SimpleNamespace(metrics=frozenset(metrics))
    health = SimpleNamespace(ok=True)
    return SimpleNamespace(health=lambda: health, dashboard=lambda _: dashboard)


def prometheus(*metrics: str) -> Any:
    """A Prometheus that has scraped these metrics."""
    samples = tuple(Sample(name, {}, 4.0) for name in metrics)
    return SimpleNamespace(vector=lambda _: Vector(samples, "songnodes_prometheus"))


def test_log_in_which_a_scraper_wrote_nothing_is_no_data() -> None:
    """No line is not a log without warnings."""
    assert check_scraper.check_event_loop(log(), "Reddit") is None
    assert check_scraper.check_event_loop(log(pipeline=4), "Reddit") == 0
    assert check_scraper.check_event_loop(log(pipeline=4, asyncio=2), "Reddit") == 2


def test_dashboard_asks_for_something_and_for_nothing_that_is_gone() -> None:
    """One without queries fails, as does one with a metric that is scraped no more."""
    check_monitoring.check_grafana(grafana("a_total", "b"), prometheus("a_total", "b"))
    with pytest.raises(AssertionError, match="asks for no metric"):
        check_monitoring.check_grafana(grafana(), prometheus("a_total"))
    with pytest.raises(AssertionError, match=r"1 of the 2 metrics .* asks for: b"):
        check_monitoring.check_grafana(grafana("a_total", "b"), prometheus("a_total"))
