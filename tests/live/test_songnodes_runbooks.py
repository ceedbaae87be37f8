"""SongNodes' runbooks: what they tell somebody to type at two in the morning works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import psycopg
import pytest

from fixtures import alertmanager, prometheus
from fixtures.claims import claim_folder
from fixtures.postgres import Server
from fixtures.programs import ProgramError
from fixtures.pytest_fixtures import miss
from fixtures.songnodes import start

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "checks" / "songnodes"
RUNBOOKS = sorted((CHECKS / "runbooks").glob("*.md"))
SECTIONS = [
    "## What it means",
    "## Who feels it",
    "## First five minutes",
    "## Causes and what to do",
    "## When to escalate",
]
IN_FULL = {"zero-tracks", "event-loop-warnings", "schema-error-rate", "container-unhealthy"}

BLOCK = re.compile(r"^( *)```(sql|sh)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
CHECK_ID = re.compile(r"`(songnodes\.[\w.]+)`")
PYTEST = re.compile(r"\bpytest (checks/[\w/.:]+)(?: -k (\w+|\"[^\"]+\"))?")


def find_blocks(language: str) -> Iterator[Any]:
    """The blocks of a language in all runbooks, called by their runbook and their place in it."""
    for runbook in RUNBOOKS:
        for place, (_, kind, text) in enumerate(BLOCK.findall(runbook.read_text("utf-8")), 1):
            if kind == language:
                yield pytest.param(dedent(text), id=f"{runbook.stem}-{place}")


@pytest.fixture(scope="module")
def world(postgres_server: Server) -> Iterator[Mapping[str, str]]:
    """The variables of a healthy stand-in; skipped without the programs that the commands ask."""
    try:
        prometheus.find_programs()
        alertmanager.find_programs()
    except ProgramError as error:
        miss(str(error))
    claim = claim_folder("test")
    standin = start(postgres_server, [], claim.path, datetime.now(UTC), database="songnodes_books")
    standin.settle()
    yield standin.environment
    standin.stop()
    claim.release()


@pytest.mark.parametrize("command", list(find_blocks("sh")))
def test_command_answers(world: Mapping[str, str], command: str) -> None:
    """Every command runs as it stands and says something, also while all is well."""
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command],
        env={**os.environ, **world, "SCRAPER": "SetlistFM"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("statement", list(find_blocks("sql")))
def test_statement_runs(world: Mapping[str, str], statement: str) -> None:
    """Every statement runs without writing."""
    assert statement.startswith("-- SONGNODES_DB_URL\n")
    url = world["SONGNODES_DB_URL"].replace("postgresql+psycopg:", "postgresql:", 1)
    options = "-c default_transaction_read_only=on -c statement_timeout=20s"
    with psycopg.connect(url, options=options) as connection:
        assert connection.execute(statement.encode()).fetchall() is not None


@pytest.fixture(scope="module")
def collected() -> dict[str, str]:
    """The ids of SongNodes' checks, on request and not, and pytest's names for them."""
    command = [sys.executable, "-m", "pytest", "checks/songnodes", "--collect-only", "-q"]
    done = subprocess.run(
        [*command, "--gatepost-on-request"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    pattern = r"^checks/songnodes/check_(\w+)\.py::check_([^[\s]+)"
    nodes = re.findall(pattern, done.stdout, re.MULTILINE)
    assert nodes, done.stdout
    return {
        f"songnodes.{group}.{name}": f"checks/songnodes/check_{group}.py::check_{name}"
        for group, name in nodes
    }


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda runbook: runbook.stem)
def test_rerun_measures_what_the_runbook_is_for(runbook: Path, collected: dict[str, str]) -> None:
    """The commands that tell whether a repair worked select every check the runbook is for."""
    text = runbook.read_text("utf-8")
    wanted = CHECK_ID.findall(text.splitlines()[2])
    assert wanted
    commands = [
        (path, words.strip('"').split(" or ")) for path, words in PYTEST.findall(text) if words
    ]
    for each in wanted:
        assert each in collected, f"there is no check {each}"
        node = collected[each]
        assert any(
            node.startswith(path) and any(word in node for word in words)
            for path, words in commands
        ), f"no command of {runbook.name} runs {node}"


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda runbook: runbook.stem)
def test_runbook_can_be_read_at_a_glance(runbook: Path) -> None:
    """Each has a title, its checks, the same sections in the same order, and fits two screens."""
    text = runbook.read_text("utf-8")
    lines = text.splitlines()
    assert lines[0].startswith("# ")
    assert lines[2].startswith("Checks: `songnodes.")
    assert [line for line in lines if line.startswith("## ")] == SECTIONS
    assert 25 <= len(lines) <= 60
    assert text.count("```") == 2 * len(BLOCK.findall(text)), "a block escapes the other tests"
    assert ("Symptoms: " in text) == (runbook.stem in IN_FULL)
    for linked in re.findall(r"\]\(([\w-]+\.md)\)", text):
        assert (runbook.parent / linked).is_file(), linked


def test_every_alert_has_its_runbook(collected: dict[str, str]) -> None:
    """The runbooks are those that the checks name, and each says which checks it is for."""
    sources = "".join(path.read_text("utf-8") for path in CHECKS.glob("check_*.py"))
    assert {runbook.stem for runbook in RUNBOOKS} == set(
        re.findall(r"runbook=\"([\w-]+)\"", sources)
    )
    named = [
        each
        for runbook in RUNBOOKS
        for each in CHECK_ID.findall(runbook.read_text("utf-8").splitlines()[2])
    ]
    assert len(named) == len(set(named)), "a check stands in two runbooks"
    recorded = {each for each in collected if each.startswith("songnodes.dashboard.")} | {
        "songnodes.monitoring.false_positives",
        "songnodes.monitoring.silences",
        "songnodes.schema.migrations",
        "songnodes.schema.migrations_landed",
    }
    assert set(collected) - recorded == set(named)
