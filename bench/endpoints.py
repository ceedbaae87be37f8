"""How far checks of endpoints overlap: `python bench/endpoints.py --help`.

200 endpoints that answer in 50 ms, asked by plain check functions, against the
same requests by hand from 32 threads. Whole processes, in turns: the start of
Python and pytest and all reports are part of every figure. README.md beside
this file says how to read what is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from processes import Process, last_lines, run_process

# Without the plugins that happen to be installed: what they take to start is not ours.
PLUGINS = ("--disable-plugin-autoload", "-p", "gatepost.plugin")
GOAL = 1.5  # seconds for 200 endpoints of 50 ms

BY_HAND = """
from concurrent.futures import ThreadPoolExecutor
from threading import local
import requests

mine = local()

def ask(number):
    session = mine.__dict__.setdefault("session", requests.Session())
    assert session.get(f"{{url}}/{{number}}", timeout=10).status_code == 200

with ThreadPoolExecutor(32) as pool:
    list(pool.map(ask, range({count})))
"""

ROWS = """
import pytest
from gatepost import Endpoint, Response, check, responds

@check(responds(200, within="1 s"))
@pytest.mark.parametrize("number", range({count}))
def check_row(api: Endpoint, number: int) -> Response:
    return api.get(str(number))
"""

TARGETS_HEAD = "from gatepost import Endpoint, Response, check, responds\n"
TARGET = """
@check(responds(200, within="1 s"))
def check_{n}(api_{n}: Endpoint) -> Response:
    return api_{n}.get()
"""


@dataclass(frozen=True)
class Contender:
    """One way to ask them all: what it is called, its folder and its command."""

    name: str
    folder: Path
    command: Sequence[str]


class Ran(NamedTuple):
    """A finished run, and the ms that each endpoint took to answer, as its check measured."""

    process: Process
    answers: tuple[float, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=200, help="endpoints")
    parser.add_argument("--delay", type=float, default=50, help="ms until one answers")
    parser.add_argument("--threads", type=int, nargs="+", default=[], help="more numbers to try")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind")
    options = parser.parse_args()
    temporary = tempfile.TemporaryDirectory(prefix="gatepost-bench-")
    with temporary as name, served(options.delay / 1000) as url:
        write_projects(Path(name), url, options.count)
        compare(list(contenders(Path(name), options.threads)), options.rounds)
    print(f"goal: under {GOAL} s for 200 endpoints of 50 ms")


def compare(several: Sequence[Contender], rounds: int) -> None:
    """Print the seconds of each and their ratio to the first, and what the checks measured."""
    laps = [[run(each) for each in several] for _ in range(rounds + 1)][1:]
    print(f"{'':30}{'wall min':>9}{'median':>8}{'ratio':>7}{'cpu min':>9}{'answers in ms':>21}")
    print(f"{'':63}{'median':>7}{'p95':>7}{'max':>7}")
    first = min(lap[0].process.wall for lap in laps)
    for each, done in zip(several, zip(*laps, strict=True), strict=True):
        walls = [ran.process.wall for ran in done]
        answers = sorted(answer for ran in done for answer in ran.answers)
        figures = [quantile(answers, share) for share in (0.5, 0.95, 1)] if answers else []
        print(
            f"{each.name:30}{min(walls):9.2f}{statistics.median(walls):8.2f}"
            f"{min(walls) / first:7.1f}{min(ran.process.cpu for ran in done):9.2f}"
            + "".join(f"{figure:7.0f}" for figure in figures)
        )


def quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[int(share * (len(ordered) - 1))]


def run(each: Contender) -> Ran:
    """Run one; stops the benchmark if not all endpoints answered."""
    process = run_process(each.command, each.folder)
    if process.status:
        raise SystemExit(f"{each.name}: it failed\n{last_lines(process.output)}")
    report = each.folder / "reports" / "report.json"
    if not report.is_file():
        return Ran(process, ())
    results = json.loads(report.read_text(encoding="utf-8"))["results"]
    return Ran(process, tuple(row["verdict"]["value"] for row in results))


def contenders(folder: Path, threads: Sequence[int]) -> Iterator[Contender]:
    yield Contender("32 threads by hand", folder, [sys.executable, "by_hand.py"])
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGINS, "checks"]
    for kind in ("rows of one target", "targets"):
        project = folder / kind
        yield Contender(kind, project, pytest)
        for number in threads:
            yield Contender(
                f"{kind}, {number} threads", project, [*pytest, f"--gatepost-ahead={number}"]
            )
        yield Contender(f"{kind}, one by one", project, [*pytest, "--gatepost-ahead=0"])


def write_projects(folder: Path, url: str, count: int) -> None:
    (folder / "by_hand.py").write_text(f"url = {url!r}\n" + BY_HAND.format(count=count))
    rows = f'[targets.api]\nkind = "endpoint"\nurl = "{url}"\n'
    write_project(folder / "rows of one target", rows, ROWS.format(count=count))
    write_project(
        folder / "targets",
        "".join(f'[targets.api_{n}]\nkind = "endpoint"\nurl = "{url}/{n}"\n' for n in range(count)),
        TARGETS_HEAD + "".join(TARGET.format(n=n) for n in range(count)),
    )


def write_project(folder: Path, configuration: str, checks: str) -> None:
    (folder / "checks").mkdir(parents=True)
    (folder / "gatepost.toml").write_text(configuration)
    (folder / "checks" / "check_endpoints.py").write_text(checks)


@contextmanager
def served(delay: float) -> Iterator[str]:
    """A server in a process of its own that answers every GET after `delay` seconds."""
    ports: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=serve, args=(delay, ports), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ports.get(timeout=10)}"
    finally:
        process.terminate()
        process.join()


def serve(delay: float, ports: multiprocessing.Queue[int]) -> None:
    asyncio.run(serve_forever(delay, ports))


async def serve_forever(delay: float, ports: multiprocessing.Queue[int]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(delay)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", backlog=512)
    ports.put(server.sockets[0].getsockname()[1])
    await server.serve_forever()


if __name__ == "__main__":
    main()
