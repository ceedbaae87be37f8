"""A course: the newest value with those before it, and what every expectation on one is.

The values are those of a Series or, for a single number, what earlier runs of
the check have stored.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import islice, takewhile
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from gatepost.expectations.base import Context, Expectation, no_data, not_finite, wrong_type
from gatepost.expectations.labels import each_label, judge_labels
from gatepost.expectations.limits import Figure, as_number
from gatepost.expectations.slots import judge_course, read_slots, slots_of_history
from gatepost.model import Level, Limits, Point, Verdict
from gatepost.wording import format_number, with_unit

if TYPE_CHECKING:
    import pandas as pd

    Figures: TypeAlias = Figure | Mapping[str, pd.Series[Any]]
else:
    Figures = object

Known: TypeAlias = tuple[datetime, float]
"""When a value was measured, and the value, which is finite."""


@dataclass(frozen=True, slots=True)
class Course:
    """The points up to the one that is judged, the only one that is sure to have a number.

    `cadence` is the time between two of them where it is always the same;
    `is_own` tells that they are the check's own stored values.
    """

    points: tuple[Point, ...]
    cadence: timedelta | None = None
    is_own: bool = False

    @property
    def value(self) -> float:
        """The value that is judged."""
        value = self.points[-1].value
        assert value is not None  # noqa: S101 - see above
        return value

    @property
    def at(self) -> datetime:
        """The time of the value that is judged."""
        return self.points[-1].at

    def last(self, duration: timedelta) -> list[Known]:
        """The known values of that time, oldest first, the judged one included.

        Where runs come as they come, a little early or late, a twentieth more
        of the time belongs to it.
        """
        begin = self.at - (duration if self.cadence else duration * 1.05)
        return list(takewhile(lambda known: known[0] >= begin, self._newest_first()))[::-1]

    def newest(self, count: int) -> list[Known]:
        """At most so many of the newest known values, oldest first, the judged one included."""
        return list(islice(self._newest_first(), count))[::-1]

    def _newest_first(self) -> Iterator[Known]:
        for point in reversed(self.points):
            if point.value is not None and isfinite(point.value):
                yield point.at, point.value


@dataclass(frozen=True, slots=True)
class OnCourse(Expectation[Figures]):
    """Judges the newest value by those before it."""

    measured_in: str = field(default="", kw_only=True)

    @property
    def unit(self) -> str:
        return self.measured_in

    @property
    def counts_slots(self) -> bool:
        return True

    def judge(self, value: Figures, context: Context) -> Verdict:
        if isinstance(value, Mapping):
            return judge_labels(
                value, lambda each: self._judge_label(each, context), self, self._all_fine
            )
        slots = read_slots(value, context.slot)
        if isinstance(slots, str):
            return Verdict(Level.ERROR, slots, unit=self.unit, limits=self.limits)
        is_own = slots is None
        if slots is None:
            if value is None:
                return no_data(f"nothing was measured{self.expected}", self)
            number = as_number(value)
            if number is None:
                return wrong_type(value, self._accepted, self)
            slots = slots_of_history(context, number)
        cadence = slots.cadence

        def judge(points: tuple[Point, ...]) -> Verdict:
            course = Course(points, cadence, is_own)
            if not isfinite(course.value):
                return not_finite(course.value, self)
            try:
                return self.judge_course(course)
            except OverflowError:
                return no_data("the measured values are too large to be compared", self)

        return judge_course(slots, judge, context, self, dated=not is_own)

    @abstractmethod
    def judge_course(self, course: Course) -> Verdict:
        """Judge the newest of the values, which is finite, by those before it.

        May raise OverflowError: what is beyond all floats is no data.
        """

    def learning(self, course: Course, known: str) -> Verdict:
        """Too little is known yet; `known` says how much of how much."""
        said = f"{self.say(course.value)}; learning, {known}"
        return Verdict(Level.LEARNING, said, course.value, self.unit, Limits(text=str(self)))

    def say(self, value: float, *beside: float) -> str:
        """A value in its unit, as it stands beside others."""
        return with_unit(format_number(value, beside=beside), self.unit)

    def _judge_label(self, value: Figure, context: Context) -> Verdict:
        if value is not None and read_slots(value, context.slot) is None:
            return wrong_type(
                value,
                f"{self.label} judges a Series for each label: a number has no history of its own "
                "there, so make the labels parameters of the check, or return their Series",
                self,
            )
        return self.judge(value, context)

    def _all_fine(self, total: int, label: str, worst: Verdict) -> str:
        if total == 1:
            return f"{label}: {worst.sentence}"
        return f"{each_label(total)} is fine; nearest to its limit is {label}: {worst.sentence}"

    @property
    def _accepted(self) -> str:
        return f"{self.label} judges a number, a Series indexed by time, or a mapping of Series"


def difference(one: float, other: float) -> float:
    """One number less the other as they are written: 0.3 - 0.1 is 0.2."""
    return float(exact(one) - exact(other))


def product(one: float, other: float) -> float:
    """One number times the other as they are written: 100 * 0.07 is 7."""
    return float(exact(one) * exact(other))


def exact(number: float) -> Fraction:
    """A number as it is written, free of the error of binary digits."""
    return Fraction(repr(float(number)))
