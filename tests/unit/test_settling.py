"""Waiting for good answers in a row, on a clock of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Lock

import pytest

from gatepost.errors import MeasurementError
from gatepost.targets.settling import Poll, Round, settle


class Clock:
    """Moves only when somebody sleeps; each answer takes a tenth of a second."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        self.lock = Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def poll(self, answers: str) -> Poll:
        """Answers well for each "+", and badly for each "-" and from then on."""
        given: Iterator[str] = iter(answers)

        def ask() -> str:
            with self.lock:
                self.now += 0.1
            return "" if next(given, "-") == "+" else "answered 503"

        return ask


def settled(clock: Clock, polls: dict[str, Poll], **more: object) -> float:
    options = {"times": 3, "within": timedelta(seconds=10), "every": timedelta(seconds=1), **more}
    return settle(polls, clock=clock, sleep=clock.sleep, **options)  # type: ignore[arg-type]


def test_answers_must_be_good_in_a_row() -> None:
    """A bad one begins the count anew; the time is that from the first question."""
    clock = Clock()
    assert settled(clock, {"api": clock.poll("-++-+++")}) == pytest.approx(6.7)
    assert clock.slept == [1] * 6


def test_one_answer_may_be_enough() -> None:
    """Then nobody sleeps."""
    clock = Clock()
    assert settled(clock, {"api": clock.poll("+")}, times=1) == pytest.approx(0.1)
    assert clock.slept == []


def test_all_services_count_together() -> None:
    """While one is not ready, the good answers of the others do not count."""
    clock = Clock()
    rounds: list[Round] = []
    polls = {"api": clock.poll("+++++"), "queue": clock.poll("--+++")}
    assert settled(clock, polls, tell=rounds.append) == pytest.approx(5.0)
    assert [dict(each.objections) for each in rounds[:3]] == [
        {"queue": "answered 503"},
        {"queue": "answered 503"},
        {},
    ]
    assert [each.in_a_row for each in rounds] == [0, 0, 1, 2]


def test_never_longer_than_it_may() -> None:
    """The last sleep ends with the time, and what was said last is told."""
    clock = Clock()
    with pytest.raises(MeasurementError) as late:
        settled(clock, {"api": clock.poll("")}, within=timedelta(seconds=2.5))
    assert str(late.value) == "api is not ready after 2.5 s: answered 503"
    assert clock.now == pytest.approx(102.5)
    assert clock.slept == pytest.approx([1, 1, 0.2])


def test_an_answer_that_comes_too_late_does_not_count() -> None:
    """Time is over when it is over."""
    clock = Clock()
    with pytest.raises(MeasurementError, match="api is not ready after 50 ms: answered too late"):
        settled(clock, {"api": clock.poll("+")}, times=1, within=timedelta(seconds=0.05))


def test_an_answer_that_is_cut_off_after_good_ones_is_what_is_wrong() -> None:
    """What came last is told, neither as something before nor as good enough."""
    clock = Clock()
    with pytest.raises(MeasurementError) as late:
        settled(clock, {"api": clock.poll("-++")}, within=timedelta(seconds=2.2))
    assert str(late.value) == "api is not ready after 2.2 s: answered too late"


def test_too_few_good_answers_are_told_with_what_was_before() -> None:
    """Being nearly ready is not being ready."""
    clock = Clock()
    polls = {"api": clock.poll("--++"), "queue": clock.poll("++++")}
    with pytest.raises(MeasurementError) as late:
        settled(clock, polls, within=timedelta(seconds=4.5))
    assert str(late.value) == (
        "all 2 services answered well 2 of 3 times in a row when 4.5 s were over; "
        "before that, api: answered 503"
    )


def test_the_services_that_are_not_ready_are_counted_first() -> None:
    """And each is named with what it said."""
    clock = Clock()
    polls = {"api": clock.poll("-"), "queue": clock.poll("+++++"), "web": clock.poll("-")}
    with pytest.raises(MeasurementError) as late:
        settled(clock, polls, within=timedelta(seconds=2))
    assert str(late.value) == (
        "2 of 3 services not ready after 2 s: api: answered 503, web: answered 503"
    )


def test_a_number_of_answers_below_one_is_refused() -> None:
    """It would never be asked anything."""
    with pytest.raises(ValueError, match="times=0"):
        settled(Clock(), {}, times=0)


def test_a_mistake_of_a_poll_is_not_waited_for() -> None:
    """What is no answer of the service ends the waiting at once."""

    def broken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        settled(Clock(), {"api": broken})
