"""A probe as a target: an endpoint or a function that says whether a piece of work succeeded."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Response

from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.journal import keep_journal
from gatepost.targets.probe import Probe, Settings, open_target

Open = Callable[..., Probe]

FUNCTIONS = """
import sys
import threading

NOT_A_FUNCTION = 5
released = threading.Event()

def true(): return True
def false(): return False
def crawled(): return {"success": True, "pages": 1, "jobs": 25}
def empty(): return {"success": False, "jobs": 0, "error": "no job cards\\non the page"}
def silent(): return {"success": False}
def raising(): raise TimeoutError("the board did not answer\\nin time")
def bare(): raise ValueError
def leaving(): sys.exit(0)
def none(): pass
def one(): return 1
def text(): return {"success": "true"}
def endless(): released.wait(60)
def lazy():
    import probe_helper
    return probe_helper.answer()
"""


@pytest.fixture
def open_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens a probe in a project with functions to call; closes it after the test."""
    (tmp_path / "probe_functions.py").write_text(FUNCTIONS)
    (tmp_path / "probe_helper.py").write_text("def answer(): return True")
    (tmp_path / "probe_broken.py").write_text("raise KeyError('no such setting')")
    (tmp_path / "probe_leaving.py").write_text("import sys; sys.exit(3)")
    monkeypatch.setattr(sys, "path", [*sys.path])
    modules = set(sys.modules)
    opened: list[Probe] = []

    def open_it(**settings: object) -> Probe:
        keys = Settings.model_validate({"kind": "probe", **settings})
        opened.append(open_target("crawler", keys, TargetContext(root=tmp_path)))
        return opened[-1]

    yield open_it
    for probe in opened:
        probe.close()
    if "probe_functions" in sys.modules:
        sys.modules["probe_functions"].released.set()
    for module in set(sys.modules) - modules:
        if module.startswith("probe_"):
            del sys.modules[module]


@pytest.fixture
def serve(httpserver: HTTPServer, open_probe: Open) -> Callable[..., Probe]:
    """Answers the probe's request with a status and a body, and opens it."""

    def serve_it(body: object, status: int = 200) -> Probe:
        request = httpserver.expect_request("/probe", method="GET")
        if isinstance(body, str):
            request.respond_with_response(Response(body, status=status))
        else:
            request.respond_with_json(body, status=status)
        return open_probe(url=httpserver.url_for("/probe"))

    return serve_it


def test_an_endpoint_tells_success(serve: Callable[..., Probe]) -> None:
    """A JSON object with "success": true is a success; what else it says is the detail."""
    with keep_journal() as journal:
        result = serve({"success": True, "pages": 1, "jobs": 25}).run()
    assert (result.success, result.detail) == (True, "pages 1, jobs 25")
    assert 0 < result.seconds < 30
    assert journal.statements[0].startswith("GET http://localhost:")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"success": False, "pages": 0, "error": "no job cards\non the page"}, "no job cards on"),
        ({"success": False, "pages": 0}, "pages 0"),
        ({"success": False, "error": None}, "it gives no reason"),
    ],
)
@pytest.mark.parametrize("status", [200, 503])
def test_an_endpoint_tells_failure(
    serve: Callable[..., Probe], body: object, detail: str, status: int
) -> None:
    """With "success": false the probe failed, whatever the status; its error is the detail."""
    result = serve(body, status).run()
    assert not result.success
    assert result.detail.startswith(detail)
    assert "\n" not in result.detail


@pytest.mark.parametrize("status", [404, 500])
def test_a_success_with_a_bad_status_is_a_failure(serve: Callable[..., Probe], status: int) -> None:
    """Where status and body contradict each other, the probe does not pass."""
    result = serve({"success": True}, status).run()
    assert not result.success
    assert result.detail == f"status {status}, although the body says success"


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("body", [{"ok": True}, {"success": "true"}, {"success": 1}, [True], True])
def test_an_answer_without_a_boolean_success_is_no_answer(
    serve: Callable[..., Probe], body: object, status: int
) -> None:
    """The message says the status, what came instead, and what is expected."""
    with pytest.raises(MeasurementError, match='expected an object with a boolean "success"') as e:
        serve(body, status).run()
    assert f"status {status} and {body!r}" in str(e.value)


@pytest.mark.parametrize("status", [200, 502])
def test_a_body_that_is_not_json_is_no_answer(serve: Callable[..., Probe], status: int) -> None:
    """A proxy's page is told with its status and how it begins."""
    message = f"crawler: status {status}, and the body of .* is not JSON: .*begins '<html>'"
    with pytest.raises(MeasurementError, match=message):
        serve("<html>", status).run()


def test_an_endpoint_that_is_not_there_is_unavailable(open_probe: Open) -> None:
    """What cannot be reached was not probed."""
    with pytest.raises(Unavailable, match="crawler is unavailable: connection refused"):
        open_probe(url="http://127.0.0.1:1/probe").run()


def test_an_endpoint_has_the_time_of_the_probe(httpserver: HTTPServer, open_probe: Open) -> None:
    """The request ends at the probe's own timeout, which the message names."""
    released = threading.Event()

    def answer(_: object) -> Response:
        released.wait(60)
        return Response("{}")

    httpserver.expect_request("/probe").respond_with_handler(answer)
    probe = open_probe(url=httpserver.url_for("/probe"), timeout="0.2 s")
    with pytest.raises(MeasurementError, match=r"within 200 ms \(timeout of targets\.crawler\)"):
        probe.run()
    released.set()


@pytest.mark.parametrize(
    ("function", "success", "detail"),
    [
        ("true", True, ""),
        ("false", False, "it gives no reason"),
        ("crawled", True, "pages 1, jobs 25"),
        ("empty", False, "no job cards on the page"),
        ("silent", False, "it gives no reason"),
        ("raising", False, "TimeoutError: the board did not answer in time"),
        ("bare", False, "ValueError"),
        ("leaving", False, "SystemExit: 0"),
        ("lazy", True, ""),
    ],
)
def test_a_function_tells_how_it_ended(
    open_probe: Open, function: str, success: bool, detail: str
) -> None:
    """A bool or a mapping is the answer; whatever it raises is a failure in one line."""
    with keep_journal() as journal:
        result = open_probe(call=f"probe_functions:{function}").run()
    assert (result.success, result.detail) == (success, detail)
    assert 0 < result.seconds < 30
    assert journal.statements == [f"probe_functions:{function}()"]


@pytest.mark.parametrize(
    ("function", "returned"),
    [
        ("none", "None (NoneType)"),
        ("one", "1 (int)"),
        ("text", "{'success': 'true'} (dict)"),
    ],
)
def test_a_function_that_returns_something_else_is_no_answer(
    open_probe: Open, function: str, returned: str
) -> None:
    """Nothing but a boolean passes; the message names what was returned."""
    with pytest.raises(MeasurementError) as caught:
        open_probe(call=f"probe_functions:{function}").run()
    assert str(caught.value).startswith(
        f"crawler: probe_functions:{function}() returned {returned}; expected a bool, or "
    )


def test_a_function_that_takes_too_long_is_no_answer(open_probe: Open) -> None:
    """The check ends at the timeout, which the message names."""
    with pytest.raises(MeasurementError, match=r"within 50 ms \(timeout of targets\.crawler\)"):
        open_probe(call="probe_functions:endless", timeout="0.05 s").run()


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("probe_nowhere:crawl", "ModuleNotFoundError: No module named 'probe_nowhere'"),
        ("probe_functions:crawl", "AttributeError: module 'probe_functions' has no attribute"),
        ("probe_broken:crawl", "KeyError: 'no such setting'"),
        ("probe_leaving:crawl", "SystemExit: 3"),
    ],
)
def test_a_function_that_cannot_be_imported_is_unavailable(
    open_probe: Open, tmp_path: Path, call: str, reason: str
) -> None:
    """The message names the setting and what the import ended in, and it is tried once."""
    probe = open_probe(call=call)
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            probe.run()
        assert caught.value.reason.startswith(
            f"{call} cannot be imported (call of targets.crawler): {reason}"
        )
        (tmp_path / "probe_nowhere.py").write_text("def crawl(): return True")


def test_what_is_no_function_is_unavailable(open_probe: Open) -> None:
    """A name of something that cannot be called is told with what it is."""
    with pytest.raises(Unavailable, match=r"NOT_A_FUNCTION is no function but 5 \(call of targ"):
        open_probe(call="probe_functions:NOT_A_FUNCTION").run()


def test_a_probe_describes_itself(open_probe: Open) -> None:
    """Provenance names the URL without its password, or the function."""
    probe = open_probe(url="http://me:geheim@host.example/probe")
    assert probe.describe() == "http://host.example/probe"
    assert open_probe(call="pack.age:run").describe() == "pack.age:run()"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "expected either url or call"),
        ({"url": "http://h/", "call": "a:b"}, "expected either url or call"),
        ({"url": "ftp://h/"}, "not an HTTP URL"),
        ({"call": "package.module.function"}, 'expected "package.module:function"'),
        ({"call": "a b:c"}, 'expected "package.module:function"'),
        ({"call": "a:b()"}, 'expected "package.module:function"'),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, str], message: str) -> None:
    """A probe has exactly one way to ask, and it is well formed."""
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate({"kind": "probe", **settings})
