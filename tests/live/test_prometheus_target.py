"""A real Prometheus as a target: queries over samples of the past, and what it says of itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from fixtures.processes import free_port
from fixtures.programs import Program
from fixtures.prometheus import reload_prometheus
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.exposition import read_exposition
from gatepost.targets.prometheus import Prometheus, Settings, open_target
from gatepost.targets.vector import Vector

SLOT = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
BOUNDS = ("0.1", "0.5", "2.5", "+Inf")

Open = Callable[..., Prometheus]


def samples() -> str:
    """Two hours up to the slot: counters with a reset, a gap, a histogram, by the minute."""
    lines = ["# TYPE r counter", "# HELP r Requests."]
    minutes = range(120, -1, -1)

    def put(series: str, value: float, minute: int) -> None:
        lines.append(f"{series} {value} {int((SLOT - timedelta(minutes=minute)).timestamp())}")

    for minute in minutes:
        put('r_total{code="200"}', 6 * (120 - minute) if minute > 60 else 6 * (60 - minute), minute)
    for minute in minutes:
        put('r_total{code="500"}', 120 - minute, minute)
    lines.append("# TYPE pool gauge")
    for minute in minutes:
        if not 20 <= minute < 30:
            put("pool", minute / 100, minute)
    lines.append("# TYPE h histogram")
    for minute in minutes:
        for place, bound in enumerate(BOUNDS):
            put(f'h_bucket{{le="{bound}"}}', (120 - minute) * (place + 1) * 3, minute)
        put("h_count", (120 - minute) * 12, minute)
        put("h_sum", (120 - minute) * 12, minute)
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture
def server(start_prometheus: Callable[..., Program]) -> Program:
    """A Prometheus with these samples."""
    return start_prometheus(samples=samples())


@pytest.fixture
def open_server() -> Iterator[Open]:
    """Opens an URL as a target; closes it after the test."""
    opened: list[Prometheus] = []

    def open_it(url: str, **settings: object) -> Prometheus:
        keys = {"kind": "prometheus", "url": url, **settings}
        context = TargetContext(slot=SLOT)
        opened.append(open_target("prom", Settings.model_validate(keys), context))
        return opened[-1]

    yield open_it
    for prometheus in opened:
        prometheus.close()


def test_queries_are_answered_at_the_slot(server: Program, open_server: Open) -> None:
    """Scalars, vectors, nothing, NaN and infinity, each as it is."""
    prometheus = open_server(server.url)
    assert prometheus.scalar('r_total{code="500"}') == 120
    assert prometheus.scalar("scalar(pool) + 1") == 1
    assert prometheus.scalar("nope") is None
    assert math.isnan(prometheus.scalar("sum(pool) / 0") or 0)
    assert prometheus.scalar("1 / 0") == math.inf
    assert prometheus.vector("r_total").by("code") == {"200": 360, "500": 120}
    assert next(iter(prometheus.vector("pool"))).at == SLOT


def test_questions_that_have_no_answer_are_errors(server: Program, open_server: Open) -> None:
    """Several series, a range, a string, and an expression that is none, each with its query."""
    prometheus = open_server(server.url)
    for query, message in [
        ("r_total", r'prom: r_total has 2 series, where one is expected: r_total\{code="200"'),
        ("r_total[5m]", r"prom: r_total\[5m\] selects a range; put it into a function"),
        ('"x"', 'prom: "x" answers a string, not figures'),
        ("sum(", r"prom: sum\( failed \(bad_data\): .*unclosed left parenthesis"),
        ("r_total + on() r_total", r"failed \(execution\): .*many-to-many|found duplicate series"),
    ]:
        with pytest.raises(MeasurementError, match=message):
            prometheus.scalar(query)


def test_course_of_a_query_has_its_gaps(server: Program, open_server: Open) -> None:
    """Each step up to the slot has its place; where nothing was scraped is NaN."""
    prometheus = open_server(server.url)
    pool = prometheus.series("pool", last="40 min")
    assert len(pool) == 41
    assert (pool.index[-1], pool.iloc[-1], pool.iloc[0]) == (SLOT, 0, 0.4)
    # A sample counts for 5 minutes, less the instant.
    assert int(pool.isna().sum()) == pytest.approx(6, abs=1)
    courses = prometheus.matrix("rate(r_total[5m]) * 60", last="1 h", step="10 min").by("code")
    assert courses["500"].tolist() == pytest.approx([1.0] * 7)
    assert prometheus.series("nope", last="2 min").isna().all()
    with pytest.raises(ValueError, match="more than the 11,000 points"):
        prometheus.series("pool", last="30 days")


def test_quantile_of_a_page_is_that_of_prometheus(server: Program, open_server: Open) -> None:
    """What we calculate from buckets equals histogram_quantile of the server."""
    prometheus = open_server(server.url)
    buckets = prometheus.vector("increase(h_bucket[1h])")
    for share in (0.0, 0.3, 0.5, 0.75, 0.9, 1.0):
        theirs = prometheus.scalar(f"histogram_quantile({share}, increase(h_bucket[1h]))")
        assert buckets.quantile(share) == pytest.approx(theirs), share


def test_odd_histograms_have_the_quantiles_of_prometheus(
    start_prometheus: Callable[..., Program], open_server: Open
) -> None:
    """Not monotonic, empty, all beyond the last bound: as the server says, NaN included."""
    odd = [(5, 3, 8, 9), (0, 0, 0, 0), (0, 0, 0, 7), (1, 2, 2, 2)]
    lines = [
        f'h{{kind="{kind}",le="{bound}"}} {count}'
        for kind, counts in enumerate(odd)
        for bound, count in zip(BOUNDS, counts, strict=True)
    ]
    at = int(SLOT.timestamp())
    page = "# TYPE h gauge\n" + "".join(f"{line} {at}\n" for line in lines) + "# EOF\n"
    prometheus = open_server(start_prometheus(samples=page).url)
    buckets = Vector(tuple(read_exposition("\n".join(lines)).samples["h"]), "h")
    for share in (0.1, 0.5, 0.99):
        theirs = prometheus.vector(f"histogram_quantile({share}, h)").by("kind")
        assert buckets.quantile_by(share, "kind") == pytest.approx(theirs, nan_ok=True), share


def test_it_is_told_of_itself(server: Program, open_server: Open) -> None:
    """Readiness, retention, and the names that it knows."""
    prometheus = open_server(server.url)
    assert prometheus.ready()
    assert prometheus.retention() == timedelta(days=30)
    assert {"r_total", "pool", "h_bucket"} <= prometheus.names()
    assert prometheus.targets() == prometheus.rules() == prometheus.alerts() == ()
    assert prometheus.alertmanagers().active == ()


def test_targets_rules_and_alerts_are_told(
    start_prometheus: Callable[..., Program],
    start_alertmanager: Callable[..., Program],
    open_server: Open,
    httpserver: HTTPServer,
) -> None:
    """A target that is up, one that is down, rules with a firing alert, and its Alertmanager."""
    httpserver.expect_request("/metrics").respond_with_data(
        "# HELP a Figures.\n# TYPE a gauge\na 1\n", content_type="text/plain"
    )
    alertmanager = start_alertmanager({"route": {"receiver": "x"}, "receivers": [{"name": "x"}]})
    up, down = httpserver.url_for("/")[7:-1], f"127.0.0.1:{free_port()}"
    jobs = [
        {"job_name": name, "static_configs": [{"targets": [address]}]}
        for name, address in (("up", up), ("down", down))
    ]
    group = {"name": "g", "interval": "100ms"}
    rules: list[dict[str, Any]] = [
        {"alert": "Down", "expr": "up == 0", "labels": {"severity": "critical"}},
        {"alert": "Slow", "expr": "vector(1)", "for": "1h", "annotations": {"runbook": "r"}},
        {"record": "ups", "expr": "sum(up)"},
    ]
    config = {
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"},
        "scrape_configs": jobs,
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager.url[7:]]}]}]},
    }
    server = start_prometheus(config, {"groups": [{**group, "rules": rules}]})
    prometheus = open_server(server.url)
    wait_for(lambda: {each.state for each in prometheus.alerts()} == {"pending", "firing"})
    wait_for(lambda: all(each.evaluated for each in prometheus.rules()))
    healths = {"up": "up", "down": "down"}
    wait_for(lambda: {each.job: each.health for each in prometheus.targets()} == healths)
    by_job = {each.job: each for each in prometheus.targets()}
    assert "connection refused" in by_job["down"].error
    assert by_job["up"].interval == timedelta(milliseconds=500)
    assert by_job["up"].age is not None
    assert timedelta(0) <= by_job["up"].age < timedelta(minutes=1)
    by_name = {each.name: each for each in prometheus.rules()}
    assert (by_name["Down"].state, by_name["Down"].health) == ("firing", "ok")
    assert (by_name["Slow"].state, by_name["Slow"].holds) == ("pending", timedelta(hours=1))
    assert (by_name["ups"].type, by_name["ups"].group) == ("recording", "g")
    (firing,) = [each for each in prometheus.alerts() if each.state == "firing"]
    assert (firing.name, firing.labels["severity"]) == ("Down", "critical")
    wait_for(lambda: prometheus.alertmanagers().active == (f"{alertmanager.url}/api/v2/alerts",))
    assert prometheus.metadata("a")["a"][0].type == "gauge"
    reload_prometheus(server, {**config, "alerting": {}}, {"groups": []})
    wait_for(lambda: prometheus.alertmanagers().active == () == prometheus.rules())


def wait_for(condition: Callable[[], bool]) -> None:
    """Ask again until it holds, at most 10 s: Prometheus does these things in its own time."""
    from threading import Event

    pause = Event()
    for _ in range(200):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come to hold within 10 s")


def answering(httpserver: HTTPServer, document: object, status: int = 200) -> str:
    """A server that answers every query so; returns its URL."""
    httpserver.expect_request("/api/v1/query").respond_with_json(document, status)
    return httpserver.url_for("/")


VECTOR = {"resultType": "vector", "result": []}


@pytest.mark.parametrize(
    ("document", "status", "message"),
    [
        (
            {"status": "success", "data": VECTOR, "warnings": ["remote read timed out"]},
            200,
            "prom: up is answered with warnings: remote read timed out",
        ),
        (
            {"status": "error", "errorType": "timeout", "error": "query timed out"},
            503,
            r"prom: up failed \(timeout\): query timed out",
        ),
        ({"status": "success"}, 200, "is not the API of a Prometheus"),
        ([1], 200, "is not the API of a Prometheus"),
        ({"status": "success", "data": []}, 200, "answers without a result"),
        ({"message": "who are you?"}, 401, "status 401: who are you.; set token of this target"),
    ],
)
def test_doubtful_answers_are_errors(
    httpserver: HTTPServer, open_server: Open, document: object, status: int, message: str
) -> None:
    """Warnings, a time-out and what is no Prometheus are told, never taken for a figure."""
    with pytest.raises(MeasurementError, match=message):
        open_server(answering(httpserver, document, status)).scalar("up")


def test_ages_are_told_by_the_servers_clock(httpserver: HTTPServer, open_server: Open) -> None:
    """A slot long before the answer makes no target look fresher; never is no age."""
    scraped_at = datetime.now(UTC) - timedelta(seconds=90)
    target = {
        "labels": {"job": "a", "instance": "b"},
        "scrapePool": "a",
        "scrapeUrl": "http://b/metrics",
        "health": "up",
        "lastError": "",
        "lastScrape": f"{scraped_at:%FT%T.123456789Z}",
        "scrapeInterval": "1m30s",
    }
    never = {**target, "lastScrape": "0001-01-01T00:00:00Z", "health": "unknown"}
    document = {"status": "success", "data": {"activeTargets": [target, never]}}
    httpserver.expect_request("/api/v1/targets").respond_with_json(document)
    scraped, unscraped = open_server(httpserver.url_for("/")).targets()
    assert scraped.scraped == scraped_at.replace(microsecond=123456)
    assert scraped.age is not None
    assert timedelta(seconds=88) < scraped.age < timedelta(seconds=150)
    assert scraped.interval == timedelta(seconds=90)
    assert (unscraped.age, unscraped.scraped) == (None, None)


def test_infos_do_not_spoil_an_answer(httpserver: HTTPServer, open_server: Open) -> None:
    """Remarks, as of newer servers, leave the answer as it is."""
    data = {"resultType": "scalar", "result": [1, "3"]}
    document = {"status": "success", "data": data, "infos": ["metric might not be a counter"]}
    assert open_server(answering(httpserver, document)).scalar("up") == 3


def test_html_with_status_200_is_no_answer(httpserver: HTTPServer, open_server: Open) -> None:
    """A proxy's page of an error is told as what it is."""
    httpserver.expect_request("/api/v1/query").respond_with_data("<html>Sorry</html>")
    with pytest.raises(MeasurementError, match=r"is not JSON: .*it begins '<html>Sorry"):
        open_server(httpserver.url_for("/")).scalar("up")


def test_server_that_starts_is_unavailable(httpserver: HTTPServer, open_server: Open) -> None:
    """One that is not ready yet, and one that is not there, are outages."""
    httpserver.expect_request("/api/v1/query").respond_with_data("Service Unavailable", 503)
    prometheus = open_server(httpserver.url_for("/"))
    with pytest.raises(Unavailable, match=r"status 503: Service Unavailable \(http.*/query\)$"):
        prometheus.scalar("up")
    nothing = open_server(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable, match=r"nothing listens there \(http.*/query\)$"):
        nothing.scalar("up")


def test_server_dies_with_its_folder(start_prometheus: Callable[..., Program]) -> None:
    """A server that was stopped leaves nothing behind."""
    server = start_prometheus()
    folder: Path = server.folder
    assert (folder / "data").is_dir()
    server.stop()
    assert not folder.exists()
