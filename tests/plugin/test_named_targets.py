"""Targets that a check's parameters name, and the check that carries a target's outage."""

from __future__ import annotations

import pytest
from project import Project

REGIONS = {
    "gatepost.toml": """
        [targets.shop_north]
        kind = "directory"
        path = "north"

        [targets.shop_south]
        kind = "directory"
        path = "south"

        [targets.api]
        kind = "endpoint"
        url = "http://127.0.0.1:9"
    """,
    "checks/shop/check_files.py": """
        import pytest
        from gatepost import Directory, at_least, check

        @check(at_least(1, unit="files"), target="shop_{region}")
        @pytest.mark.parametrize("region", ["north", "south"])
        def check_files(target: Directory, region: str) -> int:
            return len(target.files("*"))
    """,
    "north/one.txt": "",
    "south/one.txt": "",
}


@pytest.mark.parametrize("ahead", ["0", "4"])
def test_a_parameter_names_the_target(project: Project, ahead: str) -> None:
    """Each row gets the target that its parameter names, and its declaration says which."""
    outcome = project.write(REGIONS).run(f"--gatepost-ahead={ahead}")
    rows = {check_id: row["check"]["targets"] for check_id, row in outcome.rows.items()}
    assert rows == {
        "shop.files.files[north]": ["shop_north"],
        "shop.files.files[south]": ["shop_south"],
    }
    assert set(outcome.levels.values()) == {"ok"}


@pytest.mark.parametrize(
    ("declared", "takes", "said"),
    [
        ("shop_{region}", "path", "is for a function that takes an argument 'target'"),
        ("shop_{area}", "target", "name parameters of the check, which are region"),
        ("shop_{", "target", "name parameters of the check, which are region"),
        ("shop_{region.name}", "target", "name parameters of the check, which are region"),
        ("shop_{region[name]}", "target", "name parameters of the check, which are region"),
        ("shops_{region}", "target", "there is no [targets.shops_north]; did you mean shop_north"),
    ],
)
def test_a_target_that_there_is_not(project: Project, declared: str, takes: str, said: str) -> None:
    """What cannot be named is an error at collection that says what is wrong."""
    module = f"""
        import pytest
        from gatepost import check, recorded

        @check(recorded(), target="{declared}")
        @pytest.mark.parametrize("region", ["north"])
        def check_files({takes}, region) -> int:
            return 1
    """
    outcome = project.write({**REGIONS, "checks/shop/check_files.py": module}).run()
    assert outcome.status == 2
    assert said in " ".join(outcome.output.split())


def test_an_argument_that_nothing_names(project: Project) -> None:
    """A check that takes `target` without naming one is told how to."""
    module = """
        from gatepost import check, recorded

        @check(recorded())
        def check_files(target) -> int:
            return 1
    """
    outcome = project.write({**REGIONS, "checks/shop/check_files.py": module}).run()
    assert outcome.levels == {"shop.files.files": "error"}
    assert "'target' is for checks with check(target=" in outcome.sentence("shop.files.files")


@pytest.mark.parametrize("arguments", [("-n0",), ("-n0", "--gatepost-ahead=0"), ("-n2",)])
def test_a_witness_carries_the_outage(project: Project, arguments: tuple[str, ...]) -> None:
    """The check that says so fails for a target that is down, wherever it stands; others do not."""
    need = """
        from gatepost import Endpoint, check, recorded

        @check(recorded(){says})
        def check_it(api: Endpoint) -> float:
            return api.get("/").seconds
    """
    files = {
        "checks/shop/check_files.py": need.format(says=""),
        "checks/shop/check_page.py": need.format(says=", witness=True"),
    }
    outcome = project.write({**REGIONS, **files}).run(*arguments)
    assert outcome.levels == {"shop.files.it": "inhibited", "shop.page.it": "error"}
