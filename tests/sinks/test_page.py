"""What the report page says and in which order; test_page_safety.py has what cannot act in it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from page_tree import Element, read_page
from sample_run import (
    COMPLETE_SQL,
    FINE,
    SHARE,
    fine_run,
    result,
    sample_run,
    trend,
)

from gatepost.decision import decide
from gatepost.model import Level, Limits, Run, Severity
from gatepost.sinks.page import permalink, publish, render_page
from gatepost.sinks.page.view import MOST_ACTIONS, MOST_DETAILED


def page_of(*results, **known: object) -> Element:
    """The page of a run with these results."""
    run = replace(sample_run(), results=results, expected=len(results), partial="", problems=())
    return read_page(render_page(replace(run, **known)))


def row_of(page: Element, check_id: str) -> Element:
    """The row of one check."""
    return page.one(id=permalink(check_id))


def many(count: int) -> Run:
    """A run of so many checks, each with all that a check can have and 90 points of history."""
    results = tuple(
        result(
            f"system{place % 5}.group{place % 6}.completeness_of_rows[{place}]",
            Level.BREACH if place % 25 == 0 else Level.OK,
            f"97.32 % of rows have a company_name, target at least 95 %, at the {place}th time.",
            value=97.32 + place / 1000,
            unit="%",
            limits=SHARE,
            bad=32,
            total=1204,
            trend=trend([round(97 + math.sin(day * place) * 2, 2) for day in range(90)]),
            statements=(f"{COMPLETE_SQL}\n   AND part = {place}",),
            rows=1,
            owner="data platform",
            severity=Severity.HIGH,
            runbook="checks/jobinsight/runbooks/completeness.md",
            doc="Share of a day's rows whose title is neither null nor empty.",
            past=FINE,
        )
        for place in range(count)
    )
    return replace(sample_run(), results=results, expected=count)


@pytest.fixture(scope="module")
def sample() -> Element:
    return read_page(render_page(sample_run()))


def test_the_decision_stands_first_word_for_word(sample: Element) -> None:
    """The page's one h1 is the decision's own sentence, in a banner of its word."""
    banner = sample.one("header")
    assert banner.one("h1").text == decide(sample_run()).sentence
    assert "block" in banner.attributes["class"]
    assert len(sample.all("h1")) == 1


def test_the_page_is_read_from_the_decision_to_the_provenance(sample: Element) -> None:
    """Headings come in the order in which someone at night needs them."""
    assert [heading.text for heading in sample.all("h2")] == [
        "Trouble with the run itself",
        "Since the run of 2026-03-09 02:00 UTC",
        "What to do now",
        "Systems",
        "All checks",
        "About this run",
    ]


def test_levels_are_counted_and_lead_to_their_rows(sample: Element) -> None:
    """Each count links to its level's section, worst first, and what was evaluated is said."""
    counts = sample.one(kind="counts")
    assert counts.text == (
        "3 alerts 2 errors 1 no data 4 inhibited 2 warnings 1 learning 10 ok 15 of 24 evaluated"
    )
    assert [link.attributes["href"] for link in counts.all("a")][:2] == [
        "#level-breach",
        "#level-error",
    ]


def test_every_inner_link_leads_somewhere(sample: Element) -> None:
    """No fragment on the page is without its element, and no id is given twice."""
    ids = [element.attributes["id"] for element in sample.all() if "id" in element.attributes]
    inner = [
        link.attributes["href"][1:] for link in sample.all("a") if link.attributes["href"][0] == "#"
    ]
    assert len(ids) == len(set(ids))
    assert inner
    assert set(inner) <= set(ids)


def test_what_went_wrong_with_the_checker_itself_stands_under_the_banner(sample: Element) -> None:
    """A partial run and a sink that failed are the first thing after the decision."""
    trouble = next(child for child in sample.one("main").children if isinstance(child, Element))
    assert [item.text for item in trouble.all("li")] == [
        "Partial interrupted after 23 of 24 checks",
        "slack the webhook answered 503 three times; nothing was sent.",
    ]


def test_a_run_without_trouble_has_no_place_for_it() -> None:
    """Sections that would be empty are not there."""
    page = read_page(render_page(fine_run()))
    assert not page.all(kind="trouble")
    assert not page.all(kind="note")


def test_changes_are_counted_and_named(sample: Element) -> None:
    """New and recovered checks are named, those that still fail are counted."""
    changes = sample.one(kind="changes")
    assert changes.one(kind="recovered").text == "1 recovered jobinsight.quality.valid[salary]"
    assert changes.one(kind="still").text == "2 still failing"
    assert changes.one(kind="new").text.startswith("4 new jobinsight.quality.completeness[title],")


def test_a_first_run_has_nothing_to_compare_with() -> None:
    """Without an earlier run the page says so and counts no changes."""
    changes = read_page(render_page(fine_run())).one(kind="changes")
    assert changes.text == "Since the last run First run: nothing to compare with."


def test_a_dead_target_is_one_thing_to_do(sample: Element) -> None:
    """The check that found the cause leads, and what it inhibits is folded under it."""
    actions = sample.all("li", kind="action")
    assert [action.one("h3").text for action in actions][:2] == [
        "jobinsight.quality.completeness[title]",
        "finance.health.warehouse",
    ]
    folded = actions[1].one("details")
    assert folded.one("summary").text == "4 checks not measured because of this"
    assert len(folded.all("li")) == 4
    assert "open" not in folded.attributes


def test_a_thing_to_do_says_since_when_who_and_how(sample: Element) -> None:
    """A card holds the sentence, the time and runs since it fails, owner, runbook and ticket."""
    card = sample.all("li", kind="action")[3]
    assert card.one(kind="tags").text == "alert high still"
    assert card.one(kind="sentence").text == (
        "83.33 % of DAG runs ended in success, alert below 90 %, for 4 days in a row."
    )
    assert [fact.text for fact in card.one(kind="facts").all("li")] == [
        "Failing for 3 days, 4 runs, since 2026-03-07 02:00 UTC",
        "Owner data platform",
        "Runbook crawler-success-rate",
        "Ticket DATA-2041",
    ]
    assert card.one("time").attributes["datetime"] == "2026-03-07T02:00:00Z"


def test_what_fails_for_the_first_time_has_no_age(sample: Element) -> None:
    """A failure of this run is not said to have failed for 0 minutes."""
    facts = sample.all("li", kind="action")[0].one(kind="facts").text
    assert facts.startswith("Failing since this run, 2026-03-10 02:00 UTC")


def test_a_flood_of_failures_keeps_the_list_short() -> None:
    """Above a number of groups the rest is counted and left to the rows."""
    flood = [result(f"a.b.c{n:04}", Level.BREACH, "bad.") for n in range(MOST_ACTIONS + 5)]
    page = page_of(*flood)
    assert len(page.all("li", kind="action")) == MOST_ACTIONS
    assert "And 5 more, under All checks." in page.one(kind="now").text


def test_nothing_evaluated_is_never_said_to_be_fine() -> None:
    """A run without any check, or that only learns, does not claim that nothing fails."""
    for results in ((), (result("a.b.c", Level.LEARNING, "too early."),)):
        words = page_of(*results).one(kind="now").text
        assert "Nothing was evaluated" in words
        assert "failing" not in words


def test_the_matrix_shows_the_worst_of_each_group(sample: Element) -> None:
    """A cell counts its levels worst first and leads to its worst check."""
    finance, jobs = sample.one(kind="systems").all("table")
    assert (finance.one("caption").text, jobs.one("caption").text) == ("finance", "jobinsight")
    quality = jobs.all("tr")[-1]
    assert quality.text == "quality1 alert 1 warning 4 ok"
    assert (
        quality.one("a").attributes["href"]
        == f"#{permalink('jobinsight.quality.completeness[title]')}"
    )
    assert "breach" in quality.attributes["class"]


def test_each_check_has_a_row_with_its_own_words(sample: Element) -> None:
    """Every result is on the page once, worst first, with its sentence unchanged."""
    rows = sample.all("details", kind="check")
    expected = sample_run().worst_first
    assert [row.attributes["id"] for row in rows] == [permalink(r.check.id) for r in expected]
    assert [row.one("summary").one(kind="sentence").text for row in rows] == [
        r.verdict.sentence for r in expected
    ]


def test_failing_checks_are_open(sample: Element) -> None:
    """What fails is unfolded, everything else is folded."""
    rows = sample.all("details", kind="check")
    open_rows = {row.attributes["id"] for row in rows if "open" in row.attributes}
    assert open_rows == {permalink(r.check.id) for r in sample_run().results if r.level.fails}


def test_a_check_says_how_it_was_measured(sample: Element) -> None:
    """Facts, failing rows and statements of one check."""
    row = row_of(sample, "jobinsight.quality.completeness[title]")
    facts = row.one("dl")
    assert list(
        zip([d.text for d in facts.all("dt")], [d.text for d in facts.all("dd")], strict=True)
    ) == [
        ("Failing", "since this run, 2026-03-10 02:00 UTC"),
        ("Bad", "134 of 1,204 (11.13 %)"),
        ("Limits", "at least 95 %, alert below 90 %"),
        ("Measured", "1 row in 184 ms"),
        ("How", "scanned"),
        ("Runbook", "completeness"),
        ("Declared", "checks/jobinsight/check_quality.py:29"),
    ]
    assert row.all("h4")[0].text == "Failing rows 4 shown of 134 Download CSV"
    assert [[cell.text for cell in line.all("td")] for line in row.one("tbody").all("tr")][1] == [
        "77121",
        "NULL",
    ]
    assert "".join(row.one("pre")._texts()) == COMPLETE_SQL


def test_an_error_shows_its_traceback(sample: Element) -> None:
    """The traceback stands in the row of what could not be measured."""
    assert "ZeroDivisionError" in row_of(sample, "jobinsight.kpi.throughput").one("pre").text


def test_a_share_is_never_rounded_to_none_or_all() -> None:
    """One bad row of millions is not 0 %, and all but one are not 100 %."""
    of = {"total": 20_000_000}
    page = page_of(
        result("a.b.none", Level.OK, "none.", bad=0, **of),
        result("a.b.one", Level.OK, "one.", bad=1, **of),
        result("a.b.most", Level.OK, "most.", bad=19_999_999, **of),
        result("a.b.every", Level.OK, "all.", bad=20_000_000, **of),
    )
    shares = [
        row_of(page, f"a.b.{name}").all("dd")[0].text for name in ("none", "one", "most", "every")
    ]
    assert shares == [
        "0 of 20,000,000 (0 %)",
        "1 of 20,000,000 (under 0.01 %)",
        "19,999,999 of 20,000,000 (over 99.99 %)",
        "20,000,000 of 20,000,000 (100 %)",
    ]


def test_statements_that_measured_many_rules_stand_once() -> None:
    """Rows of one scan lead to the row that shows its statement."""
    scan = {"statements": ("select everything",), "rows": 1}
    page = page_of(*(result(f"a.b.rule{n}", Level.OK, "fine.", **scan) for n in range(3)))
    assert len(page.all("pre")) == 1
    other = row_of(page, "a.b.rule2")
    assert "1 row in 21 ms by the statements of a.b.rule0" in other.text
    assert other.one("a").attributes["href"] == "#check-a.b.rule0"


def test_the_provenance_is_complete(sample: Element) -> None:
    """Revision, mode, schedule, slot, duration, counts, masked targets and versions."""
    about = sample.one("footer").text
    for words in (
        "4f2c9d1",
        "scheduled",
        "2026-03-10 02:00 UTC, took 11 s",
        "24 expected, 15 evaluated, 3 deselected",
        "warehouse postgresql://checker:***@127.0.0.1:5433/warehouse",
        "pytest 9.2.0",
    ):
        assert words in about


def test_500_checks_with_trends_stay_under_a_megabyte() -> None:
    """A large installation's page can still be mailed."""
    assert len(render_page(many(500)).encode()) < 1_000_000


def test_thousands_of_checks_get_a_line_each_and_the_page_says_so() -> None:
    """Above a number of results, ok rows have no detail; what fails keeps it."""
    fine = [result(f"a.b.c{n:05}", Level.OK, "passed.") for n in range(MOST_DETAILED)]
    page = page_of(result("a.b.bad", Level.BREACH, "bad."), *fine)
    assert [row.attributes["id"] for row in page.all("details", kind="check")] == ["check-a.b.bad"]
    assert len(page.all("p", kind="check")) == MOST_DETAILED
    assert page.one(kind="note").text.startswith(
        "2,000 of these 2,001 checks are shown in one line"
    )


def test_the_page_is_written_whole_with_links_from_where_it_stands(tmp_path: Path) -> None:
    """A runbook is linked relative to the page's folder, and nothing is left beside the page."""
    path = tmp_path / "out" / "reports" / "index.html"
    publish(sample_run(), path, root=tmp_path)
    text = path.read_text("utf-8")
    assert 'href="../../checks/jobinsight/runbooks/freshness.md"' in text
    publish(fine_run(), path)
    assert "<strong>PASS</strong>" in path.read_text("utf-8")
    assert [file.name for file in path.parent.iterdir()] == ["index.html"]


def test_the_project_is_above_the_reports_unless_said_otherwise() -> None:
    """The default matches reports/index.html."""
    assert 'href="../checks/jobinsight/runbooks/freshness.md"' in render_page(sample_run())


def test_times_are_in_utc_and_ages_count_from_the_end_of_the_run() -> None:
    """An old page keeps its words: ages do not depend on when it is read or rendered."""
    run = sample_run()
    later = replace(run, finished=run.finished + timedelta(days=2))
    assert "for 3 days, 4 runs" in read_page(render_page(run)).text
    assert "for 5 days, 4 runs" in read_page(render_page(later)).text


def test_limits_of_the_declaration_stand_in_for_what_was_not_measured() -> None:
    """An error has no limits of its own to show."""
    page = page_of(result("a.b.c", Level.ERROR, "no.", limits=Limits(text="at most 5")))
    assert "Limitsat most 5" in row_of(page, "a.b.c").one("dl").text
