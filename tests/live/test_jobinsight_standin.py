"""JobInsight's stand-in as it runs: its database, its surroundings, and what faults do to them."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fixtures.claims import claim_folder
from fixtures.jobinsight import FAULTS, start
from fixtures.jobinsight.scenario import Scenario
from fixtures.jobinsight.sessions import DAY
from fixtures.jobinsight.world import sessions_of
from fixtures.postgres import CRAWLER, Server
from fixtures.standin import Standin

BY_NAME = {fault.name: fault for fault in FAULTS}

WORLD_FAULTS = (
    "unvacuumed",
    "readonly_dir",
    "disk_full",
    "memory_high",
    "pool_exhausted",
    "probe_failing",
    "airflow_2",
)


@pytest.fixture(scope="module")
def world(postgres_server: Server) -> Iterator[Callable[..., Standin]]:
    """Starts stand-ins whose database has the name of what it shows."""
    running = []

    def begin(name: str, *faults: str) -> Standin:
        claim = claim_folder("test")
        now = datetime.now(UTC)
        chosen = [BY_NAME[fault] for fault in faults]
        standin = start(postgres_server, chosen, claim.path, now, database=name)
        running.append((standin, claim))
        return standin

    yield begin
    for standin, claim in running:
        standin.stop()
        claim.release()
        assert not claim.path.exists()


@pytest.fixture(scope="module")
def healthy(world: Callable[..., Standin]) -> Mapping[str, str]:
    """The variables of a stand-in without a fault."""
    return world("healthy").environment


@pytest.fixture
def faulty(world: Callable[..., Standin]) -> Iterator[Mapping[str, str]]:
    """The variables of one that has every fault outside its rows that others can bear."""
    standin = world("faulty", *WORLD_FAULTS)
    yield standin.environment
    standin.stop()


def connect(environment: Mapping[str, str]) -> psycopg.Connection[Any]:
    """Connect as the checks do."""
    return psycopg.connect(
        environment["JOBINSIGHT_DB_URL"].replace("postgresql+psycopg:", "postgresql:", 1),
        options="-c timezone=UTC",
    )


def fetch(url: str, data: bytes | None = None) -> Any:
    """The JSON at a loopback URL."""
    with urllib.request.urlopen(url, data) as answer:  # noqa: S310 - our own server
        return json.load(answer)


STATISTICS = """
    select coalesce(last_analyze, last_autoanalyze), coalesce(last_vacuum, last_autovacuum),
           n_dead_tup::float / nullif(n_live_tup + n_dead_tup, 0)
    from pg_stat_user_tables where relname = 'raw_jobs'
"""


def test_healthy_tables_are_what_was_planned(healthy: Mapping[str, str]) -> None:
    """The database holds the planned rows, runs and tasks, readable by the checker."""
    with connect(healthy) as connection:
        ((rows, oldest, newest, skills),) = connection.execute(
            "select count(*), min(crawled_at), max(crawled_at), max(json_array_length(skills))"
            " from raw_jobs"
        ).fetchall()
        runs = connection.execute(
            "select count(*), count(logical_date) from dag_run where dag_id = 'crawl_topcv_jobs'"
        ).fetchall()
        tasks = connection.execute(
            "select task_id, count(*) filter (where state = 'success') from task_instance"
            " where dag_id = 'crawl_topcv_jobs' group by task_id"
        ).fetchall()
    sessions = sessions_of(Scenario(), datetime.now(UTC))
    assert rows == pytest.approx(sum(session.jobs for session in sessions), abs=200)
    assert newest - oldest > 88 * DAY
    assert skills == 6
    assert runs[0][0] == runs[0][1] == pytest.approx(len(sessions), abs=1)
    assert dict(tasks) == pytest.approx(
        dict.fromkeys(("crawl_and_process", "cleanup_temp_files"), len(sessions) - 5), abs=1
    )


def test_healthy_surroundings(healthy: Mapping[str, str]) -> None:
    """Statistics are fresh, the probe succeeds, host figures are low, and files are young."""
    with connect(healthy) as connection:
        ((analysed, vacuumed, dead),) = connection.execute(STATISTICS).fetchall()
    now = datetime.now(UTC)
    assert now - analysed < DAY
    assert now - vacuumed < DAY
    assert dead == 0
    for data in (None, b"{}"):
        assert fetch(healthy["JOBINSIGHT_PROBE_URL"], data)["success"] is True
    host = fetch(healthy["JOBINSIGHT_HOST_URL"])
    assert host["memory"]["used_percent"] < 80
    assert set(host["disks"]) == {"root", "data", "raw_backup", "cdc", "logs"}
    assert all(disk["used_percent"] < 80 for disk in host["disks"].values())
    assert all(disk["free_bytes"] > 5 * 2**30 for disk in host["disks"].values())
    assert host["processes"]["crawler"]["resident_bytes"] < 200e6
    for name in ("JOBINSIGHT_RAW_BACKUP", "JOBINSIGHT_CDC"):
        assert os.access(healthy[name], os.W_OK)
        assert any(Path(healthy[name]).iterdir())
    logs = list(Path(healthy["JOBINSIGHT_LOGS"]).rglob("*.log"))
    assert logs
    assert max(age(log) for log in logs) < 7 * DAY
    for kind, limit in (("daily", DAY), ("weekly", 7 * DAY)):
        reports = Path(healthy["JOBINSIGHT_REPORTS"], kind).iterdir()
        assert min(map(age, reports)) < limit


def age(file: Path) -> timedelta:
    """How long ago a file was written."""
    return timedelta(seconds=time.time() - file.stat().st_mtime)


def test_faults_of_the_surroundings(postgres_server: Server, faulty: Mapping[str, str]) -> None:
    """Each fault outside the rows is there, and the checker still gets in when the pool is full."""
    with pytest.raises(psycopg.OperationalError, match="reserved"):
        postgres_server.connect("faulty", CRAWLER)
    with connect(faulty) as connection:
        ((analysed, vacuumed, dead),) = connection.execute(STATISTICS).fetchall()
        (used,) = connection.execute(
            "select count(*) from pg_stat_activity"
            " where backend_type = 'client backend' and pid <> pg_backend_pid()"
        ).fetchall()
        (ordinary,) = connection.execute(
            "select current_setting('max_connections')::int - current_setting"
            "('reserved_connections')::int - current_setting('superuser_reserved_connections')::int"
        ).fetchall()
        connection.execute("select execution_date from dag_run limit 1")
    assert (analysed, vacuumed) == (None, None)
    assert dead > 0.2
    assert used >= ordinary
    assert fetch(faulty["JOBINSIGHT_PROBE_URL"])["success"] is False
    host = fetch(faulty["JOBINSIGHT_HOST_URL"])
    assert host["memory"]["used_percent"] > 90
    full = {name for name, disk in host["disks"].items() if disk["used_percent"] > 80}
    assert full == {"data"}
    assert host["disks"]["data"]["free_bytes"] < 2**30
    assert not Path(faulty["JOBINSIGHT_RAW_BACKUP"]).stat().st_mode & 0o222
    assert Path(faulty["JOBINSIGHT_CDC"]).stat().st_mode & 0o222


def test_database_that_is_down(world: Callable[..., Standin]) -> None:
    """Nothing answers under the URL of a database that is down."""
    environment = world("down", "db_down", "empty_table").environment
    with pytest.raises(psycopg.OperationalError):
        connect(environment)


def test_database_that_is_slow(world: Callable[..., Standin]) -> None:
    """A slow database makes each new connection wait, answers then, and stops while it is used."""
    standin = world("slow", "db_slow", "empty_table")
    began = time.monotonic()
    connection = connect(standin.environment)
    waited = time.monotonic() - began
    assert 1.5 <= waited < 10
    assert connection.execute("select count(*) from raw_jobs").fetchall() == [(0,)]
    began = time.monotonic()
    standin.stop()
    assert time.monotonic() - began < 5
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select 1")
