"""A vector: labelled series at one moment, picked and summed up as PromQL does; pure."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gatepost.errors import MeasurementError
from gatepost.targets.histogram import histogram_quantile
from gatepost.wording import join_some, plural, shorten


@dataclass(frozen=True, slots=True)
class Sample:
    """A series at one moment: its name (empty where it was calculated), labels and value.

    `at` is the moment that the value is of, aware and in UTC; None where the
    page that it stands on says nothing, so that it is of the scrape.
    """

    name: str
    labels: Mapping[str, str]
    value: float
    at: datetime | None = None

    def __str__(self) -> str:
        labels = ", ".join(f'{key}="{value}"' for key, value in sorted(self.labels.items()))
        return f"{self.name}{{{labels}}}" if labels or not self.name else self.name


@dataclass(frozen=True, slots=True)
class Vector:
    """Samples, and what they answer, for the words of errors.

    A label that a series does not have counts as the empty text, as in PromQL.
    Everything that names label sets writes their values with a slash between:
    `sum_by("service", "endpoint")` has keys like "api/login".
    """

    samples: tuple[Sample, ...]
    source: str

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples)

    def __len__(self) -> int:
        return len(self.samples)

    def where(self, **labels: str | re.Pattern[str]) -> Vector:
        """Keep the series with these labels; a pattern has to match the whole value."""
        kept = tuple(each for each in self.samples if _fits(each.labels, labels))
        return replace(self, samples=kept)

    def value(self) -> float | None:
        """The value of the only series, None where there is none.

        Raises MeasurementError where there are several.
        """
        if len(self.samples) > 1:
            named = join_some(shorten(str(each), 120) for each in self.samples)
            raise MeasurementError(
                f"{self.source} has {plural(len(self.samples), 'series')[:-1]}, where one is "
                f"expected: {named}; select by labels, or sum them up"
            )
        return self.samples[0].value if self.samples else None

    def sum(self) -> float | None:
        """The sum of all values, None where there is no series."""
        return math.fsum(each.value for each in self.samples) if self.samples else None

    def by(self, *labels: str) -> dict[str, float]:
        """The value of each label set; MeasurementError where two series have the same."""
        found = self._grouped(labels)
        for name, group in found.items():
            if len(group) > 1:
                raise MeasurementError(
                    f"{self.source} has {len(group)} series for {', '.join(labels)} = {name!r}: "
                    f"{join_some(shorten(str(each), 120) for each in group)}; "
                    "name more labels, or use sum_by"
                )
        return {name: group[0].value for name, group in found.items()}

    def sum_by(self, *labels: str) -> dict[str, float]:
        """The sum of the values of each label set, as `sum by (...)`."""
        groups = self._grouped(labels).items()
        return {name: math.fsum(each.value for each in group) for name, group in groups}

    def quantile(self, share: float) -> float | None:
        """A quantile of the histogram whose buckets these are, all series summed up.

        Calculated as `histogram_quantile(share, sum by (le) (...))` does, in the
        unit of `le`: NaN where nothing was observed, None without any bucket.
        Raises MeasurementError where there is no +Inf bucket.
        """
        return _quantile(share, self.samples, self.source) if self.samples else None

    def quantile_by(self, share: float, *labels: str) -> dict[str, float]:
        """The same quantile for each label set: `sum by (le, ...)`."""
        groups = self._grouped(labels).items()
        return {
            name: _quantile(share, group, f"{self.source} of {name!r}") for name, group in groups
        }

    def _grouped(self, labels: tuple[str, ...]) -> dict[str, list[Sample]]:
        groups: defaultdict[tuple[str, ...], list[Sample]] = defaultdict(list)
        for each in self.samples:
            groups[tuple(each.labels.get(label, "") for label in labels)].append(each)
        named = {"/".join(values): group for values, group in groups.items()}
        if len(named) < len(groups):
            raise MeasurementError(
                f"{self.source}: values of {', '.join(labels)} have slashes in them that make "
                "two label sets look the same; name the labels in another order"
            )
        return named


def _fits(labels: Mapping[str, str], wanted: Mapping[str, str | re.Pattern[str]]) -> bool:
    return all(
        labels.get(name, "") == value
        if isinstance(value, str)
        else value.fullmatch(labels.get(name, ""))
        for name, value in wanted.items()
    )


def _quantile(share: float, samples: Iterable[Sample], source: str) -> float:
    counts: defaultdict[float, float] = defaultdict(float)
    for each in samples:
        try:
            bound = float(each.labels["le"])
        except (KeyError, ValueError):
            raise MeasurementError(
                f"{source}: {shorten(str(each), 120)} has no label le that is a number, "
                "so it is no bucket of a histogram"
            ) from None
        counts[bound] += each.value
    try:
        return histogram_quantile(share, counts)
    except MeasurementError as error:
        raise MeasurementError(f"{source}: {error}") from None


def counter_increase(earlier: float | None, later: float) -> float:
    """How much a counter rose between two readings.

    One that fell was reset and began again at zero, and so did one that was
    not there before (None): all that it shows has been counted since. What was
    counted between the earlier reading and a reset cannot be known.
    """
    return later if earlier is None or later < earlier else later - earlier
