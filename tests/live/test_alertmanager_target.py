"""A real Alertmanager as a target: its alerts and silences, and its routes as amtool tells them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import Request, urlopen

import pytest
from pytest_httpserver import HTTPServer

from fixtures.alertmanager import find_programs, reload_alertmanager
from fixtures.processes import free_port
from fixtures.programs import Program, ProgramError
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.alertmanager import Alertmanager, Settings, open_target
from gatepost.targets.base import TargetContext

CONFIG: dict[str, Any] = {
    "route": {
        "receiver": "mail",
        "group_by": ["alertname", "scraper_name"],
        "group_wait": "10s",
        "group_interval": "10s",
        "repeat_interval": "12h",
        "routes": [
            {"receiver": "pager", "matchers": ['severity="critical"'], "continue": True},
            {
                "receiver": "team",
                "matchers": ['team=~"data|web"', 'env!="dev"'],
                "routes": [
                    {"receiver": "quoted", "matchers": [r'service=~"a\\.b|\"c\""']},
                    {"receiver": "old", "match": {"age": "old"}, "match_re": {"x": "y.*"}},
                ],
            },
            {"receiver": "nowhere", "matchers": ['legacy!~"no|"'], "group_by": ["..."]},
        ],
    },
    "receivers": [
        *({"name": name} for name in ("mail", "team", "quoted", "old", "nowhere")),
        {"name": "pager", "webhook_configs": [{"url": "http://user:geheim@127.0.0.1:1/x"}]},
    ],
}

Open = Callable[..., Alertmanager]


@pytest.fixture
def server(start_alertmanager: Callable[..., Program]) -> Program:
    """An Alertmanager with these routes."""
    return start_alertmanager(CONFIG)


@pytest.fixture
def open_server() -> Iterator[Open]:
    """Opens an URL as a target; closes it after the test."""
    opened: list[Alertmanager] = []

    def open_it(url: str) -> Alertmanager:
        settings = Settings.model_validate({"kind": "alertmanager", "url": url})
        opened.append(open_target("am", settings, TargetContext()))
        return opened[-1]

    yield open_it
    for alertmanager in opened:
        alertmanager.close()


def post(server: Program, path: str, document: object) -> None:
    """Post a document to the API, as the system's own programs do."""
    headers = {"Content-Type": "application/json"}
    body = json.dumps(document).encode()
    with urlopen(Request(f"{server.url}/api/v2/{path}", body, headers), timeout=10):  # noqa: S310 - loopback
        pass


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"severity": "critical"},
        {"severity": "critical", "team": "data"},
        {"team": "web"},
        {"team": "web", "env": "dev"},
        {"team": "web", "service": "a.b"},
        {"team": "web", "service": "axb"},
        {"team": "web", "service": '"c"'},
        {"team": "data", "age": "old", "x": "yes"},
        {"team": "data", "age": "old"},
        {"legacy": "yes"},
        {"legacy": "no", "severity": "critical"},
    ],
    ids=lambda labels: ",".join(f"{name}={value}" for name, value in labels.items()) or "none",
)
def test_routes_are_those_of_amtool(
    amtool: Callable[..., str], server: Program, open_server: Open, labels: dict[str, str]
) -> None:
    """What is evaluated here is what Alertmanager's own tool says of the running server."""
    routes = open_server(server.url).routes(labels)
    pairs = [f"{name}={json.dumps(value)}" for name, value in labels.items()]
    said = amtool("config", "routes", "test", f"--alertmanager.url={server.url}", *pairs)
    assert [route.receiver for route in routes] == said.strip().split(",")


@pytest.fixture
def amtool() -> Callable[..., str]:
    """Runs amtool and returns what it prints."""

    def run(*arguments: str) -> str:
        _, tool = find_programs()
        done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=True)
        return done.stdout

    return run


def test_route_says_how_it_groups(server: Program, open_server: Open) -> None:
    """Grouping and intervals, inherited and set."""
    alertmanager = open_server(server.url)
    (pager,) = alertmanager.routes({"severity": "critical"})
    assert (pager.receiver, pager.group_by) == ("pager", ("alertname", "scraper_name"))
    assert (pager.group_wait, pager.group_interval) == (timedelta(seconds=10),) * 2
    assert (pager.repeat_interval, pager.matchers) == (
        timedelta(hours=12),
        ('severity="critical"',),
    )
    (nowhere,) = alertmanager.routes({"legacy": "yes"})
    assert nowhere.group_by == ("...",)


def test_status_has_no_secrets(server: Program, open_server: Open) -> None:
    """Version, cluster and configuration; a password in it is hidden by the server or by us."""
    alertmanager = open_server(server.url)
    status = alertmanager.status()
    assert alertmanager.ready()
    assert status.cluster == "disabled"
    assert status.version.startswith("0.")
    assert status.since is not None
    assert "repeat_interval: 12h" in status.config
    assert "geheim" not in repr(status)
    assert set(alertmanager.receivers()) == {"mail", "team", "quoted", "old", "nowhere", "pager"}


def test_alerts_and_silences_are_told(server: Program, open_server: Open) -> None:
    """Alerts with their receivers; a silence with who made it, and what it silences."""
    now = datetime.now(UTC)
    critical = {"alertname": "Tracks", "severity": "critical"}
    post(
        server,
        "silences",
        {
            "matchers": [{"name": "team", "value": "data|web", "isRegex": True, "isEqual": True}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "ann",
            "comment": "moving house",
        },
    )
    alertmanager = open_server(server.url)
    (silence,) = alertmanager.silences()
    post(server, "alerts", [{"labels": critical}, {"labels": {"alertname": "B", "team": "web"}}])
    assert (silence.state, silence.author, silence.comment) == ("active", "ann", "moving house")
    assert silence.ends - silence.starts > timedelta(minutes=59)
    assert silence.matches({"team": "web"})
    assert not silence.matches(critical)
    by_name = {each.name: each for each in alertmanager.alerts()}
    assert by_name["Tracks"].receivers == ("pager",)
    assert by_name["Tracks"].starts is not None
    assert by_name["B"].labels["team"] == "web"
    assert [each.name for each in alertmanager.alerts('severity="critical"')] == ["Tracks"]
    with pytest.raises(MeasurementError, match="answered with status 400: bad matcher format"):
        alertmanager.alerts("severity")


def test_new_configuration_is_seen(server: Program, open_server: Open) -> None:
    """Routes are evaluated by what the server runs with at the moment."""
    alertmanager = open_server(server.url)
    reload_alertmanager(server, {"route": {"receiver": "x"}, "receivers": [{"name": "x"}]})
    assert [route.receiver for route in alertmanager.routes({"severity": "critical"})] == ["x"]
    with pytest.raises(ProgramError, match="did not take its new configuration"):
        reload_alertmanager(server, {})


def test_server_that_is_down_or_another_is_told(httpserver: HTTPServer, open_server: Open) -> None:
    """An outage for what is not there; an error for what is no Alertmanager."""
    with pytest.raises(Unavailable, match="nothing listens there"):
        open_server(f"http://127.0.0.1:{free_port()}").status()
    httpserver.expect_request("/api/v2/status").respond_with_json({"cluster": {}})
    httpserver.expect_request("/api/v2/alerts").respond_with_data("<html>")
    other = open_server(httpserver.url_for("/"))
    with pytest.raises(MeasurementError, match="answers otherwise than expected"):
        other.status()
    with pytest.raises(MeasurementError, match="is not JSON"):
        other.alerts()
