"""Whether the workflows keep up with what they run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_scheduled_checks_get_every_variable_that_the_configuration_asks_for() -> None:
    """A target added to gatepost.toml is measured by the schedule too, not left without its URL."""
    configuration = (ROOT / "gatepost.toml").read_text("utf-8")
    workflow = (ROOT / ".github" / "workflows" / "checks.yml").read_text("utf-8")
    asked = set(re.findall(r"\$\{([A-Z]\w*)", configuration))
    given = set(re.findall(r"^ +([A-Z]\w*): \$\{\{", workflow, re.MULTILINE))
    assert asked
    assert asked - given == set()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_bounds(path: Path) -> None:
    """Each names its actions' versions, its permissions, its longest time and who waits."""
    text = path.read_text("utf-8")
    actions = re.findall(r"uses: (\S+)", re.sub(r"^ *#.*", "", text, flags=re.MULTILINE))
    assert [action for action in actions if not re.search(r"@v\d+$", action)] == []
    for bound in ("permissions:", "timeout-minutes:", "concurrency:"):
        assert bound in text
