"""The summary at the end of a run in the terminal."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from sample_run import HOSTILE, failing, fine_run, hostile_run, result, sample_run

from gatepost.model import Level, Result, Run, Severity
from gatepost.sinks.terminal import summary_lines

LINKS = {
    "report": "/srv/a/very/long/path/that/has/to/stay/whole/so/that/it/can/be/copied/index.html"
}


def texts(run: Run, width: int = 80, *, verbose: bool = False) -> list[str]:
    """The lines' texts."""
    return [line.text for line in summary_lines(run, width=width, verbose=verbose, links=LINKS)]


def run_of(*results: Result) -> Run:
    """A whole run of these results, without problems."""
    whole = {"partial": "", "problems": (), "expected": len(results)}
    return replace(sample_run(), results=results, **whole)


def test_reads_well_at_80_columns() -> None:
    """What failed, why, how bad, since when, whose, and what to do; then the decision."""
    dead = {"cause": "warehouse"}
    run = run_of(
        result(
            "jobs.kpi.success",
            Level.BREACH,
            "83.33 % of DAG runs ended in success, alert below 90 %, for 4 days in a row.",
            severity=Severity.HIGH,
            owner="data platform",
            runbook="runbooks/success.md",
            ticket="DATA-2041",
            past=failing(3),
        ),
        result(
            "jobs.health.db", Level.ERROR, "warehouse is down.", severity=Severity.CRITICAL, **dead
        ),
        *(result(f"jobs.q.{n}", Level.INHIBITED, "not measured.", **dead) for n in "abcde"),
        result("jobs.q.fresh", Level.WARNING, "30 h old, target at most 24 h.", owner="ops"),
        result("jobs.q.usual", Level.LEARNING, "5 of 14 days."),
        result("jobs.q.valid", Level.OK, "100 %.", past=failing(2)),
    )
    assert texts(run) == [
        "error     jobs.health.db",
        "          warehouse is down.",
        "          critical | new",
        "          inhibits 5 checks: jobs.q.a, jobs.q.b, jobs.q.c and 2 more",
        "alert     jobs.kpi.success",
        "          83.33 % of DAG runs ended in success, alert below 90 %, for 4 days in",
        "          a row.",
        "          high | for 3 days, since 2026-03-07 02:00 UTC | data platform",
        "          runbook: runbooks/success.md",
        "          ticket: DATA-2041",
        "warning   jobs.q.fresh",
        "          30 h old, target at most 24 h.",
        "          medium | ops",
        "learning  1 check: jobs.q.usual",
        "recovered jobs.q.valid",
        "          after 2 failing runs since 2026-03-08 02:00 UTC",
        "",
        "BLOCK: 1 continuing high alert, 6 not evaluated.",
        "1 alert, 1 error, 5 inhibited, 1 warning, 1 learning, 1 ok in 11 s",
        "1 new, 1 still failing, 1 recovered since 2026-03-09 02:00 UTC",
        f"report: {LINKS['report']}",
    ]


def test_a_healthy_run_is_told_in_a_few_lines() -> None:
    """Nothing but the decision, the counts and the report."""
    assert texts(fine_run()) == [
        "PASS: all 10 checks evaluated, none in alert.",
        "10 ok in 11 s",
        "no earlier run to compare with",
        f"report: {LINKS['report']}",
    ]


@pytest.mark.parametrize("width", [1, 60, 80, 120])
@pytest.mark.parametrize("build", [sample_run, fine_run, hostile_run])
def test_keeps_to_the_width(build: Callable[[], Run], width: int) -> None:
    """Sentences wrap; only what cannot be broken (an id, an address) may be longer."""
    for text in texts(build(), width):
        if len(text) > max(width, 40):
            is_id = re.match(r"(alert|error|no data|warning|recovered|problem) +\S", text)
            assert is_id or text.startswith("report: ") or " " not in text.strip()


@pytest.mark.parametrize("verbose", [False, True])
def test_nothing_drives_the_terminal(verbose: bool) -> None:
    """Escape sequences, line feeds, bidirectional overrides and lone surrogates are inert."""
    run = hostile_run()
    odd = (result(f"a\nb.{HOSTILE}", Level.BREACH, "a\r\nb."),)
    odd += (result(f"a\nc.{HOSTILE}", Level.OK, "a\r\nb.", past=failing(1)),)
    run = replace(run, results=(*run.results, *odd))
    for line in summary_lines(run, verbose=verbose, links={"report": HOSTILE}):
        line.text.encode("utf-8")
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line.text)


def test_colours_follow_the_level() -> None:
    """Failing rows and BLOCK are red and bold, warnings yellow, recovery green, sentences plain."""
    lines = summary_lines(sample_run())
    markup = {line.text.partition(" ")[0]: line.markup for line in lines if line.text[:1] > " "}
    assert markup["alert"] == markup["error"] == markup["BLOCK:"] == {"red": True, "bold": True}
    assert markup["warning"] == {"yellow": True}
    assert markup["recovered"] == {"green": True}
    assert all(line.markup == {} for line in lines if line.text.startswith(" "))


def test_verbose_lists_everything() -> None:
    """Every check has its row, folded ones too."""
    said = "\n".join(texts(sample_run(), 200, verbose=True))
    for row in sample_run().results:
        assert row.check.id in said
    assert "more" not in said.partition("inhibits")[2].partition("\n")[0]


def test_problems_of_the_checker_are_shown() -> None:
    """A sink that failed is named with its message."""
    lines = texts(sample_run())
    place = lines.index("problem   slack")
    assert lines[place + 1] == "          the webhook answered 503 three times; nothing was sent."


@pytest.mark.parametrize(
    ("level", "tail"),
    [
        (Level.BREACH, "          and 1 more cause, see the report"),
        (Level.WARNING, "warning   101 checks: a.b.000, a.b.001, a.b.002 and 98 more"),
    ],
)
def test_very_many_rows_are_counted(level: Level, tail: str) -> None:
    """Beyond 100 rows the rest is left to the report, unless asked for."""
    run = run_of(*(result(f"a.b.{place:03}", level, "bad.") for place in range(101)))
    assert tail in texts(run)
    assert "a.b.100" in "\n".join(texts(run, verbose=True))


def test_an_empty_run_says_that_nothing_is_known() -> None:
    """No result is never silence."""
    assert texts(run_of())[:2] == [
        "BLOCK: no check was collected, so nothing is known.",
        "no result in 11 s",
    ]
