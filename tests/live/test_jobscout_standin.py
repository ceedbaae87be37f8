"""Job Scout's stand-in as it runs: its page, its Prometheus, and what is checked without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import cast

import fault_runs
import pytest

from checks.jobscout.contract import METRICS, differences, gauges_age
from fixtures import jobscout
from fixtures.jobscout import world
from fixtures.postgres import Server
from fixtures.programs import ProgramError
from fixtures.prometheus import find_programs
from fixtures.pytest_fixtures import miss
from fixtures.standin import Standin
from gatepost import Endpoint, Metrics, Page, Prometheus
from gatepost.targets import endpoint, metrics, prometheus
from gatepost.targets.base import TargetContext

NO_SERVER = cast("Server", None)  # Job Scout has no use for one

Begin = Callable[..., Standin]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts stand-ins with faults; stops them after the test."""
    running: list[Standin] = []

    def start(*names: str) -> Standin:
        faults = [each for each in jobscout.FAULTS if each.name in names]
        running.append(jobscout.start(NO_SERVER, faults, tmp_path, datetime.now(UTC)))
        return running[-1]

    yield start
    for standin in running:
        standin.stop()


@pytest.fixture
def without_prometheus(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Prometheus is installed, as far as the stand-in can see."""

    def find() -> tuple[str, str]:
        raise ProgramError("no prometheus to start on PATH; install prometheus")

    monkeypatch.setattr(world, "find_programs", find)


def page_of(standin: Standin) -> Metrics:
    """The target that reads its page."""
    keys = {"kind": "metrics", "url": standin.environment["JOBSCOUT_METRICS_URL"]}
    return metrics.open_target("page", metrics.Settings.model_validate(keys), TargetContext())


def app_of(standin: Standin) -> Endpoint:
    """The target that asks for its start page."""
    keys = {"kind": "endpoint", "url": standin.environment["JOBSCOUT_URL"]}
    return endpoint.open_target("app", endpoint.Settings.model_validate(keys), TargetContext())


@pytest.mark.usefixtures("without_prometheus")
def test_page_keeps_its_contract_and_counts(begin: Begin) -> None:
    """Every metric with its type and help, gauges that are young, and each request counted."""
    standin = begin()
    page, app = page_of(standin), app_of(standin)
    before = page.scrape()
    assert list(differences(before)) == []
    assert set(METRICS) <= set(before.families)
    age = gauges_age(before)
    assert age is not None
    assert timedelta(0) <= age < timedelta(seconds=31)
    for _ in range(3):
        assert app.get("/").status == 200
    rose = page.scrape().increase("http_requests_total", before)
    assert (rose.where(endpoint="/").sum() or 0) >= 3
    for target in (page, app):
        target.close()


@pytest.mark.usefixtures("without_prometheus")
def test_contract_tells_what_is_wrong(begin: Begin) -> None:
    """A metric or series that is missing, another type, no help or label; gauges that are old."""
    page = page_of(begin("metric_missing", "gauges_frozen"))
    found = page.scrape()
    page.close()
    age = gauges_age(found)
    assert age is not None
    assert age >= timedelta(minutes=10)
    found.families["active_sessions"].type = "counter"
    found.families["db_errors_total"].help = ""
    found.families["scan_runs_total"].labels = {"result"}
    kept = METRICS.keys() & found.families.keys() - {"iam_jobs_saved"}
    samples = {name: found.vector(name).samples for name in kept}
    lacking = Page(found.source, found.at, found.seconds, found.families, samples)
    assert list(differences(lacking)) == [
        "active_sessions is a counter, not a gauge",
        "db_errors_total has no help",
        "iam_jobs_saved has no series",
        "scan_runs_total has no label status",
        "job_status_updates_total is missing",
    ]


def test_prometheus_goes_on_where_its_past_ends(begin: Begin) -> None:
    """It knows the weeks before, and scrapes the page and the host as the same series."""
    try:
        find_programs()
    except ProgramError as error:
        miss(str(error))
    standin = begin()
    keys = {"kind": "prometheus", "url": standin.environment["JOBSCOUT_PROMETHEUS_URL"]}
    settings = prometheus.Settings.model_validate(keys)
    server: Prometheus = prometheus.open_target("prom", settings, TargetContext())
    weeks = server.series(
        'sum(rate(http_requests_total{job="jobscout"}[1h]))', last="5 weeks", step="1 week"
    )
    assert len(weeks) == 6
    assert not weeks.isna().any()
    pause = Event()
    for _ in range(200):
        targets = server.targets()
        if targets and all(each.health == "up" for each in targets):
            break
        pause.wait(0.05)
    assert sorted(each.job for each in targets) == ["jobscout", "node"]
    assert {each.health for each in targets} == {"up"}
    assert len(server.vector('active_sessions{job="jobscout"}')) == 1
    server.close()


@pytest.mark.usefixtures("without_prometheus")
def test_without_prometheus_the_page_is_checked_and_the_rest_is_told(
    begin: Begin, tmp_path: Path
) -> None:
    """What the page can tell is judged; what needs weeks of samples is inhibited, and says why."""
    report = fault_runs.run_checks("jobscout", begin().environment, tmp_path, fails=False)
    inhibited = fault_runs.ids_of(report, "inhibited")
    assert inhibited == {
        "jobscout.availability.restarts",
        "jobscout.business.new_jobs",
        "jobscout.business.scan_success",
        "jobscout.saturation.forecast",
        "jobscout.slo.availability",
        "jobscout.slo.availability_burn[1h]",
        "jobscout.slo.availability_burn[6h]",
        "jobscout.slo.latency",
        "jobscout.slo.latency_burn[1h]",
        "jobscout.slo.latency_burn[6h]",
        "jobscout.slo.retention",
        "jobscout.traffic.in_progress",
        "jobscout.traffic.rate",
        "jobscout.traffic.sessions",
    }
    said = {row["check"]["id"]: row["verdict"]["sentence"] for row in report["results"]}
    assert {said[each] for each in inhibited} == {
        "not measured: jobscout_prometheus is absent here: "
        "no prometheus to start on PATH; install prometheus"
    }
    assert fault_runs.ids_of(report, "learning") == {"jobscout.business.totals"}
    assert len(fault_runs.ids_of(report, "ok")) == len(said) - len(inhibited) - 1


@pytest.mark.usefixtures("without_prometheus")
def test_the_next_run_begins_where_the_last_one_ended(begin: Begin, tmp_path: Path) -> None:
    """Of two scheduled runs the second is judged by what happened since the first, and is well."""
    environment = begin("traffic_spike").environment
    history = f"sqlite:///{tmp_path / 'history.sqlite'}"
    kept = ("--gatepost-mode=scheduled", "-o", f"gatepost_history={history}")
    for name, levels in (("first", {"ok", "learning"}), ("second", {"ok"})):
        reports = tmp_path / name
        report = fault_runs.run_checks(
            "jobscout", environment, reports, *kept, "-k", "errors or totals", fails=False
        )
        assert {row["verdict"]["level"] for row in report["results"]} == levels
