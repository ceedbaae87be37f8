"""What happened on a page of metrics since the last scheduled run, or since its process started."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, FiniteFloat

from gatepost.durations import format_duration
from gatepost.errors import MeasurementError
from gatepost.readings import Reading, Readings
from gatepost.targets.page import Page, is_restart
from gatepost.targets.vector import Sample, Vector
from gatepost.wording import format_time

_LONGEST_LIFE = timedelta(days=3650)
"""A process that says that it is older does not know its time, as a device without a clock."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _Counted(BaseModel):
    """What a metric had counted on a page, and when.

    That of the page as a whole has no series, but the names of all that was there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    source: str
    at: AwareDatetime
    started: FiniteFloat | None
    series: list[tuple[str, dict[str, str], float]]
    names: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class _Start:
    """Where counting begins: what had been counted, when that was, and that in words.

    `seconds` is None where nobody knows when counting began.
    """

    at: datetime
    words: str
    seconds: float | None
    restarted: bool | None
    samples: Mapping[str, list[Sample]] = field(default_factory=dict)


class Interval:
    """What was counted between the last scheduled run and this run's page.

    A metric is counted since the last run that asked for it, or whose page did not have it yet. One
    that none did,
    or whose process has restarted since, is counted since the process started,
    by its `process_start_time_seconds`; all that it shows has been counted since.
    Without that either, all that it shows counts, and no rate is known. So
    `seconds` and `words` are those of the page: a metric's own may be longer.

    What is asked for is kept for the next scheduled run to begin from.
    """

    def __init__(self, page: Page, key: str, readings: Readings) -> None:
        self.page = page
        self._key = key
        self._readings = readings
        self._starts: dict[str, _Start] = {}
        before = readings.last(key, self._read)
        readings.keep(key, self._write((), page.names))
        self._whole = self._start(before)
        is_same = before is not None and before.content.source == page.source
        self._names = before.content.names if before and is_same else None

    @property
    def seconds(self) -> float | None:
        """How long it is; None where it is not known when counting began."""
        return self._whole.seconds

    @property
    def words(self) -> str:
        """Where it begins: "since the run of 12:00 UTC", "since the process started 3 h ago"."""
        return self._whole.words

    @property
    def restarted(self) -> bool | None:
        """Whether the process is another than in the last run; None where that is not known."""
        return self._whole.restarted

    def increase(self, name: str) -> Vector:
        """How much each series of a counter, or of a histogram's parts, rose.

        Raises MeasurementError for a gauge, and for a name that is not on the page.
        """
        return self.page.increase(name, self._earlier(self._start_of(name)))

    def rate(self, name: str) -> Vector:
        """The increase of each series per second.

        Raises MeasurementError as `increase` does, and where it is not known
        when counting began.
        """
        rose = self.increase(name)
        seconds = self._start_of(name).seconds
        if seconds is None:
            raise MeasurementError(
                f"{rose.source} has no rate yet, since it is not known when it began to count: no "
                "earlier scheduled run asked for it, and the page has no plausible "
                "process_start_time_seconds; wait for the next run"
            )
        samples = tuple(replace(each, value=each.value / seconds) for each in rose)
        return replace(rose, samples=samples)

    def fallen(self) -> Vector:
        """The series of counters and histograms that are lower than in the last run.

        Not those of a process that has restarted since; without a
        `process_start_time_seconds` a restart cannot be told from a fall.
        Empty where there is no run to compare with.
        """
        before: dict[str, list[Sample]] = {}
        for family in self.page.families.values():
            if family.type == "counter":
                before |= self._start_of(family.name).samples
            elif family.type == "histogram":
                before |= self._start_of(f"{family.name}_bucket").samples
        return self.page.fallen(Page(self.page.source, _LONG_AGO, 0.0, {}, before))

    def _earlier(self, start: _Start) -> Page:
        return Page(self.page.source, start.at, 0.0, {}, start.samples)

    def _start_of(self, name: str) -> _Start:
        """Where counting of a metric begins; what it shows now is kept for the next run."""
        metric, now = self.page.counted(name)
        if metric not in self._starts:
            key = f"{self._key}/{metric}"
            last = self._readings.last(key, self._read)
            self._readings.keep(key, self._write(now))
            # A counter may come into being with its first event, hours after its process.
            is_new = last is None and self._names is not None and metric not in self._names
            self._starts[metric] = self._whole if is_new else self._start(last)
        return self._starts[metric]

    def _start(self, last: Reading[_Counted] | None) -> _Start:
        if last is None or last.content.source != self.page.source:
            return self._process_start(restarted=None)
        before = last.content
        restarted = is_restart(before.started, self.page.started)
        if restarted:
            return self._process_start(restarted=True)
        samples: dict[str, list[Sample]] = {}
        for name, labels, value in before.series:
            samples.setdefault(name, []).append(Sample(name, labels, value))
        seconds = (self.page.at - before.at).total_seconds()
        words = f"since the run of {_clock(last.slot, self.page.at)}"
        return _Start(before.at, words, seconds, restarted, samples)

    def _process_start(self, *, restarted: bool | None) -> _Start:
        """All that the page shows has been counted since the process started."""
        life = self.page.at.timestamp() - (self.page.started or 0)
        if not 0 < life < _LONGEST_LIFE.total_seconds():
            return _Start(_LONG_AGO, "since its counters began", None, restarted)
        length = timedelta(seconds=life)
        words = f"since the process started {format_duration(length)} ago"
        return _Start(self.page.at - length, words, life, restarted)

    def _read(self, text: str) -> _Counted:
        try:
            counted = _Counted.model_validate(json.loads(text))
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        if counted.at >= self.page.at:
            raise ValueError(
                f"it is of {counted.at:%F %T} UTC, not earlier than this page of "
                f"{self.page.at:%F %T} UTC; has a clock been set back?"
            )
        return counted

    def _write(self, now: Iterable[Sample], names: frozenset[str] = frozenset()) -> str:
        counted: dict[str, Any] = {
            "source": self.page.source,
            "at": self.page.at.isoformat(),
            "started": self.page.started,
            "series": [(each.name, dict(each.labels), each.value) for each in now],
        }
        if names:
            counted["names"] = sorted(names)
        return json.dumps(counted, separators=(",", ":"))


def _clock(slot: datetime, today: datetime) -> str:
    """A run's time of day, with its day where that is another."""
    slot = slot.astimezone(UTC)
    return f"{slot:%H:%M} UTC" if slot.date() == today.date() else format_time(slot)
