"""A directory as a target: whether it is fit for use, and how old and large its files are."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gatepost.errors import MeasurementError
from gatepost.targets.base import TargetContext
from gatepost.targets.directory import Directory, File, Settings, open_target
from gatepost.targets.journal import keep_journal

SLOT = datetime(2026, 3, 5, 6, tzinfo=UTC)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Files of 1, 8 and 30 days, the oldest one folder down."""
    for name, days, text in (
        ("new.log", 1, "a"),
        ("old.log", 8, "bb"),
        ("notes.txt", 9, "c"),
        ("dag/older.log", 30, "dddd"),
    ):
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        then = (SLOT - timedelta(days=days)).timestamp()
        os.utime(path, (then, then))
    return tmp_path / "logs"


@pytest.fixture
def directory(logs: Path) -> Directory:
    """The folder as a target, its path relative to the project."""
    return at("logs", logs.parent)


def at(path: str, root: Path) -> Directory:
    """A target on a path."""
    settings = Settings(kind="directory", path=path)
    return open_target("logs", settings, TargetContext(slot=SLOT, root=root))


def names(files: tuple[File, ...]) -> list[str]:
    """The files' names in order."""
    return [file.name for file in files]


def test_files_are_listed_oldest_first(directory: Directory) -> None:
    """A file has its name, size, time in UTC and age at the slot."""
    oldest = directory.files("*.log")[0]
    assert oldest == File("old.log", 2, SLOT - timedelta(days=8), timedelta(days=8))
    assert names(directory.files()) == ["notes.txt", "old.log", "new.log"]


def test_deep_pattern_lists_everything_below(directory: Directory) -> None:
    """With `**/` folders are searched too, and names tell where the files are."""
    assert names(directory.files("**/*.log")) == ["dag/older.log", "old.log", "new.log"]
    assert names(directory.files("**/dag/*")) == ["dag/older.log"]


@pytest.mark.parametrize("age", ["7 days", timedelta(days=7)])
def test_files_older_than_an_age_are_picked(directory: Directory, age: str | timedelta) -> None:
    """Age is told at the slot; exactly so old is not older."""
    assert names(directory.files("*.log", older_than=age)) == ["old.log"]
    assert names(directory.files("*.log", older_than="8 days")) == []


@pytest.mark.parametrize("pattern", ["dag/*.log", "**", "*/**/x", "**/**/x"])
def test_pattern_that_would_mislead_is_refused(directory: Directory, pattern: str) -> None:
    """Patterns that other tools read in other ways are not guessed at."""
    with pytest.raises(ValueError, match=r"write '\*\.log' for the files in the directory"):
        directory.files(pattern)


def test_wrong_age_is_refused(directory: Directory) -> None:
    """A mistyped age is an error, not every file."""
    with pytest.raises(ValueError, match="is not a duration"):
        directory.files(older_than="soon")


def test_newest_is_the_time_of_the_newest_file(directory: Directory) -> None:
    """The newest modification in UTC; None where no file fits."""
    assert directory.newest() == SLOT - timedelta(days=1)
    assert directory.newest("*.html") is None


def test_total_size_counts_every_file_below(directory: Directory) -> None:
    """Sizes are summed over all folders, or over what fits."""
    assert directory.total_size() == 8
    assert directory.total_size("*.log") == 3


def test_existing_directory_is_writable(directory: Directory, logs: Path) -> None:
    """A usual folder is there and writable, and nothing is written to find out."""
    before = logs.stat().st_mtime_ns
    assert directory.exists()
    assert directory.writable()
    assert logs.stat().st_mtime_ns == before


def test_directory_without_write_permission_is_not_writable(
    directory: Directory, logs: Path
) -> None:
    """A folder of mode 555 counts as read-only, even for root."""
    logs.chmod(0o555)
    assert directory.exists()
    assert not directory.writable()


@pytest.mark.parametrize("path", ["nowhere", "logs/new.log"])
def test_what_is_no_directory_does_not_exist(logs: Path, path: str) -> None:
    """A missing path or a file in its place is neither there nor writable, and has no files."""
    directory = at(path, logs.parent)
    assert not directory.exists()
    assert not directory.writable()
    for ask in (directory.files, directory.newest, directory.total_size):
        with pytest.raises(MeasurementError, match=f"logs: .*{path} cannot be listed: "):
            ask()


def test_links_that_lead_nowhere_are_left_out(directory: Directory, logs: Path) -> None:
    """A loop of links, a dangling link and a link to a folder above do not disturb."""
    (logs / "loop").symlink_to("loop")
    (logs / "gone").symlink_to("nothing")
    (logs / "up").symlink_to("..")
    assert len(directory.files("**/*")) == 4


def test_file_that_vanishes_is_left_out(
    directory: Directory, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is removed between listing and looking is no error."""
    stat = Path.stat

    def vanish(path: Path, **options: bool) -> os.stat_result:
        if path.name == "new.log":
            path.unlink(missing_ok=True)
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", vanish)
    assert names(directory.files("*.log")) == ["old.log"]


def test_folder_that_cannot_be_entered_is_an_error(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be looked into is not counted as empty."""
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("dag"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(MeasurementError, match="logs/dag cannot be listed: Permission denied"):
        directory.total_size()


def test_looks_are_noted(directory: Directory, logs: Path) -> None:
    """The journal says what was looked at."""
    with keep_journal() as journal:
        directory.exists()
        directory.files("*.log")
    assert journal.statements == [f"exists: {logs}", f"files: {logs}/*.log"]
