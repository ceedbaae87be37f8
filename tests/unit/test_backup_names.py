"""Names of backups: which are meant, and the times that stand in them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gatepost.targets.backup_names import read_pattern

UTC_ZONE = ZoneInfo("UTC")
NEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "name", "moment"),
    [
        (
            "neo4j_backup_%Y%m%d_%H%M%S.dump.gz",
            "neo4j_backup_20260305_021500.dump.gz",
            datetime(2026, 3, 5, 2, 15, tzinfo=UTC),
        ),
        ("%d.%m.%Y-*.tar", "05.03.2026-home.tar", datetime(2026, 3, 5, tzinfo=UTC)),
        ("a?%%_%Y%m%d", "ab%_20260305", datetime(2026, 3, 5, tzinfo=UTC)),
    ],
)
def test_time_stands_in_the_name(pattern: str, name: str, moment: datetime) -> None:
    """As far as it is there; a day alone is its midnight."""
    read = read_pattern(pattern)
    assert read.fits(name)
    assert read.time(name, UTC_ZONE, NEAR) == moment


@pytest.mark.parametrize(
    "name",
    [
        "db_20260305.sql.gz.part",
        "db_20261305.sql.gz",
        "db_20260230.sql.gz",
        "db_2026305.sql.gz",
        "db_00010101.sql.gz",
        "db_٢٠٢٦٠٣٠٥.sql.gz",
        "latest.sql.gz",
        "dbx20260305xsqlxgz",
        "",
    ],
)
def test_other_names_are_not_meant(name: str) -> None:
    """Also those whose digits are no date."""
    assert not read_pattern("db_%Y%m%d.sql.gz").fits(name)


def test_pattern_without_a_time_only_picks() -> None:
    """Then the files' own times count."""
    pattern = read_pattern("*.sql.gz")
    assert not pattern.is_dated
    assert pattern.fits("a.sql.gz")
    assert not pattern.fits("a.sql.gz.part")


@pytest.mark.parametrize("hour", [0, 1])
def test_local_time_that_comes_twice_is_the_nearer_one(hour: int) -> None:
    """As daylight saving ends, the file's own time tells which of two hours is meant."""
    near = datetime(2026, 10, 25, hour, 31, tzinfo=UTC)
    pattern = read_pattern("%Y%m%d%H%M")
    read = pattern.time("202610250230", ZoneInfo("Europe/Berlin"), near)
    assert read == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("%Y%m%d%X", "unknown '%X'"),
        ("a%", "unknown '%'"),
        ("%Y%m%d%Y", "%Y stands twice"),
        ("%H%M", "needs at least"),
        ("old/*.gz", "in the folder itself"),
        ("", "in the folder itself"),
    ],
)
def test_wrong_pattern_says_what_is_wrong(pattern: str, why: str) -> None:
    """Nothing is guessed at."""
    with pytest.raises(ValueError, match=why):
        read_pattern(pattern)
