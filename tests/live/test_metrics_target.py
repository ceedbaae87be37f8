"""Pages of metrics over HTTP: the official client's, and rude ones."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from threading import Event, Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, make_wsgi_app
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from fixtures.processes import free_port
from gatepost.errors import Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.journal import keep_journal
from gatepost.targets.metrics import Metrics, Settings, open_target

Open = Callable[..., Metrics]
PLAIN = "text/plain; version=0.0.4; charset=utf-8"


@pytest.fixture
def open_metrics() -> Iterator[Open]:
    """Opens an URL as a target, with settings; closes it after the test."""
    opened: list[Metrics] = []

    def open_it(url: str, **settings: object) -> Metrics:
        keys = {"kind": "metrics", "url": url, **settings}
        opened.append(open_target("api", Settings.model_validate(keys), TargetContext()))
        return opened[-1]

    yield open_it
    for metrics in opened:
        metrics.close()


@pytest.fixture
def serve(httpserver: HTTPServer) -> Callable[..., str]:
    """Serves one page; returns its URL."""

    def serve_it(page: str, content_type: str = PLAIN, status: int = 200) -> str:
        httpserver.expect_request("/metrics").respond_with_data(
            page, status, content_type=content_type
        )
        return httpserver.url_for("/metrics")

    return serve_it


def test_page_of_the_official_client_is_read(httpserver: HTTPServer, open_metrics: Open) -> None:
    """What a service counts between two scrapes is there as increases, rates and quantiles."""
    registry = CollectorRegistry()
    requests = Counter("requests", "Requests.", ["code"], registry=registry)
    seconds = Histogram("seconds", "Time.", buckets=[0.1, 1], registry=registry)
    app = make_wsgi_app(registry)
    httpserver.expect_request("/metrics").respond_with_handler(
        lambda request: Response.from_app(app, request.environ)
    )
    metrics = open_metrics(httpserver.url_for("/metrics"))
    requests.labels("200").inc(5)
    first = metrics.scrape()
    requests.labels("200").inc(3)
    requests.labels("500").inc()
    seconds.observe(0.5)
    second = metrics.scrape()
    assert second.value("requests_total", code="200") == 8
    assert second.increase("requests_total", first).by("code") == {"200": 3, "500": 1}
    assert second.increase("seconds_bucket", first).quantile(0.5) == pytest.approx(0.55)
    assert second.families["requests_total"].labels == {"code"}
    assert 0 < second.seconds < 10
    assert second.at > first.at


def test_page_of_a_run_is_requested_once(httpserver: HTTPServer, open_metrics: Open) -> None:
    """Checks that are measured side by side share a page and an interval; scrape() is fresh."""
    scrapes = count(1)

    def answer(_: Request) -> Response:
        return Response(f"# TYPE r_total counter\nr_total {next(scrapes)}\n", content_type=PLAIN)

    httpserver.expect_request("/metrics").respond_with_handler(answer)
    metrics = open_metrics(httpserver.url_for("/metrics"))
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda _: metrics.page(), range(16)))
        intervals = list(pool.map(lambda _: metrics.interval(), range(16)))
    assert {page.value("r_total") for page in pages} == {1}
    assert len(set(map(id, intervals))) == 1
    assert intervals[0].increase("r_total").sum() == 1
    assert len(metrics.fallen()) == 0
    assert metrics.scrape().value("r_total") == 2
    assert metrics.page().value("r_total") == 1


def test_openmetrics_is_taken_where_only_that_is_sent(serve: Callable[..., str]) -> None:
    """The content type decides which format a page is read as."""
    page = '# TYPE r counter\nr_total{code="200"} 3 # {id="x"} 1\n# EOF\n'
    url = serve(page, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    target = open_target("api", Settings(kind="metrics", url=url), TargetContext())
    assert target.scrape().value("r_total", code="200") == 3
    target.close()


@pytest.mark.parametrize(
    ("page", "content_type", "status", "reason"),
    [
        ("a 1\nb x\n", PLAIN, 200, "1 line cannot be read: line 2 .*'b x'"),
        ("a 1\na 1\n", PLAIN, 200, "1 series appear twice: a on the lines 1 and 2"),
        ("<html>Sign in</html>", "text/html", 200, "no page of metrics but text/html; .*<html>"),
        ("{}", "application/json", 200, "no page of metrics but application/json"),
        ("<html>Sign in</html>", PLAIN, 200, "line 1 .*<html>"),
        ("gone", PLAIN, 404, "answered with status 404; the body begins 'gone'"),
        ("", PLAIN, 503, "answered with status 503$"),
        ("a 1\n", "application/openmetrics-text", 200, r"\(Missing # EOF at end\)"),
    ],
)
def test_page_that_cannot_be_read_is_one_outage(
    serve: Callable[..., str],
    open_metrics: Open,
    page: str,
    content_type: str,
    status: int,
    reason: str,
) -> None:
    """It is told once as the target's outage, and asked for no more in the run."""
    metrics = open_metrics(serve(page, content_type, status))
    with keep_journal() as journal:
        for _ in range(3):
            with pytest.raises(Unavailable, match=reason) as caught:
                metrics.scrape()
            assert caught.value.target == "api"
    assert len(journal.statements) == 1


def test_page_that_never_ends_is_cut_by_size(httpserver: HTTPServer, open_metrics: Open) -> None:
    """A page that goes on and on is let go of when it exceeds max_body."""

    def endless(_: Request) -> Response:
        return Response((f"a{number} 1\n" * 100 for number in range(10**9)), content_type=PLAIN)

    httpserver.expect_request("/metrics").respond_with_handler(endless)
    with pytest.raises(Unavailable, match=r"more than 100\.0KB; raise max_body of"):
        open_metrics(httpserver.url_for("/metrics"), max_body="100 kB").scrape()


def test_page_that_drips_is_cut_by_time(open_metrics: Open) -> None:
    """A page that comes a line at a time is let go of when the timeout is over."""
    stop = Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
            while not stop.wait(0.02):
                connection.sendall(b"# more to come\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=drip)
        thread.start()
        metrics = open_metrics(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout="300 ms")
        with pytest.raises(Unavailable, match="was not answered in full within 300 ms"):
            metrics.scrape()
        stop.set()
        thread.join()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_wsgi_app_of_the_client_is_read(open_metrics: Open) -> None:
    """The client's own app on a server of the standard library, HTTP/1.0 and all."""
    registry = CollectorRegistry()
    Counter("jobs", "Jobs.", registry=registry).inc()
    with make_server("127.0.0.1", 0, make_wsgi_app(registry), handler_class=_Quiet) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        page = open_metrics(f"http://127.0.0.1:{server.server_port}/metrics").scrape()
        thread.join()
    assert page.value("jobs_total") == 1


def test_too_many_series_are_refused(serve: Callable[..., str], open_metrics: Open) -> None:
    """More series than allowed are an outage that says what to raise."""
    page = "".join(f'a{{x="{number}"}} 1\n' for number in range(11))
    with pytest.raises(Unavailable, match="more than 10 series; raise max_series, or serve less"):
        open_metrics(serve(page), max_series=10).scrape()


def test_closed_port_is_unavailable(open_metrics: Open) -> None:
    """Nothing listens: one outage, with the URL and without its password."""
    metrics = open_metrics(f"http://u:geheim@127.0.0.1:{free_port()}/metrics")
    with pytest.raises(Unavailable, match="connection refused: nothing listens there") as caught:
        metrics.scrape()
    assert "geheim" not in str(caught.value) + metrics.describe()


def test_wrong_setting_is_refused() -> None:
    """A limit of nothing is refused."""
    with pytest.raises(ValidationError, match="max_series"):
        Settings.model_validate({"kind": "metrics", "url": "http://h/m", "max_series": 0})
