"""Runs a command in a process of its own and says what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """What one run took: seconds on the clock and of the CPU, its largest resident size in MB."""

    wall: float
    cpu: float
    peak: float
    status: int = 0
    output: str = ""


def run_process(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Process:
    """Run a command in `folder`; `environment` is added to that of this process."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        # wait4 tells the peak of this one child; getrusage only knows the largest of all.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        output.seek(0)
        printed = output.read().decode(errors="replace")
    per_megabyte = 1024 * 1024 if sys.platform == "darwin" else 1024
    cpu = usage.ru_utime + usage.ru_stime
    return Process(wall, cpu, usage.ru_maxrss / per_megabyte, child.returncode, printed)


def last_lines(text: str, count: int = 15) -> str:
    return "\n".join(text.splitlines()[-count:])
