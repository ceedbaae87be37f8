"""SongNodes' stand-in as it runs: one course in Prometheus and on the pages, and the drill."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fault_runs
import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer

from checks.songnodes import figures
from checks.songnodes.drill import wait_for
from checks.songnodes.figures import Figure
from checks.songnodes.sources import FromPages, FromPrometheus
from fixtures import alertmanager, prometheus
from fixtures.claims import claim_folder
from fixtures.postgres import Server
from fixtures.programs import ProgramError
from fixtures.pytest_fixtures import miss
from fixtures.songnodes import FAULTS
from fixtures.songnodes.courses import Course, Stretch
from fixtures.songnodes.scrapers import SCRAPERS
from fixtures.songnodes.world import start
from fixtures.standin import Standin
from gatepost.targets import endpoint, metrics
from gatepost.targets import prometheus as prometheus_target
from gatepost.targets.base import TargetContext

MAIN = "import sys; from gatepost.cli import main; sys.exit(main())"
BY_NAME = {fault.name: fault for fault in FAULTS}
GAUGES = ("CONTAINER_HEALTHY", "POOL_USE", "ARTIST_COVERAGE", "MEMORY")
RATES = ("CREATION_RATE", "DUPLICATE_SHARE", "FLUSH_P95", "FLUSH_RATE")

Begin = Callable[..., Standin]


@pytest.fixture
def begin_standin(postgres_server: Server) -> Iterator[Begin]:
    """Starts a stand-in, which need not have settled for what is asked of it here."""
    undo: list[Callable[[], None]] = []

    def start_one(*faults: str) -> Standin:
        claim = claim_folder("test")
        chosen = [BY_NAME[name] for name in faults]
        now = datetime.now(UTC)
        database = f"songnodes_here_{len(undo)}"
        standin = start(postgres_server, chosen, claim.path, now, database=database)
        undo.extend([claim.release, standin.stop])
        return standin

    yield start_one
    for each in reversed(undo):
        each()


@pytest.fixture
def programs() -> None:
    """Prometheus and Alertmanager are installed; else the test is skipped."""
    try:
        prometheus.find_programs()
        alertmanager.find_programs()
    except ProgramError as error:
        miss(str(error))


def test_counter_is_the_sum_of_its_rate() -> None:
    """What a counter shows is what its rate adds up to, stretches of faults included."""
    course = Course(2.0, 0.1, 7_200.0, (Stretch(0.0, 4_000.0, 5_000.0), Stretch(9.0, 9_500.0)))
    steps = 100_000
    summed = sum(course.at(1_000 + 9_000 * (step + 0.5) / steps) for step in range(steps))
    assert course.total(1_000, 10_000) == pytest.approx(summed * 9_000 / steps, rel=1e-4)


def test_both_sources_give_the_same_figures(programs: None, begin_standin: Begin) -> None:
    """Prometheus and the scrapers' own pages agree on each figure, by the same name and unit."""
    environment = begin_standin().environment
    context = TargetContext(slot=datetime.now(UTC))
    pages = {
        each.name: metrics.open_target(
            each.slug, _settings(metrics, environment, f"{each.slug}_metrics"), context
        )
        for each in SCRAPERS
    }
    server = prometheus_target.open_target(
        "prometheus", _settings(prometheus_target, environment, "prometheus"), context
    )
    sources = FromPrometheus(server), FromPages(pages)
    every = {name: each for name, each in vars(figures).items() if isinstance(each, Figure)}
    assert {*GAUGES, *RATES} == set(every) - {"SCHEMA_ERROR_RATE", "EVENT_LOOP_WARNINGS"}
    try:
        for scraper in pages:
            for name, figure in every.items():
                past, other = (
                    source.course(figure, scraper, last="2 h", step="1 min") for source in sources
                )
                one = past.iloc[-1]
                # The pages' rates are since the process started, and swing by 12 %.
                share = 0.01 if name in GAUGES else 0.3 if name in RATES else math.inf
                assert one == pytest.approx(other, rel=share, abs=1e-9), (scraper, name)
    finally:
        for each in (server, *pages.values()):
            each.close()


def _settings(module: Any, environment: Mapping[str, str], name: str) -> Any:
    url = environment[f"SONGNODES_{name.upper()}_URL"]
    kind = module.__name__.rpartition(".")[2]
    return module.Settings.model_validate({"kind": kind, "url": url})


def test_drill_arrives_and_is_resolved(
    programs: None, begin_standin: Begin, tmp_path: Path
) -> None:
    """On request a test alert is raised, comes to the critical channel, and is over after."""
    environment = begin_standin().environment
    arguments = ("--gatepost-on-request", "-k", "drill")
    report = fault_runs.run_checks("songnodes", environment, tmp_path, *arguments, fails=False)
    (row,) = report["results"]
    assert (row["check"]["id"], row["verdict"]["level"]) == ("songnodes.monitoring.drill", "ok")
    inbox = _fetch(environment["SONGNODES_INBOX_URL"])["messages"]
    assert any("GatepostDrill on drill-" in message for message in inbox)
    now = datetime.now(UTC).isoformat()
    alerts = _fetch(f"{environment['SONGNODES_ALERTMANAGER_URL']}/api/v2/alerts")
    assert not [each for each in alerts if each["endsAt"] > now], "the drill goes on"


def test_drill_that_does_not_arrive_is_an_alert(httpserver: HTTPServer) -> None:
    """A channel that stays empty fails the drill, and the sentence says for how long it did."""
    httpserver.expect_request("/inbox").respond_with_json({"ok": True, "messages": []})
    settings = endpoint.Settings(kind="endpoint", url=SecretStr(httpserver.url_for("/inbox")))
    inbox = endpoint.open_target("inbox", settings, TargetContext())
    with pytest.raises(AssertionError, match="no message with drill-1 has come within 0 s"):
        wait_for("drill-1", inbox, seconds=0)
    inbox.close()


def test_health_of_one_scraper_is_one_line(programs: None, begin_standin: Begin) -> None:
    """The scraper that creates nothing is critical, the one beside it healthy, each in one line."""
    environment = begin_standin("zero_tracks").environment
    for scraper, status, words in (
        ("1001TL", 2, "songnodes.scraper.creation[1001TL]"),
        ("Reddit", 0, "8 ok"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", MAIN, "health", f"songnodes.scraper[{scraper}]"],
            cwd=fault_runs.ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert words in done.stdout
        assert done.stdout.count("\n") == 1


def _fetch(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server
        return json.load(answer)


@pytest.fixture
def no_prometheus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no Prometheus is found."""

    def find_none() -> tuple[str, str]:
        raise ProgramError("no prometheus to start on PATH; install prometheus")

    monkeypatch.setattr(prometheus, "find_programs", find_none)


def test_without_prometheus_the_rules_are_measured_on_the_pages(
    no_prometheus: None, begin_standin: Begin, tmp_path: Path
) -> None:
    """All is well then, and what only Prometheus could tell is inhibited, with the reason."""
    report = fault_runs.run_checks("songnodes", begin_standin().environment, tmp_path, fails=False)
    rows = {row["check"]["id"]: row["verdict"] for row in report["results"]}
    levels = {each: row["level"] for each, row in rows.items()}
    assert set(levels.values()) == {"ok", "learning", "inhibited"}
    inhibited = {each for each, level in levels.items() if level == "inhibited"}
    assert {each.split(".")[1] for each in inhibited} == {"monitoring", "dashboard"}
    assert "no prometheus to start" in rows["songnodes.monitoring.prometheus"]["sentence"]
    assert levels["songnodes.tracks.zero_created[1001TL]"] == "ok"
    learning = {each.partition("[")[0] for each in levels if levels[each] == "learning"}
    assert learning == {
        "songnodes.artists.coverage_drop",
        "songnodes.scraper.memory",
        "songnodes.schema.migrations_landed",
    }


def test_without_prometheus_the_history_tells_how_long_it_has_lasted(
    no_prometheus: None, begin_standin: Begin, tmp_path: Path
) -> None:
    """A full pool is pending until it has been full for five minutes of scheduled runs."""
    environment = begin_standin("pool_full").environment
    now = datetime.now(UTC).replace(microsecond=0)
    history = f"gatepost_history=sqlite:///{tmp_path / 'history.sqlite'}"
    levels = []
    for minutes in (6, 3, 0):
        slot = (now - timedelta(minutes=minutes)).isoformat()
        scheduled = ("--gatepost-mode=scheduled", f"--gatepost-slot={slot}", "-o", history)
        report = fault_runs.run_checks(
            "songnodes/check_database.py", environment, tmp_path, *scheduled, fails=minutes == 0
        )
        rows = {row["check"]["id"]: row["verdict"] for row in report["results"]}
        for name in ("pool_exhausted", "pool_high"):
            levels.append(rows[f"songnodes.database.{name}[1001TL]"]["level"])
        assert rows["songnodes.database.pool_exhausted[Reddit]"]["level"] == "ok"
    assert levels == ["warning"] * 4 + ["breach"] * 2
