"""Marketplace's runbooks: what they tell somebody to type at two in the morning works."""

from __future__ import annotations

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

from fixtures.claims import claim_folder
from fixtures.marketplace import FAULTS, start
from fixtures.postgres import Server

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "checks" / "marketplace"
RUNBOOKS = sorted((CHECKS / "runbooks").glob("*.md"))
SECTIONS = [
    "## What it means",
    "## Who feels it",
    "## First five minutes",
    "## Causes and what to do",
    "## When to escalate",
]

SQL_BLOCK = re.compile(r"^( *)```sql\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
CHECK_ID = re.compile(r"`(marketplace\.[\w.]+)`")
VARIABLE = re.compile(r"\bMARKETPLACE_[A-Z_]+\b")
PYTEST = re.compile(r"\bpytest checks/marketplace -k (\w+|\"[^\"]+\")")

by_name = pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda runbook: runbook.stem)


@pytest.fixture(scope="module")
def environment(postgres_server: Server) -> Iterator[Mapping[str, str]]:
    """The variables of a stand-in in which somebody waits for a lock and listings are bad."""
    claim = claim_folder("test")
    faults = [fault for fault in FAULTS if fault.name in ("lock_wait", "bad_listings")]
    standin = start(postgres_server, faults, claim.path, datetime.now(UTC), database="runbooks")
    yield standin.environment
    standin.stop()
    claim.release()


@by_name
def test_statements_show_something(environment: Mapping[str, str], runbook: Path) -> None:
    """Every statement runs in a session that cannot write, and has rows where things are wrong."""
    url = environment["MARKETPLACE_DB_URL"].replace("postgresql+psycopg:", "postgresql:", 1)
    options = "-c default_transaction_read_only=on -c statement_timeout=20s"
    with psycopg.connect(url, options=options) as connection:
        for _, statement in SQL_BLOCK.findall(runbook.read_text("utf-8")):
            rows: list[Any] = connection.execute(dedent(statement).encode()).fetchall()
            assert rows, statement


@by_name
def test_variables_are_those_of_the_targets(environment: Mapping[str, str], runbook: Path) -> None:
    """Every variable that a command names is one that the checks have as well."""
    text = runbook.read_text("utf-8").replace("MARKETPLACE_<SERVICE>_URL", "MARKETPLACE_API_URL")
    assert set(VARIABLE.findall(text)) <= set(environment)
    assert "psql" in text or not SQL_BLOCK.search(text), "it does not say where SQL runs"


@pytest.fixture(scope="module")
def collected() -> dict[str, str]:
    """The ids of Marketplace's checks and pytest's names for them."""
    command = [sys.executable, "-m", "pytest", "checks/marketplace", "--collect-only", "-q"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    nodes = re.findall(
        r"^checks/marketplace/check_(\w+)\.py::check_(\w*)", done.stdout, re.MULTILINE
    )
    assert nodes, done.stdout
    return {
        f"marketplace.{group}.{name}".removesuffix("."): f"check_{group}.py check_{name}"
        for group, name in nodes
    }


@by_name
def test_rerun_measures_what_the_runbook_is_for(runbook: Path, collected: dict[str, str]) -> None:
    """The commands that tell whether a repair worked select every check the runbook is for."""
    text = runbook.read_text("utf-8")
    wanted = CHECK_ID.findall(text.splitlines()[2])
    words = [word for said in PYTEST.findall(text) for word in said.strip('"').split(" or ")]
    assert wanted
    for check_id in wanted:
        assert check_id in collected, f"there is no check {check_id}"
        assert any(word in collected[check_id] for word in words), f"nothing runs {check_id}"


@by_name
def test_runbook_can_be_read_at_a_glance(runbook: Path) -> None:
    """Each has a title, its checks, the same sections in the same order, and fits two screens."""
    lines = runbook.read_text("utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert lines[2].startswith("Checks: `marketplace.")
    assert [line for line in lines if line.startswith("## ")] == SECTIONS
    assert 25 <= len(lines) <= 60


def test_every_check_has_its_runbook(collected: dict[str, str]) -> None:
    """Each check is named at the head of one runbook, which is the one that it leads to."""
    heads = [CHECK_ID.findall(path.read_text("utf-8").splitlines()[2]) for path in RUNBOOKS]
    named = [check_id for head in heads for check_id in head]
    assert sorted(named) == sorted(collected)
    sources = "".join(path.read_text("utf-8") for path in CHECKS.glob("*.py"))
    assert {path.stem for path in RUNBOOKS} == set(re.findall(r"runbook=\"([\w-]+)\"", sources))
