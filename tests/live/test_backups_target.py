"""Folders of backups as targets: real dumps, archives and packings, whole and cut."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from pydantic import ValidationError

from fixtures.binaries import find_binaries
from fixtures.postgres import Server
from gatepost.errors import MeasurementError
from gatepost.targets.backup_content import Content, examine
from gatepost.targets.backups import Backups, Settings, open_target
from gatepost.targets.base import TargetContext
from gatepost.targets.journal import keep_journal

SLOT = datetime.now(UTC).replace(microsecond=0)
NAMES = "db_%Y%m%d_%H%M%S.sql.gz"
SQL = b"--\n-- PostgreSQL database dump\n--\n\n%s\n--\n-- PostgreSQL database dump complete\n--\n"
NOISE = b"".join(sha256(b"%d" % n).digest() for n in range(6_250))

Open = Callable[..., Backups]


@pytest.fixture
def open_backups(tmp_path: Path) -> Open:
    """Opens the test's folder, with settings."""

    def open_it(files: str = NAMES, **settings: object) -> Backups:
        keys = {"kind": "backups", "path": "kept", "files": files, **settings}
        return open_target("dumps", Settings.model_validate(keys), TargetContext(SLOT, tmp_path))

    (tmp_path / "kept").mkdir()
    return open_it


def packed(size: int = 1000) -> bytes:
    """A complete dump of so many bytes of rows, packed."""
    return gzip.compress(SQL % NOISE[:size].hex().encode())


def keep(
    folder: Path, hours: float, content: bytes | None = None, *, name: str = "", rest: float = 1
) -> str:
    """A backup of so many hours before the slot, last written `rest` hours before it."""
    at = SLOT - timedelta(hours=hours)
    path = folder / "kept" / (name or f"db_{at:%Y%m%d_%H%M%S}.sql.gz")
    path.write_bytes(packed() if content is None else content)
    written = (SLOT - timedelta(hours=rest)).timestamp()
    os.utime(path, (written, written))
    return path.name


def test_backups_are_listed_by_the_times_in_their_names(tmp_path: Path, open_backups: Open) -> None:
    """Oldest first, whatever the files' own times; other files are none."""
    old, new = keep(tmp_path, 50, rest=0), keep(tmp_path, 2, rest=1)
    keep(tmp_path, 1, name="notes.txt")
    (tmp_path / "kept" / "db_20260101_000000.sql.gz").mkdir()
    backups = open_backups()
    assert [each.name for each in backups.files()] == [old, new]
    newest = backups.newest()
    assert newest is not None
    assert (newest.at, newest.age) == (SLOT - timedelta(hours=2), timedelta(hours=2))
    assert newest.size_bytes == len(packed())
    assert [each.name for each in backups.files(older_than="2 days")] == [old]
    assert backups.files(older_than="50 h") == ()


def test_backups_without_a_time_in_the_name_have_their_own(
    tmp_path: Path, open_backups: Open
) -> None:
    """Wildcards alone: what counts is when the file was last written."""
    keep(tmp_path, 1, name="a.sql.gz", rest=30)
    keep(tmp_path, 1, name="b.sql.gz", rest=20)
    newest = open_backups("*.sql.gz").newest()
    assert newest is not None
    assert (newest.name, newest.age) == ("b.sql.gz", timedelta(hours=20))


def test_folder_without_backups_has_no_newest(open_backups: Open) -> None:
    """That is no age at all, and nothing that could be read."""
    backups = open_backups()
    assert backups.newest() is None
    assert backups.size_percent() is None
    with pytest.raises(MeasurementError, match=r"dumps: .*kept has no db_%Y%m%d_%H%M%S.sql.gz"):
        backups.examine()


def test_missing_folder_is_no_measurement(open_backups: Open, tmp_path: Path) -> None:
    """It is not an empty one."""
    backups = open_backups()
    (tmp_path / "kept").rmdir()
    with pytest.raises(MeasurementError, match=r"dumps: .*kept cannot be read: No such file"):
        backups.newest()


def test_backup_that_is_being_written_is_not_the_newest(tmp_path: Path, open_backups: Open) -> None:
    """Not complete and written to just now; the one before it is judged."""
    before = keep(tmp_path, 20)
    keep(tmp_path, 0.1, packed()[:-30], rest=0)
    backups = open_backups()
    newest = backups.newest()
    assert newest is not None
    assert newest.name == before
    assert backups.examine().complete
    assert len(backups.files()) == 2


def test_backup_that_was_just_finished_is_the_newest(tmp_path: Path, open_backups: Open) -> None:
    """However new the file is, it is complete."""
    keep(tmp_path, 20)
    new = keep(tmp_path, 0.1, rest=0)
    found = open_backups().newest()
    assert found is not None
    assert found.name == new


def test_writing_that_stopped_is_not_writing(tmp_path: Path, open_backups: Open) -> None:
    """What was not written to for a while is the newest, and it is not complete."""
    keep(tmp_path, 20)
    cut = keep(tmp_path, 1, packed()[:-30], rest=0.1)
    backups = open_backups()
    newest = backups.newest()
    assert newest is not None
    assert newest.name == cut
    assert "no complete gzip" in backups.examine().problem


def test_backup_ahead_of_this_clock_is_no_measurement(tmp_path: Path, open_backups: Open) -> None:
    """It would be young for ever; names in another zone look like that too."""
    keep(tmp_path, -3)
    with pytest.raises(MeasurementError, match=r"ahead of this machine's clock; see timezone"):
        open_backups().newest()
    newest = open_backups(timezone="Etc/GMT-3").newest()
    assert newest is not None
    assert newest.age == timedelta(0)


def test_size_is_compared_with_earlier_ones(tmp_path: Path, open_backups: Open) -> None:
    """With the one before, or with the median of some."""
    for hours, size in ((100, 10), (75, 40), (50, 60), (25, 20), (1, 30)):
        keep(tmp_path, hours, b"x" * size)
    backups = open_backups()
    assert backups.size_percent() == pytest.approx(150)
    assert backups.size_percent(of=3) == pytest.approx(75)
    assert backups.size_percent(of=100) == pytest.approx(100)
    with pytest.raises(ValueError, match="of=0"):
        backups.size_percent(of=0)


def test_links_are_no_backups_and_tell_what_they_stand_for(
    tmp_path: Path, open_backups: Open
) -> None:
    """Symbolic and hard, also one that leads nowhere."""
    old, new = keep(tmp_path, 50), keep(tmp_path, 2)
    kept = tmp_path / "kept"
    (kept / "latest.sql.gz").symlink_to(new)
    (kept / "previous.sql.gz").hardlink_to(kept / old)
    (kept / "gone.sql.gz").symlink_to(kept / "db_20200101_000000.sql.gz")
    (kept / "out.sql.gz").symlink_to("/dev/null")
    (kept / "loop.sql.gz").symlink_to("loop.sql.gz")
    backups = open_backups()
    assert backups.points_at("latest.sql.gz") == new
    assert backups.points_at("previous.sql.gz") == old
    assert backups.points_at("gone.sql.gz") == "db_20200101_000000.sql.gz"
    assert backups.points_at("out.sql.gz") is None
    assert backups.points_at("absent.sql.gz") is None
    assert {each.name for each in open_backups("*.sql.gz").files()} == {
        old,
        new,
        "previous.sql.gz",
    }


def test_expected_content_is_told_from_other_content(tmp_path: Path, open_backups: Open) -> None:
    """A complete gzip of something else is not the dump that was meant."""
    keep(tmp_path, 1, gzip.compress(b"<html>error</html>"))
    backups = open_backups()
    assert backups.examine() == Content("gzip", "", "", 18)
    found = backups.examine(holding="PostgreSQL dump")
    assert found.problem == "it holds something else, not a PostgreSQL dump"
    with pytest.raises(ValueError, match="known: PostgreSQL dump"):
        backups.examine(holding="dump")


def test_reading_is_bounded_in_time_and_noted(tmp_path: Path, open_backups: Open) -> None:
    """Not read to its end is neither complete nor not; what is read is said."""
    name = keep(tmp_path, 1)
    with pytest.raises(MeasurementError, match=rf"{name} was not read within .*timeout of targets"):
        open_backups(timeout=timedelta(microseconds=1)).examine()
    backups = open_backups()
    with keep_journal() as journal:
        backups.examine()
        backups.examine()
    assert sum(said.startswith("read: ") for said in journal.statements) == 1


def write_tar() -> bytes:
    """A tar of two files."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name in ("a", "b"):
            member = tarfile.TarInfo(name)
            member.size = len(NOISE)
            archive.addfile(member, io.BytesIO(NOISE))
    return content.getvalue()


def write_zip() -> bytes:
    """A zip of two files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", NOISE)
        archive.writestr("b", b"b" * 1000)
    return content.getvalue()


WHOLE = {
    "gzip": (gzip.compress(NOISE), "gzip", ""),
    "bzip2": (bz2.compress(NOISE), "bzip2", ""),
    "xz": (lzma.compress(NOISE), "xz", ""),
    "tar": (write_tar(), "", "tar"),
    "tar.gz": (gzip.compress(write_tar()), "gzip", "tar"),
    "zip": (write_zip(), "", "zip"),
    "sql": (SQL % NOISE.hex().encode(), "", "PostgreSQL dump"),
    "mysql": (b"-- MariaDB dump 10\n" + NOISE + b"\n-- Dump completed on x\n", "", "MySQL dump"),
}


@pytest.mark.parametrize("form", WHOLE)
def test_complete_file_is_recognised(tmp_path: Path, form: str) -> None:
    """By what it begins with, never by its name."""
    content, packing, kind = WHOLE[form]
    path = tmp_path / "backup"
    path.write_bytes(content)
    found = examine(path, 60)
    assert (found.packing, found.kind, found.problem) == (packing, kind, "")
    assert found.content_bytes >= len(NOISE)


@pytest.mark.parametrize("form", WHOLE)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_cut_file_is_not_complete(tmp_path: Path, form: str, share: float) -> None:
    """Wherever it was cut."""
    content = WHOLE[form][0]
    path = tmp_path / "backup"
    path.write_bytes(content[: int(len(content) * share)])
    assert examine(path, 60).problem


@pytest.mark.parametrize("form", ["gzip", "bzip2", "xz", "tar.gz", "zip"])
def test_damaged_file_is_not_complete(tmp_path: Path, form: str) -> None:
    """One byte in its middle is another: the check sums say so."""
    content = bytearray(WHOLE[form][0])
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "backup"
    path.write_bytes(content)
    assert examine(path, 60).problem


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (gzip.compress(b""), "the gzip holds nothing"),
        (b"hello", "of no format that can be tested"),
        (b"\x1f\x8b", "no complete gzip"),
        (b"PK\x03\x04", "no complete zip"),
        (b"PGDMP\x01", "ends in its header"),
        (gzip.compress(write_tar()[: 512 + 200_192]), "ends before its end mark"),
    ],
)
def test_what_is_no_backup_says_why(tmp_path: Path, content: bytes, why: str) -> None:
    """Nothing that could not be tested counts as complete."""
    path = tmp_path / "backup"
    path.write_bytes(content)
    assert why in examine(path, 60).problem


@pytest.fixture
def dump(postgres_server: Server, postgres_database: str) -> Callable[..., bytes]:
    """Runs a real pg_dump on a database with a table."""
    program = find_binaries() / "pg_dump"
    if not program.is_file():
        program = Path(shutil.which("pg_dump") or "")
        if not program.is_file():
            pytest.skip("no pg_dump beside the PostgreSQL that is started here")
    with postgres_server.connect(postgres_database) as connection:
        connection.execute(
            "create table t as select n, md5(n::text) from generate_series(1, 5000) n"
        )

    def run(*options: str) -> bytes:
        login = postgres_server.login
        where = [f"--host={login['host']}", f"--username={login.get('user', 'postgres')}"]
        if "port" in login:
            where.append(f"--port={login['port']}")
        command = [str(program), *where, "--no-password", *options, postgres_database]
        return subprocess.run(command, capture_output=True, check=True).stdout

    return run


def test_real_dumps_of_postgresql(tmp_path: Path, dump: Callable[..., bytes]) -> None:
    """Plain, custom and tar, with and without data: whole they are complete, cut they are not."""
    path = tmp_path / "backup"
    for options, kind in (
        (["-Fp"], "PostgreSQL dump"),
        (["-Fp", "--schema-only"], "PostgreSQL dump"),
        (["-Fc"], "PostgreSQL archive"),
        (["-Fc", "--compress=0"], "PostgreSQL archive"),
        (["-Fc", "--schema-only"], "PostgreSQL archive"),
        (["-Ft"], "tar"),
    ):
        content = dump(*options)
        path.write_bytes(content)
        assert examine(path, 60) == Content("", kind, "", len(content)), options
        path.write_bytes(gzip.compress(content))
        assert examine(path, 60) == Content("gzip", kind, "", len(content)), options
        for share in (0.5, 0.9):
            path.write_bytes(gzip.compress(content[: int(len(content) * share)]))
            assert examine(path, 60).problem, (options, share)


@pytest.mark.parametrize(
    ("key", "value"),
    [("files", "%H.gz"), ("timezone", "Mars"), ("settling", 3), ("colour", "red")],
)
def test_wrong_setting_is_refused(key: str, value: object) -> None:
    """When the configuration is read."""
    keys = {"kind": "backups", "path": "x", "files": "*", key: value}
    with pytest.raises(ValidationError, match=key):
        Settings.model_validate(keys)


def test_backup_is_described_by_its_folder(open_backups: Open) -> None:
    """And by the names that are meant."""
    backups = open_backups()
    assert backups.describe() == f"backups kept/{NAMES}"
    backups.close()
