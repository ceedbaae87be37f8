"""Measuring ahead: the coming checks are measured while pytest is at an earlier one.

Checks stay plain functions and items stay in pytest's order: when one is called, its measurement is
there or under way, and it is judged, reported and counted as ever. No more measurements than there
are threads are under way or wait to be judged, so that memory stays bounded.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from gatepost.hooks.collecting import DECLARED
from gatepost.hooks.threads import Task, Threads
from gatepost.hooks.turns import Turn, Turns
from gatepost.measuring import Measurement
from gatepost.targets.opened import OpenTargets

if TYPE_CHECKING:
    import pytest

_GRACE_SECONDS = 1.0


def is_wanted(session: pytest.Session, threads: int) -> bool:
    """Whether there is something to measure ahead, and nothing that follows or times the items."""
    options = session.config.option
    if not threads or options.usepdb or options.trace or _times_out(session.config):
        return False
    declared = (item.stash[DECLARED] for item in session.items if DECLARED in item.stash)
    return sum(bool(each.declaration.targets) for each in declared) > 1


def _times_out(config: pytest.Config) -> bool:
    """Whether every item has a time limit (pytest-timeout's), which ends an item but no thread.

    What hangs would keep its target, and the items behind it would run out of time as well.
    """
    try:
        limit = config.getoption("timeout", None) or config.getini("timeout")
    except ValueError:  # there is no such option
        return False
    return bool(limit) and float(limit) > 0


class Ahead:
    """The measurements of a session, in the order of its items.

    `units` are the items of each measurement; `measure` calls an item's
    function with what it is given.
    """

    def __init__(
        self,
        units: Sequence[Sequence[pytest.Item]],
        turns: Turns,
        opened: OpenTargets,
        measure: Callable[[pytest.Function, Mapping[str, Any]], Measurement],
        threads: int,
    ) -> None:
        self._units = units
        self._places = {item: place for place, unit in enumerate(units) for item in unit}
        self._turns = turns
        self._known_turns: dict[int, Turn] = {}
        self._opened = opened
        self._measure = measure
        self._most = threads
        self._threads = Threads(threads)
        self._coming: dict[int, Task] = {}
        self._next = 0
        self._in_use: frozenset[str] | None = None

    def arrive(self, item: pytest.Item) -> None:
        """Before an item is set up: where it is measured alone, see to it that it is."""
        if self._coming and self._turn(self._places[item]) is Turn.ALONE:
            self._leave_out(tuple(self._coming))

    def take(self, item: pytest.Item) -> Measurement | None:
        """Return an item's measurement; None where it is to be made now, in its turn.

        Raises what the check raised that is no error, such as pytest.skip().
        """
        place = self._places[item]
        if self._turn(place) is not Turn.AHEAD:
            return None
        self._leave_out([each for each in self._coming if each < place])
        self._look_ahead(place)
        # Whatever ends the waiting, such as Ctrl-C or a time-out: nobody will wait for it again.
        task = self._coming.pop(place, None)
        return task.ending.result() if task else None

    def stop(self) -> frozenset[str]:
        """Begin nothing more; tell which targets are in use for longer than can be waited for."""
        if self._in_use is None:
            self._in_use = self._threads.stop(_GRACE_SECONDS)
        return self._in_use

    def _look_ahead(self, place: int) -> None:
        """Begin what comes up to the next that is measured alone, unless there is only this one."""
        found = {} if place in self._coming else self._prepared(place)
        self._next = max(self._next, place + 1)
        while self._next < len(self._units) and len(self._coming) + len(found) < self._most:
            turn = self._turn(self._next)
            if turn is Turn.ALONE:
                break
            if turn is Turn.AHEAD:
                found |= self._prepared(self._next)
            self._next += 1
        if self._coming or len(found) > 1:
            self._coming |= found
            for task in found.values():
                self._threads.submit(task)

    def _prepared(self, place: int) -> dict[int, Task]:
        """The task of a measurement by its place; none where its targets cannot be opened."""
        item = cast("pytest.Function", self._units[place][0])  # or its turn would be another
        values = item.callspec.params if hasattr(item, "callspec") else {}
        taken = set(inspect.signature(item.obj).parameters).intersection(item.fixturenames)
        named = item.stash[DECLARED].target
        targets = {name: named if name == "target" else name for name in taken - set(values)}
        try:
            opened = {name: self._opened.open(name) for name in targets.values()}
        except Exception:  # its fixture will raise the same
            return {}
        given = {name: opened[targets[name]] if name in targets else values[name] for name in taken}
        exclusive = {name for name in opened if not getattr(opened[name], "concurrent", False)}
        call = partial(self._measure, item, given)
        return {place: Task(call, frozenset(opened), frozenset(exclusive))}

    def _turn(self, place: int) -> Turn:
        if place not in self._known_turns:
            turns = {self._turns.of(item) for item in self._units[place]}
            self._known_turns[place] = turns.pop() if len(turns) == 1 else Turn.ALONE
        return self._known_turns[place]

    def _leave_out(self, places: Iterable[int]) -> None:
        self._threads.withdraw([self._coming.pop(place) for place in places])
