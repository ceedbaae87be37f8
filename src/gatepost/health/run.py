"""The run of pytest that answers: it sends each result as it comes, and writes nothing.

It is a process of its own, started by `supervision`, which may kill it at any
time: hence what is known goes out at once, as a line of JSON through a pipe.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from contextlib import redirect_stderr
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from gatepost.health.asked import Asked
from gatepost.hooks.collecting import DECLARED, Collecting
from gatepost.listing import QUIET
from gatepost.masking import Secrets
from gatepost.model import Problem
from gatepost.records import result_from_dict
from gatepost.wording import shorten

if TYPE_CHECKING:
    from gatepost.hooks.running import Running

# A gate's run is the one that measures everything anew and remembers nothing; what would store
# its decision does not take part here.
_OPTIONS = (
    "-q",
    "-s",
    "--no-summary",
    "--maxfail=0",
    "--continue-on-collection-errors",
    "--gatepost-mode=gate",
    "--gatepost-on-request",
    "--junitxml=",
    *QUIET,
)
_OF_PLUGINS = {"xdist": "-n0", "pytest_html": "--html="}
"""What is switched off of other plugins, in case the project's own options switch it on."""

_LONGEST = 300


def main(arguments: list[str]) -> None:
    """Run the checks; the arguments are the pipe, what is asked for, and the seconds to live."""
    pipe, asked, seconds = int(arguments[0]), Asked.parse(arguments[1]), float(arguments[2])
    os.set_inheritable(pipe, False)
    # The supervisor ends this process; where it was killed itself, the system does, even in C.
    signal.setitimer(signal.ITIMER_REAL, seconds)
    sender, said = Sender(pipe), _Bounded()
    options = [*_OPTIONS, *(option for name, option in _OF_PLUGINS.items() if find_spec(name))]
    if os.path.isdir("checks"):  # noqa: PTH112 - else pytest's own choice of where to begin
        options.append("checks")
    with redirect_stderr(said):
        status = pytest.main(options, plugins=[_Answering(asked, sender)])
    if status == pytest.ExitCode.USAGE_ERROR:
        sender.send(trouble=_complaint(said.getvalue()))
    elif status in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR):
        sender.send(trouble="pytest ended early, interrupted or by an error of its own")
    sender.send(ended=True)


class Sender:
    """Sends what is known to the supervisor, without secrets."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self.secrets = Secrets()

    def send(self, **event: Any) -> None:
        """Send one event: `expected`, `begins`, `row`, `trouble` or `ended`."""
        content = json.dumps(self._masked(event)).encode() + b"\n"
        while content:
            content = content[os.write(self._pipe, content) :]

    def _masked(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._masked(part) for name, part in value.items()}
        return self.secrets.mask(value) if type(value) is str else value


class _Bounded(io.StringIO):
    """The beginning of what is written to it: a check may write without end."""

    def write(self, text: str) -> int:
        if self.tell() < 20_000:
            super().write(text[:20_000])
        return len(text)


class _Answering:
    """A plugin that selects what is asked for, and sends what comes of it."""

    def __init__(self, asked: Asked, sender: Sender) -> None:
        self._asked = asked
        self._sender = sender
        self._troubles: set[str] = set()
        self._is_narrowed = False

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Look only where such checks can stand, and take the place of what stores and tells."""
        running: Running | None = config.pluginmanager.getplugin("gatepost-running")
        if running is None:
            raise pytest.UsageError(
                "there is no gatepost.toml here or above; run this in the project's folder"
            )
        config.pluginmanager.unregister(name="gatepost-concluding")
        self._sender.secrets = running.project.configuration.secrets
        folders = [folder for folder in running.project.checks if folder.is_dir()]
        places = self._asked.places(folders)
        self._is_narrowed = bool(places)
        config.args = [str(place) for place in places or folders] or config.args

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what is not asked for, and say so where nothing is left."""
        known = {item: item.stash[DECLARED].declaration for item in items if DECLARED in item.stash}
        named = [item for item, found in known.items() if self._asked.matches(found.id)]
        chosen = [item for item in named if not known[item].on_request]
        left_out = [item for item in items if item not in set(chosen)]
        items[:] = chosen
        config.hook.pytest_deselected(items=left_out)
        if named and not chosen:
            self._trouble(f"{self._asked} runs on request only: pytest --gatepost-on-request")
        elif not chosen and not (self._is_narrowed and self._problems(config)):
            self._trouble(self._asked.explain_unknown([each.id for each in known.values()]))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say how many results are to be expected."""
        self._sender.send(expected=len(session.items))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Say which check runs, in case it never ends."""
        self._sender.send(begins=item.stash[DECLARED].declaration.id)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Send a result, or that what was torn down after it failed."""
        if plain := getattr(report, "gatepost", None):
            result = result_from_dict(plain)
            row = {
                "id": result.check.id,
                "level": result.level,  # not text of its own, which could hold a secret
                "severity": result.severity,
                "sentence": shorten(result.verdict.sentence, _LONGEST),
                "owner": result.check.owner,
                "runbook": result.check.runbook,
            }
            self._sender.send(row=row)
        elif report.failed and report.when == "teardown":
            self._trouble(f"teardown of {report.nodeid} failed: {_complaint(report.longreprtext)}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send what went wrong beside the checks, such as a module that cannot be imported."""
        for problem in self._problems(session.config):
            self._trouble(problem.message)

    def _problems(self, config: pytest.Config) -> list[Problem]:
        collecting: Collecting | None = config.pluginmanager.getplugin("gatepost-collecting")
        return collecting.problems if collecting else []

    def _trouble(self, said: str) -> None:
        if said not in self._troubles:
            self._troubles.add(said)
            self._sender.send(trouble=shorten(said, _LONGEST))


def _complaint(said: str) -> str:
    """What is wrong, out of what pytest prints about it: an error's last line, or all."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    if errors:
        where = "a conftest.py cannot be imported: " if "conftest" in lines[0] else ""
        return where + errors[-1]
    return shorten(" ".join(line.removeprefix("ERROR: ") for line in lines), _LONGEST)


if __name__ == "__main__":
    main(sys.argv[1:])
