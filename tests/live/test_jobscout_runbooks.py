"""Job Scout's runbooks: what they tell somebody to type at two in the morning works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from threading import Event
from typing import cast

import pytest

from fixtures import jobscout
from fixtures.postgres import Server
from fixtures.programs import ProgramError
from fixtures.prometheus import find_programs
from fixtures.pytest_fixtures import miss
from gatepost import Prometheus
from gatepost.targets import prometheus
from gatepost.targets.base import TargetContext

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "checks" / "jobscout"
RUNBOOKS = sorted((CHECKS / "runbooks").glob("*.md"))
SECTIONS = [
    "## What it means",
    "## Who feels it",
    "## First five minutes",
    "## Causes and what to do",
    "## When to escalate",
]

BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
CHECK_ID = re.compile(r"`(jobscout\.[\w.]+)` \((\w+)\)")
PYTEST = re.compile(r"\bpytest (checks/[\w/.:]+)(?: -k (\w+|\"[^\"]+\"))?")


def blocks(language: str, about: str = "") -> Iterator[object]:
    """The blocks of all runbooks in a language, called by their runbook and their place in it."""
    for runbook in RUNBOOKS:
        found = [
            dedent(text)
            for _, kind, text in BLOCK.findall(runbook.read_text("utf-8"))
            if kind == language and about in text
        ]
        for place, text in enumerate(found, 1):
            yield pytest.param(text, id=f"{runbook.stem}-{place}")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The variables of a stand-in where requests and scans fail."""
    try:
        find_programs()
    except ProgramError as error:
        miss(str(error))
    faults = [each for each in jobscout.FAULTS if each.name in ("fast_burn", "scan_failing")]
    folder = tmp_path_factory.mktemp("jobscout")
    standin = jobscout.start(cast("Server", None), faults, folder, datetime.now(UTC))
    yield standin.environment
    standin.stop()


@pytest.fixture(scope="module")
def url(environment: Mapping[str, str]) -> str:
    """The URL of its Prometheus, once that has scraped the application twice."""
    url, pause = environment["JOBSCOUT_PROMETHEUS_URL"], Event()
    for _ in range(200):
        server = open_prometheus(url)
        scraped = server.scalar('count_over_time(iam_jobs_saved{job="jobscout"}[1m])')
        server.close()
        if scraped and scraped >= 2:
            return url
        pause.wait(0.05)
    raise AssertionError("Prometheus did not scrape the application within 10 s")


def open_prometheus(url: str) -> Prometheus:
    """Open it as a target whose slot is now."""
    settings = prometheus.Settings.model_validate({"kind": "prometheus", "url": url})
    return prometheus.open_target("prom", settings, TargetContext())


@pytest.mark.parametrize("query", list(blocks("promql")))
def test_query_has_an_answer(url: str, query: str) -> None:
    """Every query is one, and looks for what is there."""
    server = open_prometheus(url)
    assert len(server.vector(query.strip()))
    server.close()


@pytest.mark.parametrize("script", list(blocks("sh", about="$JOBSCOUT")))
def test_command_works(environment: Mapping[str, str], script: str) -> None:
    """What asks the application succeeds, and says something."""
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{script}"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.fixture(scope="module")
def collected() -> dict[str, str]:
    """The ids of Job Scout's checks and pytest's names for them."""
    command = [sys.executable, "-m", "pytest", "checks/jobscout", "--collect-only", "-q"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    nodes = re.findall(r"^checks/jobscout/check_(\w+)\.py::check_(\S+)$", done.stdout, re.MULTILINE)
    assert nodes, done.stdout
    return {
        f"jobscout.{group}.{name}": f"checks/jobscout/check_{group}.py::check_{name}"
        for group, name in nodes
    }


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda runbook: runbook.stem)
def test_rerun_measures_what_the_runbook_is_for(runbook: Path, collected: dict[str, str]) -> None:
    """The commands that tell whether a repair worked select every check the runbook is for."""
    text = runbook.read_text("utf-8")
    commands = [(path, words.strip('"').split(" or ")) for path, words in PYTEST.findall(text)]
    wanted = [name for name, _ in CHECK_ID.findall(text.splitlines()[2])]
    assert wanted
    for each in wanted:
        nodes = [node for name, node in collected.items() if name.partition("[")[0] == each]
        assert nodes, f"there is no check {each}"
        for node in nodes:
            assert any(
                node.startswith(path) and any(word in node for word in words)
                for path, words in commands
            ), f"no command of {runbook.name} runs {node}"


def test_every_check_is_on_one_runbook(collected: dict[str, str]) -> None:
    """Each check is named by the runbook that it names, and by no other."""
    named = [name for each in RUNBOOKS for name, _ in CHECK_ID.findall(each.read_text("utf-8"))]
    assert sorted(named) == sorted({name.partition("[")[0] for name in collected})
    sources = "".join(path.read_text("utf-8") for path in CHECKS.glob("*.py"))
    assert {each.stem for each in RUNBOOKS} == set(re.findall(r"runbook=\"([\w-]+)\"", sources))


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda runbook: runbook.stem)
def test_runbook_can_be_read_at_a_glance(runbook: Path) -> None:
    """Each has a title, its checks, the same sections in the same order, and fits two screens."""
    text = runbook.read_text("utf-8")
    lines = text.splitlines()
    assert lines[0].startswith("# ")
    assert lines[2].startswith("Checks: `jobscout.")
    assert [line for line in lines if line.startswith("## ")] == SECTIONS
    assert 25 <= len(lines) <= 60
    assert text.count("```") == 2 * len(BLOCK.findall(text)), "a block escapes the other tests"
