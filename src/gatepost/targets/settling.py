"""Waits until services answer well some times in a row, as after a restart or a deployment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread

from gatepost.durations import format_duration
from gatepost.errors import MeasurementError
from gatepost.wording import join_some, plural, shorten

Poll = Callable[[], str]
"""Asks a service once; says what is wrong with its answer, and "" where nothing is."""


@dataclass(frozen=True, slots=True)
class Round:
    """What came of asking every service once.

    `objections` are those of the services that did not answer well, by name;
    `in_a_row` counts the rounds up to this one in which there was none.
    """

    objections: Mapping[str, str]
    in_a_row: int
    seconds: float


def settle(
    polls: Mapping[str, Poll],
    *,
    times: int,
    within: timedelta,
    every: timedelta,
    tell: Callable[[Round], object] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> float:
    """Ask all services, `every` so often, until all answered well `times` times in a row.

    Returns the seconds that took. `tell` is called after each round. Raises
    MeasurementError, with what was said last, when it did not come to that
    `within` the time, and ValueError for `times` below 1.
    """
    if times < 1:
        raise ValueError(f"times={times}: expected a number of answers, 1 or more")
    started, limit, in_a_row = clock(), within.total_seconds(), 0
    objections: Mapping[str, str] = {}
    while (left := limit - (clock() - started)) > 0:
        found = _ask(polls, left)
        seconds = clock() - started
        if seconds > limit:
            # What was cut off tells less than an objection before, but more than good answers.
            late = found or dict.fromkeys(polls, "answered too late")
            objections, in_a_row = late if in_a_row else objections or late, 0
            break
        in_a_row = 0 if found else in_a_row + 1
        if in_a_row == times:
            return seconds
        objections = found or objections
        tell(Round(found, in_a_row, seconds))
        sleep(min(every.total_seconds(), limit - seconds))
    raise MeasurementError(_say_late(list(polls), objections, in_a_row, times, within))


def _ask(polls: Mapping[str, Poll], left: float) -> dict[str, str]:
    """The objections to what all say, asked at once; who has not answered in time is one."""
    said: dict[str, str | Exception] = {}

    def ask(name: str, poll: Poll) -> None:
        try:
            said[name] = poll()
        except Exception as error:
            said[name] = error

    # Nothing can end a look-up of a name that hangs: the threads are left behind, not waited for.
    threads = [
        Thread(target=copy_context().run, args=(ask, name, poll), daemon=True)
        for name, poll in polls.items()
    ]
    until = time.monotonic() + left
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))
    objections = {}
    for name in polls:
        answer = said.get(name, "has not answered yet")
        if isinstance(answer, Exception):
            raise answer
        if answer:
            objections[name] = answer
    return objections


def _say_late(
    names: list[str], objections: Mapping[str, str], in_a_row: int, times: int, within: timedelta
) -> str:
    limit = format_duration(within)
    if in_a_row:
        who = names[0] if len(names) == 1 else f"all {plural(len(names), 'service')}"
        well = f"{who} answered well {in_a_row} of {times} times in a row when {limit} were over"
        return f"{well}{_before(objections)}"
    last = [f"{name}: {shorten(each, 150)}" for name, each in objections.items()]
    if len(names) == 1:
        return f"{names[0]} is not ready after {limit}: {shorten(objections[names[0]], 150)}"
    late = f"{len(last)} of {plural(len(names), 'service')} not ready after {limit}"
    return f"{late}: {join_some(last)}"


def _before(objections: Mapping[str, str]) -> str:
    last = [f"{name}: {shorten(each, 150)}" for name, each in objections.items()]
    return f"; before that, {join_some(last)}" if last else ""
