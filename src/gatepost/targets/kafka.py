"""Kafka: how far topics have got and groups are behind, by requests that change nothing."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import SecretStr, field_validator

from gatepost.durations import format_duration, parse_duration
from gatepost.errors import MeasurementError, Unavailable
from gatepost.masking import Secrets, is_secret_key
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.journal import note
from gatepost.targets.kafka_offsets import (
    Flow,
    Lag,
    Offsets,
    flow_between,
    lag_of,
    read_offsets,
    write_offsets,
)
from gatepost.wording import shorten, suggest

if TYPE_CHECKING:
    from concurrent.futures import Future

    from confluent_kafka import KafkaError, TopicPartition
    from confluent_kafka.admin import AdminClient

T = TypeVar("T")
_Which = Literal["earliest", "latest"]

_SERVER = re.compile(r"[^\s,:/@]+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?")
_OPTIONS = ("security.", "sasl.", "ssl.", "enable.ssl.", "broker.address.", "client.dns.")
_FIRST_LOOK_SECONDS = 0.1


class Settings(TargetSettings):
    """The table of a Kafka cluster in `gatepost.toml`.

    `servers` are some of its brokers, as "one:9092, two:9092". `timeout` is
    the budget of a question, `connect_timeout` that of the first connection.
    `options` are librdkafka's own for the way there, such as
    `"security.protocol" = "SASL_SSL"` and `"sasl.password" = "${...}"`.
    """

    kind: Literal["kafka"]
    servers: str
    connect_timeout: Duration = timedelta(seconds=5)
    timeout: Duration = timedelta(seconds=10)
    options: Mapping[str, SecretStr] = {}

    @field_validator("servers")
    @classmethod
    def _are_hosts(cls, servers: str) -> str:
        every = [each.strip() for each in servers.split(",")]
        if not all(_SERVER.fullmatch(each) for each in every):
            raise ValueError('not a list of brokers; write "host:9092" or "one:9092, two:9092"')
        return ",".join(every)

    @field_validator("options")
    @classmethod
    def _are_of_the_way_there(cls, options: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
        for name in options:
            if not name.startswith(_OPTIONS):
                known = ", ".join(f"{each}*" for each in _OPTIONS)
                raise ValueError(f"{name} is not taken from here; options are {known}")
        return options


def open_target(name: str, settings: Settings, context: TargetContext) -> Kafka:
    """Make the target; it connects when a check first asks it something."""
    return Kafka(name, settings, context)


class Kafka:
    """A live Kafka cluster, which is only asked: no group is joined, no offset committed.

    Whatever is asked raises Unavailable when no broker can be reached, and
    MeasurementError for a topic that there is not, and when an answer does not
    come in time or is an error.
    """

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._settings = settings
        self._outages = context.outages
        self._readings = context.readings
        options = {key: value.get_secret_value() for key, value in settings.options.items()}
        self._options = options
        self._secrets = Secrets(value for key, value in options.items() if is_secret_key(key))
        self._errors: list[KafkaError] = []
        self._flows: dict[str, Flow] = {}
        self._first = threading.Lock()
        self._opened: AdminClient | None = None

    def describe(self) -> str:
        """The brokers that are asked first."""
        return f"Kafka at {self._settings.servers}"

    def close(self) -> None:
        """Let go of the client, which closes its connections."""
        self._opened = None

    def ping(self) -> float:
        """Time the round trip of a question for the topics, in milliseconds."""
        self._reach()
        started = time.perf_counter()
        self._partitions_of_topics()
        return 1000 * (time.perf_counter() - started)

    def topics(self) -> dict[str, int]:
        """Map the topics to their numbers of partitions, without Kafka's own."""
        found = self._partitions_of_topics()
        return {name: len(parts) for name, parts in found.items() if not name.startswith("__")}

    def offsets(self, topic: str) -> Offsets:
        """Look at the end offsets of a topic: of all partitions, that of the next message."""
        partitions = self._partitions(topic)
        ends = self._offsets(topic, partitions, "latest")
        return Offsets(topic, datetime.now(UTC), ends)

    def flow(self, topic: str, *, since: Offsets | None = None, over: str = "1 s") -> Flow:
        """Count the messages written since an earlier look, or between two looks `over` apart."""
        if since is None:
            since = self.offsets(topic)
            time.sleep(parse_duration(over).total_seconds())
        return self._named(lambda: flow_between(since, self.offsets(topic)))

    def flow_since_last_run(self, topic: str) -> Flow:
        """Count the messages written since the last scheduled run looked at the topic.

        Without one all messages since the topic was made count, and no rate is
        known. The topic is looked at once in a run, for all checks that ask.
        """
        if topic not in self._flows:
            self._flows.setdefault(topic, self._since_last_run(self.offsets(topic), topic))
        return self._flows[topic]

    def read_since_last_run(self, group: str, topic: str) -> Flow:
        """Count the messages of a topic that a group committed since the last scheduled run.

        As `flow_since_last_run`: the first time all that it ever committed.
        """
        key = f"{group}/{topic}"
        if key not in self._flows:
            found = self._committed(group, topic, self._partitions(topic))
            committed = {partition: at for partition, at in found.items() if at is not None}
            looked = Offsets(topic, datetime.now(UTC), committed)
            self._flows.setdefault(key, self._since_last_run(looked, key))
        return self._flows[key]

    def lag(self, group: str, topic: str) -> Lag:
        """Compare what a group has committed in a topic with the topic's end, by partition.

        A group that never committed in the topic has a `total` of None,
        unless there is nothing to read.
        """
        partitions = self._partitions(topic)
        committed = self._committed(group, topic, partitions)
        # In this order, or a group that works on would seem to be ahead of the end.
        starts = self._offsets(topic, partitions, "earliest")
        ends = self._offsets(topic, partitions, "latest")
        return self._named(lambda: lag_of(group, topic, committed, starts, ends))

    def lags(self, consumers: Mapping[str, Sequence[str]]) -> dict[str, int | None]:
        """Map "group/topic" to the lag in messages, for each group and each of its topics."""
        return {
            f"{group}/{topic}": self.lag(group, topic).total
            for group, topics in consumers.items()
            for topic in topics
        }

    def _since_last_run(self, looked: Offsets, what: str) -> Flow:
        def read(text: str) -> Flow:
            try:
                return flow_between(read_offsets(text), looked)
            except MeasurementError as error:
                raise ValueError(str(error)) from None

        key = f"{self.name}/{what}"
        last = self._readings.last(key, read)
        self._readings.keep(key, write_offsets(looked))
        return last.content if last else Flow(looked.topic, looked.total, None)

    def _partitions(self, topic: str) -> Sequence[int]:
        # Asking for all topics is what never creates one: a broker may make those it is asked for.
        topics = self._partitions_of_topics()
        if topic not in topics:
            hint = suggest("topic", topic, topics)
            raise MeasurementError(f"{self.name}: there is no topic {topic!r}: {hint}")
        return topics[topic]

    def _partitions_of_topics(self) -> dict[str, Sequence[int]]:
        found = self._ask(
            "Metadata of all topics", lambda client, limit: client.list_topics(timeout=limit)
        )
        return {name: sorted(topic.partitions) for name, topic in found.topics.items()}

    def _offsets(self, topic: str, partitions: Iterable[int], which: _Which) -> dict[int, int]:
        def look(client: AdminClient, limit: float) -> dict[Any, Any]:
            from confluent_kafka import TopicPartition, admin

            specs: Any = admin  # whose types do not say that it has OffsetSpec
            spec = getattr(specs.OffsetSpec, which)()
            wanted = {TopicPartition(topic, each): spec for each in partitions}
            return _gather(client.list_offsets(wanted, request_timeout=limit), limit)

        answers = self._ask(f"ListOffsets of {topic}: {which}", look)
        return {where.partition: found.offset for where, found in answers.items()}

    def _committed(
        self, group: str, topic: str, partitions: Iterable[int]
    ) -> dict[int, int | None]:
        def fetch(client: AdminClient, limit: float) -> dict[Any, Any]:
            from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

            every = [TopicPartition(topic, each) for each in partitions]
            wanted = [ConsumerGroupTopicPartitions(group, every)]
            return _gather(client.list_consumer_group_offsets(wanted, request_timeout=limit), limit)

        said = f"OffsetFetch of group {group} in {topic}"
        found: list[TopicPartition] = self._ask(said, fetch)[group].topic_partitions
        if refused := next((each.error for each in found if each.error), None):
            raise self._wrong(said, refused.str())
        return {each.partition: each.offset if each.offset >= 0 else None for each in found}

    def _ask(self, said: str, ask: Callable[[AdminClient, float], T]) -> T:
        client = self._reach()
        note(said)
        return self._outages.connect(self.name, lambda: self._send(client, said, ask))

    def _send(self, client: AdminClient, said: str, ask: Callable[[AdminClient, float], T]) -> T:
        from confluent_kafka import KafkaException

        timeout = self._settings.timeout
        late = f"no answer within {format_duration(timeout)} (timeout of targets.{self.name})"
        try:
            answer = ask(client, timeout.total_seconds())
        except TimeoutError:
            reason = late
        except KafkaException as error:
            slow = error.args[0].name() in ("_TIMED_OUT", "_TRANSPORT")
            reason = late if slow else error.args[0].str()
        else:
            self._errors.clear()
            return answer
        if self._all_are_down(client):
            raise self._outage(_read_outage(self._errors))
        raise self._wrong(said, reason)

    def _reach(self) -> AdminClient:
        with self._first:
            if self._opened is None:
                self._opened = self._outages.connect(self.name, self._connect)
            return self._opened

    def _connect(self) -> AdminClient:
        try:
            from confluent_kafka import KafkaException
            from confluent_kafka.admin import AdminClient
        except ImportError:
            reason = "the client is not installed: pip install gatepost[kafka]"
            raise Unavailable(self.name, reason) from None
        settings: dict[str, Any] = {
            **self._options,
            "bootstrap.servers": self._settings.servers,
            "client.id": "gatepost",
            "log_level": 0,  # what it has to say would go to stderr
            "error_cb": self._errors.append,
        }
        limit = self._settings.connect_timeout
        look, ending = _FIRST_LOOK_SECONDS, time.monotonic() + limit.total_seconds()
        try:
            client = AdminClient(settings)
        except KafkaException as error:
            said = shorten(error.args[0].str(), 160)
            raise self._outage(f"options of targets.{self.name} are wrong: {said}") from None
        while (left := ending - time.monotonic()) > 0:
            try:
                client.list_topics(timeout=min(look, left))
            except KafkaException:
                look *= 2  # a short first one, since it lasts its time even if all refuse
            else:
                return client
            if self._all_are_down(client):
                raise self._outage(_read_outage(self._errors))
        why = f": {_read_outage(self._errors)}" if self._errors else ""
        raise self._outage(f"no answer within {format_duration(limit)} (connect_timeout){why}")

    def _all_are_down(self, client: AdminClient) -> bool:
        client.poll(0)  # which hands over the errors; they say more than what a request raises
        return any(error.name() == "_ALL_BROKERS_DOWN" for error in self._errors)

    def _named(self, count: Callable[[], T]) -> T:
        try:
            return count()
        except Unavailable:
            raise
        except MeasurementError as error:
            raise MeasurementError(f"{self.name}: {error}") from None

    def _outage(self, reason: str) -> Unavailable:
        return Unavailable(self.name, self._secrets.mask(f"{reason} ({self.describe()})"))

    def _wrong(self, said: str, reason: str) -> MeasurementError:
        return MeasurementError(
            self._secrets.mask(f"{self.name}: {said} failed: {shorten(reason, 160)}")
        )


def _gather(answers: Mapping[Any, Future[Any]], seconds: float) -> dict[Any, Any]:
    ending = time.monotonic() + seconds
    return {
        key: answer.result(max(ending - time.monotonic(), 0)) for key, answer in answers.items()
    }


def _read_outage(errors: Sequence[KafkaError]) -> str:
    """Say in a few words why no broker answered, by the first error that names one."""
    said = next((error.str() for error in errors if error.name() != "_ALL_BROKERS_DOWN"), "")
    if "Connection refused" in said:
        return "connection refused: nothing listens there"
    if "Failed to resolve" in said:
        return "the host name cannot be resolved"
    if "authentication" in said.lower():
        return f"the login failed: {shorten(said, 160)}"
    return shorten(said, 160) or "all brokers are down"
