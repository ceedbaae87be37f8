"""Elasticsearch as a target, on a stand-in of its endpoints: windows, messages, and odd answers."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from fixtures.elasticsearch_server import Elasticsearch as Standin
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.elasticsearch import Elasticsearch, Settings, open_target
from gatepost.targets.journal import keep_journal

SLOT = datetime(2026, 3, 5, 12, tzinfo=UTC)

Open = Callable[..., Elasticsearch]
Ask = Callable[[Elasticsearch], object]


@pytest.fixture
def open_elasticsearch() -> Iterator[Open]:
    """Opens an URL as a target, with settings; closes it after the test."""
    opened: list[Elasticsearch] = []

    def open_it(url: str, **settings: object) -> Elasticsearch:
        keys = {"kind": "elasticsearch", "url": url, "time_field": "timestamp", **settings}
        context = TargetContext(slot=SLOT)
        opened.append(open_target("logs", Settings.model_validate(keys), context))
        return opened[-1]

    yield open_it
    for target in opened:
        target.close()


@pytest.fixture
def logs(elasticsearch_server: Standin) -> Standin:
    """A stand-in with lines of two days, one of them at the slot itself."""
    lines = [
        ("api", "ERROR", "Authentication failed", timedelta(minutes=1)),
        ("api", "ERROR", "Authentication failed", timedelta(minutes=59)),
        ("api", "ERROR", "no such listing", timedelta(minutes=60)),
        ("api", "INFO", "started", timedelta(minutes=2)),
        ("scraper", "ERROR", "rate limited", timedelta(minutes=3)),
        ("api", "ERROR", "at the slot", timedelta(0)),
        ("api", "ERROR", "long ago", timedelta(days=1)),
    ]
    for service, level, message, ago in lines:
        at = SLOT - ago
        line = {"timestamp": at.isoformat(), "service": service, "level": level}
        midnight = at.replace(hour=0, minute=0)
        name = f"marketplace-{at:%Y.%m.%d}"
        elasticsearch_server.add(name, {**line, "message": message}, created=midnight)
    return elasticsearch_server


ASKS: list[Ask] = [
    lambda target: target.ping(),
    lambda target: target.health(),
    lambda target: target.count("marketplace-*"),
    lambda target: target.top_messages("marketplace-*"),
    lambda target: target.lifecycle("logs"),
    lambda target: target.indices("marketplace-*"),
]


def test_count_in_the_window(logs: Standin, open_elasticsearch: Open) -> None:
    """The window ends before the slot and begins with its first moment; None is no window."""
    target = open_elasticsearch(logs.url)
    assert target.count("marketplace-*") == 5
    assert target.count("marketplace-*", window="59 min") == 4
    assert target.count("marketplace-*", window=None) == 7


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("level:ERROR AND service:api", 3),
        ('message:"authentication failed"', 2),
        ({"term": {"service.keyword": "scraper"}}, 1),
        ("service:nobody", 0),
    ],
)
def test_count_of_a_query(
    logs: Standin, open_elasticsearch: Open, query: object, count: int
) -> None:
    """A query is one of Kibana's search bar, or JSON; nothing found is 0."""
    assert open_elasticsearch(logs.url).count("marketplace-*", query) == count


def test_top_messages(logs: Standin, open_elasticsearch: Open) -> None:
    """The most frequent messages come first with their numbers, and the number of all."""
    found = open_elasticsearch(logs.url).top_messages("marketplace-*", "level:ERROR", most=2)
    assert found.total == 4
    assert list(found.messages.items()) == [("Authentication failed", 2), ("no such listing", 1)]
    assert str(found) == "2 x Authentication failed; 1 x no such listing"


def test_cluster_health(elasticsearch_server: Standin, open_elasticsearch: Open) -> None:
    """Status, nodes and shards as the cluster tells them."""
    elasticsearch_server.status, elasticsearch_server.failed_shards = "yellow", 2
    health = open_elasticsearch(elasticsearch_server.url).health()
    assert (health.status, health.nodes, health.unassigned_shards) == ("yellow", 1, 2)


def test_lifecycle_is_compared(elasticsearch_server: Standin, open_elasticsearch: Open) -> None:
    """A policy is flat, and compared with what is declared whatever the units."""
    elasticsearch_server.policies["logs"] = {
        "hot": {"min_age": "0ms", "actions": {"rollover": {"max_age": "24h", "max_size": "50gb"}}},
        "warm": {"min_age": "7d", "actions": {"shrink": {"number_of_shards": 1}}},
        "delete": {"min_age": "120d", "actions": {"delete": {}}},
    }
    policy = open_elasticsearch(elasticsearch_server.url).lifecycle("logs")
    fine = {
        "hot.rollover.max_age": "1d",
        "hot.rollover.max_size": "51200mb",
        "warm.min_age": "168h",
        "warm.shrink.number_of_shards": "1",
        "delete.delete": True,
    }
    assert policy.differences(fine) == ()
    assert policy.differences({**fine, "cold.freeze": True, "delete.min_age": "90d"}) == (
        "cold.freeze is missing, declared True",
        "delete.min_age is 120d, declared 90d",
    )


def test_indices_have_ages(logs: Standin, open_elasticsearch: Open) -> None:
    """Indices come oldest first with their age at the slot; a pattern may fit none."""
    target = open_elasticsearch(logs.url)
    found = target.indices("marketplace-*")
    assert [index.name for index in found] == ["marketplace-2026.03.04", "marketplace-2026.03.05"]
    assert [index.age for index in found] == [timedelta(hours=36), timedelta(hours=12)]
    assert [index.documents for index in found] == [1, 6]
    assert target.indices("other-*") == ()


@pytest.mark.parametrize("ask", ASKS)
def test_html_page_with_status_200_is_no_answer(
    elasticsearch_server: Standin, open_elasticsearch: Open, ask: Ask
) -> None:
    """A proxy's page of HTML is an error that shows how it begins, never a zero."""
    page = b"<!doctype html><html><body><h1>Sign in</h1></body></html>"
    elasticsearch_server.answer = (200, "text/html", page)
    with pytest.raises(MeasurementError, match=r"is not JSON: .*it begins '<!doctype html>"):
        ask(open_elasticsearch(elasticsearch_server.url))


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'"ok"', b"12", b'{"count": "7"}'])
@pytest.mark.parametrize("ask", ASKS[:5])
def test_json_of_something_else_is_no_answer(
    elasticsearch_server: Standin, open_elasticsearch: Open, ask: Ask, body: bytes
) -> None:
    """JSON without the expected figure is an error that names it."""
    elasticsearch_server.answer = (200, "application/json", body)
    with pytest.raises(MeasurementError, match=r"logs: http://127.* has no [\w.]+ of type"):
        ask(open_elasticsearch(elasticsearch_server.url))


def test_failed_shards_are_no_count(logs: Standin, open_elasticsearch: Open) -> None:
    """A count of a part of the data is an error, as the rest may hold anything."""
    logs.failed_shards = 1
    target = open_elasticsearch(logs.url)
    for ask in ASKS[2:4]:
        with pytest.raises(MeasurementError, match="has failures in 1 of 2 shards, and found a pa"):
            ask(target)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda target: target.count("nowhere-*"), "404: index_not_found_exception: no such index"),
        (lambda target: target.lifecycle("none"), "404: resource_not_found_exception: Lifecycle"),
        (lambda target: target.count("marketplace-*", "(("), "400: parse_exception: Failed to par"),
    ],
)
def test_refusals_are_told(logs: Standin, open_elasticsearch: Open, ask: Ask, words: str) -> None:
    """An unknown index or policy and a wrong query come in Elasticsearch's own words."""
    with pytest.raises(MeasurementError, match=f"answered with status {words}"):
        ask(open_elasticsearch(logs.url))


def test_error_page_is_told(elasticsearch_server: Standin, open_elasticsearch: Open) -> None:
    """A gateway's own error is told by its status and how it begins."""
    elasticsearch_server.answer = (502, "text/html", b"<html>bad gateway</html>")
    with pytest.raises(MeasurementError, match="status 502: no JSON; it begins '<html>bad gate"):
        open_elasticsearch(elasticsearch_server.url).health()


def test_refused_key_is_unavailable(
    elasticsearch_server: Standin, open_elasticsearch: Open
) -> None:
    """A refused login holds for all questions, so it is an outage, and asked for once."""
    elasticsearch_server.answer = (401, "application/json", b"{}")
    headers = {"Authorization": "ApiKey geheim"}
    target = open_elasticsearch(elasticsearch_server.url, headers=headers)
    with keep_journal() as journal:
        for _ in range(2):
            with pytest.raises(Unavailable, match="rejected the login or the API key") as caught:
                target.health()
            assert "geheim" not in str(caught.value)
    assert len(journal.statements) == 1


def test_unreachable_elasticsearch_is_unavailable(open_elasticsearch: Open) -> None:
    """A closed port is unavailable."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable, match="connection refused"):
        open_elasticsearch(f"http://127.0.0.1:{port}").count("logs-*")


@pytest.mark.parametrize(
    "index", ["", "logs/_delete_by_query?q=*:*#", "a b", "logs%2F_doc", "../x", ".."]
)
def test_index_that_is_a_path_is_not_sent(
    elasticsearch_server: Standin, open_elasticsearch: Open, index: str
) -> None:
    """What is no name of an index cannot turn a question into another request."""
    target = open_elasticsearch(elasticsearch_server.url)
    with keep_journal() as journal, pytest.raises(MeasurementError, match="cannot name indices"):
        target.count(index)
    assert journal.statements == []


def test_wrong_window_is_refused(elasticsearch_server: Standin, open_elasticsearch: Open) -> None:
    """A window is a duration with a unit."""
    with pytest.raises(ValueError, match="'1' is not a duration"):
        open_elasticsearch(elasticsearch_server.url).count("logs", window="1")


def test_wrong_elasticsearch_setting_is_refused() -> None:
    """A wrong value is named, without the URL, which may hold a password."""
    keys = {"kind": "elasticsearch", "url": "https//u:geheim@h"}
    with pytest.raises(ValidationError, match="not an HTTP URL") as caught:
        Settings.model_validate(keys)
    assert "geheim" not in str(caught.value)
