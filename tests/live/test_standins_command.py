"""The choice of faults by name, and the command that runs another against the stand-ins."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.jobinsight import FAULTS
from fixtures.systems import UnknownNameError, choose_faults, find_systems, list_absent

ROOT = Path(__file__).parents[2]


def test_faults_are_chosen_by_full_or_bare_name() -> None:
    """A fault is found with its system or alone, once, whatever stands between the names."""
    chosen = choose_faults(" jobinsight.few_jobs,stale_data few_jobs ", find_systems())
    assert [fault.name for fault in chosen["jobinsight"]] == ["few_jobs", "stale_data"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [("jobinsight.few_jbs", "jobinsight.few_jobs"), ("stale", "jobinsight.stale_data")],
)
def test_unknown_fault_names_the_nearest(text: str, hint: str) -> None:
    """A name that is not known is answered with those that are like it."""
    with pytest.raises(UnknownNameError, match=f"did you mean .*{hint}"):
        choose_faults(text, find_systems())


def test_ambiguous_fault_names_its_systems() -> None:
    """A bare name that two systems have has to be said in full."""
    system = find_systems()["jobinsight"]
    with pytest.raises(UnknownNameError, match=r"one\.db_down, two\.db_down"):
        choose_faults("db_down", {"one": system, "two": system})


def test_absent_targets_are_told_with_their_reasons() -> None:
    """Each on a line of its own; what is there is not named."""
    environment = {
        "SHOP_URL": "http://shop",
        "SHOP_PROMETHEUS_ABSENT": "no prometheus on PATH",
        "SHOP_KAFKA_ABSENT": "",
    }
    assert list_absent(environment) == ["shop_prometheus is absent here: no prometheus on PATH"]


def command(*arguments: str) -> list[str]:
    """The command line of the stand-ins."""
    return [sys.executable, "-m", "fixtures", *arguments]


def test_command_lists_faults() -> None:
    """`--list-faults` prints each fault with its system and its sentence, and starts nothing."""
    done = subprocess.run(
        command("--list-faults"), cwd=ROOT, capture_output=True, text=True, check=True
    )
    for fault in FAULTS:
        assert f"jobinsight.{fault.name} " in done.stdout
        assert fault.sentence in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--faults", "few_jbs", "--", "true"), "did you mean jobinsight.few_jobs"),
        (("--faults", "nonsense", "--", "true"), "none is like it (`make faults` lists all)"),
        (("--systems", "finanse", "--", "true"), "no system is called 'finanse'; there are"),
        ((), "say which command to run"),
    ],
)
def test_command_line_that_is_wrong(arguments: tuple[str, ...], message: str) -> None:
    """A wrong command line is one clear message and exit status 2."""
    done = subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_command_gets_its_variables_and_gives_its_status() -> None:
    """The command sees where everything is; its exit status is ours; nothing is left behind."""
    script = (
        "import json, os, sys; print(json.dumps(dict(os.environ))); sys.stdin.read(); sys.exit(5)"
    )
    done = subprocess.run(
        command(
            "--systems", "jobinsight", "--faults", "empty_table", "--", sys.executable, "-c", script
        ),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 5
    assert all(" is absent here: " in line for line in done.stderr.splitlines())
    environment = json.loads(done.stdout)
    assert "FINANCE_API_URL" not in environment, "only one system was asked for"
    assert environment["JOBINSIGHT_DB_URL"].startswith("postgresql+psycopg://gatepost@/jobinsight?")
    for name in ("RAW_BACKUP", "CDC", "LOGS", "REPORTS"):
        assert not Path(environment[f"JOBINSIGHT_{name}"]).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_reach_the_command(number: int) -> None:
    """A signal is passed on to the command, which ends as it likes before the stand-ins do."""
    script = (
        "import os, signal, sys\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(7))\n"
        "print(os.environ['JOBINSIGHT_REPORTS'], flush=True)\n"
        "signal.pause()\n"
    )
    with subprocess.Popen(
        command(
            "--systems", "jobinsight", "--faults", "empty_table", "--", sys.executable, "-c", script
        ),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        assert started.stdout is not None
        reports = Path(started.stdout.readline().strip())
        assert reports.is_dir()
        started.send_signal(number)
        assert started.wait(timeout=30) == 7
    assert not reports.exists()


def test_command_that_does_not_exist() -> None:
    """A command that cannot be run is said in one line, with the shell's status for it."""
    done = subprocess.run(
        command("--systems", "jobinsight", "--faults", "empty_table", "--", "no-such-command"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 127
    assert done.stderr == (
        "python -m fixtures: cannot run 'no-such-command': No such file or directory\n"
    )
