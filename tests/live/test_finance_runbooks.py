"""My Finance's runbooks: what they tell somebody to type at two in the morning works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from fixtures.claims import claim_folder
from fixtures.finance import start
from fixtures.postgres import Server
from fixtures.pytest_fixtures import miss

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "checks" / "finance"
RUNBOOKS = sorted((CHECKS / "runbooks").glob("*.md"))
SECTIONS = [
    "## What it means",
    "## Who feels it",
    "## First five minutes",
    "## Causes and what to do",
    "## When to escalate",
]

BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
CHECK_ID = re.compile(r"`(finance\.\w+\.\w+)`")
PYTEST = re.compile(r"\bpytest (checks/[\w/.]+)(?: -k (\w+|\"[^\"]+\"))?")
WRITES = re.compile(r"\b(create|merge|set|delete|remove|drop|load|call)\b", re.IGNORECASE)
ELSEWHERE = re.compile(
    r"\b(docker|systemctl|journalctl|dmesg|timedatectl|crontab|top|free|du|date)\b"
)
"""What is to be typed on the service's own machine, or asks nothing of the system."""


def find_blocks(language: str) -> Iterator[Any]:
    """The blocks of one language in all runbooks, called by their runbook and their place in it."""
    for runbook in RUNBOOKS:
        found = [
            text for _, kind, text in BLOCK.findall(runbook.read_text("utf-8")) if kind == language
        ]
        for place, text in enumerate(found, 1):
            yield pytest.param(dedent(text), id=f"{runbook.stem}-{place}")


HERE = [block for block in find_blocks("sh") if not ELSEWHERE.search(block.values[0])]


@pytest.fixture(scope="module")
def world(postgres_server: Server) -> Iterator[Mapping[str, str]]:
    """The variables of a healthy stand-in."""
    claim = claim_folder("test")
    standin = start(postgres_server, [], claim.path, datetime.now(UTC))
    yield standin.environment
    standin.stop()
    claim.release()


@pytest.mark.parametrize("block", HERE)
def test_commands_run(world: Mapping[str, str], block: str) -> None:
    """What is typed where the checks run ends well, or finds nothing, and complains of nothing."""
    for program in ("bash", "curl"):
        if shutil.which(program) is None:
            miss(f"no {program} is installed here")
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", block],
        env={**os.environ, **world},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode in (0, 1), done.stderr) == (True, "")


def test_most_commands_are_tried() -> None:
    """The pattern that leaves commands out does not leave out too many."""
    assert len(HERE) > 20


@pytest.mark.parametrize("block", list(find_blocks("cypher")))
def test_cypher_only_reads(block: str) -> None:
    """What is to be asked of the graph by hand changes nothing."""
    assert not WRITES.search(block)


@pytest.fixture(scope="module")
def collected() -> dict[str, str]:
    """The ids of the checks and pytest's names for them."""
    command = [sys.executable, "-m", "pytest", "checks/finance", "--collect-only", "-q"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    nodes = re.findall(r"^checks/finance/check_(\w+)\.py::check_(\S+)$", done.stdout, re.MULTILINE)
    assert nodes, done.stdout
    return {
        f"finance.{group}.{name}": f"checks/finance/check_{group}.py::check_{name}"
        for group, name in nodes
    }


def test_every_check_has_one_runbook_that_names_it(collected: dict[str, str]) -> None:
    """The line of checks at the head of a runbook is complete, over all runbooks."""
    named = [
        each
        for path in RUNBOOKS
        for each in CHECK_ID.findall(path.read_text("utf-8").splitlines()[2])
    ]
    assert sorted(named) == sorted({name.partition("[")[0] for name in collected})


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda runbook: runbook.stem)
def test_rerun_measures_what_the_finance_runbook_is_for(
    runbook: Path, collected: dict[str, str]
) -> None:
    """The commands that tell whether a repair worked select every check the runbook is for."""
    text = runbook.read_text("utf-8")
    commands = [
        (path, words.strip('"').split(" or "))
        for path, words in PYTEST.findall(text)
        if words or path != "checks/finance"  # all checks would prove nothing here
    ]
    for each in CHECK_ID.findall(text.splitlines()[2]):
        nodes = [node for name, node in collected.items() if name.partition("[")[0] == each]
        for node in nodes:
            assert any(
                node.startswith(path) and any(word in node for word in words)
                for path, words in commands
            ), f"no command of {runbook.name} runs {node}"


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda runbook: runbook.stem)
def test_finance_runbook_can_be_read_at_a_glance(runbook: Path) -> None:
    """Each has a title, its checks, the same sections in the same order, and fits two screens."""
    text = runbook.read_text("utf-8")
    lines = text.splitlines()
    assert lines[0].startswith("# ")
    assert lines[2].startswith("Checks: `finance.")
    assert [line for line in lines if line.startswith("## ")] == SECTIONS
    assert 25 <= len(lines) <= 60
    assert text.count("```") == 2 * len(BLOCK.findall(text)), "a block escapes the other tests"


def test_no_finance_runbook_is_left_over() -> None:
    """Every runbook is one that a check names; that none is missing is seen at collection."""
    sources = "".join(path.read_text("utf-8") for path in CHECKS.glob("*.py"))
    named = set(re.findall(r"runbook=\"([\w-]+)\"", sources))
    assert {runbook.stem for runbook in RUNBOOKS} == named
