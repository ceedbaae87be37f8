"""`gatepost explain`: what checks would send, and how each rule is measured, without sending."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
from commands import run_command
from project import Project

CONFIGURATION = """
    [targets.shop]
    kind = "database"
    url = "sqlite:///shop.sqlite"

    [targets.gone]
    kind = "database"
    url = "postgresql://127.0.0.1:1/nothing"

    [targets.unset]
    kind = "database"
    url = "${SHOP_URL}"

    [targets.api]
    kind = "endpoint"
    url = "${SHOP_API}"
"""

CHECKS = """
    import pandera.pandas as pa
    import pytest

    from gatepost import at_least, check, conforms_to, row_count, sql_check


    class Orders(pa.DataFrameModel):
        id: int = pa.Field(unique=True)
        email: str = pa.Field(str_contains="@")
        price: float = pa.Field(ge=0, nullable=True)
        missing: int = pa.Field(nullable=True)

        @pa.check("email", name="spelt")
        def _spelt(cls, email):
            raise AssertionError("explaining judges nothing")

        @sql_check(name="paid")
        def _paid(row):
            return row.price > 0


    @check(conforms_to(Orders), row_count(at_least(1)))
    def check_orders(shop):
        return shop.table("orders")


    @check(at_least(1))
    def check_itself(shop):
        try:
            number = shop.scalar("select count(*) from orders where price > :least", least=3)
        except Exception:
            number = 0
        open("went-on.txt", "w").write(str(number))
        return number


    @check(at_least(1))
    def check_ping(shop):
        return shop.ping()


    @check(at_least(1))
    def check_api(api):
        open("called.txt", "w").close()


    @check(at_least(1))
    def check_both(shop, api):
        return api.get("stock").seconds


    @pytest.fixture
    def newest(shop):
        return shop.newest("orders", by="id")


    @check(at_least(1))
    def check_fixture(newest):
        return newest
"""

NAMED = """
    import pytest

    from gatepost import at_least, check, fresh, row_count

    @pytest.mark.parametrize("name", ["orders", "ordrs"])
    @check(row_count(at_least(1)), fresh("created_at", within="1 h"))
    def check_named(shop, name):
        return shop.table(name)
"""

OUTAGES = """
    from gatepost import at_least, check, row_count

    @check(row_count(at_least(1)))
    def check_gone(gone):
        return gone.table("orders")

    @check(row_count(at_least(1)))
    def check_unset(unset):
        return unset.table("orders")
"""


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with a small SQLite shop."""
    project.write({"gatepost.toml": CONFIGURATION, "checks/shop/check_stock.py": CHECKS})
    with sqlite3.connect(project.root / "shop.sqlite") as connection:
        connection.execute(
            "create table orders"
            " (id integer primary key not null, email text, price real, created_at timestamp)"
        )
    return project


def explained(project: Project, *arguments: str, status: int = 0) -> dict[str, dict[str, Any]]:
    found, output, errors = run_command(project.root, "explain", "--json", *arguments)
    assert found == status, output + errors
    return {each["id"].removeprefix("shop.stock."): each for each in json.loads(output)}


def test_each_rule_has_its_tier_and_the_reason(shop: Project) -> None:
    """Rules are told with how they would be measured, and those that cannot hold are named."""
    found = explained(shop, "-k", "check_orders")
    ways = {each["what"]: (each["tier"], each["why"]) for each in found["orders"]["rules"]}
    assert ways["id not null"] == ("proved", "a not-null constraint")
    assert ways["id unique"][0] == "proved"
    assert ways["email str_contains('@')"] == ("scanned", "")
    assert ways["paid"] == ("scanned by its own expression", "")
    assert ways["email spelt"] == ("fetched", "it is Python code")
    assert ways["missing present"][0] == "proved to fail"
    assert ways["missing dtype(int64)"][0] == "not evaluated"
    assert ways["row_count"] == ("scanned", "")
    assert found["orders"]["about"] == "table orders of shop"


def test_the_statements_are_those_that_a_run_reports(shop: Project) -> None:
    """Each text is exactly what the report of a run shows, with the parameters."""
    planned = [each["text"] for each in explained(shop)["orders"]["statements"]]
    with sqlite3.connect(shop.root / "shop.sqlite") as connection:
        connection.execute("insert into orders values (1, 'a@b', 3.0, null)")
    outcome = shop.run("-k", "check_orders and row_count")
    assert outcome.report is not None, outcome.output
    (row,) = (each for name, each in outcome.rows.items() if name.endswith("orders[row_count]"))
    assert [each for each in row["statements"] if not each.startswith("--")] == planned
    assert len(planned) == 2


def test_a_check_that_asks_by_itself_is_stopped_at_its_first_statement(shop: Project) -> None:
    """The statement is shown with its parameters and estimate; the check cannot go on without."""
    found = explained(shop)
    (sent,) = found["itself"]["statements"]
    assert sent["text"] == "select count(*) from orders where price > :least\n-- least = 3"
    assert sent["estimate"]["steps"] == ["SCAN orders"]
    assert found["itself"]["notes"] == ["What follows depends on the answer."]
    assert not (shop.root / "went-on.txt").exists()
    assert found["ping"]["statements"][0]["text"] == "select 1"
    assert found["fixture"]["statements"][0]["purpose"] == "a fixture sends this itself"


def test_targets_that_are_no_databases_are_not_called(shop: Project) -> None:
    """A check of an endpoint is told of, not called; one that has a database stops at the call."""
    found = explained(shop)
    assert found["api"]["about"] == "measures by calling api (endpoint); not called"
    assert found["both"]["about"] == "the check calls api.get itself; not called"
    assert not (shop.root / "called.txt").exists()


def test_nothing_is_written(shop: Project) -> None:
    """No report, no history, no memory of scans."""
    before = {path for path in shop.root.rglob("*") if "__pycache__" not in path.parts}
    explained(shop, "-k", "check_orders")
    after = {path for path in shop.root.rglob("*") if "__pycache__" not in path.parts}
    assert after == before


def test_parameters_stay_in_the_id_and_rows_do_not(shop: Project) -> None:
    """A check is explained once for each parameter, and a table that is not there is an error."""
    shop.write({"checks/shop/check_names.py": NAMED})
    found = explained(shop, "-k", "check_named", status=1)
    assert list(found) == ["shop.names.named[orders]", "shop.names.named[ordrs]"]
    assert (
        found["shop.names.named[ordrs]"]["error"]
        == "shop: there is no table ordrs; did you mean orders?"
    )


def test_an_unreachable_target_does_not_keep_others_from_being_explained(shop: Project) -> None:
    """The exit status is 3, and what can be told is told."""
    shop.write({"checks/shop/check_outages.py": OUTAGES})
    status, output, _errors = run_command(
        shop.root, "explain", "-k", "check_gone or check_unset or check_ping"
    )
    assert status == 3
    assert "gone is unavailable: connection refused" in output
    assert "SHOP_URL is not set" in output
    assert "select 1" in output


def test_what_cannot_be_explained_says_so(shop: Project, tmp_path: Any) -> None:
    """A module that cannot be imported, a path or project that is not there are clear errors."""
    status, _output, errors = run_command(shop.root, "explain", "nowhere")
    assert status == 4
    assert "nowhere" in errors
    shop.write({"checks/shop/check_broken.py": "import nothing_like_this"})
    status, _output, errors = run_command(shop.root, "explain")
    assert status == 2
    assert "nothing_like_this" in errors
    (shop.root / "gatepost.toml").unlink()
    status, _output, errors = run_command(shop.root, "explain", "-k", "x")
    assert status == 4
    assert "there is no gatepost.toml" in errors


def test_the_text_fits_the_terminal(shop: Project) -> None:
    """At 80 columns no line is longer, and the rules that need attention come first."""
    status, output, _errors = run_command(shop.root, "explain", "-k", "check_orders")
    assert status == 0
    assert max(map(len, output.splitlines())) <= 80
    assert output.index("proved to fail") < output.index("fetched") < output.index("  scanned\n")
    assert "\n    id present\n" in output
    assert "\n    email dtype(string[python]), not null, str_contains('@')\n" in output
    assert "Statement 2 of 2 fetches rows for pandera" in output
