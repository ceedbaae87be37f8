"""JUnit XML: written from the run alone, or laid over the file that pytest writes itself.

A failure means that the data or the service is bad, an error that it could not
be measured, skipped that it was not evaluated. The verdict's sentence is both
the message and the first line of the text, since most readers show only one of
the two and ignore properties. The files are valid for Jenkins' junit-10 schema,
which pytest calls xunit2, unless properties are asked for.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from gatepost.decision import Word, decide
from gatepost.model import Level, Result, Run
from gatepost.sinks.files import replace_file
from gatepost.sinks.text import clean_text, one_line, standing

if TYPE_CHECKING:
    from junitparser import Error, Failure, JUnitXml, Skipped, TestCase
    from junitparser.xunit2 import TestSuite

    Outcome: TypeAlias = Failure | Error | Skipped

_EXAMPLES = 5
_OWN_SUITE = "gatepost"


def publish(run: Run, path: Path, *, properties: bool = False) -> None:
    """Write one suite per system; raises OSError when the file cannot be written.

    What is wrong with the run itself (partial, nothing evaluated, a blocking
    problem) is an error in a suite of its own, so that no file looks green over it.
    `properties` adds severity, owner, value, limits and links to each test case;
    Jenkins' xunit plugin rejects a file that has them there.
    """
    from junitparser.xunit2 import JUnitXml

    xml = JUnitXml(name="gatepost")
    for suite in _suites(run, properties):
        xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]
    xml.time = round(run.seconds, 3)
    _write(xml, path)


def enrich(path: Path, run: Run, *, prefix: str = "") -> None:
    """Lay the verdicts over the file that pytest's own `--junitxml` wrote, family xunit1 or xunit2.

    A check that could not be measured or gave no data becomes an error, one that
    was not evaluated is skipped, a warning is put in its output; each starts with
    its sentence, and what pytest had written follows. All other test cases stay
    as they are, and what is wrong with the run itself is added. `prefix` is the
    value of `--junitprefix`. Raises OSError, and xml.etree.ElementTree.ParseError
    for a file that is no XML.
    """
    from junitparser.xunit2 import JUnitXml

    xml = JUnitXml.fromfile(str(path))
    waiting = {_address(result.check.nodeid, prefix): result for result in run.results}
    for suite in xml:
        for case in suite:
            # Once only: a second case of the same name is the error of its teardown.
            if result := waiting.pop((case.classname, case.name), None):
                _overlay(case, result, run)
        wall, tests = suite.time, suite.tests
        suite.update_statistics()  # type: ignore[no-untyped-call]
        suite.time, suite.tests = wall, tests
    for suite in _own_suite(run):
        xml.add_testsuite(suite)
    _write(xml, path)


def _suites(run: Run, properties: bool) -> list[TestSuite]:
    systems: dict[str, list[TestCase]] = {}
    for result in run.worst_first:
        systems.setdefault(result.check.system, []).append(_case(result, run, properties))
    suites = [_suite(name, run, cases) for name, cases in sorted(systems.items())]
    return [*_own_suite(run), *suites]


def _own_suite(run: Run) -> list[TestSuite]:
    from junitparser import Error, TestCase

    decision = decide(run)
    failing = any(result.level.fails for result in run.results)
    unsound = bool(run.partial) or any(problem.blocks for problem in run.problems)
    lacking = unsound or (decision.word is Word.BLOCK and not failing)
    if not lacking and not run.problems:
        return []
    case = TestCase("run", _OWN_SUITE, 0.0)
    if lacking:
        error = Error(one_line(decision.sentence), "partial" if run.partial else "blocked")
        error.text = clean_text(decision.sentence)
        case.result = error
    suite = _suite(_OWN_SUITE, run, [case])
    if run.problems:
        lines = (clean_text(f"{problem.source}: {problem.message}") for problem in run.problems)
        suite.system_err = "\n".join(lines)
    return [suite]


def _suite(name: str, run: Run, cases: list[TestCase]) -> TestSuite:
    from junitparser.xunit2 import TestSuite

    suite = TestSuite(one_line(name))  # type: ignore[no-untyped-call]
    suite.timestamp = run.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suite.add_testcases(cases)
    return suite


def _case(result: Result, run: Run, properties: bool) -> TestCase:
    from junitparser.xunit2 import TestCase

    classname, name = _names(result)
    case = TestCase(name, classname, round(result.seconds, 3))
    if properties:
        for key, value in _properties(result):
            case.add_property(key, one_line(value))
    if outcome := _outcome(result):
        outcome.text = "\n".join(_text(result, run))
        case.result = outcome
    elif result.level is Level.WARNING:
        case.system_out = f"{result.level.label}: {clean_text(result.verdict.sentence)}"
    return case


def _names(result: Result) -> tuple[str, str]:
    """Split `system.group.name[parameter]` into the class `system.group` and the rest."""
    plain, bracket, parameter = result.check.id.partition("[")
    classname, _, name = plain.rpartition(".")
    return one_line(classname or result.check.system), one_line(name + bracket + parameter)


def _address(nodeid: str, prefix: str) -> tuple[str, str]:
    """The class name and name that pytest derives from a node id."""
    path, _, tail = nodeid.partition("::")
    plain, bracket, parameters = tail.partition("[")
    *classes, name = plain.split("::")
    names = [path.replace("/", ".").removesuffix(".py"), *classes]
    return ".".join([prefix, *names] if prefix else names), name + bracket + parameters


def _overlay(case: TestCase, result: Result, run: Run) -> None:
    outcome = _outcome(result)
    if outcome is not None:
        sentence = clean_text(result.verdict.sentence)
        texts = (old.text.removeprefix(sentence).strip("\n") for old in case.result if old.text)
        written = [text for text in texts if text]
        # What pytest wrote holds the traceback already.
        told = _text(replace(result, traceback="") if written else result, run)
        outcome.text = "\n".join([*told, *(f"\n{text}" for text in written)])
        case.result = outcome
    elif result.level is Level.WARNING:
        words = f"{result.level.label}: {clean_text(result.verdict.sentence)}"
        case.system_out = f"{words}\n{case.system_out}" if case.system_out else words


def _outcome(result: Result) -> Outcome | None:
    from junitparser import Error, Failure, Skipped

    message, kind = one_line(result.verdict.sentence), result.level.value
    match result.level:
        case Level.BREACH:
            return Failure(message, kind)
        case Level.ERROR | Level.NO_DATA:
            return Error(message, kind)
        case Level.INHIBITED | Level.LEARNING:
            return Skipped(message, kind)
        case Level.OK | Level.WARNING:
            return None


def _text(result: Result, run: Run) -> Iterable[str]:
    check, verdict = result.check, result.verdict
    yield clean_text(verdict.sentence)
    facts = {
        "check": f"{check.id} ({result.severity})",
        "failing": standing(result, run.finished),
        "cause": verdict.cause,
        "limits": verdict.limits.text,
        "owner": check.owner,
        "runbook": check.runbook,
        "ticket": check.ticket,
        "declared": f"{check.file}:{check.line}",
    }
    for name, fact in facts.items():
        if fact:
            yield f"{name}: {one_line(fact)}"
    if sample := verdict.sample:
        yield "examples:"
        for row in sample.rows[:_EXAMPLES]:
            cells = zip(sample.columns, row, strict=False)
            yield "  " + ", ".join(f"{one_line(key)}={one_line(cell)!r}" for key, cell in cells)
    if result.traceback:
        yield ""
        yield clean_text(result.traceback)


def _properties(result: Result) -> Iterable[tuple[str, str]]:
    check, verdict = result.check, result.verdict
    every = {
        "level": result.level.value,
        "severity": result.severity.value,
        "owner": check.owner,
        "value": "" if verdict.value is None else str(verdict.value),
        "unit": verdict.unit,
        "limits": verdict.limits.text,
        "how": verdict.how,
        "change": result.change,
        "runbook": check.runbook,
        "ticket": check.ticket,
        "nodeid": check.nodeid,
    }
    return ((name, value) for name, value in every.items() if value)


def _write(xml: JUnitXml, path: Path) -> None:
    content = io.BytesIO()
    xml.write(content)
    replace_file(path, content.getvalue())
