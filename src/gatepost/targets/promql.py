"""What Prometheus answers to a query, and which metrics a query names; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gatepost.errors import MeasurementError
from gatepost.model import Point
from gatepost.targets.vector import Sample, Vector
from gatepost.wording import join_some, shorten

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Range:
    """A series over time: a point for each step at which it had a value."""

    name: str
    labels: Mapping[str, str]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Series over the steps from `start` to `end`, both included.

    Label sets are named as those of a Vector: their values with a slash between.
    """

    ranges: tuple[Range, ...]
    start: datetime
    end: datetime
    step: timedelta
    source: str

    def __iter__(self) -> Iterator[Range]:
        return iter(self.ranges)

    def __len__(self) -> int:
        return len(self.ranges)

    def series(self) -> pd.Series[float]:
        """The only series, with NaN at the steps where it has no value.

        All NaN where there is no series; MeasurementError where there are several.
        """
        if len(self.ranges) > 1:
            named = join_some(str(Sample(each.name, each.labels, 0)) for each in self.ranges)
            raise MeasurementError(
                f"{self.source} has {len(self.ranges)} series, where one is expected: "
                f"{shorten(named)}"
            )
        return self._filled(self.ranges[0].points if self.ranges else ())

    def by(self, *labels: str) -> dict[str, pd.Series[float]]:
        """The series of each label set; MeasurementError where two series have the same."""
        found: dict[str, pd.Series[float]] = {}
        for each in self.ranges:
            name = "/".join(each.labels.get(label, "") for label in labels)
            if name in found:
                raise MeasurementError(
                    f"{self.source} has several series for {', '.join(labels)} = {name!r}; "
                    "name more labels, or aggregate in the query"
                )
            found[name] = self._filled(each.points)
        return found

    def _filled(self, points: tuple[Point, ...]) -> pd.Series[float]:
        import pandas as pd

        values: dict[datetime, float] = {}
        for point in points:
            if point.value is not None:
                place = round((point.at - self.start) / self.step)
                values[self.start + place * self.step] = point.value
        steps = int((self.end - self.start) / self.step)
        index = [self.start + place * self.step for place in range(steps + 1)]
        figures = [values.get(at, float("nan")) for at in index]
        return pd.Series(figures, index=pd.DatetimeIndex(index, name="time"), dtype=float)


def read_vector(result_type: str, result: Any, source: str) -> Vector:
    """Read the answer to an instant query: a vector, or a scalar as one without labels.

    Raises MeasurementError for other types, and for what is not written as one.
    """
    if result_type == "matrix":
        raise MeasurementError(
            f"{source} selects a range; put it into a function, such as rate(...), or ask "
            "matrix() for its course over time"
        )
    if result_type not in ("vector", "scalar"):
        raise MeasurementError(f"{source} answers a {shorten(result_type, 40)}, not figures")
    rows = [{"metric": {}, "value": result}] if result_type == "scalar" else result
    with _reading(source):
        return Vector(tuple(map(_sample, rows)), source)


def read_ranges(result_type: str, result: Any, source: str) -> tuple[Range, ...]:
    """Read the answer to a range query, which is always a matrix."""
    if result_type != "matrix":
        raise MeasurementError(f"{source} answers a {shorten(result_type, 40)}, not a matrix")
    with _reading(source):
        return tuple(map(_range, result))


@contextmanager
def _reading(source: str) -> Iterator[None]:
    """Turn every way to stumble over an answer into one error."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        said = f"{type(error).__name__}: {shorten(str(error), 120)}"
        raise MeasurementError(f"{source} is not answered as Prometheus does: {said}") from None


def _sample(row: Any) -> Sample:
    labels = dict(row["metric"])
    if "histogram" in row and "value" not in row:
        raise ValueError("a native histogram is no number; use histogram_quantile or _count")
    at, value = row["value"]
    return Sample(labels.pop("__name__", ""), labels, float(value), _at(at))


def _range(row: Any) -> Range:
    labels = dict(row["metric"])
    name = labels.pop("__name__", "")
    points = tuple(Point(_at(at), float(value)) for at, value in row["values"])
    return Range(name, labels, points)


def _at(seconds: Any) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


_TOKEN = re.compile(
    r"""
      (?P<skip> \#[^\n]* | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*`
              | \[[^\]]*\] | \$\{[^}]*\}[\w:]* | \$[\w:]+ )
    | (?P<labels> \b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\) )
    | (?P<open> \{ ) | (?P<close> \} )
    | (?P<number> (?<![\w:])[0-9][\w.]* )
    | (?P<name> [a-zA-Z_:][\w:]*(?:\$\{?\w+\}?[\w:]*)* )
      (?P<call> \s*\( | (?=\s+(?:by|without)\s*\() )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NAMED = re.compile(r"""__name__\s*=\s*(["'])([a-zA-Z_:][\w:]*)\1""")
_WORDS = {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"}
_WORDS |= {"group_left", "group_right"}


def metrics_in(promql: str) -> frozenset[str]:
    """The names of the metrics that a query selects.

    A name that a variable of Grafana is a part of cannot be known and is left
    out. It is read by its words, not parsed: `x` in `sum(rate(x{a="b"}[5m])) by (c)`.
    """
    found, depth = {each[2] for each in _NAMED.finditer(promql)}, 0
    for token in _TOKEN.finditer(promql):
        depth += bool(token["open"]) - bool(token["close"])
        name = token["name"]
        if not name or depth or token["call"] is not None or "$" in name:
            continue
        if name.lower() not in _WORDS:
            found.add(name)
    return frozenset(found)
