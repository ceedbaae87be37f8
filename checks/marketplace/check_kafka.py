"""Whether what is written to Kafka is read, and soon enough."""

from __future__ import annotations

import time

import pytest

from gatepost import Kafka, Metrics, at_most, check, recorded
from gatepost.targets.kafka_offsets import Lag

from .counted import counted
from .services import GROUPS, each_of

pytestmark = check(owner="backend", runbook="kafka")

READERS = {topic: group for group, topics in GROUPS.items() for topic in topics}
each_topic = pytest.mark.parametrize("topic", READERS)

PATIENCE_SECONDS = 6.0
"""More than the 5 s after which consumers commit, unless auto.commit.interval.ms is longer."""

IDLE_SECONDS = 0.5
"""A topic that nothing is written to for so long is idle."""


@check(at_most(1_000, alert=10_000, unit="messages"), severity="high")
@each_of(GROUPS, "group, topic")
def check_lag(marketplace_kafka: Kafka, group: str, topic: str) -> int | None:
    """Messages that a group has still to read, over all partitions."""
    return marketplace_kafka.lag(group, topic).total


@check(recorded(unit="messages"), severity="high")
@each_topic
def check_flow(marketplace_kafka: Kafka, topic: str) -> int:
    """Messages written since the last run; an alert where none is read while the lag grows."""
    group = READERS[topic]
    read = marketplace_kafka.read_since_last_run(group, topic)
    written = marketplace_kafka.flow_since_last_run(topic)
    is_first = read.seconds is None
    if is_first or (written.messages and not read.messages):
        watch(marketplace_kafka, group, topic, since="" if is_first else " since the last run, nor")
    return written.messages


def watch(kafka: Kafka, group: str, topic: str, since: str = "") -> None:
    """Look until the group reads on, or has nothing to read; AssertionError where it reads nothing.

    A group that is stuck takes all the patience, any other a moment. An idle topic is an excuse,
    unless the group was seen to read nothing `since` before.
    """
    first, started = kafka.lag(group, topic), time.monotonic()
    while True:
        time.sleep(0.1)
        now, waited = kafka.lag(group, topic), time.monotonic() - started
        grown = behind(now) - behind(first)
        is_idle = not since and grown <= 0 and waited > IDLE_SECONDS
        if now.committed != first.committed or is_idle or not behind(now):
            return
        assert waited < PATIENCE_SECONDS, (
            f"{group} has read nothing{since} for {waited:.0f} s, in which its lag grew by "
            f"{grown:,} to {behind(now):,} messages"
        )


def behind(lag: Lag) -> int:
    """The messages that wait, all that are kept where the group never committed."""
    return sum(each.lag for each in lag.partitions)


@check(at_most(0.5, alert=2.5, unit="s"), severity="medium", target="marketplace_{reader}_metrics")
@pytest.mark.parametrize(("topic", "reader"), READERS.items(), ids=READERS)
def check_latency_p95(target: Metrics, topic: str, reader: str) -> float | None:
    """Time in which 95 of 100 messages were processed since the last run, from the histogram."""
    name = "kafka_message_processing_seconds_bucket"
    return counted(target, name, topic=topic).quantile(0.95)
