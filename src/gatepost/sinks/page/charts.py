"""The geometry of the page's two charts: a value against its limits, and its trend.

Nothing here is markup: numbers come out ready for `charts.html.j2`, which
draws them. Horizontal places of a bar are percentages, so that its words keep
their size at every width; a trend is drawn in its own units and stretched.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from gatepost.model import Level, Limits, Point
from gatepost.wording import format_number, plural, with_unit

TREND_WIDTH, TREND_HEIGHT = 400, 96
_LABEL_GAP = 13
_EDGE = 6


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of the axis in the chart's units, and how a value there is judged."""

    start: float
    width: float
    level: Level


@dataclass(frozen=True, slots=True)
class Label:
    """Words at a place of the axis; `lane` counts rows away from it, to keep words apart."""

    at: float
    text: str
    kind: str
    lane: int = 0

    @property
    def anchor(self) -> str:
        """Which end of the words stands at the place, so that they stay inside the chart."""
        return "start" if self.at < 20 else "end" if self.at > 80 else "middle"


@dataclass(frozen=True, slots=True)
class Bar:
    """A value against its limits: places are percentages of the width.

    `beyond` is `low` or `high` where the value lies outside what is drawn.
    """

    zones: tuple[Zone, ...]
    labels: tuple[Label, ...]
    value: Label
    beyond: str = ""

    @property
    def lanes(self) -> int:
        """How many rows of labels stand under the bar."""
        return 1 + max((label.lane for label in self.labels), default=0)


@dataclass(frozen=True, slots=True)
class Trend:
    """A series with its limits: y grows downwards from 0 to TREND_HEIGHT, x to TREND_WIDTH.

    `line`, `pending` and `incidents` are SVG paths: stretches between gaps, what
    comes after the judged point and is not complete yet, and one dot for each
    judged point outside the alert limits. `summary` says in words what the
    picture shows.
    """

    line: str
    pending: str
    incidents: str
    newest: str
    zones: tuple[Zone, ...]
    rules: tuple[Label, ...]
    labels: tuple[Label, ...]
    first: datetime
    last: datetime
    summary: str


def judge_place(limits: Limits, place: float) -> Level:
    """Tell the level of a value inside one of the stretches between the bounds."""
    if _outside(place, limits.alert_low, limits.alert_high):
        return Level.BREACH
    if _outside(place, limits.target_low, limits.target_high):
        return Level.WARNING
    return Level.OK


def draw_bar(value: float | None, limits: Limits, unit: str) -> Bar | None:
    """Lay out a value against its limits; None without a value, a limit or a scale to draw them."""
    bounds = _finite(limits.bounds)
    if value is None or math.isnan(value) or not bounds:
        return None
    low, high = _bar_range(value, bounds, percent=unit == "%")
    if not _drawable(low, high):
        return None

    def place(number: float) -> float:
        return round(min(max((number - low) / (high - low) * 100, 0), 100), 1)

    cuts = [low, *(bound for bound in bounds if low < bound < high), high]
    zones = tuple(
        Zone(place(start), round(place(end) - place(start), 1), _between(limits, start, end))
        for start, end in pairwise(cuts)
    )
    words = with_unit(_number(value, bounds), unit)
    return Bar(
        zones,
        _in_lanes([Label(place(at), text, kind) for at, text, kind in _named_bounds(limits)]),
        Label(place(value), words, "value"),
        "low" if value < low else "high" if value > high else "",
    )


def draw_trend(
    points: Sequence[Point], limits: Limits, unit: str, judged: datetime | None = None
) -> Trend | None:
    """Lay out a series, oldest point first; None when fewer than two of its points have a value.

    Points after `judged` are drawn as pending: a day that is not over is no incident yet.
    """
    complete = sum(judged is None or point.at <= judged for point in points)
    values = _finite(point.value for point in points[:complete])
    bounds = _finite(limits.bounds)
    if len(values) < 2 or points[0].at == points[-1].at:
        return None
    drawn = _finite(point.value for point in points)
    low, high = min(*drawn, *bounds), max(*drawn, *bounds)
    if low == high:
        low, high = low - (abs(low) or 1), high + (abs(high) or 1)
    if not _drawable(low, high):
        return None
    begin, length = points[0].at, points[-1].at - points[0].at

    def down(number: float) -> int:
        inner = TREND_HEIGHT - 2 * _EDGE
        return round(TREND_HEIGHT - _EDGE - (number - low) / (high - low) * inner)

    def across(at: datetime) -> int:
        return round((at - begin) / length * TREND_WIDTH)

    placed = [
        None
        if point.value is None or not math.isfinite(point.value)
        else (across(point.at), down(point.value), judge_place(limits, point.value))
        for point in points
    ]
    rules = [Label(down(at), text, kind) for at, text, kind in _named_bounds(limits)]
    judged_places = placed[:complete]
    last_seen = next(place for place in reversed(judged_places) if place)
    newest = Label(last_seen[1], format_number(values[-1], beside=bounds), "value")
    return Trend(
        line=_stretches(judged_places),
        pending=_stretches(placed[complete - 1 :]) if complete < len(placed) else "",
        incidents=_dots(place for place in judged_places if place and place[2] is Level.BREACH),
        newest=_dots([last_seen]),
        zones=_bands([0, *sorted({rule.at for rule in rules}), TREND_HEIGHT], low, high, limits),
        rules=tuple(rules),
        labels=_apart([*rules, newest]),
        first=points[0].at,
        last=points[-1].at,
        summary=_summary(judged_places, values, limits, unit),
    )


def _bar_range(value: float, bounds: Sequence[float], *, percent: bool) -> tuple[float, float]:
    """Choose what a bar spans: the bounds, room around them, and the value unless it is far off."""
    span = (bounds[-1] - bounds[0]) or abs(bounds[0]) or 1.0
    low, high = bounds[0] - span, bounds[-1] + span
    if low - 3 * span <= value <= high + 3 * span:
        low, high = min(low, value), max(high, value)
    if value >= 0 and bounds[0] >= 0:
        low = max(low, 0.0)
    if percent and bounds[-1] <= 100:
        high = min(high, 100.0)
    return low, high


def _number(value: float, bounds: Iterable[float]) -> str:
    return format_number(value, beside=bounds) if math.isfinite(value) else str(value)


def _drawable(low: float, high: float) -> bool:
    return math.isfinite(high - low) and high > low


def _finite(numbers: Iterable[float | None]) -> list[float]:
    return [number for number in numbers if number is not None and math.isfinite(number)]


def _outside(place: float, low: float | None, high: float | None) -> bool:
    return (low is not None and place < low) or (high is not None and place > high)


def _between(limits: Limits, start: float, end: float) -> Level:
    return judge_place(limits, start + (end - start) / 2)


def _named_bounds(limits: Limits) -> list[tuple[float, str, str]]:
    """List the bounds with their names, ascending; one that serves both is named for both."""
    names: dict[float, list[str]] = {}
    for kind, bound in (
        ("target", limits.target_low),
        ("target", limits.target_high),
        ("alert", limits.alert_low),
        ("alert", limits.alert_high),
    ):
        if bound is not None and math.isfinite(bound) and kind not in names.setdefault(bound, []):
            names[bound].append(kind)
    return [
        (bound, f"{' and '.join(kinds)} {format_number(bound)}", kinds[-1])
        for bound, kinds in sorted(names.items())
    ]


def _in_lanes(labels: list[Label]) -> tuple[Label, ...]:
    """Move labels of a bar that would touch into further lanes, at the width of a small phone."""
    ends: list[float] = []
    laid = []
    for label in labels:
        width = len(label.text) * 2.2 + 2
        shift = {"start": 0, "middle": width / 2, "end": width}[label.anchor]
        start = label.at - shift
        lane = next((place for place, end in enumerate(ends) if end <= start), len(ends))
        ends[lane : lane + 1] = [start + width]
        laid.append(Label(label.at, label.text, label.kind, lane))
    return tuple(laid)


def _apart(labels: list[Label]) -> tuple[Label, ...]:
    """Push the labels of a trend apart, downwards and back up from the lower edge."""
    labels = sorted(labels, key=lambda label: label.at)
    places: list[float] = []
    for label in labels:
        places.append(max(label.at, places[-1] + _LABEL_GAP if places else _EDGE + 4))
    for index in reversed(range(len(places))):
        room = TREND_HEIGHT - _EDGE + 4 - (len(places) - 1 - index) * _LABEL_GAP
        places[index] = min(places[index], room)
    return tuple(
        Label(place, label.text, label.kind) for place, label in zip(places, labels, strict=True)
    )


def _bands(edges: Sequence[float], low: float, high: float, limits: Limits) -> tuple[Zone, ...]:
    """Find the stretches of a trend's height that are in alert, from the top down."""
    inner = TREND_HEIGHT - 2 * _EDGE
    zones = []
    for top, bottom in pairwise(edges):
        middle = high - ((top + bottom) / 2 - _EDGE) / inner * (high - low)
        zones.append(Zone(top, bottom - top, judge_place(limits, middle)))
    return tuple(zone for zone in zones if zone.width and zone.level is Level.BREACH)


Placed = tuple[int, int, Level]


def _stretches(placed: Iterable[Placed | None]) -> str:
    """Write a path in relative steps, which takes half the bytes of absolute ones."""
    path = []
    pen: Placed | None = None
    for place in placed:
        if place and pen:
            path.append(f"l{place[0] - pen[0]} {place[1] - pen[1]}".replace(" -", "-"))
        elif place:
            path.append(f"M{place[0]} {place[1]}h0")  # h0 makes a dot of a point between two gaps
        pen = place
    return "".join(path)


def _dots(placed: Iterable[Placed]) -> str:
    return "".join(f"M{x} {y}h0" for x, y, _ in placed)


def _summary(
    placed: Sequence[Placed | None], values: Sequence[float], limits: Limits, unit: str
) -> str:
    incidents = sum(place is not None and place[2] is Level.BREACH for place in placed)
    gaps = sum(place is None for place in placed)
    numbers = ", ".join(
        f"{name} {with_unit(format_number(number, beside=_finite(limits.bounds)), unit)}"
        for name, number in (
            ("lowest", min(values)),
            ("highest", max(values)),
            ("newest", values[-1]),
        )
    )
    outside = f", {incidents} outside the alert limits" if incidents else ""
    missing = f", {gaps} without a value" if gaps else ""
    return f"{plural(len(values), 'value')}: {numbers}{outside}{missing}"
