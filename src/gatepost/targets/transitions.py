"""Parts of a service that have turned since an earlier look at its health; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gatepost.targets.health_body import Component
from gatepost.wording import format_time

MISSING = "missing"
"""What a part is that the service names no more."""

_WELL_LAST = ("unhealthy", MISSING, "unknown", "degraded", "healthy")


@dataclass(frozen=True, slots=True)
class Transition:
    """A part of a service that was something else when the last scheduled run looked.

    `before` and `now` are its states: "healthy", "degraded", "unhealthy",
    "unknown", or "missing" where it is named no more. `detail` is its own error
    or remark. `turned` is when it was first seen so: the moment at which the
    service itself last looked at the part, or that of our look where the
    service does not say; `since` is the run that saw it as it was before.
    """

    component: str
    before: str
    now: str
    detail: str
    turned: datetime
    since: datetime

    def __str__(self) -> str:
        detail = f": {self.detail}" if self.detail else ""
        return (
            f"{self.component} turned from {self.before} to {self.now} between "
            f"{format_time(self.since)} and {format_time(self.turned)}{detail}"
        )


def write_states(components: Mapping[str, Component]) -> str:
    """Write down what a later run compares with; details stay out, which may tell secrets."""
    return json.dumps({name: component.state for name, component in components.items()})


def read_states(text: str) -> dict[str, str]:
    """Read the states that were written down; ValueError for what is none."""
    try:
        kept = json.loads(text)
        if not all(isinstance(state, str) for state in kept.values()):
            raise TypeError("state")
    except (TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"these are no states of parts: {type(error).__name__}") from None
    return dict(kept)


def transitions_between(
    before: Mapping[str, str], since: datetime, now: Mapping[str, Component], looked: datetime
) -> tuple[Transition, ...]:
    """What turned from the states of an earlier run to those of a look, the worst first.

    A part that was not there before has not turned.
    """
    turned = []
    for name, state in before.items():
        part = now.get(name)
        if part is None:
            turned.append(Transition(name, state, MISSING, "", looked, since))
        elif part.state != state:
            checked = part.checked if part.checked and since < part.checked < looked else looked
            turned.append(Transition(name, state, part.state, part.detail, checked, since))
    return tuple(sorted(turned, key=lambda each: (_WELL_LAST.index(each.now), each.component)))
