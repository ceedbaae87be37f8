"""Remembers which targets could not be reached, so that each is tried only once in a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gatepost.errors import Unavailable

T = TypeVar("T")


class Outages:
    """The unreachable targets of one run, shared with the run's other processes by a folder.

    Without a folder it serves one process. With one, the processes of a
    distributed run take turns at a target's first connection, and the first
    failure is everybody's.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[str, Unavailable] = {}
        self._reached: set[str] = set()

    def connect(self, target: str, attempt: Callable[[], T]) -> T:
        """Run `attempt` unless the target is known to be down.

        Raises Unavailable: the one that `attempt` raised, now or before.
        """
        if target in self._known:
            raise _again(self._known[target]) from None
        if target in self._reached or self._folder is None:
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
            made = attempt()
        except Unavailable as outage:
            self._known[target] = outage
            raise
        self._reached.add(target)
        return made


def _again(outage: Unavailable) -> Unavailable:
    """The same outage without the traceback that it gathered, and the frames that would keep."""
    return Unavailable(outage.target, outage.reason)
