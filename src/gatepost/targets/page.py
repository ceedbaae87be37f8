"""A page of metrics at the moment it was scraped, and what rose since an earlier one; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

from gatepost.errors import MeasurementError
from gatepost.targets.exposition import Family
from gatepost.targets.vector import Sample, Vector, counter_increase
from gatepost.wording import suggest

_STARTED = "process_start_time_seconds"
_PARTS = ("bucket", "count", "sum")
_SAME_START_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Page:
    """All metrics of one scrape.

    `source` names the target and its URL, for the words of errors; `at` is the
    moment that the page had come, by this host's clock, and `seconds` what it
    took. `families` are the declared metrics by name.
    """

    source: str
    at: datetime
    seconds: float
    families: Mapping[str, Family] = field(repr=False)
    _samples: Mapping[str, Sequence[Sample]] = field(repr=False)

    def __contains__(self, name: str) -> bool:
        return name in self._samples or self._family(name) is not None

    def vector(self, name: str) -> Vector:
        """All series of a name, as "http_requests_total" or "http_request_seconds_bucket".

        Empty for a metric that is declared but has counted nothing yet. Raises
        MeasurementError for a name that is not on the page.
        """
        if name not in self:
            near = suggest("metric", name, self.families)
            raise MeasurementError(f"{self.source} has no metric {name}; {near}")
        return Vector(tuple(self._samples.get(name, ())), f"{self.source}: {name}")

    def value(self, name: str, /, **labels: str | re.Pattern[str]) -> float | None:
        """The value of the only series of a name that has these labels; None without any.

        Raises MeasurementError where there are several.
        """
        return self.vector(name).where(**labels).value()

    def increase(self, name: str, earlier: Page, /) -> Vector:
        """How much each series of a counter, or of a histogram's parts, rose since a page.

        Nothing is extrapolated. A series that fell was reset and is counted
        from zero, as one that was not there. Raises MeasurementError for a
        gauge, and where the other page is not an earlier one.
        """
        self.counted(name)
        if earlier.at >= self.at:
            raise MeasurementError(
                f"{self.source}: the page to compare with is of {earlier.at:%F %T} UTC, "
                f"not earlier than {self.at:%F %T} UTC; has a clock been set back?"
            )
        before = earlier._values(name)
        now = self.vector(name)
        rose = (
            replace(each, value=counter_increase(before.get(_key(each)), each.value))
            for each in now
        )
        return replace(now, samples=tuple(rose))

    def rate(self, name: str, earlier: Page, /) -> Vector:
        """The increase of each series since an earlier page, per second."""
        rose = self.increase(name, earlier)
        seconds = (self.at - earlier.at).total_seconds()
        samples = tuple(replace(each, value=each.value / seconds) for each in rose)
        return replace(rose, samples=samples)

    def fallen(self, earlier: Page) -> Vector:
        """The series of counters and histograms whose value is lower than on an earlier page."""
        fallen: list[Sample] = []
        for name, samples in self._samples.items():
            family = self._family(name)
            if family and family.type in ("counter", "histogram") and not name.endswith("_sum"):
                before = earlier._values(name)
                fallen += [each for each in samples if each.value < before.get(_key(each), 0)]
        return Vector(tuple(fallen), f"{self.source}: fallen counters")

    def restarted(self, earlier: Page) -> bool | None:
        """Whether the process is another than on an earlier page.

        By `process_start_time_seconds`, which the official clients send; None
        where either page lacks it.
        """
        return is_restart(earlier.started, self.started)

    @property
    def started(self) -> float | None:
        """The `process_start_time_seconds` since 1970; None unless there is exactly one."""
        found = [each.value for each in self._samples.get(_STARTED, ())]
        return found[0] if len(found) == 1 and math.isfinite(found[0]) else None

    @property
    def names(self) -> frozenset[str]:
        """The names of all metrics that are declared, and of all series."""
        return frozenset(self.families) | frozenset(self._samples)

    def counted(self, name: str) -> tuple[str, Vector]:
        """The metric that a name of series belongs to, and all series of that metric.

        Raises MeasurementError for a gauge, and for a name that is not on the page.
        """
        family = self._family(name)
        if family and (family.type == "gauge" or (family.type, family.name) == ("summary", name)):
            raise MeasurementError(f"{self.source}: {name} is a {family.type}: it has no increase")
        vector = self.vector(name)
        if family is None or family.type not in ("histogram", "summary"):
            return name, vector
        parts = (self._samples.get(f"{family.name}_{part}", ()) for part in _PARTS)
        return family.name, replace(vector, samples=tuple(chain.from_iterable(parts)))

    def _family(self, name: str) -> Family | None:
        """The family that a series' name belongs to, None where none is declared."""
        if name in self.families:
            return self.families[name]
        base, _, part = name.rpartition("_")
        family = self.families.get(base)
        if family and part in _PARTS and family.type in ("histogram", "summary"):
            return family
        return None

    def _values(self, name: str) -> dict[frozenset[tuple[str, str]], float]:
        return {_key(each): each.value for each in self._samples.get(name, ())}


def is_restart(before: float | None, now: float | None) -> bool | None:
    """Whether two starts of a process are two; None where one is not known.

    A client that reckons its start from the machine's may be off by a fraction.
    """
    return None if before is None or now is None else abs(now - before) > _SAME_START_SECONDS


def _key(sample: Sample) -> frozenset[tuple[str, str]]:
    return frozenset(sample.labels.items())
