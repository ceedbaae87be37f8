"""The whole run as one JSON document, for whatever is not a person.

The document is described by `report.schema.json` beside this file and in
`docs/report-json.md`. Within `gatepost-report/1` keys are only ever added.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from gatepost.causes import Group, group_failures
from gatepost.decision import decide
from gatepost.model import Result, Run
from gatepost.records import result_to_dict
from gatepost.sinks.files import replace_file

SCHEMA = "gatepost-report/1"

_SURROGATE = re.compile("[\ud800-\udfff]")


def publish(run: Run, path: Path) -> None:
    """Write the document in UTF-8; raises OSError when it cannot be written."""
    document = _lay_out(run)
    try:
        content = _encode(document)
    except ValueError:  # NaN, an infinity or a lone surrogate: too rare to look for each time
        content = _encode(_strict(document))
    replace_file(path, content)


def as_document(run: Run) -> dict[str, Any]:
    """Lay a run out in what strict JSON knows: results worst first, moments as ISO 8601 in UTC.

    NaN and the infinities, which JSON has no word for, become null; a lone
    surrogate, which UTF-8 has no bytes for, becomes U+FFFD.
    """
    document: dict[str, Any] = _strict(_lay_out(run))
    return document


def _encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"


def _lay_out(run: Run) -> dict[str, Any]:
    decision = decide(run)
    return {
        "schema": SCHEMA,
        "run": {
            "id": run.id,
            "slot": run.slot.isoformat(),
            "mode": run.mode.value,
            "schedule": run.schedule,
            "started": run.started.isoformat(),
            "finished": run.finished.isoformat(),
            "seconds": run.seconds,
            "expected": run.expected,
            "deselected": run.deselected,
            "partial": run.partial,
            "revision": run.revision,
            "versions": dict(run.versions),
            "targets": dict(run.targets),
            "compared_with": _moment(run.compared_with),
        },
        "decision": {
            "word": decision.word.value,
            "sentence": decision.sentence,
            "counts": {level.value: count for level, count in decision.counts.items()},
        },
        "groups": [_group(group) for group in group_failures(run.results)],
        "results": [_result(result) for result in run.worst_first],
        "problems": [asdict(problem) for problem in run.problems],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "lead": group.lead.check.id,
        "inhibited": [result.check.id for result in group.inhibited],
        "severity": group.severity.value,
        "since": _moment(group.since),
    }


def _result(result: Result) -> dict[str, Any]:
    return result_to_dict(result) | {
        "severity": result.severity.value,
        "change": result.change,
        "failing_since": _moment(result.failing_since),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _strict(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_strict(key): _strict(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_strict(part) for part in value]
    return value
