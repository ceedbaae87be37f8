"""From a function and what its marks say to a declaration: identity, owner, runbook, limits."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatepost.authoring import Said
from gatepost.errors import DeclarationError
from gatepost.model import Declaration, Limits, Severity
from gatepost.project import Project
from gatepost.wording import join_some, suggest

if TYPE_CHECKING:
    from gatepost.expectations.base import Expectation
    from gatepost.expectations.sustained import Sustained


@dataclass(frozen=True, slots=True)
class Declared:
    """A check as it runs: what is shown of it, and what judges it.

    `expectation` is None for a plain asserting test. `siblings` are all
    expectations of the same measurement, so that one scan answers them all.
    `target` is the name of what the function's argument of that name is to be;
    a `witness` carries the outages of its targets.
    """

    declaration: Declaration
    expectation: Expectation[Any] | None = None
    siblings: tuple[Expectation[Any], ...] = ()
    sustained: Sustained | None = None
    target: str = ""
    witness: bool = False


def expand(said: Said, name: str) -> tuple[Expectation[Any], ...]:
    """Every row that a check's expectations become.

    Raises DeclarationError when two of them would share an id.
    """
    rows = tuple(row for expectation in said.expectations for row in expectation.expand())
    labels = [row.label for row in rows]
    for label in labels:
        if labels.count(label) > 1:
            raise DeclarationError(
                f"{name}: two expectations are called {label!r}, so their rows would share an id; "
                "split the check into two functions, or use one expectation with both limits"
            )
    return rows


@dataclass(frozen=True, slots=True)
class Place:
    """Where a module stands: the system and group of its checks, and its path in the project."""

    system: str
    group: str
    file: str


@cache
def place_of(file: Path, project_root: Path, folders: tuple[Path, ...]) -> Place:
    """The place of a module.

    `checks/shop/check_orders.py` holds the group orders of the system shop; a
    module directly in a checks folder is a system of its own.
    """
    folder = next((each for each in folders if file.is_relative_to(each)), None)
    parts = list(file.relative_to(folder).parts) if folder else [file.parent.name, file.name]
    system, *between = [*parts[:-1], _bare(Path(parts[-1]).stem)]
    return Place(system, ".".join(between), _relative(file, project_root))


def declare(
    function: Callable[..., Any],
    *,
    said: Said,
    file: Path,
    line: int,
    nodeid: str,
    name: str,
    parameter: str,
    targets: frozenset[str],
    target: str,
    expectation: Expectation[Any] | None,
    rows: tuple[Expectation[Any], ...],
    project: Project,
) -> Declared:
    """Put together what is known of one row before it runs.

    `parameter` is what stands in the id's brackets, empty for none; `target` is
    one of the targets, or empty; `rows` are all expectations of the function, of
    which `expectation` is one. Raises
    DeclarationError when the function is async, or an override, the runbook or
    `sustained` cannot work.
    """
    from gatepost.expectations.sustained import parse_sustained

    if expectation and (
        inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
    ):
        # A plugin for async tests would run it and drop what it returns, unjudged.
        raise DeclarationError(
            "what an async function returns cannot be judged; make the check a plain function, "
            "with asyncio.run(...) around what has to be awaited"
        )
    place = place_of(file, project.root, project.checks)
    check_id = ".".join(filter(None, (place.system, place.group, _bare(name))))
    check_id += f"[{parameter}]" if parameter else ""
    sustained = None if said.sustained is None else parse_sustained(said.sustained)
    if sustained and not (expectation and expectation.counts_slots):
        judged = f"{expectation.label}()" if expectation else "a check without expectations"
        raise DeclarationError(
            f'sustained="{sustained}" has no effect on {judged}: it is for limits, for what judges '
            "a value by those before it, and for what is asked of tables, except fresh"
        )
    if sustained and project.cadence and not _returns_series(function):
        sustained.slots(project.cadence)
    override = project.configuration.limits.get(check_id)
    if override is not None:
        expectation = _overridden(check_id, expectation, dict(override))
    declaration = Declaration(
        id=check_id,
        system=place.system,
        group=place.group,
        nodeid=nodeid,
        file=place.file,
        line=line,
        expectation=str(expectation) if expectation else "",
        limits=expectation.limits if expectation else Limits(),
        unit=expectation.unit if expectation else "",
        severity=_severity(said, expectation),
        owner=said.owner,
        runbook=find_runbook(said.runbook, file, project.root),
        ticket=said.ticket,
        doc=inspect.cleandoc(function.__doc__ or ""),
        sustained=str(sustained) if sustained else "",
        targets=tuple(sorted(targets)),
        on_request=said.on_request,
    )
    return Declared(declaration, expectation, rows, sustained, target, said.witness)


def name_target(
    template: str,
    function: Callable[..., Any],
    parameters: Mapping[str, object],
    known: Collection[str],
) -> str:
    """The target that `check(target=...)` names for a row with such parameters; empty for none.

    Raises DeclarationError when the function takes no `target`, and for a
    parameter or a target that there is not.
    """
    if template and "target" not in inspect.signature(function).parameters:
        raise DeclarationError(
            f"check(target={template!r}) is for a function that takes an argument 'target'"
        )
    try:
        name = template.format(**parameters)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise DeclarationError(
            f"check(target={template!r}): its places in braces are to name parameters of the check"
            + (f", which are {join_some(parameters)}" if parameters else ", which has none")
        ) from None
    if name and name not in known:
        raise DeclarationError(
            f"check(target={template!r}): there is no [targets.{name}]; "
            f"{suggest('target', name, known)}"
        )
    return name


def _severity(said: Said, expectation: Expectation[Any] | None) -> Severity:
    """The row's own severity, that of its worst alert level, or the check's.

    What the author says beside the expectation holds for all that crosses no
    level; a default of the module or the class does not know of the levels.
    """
    if expectation is None:
        return said.severity
    of_levels = None if said.severity_beside else expectation.highest_severity
    return expectation.severity or of_levels or said.severity


def find_runbook(runbook: str, file: Path, root: Path) -> str:
    """The runbook as an URL, or as a path relative to the project.

    A bare name is a Markdown file in the folder `runbooks` beside the check.
    Raises DeclarationError when there is no such file.
    """
    if not runbook or "://" in runbook:
        return runbook
    beside = file.parent / "runbooks" / f"{runbook.removesuffix('.md')}.md"
    for candidate in (beside, root / runbook):
        if candidate.is_file():
            return _relative(candidate, root)
    raise DeclarationError(
        f"runbook {runbook!r}: there is no {_relative(beside, root)}; write it, or give an URL"
    )


def _overridden(
    check_id: str, expectation: Expectation[Any] | None, values: dict[str, Any]
) -> Expectation[Any]:
    if expectation is None:
        raise DeclarationError(
            f'gatepost.toml: limits."{check_id}": the check has no expectation, so no limits'
        )
    try:
        return expectation.override(values)
    except DeclarationError as error:
        raise DeclarationError(f'gatepost.toml: limits."{check_id}": {error}') from None


def _returns_series(function: Callable[..., Any]) -> bool:
    returned = getattr(function, "__annotations__", {}).get("return", "Series")
    return "Series" in str(returned)  # the text of a union names its members


def _relative(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()


def _bare(name: str) -> str:
    holder, dot, last = name.rpartition(".")
    return holder + dot + last.removeprefix("check_").removeprefix("test_")
