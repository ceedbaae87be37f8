"""Whether the event log can be relied on: all that is said of calculations is read from it."""

from __future__ import annotations

from gatepost import Log, check
from gatepost.targets.log_lines import Record
from gatepost.wording import join_some, plural, shorten

pytestmark = check(owner="backend", runbook="event-log")

WINDOW = "1 h"

NUMBER = (int, float)
EVENTS = {
    "dcf_calculation": {"ticker": str, "success": bool, "duration_ms": NUMBER},
    "api_request": {
        "endpoint": str,
        "method": str,
        "status_code": int,
        "duration_ms": NUMBER,
        "user_id": (str, int, type(None)),
    },
}
"""The fields of each event, and the types that they may have; others may stand beside them."""


def find_fault(record: Record) -> str | None:
    """What is wrong with a line that can be read; None for a good one."""
    event = record.get("event")
    if not isinstance(event, str) or event not in EVENTS:
        return f"unknown event {shorten(repr(event), 40)}"
    for field, kinds in EVENTS[event].items():
        value = record.get(field, ...)
        if value is ...:
            return f"{event} without {field}"
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            return f"{event} with {field} {type(value).__name__}"
    if event == "dcf_calculation" and not record.get("success") and not record.get("error"):
        return "dcf_calculation that failed without error"
    return None


@check(severity="medium")
def check_schema(finance_events: Log) -> None:
    """Every line of the last hour can be read and has the fields of its event."""
    audit = finance_events.audit(WINDOW, wrong=find_fault)
    assert audit.lines, f"the last {WINDOW} has no line"
    counts = join_some(f"{count:,} {why}" for why, count in audit.bad.items())
    shown = next(iter(audit.examples.values()), "")
    bad, lines = sum(audit.bad.values()), plural(audit.lines, "line")
    assert not bad, f"{bad:,} of {lines} not as it should be: {counts}; such as {shown}"
