"""The health pages of services over HTTP, in good and bad health, as targets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Response

from fixtures.processes import free_port
from gatepost import conforms_to, responds
from gatepost.errors import MeasurementError, Unavailable
from gatepost.expectations.base import Context
from gatepost.model import Level
from gatepost.readings import Reading, Readings
from gatepost.targets.base import TargetContext
from gatepost.targets.health import HealthPages, Settings, open_target
from gatepost.targets.health_body import health_schema

SECRET = "hunter2hunter2"

Open = Callable[..., HealthPages]


@pytest.fixture
def open_health(httpserver: HTTPServer) -> Iterator[Open]:
    """Opens the test's server as a target, with settings."""
    opened: list[HealthPages] = []

    def open_it(**settings: object) -> HealthPages:
        keys = {"kind": "health", "url": httpserver.url_for("/"), **settings}
        opened.append(open_target("api", Settings.model_validate(keys), TargetContext()))
        return opened[-1]

    yield open_it
    for pages in opened:
        pages.close()


def body(**more: object) -> dict[str, object]:
    """What a service says that is well."""
    return {
        "status": "healthy",
        "version": "1.4.0",
        "service": "api",
        "timestamp": datetime.now(UTC).isoformat(),
        "checks": {"database": True, "auth-provider": True},
        "details": {"database": "3 ms", "auth-provider": "ok"},
        **more,
    }


def test_healthy_service_is_described(httpserver: HTTPServer, open_health: Open) -> None:
    """Its word, its parts, its version, its clock."""
    httpserver.expect_request("/health").respond_with_json(body())
    health = open_health().service()
    assert (health.state, health.healthy, health.status) == ("healthy", True, "healthy")
    assert (health.version, health.service) == ("1.4.0", "api")
    assert sorted(health.components) == ["auth-provider", "database"]
    assert health.unhealthy_components == ()
    assert health.clock_ahead is not None
    assert abs(health.clock_ahead) < 5


def test_answer_and_body_can_be_judged(httpserver: HTTPServer, open_health: Open) -> None:
    """By the expectation for answers, with a schema of the body."""
    httpserver.expect_request("/health").respond_with_json(body())
    expected = responds(200, body=conforms_to(health_schema(checks=["database"])))
    verdict = expected.judge(open_health().service().response, Context(datetime.now(UTC)))
    assert verdict.level is Level.OK


@pytest.mark.parametrize("status", [200, 503])
def test_part_that_is_not_well_is_named(
    httpserver: HTTPServer, open_health: Open, status: int
) -> None:
    """With its detail, whatever the HTTP status is."""
    content = body(status="degraded", checks={"kafka": False}, details={"kafka": "no broker"})
    httpserver.expect_request("/health").respond_with_json(content, status)
    health = open_health().service()
    assert health.state == "degraded"
    (part,) = health.unhealthy_components
    assert (part.name, part.detail) == ("kafka", "no broker")


def test_good_word_with_a_bad_status_is_not_believed(
    httpserver: HTTPServer, open_health: Open
) -> None:
    """One of the two is wrong, and it is not the bad news."""
    httpserver.expect_request("/health").respond_with_json(body(), 503)
    httpserver.expect_request("/health/component/db").respond_with_json({"status": "up"}, 503)
    pages = open_health()
    assert pages.service().state == "unhealthy"
    part = pages.component("db")
    assert (part.state, part.detail) == ("unhealthy", "status 503, although the body says up")


@pytest.mark.parametrize("hours", [-2, 2])
def test_clock_that_differs_is_measured(
    httpserver: HTTPServer, open_health: Open, hours: int
) -> None:
    """In seconds, behind or ahead of ours."""
    at = datetime.now(UTC) + timedelta(hours=hours)
    httpserver.expect_request("/health").respond_with_json(body(timestamp=at.isoformat()))
    assert open_health().service().clock_ahead == pytest.approx(hours * 3600, abs=5)


def test_service_without_a_clock_has_none(httpserver: HTTPServer, open_health: Open) -> None:
    """No time, or none that can be read."""
    httpserver.expect_request("/health").respond_with_json(body(timestamp="now"))
    health = open_health().service()
    assert (health.at, health.clock_ahead) == (None, None)


def test_probes_are_answers(httpserver: HTTPServer, open_health: Open) -> None:
    """Ready and live, whatever their status and body are."""
    httpserver.expect_request("/health/live").respond_with_data("alive")
    httpserver.expect_request("/-/ready").respond_with_data("", 503)
    pages = open_health(ready_path="/-/ready")
    assert pages.live().status == 200
    assert pages.ready().status == 503


def test_special_pages_are_read(httpserver: HTTPServer, open_health: Open) -> None:
    """Below the service's own."""
    content = {"status": "down", "dependencies": {"processor": {"status": "down"}}}
    httpserver.expect_request("/api/v1/health/dependencies").respond_with_json(content)
    health = open_health(path="/api/v1/health").page("dependencies")
    assert health.state == "unhealthy"
    assert health.components["processor"].state == "unhealthy"


def test_component_has_a_page_of_its_own(httpserver: HTTPServer, open_health: Open) -> None:
    """Its name is part of the path, and no more than a part."""
    seen = httpserver.expect_request("/health/component/rate-limiter")
    seen.respond_with_json({"status": "ok", "response_time_ms": 4})
    part = open_health().component("rate-limiter")
    assert (part.state, part.milliseconds) == ("healthy", 4)
    httpserver.expect_request("/health/component/../../admin").respond_with_json({})
    pages = open_health()
    with pytest.raises(MeasurementError, match=r"there is no status of '\.\./\.\./admin'"):
        pages.component("../../admin")


def test_unknown_component_is_no_measurement(httpserver: HTTPServer, open_health: Open) -> None:
    """On its own page and on the service's."""
    httpserver.expect_request("/health").respond_with_json(body())
    httpserver.expect_request("/health/component/cache").respond_with_json({}, 404)
    pages = open_health()
    with pytest.raises(MeasurementError, match="there is no component 'cache'"):
        pages.component("cache")
    with pytest.raises(MeasurementError, match=r"no component 'databse'; did you mean database\?"):
        pages.find("databse")
    assert pages.find("database").healthy


@pytest.mark.parametrize(
    ("content", "status", "why"),
    [
        ("<html>Sign in</html>", 200, "status 200, but the body of .* is not JSON.*<html>"),
        ("", 503, "status 503, but the body of .* it is empty"),
        ("[]", 200, r"it answered '\[\]', no object"),
        ("{}", 200, '"status" that is text; it has nothing'),
        ('{"status": 1, "checks": {}}', 200, "it has status, checks"),
        ('{"status": null}', 404, "it has status"),
    ],
)
def test_page_that_is_none_is_no_measurement(
    httpserver: HTTPServer, open_health: Open, content: str, status: int, why: str
) -> None:
    """Such as the error page of a proxy, which comes with status 200."""
    httpserver.expect_request("/health").respond_with_data(content, status)
    with pytest.raises(MeasurementError, match=f"api: .*{why}"):
        open_health().service()


def test_unreachable_service_is_unavailable(open_health: Open) -> None:
    """Each of its pages."""
    pages = open_health(url=f"http://127.0.0.1:{free_port()}")
    for ask in (pages.service, pages.live, pages.ready):
        with pytest.raises(Unavailable, match="api is unavailable: connection refused"):
            ask()


def test_secrets_are_sent_and_not_shown(httpserver: HTTPServer, open_health: Open) -> None:
    """In the address neither, nor in what goes wrong."""
    sent = {"Authorization": f"Bearer {SECRET}", "X-Key": SECRET}
    httpserver.expect_request("/health", headers=sent).respond_with_json(body())
    pages = open_health(token=SECRET, headers={"X-Key": SECRET})
    assert pages.service().healthy
    assert SECRET not in pages.describe()
    with pytest.raises(MeasurementError) as error:
        pages.page(SECRET)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [("url", "ftp://x"), ("component_path", "/health/component"), ("colour", "red")],
)
def test_wrong_setting_is_refused(key: str, value: object) -> None:
    """When the configuration is read."""
    with pytest.raises(ValidationError, match=key):
        Settings.model_validate({"kind": "health", "url": "http://x", key: value})


def test_parts_that_turned_since_the_last_run(httpserver: HTTPServer) -> None:
    """The first run has nothing to compare with; the next names what turned, asking once."""
    parts = {"database": True, "auth-provider": True}
    asked = httpserver.expect_request("/health")
    asked.respond_with_handler(lambda _: _json(body(checks=parts)))
    before = Readings()
    assert open_pages(httpserver, before).transitions() == ()
    parts["database"] = False
    kept = before.kept
    pages = open_pages(httpserver, Readings(lambda key: Reading(datetime.now(UTC), kept[key])))
    [turned] = pages.transitions()
    assert (turned.component, turned.before, turned.now) == ("database", "healthy", "unhealthy")
    assert turned.detail == "3 ms"
    assert pages.transitions() is pages.transitions()
    assert len(httpserver.log) == 2


def open_pages(httpserver: HTTPServer, readings: Readings) -> HealthPages:
    """The test's server as a target that remembers."""
    settings = Settings.model_validate({"kind": "health", "url": httpserver.url_for("/")})
    return open_target("api", settings, TargetContext(readings=readings))


def _json(content: object) -> Response:
    return Response(json.dumps(content), content_type="application/json")
