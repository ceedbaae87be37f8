"""When an item is measured: ahead of its turn, in its turn, or in its turn with nothing beside it.

Ahead is only what depends on targets and parameters alone. Whatever pytest, a plugin or the author
has a hand in otherwise stays in its turn, and finds there what it would find without us.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gatepost.hooks.collecting import DECLARED, ROW


class Turn(Enum):
    """When an item is measured."""

    AHEAD = "before pytest comes to it, while others are measured"
    BESIDE = "when pytest comes to it; others may be measured meanwhile"
    ALONE = "when pytest comes to it, and nothing else meanwhile"


# Marks that decide whether, how often, how long or among which warnings an item is run.
_DECIDING = {"skip", "skipif", "xfail", "timeout", "flaky", "dependency", "filterwarnings"}
# What a check prints is shown with its item, and a debugger stops the thread that runs the items.
_TALKING = {"print", "breakpoint", "set_trace"}
# By these a conftest.py has a hand in every item.
_HOOKS = (
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_pyfunc_call",
    "pytest_fixture_setup",
)
# The plugin's own fixtures beside the targets'.
_OURS = {"target", "verdicts"}
_FIXTURE: type[Any] = type(pytest.fixture(lambda: None))
_PARAMETRIZE = inspect.signature(pytest.Metafunc.parametrize)


class Turns:
    """Tells when the items of a session are measured."""

    def __init__(self, config: pytest.Config, targets: Collection[str]) -> None:
        plugins = config.pluginmanager.get_plugins()
        others = _fixtures_in(each for each in plugins if not _is_ours(each))
        self._known = {*targets, *_OURS} - others
        self._by_module: dict[ModuleType, set[str]] = {}
        self._is_hooked = any(map(_is_conftest, _hooking(config)))

    def of(self, item: pytest.Item) -> Turn:
        """When the item is measured."""
        if self._is_hooked or DECLARED not in item.stash or not isinstance(item, pytest.Function):
            return Turn.ALONE
        if item.cls or inspect.iscoroutinefunction(item.obj) or _talks(item.function):
            return Turn.ALONE
        if any(mark.name in _DECIDING for mark in item.iter_markers()):
            return Turn.ALONE
        given = set(item.callspec.params) if hasattr(item, "callspec") else set()
        if not given <= _direct_parameters(item):
            return Turn.ALONE
        needed = set(item.fixturenames) - given
        if needed & _OURS and "request" not in inspect.signature(item.function).parameters:
            needed.remove("request")  # it is ours that take it
        if target := item.stash[DECLARED].target:
            needed.add(target)
        if not needed <= self._known_in(item.module):
            return Turn.ALONE
        if "verdicts" in needed:  # which are there when it is its turn
            return Turn.BESIDE if len(needed) == 1 else Turn.ALONE
        return Turn.AHEAD if needed else Turn.BESIDE

    def _known_in(self, module: ModuleType) -> set[str]:
        """The fixtures that are ours as seen from a module."""
        if module not in self._by_module:
            self._by_module[module] = self._known - _fixtures_in([module])
        return self._by_module[module]


def _direct_parameters(item: pytest.Function) -> set[str]:
    """The parameters whose values reach the function as they are written."""
    names = {ROW}
    for mark in item.iter_markers("parametrize"):
        said = _PARAMETRIZE.bind(None, *mark.args, **mark.kwargs).arguments
        if not said.get("indirect"):
            written = said["argnames"]
            names.update(re.split(r"[\s,]+", written) if isinstance(written, str) else written)
    return names


def _talks(function: Any) -> bool:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code is not None and not _TALKING.isdisjoint(code.co_names)


def _fixtures_in(holders: Iterable[object]) -> set[str]:
    """The names of the fixtures that plugins or modules define."""
    members = (value for each in holders for _, value in inspect.getmembers_static(each))
    return {value.name for value in members if isinstance(value, _FIXTURE)}


def _hooking(config: pytest.Config) -> Iterator[object]:
    for name in _HOOKS:
        for implementation in getattr(config.hook, name).get_hookimpls():
            yield implementation.plugin


def _is_ours(plugin: object) -> bool:
    return getattr(plugin, "__name__", "").startswith("gatepost")


def _is_conftest(plugin: object) -> bool:
    return Path(getattr(plugin, "__file__", None) or "").name == "conftest.py"
