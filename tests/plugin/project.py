"""A small project of its own for each test of the plugin, run by a real pytest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from threading import Timer
from typing import Any

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its exit status, what it printed, and the report it left."""

    status: int
    output: str
    report: dict[str, Any] | None

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The report's results by check id."""
        assert self.report is not None, self.output
        return {row["check"]["id"]: row for row in self.report["results"]}

    @property
    def levels(self) -> dict[str, str]:
        """The levels by check id."""
        return {check_id: row["verdict"]["level"] for check_id, row in self.rows.items()}

    def sentence(self, check_id: str) -> str:
        """What the verdict on a check says."""
        sentence: str = self.rows[check_id]["verdict"]["sentence"]
        return sentence


@dataclass(frozen=True)
class Project:
    """A folder with a gatepost.toml and checks, as a user would write them."""

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def write(self, files: Mapping[str, str]) -> Project:
        """Add files; their text may be indented."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return self

    def run(self, *arguments: str, paths: tuple[str, ...] = ("checks",)) -> Outcome:
        """Run pytest on the project in a process of its own."""
        finished = subprocess.run(
            self._command(*paths, *arguments),
            cwd=self.root,
            env=self._environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return Outcome(finished.returncode, finished.stdout + finished.stderr, self.report())

    def run_until(self, line: str, *arguments: str) -> Outcome:
        """Run pytest, and send it Ctrl-C once it has printed a line with this text."""
        with subprocess.Popen(
            self._command("checks", "-s", *arguments),
            cwd=self.root,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_heed_ctrl_c,
        ) as process:
            assert process.stdout is not None
            watchdog = Timer(120, process.kill)  # or a run that hangs would hang its test
            watchdog.start()
            seen = ""
            while line not in seen:
                read = process.stdout.readline()
                assert read, f"ended without printing {line!r}:\n{seen}"
                seen += read
            process.send_signal(signal.SIGINT)
            seen += process.stdout.read()
            watchdog.cancel()
        return Outcome(process.returncode, seen, self.report())

    def report(self) -> dict[str, Any] | None:
        """What stands in reports/report.json; None where there is none."""
        path = self.root / "reports" / "report.json"
        if not path.is_file():
            return None
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return document

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _is_ours(name)}
        return {**kept, "PYTHONPATH": "", "COLUMNS": "100", **self.environment}


def _heed_ctrl_c() -> None:
    """Where a shell runs the tests in the background, it has them ignore the signal."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _is_ours(name: str) -> bool:
    """Variables of the run that tests this, which must not reach the run that is tested."""
    return name.startswith(("PYTEST", "JOBINSIGHT", "GITHUB", "GATEPOST")) or name == "CI"
