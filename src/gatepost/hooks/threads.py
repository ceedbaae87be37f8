"""A few threads that measure the coming checks while pytest is at an earlier one.

They take their tasks in order, as far as the targets allow, and do not keep the process alive.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field

from gatepost.measuring import Measurement


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A measurement to be made, the targets it uses, and those of them that it needs to itself."""

    call: Callable[[], Measurement]
    targets: frozenset[str]
    exclusive: frozenset[str]
    ending: Future[Measurement] = field(default_factory=Future)

    def run(self) -> None:
        """Call it; whatever it raises, pytest.skip() included, is raised where it is awaited."""
        try:
            self.ending.set_result(self.call())
        except BaseException as error:
            self.ending.set_exception(error)


class Threads:
    """At most so many tasks run at once, and of those that need a target to themselves, one."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._waiting: list[Task] = []
        self._running: list[Task] = []
        self._started = 0
        self._stopped = False
        self._changed = threading.Condition()

    def submit(self, task: Task) -> None:
        """Run a task as soon as there is a thread for it and its targets are free."""
        with self._changed:
            self._waiting.append(task)
            self._changed.notify()
            if self._started < self.most:
                self._started += 1
                name = f"gatepost-ahead-{self._started}"
                threading.Thread(target=self._work, name=name, daemon=True).start()

    def withdraw(self, tasks: Iterable[Task]) -> None:
        """Begin none of these tasks any more, and wait for those that were begun."""
        tasks = list(tasks)
        with self._changed:
            begun = [task.ending for task in tasks if task not in self._waiting]
            self._waiting = [task for task in self._waiting if task not in tasks]
        wait(begun)

    def stop(self, seconds: float) -> frozenset[str]:
        """Begin nothing more, and wait so long for what runs; the targets still in use then."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()
            running = [task.ending for task in self._running]
        wait(running, seconds)
        used = [task.targets for task in tuple(self._running) if not task.ending.done()]
        return frozenset().union(*used)

    def _work(self) -> None:
        while task := self._begin():
            task.run()
            self._end(task)
            task = None  # or what it measured would stay until there is another one

    def _begin(self) -> Task | None:
        with self._changed:
            while not self._stopped:
                for task in self._waiting:
                    if all(task.exclusive.isdisjoint(other.exclusive) for other in self._running):
                        self._waiting.remove(task)
                        self._running.append(task)
                        return task
                self._changed.wait()
        return None

    def _end(self, task: Task) -> None:
        with self._changed:
            self._running.remove(task)
            if task.exclusive:
                self._changed.notify_all()
