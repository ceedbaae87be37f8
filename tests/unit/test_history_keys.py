"""What rows of the history are found by: slots, fingerprints, manifests, places."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.errors import HistoryError
from gatepost.history import History, fingerprint, manifest_hash, slot_of
from gatepost.history.place import Place

DAY = timedelta(days=1)


def test_a_daily_run_stands_for_its_day_however_late_it_starts() -> None:
    """The slot is the start floored to the cadence, in UTC."""
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    assert slot_of(midnight, DAY) == midnight
    assert slot_of(midnight + DAY - timedelta(microseconds=1), DAY) == midnight


def test_a_slot_does_not_depend_on_the_zone_of_the_clock() -> None:
    """The same moment in two zones is the same slot, told in UTC."""
    moment = datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    slot = slot_of(moment, DAY)
    assert slot == datetime(2026, 3, 1, tzinfo=UTC)
    assert slot.tzinfo is UTC
    assert slot_of(moment, None).tzinfo is UTC


def test_without_a_cadence_each_second_is_a_slot() -> None:
    """The run's own start, without the fraction of its second."""
    moment = datetime(2026, 3, 2, 1, 2, 3, 456, tzinfo=UTC)
    assert slot_of(moment, None) == moment.replace(microsecond=0)


@given(
    st.datetimes(datetime(1960, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    st.timedeltas(timedelta(seconds=1), timedelta(days=40)),
)
def test_a_slot_is_the_last_tick_before_the_moment(moment: datetime, cadence: timedelta) -> None:
    """A slot is not after its moment, less than a cadence before it, and its own slot."""
    slot = slot_of(moment, cadence)
    assert timedelta(0) <= moment - slot < cadence
    assert slot_of(slot, cadence) == slot


@pytest.mark.parametrize(
    ("moment", "cadence", "message"),
    [
        (datetime(2026, 3, 2), DAY, "aware"),  # noqa: DTZ001 - what must be refused
        (datetime(2026, 3, 2), None, "aware"),  # noqa: DTZ001 - what must be refused
        (datetime(2026, 3, 2, tzinfo=UTC), timedelta(0), "longer than nothing"),
        (datetime(2026, 3, 2, tzinfo=UTC), -DAY, "longer than nothing"),
    ],
)
def test_what_has_no_slot_is_refused(
    moment: datetime, cadence: timedelta | None, message: str
) -> None:
    """A naive clock and a cadence that does not move on are errors."""
    with pytest.raises(ValueError, match=message):
        slot_of(moment, cadence)


def test_a_fingerprint_is_the_same_everywhere() -> None:
    """It is stored, so that it may never change between processes or versions."""
    assert fingerprint("jobinsight.kpis.crawler_success_rate") == "9b12e36fc9701edf"
    assert fingerprint("a.b.c") != fingerprint("a.b.d")


def test_any_id_has_a_fingerprint() -> None:
    """Ids can hold what a hostile system sent, a lone surrogate included."""
    assert len(fingerprint("a.b.c[\ud800\0]")) == 16


def test_a_manifest_is_a_set() -> None:
    """The order of checks says nothing; a check that is gone changes the hash."""
    assert manifest_hash(["a.b.c", "a.b.d"]) == manifest_hash(iter(["a.b.d", "a.b.c", "a.b.c"]))
    assert manifest_hash(["a.b.c", "a.b.d"]) != manifest_hash(["a.b.c"])
    assert len(manifest_hash([])) == 16


@pytest.mark.parametrize("url", ["sqlite:///a/b.sqlite", "sqlite+pysqlite:///a/b.sqlite"])
def test_a_sqlite_url_names_a_file(url: str) -> None:
    """Three slashes and a path from the working folder; a fourth makes it absolute."""
    assert Place.parse(url).file == Path("a/b.sqlite")
    assert Place.parse("sqlite:////a/b.sqlite").file == Path("/a/b.sqlite")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_postgresql_url_is_opened_by_psycopg_3(scheme: str) -> None:
    """Whatever the scheme's spelling; the name for messages has neither user nor password."""
    place = Place.parse(f"{scheme}://ann:s3cret@db.example:5433/metrics?sslpassword=hidden")
    assert place.url.startswith("postgresql+psycopg://ann:s3cret@")
    assert place.name == "postgresql://db.example:5433/metrics"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://ann:s3cret@db/metrics", "SQLite or PostgreSQL, not in mysql"),
        ("postgresql+psycopg2://ann:s3cret@db/metrics", "not in postgresql.psycopg2"),
        ("postgresql://ann:s3cret@db:port/metrics", "cannot be read"),
        ("postgresql://ann:s3cret@db", "names no database"),
        ("s3cret", "not an URL"),
        ("sqlite://", "would be forgotten"),
        ("sqlite:///:memory:", "would be forgotten"),
        ("sqlite:///a.sqlite?mode=ro", "not supported"),
    ],
)
def test_another_place_is_refused_with_the_two_that_work(url: str, message: str) -> None:
    """The message says what is wrong and never repeats a password."""
    with pytest.raises(HistoryError, match=message) as caught:
        History.open(url, read_only=True)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_history_that_does_not_exist_costs_nothing(tmp_path: Path) -> None:
    """A local run without a history neither makes a file nor loads SQLAlchemy."""
    program = f"""if True:
        import sys
        from datetime import UTC, datetime
        from gatepost.history import History
        history = History.open("sqlite:///{tmp_path}/folder/history.sqlite", read_only=True)
        now = datetime.now(UTC)
        print(history.past(["a.b.c"], schedule="default", before=now))
        print(history.points("a.b.c", schedule="default", before=now))
        print("sqlalchemy" in sys.modules)
    """
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    past = "Past(level=None, slot=None, since=None, runs=0, points=())"
    assert told.stdout.splitlines() == [f"{{'a.b.c': {past}}}", "()", "False"], told.stderr
    assert list(tmp_path.iterdir()) == []
