from __future__ import annotations

from pathlib import Path

import pytest
from project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project: a gatepost.toml without a line, and no checks yet."""
    return Project(tmp_path).write({"gatepost.toml": ""})
