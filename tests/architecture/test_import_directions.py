"""Which part of Gatepost may import which, as ARCHITECTURE.md draws it.

Read from the syntax tree, so that an import inside a function or under
TYPE_CHECKING counts as well: both are what a reader has to follow.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
PACKAGE = SOURCE / "gatepost"

# Records, words and pure functions that every part may use, and that use only each other.
SHARED = {
    "causes",
    "decision",
    "durations",
    "errors",
    "masking",
    "model",
    "readings",
    "records",
    "wording",
}

# What each part may import beyond itself and the shared modules. A part that is not named
# here (authoring, plugin, cli, and what they are made of) may import all of them.
MAY_IMPORT = {
    "expectations": {"tables"},  # judge what was measured: no I/O, no clock, no pytest
    "tables": set(),  # a schema to rules, to one statement, to rows
    "anomaly": set(),  # arithmetic over a history that it is given
    "alerting": {"history"},  # a state machine over what was observed
    "history": set(),  # stores what the run hands over
    "targets": {"tables", "config"},  # measure, and never judge
    "sinks": {"config"},  # lay out a finished run, and never reword or measure
}

# Files and folders that may import pytest, and why; the rest works and is tested without.
MAY_IMPORT_PYTEST = {
    "plugin.py": "translates the hooks",
    "hooks": "what the hooks do, once a project has a gatepost.toml",
    "authoring.py": "check(...) makes a mark",
    "cli.py": "some commands are a test run",
    "listing.py": "collects the checks by a run of pytest that executes none",
    "health/run.py": "answers for a system by a run of pytest that stores nothing",
    "explaining/run.py": "calls the checks by a run of pytest that sends nothing",
    "sinks/pytest_html.py": "adds columns through the hooks of pytest-html",
}

HEAVY = {
    "jinja2",
    "junitparser",
    "pandas",
    "pandera",
    "psutil",
    "pydantic",
    "requests",
    "sqlalchemy",
}


def modules() -> Iterator[Path]:
    return PACKAGE.rglob("*.py")


def imports_of(text: str, path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of every import in a module's text, wherever it stands."""
    package = (*path.relative_to(SOURCE).parts[:-1],)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            stem = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join((*stem, *filter(None, [node.module])))
            for alias in node.names:
                yield node.lineno, f"{origin}.{alias.name}"


def part_of(path: Path) -> str:
    """The package or single module directly below gatepost that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def objections(text: str, path: Path) -> Iterator[str]:
    """One line for each import of a module that the tables above do not allow."""
    part = part_of(path)
    where = path.relative_to(PACKAGE)
    knows_pytest = any(where.is_relative_to(place) for place in MAY_IMPORT_PYTEST)
    allowed = SHARED | {part} | MAY_IMPORT.get(part, set())
    limited = part in MAY_IMPORT or part in SHARED
    for line, name in imports_of(text, path):
        root, _, rest = name.partition(".")
        imported = rest.partition(".")[0]
        if root == "pytest" and not knows_pytest:
            yield f"{where}:{line} imports pytest"
        elif root == "_pytest":
            yield f"{where}:{line} imports {name}, which is not public"
        elif root == "gatepost" and imported == "plugin" and part != "plugin":
            yield f"{where}:{line} imports the plugin, which nothing may"
        elif root == "gatepost" and limited and imported not in allowed:
            yield f"{where}:{line} imports {name}; {part} may import {', '.join(sorted(allowed))}"


def test_every_import_goes_in_an_allowed_direction() -> None:
    """No module imports a part that its own part may not know of."""
    found = [line for path in modules() for line in objections(path.read_text("utf-8"), path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("expectations/limits.py", "from gatepost.targets.base import Target"),
        ("expectations/limits.py", "import pytest"),
        ("sinks/plugin.py", "import pytest"),
        ("expectations/limits.py", "def judge():\n    import gatepost.history"),
        ("expectations/limits.py", "if TYPE_CHECKING:\n    from gatepost.sinks import text"),
        ("sinks/page/view.py", "from ...expectations import limits"),
        ("sinks/slack.py", "from gatepost import targets"),
        ("targets/database.py", "from gatepost.expectations.limits import AtLeast"),
        ("model.py", "from gatepost.history import identity"),
        ("cli.py", "from gatepost.plugin import pytest_configure"),
        ("plugin.py", "from _pytest.terminal import TerminalReporter"),
    ],
)
def test_a_forbidden_import_is_found(path: str, text: str) -> None:
    """An import in the wrong direction is seen at any depth, relative or for types alone."""
    assert len(list(objections(text, PACKAGE / path))) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("expectations/limits.py", "from gatepost.model import Level"),
        ("expectations/limits.py", "from . import base"),
        ("expectations/limits.py", "import pandas as pd"),
        ("sinks/slack.py", "from gatepost.sinks.text import clean"),
        ("plugin.py", "import pytest"),
        ("hooks/running.py", "import pytest"),
        ("sinks/pytest_html.py", "import pytest"),
        ("cli.py", "from gatepost.targets.registry import open_target"),
    ],
)
def test_an_allowed_import_is_not_objected_to(path: str, text: str) -> None:
    """Shared modules, a part's own modules and foreign packages may be imported."""
    assert list(objections(text, PACKAGE / path)) == []


@pytest.mark.parametrize("module", ["gatepost", "gatepost.plugin", "gatepost.cli"])
def test_importing_gatepost_loads_nothing_heavy(module: str) -> None:
    """What is loaded wherever the plugin is installed takes none of the slow packages along."""
    program = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert HEAVY & set(loaded.stdout.split()) == set()
