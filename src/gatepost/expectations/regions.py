"""A stretch of the number line, with words for being inside and outside of it."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from gatepost.durations import parse_duration
from gatepost.errors import DeclarationError
from gatepost.wording import format_limit, with_unit


@dataclass(frozen=True, slots=True)
class Region:
    """From `low` to `high`, each included unless it is open; None is unbounded."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        return self.high is None or not (
            value > self.high or (self.high_open and value == self.high)
        )

    def contains_all(self, other: Region) -> bool:
        """Whether every number of `other` is in this region too."""
        low_fits = self.low is None or (
            other.low is not None and (other.low, other.low_open) >= (self.low, self.low_open)
        )
        high_fits = self.high is None or (
            other.high is not None
            and (-other.high, other.high_open) >= (-self.high, self.high_open)
        )
        return low_fits and high_fits

    def within(self, unit: str) -> str:
        """Words that complete "is ..." for a number inside: "at least 95 %"."""
        if self.low is not None and self.high is not None:
            if self.low == self.high:
                return f"exactly {_say(self.low, unit)}"
            return f"between {format_limit(self.low)} and {_say(self.high, unit)}"
        if self.low is not None:
            return f"{'above' if self.low_open else 'at least'} {_say(self.low, unit)}"
        assert self.high is not None  # noqa: S101 - a region in words has a bound
        return f"{'below' if self.high_open else 'at most'} {_say(self.high, unit)}"

    def outside(self, unit: str) -> str:
        """Words that complete "is ..." for a number outside: "below 95 %"."""
        if self.low is not None and self.high is not None:
            if self.low == self.high:
                return f"not {_say(self.low, unit)}"
            return f"outside {format_limit(self.low)} to {_say(self.high, unit)}"
        if self.low is not None:
            return f"{'at or below' if self.low_open else 'below'} {_say(self.low, unit)}"
        assert self.high is not None  # noqa: S101 - a region in words has a bound
        return f"{'at or above' if self.high_open else 'above'} {_say(self.high, unit)}"


def as_bound(name: str, value: object) -> float:
    """A limit's number as a finite float; raises DeclarationError for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        with suppress(OverflowError):  # an int can be beyond every float
            if math.isfinite(value):
                return float(value)
    raise DeclarationError(f"{name}: expected a finite number as a limit, got {value!r}")


def as_duration(name: str, value: str | timedelta) -> timedelta:
    """A limit's duration; raises DeclarationError for what is none."""
    try:
        return parse_duration(value)
    except ValueError as error:
        raise DeclarationError(f"{name}: {error}") from None


def _say(bound: float, unit: str) -> str:
    return with_unit(format_limit(bound), unit)
