"""Outages: an unreachable target is tried once, by whichever process comes first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.outages import Outages


class Attempts:
    """Connects, or fails to, and counts how often it was tried."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        if self.error is not None:
            raise self.error
        return f"connection {self.made}"


def down(reason: str = "connection refused") -> Attempts:
    return Attempts(Unavailable("db", reason))


@pytest.fixture(params=["one process", "several"])
def outages(request: pytest.FixtureRequest, tmp_path: Path) -> Outages:
    return Outages(tmp_path if request.param == "several" else None)


def test_what_is_made_is_handed_on(outages: Outages) -> None:
    """A target that can be reached may be connected to again and again."""
    attempts = Attempts()
    assert outages.connect("db", attempts) == "connection 1"
    assert outages.connect("db", attempts) == "connection 2"


def test_a_target_that_is_down_is_tried_once(outages: Outages) -> None:
    """What was raised then is raised again, for everybody who needs it."""
    attempts = down()
    for _ in range(3):
        with pytest.raises(Unavailable, match="db is unavailable: connection refused") as raised:
            outages.connect("db", attempts)
        assert (raised.value.target, raised.value.reason) == ("db", "connection refused")
    assert attempts.made == 1


def test_threads_that_come_at_once_make_one_attempt(outages: Outages) -> None:
    """The first of eight tries, the others wait for what it finds."""
    attempts, start, another = down(), threading.Barrier(8), threading.Event()

    def attempt() -> str:
        if attempts.made:
            another.set()
        else:
            attempts.made += 1
            another.wait(0.2)
        return attempts()

    def connect(_: int) -> str:
        start.wait()
        with pytest.raises(Unavailable) as raised:
            outages.connect("db", attempt)
        return raised.value.reason

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(connect, range(8))) == ["connection refused"] * 8
    assert not another.is_set()


@pytest.mark.parametrize("first", ["answers", "refuses"])
def test_threads_do_not_wait_for_each_other_once_it_was_reached(
    outages: Outages, first: str
) -> None:
    """Two attempts that wait for each other both succeed; a refusal also shows that it is there."""
    attempts = Attempts(MeasurementError("slow") if first == "refuses" else None)
    with suppress(MeasurementError):
        outages.connect("db", attempts)
    meeting = threading.Barrier(2, timeout=10)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: outages.connect("db", meeting.wait), range(2)))


def test_targets_are_down_one_by_one(outages: Outages) -> None:
    """Another one is tried for itself."""
    with pytest.raises(Unavailable):
        outages.connect("db", down())
    assert outages.connect("api", Attempts()) == "connection 1"


def test_another_error_is_no_outage(outages: Outages) -> None:
    """A missing table says nothing of the next attempt."""
    attempts = Attempts(MeasurementError("no such table"))
    for _ in range(2):
        with pytest.raises(MeasurementError, match="no such table"):
            outages.connect("db", attempts)
    assert attempts.made == 2
    attempts.error = None
    assert outages.connect("db", attempts) == "connection 3"


def test_a_target_that_goes_down_later_stays_down(outages: Outages) -> None:
    """It was reached before, and then it was not."""
    attempts = Attempts()
    outages.connect("db", attempts)
    attempts.error = Unavailable("db", "terminated")
    for _ in range(2):
        with pytest.raises(Unavailable, match="terminated"):
            outages.connect("db", attempts)
    assert attempts.made == 2


@pytest.mark.parametrize(
    "reason", ["connection refused", "Gr\u00fc\u00dfe\nin two lines", "\udcff lone"]
)
def test_processes_share_an_outage_by_its_reason(tmp_path: Path, reason: str) -> None:
    """The second one does not try; it raises the same, as far as a file can hold it."""
    first, second = Outages(tmp_path), Outages(tmp_path)
    with pytest.raises(Unavailable):
        first.connect("db", down(reason))
    attempts = Attempts()
    with pytest.raises(Unavailable) as raised:
        second.connect("db", attempts)
    assert attempts.made == 0
    assert (raised.value.target, raised.value.reason) == ("db", reason.replace("\udcff", "?"))


def test_processes_take_turns_at_the_first_attempt(tmp_path: Path) -> None:
    """Eight that start at once make one attempt together."""
    attempts, start = down(), threading.Barrier(8)

    def connect() -> str:
        start.wait()
        with pytest.raises(Unavailable) as raised:
            Outages(tmp_path).connect("db", attempts)
        return raised.value.reason

    with ThreadPoolExecutor(8) as pool:
        reasons = [each.result() for each in [pool.submit(connect) for _ in range(8)]]
    assert reasons == ["connection refused"] * 8
    assert attempts.made == 1


def test_what_one_process_reached_the_others_try_for_themselves(tmp_path: Path) -> None:
    """A connection cannot be shared; only bad news is."""
    first, second = Attempts(), Attempts()
    Outages(tmp_path).connect("db", first)
    assert Outages(tmp_path).connect("db", second) == "connection 1"
    assert (first.made, second.made) == (1, 1)
