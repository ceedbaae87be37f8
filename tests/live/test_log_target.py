"""Logs on disk, growing, rotated, packed, broken and huge, as targets."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from gatepost.errors import MeasurementError
from gatepost.targets import log_files
from gatepost.targets.base import TargetContext
from gatepost.targets.journal import keep_journal
from gatepost.targets.log import Log, Settings, open_target
from gatepost.targets.log_files import LogFile

SLOT = datetime.now(UTC).replace(microsecond=0)

Open = Callable[..., Log]


@pytest.fixture
def open_log(tmp_path: Path) -> Open:
    """Opens the logs of the test's folder, with settings."""

    def open_it(path: str = "app.json*", *, slot: datetime = SLOT, **settings: object) -> Log:
        keys = {"kind": "log", "path": path, **settings}
        return open_target("app_log", Settings.model_validate(keys), TargetContext(slot, tmp_path))

    return open_it


def ago(minutes: float) -> datetime:
    """A time before the slot."""
    return SLOT - timedelta(minutes=minutes)


def line(minutes: float, **fields: Any) -> str:
    """A JSON line of so many minutes before the slot."""
    return json.dumps({"timestamp": ago(minutes).isoformat(), **fields}) + "\n"


def write(path: Path, *lines: str, minutes: float = 0) -> Path:
    """A file with these lines, last written so many minutes before the slot."""
    content = "".join(lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    os.utime(path, (ago(minutes).timestamp(),) * 2)
    return path


def numbers(log: Log, last: str = "1 h") -> list[int]:
    """The field `n` of the window's lines."""
    return [record.fields["n"] for record in log.records(last)]


def test_only_the_window_is_read(tmp_path: Path, open_log: Open) -> None:
    """From after its beginning up to and including the slot, across rotated and packed files."""
    write(tmp_path / "app.json.3.gz", line(500, n=0), minutes=400)
    write(tmp_path / "app.json.2.gz", line(90, n=1), line(59, n=2), minutes=59)
    write(tmp_path / "app.json.1", line(50, n=3), line(40, n=4), minutes=40)
    write(tmp_path / "app.json", line(60, n=-1), line(30, n=5), line(0, n=6), line(-2, n=7))
    log = open_log()
    assert sorted(numbers(log)) == [2, 3, 4, 5, 6]
    assert sorted(numbers(log, "45 min")) == [4, 5, 6]
    assert [record.file for record in log.records("1 min")] == ["app.json"]


def test_files_are_read_in_the_order_of_time(tmp_path: Path, open_log: Open) -> None:
    """Oldest first; where a copy blurred their times, the numbers of rotation decide."""
    for name, n in (("app.json", 3), ("app.json.1", 2), ("app.json.2.gz", 1), ("app.json.10", 0)):
        write(tmp_path / name, line(10, n=n), minutes=5)
    assert numbers(open_log()) == [0, 1, 2, 3]


def test_counting_filtering_and_grouping(tmp_path: Path, open_log: Open) -> None:
    """Lines are counted by their fields, as rates and as shares; none at all is no share."""
    lines = [line(n, event="api", status=500 if n % 4 == 0 else 200) for n in range(1, 21)]
    write(tmp_path / "app.json", *lines, line(5, event="dcf", ok=False, error="timed out"))
    log = open_log()
    failed = {"event": "api", "status": lambda status: status >= 500}
    assert log.count("1 h") == 21
    assert log.count("1 h", failed) == 5
    assert log.counts("status", "1 h", {"event": "api"}) == {"200": 15, "500": 5}
    assert log.counts("error", "1 h") == {"(none)": 20, "timed out": 1}
    assert log.rate("30 min", {"event": "dcf"}) == pytest.approx(2)
    assert log.rate("1 h", failed, per="1 min") == pytest.approx(5 / 60)
    assert log.share("1 h", failed, of={"event": "api"}) == pytest.approx(25)
    assert log.share("1 h", failed, of={"event": "other"}) is None
    found = log.latest({"event": re.compile("a")})
    assert found is not None
    assert found.at == ago(1)
    assert log.latest({"event": "other"}) is None


def test_records_can_be_cut_to_some_fields(tmp_path: Path, open_log: Open) -> None:
    """What is kept of each line is what was asked for, also from nested objects."""
    write(tmp_path / "app.json", line(1, n=1, text="x" * 1000, http={"path": "/"}))
    (record,) = open_log().records("1 h", fields=["n", "http.path", "absent"])
    assert record.fields == {"n": 1, "http.path": "/"}
    assert record.get("http.path") == "/"
    assert record.get("absent", 7) == 7


def test_more_records_than_allowed_are_refused(tmp_path: Path, open_log: Open) -> None:
    """The message says what to change; counting the same lines is possible."""
    write(tmp_path / "app.json", *(line(1, n=n) for n in range(11)))
    log = open_log(max_records=10)
    with pytest.raises(MeasurementError, match=r"app_log: more than 10 lines fit.*max_records"):
        log.records("1 h")
    assert log.count("1 h") == 11


def test_more_groups_than_can_be_kept_are_refused(tmp_path: Path, open_log: Open) -> None:
    """Memory stays bounded also when every line has a value of its own."""
    write(tmp_path / "app.json", *(line(1, n=n) for n in range(10_001)))
    with pytest.raises(MeasurementError, match="'n' has more than 10,000 different values"):
        open_log().counts("n", "1 h")


def test_value_that_cannot_be_judged_is_no_measurement(tmp_path: Path, open_log: Open) -> None:
    """Text for a number would else be counted as a line that does not fit."""
    write(tmp_path / "app.json", line(1, status="503"))
    with pytest.raises(MeasurementError, match=r"app_log: field 'status' is '503'.*not supported"):
        open_log().count("1 h", {"status": lambda status: status >= 500})


def test_malformed_lines_are_counted_and_told(tmp_path: Path, open_log: Open) -> None:
    """They have the time of the line before them, and the statement says how many there are."""
    good = [line(minutes, n=1) for minutes in (100, *range(30, 0, -1))]
    old, new = good[0], good[1:]
    write(tmp_path / "app.json", old, "old garbage\n", *new, "{broken\n", '{"n": 1}\n', "\n")
    log = open_log()
    with keep_journal() as journal:
        assert log.count("1 h") == 30
    said = "app.json*, last 1 h: 32 lines in 1 file, 2 malformed"
    assert journal.statements == [f"{said} (1 not JSON, 1 no time in 'timestamp')"]
    assert journal.rows == 32


def test_too_many_malformed_lines_are_no_measurement(tmp_path: Path, open_log: Open) -> None:
    """A log that cannot be read has no errors to count, and that is not good news."""
    write(tmp_path / "app.json", line(5, n=1), "Traceback\n", "  File\n")
    with pytest.raises(MeasurementError, match=r"2 malformed \(2 not JSON\).*app.json: Traceback"):
        open_log().count("1 h", {"level": "ERROR"})
    assert open_log(max_malformed=1).count("1 h") == 1


def test_log_without_any_readable_line_is_no_measurement(tmp_path: Path, open_log: Open) -> None:
    """Also where no line has a time that would put it into the window."""
    write(tmp_path / "app.json", *("<html>error</html>\n" for _ in range(5_000)))
    with pytest.raises(MeasurementError, match="5,000 malformed"):
        open_log().latest()


def test_audit_judges_every_line(tmp_path: Path, open_log: Open) -> None:
    """Lines that cannot be read, lack a field, or are wrong in the author's words."""
    lines = [line(9, level="INFO", took=1)] * 6
    bad = [line(8, level="INFO"), line(7, level="LOUD", took=1), "{\n", line(6, took=1)]
    write(tmp_path / "app.json", *lines, *bad)

    def judge(record: Any) -> str | None:
        return None if record.fields["level"] == "INFO" else "unknown level"

    audit = open_log().audit("1 h", fields=["level", "took"], wrong=judge)
    assert audit.lines == 10
    assert audit.bad == {"no 'took'": 1, "unknown level": 1, "not JSON": 1, "no 'level'": 1}
    assert audit.percent_good == pytest.approx(60)
    assert audit.examples["not JSON"] == "app.json: {"
    assert "LOUD" in audit.examples["unknown level"]


def test_audit_of_an_empty_window_has_no_share(tmp_path: Path, open_log: Open) -> None:
    """No lines are no data, and not all good."""
    write(tmp_path / "app.json", line(100, n=1))
    assert open_log().audit("1 h").percent_good is None


def test_line_of_ten_megabytes_is_malformed_and_costs_no_memory(
    tmp_path: Path, open_log: Open
) -> None:
    """The lines around it are read; it can be let in by raising the limit."""
    huge = line(5, n=2, text="x" * 10_000_000)
    write(tmp_path / "app.json", line(6, n=1), huge, line(4, n=3))
    write(tmp_path / "app.json.1.gz", line(8, n=1), huge, line(7, n=3), minutes=7)
    tracemalloc.start()
    try:
        audit = open_log().audit("1 h")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert audit.bad == {"longer than 1.0MB": 2}
    assert audit.lines == 6
    assert peak < 8_000_000
    assert numbers(open_log("app.json", max_line="20MB")) == [1, 2, 3]


def test_long_log_is_read_from_near_its_end(tmp_path: Path, open_log: Open) -> None:
    """Only a small part of a file is read, however long it has grown."""
    minutes = 20 * 24 * 60
    path = tmp_path / "app.json"
    with path.open("w") as file:
        for n in range(minutes, -1, -1):
            file.write(line(n, n=n, pad="x" * 100))
    read = 0
    original = LogFile._read

    def count(file: LogFile, start: int) -> Any:
        nonlocal read
        for chunk in original(file, start):
            read += len(chunk)
            yield chunk

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LogFile, "_read", count)
        assert open_log().count("1 h") == 60
    assert read < path.stat().st_size / 4
    assert open_log().count("5 days") == 5 * 24 * 60


@pytest.mark.parametrize("position", ["1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_line_with_an_absurd_time_hides_no_others(
    tmp_path: Path, open_log: Open, position: str
) -> None:
    """Halving looks at several lines; one whose clock was lost does not lead it astray."""
    absurd = json.dumps({"timestamp": position}) + "\n"
    lines = [
        line(n / 100, pad="x" * 200) + (absurd if n % 20 == 0 else "") for n in range(9000, 0, -1)
    ]
    write(tmp_path / "app.json", *lines)
    assert open_log().count("1 h") == 5_999


def test_line_ahead_of_this_clock_is_malformed(tmp_path: Path, open_log: Open) -> None:
    """A clock that is wrong would else take its lines out of every window, unseen."""
    write(tmp_path / "app.json", *(line(5, n=n) for n in range(20)), line(-60, n=21))
    audit = open_log().audit("1 h")
    assert audit.bad == {"dated ahead of this clock": 1}
    assert open_log(clock_tolerance="2 h").audit("1 h").lines == 20


def test_log_that_is_all_ahead_is_no_measurement(tmp_path: Path, open_log: Open) -> None:
    """As when the local times of a zone east of here are taken for UTC."""
    write(tmp_path / "app.json", *(line(-60, n=n) for n in range(20)))
    with pytest.raises(MeasurementError, match="20 dated ahead of this clock"):
        open_log().count("1 h")


def test_local_times_are_read_in_their_zone(tmp_path: Path, open_log: Open) -> None:
    """Times without an offset are the machine's own, not UTC."""
    local = (ago(30) + timedelta(hours=9)).strftime("%Y-%m-%d %H:%M:%S,%f")
    write(tmp_path / "app.log", f"{local} WARNING slow\n", '  File "x.py"\n')
    log = open_log("app.log", format="text", timezone="Asia/Tokyo")
    assert log.count("31 min") == 2
    assert log.count("29 min") == 0
    assert log.count("1 h", {"message": re.compile("slow")}) == 1


def test_window_across_the_end_of_daylight_saving(tmp_path: Path, open_log: Open) -> None:
    """The hour that is written twice is counted twice, also where reading begins in it."""
    zone = ZoneInfo("Europe/Berlin")
    end = datetime(2025, 10, 26, 2, 30, tzinfo=UTC)  # an hour and a half after it fell back
    moments = [end - timedelta(seconds=20 * n) for n in range(3_000, -1, -1)]
    lines = [
        json.dumps({"timestamp": moment.astimezone(zone).isoformat()[:19], "pad": "x" * 900})
        for moment in moments
    ]
    write(tmp_path / "app.json", "\n".join(lines) + "\n")
    for minutes in range(0, 120, 7):
        log = open_log(slot=end - timedelta(minutes=minutes), timezone="Europe/Berlin")
        for last, count in ((20, 60), (60, 180), (100, 300)):
            assert log.count(timedelta(minutes=last)) == count, (minutes, last)


def test_lines_that_come_late_hide_no_others(tmp_path: Path, open_log: Open) -> None:
    """Processes write beside each other: what is older may stand behind what is newer."""
    old = [line(200 - n / 10, n=0, pad="x" * 100) for n in range(1000)]
    late = [line(60.5, n=0, pad="x" * 100)] * 3000
    write(tmp_path / "app.json", *old, line(59.9, n=1), *late, line(5, n=2))
    assert numbers(open_log()) == [1, 2]


def test_unfinished_last_line_is_left_for_the_next_run(tmp_path: Path, open_log: Open) -> None:
    """A line that is being written is not malformed; in a file that rests for long, it is."""
    path = write(tmp_path / "app.json", line(2, n=1), line(1, n=2)[:-10])
    os.utime(path)
    assert open_log().audit("1 h").bad == {}
    os.utime(path, (ago(30).timestamp(),) * 2)
    assert open_log().audit("1 h").bad == {"not JSON": 1}


def test_log_that_is_renamed_while_it_is_read_is_read_whole(
    tmp_path: Path, open_log: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was opened stays open under its new name, and what is new is not read twice."""
    write(tmp_path / "app.json.1", line(20, n=1), minutes=20)
    write(tmp_path / "app.json", line(10, n=2), line(9, n=3))
    original = log_files._open
    rotations = 0

    def open_and_rotate(path: Path, stack: Any) -> Any:
        nonlocal rotations
        if rotations == 0:
            rotations += 1
            (tmp_path / "app.json.1").rename(tmp_path / "app.json.2")
            (tmp_path / "app.json").rename(tmp_path / "app.json.1")
            write(tmp_path / "app.json", line(1, n=4))
        return original(path, stack)

    monkeypatch.setattr(log_files, "_open", open_and_rotate)
    assert sorted(numbers(open_log())) == [1, 2, 3, 4]
    assert rotations == 1


def test_log_that_is_cut_while_it_is_read_is_read_anew(
    tmp_path: Path, open_log: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copied and truncated, as `copytruncate` does it: nothing is lost, nothing counted twice."""
    lines = [line(30, n=n, pad="x" * 500) for n in range(1000)]
    path = write(tmp_path / "app.json", *lines)
    cuts = 0
    original = LogFile._begins

    def cut(file: LogFile) -> bytes:
        nonlocal cuts
        if cuts == 0:
            cuts += 1
            shutil.copy2(path, tmp_path / "app.json.1")
            write(path, line(1, n=1000))
        return original(file)

    monkeypatch.setattr(LogFile, "_begins", cut)
    assert sorted(numbers(open_log())) == list(range(1001))
    assert cuts == 1


def test_log_that_is_always_cut_is_no_measurement(
    tmp_path: Path, open_log: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried a few times, and then said."""
    write(tmp_path / "app.json", line(1, n=1))
    monkeypatch.setattr(LogFile, "_begins", lambda _: b"other")
    with pytest.raises(MeasurementError, match="was cut each of the 3 times"):
        open_log().count("1 h")


def test_file_that_is_being_packed_is_read_once(tmp_path: Path, open_log: Open) -> None:
    """While gzip runs, both files are there, and the packed one is not complete."""
    write(tmp_path / "app.json.1", line(20, n=1), minutes=20)
    packed = write(tmp_path / "app.json.1.gz", line(20, n=1))
    packed.write_bytes(packed.read_bytes()[:20])
    assert numbers(open_log()) == [1]


def test_broken_gzip_is_no_measurement(tmp_path: Path, open_log: Open) -> None:
    """Part of the window is lost in it, so nothing can be counted."""
    path = write(tmp_path / "app.json.1.gz", *(line(20, n=n) for n in range(100)))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(MeasurementError, match=r"app_log: app.json.1.gz is no complete gzip"):
        open_log().count("1 h")


def test_reading_is_bounded_in_time(tmp_path: Path, open_log: Open) -> None:
    """A file that would take too long says which limit it was."""
    write(tmp_path / "app.json", *(line(1, n=n) for n in range(5_000)))
    with pytest.raises(MeasurementError, match=r"took longer than .*timeout of targets.app_log"):
        open_log(timeout=timedelta(microseconds=1)).count("1 h")


def test_missing_files_are_named(tmp_path: Path, open_log: Open) -> None:
    """A log that is not there is not an empty one; other things of its name are not read."""
    (tmp_path / "app.json").mkdir()
    os.mkfifo(tmp_path / "app.json.1")
    with pytest.raises(MeasurementError, match=r"app_log: no file is called .*app.json\*"):
        open_log().count("1 h")


def test_folder_name_with_wildcards_is_a_name(tmp_path: Path) -> None:
    """Only the configured path is a pattern, not the project's own folder."""
    root = tmp_path / "a[b]*"
    root.mkdir()
    write(root / "app.json", line(1, n=1))
    settings = Settings(kind="log", path="app.json*")
    log = open_target("app_log", settings, TargetContext(SLOT, root))
    assert log.count("1 h") == 1
    assert log.describe() == "log app.json*"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("timezone", "Mars/Olympus"),
        ("timezone", "../etc"),
        ("pattern", "("),
        ("format", "xml"),
        ("max_malformed", 2),
        ("timeout", "soon"),
        ("colour", "red"),
    ],
)
def test_wrong_setting_is_refused(key: str, value: object) -> None:
    """When the configuration is read, not when the log is."""
    with pytest.raises(ValidationError, match=key):
        Settings.model_validate({"kind": "log", "path": "x", key: value})
