"""Lines of logs: their fields, their times in every notation, and which of them fit."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gatepost.targets.log_lines import (
    MISSING,
    TEXT_PATTERN,
    Clock,
    Format,
    LogError,
    compile_where,
    find_field,
    group_of,
    latest_reading,
)

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def json_lines(zone: str = "UTC", time_field: str = "timestamp") -> Format:
    """JSON lines with local times of a zone."""
    return Format(True, re.compile(""), time_field, ZoneInfo(zone))


def text_lines(pattern: str = TEXT_PATTERN) -> Format:
    """Plain text."""
    return Format(False, re.compile(pattern, re.DOTALL), "timestamp", ZoneInfo("UTC"))


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-05T12:00:00Z",
        "2026-03-05T12:00:00.000000123Z",
        "2026-03-05 12:00:00,000",
        "2026-03-05T13:00:00+01:00",
        "2026-03-05 13:00:00 +0100",
        "2026-03-05T12:00:00",
        NOON.timestamp(),
        int(NOON.timestamp()) * 1000,
        int(NOON.timestamp()) * 1_000_000,
        int(NOON.timestamp()) * 1_000_000_000,
    ],
)
def test_time_is_read_in_every_usual_notation(written: object) -> None:
    """ISO with and without an offset, a comma or nanoseconds; seconds and finer units."""
    line = json_lines().read(json.dumps({"timestamp": written}).encode())
    assert line.wrong == ""
    assert line.at == NOON


@pytest.mark.parametrize(
    "written",
    [None, True, "", "soon", "12:00", [], {}, 1e300, "0001-01-01T00:00:00Z", "2026-02-30T00:00:00"],
)
def test_what_is_no_time_is_malformed(written: object) -> None:
    """A line without a time that can be read is told as one."""
    line = json_lines().read(json.dumps({"timestamp": written}).encode())
    assert (line.at, line.wrong) == (None, "no time in 'timestamp'")


def test_infinite_time_is_malformed() -> None:
    """Python's own JSON has numbers that are no time."""
    assert json_lines().read(b'{"timestamp": Infinity}').wrong == "no time in 'timestamp'"


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        (b"{", "not JSON"),
        (b'{"timestamp": "2026-03-05T12:00:00Z"} {}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"n": ' + b"9" * 5_000 + b"}", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"\xff\xfe", "not UTF-8"),
        (b"{}", "no time in 'timestamp'"),
    ],
)
def test_malformed_line_says_what_is_wrong(raw: bytes, wrong: str) -> None:
    """Each with its own reason, and nothing raises."""
    assert json_lines().read(raw).wrong == wrong


def test_time_may_stand_in_a_nested_object() -> None:
    """The name of the field leads there with dots; a field whose name has dots comes first."""
    nested = json_lines(time_field="meta.at")
    assert nested.read(b'{"meta": {"at": "2026-03-05T12:00:00Z"}}').at == NOON
    assert nested.read(b'{"meta.at": "2026-03-05T12:00:00Z"}').at == NOON


def test_text_line_has_a_time_and_a_message() -> None:
    """Where it begins with an ISO time, in brackets or not."""
    line = text_lines().read(b"[2026-03-05 12:00:00,000] WARNING slow callback")
    assert line.at == NOON
    assert line.fields["message"] == "WARNING slow callback"


def test_text_line_without_a_time_goes_on() -> None:
    """A traceback belongs to the line before it; it is not malformed."""
    line = text_lines().read(b'  File "x.py", line 1')
    assert (line.at, line.wrong) == (None, "")
    assert 'File "x.py"' in line.fields["message"]


def test_own_pattern_names_the_fields() -> None:
    """A line that it does not match is a message of its own, without a time."""
    lines = text_lines(r"(?P<timestamp>\S+) (?P<level>[A-Z]+): (?P<message>.*)")
    assert lines.read(b"2026-03-05T12:00:00Z ERROR: lost").fields["level"] == "ERROR"
    assert lines.read(b"lost").fields == {"message": "lost"}


def test_repeated_hour_is_told_apart_by_order() -> None:
    """As daylight saving ends, local times fall back: those after that are an hour later."""
    clock = Clock(timedelta(minutes=1))
    local = ["01:59", "02:00", "02:59", "02:00", "02:58", "03:00"]
    moments = [
        datetime.fromisoformat(f"2026-10-25T{each}").replace(tzinfo=BERLIN) for each in local
    ]
    assert [f"{clock.read(moment):%H:%M}" for moment in moments] == [
        "23:59",
        "00:00",
        "00:59",
        "01:00",
        "01:58",
        "02:00",
    ]


def test_small_disorder_is_no_repeated_hour() -> None:
    """A line that lags a few seconds behind the one before it is still of the first hour."""
    clock = Clock(timedelta(minutes=1))
    for local in ("2026-10-25T02:30:05", "2026-10-25T02:30:00"):
        assert clock.read(datetime.fromisoformat(local).replace(tzinfo=BERLIN)).hour == 0


def test_hour_that_does_not_exist_is_read_as_the_one_after() -> None:
    """As daylight saving begins, a clock that was not put forward is still understood."""
    moment = datetime(2026, 3, 29, 2, 30, tzinfo=BERLIN)
    assert Clock(timedelta(minutes=1)).read(moment) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_latest_reading_is_that_of_the_second_hour() -> None:
    """Where a time can stand for two moments, halving must not skip the later one."""
    assert latest_reading(datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)).hour == 1
    assert latest_reading(NOON) == NOON


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        ({}, True),
        ({"event": "api_request"}, True),
        ({"event": "other"}, False),
        ({"event": "api_request", "status": 200}, False),
        ({"status": lambda code: code >= 500}, True),
        ({"message": re.compile("auth.*failed")}, True),
        ({"http.path": "/x"}, True),
        ({"http.query": "/x"}, False),
        ({"event.path": "/x"}, False),
        ({"missing": None}, False),
        ({"nothing": None}, True),
        ({"nothing": lambda value: value > 1}, False),
        ({"ok": True}, True),
        ({"ok": 1}, False),
        ({"one": True}, False),
    ],
)
def test_lines_are_picked_by_their_fields(where: dict[str, object], fits: bool) -> None:
    """Equal values, patterns and functions; all of them have to hold."""
    fields = {
        "event": "api_request",
        "status": 503,
        "message": "auth has failed",
        "http": {"path": "/x"},
        "nothing": None,
        "ok": True,
        "one": 1,
    }
    assert compile_where(where)(fields) is fits


def test_value_that_a_function_cannot_judge_is_no_miss() -> None:
    """Text for a number would else be counted as a line that does not fit."""
    with pytest.raises(LogError, match="field 'status' is '503'"):
        compile_where({"status": lambda code: code >= 500})({"status": "503"})


def test_group_is_text() -> None:
    """Groups can be shown and compared, whatever they are; none has a name too."""
    fields = {"code": 503, "list": [1], "null": None, "long": "x" * 500}
    assert group_of(fields, "code") == "503"
    assert group_of(fields, "list") == "[1]"
    assert group_of(fields, "null") == group_of(fields, "absent") == "(none)"
    assert len(group_of(fields, "long")) < 200
    assert find_field(fields, "absent") is MISSING
