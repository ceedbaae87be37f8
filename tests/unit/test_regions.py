"""Stretches of the number line: what is inside, what covers what, and how it is said."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatepost.errors import DeclarationError
from gatepost.expectations.regions import Region, as_bound

BOUNDS = st.none() | st.integers(-3, 3).map(float)


@st.composite
def regions(draw: st.DrawFn) -> Region:
    low, high = draw(BOUNDS), draw(BOUNDS)
    if low is not None and high is not None and low > high:
        low, high = high, low
    is_point = low == high
    low_open = draw(st.booleans()) and not is_point
    high_open = draw(st.booleans()) and not is_point
    return Region(low, high, low is not None and low_open, high is not None and high_open)


SAMPLES = [place / 4 for place in range(-20, 21)]


@pytest.mark.parametrize(
    ("region", "inside", "outside"),
    [
        (Region(), [-1e308, 0, 1e308], []),
        (Region(low=5), [5, 6], [4.999]),
        (Region(low=5, low_open=True), [5.001], [5, 4]),
        (Region(high=5), [5, -6], [5.001]),
        (Region(high=5, high_open=True), [4.999], [5, 6]),
        (Region(low=1, high=2), [1, 1.5, 2], [0.999, 2.001]),
        (Region(low=1, high=2, low_open=True, high_open=True), [1.5], [1, 2]),
        (Region(low=3, high=3), [3], [2.999, 3.001]),
    ],
)
def test_a_bound_is_inside_unless_it_is_open(
    region: Region, inside: list[float], outside: list[float]
) -> None:
    """Each side by itself."""
    assert all(value in region for value in inside)
    assert not any(value in region for value in outside)


@given(regions(), regions())
@example(Region(low=1), Region(low=1, low_open=True))
@example(Region(low=1, low_open=True), Region(low=1))
@example(Region(high=1, high_open=True), Region(high=1))
def test_a_region_contains_another_as_sampling_says(outer: Region, inner: Region) -> None:
    """`contains_all` agrees with trying numbers on, between and beyond every bound."""
    by_sampling = all(value in outer for value in SAMPLES if value in inner)
    assert outer.contains_all(inner) == by_sampling


@pytest.mark.parametrize(
    ("region", "within", "outside"),
    [
        (Region(low=95), "at least 95 %", "below 95 %"),
        (Region(low=95, low_open=True), "above 95 %", "at or below 95 %"),
        (Region(high=1_500), "at most 1,500 %", "above 1,500 %"),
        (Region(high=5, high_open=True), "below 5 %", "at or above 5 %"),
        (Region(low=1, high=2), "between 1 and 2 %", "outside 1 to 2 %"),
        (Region(low=3, high=3), "exactly 3 %", "not 3 %"),
        (Region(low=0, high=0), "exactly 0 %", "not 0 %"),
        (Region(low=99.995), "at least 99.995 %", "below 99.995 %"),
        (Region(low=12_345.678, high=1e5), "between 12,345.678 and 100,000 %", None),
        (Region(low=0.12345, high=1), None, "outside 0.12345 to 1 %"),
    ],
)
def test_a_region_is_said_in_words(region: Region, within: str | None, outside: str | None) -> None:
    """Both ways round, with bounds exactly as they were declared."""
    if within is not None:
        assert region.within("%") == within
        assert region.within("") == within.removesuffix(" %")
    if outside is not None:
        assert region.outside("%") == outside


@pytest.mark.parametrize("value", [5, 5.0, -0.25, 0, np.float64(5)])
def test_a_finite_number_is_a_bound(value: float) -> None:
    """As a plain float, whatever kind of number it was."""
    bound = as_bound("at_least", value)
    assert bound == value
    assert type(bound) is float


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, True, "95", None, Decimal(5), 10**400]
)
def test_what_is_no_finite_number_is_no_bound(value: Any) -> None:
    """The message names the limit and what it was given."""
    with pytest.raises(DeclarationError, match="at_least: expected a finite number as a limit"):
        as_bound("at_least", value)
