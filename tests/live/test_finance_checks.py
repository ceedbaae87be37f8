"""What My Finance's checks make of answers that its stand-in does not give."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checks.finance import (
    check_backup,
    check_dcf,
    check_log,
    check_maintenance,
    check_quality,
    pages,
)
from checks.finance.universe import COVERED
from gatepost import MeasurementError, Unavailable
from gatepost.targets.backup_content import Content
from gatepost.targets.log_lines import Record
from gatepost.targets.response import Response

NOW = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)
ENDPOINT = "/api/v1/dcf/{ticker}"
ROOT = Path(__file__).parents[2]


def api(document: object, status: int = 200) -> Any:
    """An API with one answer, whatever it is asked."""
    return SimpleNamespace(name="finance_api", get=lambda *_, **__: answer(document, status))


def answer(document: object, status: int = 200) -> Response:
    """A document as an endpoint answers it."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Response(status, 0.012, body, {}, "http://finance/page")


def report(**figures: object) -> dict[str, Any]:
    """A report on one endpoint."""
    return {"api_performance": [{"endpoint": ENDPOINT, **figures}]}


def test_endpoint_without_a_request_has_no_figure() -> None:
    """Whether it is reported with none or not at all; a share of none is no 0 %."""
    for document in (report(total_requests=0), {"api_performance": []}):
        assert pages.figure_of(api(document), ENDPOINT, "p95_response_time_ms") is None


@pytest.mark.parametrize("found", [None, "12 ms", True])
def test_figure_that_is_missing_is_an_error(found: object) -> None:
    """With requests there has to be a number."""
    finance_api = api(report(total_requests=3, p95_response_time_ms=found))
    with pytest.raises(MeasurementError, match=r"no p95_response_time_ms of /api/v1/dcf") as caught:
        pages.figure_of(finance_api, ENDPOINT, "p95_response_time_ms")
    assert not isinstance(caught.value, Unavailable)


@pytest.mark.parametrize(
    ("document", "status", "why"),
    [
        (b"<html>", 200, "the body of http://finance/page is not JSON"),
        ([1], 200, "a list instead of a report, at http://finance/page"),
        ({"detail": "gone"}, 404, "status 404 instead of a report, at http://finance/page"),
    ],
)
def test_page_that_is_no_report_makes_its_target_unavailable(
    document: object, status: int, why: str
) -> None:
    """So that one check tells why, and fifteen are inhibited."""
    with pytest.raises(Unavailable, match=f"finance_api is unavailable: {why}"):
        pages.reported_endpoints(api(document, status))


def test_report_without_its_list_is_an_error() -> None:
    """What it lacks is named, and where."""
    with pytest.raises(MeasurementError, match="no list api_performance at http://finance/page"):
        pages.reported_endpoints(api({"endpoints": {}}))


def line(**fields: object) -> Record:
    """A line of the event log."""
    return Record(NOW, fields)


CALCULATION = {"event": "dcf_calculation", "ticker": "KO", "success": True, "duration_ms": 1200}
REQUEST = {
    "event": "api_request",
    "endpoint": ENDPOINT,
    "method": "GET",
    "status_code": 200,
    "duration_ms": 90.5,
    "user_id": None,
}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (CALCULATION, None),
        (REQUEST, None),
        ({**CALCULATION, "note": "more than it needs"}, None),
        ({**CALCULATION, "success": False, "error": "no filing"}, None),
        ({**CALCULATION, "success": False}, "dcf_calculation that failed without error"),
        ({**CALCULATION, "success": 1}, "dcf_calculation with success int"),
        ({**REQUEST, "status_code": True}, "api_request with status_code bool"),
        ({**REQUEST, "duration_ms": "90"}, "api_request with duration_ms str"),
        ({"event": "dcf_calculation", "ticker": "KO"}, "dcf_calculation without success"),
        ({"event": "login"}, "unknown event 'login'"),
        ({"event": ["login"]}, "unknown event ['login']"),
        ({}, "unknown event None"),
    ],
)
def test_line_lacks_no_field_of_its_event(fields: dict[str, object], fault: str | None) -> None:
    """What is wrong is said with the event and the field, and never with its value."""
    assert check_log.find_fault(line(**fields)) == fault


def test_company_that_was_not_valued_has_no_data() -> None:
    """A covered one is told; one that failed each time has 0 %, not nothing."""
    counts = {None: {"KO": 4, "NEW": 2}, True: {"KO": 3}}
    events: Any = SimpleNamespace(counts=lambda _, __, where: counts[where.get("success")])
    found = check_dcf.check_success_rate_by_ticker(events)
    assert (found["KO"], found["NEW"], found["MSFT"]) == (75, 0, None)
    assert set(COVERED) < set(found)


def dumps(content: Content) -> Any:
    """Backups of which the newest, which is the only one, holds what is given."""
    newest = SimpleNamespace(name="neo4j_backup_20260305_020000.dump.gz")
    return SimpleNamespace(
        newest=lambda: newest, examine=lambda: content, size_percent=lambda: None
    )


def test_dump_is_whole_before_its_size_counts() -> None:
    """One that is cut off, or not packed as it should be, fails with the reason."""
    with pytest.raises(
        AssertionError, match=r"neo4j_backup_20260305_020000\.dump\.gz: it is empty"
    ):
        check_backup.check_integrity(dumps(Content(problem="it is empty")))
    with pytest.raises(AssertionError, match="is zip"):
        check_backup.check_integrity(dumps(Content(packing="zip")))
    assert check_backup.check_integrity(dumps(Content("gzip"))) is None


def graph(**row: int) -> Any:
    """A graph that answers with one row."""
    return SimpleNamespace(rows=lambda *_, **__: [row])


def test_graph_without_statements_is_neither_consistent_nor_not() -> None:
    """There is no share of nothing."""
    assert check_quality.check_consistency(graph(statements=0, consistent=0)) is None
    assert check_quality.check_consistency(graph(statements=40, consistent=39)) == 97.5


def test_graph_without_an_index_is_not_one_whose_indexes_are_online() -> None:
    """A restored store may have lost all of them."""
    empty: Any = SimpleNamespace(rows=lambda _: [])
    with pytest.raises(AssertionError, match="the store has no index at all"):
        check_maintenance.check_graph(empty)


def test_page_of_the_documentation_shows_the_checks_as_they_are() -> None:
    """Each example in Python stands in a module, word for word."""
    page = (ROOT / "docs/systems/finance.md").read_text("utf-8")
    modules = [path.read_text("utf-8") for path in (ROOT / "checks/finance").glob("*.py")]
    examples = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        assert any(example in module for module in modules), example
