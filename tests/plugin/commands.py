"""Runs the `gatepost` command in a project, as a user would type it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_MAIN = "import sys; from gatepost.cli import main; sys.exit(main())"


def run_command(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Its exit status, and what it wrote to its two streams."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-c", _MAIN, *arguments],
        cwd=folder,
        env={**kept, "COLUMNS": "80", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
