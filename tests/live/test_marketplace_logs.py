"""Marketplace's checks of logs say the same of files and of Elasticsearch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fault_runs import ROOT, ids_of, run_checks

from fixtures.claims import claim_folder
from fixtures.marketplace import FAULTS, start
from fixtures.marketplace.scenario import SERVICES
from fixtures.postgres import Server

FAULTY = ("log_contract_broken", "error_burst", "login_failures")


@pytest.fixture
def environment(postgres_server: Server) -> Iterator[Mapping[str, str]]:
    """The variables of a stand-in whose logs have something wrong with them."""
    claim = claim_folder("test")
    faults = [fault for fault in FAULTS if fault.name in FAULTY]
    standin = start(postgres_server, faults, claim.path, datetime.now(UTC), database="logs")
    yield standin.environment
    standin.stop()
    claim.release()


def indexed(folder: Path) -> Path:
    """The project's gatepost.toml, but with the logs in Elasticsearch."""
    text, count = re.subn(
        r'^(\[targets\.marketplace_\w+_log\]).*\nkind = "log"\npath = .*$',
        r'\1\nkind = "elasticsearch"\nurl = "${MARKETPLACE_ELASTICSEARCH_URL}"',
        (ROOT / "gatepost.toml").read_text("utf-8"),
        flags=re.MULTILINE,
    )
    assert count == len(SERVICES)
    file = folder / "gatepost.toml"
    file.write_text(text, "utf-8")
    return file


def test_both_kinds_of_log_say_the_same(environment: Mapping[str, str], tmp_path: Path) -> None:
    """The same checks fail with the same figures, whether lines are in files or in indices."""
    only = ("-k", "check_logs", f"--gatepost-slot={datetime.now(UTC).isoformat()}")
    arguments = {"files": only, "indices": (*only, f"--gatepost-config={indexed(tmp_path)}")}
    said = {}
    for kind, chosen in arguments.items():
        report = run_checks("marketplace", environment, tmp_path / kind, *chosen, fails=True)
        said[kind] = {
            row["check"]["id"]: (row["verdict"]["level"], row["verdict"]["value"])
            for row in report["results"]
        }
        assert ids_of(report, "breach") == {
            "marketplace.logs.contract[scraper]",
            "marketplace.logs.errors[processor]",
            "marketplace.logs.authentication",
        }
    assert len(said["files"]) == 11
    assert said["files"] == said["indices"]
