"""What was counted since the run before: from its reading, or since the process started."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from gatepost.errors import MeasurementError
from gatepost.readings import Reading, Readings
from gatepost.targets.exposition import read_exposition
from gatepost.targets.interval import Interval
from gatepost.targets.page import Page

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
STARTED = NOON - timedelta(hours=3)
TEXT = """
# TYPE r_total counter
r_total{{code="200"}} {ok}
r_total{{code="500"}} {failed}
# TYPE w_seconds histogram
w_seconds_bucket{{le="1"}} {ok}
w_seconds_bucket{{le="+Inf"}} {both}
w_seconds_sum 3
w_seconds_count {both}
# TYPE pool gauge
pool 0.5
# TYPE q summary
q{{quantile="0.5"}} 3
"""
START = "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {}\n"


def page(
    ok: float,
    failed: float,
    minutes: float = 0,
    started: datetime | float | None = STARTED,
    source: str = "api (http://api/metrics)",
) -> Page:
    """A page so many minutes past noon."""
    text = TEXT.format(ok=ok, failed=failed, both=ok + failed)
    if started is not None:
        text += START.format(started.timestamp() if isinstance(started, datetime) else started)
    read = read_exposition(text)
    at = NOON + timedelta(minutes=minutes)
    return Page(source, at, 0.01, read.families, read.samples)


def asked(page: Page, readings: Readings) -> Interval:
    """An interval of whose counters all have been asked for, as in a run with checks."""
    interval = Interval(page, "api", readings)
    for name in ("r_total", "w_seconds_bucket"):
        interval.increase(name)
    return interval


def next_run(before: Readings, slot: datetime = NOON) -> Readings:
    """The readings of the run after."""
    kept = before.kept
    return Readings(lambda key: Reading(slot, kept[key]) if key in kept else None)


def after_a_run(earlier: Page, later: Page, slot: datetime = NOON) -> Interval:
    """The interval of a page when the run before saw the earlier one."""
    before = Readings()
    asked(earlier, before)
    return Interval(later, "api", next_run(before, slot))


def test_first_run_counts_since_the_process_started() -> None:
    """Without a reading all that the page shows has been counted in the process's life."""
    interval = Interval(page(7200, 108), "api", Readings())
    assert interval.words == "since the process started 3 h ago"
    assert interval.seconds == pytest.approx(3 * 3600)
    assert interval.restarted is None
    assert interval.increase("r_total").by("code") == {"200": 7200, "500": 108}
    assert interval.rate("r_total").by("code")["500"] == pytest.approx(0.01)
    assert len(interval.fallen()) == 0


def test_next_run_counts_since_the_one_before() -> None:
    """Increases, rates and quantiles are those of what happened between the two pages."""
    interval = after_a_run(page(100, 7), page(160, 10, minutes=10))
    assert (interval.words, interval.seconds) == ("since the run of 12:00 UTC", 600)
    assert interval.restarted is False
    assert interval.increase("r_total").by("code") == {"200": 60, "500": 3}
    assert interval.rate("r_total").by("code") == {"200": 0.1, "500": 0.005}
    assert interval.increase("w_seconds_bucket").by("le") == {"1": 60, "+Inf": 63}
    assert interval.increase("w_seconds_count").sum() == 63
    assert interval.increase("w_seconds_bucket").quantile(0.5) == pytest.approx(31.5 / 60)


def test_run_of_another_day_is_named_with_its_day() -> None:
    """The time of day alone would be read as today's."""
    interval = after_a_run(page(1, 1, minutes=-2000), page(2, 2), NOON - timedelta(minutes=2000))
    assert interval.words == "since the run of 2026-03-04 02:40 UTC"


def test_restart_counts_since_the_process_started() -> None:
    """Of another process nothing is subtracted, although its counters may be higher by now."""
    restarted = page(500, 9, minutes=10, started=NOON + timedelta(minutes=5))
    interval = after_a_run(page(100, 7), restarted)
    assert interval.restarted is True
    assert interval.words == "since the process started 5 min ago"
    assert interval.seconds == pytest.approx(300)
    assert interval.increase("r_total").by("code") == {"200": 500, "500": 9}


def test_start_that_is_off_by_a_fraction_is_no_restart() -> None:
    """A client that reckons its start anew at each scrape comes to a slightly other one."""
    later = page(160, 10, minutes=10, started=STARTED + timedelta(milliseconds=300))
    assert after_a_run(page(100, 7), later).restarted is False


def test_service_that_started_just_now_has_honest_words() -> None:
    """Three seconds are three seconds, and what was counted in them is divided by them."""
    interval = Interval(page(6, 0, started=NOON - timedelta(seconds=3)), "api", Readings())
    assert interval.words == "since the process started 3 s ago"
    assert interval.rate("r_total").by("code")["200"] == pytest.approx(2)


@pytest.mark.parametrize(
    "started",
    [
        None,
        0,
        -5,
        float("nan"),
        float("inf"),
        1e300,
        NOON.timestamp() * 1000,
        NOON,
        NOON + timedelta(seconds=2),
    ],
)
def test_unknown_life_has_no_rate(started: datetime | float | None) -> None:
    """No start, one of 1970, one that is ahead: all counts, and a rate says what to wait for."""
    interval = Interval(page(40, 2, started=started), "api", Readings())
    assert (interval.seconds, interval.words) == (None, "since its counters began")
    assert interval.increase("r_total").sum() == 42
    with pytest.raises(MeasurementError, match=r"r_total has no rate yet, .*; wait for the next"):
        interval.rate("r_total")


def test_reset_without_a_start_counts_from_zero() -> None:
    """Where the page does not tell its process, a series that fell began again."""
    interval = after_a_run(page(100, 7, started=None), page(30, 9, 10, started=None))
    assert (interval.restarted, interval.seconds) == (None, 600)
    assert interval.increase("r_total").by("code") == {"200": 30, "500": 2}


@pytest.mark.parametrize("started", [float("nan"), float("inf")])
def test_start_that_is_no_time_can_be_kept(started: float) -> None:
    """The next run takes what it reads of it for a page without a start, not for damage."""
    before = Readings()
    asked(page(100, 7, started=started), before)
    readings = next_run(before)
    interval = Interval(page(160, 10, 10, started=started), "api", readings)
    assert interval.increase("r_total").sum() == 63
    assert (interval.restarted, readings.problems) == (None, ())


def test_metric_that_is_asked_for_anew_counts_since_the_process_started() -> None:
    """Its own beginning counts in its rate, whatever the interval of the others is."""
    before = Readings()
    Interval(page(100, 7), "api", before).increase("r_total")
    interval = Interval(page(160, 10, 10), "api", next_run(before))
    assert interval.seconds == 600
    assert interval.increase("w_seconds_count").sum() == 170
    assert interval.rate("w_seconds_count").sum() == pytest.approx(170 / (190 * 60))
    assert interval.rate("r_total").sum() == pytest.approx(63 / 600)


def test_only_what_was_asked_for_is_kept() -> None:
    """A page can be large: what no check looks at is not remembered."""
    readings = Readings()
    interval = Interval(page(100, 7), "api", readings)
    assert list(readings.kept) == ["api"]
    interval.rate("w_seconds_sum")
    assert list(readings.kept) == ["api", "api/w_seconds"]
    kept = json.loads(readings.kept["api/w_seconds"])
    assert [name for name, _, _ in kept["series"]] == [
        *2 * ["w_seconds_bucket"],
        "w_seconds_count",
        "w_seconds_sum",
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pool", "pool is a gauge: it has no increase"),
        ("q", "q is a summary: it has no increase"),
        ("r_totals", "has no metric r_totals; did you mean r_total"),
    ],
)
def test_what_has_no_increase_is_refused_and_not_kept(name: str, message: str) -> None:
    """A gauge and a name that is not there are errors, and leave nothing behind."""
    readings = Readings()
    interval = Interval(page(1, 1), "api", readings)
    with pytest.raises(MeasurementError, match=message):
        interval.increase(name)
    assert list(readings.kept) == ["api"]


def test_fallen_counters_are_those_of_one_process() -> None:
    """What fell in one life of the process is named; after a restart nothing has fallen."""
    fallen = after_a_run(page(100, 7), page(160, 3, 10)).fallen()
    assert [str(each) for each in fallen] == ['r_total{code="500"}']
    later = page(160, 3, 10, started=NOON)
    assert len(after_a_run(page(100, 7), later).fallen()) == 0


def test_fallen_keeps_all_counters() -> None:
    """A counter that no rate asks for is compared as well from the second run on."""
    before = Readings()
    Interval(page(100, 7), "api", before).fallen()
    fallen = Interval(page(50, 7, 10), "api", next_run(before)).fallen()
    assert [str(each) for each in fallen] == [
        'r_total{code="200"}',
        'w_seconds_bucket{le="1"}',
        'w_seconds_bucket{le="+Inf"}',
        "w_seconds_count",
    ]


def test_reading_of_another_page_is_not_compared_with() -> None:
    """A target that was pointed elsewhere begins anew."""
    interval = after_a_run(page(100, 7, source="api (http://old/metrics)"), page(160, 10, 10))
    assert interval.words == "since the process started 3 h 10 min ago"
    assert interval.increase("r_total").sum() == 170


def test_clock_that_was_set_back_is_told() -> None:
    """A reading of the future is a problem of the run; counting begins with the process."""
    before = Readings()
    asked(page(100, 7, minutes=30), before)
    readings = next_run(before)
    interval = Interval(page(160, 10, minutes=10), "api", readings)
    assert interval.increase("r_total").sum() == 170
    assert interval.words == "since the process started 3 h 10 min ago"
    [problem] = readings.problems
    assert "it is of 2026-03-05 12:30:00 UTC, not earlier than this page of" in problem
    assert "has a clock been set back?" in problem


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "[]",
        "{}",
        "null",
        "[" * 100_000,
        '{"source":1,"at":"2026-03-05T11:00:00Z","started":null,"series":[]}',
        '{"source":"api","at":"2026-03-05T11:00:00","started":null,"series":[]}',
        '{"source":"api","at":"2026-03-05T11:00:00Z","started":NaN,"series":[]}',
        '{"source":"api","at":"2026-03-05T11:00:00Z","started":null,"series":[["r",{},"x"]]}',
    ],
)
def test_reading_that_cannot_be_read_is_a_problem_and_no_error(stored: str) -> None:
    """A history that somebody wrote into does not take the checks down."""
    readings = Readings(lambda _: Reading(NOON, stored))
    interval = Interval(page(160, 10), "api", readings)
    assert interval.increase("r_total").sum() == 170
    assert interval.words == "since the process started 3 h ago"
    assert len(readings.problems) == 1


def test_many_series_are_kept_and_compared() -> None:
    """A page of 100,000 series stays within the bound."""
    text = "".join(
        f'r_total{{endpoint="/api/v1/item/{number % 997}",code="{number}"}} {number * 3}\n'
        for number in range(100_000)
    )
    read = read_exposition("# TYPE r_total counter\n" + text)
    before = Readings()
    earlier = Page("api", NOON, 0.1, read.families, read.samples)
    Interval(earlier, "api", before).increase("r_total")
    assert before.problems == ()
    later = Page("api", NOON + timedelta(minutes=1), 0.1, read.families, read.samples)
    assert Interval(later, "api", next_run(before)).increase("r_total").sum() == 0


def test_a_counter_that_came_into_being_counts_since_the_run_before() -> None:
    """With its first event, hours after its process; one that no check asked for does not."""
    first = Readings()
    Interval(page(100, 5), "api", first)
    text = "# TYPE e_total counter\ne_total 300\n" + TEXT.format(ok=160, failed=5, both=165)
    read = read_exposition(text + START.format(STARTED.timestamp()))
    at = NOON + timedelta(minutes=5)
    now = Page("api (http://api/metrics)", at, 0.01, read.families, read.samples)
    interval = Interval(now, "api", next_run(first))
    assert interval.rate("e_total").sum() == pytest.approx(300 / 300)
    assert interval.rate("r_total").sum() == pytest.approx(165 / (185 * 60))
