"""The `gatepost` command: what is not a test run."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

UNREACHABLE = 3
"""The exit status where a target could not be reached; what else could be told, is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit status."""
    parser = argparse.ArgumentParser(
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
    given = parser.parse_args(arguments)
    if given.command == "explain":
        return _explain(given.paths, given.keyword, as_json=given.json)
    if given.command == "suggest":
        return _suggest(given)
    return _list(given.paths, as_json=given.json)


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
