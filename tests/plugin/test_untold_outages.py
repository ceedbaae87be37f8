"""An outage is a failure, whatever became of the check that was to carry it."""

from __future__ import annotations

import pytest
from project import Project

NOBODY_LISTENS = """
    [targets.api]
    kind = "endpoint"
    url = "http://127.0.0.1:9"
"""
HEAD = """
import pytest
from gatepost import Endpoint, at_least, check
"""
NEEDS_IT = """
@check(at_least(1))
def check_page(api: Endpoint) -> int:
    return api.get("/").status

@check(at_least(1))
def check_other() -> int:
    return 1
"""
CARRIERS = {
    "skipped": """
@pytest.mark.skip(reason="known")
@check(at_least(1), witness=True)
def check_carrier(api: Endpoint) -> int:
    return 1
""",
    "skips itself": """
@check(at_least(1), witness=True)
def check_carrier(api: Endpoint) -> int:
    pytest.skip("not today")
""",
    "expected to fail": """
@pytest.mark.xfail
@check(at_least(1), witness=True)
def check_carrier(api: Endpoint) -> int:
    return api.get("/").status
""",
    "ended before it was down": """
@check(at_least(1), witness=True)
def check_carrier(api: Endpoint) -> int:
    return 1
""",
}


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
def test_the_next_check_carries_it(project: Project, carrier: str) -> None:
    """Where the witness has been judged without failing for it."""
    files = {"gatepost.toml": NOBODY_LISTENS, "checks/shop/check_it.py": HEAD + carrier + NEEDS_IT}
    outcome = project.write(files).run()
    assert outcome.levels["shop.it.page"] == "error"
    assert "connection refused" in outcome.sentence("shop.it.page")
    assert outcome.status == 1


@pytest.mark.parametrize("distributed", [(), ("-n2",)])
def test_one_that_no_check_carries_blocks(project: Project, distributed: tuple[str, ...]) -> None:
    """Where the witness comes later, or runs in another process."""
    files = {
        "gatepost.toml": NOBODY_LISTENS,
        "checks/shop/check_a.py": HEAD + NEEDS_IT,
        "checks/shop/check_b.py": HEAD + CARRIERS["skipped"],
    }
    outcome = project.write(files).run(*distributed)
    assert outcome.levels["shop.a.page"] == "inhibited"
    assert outcome.report is not None
    assert outcome.report["decision"]["sentence"] == (
        "BLOCK: 2 not evaluated, api: unavailable, and no check has failed for it; "
        "not measured: shop.a.page."
    )
    assert outcome.status == 1
