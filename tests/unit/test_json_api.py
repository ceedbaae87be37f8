"""Answers of JSON APIs: durations, times and records, or a clear refusal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from gatepost.errors import MeasurementError
from gatepost.targets.json_api import GoMoment, clock_of, go_duration, json_of, message_of, read_as
from gatepost.targets.prometheus_records import Alert
from gatepost.targets.response import Response

NOW = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)


def answer(body: str = "{}", status: int = 200, **headers: str) -> Response:
    """An answer over HTTP."""
    return Response(status, 0.01, body.encode(), headers, "http://api/x")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("15s", 15), ("1m30s", 90), ("12h", 43_200), ("30d", 2_592_000), ("1.5s", 1.5)],
)
def test_durations_of_go_are_read(text: str, seconds: float) -> None:
    """As Go and Prometheus write them."""
    assert go_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", "s", "1 s", "-1s", "10GiB", None, 15])
def test_what_is_no_duration_is_refused(text: Any) -> None:
    """Anything else is named."""
    with pytest.raises(ValueError, match="is not a duration"):
        go_duration(text)


def test_times_of_go_are_read() -> None:
    """Nanoseconds are cut off, offsets become UTC, and the zero time is never."""
    read: Any = TypeAdapter(GoMoment).validate_python
    assert read("2026-03-05T07:30:00.123456789+01:00") == NOW.replace(microsecond=123456)
    assert read("0001-01-01T00:00:00Z") is None


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (answer("<html>Sign in</html>"), "p: the body of http://api/x is not JSON: .*<html>Sign"),
        (answer('{"error": "no"}', 500), "p: http://api/x answered with status 500: no$"),
        (answer("Not here", 404), "status 404: Not here$"),
        (answer("", 502), "answered with status 502$"),
        (answer('{"message": "who?"}', 401), "status 401: who\\?; set token of this target"),
        (answer("[" * 100_000), "is not JSON"),
    ],
)
def test_what_is_no_answer_is_refused(response: Response, message: str) -> None:
    """A status, an HTML page and an error message are told in one line."""
    with pytest.raises(MeasurementError, match=message):
        json_of(response, "p")


def test_records_name_what_they_miss() -> None:
    """An answer with another shape is told with the place of what is missing."""
    rows = [{"labels": {}, "state": "firing", "value": "NaN"}, {"labels": {}, "value": "x"}]
    said = "p: http://api/x answers otherwise than expected, in 2 places: 1.state: Field required"
    with pytest.raises(MeasurementError, match=said):
        read_as(tuple[Alert, ...], rows, answer(), "p")


def test_clock_is_the_servers() -> None:
    """The time of the answer by its own clock, else what is given."""
    assert clock_of(answer(date="Thu, 05 Mar 2026 06:29:00 GMT"), NOW) == NOW - timedelta(minutes=1)
    assert clock_of(answer(), NOW) == clock_of(answer(date="soon"), NOW) == NOW


def test_message_is_one_line() -> None:
    """What an answer says is cut to a line."""
    assert message_of(answer("a\nb")) == "a b"
    assert message_of(answer("[1]")) == "[1]"
    assert len(message_of(answer("x" * 1000))) == 100
