"""Alertmanager's routes and matchers, evaluated without it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gatepost.errors import MeasurementError
from gatepost.targets.routing import read_matchers, read_routes

CONFIG = """
route:
  receiver: mail
  group_by: [alertname, scraper_name]
  group_wait: 10s
  repeat_interval: 12h
  routes:
  - receiver: pager
    matchers: ['severity="critical"']
    continue: true
    group_by: ['...']
    mute_time_intervals: [nights]
  - matchers: ['team=~"data|web"', 'env!="dev"']
    group_interval: 1m30s
    routes:
    - receiver: data
      match: {team: data}
    - receiver: web
      match_re: {service: 'web.*'}
  - receiver: old
    matchers: ['legacy!~"no|"']
receivers: []
"""


def receivers(**labels: str) -> list[str]:
    """The receivers of a label set, in order."""
    return [route.receiver for route in read_routes(CONFIG, "am").match(labels)]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, ["mail"]),
        ({"severity": "critical"}, ["pager"]),
        ({"severity": "criticalx"}, ["mail"]),
        ({"severity": "critical", "team": "data"}, ["pager", "data"]),
        ({"team": "web"}, ["mail"]),
        ({"team": "web", "service": "web-1"}, ["web"]),
        ({"team": "web", "service": "my-web"}, ["mail"]),
        ({"team": "data", "env": "dev"}, ["mail"]),
        ({"legacy": "yes"}, ["old"]),
        ({"legacy": "no"}, ["mail"]),
    ],
)
def test_routes_are_found(labels: dict[str, str], expected: list[str]) -> None:
    """The deepest that fits, the first of its siblings, further ones after continue."""
    assert receivers(**labels) == expected


def test_what_is_not_set_is_inherited() -> None:
    """Grouping and intervals come from above or are the defaults; muting is not inherited."""
    tree = read_routes(CONFIG, "am")
    pager, data = tree.match({"severity": "critical", "team": "data"})
    assert (pager.group_by, pager.mute_time_intervals) == (("...",), ("nights",))
    assert data.group_by == ("alertname", "scraper_name")
    assert data.group_wait == timedelta(seconds=10)
    assert data.group_interval == timedelta(seconds=90)
    assert data.repeat_interval == timedelta(hours=12)
    assert data.matchers == ('team=~"data|web"', 'env!="dev"', 'team="data"')
    assert data.mute_time_intervals == ()
    assert pager.group_interval == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a=b", ['a="b"']),
        ('a = "b"', ['a="b"']),
        ('{a="b",c=~"d,e"}', ['a="b"', 'c=~"d,e"']),
        ('a!~"x{2}"', ['a!~"x{2}"']),
        (r'a="q\"\\\n"', ['a="q"\\\n"']),
        ('"my label"!="x"', ['my label!="x"']),
        ("", []),
    ],
)
def test_matchers_are_read(text: str, written: list[str]) -> None:
    """With and without quotes and braces, with escapes."""
    assert [str(each) for each in read_matchers(text)] == written


@pytest.mark.parametrize("text", ["a", "=b", 'a="b', 'a="b" c="d"'])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    """Anything else is named."""
    with pytest.raises(MeasurementError, match="is not a matcher such as"):
        read_matchers(text)


def test_unknown_expression_is_refused() -> None:
    """An expression that cannot be evaluated here is an error, no mismatch."""
    (matcher,) = read_matchers(r'a=~"\\pL+"')
    with pytest.raises(MeasurementError, match=r"the matcher a=~.* cannot be evaluated: bad esc"):
        matcher.matches({"a": "x"})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("", "TypeError"),
        ("a: [", "ParserError"),
        ("receivers: []", "KeyError: 'route'"),
        ("route: {group_wait: soon}", "group_wait: Value error, 'soon' is not a duration"),
        ("route: {routes: [{matchers: [a]}]}", "'a' is not a matcher"),
        ("route: {routes: 3}", "routes: Input should be a valid tuple"),
        ("[" * 5000, "RecursionError"),
    ],
)
def test_what_is_no_configuration_is_refused(config: str, message: Any) -> None:
    """The place and the reason are named."""
    with pytest.raises(MeasurementError, match=message):
        read_routes(config, "am")
