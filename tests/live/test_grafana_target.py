"""A Grafana's API as a target, served by a stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from gatepost.errors import MeasurementError
from gatepost.targets.base import TargetContext
from gatepost.targets.grafana import Grafana, Panel, Settings, open_target, read_dashboard

MODEL: dict[str, Any] = {
    "uid": "abc",
    "title": "Scrapers",
    "panels": [
        {
            "id": 1,
            "title": "Rate",
            "type": "timeseries",
            "targets": [{"expr": 'sum(rate(tracks_total{s="$s"}[5m])) by (s)'}, {"refId": "B"}],
        },
        {
            "type": "row",
            "title": "More",
            "panels": [{"id": 3, "type": "stat", "targets": [{"expr": "pool_usage * 100"}]}],
        },
        {"id": 4, "title": "Words", "type": "text"},
    ],
}


@pytest.fixture
def grafana(httpserver: HTTPServer) -> Iterator[Grafana]:
    """A Grafana with a token."""
    keys = {"kind": "grafana", "url": httpserver.url_for("/"), "token": "geheim"}
    target = open_target("boards", Settings.model_validate(keys), TargetContext())
    yield target
    target.close()


def test_health_is_told(httpserver: HTTPServer, grafana: Grafana) -> None:
    """Healthy, or with a database that fails."""
    httpserver.expect_oneshot_request("/api/health").respond_with_json(
        {"commit": "x", "database": "ok", "version": "11.2.0"}
    )
    health = grafana.health()
    assert (health.ok, health.version) == (True, "11.2.0")
    httpserver.expect_oneshot_request("/api/health").respond_with_json({"database": "failing"}, 503)
    assert not grafana.health().ok


def test_dashboards_are_listed(httpserver: HTTPServer, grafana: Grafana) -> None:
    """Every page of the list, with the token."""
    rows = [{"uid": str(number), "title": f"d{number}", "tags": ["t"]} for number in range(1001)]
    headers = {"Authorization": "Bearer geheim"}
    for page, part in (("1", rows[:1000]), ("2", rows[1000:])):
        query = {"type": "dash-db", "limit": "1000", "page": page}
        request = httpserver.expect_request("/api/search", query_string=query, headers=headers)
        request.respond_with_json(part)
    found = grafana.dashboards()
    assert (len(found), found[-1].uid, found[0].tags) == (1001, "1000", ("t",))


def test_dashboard_tells_what_it_asks(httpserver: HTTPServer, grafana: Grafana) -> None:
    """Panels, those within rows too, with their queries and the metrics these name."""
    httpserver.expect_request("/api/dashboards/uid/abc").respond_with_json({"dashboard": MODEL})
    dashboard = grafana.dashboard("abc")
    assert (dashboard.uid, dashboard.title) == ("abc", "Scrapers")
    assert [panel.id for panel in dashboard.panels] == [1, 3, 4]
    assert dashboard.panels[1] == Panel(3, "", "stat", ("pool_usage * 100",))
    assert dashboard.metrics == {"tracks_total", "pool_usage"}


def test_rows_of_old_dashboards_are_read() -> None:
    """Before Grafana 5 the panels were in rows."""
    model = {"title": "Old", "rows": [{"title": "r", "panels": MODEL["panels"][:1]}]}
    assert read_dashboard(model, "file").metrics == {"tracks_total"}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, "is no dashboard: it has no title"),
        ({"panels": []}, "is no dashboard: it has no title"),
        ({"title": "T"}, "the dashboard 'T' has no list of panels"),
        ({"title": "T", "panels": {}}, "the dashboard 'T' has no list of panels"),
        ({"title": "T", "panels": [3]}, "a panel of the dashboard 'T' is malformed"),
        ({"title": "T", "panels": [{"type": "x", "targets": [1]}]}, "is malformed"),
        ({"title": "T", "panels": [{"type": "x", "targets": {"expr": 3}}]}, "is malformed"),
    ],
)
def test_broken_dashboard_is_named(
    httpserver: HTTPServer, grafana: Grafana, model: Any, message: str
) -> None:
    """What is no dashboard is told with its URL."""
    httpserver.expect_request("/api/dashboards/uid/abc").respond_with_json({"dashboard": model})
    with pytest.raises(MeasurementError, match=rf"boards: http.*/uid/abc.*{message}"):
        grafana.dashboard("abc")


def test_refused_token_is_told(httpserver: HTTPServer, grafana: Grafana) -> None:
    """A token that is refused, and a dashboard that is not there, in Grafana's own words."""
    httpserver.expect_request("/api/search").respond_with_json({"message": "Invalid API key"}, 401)
    with pytest.raises(MeasurementError, match="status 401: Invalid API key; set token") as caught:
        grafana.dashboards()
    assert "geheim" not in str(caught.value) + grafana.describe()
    httpserver.expect_request("/api/dashboards/uid/nope").respond_with_json(
        {"message": "Dashboard not found"}, 404
    )
    with pytest.raises(MeasurementError, match="status 404: Dashboard not found"):
        grafana.dashboard("nope")


def test_page_of_a_proxy_is_no_answer(httpserver: HTTPServer, grafana: Grafana) -> None:
    """An HTML page with status 200 is told as what it is."""
    httpserver.expect_request("/api/health").respond_with_data("<html>Sign in</html>")
    with pytest.raises(MeasurementError, match=r"is not JSON: .*<html>Sign in"):
        grafana.health()
