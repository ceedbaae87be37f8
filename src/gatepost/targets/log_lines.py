"""Lines of logs as records: their fields and their times; pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gatepost.wording import shorten

TEXT_PATTERN = (
    r"\W?(?P<timestamp>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?"
    r"\W?\s*(?P<message>.*)"
)
"""A line of plain text: an ISO time, where it begins with one, and the message behind it."""

_SHOWN = 120
# Times since 1970 are in seconds, or in one of the finer units, told apart by their size:
# as seconds, the smallest of the next unit would lie beyond the year 5000.
_EPOCH_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0.0, 1.0))
# What is written where there is no time: 0001-01-01, and 9999-12-31.
_FIRST_YEAR, _LAST_YEAR = 1, 9999
_OFFSET = re.compile(r"\s*(Z|[+-]\d\d:?\d\d)$")


class LogError(Exception):
    """Why a log cannot be measured; the target says it under its name."""


MISSING: Any = object()
"""Stands for a field that is not there, which null would not be."""

Where = Mapping[str, object]
"""What lines have to be: {"event": "api_request", "status_code": lambda code: code >= 500}.

A name with dots leads into nested objects. A compiled pattern is searched for
in the field's text, a function judges its value, anything else has to equal
it. A line without the field fits never, nor does a null fit a function.
"""


@dataclass(frozen=True, slots=True)
class Record:
    """A line of a log: its time in UTC, its fields, and the file that it stands in."""

    at: datetime
    fields: Mapping[str, Any]
    file: str = field(default="", compare=False)

    def get(self, name: str, default: Any = None) -> Any:
        """A field; a name with dots leads into nested objects."""
        found = find_field(self.fields, name)
        return default if found is MISSING else found


@dataclass(frozen=True, slots=True)
class Line:
    """What a line holds: its fields and time, or what is wrong with it."""

    at: datetime | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    wrong: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """How the lines of a log are written."""

    is_json: bool
    pattern: re.Pattern[str]
    time_field: str
    zone: ZoneInfo

    def read(self, raw: bytes) -> Line:
        """Read a line; one that cannot be read says why, and shows its beginning."""
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            return _broken("not UTF-8", raw.decode("utf-8", errors="replace"))
        return self._read_json(text) if self.is_json else self._read_text(text)

    def read_time(self, value: object) -> datetime | None:
        """A time as logs write it, aware; local times lie in the log's own zone, not in UTC."""
        if isinstance(value, bool):
            return None
        if isinstance(value, (int, float)):
            return _since_1970(value)
        if not isinstance(value, str):
            return None
        text = _OFFSET.sub(r"\1", value.strip().replace(",", "."))
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        if not _FIRST_YEAR < moment.year < _LAST_YEAR:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def _read_json(self, text: str) -> Line:
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            return _broken("not JSON", text)
        if not isinstance(fields, dict):
            return _broken("not a JSON object", text)
        moment = self.read_time(find_field(fields, self.time_field))
        if moment is None:
            return _broken(f"no time in {self.time_field!r}", text)
        return Line(moment, fields, shown=text)

    def _read_text(self, text: str) -> Line:
        found = self.pattern.fullmatch(text)
        if not found:
            return Line(None, {"message": text}, shown=text)  # it goes on with the line before it
        fields = {name: value for name, value in found.groupdict().items() if value is not None}
        return Line(self.read_time(fields.get(self.time_field)), fields, shown=text)


class Clock:
    """Turns the times of a log, in the order of its lines, into UTC.

    In the hour that is repeated when daylight saving ends, local times stand
    for two moments: they are of the first time around until they fall back
    by more than `disorder`.
    """

    def __init__(self, disorder: timedelta) -> None:
        self._disorder = disorder
        self._before: datetime | None = None

    def read(self, moment: datetime) -> datetime:
        """The moment in UTC; to be called once for each line."""
        first = moment.replace(fold=0).astimezone(UTC)
        second = moment.replace(fold=1).astimezone(UTC)
        # Where the clock is put forward, the hour that does not exist is read as the first too.
        repeated = second > first
        fell_back = self._before is not None and first < self._before - self._disorder
        read = second if repeated and fell_back else first
        self._before = max(self._before or read, read)
        return read


def latest_reading(moment: datetime) -> datetime:
    """The latest moment in UTC that a time can stand for."""
    return max(moment.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def compile_where(where: Where | None) -> Callable[[Mapping[str, Any]], bool]:
    """A function that tells whether fields fit; it raises LogError for what it cannot judge."""
    tests = [(name, name.split("."), _test(wanted)) for name, wanted in (where or {}).items()]

    def fits(fields: Mapping[str, Any]) -> bool:
        for name, path, test in tests:
            value = _walk(fields, path)
            try:
                if value is MISSING or not test(value):
                    return False
            except TypeError as error:
                shown = shorten(repr(value), 40)
                raise LogError(
                    f"field {name!r} is {shown}, which cannot be judged: {error}"
                ) from None
        return True

    return fits


def find_field(fields: Mapping[str, Any], name: str) -> Any:
    """The value of a field, by its own name or by the path of its dots; MISSING for none."""
    return _walk(fields, name.split("."))


def group_of(fields: Mapping[str, Any], name: str) -> str:
    """The value of a field as text, to count by; "(none)" where a line has none."""
    found = find_field(fields, name)
    return "(none)" if found is MISSING or found is None else shorten(str(found), _SHOWN)


def _walk(fields: object, path: list[str]) -> Any:
    if isinstance(fields, Mapping) and (whole := ".".join(path)) in fields:
        return fields[whole]
    for part in path:
        if not isinstance(fields, Mapping) or part not in fields:
            return MISSING
        fields = fields[part]
    return fields


def _test(wanted: object) -> Callable[[Any], bool]:
    if isinstance(wanted, re.Pattern):
        return lambda value: wanted.search(str(value)) is not None
    if callable(wanted):
        return lambda value: value is not None and bool(wanted(value))
    # True is no 1 and False no 0, as it is in JSON.
    return lambda value: value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _broken(why: str, text: str) -> Line:
    return Line(wrong=why, shown=text)


def _since_1970(value: float) -> datetime | None:
    if not math.isfinite(value):
        return None
    unit = next(unit for least, unit in _EPOCH_UNITS if abs(value) >= least)
    try:
        return datetime.fromtimestamp(value / unit, UTC)
    except (OverflowError, ValueError, OSError):
        return None
