"""What holds for every file of the project, whatever is in it."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "src").rglob("*.py"))
LONGEST = 400

# Folders of somebody's machine, and the hosts and mirrors that packages come from there. A
# public page may be linked; what installs anything goes by a package's name alone.
PLACES = re.compile(
    r"(?<![\w.])/(?:root|work|Users|opt/(?:wheels|pypi))/"
    r"|(?:pythonhosted|npmjs)\.org|pypi\.org/simple|deb\.debian\.org|(?:extra-)?index-url"
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_short_and_says_what_it_is_for(path: Path) -> None:
    """Each module opens with a docstring and can be read in one sitting."""
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)), "the module has no docstring"
    assert text.count("\n") <= LONGEST


def test_no_file_names_a_place_of_one_machine() -> None:
    """A checkout works anywhere: no tracked text names a private folder or a package host."""
    # In a container the checkout often belongs to somebody else, which git objects to.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    found = []
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        if path == Path(__file__) or not path.is_file():
            continue
        lines = path.read_text("utf-8", errors="replace").splitlines()
        found += [f"{name}:{at}: {line}" for at, line in enumerate(lines, 1) if PLACES.search(line)]
    assert not found, "\n".join(found)
