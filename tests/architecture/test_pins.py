"""Whether constraints.txt pins everything, so that an install today is an install in a year."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def brought_along(wanted: Iterable[str]) -> set[str]:
    """Canonical names of the installed packages that requirements pull in, themselves included."""
    todo = [Requirement(text) for text in wanted]
    names: set[str] = set()
    done: set[str] = set()
    while todo:
        requirement = todo.pop()
        if str(requirement) in done:
            continue
        done.add(str(requirement))
        try:
            further = requires(requirement.name) or []
        except PackageNotFoundError:
            continue  # for another platform
        names.add(canonicalize_name(requirement.name))
        for text in further:
            child = Requirement(text)
            extras = requirement.extras or {""}
            if not child.marker or any(child.marker.evaluate({"extra": name}) for name in extras):
                todo.append(child)
    return names


def test_every_package_that_is_brought_along_is_pinned() -> None:
    """Direct and transitive requirements of the package and its groups stand in constraints.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(
            text
            for group in project["dependency-groups"].values()
            for text in group
            if isinstance(text, str)
        ),
    ]
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line}
    needed = brought_along(wanted)
    assert len(needed) > 40
    assert needed - pinned == set()


def test_pins_are_exact_and_name_no_index() -> None:
    """Each line of constraints.txt is a comment or one package at one version."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    for line in lines:
        if not line.startswith("#"):
            (specifier,) = Requirement(line).specifier
            assert specifier.operator == "==", line
            assert "*" not in specifier.version, line
