"""The geometry of the page's charts: what is drawn where, and what is not drawn."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise

import pytest
from sample_run import SHARE, SLOT, USED, trend

from gatepost.model import Level, Limits, Point
from gatepost.sinks.page.charts import (
    TREND_HEIGHT,
    TREND_WIDTH,
    Bar,
    Trend,
    draw_bar,
    draw_trend,
    judge_place,
)

UNLIMITED = Limits()
OK, WARNING, BREACH = Level.OK, Level.WARNING, Level.BREACH


def bar(value: float, limits: Limits, unit: str = "") -> Bar:
    drawn = draw_bar(value, limits, unit)
    assert drawn is not None
    return drawn


def line(values: list[float | None], limits: Limits = UNLIMITED) -> Trend:
    drawn = draw_trend(trend(values), limits, "%")
    assert drawn is not None
    return drawn


@pytest.mark.parametrize(
    ("limits", "levels"),
    [
        (SHARE, [BREACH, WARNING, OK]),
        (USED, [OK, WARNING, BREACH]),
        (Limits(100, 125, 50, None), [BREACH, WARNING, OK, WARNING]),
        (Limits(100, 125, 50, 200), [BREACH, WARNING, OK, WARNING, BREACH]),
        (Limits(target_low=10), [WARNING, OK]),
        (Limits(alert_high=10), [OK, BREACH]),
        (Limits(5, 5, 5, 5), [BREACH, BREACH]),
        (Limits(alert_low=-5, alert_high=-1), [BREACH, OK, BREACH]),
    ],
)
def test_a_bar_shows_each_region_in_order(limits: Limits, levels: list[Level]) -> None:
    """One-sided, two-sided and exact limits cut the axis into their regions, without gaps."""
    zones = bar(limits.bounds[0], limits).zones
    assert [zone.level for zone in zones] == levels
    assert zones[0].start == 0
    assert sum(zone.width for zone in zones) == pytest.approx(100, abs=0.3)


def test_the_marker_stands_in_the_region_of_its_level() -> None:
    """A value in alert is drawn in the alert region, with its number and unit."""
    drawn = bar(83.333333, SHARE, "%")
    assert drawn.value.at < drawn.zones[0].width
    assert drawn.value.text == "83.33 %"
    assert drawn.beyond == ""


def test_a_number_beside_its_limit_never_contradicts_it() -> None:
    """A value a hair under the limit is not written as the limit."""
    assert bar(94.9999996, SHARE, "%").value.text == "94.9999996 %"


@pytest.mark.parametrize(
    ("value", "at", "beyond"), [(1e6, 100, "high"), (math.inf, 100, "high"), (-math.inf, 0, "low")]
)
def test_a_value_far_outside_points_outwards(value: float, at: float, beyond: str) -> None:
    """What would squash the limits is drawn at the edge as an arrow."""
    drawn = bar(value, SHARE, "ms")
    assert (drawn.value.at, drawn.beyond) == (at, beyond)


def test_percentages_end_at_none_and_all() -> None:
    """The axis of a share does not go below 0 % or above 100 %."""
    assert bar(100, SHARE, "%").value.at == 100
    assert bar(0, Limits(None, 5, None, 10), "%").value.at == 0


@pytest.mark.parametrize(
    ("value", "limits"),
    [
        (None, SHARE),
        (math.nan, SHARE),
        (5.0, Limits()),
        (5.0, Limits(target_low=-math.inf, target_high=math.nan)),
        (1.0, Limits(target_low=-1e308, target_high=1e308)),
    ],
)
def test_no_bar_without_something_to_draw(value: float | None, limits: Limits) -> None:
    """Without a value, a finite limit or a finite scale there is no bar."""
    assert draw_bar(value, limits, "") is None


def test_labels_that_would_touch_take_rows_of_their_own() -> None:
    """Limits close together on a wide axis stay legible."""
    drawn = bar(400, Limits(99.9, 100.1, 0, 500))
    near = [label.lane for label in drawn.labels if label.text.startswith("target")]
    assert near == [1, 2]
    assert drawn.lanes == 3


def test_a_limit_that_serves_twice_is_named_for_both() -> None:
    """Target and alert at the same place share a label."""
    assert [label.text for label in bar(3, Limits(5, None, 5, None)).labels] == [
        "target and alert 5"
    ]


def test_a_trend_breaks_where_nothing_was_measured() -> None:
    """A gap ends the line; a point between two gaps is a dot of its own."""
    drawn = line([1, 2, None, 3, None, math.nan, 4, 5])
    assert drawn.line.count("M") == 3
    assert "3 without a value" in drawn.summary


def test_a_trend_spans_its_picture_by_time() -> None:
    """Points stand at their times, so that a missing slot is as wide as it was long."""
    day = timedelta(days=1)
    points = [Point(SLOT, 1), Point(SLOT + day, 2), Point(SLOT + 4 * day, 3)]
    drawn = draw_trend(points, Limits(), "")
    assert drawn is not None
    quarter, edge = TREND_WIDTH // 4, 6
    assert drawn.line == f"M0 {TREND_HEIGHT - edge}h0l{quarter}-42l{3 * quarter}-42"


def test_what_is_not_complete_is_drawn_apart_and_is_no_incident() -> None:
    """A day that is not over has few rows yet: the chart names the value that was judged."""
    days = [
        Point(SLOT + number * timedelta(days=1), value) for number, value in enumerate((97, 96, 12))
    ]
    drawn = draw_trend(days, SHARE, "%", judged=days[1].at)
    assert drawn is not None
    assert (drawn.incidents, drawn.line.count("l"), drawn.pending.count("l")) == ("", 1, 1)
    assert drawn.summary == "2 values: lowest 96 %, highest 97 %, newest 96 %"
    assert "96" in [label.text for label in drawn.labels]


def test_incidents_are_the_points_outside_the_alert_limits() -> None:
    """A point that only misses its target is no incident; one in alert is, wherever it lies."""
    drawn = line([97, 93, 89, 97, 80], SHARE)
    assert drawn.incidents.count("M") == 2
    assert drawn.summary == (
        "5 values: lowest 80 %, highest 97 %, newest 80 %, 2 outside the alert limits"
    )


def test_all_limits_are_in_the_picture_of_a_trend() -> None:
    """Limits far from the values are drawn, with the alert region shaded to the edge."""
    drawn = line([31, 30, 32], USED)
    assert [(rule.kind, rule.text) for rule in drawn.rules] == [
        ("target", "target 80"),
        ("alert", "alert 90"),
    ]
    (zone,) = drawn.zones
    assert zone.start == 0
    assert 0 < zone.width < 10


def test_labels_of_a_trend_keep_apart() -> None:
    """Numbers at the same height are pushed apart and stay in the picture."""
    drawn = line([10, 10.01, 10.02], Limits(10, 10.02, 9.99, 10.03))
    places = [label.at for label in drawn.labels]
    assert all(below - above >= 13 for above, below in pairwise(places))
    assert places[-1] <= TREND_HEIGHT


@pytest.mark.parametrize(
    "values", [[], [1.0], [None, None], [None, 1.0], [1e308, -1e308], [math.inf] * 3]
)
def test_no_trend_of_less_than_two_values(values: list[float | None]) -> None:
    """What has no line, or no scale, is not drawn."""
    assert draw_trend(trend(values), Limits(), "") is None


def test_a_flat_series_is_a_line() -> None:
    """Equal values have no spread and still a picture."""
    assert line([0.0, 0.0]).line
    assert line([7.0, 7.0]).line


def test_places_are_judged_like_values() -> None:
    """A bound itself still meets its limit."""
    assert [judge_place(SHARE, place) for place in (95, 94.9, 90, 89.9)] == [
        OK,
        WARNING,
        WARNING,
        BREACH,
    ]
