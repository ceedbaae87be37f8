"""Kafka as a target, over the Kafka protocol with a mock broker: lag, flow, and what goes wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from fixtures.kafka_broker import MockBroker
from gatepost.errors import MeasurementError, Unavailable
from gatepost.readings import Reading, Readings
from gatepost.targets.base import TargetContext
from gatepost.targets.journal import keep_journal
from gatepost.targets.kafka import Kafka, Settings, open_target
from gatepost.targets.kafka_offsets import Offsets, write_offsets

Open = Callable[..., Kafka]


@pytest.fixture
def open_kafka() -> Iterator[Open]:
    """Opens brokers as a target, with settings; closes it after the test."""
    opened: list[Kafka] = []

    def open_it(servers: str, readings: Readings | None = None, /, **settings: object) -> Kafka:
        keys = Settings.model_validate({"kind": "kafka", "servers": servers, **settings})
        context = TargetContext(readings=readings or Readings())
        opened.append(open_target("events", keys, context))
        return opened[-1]

    yield open_it
    for target in opened:
        target.close()


def test_lag_by_partition(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """The end less the committed offset, for each partition and in all."""
    kafka_broker.create_topic("listings", 3)
    kafka_broker.produce("listings", 120)
    kafka_broker.produce("listings", 30, partition=1)
    kafka_broker.commit("processor", "listings", {0: 100, 1: 30})
    lag = open_kafka(kafka_broker.servers).lag("processor", "listings")
    assert [(each.partition, each.lag) for each in lag.partitions] == [(0, 20), (1, 0), (2, 0)]
    assert (lag.total, lag.committed) == (20, 130)


def test_lags_are_labelled(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """Several groups and topics are one mapping; a group that never committed has no figure."""
    kafka_broker.create_topic("listings")
    kafka_broker.create_topic("alerts")
    kafka_broker.produce("listings", 5)
    kafka_broker.commit("processor", "listings", {0: 5})
    target = open_kafka(kafka_broker.servers)
    assert target.lags({"processor": ["listings", "alerts"], "stranger": ["listings"]}) == {
        "processor/listings": 0,
        "processor/alerts": 0,
        "stranger/listings": None,
    }


def test_asking_for_a_lag_changes_nothing(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """No offset is committed for a group that is looked at, and no topic is made."""
    kafka_broker.create_topic("listings")
    kafka_broker.produce("listings", 5)
    target = open_kafka(kafka_broker.servers)
    assert [target.lag("stranger", "listings").total for _ in range(2)] == [None, None]
    with pytest.raises(MeasurementError):
        target.lag("stranger", "nowhere")
    assert target.topics() == {"listings": 1}


def test_flow_since_an_earlier_look(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """What was written since a look that is handed in, over the time since then."""
    kafka_broker.create_topic("listings", 2)
    target = open_kafka(kafka_broker.servers)
    earlier = target.offsets("listings")
    kafka_broker.produce("listings", 40)
    kafka_broker.produce("listings", 2, partition=1)
    flow = target.flow("listings", since=earlier)
    assert flow.messages == 42
    assert flow.per_second == pytest.approx(42 / flow.seconds)
    assert target.offsets("listings").total == 42


def test_flow_since_the_last_run(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """The first run counts all messages, the next one those since; each looks once."""
    kafka_broker.create_topic("listings", 2)
    kafka_broker.produce("listings", 30, partition=1)
    before = Readings()
    first = open_kafka(kafka_broker.servers, before).flow_since_last_run("listings")
    assert (first.messages, first.seconds) == (30, None)
    kafka_broker.produce("listings", 12)
    kept = before.kept
    after = Readings(lambda key: Reading(datetime.now(UTC), kept[key]))
    target = open_kafka(kafka_broker.servers, after)
    flow = target.flow_since_last_run("listings")
    assert flow.messages == 12
    assert flow.seconds is not None
    assert flow.per_second == pytest.approx(12 / flow.seconds)
    kafka_broker.produce("listings", 5)
    assert target.flow_since_last_run("listings") is flow
    assert list(after.kept) == ["events/listings"]


def test_what_a_group_read_since_the_last_run(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """What it committed meanwhile: nothing while it is stuck, whatever is written."""
    kafka_broker.create_topic("listings", 2)
    kafka_broker.produce("listings", 30, partition=1)
    kafka_broker.commit("readers", "listings", {1: 20})
    before = Readings()
    first = open_kafka(kafka_broker.servers, before).read_since_last_run("readers", "listings")
    assert (first.messages, first.seconds) == (20, None)
    kafka_broker.produce("listings", 12)
    kept = before.kept
    after = Readings(lambda key: Reading(datetime.now(UTC), kept[key]))
    assert (
        open_kafka(kafka_broker.servers, after).read_since_last_run("readers", "listings").messages
        == 0
    )
    kafka_broker.commit("readers", "listings", {1: 25})
    read = open_kafka(kafka_broker.servers, after).read_since_last_run("readers", "listings")
    assert read.messages == 5
    assert read.seconds is not None


def test_damaged_look_of_the_last_run_counts_as_none(
    kafka_broker: MockBroker, open_kafka: Open
) -> None:
    """It is a problem of the run; so is a look of the future, after a clock was set back."""
    kafka_broker.create_topic("listings")
    kafka_broker.produce("listings", 30)
    ahead = Offsets("listings", datetime.now(UTC) + timedelta(hours=1), {0: 1})
    for text in ("{}", write_offsets(ahead)):
        readings = Readings(lambda _, text=text: Reading(datetime.now(UTC), text))
        flow = open_kafka(kafka_broker.servers, readings).flow_since_last_run("listings")
        assert (flow.messages, flow.seconds) == (30, None)
        assert "events/listings of the run of" in readings.problems[0]


def test_flow_between_two_looks(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """Without an earlier look two are taken, and a silent topic has no flow."""
    kafka_broker.create_topic("silent")
    flow = open_kafka(kafka_broker.servers).flow("silent", over="20 ms")
    assert flow.messages == 0
    assert 0.02 <= flow.seconds < 5


def test_empty_topic(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """A topic without a message has an end of 0 everywhere, and no lag."""
    kafka_broker.create_topic("empty", 2)
    target = open_kafka(kafka_broker.servers)
    assert target.offsets("empty").ends == {0: 0, 1: 0}
    assert target.lag("processor", "empty").total == 0


def test_unknown_topic_is_named(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """A topic that there is not is an error with the nearest name, and no outage."""
    kafka_broker.create_topic("listings")
    target = open_kafka(kafka_broker.servers)
    with pytest.raises(MeasurementError, match="no topic 'listing': did you mean listings") as it:
        target.offsets("listing")
    assert not isinstance(it.value, Unavailable)
    assert target.offsets("listings").total == 0


def test_many_threads_may_ask_one_cluster(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """One target serves checks in several threads, each with its own answer."""
    for number in range(1, 9):
        kafka_broker.create_topic(f"topic{number}", number)
    target = open_kafka(kafka_broker.servers)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: len(target.offsets(f"topic{n}").ends), range(1, 9)))
    assert found == list(range(1, 9))


def test_kafka_requests_are_noted(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """The journal has each question that was asked, commits before ends."""
    kafka_broker.create_topic("listings")
    with keep_journal() as journal:
        open_kafka(kafka_broker.servers).lag("processor", "listings")
    assert journal.statements == [
        "Metadata of all topics",
        "OffsetFetch of group processor in listings",
        "ListOffsets of listings: earliest",
        "ListOffsets of listings: latest",
    ]


def test_broker_that_goes_down(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """A broker that is closed between two questions is unavailable; another run finds it again."""
    target = open_kafka(kafka_broker.servers, timeout="500 ms")
    assert target.ping() > 0
    kafka_broker.set_down()
    with pytest.raises(Unavailable, match="connection refused: nothing listens there"):
        target.ping()
    kafka_broker.set_down(down=False)
    assert open_kafka(kafka_broker.servers).ping() > 0


def test_slow_broker_is_given_up(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """An answer that does not come in time is an error that names the time-out."""
    target = open_kafka(kafka_broker.servers, timeout="200 ms")
    target.ping()
    kafka_broker.set_delay(2000)
    with pytest.raises(MeasurementError, match=r"no answer within 200 ms \(timeout of targets.ev"):
        target.ping()


def test_slow_way_is_no_outage(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """A cluster whose every answer takes a while is reached within the connect_timeout."""
    kafka_broker.set_delay(150)
    assert open_kafka(kafka_broker.servers).ping() >= 150


def test_unreachable_brokers_are_tried_once(open_kafka: Open) -> None:
    """Closed ports are unavailable at once, and the next question does not try again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    target = open_kafka(f"127.0.0.1:{port}, localhost:{port}", connect_timeout="30 s")
    for _ in range(2):
        with pytest.raises(Unavailable, match="connection refused: nothing listens there"):
            target.ping()


def test_unknown_broker_is_unavailable(open_kafka: Open) -> None:
    """A name that cannot be resolved is told as such."""
    with pytest.raises(Unavailable, match="the host name cannot be resolved"):
        open_kafka("nowhere.invalid:9092").ping()


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x00\x00\x04oops"]
)
def test_what_is_no_kafka_is_unavailable(open_kafka: Open, said: bytes) -> None:
    """A server that hangs up or speaks something else ends at the connect_timeout."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.recv(65_536)
                    connection.sendall(said)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        with pytest.raises(Unavailable, match=r"Kafka at 127\.0\.0\.1"):
            open_kafka(f"127.0.0.1:{listener.getsockname()[1]}", connect_timeout="700 ms").ping()
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def test_wrong_option_is_unavailable(kafka_broker: MockBroker, open_kafka: Open) -> None:
    """An option that librdkafka does not know is named, without the secrets beside it."""
    options = {"ssl.nope": "x", "sasl.password": "geheim"}
    with pytest.raises(Unavailable) as caught:
        open_kafka(kafka_broker.servers, options=options).ping()
    assert 'options of targets.events are wrong: No such configuration property: "ssl.nope"' in (
        caught.value.reason
    )
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"servers": ""}, "not a list of brokers"),
        ({"servers": "kafka://h:9092"}, 'write "host:9092" or "one:9092, two:9092"'),
        ({"servers": "h:9092;i:9092"}, "not a list of brokers"),
        ({"servers": "geheim@h:9092"}, "not a list of brokers"),
        ({"options": {"group.id": "x"}}, "group.id is not taken from here; options are security."),
        ({"options": {"sasl.password": ["geheim"]}}, "valid string"),
    ],
)
def test_wrong_kafka_setting_is_refused(settings: dict[str, object], message: str) -> None:
    """A wrong value is named, without what was put in."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"kind": "kafka", "servers": "h:9092", **settings})
    assert message in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_kafka_settings_hide_secrets() -> None:
    """Settings can be printed without showing an option's value."""
    options = {"sasl.password": "geheim"}
    settings = Settings.model_validate({"kind": "kafka", "servers": "h", "options": options})
    assert "geheim" not in repr(settings) + str(settings.model_dump())
