"""The same 21 rules on the same table, by Gatepost and by others: `python bench/tables.py --help`.

Starts a PostgreSQL of its own, generates the tables, makes an environment for each
contender where there is none yet, and runs them in turns, so that a busy machine slows
all of them. README.md beside this file says how to read what is printed.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import statistics
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from contenders import BY_HAND, FLOOR, GATEPOST, PEERS, QUIET, Contender, Verdicts, read_nothing
from processes import Process, last_lines, run_process

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from fixtures.binaries import find_binaries  # noqa: E402 - the path to it was set just now
from fixtures.postgres import CONFIGURED, running_server  # noqa: E402

USER = "bench"
SCRIPTS_PORT = "55432"
"""Where the peers' scripts look for the server; a copy of them is told the real port."""
LIMIT_RATIO, FIXED_SECONDS = 1.25, 0.8
"""What Gatepost may take: so many times the best hand-written SQL, and so much for its start."""
TIMES_FASTER = {"soda4": 3, "gx": 6, "pointblank": 15}
MOST_MEGABYTES = 150
TINY = 100
"""Rows of the table that shows what a contender costs before it has read anything."""
CONTENDERS = {contender.name: contender for contender in (FLOOR, *BY_HAND, *GATEPOST, *PEERS)}


@dataclass
class Score:
    """What one contender took on one table, run by run, and its verdicts."""

    runs: list[Process] = field(default_factory=list)
    verdicts: Verdicts = field(default_factory=dict)

    @property
    def wall(self) -> float:
        return statistics.median(run.wall for run in self.runs)


@dataclass(frozen=True)
class Bench:
    """Everything that a run of a contender needs."""

    port: int
    scripts: Path
    environments: Path
    work: Path

    def run(self, contender: Contender, table: str) -> tuple[Process, Verdicts]:
        """Run a contender once; stops the benchmark if it left no verdict."""
        out = self.work / contender.name / table
        if not contender.repeats:
            shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True, exist_ok=True)
        words = {"bin": self.programs(contender), "table": table, "out": out, "root": ROOT}
        url = f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{USER}"
        environment = {**QUIET, "GATEPOST_BENCH_URL": url, "GATEPOST_BENCH_TABLE": table}
        command = [word.format(**words) for word in contender.command]
        process = run_process(command, self.scripts / "peers", environment)
        try:
            verdicts = contender.read(out, process.output)
        except (OSError, ValueError, KeyError) as error:
            raise SystemExit(
                f"{contender.name} on {table} ended with exit status {process.status} and "
                f"left no verdicts ({error}):\n{last_lines(process.output)}"
            ) from None
        return process, verdicts

    def programs(self, contender: Contender) -> Path:
        """The folder of the programs of a contender's environment; makes it if it is missing."""
        packages = [package.format(root=ROOT) for package in contender.packages]
        folder = self.environments / contender.environment
        stamp, wanted = folder / "packages.txt", "\n".join(packages)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            print(f"making {folder.name} ...", file=sys.stderr)
            venv.create(folder, clear=True, with_pip=True)
            command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
            done = run_process([*command, *packages], ROOT)
            if done.status:
                raise SystemExit(f"{contender.name}: pip failed\n{last_lines(done.output)}")
            stamp.write_text(wanted, encoding="utf-8")
        return folder / "bin"


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as name, served() as port:
        work = Path(name)
        scripts = copy_scripts(options.peers_dir, work / "scripts", port)
        bench = Bench(port, scripts, options.envs.resolve(), work / "out")
        chosen = [CONTENDERS[peer] for peer in options.peers]
        for contender in chosen:
            bench.programs(contender)
        disagreements = 0
        tiny = measure(bench, chosen, generate(bench, TINY, options.bad), rounds=1)
        for rows in options.rows:
            table = generate(bench, rows, options.bad)
            scores = measure(bench, chosen, table, options.rounds)
            disagreements += show(rows, options.rounds, scores, tiny)
    if disagreements:
        raise SystemExit(f"{disagreements} verdicts differ from those of the hand-written SQL")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", nargs="+", type=lambda text: int(float(text)), default=[10**6])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each on each table")
    names = ", ".join(CONTENDERS)
    parser.add_argument(
        "--peers",
        type=lambda text: text.split(","),
        default=list(CONTENDERS),
        help=f"of {names}; divided by commas, all if not given",
    )
    parser.add_argument(
        "--bad", type=int, choices=(0, 1), default=1, help="whether a row in a thousand is bad"
    )
    parser.add_argument(
        "--peers-dir",
        type=Path,
        default=ROOT.parent / "shared" / "bench" / "tables",
        help="the folder of gen.sql, rules.py and the peers' scripts",
    )
    parser.add_argument("--envs", type=Path, default=HERE / ".envs", help="their environments")
    options = parser.parse_args()
    if unknown := set(options.peers) - set(CONTENDERS):
        parser.error(f"no contender {', '.join(sorted(unknown))}; there are {names}")
    if not (options.peers_dir / "gen.sql").exists():
        parser.error(f"{options.peers_dir} has no gen.sql; name the scripts' folder: --peers-dir")
    if BY_HAND[0].name not in options.peers:
        options.peers.insert(0, BY_HAND[0].name)
    return options


@contextmanager
def served() -> Iterator[int]:
    """A PostgreSQL with a database of its own for the benchmark, by its port.

    The peers' scripts know no password, so that one role needs none.
    """
    settings = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
    with running_server(password=secrets.token_hex(), settings=settings) as server:
        if server.loopback_port is None:
            raise SystemExit(f"the benchmark starts its own PostgreSQL: unset {CONFIGURED}")
        with server.connect() as connection:
            connection.execute(f"create role {USER} login")
            connection.execute(f"create database {USER} owner {USER}")
            access = Path(connection.execute("show hba_file").fetchall()[0][0])
            rules = access.read_text(encoding="ascii")
            trusting = f"host {USER} {USER} 127.0.0.1/32 trust\n"
            access.write_text(trusting + rules, encoding="ascii")
            connection.execute("select pg_reload_conf()")
        yield server.loopback_port


def copy_scripts(source: Path, target: Path, port: int) -> Path:
    """Copy the peers' scripts to where they may write, and tell them the server's port."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (target, *target.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(SCRIPTS_PORT, str(port)), encoding="utf-8")
    return target


def generate(bench: Bench, rows: int, bad: int) -> str:
    """Make the table of so many rows, and what Soda wants to know of it; returns its name."""
    table = f"raw_jobs_{rows}"
    hour = f"{datetime.now(UTC):%Y-%m-%dT%H:00Z}"
    values = {"t": table, "n": rows, "bad": bad, "anchor": hour}
    pairs = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
    login = ["-X", "-q", "-h", "127.0.0.1", "-p", str(bench.port), "-U", USER, "-d", USER]
    psql = shutil.which("psql", path=f"{find_binaries()}{os.pathsep}{os.environ['PATH']}")
    if psql is None:
        raise SystemExit("no psql beside the PostgreSQL or on PATH, which gen.sql is written for")
    contract = [sys.executable, "peers/soda4/make.py", table]
    for command in ([psql, *login, *pairs, "-f", "gen.sql"], contract):
        done = run_process(command, bench.scripts)
        if done.status:
            raise SystemExit(f"{table} was not made:\n{last_lines(done.output)}")
    return table


def measure(bench: Bench, chosen: Sequence[Contender], table: str, rounds: int) -> dict[str, Score]:
    """Run all in turns, `rounds` times; what repeats a run has one more, which is not counted."""
    scores = {contender.name: Score() for contender in chosen}
    for contender in chosen:
        if contender.repeats:
            bench.run(contender, table)
    for _ in range(rounds):
        for contender in chosen:
            process, verdicts = bench.run(contender, table)
            scores[contender.name].runs.append(process)
            scores[contender.name].verdicts = verdicts
    return scores


def show(rows: int, rounds: int, scores: Mapping[str, Score], tiny: Mapping[str, Score]) -> int:
    """Print one table of figures; returns how many verdicts differ from the hand-written SQL's."""
    by_hand = [scores[contender.name] for contender in BY_HAND if contender.name in scores]
    best = min(score.wall for score in by_hand)
    reference = by_hand[0].verdicts
    failing = sum(not holds for holds in reference.values())
    print(f"\n{rows:,} rows, {len(reference)} rules of which {failing} fail, {rounds} runs of each")
    heads = f"{'wall':>9}{'ratio':>8}{'min':>9}{'cpu':>8}{'peak MB':>9}{f'{TINY} rows':>10}"
    print(f"{'':24}{heads}")
    different = 0
    for name, score in scores.items():
        cpu = statistics.median(run.cpu for run in score.runs)
        peak = max(run.peak for run in score.runs)
        print(
            f"{name:24}{score.wall:9.2f}{score.wall / best:8.2f}"
            f"{min(run.wall for run in score.runs):9.2f}{cpu:8.2f}{peak:9.0f}"
            f"{tiny[name].wall:10.2f}"
        )
        if CONTENDERS[name].read is not read_nothing:
            wrong = [rule for rule in reference if score.verdicts.get(rule) != reference[rule]]
            different += len(wrong)
            if wrong:
                print(f"{'':24}differs in {', '.join(wrong)}")
    for contender in GATEPOST[:1]:
        if contender.name in scores:
            show_goals(scores, best, contender.name)
    return different


def show_goals(scores: Mapping[str, Score], best: float, name: str) -> None:
    ours = scores[name]
    most = LIMIT_RATIO * best + FIXED_SECONDS
    print(f"goal: {name} {ours.wall:.2f} s of at most {most:.2f} s", end="")
    print(f" ({LIMIT_RATIO} times the best by hand and {FIXED_SECONDS} s)")
    for peer, times in TIMES_FASTER.items():
        if peer in scores:
            ratio = scores[peer].wall / ours.wall
            print(f"goal: {ratio:.1f} times faster than {peer}, of at least {times}")
    print(f"goal: {max(run.peak for run in ours.runs):.0f} MB of at most {MOST_MEGABYTES}")


if __name__ == "__main__":
    main()
