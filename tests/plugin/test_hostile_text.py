"""Text from systems is inert in every output, and the outputs stay valid."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from project import Project

HOSTILE = {
    "checks/evil/check_text.py": '''
        import pytest
        from gatepost import MeasurementError, check, recorded

        TEXT = "<script>alert(1)</script>\\x00\\x1b[31m\\ud800\\u202e]]>&\\""

        @check(recorded(), owner="<b>owner</b>")
        def check_error() -> float:
            """<img src=x onerror=alert(2)>"""
            raise MeasurementError(TEXT)

        @pytest.mark.parametrize("x", [1], ids=["<script>\\x01\\u00e9"])
        def check_id(x):
            assert False, TEXT

        @check(recorded())
        def check_bug() -> float:
            raise RuntimeError(TEXT)
    '''
}


def test_markup_and_control_characters_are_inert_in_every_output(project: Project) -> None:
    """No script in the page, no escape sequence in the terminal, valid XML and UTF-8."""
    outcome = project.write(HOSTILE).run("--junitxml=own.xml", "--html=own.html")
    assert outcome.status == 1
    page = (project.root / "reports" / "index.html").read_text(encoding="utf-8")
    assert "alert(1)" in page
    assert not re.search(r"<script>\s*alert", page)
    assert "<img src=x" not in page
    summary = outcome.output.partition("= gatepost =")[2].partition("short test summary")[0]
    assert "\x1b[31m" not in summary.replace("\x1b[31m\x1b[1m", "")
    assert "\x00" not in summary
    for name in ("reports/junit.xml", "own.xml"):
        ElementTree.parse(project.root / name)  # noqa: S314 - our own file
    own = (project.root / "own.html").read_text(encoding="utf-8")
    assert not re.search(r"<script>\s*alert", own)
    assert set(outcome.levels.values()) == {"error", "breach"}


def test_hostile_text_crosses_to_the_controller(project: Project) -> None:
    """A distributed run survives lone surrogates and control characters."""
    outcome = project.write(HOSTILE).run("-n2")
    assert len(outcome.levels) == 3
