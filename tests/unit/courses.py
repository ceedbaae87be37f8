"""Courses of values for the tests of what judges them: an hour apart, the newest now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from gatepost.expectations.base import Context
from gatepost.expectations.sustained import parse_sustained
from gatepost.model import Point, Verdict

if TYPE_CHECKING:
    from gatepost.expectations.course import OnCourse

SLOT = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def stored(*values: float | None, step: timedelta = HOUR) -> tuple[Point, ...]:
    """What earlier runs stored, the newest one step ago."""
    count = len(values)
    return tuple(Point(SLOT - step * (count - place), each) for place, each in enumerate(values))


def hourly(*values: float) -> pd.Series[float]:
    """A series that ends now."""
    index = pd.date_range(end=SLOT, periods=len(values), freq="h")
    return pd.Series([float(each) for each in values], index=index)


def judge(
    expectation: OnCourse,
    value: Any,
    *earlier: float | None,
    step: timedelta = HOUR,
    cadence: timedelta | None = None,
    sustained: str | None = None,
) -> Verdict:
    """Judge a value, with those that earlier runs of its check stored."""
    parsed = None if sustained is None else parse_sustained(sustained)
    return expectation.judge(value, Context(SLOT, stored(*earlier, step=step), cadence, parsed))
