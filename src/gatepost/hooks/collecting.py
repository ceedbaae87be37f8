"""Collection: which functions are checks, and which rows each of them becomes."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Generator
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from gatepost.authoring import Said, read_marks
from gatepost.declaring import Declared, declare, expand, name_target
from gatepost.errors import DeclarationError
from gatepost.hooks.rows import labels_of, parameter_of, row_id
from gatepost.model import Declaration, Problem
from gatepost.project import Project

if TYPE_CHECKING:
    from gatepost.expectations.base import Expectation

DECLARATIONS = pytest.StashKey[list[Declaration]]()
"""On the session after collection: the declaration of every selected check."""

DECLARED = pytest.StashKey[Declared]()
"""On an item that is a check: what is known of it before it runs."""

ROW = "gatepost_row"


class Collecting:
    """Finds checks and declares them; a wrong declaration is an error of its module."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.expected = 0
        self.deselected = 0
        self.problems: list[Problem] = []
        self._nodes: dict[str, str] = {}
        self._marks: list[pytest.Mark] = []
        self._said = Said()
        self._rows: tuple[Expectation[Any], ...] = ()

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Import the checks, and pandas and pandera with them, without a search for garbage."""
        gc.disable()
        try:
            return (yield)
        finally:
            gc.enable()

    @pytest.hookimpl(wrapper=True)
    def pytest_pycollect_makeitem(
        self, collector: pytest.Module | pytest.Class, name: str, obj: object
    ) -> Generator[None, Any, Any]:
        """Declare what is collected; leave alone what only looks like a check."""
        try:
            collected = yield
            if self._only_looks_like_one(collector.path, name, obj):
                return []
            if collected is None and inspect.isclass(obj):
                self._refuse_uncollected(collector.path, obj)
            for item in collected if isinstance(collected, list) else []:
                if isinstance(item, pytest.Function) and self._is_check(item):
                    item.stash[DECLARED] = self._declare(item)
        except DeclarationError as error:
            raise collector.CollectError(f"{name}: {error}") from None
        return collected

    @pytest.hookimpl(trylast=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make a row of each expectation, and of each rule that one expands into."""
        marks = list(metafunc.definition.iter_markers("check"))
        if not marks:
            return
        own = [mark for mark in metafunc.definition.own_markers if mark.name == "check"]
        if sum(bool(mark.args) for mark in own) > 1:
            raise DeclarationError("two @check(...) on one function; put the expectations into one")
        said, rows = self._read(metafunc.definition)
        if labels := labels_of(said.expectations, rows):
            metafunc.fixturenames.append(ROW)
            metafunc.parametrize(ROW, rows, ids=[row_id(label) for label in labels])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be collected: nobody knows which checks it holds."""
        if report.failed:
            lines = report.longreprtext.strip().splitlines() or ["no reason is given"]
            reason = lines[-1].removeprefix("E ").strip()
            self.problems.append(Problem("collection", f"{report.nodeid}: {reason}", blocks=True))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what runs on request only, unless this run was asked for it."""
        if config.getoption("--gatepost-on-request"):
            return
        left_out = [item for item in items if _is_on_request(item)]
        if left_out:
            items[:] = [item for item in items if not _is_on_request(item)]
            config.hook.pytest_deselected(items=left_out)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Count the checks that were left out by -k, -m or --lf."""
        self.deselected += sum(DECLARED in item.stash for item in items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what will run, and which overrides in the configuration matched nothing."""
        # Items and declarations live as long as the session: walking them again and again
        # is what the garbage collector would spend most of a large run on.
        gc.freeze()
        declared = [item.stash[DECLARED] for item in session.items if DECLARED in item.stash]
        self.expected = len(declared)
        session.stash[DECLARATIONS] = [each.declaration for each in declared]
        if self._everything_was_asked_for(session.config):
            for check_id in self.project.configuration.limits:
                if check_id not in self._nodes:
                    self.problems.append(_unmatched(check_id, list(self._nodes)))

    def _declare(self, item: pytest.Function) -> Declared:
        said, rows = self._read(item)
        expectation = _row_of(item)
        label = expectation.label if expectation else ""
        if expectation is None and rows:
            expectation = _only(rows)
        parameter = parameter_of(item.name, label)
        name = _name(item)
        configured = self.project.configuration.targets
        target = name_target(said.target, item.function, _parameters(item), configured)
        targets = frozenset(item.fixturenames) & configured.keys() | ({target} - {""})
        declared = declare(
            item.function,
            said=said,
            file=item.path,
            line=item.location[1] + 1 if item.location[1] is not None else 1,
            nodeid=item.nodeid,
            name=name,
            parameter="-".join(filter(None, (parameter, label))),
            targets=targets,
            target=target,
            expectation=expectation,
            rows=rows,
            project=self.project,
        )
        check_id = declared.declaration.id
        other = self._nodes.setdefault(check_id, item.nodeid)
        if other != item.nodeid:
            raise DeclarationError(f"the id {check_id} is taken by {other}; rename one of them")
        return declared

    def _read(self, node: pytest.Item) -> tuple[Said, tuple[Expectation[Any], ...]]:
        """What a node's marks say, and the rows of its function; read once for all its rows."""
        marks = _marks(node)
        if marks != self._marks:
            said = read_marks(marks)
            self._marks, self._said, self._rows = marks, said, expand(said, node.name)
        return self._said, self._rows

    def _refuse_uncollected(self, file: Path, holder: type) -> None:
        """A class that pytest does not collect must not hide the checks in it."""
        members = vars(holder).values()
        marks = [mark for member in members for mark in getattr(member, "pytestmark", [])]
        if self.project.holds(file) and any(mark.name == "check" for mark in marks):
            raise DeclarationError(
                "the class holds checks, but pytest collects only classes whose names begin "
                "with Test; rename it, or write functions"
            )

    def _is_check(self, item: pytest.Function) -> bool:
        return self.project.holds(item.path) or item.get_closest_marker("check") is not None

    def _only_looks_like_one(self, file: Path, name: str, obj: object) -> bool:
        """Whether a check_... outside the folders is a helper, or a check that a test imports."""
        if not (name.startswith("check_") and inspect.isfunction(obj)) or self.project.holds(file):
            return False
        is_marked = any(mark.name == "check" for mark in getattr(obj, "pytestmark", []))
        return not is_marked or Path(obj.__code__.co_filename) != file

    def _everything_was_asked_for(self, config: pytest.Config) -> bool:
        asked = [Path(config.invocation_params.dir, arg) for arg in config.args if "::" not in arg]
        folders = [folder for folder in self.project.checks if folder.is_dir()]
        return all(any(folder.is_relative_to(arg) for arg in asked) for folder in folders)


def _is_on_request(item: pytest.Item) -> bool:
    return DECLARED in item.stash and item.stash[DECLARED].declaration.on_request


def _marks(node: pytest.Item) -> list[pytest.Mark]:
    """The check marks of a node and all around it, outermost first."""
    by_node: dict[Any, list[pytest.Mark]] = {}
    for holder, mark in node.iter_markers_with_node("check"):
        by_node.setdefault(holder, []).append(mark)
    return [mark for marks in reversed(by_node.values()) for mark in marks]


def _row_of(item: pytest.Function) -> Expectation[Any] | None:
    """The row that `pytest_generate_tests` made the item for; its id alone would not always say."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return cast("Expectation[Any] | None", parameters.get(ROW))


def _parameters(item: pytest.Function) -> dict[str, object]:
    """The parameters that the author gave the item."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return {name: value for name, value in parameters.items() if name != ROW}


def _only(rows: tuple[Any, ...]) -> Any:
    if len(rows) > 1:
        raise DeclarationError(
            "pytest.param(marks=check(...)) takes one expectation that is one row; "
            "put several on the function itself"
        )
    return rows[0]


def _name(item: pytest.Function) -> str:
    name = item.originalname
    return f"{item.cls.__name__}.{name}" if item.cls else name


def _unmatched(check_id: str, known: list[str]) -> Problem:
    near = get_close_matches(check_id, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return Problem("gatepost.toml", f'limits."{check_id}" matches no check{hint}', blocks=True)
