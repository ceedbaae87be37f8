"""What becomes a row, with which id, and what each level means to pytest."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from project import Project

EVERY_LEVEL = {
    "checks/shop/check_orders.py": """
        import pytest
        from gatepost import MeasurementError, Unavailable, at_least, check, recorded, share_of_mean

        pytestmark = check(owner="data", severity="high")

        @check(at_least(95, alert=90, unit="%"))
        def check_fine() -> float:
            return 99.5

        @check(at_least(95, alert=90, unit="%"))
        def check_low() -> float:
            return 94

        @check(at_least(95, alert=90, unit="%"), severity="critical", owner="ops")
        def check_bad() -> float:
            return 12.5

        @check(recorded())
        def check_nothing() -> float | None:
            return None

        @check(recorded())
        def check_missing() -> float:
            raise MeasurementError("table 'orders' does not exist")

        @check(recorded())
        def check_bug() -> float:
            return 1 / 0

        @check(share_of_mean(0.5))
        def check_young() -> float:
            return 3

        @pytest.fixture(scope="session")
        def dead():
            raise Unavailable("dead", "connection refused")

        @check(recorded())
        def check_first(dead) -> float:
            return 1

        @check(recorded())
        def check_second(dead) -> float:
            return 1

        def check_sums():
            assert 1 + 1 == 2

        def check_wrong_sums():
            assert 1 + 1 == 3, "sums are off"
    """
}

LEVELS = {
    "shop.orders.fine": "ok",
    "shop.orders.low": "warning",
    "shop.orders.bad": "breach",
    "shop.orders.nothing": "no_data",
    "shop.orders.missing": "error",
    "shop.orders.bug": "error",
    "shop.orders.young": "learning",
    "shop.orders.first": "error",
    "shop.orders.second": "inhibited",
    "shop.orders.sums": "ok",
    "shop.orders.wrong_sums": "breach",
}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_every_level_comes_out_the_same_alone_and_distributed(
    project: Project, workers: str
) -> None:
    """Levels, exit status, decision and JUnit are equal with -n0 and -n2."""
    project.write({**EVERY_LEVEL, "checks/shop/check_more.py": "def check_more(): pass\n"})
    outcome = project.run("-n", workers)
    assert outcome.levels == {**LEVELS, "shop.more.more": "ok"}
    assert outcome.status == 1
    assert "BLOCK: 1 new critical alert, 1 new high alert, 5 not evaluated." in outcome.output
    suites = ElementTree.parse(project.root / "reports" / "junit.xml").getroot()  # noqa: S314
    kinds = [child.tag for case in suites.iter("testcase") for child in case]
    assert (kinds.count("failure"), kinds.count("error")) == (2, 4)


def test_marks_give_defaults_from_the_outside_in(project: Project) -> None:
    """A module's mark gives defaults, a function's overrides them."""
    outcome = project.write(EVERY_LEVEL).run()
    bad, low = outcome.rows["shop.orders.bad"]["check"], outcome.rows["shop.orders.low"]["check"]
    assert (bad["severity"], bad["owner"]) == ("critical", "ops")
    assert (low["severity"], low["owner"]) == ("high", "data")


def test_only_errors_show_a_traceback(project: Project) -> None:
    """A failing verdict is one sentence; a bug in a check shows where it is."""
    outcome = project.write(EVERY_LEVEL).run()
    assert "return 1 / 0" in outcome.output
    assert "return 12.5" not in outcome.output
    assert "ZeroDivisionError" in outcome.rows["shop.orders.bug"]["traceback"]
    assert outcome.rows["shop.orders.bad"]["traceback"] == ""


def test_a_warning_passes_and_is_counted_as_one(project: Project) -> None:
    """A missed target alone ends in exit status 0, in a category of its own."""
    outcome = project.write(EVERY_LEVEL).run("-k", "low or fine")
    assert outcome.status == 0
    assert "1 passed" in outcome.output
    assert "1 warning" in outcome.output
    assert "WARN: 1 warning; all 2 checks evaluated." in outcome.output


def test_several_expectations_are_rows_of_one_measurement(project: Project) -> None:
    """Each expectation has an id and a verdict, and the function is called once."""
    outcome = project.write(
        {
            "checks/shop/check_stock.py": """
                from gatepost import at_least, at_most, check

                calls = []

                @check(at_least(5), at_most(alert=9))
                def check_level() -> float:
                    calls.append(1)
                    assert len(calls) == 1, "measured twice"
                    return 12
            """
        }
    ).run()
    assert outcome.levels == {
        "shop.stock.level[at_least]": "ok",
        "shop.stock.level[at_most]": "breach",
    }


def test_parameters_end_the_id_and_carry_marks_of_their_own(project: Project) -> None:
    """pytest.param(marks=check(...)) declares what is expected of that parameter."""
    outcome = project.write(
        {
            "checks/shop/check_stock.py": """
                import pytest
                from gatepost import at_least, check

                @pytest.mark.parametrize("shelf", [
                    pytest.param("top", marks=check(at_least(5), severity="low")),
                    pytest.param("low", marks=check(at_least(alert=5), severity="critical")),
                ])
                def check_level(shelf) -> float:
                    return 3
            """
        }
    ).run()
    assert outcome.levels == {
        "shop.stock.level[top]": "warning",
        "shop.stock.level[low]": "breach",
    }
    assert outcome.rows["shop.stock.level[low]"]["check"]["severity"] == "critical"


def test_labels_in_any_script_keep_their_rows_apart(project: Project) -> None:
    """Labels with letters that pytest escapes still find their expectation, and stand in ids."""
    outcome = project.write(
        {
            "checks/shop/check_stock.py": """
                from dataclasses import replace
                from gatepost import at_least, check

                @check(
                    replace(at_least(5), name="größe"),
                    replace(at_least(50), name="a-größe\\\\"),
                )
                def check_level() -> float:
                    return 10
            """
        }
    ).run()
    assert outcome.levels == {
        "shop.stock.level[größe]": "ok",
        "shop.stock.level[a-größe\\]": "warning",
    }


def test_checks_can_be_selected_by_owner(project: Project) -> None:
    """-m "check(owner='ops')" runs that owner's checks only, and counts the others."""
    outcome = project.write(EVERY_LEVEL).run("-m", "check(owner='ops')")
    assert set(outcome.levels) == {"shop.orders.bad"}
    assert outcome.report is not None
    assert outcome.report["run"]["deselected"] == len(LEVELS) - 1


def test_a_module_directly_in_the_folder_is_a_system_of_its_own(project: Project) -> None:
    """checks/check_shop.py::check_open has the id shop.open; folders below add to the group."""
    outcome = project.write(
        {
            "checks/check_shop.py": "def check_open(): pass\n",
            "checks/shop/eu/check_till.py": "def check_open(): pass\n",
            "checks/shop/test_plain.py": "class TestDoor:\n    def test_open(self): pass\n",
        }
    ).run()
    assert set(outcome.levels) == {"shop.open", "shop.eu.till.open", "shop.plain.TestDoor.open"}


def test_functions_that_only_look_like_checks_are_left_alone(project: Project) -> None:
    """In a test module outside the checks folder, check_... is a helper unless it is marked."""
    outcome = project.write(
        {
            "tests/test_unit.py": """
                from gatepost import check, recorded

                def check_helper(x):
                    assert x

                @check(recorded())
                def check_marked() -> float:
                    return 1

                def test_it():
                    check_helper(True)
            """
        }
    ).run(paths=("tests",))
    assert "2 passed" in outcome.output
    assert set(outcome.levels) == {"tests.unit.marked"}


def test_a_check_stays_an_ordinary_function(project: Project) -> None:
    """Calling a decorated check in a unit test gives its value."""
    outcome = project.write(
        {
            **EVERY_LEVEL,
            "test_unit.py": """
                from checks.shop.check_orders import check_bad

                def test_value():
                    assert check_bad() == 12.5
            """,
        }
    ).run(paths=("test_unit.py",))
    assert outcome.status == 0
    assert outcome.report is None, "a run without checks leaves no report"


def test_an_expected_failure_is_a_known_issue(project: Project) -> None:
    """xfail turns an alert into a warning with its reason; a strict one that passes fails."""
    outcome = project.write(
        {
            "checks/shop/check_known.py": """
                import pytest
                from gatepost import at_least, check

                @pytest.mark.xfail(reason="T-12")
                @check(at_least(alert=5))
                def check_broken() -> float:
                    return 1

                @pytest.mark.xfail(reason="T-13", strict=True)
                @check(at_least(alert=5))
                def check_mended() -> float:
                    return 9
            """
        }
    ).run()
    assert outcome.levels == {"shop.known.broken": "warning", "shop.known.mended": "breach"}
    assert "known issue (T-12)" in outcome.sentence("shop.known.broken")


def test_a_skipped_check_is_never_green(project: Project) -> None:
    """A skip is not evaluated, and a run in which nothing was evaluated blocks."""
    outcome = project.write(
        {
            "checks/shop/check_later.py": """
                import pytest

                def check_it():
                    pytest.skip("not on staging")
            """
        }
    ).run()
    assert outcome.levels == {"shop.later.it": "inhibited"}
    assert outcome.sentence("shop.later.it") == "not on staging"
    assert outcome.status == 1
    assert "the one check was not evaluated" in outcome.output


def test_the_verdicts_of_a_group_can_be_summed_up(project: Project) -> None:
    """all_healthy sees its own group, and counts what was not judged before it."""
    group = """
        from gatepost import all_healthy, at_least, check

        @check(at_least(5))
        def check_a() -> float:
            return {value}

        @check(all_healthy())
        def check_overall(verdicts):
            return verdicts

        def check_z():
            pass
    """
    project.write(
        {
            "checks/shop/check_health.py": group.format(value=9),
            "checks/shop/check_other.py": "def check_other(): assert False\n",
        }
    )
    outcome = project.run()
    assert outcome.levels["shop.health.overall"] == "warning"
    assert "1 of 2 checks not healthy: shop.health.z (inhibited)" in outcome.sentence(
        "shop.health.overall"
    )
    complete = group.format(value=9).partition("        def check_z")[0]
    project.write({"checks/shop/check_health.py": complete})
    assert project.run().levels["shop.health.overall"] == "ok"
    alone = project.run("-k", "overall")
    assert alone.levels == {"shop.health.overall": "no_data"}


def test_a_parameter_cannot_hide_a_rule(project: Project) -> None:
    """A parameter and a rule that spell another rule together are judged by their own."""
    outcome = project.write(
        {
            "checks/shop/check_books.py": """
                import pandas as pd
                import pandera.pandas as pa
                import pytest
                from gatepost import check, conforms_to

                model = pa.DataFrameSchema({
                    "title": pa.Column(int, pa.Check.gt(5)),
                    "sub-title": pa.Column(int, pa.Check.gt(0)),
                })

                @pytest.mark.parametrize("shop", ["sub", "eu"])
                @check(conforms_to(model, by="column"))
                def check_books(shop) -> pd.DataFrame:
                    return pd.DataFrame({"title": [1], "sub-title": [1]})
            """
        }
    ).run("-n0")
    assert outcome.levels == {
        "shop.books.books[sub-title]": "breach",
        "shop.books.books[sub-sub-title]": "ok",
        "shop.books.books[eu-title]": "breach",
        "shop.books.books[eu-sub-title]": "ok",
    }


def test_a_table_in_one_row_has_its_check_s_own_id(project: Project) -> None:
    """Without brackets, or with those of the parameter alone; beside another row it is named."""
    outcome = project.write(
        {
            "checks/shop/check_books.py": """
                import pandas as pd
                import pandera.pandas as pa
                import pytest
                from gatepost import at_least, check, conforms_to, row_count

                class Books(pa.DataFrameModel):
                    title: str
                    pages: int = pa.Field(gt=0)

                BOOKS = pd.DataFrame({"title": ["a", "b"], "pages": [1, 0]})
                half = conforms_to(Books, by="table", tolerate=at_least(alert=50))

                @check(half)
                def check_alone() -> pd.DataFrame:
                    return BOOKS

                @pytest.mark.parametrize("shop", ["eu"])
                @check(conforms_to(Books, by="table"))
                def check_each(shop) -> pd.DataFrame:
                    return BOOKS

                @check(half, row_count(at_least(1)))
                def check_both() -> pd.DataFrame:
                    return BOOKS
            """,
            "gatepost.toml": """
                [limits."shop.books.alone"]
                alert = 60
            """,
        }
    ).run("-n0")
    assert outcome.levels == {
        "shop.books.alone": "breach",
        "shop.books.each[eu]": "breach",
        "shop.books.both[Books]": "ok",
        "shop.books.both[row_count]": "ok",
    }


def test_pytest_fail_is_an_alert_like_an_assertion(project: Project) -> None:
    """The row says the reason, not the traceback."""
    project.write(
        {
            "checks/shop/check_open.py": """
                import pytest

                def check_door() -> None:
                    pytest.fail("the door is locked")
            """
        }
    )
    outcome = project.run()
    assert outcome.levels == {"shop.open.door": "breach"}
    assert outcome.sentence("shop.open.door") == "the door is locked"
