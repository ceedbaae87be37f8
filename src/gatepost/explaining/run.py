"""A run of pytest in which checks are called for what they would send, and nothing is sent."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from itertools import zip_longest
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from gatepost.declaring import Declared
from gatepost.errors import Absent, MeasurementError, Unavailable
from gatepost.explaining.explanation import AFTER, Explanation, Planned, explain_value
from gatepost.hooks.collecting import DECLARED
from gatepost.hooks.items import arguments_of, measured_as
from gatepost.hooks.running import Running
from gatepost.listing import EVERY
from gatepost.project import Project
from gatepost.targets.base import TargetContext
from gatepost.targets.registry import WITH_TABLES, open_target
from gatepost.targets.statements import NotSent
from gatepost.wording import join_some, shorten

if TYPE_CHECKING:
    from gatepost.config import TargetEntry

_REPLACED = ("gatepost-running", "gatepost-targets", "gatepost-concluding")
"""What measures, reports and stores: none of it takes part."""


def explain(paths: Sequence[str], keyword: str = "") -> tuple[list[Explanation], int, str]:
    """Explain the checks at the paths or node ids, by default those of the folder `checks`.

    `keyword` selects among them as pytest's -k does. Returns the explanations
    in the order of the files; pytest's exit status where it is no success; and
    what pytest said then.
    """
    explaining, said = _Explaining(), io.StringIO()
    with redirect_stdout(said):
        status = pytest.main(
            [*EVERY, "-k", keyword, *(paths or ["checks"])],
            plugins=[explaining],
        )
    if status == pytest.ExitCode.TESTS_FAILED:  # fixtures that ended early, which are explained
        status = pytest.ExitCode.OK
    return explaining.explanations, int(status), said.getvalue().strip()


class _NotCalled(BaseException):
    """A call to a target that is no database, where a run only tells what it would call."""


class _Uncalled:
    """Stands for a target that measures by calls, and ends the check at the first of them."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, asked: str) -> Any:
        if asked.startswith("_"):
            raise AttributeError(asked)
        raise _NotCalled(f"{self._name}.{asked}")


class _Explaining:
    """A plugin that calls each check once, with targets that send nothing."""

    def __init__(self) -> None:
        self.explanations: list[Explanation] = []
        self._project: Project | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Take the place of what would measure and conclude."""
        plugins = config.pluginmanager
        running: Running | None = plugins.getplugin("gatepost-running")
        if running is None:
            raise pytest.UsageError(
                "there is no gatepost.toml here or above; run this in the project's folder"
            )
        self._project = running.project
        running.pytest_unconfigure()
        for name in _REPLACED:
            plugins.unregister(name=name)
        plugins.register(self._target_fixtures(running.project), "gatepost-targets")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> object | None:
        """Call the first item of each check that could send a statement."""
        if session.testsfailed:
            return None  # what could not be collected ends the run, as ever
        items = list(_one_of_each(session.items))
        called = [item for item in items if self._may_send(item.stash[DECLARED])]
        following = {id(one): next_ for one, next_ in zip_longest(called, called[1:])}
        for item in items:
            if id(item) in following:
                next_ = following[id(item)]
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=next_)
            else:
                self._add(self._uncalled(item))
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> object | None:
        """Call the check, and explain what it returns or would have sent."""
        project = self._project
        if project is None or DECLARED not in pyfuncitem.stash:
            return None
        declared, known = pyfuncitem.stash[DECLARED], _start(pyfuncitem)
        try:
            value = pyfuncitem.obj(**arguments_of(pyfuncitem))
            found = explain_value(known, value, declared.siblings, project.slot)
        except BaseException as raised:
            found = _explain_end(known, raised)
        self._add(found)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Explain a check whose fixtures did not come about."""
        if call.when == "setup" and call.excinfo is not None and DECLARED in item.stash:
            self._add(_explain_end(_start(item), call.excinfo.value, "a fixture"))

    def _add(self, found: Explanation) -> None:
        assert self._project is not None  # noqa: S101 - it is there as soon as checks are
        self.explanations.append(_mask(found, self._project.configuration.secrets.mask))

    def _may_send(self, declared: Declared) -> bool:
        assert self._project is not None  # noqa: S101 - it is there as soon as items are
        entries = self._project.configuration.targets
        return any(entries[name].kind in WITH_TABLES for name in declared.declaration.targets)

    def _uncalled(self, item: pytest.Item) -> Explanation:
        declared = item.stash[DECLARED]
        assert self._project is not None  # noqa: S101 - it is there as soon as items are
        entries = self._project.configuration.targets
        names = [f"{each} ({entries[each].kind})" for each in declared.declaration.targets]
        about = f"measures by calling {join_some(names)}" if names else "measures without a target"
        return replace(_start(item), about=f"{about}; not called")

    def _target_fixtures(self, project: Project) -> ModuleType:
        context = TargetContext(slot=project.slot, root=project.root, sends=False)
        module = ModuleType("gatepost_targets")
        for entry in project.configuration.targets.values():
            setattr(module, entry.name, self._fixture(entry, context))
        return module

    def _fixture(self, entry: TargetEntry, context: TargetContext) -> Any:
        def target() -> Iterator[object]:
            if entry.kind not in WITH_TABLES:
                yield _Uncalled(entry.name)
                return
            opened = open_target(entry, context)
            yield opened
            opened.close()

        return pytest.fixture(scope="session", name=entry.name)(target)


def _one_of_each(items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    """The first row of each measurement."""
    firsts = {measured_as(item): item for item in reversed(items) if DECLARED in item.stash}
    return reversed(firsts.values())


def _start(item: pytest.Item) -> Explanation:
    declared = item.stash[DECLARED]
    found = declared.declaration
    check_id = found.id
    if declared.expectation is not None and len(declared.siblings) > 1:
        label = declared.expectation.label
        check_id = check_id.removesuffix(f"[{label}]")
        if check_id == found.id:  # behind a parameter of the check's own
            check_id = check_id.removesuffix(f"-{label}]") + "]"
    return Explanation(check_id, found.file, found.line)


def _mask(found: Explanation, mask: Callable[[str], str]) -> Explanation:
    return replace(
        found,
        about=mask(found.about),
        rules=tuple(replace(each, why=mask(each.why)) for each in found.rules),
        statements=tuple(replace(each, text=mask(each.text)) for each in found.statements),
        error=mask(found.error),
    )


def _explain_end(known: Explanation, raised: BaseException, who: str = "the check") -> Explanation:
    """Explain what ended a check or its setup: a statement, a call, an error."""
    if isinstance(raised, NotSent):
        sent = Planned(f"{who} sends this itself", raised.text, raised.estimate)
        return replace(known, statements=(sent,), notes=(AFTER,))
    if isinstance(raised, _NotCalled):
        return replace(known, about=f"{who} calls {raised} itself; not called", notes=(AFTER,))
    if isinstance(raised, Absent):
        return replace(known, about=f"not measured: {raised}")
    if isinstance(raised, Unavailable):
        return replace(known, error=str(raised), outage=raised.target)
    if isinstance(raised, pytest.skip.Exception):
        return replace(known, about=f"skipped: {raised}")
    if isinstance(raised, MeasurementError):
        return replace(known, error=str(raised))
    if isinstance(raised, (Exception, pytest.fail.Exception)):
        return replace(known, error=f"{type(raised).__name__}: {shorten(str(raised))}")
    raise raised
