"""Remembers which targets could not be reached, so that each is tried only once in a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import TypeVar

from gatepost.errors import Unavailable

T = TypeVar("T")


class Outages:
    """The unreachable targets of one run, shared with the run's other processes by a folder.

    Threads take turns at a target's first connection, and the first failure is
    everybody's; with a folder, so do the processes of a distributed run.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[str, Unavailable] = {}
        self._reached: set[str] = set()
        self._turns: dict[str, RLock] = {}

    def connect(self, target: str, attempt: Callable[[], T]) -> T:
        """Run `attempt` unless the target is known to be down.

        Raises Unavailable: the one that `attempt` raised, now or before.
        """
        if target in self._known:
            raise _again(self._known[target]) from None
        if target in self._reached:
            return self._try(target, attempt)
        with self._turns.setdefault(target, RLock()):
            if target not in self._known and target not in self._reached:
                return self._first(target, attempt)
        return self.connect(target, attempt)  # another thread was the first

    def _first(self, target: str, attempt: Callable[[], T]) -> T:
        if self._folder is None:
            return self._try(target, attempt)
        from filelock import FileLock

        note = self._folder / f"{target}.down"
        with FileLock(self._folder / f"{target}.lock"):
            if note.exists():
                self._known[target] = Unavailable(target, note.read_text(encoding="utf-8"))
                raise _again(self._known[target]) from None
            try:
                return self._try(target, attempt)
            except Unavailable as outage:
                note.write_text(outage.reason, encoding="utf-8", errors="replace")
                raise

    def _try(self, target: str, attempt: Callable[[], T]) -> T:
        try:
            return attempt()
        except Unavailable as outage:
            self._known[target] = outage
            raise
        finally:
            if target not in self._known:  # one that refuses or is slow is there
                self._reached.add(target)


def _again(outage: Unavailable) -> Unavailable:
    """The same outage without the traceback that it gathered, and the frames that would keep."""
    return Unavailable(outage.target, outage.reason)
