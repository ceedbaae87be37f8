"""Running: measure each check once, judge each of its rows, and report in pytest's terms."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from gatepost.declaring import Declared
from gatepost.errors import HistoryError, MeasurementError, Unavailable
from gatepost.history import History
from gatepost.hooks.ahead import Ahead, is_wanted
from gatepost.hooks.collecting import DECLARED
from gatepost.hooks.items import arguments_of, measured_as
from gatepost.hooks.turns import Turns
from gatepost.measuring import Measurement, judge, judge_error, judge_outage, measure
from gatepost.model import Level, Mode, Point, Result, Sample, Verdict
from gatepost.project import Project
from gatepost.readings import Reading, Readings
from gatepost.records import result_to_dict
from gatepost.targets.base import Target, TargetContext
from gatepost.targets.opened import OpenTargets
from gatepost.targets.outages import Outages
from gatepost.wording import shorten

if TYPE_CHECKING:
    from gatepost.config import TargetEntry

MEASURED = pytest.StashKey[tuple[Measurement | None, Verdict]]()

_LONGEST_TRACEBACK = 20_000


class Running:
    """Measures and judges in the process that runs the items: the only one, or a worker."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.targets: dict[str, str] = {}
        self._secrets = project.configuration.secrets
        self._witnesses: dict[str, str] = {}
        self._kept: tuple[str, Measurement] | None = None
        self._verdicts: dict[str, Verdict] = {}
        self._selected: list[Declared] = []
        self._store = History.open(project.history, read_only=True)
        self._ahead: Ahead | None = None
        self.readings = Readings(self._last_reading)

    def target_fixtures(self) -> ModuleType:
        """A plugin in which each configured target is a fixture of its own name."""
        outages = Outages(self.project.shared)
        memory = self.project.root / ".gatepost" / "scans"
        context = TargetContext(
            slot=self.project.slot,
            root=self.project.root,
            outages=outages,
            memory=None if self.project.mode is Mode.GATE else memory,
            readings=self.readings,
        )
        self._opened = OpenTargets(self.project.configuration.targets, context)
        module = ModuleType("gatepost_targets")
        for entry in self.project.configuration.targets.values():
            setattr(module, entry.name, self._fixture(entry))
        return module

    def verdicts_beside(self, item: pytest.Item) -> dict[str, Verdict]:
        """The verdicts on the item's group, itself left out; not judged yet is not evaluated."""
        own = item.stash[DECLARED].declaration
        unknown = Verdict(Level.INHIBITED, "not judged before this check")
        ids = [
            each.declaration.id
            for each in self._selected
            if (each.declaration.system, each.declaration.group) == (own.system, own.group)
        ]
        return {each: self._verdicts.get(each, unknown) for each in ids if each != own.id}

    def target_of(self, item: pytest.Item) -> str:
        """The name of the target that an item's argument `target` is to be; empty for none."""
        return item.stash[DECLARED].target if DECLARED in item.stash else ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Choose the check that carries a target's outage: one that says so or judges it."""
        self._selected = [item.stash[DECLARED] for item in session.items if DECLARED in item.stash]
        entries = self.project.configuration.targets
        # One that also takes what is absent is not measured, so it would witness nothing.
        measured = [
            each
            for each in self._selected
            if not any(entries[name].absent for name in each.declaration.targets)
        ]
        for declared in sorted(measured, key=_unsuited_as_witness):
            for target in declared.declaration.targets:
                self._witnesses.setdefault(target, declared.declaration.id)
        if is_wanted(session, self.project.ahead):
            turns = Turns(session.config, self.project.configuration.targets)
            units = [list(rows) for _, rows in groupby(session.items, measured_as)]
            self._ahead = Ahead(units, turns, self._opened, self._call, self.project.ahead)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Let nothing else be measured beside what is to be alone, its fixtures included."""
        if self._ahead:
            self._ahead.arrive(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> object | None:
        """Measure, judge, and end the item as its verdict demands."""
        declared = pyfuncitem.stash.get(DECLARED, None)
        if declared is None or inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        measurement = self._measure(pyfuncitem)
        verdict = self._judge(measurement, declared)
        pyfuncitem.stash[MEASURED] = (measurement, verdict)
        if verdict.level is Level.INHIBITED:
            pytest.skip(verdict.sentence)
        if verdict.level.fails:
            error = measurement.error
            if error is not None and not isinstance(error, MeasurementError):
                raise error
            pytest.fail(verdict.sentence, pytrace=False)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the result to the report, as plain data that reaches the controller."""
        report = yield
        declared = item.stash.get(DECLARED, None)
        if declared is None:
            return report
        if call.when == "call" or (call.when == "setup" and not report.passed):
            measurement, verdict = item.stash.get(MEASURED, (None, None))
            if measurement is not None:
                del item.stash[MEASURED]  # items live as long as the session, values must not
            if verdict is None:
                verdict = self._judge_setup(declared, call, report)
            verdict = _as_pytest_says(verdict, report)
            result = self._result(declared, verdict, measurement, call, report)
            self._verdicts[declared.declaration.id] = verdict
            report.gatepost = result_to_dict(result)  # type: ignore[attr-defined]
        return report

    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        """Let go of a measurement as soon as no row of its check is left."""
        if self._kept and (nextitem is None or measured_as(nextitem) != self._kept[0]):
            self._kept = None

    def pytest_unconfigure(self) -> None:
        """Let go of the history, and of targets that were opened for items that never ran."""
        self._store.close()
        for name in self._opened.names:
            with suppress(Exception):  # it concerns no check any more
                self._close(name)

    def _measure(self, item: pytest.Function) -> Measurement:
        key = measured_as(item)
        if self._kept and self._kept[0] == key:
            return self._kept[1]
        measurement = self._ahead.take(item) if self._ahead else None
        if measurement is None:
            measurement = self._call(item, arguments_of(item))
        self._kept = (key, measurement)
        return measurement

    def _call(self, item: pytest.Function, given: Mapping[str, Any]) -> Measurement:
        asks = [ask for row in item.stash[DECLARED].siblings for ask in row.asks]
        return measure(lambda: item.obj(**given), asks, self.project.slot)

    def _judge(self, measurement: Measurement, declared: Declared) -> Verdict:
        if isinstance(measurement.error, Unavailable):
            return self._judge_outage(measurement.error, declared)
        return judge(
            measurement,
            declared,
            self.project.slot,
            self.project.cadence,
            lambda slots: self._history(declared, slots),
        )

    def _judge_outage(self, outage: Unavailable, declared: Declared) -> Verdict:
        own = declared.declaration.id
        witness = self._witnesses.setdefault(outage.target, own)
        said = self._verdicts.get(witness)
        # One that was skipped, or ended before the target did, says nothing: then this one does.
        if said is not None and not (said.level.fails and said.cause == outage.target):
            witness = self._witnesses[outage.target] = own
        return judge_outage(outage, declared, is_witness=witness == own)

    def _judge_setup(
        self, declared: Declared, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> Verdict:
        """The verdict on an item whose function was never called, or left without a value."""
        raised = call.excinfo.value if call.excinfo else None
        if isinstance(raised, Unavailable):
            verdict = self._judge_outage(raised, declared)
            if verdict.level is Level.INHIBITED:
                report.outcome = "skipped"
                report.longrepr = (
                    str(declared.declaration.file),
                    declared.declaration.line,
                    verdict.sentence,
                )
            else:
                report.longrepr = self._secrets.mask(verdict.sentence)
            return verdict
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            return Verdict(Level.INHIBITED, shorten(reason.removeprefix("Skipped: ")) or "skipped")
        if isinstance(raised, pytest.fail.Exception):  # as good as an assert
            return judge_error(AssertionError(raised.msg), declared)
        if isinstance(raised, (Exception, SystemExit)):
            return judge_error(raised, declared)
        if report.failed:
            return Verdict(Level.ERROR, shorten(report.longreprtext))
        return Verdict(Level.OK, "passed")

    def _result(
        self,
        declared: Declared,
        verdict: Verdict,
        measurement: Measurement | None,
        call: pytest.CallInfo[None],
        report: pytest.TestReport,
    ) -> Result:
        mask = self._secrets.mask
        said = replace(
            verdict,
            sentence=mask(verdict.sentence),
            sample=_masked(verdict.sample, mask),
            how=mask(verdict.how),
        )
        is_traceback = verdict.level is Level.ERROR and report.failed
        traceback = report.longreprtext[-_LONGEST_TRACEBACK:] if is_traceback else ""
        if traceback == said.sentence:
            traceback = ""
        if measurement is None:
            started = datetime.fromtimestamp(call.start, UTC)
            return Result(declared.declaration, said, started, call.duration, traceback=traceback)
        return Result(
            check=declared.declaration,
            verdict=said,
            started=measurement.started,
            seconds=measurement.seconds,
            statements=tuple(map(mask, measurement.statements)),
            rows=measurement.rows,
            traceback=traceback,
        )

    def _history(self, declared: Declared, slots: int) -> tuple[Point, ...]:
        """The check's newest stored values; none where there is no history that can be read."""
        check_id, project = declared.declaration.id, self.project
        try:
            return self._store.points(
                check_id, schedule=project.schedule, before=project.slot, points=slots
            )
        except HistoryError:
            return ()  # the controller reads the same history and reports the error, once

    def _last_reading(self, key: str) -> Reading[str] | None:
        """What a target kept in the run before; none, as with values, where that is not known."""
        project = self.project
        try:
            return self._store.reading(key, schedule=project.schedule, before=project.slot)
        except HistoryError:
            return None

    def _close(self, name: str) -> None:
        in_use = self._ahead.stop() if self._ahead else ()
        self._opened.close(name, leave=name in in_use)

    def _fixture(self, entry: TargetEntry) -> Any:
        def target() -> Iterator[Target]:
            opened = self._opened.open(entry.name)
            self.targets[entry.name] = self._secrets.mask(opened.describe())
            yield opened
            self._close(entry.name)

        target.__doc__ = f"The {entry.kind} of [targets.{entry.name}] in gatepost.toml."
        return pytest.fixture(scope="session", name=entry.name)(target)


def _masked(sample: Sample | None, mask: Callable[[str], str]) -> Sample | None:
    if sample is None:
        return None
    return replace(sample, rows=tuple(tuple(map(mask, row)) for row in sample.rows))


def _unsuited_as_witness(declared: Declared) -> int:
    if declared.witness:
        return 0
    expectation = declared.expectation
    return 2 if expectation is None or expectation.judge_outage("") is None else 1


def _as_pytest_says(verdict: Verdict, report: pytest.TestReport) -> Verdict:
    """Follow pytest where it overrules the item: expected failures, and strict ones that pass."""
    if hasattr(report, "wasxfail") and report.skipped:
        reason = report.wasxfail or "expected to fail"
        return replace(
            verdict, level=Level.WARNING, sentence=f"known issue ({reason}): {verdict.sentence}"
        )
    if report.failed and not verdict.level.fails:
        return replace(verdict, level=Level.BREACH, sentence=shorten(report.longreprtext))
    return verdict
