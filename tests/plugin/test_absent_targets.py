"""Targets that an environment does not have, and checks that run on request only."""

from __future__ import annotations

import pytest
from commands import run_command
from project import Project

CHECKS = {
    "gatepost.toml": """
        [targets.shop_prometheus]
        kind = "prometheus"
        url = "${SHOP_PROMETHEUS_URL}"
        absent = "${SHOP_PROMETHEUS_ABSENT:-}"

        [targets.shop_files]
        kind = "directory"
        path = "${SHOP_FILES:-files}"
    """,
    "checks/shop/check_up.py": """
        import pytest

        from gatepost import Absent, Unavailable, at_least, check

        @pytest.fixture(scope="session")
        def source(request):
            try:
                return request.getfixturevalue("shop_prometheus").name
            except Absent as absent:
                return f"without: {absent.reason}"

        @check(at_least(1))
        def check_both(shop_prometheus, shop_files):
            return 1

        @check(at_least(1))
        def check_up(shop_prometheus):
            return 1

        @check(at_least(1))
        def check_either(source):
            return 1 if source == "without: no Prometheus here" else 0

        @check(at_least(1))
        def check_files(shop_files):
            return 1
    """,
}
ABSENT = {"SHOP_PROMETHEUS_ABSENT": "no Prometheus here"}
SAID = "not measured: shop_prometheus is absent here: no Prometheus here"


@pytest.mark.parametrize("distributed", [(), ("-n2",)])
def test_an_absent_target_inhibits_its_checks_alone(
    project: Project, distributed: tuple[str, ...]
) -> None:
    """With the reason and without an error, though nothing else of it is set; it is no pass."""
    outcome = Project(project.root, ABSENT).write(CHECKS).run(*distributed)
    assert outcome.status == 0, outcome.output
    assert outcome.levels == {
        "shop.up.both": "inhibited",
        "shop.up.up": "inhibited",
        "shop.up.either": "ok",
        "shop.up.files": "ok",
    }
    for name in ("both", "up"):
        verdict = outcome.rows[f"shop.up.{name}"]["verdict"]
        assert (verdict["sentence"], verdict["cause"]) == (SAID, "shop_prometheus")
    assert outcome.report is not None
    assert outcome.report["decision"]["sentence"] == (
        "WARN: 2 not evaluated; 2 of 4 checks evaluated."
    )
    assert SAID in outcome.output


def test_without_a_reason_a_target_is_there(project: Project) -> None:
    """An empty text is as good as none, and what is not set is an error as ever."""
    outcome = project.write(CHECKS).run()
    assert outcome.status == 1
    assert outcome.levels["shop.up.both"] == "error"
    assert "SHOP_PROMETHEUS_URL is not set" in outcome.sentence("shop.up.both")


def test_what_takes_an_absent_target_hides_no_outage(project: Project) -> None:
    """A check that is not measured anyway carries no other target's failure."""
    outage = """
        import pytest

        from gatepost import Unavailable, at_least, check

        @check(at_least(1))
        def check_first(shop_prometheus, shop_files):
            return 1

        @check(at_least(1))
        def check_second(shop_files):
            raise Unavailable("shop_files", "no such folder")
    """
    files = {**CHECKS, "checks/shop/check_up.py": outage}
    outcome = Project(project.root, ABSENT).write(files).run()
    assert outcome.levels == {"shop.up.first": "inhibited", "shop.up.second": "error"}


def test_an_absent_target_is_explained(project: Project) -> None:
    """`gatepost explain` says the reason and fails for none."""
    files = {
        "gatepost.toml": """
            [targets.shop]
            kind = "database"
            absent = "no database here"
        """,
        "checks/check_shop.py": """
            from gatepost import check, row_count, at_least

            @check(row_count(at_least(1)))
            def check_orders(shop):
                return shop.table("orders")
        """,
    }
    status, said, errors = run_command(project.write(files).root, "explain")
    assert (status, errors) == (0, "")
    assert "not measured: shop is absent here: no database here" in " ".join(said.split())


RESTART = {
    "checks/shop/check_deploy.py": """
        from gatepost import at_least, check

        @check(at_least(1), on_request=True)
        def check_restart():
            return 0

        @check(at_least(1))
        def check_up():
            return 1
    """
}


def test_what_runs_on_request_is_left_out(project: Project) -> None:
    """It is counted as deselected, and holds nothing up."""
    outcome = project.write(RESTART).run()
    assert (outcome.status, outcome.levels) == (0, {"shop.deploy.up": "ok"})
    assert outcome.report is not None
    assert outcome.report["run"]["deselected"] == 1
    assert "1 deselected" in outcome.output


@pytest.mark.parametrize("distributed", [(), ("-n2",)])
def test_what_runs_on_request_runs_when_asked_for(
    project: Project, distributed: tuple[str, ...]
) -> None:
    """With the others, and judged as they are."""
    outcome = project.write(RESTART).run("--gatepost-on-request", *distributed)
    assert outcome.levels == {"shop.deploy.up": "ok", "shop.deploy.restart": "warning"}


def test_what_runs_on_request_is_listed(project: Project) -> None:
    """`gatepost list` shows every check, and which of them wait to be asked for."""
    status, said, _ = run_command(project.write(RESTART).root, "list")
    assert status == 0
    assert [line.endswith("(on request)") for line in said.splitlines()] == [True, False]
