"""Lag and flow from offsets: groups that never committed, topics made anew, empty ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.errors import MeasurementError
from gatepost.targets.kafka_offsets import (
    Flow,
    Offsets,
    flow_between,
    lag_of,
    read_offsets,
    write_offsets,
)

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def look(ends: dict[int, int], *, seconds: float = 0) -> Offsets:
    """A look at topic t, some seconds after noon."""
    return Offsets("t", NOON + timedelta(seconds=seconds), ends)


def test_lag_is_summed_over_partitions() -> None:
    """Each partition's end less its committed offset, all together."""
    lag = lag_of("g", "t", {0: 90, 1: 20}, {0: 0, 1: 0}, {0: 100, 1: 20})
    assert [each.lag for each in lag.partitions] == [10, 0]
    assert (lag.total, lag.committed) == (10, 110)


def test_partition_without_a_commit_counts_all_it_keeps() -> None:
    """Where a group committed elsewhere only, the rest is all still to be read."""
    lag = lag_of("g", "t", {0: 100, 1: None}, {0: 0, 1: 40}, {0: 100, 1: 50})
    assert (lag.total, lag.committed) == (10, 100)


@pytest.mark.parametrize(
    ("starts", "ends", "total"),
    [
        ({0: 0}, {0: 5}, None),
        ({0: 0, 1: 0}, {0: 0, 1: 1}, None),
        ({0: 0}, {0: 0}, 0),
        ({0: 5}, {0: 5}, 0),
    ],
)
def test_group_that_never_committed(
    starts: dict[int, int], ends: dict[int, int], total: int | None
) -> None:
    """It has no lag to tell where there are messages, and none where there is nothing to read."""
    lag = lag_of("g", "t", dict.fromkeys(ends), starts, ends)
    assert (lag.total, lag.committed) == (total, None)


def test_commit_beyond_the_end_is_an_error() -> None:
    """An offset of a topic that was made anew is named, rather than a lag below zero."""
    with pytest.raises(MeasurementError, match="offset 500 of partition 0 of t, whose end is 20: "):
        lag_of("g", "t", {0: 500}, {0: 0}, {0: 20})


def test_flow_is_the_growth_of_the_ends() -> None:
    """Messages, seconds and their ratio; a new partition counts from its beginning."""
    flow = flow_between(look({0: 10, 1: 5}), look({0: 30, 1: 5, 2: 4}, seconds=12))
    assert flow == Flow("t", 24, 12.0)
    assert flow.per_second == 2


def test_flow_after_a_restart_counts_from_the_beginning() -> None:
    """A partition that is shorter than before was made anew: nothing is subtracted."""
    flow = flow_between(look({0: 1000, 1: 10}), look({0: 3, 1: 12}, seconds=1))
    assert (flow.messages, flow.restarted) == (5, (0,))


@pytest.mark.parametrize("seconds", [0, -1])
def test_flow_needs_an_earlier_look(seconds: float) -> None:
    """Two looks at one moment, or in the wrong order, make no flow."""
    with pytest.raises(MeasurementError, match="which is not before 2026-03-05 12:00:00"):
        flow_between(look({0: 1}, seconds=-seconds), look({0: 1}))


def test_flow_is_of_one_topic() -> None:
    """Looks at two topics cannot be compared."""
    with pytest.raises(MeasurementError, match="two topics: other, t"):
        flow_between(Offsets("other", NOON, {0: 1}), look({0: 1}, seconds=1))


_ENDS = st.dictionaries(st.integers(0, 5), st.integers(0, 10**9))


def test_look_is_read_as_it_was_written() -> None:
    """What a later run reads of a look is the look."""
    looked = look({0: 10, 12: 2**40})
    assert read_offsets(write_offsets(looked)) == looked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 99_999,
        '{"topic":"t","at":"2026-03-05T12:00:00","ends":{"0":1}}',
        '{"topic":"t","at":"noon","ends":{}}',
        '{"topic":"t","at":1,"ends":{}}',
    ],
)
def test_what_is_no_look_is_refused(text: str) -> None:
    """A damaged text is a ValueError, whatever is wrong with it."""
    with pytest.raises(ValueError, match=r"\w"):
        read_offsets(text)


def test_flow_of_a_first_look_has_no_rate() -> None:
    """All messages ever written are known, and not in how long they were."""
    flow = Flow("t", 40, None)
    with pytest.raises(MeasurementError, match=r"the flow of t has no rate yet, .*; wait for the"):
        _ = flow.per_second


@given(_ENDS, _ENDS)
def test_flow_is_never_below_zero(before: dict[int, int], after: dict[int, int]) -> None:
    """Whatever happened to the partitions, what was written is a count."""
    flow = flow_between(look(before), look(after, seconds=1))
    assert 0 <= flow.messages <= look(after).total
