"""Finds the kinds of targets: each module of this package that has `Settings` is one."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gatepost.errors import Absent, Unavailable

if TYPE_CHECKING:
    from gatepost.config import TargetEntry
    from gatepost.targets.base import Target, TargetContext, TargetSettings

WITH_TABLES = ("database", "files", "spark")
"""The kinds whose targets are a Database: they have tables, and can be asked without answering."""


@cache
def kinds() -> list[str]:
    """The names that `kind = "..."` accepts."""
    # Reading the text is what keeps a client library from being imported to learn a name.
    modules = Path(__file__).parent.glob("*.py")
    return sorted(file.stem for file in modules if "\nclass Settings(" in file.read_text("utf-8"))


def settings_of(kind: str) -> type[TargetSettings]:
    """The model of a kind's table in gatepost.toml."""
    return cast("type[TargetSettings]", import_module(f"gatepost.targets.{kind}").Settings)


def open_target(entry: TargetEntry, context: TargetContext) -> Target:
    """Make the target, without connecting.

    Raises Unavailable when an environment variable that it needs is not set, and
    Absent when the configuration says that there is none in this environment.
    """
    if entry.absent:
        raise Absent(entry.name, entry.absent)
    if entry.settings is None:
        raise Unavailable(entry.name, entry.unusable)
    module = import_module(f"gatepost.targets.{entry.kind}")
    return cast("Target", module.open_target(entry.name, entry.settings, context))
