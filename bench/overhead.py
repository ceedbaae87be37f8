"""What Gatepost adds to pytest: `make bench`, or `python bench/overhead.py --help`.

Each figure is compared with bare pytest (`-p no:gatepost`) in the same run, the
kinds in turns, so that a busy machine slows all of them. README.md beside this
file says how to read what is printed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from processes import Process, last_lines, run_process

START_GOAL = 10  # milliseconds that the unused plugin may add to a start of pytest
RATIO_GOAL = 1.5  # times bare pytest, reports and history included
PER_FILE = 100
BARE = ("-p", "no:gatepost")
# Without the plugins that happen to be installed: a start then takes a third of the time, and
# a few milliseconds more can be seen in it.
ALONE = ("--disable-plugin-autoload",)
PLUGIN = ("-p", "gatepost.plugin")
NO_PLUGIN = ("-p", "colorsys")
"""Does nothing: to name any module makes pytest read all entry points; to install does not."""

TEST = "def test_{n}() -> None:\n    assert 1.0 >= 0\n"
CHECK = '@check(at_least(0))\ndef check_{n}() -> float:\n    """Number {n}."""\n    return 1.0\n'


@dataclass(frozen=True)
class Kind:
    """A way to run pytest: what it is called, where, and with which arguments."""

    name: str
    folder: Path
    arguments: Sequence[str] = ()


class Summary(NamedTuple):
    """Seconds of several runs of one kind; the least of them is what noise disturbed least."""

    wall_min: float
    wall_median: float
    cpu_min: float
    cpu_median: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--starts", type=int, default=20, help="starts of each kind")
    parser.add_argument("--checks", type=int, default=10_000, help="checks in a run")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as name:
        folder = Path(name)
        for parent in folder.parents:
            if (parent / "gatepost.toml").exists():
                raise SystemExit(f"{parent}/gatepost.toml makes every project below use the plugin")
        compare_starts(folder, options.starts)
        compare_runs(folder, options.checks, options.rounds)


def compare_starts(folder: Path, starts: int) -> None:
    """Print what the plugin adds where it is installed and the project does not use it."""
    project = write_tests(folder / "unused", 1)
    kinds = [
        Kind("without", project, (*ALONE, *NO_PLUGIN)),
        Kind("unused", project, (*ALONE, *PLUGIN)),
    ]
    without, unused = in_turns(kinds, starts)
    print(f"One empty test, {starts} starts of each, in ms")
    print(f"{'':16}{'wall min':>10}{'median':>10}{'cpu min':>10}{'median':>10}")
    pairs = [
        Process(more.wall - bare.wall, more.cpu - bare.cpu, 0)
        for bare, more in zip(without, unused, strict=True)
    ]
    for name, processes in (("without plugin", without), ("plugin unused", unused)):
        print(f"{name:16}" + "".join(f"{1000 * value:10.1f}" for value in summary(processes)))
    paired = summary(pairs)
    print(f"{'pairs differ by':16}{'':10}{1000 * paired.wall_median:10.1f}", end="")
    print(f"{'':10}{1000 * paired.cpu_median:10.1f}")
    print(f"goal: a median difference under {START_GOAL}\n")


def compare_runs(folder: Path, checks: int, rounds: int) -> None:
    """Print what trivial checks cost in time and memory against as many trivial tests."""
    fewer = max(checks // 10, 1)
    many = kinds_of_run(folder / "many", checks)
    runs = in_turns(many, rounds)
    small_runs = in_turns(kinds_of_run(folder / "few", fewer), 1)
    bare = summary(runs[0])
    print(f"{checks:,} trivial checks against as many trivial tests, {rounds} runs of each, in s")
    heads = f"{'wall min':>10}{'ratio':>7}{'cpu min':>10}{'ratio':>7}{'peak MB':>9}{'kB each':>9}"
    print(f"{'':16}{heads}")
    for kind, processes, small in zip(many, runs, small_runs, strict=True):
        taken = summary(processes)
        growth = 1024 * (peak(processes) - peak(small)) / max(checks - fewer, 1)
        print(
            f"{kind.name:16}{taken.wall_min:10.2f}{taken.wall_min / bare.wall_min:7.2f}"
            f"{taken.cpu_min:10.2f}{taken.cpu_min / bare.cpu_min:7.2f}"
            f"{peak(processes):9.0f}{growth:9.1f}"
        )
    print(f"goal: a ratio of at most {RATIO_GOAL}, reports and history included")


def kinds_of_run(folder: Path, count: int) -> list[Kind]:
    """Bare pytest first, then Gatepost in the modes that write least and most."""
    tests = write_tests(folder / "tests", count)
    checks = write_checks(folder / "checks", count)
    return [
        Kind("bare pytest", tests, BARE),
        Kind("checks, local", checks, ["--gatepost-mode=local"]),
        Kind("checks, stored", checks, ["--gatepost-mode=scheduled"]),
    ]


def write_tests(folder: Path, count: int) -> Path:
    return write_modules(folder / "test_{}.py", "", TEST, count)


def write_checks(folder: Path, count: int) -> Path:
    project = write_modules(
        folder / "checks" / "check_{}.py", "from gatepost import at_least, check\n", CHECK, count
    ).parent
    (project / "gatepost.toml").touch()
    return project


def write_modules(pattern: Path, opening: str, function: str, count: int) -> Path:
    """Write `count` functions over modules of the size that people write; returns their folder."""
    pattern.parent.mkdir(parents=True)
    for first in range(0, count, PER_FILE):
        numbers = range(first, min(first + PER_FILE, count))
        text = opening + "".join(function.format(n=n) for n in numbers)
        Path(str(pattern).format(first // PER_FILE)).write_text(text, encoding="utf-8")
    return pattern.parent


def in_turns(kinds: Sequence[Kind], rounds: int) -> list[list[Process]]:
    """The processes of each kind, after one of each that only fills the caches."""
    laps = [[run(kind) for kind in kinds] for _ in range(rounds + 1)]
    return [list(processes) for processes in zip(*laps[1:], strict=True)]


def run(kind: Kind) -> Process:
    """Run pytest in a process of its own; stops the benchmark if it does not pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *kind.arguments]
    if (kind.folder / "checks").is_dir():
        command.append("checks")
    # As people start it: without compiled modules each start would compile the plugin again.
    process = run_process(command, kind.folder, {"PYTHONDONTWRITEBYTECODE": ""})
    if process.status:
        raise SystemExit(f"{kind.name}: pytest did not pass\n{last_lines(process.output)}")
    return process


def summary(processes: Sequence[Process]) -> Summary:
    wall = [process.wall for process in processes]
    cpu = [process.cpu for process in processes]
    return Summary(min(wall), statistics.median(wall), min(cpu), statistics.median(cpu))


def peak(processes: Iterable[Process]) -> float:
    return max(process.peak for process in processes)


if __name__ == "__main__":
    main()
