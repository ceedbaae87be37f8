"""Waiting for services after a restart: the health target's own way, and `gatepost wait`."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from pytest_httpserver import HTTPServer

from fixtures.json_server import Answer, json_server
from fixtures.processes import free_port
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.health import HealthPages, Settings, open_target
from gatepost.targets.settling import Round, settle

READY, LIVE = "/health/ready", "/health/live"
SECRET = "hunter2hunter2"


def well() -> tuple[int, object]:
    return 200, {"status": "ready"}


def later(times: int, status: int = 503, body: object = "warming up") -> Answer:
    """Answers badly so many times, and well from then on."""
    asked = iter(range(1_000_000))
    return lambda: (status, body) if next(asked) < times else well()


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Starts a service with its two pages; returns its URL."""
    with ExitStack() as servers:

        def start(ready: Answer = well, live: Answer = well) -> str:
            return servers.enter_context(json_server({READY: ready, LIVE: live}))

        yield start


def pages_of(url: str, **settings: object) -> HealthPages:
    keys = {"kind": "health", "url": url, "poll_every": "5 ms", **settings}
    return open_target("api", Settings.model_validate(keys), TargetContext())


def test_a_service_settles_when_it_answered_well_in_a_row(serve: Callable[..., str]) -> None:
    """The seconds it took are returned; both pages count."""
    started = time.monotonic()
    seconds = pages_of(serve(ready=later(4), live=later(2))).settle(within="20 s")
    assert 0 < seconds <= time.monotonic() - started


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda: (503, {"status": "starting"}), 'ready answered 503: {"status": "starting"}'),
        (lambda: (200, {"status": "not_ready"}), "ready answered 200, but says not_ready"),
        (lambda: (200, {"ready": False}), "ready answered 200, but says false"),
        (lambda: (404, None), "ready answered 404: null"),
    ],
)
def test_what_it_said_last_is_told(serve: Callable[..., str], answer: Answer, said: str) -> None:
    """A status of failure is not well, and neither is a body that says otherwise."""
    with pytest.raises(MeasurementError) as late:
        pages_of(serve(ready=answer)).settle(within="300 ms")
    assert str(late.value) == f"api is not ready after 300 ms: {said}"


def test_a_page_for_people_is_no_answer(httpserver: HTTPServer) -> None:
    """As a proxy gives it where the service itself is away; plain text is one."""
    httpserver.expect_request(LIVE).respond_with_data("OK")
    httpserver.expect_request(READY).respond_with_data("<html>back soon", content_type="text/html")
    with pytest.raises(MeasurementError, match="ready answered 200 with a page: <html>back soon"):
        pages_of(httpserver.url_for("/")).settle(within="300 ms")


def test_an_answer_that_hangs_takes_no_more_than_the_time(serve: Callable[..., str]) -> None:
    """The target's own time-out may be longer."""
    released = Event()

    def hangs() -> tuple[int, object]:
        released.wait(20)
        return well()

    pages = pages_of(serve(live=hangs))
    started = time.monotonic()
    with pytest.raises(MeasurementError, match="api is not ready after 300 ms: has not answered"):
        pages.settle(within="300 ms")
    assert time.monotonic() - started < 2
    released.set()


def test_a_service_that_is_down_is_waited_for() -> None:
    """Also one that the run has found down before."""
    port = free_port()
    pages = pages_of(f"http://127.0.0.1:{port}", connect_timeout="200 ms")
    with pytest.raises(Unavailable):
        pages.ready()
    with ExitStack() as servers:
        rounds: list[Round] = []

        def start(asked: Round) -> None:
            rounds.append(asked)
            if len(rounds) == 2:
                server = servers.enter_context(HTTPServer("127.0.0.1", port))
                for page in (READY, LIVE):
                    server.expect_request(page).respond_with_data("OK")

        options = {"within": timedelta(seconds=20), "every": timedelta(milliseconds=5)}
        settle({"api": pages.poll}, times=2, tell=start, **options)  # type: ignore[arg-type]
    assert [bool(each.objections) for each in rounds] == [True, True, False]
    assert "connection refused" in rounds[0].objections["api"].lower()
    with pytest.raises(Unavailable):  # what the run knows is the run's
        pages.ready()


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """A project with the health pages of some services."""

    def write(**urls: str) -> Path:
        tables = [
            f'[targets.{name}]\nkind = "health"\nurl = "{url}"\npoll_every = "20 ms"\n'
            f'token = "${{TOKEN:-{"x" * 8}}}"\n'
            for name, url in urls.items()
        ]
        tables += ['[targets.shop_db]\nkind = "database"\nurl = "${DB}"\n']
        tables += ['[targets.bank_db]\nkind = "database"\nurl = "${DB}"\n']
        (tmp_path / "gatepost.toml").write_text("\n".join(tables), encoding="utf-8")
        return tmp_path

    return write


MAIN = "import sys; from gatepost.cli import main; sys.exit(main())"
COMMAND = [sys.executable, "-c", MAIN, "wait"]


def wait(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run the command; its exit status and what it wrote."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_waits_for_all_services(
    serve: Callable[..., str], project: Callable[..., Path]
) -> None:
    """And says on one line which they were and how long it took."""
    folder = project(shop_api=serve(ready=later(3)), shop_queue=serve(), bank_api="http://[::1]:1")
    status, said, errors = wait(folder, "shop", "--times", "2")
    assert (status, errors) == (0, "")
    assert said.startswith("shop_api, shop_queue answered well 2 times in a row after ")
    assert said.count("\n") == 1


def test_the_command_tells_who_is_not_ready(
    serve: Callable[..., str], project: Callable[..., Path]
) -> None:
    """With what it last said, without secrets and controls; 2 is an alert."""
    said_last = f"warming up {SECRET}\x1b[31m"
    folder = project(shop_api=serve(ready=lambda: (503, said_last)), shop_queue=serve())
    status, said, errors = wait(folder, "shop", "--within", "500 ms", TOKEN=SECRET)
    assert (status, errors) == (2, "")
    assert said.startswith("1 of 2 services not ready after 500 ms: shop_api: ready answered 503: ")
    assert "warming up ***" in said
    assert "\x1b" not in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shpo",), "no target of gatepost.toml begins with shpo; did you mean shop?"),
        (("bank",), "bank has 1 target, but none of kind health; add [targets.bank_health] with"),
        (("shop", "--within", "soon"), "'soon' is not a duration"),
        (("shop", "--times", "0"), "times=0: expected a number of answers, 1 or more"),
        (("shop", "--tiems", "3"), "unrecognized arguments: --tiems 3"),
        ((), "the following arguments are required: SYSTEM"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_meant(
    project: Callable[..., Path], arguments: tuple[str, ...], said: str
) -> None:
    """With status 3, since nothing is known of any service."""
    status, printed, errors = wait(project(shop_api="http://127.0.0.1:1"), *arguments)
    assert (status, printed) == (3, "")
    assert said in errors
    assert "Traceback" not in errors


def test_what_is_absent_or_not_set_is_not_waited_for(tmp_path: Path) -> None:
    """Each for its own reason."""
    health = '[targets.shop_api]\nkind = "health"\nurl = "${SHOP_URL}"\nabsent = "${GONE:-}"\n'
    (tmp_path / "gatepost.toml").write_text(health, encoding="utf-8")
    assert "the environment variable SHOP_URL is not set" in wait(tmp_path, "shop")[2]
    status, _, errors = wait(tmp_path, "shop", GONE="no API here")
    assert (status, errors) == (
        3,
        "gatepost wait: nothing to wait for: absent here are shop_api (no API here)\n",
    )


def test_progress_is_for_a_terminal(
    serve: Callable[..., str], project: Callable[..., Path]
) -> None:
    """It goes to the other stream, a line for each look."""
    folder = project(shop_api=serve(ready=later(1)))
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*COMMAND, "shop", "--times", "2"], cwd=folder, stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    told = os.read(ours, 65_536).decode().splitlines()
    os.close(ours)
    assert done.returncode == 0
    assert told[0] == "waiting for shop_api"
    assert told[1].endswith(': shop_api: ready answered 503: "warming up"')
    assert told[2].endswith(": answered well 1 of 2 times in a row")
