"""The columns on pytest-html's own page, in real runs of pytest."""

import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sample_run import trend

from gatepost.model import Level, Limits
from gatepost.sinks.pytest_html import draw_sparkline

pytest_plugins = ["pytester"]

COLUMNS = ["Result", "Test", "Verdict", "Value", "Limit", "Owner", "Trend", "Duration", "Links"]

CONFTEST = """
import json
import os
import sys
sys.path.insert(0, {here!r})

import pytest
from gatepost.model import Level
from gatepost.records import result_to_dict
from gatepost.sinks.pytest_html import ReportColumns
from sample_run import hostile_run, sample_results

def pytest_configure(config):
    if config.getoption("htmlpath") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(ReportColumns())

ROWS = [row for row in (*sample_results(), *hostile_run().results)]

def pytest_generate_tests(metafunc):
    if "row" in metafunc.fixturenames:
        metafunc.parametrize("row", ROWS, ids=[row.check.id for row in ROWS])

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call" and "row" in item.fixturenames:
        report.gatepost = result_to_dict(item.callspec.params["row"])
        if "PYTEST_XDIST_WORKER" in os.environ:  # a lone surrogate would end the worker
            text = json.dumps(report.gatepost, ensure_ascii=False).encode("utf-8", "replace")
            report.gatepost = json.loads(text)
            report.longrepr = None if report.passed else report.gatepost["verdict"]["sentence"]
            if report.skipped:
                report.longrepr = ("test_rows.py", 1, report.longrepr)
    return report
"""
TESTS = """
import pytest
from gatepost.model import Level

def test_row(row):
    if row.level is Level.INHIBITED:
        pytest.skip(row.verdict.sentence)
    if row.level.fails:
        pytest.fail(row.verdict.sentence, pytrace=False)

def test_plain(): pass

@pytest.fixture
def broken(): raise OSError("no fixture")

@pytest.mark.parametrize("of", ["<b>bold</b>"])
def test_setup(broken, of): pass
"""


@dataclass
class Page:
    """What a browser would find on the page."""

    headings: list[str]
    strip: str
    rows: dict[str, list[str]]
    logs: dict[str, str]


class Blob(HTMLParser):
    """Finds the data that the page's script shows."""

    data = ""

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        self.data = dict(attrs).get("data-jsonblob") or self.data


def read(path: Path) -> Page:
    """Read the page as its script does: rows by the (unescaped) id of the test."""
    text = path.read_text(encoding="utf-8")
    blob = Blob()
    blob.feed(text)
    tests = json.loads(blob.data)["tests"]
    return Page(
        headings=re.findall(r"<th[^>]*>(.*?)</th>", text),
        strip=re.sub(r"<[^>]+>", " ", text.partition('<p class="gp-strip">')[2].split("</p>")[0]),
        rows={name: shown[0]["resultsTableRow"] for name, shown in tests.items()},
        logs={name: shown[0]["log"] for name, shown in tests.items()},
    )


@pytest.fixture
def page(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> Page:
    """The page of a real run of pytest."""
    pytester.makeconftest(CONFTEST.format(here=str(Path(__file__).parent)))
    pytester.makepyfile(test_rows=TESTS)
    arguments = ("--html=page.html", "--self-contained-html", "-pno:cacheprovider")
    result = pytester.runpytest_subprocess(request.param, *arguments)
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] == 6 + 3
    assert outcomes["errors"] == 1
    return read(pytester.path / "page.html")


def cell(html: str) -> str:
    """The content of a cell, markup left out."""
    return re.sub(r"<[^>]+>", "", html)


@pytest.mark.parametrize("page", ["-n0", "-n2"], indirect=True)
def test_page_shows_verdicts(page: Page) -> None:
    """Rows carry verdict, value, limit, owner and trend; others stay as they were, and aligned."""
    assert page.headings == COLUMNS
    assert {len(cells) for cells in page.rows.values()} == {len(COLUMNS)}
    rate = page.rows["test_rows.py::test_row[jobinsight.kpi.crawler_success_rate]"]
    assert [cell(one) for one in rate[2:6]] == [
        "alert",
        "83.33 %",
        "at least 95 %, alert below 90 %",
        "data platform",
    ]
    assert "<svg" in rate[6]
    fresh = page.rows["test_rows.py::test_row[jobinsight.quality.freshness]"]
    assert [cell(one) for one in fresh[:3]] == [
        "Passed",
        "test_rows.py::test_row[jobinsight.quality.freshness]",
        "warning",
    ]
    assert "30 h" in cell(fresh[3])
    log = page.logs["test_rows.py::test_row[jobinsight.quality.freshness]"]
    assert log.startswith("warning: the newest row is 30 h old, ")
    plain = page.rows["test_rows.py::test_plain"]
    assert [cell(one) for one in plain[:7]] == [
        *("Passed", "test_rows.py::test_plain", "", "", "", "", "")
    ]
    words = " ".join(page.strip.split())
    assert words.startswith("4 alerts 3 errors 2 no data 5 inhibited 3 warnings 2 learning 11 ok")


@pytest.mark.parametrize("page", ["-n0"], indirect=True)
def test_nothing_on_the_page_acts(page: Page) -> None:
    """Ids, sentences, owners and limits of a hostile system are only words."""
    for name, cells in page.rows.items():
        markup = set(re.findall(r"<\s*/?\s*([a-zA-Z!]+)", "".join(cells)))
        assert markup <= {"td", "svg", "path", "circle"}, name
        for one in cells:
            one.encode("utf-8")
            assert not re.search("[\x00-\x08\x1b\x7f\u202e\u2066]", one)
    (setup,) = (cells for name, cells in page.rows.items() if "test_setup" in name)
    assert cell(setup[1]) == "test_rows.py::test_setup[&lt;b&gt;bold&lt;/b&gt;]::setup"
    assert cell(setup[0]) == "Error"


@pytest.mark.parametrize(
    "values",
    [[], [1.0], [None, 1.0, None], [math.nan, math.inf, 1.0], [1e308, -1e308]],
)
def test_no_sparkline_without_two_drawable_values(values: Sequence[float | None]) -> None:
    """Too few numbers, or numbers without a finite span, draw nothing."""
    assert draw_sparkline(trend(values), Limits()) == ""


def test_a_sparkline_shows_gaps_and_limits() -> None:
    """A missing value interrupts the line, a lonely one is a dot, limits are dashed."""
    points = trend([1.0, 2.0, None, 5.0, None, 3.0, 4.0])
    drawn = ET.fromstring(draw_sparkline(points, Limits(alert_low=2.5, target_low=9)))  # noqa: S314 - our own
    dashed, line = (path.get("d", "") for path in drawn.iter("path"))
    assert dashed == "M0 14.2H120"
    assert line.count("M") == 3
    assert line.count("L") == 2
    assert len(list(drawn.iter("circle"))) == 2


def test_a_flat_line_is_drawn_in_the_middle() -> None:
    """Equal values have no span and still a line."""
    drawn = draw_sparkline(trend([3.0, 3.0]), Limits())
    assert 'd="M3.0 12.0L117.0 12.0"' in drawn


def test_only_the_newest_values_are_drawn() -> None:
    """A long history ends in its newest 60 values."""
    drawn = draw_sparkline(trend([*[1000.0] * 50, *map(float, range(60))]), Limits())
    assert drawn.count("L") == 59
    assert 'aria-label="60 values"' in drawn


def test_every_level_has_its_colour() -> None:
    """A level that the model gains needs a colour on the page."""
    from gatepost.sinks.pytest_html import _STYLE

    assert all(f".gp-{level} " in _STYLE for level in Level)
