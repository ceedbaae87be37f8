"""Collects declarations without running anything, and lays them out for people and programs."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from typing import Any

import pytest

from gatepost.model import Declaration
from gatepost.records import declaration_to_dict

QUIET = ("-p", "no:cacheprovider", "-W", "ignore:Module already imported:pytest.PytestWarning")
"""Options of pytest within a command, which has imported what pytest would import itself."""

EVERY = ("--collect-only", "-q", "--gatepost-on-request", *QUIET)
"""Options of pytest to collect all checks and run none."""


class _Collector:
    """A plugin that keeps what a collection declared."""

    def __init__(self) -> None:
        self.declarations: list[Declaration] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        from gatepost.hooks.collecting import DECLARATIONS

        self.declarations = session.stash.get(DECLARATIONS, [])


def collect(paths: Sequence[str]) -> tuple[list[Declaration], int, str]:
    """Collect the checks below the paths, by default those of the folder `checks`.

    Returns the declarations, sorted by id; pytest's exit status where it is no
    success; and what pytest said then.
    """
    collector, said = _Collector(), io.StringIO()
    with redirect_stdout(said):
        status = pytest.main(
            [*EVERY, *(paths or ["checks"])],
            plugins=[collector],
        )
    declarations = sorted(collector.declarations, key=lambda each: each.id)
    return declarations, int(status), said.getvalue().strip()


def _expected(declaration: Declaration) -> str:
    expected = declaration.expectation or "passes"
    if declaration.sustained:
        expected += f", for {declaration.sustained}"
    return f"{expected} (on request)" if declaration.on_request else expected


def render_json(declarations: Iterable[Declaration]) -> str:
    """A JSON array with an object for each check; limits are numbers in the check's unit."""
    plain = [declaration_to_dict(declaration) for declaration in declarations]
    return json.dumps(plain, indent=2, ensure_ascii=False)


def render_table(declarations: Sequence[Declaration]) -> str:
    """A line for each check: severity, id, what is expected, owner."""
    rows: list[tuple[Any, ...]] = [
        (each.severity.value, each.id, each.owner or "-", _expected(each)) for each in declarations
    ]
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(3)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    ]
    return "\n".join(lines)
