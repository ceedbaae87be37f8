"""Docker's API, by a stand-in on a Unix socket and by servers that are none, as targets."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer

from fixtures.docker_engine import Container, engine_standin
from fixtures.processes import free_port
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.docker import Docker, Settings, open_target
from gatepost.targets.journal import keep_journal

STARTED = datetime(2026, 3, 5, 4, 30, tzinfo=UTC)
SLOT = datetime(2026, 3, 5, 6, tzinfo=UTC)

Open = Callable[..., Docker]


@pytest.fixture
def containers() -> list[Container]:
    """What the stand-in has; a test changes it."""
    return [
        Container("web", started=STARTED, labels={"app": "shop"}, restarts=2),
        Container("worker", state="exited", health=None, exit_code=137, out_of_memory=True),
        Container("db", health="unhealthy", health_output="no\n answer", labels={"app": "data"}),
    ]


@pytest.fixture
def engine(containers: list[Container]) -> Iterator[str]:
    """The URL of a stand-in of the engine."""
    with engine_standin(lambda: containers) as url:
        yield url


@pytest.fixture
def open_docker() -> Iterator[Open]:
    """Opens a URL as a target."""
    opened: list[Docker] = []

    def open_it(url: str, **settings: object) -> Docker:
        keys = {"kind": "docker", "url": url, **settings}
        context = TargetContext(slot=SLOT)
        opened.append(open_target("engine", Settings.model_validate(keys), context))
        return opened[-1]

    yield open_it
    for docker in opened:
        docker.close()


def test_running_container_is_described(engine: str, open_docker: Open) -> None:
    """Its state, health, restarts, image and uptime; the request is noted by its socket."""
    with keep_journal() as journal:
        web = open_docker(engine).container("web")
    assert (web.name, web.image, web.state, web.health) == (
        "web",
        "example/app:1.0",
        "running",
        "healthy",
    )
    assert web.running
    assert web.restarts == 2
    assert web.started == STARTED.replace(microsecond=123456)
    assert web.uptime is not None
    assert timedelta(minutes=89) < web.uptime <= timedelta(minutes=90)
    assert journal.statements == [f"GET {engine}/containers/web/json"]


def test_stopped_container_is_described(engine: str, open_docker: Open) -> None:
    """It has no uptime, and says how it ended."""
    worker = open_docker(engine).container("worker")
    assert (worker.state, worker.health, worker.running) == ("exited", "none", False)
    assert (worker.exit_code, worker.out_of_memory) == (137, True)
    assert (worker.started, worker.uptime) == (None, None)


def test_failing_health_check_says_why(engine: str, open_docker: Open) -> None:
    """The last output of the container's own check, on one line."""
    db = open_docker(engine).container("db")
    assert (db.health, db.health_output) == ("unhealthy", "no answer")


def test_containers_are_listed_by_name(engine: str, open_docker: Open) -> None:
    """All of them, or those with a label."""
    docker = open_docker(engine)
    assert [each.name for each in docker.containers()] == ["db", "web", "worker"]
    assert [each.name for each in docker.containers(label="app")] == ["db", "web"]
    assert [each.name for each in docker.containers(label="app=shop")] == ["web"]
    assert docker.containers(label="app=other") == ()


def test_container_that_is_removed_meanwhile_is_left_out(open_docker: Open) -> None:
    """It was listed, and is gone when it is asked about."""
    states = iter([[Container("a"), Container("b")], [Container("a")], [Container("a")]])
    with engine_standin(lambda: next(states)) as url:
        assert [each.name for each in open_docker(url).containers()] == ["a"]


def test_too_many_containers_are_refused(engine: str, open_docker: Open) -> None:
    """Each costs a request."""
    with pytest.raises(MeasurementError, match=r"engine: there are 3 containers; .*max_containers"):
        open_docker(engine, max_containers=2).containers()


def test_unknown_container_is_no_measurement(engine: str, open_docker: Open) -> None:
    """The message names those like it; a name leads nowhere else in the API."""
    docker = open_docker(engine)
    with pytest.raises(MeasurementError, match=r"no container 'webb'; did you mean web\?"):
        docker.container("webb")
    with pytest.raises(MeasurementError, match="there is no container"):
        docker.container("web/json?x=")
    for name in ("", ".", ".."):
        with pytest.raises(MeasurementError, match="is not the name of a container"):
            docker.container(name)


def test_engine_answers(engine: str, open_docker: Open) -> None:
    """In so many milliseconds, with its version."""
    docker = open_docker(engine)
    assert 0 < docker.ping() < 10_000
    assert docker.version() == "28.0.0"
    assert docker.describe() == f"Docker at {engine}"


def test_engine_is_reached_over_tcp(httpserver: HTTPServer, open_docker: Open) -> None:
    """As Docker writes it; a proxy before the engine answers the same."""
    document = Container("web").document()
    httpserver.expect_request("/containers/web/json").respond_with_json(document)
    docker = open_docker(f"tcp://{httpserver.host}:{httpserver.port}")
    assert docker.container("web").running
    assert docker.describe() == f"Docker at http://{httpserver.host}:{httpserver.port}"


def test_missing_socket_is_unavailable(tmp_path: Path, open_docker: Open) -> None:
    """The message says where it should be."""
    url = f"unix://{tmp_path}/docker.sock"
    with pytest.raises(Unavailable, match=rf"there is no such socket \({url}"):
        open_docker(url).container("web")


def test_socket_without_an_engine_is_unavailable(tmp_path: Path, open_docker: Open) -> None:
    """It was left behind by one that died."""
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "s"))
    left.close()
    with pytest.raises(Unavailable, match="nothing listens on the socket"):
        open_docker(f"unix://{tmp_path}/s").ping()


def test_port_without_an_engine_is_unavailable(open_docker: Open) -> None:
    """Nothing listens there."""
    with pytest.raises(Unavailable, match="connection refused"):
        open_docker(f"tcp://127.0.0.1:{free_port()}").ping()


def test_silent_engine_is_bounded_in_time(tmp_path: Path, open_docker: Open) -> None:
    """It takes the request, and never answers."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        docker = open_docker(f"unix://{tmp_path}/s", timeout=timedelta(milliseconds=200))
        with pytest.raises(MeasurementError, match="not answered in full within 200 ms"):
            docker.ping()


def test_engine_that_hangs_up_is_no_measurement(tmp_path: Path, open_docker: Open) -> None:
    """Each time it is asked, also the second time."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()

        def hang_up() -> None:
            for _ in range(2):
                connection, _address = listener.accept()
                connection.recv(1000)
                connection.close()

        thread = Thread(target=hang_up)
        thread.start()
        with pytest.raises(MeasurementError, match="gave no answer"):
            open_docker(f"unix://{tmp_path}/s").ping()
        thread.join(10)


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, "<html>Sign in</html>", "is not JSON.*it begins '<html>Sign in"),
        (200, "[]", "is not an object"),
        (200, "{}", "no State that is an object"),
        (200, '{"State": {}}', "no Status that is text"),
        (200, '{"State": {"Status": "running"}, "Name": "/web"}', "no Config that is an object"),
        (
            200,
            '{"State": {"Status": "running"}, "Name": "/web", "Config": {}, "RestartCount": "2"}',
            "no RestartCount that is a whole number",
        ),
        (403, "Forbidden", "status 403 and 'Forbidden'"),
        (404, "page not found", "status 404 and 'page not found'"),
        (500, '{"message": "dead"}', "status 500"),
    ],
)
def test_answer_that_is_none_of_an_engine_is_no_measurement(
    httpserver: HTTPServer, open_docker: Open, status: int, body: str, why: str
) -> None:
    """The message says what came instead."""
    httpserver.expect_request("/containers/web/json").respond_with_data(body, status)
    with pytest.raises(MeasurementError, match=f"engine: .*{why}"):
        open_docker(f"http://{httpserver.host}:{httpserver.port}").container("web")


@pytest.mark.parametrize("body", ["{}", "[1]", "null"])
def test_list_that_is_none_is_no_measurement(
    httpserver: HTTPServer, open_docker: Open, body: str
) -> None:
    """No containers at all is another answer."""
    httpserver.expect_request("/containers/json").respond_with_data(body)
    with pytest.raises(MeasurementError, match="is not a list of containers"):
        open_docker(f"http://{httpserver.host}:{httpserver.port}").containers()


@pytest.mark.parametrize("url", ["unix://", "tcp://host", "docker", "ssh://host:22", "tcp://[x"])
def test_wrong_url_is_refused(url: str) -> None:
    """When the configuration is read."""
    with pytest.raises(ValidationError, match="not an engine's URL"):
        Settings.model_validate({"kind": "docker", "url": url})
