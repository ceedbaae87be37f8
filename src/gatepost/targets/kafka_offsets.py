"""How far the partitions of a topic have got, and how far a group is behind; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gatepost.errors import MeasurementError


@dataclass(frozen=True, slots=True)
class Offsets:
    """How far a topic's partitions have got at one moment: the offset of the next message.

    The next to be written, or the next that a group reads.
    """

    topic: str
    at: datetime
    ends: Mapping[int, int]

    @property
    def total(self) -> int:
        """The messages ever written, over all partitions."""
        return sum(self.ends.values())


@dataclass(frozen=True, slots=True)
class Flow:
    """The messages that were written, or read, between two looks, and the seconds between them.

    `seconds` is None where there was no earlier look, and all messages since
    the topic was made count. `restarted` are the partitions that are shorter
    than before: their topic was made anew, and their messages are counted from
    its beginning.
    """

    topic: str
    messages: int
    seconds: float | None
    restarted: tuple[int, ...] = ()

    @property
    def per_second(self) -> float:
        """Messages per second; MeasurementError where there was no earlier look."""
        if self.seconds is None:
            raise MeasurementError(
                f"the flow of {self.topic} has no rate yet, since no earlier scheduled run looked "
                "at it; wait for the next run"
            )
        return self.messages / self.seconds


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """One partition: the first offset that is kept, its end, and what the group committed.

    `committed` is the offset that the group reads next; None when it never
    committed, or so long ago that the broker forgot.
    """

    partition: int
    start: int
    end: int
    committed: int | None

    @property
    def lag(self) -> int:
        """The messages up to the end: from the committed offset, or all that are kept."""
        return self.end - (self.start if self.committed is None else self.committed)


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a group is behind in a topic, by partition."""

    group: str
    topic: str
    partitions: tuple[PartitionLag, ...]

    @property
    def total(self) -> int | None:
        """The messages that the group has still to read, over all partitions.

        None, which is no data, where the group never committed anything
        although there are messages: it does not run, or has another name. A
        partition without a commit counts with all the messages it keeps.
        """
        if self.committed is None and any(each.lag for each in self.partitions):
            return None
        return sum(each.lag for each in self.partitions)

    @property
    def committed(self) -> int | None:
        """The sum of the committed offsets, which rises while the group works; None without any."""
        found = [each.committed for each in self.partitions if each.committed is not None]
        return sum(found) if found else None


def write_offsets(look: Offsets) -> str:
    """Write a look down for a later run."""
    return json.dumps({"topic": look.topic, "at": look.at.isoformat(), "ends": dict(look.ends)})


def read_offsets(text: str) -> Offsets:
    """Read a look that was written down; ValueError for what is none."""
    try:
        kept = json.loads(text)
        at = datetime.fromisoformat(kept["at"])
        ends = {int(partition): int(end) for partition, end in kept["ends"].items()}
        look = Offsets(str(kept["topic"]), at, ends)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no look at a topic: {type(error).__name__}") from None
    if at.tzinfo is None:
        raise ValueError("it is no look at a topic: its time has no zone")
    return look


def flow_between(before: Offsets, after: Offsets) -> Flow:
    """Count what was written between two looks at one topic.

    Partitions that are new count from their beginning. Raises
    MeasurementError for looks at different topics, or in the wrong order.
    """
    if before.topic != after.topic:
        raise MeasurementError(f"these are looks at two topics: {before.topic}, {after.topic}")
    seconds = (after.at - before.at).total_seconds()
    if seconds <= 0:
        raise MeasurementError(
            f"the earlier look at {before.topic} is of {before.at:%Y-%m-%d %H:%M:%S}, "
            f"which is not before {after.at:%Y-%m-%d %H:%M:%S}"
        )
    restarted = tuple(p for p, end in after.ends.items() if end < before.ends.get(p, 0))
    messages = sum(
        end - (0 if partition in restarted else before.ends.get(partition, 0))
        for partition, end in after.ends.items()
    )
    return Flow(after.topic, messages, seconds, restarted)


def lag_of(
    group: str,
    topic: str,
    committed: Mapping[int, int | None],
    starts: Mapping[int, int],
    ends: Mapping[int, int],
) -> Lag:
    """Set what a group committed beside what there is, by partition.

    `ends` are to be read after `committed`, or a group that works on would
    seem ahead. Raises MeasurementError for an offset beyond the end.
    """
    partitions = []
    for partition, end in sorted(ends.items()):
        at = committed.get(partition)
        if at is not None and at > end:
            raise MeasurementError(
                f"group {group} committed offset {at:,} of partition {partition} of {topic}, whose "
                f"end is {end:,}: the topic was made anew; reset the group's offsets"
            )
        partitions.append(PartitionLag(partition, starts.get(partition, 0), end, at))
    return Lag(group, topic, tuple(partitions))
