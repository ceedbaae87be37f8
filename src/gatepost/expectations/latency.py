"""How long an answer may take: durations as an author writes them, judged in milliseconds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gatepost.errors import DeclarationError
from gatepost.expectations.base import Expectation
from gatepost.expectations.limits import Limit, at_most
from gatepost.expectations.regions import as_duration


def latency_limit(
    name: str, within: str | timedelta | None, alert: str | timedelta | None
) -> Limit | None:
    """A limit on milliseconds from a target and an alert duration; None where neither is given.

    Raises DeclarationError for what is no duration; `name` is the expectation's.
    """
    if within is None and alert is None:
        return None
    target = None if within is None else _milliseconds(name, within)
    return at_most(target, alert=None if alert is None else _milliseconds(name, alert), unit="ms")


def override_latency(
    expectation: Expectation[Any], limit: Limit | None, values: dict[str, Any]
) -> Limit:
    """The limit with values from the configuration: durations as text, or milliseconds.

    Raises DeclarationError when the expectation has no such limit.
    """
    if limit is None:
        raise DeclarationError(f"{expectation} has no time limit that could be overridden")
    return limit.override(
        {
            name: _milliseconds(name, value) if isinstance(value, str) else value
            for name, value in values.items()
        }
    )


def _milliseconds(name: str, duration: str | timedelta) -> float:
    return as_duration(name, duration) / timedelta(milliseconds=1)
