"""JobInsight's runbooks: what they tell somebody to type at two in the morning works."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import psycopg
import pytest

from fixtures.claims import claim_folder
from fixtures.jobinsight import FAULTS, start
from fixtures.postgres import Server

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "checks" / "jobinsight"
RUNBOOKS = sorted((CHECKS / "runbooks").glob("*.md"))
BY_NAME = {fault.name: fault for fault in FAULTS}
SECTIONS = [
    "## What it means",
    "## Who feels it",
    "## First five minutes",
    "## Causes and what to do",
    "## When to escalate",
]

SQL_BLOCK = re.compile(r"^( *)```sql\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
CHECK_ID = re.compile(r"`(jobinsight\.[\w.]+(?:\[\w+\])?)`")
PYTEST = re.compile(r"\bpytest (checks/[\w/.:]+)(?: -k (\w+|\"[^\"]+\"))?")

ILL = (
    "crawler_down",
    "slow_crawl",
    "missing_titles",
    "missing_companies",
    "bad_salaries",
    "duplicate_ids",
    "few_companies",
    "old_rows",
    "unvacuumed",
    "pool_exhausted",
    "airflow_2",
)
"""As many faults as go together; the last one renames a column of Airflow's."""


class Block(NamedTuple):
    """A statement of a runbook, and the variable with the URL of the database that it is for."""

    variable: str
    statement: str


def find_blocks() -> Iterator[Any]:
    """The SQL blocks of all runbooks, called by their runbook and their place in it."""
    for runbook in RUNBOOKS:
        for place, (_, text) in enumerate(SQL_BLOCK.findall(runbook.read_text("utf-8")), 1):
            variable = text.split(maxsplit=2)[1]
            yield pytest.param(Block(variable, dedent(text)), id=f"{runbook.stem}-{place}")


BLOCKS = list(find_blocks())


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest, postgres_server: Server) -> Iterator[Mapping[str, str]]:
    """The variables of a stand-in with the faults that are the parameter."""
    faults = [BY_NAME[name] for name in request.param]
    claim = claim_folder("test")
    now = datetime.now(UTC)
    standin = start(postgres_server, faults, claim.path, now, database="runbooks")
    yield standin.environment
    standin.stop()
    claim.release()


def answer(block: Block, environment: Mapping[str, str]) -> list[Any]:
    """The rows of a statement, in a session that cannot write."""
    url = environment[block.variable].replace("postgresql+psycopg:", "postgresql:", 1)
    options = "-c default_transaction_read_only=on -c statement_timeout=20s"
    with psycopg.connect(url, options=options) as connection:
        return connection.execute(block.statement.encode()).fetchall()


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("world", [(), ("empty_table",)], indirect=True, ids=["healthy", "empty"])
def test_statement_runs(world: Mapping[str, str], block: Block) -> None:
    """Every statement runs without writing, also on a table that has lost its rows."""
    assert answer(block, world) is not None


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("world", [ILL], indirect=True, ids=["ill"])
def test_statement_shows_something_when_things_go_wrong(
    world: Mapping[str, str], block: Block
) -> None:
    """Where much goes wrong every statement has rows: none looks for what cannot be there."""
    assert answer(block, world)


@pytest.mark.parametrize("block", BLOCKS)
def test_statement_asks_one_database(block: Block) -> None:
    """Airflow's tables and our own may be on different servers, so no statement needs both."""
    theirs = re.search(r"\b(dag_run|task_instance)\b", block.statement)
    ours = re.search(r"\braw_jobs\b|\bpg_\w+", block.statement)
    assert block.variable in {"JOBINSIGHT_DB_URL", "JOBINSIGHT_AIRFLOW_URL"}
    assert not (theirs if block.variable == "JOBINSIGHT_DB_URL" else ours)


@pytest.fixture(scope="module")
def collected() -> dict[str, str]:
    """The ids of JobInsight's checks and pytest's names for them."""
    command = [sys.executable, "-m", "pytest", "checks/jobinsight", "--collect-only", "-q"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    nodes = re.findall(
        r"^checks/jobinsight/check_(\w+)\.py::check_(\S+)$", done.stdout, re.MULTILINE
    )
    assert nodes, done.stdout
    return {
        f"jobinsight.{group}.{name}": f"checks/jobinsight/check_{group}.py::check_{name}"
        for group, name in nodes
    }


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda runbook: runbook.stem)
def test_rerun_measures_what_the_runbook_is_for(runbook: Path, collected: dict[str, str]) -> None:
    """The commands that tell whether a repair worked select every check the runbook is for."""
    text = runbook.read_text("utf-8")
    wanted = CHECK_ID.findall(text.splitlines()[2])
    assert wanted
    commands = [
        (path, words.strip('"').split(" or "))
        for path, words in PYTEST.findall(text)
        if words or path != "checks/jobinsight"  # all checks would prove nothing here
    ]
    for each in wanted:
        nodes = [node for name, node in collected.items() if name == each or f"{each}[" in name]
        assert nodes, f"there is no check {each}"
        for node in nodes:
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
    assert lines[2].startswith("Checks: `jobinsight.")
    assert [line for line in lines if line.startswith("## ")] == SECTIONS
    assert 25 <= len(lines) <= 60
    assert text.count("```sql") == len(SQL_BLOCK.findall(text)), "a block escapes the other tests"


def test_no_runbook_is_left_over() -> None:
    """Every runbook is one that a check names; that none is missing is seen at collection."""
    sources = "".join(path.read_text("utf-8") for path in CHECKS.glob("*.py"))
    assert {runbook.stem for runbook in RUNBOOKS} == set(
        re.findall(r"runbook=\"([\w-]+)\"", sources)
    )
