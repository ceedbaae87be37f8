"""The `gatepost` command: what is not a test run."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

UNREACHABLE = 3
"""The exit status where a target could not be reached; what else could be told, is."""

UNKNOWN = 3
"""The exit status of what a monitor runs, where nothing is known: also for a wrong command line."""


NOT_READY = 2
"""The exit status of waiting in vain, which is an alert."""


class _Parser(argparse.ArgumentParser):
    """A parser that ends as the command's other ends do: 2 is critical to a monitor."""

    wrong = 2

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(self.wrong, f"{self.prog}: error: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit status."""
    parser = _Parser(
        prog="gatepost", description="Checks of live systems; `pytest checks` runs them."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="list every check, without connecting to anything")
    listing.add_argument("paths", nargs="*", metavar="PATH", help="checks to list (all of them)")
    listing.add_argument("--json", action="store_true", help="as JSON, with every detail")
    explaining = commands.add_parser(
        "explain", help="show what checks would send and how each rule is measured; sends nothing"
    )
    explaining.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or ids of checks to explain (all of them)"
    )
    explaining.add_argument("-k", dest="keyword", default="", metavar="EXPR", help="as of pytest")
    explaining.add_argument("--json", action="store_true", help="as JSON")
    suggesting = commands.add_parser(
        "suggest", help="write checks for a live table, whose rules hold now"
    )
    suggesting.add_argument("--table", required=True, metavar="NAME", help="table, or schema.table")
    suggesting.add_argument("--target", default="", metavar="NAME", help="its target's name")
    suggesting.add_argument("--url", default="", help="its database, where it is no target yet")
    suggesting.add_argument("--time", metavar="COLUMN", help="says when a row was made")
    suggesting.add_argument(
        "--output", metavar="FILE", help="a new file, checks/SYSTEM/check_NAME.py (printed)"
    )
    _add_health(commands.add_parser("health", help="say in one line how a system is; 0, 1, 2 or 3"))
    _add_wait(commands.add_parser("wait", help="wait until a system's services are ready"))
    given, rest = parser.parse_known_args(arguments)
    if rest:
        commands.choices[given.command].error(f"unrecognized arguments: {' '.join(rest)}")
    if given.command == "health":
        return _health(given.asked, given.timeout)
    if given.command == "wait":
        return _wait(given)
    if given.command == "explain":
        return _explain(given.paths, given.keyword, as_json=given.json)
    if given.command == "suggest":
        return _suggest(given)
    return _list(given.paths, as_json=given.json)


def _add_health(parser: _Parser) -> None:
    parser.wrong = UNKNOWN
    parser.description = (
        "Run some of the checks once and say in one line how they are, as a container's "
        "healthcheck and Nagios want it. The exit status is 0 when all are ok, 1 for a warning, "
        "2 for an alert, and 3 where anything could not be measured. Nothing is stored or sent."
    )
    parser.add_argument(
        "asked",
        metavar="SYSTEM[.GROUP[.NAME]][[PARAMETER]]",
        help="which checks: shop, shop.api, shop.api.latency, 'shop.api[eu]'",
    )
    parser.add_argument(
        "--timeout", default="30 s", metavar="TIME", help="the limit, always kept (30 s)"
    )


def _add_wait(parser: _Parser) -> None:
    parser.wrong = UNKNOWN
    parser.description = (
        "After a restart or a deployment: ask the live and ready pages of all targets of kind "
        "health whose names begin with the system's, until all answered well several times in a "
        "row. The exit status is 0 then, and 2 when they did not in time."
    )
    parser.add_argument("system", metavar="SYSTEM", help="the system, or one target's name")
    parser.add_argument("--times", type=int, default=3, metavar="N", help="times in a row (3)")
    parser.add_argument("--within", default="5 min", metavar="TIME", help="the limit (5 min)")
    parser.add_argument(
        "--every", metavar="TIME", help="time between two looks (poll_every of the targets: 1 s)"
    )


def _health(asked: str, timeout: str) -> int:
    try:
        from gatepost.health.command import report_health

        found = report_health(asked, timeout)
    except KeyboardInterrupt:  # before it was ready to say so itself
        return UNKNOWN
    _say(found.line)
    return int(found.state)


def _wait(given: argparse.Namespace) -> int:
    from gatepost.durations import parse_duration
    from gatepost.errors import ConfigurationError, MeasurementError
    from gatepost.waiting import wait

    def tell(line: str) -> None:
        if sys.stderr.isatty():
            print(line, file=sys.stderr, flush=True)

    try:
        within = parse_duration(given.within)
        every = parse_duration(given.every) if given.every else None
        _say(wait(given.system, times=given.times, within=within, every=every, tell=tell))
    except (ConfigurationError, ValueError) as error:
        print(f"gatepost wait: {error}", file=sys.stderr)
        return UNKNOWN
    except MeasurementError as error:
        _say(str(error))
        return NOT_READY
    except KeyboardInterrupt:
        print("gatepost wait: interrupted", file=sys.stderr)
        return UNKNOWN
    return 0


def _say(line: str) -> None:
    """Print to whoever still reads, in what characters they have: the exit status must stay."""
    try:
        encoding = sys.stdout.encoding or "ascii"
        print(line.encode(encoding, "replace").decode(encoding), flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _list(paths: Sequence[str], *, as_json: bool) -> int:
    from gatepost.listing import collect, render_json, render_table

    declarations, status, said = collect(paths)
    if status:
        print(said, file=sys.stderr)
        return status
    print(render_json(declarations) if as_json else render_table(declarations))
    return 0


def _explain(paths: Sequence[str], keyword: str, *, as_json: bool) -> int:
    from gatepost.explaining.layout import render_json, render_text
    from gatepost.explaining.run import explain

    explanations, status, said = explain(paths, keyword)
    if status:
        print(said, file=sys.stderr)
        return status
    width = shutil.get_terminal_size().columns
    print(render_json(explanations) if as_json else render_text(explanations, width))
    if any(each.outage for each in explanations):
        return UNREACHABLE
    return int(any(each.error for each in explanations))


def _suggest(given: argparse.Namespace) -> int:
    from gatepost.errors import ConfigurationError, MeasurementError, Unavailable
    from gatepost.suggesting.command import URL_TARGET, suggest, write_new

    file = Path(given.output) if given.output else None
    try:
        if file is not None and file.exists():
            write_new(file, "")  # says what is wrong before the table is read
        text = suggest(given.table, target=given.target, url=given.url, time=given.time)
        if file is not None:
            write_new(file, text)
    except (ConfigurationError, MeasurementError) as error:
        print(f"gatepost suggest: {error}", file=sys.stderr)
        if isinstance(error, Unavailable):
            return UNREACHABLE
        return 2 if isinstance(error, ConfigurationError) else 1
    if given.url:
        name = given.target or URL_TARGET
        print(
            f"name the database in gatepost.toml, so that the check can take it:\n"
            f'[targets.{name}]\nkind = "database"\nurl = "${{{name.upper()}_URL}}"',
            file=sys.stderr,
        )
    if file is not None and not file.match("check_*.py"):
        print(f"pytest collects check_*.py, not {file.name}; rename it", file=sys.stderr)
    print(text if file is None else f"wrote {file}", end="" if file is None else "\n")
    return 0
