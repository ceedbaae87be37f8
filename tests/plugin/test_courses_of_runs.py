"""Severities and courses of values, from a check's code to what people and programs are told."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

import pytest
from commands import run_command
from project import Outcome, Project

LEVELS = {
    "checks/shop/check_errors.py": """
        from gatepost import at_most, check

        LEVELS = at_most(1, alert={"medium": 5, "high": 10}, unit="%")
        pytestmark = check(severity="low", owner="data")

        @check(LEVELS)
        def check_rate() -> dict[str, float]:
            return {"login": 7, "search": 0.5, "cart": 2}

        @check(LEVELS, severity="critical")
        def check_unknown() -> float | None:
            return None
    """,
}

COURSES = {
    "checks/shop/check_host.py": """
        import os
        from gatepost import at_most, check, falls_at_most, no_steady_growth, rises_at_least

        VALUE = float(os.environ["VALUE"])

        @check(
            falls_at_most(alert=20, unit="%"),
            rises_at_least(alert=1),
            no_steady_growth(3),
        )
        def check_total() -> float:
            return VALUE

        @check(at_most(alert=100), sustained="6 h")
        def check_load() -> float:
            return VALUE
    """,
}


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_an_alert_has_the_severity_of_its_level(project: Project, workers: str) -> None:
    """Whatever crosses none has that said beside the limit, or that of the worst level."""
    outcome = project.write(LEVELS).run(workers, "--gatepost-mode=scheduled")
    rate, unknown = (outcome.rows[f"shop.errors.{name}"] for name in ("rate", "unknown"))
    assert (rate["check"]["severity"], rate["severity"]) == ("high", "medium")
    assert (unknown["check"]["severity"], unknown["severity"]) == ("critical", "critical")
    assert rate["verdict"]["sentence"] == (
        "2 of 3 labels miss: login: 7 % is above 5 %, the alert limit (medium); "
        "above 10 % it is high; also cart (2 %)"
    )
    assert rate["verdict"]["sample"]["rows"][1][:2] == ["cart", "2 %"]
    assert "1 new medium alert" in outcome.output
    history = sqlite3.connect(project.root / ".gatepost" / "history.sqlite")
    stored = history.execute("select check_id, severity from observation order by check_id")
    assert stored.fetchall() == [
        ("shop.errors.rate", "medium"),
        ("shop.errors.unknown", "critical"),
    ]
    history.close()


def test_the_list_has_the_worst_severity_there_can_be(project: Project) -> None:
    """With every level in the words of the limit."""
    status, said, _ = run_command(project.write(LEVELS).root, "list", "--json")
    assert status == 0
    listed = {each["id"]: each for each in json.loads(said)}
    assert listed["shop.errors.rate"]["severity"] == "high"
    assert listed["shop.errors.unknown"]["severity"] == "critical"
    assert listed["shop.errors.rate"]["expectation"] == (
        "at most 1 %, alert above 5 % (medium), above 10 % (high)"
    )


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        ("{ medium = 4, high = 6 }", "login: 7 % is above 6 %, the alert limit (high)"),
        ("{ high = 6 }", "login: 7 % is above 6 %, the alert limit (high)"),
        ("6", 'limits."shop.errors.rate": alert of at most 1 %, alert above 5 % (medium), above'),
        ("{ critical = 6 }", "has no level 'critical'; it has medium, high"),
        ("{ high = 5 }", "the level high (above 5) does not lie farther out than medium (above 5)"),
    ],
)
def test_levels_are_overridden_by_their_severity(project: Project, alert: str, said: str) -> None:
    """The configuration moves them; what fits none is refused where it stands."""
    limits = f'[limits."shop.errors.rate"]\nalert = {alert}\n'
    outcome = project.write({**LEVELS, "gatepost.toml": limits}).run()
    assert said in " ".join(outcome.output.split())


def measure(project: Project, value: float, hour: int) -> Outcome:
    """A scheduled run at an hour of a day, without a cadence."""
    slot = f"--gatepost-slot=2026-01-05T{hour:02}:00Z"
    with_value = replace(project, environment={"VALUE": str(value)})
    return with_value.run("-n0", "--gatepost-mode=scheduled", slot)


def test_a_value_is_judged_by_its_course_over_the_runs(project: Project) -> None:
    """A first run learns; later ones know how it fell, rose and grew, and for how long."""
    project.write(COURSES)
    levels: dict[str, list[str]] = {}
    for hour, value in ((0, 90), (5, 101), (8, 102), (9, 103), (11, 103), (12, 80)):
        outcome = measure(project, value, hour)
        for check_id, level in outcome.levels.items():
            levels.setdefault(check_id.removeprefix("shop.host."), []).append(level)
        if hour == 9:
            assert outcome.sentence("shop.host.load") == (
                "103 is above 100, the alert limit; since 2026-01-05 05:00 UTC, for 4 h; "
                "pending, an alert after 6 h"
            )
    learning, ok, warning, breach = "learning", "ok", "warning", "breach"
    assert levels == {
        "total[falls_at_most]": [learning, ok, ok, ok, ok, breach],
        "total[rises_at_least]": [learning, ok, ok, ok, breach, breach],
        "total[no_steady_growth]": [learning, learning, learning, breach, ok, ok],
        "load": [ok, warning, warning, warning, breach, ok],
    }
    assert outcome.sentence("shop.host.total[falls_at_most]") == (
        "a fall of 22.33 % is above 20 %, the alert limit: "
        "from 103, the highest of the last 24 h, to 80"
    )
