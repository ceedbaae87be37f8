"""What an item that is a check is measured with, and together with which others."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from gatepost.hooks.collecting import DECLARED
from gatepost.hooks.rows import row_id

if TYPE_CHECKING:
    import pytest


def arguments_of(item: pytest.Function) -> dict[str, Any]:
    """The fixtures and parameters that an item's function itself takes."""
    if not item.funcargs:
        return {}
    wanted = inspect.signature(item.obj).parameters
    return {name: item.funcargs[name] for name in wanted if name in item.funcargs}


def measured_as(item: pytest.Item) -> str:
    """What the rows of one measurement have in common: the item's id without the row's label."""
    declared = item.stash.get(DECLARED, None)
    if declared is None or declared.expectation is None or len(declared.siblings) < 2:
        return item.nodeid
    return item.nodeid.removesuffix(f"{row_id(declared.expectation.label)}]")
