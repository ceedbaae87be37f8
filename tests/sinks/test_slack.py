"""The Slack message: what it says, Slack's limits, and that nothing in it acts."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from sample_run import HOSTILE, failing, fine_run, hostile_run, result, sample_run

from gatepost.model import Level, Problem, Result, Run, Severity
from gatepost.sinks.delivery import DeliveryError
from gatepost.sinks.slack import build_message, publish, should_send

REPORT = "https://ci.example.com/report.html?a=1&b=2"


def run_of(*results: Result) -> Run:
    """A whole run of these results, without problems."""
    changed = {"partial": "", "problems": (), "expected": len(results)}
    return replace(sample_run(), results=results, **changed)


def many(count: int) -> Run:
    """A run in which so many checks fail, each with everything that can be said."""
    first = sample_run().worst_first[0]
    rows = (
        replace(first, check=replace(first.check, id=f"system.group.check_{place:04}"))
        for place in range(count)
    )
    return replace(run_of(*rows), problems=(Problem("page", "no space left."),) * 40)


def long_winded() -> Run:
    """A run whose every text is far longer than Slack allows, and grows when it is escaped."""
    words = "&<>" * 3_000
    rows = [
        result(
            f"a.b.{place}{words}",
            level,
            words,
            owner=words,
            runbook=words,
            ticket=f"https://example.com/{words}",
            unit=words,
            value=1.0,
            past=failing(1) if level is Level.OK else failing(0),
        )
        for place, level in enumerate([Level.BREACH, Level.OK] * 30)
    ]
    return replace(run_of(*rows), schedule=words, partial=words, problems=(Problem("a", words),))


def texts(piece: Any) -> Iterator[str]:
    """Every text in a payload."""
    if isinstance(piece, dict):
        for value in piece.values():
            yield from texts(value)
    elif isinstance(piece, list):
        for value in piece:
            yield from texts(value)
    elif isinstance(piece, str):
        yield piece


def blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Every block of a message, those of its attachments included."""
    inner = [block for one in message["attachments"] for block in one["blocks"]]
    return [*message["blocks"], *inner]


@pytest.mark.parametrize(
    "build", [sample_run, fine_run, hostile_run, long_winded, lambda: many(1), lambda: many(500)]
)
def test_stays_within_slacks_limits(build: Callable[[], Run]) -> None:
    """Blocks, headers, sections, fields and the whole stay within what Slack takes."""
    message = build_message(build(), REPORT)
    assert len(json.dumps(message, ensure_ascii=False)) <= 12_000 + 50
    assert len(blocks(message)) <= 50
    assert len(message["attachments"]) <= 20
    for block in blocks(message):
        if block["type"] == "header":
            assert 0 < len(block["text"]["text"]) <= 150
        elif block["type"] == "section":
            assert 0 < len(block["text"]["text"]) <= 3_000
            assert 0 < len(block.get("fields", "?")) <= 10
            assert all(0 < len(field["text"]) <= 2_000 for field in block.get("fields", []))
        else:
            assert 0 < len(block["elements"]) <= 10
            assert all(0 < len(one["text"]) <= 3_000 for one in block["elements"])


@pytest.mark.parametrize("build", [hostile_run, long_winded])
def test_nothing_from_a_system_acts(build: Callable[[], Run]) -> None:
    """No markup, mention, control character or broken entity survives; links are our own."""
    for text in texts(build_message(build(), "javascript:alert(1)")):
        text.encode("utf-8")
        assert not re.search("[\x00-\x08\x1b\x7f\u202e\u2066]", text)
        plain = re.sub(r"<https?://[^<>|\s]+\|(Runbook|Report|Ticket)>", "", text)
        assert "<" not in plain
        assert ">" not in plain
        assert "&" not in re.sub("&(amp|lt|gt);", "", plain)


def test_mentions_are_inert() -> None:
    """A system cannot ring everybody's phone."""
    run = run_of(result("a.b.c", Level.BREACH, "see <!channel> & <@U123>, @here."))
    message = build_message(run)
    said = next(text for text in texts(message) if "@U123" in text)
    assert "see &lt;!channel&gt; &amp; &lt;@U123&gt;, @here." in said
    texts_of_markup = [
        one
        for block in blocks(message)
        for one in (block.get("text"), *block.get("fields", ()), *block.get("elements", ()))
        if one and one["type"] == "mrkdwn"
    ]
    assert all(one["verbatim"] for one in texts_of_markup)


def test_leads_with_the_decision() -> None:
    """The fall-back text and the first section are the decision's sentence, as it was written."""
    message = build_message(sample_run(), REPORT)
    assert message["text"].startswith("BLOCK: 1 new critical alert, ")
    assert message["blocks"][0]["text"]["text"] == "BLOCK: default, 2026-03-10 02:00 UTC"
    assert message["blocks"][1]["text"]["text"] == message["text"]
    figures = message["blocks"][2]["elements"][0]["text"]
    assert figures.startswith("3 alerts, 2 errors, 1 no data, ")
    assert "4 new, 2 still failing, 1 recovered since 2026-03-09 02:00 UTC" in figures


def test_a_cause_says_what_to_do() -> None:
    """A cause has its severity, sentence, age, owner, value, limits, runbook, ticket and report."""
    message = build_message(sample_run(), REPORT)
    rate = next(one for one in message["attachments"] if "crawler_success_rate" in json.dumps(one))
    section, notes = rate["blocks"]
    assert section["text"]["text"] == (
        "*high alert* `jobinsight.kpi.crawler_success_rate`\n"
        "83.33 % of DAG runs ended in success, alert below 90 %, for 4 days in a row."
    )
    assert [field["text"] for field in section["fields"]] == [
        "*Failing*\nfor 3 days, since 2026-03-07 02:00 UTC",
        "*Owner*\ndata platform",
        "*Value*\n83.33 %",
        "*Limits*\nat least 95 %, alert below 90 %",
    ]
    assert notes["elements"][0]["text"] == (
        "Runbook: `checks/jobinsight/runbooks/crawler-success-rate.md` | "
        "<https://tickets.example.com/DATA-2041|Ticket> | "
        "<https://ci.example.com/report.html?a=1&amp;b=2"
        "#check-jobinsight.kpi.crawler_success_rate|Report>"
    )


def test_at_most_three_examples_with_keys_only() -> None:
    """The offending cell stays in the report."""
    row = sample_run().worst_first[0]
    assert row.verdict.sample is not None
    assert len(row.verdict.sample.rows) == 4
    said = " ".join(texts(build_message(run_of(row))))
    assert "for example job_id 77120; job_id 77121; job_id =cmd" in said
    assert "77127" not in said
    assert "NULL" not in said


def test_a_dead_target_is_told_once() -> None:
    """What a dead target inhibits is named under it, not beside it."""
    message = build_message(sample_run())
    dead = [one for one in message["attachments"] if "finance.quality" in json.dumps(one)]
    assert len(dead) == 1
    assert "inhibits 4: finance.quality.analyst_coverage, " in " ".join(texts(dead))


@pytest.mark.parametrize(
    ("severity", "colour"),
    [
        (Severity.CRITICAL, "#c0392b"),
        (Severity.HIGH, "#c0392b"),
        (Severity.MEDIUM, "#e67e22"),
        (Severity.LOW, "#7f8c8d"),
    ],
)
def test_colour_follows_severity(severity: Severity, colour: str) -> None:
    """Red for critical and high, orange for medium, grey for low."""
    run = run_of(result("a.b.c", Level.BREACH, "bad.", severity=severity))
    assert [one["color"] for one in build_message(run)["attachments"]] == [colour]


def test_recovery_is_green_and_says_how_long_it_took() -> None:
    """What recovered is told with the time it had been failing."""
    run = run_of(result("a.b.c", Level.OK, "fine.", past=failing(2)))
    (attachment,) = build_message(run)["attachments"]
    assert attachment["color"] == "#27ae60"
    assert (
        attachment["blocks"][0]["text"]["text"]
        == "*Recovered*\n`a.b.c` after 2 failing runs since 2026-03-08 02:00 UTC"
    )


def test_problems_of_the_checker_are_told() -> None:
    """A sink that failed is part of the message."""
    said = " ".join(texts(build_message(sample_run())))
    assert "slack: the webhook answered 503 three times" in said


def test_counts_what_is_left_out() -> None:
    """The message ends with how many causes it does not show, and where they are."""
    message = build_message(many(500), REPORT)
    shown = sum("system.group.check_" in json.dumps(one) for one in message["attachments"])
    last = message["attachments"][-1]["blocks"][0]["elements"][0]["text"]
    link = "<https://ci.example.com/report.html?a=1&amp;b=2|Open the report>"
    assert last == f"and {500 - shown} more: {link}"
    assert shown > 5


def test_a_long_winded_cause_is_still_shown() -> None:
    """The first cause has room however long everything else is."""
    attachments = build_message(long_winded(), REPORT)["attachments"]
    assert attachments[0]["blocks"][0]["text"]["text"].startswith("*medium alert*")


@pytest.mark.parametrize(
    ("run", "sends"),
    [
        (sample_run(), True),
        (fine_run(), False),
        (run_of(result("a.b.c", Level.WARNING, "close.")), False),
        (run_of(result("a.b.c", Level.BREACH, "bad.")), True),
        (
            run_of(result("a.b.c", Level.INHIBITED, "waits."), result("a.b.d", Level.OK, "ok.")),
            True,
        ),
        (run_of(result("a.b.c", Level.OK, "fine.", past=failing(1))), True),
        (replace(fine_run(), partial="stopped"), True),
        (run_of(), True),
    ],
)
def test_sends_only_news(run: Run, sends: bool) -> None:
    """A healthy unchanged run sends nothing; what fails, is unknown or recovered does."""
    assert should_send(run) is sends


def test_publishes_the_message(httpserver: HTTPServer) -> None:
    """The webhook gets the message as JSON, whatever the run holds."""
    run = replace(hostile_run(), revision=HOSTILE)
    expected = build_message(run, REPORT)
    httpserver.expect_oneshot_request("/hook", method="POST", json=expected).respond_with_data("ok")
    publish(run, httpserver.url_for("/hook"), report_url=REPORT)
    httpserver.check_assertions()


def test_a_refused_message_says_how_to_mend_it(httpserver: HTTPServer) -> None:
    """A webhook that is gone is named as such, without its address."""
    httpserver.expect_request("/hook").respond_with_data("no_service", status=404)
    with pytest.raises(DeliveryError, match=r"404 \(no_service\): there is no such webhook") as no:
        publish(sample_run(), httpserver.url_for("/hook"))
    assert "/hook" not in str(no.value)
