"""A run that is killed while it writes: nothing of it is stored, nothing before it is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from history_runs import DAY, FIRST, LATER, run
from sqlalchemy import create_engine, text

from fixtures.postgres import CRAWLER
from gatepost.history import History
from gatepost.model import Level

A = "shop.kpis.a"

# Stops inside the transaction, says so, and waits to be killed. The tiny cache makes
# SQLite write changed pages into the file before the commit.
WRITER = """
import sys
from history_runs import DAY, FIRST, run
from sqlalchemy import Engine, event
from gatepost.history import History

url, moment = sys.argv[1:]

def stop():
    print("inside", flush=True)
    sys.stdin.read()

@event.listens_for(Engine, "connect")
def shrink(connection, record):
    if url.startswith("sqlite"):
        connection.execute("PRAGMA cache_size = 5")

@event.listens_for(Engine, "after_cursor_execute")
def after(connection, cursor, statement, *rest):
    if statement.strip().startswith(moment):
        stop()

@event.listens_for(Engine, "commit")
def commit(connection):
    if moment == "COMMIT":
        stop()

outcomes = {f"shop.kpis.a[{number}]": 1.0 for number in range(2000)}
with History.open(url, read_only=False) as history:
    history.record(run(FIRST + DAY, outcomes), decision="PASS", readings={"api": "{}"})
    print("not stopped", flush=True)
"""


@pytest.mark.parametrize(
    "moment", ["CREATE TABLE run", "INSERT INTO run", "INSERT INTO reading", "COMMIT"]
)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_writer_leaves_what_was_there(
    kind: str, moment: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """At any moment of the transaction: the run before is read, the next one is stored."""
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path}/history.sqlite"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.url(request.getfixturevalue("postgres_database"), CRAWLER)
    creating = moment.startswith("CREATE")
    if not creating:
        with History.open(url, read_only=False) as history:
            history.record(run(FIRST, {A: Level.BREACH}), decision="BLOCK")

    kill_inside(url, moment)

    if kind == "sqlite" and moment == "COMMIT":
        assert Path(f"{tmp_path}/history.sqlite-journal").stat().st_size, "no page was written yet"
    with History.open(url, read_only=True) as history:
        past = history.past([A, f"{A}[0]"], schedule="default", before=LATER)
    assert past[A].slot == (None if creating else FIRST)
    assert past[f"{A}[0]"].slot is None

    with History.open(url, read_only=False) as history:
        assert history.record(run(FIRST + DAY, {A: 97.0}), decision="PASS").stored
        assert history.past([A], schedule="default", before=LATER)[A].level is Level.OK
    assert runs_in(url) == (1 if creating else 2)


def kill_inside(url: str, moment: str) -> None:
    """Start the writer and kill it when it says that it is inside its transaction."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, url, moment],
        cwd=Path(__file__).parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "inside\n"
        writer.kill()
        assert writer.wait(timeout=30) == -signal.SIGKILL


def runs_in(url: str) -> int:
    """How many runs are stored; in SQLite the file is sound, too."""
    engine = create_engine(url)
    with engine.connect() as connection:
        if url.startswith("sqlite"):
            assert connection.scalar(text("pragma integrity_check")) == "ok"
        count = connection.scalar(text("select count(*) from run"))
    engine.dispose()
    return int(count)
