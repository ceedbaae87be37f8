"""Columns and a strip of counts for pytest-html's own page, for those who pass `--html`.

pytest-html puts cells and test ids into the page unescaped, so everything here
is escaped, the id of each row included. A row's outcome is left as it is: with
one of its own, pytest-html does not show the row at all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Protocol

from gatepost.model import Level, Limits, Point, Result
from gatepost.records import result_from_dict
from gatepost.sinks.text import count_words, one_line, value_words

if TYPE_CHECKING:
    import pytest

_COLUMN = 2  # behind result and test
_NAMES = ("verdict", "value", "limit", "owner", "trend")
_WIDTH, _HEIGHT = 120, 24
_MOST_POINTS = 60

_STYLE = """<style>
.gp-strip span { display: inline-block; margin: 0 1em 0 0; font-weight: bold; }
.gp-breach { color: #b01119; } .gp-error { color: #8a2385; } .gp-no_data { color: #6341a0; }
.gp-inhibited { color: #575b75; } .gp-warning { color: #855000; } .gp-learning { color: #24607f; }
.gp-ok { color: #1c6839; }
td.col-verdict { font-weight: bold; white-space: nowrap; }
#results-table td.col-value { text-align: right; }
td.col-trend svg { display: block; pointer-events: none; }
</style>"""


class _Titled(Protocol):
    title: str


class ReportColumns:
    """The plugin object to register where pytest-html is on, in the process that writes its page.

    It reads `report.gatepost`, a result laid out by `gatepost.records.result_to_dict`;
    rows without one keep empty cells.
    """

    def __init__(self) -> None:
        self._levels: dict[str, Level] = {}

    def pytest_html_report_title(self, report: _Titled) -> None:
        """Name the page after what it shows; the default is the file's name."""
        report.title = "Checks"

    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Put our headings behind the test's."""
        cells[_COLUMN:_COLUMN] = [
            '<th class="sortable" data-column-type="verdict">Verdict</th>',
            "<th>Value</th>",
            "<th>Limit</th>",
            '<th class="sortable" data-column-type="owner">Owner</th>',
            "<th>Trend</th>",
        ]

    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """Put our cells behind the test's, whose id is escaped on the way."""
        cells[:] = [_escape_id(cell, report) for cell in cells]
        result = _result(report)
        if result is not None:
            self._levels[report.nodeid] = result.level
        cells[_COLUMN:_COLUMN] = _cells(result)

    def pytest_html_results_table_html(self, report: pytest.TestReport, data: list[str]) -> None:
        """Say the sentence of a check that passed; of one that failed pytest shows it already."""
        result = _result(report)
        if result is not None and report.passed:
            data.insert(0, f"{_words(result.level.label)}: {_words(result.verdict.sentence)}\n")

    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Count the checks by level above the table."""
        counts = Counter(self._levels.values())
        spans = "".join(
            f'<span class="gp-{level}">{count_words({level: counts[level]})}</span>'
            for level in reversed(Level)
            if counts[level]
        )
        prefix.append(f'{_STYLE}<p class="gp-strip">{spans or "no check was evaluated"}</p>')


def _result(report: pytest.TestReport) -> Result | None:
    plain = getattr(report, "gatepost", None)
    return result_from_dict(plain) if plain else None


def _escape_id(cell: str, report: pytest.TestReport) -> str:
    test_id = report.nodeid if report.when == "call" else f"{report.nodeid}::{report.when}"
    if cell != f'<td class="col-testId">{test_id}</td>':
        return cell
    return f'<td class="col-testId">{_words(test_id)}</td>'


def _cells(result: Result | None) -> list[str]:
    if result is None:
        return [f'<td class="col-{name}"></td>' for name in _NAMES]
    verdict = result.verdict
    level = f'class="col-verdict gp-{result.level}" title="{_words(verdict.sentence)}"'
    trend = draw_sparkline(verdict.trend or result.past.points, verdict.limits)
    return [
        f"<td {level}>{_words(result.level.label)}</td>",
        f'<td class="col-value">{_words(value_words(verdict))}</td>',
        f'<td class="col-limit">{_words(verdict.limits.text)}</td>',
        f'<td class="col-owner">{_words(result.check.owner)}</td>',
        f'<td class="col-trend">{trend}</td>',
    ]


def draw_sparkline(points: Sequence[Point], limits: Limits) -> str:
    """Draw the newest values as an inline SVG, with limits dashed; empty for fewer than two.

    A moment without a value is a gap. Numbers are placed by their order, not by
    their time, and only limits between the lowest and the highest are drawn.
    """
    values = [_finite(point.value) for point in points[-_MOST_POINTS:]]
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    span = high - low
    if not math.isfinite(span):
        return ""

    def down(value: float) -> float:
        share = (value - low) / span if span else 0.5
        return round(_HEIGHT - 3 - share * (_HEIGHT - 6), 1)

    step = (_WIDTH - 6) / (len(values) - 1)
    places = [
        None if value is None else (round(3 + step * place, 1), down(value))
        for place, value in enumerate(values)
    ]
    lines = "".join(
        f'<path d="M0 {down(bound)}H{_WIDTH}" stroke-dasharray="2 2" stroke-opacity=".5"/>'
        for bound in limits.bounds
        if low < bound < high
    )
    dots = "".join(
        f'<circle cx="{across}" cy="{height}" r="1.5" fill="currentColor" stroke="none"/>'
        for across, height in _lonely(places)
    )
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" fill="none" '
        f'stroke="currentColor" role="img" aria-label="{len(known)} values">'
        f'{lines}<path d="{"".join(_strokes(places))}"/>{dots}</svg>'
    )


_Place = tuple[float, float] | None


def _strokes(places: Sequence[_Place]) -> Iterator[str]:
    pen = "M"
    for place in places:
        if place is None:
            pen = "M"
        else:
            yield f"{pen}{place[0]} {place[1]}"
            pen = "L"


def _lonely(places: Sequence[_Place]) -> Iterator[tuple[float, float]]:
    """The newest place, and those between two gaps, which a line alone would not show."""
    newest = max(index for index, place in enumerate(places) if place)
    for index, place in enumerate(places):
        neighbours = [*places[max(0, index - 1) : index], *places[index + 1 : index + 2]]
        if place and (index == newest or not any(neighbours)):
            yield place


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _words(text: str) -> str:
    return escape(one_line(text))
