"""JUnit files: what CI systems read, valid for the strictest of them."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sample_run import FINISHED, SLOT, STARTED, fine_run, hostile_run, result, sample_run

from gatepost.model import Level, Mode, Problem, Result, Run
from gatepost.sinks.junit import enrich, publish

pytest_plugins = ["pytester"]

# What Jenkins' junit-10 schema allows: attributes (a `!` marks required ones) and children.
TIME = re.compile(r"\d*(\.\d{0,3})?")
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name!", "tests!", "failures!", "errors!", "skipped", "time", "timestamp", "hostname"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name!", "classname", "time"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name!", "value!"}, set()),
    **dict.fromkeys(("failure", "error", "skipped"), ({"type", "message"}, set())),
    **dict.fromkeys(("system-out", "system-err"), (set(), set())),
}


def violations(element: ET.Element) -> Iterator[str]:
    """What the Jenkins schema would say against an element and all below it."""
    attributes, children = ALLOWED[element.tag]
    names = {name.rstrip("!") for name in attributes}
    yield from (f"{element.tag} has {name}" for name in element.attrib if name not in names)
    required = {name.rstrip("!") for name in attributes if name.endswith("!")}
    yield from (f"{element.tag} lacks {name}" for name in required - set(element.attrib))
    if not TIME.fullmatch(element.get("time", "0")):
        yield f"{element.tag} has the time {element.get('time')}"
    for child in element:
        if child.tag not in children:
            yield f"{element.tag} holds {child.tag}"
        else:
            yield from violations(child)


UNSOUND = Problem("limits", "an override was not applied.", blocks=True)


def parsed(path: Path) -> ET.Element:
    """The root of a file that was just written."""
    return ET.parse(path).getroot()  # noqa: S314 - our own file


def published(run: Run, path: Path, *, properties: bool = False) -> ET.Element:
    """The root of the file that is written for a run."""
    publish(run, path / "junit.xml", properties=properties)
    return parsed(path / "junit.xml")


def case(root: ET.Element, classname: str, name: str) -> ET.Element:
    """The one test case with these names."""
    (found,) = (
        one
        for one in root.iter("testcase")
        if (one.get("classname"), one.get("name")) == (classname, name)
    )
    return found


def run_of(*results: Result) -> Run:
    """A whole run of these results."""
    return Run("1", SLOT, Mode.LOCAL, STARTED, FINISHED, results, len(results))


@pytest.mark.parametrize("build", [sample_run, fine_run, hostile_run])
def test_is_valid_for_jenkins(build: Callable[[], Run], tmp_path: Path) -> None:
    """The file of any run, a hostile one included, is well-formed and within the schema."""
    assert list(violations(published(build(), tmp_path))) == []


@pytest.mark.parametrize(
    ("level", "tag"),
    [
        (Level.BREACH, "failure"),
        (Level.ERROR, "error"),
        (Level.NO_DATA, "error"),
        (Level.INHIBITED, "skipped"),
        (Level.LEARNING, "skipped"),
    ],
)
def test_levels_become_outcomes(level: Level, tag: str, tmp_path: Path) -> None:
    """Bad is a failure, unmeasured an error, unevaluated skipped; each leads with its sentence."""
    root = published(run_of(result("a.b.c[d.e]", level, "the sentence.")), tmp_path)
    (outcome,) = case(root, "a.b", "c[d.e]")
    assert outcome.tag == tag
    assert outcome.get("message") == "the sentence."
    assert outcome.get("type") == level.value
    assert (outcome.text or "").startswith("the sentence.\n")


def test_a_warning_passes_and_says_so(tmp_path: Path) -> None:
    """A warning fails nobody's build; its sentence stands in the output."""
    root = published(run_of(result("a.b.c", Level.WARNING, "close.")), tmp_path)
    (output,) = case(root, "a.b", "c")
    assert (output.tag, output.text) == ("system-out", "warning: close.")


def test_what_is_ok_stays_silent(tmp_path: Path) -> None:
    """A check that is ok has nothing but its name and time."""
    root = published(run_of(result("a.b.c", Level.OK, "fine.", seconds=0.12345)), tmp_path)
    one = case(root, "a.b", "c")
    assert list(one) == []
    assert one.get("time") == "0.123"


def test_counts_and_suites(tmp_path: Path) -> None:
    """One suite per system, whose counts add up to the root's."""
    root = published(replace(sample_run(), partial="", problems=()), tmp_path)
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["finance", "jobinsight"]
    finance = suites["finance"]
    counts = [finance.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["12", "1", "1", "4"]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("23", "3", "3")
    assert root.get("time") == "11.4"


def test_a_failure_tells_what_to_do(tmp_path: Path) -> None:
    """Severity, age, owner, runbook and a few examples follow the sentence."""
    root = published(sample_run(), tmp_path)
    text = case(root, "jobinsight.kpi", "crawler_success_rate")[0].text or ""
    assert "jobinsight.kpi.crawler_success_rate (high)" in text
    assert "failing: for 3 days, since 2026-03-07 02:00 UTC" in text
    assert "owner: data platform" in text
    assert "runbook: checks/jobinsight/runbooks/crawler-success-rate.md" in text
    sampled = case(root, "jobinsight.quality", "completeness[title]")[0].text or ""
    assert "  job_id='77121', title='NULL'" in sampled


def test_an_error_keeps_its_traceback(tmp_path: Path) -> None:
    """What raised while measuring is shown with its traceback."""
    root = published(sample_run(), tmp_path)
    assert "ZeroDivisionError" in (case(root, "jobinsight.kpi", "throughput")[0].text or "")


@pytest.mark.parametrize(
    ("run", "kind"),
    [
        (replace(run_of(result("a.b.c", Level.OK, "fine.")), partial="stopped"), "partial"),
        (replace(run_of(result("a.b.c", Level.BREACH, "bad.")), partial="stopped"), "partial"),
        (replace(run_of(), expected=0), "blocked"),
        (replace(fine_run(), problems=(UNSOUND,)), "blocked"),
        (replace(run_of(result("a.b.c", Level.BREACH, "bad.")), problems=(UNSOUND,)), "blocked"),
    ],
)
def test_an_unfinished_run_is_an_error(run: Run, kind: str, tmp_path: Path) -> None:
    """A partial, an empty or an unsound run cannot look green: it is an error of its own."""
    root = published(run, tmp_path)
    error = case(root, "gatepost", "run")[0]
    assert (error.tag, error.get("type")) == ("error", kind)
    assert (error.get("message") or "").startswith("BLOCK: ")
    assert list(violations(root)) == []


def test_problems_of_the_checker_are_shown_but_fail_nothing(tmp_path: Path) -> None:
    """A sink that failed stands in the output of a suite of its own."""
    run = replace(fine_run(), problems=(Problem("slack", "answered 503."),))
    root = published(run, tmp_path)
    own = next(suite for suite in root if suite.get("name") == "gatepost")
    assert [element.text for element in own.iter("system-err")] == ["slack: answered 503."]
    assert (root.get("failures"), root.get("errors")) == ("0", "0")


def test_properties_only_when_asked_for(tmp_path: Path) -> None:
    """Jenkins' xunit plugin rejects properties of test cases, so they are opt-in."""
    assert list(published(sample_run(), tmp_path).iter("property")) == []
    asked = published(sample_run(), tmp_path, properties=True)
    rate = case(asked, "jobinsight.kpi", "crawler_success_rate")
    found = {one.get("name"): one.get("value") for one in rate.iter("property")}
    assert found["severity"] == "high"
    assert found["value"] == "83.33"
    assert found["change"] == "still"
    assert "how" not in found
    title = case(asked, "jobinsight.quality", "completeness[title]")
    assert {one.get("name"): one.get("value") for one in title.iter("property")}["how"] == "scanned"


CHECKS = """
    import pytest

    @pytest.fixture
    def closes_badly():
        yield
        raise OSError("teardown went wrong")

    def check_fine(): pass
    def check_close(): print("some output")
    def check_bad(): pytest.fail("share is 83 %.", pytrace=False)
    def check_broken(): 1 / 0
    def check_waiting(): pytest.fail("warehouse is down.", pytrace=False)
    class CheckGroup:
        @pytest.mark.parametrize("of", ["a::b[c]"])
        def check_empty(self, of, closes_badly): pytest.fail("no rows.", pytrace=False)
    def check_other(): assert 1 == 2
"""
VERDICTS = {
    "check_fine": (Level.OK, "fine."),
    "check_close": (Level.WARNING, "close."),
    "check_bad": (Level.BREACH, "share is 83 %."),
    "check_broken": (Level.ERROR, "could not be measured."),
    "check_waiting": (Level.INHIBITED, "warehouse is down."),
    "CheckGroup::check_empty[a::b[c]]": (Level.NO_DATA, "no rows."),
}


def verdicts() -> Run:
    """The run of CHECKS, in which `check_other` is no check of ours."""
    rows = (
        result(
            f"sys.kpi.{name}",
            level,
            sentence,
            nodeid=f"sub/check_kpi.py::{name}",
            traceback="ZeroDivisionError: division by zero" if level is Level.ERROR else "",
        )
        for name, (level, sentence) in VERDICTS.items()
    )
    return run_of(*rows)


@pytest.mark.parametrize(
    ("arguments", "prefix"), [((), ""), (("-n2",), "nightly"), (("-o", "junit_family=xunit1"), "")]
)
def test_lays_verdicts_over_pytests_own_file(
    pytester: pytest.Pytester, arguments: tuple[str, ...], prefix: str
) -> None:
    """Each check of ours gets its outcome and sentence; foreign tests and times stay."""
    pytester.mkpydir("sub").joinpath("check_kpi.py").write_text(
        "\n".join(line.removeprefix("    ") for line in CHECKS.splitlines()), encoding="utf-8"
    )
    pytester.makeini(
        "[pytest]\npython_files=check_*.py\npython_functions=check_*\npython_classes=Check*"
    )
    path = pytester.path / "junit.xml"
    plugins = ("-pxdist", "-pno:gatepost")
    pytester.runpytest_subprocess(
        f"--junitxml={path}", f"--junitprefix={prefix}", *plugins, *arguments
    )
    before = parsed(path)

    enrich(path, verdicts(), prefix=prefix)

    root = parsed(path)
    module = f"{prefix}.sub.check_kpi" if prefix else "sub.check_kpi"
    outcomes = {
        (one.get("name"), child.tag): child
        for one in root.iter("testcase")
        for child in one
        if child.tag != "properties"
    }
    assert set(outcomes) == {
        ("check_close", "system-out"),
        ("check_bad", "failure"),
        ("check_broken", "error"),
        ("check_waiting", "skipped"),
        ("check_empty[a::b[c]]", "error"),
        ("check_other", "failure"),
    }
    broken = outcomes["check_broken", "error"].text or ""
    assert broken.startswith("could not be measured.\n")
    assert broken.count("ZeroDivisionError: division by zero") == 1
    bad = outcomes["check_bad", "failure"].text or ""
    assert bad.count("share is 83 %.") == 1
    assert "warning: close." in (outcomes["check_close", "system-out"].text or "")
    empty = [one for one in root.iter("testcase") if "check_empty" in str(one.get("name"))]
    assert [one[0].get("message") for one in empty] == [
        "no rows.",
        'failed on teardown with "OSError: teardown went wrong"',
    ]
    assert {one.get("classname") for one in empty} == {f"{module}.CheckGroup"}
    old_other = case(before, module, "check_other")
    assert ET.tostring(case(root, module, "check_other")) == ET.tostring(old_other)
    suite, old_suite = root[0], before[0]
    assert float(suite.get("time", "")) == float(old_suite.get("time", ""))
    assert [suite.get(name) for name in ("failures", "errors", "skipped")] == ["2", "3", "1"]
    if "xunit1" not in "".join(arguments):
        assert list(violations(root)) == []


def test_an_unfinished_run_is_added_to_pytests_file(tmp_path: Path) -> None:
    """pytest's file of an interrupted run shows only what ran; the overlay says what is missing."""
    path = tmp_path / "junit.xml"
    path.write_text(
        '<testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="0" '
        'skipped="0" tests="1" time="0.1"><testcase classname="a" name="b" time="0.1" />'
        "</testsuite></testsuites>",
        encoding="utf-8",
    )
    enrich(path, replace(run_of(result("a.b.c", Level.OK, "fine.")), partial="stopped"))
    root = parsed(path)
    assert case(root, "gatepost", "run")[0].tag == "error"
    assert list(case(root, "a", "b")) == []
    assert list(violations(root)) == []


def test_a_file_that_is_no_xml_is_left_alone(tmp_path: Path) -> None:
    """A broken file is reported by an exception and not overwritten."""
    path = tmp_path / "junit.xml"
    path.write_text("<testsuites>", encoding="utf-8")
    with pytest.raises(ET.ParseError):
        enrich(path, verdicts())
    assert path.read_text(encoding="utf-8") == "<testsuites>"
