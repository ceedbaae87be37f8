"""Compares exact numbers with a float as if each were first made a float, without making it one.

pandas reads decimals as floats and compares whole numbers with a float as
floats, so neighbours beyond 15 digits are one number to it. A cast of every
cell would say the same, at a price; a bound moved to where rounding begins
says it for nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

_HUGE = Fraction(2**1024)
"""What stands for infinity when the place half-way to it is looked for."""
_EXACTLY = Context(prec=4000, Emax=999_999, Emin=-999_999)


@dataclass(frozen=True, slots=True)
class Least:
    """The least number that rounds to a float or above: `value`, or anything above it."""

    value: Decimal
    included: bool


def least_reaching(bound: float) -> Least | None:
    """The least exact number whose nearest float is at or above the bound; None for all numbers."""
    if bound == -math.inf:
        return None
    below = math.nextafter(bound, -math.inf)
    half = (_exact(bound) + _exact(below)) / 2
    value = _EXACTLY.divide(Decimal(half.numerator), Decimal(half.denominator))
    try:
        included = half.numerator / half.denominator >= bound
    except OverflowError:  # half-way to infinity rounds away from zero
        included = bound > 0
    return Least(value, included)


def least_on_grid(least: Least, scale: int) -> Decimal:
    """The least number with so many digits after the point that is the same or above."""
    step = Decimal(1).scaleb(-scale)
    if least.included:
        return least.value.quantize(step, ROUND_CEILING, _EXACTLY)
    return _EXACTLY.add(least.value.quantize(step, ROUND_FLOOR, _EXACTLY), step)


def _exact(value: float) -> Fraction:
    if math.isinf(value):
        return _HUGE if value > 0 else -_HUGE
    return Fraction(value)
