"""Which receivers Alertmanager's routes send a label set to; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import Field, ValidationError

from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.json_api import GoDuration, Record
from gatepost.wording import shorten

_MATCHER = re.compile(
    r'\s*("(?:\\.|[^"\\])*"|[^\s=!~",{}]+)\s*(=~|!~|!=|=)\s*("(?:\\.|[^"\\])*"|[^,"]*?)\s*(?:,|$)',
    re.DOTALL,
)
_OPERATORS = {(True, False): "=", (True, True): "=~", (False, False): "!=", (False, True): "!~"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Matcher(Record):
    """A condition on a label; a label that is missing counts as the empty text."""

    name: str
    value: str
    is_regex: bool = Field(validation_alias="isRegex", default=False)
    is_equal: bool = Field(validation_alias="isEqual", default=True)

    def __str__(self) -> str:
        operator = _OPERATORS[self.is_equal, self.is_regex]
        return f'{self.name}{operator}"{self.value}"'

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a label set fulfils it; a regular expression has to match the whole value.

        Raises MeasurementError for an expression that Python's `re` does not know.
        """
        value = labels.get(self.name, "")
        if not self.is_regex:
            return (value == self.value) == self.is_equal
        try:
            return bool(re.fullmatch(self.value, value)) == self.is_equal
        except re.error as error:
            raise MeasurementError(
                f"the matcher {shorten(str(self), 100)} cannot be evaluated: {error}"
            ) from None


@dataclass(frozen=True, slots=True)
class Route:
    """Where alerts go, and how they are grouped: what is not set is inherited, as it stands here.

    `matchers` are those of the way from the root. `group_by` holds "..." where
    every alert is a group of its own.
    """

    receiver: str
    group_by: tuple[str, ...] = ()
    group_wait: timedelta = timedelta(seconds=30)
    group_interval: timedelta = timedelta(minutes=5)
    repeat_interval: timedelta = timedelta(hours=4)
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    matchers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A route in the tree: its own matchers, and the routes below it that are tried in order."""

    route: Route
    matchers: tuple[Matcher, ...] = ()
    goes_on: bool = False
    children: tuple[Node, ...] = field(default=(), repr=False)

    def match(self, labels: Mapping[str, str]) -> Iterator[Route]:
        """The routes that an alert with these labels takes, as dispatch/route.go finds them."""
        if not all(each.matches(labels) for each in self.matchers):
            return
        deeper = False
        for child in self.children:
            taken = list(child.match(labels))
            yield from taken
            deeper = deeper or bool(taken)
            if taken and not child.goes_on:
                break
        if not deeper:
            yield self.route


class _Written(Record):
    """A route as it is written in the configuration."""

    receiver: str | None = None
    group_by: tuple[str, ...] | None = None
    group_wait: GoDuration | None = None
    group_interval: GoDuration | None = None
    repeat_interval: GoDuration | None = None
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    match: Mapping[str, str] = {}
    match_re: Mapping[str, str] = {}
    matchers: tuple[str, ...] = ()
    goes_on: bool = Field(alias="continue", default=False)
    routes: tuple[_Written, ...] = ()


def read_routes(config: str, target: str) -> Node:
    """Read the tree of routes out of Alertmanager's configuration.

    Raises Unavailable without PyYAML, and MeasurementError for what is no such
    configuration.
    """
    try:
        import yaml
    except ImportError:
        raise Unavailable(
            target, "its configuration is YAML; pip install gatepost[alertmanager]"
        ) from None
    try:
        document: Any = yaml.safe_load(config)
        written = _Written.model_validate(document["route"])
        return _node(written, Route(""), root=True)
    except (yaml.YAMLError, TypeError, LookupError, RecursionError) as error:
        said = f"{type(error).__name__}: {shorten(str(error), 120)}"
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        said = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    raise MeasurementError(f"{target}: no tree of routes can be read from its config: {said}")


def read_matchers(text: str) -> tuple[Matcher, ...]:
    """Read matchers as Alertmanager writes them: 'a="b"', or several as '{a="b", c=~"d|e"}'.

    Raises MeasurementError for anything else.
    """
    inner, at, found = text.strip().removeprefix("{").removesuffix("}"), 0, []
    while at < len(inner):
        part = _MATCHER.match(inner, at)
        if part is None:
            raise MeasurementError(f"{shorten(text, 100)!r} is not a matcher such as 'a=\"b\"'")
        name, operator, value = part.groups()
        found.append(
            Matcher(
                name=_unquoted(name),
                value=_unquoted(value),
                is_regex="~" in operator,
                is_equal="!" not in operator,
            )
        )
        at = part.end()
    return tuple(found)


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    return _ESCAPED.sub(lambda e: "\n" if e[1] == "n" else e[1], text[1:-1])


def _node(written: _Written, parent: Route, *, root: bool = False) -> Node:
    own = () if root else _matchers(written)
    route = Route(
        receiver=written.receiver or parent.receiver,
        group_by=parent.group_by if written.group_by is None else written.group_by,
        group_wait=_or(written.group_wait, parent.group_wait),
        group_interval=_or(written.group_interval, parent.group_interval),
        repeat_interval=_or(written.repeat_interval, parent.repeat_interval),
        mute_time_intervals=written.mute_time_intervals,
        active_time_intervals=written.active_time_intervals,
        matchers=(*parent.matchers, *map(str, own)),
    )
    children = tuple(_node(each, route) for each in written.routes)
    return Node(route, own, written.goes_on, children)


def _or(own: timedelta | None, inherited: timedelta) -> timedelta:
    return inherited if own is None else own


def _matchers(written: _Written) -> tuple[Matcher, ...]:
    plain = [Matcher(name=name, value=value) for name, value in written.match.items()]
    regex = [
        Matcher(name=name, value=value, is_regex=True) for name, value in written.match_re.items()
    ]
    modern = [each for text in written.matchers for each in read_matchers(text)]
    return (*plain, *regex, *modern)
