"""Alert levels: where a limit's alerts begin, one for each severity that it tells apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from gatepost.errors import DeclarationError
from gatepost.expectations.regions import Region
from gatepost.model import Severity
from gatepost.wording import join_some


@dataclass(frozen=True, slots=True)
class AlertLevel:
    """What lies outside of `region` is an alert: of `severity`, or of the check's where None."""

    region: Region
    severity: Severity | None = None

    @property
    def named(self) -> str:
        """The severity in brackets, to stand behind words; empty where it is the check's."""
        return f" ({self.severity})" if self.severity else ""

    def outside(self, unit: str) -> str:
        """Words for what is an alert: "above 10 % (high)"."""
        return f"{self.region.outside(unit)}{self.named}"


AlertLevels = tuple[AlertLevel, ...]
"""The levels of a limit, mildest first, each farther out than the one before; often just one."""


def read_levels(name: str, alert: Any, read: Callable[[str, Any], Region]) -> AlertLevels:
    """The levels that a limit is declared with: a bound, or one for each severity.

    `read(where, bound)` makes a region of a bound. Raises DeclarationError for
    an unknown severity, none at all, and levels in the wrong order.
    """
    if alert is None:
        return ()
    if not isinstance(alert, Mapping):
        return (AlertLevel(read(f"{name}(alert=...)", alert)),)
    if not alert:
        raise DeclarationError(
            f"{name}(alert={{}}) has no alert level; give one for each severity, such as "
            '{"medium": 5, "high": 10}, or leave it out'
        )
    return _in_order(
        name,
        [
            AlertLevel(
                read(f"{name}(alert={{{str(severity)!r}: ...}})", bound),
                read_severity(f"{name}(alert=...)", severity),
            )
            for severity, bound in alert.items()
        ],
    )


def override_levels(
    where: str, levels: AlertLevels, alert: Any, read: Callable[[str, Region, Any], Region]
) -> AlertLevels:
    """The levels with other bounds, as the configuration gives them.

    Which severities there are is the code's: a mapping moves those that it
    names. Raises DeclarationError for a severity without a level, and for a
    bound where there are severities to choose from, or the other way round.
    """
    if levels[0].severity is None:
        if isinstance(alert, Mapping):
            raise DeclarationError(
                f"{where} is one alert level without a severity; expected a number, got {alert!r}"
            )
        return (AlertLevel(read(where, levels[0].region, alert)),)
    known = [str(level.severity) for level in levels]
    if not isinstance(alert, Mapping) or not alert:
        example = ", ".join(f"{severity} = ..." for severity in known)
        raise DeclarationError(f"{where}: expected {{ {example} }}, got {alert!r}")
    for severity in alert:
        if severity not in known:
            raise DeclarationError(f"{where} has no level {severity!r}; it has {join_some(known)}")
    return _in_order(
        where,
        [
            AlertLevel(
                read(f"{where}: {level.severity}", level.region, alert[level.severity]),
                level.severity,
            )
            if level.severity in alert
            else level
            for level in levels
        ],
    )


def read_severity(where: str, name: object) -> Severity:
    """The severity of that name; raises DeclarationError, with the nearest that there is."""
    if isinstance(name, str) and name in tuple(Severity):
        return Severity(name)
    near = get_close_matches(str(name), list(Severity), n=1)
    hint = f"; did you mean {str(near[0])!r}?" if near else ""
    raise DeclarationError(
        f"{where}: unknown severity {name!r}; expected {', '.join(Severity)}{hint}"
    )


def _in_order(where: str, levels: list[AlertLevel]) -> AlertLevels:
    levels.sort(key=lambda level: -(level.severity or Severity.MEDIUM).rank)
    for mild, severe in pairwise(levels):
        if severe.region == mild.region or not severe.region.contains_all(mild.region):
            raise DeclarationError(
                f"{where}: the level {severe.severity} ({severe.region.outside('')}) does not lie "
                f"farther out than {mild.severity} ({mild.region.outside('')}); the more severe "
                "an alert, the worse its value has to be"
            )
    return tuple(levels)
