"""Results as plain dictionaries, the only form that survives every boundary.

pytest-xdist carries a report's attributes from a worker to the controller as
JSON-like data: an enum, a datetime or a dataclass among them ends the worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import datetime
from numbers import Integral, Real
from operator import attrgetter
from types import NoneType
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
            "severity": Severity(plain["severity"]) if plain["severity"] else None,
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


def _plain(value: Any) -> Any:
    convert = _CONVERTERS.get(type(value)) or _learn(type(value))
    return convert(value)


def _same(value: Any) -> Any:
    return value


def _listed(values: Iterable[Any]) -> list[Any]:
    return [_plain(value) for value in values]


_CONVERTERS: dict[type, Callable[[Any], Any]] = {
    NoneType: _same,
    bool: _same,
    str: storable,
    int: _same,
    float: _same,
    datetime: datetime.isoformat,
    tuple: _listed,
}


def _learn(kind: type) -> Callable[[Any], Any]:
    """Find out once how values of another type are laid out: there are many values."""
    if issubclass(kind, str):
        convert: Callable[[Any], Any] = _text
    elif issubclass(kind, Real):  # numpy's numbers too, none of which is an int
        convert = int if issubclass(kind, Integral) else float
    elif issubclass(kind, datetime):  # so is pandas' Timestamp a datetime
        convert = kind.isoformat
    else:
        convert = _by_field(kind)
    _CONVERTERS[kind] = convert
    return convert


def _text(value: str) -> str:
    return storable(str(value))


def _by_field(kind: type) -> Callable[[Any], Plain]:
    names = tuple(field.name for field in fields(kind))
    values_of = attrgetter(*names)
    return lambda record: {
        name: _plain(value) for name, value in zip(names, values_of(record), strict=True)
    }
