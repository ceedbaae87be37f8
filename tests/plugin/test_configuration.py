"""gatepost.toml and options: what a wrong one says, and what a right one does."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from project import Project

CHECK = {
    "checks/shop/check_orders.py": """
        from gatepost import Database, at_least, check

        @check(at_least(5, alert=3))
        def check_count(warehouse: Database) -> float:
            return warehouse.scalar("select 4")

        @check(at_least(1))
        def check_more(warehouse: Database) -> float:
            return 1
    """
}

WRONG_FILES = {
    "targets = 3": "gatepost.toml: targets: expected a table for each target, got 3",
    "[target.x]": "gatepost.toml: target: unknown section; did you mean 'targets'?",
    "[targets.x]\nurl = 'a'": "gatepost.toml: targets.x.kind: expected one of ",
    "[targets.x]\nkind = 'databas'": "got 'databas'; did you mean 'database'?",
    "[targets.x-y]\nkind = 'database'": "targets.x-y: a target's name becomes a fixture",
    "[targets.request]\nkind = 'host'": "targets.request: a fixture is called request already",
    "[targets.x]\nkind = 'database'": "gatepost.toml: targets.x.url: expected, but not given",
    "[targets.x]\nkind = 'database'\nurl = 'sqlite:///x'\nulr = 1": "targets.x.ulr: unknown key; "
    "did you mean 'url'?",
    "[targets.x]\nkind = 'database'\nurl = 'sqlite:///x'\nlock_timeout = '2 parsecs'": "targets.x."
    "lock_timeout: '2 parsecs' is not a duration",
    "[targets.x]\nkind = 'database'\nurl = 'postgresql://u:hunter2@h/d'": "targets.x.url: a secret "
    "is written in the file; take it from the environment",
    '[limits."a.b"]\ntarged = 3': 'limits."a.b": expected target and alert',
    "[slack]\nwebhook = 3": "slack.webhook: expected the incoming webhook's URL",
    "[slack]\nchannel = '#x'": "slack.channel: unknown key",
    "[targets.x]\nkind = 'probe'\nurl = 'http://h'\ncall = 'a:b'": "gatepost.toml: targets.x: "
    "expected either url or call\n",
    "[targets": "gatepost.toml: ",
}


@pytest.mark.parametrize("text", WRONG_FILES)
def test_a_wrong_file_is_one_message(project: Project, text: str) -> None:
    """File, key and what is expected there; nothing runs, no traceback, no secret."""
    outcome = project.write({**CHECK, "gatepost.toml": text}).run()
    assert outcome.status == 4
    assert WRONG_FILES[text] in outcome.output
    assert "Traceback" not in outcome.output
    assert "hunter2" not in outcome.output


def test_every_mistake_of_a_file_is_listed_at_once(project: Project) -> None:
    """Two mistakes are two lines of one message."""
    text = "[target]\n[targets.x]\nkind = 'databas'\n"
    outcome = project.write({**CHECK, "gatepost.toml": text}).run()
    assert outcome.output.count("gatepost.toml: ") == 2


WRONG_OPTIONS = {
    "--gatepost-slot=yesterday": "gatepost_slot: expected a time with its zone",
    "--gatepost-slot=2026-01-01T00:00": "gatepost_slot: expected a time with its zone",
    "--override-ini=gatepost_cadence=often": "gatepost_cadence: 'often' is not a duration",
    "--override-ini=gatepost_mode=loud": "gatepost_mode: expected local, scheduled, gate, got",
    "--gatepost-config=missing.toml": "gatepost_config: there is no file missing.toml",
    "--override-ini=gatepost_history=postgresql://u:hunter2@h/d": "gatepost_history: a password is "
    "written in the URL; take it from the environment",
    "--override-ini=gatepost_history=${NOWHERE}": "the environment variable NOWHERE is not set",
}


@pytest.mark.parametrize("option", WRONG_OPTIONS)
def test_a_wrong_option_is_one_message(project: Project, option: str) -> None:
    """The option is named, with what it expects; the password on it is not repeated."""
    outcome = project.write(CHECK).run(option)
    assert outcome.status == 4
    assert WRONG_OPTIONS[option] in outcome.output
    assert "hunter2" not in outcome.output


def test_a_target_is_a_fixture_of_its_own_name(project: Project) -> None:
    """[targets.warehouse] lets a check take `warehouse`; its statements are in the report."""
    sqlite3.connect(project.root / "shop.sqlite").close()
    project.write(
        {**CHECK, "gatepost.toml": '[targets.warehouse]\nkind = "database"\nurl = "${SHOP}"\n'}
    )
    outcome = replace(project, environment={"SHOP": "sqlite:///shop.sqlite"}).run()
    assert outcome.levels == {"shop.orders.count": "warning", "shop.orders.more": "ok"}
    assert outcome.rows["shop.orders.count"]["statements"] == ["select 4"]
    assert outcome.report is not None
    assert "shop.sqlite" in outcome.report["run"]["targets"]["warehouse"]


def test_an_unset_variable_stops_only_what_needs_it(project: Project) -> None:
    """One error that names the variable, the other checks of the target inhibited, the rest run."""
    project.write(
        {
            **CHECK,
            "gatepost.toml": '[targets.warehouse]\nkind = "database"\nurl = "${SHOP}"\n',
            "checks/shop/check_other.py": "def check_other(): pass\n",
        }
    )
    outcome = project.run()
    assert outcome.levels == {
        "shop.orders.count": "error",
        "shop.orders.more": "inhibited",
        "shop.other.other": "ok",
    }
    assert "targets.warehouse.url: the environment variable SHOP is not set" in outcome.sentence(
        "shop.orders.count"
    )


def test_limits_are_overridden_by_check_id(project: Project) -> None:
    """The configuration moves a limit without touching code."""
    sqlite3.connect(project.root / "shop.sqlite").close()
    project.write(
        {
            **CHECK,
            "gatepost.toml": """
                [targets.warehouse]
                kind = "database"
                url = "sqlite:///shop.sqlite"

                [limits."shop.orders.count"]
                target = 9
                alert = 8
            """,
        }
    )
    outcome = project.run()
    assert outcome.levels["shop.orders.count"] == "breach"
    assert "4 is below 8, the alert limit; target at least 9" in outcome.output


def test_an_override_that_matches_nothing_blocks(project: Project) -> None:
    """A mistyped id may have left a limit too loose, so the run fails and names the nearest id."""
    project.write(
        {
            "checks/shop/check_orders.py": """
                from gatepost import at_least, check

                @check(at_least(5))
                def check_count() -> float:
                    return 9
            """,
            "gatepost.toml": '[limits."shop.order.count"]\ntarget = 9\n',
        }
    )
    for workers in ("-n0", "-n2"):
        outcome = project.run(workers)
        assert outcome.status == 1
        said = " ".join(outcome.output.split())
        assert 'limits."shop.order.count" matches no check; did you mean shop.orders.count?' in said
    only_a_part = project.run("-n0", paths=("checks/shop/check_orders.py",))
    assert only_a_part.status == 0


def test_an_override_of_a_check_without_limits_is_refused(project: Project) -> None:
    """A plain test has none: the override would be as good as mistyped."""
    project.write(
        {
            "checks/shop/check_orders.py": "def check_open(): pass\n",
            "gatepost.toml": '[limits."shop.orders.open"]\nalert = 9\n',
        }
    )
    outcome = project.run()
    assert outcome.status == 2
    assert 'limits."shop.orders.open": the check has no expectation' in outcome.output


def test_an_override_that_contradicts_is_refused(project: Project) -> None:
    """The file and the key are named at collection."""
    project.write({**CHECK, "gatepost.toml": '[limits."shop.orders.more"]\nalert = 9\n'})
    outcome = project.run()
    assert outcome.status == 2
    assert 'gatepost.toml: limits."shop.orders.more": at least 1 has no alert level' in (
        outcome.output
    )


def test_a_project_needs_no_pytest_configuration(project: Project) -> None:
    """A gatepost.toml and a checks folder are found from below, too."""
    project.write({"checks/shop/check_orders.py": "def check_it(): pass\n"})
    assert project.run().levels == {"shop.orders.it": "ok"}
    below = replace(project, root=project.root / "checks")
    assert below.run(paths=("shop",)).status == 0


def test_without_a_gatepost_toml_nothing_changes(project: Project) -> None:
    """In another project check_... functions and files stay what they are."""
    (project.root / "gatepost.toml").unlink()
    project.write(
        {
            "test_it.py": "def check_x(): raise AssertionError\ndef test_it(): pass\n",
            "check_script.py": "raise RuntimeError('imported')\n",
        }
    )
    outcome = project.run(paths=(".",))
    assert outcome.status == 0
    assert "1 passed" in outcome.output
    assert not (project.root / "reports").exists()
