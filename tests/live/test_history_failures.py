"""A history that cannot be used: said with its place and a remedy, and left as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from history_runs import DAY, FIRST, LATER, run
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from fixtures.postgres import CHECKER, CRAWLER, Server
from gatepost.errors import HistoryError
from gatepost.history import History, connections
from gatepost.history.failures import explained
from gatepost.history.place import Place
from gatepost.model import Past

A = "shop.kpis.a"
NOBODY = 65534
MANY = {f"shop.kpis.a[{number}]": float(number) for number in range(3000)}


def url_of(file: Path) -> str:
    """A file's URL."""
    return f"sqlite:///{file}"


def record(url: str, day: int = 0) -> None:
    """Store a day's run by a history of its own."""
    with History.open(url, read_only=False) as history:
        assert history.record(run(FIRST + day * DAY, {A: 97.0}), decision="PASS").stored


def past_of(url: str) -> Past:
    """The past of the one check, as a local run reads it."""
    with History.open(url, read_only=True) as history:
        return history.past([A], schedule="default", before=LATER)[A]


def refusal(act: Callable[[], object]) -> str:
    """The message of the HistoryError that an act raises; nothing of the original is chained."""
    with pytest.raises(HistoryError) as caught:
        act()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A history with one day."""
    file = tmp_path / "history.sqlite"
    record(url_of(file))
    return file


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def as_nobody(act: Callable[[], object]) -> str:
    """What an act tells when a user without rights does it: its value, or its HistoryError.

    In a forked child, since such a user may not even enter the interpreter's folder.
    """
    if os.geteuid() != 0:
        return told(act)
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(send, told(act).encode())
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, encoding="utf-8") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def told(act: Callable[[], object]) -> str:
    """An act's value or HistoryError, as text."""
    try:
        return str(act())
    except HistoryError as error:
        return str(error)


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """Neither reading nor writing touches what is not a database."""
    file = tmp_path / "history.sqlite"
    file.write_bytes(b"dear diary, " * 999)
    for act in (past_of, record):
        message = refusal(lambda act=act: act(url_of(file)))
        assert message.startswith(f"history {file} is not a SQLite database (")
        assert "what was stored before is unchanged. To mend: move it away" in message
    assert file.read_bytes() == b"dear diary, " * 999
    assert list(tmp_path.iterdir()) == [file]


def test_what_could_not_be_read_is_not_tried_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred checks do not wait a hundred times for one lock; storing is still tried."""
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with History.open(url_of(file), read_only=False) as history:

        def look() -> object:
            return history.points(A, schedule="default", before=LATER)

        assert "is locked by another run" in refusal(look)
        other.execute("COMMIT")
        assert "is locked by another run" in refusal(look)
        assert history.record(run(FIRST + DAY, {A: 97.0}), decision="PASS").stored
    other.close()


def test_a_damaged_file_is_said_and_left_alone(tmp_path: Path) -> None:
    """Pages overwritten in the middle are found when they are read; the file stays."""
    file = tmp_path / "history.sqlite"
    with History.open(url_of(file), read_only=False) as history:
        history.record(run(FIRST, MANY), decision="PASS")
    data = bytearray(file.read_bytes())
    data[20 * 4096 : 40 * 4096] = bytes(20 * 4096)
    file.write_bytes(data)
    with History.open(url_of(file), read_only=True) as history:
        message = refusal(lambda: history.past(MANY, schedule="default", before=LATER))
    assert message.startswith(f"history {file} is damaged (database disk image is malformed)")
    assert file.read_bytes() == data


def test_a_truncated_file_is_said_and_left_alone(file: Path) -> None:
    """A copy that broke off is no history, and no reason to begin a new one."""
    data = file.read_bytes()[:5000]
    file.write_bytes(data)
    assert "is damaged" in refusal(lambda: past_of(url_of(file)))
    assert "is damaged" in refusal(lambda: record(url_of(file), day=1))
    assert file.read_bytes() == data


def test_an_empty_file_is_an_empty_history(tmp_path: Path) -> None:
    """A file that was touched, or made by a run that was killed at once, can be used."""
    file = tmp_path / "history.sqlite"
    file.touch()
    assert past_of(url_of(file)) == Past()
    record(url_of(file))
    assert past_of(url_of(file)).slot == FIRST


def test_a_reader_makes_no_file(tmp_path: Path) -> None:
    """Should the file vanish between the look and the opening, none is made in its place."""
    engine = connections.reader(Place.parse(url_of(tmp_path / "history.sqlite")))
    with pytest.raises(OperationalError, match="unable to open"):
        engine.connect()
    engine.dispose()
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_history_can_be_read_but_not_written(open_folder: Path) -> None:
    """On a read-only medium the past is known, and the message says who must be able to write."""
    file = open_folder / "history.sqlite"
    record(url_of(file))
    past = past_of(url_of(file))
    file.chmod(0o444)
    open_folder.chmod(0o555)
    assert as_nobody(lambda: past_of(url_of(file))) == str(past)
    message = as_nobody(lambda: record(url_of(file), day=1))
    assert message.startswith(f"history {file} is read-only (attempt to write a readonly database)")
    assert "make the file and its folder writable" in message
    assert past_of(url_of(file)) == past
    open_folder.chmod(0o755)


def test_a_folder_that_cannot_be_made_is_said(open_folder: Path) -> None:
    """The first run says which folder it may not write to."""
    file = open_folder / ".gatepost" / "history.sqlite"
    record(url_of(open_folder / "loads-what-a-user-without-rights-could-not.sqlite"))
    open_folder.chmod(0o555)
    message = as_nobody(lambda: record(url_of(file)))
    assert message.startswith(f"history {file} cannot be made (")
    assert "Permission denied" in message
    open_folder.chmod(0o755)


def test_a_folder_in_the_files_place_is_said(tmp_path: Path) -> None:
    """A history's path that leads to a folder cannot be opened."""
    assert f"history {tmp_path} cannot be opened" in refusal(lambda: past_of(url_of(tmp_path)))
    assert f"history {tmp_path} cannot be opened" in refusal(lambda: record(url_of(tmp_path)))


def test_a_run_that_does_not_fit_is_taken_back_whole(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLITE_FULL, here from a page limit: the earlier run stays, the later one leaves nothing."""
    open_file = connections._open_to_write

    def open_small(file: Path) -> sqlite3.Connection:
        connection = open_file(file)
        connection.execute("PRAGMA max_page_count = 20")
        return connection

    with monkeypatch.context() as patch, History.open(url_of(file), read_only=False) as history:
        patch.setattr(connections, "_open_to_write", open_small)
        message = refusal(lambda: history.record(run(FIRST + DAY, MANY), decision="PASS"))
    assert message.startswith(f"history {file} has no room to grow (database or disk is full)")
    assert past_of(url_of(file)).slot == FIRST
    assert intact(file)
    record(url_of(file), day=1)
    assert past_of(url_of(file)).slot == FIRST + DAY


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 300 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only a user who may mount can have a full disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_full_disk_nothing_is_lost(small_disk: Path) -> None:
    """A file system without space takes the run back; with space again the next one fits."""
    file = small_disk / "history.sqlite"
    record(url_of(file))
    with History.open(url_of(file), read_only=False) as history:
        message = refusal(lambda: history.record(run(FIRST + DAY, MANY), decision="PASS"))
    assert f"history {file} has no room to grow" in message
    assert "docs/history.md" in message
    assert past_of(url_of(file)).slot == FIRST
    assert intact(file)
    record(url_of(file), day=1)


def intact(file: Path) -> bool:
    """Whether SQLite finds nothing wrong with a file."""
    connection = sqlite3.connect(file)
    try:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        connection.close()


def test_waiting_for_another_writer_ends(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that holds the lock beyond the patience is named as the reason; reading goes on."""
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    message = refusal(lambda: record(url_of(file), day=1))
    assert message.startswith(f"history {file} is locked by another run (database is locked)")
    assert past_of(url_of(file)).slot == FIRST
    other.execute("COMMIT")
    other.close()
    record(url_of(file), day=1)


def test_a_newer_gateposts_history_is_not_touched(file: Path) -> None:
    """Reading could misunderstand it and writing could spoil it: both say to upgrade."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("UPDATE gatepost_history SET version = 99")
    other.close()
    data = file.read_bytes()
    for act in (past_of, record):
        message = refusal(lambda act=act: act(url_of(file)))
        assert f"history {file} has version 99 of the tables" in message
        assert "this Gatepost knows version 1" in message
        assert "upgrade Gatepost" in message
    assert file.read_bytes() == data


def test_somebody_elses_tables_are_not_touched(tmp_path: Path) -> None:
    """A database whose `run` is not ours gets no rows and no tables."""
    file = tmp_path / "history.sqlite"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("CREATE TABLE run (lap INTEGER)")
    other.close()
    data = file.read_bytes()
    assert past_of(url_of(file)) == Past()
    message = refusal(lambda: record(url_of(file)))
    assert f"history {file} has a table 'run' that is not Gatepost's" in message
    assert file.read_bytes() == data


def test_a_wrong_password_is_said_without_it(postgres_server: Server) -> None:
    """What PostgreSQL answers is told with host and database, and no password."""
    url = postgres_server.loopback_url("postgres", "s3cret-but-wrong")
    for act in (past_of, record):
        message = refusal(lambda act=act: act(url))
        assert message.startswith("history postgresql://127.0.0.1:")
        assert "cannot be reached" in message
        assert "password authentication failed" in message
        assert "s3cret" not in message


def test_a_server_that_is_down_is_said() -> None:
    """Port 1 of loopback answers nobody; the parameters of the URL do not show."""
    url = "postgresql://ann@127.0.0.1:1/metrics?sslpassword=s3cret"
    message = refusal(lambda: past_of(url))
    assert message.startswith("history postgresql://127.0.0.1:1/metrics cannot be reached (")
    assert "s3cret" not in message


def test_a_secret_in_what_a_driver_says_is_masked() -> None:
    """Should a driver repeat a password of the URL, decoded or not, the message does not."""
    url = "postgresql://ann:s3cret%40home@db/metrics?sslpassword=0ther"

    def fail() -> None:
        with explained(Place.parse(url)):
            raise OSError("no way to s3cret@home, s3cret%40home or 0ther")

    assert "(no way to ***, *** or ***)" in refusal(fail)


def test_a_user_without_rights_is_said(postgres_server: Server, postgres_database: str) -> None:
    """Who may not create the tables reads an empty history and is told what to grant."""
    if not postgres_server.own:
        pytest.skip("on a configured server everybody is the superuser")
    url = postgres_server.url(postgres_database, CHECKER)
    assert past_of(url) == Past()
    message = refusal(lambda: record(url))
    assert "refuses its user" in message
    assert "grant the user the right to create" in message


def test_waiting_for_another_writer_ends_in_postgresql(
    postgres_server: Server, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writers' lock is waited for only so long."""
    url = postgres_server.url(postgres_database, CRAWLER)
    record(url)
    engine = create_engine(url)
    with engine.connect() as other:
        other.execute(text(f"select pg_advisory_lock({connections._WRITERS_LOCK})"))
        monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
        assert "is locked by another run" in refusal(lambda: record(url, day=1))
        assert past_of(url).slot == FIRST
    engine.dispose()
    monkeypatch.undo()
    record(url, day=1)


def test_reading_cannot_write(file: Path, postgres_server: Server, postgres_database: str) -> None:
    """The reader's session itself refuses writes, whatever a bug may ask of it."""
    server_url = postgres_server.url(postgres_database, CRAWLER)
    record(server_url)
    for url in (url_of(file), server_url):
        with History.open(url, read_only=False) as history:

            def spoil(history: History = history) -> None:
                with history._reading() as connection:
                    assert connection is not None
                    connection.execute(text("delete from observation"))

            assert "is read-only" in refusal(spoil)
        assert past_of(url).slot == FIRST
