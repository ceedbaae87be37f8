"""responds: status first, then the body, then the time; and an outage as a breach."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandera.pandas as pa
import pytest

from gatepost.errors import DeclarationError, MeasurementError
from gatepost.expectations.base import Context
from gatepost.expectations.limits import at_least
from gatepost.expectations.responses import Responds, responds
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level, Limits
from gatepost.tables.expressions import sql_rule

CONTEXT = Context(datetime(2026, 3, 10, 6, 0, tzinfo=UTC))
BODY = pa.DataFrameSchema({"status": pa.Column(str, pa.Check.isin(["up"]))})
IN_SQL = pa.DataFrameSchema(checks=[sql_rule(lambda row: row.status > 0, "positive")])
HEALTHY = conforms_to(BODY)
CALM = conforms_to(
    pa.DataFrameSchema(
        {
            "queued": pa.Column(int, pa.Check.lt(9, raise_warning=True)),
            "lag": pa.Column(int, pa.Check.lt(9, raise_warning=True)),
            "status": pa.Column(),
        }
    )
)


@dataclass
class Answer:
    """An answer over HTTP, as far as it is judged."""

    status: int = 200
    seconds: float = 0.12
    body: Any = None

    def json(self) -> Any:
        if isinstance(self.body, Exception):
            raise self.body
        return self.body


@pytest.mark.parametrize(
    ("expectation", "answer", "level", "sentence"),
    [
        (responds(), Answer(), "ok", "status 200 in 120 ms"),
        (responds(204, 404), Answer(404, 1.5), "ok", "status 404 in 1,500 ms"),
        (responds(), Answer(503), "breach", "status 503 after 120 ms; expected 200"),
        (responds(), Answer(404), "breach", "status 404 after 120 ms; expected 200"),
        (responds(200, 204), Answer(503), "breach", "status 503 after 120 ms; expected 200 or 204"),
        (
            responds(within="100 ms", alert="1 s"),
            Answer(),
            "warning",
            "status 200; 120 ms is above 100 ms, the target; alert above 1,000 ms",
        ),
        (
            responds(within="120 ms"),
            Answer(),
            "ok",
            "status 200; 120 ms is at most 120 ms, the target",
        ),
        (
            responds(alert=timedelta(milliseconds=100)),
            Answer(),
            "breach",
            "status 200; 120 ms is above 100 ms, the alert limit",
        ),
        (responds(within="1 ms"), Answer(500), "breach", "status 500 after 120 ms; expected 200"),
        (responds(body=HEALTHY), Answer(body={"status": "up"}), "ok", "status 200 in 120 ms"),
        (
            responds(body=HEALTHY, within="100 ms"),
            Answer(body={"status": "up"}),
            "warning",
            "status 200; 120 ms is above 100 ms, the target",
        ),
        (
            responds(body=HEALTHY, within="100 ms"),
            Answer(body={"status": "down"}),
            "breach",
            "status 200, but the body breaks 1 rule of its schema: status isin(['up']): got 'down'",
        ),
        (
            responds(body=HEALTHY),
            Answer(body=MeasurementError("the body is not JSON:\nit begins '<html>'")),
            "breach",
            "status 200, but the body is not JSON: it begins '<html>'",
        ),
        (responds(body=HEALTHY), Answer(500, body={"status": "up"}), "breach", None),
    ],
)
def test_an_answer_is_judged_by_status_body_and_time(
    expectation: Responds, answer: Answer, level: str, sentence: str | None
) -> None:
    """In this order; the time is the value whatever went wrong."""
    verdict = expectation.judge(answer, CONTEXT)
    assert verdict.level == level
    assert sentence is None or verdict.sentence == sentence
    assert (verdict.value, verdict.unit) == (pytest.approx(answer.seconds * 1000), "ms")
    assert verdict.limits == expectation.limits


@pytest.mark.parametrize(
    ("expectation", "body", "level", "sentence"),
    [
        (
            responds(body=CALM),
            {"queued": 12, "lag": 0, "status": "up"},
            "warning",
            "status 200, but the body breaks 1 rule of its schema, which only warns: "
            "queued less_than(9): got 12",
        ),
        (
            responds(body=CALM, within="1 s"),
            {"queued": 12, "lag": 10, "status": "up"},
            "warning",
            "status 200, but the body breaks 2 rules of its schema, which only warn: "
            "queued less_than(9): got 12, lag less_than(9): got 10; "
            "120 ms is at most 1,000 ms, the target",
        ),
        (
            responds(body=CALM, alert="100 ms"),
            {"queued": 12, "lag": 0, "status": "up"},
            "breach",
            "status 200, but the body breaks 1 rule of its schema, which only warns: "
            "queued less_than(9): got 12; 120 ms is above 100 ms, the alert limit",
        ),
        (
            responds(body=CALM),
            {"queued": 12, "lag": 0, "status": None},
            "breach",
            "status 200, but the body breaks 2 rules of its schema: "
            "status not null: got None, queued less_than(9): got 12",
        ),
        (
            responds(body=CALM),
            {"lag": 0},
            "breach",
            "status 200, but the body breaks 2 rules of its schema: "
            "2 columns missing: queued, status (there are lag)",
        ),
    ],
)
def test_a_rule_that_only_warns_does_so(
    expectation: Responds, body: Any, level: str, sentence: str
) -> None:
    """It never passes in silence, and never hides what fails."""
    verdict = expectation.judge(Answer(body=body), CONTEXT)
    assert (verdict.level, verdict.sentence) == (level, sentence)
    assert verdict.bad is not None


def test_broken_rules_of_a_body_are_counted() -> None:
    """Beside the first of them by name."""
    verdict = responds(body=HEALTHY).judge(Answer(body=[]), CONTEXT)
    assert (verdict.level, verdict.bad) == (Level.BREACH, 1)
    assert "the list has no objects" in verdict.sentence


@pytest.mark.parametrize("value", [None, 200, {"status": 200}, "<html>"])
def test_what_is_no_answer_is_an_error_of_the_check(value: Any) -> None:
    """It never counts as an answer in time."""
    verdict = responds().judge(value, CONTEXT)
    assert verdict.level is Level.ERROR
    assert verdict.sentence.endswith("responds judges a Response, as an endpoint returns it")


def test_an_outage_is_a_breach() -> None:
    """With the reason, in the same unit and beside the same limits."""
    verdict = responds(within="1 s").judge_outage("connection refused")
    assert (verdict.level, verdict.sentence) == (Level.BREACH, "no answer: connection refused")
    assert verdict.limits == Limits(target_high=1_000, text="status 200, at most 1,000 ms")


def test_it_reads_as_a_sentence() -> None:
    """Statuses, time and body; 200 where none is given."""
    assert str(responds()) == "status 200"
    assert str(responds(200, 204, within="1 s", alert="2 s", body=HEALTHY)) == (
        "status 200 or 204, at most 1,000 ms, alert above 2,000 ms, body keeps its schema"
    )
    assert (responds().label, responds().unit) == ("responds", "ms")
    assert responds().limits == Limits(text="status 200")


def test_times_can_be_overridden() -> None:
    """In milliseconds, or as durations like in code; where there is none, nothing can be."""
    expectation = responds(within="1 s", alert="2 s")
    assert str(expectation.override({"alert": 5_000})).endswith("alert above 5,000 ms")
    assert str(expectation.override({"target": "500 ms"})).startswith("status 200, at most 500 ms")
    with pytest.raises(DeclarationError, match="status 200 has no time limit that could be"):
        responds().override({"alert": 5_000})


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: responds(99), "responds: 99 is no HTTP status"),
        (lambda: responds(200, 600), "responds: 600 is no HTTP status"),
        (lambda: responds("200"), "responds: '200' is no HTTP status"),  # type: ignore[arg-type]
        (lambda: responds(True), "responds: True is no HTTP status"),
        (lambda: responds(within="soon"), "responds: 'soon' is not a duration"),
        (lambda: responds(alert=5), "responds: 5 is not a duration"),  # type: ignore[arg-type]
        (lambda: responds(within="2 s", alert="1 s"), "the alert level lies on the wrong side"),
        (lambda: responds(body=HEALTHY.expand()[0]), "write body=conforms_to(Model)"),
        (
            lambda: responds(body=conforms_to(BODY, last="1 day")),
            "leave per, last, segments and drill out",
        ),
        (lambda: responds(body=conforms_to(BODY, drill="status")), "leave per, last, segments"),
        (lambda: responds(body=conforms_to(IN_SQL)), "'positive' is written in SQL"),
        (lambda: responds(body=at_least(5)), "write body=conforms_to(Model)"),
        (lambda: responds(body={"status": "up"}), "write body=conforms_to(Model)"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_declaration_is_refused(declare: Any, message: str) -> None:
    """With the expectation's name and what was given."""
    with pytest.raises(DeclarationError, match=re.escape(message)):
        declare()
    assert responds(100, 599).statuses == (100, 599)
