"""What Marketplace's checks make of what its stand-in does not show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from checks.marketplace import (
    check_kafka,
    check_logs,
    check_metrics,
    check_postgres,
    check_resources,
    lines,
    services,
)
from checks.marketplace.counted import counted, percent
from checks.marketplace.tables import DECLARED
from fixtures.marketplace import exposition
from fixtures.marketplace import services as standin
from fixtures.marketplace.scenario import SERVICES, Scenario
from fixtures.marketplace.topics import GROUPS
from gatepost import MeasurementError, Page
from gatepost.targets.elasticsearch_answers import TopMessages
from gatepost.targets.exposition import read_exposition
from gatepost.targets.kafka_offsets import Lag, PartitionLag
from gatepost.targets.log_lines import Record
from gatepost.targets.vector import Sample, Vector

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)


def page(service: str = "api", changed: str = "", into: str = "") -> Page:
    """A page of the stand-in, with one text on it changed."""
    text = exposition.write_page(service, Scenario(), NOW - timedelta(days=1), NOW)
    assert changed in text
    found = read_exposition(text.replace(changed, into))
    return Page("marketplace_api_metrics", NOW, 0.01, found.families, found.samples)


def complaints(found: Page, service: str = "api") -> list[str]:
    """All that the contract has against a page."""
    differences = check_metrics.differences(found, service)
    return [*differences, *check_metrics.unwatched(found, service)]


@pytest.mark.parametrize(
    ("changed", "into", "said"),
    [
        ("process_thread_count", "process_threads", "process_thread_count is missing"),
        ("process_thread_count{", "process_threads{", "process_thread_count has no series"),
        (
            "# TYPE http_requests_total counter",
            "# TYPE http_requests_total gauge",
            "http_requests_total is a gauge, not a counter",
        ),
        (
            'table="alerts",status',
            'relation="alerts",status',
            "db_operations_total has the labels operation, relation, service, status, table",
        ),
        (
            'le="10"',
            'le="20"',
            "http_request_duration_seconds has 13 buckets from 0.01 to 20 s",
        ),
        (
            'endpoint="/search"',
            'endpoint="/offers"',
            "no check looks at http_requests_total with endpoint /offers: list it",
        ),
    ],
)
def test_contract_tells_each_difference(changed: str, into: str, said: str) -> None:
    """A metric that is missing, or has another type, labels, buckets or parts than are listed."""
    assert said in complaints(page(changed=changed, into=into))


@pytest.mark.parametrize("service", SERVICES)
def test_contract_has_nothing_against_the_page_as_it_is(service: str) -> None:
    """Each service's page keeps it."""
    assert complaints(page(service), service) == []


def test_checks_look_at_all_that_the_stand_in_has() -> None:
    """The lists of the checks are those of the system, in every group."""
    assert services.SERVICES == SERVICES
    assert {name: (*parts,) for name, parts in standin.COMPONENTS.items()} == services.COMPONENTS
    assert {name: (*every,) for name, every in exposition.OPERATIONS.items()} == services.TABLES
    assert (*exposition.SCRAPERS,) == services.SCRAPERS
    assert services.REASONS == exposition.REASONS
    assert services.GROUPS == GROUPS
    assert set(DECLARED) == {"users", "api_keys", "listings", "alerts"}


def vector(*values: float) -> Vector:
    """Series of one metric."""
    samples = (Sample("x_total", {"n": str(n)}, value) for n, value in enumerate(values))
    return Vector(tuple(samples), "x_total")


def rising(*rose: float) -> Any:
    """A page of metrics whose series rose so much since the last run."""
    interval = SimpleNamespace(increase=lambda _: vector(*rose), words="since the run of 12:00")
    return SimpleNamespace(interval=lambda: interval)


@pytest.mark.parametrize(("rose", "expected"), [((3, 4), 7), ((), None)])
def test_what_was_counted_is_judged(rose: Sequence[float], expected: int | None) -> None:
    """All series together; without any there is no data."""
    assert counted(rising(*rose), "x_total").sum() == expected


def test_a_quiet_interval_says_nothing() -> None:
    """Where nothing was counted, a check is skipped: it neither fails nor ends a failure."""
    with pytest.raises(pytest.skip.Exception, match="nothing was counted since the run of 12:00"):
        counted(rising(0, 0), "x_total")


def test_a_share_needs_a_whole() -> None:
    """A part without series is none, and a share of nothing is unknown."""
    assert percent(None, 200) == 0
    assert percent(5, 200) == 2.5
    assert percent(None, 0) is percent(None, None) is None


@pytest.mark.parametrize(
    ("cpu", "megabytes", "expected"), [(60, 100, 10), (71, 100, 11), (140, 100, 20), (10, 480, 12)]
)
def test_replicas_at_the_ceiling(cpu: float, megabytes: float, expected: int) -> None:
    """Ten replicas are enough up to 70 % of CPU and 80 % of memory; the worse of the two counts."""
    assert check_resources.wanted_replicas(10, cpu, megabytes * 10**6) == expected


class Clock:
    """A group in Kafka as it is looked at again and again, and time that passes between looks."""

    def __init__(self, looks: Sequence[tuple[int | None, int]]) -> None:
        self.looks = looks
        self.now = 0.0
        self.seen = 0

    def lag(self, group: str, topic: str) -> Lag:
        """The committed offset and the end of this look; the last one stays."""
        committed, end = self.looks[min(self.seen, len(self.looks) - 1)]
        self.seen += 1
        return Lag(group, topic, (PartitionLag(0, 0, end, committed),))

    def sleep(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds

    def monotonic(self) -> float:
        """The time."""
        return self.now


@pytest.mark.parametrize(
    ("looks", "seconds"),
    [
        ([(5, 9), (6, 10)], 0.1),
        ([(5, 9)], 0.6),
        ([(5, 9)] + [(5, 12)] * 40 + [(12, 12)], 4.1),
        ([(None, 0)], 0.1),
    ],
    ids=["reads", "is idle", "commits late", "has nothing to read"],
)
def test_a_group_that_goes_on(
    looks: Sequence[tuple[int | None, int]], seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is let go as soon as it commits, or when nothing is written for half a second."""
    clock: Any = Clock(looks)
    monkeypatch.setattr(check_kafka, "time", clock)
    check_kafka.watch(clock, "processor", "listings.raw")
    assert clock.now == pytest.approx(seconds)


@pytest.mark.parametrize("committed", [5, None], ids=["stands still", "never committed"])
def test_a_group_that_is_stuck(committed: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that commits nothing for 6 s while messages are written fails with its figures."""
    clock: Any = Clock([(committed, end) for end in range(20, 200)])
    monkeypatch.setattr(check_kafka, "time", clock)
    with pytest.raises(AssertionError, match=r"processor has read nothing for 6 s, .* grew by 6"):
        check_kafka.watch(clock, "processor", "listings.raw")


def test_an_idle_topic_excuses_no_group_that_read_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that came before wait for it, however rarely others come."""
    clock: Any = Clock([(5, 9)] * 100)
    monkeypatch.setattr(check_kafka, "time", clock)
    said = r"has read nothing since the last run, nor for 6 s, in which its lag grew by 0 to 4 mes"
    with pytest.raises(AssertionError, match=said):
        check_kafka.watch(clock, "processor", "listings.raw", since=" since the last run, nor")


@pytest.mark.parametrize(
    ("exception", "lack"),
    [
        (None, None),
        ({"type": "KeyError", "value": "'id'", "traceback": "..."}, None),
        ({"type": "KeyError", "value": "'id'"}, "no 'exception.traceback'"),
        ("KeyError: 'id'", "no 'exception.type'"),
    ],
)
def test_an_exception_has_its_parts(exception: object, lack: str | None) -> None:
    """A line without an exception is fine, one whose exception is a text or lacks a part is not."""
    assert lines.lack_of_exception(Record(NOW, {"exception": exception})) == lack


def index(*documents: Mapping[str, object]) -> Any:
    """An Elasticsearch that counts documents by the fields that a question wants to exist."""

    def having(query: Any) -> list[Mapping[str, object]]:
        wanted = [each["exists"]["field"] for each in query["bool"]["filter"] if "exists" in each]
        return [each for each in documents if all(name in each for name in wanted)]

    return SimpleNamespace(
        count=lambda _, query, **__: len(having(query)),
        top_messages=lambda _, query, **__: TopMessages(len(having(query)), {}),
    )


def test_log_without_lines_is_no_data() -> None:
    """None of its checks is ok because there was nothing to count."""
    silent, written = index(), index({"message": "stored"})
    assert check_logs.check_contract(silent, "api") is None
    assert check_logs.check_errors(silent, "api") is None
    assert check_logs.check_authentication(silent) is None
    assert check_logs.check_slow_database(written, written, silent, written) is None


def test_indexed_line_that_lacks_several_fields_is_one_bad_line() -> None:
    """As in a file, of which each line is judged by itself."""
    whole = dict.fromkeys(lines.FIELDS, "x")
    raised = {**whole, "exception": {}, **dict.fromkeys(lines.OF_EXCEPTIONS, "x")}
    bare = {"timestamp": "x", "service": "x"}
    untold = {**whole, "exception": {}}
    found = lines.Lines(index(whole, raised, bare, untold), "api").contract()
    assert (found.lines, found.broken) == (4, 2)


def test_transactions_that_a_role_may_not_see_are_not_none() -> None:
    """Without the right to see other sessions, the oldest transaction is unknown."""

    def database(hidden: int) -> Any:
        found = pd.DataFrame({"hidden": [hidden], "minutes": [0.0]})
        return SimpleNamespace(frame=lambda _: found)

    assert check_postgres.check_long_transactions(database(0)) == 0
    with pytest.raises(MeasurementError, match=r"of 2 sessions are hidden .* pg_read_all_stats"):
        check_postgres.check_long_transactions(database(2))


def test_page_of_the_documentation_shows_the_checks_as_they_are() -> None:
    """Each example in Python stands in a module, word for word."""
    text = (ROOT / "docs/systems/marketplace.md").read_text("utf-8")
    modules = [path.read_text("utf-8") for path in (ROOT / "checks/marketplace").glob("*.py")]
    examples = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(examples) == 6
    for example in (each for block in examples for each in block.split("\n\n\n")):
        assert any(example.strip() in module for module in modules), example
