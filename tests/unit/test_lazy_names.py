"""The names of the package: all there, loaded when used, and light until then."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gatepost

HEAVY = (
    "jinja2",
    "junitparser",
    "pandas",
    "pandera",
    "psutil",
    "pydantic",
    "requests",
    "sqlalchemy",
)


@pytest.mark.parametrize("name", gatepost.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """It can be imported, stays the same, and is from the package itself."""
    value = getattr(gatepost, name)
    assert value is getattr(gatepost, name)
    assert value is vars(gatepost)[name]
    assert value.__module__.startswith("gatepost.")
    assert value.__name__ == name


def test_type_checkers_see_the_same_names() -> None:
    """What stands under TYPE_CHECKING comes from the same modules as at run time."""
    tree = ast.parse(Path(gatepost.__file__).read_text(encoding="utf-8"))
    typed = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }
    assert sorted(typed) == gatepost.__all__
    lazy = {name: f"gatepost.{home}" for name, home in gatepost._HOME_OF.items()}
    assert typed == lazy


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As for any module, so that hasattr and import say what they should."""
    with pytest.raises(AttributeError, match="module 'gatepost' has no attribute 'at_last'"):
        gatepost.at_last  # noqa: B018 - the access is what is tested
    with pytest.raises(ImportError, match="cannot import name 'at_last'"):
        exec("from gatepost import at_last")  # noqa: S102 - an import that a linter would refuse


def test_importing_the_package_loads_nothing_heavy() -> None:
    """Nor do the names that every check module uses."""
    script = (
        "import sys, gatepost\n"
        "assert not [name for name in sys.modules if name.startswith('gatepost.')]\n"
        "from gatepost import at_least, check, fresh_within, share_of_mean\n"
        f"print(sorted(set({HEAVY}) & set(sys.modules)))\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert printed == "[]\n"
