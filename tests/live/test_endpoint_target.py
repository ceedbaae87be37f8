"""HTTP servers, polite and rude, as endpoint targets: every request is bounded and explained."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from traceback import format_exception
from urllib.parse import quote

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.endpoint import Endpoint, Settings, open_target
from gatepost.targets.journal import keep_journal

SECRET = "geheim+/%@42"
QUOTED = quote(SECRET, safe="")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

Open = Callable[..., Endpoint]
Serve = Callable[..., str]


@pytest.fixture
def open_endpoint() -> Iterator[Open]:
    """Opens an URL as a target, with settings; closes it after the test."""
    opened: list[Endpoint] = []

    def open_it(url: str, **settings: object) -> Endpoint:
        keys = {"kind": "endpoint", "url": url, **settings}
        context = TargetContext(slot=datetime(2026, 3, 5, tzinfo=UTC))
        opened.append(open_target("api", Settings.model_validate(keys), context))
        return opened[-1]

    yield open_it
    for endpoint in opened:
        endpoint.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves each connection by a script on its socket, after the request was read."""
    stop = threading.Event()
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve_it(script: Callable[[socket.socket, threading.Event], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        connection.recv(65_536)
                        script(connection, stop)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        threads.append(thread)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield serve_it
    stop.set()
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(10)


def test_answer_is_a_measurement(httpserver: HTTPServer, open_endpoint: Open) -> None:
    """Status, time, body, type and URL of an answer are there to be judged."""
    httpserver.expect_request("/api/health", query_string="deep=1").respond_with_json({"ok": True})
    answer = open_endpoint(httpserver.url_for("/api")).get("/health", params={"deep": 1})
    assert (answer.status, answer.json()) == (200, {"ok": True})
    assert 0 < answer.seconds < 10
    assert answer.content_type == "application/json"
    assert answer.url == httpserver.url_for("/api/health?deep=1")
    assert answer.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize("status", [204, 302, 404, 500, 503])
def test_status_is_never_an_error(httpserver: HTTPServer, open_endpoint: Open, status: int) -> None:
    """Whatever status comes is returned, after one request: it is what was measured."""
    httpserver.expect_request("/").respond_with_data(status=status)
    assert open_endpoint(httpserver.url_for("/")).get().status == status
    assert len(httpserver.log) == 1


def test_document_is_posted(httpserver: HTTPServer, open_endpoint: Open) -> None:
    """A question may be a JSON document."""
    httpserver.expect_request("/ask", method="POST", json={"n": 1}).respond_with_data("1")
    assert open_endpoint(httpserver.url_for("/")).post("ask", json={"n": 1}).text == "1"


def test_token_and_headers_are_sent(httpserver: HTTPServer, open_endpoint: Open) -> None:
    """The token is a bearer token; configured and own headers go along."""
    sent = {"Authorization": f"Bearer {SECRET}", "X-Team": "data", "X-Own": "1"}
    httpserver.expect_request("/", headers=sent).respond_with_data("in")
    endpoint = open_endpoint(httpserver.url_for("/"), token=SECRET, headers={"X-Team": "data"})
    assert endpoint.get(headers={"X-Own": "1"}).text == "in"


def test_cookies_are_not_kept(httpserver: HTTPServer, open_endpoint: Open) -> None:
    """What one answer asks to remember does not change the next request."""
    httpserver.expect_request("/").respond_with_data(headers={"Set-Cookie": "a=b"})
    endpoint = open_endpoint(httpserver.url_for("/"))
    endpoint.get()
    endpoint.get()
    assert "Cookie" not in httpserver.log[1][0].headers


def test_requests_are_noted(httpserver: HTTPServer, open_endpoint: Open) -> None:
    """The journal has each request with its URL, and no secret."""
    httpserver.expect_request("/x").respond_with_data("")
    with keep_journal() as journal:
        open_endpoint(httpserver.url_for("/")).get("x", params={"api_key": SECRET, "n": 1})
    assert journal.statements == [f"GET {httpserver.url_for('/x')}?api_key=***&n=1"]


def test_compressed_body_is_bounded_as_it_unfolds(
    httpserver: HTTPServer, open_endpoint: Open
) -> None:
    """A small compressed body comes decompressed; one that unfolds too far is refused."""
    packed = gzip.compress(b"x" * 50_000_000)
    headers = {"Content-Encoding": "gzip"}
    httpserver.expect_request("/small").respond_with_data(gzip.compress(b"[1]"), headers=headers)
    httpserver.expect_request("/bomb").respond_with_data(packed, headers=headers)
    endpoint = open_endpoint(httpserver.url_for("/"), max_body="1 MB")
    assert endpoint.get("small").json() == [1]
    with pytest.raises(MeasurementError, match=r"sends a body of more than 1\.0MB"):
        endpoint.get("bomb")


@pytest.mark.parametrize("chunked", [True, False])
def test_endless_body_stops_at_its_limit(open_endpoint: Open, serve: Serve, chunked: bool) -> None:
    """A body without end is cut at max_body, and the message says where to raise it."""

    def pour(connection: socket.socket, stop: threading.Event) -> None:
        head = b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"\r\n"
        part = b"x" * 4096
        connection.sendall(HEAD + head)
        while not stop.is_set():
            connection.sendall(b"1000\r\n" + part + b"\r\n" if chunked else part)

    with pytest.raises(MeasurementError) as caught:
        open_endpoint(serve(pour), max_body=100_000).get()
    assert "sends a body of more than 100.0KB; raise max_body of targets.api" in str(caught.value)


@pytest.mark.parametrize("head", [b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_dripping_body_stops_at_the_deadline(
    open_endpoint: Open, serve: Serve, head: bytes
) -> None:
    """A body that comes byte by byte ends at the time-out in all, not of each byte."""

    def drip(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(HEAD + head)
        while not stop.wait(0.05):
            connection.sendall(b"1\r\nx\r\n" if b"chunked" in head else b"x")

    with pytest.raises(MeasurementError, match="was not answered in full within 300 ms"):
        open_endpoint(serve(drip), timeout="300 ms").get()


def test_silent_server_is_given_up(open_endpoint: Open, serve: Serve) -> None:
    """A server that takes the request and says nothing ends at the time-out, after one request."""
    endpoint = open_endpoint(serve(lambda _, stop: stop.wait() and None), timeout="200 ms")
    with keep_journal() as journal, pytest.raises(MeasurementError) as caught:
        endpoint.get("slow")
    assert "/slow was not answered in full within 200 ms (timeout of targets.api)" in str(
        caught.value
    )
    assert not isinstance(caught.value, Unavailable)
    assert len(journal.statements) == 1


def test_body_that_breaks_off_is_no_answer(open_endpoint: Open, serve: Serve) -> None:
    """A body shorter than declared is an error, not a short body."""

    def break_off(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(HEAD + b"Content-Length: 10\r\n\r\nabc")

    with pytest.raises(MeasurementError, match="broke off after 3 bytes of its body"):
        open_endpoint(serve(break_off)).get()


def test_broken_get_is_sent_again(open_endpoint: Open, serve: Serve) -> None:
    """A GET whose connection ends before the answer is repeated; its answer counts."""
    seen: list[int] = []

    def second_time(connection: socket.socket, _: threading.Event) -> None:
        seen.append(1)
        if len(seen) == 2:
            connection.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")

    with keep_journal() as journal:
        assert open_endpoint(serve(second_time)).get().text == "ok"
    assert len(journal.statements) == 2


def test_broken_post_is_not_sent_again(open_endpoint: Open, serve: Serve) -> None:
    """A POST may have done something, so it is not repeated."""
    seen: list[int] = []
    endpoint = open_endpoint(serve(lambda *_: seen.append(1)), retries=3)
    with pytest.raises(MeasurementError, match=r"POST http://127.* gave no answer"):
        endpoint.post(json={})
    assert len(seen) == 1


def test_what_is_not_http_is_no_answer(open_endpoint: Open, serve: Serve) -> None:
    """A server that speaks something else is an error of the measurement."""
    endpoint = open_endpoint(serve(lambda c, _: c.sendall(b"220 mail ready\r\n\r\n")), retries=0)
    with pytest.raises(MeasurementError, match="gave no answer: 220 mail ready"):
        endpoint.get()


def test_redirects_on_the_same_host_are_followed(
    httpserver: HTTPServer, open_endpoint: Open
) -> None:
    """The answer at the end of a redirect counts, with its own URL."""
    httpserver.expect_request("/old").respond_with_data(status=301, headers={"Location": "/new"})
    httpserver.expect_request("/new").respond_with_data("here")
    answer = open_endpoint(httpserver.url_for("/")).get("old")
    assert (answer.status, answer.text) == (200, "here")
    assert answer.url == httpserver.url_for("/new")


def test_redirects_to_another_host_are_refused(httpserver: HTTPServer, open_endpoint: Open) -> None:
    """A redirect elsewhere is not followed, and the message names both places."""
    there = {"Location": f"http://u:{QUOTED}@elsewhere.example/x?token={QUOTED}"}
    httpserver.expect_request("/").respond_with_data(status=302, headers=there)
    with pytest.raises(MeasurementError) as caught:
        open_endpoint(httpserver.url_for("/")).get()
    port = httpserver.port
    assert f"from http://localhost:{port} to http://elsewhere.example" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_redirects_in_a_circle_end(httpserver: HTTPServer, open_endpoint: Open) -> None:
    """After five redirects it is enough."""
    httpserver.expect_request("/").respond_with_data(status=302, headers={"Location": "/"})
    with pytest.raises(MeasurementError, match="redirects more than 5 times"):
        open_endpoint(httpserver.url_for("/")).get()
    assert len(httpserver.log) == 6


def test_redirect_of_a_post_is_its_answer(httpserver: HTTPServer, open_endpoint: Open) -> None:
    """A POST is not repeated elsewhere."""
    httpserver.expect_request("/").respond_with_data(status=307, headers={"Location": "/x"})
    assert open_endpoint(httpserver.url_for("/")).post().status == 307


def test_redirects_share_one_budget(httpserver: HTTPServer, open_endpoint: Open) -> None:
    """The time-out is that of the whole request, however many hops it takes."""
    waiting = threading.Event()

    def slowly(_: Request) -> Response:
        waiting.wait(0.15)
        return Response(status=302, headers={"Location": "/"})

    httpserver.expect_request("/").respond_with_handler(slowly)
    with pytest.raises(MeasurementError, match="was not answered in full within 250 ms"):
        open_endpoint(httpserver.url_for("/"), timeout="250 ms").get()


def test_unreachable_endpoint_is_tried_once(open_endpoint: Open) -> None:
    """A closed port is unavailable; after the configured retries nobody tries again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    endpoint = open_endpoint(f"http://u:{QUOTED}@127.0.0.1:{port}/x?token={QUOTED}")
    with keep_journal() as journal:
        for _ in range(3):
            with pytest.raises(Unavailable) as caught:
                endpoint.get()
    assert caught.value.reason == (
        f"connection refused: nothing listens there (http://127.0.0.1:{port}/x)"
    )
    assert len(journal.statements) == 2
    texts = [repr(endpoint), endpoint.describe(), *journal.statements, repr(caught.value)]
    texts += format_exception(caught.value)
    assert "geheim" not in "".join(texts)


def test_unknown_host_is_unavailable(open_endpoint: Open) -> None:
    """A name that cannot be resolved is told as such."""
    with pytest.raises(Unavailable, match="the host name cannot be resolved"):
        open_endpoint("http://nowhere.invalid/").get()


def test_failed_tls_is_unavailable(httpserver: HTTPServer, open_endpoint: Open) -> None:
    """A server that does not speak TLS fails with TLS's own reason, without a retry."""
    url = httpserver.url_for("/").replace("http://", "https://")
    with keep_journal() as journal, pytest.raises(Unavailable, match="TLS failed: "):
        open_endpoint(url).get()
    assert len(journal.statements) == 1


def test_client_is_there_when_the_target_is_opened() -> None:
    """Its import changes the filters of warnings, which threads of pytest's would get wrong."""
    program = (
        "import sys; from gatepost.targets.base import TargetContext;"
        "from gatepost.targets.endpoint import Settings, open_target;"
        "assert 'requests' not in sys.modules;"
        "settings = Settings(kind='endpoint', url='http://127.0.0.1:9');"
        "open_target('shop', settings, TargetContext()); assert 'requests' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_many_threads_may_ask_at_once(httpserver: HTTPServer, open_endpoint: Open) -> None:
    """One target serves checks in several threads, each with its own answer."""
    httpserver.expect_request("/").respond_with_handler(lambda r: Response(r.query_string))
    endpoint = open_endpoint(httpserver.url_for("/"))
    answers: dict[int, str] = {}

    def ask(number: int) -> None:
        answers[number] = endpoint.get(params={"n": number}).text

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: f"n={number}" for number in range(20)}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": f"ftp://u:{QUOTED}@h"}, "not an HTTP URL"),
        ({"url": f"http://u:{SECRET}@h"}, "write https://host/path, and %2F for a slash"),
        ({"url": "http:///x"}, "not an HTTP URL"),
        ({"timeout": "soon"}, "'soon' is not a duration"),
        ({"retries": -1}, "greater than or equal to 0"),
        ({"max_body": "big"}, "could not parse value and unit from byte string"),
    ],
)
def test_wrong_setting_is_refused(settings: dict[str, object], message: str) -> None:
    """A wrong value is named; an URL is not repeated, since it may hold a password."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"kind": "endpoint", "url": "http://h", **settings})
    assert message in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_settings_hide_secrets() -> None:
    """Settings can be printed without showing the URL's password, the token or a header."""
    keys = {"url": f"http://u:{QUOTED}@h", "token": SECRET, "headers": {"X-Key": SECRET}}
    settings = Settings.model_validate({"kind": "endpoint", **keys})
    assert "geheim" not in repr(settings) + str(settings.model_dump())
