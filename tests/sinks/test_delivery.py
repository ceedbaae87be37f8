"""The one retry policy for whatever is posted to a web hook."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gatepost.sinks.delivery import BUDGET_SECONDS, DeliveryError, post_json

SECRET = "/services/T000/B000/s3cr3t"


class Clock:
    """A clock that only moves when somebody sleeps, and remembers how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def clock() -> Clock:
    """The clock of one test."""
    return Clock()


def answer(server: HTTPServer, *responses: Response) -> list[object]:
    """Let the server give these answers in turn, the last one for ever; collects what is posted."""
    posted: list[object] = []
    waiting: Iterator[Response] = iter(responses)
    last = responses[-1]

    def handle(request: Request) -> Response:
        posted.append(request.get_json())
        return next(waiting, last)

    server.expect_request(SECRET, method="POST").respond_with_handler(handle)
    return posted


def post(server: HTTPServer, clock: Clock, hints: dict[int, str] | None = None) -> None:
    """Post a small message to the server."""
    url = server.url_for(SECRET)
    post_json("Slack", url, {"a": 1}, hints=hints, sleep=clock.sleep, clock=clock)


def test_delivers_once(httpserver: HTTPServer, clock: Clock) -> None:
    """A message that is taken is sent once, without waiting."""
    posted = answer(httpserver, Response("ok"))
    post(httpserver, clock)
    assert posted == [{"a": 1}]
    assert clock.slept == []


@pytest.mark.parametrize("status", [500, 502, 503])
def test_backs_off_on_server_errors(httpserver: HTTPServer, clock: Clock, status: int) -> None:
    """A server error is tried again, after pauses that double."""
    posted = answer(httpserver, Response(status=status), Response(status=status), Response("ok"))
    post(httpserver, clock)
    assert len(posted) == 3
    assert clock.slept == [1, 2]


def test_honours_retry_after(httpserver: HTTPServer, clock: Clock) -> None:
    """Too many requests waits as long as the service asks for."""
    answer(httpserver, Response(status=429, headers={"Retry-After": "7"}), Response("ok"))
    post(httpserver, clock)
    assert clock.slept == [7]


def test_honours_retry_after_as_a_date(httpserver: HTTPServer, clock: Clock) -> None:
    """The moment may also be given as a date."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    answer(httpserver, Response(status=429, headers={"Retry-After": date}), Response("ok"))
    post(httpserver, clock)
    assert len(clock.slept) == 1
    assert 10 < clock.slept[0] <= 20


@pytest.mark.parametrize("nonsense", ["soon", "-5", "0", "Mon, 01 Jan 2001 00:00:00 GMT"])
def test_an_odd_retry_after_is_a_usual_pause(
    httpserver: HTTPServer, clock: Clock, nonsense: str
) -> None:
    """A wait that is no time, or is over, never becomes a busy loop."""
    answer(httpserver, Response(status=429, headers={"Retry-After": nonsense}), Response("ok"))
    post(httpserver, clock)
    assert clock.slept == [1]


def test_gives_up_within_its_budget(httpserver: HTTPServer, clock: Clock) -> None:
    """A service that stays down costs no more than the budget, and is named with what it said."""
    posted = answer(httpserver, Response("no_text", status=503))
    with pytest.raises(DeliveryError, match=r"Slack answered 503 \(no_text\); gave up after 5 att"):
        post(httpserver, clock)
    assert len(posted) == 5
    assert sum(clock.slept) <= BUDGET_SECONDS


def test_does_not_wait_longer_than_its_budget(httpserver: HTTPServer, clock: Clock) -> None:
    """A wait that would outlast the budget ends the delivery at once."""
    answer(httpserver, Response(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(DeliveryError, match="answered 429; gave up after 1 attempt,"):
        post(httpserver, clock)
    assert clock.slept == []


@pytest.mark.parametrize("status", [301, 400, 403, 404, 410, 418])
def test_other_answers_are_final(httpserver: HTTPServer, clock: Clock, status: int) -> None:
    """A refusal or a redirect is not tried again, and its hint says how to mend it."""
    away = Response("no_service", status=status, headers={"Location": "http://127.0.0.1:9/"})
    posted = answer(httpserver, away)
    with pytest.raises(DeliveryError) as caught:
        post(httpserver, clock, {status: "do this"})
    assert str(caught.value) == f"Slack answered {status} (no_service): do this."
    assert len(posted) == 1


def test_never_shows_the_address(httpserver: HTTPServer, clock: Clock) -> None:
    """An answer that repeats the address is not repeated in the error."""
    answer(httpserver, Response(f"nothing at {httpserver.url_for(SECRET)}", status=404))
    with pytest.raises(DeliveryError) as caught:
        post(httpserver, clock)
    assert str(caught.value) == "Slack answered 404."


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:{port}" + SECRET, r"could not be reached \(ConnectionError\); gave up"),
        ("127.0.0.1" + SECRET, r"was not asked \(MissingSchema\): check its address"),
        ("ftp://127.0.0.1" + SECRET, r"was not asked \(InvalidSchema\): check its address"),
    ],
)
def test_never_shows_an_address_that_leads_nowhere(clock: Clock, url: str, message: str) -> None:
    """Neither the error nor what it is chained to holds the address."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = url.format(port=unused.getsockname()[1])
        with pytest.raises(DeliveryError, match=message) as caught:
            post_json("Slack", address, {}, sleep=clock.sleep, clock=clock)
    error: BaseException | None = caught.value
    assert error is not None
    assert SECRET not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
