"""Groups what failed by its root cause, so that a dead target is read once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gatepost.model import Level, Result, Severity


@dataclass(frozen=True, slots=True)
class Group:
    """One thing to act on: the row that names the cause, and what could not be measured for it.

    `lead` is the row to read first; `inhibited` are the checks that its cause
    kept from being measured, in the order of their ids.
    """

    lead: Result
    inhibited: tuple[Result, ...] = ()

    @property
    def severity(self) -> Severity:
        """The lead's severity, or the highest of what it inhibits when that is higher."""
        return min((r.severity for r in (self.lead, *self.inhibited)), key=lambda s: s.rank)

    @property
    def since(self) -> datetime | None:
        """Since when the lead has been failing."""
        return self.lead.failing_since


def group_failures(results: Iterable[Result]) -> tuple[Group, ...]:
    """Group failing and inhibited results by cause, most severe first.

    An inhibited result joins the failing one with the same cause; where none
    failed (a prerequisite outside the run), the first inhibited one leads.
    Results without a cause, such as skips, stand alone.
    """
    results = sorted(results, key=lambda result: result.check.id)
    leads: dict[str, Result] = {}
    alone: list[Result] = []
    waiting: dict[str, list[Result]] = {}
    for result in results:
        cause = result.verdict.cause
        if result.level is Level.INHIBITED and cause:
            waiting.setdefault(cause, []).append(result)
        elif result.level.fails and cause and cause not in leads:
            leads[cause] = result
        elif result.level.fails or result.level is Level.INHIBITED:
            alone.append(result)
    groups = [Group(result) for result in alone]
    for cause in {**leads, **waiting}:
        inhibited = waiting.get(cause, [])
        lead = leads.get(cause)
        if lead is None:
            lead, *inhibited = inhibited
        groups.append(Group(lead, tuple(inhibited)))
    return tuple(sorted(groups, key=_urgency))


def _urgency(group: Group) -> tuple[int, int, str]:
    lead = group.lead
    return (group.severity.rank, -lead.level.badness, lead.check.id)
