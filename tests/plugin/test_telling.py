"""How people are told of a run: Slack, the job summary, JUnit, pytest-html, the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from project import Outcome, Project
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

WEBHOOK = "/services/T0/B0/verysecret"
PASSWORD, QUOTED = "geheim/42", "geheim%2F42"

SHOP = {
    "pytest.toml": '[pytest]\ngatepost_cadence = "1 day"\n',
    "gatepost.toml": '[slack]\nwebhook = "${WEBHOOK}"\n',
    "checks/shop/check_orders.py": """
        import os
        from gatepost import at_least, check

        @check(at_least(95, alert=90, unit="%"), severity="high", owner="sales")
        def check_rate() -> float:
            return float(os.environ["VALUE"])

        @check(at_least(1), severity="low")
        def check_count() -> float:
            return 3
    """,
}
SENTENCE = "80 % is below 90 %, the alert limit; target at least 95 %"

TROUBLED = {
    "checks/shop/check_orders.py": """
        from gatepost import at_least, at_most, check

        @check(at_least(95, alert=90, unit="%"), severity="high", owner="sales")
        def check_rate() -> float:
            return 80

        @check(at_most(5), severity="critical")
        def check_age() -> float | None:
            return None

        @check(at_least(1))
        def check_count() -> float:
            return 3
    """,
}

Run = Callable[..., Outcome]
Posted = list[dict[str, Any]]


@pytest.fixture
def posted(httpserver: HTTPServer) -> Posted:
    """What Slack was sent: the webhook takes every message."""
    messages: Posted = []

    def take(request: Request) -> Response:
        messages.append(request.get_json())
        return Response("ok")

    httpserver.expect_request(WEBHOOK, method="POST").respond_with_handler(take)
    return messages


@pytest.fixture
def run(project: Project, httpserver: HTTPServer) -> Run:
    """Runs the shop's checks on a day of January 2026 with the value that they measure."""
    project.write(SHOP)

    def run_it(value: float, day: int, *options: str, mode: str = "scheduled") -> Outcome:
        environment = {"VALUE": str(value), "WEBHOOK": httpserver.url_for(WEBHOOK)}
        slot = f"--gatepost-slot=2026-01-{day:02}T06:00Z"
        return replace(project, environment=environment).run(
            f"--gatepost-mode={mode}", slot, *options
        )

    return run_it


def texts(message: Any) -> str:
    """Every text of a Slack message, one a line."""
    if isinstance(message, dict):
        return "\n".join(
            part if name == "text" and isinstance(part, str) else texts(part)
            for name, part in message.items()
        )
    return "\n".join(map(texts, message)) if isinstance(message, list) else ""


def section(outcome: Outcome) -> str:
    """Our part of what the terminal shows."""
    return outcome.output.partition("= gatepost =")[2].partition("\n")[2]


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_slack_gets_one_message_of_a_failing_run(run: Run, posted: Posted, workers: str) -> None:
    """A scheduled run posts once, from the controller, with the sentence of what failed."""
    outcome = run(80, 5, workers)
    assert outcome.status == 1
    assert len(posted) == 1
    assert outcome.sentence("shop.orders.rate") == SENTENCE
    assert SENTENCE in texts(posted[0])


@pytest.mark.parametrize("mode", ["local", "gate"])
def test_slack_hears_of_scheduled_runs_only(run: Run, posted: Posted, mode: str) -> None:
    """Who runs checks by hand, or asks for a release, wakes nobody."""
    assert run(80, 5, "-n0", mode=mode).status == 1
    assert posted == []


def test_slack_hears_of_a_recovery_and_not_of_health(run: Run, posted: Posted) -> None:
    """A healthy run after a healthy one is no news; one after a failing one is."""
    for day, value in {5: 99, 6: 99}.items():
        assert run(value, day, "-n0").status == 0
    assert posted == []
    run(80, 7, "-n0")
    run(99, 8, "-n0")
    assert len(posted) == 2
    after = "after 1 failing run since 2026-01-07 06:00 UTC"
    assert f"*Recovered*\n`shop.orders.rate` {after}" in texts(posted[1])


@pytest.mark.parametrize(("value", "status"), [(99, 0), (80, 1)])
def test_a_webhook_that_fails_is_told_and_changes_nothing(
    run: Run, httpserver: HTTPServer, project: Project, value: float, status: int
) -> None:
    """Terminal and report say it without the address; the checks alone decide the status."""
    httpserver.expect_request(WEBHOOK).respond_with_data("no_team", status=404)
    if status == 0:
        run(80, 4, "-n0")  # so that there is a recovery to tell of
    outcome = run(value, 5, "-n0")
    assert outcome.status == status
    assert "Slack answered 404 (no_team): there is no such webhook" in section(outcome)
    assert outcome.report is not None
    (problem,) = outcome.report["problems"]
    assert problem["source"] == "slack"
    assert "404" in problem["message"]
    assert "verysecret" not in outcome.output
    assert "verysecret" not in written(project.root)


def test_the_job_summary_says_decision_and_worst_first(project: Project) -> None:
    """GITHUB_STEP_SUMMARY gets the decision, then a row for each cause."""
    summary = project.root / "summary.md"
    outcome = replace(
        project.write(TROUBLED), environment={"GITHUB_STEP_SUMMARY": str(summary)}
    ).run("-n0")
    assert outcome.report is not None
    head, _, table = summary.read_text(encoding="utf-8").partition("### What to do now")
    assert head.startswith("## BLOCK: ")
    first, second = [line for line in table.splitlines() if "shop.orders" in line]
    assert "critical | no data" in first
    assert "shop.orders.age" in first
    assert "shop.orders.rate" in second
    assert "80 % is below 90 %" in second


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_pytests_own_junit_file_is_enriched(project: Project, workers: str) -> None:
    """In --junitxml a bad value is a failure and a missing one an error, with their sentences."""
    outcome = project.write(TROUBLED).run(workers, "--junitxml=junit-of-pytest.xml")
    cases = {
        case.attrib["name"]: case
        for case in ET.parse(project.root / "junit-of-pytest.xml").iter("testcase")  # noqa: S314 - our own
    }
    assert [child.tag for child in cases["check_rate"]] == ["failure"]
    assert cases["check_rate"][0].attrib["message"] == SENTENCE
    assert [child.tag for child in cases["check_age"]] == ["error"]
    assert cases["check_age"][0].attrib["message"] == outcome.sentence("shop.orders.age")
    assert not list(cases["check_count"])


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_pytest_html_has_our_columns(project: Project, workers: str) -> None:
    """With --html each check has its verdict, value, limit and owner, what is ok included."""
    outcome = project.write(TROUBLED).run(workers, "--html=own.html", "--self-contained-html")
    assert outcome.levels["shop.orders.count"] == "ok"
    page = unescape((project.root / "own.html").read_text(encoding="utf-8"))
    for heading in ("Verdict", "Value", "Limit", "Owner", "Trend"):
        assert f">{heading}</th>" in page
    tests = json.loads(page.partition('data-jsonblob="')[2].partition('"></div>')[0])["tests"]
    rows = {
        nodeid.rpartition("::")[2]: runs[0]["resultsTableRow"] for nodeid, runs in tests.items()
    }
    assert 'gp-breach"' in rows["check_rate"][2]
    assert rows["check_rate"][3:6] == [
        '<td class="col-value">80 %</td>',
        '<td class="col-limit">at least 95 %, alert below 90 %</td>',
        '<td class="col-owner">sales</td>',
    ]
    assert 'gp-no_data"' in rows["check_age"][2]
    assert 'gp-ok"' in rows["check_count"][2]
    assert rows["check_count"][3] == '<td class="col-value">3</td>'


def test_the_terminal_keeps_its_width(project: Project) -> None:
    """On 80 columns none of our lines is longer, whatever is said."""
    long = "that the warehouse has not been heard of since the day before yesterday " * 4
    project.write(
        {
            "gatepost.toml": '[limits."shop.orders.nothing"]\ntarget = 1\n',
            "checks/shop/check_orders.py": f"""
                import pytest
                from gatepost import at_least, check, recorded

                @check(severity="critical", owner="{long[:150]}")
                def check_words() -> None:
                    raise AssertionError("{long}")

                @check(recorded())
                def check_error() -> float:
                    raise RuntimeError("{long}")

                @check(at_least(9, alert=1, unit="per hour"), owner="sales")
                @pytest.mark.parametrize("shop", ["amsterdam", "berlin"])
                def check_warning(shop: str) -> float:
                    return 3
            """,
        }
    )
    for options in ((), ("-v",)):
        outcome = replace(project, environment={"COLUMNS": "80"}).run("-n0", *options)
        ours = section(outcome).splitlines()
        assert len(ours) > 20
        assert [line for line in ours if len(line) > 80] == []


def test_reports_go_where_they_are_asked_for(project: Project) -> None:
    """--gatepost-reports names the folder, and the terminal where the report is."""
    outcome = project.write(TROUBLED).run("-n0", "--gatepost-reports=elsewhere/today")
    names = {file.name for file in (project.root / "elsewhere" / "today").iterdir()}
    assert names == {"index.html", "junit.xml", "report.json"}
    assert not (project.root / "reports").exists()
    assert "report: elsewhere/today/index.html" in section(outcome).splitlines()


LEAKING = {
    "pytest.toml": '[pytest]\ngatepost_history = "${HISTORY:-sqlite:///history.sqlite}"\n',
    "gatepost.toml": """
        [targets.warehouse]
        kind = "database"
        url = "${WAREHOUSE}"

        [slack]
        webhook = "${WEBHOOK}"
    """,
    "checks/shop/check_outage.py": """
        from gatepost import Database, at_least, check

        @check(at_least(5))
        def check_reached(warehouse: Database) -> float:
            return warehouse.scalar("select 1")

        @check(at_least(5))
        def check_inhibited(warehouse: Database) -> float:
            return warehouse.scalar("select 2")
    """,
    "checks/shop/check_leaks.py": """
        import logging
        import os
        import warnings
        from urllib.parse import unquote

        import pytest
        from gatepost import answers, at_least, check, recorded

        URL = os.environ["WAREHOUSE"]
        WORD = unquote(URL.split(":")[2].split("@")[0])

        @check(recorded())
        def check_raises() -> float:
            raise RuntimeError(f"cannot connect to {URL} with {WORD}")

        @check(recorded())
        def check_chains() -> float:
            try:
                raise KeyError(URL)
            except KeyError as error:
                raise ValueError(WORD) from error

        def test_records(record_property):
            record_property("url", f"{URL} with {WORD}")

        @check(at_least(5))
        def check_prints() -> float:
            print("connecting to", URL, "with", WORD)
            logging.getLogger().error("connecting to %s with %s", URL, WORD)
            return 1

        @check(recorded())
        def check_returns() -> float:
            return URL

        def test_asserts():
            assert URL == WORD, f"{URL} is not {WORD}"

        def test_skips():
            pytest.skip(f"no way to {URL} with {WORD}")

        def test_is_expected_to_fail():
            pytest.xfail(f"no way to {URL} with {WORD}")

        def test_warns():
            warnings.warn(f"{URL} with {WORD} is deprecated")

        @pytest.fixture
        def broken():
            print("connecting to", URL, "with", WORD)
            raise RuntimeError(f"cannot connect to {URL} with {WORD}")

        @pytest.fixture
        def broken_later():
            yield
            raise RuntimeError(f"cannot leave {URL} with {WORD}")

        @check(recorded())
        def check_setup(broken) -> float:
            return 1

        @check(recorded())
        def check_teardown(broken_later) -> float:
            return 1
    """,
}


def written(folder: Path) -> str:
    """All that stands in the files below a folder, whatever their format; bytes as Latin-1."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return "\n".join(file.read_bytes().decode("latin-1") for file in files)


@pytest.fixture
def leaking(project: Project, httpserver: HTTPServer) -> Project:
    """A project that does its best to give the password of its database away."""
    url = f"postgresql+psycopg://app:{QUOTED}@127.0.0.1:1/shop"
    environment = {
        "WAREHOUSE": url,
        "WEBHOOK": httpserver.url_for(WEBHOOK),
        "GITHUB_STEP_SUMMARY": str(project.root / "summary.md"),
    }
    return replace(project.write(LEAKING), environment=environment)


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_password_is_nowhere(leaking: Project, posted: Posted, workers: str) -> None:
    """Raised, printed, logged, asserted or skipped with: it is in no output and in no file."""
    outcome = leaking.run(
        workers,
        "-rA",
        "--showlocals",
        "--gatepost-mode=scheduled",
        "--junitxml=junit-of-pytest.xml",
        "--html=own.html",
        "--self-contained-html",
    )
    assert outcome.status == 1
    assert outcome.levels["shop.outage.reached"] == "error"
    assert outcome.levels["shop.outage.inhibited"] == "inhibited"
    assert "connecting to postgresql+psycopg://app:***@127.0.0.1:1/shop" in outcome.output
    assert len(posted) == 1
    assert (leaking.root / "history.sqlite").is_file()
    assert (leaking.root / "summary.md").is_file()
    for told in (outcome.output, written(leaking.root), json.dumps(posted)):
        assert "***" in told
        assert [line for line in told.splitlines() if PASSWORD in line or QUOTED in line] == []


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_password_is_not_in_an_error_of_collection(leaking: Project, workers: str) -> None:
    """A module that cannot be imported says why without it."""
    leaking.write(
        {
            "checks/shop/check_leaks.py": """
                import os
                print("connecting to", os.environ["WAREHOUSE"])
                raise RuntimeError(f"cannot connect to {os.environ['WAREHOUSE']}")
            """
        }
    )
    outcome = leaking.run(workers, "-rA", "--junitxml=junit-of-pytest.xml", "--html=own.html")
    assert outcome.status != 0
    assert "cannot connect to postgresql+psycopg://app:***@127.0.0.1:1/shop" in outcome.output
    for told in (outcome.output, written(leaking.root)):
        assert [line for line in told.splitlines() if PASSWORD in line or QUOTED in line] == []


def test_the_password_of_the_history_is_nowhere(leaking: Project, posted: Posted) -> None:
    """A history that cannot be reached is a problem that does not tell it."""
    url = "postgresql+psycopg://keeper:kennwort%2F7@127.0.0.1:1/history"
    leaking.write({"checks/shop/check_leaks.py": "import os\ndef test_x(): assert 0, URL\n"})
    outcome = replace(leaking, environment={**leaking.environment, "HISTORY": url}).run(
        "-n0", "--gatepost-mode=scheduled"
    )
    assert "history" in section(outcome)
    for told in (outcome.output, written(leaking.root), json.dumps(posted)):
        assert "kennwort" not in told


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_what_was_not_collected_blocks(project: Project, workers: str) -> None:
    """A module that cannot be imported may hold any check: all others being ok is no pass."""
    project.write(
        {
            "checks/shop/check_orders.py": "def check_it(): pass\n",
            "checks/shop/check_stock.py": "import nowhere\n",
        }
    )
    outcome = project.run(workers, "--continue-on-collection-errors")
    assert outcome.levels == {"shop.orders.it": "ok"}
    assert outcome.status == 1
    assert outcome.report is not None
    assert outcome.report["decision"]["word"] == "BLOCK"
    (problem,) = outcome.report["problems"]
    assert problem["source"] == "collection"
    assert problem["message"] == (
        "checks/shop/check_stock.py: ModuleNotFoundError: No module named 'nowhere'"
    )
