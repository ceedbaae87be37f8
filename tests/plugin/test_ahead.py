"""Checks that depend on targets alone are measured ahead of their turn, and nobody can tell."""

from __future__ import annotations

import time

import pytest
from project import Outcome, Project

# Nothing listens there, and nothing has to: what counts is which thread a check runs in.
TARGETS = """
    [targets.api]
    kind = "endpoint"
    url = "http://127.0.0.1:1"

    [targets.web]
    kind = "endpoint"
    url = "http://127.0.0.1:1"

    [targets.here]
    kind = "directory"
    path = "."
"""

HEAD = """
import threading
import pytest
from gatepost import Endpoint, at_least, check, recorded

def is_ahead():
    return int(threading.current_thread() is not threading.main_thread())

@check(recorded())
def check_first(api) -> float:
    return is_ahead()
"""

LAST = """
@check(recorded())
def check_last(web) -> float:
    return is_ahead()
"""


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with two targets that threads may share, and one that they may not."""
    return project.write({"gatepost.toml": TARGETS})


def run(shop: Project, checks: str, *options: str) -> Outcome:
    """Run one module of checks, with a check before and one after them."""
    return shop.write({"checks/shop/check_orders.py": HEAD + checks + LAST}).run("-n0", *options)


def who_ran_ahead(outcome: Outcome) -> dict[str, bool]:
    """Of each check that says so, whether it ran in a thread."""
    return {
        check_id.removeprefix("shop.orders."): bool(row["verdict"]["value"])
        for check_id, row in outcome.rows.items()
        if row["verdict"]["value"] is not None
    }


def test_checks_of_one_target_overlap(shop: Project) -> None:
    """Sixteen plain functions that wait for each other all end."""
    outcome = run(
        shop,
        """
meeting = threading.Barrier(15, timeout=30)

@check(recorded())
@pytest.mark.parametrize("number", range(15))
def check_row(api: Endpoint, number: int) -> float:
    meeting.wait()
    return number
        """,
    )
    assert outcome.status == 0, outcome.output
    assert outcome.rows["shop.orders.row[7]"]["verdict"]["value"] == 7


def test_it_can_be_switched_off(shop: Project) -> None:
    """By the option and in pytest's configuration; the option wins."""
    assert who_ran_ahead(run(shop, "")) == {"first": True, "last": True}
    off = run(shop, "", "--gatepost-ahead=0")
    assert who_ran_ahead(off) == {"first": False, "last": False}
    shop.write({"pytest.toml": '[pytest]\ngatepost_ahead = "0"\n'})
    assert who_ran_ahead(run(shop, "")) == {"first": False, "last": False}
    on = run(shop, "", "--gatepost-ahead=2")
    assert who_ran_ahead(on) == {"first": True, "last": True}


@pytest.mark.parametrize("written", ["many", "-1", "257"])
def test_a_number_of_threads_that_cannot_be_is_refused(shop: Project, written: str) -> None:
    """With what was expected, and what came."""
    outcome = run(shop, "", f"--gatepost-ahead={written}")
    assert outcome.status == 4
    assert f"gatepost_ahead: expected 0 to 256 threads, got '{written}'" in outcome.output


def test_the_order_of_rows_stays(shop: Project) -> None:
    """Later checks are measured first, and told last."""
    outcome = run(
        shop,
        """
measured_later = threading.Event()

@check(recorded())
def check_slow(api) -> float:
    assert measured_later.wait(30)
    return 1

@check(recorded(), at_least(3))
def check_quick(web) -> float:
    measured_later.set()
    return 2

def check_plain(here): pass
        """,
        "-v",
    )
    told = [line.split()[0] for line in outcome.output.splitlines() if "%]" in line]
    assert [name.partition("::")[2] for name in told] == [
        "check_first",
        "check_slow",
        "check_quick[recorded]",
        "check_quick[at_least]",
        "check_plain",
        "check_last",
    ]


def test_a_target_that_parameters_name_is_measured_ahead(shop: Project) -> None:
    """Each row is what its own target takes."""
    outcome = run(
        shop,
        """
@check(recorded(), target="{name}")
@pytest.mark.parametrize("name", ["api", "web"])
def check_named(target, name) -> float:
    assert target.name == name
    return is_ahead()
        """,
    )
    ran = who_ran_ahead(outcome)
    assert (ran["named[api]"], ran["named[web]"]) == (True, True), outcome.output


IN_ITS_TURN = {
    "request": """
@check(recorded())
def check_it(api, request) -> float:
    return is_ahead()
""",
    "a fixture of one's own": """
@pytest.fixture
def prepared(): pass

@check(recorded())
def check_it(api, prepared) -> float:
    return is_ahead()
""",
    "usefixtures": """
@pytest.fixture
def prepared(): pass

@check(recorded())
@pytest.mark.usefixtures("prepared")
def check_it(api) -> float:
    return is_ahead()
""",
    "a fixture with parameters": """
@pytest.fixture(params=[1])
def prepared(request): pass

@check(recorded())
def check_it(api, prepared) -> float:
    return is_ahead()
""",
    "indirect": """
@pytest.fixture
def size(request): return request.param

@check(recorded())
@pytest.mark.parametrize("size", [1], indirect=True)
def check_it(api, size) -> float:
    return is_ahead()
""",
    "a class": """
class TestIt:
    @check(recorded())
    def check_it(self, api) -> float:
        return is_ahead()
""",
    "xfail": """
@check(recorded())
@pytest.mark.xfail
def check_it(api) -> float:
    return is_ahead()
""",
    "skipif": """
@check(recorded())
@pytest.mark.skipif("1 > 2")
def check_it(api) -> float:
    return is_ahead()
""",
    "a mark on one row": """
@check(at_least(0), recorded())
@pytest.mark.parametrize("size", [pytest.param(1, marks=pytest.mark.skipif("1 > 2"))])
def check_it(api, size) -> float:
    return is_ahead()
""",
    "printing": """
@check(recorded())
def check_it(api) -> float:
    print("hello")
    return is_ahead()
""",
    "verdicts": """
@check(recorded())
def check_it(api, verdicts) -> float:
    assert verdicts["shop.orders.first"].level == "ok"
    return is_ahead()
""",
    "verdicts alone": """
@check(recorded())
def check_it(verdicts) -> float:
    assert verdicts["shop.orders.first"].level == "ok"
    return is_ahead()
""",
    "a named target and request": """
@check(recorded(), target="api")
def check_it(target, request) -> float:
    return is_ahead()
""",
    "a fixture that is called target": """
@pytest.fixture
def target(request): return 1

@check(recorded())
def check_it(target, api) -> float:
    assert target == 1
    return is_ahead()
""",
    "an autouse fixture": """
@check(recorded())
def check_it(api) -> float:
    return is_ahead()

@pytest.fixture(autouse=True)
def prepared(): pass
""",
    "setup_function": """
def setup_function(): pass

@check(recorded())
def check_it(api) -> float:
    return is_ahead()
""",
    "a target's fixture that is replaced in the module": """
@pytest.fixture
def here(here): return here

@check(recorded())
def check_it(here) -> float:
    return is_ahead()
""",
}


@pytest.mark.parametrize("checks", IN_ITS_TURN.values(), ids=IN_ITS_TURN)
def test_what_pytest_has_a_hand_in_is_measured_in_its_turn(shop: Project, checks: str) -> None:
    """In the main thread, where it finds what it always found."""
    outcome = run(shop, checks)
    found = {name: ran for name, ran in who_ran_ahead(outcome).items() if "it" in name}
    assert found, outcome.output
    assert set(found.values()) == {False}


@pytest.mark.parametrize(
    "conftest",
    [
        "import pytest\n@pytest.fixture\ndef api(api): return api\n",
        "def pytest_generate_tests(metafunc):\n"
        "    if 'api' in metafunc.fixturenames: metafunc.parametrize('api', [1])\n",
        "def pytest_runtest_setup(item): pass\n",
    ],
    ids=["replaces the target", "gives it parameters", "has a hook of every item"],
)
def test_what_a_conftest_changes_is_measured_in_its_turn(shop: Project, conftest: str) -> None:
    """Also where nothing in the check's module shows it."""
    shop.write({"checks/shop/conftest.py": conftest})
    ran = who_ran_ahead(run(shop, ""))
    assert [ran[name] for name in ran if name.startswith("first")] == [False]


def test_what_is_measured_alone_has_nothing_beside_it(shop: Project) -> None:
    """What comes before has ended, what comes after has not begun, its fixtures included."""
    outcome = run(
        shop,
        """
running = set()

def measured(name):
    running.add(name)
    for _ in range(20):
        threading.Event().wait(0.001)
    running.discard(name)
    return 1

@check(recorded())
@pytest.mark.parametrize("number", range(8))
def check_before(api, number) -> float:
    return measured(number)

@pytest.fixture
def nothing_else():
    assert not running
    yield
    assert not running

@check(recorded())
def check_alone(here, nothing_else) -> float:
    assert not running
    return 1

@check(recorded())
@pytest.mark.parametrize("number", range(8))
def check_after(api, number) -> float:
    return measured(number)
        """,
    )
    assert outcome.status == 0, outcome.output


def test_a_target_that_cannot_be_shared_is_used_by_one_check_at_a_time(shop: Project) -> None:
    """While others go on."""
    outcome = run(
        shop,
        """
other = threading.Event()
taken = threading.Lock()

@check(recorded())
@pytest.mark.parametrize("number", range(4))
def check_directory(here, number) -> float:
    assert taken.acquire(blocking=False), "two at once"
    assert other.wait(30)
    taken.release()
    return is_ahead()

@check(recorded())
def check_other(api) -> float:
    other.set()
    return is_ahead()
        """,
    )
    assert outcome.status == 0, outcome.output
    assert who_ran_ahead(outcome)["directory[3]"]


def test_ways_to_end_a_check_end_its_item(shop: Project) -> None:
    """Skipping, failing, an assertion and an error are told where the item is, with their lines."""
    outcome = run(
        shop,
        """
@check(recorded())
def check_skipped(api) -> float:
    pytest.skip("no data on Sundays")

@check(recorded())
def check_failed(api) -> float:
    pytest.fail("not acceptable")

def check_asserting(here):
    assert here is None

@check(recorded())
def check_broken(web) -> float:
    return 1 / 0

@check(recorded())
def check_exiting(web) -> float:
    raise SystemExit("no such report")
        """,
    )
    assert outcome.levels == {
        "shop.orders.first": "ok",
        "shop.orders.skipped": "inhibited",
        "shop.orders.failed": "breach",
        "shop.orders.asserting": "breach",
        "shop.orders.broken": "error",
        "shop.orders.exiting": "error",
        "shop.orders.last": "ok",
    }
    assert outcome.sentence("shop.orders.skipped") == "no data on Sundays"
    assert outcome.sentence("shop.orders.exiting") == "measuring failed: SystemExit: no such report"
    assert outcome.sentence("shop.orders.failed") == "not acceptable"
    assert "return 1 / 0" in outcome.rows["shop.orders.broken"]["traceback"]
    assert ">       return 1 / 0" in outcome.output
    assert "gatepost/measuring.py" not in outcome.output


def test_stopping_at_the_first_failure_leaves_the_rest(shop: Project) -> None:
    """-x ends where it always did, whatever has been measured by then."""
    outcome = run(
        shop,
        """
@check(at_least(alert=1))
@pytest.mark.parametrize("number", range(20))
def check_row(api, number) -> float:
    return 1 if number < 3 else 0
        """,
        "-x",
    )
    assert len(outcome.rows) == 5
    assert outcome.levels["shop.orders.row[3]"] == "breach"
    assert outcome.report is not None
    assert (
        outcome.report["run"]["partial"] == "stopping after 1 failures, 17 of 22 checks did not run"
    )


def test_only_what_is_selected_is_measured(shop: Project) -> None:
    """-k leaves the others alone, also ahead."""
    outcome = run(
        shop,
        """
@check(recorded())
def check_other(api) -> float:
    import os
    os._exit(9)
        """,
        "-k",
        "first or last",
    )
    assert who_ran_ahead(outcome) == {"first": True, "last": True}


@pytest.mark.parametrize("option", ["--setup-only", "--setup-plan", "--collect-only"])
def test_what_runs_no_checks_measures_none(shop: Project, option: str) -> None:
    """The first measurement would end the process."""
    outcome = run(shop, "def check_other(api):\n    import os\n    os._exit(9)\n", option)
    assert "no tests ran" in outcome.output or "3 tests collected" in outcome.output


@pytest.mark.parametrize(
    "options", [("--pdb",), ("-k", "first")], ids=["with a debugger", "a single item"]
)
def test_what_is_looked_at_closely_runs_as_it_is(shop: Project, options: tuple[str, ...]) -> None:
    """A debugger follows the main thread, and one item has none that it could overlap with."""
    assert set(who_ran_ahead(run(shop, "", *options)).values()) == {False}


@pytest.mark.parametrize(("limit", "is_ahead"), [("60", False), ("0", True)])
def test_items_with_a_time_limit_run_as_they_are(shop: Project, limit: str, is_ahead: bool) -> None:
    """A limit for all items, as of pytest-timeout, ends an item but no thread that hangs."""
    shop.write({"conftest.py": "def pytest_addoption(parser): parser.addini('timeout', '')"})
    outcome = run(shop, "", "-o", f"timeout={limit}")
    assert set(who_ran_ahead(outcome).values()) == {is_ahead}


def test_workers_measure_in_their_turn(shop: Project) -> None:
    """They are several already."""
    assert set(who_ran_ahead(run(shop, "", "-n1")).values()) == {False}


def test_an_outage_is_one_failure(shop: Project) -> None:
    """Of many that come at once, the witness fails and the others are inhibited."""
    outcome = run(
        shop,
        """
from gatepost import Response, responds

@check(responds(200))
@pytest.mark.parametrize("number", range(12))
def check_row(api: Endpoint, number: int) -> Response:
    return api.get(str(number))
        """,
    )
    rows = {key: level for key, level in outcome.levels.items() if "row[" in key}
    assert list(rows.values()) == ["breach", *["inhibited"] * 11]
    assert all(outcome.rows[key]["verdict"]["cause"] == "api" for key in rows)
    requests = [each for key in rows for each in outcome.rows[key]["statements"]]
    assert len(requests) == 2, "the one attempt, and its retry"


def test_statements_stay_with_their_measurement(project: Project) -> None:
    """Also where one file of SQLite is asked by many checks from several threads."""
    project.write(
        {
            "gatepost.toml": """
                [targets.books]
                kind = "database"
                url = "sqlite:///books.db"

                [targets.again]
                kind = "database"
                url = "sqlite:///books.db"
            """,
            "checks/shop/check_books.py": """
                import pytest
                from gatepost import check, exactly, recorded

                @check(recorded(), exactly(1))
                @pytest.mark.parametrize("number", range(20))
                def check_one(books, number) -> float:
                    books.scalar(f"select {number}")
                    return books.scalar("select 1")

                @check(recorded())
                @pytest.mark.parametrize("number", range(20))
                def check_two(again, number) -> float:
                    return again.scalar(f"select 100 + {number}")
            """,
        }
    )
    import sqlite3

    sqlite3.connect(project.root / "books.db").close()
    outcome = project.run("-n0")
    assert outcome.status == 0, outcome.output
    for number in range(20):
        one = outcome.rows[f"shop.books.one[{number}-recorded]"]
        assert one["statements"] == [f"select {number}", "select 1"]
        two = outcome.rows[f"shop.books.two[{number}]"]
        assert two["statements"] == [f"select 100 + {number}"]
        assert two["verdict"]["value"] == 100 + number


def test_no_more_is_kept_than_there_are_threads(shop: Project) -> None:
    """Of what was measured and not yet judged; what was judged is gone."""
    outcome = run(
        shop,
        """
import gc, weakref

class Value(float):
    pass

alive = weakref.WeakSet()
most = []

@check(recorded())
@pytest.mark.parametrize("number", range(40))
def check_row(api, number) -> float:
    value = Value(number)
    gc.collect()
    most.append(len(alive))
    alive.add(value)
    return value

@check(recorded())
def check_most(web, request) -> float:
    gc.collect()
    assert not alive
    return max(most)
        """,
        "--gatepost-ahead=4",
    )
    assert outcome.status == 0, outcome.output
    assert outcome.rows["shop.orders.most"]["verdict"]["value"] <= 4


def test_ctrl_c_ends_a_run_whose_checks_hang(shop: Project) -> None:
    """It is told as partial, and nothing waits for what hangs, nor keeps the process."""
    shop.write(
        {
            "checks/shop/check_orders.py": """
                import threading
                import pytest
                from gatepost import check, recorded

                hanging = threading.Event()

                @check(recorded())
                def check_first(api) -> float:
                    assert hanging.wait(30)
                    return 1

                @check(recorded())
                @pytest.mark.parametrize("number", range(8))
                def check_hanging(api, here, number) -> float:
                    hanging.set()
                    threading.Event().wait(300)
            """
        }
    )
    began = time.monotonic()
    outcome = shop.run_until("PASSED", "-v")
    assert time.monotonic() - began < 60
    assert outcome.status == 2
    assert outcome.levels == {"shop.orders.first": "ok"}
    assert outcome.report is not None
    assert outcome.report["run"]["partial"] == "interrupted, 8 of 9 checks did not run"


def test_an_item_that_a_plugin_skips_leaves_nothing_behind(shop: Project) -> None:
    """What was measured for it in vain does not stand in the way of the others."""
    shop.write(
        {
            "sundays.py": """
                import pytest

                def pytest_runtest_setup(item):
                    if "odd" in item.name:
                        pytest.skip("odd")
            """
        }
    )
    outcome = run(
        shop,
        """
begun = []

@check(recorded())
@pytest.mark.parametrize("kind", ["even", "odd"])
@pytest.mark.parametrize("number", range(9))
def check_row(api, number, kind) -> float:
    begun.append((number, kind))
    if (number, kind) == (8, "odd"):
        threading.Event().wait(0.3)
    if kind == "odd":
        begun.remove((number, kind))
    return is_ahead()

@check(recorded())
def check_alone(web, request) -> float:
    assert (8, "even") in begun
    assert {kind for _, kind in begun} == {"even"}, "nothing is under way any more"
    return is_ahead()
        """,
        "--gatepost-ahead=3",
        "-p",
        "sundays",
    )
    assert outcome.status == 0, outcome.output
    ran = who_ran_ahead(outcome)
    assert ran["alone"] is False
    assert [ran[name] for name in ran if "row" in name] == 9 * [True]


def test_an_item_that_is_run_again_is_measured_again(shop: Project) -> None:
    """As plugins do that repeat what failed."""
    shop.write(
        {
            "twice.py": """
                import pytest

                @pytest.hookimpl(tryfirst=True)
                def pytest_runtest_protocol(item, nextitem):
                    if "again" in item.name:
                        from _pytest.runner import runtestprotocol
                        runtestprotocol(item, nextitem=nextitem, log=False)
            """
        }
    )
    outcome = run(
        shop,
        """
calls = []

@check(recorded())
def check_again(api) -> float:
    calls.append(is_ahead())
    return len(calls)
        """,
        "-p",
        "twice",
    )
    assert outcome.rows["shop.orders.again"]["verdict"]["value"] == 2
