"""What was counted from one scheduled run to the next, by one process and by several."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from project import Outcome, Project

from fixtures.postgres import CRAWLER, Server

FILES = {
    "pytest.toml": '[pytest]\ngatepost_cadence = "1 h"\ngatepost_history = "${HISTORY}"\n',
    "gatepost.toml": '[targets.api_metrics]\nkind = "metrics"\nurl = "${PAGE}"\n',
    # Two files, which two workers run.
    "checks/api/check_http.py": """
        from gatepost import at_least, at_most, check

        @check(at_most(1, alert=5, unit="%"))
        def check_error_rate(api_metrics) -> float:
            rose = api_metrics.interval().increase("requests_total")
            return 100 * rose.where(code="500").sum() / rose.sum()

        @check(at_least(0))
        def check_requests(api_metrics) -> float:
            return api_metrics.interval().increase("requests_total").sum()
    """,
    "checks/api/check_jobs.py": """
        from pathlib import Path
        from gatepost import at_least, at_most, check, recorded

        @check(at_least(2, alert=1))
        def check_jobs(api_metrics) -> float:
            return api_metrics.interval().increase("jobs_total").sum()

        @check(at_most(0, alert=0))
        def check_fallen(api_metrics) -> float:
            return len(api_metrics.fallen())

        @check(recorded(unit="s"))
        def check_seconds(api_metrics) -> float | None:
            Path("words.txt").write_text(api_metrics.interval().words)
            return api_metrics.interval().seconds
    """,
}


@dataclass
class Service:
    """A service whose counters a test sets, and how often its page was asked for."""

    url: str = ""
    ok: int = 1000
    failed: int = 0
    jobs: int = 50
    started: float = field(default_factory=lambda: datetime.now(UTC).timestamp() - 3600)
    asked: int = 0

    def page(self) -> str:
        """What it shows now."""
        self.asked += 1
        return (
            "# TYPE requests_total counter\n"
            f'requests_total{{code="200"}} {self.ok}\nrequests_total{{code="500"}} {self.failed}\n'
            f"# TYPE jobs_total counter\njobs_total {self.jobs}\n"
            f"# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {self.started}\n"
        )


@pytest.fixture
def service() -> Iterator[Service]:
    """A service that listens on loopback."""
    with serving(Service()) as listening:
        yield listening


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """Serve its page for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = service.page().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        service.url = f"http://127.0.0.1:{server.server_port}/metrics"
        yield service
        server.shutdown()
        thread.join()


@pytest.fixture
def watched(project: Project, service: Service) -> Project:
    """A project that watches the service, with a history in SQLite."""
    history = f"sqlite:///{project.root}/history.sqlite"
    return replace(project, environment={"PAGE": service.url, "HISTORY": history}).write(FILES)


def measure(project: Project, hour: int, *options: str, mode: str = "scheduled") -> Outcome:
    """Run for an hour of the day."""
    slot = f"--gatepost-slot=2026-01-05T{hour:02}:00Z"
    return project.run(f"--gatepost-mode={mode}", slot, *(options or ("-n0",)))


def values(outcome: Outcome) -> Mapping[str, float | None]:
    """The measured values by the last part of the check's id."""
    rows = outcome.rows.items()
    return {name.rpartition(".")[2]: row["verdict"].get("value") for name, row in rows}


def words(project: Project) -> str:
    """From when the last run counted, in the interval's own words."""
    return (project.root / "words.txt").read_text("utf-8")


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_runs_count_from_one_to_the_next(watched: Project, service: Service, workers: str) -> None:
    """The first counts since the process started, each other since the one before it.

    Each process asks for the page once, however many of its checks do.
    """
    first = measure(watched, 6, workers)
    assert service.asked == (1 if workers == "-n0" else 2)
    assert values(first)["requests"] == 1000
    assert values(first)["seconds"] == pytest.approx(3600, abs=60)
    service.ok, service.failed, service.jobs = 1300, 6, 57
    second = measure(watched, 7, workers)
    assert (values(second)["requests"], values(second)["jobs"]) == (306, 7)
    assert values(second)["error_rate"] == pytest.approx(600 / 306)
    assert second.levels["api.http.error_rate"] == "warning"
    assert 0 < (values(second)["seconds"] or 0) < 60
    service.ok, service.jobs = 1310, 57
    third = measure(watched, 8, workers)
    assert (values(third)["requests"], values(third)["jobs"]) == (10, 0)
    assert third.levels["api.http.error_rate"] == "ok"
    assert third.levels["api.jobs.jobs"] == "breach"
    assert third.report is not None
    assert third.report["problems"] == []


def test_restart_counts_since_the_process_started(watched: Project, service: Service) -> None:
    """Lower counters of another process are no fall, and are taken whole."""
    measure(watched, 6)
    service.ok, service.jobs, service.started = 40, 2, datetime.now(UTC).timestamp() - 120
    restarted = measure(watched, 7)
    assert values(restarted)["requests"] == 40
    assert restarted.levels["api.jobs.fallen"] == "ok"
    assert words(watched).startswith("since the process started 2 min")


def test_counter_that_fell_without_a_restart_is_found(watched: Project, service: Service) -> None:
    """A counter of the same process must not go backwards."""
    measure(watched, 6)
    service.jobs = 49
    assert measure(watched, 7).levels["api.jobs.fallen"] == "breach"


def test_only_scheduled_runs_are_counted_from(watched: Project, service: Service) -> None:
    """A developer's run and a gate's compare with the last scheduled one, and leave it so."""
    measure(watched, 6)
    service.ok = 1100
    for mode in ("local", "gate", "scheduled"):
        assert values(measure(watched, 8, mode=mode))["requests"] == 100
    assert values(measure(watched, 9))["requests"] == 0


def test_slot_that_is_run_again_is_counted_from_the_same(
    watched: Project, service: Service
) -> None:
    """A part of a slot's checks, then all, then once more: each from the slot before."""
    measure(watched, 6)
    for options in (("-n0", "-k", "requests"), ("-n0",), ("-n0",)):
        service.ok += 10
        measured = measure(watched, 7, *options)
    assert values(measured)["requests"] == 30
    service.ok += 1
    assert values(measure(watched, 8))["requests"] == 11  # the second run completed the slot


def test_damaged_reading_is_a_problem_and_no_error(watched: Project, service: Service) -> None:
    """The run counts since the process started and says why, once for all its workers."""
    measure(watched, 6)
    with sqlite3.connect(watched.root / "history.sqlite") as history:
        history.execute("UPDATE reading SET content = '{' WHERE key = 'api_metrics/jobs_total'")
    history.close()
    service.ok += 5
    after = measure(watched, 7)
    assert (values(after)["requests"], values(after)["jobs"]) == (5, 50)
    assert after.report is not None
    [problem] = after.report["problems"]
    assert problem["source"] == "readings"
    assert "api_metrics/jobs_total of the run of 2026-01-05 06:00 UTC" in problem["message"]


def test_history_in_postgresql_is_counted_from_as_well(
    watched: Project, service: Service, postgres_server: Server, postgres_database: str
) -> None:
    """Two workers read it, and the controller stores."""
    url = postgres_server.url(postgres_database, CRAWLER)
    there = replace(watched, environment={**watched.environment, "HISTORY": url})
    for hour, (shown, counted) in enumerate([(1000, 1000), (1007, 7)], 6):
        service.ok = shown
        assert values(measure(there, hour, "-n2"))["requests"] == counted


def test_page_that_is_down_inhibits_and_keeps_nothing(watched: Project, service: Service) -> None:
    """One check says why; the next run counts from the last one that saw the page."""
    measure(watched, 6)
    down = {**watched.environment, "PAGE": "http://127.0.0.1:9/metrics"}
    levels = measure(replace(watched, environment=down), 7).levels
    assert sorted(levels.values()) == [*["error"], *4 * ["inhibited"]]
    service.ok += 5
    assert values(measure(watched, 8))["requests"] == 5
    assert words(watched) == "since the run of 2026-01-05 06:00 UTC"
