"""Wrong declarations fail at collection, with a name and a fix."""

from __future__ import annotations

import pytest
from project import Project

WRONG = {
    "at_least(95, alert=97)": "at_least: the alert level lies on the wrong side of the target",
    "at_least()": "at_least() needs a target, an alert level, or both",
    "between(9, 5)": "between: the lower bound 9 is above the upper bound 5",
    'at_least("95")': "at_least: expected a finite number as a limit, got '95'",
    'fresh_within("24 parsecs")': "'24 parsecs' is not a duration; write a number and a unit",
    'fresh_within("36 h", alert="24 h")': "the alert age of 24 h is below the target of 36 h",
    "at_least": "is no expectation; call it with one, such as at_least(95)",
    'at_least(5), severity="hihg"': "unknown severity 'hihg'; expected critical, high, medium, "
    "low; did you mean 'high'?",
    'at_least(5), sustained="soon"': "sustained='soon': 'soon' is not a duration",
    "at_least(5), sustained=1": "one run is the default; use 2 or more",
    "at_least(5), at_least(6)": "check_it: two expectations are called 'at_least'",
    'at_least(5), runbook="nowhere"': "check_it: runbook 'nowhere': there is no "
    "checks/shop/runbooks/nowhere.md; write it, or give an URL",
    'fresh_within("1 h"), sustained="3 runs"': "check_it: "
    'sustained="3 runs" has no effect on fresh_within(): it is for limits',
    "share_of_mean(50)": "expected a share above 0 and up to 1, got 50",
    "responds(20)": "responds: 20 is no HTTP status",
    'conforms_to(Model, tolerate={"b": at_least(5)})': "'b'",
}


@pytest.mark.parametrize("declared", WRONG)
def test_a_wrong_declaration_is_refused_at_collection(project: Project, declared: str) -> None:
    """Nothing runs; the message names what is wrong and where."""
    project.write(
        {
            "checks/shop/check_orders.py": f"""
                from gatepost import *
                import pandera.pandas as pa

                class Model(pa.DataFrameModel):
                    a: int

                @check({declared})
                def check_it() -> float:
                    raise AssertionError("ran")
            """
        }
    )
    outcome = project.run()
    assert outcome.status == 2
    assert WRONG[declared] in " ".join(outcome.output.replace("\nE  ", " ").split())
    assert "check_orders.py" in outcome.output
    assert outcome.levels == {}


def test_an_async_check_is_refused_at_collection(project: Project) -> None:
    """A plugin that runs async tests would leave its value unjudged, and so the check green."""
    project.write(
        {
            "conftest.py": """
                import asyncio, inspect, pytest

                @pytest.hookimpl(tryfirst=True)
                def pytest_pyfunc_call(pyfuncitem):
                    if inspect.iscoroutinefunction(pyfuncitem.obj):
                        asyncio.run(pyfuncitem.obj())
                        return True
            """,
            "checks/shop/check_orders.py": """
                from gatepost import at_least, check

                @check(at_least(5))
                async def check_it() -> float:
                    return 1
            """,
        }
    )
    outcome = project.run()
    assert outcome.status == 2
    said = " ".join(outcome.output.replace("\nE  ", " ").split())
    assert "check_it: what an async function returns cannot be judged" in said
    assert outcome.levels == {}


def test_a_duration_has_to_fit_the_cadence(project: Project) -> None:
    """sustained="90 min" cannot be counted in slots of an hour."""
    project.write(
        {
            "pytest.toml": '[pytest]\ngatepost_cadence = "1 h"\n',
            "checks/shop/check_orders.py": """
                from gatepost import at_least, check

                @check(at_least(alert=5), sustained="90 min")
                def check_it() -> float:
                    return 1
            """,
        }
    )
    outcome = project.run()
    assert outcome.status == 2
    assert 'sustained="90 min" is not a multiple of the cadence of 1 h' in outcome.output


def test_two_checks_cannot_share_an_id(project: Project) -> None:
    """The second one is named, with the first."""
    outcome = project.write(
        {
            "checks/shop/check_orders.py": "def check_it(): pass\n",
            "checks/shop/test_orders.py": "def test_it(): pass\n",
        }
    ).run()
    assert outcome.status == 2
    assert "the id shop.orders.it is taken by checks/shop/check_orders.py::check_it" in (
        outcome.output
    )


def test_a_wrong_declaration_is_refused_on_workers_too(project: Project) -> None:
    """A distributed run names the same error and runs nothing."""
    project.write(
        {
            "checks/shop/check_orders.py": """
                from gatepost import at_least, check

                @check(at_least(5), runbook="nowhere")
                def check_it() -> float:
                    return 1
            """
        }
    )
    outcome = project.run("-n2")
    assert outcome.status != 0
    assert "runbook 'nowhere'" in outcome.output


def test_a_class_that_hides_checks_is_refused(project: Project) -> None:
    """pytest would pass over a class whose name does not begin with Test, and say nothing."""
    project.write(
        {
            "checks/shop/check_orders.py": """
                from gatepost import at_least, check

                class CheckOrders:
                    @check(at_least(5))
                    def check_it(self) -> float:
                        return 1

                class Helper:
                    pass
            """
        }
    )
    outcome = project.run()
    assert outcome.status == 2
    assert "CheckOrders: the class holds checks, but pytest collects only classes" in (
        outcome.output
    )
