"""One state and one line from what came of some checks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.health.answer import LONGEST, Row, State, answer
from gatepost.model import Level, Severity


def row(level: str, name: str = "shop.api.up", said: str = "said", **more: str) -> Row:
    return Row(name, Level(level), Severity(more.pop("severity", "medium")), said, **more)


@pytest.mark.parametrize(
    ("levels", "state"),
    [
        ("ok", State.OK),
        ("ok learning", State.OK),
        ("learning", State.UNKNOWN),
        ("ok warning", State.WARNING),
        ("ok warning inhibited", State.UNKNOWN),
        ("warning no_data", State.UNKNOWN),
        ("ok error", State.UNKNOWN),
        ("error no_data inhibited warning breach", State.CRITICAL),
        ("", State.UNKNOWN),
    ],
)
def test_an_alert_beats_unknown_beats_a_warning(levels: str, state: State) -> None:
    """What was not measured is never green, and could be an alert."""
    rows = [row(level, f"shop.api.{level}") for level in levels.split()]
    assert answer("shop", rows, 1.25, expected=len(rows)).state is state


def test_what_is_missing_or_went_wrong_is_unknown() -> None:
    """Unless there is an alert already."""
    assert answer("shop", [row("ok")], 1, expected=2).state is State.UNKNOWN
    assert answer("shop", [row("ok")], 1, expected=1, troubles=["x"]).state is State.UNKNOWN
    assert answer("shop", [row("breach")], 1, expected=2, troubles=["x"]).state is State.CRITICAL


def test_the_line_counts_and_says_the_worst() -> None:
    """The most severe of the worst level, with who looks after it."""
    rows = [
        row("ok", "shop.api.up"),
        row("breach", "shop.api.a", "42 ms, alert at 30 ms."),
        row("breach", "shop.api.b", "status 503, expected 200.", severity="critical", owner="web"),
        row("warning", "shop.api.c"),
    ]
    assert answer("shop.api", rows, 1.25, expected=5).line == (
        "CRITICAL shop.api: 2 alerts, 1 warning, 1 ok, 1 not measured in 1.2 s; "
        "shop.api.b: status 503, expected 200; owner web"
    )


def test_all_is_well_needs_no_sentence() -> None:
    """Of what is learning neither."""
    rows = [row("ok"), row("learning")]
    assert answer("shop", rows, 0.34, expected=2).line == "OK shop: 1 learning, 1 ok in 340 ms"


def test_trouble_comes_before_what_is_not_critical() -> None:
    """The cause of unknown rows is often it; an alert comes first."""
    said = answer("shop", [row("error", said="boom")], 2, expected=1, troubles=["stopped"]).line
    assert said == "UNKNOWN shop: 1 error in 2 s; stopped; shop.api.up: boom"
    said = answer("shop", [row("breach", said="boom")], 2, expected=1, troubles=["stopped"]).line
    assert said == "CRITICAL shop: 1 alert in 2 s; shop.api.up: boom; stopped"


def test_a_detail_stands_where_it_fits() -> None:
    """A long sentence is cut and leaves no room; a long runbook is left out."""
    long = answer("shop", [row("breach", said="x " * 200, owner="web")], 1, expected=1).line
    assert len(long) == LONGEST
    assert long.endswith("x...")
    said = answer("shop", [row("breach", owner="web", runbook="r" * 200)], 1, expected=1).line
    assert said.endswith("shop.api.up: said; owner web")


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_it_is_one_plain_line_whatever_is_said(asked: str, said: str, trouble: str) -> None:
    """Neither what a system says nor what was typed drives a terminal or breaks the line."""
    rows = [row("breach", said=said, owner=said)]
    line = answer(asked, rows, 1, expected=1, troubles=[trouble]).line
    assert len(line) <= LONGEST
    assert line.startswith("CRITICAL ")
    assert len(line.splitlines()) == 1
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in line)
    line.encode()
