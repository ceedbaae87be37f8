"""`gatepost health`: one line and an exit status, always in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import run_command
from project import Project

LEVELS = """
    import os
    import pytest
    from gatepost import MeasurementError, at_least, check

    pytestmark = check(owner="web")

    @check(at_least(95, alert=90, unit="%"), severity="high")
    @pytest.mark.parametrize("value", [None, 97, 92, 80], ids=["none", "ok", "warning", "alert"])
    def check_level(value):
        return value

    @check(at_least(1))
    def check_error():
        raise MeasurementError("no table orders")

    @check(at_least(1))
    def check_skipped():
        pytest.skip("not today")

    @check(at_least(1), on_request=True)
    def check_restart():
        raise AssertionError("must not run")
"""


@pytest.fixture
def shop(project: Project) -> Path:
    """A project with a check of every level."""
    files = {
        "checks/shop/check_api.py": LEVELS,
        "checks/shop/check_stock.py": "import nonsense_that_is_not_installed",
        "checks/bank/check_api.py": "def check_up(): pass",
        "checks/bank/__init__.py": "",
        "checks/shop/__init__.py": "",
    }
    return project.write(files).root


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("shop.api.level[ok]", 0, "OK shop.api.level[ok]: 1 ok in "),
        ("bank", 0, "OK bank: 1 ok in "),
        ("shop.api.level[warning]", 1, "; shop.api.level[warning]: 92 % is below 95 %, "),
        (
            "shop.api.level[alert]",
            2,
            "; shop.api.level[alert]: 80 % is below 90 %, the alert limit",
        ),
        ("shop.api.level[none]", 3, "UNKNOWN shop.api.level[none]: 1 no data in "),
        ("shop.api.error", 3, "; shop.api.error: no table orders; owner web"),
        ("shop.api.skipped", 3, "; shop.api.skipped: not today"),
        ("shop.api", 2, ": 1 alert, 1 error, 1 no data, 1 inhibited, 1 warning, 1 ok in "),
        ("shop.stock", 3, "No module named 'nonsense_that_is_not_installed'"),
        ("shop", 2, "; shop.api.level[alert]: "),
        ("shpo", 3, "; there is no system shpo; did you mean shop?"),
        ("bank.apis", 3, "; there is no group apis in bank; did you mean api?"),
        ("shop.api.level[alrt]", 3, "has the parameter alrt; did you mean alert?"),
        ("shop.api.restart", 3, "runs on request only: pytest --gatepost-on-request"),
        ("shop api", 3, "write system, system.group"),
    ],
)
def test_it_answers_in_one_line(shop: Path, asked: str, status: int, said: str) -> None:
    """With the state, the counts, the worst sentence and the time it took."""
    found, line, errors = run_command(shop, "health", asked)
    assert (found, errors) == (status, "")
    assert said in line
    assert line.count("\n") == 1
    assert len(line) <= 201


def test_a_time_limit_beyond_all_timers_is_refused(tmp_path: Path) -> None:
    """In the one line that everything is said in."""
    status, line, errors = run_command(tmp_path, "health", "shop", "--timeout", "1000000 days")
    assert (status, errors) == (3, "")
    assert "a time limit of 1000000 days is longer than 24 h" in line


@pytest.mark.parametrize("arguments", [(), ("shop", "--tiemout", "3"), ("shop", "--timeout")])
def test_a_wrong_command_line_is_unknown(shop: Path, arguments: tuple[str, ...]) -> None:
    """2, as of other commands, would be critical."""
    status, line, errors = run_command(shop, "health", *arguments)
    assert (status, line) == (3, "")
    assert "gatepost health: error: " in errors


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"gatepost.toml": "[target.x]"}, "gatepost.toml: target: unknown section; did you mean"),
        ({"gatepost.toml": "["}, "gatepost.toml: "),
        ({"pytest.toml": "[pytest]\naddopts = ['--zebra']"}, "--zebra"),
        (
            {"conftest.py": "import zebra"},
            "conftest.py cannot be imported: ModuleNotFoundError: No",
        ),
        ({"conftest.py": "import os\nos._exit(7)"}, "ended with status 7 and without a word"),
        ({"conftest.py": "import os\nos.kill(os.getpid(), 9)"}, "the run was killed by SIGKILL"),
    ],
)
def test_what_keeps_it_from_running_is_unknown(
    project: Project, files: dict[str, str], said: str
) -> None:
    """And said in the same one line."""
    project.write({"checks/shop/check_api.py": LEVELS, **files})
    status, line, errors = run_command(project.root, "health", "shop.api")
    assert (status, errors) == (3, "")
    assert line.startswith("UNKNOWN shop.api: nothing measured in ")
    assert said in line
    assert line.count("\n") == 1


def test_outside_a_project_it_says_where_to_run(tmp_path: Path) -> None:
    """There is nothing that could be asked."""
    status, line, _ = run_command(tmp_path, "health", "shop")
    assert status == 3
    assert "there is no gatepost.toml here or above; run this in the project's folder" in line


def test_it_works_from_a_folder_below(shop: Path) -> None:
    """The project is found as pytest's own root is."""
    assert run_command(shop / "checks" / "shop", "health", "bank")[0] == 0


def test_secrets_and_controls_stay_out(project: Project) -> None:
    """Of what is measured, and of what goes wrong beside it."""
    files = {
        "gatepost.toml": """
            [targets.shop]
            kind = "endpoint"
            url = "http://127.0.0.1:9"
            token = "${TOKEN}"
        """,
        "checks/check_shop.py": """
            import os, pytest
            from gatepost import MeasurementError, check, at_least

            @pytest.fixture
            def torn():
                yield
                raise RuntimeError(os.environ["TOKEN"])

            @check(at_least(1))
            def check_api(torn):
                raise MeasurementError("\\x1b[31m\\nred " + os.environ["TOKEN"] + "\\u202e")
        """,
    }
    root = project.write(files).root
    status, line, errors = run_command(root, "health", "shop", TOKEN="hunter2hunter2")
    assert (status, errors) == (3, "")
    assert "red ***" in line
    assert "teardown" in line
    assert "hunter2" not in line
    assert not any(ord(letter) < 32 for letter in line.rstrip("\n"))


def test_it_writes_nothing(project: Project) -> None:
    """Neither history nor reports nor caches, whatever the project's own options are."""
    options = ["-n2", "-x", "--junitxml=out.xml", "--html=out.html", "--gatepost-mode=scheduled"]
    root = project.write(
        {
            "pytest.toml": f"[pytest]\naddopts = {options}",
            "checks/shop/check_api.py": LEVELS,
        }
    ).root

    assert project.run("-p", "no:html", "-o", "addopts=", "--gatepost-mode=scheduled").status == 1

    def files() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))}

    before = files()
    assert root / ".gatepost" / "history.sqlite" in before
    status, line, _ = run_command(root, "health", "shop")
    assert status == 2
    assert ": 1 alert, 1 error, 1 no data, 1 inhibited, 1 warning, 1 ok in " in line
    assert files() == before


STUBBORN = """
    import ctypes, os, signal, subprocess, sys, threading
    from gatepost import at_least, check

    def flood():
        while True:
            os.write(1, b"x" * 65536)
            os.write(2, b"x" * 65536)
            print("y" * 65536, flush=True)

    @check(at_least(1, alert=1))
    def check_first():
        return 0

    @check(at_least(1))
    def check_hangs():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        threading.Thread(target=flood, daemon=True).start()
        with open("pids", "w") as file:
            file.write(f"{os.getpid()} {child.pid}")
        ctypes.PyDLL(None).sleep(60)  # in C, and nothing else of Python can run
"""


def test_the_time_limit_is_always_kept(project: Project) -> None:
    """Also by what hangs in C, ignores signals, floods its output and has children."""
    root = project.write({"checks/shop/check_api.py": STUBBORN}).root
    started = time.monotonic()
    found, line, errors = run_command(root, "health", "shop", "--timeout", "6 s")
    assert time.monotonic() - started < 6
    assert (found, errors) == (2, "")
    assert ": 1 alert, 1 not measured in " in line
    assert "stopped in shop.api.hangs by the time limit of 6 s" in line
    assert line.count("\n") == 1
    assert [pid for pid in pids_in(root) if is_alive(pid)] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_without_a_traceback(project: Project, number: int) -> None:
    """With everything that it started."""
    root = project.write({"checks/shop/check_api.py": STUBBORN}).root
    with started_health(root, "60 s") as process:
        await_pids(root)
        process.send_signal(number)
        said, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (3, "")
    assert said.startswith("UNKNOWN shop: nothing measured in ")
    assert said.endswith(f"; ended by {signal.Signals(number).name}\n")
    assert [pid for pid in pids_in(root) if is_alive(pid)] == []


def test_a_run_does_not_outlive_one_that_was_killed(project: Project) -> None:
    """Docker kills a healthcheck that takes too long, and with it nothing else."""
    hangs = "import os, time\n\ndef check_up():\n    open('pids', 'w').write(f'{os.getpid()}')\n"
    hangs += "    time.sleep(60)\n"
    root = project.write({"checks/shop/check_api.py": hangs}).root
    with started_health(root, "3 s") as process:
        await_pids(root)
        process.kill()
        process.communicate()
    (run,) = pids_in(root)
    until = time.monotonic() + 10
    while is_alive(run):
        assert time.monotonic() < until, "the run is still there"
        time.sleep(0.05)


def started_health(root: Path, timeout: str) -> subprocess.Popen[str]:
    """The command, running."""
    command = "import sys; from gatepost.cli import main; sys.exit(main())"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.Popen(
        [sys.executable, "-c", command, "health", "shop", "--timeout", timeout],
        cwd=root,
        env=kept,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def await_pids(root: Path) -> None:
    """Until the check that hangs has said which processes it is."""
    until = time.monotonic() + 30
    while not ((root / "pids").is_file() and (root / "pids").read_text()):
        assert time.monotonic() < until, "the check did not begin"
        time.sleep(0.02)


def pids_in(root: Path) -> list[int]:
    return [int(each) for each in (root / "pids").read_text().split()]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet waited for does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
