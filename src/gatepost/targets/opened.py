"""The targets of one run, each opened once, by whoever needs it first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gatepost.targets.base import Target, TargetContext
from gatepost.targets.registry import open_target

if TYPE_CHECKING:
    from gatepost.config import TargetEntry


class OpenTargets:
    """The configured targets by name. Only one thread opens and closes them."""

    def __init__(self, entries: Mapping[str, TargetEntry], context: TargetContext) -> None:
        self._entries = entries
        self._context = context
        self._opened: dict[str, Target] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Those that are open."""
        return tuple(self._opened)

    def open(self, name: str) -> Target:
        """Return the target, without connecting. Raises what `open_target` raises."""
        if name not in self._opened:
            self._opened[name] = open_target(self._entries[name], self._context)
        return self._opened[name]

    def close(self, name: str, *, leave: bool = False) -> None:
        """Release the connections of a target that is open.

        `leave` one that another thread still uses to the end of the process,
        since closing it would have to wait.
        """
        target = self._opened.pop(name, None)
        if target is not None and not leave:
            target.close()
