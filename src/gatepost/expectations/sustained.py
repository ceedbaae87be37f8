"""How long a breach must last before it counts: "3 days", "2 h", 5 runs.

Counted in slots wherever these have one length: with jitter, three failing
days are not always 72 hours apart. Only where runs come as they come does the
clock tell how long a breach has lasted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from gatepost.durations import format_duration, parse_duration
from gatepost.errors import DeclarationError

_RUNS = re.compile(r"(\d+) runs?")


@dataclass(frozen=True, slots=True)
class Sustained:
    """A number of runs, or a duration, which becomes one where there is a cadence."""

    runs: int | None = None
    duration: timedelta | None = None

    def __str__(self) -> str:
        if self.duration is not None:
            return format_duration(self.duration, beside=[self.duration])
        return f"{self.runs} runs"

    def slots(self, cadence: timedelta | None) -> int | None:
        """The number of consecutive slots in breach that it takes.

        None where slots have no common length, so that a duration is told by
        the time since the breach began. What is shorter than the cadence has
        lasted when the next slot is in breach as well. Raises DeclarationError
        when the cadence does not divide a longer duration.
        """
        if self.duration is None or cadence is None:
            return self.runs
        if self.duration < cadence:
            return 2
        slots, rest = divmod(self.duration, cadence)
        if rest:
            raise DeclarationError(
                f'sustained="{self}" is not a multiple of the cadence of '
                f"{format_duration(cadence)}; use a multiple of it, or count runs"
            )
        return slots


def parse_sustained(text: str | int | timedelta) -> Sustained:
    """Read "3 days", "5 runs", 5 (runs) or a timedelta.

    Raises DeclarationError for anything else, and for fewer than two runs.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, timedelta)):
        raise DeclarationError(
            f'sustained={text!r}: expected "3 days", "5 runs" or a number of runs'
        )
    if isinstance(text, int) or (isinstance(text, str) and _RUNS.fullmatch(text.strip())):
        runs = int(str(text).split()[0])
        if runs < 2:
            raise DeclarationError(f"sustained={text!r}: one run is the default; use 2 or more")
        return Sustained(runs=runs)
    try:
        return Sustained(duration=parse_duration(text))
    except ValueError as error:
        raise DeclarationError(f'sustained={text!r}: {error}, or "5 runs"') from None
