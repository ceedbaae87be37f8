"""Concluding: gather the results in the controlling process, finish the run, and say so."""

from __future__ import annotations

import gc
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gatepost.finishing import Collected, Finished, finish
from gatepost.hooks.collecting import Collecting
from gatepost.hooks.running import Running
from gatepost.model import Level, Problem, Result
from gatepost.options import hand_down
from gatepost.project import Project
from gatepost.records import result_from_dict

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

_STATUS = {
    # category (a key of pytest's own statistics), letter, word, colours
    Level.BREACH: ("alert", "A", "ALERT", {"red": True}),
    Level.NO_DATA: ("no data", "N", "NO DATA", {"red": True}),
    Level.ERROR: ("error", "E", "ERROR", {"red": True}),
    Level.WARNING: ("warning", "w", "WARNING", {"yellow": True}),
    Level.INHIBITED: ("inhibited", "i", "INHIBITED", {"yellow": True}),
    Level.LEARNING: ("learning", "l", "LEARNING", {"cyan": True}),
}


@dataclass(slots=True)
class Heard:
    """What the controller has heard of the run so far, from itself or from its workers."""

    results: dict[str, Result] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)
    readings: dict[str, str] = field(default_factory=dict)
    expected: int = 0
    deselected: int = 0
    found: int = 0
    interrupted: str = ""

    @property
    def collected(self) -> Collected:
        """How much there was to do, and what kept it from being done."""
        uncollected = sum(problem.source == "collection" for problem in self.problems)
        # What workers found only counts where all of them ended without another word.
        expected = self.expected or self.found
        return Collected(expected, self.deselected, uncollected, self.interrupted)

    def add_problem(self, source: str, message: str, blocks: bool = False) -> None:
        """Note a problem, once."""
        problem = Problem(source, message, blocks)
        if problem not in self.problems:
            self.problems.append(problem)


class Concluding:
    """Finishes the run in the process that controls it."""

    def __init__(
        self, config: pytest.Config, project: Project, collecting: Collecting, running: Running
    ) -> None:
        self.config = config
        self.project = project
        self.finished: Finished | None = None
        self._collecting = collecting
        self._running = running
        self._heard = Heard()
        self._shared: Path | None = None
        self._failure = ""

    def pytest_report_teststatus(self, report: pytest.TestReport) -> Any:
        """Give each level its own category, so that a warning is counted as one."""
        plain = getattr(report, "gatepost", None)
        if plain is None:
            return None
        level = Level(plain["verdict"]["level"])
        if level is Level.OK or hasattr(report, "wasxfail"):
            return None
        if level is Level.BREACH and plain["check"]["expectation"] == "":
            return None  # an assertion of a plain test: pytest shows it better
        category, letter, word, colours = _STATUS[level]
        return category, letter, (word, colours)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result; a failing teardown is a problem beside it."""
        if plain := getattr(report, "gatepost", None):
            result = self._heard.results[report.nodeid] = result_from_dict(plain)
            # pytest keeps every report; pytest-html reads them when an item has been torn down.
            if result.level is Level.OK and not self.config.getoption("htmlpath", None):
                del report.gatepost
        elif report.failed and report.when == "teardown" and report.nodeid in self._heard.results:
            self._heard.add_problem("teardown", f"{report.nodeid}: {_last_line(report)}")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that the run is a part only; errors of collection come here as well."""
        if not isinstance(excinfo.value, pytest.Session.Interrupted):
            self._heard.interrupted = "interrupted"

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Hand the run's identity down to a worker."""
        if self._shared is None:
            self._shared = Path(tempfile.mkdtemp(prefix="gatepost-"))
        node.workerinput["gatepost"] = hand_down(self.project, self._shared)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Count what a worker found: one that is interrupted or dies says nothing more."""
        root = self.config.rootpath
        found = sum(self.project.holds(root / each.partition("::")[0]) for each in ids)
        self._heard.found = max(self._heard.found, found)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController) -> None:
        """Take from a worker what it knows of the whole run; every worker collects the same."""
        said = getattr(node, "workeroutput", {}).get("gatepost")
        if said:
            self._hear(said)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str) -> None:
        """A worker died: the check that it ran has no result."""
        self._heard.add_problem("worker", f"a worker process died while it ran {crashitem}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep a file's checks on one worker unless told otherwise: they share measurements."""
        if config.getoption("dist") != "load":
            return None
        from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

        return LoadFileScheduling(config, log)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Finish the run; whatever goes wrong here must not take pytest's own summary with it."""
        self._hear(worker_output(self._collecting, self._running))
        heard = self._heard
        if stopped := session.shouldfail or session.shouldstop:
            heard.interrupted = heard.interrupted or str(stopped)
        nothing = not (heard.collected.expected or heard.results or heard.problems)
        if self.config.option.collectonly or nothing:
            return
        gc.freeze()  # results stay to the end as well
        try:
            self.finished = finish(
                self.project,
                tuple(heard.results.values()),
                heard.collected,
                heard.problems,
                heard.targets,
                heard.readings,
            )
        except Exception as error:
            self._failure = self._explain("the run could not be finished", error)
        else:
            self._enrich_junit(self.finished)
        bad = self.finished is None or self.finished.fails
        if bad and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write our own summary: a row per check that is not ok, and where the report is."""
        if self._failure:
            terminalreporter.write_line(f"gatepost: {self._failure}", red=True)
        if self.finished is None:
            return
        from gatepost.sinks.terminal import summary_lines

        terminalreporter.write_sep("=", "gatepost")
        for line in summary_lines(
            self.finished.run,
            width=self.config.get_terminal_writer().fullwidth,
            verbose=self.config.get_verbosity() > 0,
            links=self._links(),
        ):
            terminalreporter.write_line(line.text, **line.markup)

    def pytest_unconfigure(self) -> None:
        """Remove what the workers shared."""
        if self._shared is not None:
            shutil.rmtree(self._shared, ignore_errors=True)

    def _hear(self, said: Mapping[str, Any]) -> None:
        heard = self._heard
        heard.expected = max(heard.expected, said["expected"])
        heard.deselected = max(heard.deselected, said["deselected"])
        heard.targets.update(said["targets"])
        heard.readings.update(said["readings"])
        for problem in said["problems"]:
            heard.add_problem(*problem)

    def _links(self) -> dict[str, str]:
        page = self.project.reports / "index.html"
        problems = self.finished.run.problems if self.finished else ()
        if not page.is_file() or any(each.source == page.name for each in problems):
            return {}  # what may lie there is of an earlier run
        return {"report": _short(page)}

    def _enrich_junit(self, finished: Finished) -> None:
        path = self.config.getoption("xmlpath", None)
        if path and Path(path).is_file():
            from gatepost.sinks import junit

            prefix = self.config.getoption("junitprefix", None) or ""
            try:
                junit.enrich(Path(path), finished.run, prefix=prefix)
            except Exception as error:  # a sink like the others, only later
                self._failure = self._explain(f"{path} has no verdicts", error)

    def _explain(self, what: str, error: Exception) -> str:
        said = f"{what}: {type(error).__name__}: {error}"
        return self.project.configuration.secrets.mask(said)


def worker_output(collecting: Collecting, running: Running) -> dict[str, Any]:
    """What the process that ran the items knows of the whole run, as plain data."""
    problems = [
        *collecting.problems,
        *(Problem("readings", message) for message in running.readings.problems),
    ]
    return {
        "expected": collecting.expected,
        "deselected": collecting.deselected,
        "problems": [[each.source, each.message, each.blocks] for each in problems],
        "targets": dict(running.targets),
        "readings": dict(running.readings.kept),
    }


class Worker:
    """Hands over to the controller what the results themselves do not say."""

    def __init__(self, config: pytest.Config, collecting: Collecting, running: Running) -> None:
        self._config = config
        self._collecting = collecting
        self._running = running

    def pytest_sessionfinish(self) -> None:
        """Leave the words where xdist picks them up."""
        output: dict[str, Any] = self._config.workeroutput  # type: ignore[attr-defined]
        output["gatepost"] = worker_output(self._collecting, self._running)


def _short(path: Path) -> str:
    """The path as people can paste it: relative to where they are, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _last_line(report: pytest.TestReport) -> str:
    return next(iter(report.longreprtext.strip().splitlines()[-1:]), "")
