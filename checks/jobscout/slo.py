"""The arithmetic of error budgets: exact, by counts, in fractions; pure.

An objective of 99.9 % lets one event in a thousand be bad: that is the budget.
The burn rate is the share of bad events in a window, as a multiple of the
budget's: at 1 the budget lasts for exactly its period.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isfinite


@dataclass(frozen=True, slots=True)
class Events:
    """What happened in a window: how many events there were, and how many were bad."""

    bad: Fraction
    total: Fraction

    @classmethod
    def counted(cls, bad: float | None, total: float | None) -> Events | None:
        """Events as they were counted; None where the total is not known, or is none."""
        if total is None or not isfinite(total) or total <= 0:
            return None
        bad = 0.0 if bad is None else bad
        return cls(Fraction(min(max(bad, 0.0), total)), Fraction(total))


def burn_rate(events: Events, objective: str) -> Fraction:
    """The share of bad events, divided by the share that an objective like "99.9" % allows."""
    return events.bad / events.total / _allowed(objective)


def budget_left(events: Events, objective: str) -> Fraction:
    """What is left of the error budget of a window, in percent; negative where it is overspent."""
    return 100 * (1 - burn_rate(events, objective))


def tier_burn(long: Events | None, short: Events | None, objective: str) -> Fraction | None:
    """The burn rate that both windows of a tier reach: the lower one.

    The long one tells that it matters, the short one that it is still going on.
    None where either window has no events.
    """
    if long is None or short is None:
        return None
    return min(burn_rate(long, objective), burn_rate(short, objective))


def _allowed(objective: str) -> Fraction:
    # In floating point 1 - 0.999 is 0.0010000000000000009.
    return 1 - Fraction(objective) / 100
