"""Runs one after the other: modes, slots, history, and what an early end leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from project import Outcome, Project

MEASURED = {
    "pytest.toml": '[pytest]\ngatepost_cadence = "1 day"\n',
    "checks/shop/check_orders.py": """
        import os
        from gatepost import at_least, check, share_of_mean

        VALUE = float(os.environ["VALUE"])

        @check(at_least(95, alert=90, unit="%"))
        def check_rate() -> float:
            return VALUE

        @check(at_least(95, alert=90, unit="%"), sustained="3 days")
        def check_patient() -> float:
            return VALUE

        @check(share_of_mean(0.5, least=2))
        def check_volume() -> float:
            return VALUE
    """,
}


def measure(
    project: Project, value: float, day: int, *options: str, mode: str = "scheduled"
) -> Outcome:
    """Run on a day of January 2026 with the value that the checks measure."""
    slot = f"--gatepost-slot=2026-01-{day:02}T06:00Z"
    with_value = replace(project, environment={"VALUE": str(value)})
    return with_value.run("-n0", f"--gatepost-mode={mode}", slot, *options)


@pytest.fixture
def measured(project: Project) -> Project:
    """A project whose checks return what the environment says."""
    return project.write(MEASURED)


def test_a_sustained_breach_is_pending_until_it_has_lasted(measured: Project) -> None:
    """Three failing daily runs fail a check with sustained="3 days"; the first two warn."""
    levels = [measure(measured, 80, day).levels["shop.orders.patient"] for day in (5, 6, 7)]
    assert levels == ["warning", "warning", "breach"]
    assert "since 2026-01-05 06:00 UTC, 3 in a row" in measure(measured, 80, 8).sentence(
        "shop.orders.patient"
    ).replace("4 in a row", "3 in a row")


def test_a_fine_run_ends_a_pending_breach(measured: Project) -> None:
    """After a fine run the count starts again."""
    values = {5: 80, 6: 80, 7: 99, 8: 80}
    levels = [
        measure(measured, value, day).levels["shop.orders.patient"] for day, value in values.items()
    ]
    assert levels == ["warning", "warning", "ok", "warning"]


def test_a_value_is_compared_with_its_own_history(measured: Project) -> None:
    """share_of_mean learns from stored runs and then judges."""
    levels = [
        measure(measured, value, day).levels["shop.orders.volume"]
        for day, value in {5: 99, 6: 97, 7: 20}.items()
    ]
    assert levels == ["learning", "learning", "breach"]


def test_the_report_says_what_changed_and_since_when(measured: Project) -> None:
    """New, still and recovered are told against the run before."""
    first = measure(measured, 80, 5)
    assert first.rows["shop.orders.rate"]["change"] == "new"
    second = measure(measured, 80, 6)
    assert second.rows["shop.orders.rate"]["change"] == "still"
    assert "1 continuing medium alert" in second.output
    assert second.rows["shop.orders.rate"]["failing_since"].startswith("2026-01-05T06:00")
    third = measure(measured, 99, 7)
    assert third.rows["shop.orders.rate"]["change"] == "recovered"
    assert "shop.orders.rate" in third.output


def test_a_local_run_reads_history_and_writes_none(measured: Project) -> None:
    """The default mode leaves no trace but its report."""
    measure(measured, 80, 5, mode="local")
    assert not (measured.root / ".gatepost").exists()
    measure(measured, 80, 5)
    file = measured.root / ".gatepost" / "history.sqlite"
    before = file.read_bytes()
    local = measure(measured, 80, 6, mode="local")
    assert local.rows["shop.orders.rate"]["change"] == "still"
    assert file.read_bytes() == before


def test_a_slot_is_stored_once(measured: Project) -> None:
    """A second run of a complete slot judges and reports, and stores nothing."""
    measure(measured, 99, 5)
    again = measure(measured, 80, 5)
    assert again.levels["shop.orders.rate"] == "breach"
    assert "complete" in again.output.partition("= gatepost =")[2]
    assert measure(measured, 80, 6).rows["shop.orders.rate"]["change"] == "new"


def test_a_selected_part_completes_no_slot(measured: Project) -> None:
    """A run with -k stores what it measured, and the whole run of the slot still counts."""
    measure(measured, 80, 5, "-k", "rate")
    whole = measure(measured, 99, 5)
    assert "already" not in whole.output
    assert measure(measured, 80, 6).rows["shop.orders.rate"]["change"] == "new"


def test_a_gate_stores_its_decision_only(measured: Project) -> None:
    """A gate leaves no observations, so that it moves nobody's streak."""
    measure(measured, 80, 5, mode="gate")
    assert measure(measured, 80, 6).rows["shop.orders.rate"]["change"] == "new"


@pytest.mark.parametrize("ruin", ["corrupt", "folder"])
def test_an_unusable_history_is_said_and_breaks_nothing(measured: Project, ruin: str) -> None:
    """The checks are judged and reported; what was there stays as it was."""
    folder = measured.root / ".gatepost"
    folder.mkdir()
    file = folder / "history.sqlite"
    if ruin == "corrupt":
        file.write_bytes(b"not a database" * 1000)
    else:
        file.mkdir()
    outcome = measure(measured, 99, 5)
    assert outcome.levels["shop.orders.rate"] == "ok"
    assert "history" in outcome.output
    assert "history.sqlite" in outcome.output
    if ruin == "corrupt":
        assert file.read_bytes() == b"not a database" * 1000


def test_stopping_early_is_a_partial_run(project: Project) -> None:
    """-x blocks with the number of checks that did not run."""
    project.write({"checks/shop/check_orders.py": "def check_a(): assert 0\ndef check_b(): pass\n"})
    outcome = project.run("-n0", "-x")
    assert "the run is partial: stopping after 1 failures, 1 of 2 checks did not run" in (
        " ".join(outcome.output.split())
    )


INTERRUPTED = {
    "checks/shop/check_orders.py": """
        import time
        from gatepost import at_least, check

        @check(at_least(5))
        def check_a() -> float:
            return 9

        @check(at_least(5))
        def check_b() -> float:
            print("measuring b", flush=True)
            time.sleep(60)
            return 9
    """
}


def test_ctrl_c_stores_and_reports_what_was_measured(project: Project) -> None:
    """An interrupted run is reported as partial, and its observations are kept."""
    project.write(INTERRUPTED)
    outcome = project.run_until("measuring b", "--gatepost-mode=scheduled")
    assert outcome.status == 2
    assert outcome.levels == {"shop.orders.a": "ok"}
    assert outcome.report is not None
    assert outcome.report["run"]["partial"] == "interrupted, 1 of 2 checks did not run"
    assert outcome.report["decision"]["word"] == "BLOCK"
    project.write(
        {
            "checks/shop/check_orders.py": INTERRUPTED["checks/shop/check_orders.py"]
            .replace("time.sleep(60)", "pass")
            .replace("return 9", "return 1")
        }
    )
    after = project.run("-n0")
    assert after.report is not None
    assert after.report["run"]["compared_with"], "the interrupted run is in the history"


def test_ctrl_c_of_a_distributed_run_is_partial_too(project: Project) -> None:
    """The workers end without a word, yet the slot stays open for a whole run."""
    project.write(INTERRUPTED)
    outcome = project.run_until("PASSED checks/shop/check_orders.py::check_a", "-n1", "-v")
    assert outcome.levels == {"shop.orders.a": "ok"}
    assert outcome.report is not None
    assert outcome.report["run"]["partial"] == "interrupted, 1 of 2 checks did not run"


def test_the_death_of_every_worker_is_a_partial_run(project: Project) -> None:
    """What they had collected counts, although none of them came to its end."""
    project.write(
        {
            "checks/shop/check_a.py": """
                import os
                def check_a(): pass
                def check_b(): os._exit(3)
                def check_c(): pass
            """
        }
    )
    outcome = project.run("-n1", "--max-worker-restart=0")
    assert outcome.status == 1
    assert outcome.report is not None
    assert outcome.report["run"]["partial"] == "2 of 3 checks did not run"


def test_a_run_of_which_no_module_could_be_collected_is_told(project: Project) -> None:
    """The report of an earlier run must not stand for it, nor may Slack stay silent."""
    project.write({"checks/shop/check_orders.py": "def check_a(:\n"})
    outcome = project.run()
    assert outcome.status == 2
    assert outcome.report is not None
    assert outcome.report["run"]["partial"] == "1 module could not be collected"
    assert "SyntaxError" in outcome.report["problems"][0]["message"]
    assert outcome.report["decision"]["word"] == "BLOCK"


def test_a_worker_that_dies_is_reported(project: Project) -> None:
    """A crash of a worker leaves a check without a result, and the run blocks."""
    project.write(
        {
            "checks/shop/check_a.py": "import os\ndef check_a(): os._exit(3)\n",
            "checks/shop/check_b.py": "def check_b(): pass\n",
        }
    )
    outcome = project.run("-n2", "--max-worker-restart=0")
    assert outcome.status != 0
    assert "a worker process died while it ran checks/shop/check_a.py::check_a" in (
        " ".join(outcome.output.split())
    )
    assert "did not run" in " ".join(outcome.output.split())


def test_a_failing_teardown_is_told_beside_the_verdict(project: Project) -> None:
    """The value was fine, so the row stays; pytest counts the error."""
    project.write(
        {
            "checks/shop/check_orders.py": """
                import pytest
                from gatepost import at_least, check

                @pytest.fixture
                def thing():
                    yield
                    raise RuntimeError("could not let go")

                @check(at_least(5))
                def check_a(thing) -> float:
                    return 9
            """
        }
    )
    outcome = project.run("-n0")
    assert outcome.levels == {"shop.orders.a": "ok"}
    assert outcome.status == 1
    assert "could not let go" in outcome.output.partition("= gatepost =")[2]


def test_a_sink_that_fails_is_shown_and_breaks_nothing(project: Project) -> None:
    """Where a report cannot be written, the others are, and the terminal says so."""
    project.write({"checks/shop/check_orders.py": "def check_a(): pass\n"})
    (project.root / "reports" / "junit.xml").mkdir(parents=True)
    outcome = project.run("-n0")
    assert outcome.levels == {"shop.orders.a": "ok"}
    assert outcome.status == 0
    assert "junit.xml" in outcome.output.partition("= gatepost =")[2]
    assert (project.root / "reports" / "index.html").is_file()


def test_a_page_of_an_earlier_run_is_not_named(project: Project) -> None:
    """Where the page cannot be written, no line sends anybody to the one that lies there."""
    project.write({"checks/shop/check_orders.py": "def check_a(): pass\n"})
    assert "report: reports/index.html" in project.run("-n0").output
    project.write(
        {
            "conftest.py": """
                from gatepost.sinks import page

                def publish(*arguments, **options):
                    raise OSError("no space left")

                page.publish = publish
            """
        }
    )
    output = project.run("-n0").output
    assert "OSError: no space left" in output
    assert "report: reports/index.html" not in output


def test_collecting_alone_leaves_no_report(project: Project) -> None:
    """--collect-only measures nothing and writes nothing."""
    project.write({"checks/shop/check_orders.py": "def check_a(): assert 0\n"})
    outcome = project.run("--collect-only", "-q")
    assert outcome.status == 0
    assert outcome.report is None


def test_nothing_collected_is_no_success(project: Project) -> None:
    """An empty checks folder ends as pytest ends when it finds no tests."""
    (project.root / "checks").mkdir()
    assert project.run().status == 5
