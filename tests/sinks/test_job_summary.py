"""GitHub's job summary: short Markdown in which nothing from a system acts."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sample_run import failing, fine_run, hostile_run, result, sample_run

from gatepost.model import Level, Result, Run
from gatepost.sinks.job_summary import LIMIT_BYTES, publish, render_summary

COLUMNS = 7


def run_of(*results: Result) -> Run:
    """A whole run of these results, without problems."""
    whole = {"partial": "", "problems": (), "expected": len(results)}
    return replace(sample_run(), results=results, **whole)


def row(text: str, check_id: str) -> list[str]:
    """The cells of the row that names a check, split as GitHub does: at each bare `|`."""
    line = next(line for line in text.splitlines() if check_id in line and line[:1] == "|")
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_run_from_top_to_bottom() -> None:
    """The decision, the counts, what changed, then tables in order of urgency."""
    run = run_of(
        result("a.b.bad", Level.BREACH, "83 %.", owner="data", runbook="runbooks/bad.md"),
        result("a.b.close", Level.WARNING, "91 %."),
        result("a.b.back", Level.OK, "99 %.", past=failing(2)),
    )
    assert render_summary(run) == (
        "## BLOCK: 1 new medium alert.\n"
        "\n"
        "1 alert, 1 warning, 1 ok; 1 new, 1 recovered since 2026-03-09 02:00 UTC.  \n"
        "Schedule default, 2026-03-10 02:00 UTC, scheduled, took 11 s, revision 4f2c9d1.\n"
        "\n"
        "### What to do now\n"
        "\n"
        "| Severity | Level | Check | What was found | Failing | Owner | Runbook |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| medium | alert | `a.b.bad` | 83 %. | new | data | `runbooks/bad.md` |\n"
        "\n"
        "### Warnings\n"
        "\n"
        "| Severity | Check | What was found | Owner | Runbook |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| medium | `a.b.close` | 91 %. |  |  |\n"
        "\n"
        "### Recovered\n"
        "\n"
        "| Check | What was found | Failed before |\n"
        "| --- | --- | --- |\n"
        "| `a.b.back` | 99 %. | after 2 failing runs since 2026-03-08 02:00 UTC |\n"
        "\n"
    )


def test_a_healthy_run_is_short() -> None:
    """Only the decision, the counts and where they come from."""
    text = render_summary(fine_run())
    assert text.startswith("## PASS: all 10 checks evaluated, none in alert.\n")
    assert "|" not in text
    assert text.count("\n") < 8


def test_a_dead_target_is_one_row() -> None:
    """What could not be measured is named under its cause."""
    cells = row(render_summary(sample_run()), "finance.health.warehouse")
    assert cells[3].endswith("finance.quality.price\\_freshness")
    assert "<br>inhibits 4: finance.quality.analyst\\_coverage, " in cells[3]


def test_runbooks_on_the_web_are_links() -> None:
    """An address leads to the runbook; a path is named."""
    text = render_summary(sample_run())
    url = "https://wiki.example.com/runbooks/completeness?of=title&lang=en"
    assert row(text, "completeness[title]")[6] == f"[runbook](<{url}>)"
    assert row(text, "throughput")[6] == ""


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("a|b", "a&#124;b"),
        ("a\\|b", "a\\\\&#124;b"),
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("&lt;", "&amp;lt;"),
        ("`x` *y* _z_ ~~q~~", "\\`x\\` \\*y\\* \\_z\\_ \\~\\~q\\~\\~"),
        ("[a](https://e.com) ![b](c)", "\\[a\\](https://e.com) \\!\\[b\\](c)"),
        ("ask @octocat", "ask @&#8203;octocat"),
        ("$x$ #1", "\\$x\\$ \\#1"),
        ("one\n\n# two", "one \\# two"),
    ],
)
def test_words_of_a_system_are_only_words(words: str, shown: str) -> None:
    """Markup, HTML, mentions, formulas and line feeds in a sentence have no effect."""
    cells = row(render_summary(run_of(result("a.b.c", Level.BREACH, words))), "a.b.c")
    assert len(cells) == COLUMNS
    assert cells[3] == shown


@pytest.mark.parametrize("odd", ["a|b", "a`b", "a\\|b", "<b>", "@you", "``"])
def test_odd_ids_cannot_leave_their_cell(odd: str) -> None:
    """An id with a bar, a backtick, a tag or a mention is shown in HTML's own code element."""
    text = render_summary(run_of(result(f"sys.group.{odd}", Level.BREACH, "bad.")))
    cells = row(text, "sys.group.")
    assert len(cells) == COLUMNS
    assert cells[2].startswith("<code>sys.group.")
    assert "<b>" not in text
    assert "@you" not in text


@pytest.mark.parametrize("build", [sample_run, fine_run, hostile_run])
def test_is_safe_to_write(build: Callable[[], Run], tmp_path: Path) -> None:
    """Any run is written: no control characters, no tags but our own, whole table rows."""
    publish(build(), tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_bytes().decode("utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e\u2066]", text)
    assert set(re.findall(r"<[^>]*>", text)) <= {
        "<br>",
        "<code>",
        "</code>",
        "<https://wiki.example.com/runbooks/completeness?of=title&lang=en>",
    }
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1


def test_appends_to_what_others_wrote(tmp_path: Path) -> None:
    """Another tool's summary in the same step stays."""
    path = tmp_path / "summary.md"
    path.write_text("# Tests\n", encoding="utf-8")
    publish(fine_run(), path)
    publish(fine_run(), path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Tests\n## PASS")
    assert text.count("## PASS") == 2


def many(count: int) -> Run:
    """A run in which so many checks fail, worst one first by its id."""
    sentence = "\u00e9" * 300
    rows = (result(f"a.b.c{place:05}", Level.BREACH, sentence) for place in range(count))
    return run_of(*rows, result("a.b.close", Level.WARNING, "close."))


def test_cut_at_a_row_and_counted(tmp_path: Path) -> None:
    """Far too many rows end below the limit at a row's end, and the rest is counted."""
    path = tmp_path / "summary.md"
    publish(many(3_000), path)
    content = path.read_bytes()
    text = content.decode("utf-8")
    shown = text.count("| alert |")
    assert LIMIT_BYTES - 1_000 < len(content) <= LIMIT_BYTES
    assert text.endswith(f" |\n\nand {3_001 - shown:,} more, see the report\n\n")
    assert f"a.b.c{shown - 1:05}" in text


def test_what_is_written_already_counts(tmp_path: Path) -> None:
    """The limit is on the whole file; the decision is there even when nothing else fits."""
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * LIMIT_BYTES)
    publish(many(10), path)
    added = path.read_bytes()[LIMIT_BYTES:].decode("utf-8")
    assert added.startswith("## BLOCK: 10 new medium alerts.")
    assert added.endswith("\nand 11 more, see the report\n\n")
