"""The `gatepost` command: what is not a test run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit status."""
    parser = argparse.ArgumentParser(
        prog="gatepost", description="Checks of live systems; `pytest checks` runs them."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="list every check, without connecting to anything")
    listing.add_argument("paths", nargs="*", metavar="PATH", help="checks to list (all of them)")
    listing.add_argument("--json", action="store_true", help="as JSON, with every detail")
    given = parser.parse_args(arguments)
    return _list(given.paths, as_json=given.json)


def _list(paths: Sequence[str], *, as_json: bool) -> int:
    from gatepost.listing import collect, render_json, render_table

    declarations, status, said = collect(paths)
    if status:
        print(said, file=sys.stderr)
        return status
    print(render_json(declarations) if as_json else render_table(declarations))
    return 0
