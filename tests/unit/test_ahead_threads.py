"""The threads that measure ahead: order, targets that are used by one at a time, endings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from gatepost.hooks.threads import Task, Threads
from gatepost.measuring import Measurement

SOON = 10


def measured(value: object = None) -> Measurement:
    return Measurement(value, None, datetime(2026, 1, 31, tzinfo=UTC), 0.0, (), None)


class Held:
    """A measurement that goes on until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def __call__(self) -> Measurement:
        self.begun.set()
        assert self.let_go.wait(SOON)
        return measured()


def task(call: Callable[[], Measurement], *targets: str, shared: bool = False) -> Task:
    used = frozenset(targets)
    return Task(call, used, frozenset() if shared else used)


@pytest.fixture
def threads() -> Iterator[Threads]:
    several = Threads(4)
    yield several
    several.stop(SOON)


def test_tasks_on_a_shared_target_run_at_once(threads: Threads) -> None:
    """Two that wait for each other both end."""
    meeting = threading.Barrier(2, timeout=SOON)

    def meet() -> Measurement:
        meeting.wait()
        return measured("met")

    tasks = [task(meet, "api", shared=True) for _ in range(2)]
    for each in tasks:
        threads.submit(each)
    assert [each.ending.result(SOON).value for each in tasks] == ["met", "met"]


def test_a_target_that_is_not_shared_is_used_by_one_at_a_time(threads: Threads) -> None:
    """The second waits, others overtake it, and it begins when the first has ended."""
    first, order = Held(), list[str]()

    def noting(name: str) -> Callable[[], Measurement]:
        return lambda: order.append(name) or measured()  # type: ignore[func-returns-value]

    second = task(noting("second"), "db", "files")
    other = task(noting("other"), "log")
    for each in (task(first, "db"), second, other):
        threads.submit(each)
    other.ending.result(SOON)
    assert order == ["other"]
    first.let_go.set()
    second.ending.result(SOON)
    assert order == ["other", "second"]


def test_all_that_waited_for_a_target_go_on_when_it_is_free(threads: Threads) -> None:
    """Not only what the threads take next that are awake by then: the one there, and the newest."""
    everything, meeting = Held(), threading.Barrier(3, timeout=SOON)

    def meet() -> Measurement:
        meeting.wait()
        return measured("met")

    waiting = [task(meet, name) for name in ("db", "log", "files")]
    for each in (task(everything, "db", "log", "files"), *waiting):
        threads.submit(each)
    for each in (task(measured), task(measured)):
        threads.submit(each)
        each.ending.result(SOON)
    everything.let_go.set()
    assert [each.ending.result(SOON).value for each in waiting] == ["met", "met", "met"]


def test_no_more_run_at_once_than_there_are_threads() -> None:
    """The third of two waits for one of them."""
    threads, held = Threads(2), [Held(), Held(), Held()]
    for each in held:
        threads.submit(task(each))
    assert held[0].begun.wait(SOON)
    assert held[1].begun.wait(SOON)
    assert not held[2].begun.is_set()
    held[0].let_go.set()
    assert held[2].begun.wait(SOON)
    for each in held:
        each.let_go.set()
    threads.stop(SOON)


@pytest.mark.parametrize(
    "raised", [RuntimeError("broken"), SystemExit(3), pytest.skip.Exception("not today")]
)
def test_whatever_is_raised_is_raised_where_it_is_awaited(
    threads: Threads, raised: BaseException
) -> None:
    """And the thread goes on with the next."""

    def fail() -> Measurement:
        raise raised

    failing, next_ = task(fail), task(measured)
    threads.submit(failing)
    threads.submit(next_)
    with pytest.raises(type(raised)) as caught:
        failing.ending.result(SOON)
    assert caught.value is raised
    assert next_.ending.result(SOON) == measured()


def test_what_is_withdrawn_does_not_begin_and_what_has_begun_is_awaited(threads: Threads) -> None:
    """After it nothing of them runs."""
    running, waiting = Held(), Held()
    tasks = [task(running, "db"), task(waiting, "db")]
    for each in tasks:
        threads.submit(each)
    assert running.begun.wait(SOON)
    threading.Timer(0.01, running.let_go.set).start()
    threads.withdraw(tasks)
    assert tasks[0].ending.done()
    later = task(measured, "db")
    threads.submit(later)
    later.ending.result(SOON)
    assert not waiting.begun.is_set()


def test_stopping_tells_which_targets_are_still_in_use() -> None:
    """It does not wait for what hangs, and begins nothing more."""
    threads, hanging, waiting = Threads(2), Held(), Held()
    threads.submit(task(hanging, "db", "log"))
    threads.submit(task(waiting, "db"))
    assert hanging.begun.wait(SOON)
    assert threads.stop(0.01) == {"db", "log"}
    hanging.let_go.set()
    assert threads.stop(SOON) == frozenset()
    assert not waiting.begun.is_set()


def test_the_threads_end_when_they_are_stopped_and_keep_no_process_alive(
    threads: Threads,
) -> None:
    """They are daemons, so that one that hangs ends with the process."""
    held = Held()
    threads.submit(task(held))
    assert held.begun.wait(SOON)
    ours = [each for each in threading.enumerate() if each.name.startswith("gatepost-ahead")]
    assert ours
    assert all(each.daemon for each in ours)
    held.let_go.set()
    threads.stop(SOON)
    for each in ours:
        each.join(SOON)
        assert not each.is_alive()
