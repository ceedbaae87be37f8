"""The pytest plugin: options, and joining the run of a project that has a gatepost.toml.

In any other project it stays inactive and costs nothing. The hooks of an
active run are in `gatepost.hooks`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gatepost.finding import FILE_NAME, find_configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatepost.hooks.running import Running
    from gatepost.model import Verdict

_RUNNING = "gatepost-running"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Flat options for what concerns one run; what is structured stands in gatepost.toml."""
    group = parser.getgroup("gatepost", "checks of live systems")
    group.addoption(
        "--gatepost-mode",
        choices=("local", "scheduled", "gate"),
        help="local (default) only reads history; scheduled stores its observations and "
        "notifies; gate stores only its decision",
    )
    group.addoption("--gatepost-slot", metavar="TIME", help="the moment the run stands for (ISO)")
    group.addoption("--gatepost-config", metavar="FILE", help="the gatepost.toml to use")
    group.addoption("--gatepost-reports", metavar="DIR", help="the folder of the reports")
    group.addoption(
        "--gatepost-on-request",
        action="store_true",
        help="run the checks as well that are declared with on_request=True",
    )
    group.addoption(
        "--gatepost-ahead",
        metavar="N",
        help="how many checks may be measured at once, ahead of their turn; 0: one by one",
    )
    parser.addini("gatepost_mode", "what a run may write: local, scheduled, gate", default="local")
    parser.addini("gatepost_config", "the gatepost.toml to use", default="")
    parser.addini("gatepost_checks", "folders with checks", type="args", default=["checks"])
    parser.addini("gatepost_reports", "folder of the reports", default="reports")
    parser.addini("gatepost_history", "SQLAlchemy URL of the history; ${NAME} is expanded")
    parser.addini("gatepost_schedule", "name of the schedule, where there are several")
    parser.addini("gatepost_ahead", "how many checks may be measured at once", default="24")
    parser.addini("gatepost_cadence", 'time between two runs of the schedule, such as "5 min"')


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and join the run where the project has a gatepost.toml."""
    config.addinivalue_line(
        "markers", "check(*expectations, severity, owner, ...): what is acceptable of the result"
    )
    if file := _configuration_file(config):
        _join(config, file)


@pytest.fixture
def verdicts(request: pytest.FixtureRequest) -> Mapping[str, Verdict]:
    """The verdicts on the other checks of this check's group, by id.

    Put the check that takes it last in its file: what has not been judged
    before it counts as not evaluated.
    """
    running: Running | None = request.config.pluginmanager.getplugin(_RUNNING)
    if running is None:
        raise pytest.UsageError(f"the fixture 'verdicts' needs a project with a {FILE_NAME}")
    return running.verdicts_beside(request.node)


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Any:
    """The target that `check(target="...")` names for a row."""
    running: Running | None = request.config.pluginmanager.getplugin(_RUNNING)
    name = running.target_of(request.node) if running else ""
    if not name:
        raise pytest.UsageError("the fixture 'target' is for checks with check(target=\"...\")")
    return request.getfixturevalue(name)


def _join(config: pytest.Config, file: Path) -> None:
    from gatepost.errors import ConfigurationError
    from gatepost.hooks.collecting import Collecting
    from gatepost.hooks.concluding import Concluding, Worker
    from gatepost.hooks.masking import Masking
    from gatepost.hooks.running import Running
    from gatepost.options import read_project

    def option(name: str) -> Any:
        written = config.getoption(f"--{name.replace('_', '-')}", None)
        return written or (config.getini(name) if name != "gatepost_slot" else None)

    handed_down = getattr(config, "workerinput", {}).get("gatepost")
    root = config.rootpath if option("gatepost_config") else file.parent
    try:
        project = read_project(file, root, option, handed_down)
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from None
    for folder in project.checks:
        for pattern in ("check_*.py", "*/check_*.py"):
            config.addinivalue_line("python_files", f"{folder.as_posix()}/{pattern}")
    config.addinivalue_line("python_functions", "check_")

    collecting, running = Collecting(project), Running(project)
    register = config.pluginmanager.register
    register(Masking(project.configuration.secrets), "gatepost-masking")  # before those that read
    register(collecting, "gatepost-collecting")
    register(running, _RUNNING)
    register(running.target_fixtures(), "gatepost-targets")
    if handed_down:
        register(Worker(config, collecting, running), "gatepost-worker")
    else:
        register(Concluding(config, project, collecting, running), "gatepost-concluding")
        if config.getoption("htmlpath", None):
            from gatepost.sinks.pytest_html import ReportColumns

            register(ReportColumns(), "gatepost-html")


def _configuration_file(config: pytest.Config) -> Path | None:
    """The gatepost.toml that is named, or the nearest to where pytest started or is rooted."""
    named: str = config.getoption("--gatepost-config") or config.getini("gatepost_config")
    if named:
        file = config.rootpath / named
        if not file.is_file():
            raise pytest.UsageError(f"gatepost_config: there is no file {named}")
        return file
    return find_configuration(config.invocation_params.dir) or find_configuration(config.rootpath)
