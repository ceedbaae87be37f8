"""The severity that people are told: that of the alert level crossed, or else the check's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from page_tree import read_page
from sample_run import fine_run, result

from gatepost.causes import group_failures
from gatepost.decision import decide
from gatepost.model import Level, Run, Sample, Severity
from gatepost.sinks.job_summary import render_summary
from gatepost.sinks.junit import publish
from gatepost.sinks.page import render_page
from gatepost.sinks.report_json import as_document
from gatepost.sinks.slack import build_message
from gatepost.sinks.terminal import summary_lines

CROSSED = result(
    "shop.errors.rate",
    Level.BREACH,
    "12 % is above 10 %, the alert limit (critical)",
    severity=Severity.LOW,
    crossed=Severity.CRITICAL,
    expectation="at most 1 %",
)
PLAIN = result("shop.errors.count", Level.BREACH, "7 is above 5", severity=Severity.HIGH)


@pytest.fixture
def run() -> Run:
    """A run with a check of low severity that crossed a critical level, and a plain one."""
    return replace(fine_run(), results=(PLAIN, CROSSED), expected=2)


def test_a_result_takes_it_from_the_level_crossed(run: Run) -> None:
    """And is read before what is less severe."""
    assert [each.severity for each in run.worst_first] == [Severity.CRITICAL, Severity.HIGH]
    assert [group.severity for group in group_failures(run.results)] == ["critical", "high"]
    assert decide(run).sentence == "BLOCK: 1 new critical alert, 1 new high alert."


def test_the_terminal_and_messages_tell_it(run: Run) -> None:
    """The check's own word would play it down."""
    lines = "\n".join(line.text for line in summary_lines(run))
    assert "critical | new" in lines
    assert "low" not in lines
    (first, *_) = build_message(run)["attachments"]
    assert first["blocks"][0]["text"]["text"].startswith("*critical alert*")
    assert "| critical |" in render_summary(run)


def test_files_for_programs_tell_it(run: Run, tmp_path: Path) -> None:
    """Beside the check's own, and the verdict's."""
    first = as_document(run)["results"][0]
    assert (first["severity"], first["verdict"]["severity"]) == ("critical", "critical")
    assert first["check"]["severity"] == "low"
    assert as_document(run)["results"][1]["verdict"]["severity"] is None
    publish(run, tmp_path / "junit.xml", properties=True)
    suites = ElementTree.parse(tmp_path / "junit.xml")  # noqa: S314 - our own file
    told = [each.get("value") for each in suites.iter("property") if each.get("name") == "severity"]
    assert sorted(filter(None, told)) == ["critical", "high"]


def test_the_page_tells_and_filters_by_it(run: Run) -> None:
    """In the row, and among the tokens that its filters ask for."""
    page = read_page(render_page(run))
    row = next(each for each in page.all("details") if "shop.errors.rate" in each.text)
    assert "critical" in row.attributes["data-f"].split()
    assert [each.text for each in row.all("span", kind="severity")] == ["critical"]


def test_labels_that_are_fine_are_no_failing_rows() -> None:
    """Their table is told as what it is."""
    fine = result(
        "shop.errors.rate",
        Level.OK,
        "each of 2 labels is at most 1 %, the target",
        bad=0,
        total=2,
        sample=Sample(("label", "value", "verdict"), (("a", "1 %", "fine"), ("b", "0 %", "fine"))),
    )
    page = read_page(render_page(replace(fine_run(), results=(fine,), expected=1)))
    assert "Rows 2 shown of 2" in page.text
    assert "Failing rows" not in page.text
