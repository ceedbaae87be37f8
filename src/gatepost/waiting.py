"""`gatepost wait`: until the services of a system are ready, and no longer than it may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from gatepost.config import Configuration, TargetEntry, read_configuration
from gatepost.durations import format_duration
from gatepost.errors import ConfigurationError, MeasurementError
from gatepost.finding import FILE_NAME, find_configuration
from gatepost.sinks.text import one_line
from gatepost.targets.base import TargetContext
from gatepost.targets.health import HealthPages
from gatepost.targets.registry import open_target
from gatepost.targets.settling import Round, settle
from gatepost.wording import join_some, plural, shorten, suggest

KIND = "health"


def wait(
    system: str,
    *,
    times: int,
    within: timedelta,
    every: timedelta | None,
    tell: Callable[[str], object],
) -> str:
    """Wait until all health pages of a system answered well; the sentence that says how long.

    The pages are those of the targets of kind health that are called like the
    system, or begin with its name and an underscore. `every` is the time
    between two looks, by default the longest `poll_every` of theirs. `tell`
    gets a line about them, and one after each round of asking.

    Raises ConfigurationError where there are none, and MeasurementError when
    they are not ready in time.
    """
    file = find_configuration(Path.cwd())
    if file is None:
        raise ConfigurationError(
            f"there is no {FILE_NAME} here or above; run this in the project's folder"
        )
    configuration = read_configuration(file)
    context = TargetContext(root=file.parent)
    services = [_open(entry, context) for entry in _find(configuration, system)]
    names = [each.name for each in services]
    tell(f"waiting for {join_some(names, most=10)}")

    def show(text: str) -> str:
        return one_line(configuration.secrets.mask(text))

    try:
        seconds = settle(
            {each.name: each.poll for each in services},
            times=times,
            within=within,
            every=every or max(each.poll_every for each in services),
            tell=lambda asked: tell(show(_progress(asked, times))),
        )
    except MeasurementError as error:
        raise MeasurementError(show(str(error))) from None
    took = format_duration(timedelta(seconds=seconds))
    well = f"answered well {times} times in a row" if times > 1 else "answered well"
    return f"{join_some(names)} {well} after {took}"


def _find(configuration: Configuration, system: str) -> list[TargetEntry]:
    kinds = {name: entry.kind for name, entry in configuration.targets.items()}
    own = [name for name in kinds if name == system or name.startswith(f"{system}_")]
    there = [
        configuration.targets[name]
        for name in own
        if kinds[name] == KIND and not configuration.targets[name].absent
    ]
    if there:
        return there
    absent = [f"{name} ({configuration.targets[name].absent})" for name in own]
    if any(kinds[name] == KIND for name in own):
        raise ConfigurationError(f"nothing to wait for: absent here are {join_some(absent)}")
    if not own:
        systems = sorted({name.partition("_")[0] for name in kinds})
        raise ConfigurationError(
            f"no target of {FILE_NAME} begins with {system}; {suggest('system', system, systems)}"
        )
    raise ConfigurationError(
        f"{system} has {plural(len(own), 'target')}, but none of kind {KIND}; add "
        f'[targets.{system}_health] with kind = "{KIND}" and the url of the service'
    )


def _open(entry: TargetEntry, context: TargetContext) -> HealthPages:
    if entry.unusable:
        raise ConfigurationError(entry.unusable)
    opened = open_target(entry, context)
    assert isinstance(opened, HealthPages)  # noqa: S101 - by its kind
    return opened


def _progress(asked: Round, times: int) -> str:
    took = format_duration(timedelta(seconds=asked.seconds))
    if asked.objections:
        last = [f"{name}: {shorten(said, 150)}" for name, said in asked.objections.items()]
        return f"{took}: {join_some(last)}"
    return f"{took}: answered well {asked.in_a_row} of {times} times in a row"
