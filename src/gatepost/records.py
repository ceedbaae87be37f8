"""Results as plain dictionaries, the only form that survives every boundary.

pytest-xdist carries a report's attributes from a worker to the controller as
JSON-like data: an enum, a datetime or a dataclass among them ends the worker.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from gatepost.model import (
    Declaration,
    Level,
    Limits,
    Past,
    Point,
    Result,
    Sample,
    Severity,
    Verdict,
)

Plain = dict[str, Any]


def result_to_dict(result: Result) -> Plain:
    """Lay a result out as dictionaries, lists, strings, numbers and None."""
    plain: Plain = _plain(result)
    return plain


def result_from_dict(plain: Plain) -> Result:
    """Build the result that `result_to_dict` laid out."""
    return Result(
        check=declaration_from_dict(plain["check"]),
        verdict=_verdict(plain["verdict"]),
        started=datetime.fromisoformat(plain["started"]),
        seconds=plain["seconds"],
        statements=tuple(plain["statements"]),
        rows=plain["rows"],
        traceback=plain["traceback"],
        past=_past(plain["past"]),
    )


def declaration_to_dict(declaration: Declaration) -> Plain:
    """Lay a declaration out like `result_to_dict`."""
    plain: Plain = _plain(declaration)
    return plain


def declaration_from_dict(plain: Plain) -> Declaration:
    """Build the declaration that `declaration_to_dict` laid out."""
    return Declaration(
        **{
            **plain,
            "limits": Limits(**plain["limits"]),
            "severity": Severity(plain["severity"]),
            "targets": tuple(plain["targets"]),
        }
    )


def storable(text: str) -> str:
    """The text without lone surrogates, which no encoding can carry."""
    return (
        text
        if text.isascii()
        else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def _verdict(plain: Plain) -> Verdict:
    sample = plain["sample"]
    return Verdict(
        **{
            **plain,
            "level": Level(plain["level"]),
            "limits": Limits(**plain["limits"]),
            "since": _time(plain["since"]),
            "data_time": _time(plain["data_time"]),
            "trend": _points(plain["trend"]),
            "sample": sample
            and Sample(tuple(sample["columns"]), tuple(tuple(row) for row in sample["rows"])),
        }
    )


def _past(plain: Plain) -> Past:
    return Past(
        level=Level(plain["level"]) if plain["level"] else None,
        slot=_time(plain["slot"]),
        since=_time(plain["since"]),
        runs=plain["runs"],
        points=_points(plain["points"]),
    )


def _points(plain: list[Plain]) -> tuple[Point, ...]:
    return tuple(Point(datetime.fromisoformat(point["at"]), point["value"]) for point in plain)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _plain(record: Any) -> Any:
    if record is None or type(record) in (int, float, bool):
        return record
    if isinstance(record, str):
        return storable(str(record))
    for kind in (int, float):  # their subclasses, such as numpy's float64
        if isinstance(record, kind):
            return kind(record)
    if isinstance(record, datetime):
        return record.isoformat()
    if isinstance(record, (tuple, list)):
        return [_plain(part) for part in record]
    return {name: _plain(getattr(record, name)) for name in _names(type(record))}


_NAMES: dict[type, tuple[str, ...]] = {}


def _names(kind: type) -> tuple[str, ...]:
    if kind not in _NAMES:
        _NAMES[kind] = tuple(field.name for field in fields(kind))
    return _NAMES[kind]
