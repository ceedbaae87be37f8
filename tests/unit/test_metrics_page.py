"""Pages at two moments: what rose between them, what fell, what is asked for wrongly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gatepost.errors import MeasurementError
from gatepost.targets.exposition import read_exposition
from gatepost.targets.page import Page

START = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
FIRST = """
# TYPE r_total counter
r_total{code="200"} 100
r_total{code="500"} 7
# TYPE s_total counter
# TYPE pool gauge
pool 0.5
# TYPE w_seconds histogram
w_seconds_bucket{le="1"} 10
w_seconds_bucket{le="+Inf"} 10
w_seconds_sum 3
w_seconds_count 10
# TYPE q summary
q{quantile="0.5"} 3
q_sum 9
q_count 3
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1000
"""
SECOND = (
    FIRST.replace('r_total{code="200"} 100', 'r_total{code="200"} 160')
    .replace('r_total{code="500"} 7', 'r_total{code="500"} 2\nr_total{code="503"} 1')
    .replace('w_seconds_bucket{le="+Inf"} 10', 'w_seconds_bucket{le="+Inf"} 30')
)


def page(text: str, seconds: float = 0) -> Page:
    """A page that was scraped so many seconds after the start."""
    read = read_exposition(text)
    at = START + timedelta(seconds=seconds)
    return Page("api (http://api/metrics)", at, 0.01, read.families, read.samples)


def test_values_are_found_by_name_and_labels() -> None:
    """One series has a value; none is None; several are an error."""
    first = page(FIRST)
    assert (first.value("r_total", code="500"), first.value("pool")) == (7, 0.5)
    assert first.value("r_total", code="404") is None
    assert first.value("s_total") is None
    with pytest.raises(MeasurementError, match="r_total has 2 series, where one is expected"):
        first.value("r_total")


def test_unknown_metric_is_told_with_what_is_like_it() -> None:
    """A name that the page does not have is an error, never an empty answer."""
    first = page(FIRST)
    with pytest.raises(MeasurementError, match="has no metric r_totals; did you mean r_total"):
        first.vector("r_totals")
    assert ("r_total" in first, "w_seconds_bucket" in first, "w_bucket" in first) == (
        True,
        True,
        False,
    )


def test_increase_and_rate_between_two_scrapes() -> None:
    """Counters by series, with a reset and a new series counted from zero; rates per second."""
    later, earlier = page(SECOND, 60), page(FIRST)
    assert later.increase("r_total", earlier).by("code") == {"200": 60, "500": 2, "503": 1}
    assert later.rate("r_total", earlier).by("code")["200"] == 1.0
    assert later.increase("s_total", earlier).sum() is None
    assert later.increase("w_seconds_bucket", earlier).by("le") == {"1": 0, "+Inf": 20}
    assert later.increase("q_count", earlier).sum() == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [("pool", "pool is a gauge: it has no increase"), ("q", "q is a summary: it has no increase")],
)
def test_only_what_accumulates_has_an_increase(name: str, message: str) -> None:
    """A gauge and a summary's quantiles do not."""
    with pytest.raises(MeasurementError, match=message):
        page(SECOND, 60).increase(name, page(FIRST))


def test_pages_out_of_order_are_refused() -> None:
    """A page that is not earlier, as after a clock was set back, gives no rate."""
    with pytest.raises(MeasurementError, match="not earlier than 2026-03-05 06:30:00 UTC; has a"):
        page(SECOND).rate("r_total", page(FIRST))


def test_fallen_counters_are_named() -> None:
    """What fell is listed; gauges and sums may fall."""
    text = SECOND.replace("pool 0.5", "pool 0.1").replace("seconds_sum 3", "seconds_sum 1")
    fallen = page(text, 60).fallen(page(FIRST))
    assert [str(each) for each in fallen] == ['r_total{code="500"}']
    assert len(page(FIRST, 60).fallen(page(FIRST))) == 0


def test_restart_is_known_by_the_start_of_the_process() -> None:
    """Another start is a restart; without the metric nothing is known."""
    restarted = page(SECOND.replace("seconds 1000", "seconds 1050"), 60)
    assert restarted.restarted(page(FIRST)) is True
    assert page(SECOND, 60).restarted(page(FIRST)) is False
    assert page("a 1\n", 60).restarted(page(FIRST)) is None
