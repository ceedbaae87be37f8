"""A real Redis as a target, and servers that misbehave: it is only read, and always in time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from traceback import format_exception

import pytest
from pydantic import ValidationError

from fixtures import redis_server
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.journal import keep_journal
from gatepost.targets.redis import Redis, Settings, open_target

Open = Callable[..., Redis]
Run = Callable[..., AbstractContextManager[redis_server.Server]]
Script = Callable[[socket.socket, threading.Event], None]


@pytest.fixture
def open_redis() -> Iterator[Open]:
    """Opens an URL as a target, with settings; closes it after the test."""
    opened: list[Redis] = []

    def open_it(url: str, **settings: object) -> Redis:
        keys = Settings.model_validate({"kind": "redis", "url": url, **settings})
        opened.append(open_target("cache", keys, TargetContext()))
        return opened[-1]

    yield open_it
    for target in opened:
        target.close()


@pytest.fixture
def serve_redis() -> Iterator[Callable[[Script], str]]:
    """Serves each connection by a script on its socket; gives the URL."""
    stop = threading.Event()
    listeners: list[socket.socket] = []

    def serve_it(script: Script) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        script(connection, stop)

        threading.Thread(target=accept, daemon=True).start()
        return f"redis://127.0.0.1:{listener.getsockname()[1]}/0"

    yield serve_it
    stop.set()
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_ping_is_timed(redis_database: redis_server.Server, open_redis: Open) -> None:
    """A round trip takes a positive number of milliseconds."""
    assert 0 < open_redis(redis_database.url).ping() < 5000


def test_info_tells_memory_clients_and_evictions(run_redis: Run, open_redis: Open) -> None:
    """The figures of INFO follow what happens: a server that is full evicts keys."""
    with run_redis(maxmemory="3mb", **{"maxmemory-policy": "allkeys-lru"}) as own:
        target = open_redis(own.url)
        with own.connect() as client:
            for number in range(60):
                client.set(f"key {number}", "x" * 100_000)
            client.get("key 59")
            client.get("nowhere")
        info = target.info()
    assert info.max_memory_bytes == 3 * 1024**2
    assert info.memory_percent is not None
    assert 50 < info.memory_percent < 150
    assert info.evicted_keys > 10
    assert info.keys == {"db0": 60 - info.evicted_keys}
    assert (info.keyspace_hits, info.keyspace_misses, info.hit_percent) == (1, 1, 50)
    assert info.connected_clients >= 1
    assert info.role == "master"
    assert info.figures["evicted_keys"] == info.evicted_keys


def test_keys_are_counted(redis_database: redis_server.Server, open_redis: Open) -> None:
    """All keys by the server's own count, those that match by a walk over all of them."""
    with redis_database.connect() as client:
        client.mset({f"session:{number}": "x" for number in range(2500)})
        client.set("other", "y")
    target = open_redis(redis_database.url)
    assert target.key_count() == 2501
    assert target.key_count("session:*") == 2500
    assert target.key_count("nothing:*") == 0


def test_counting_by_pattern_is_bounded(
    redis_database: redis_server.Server, open_redis: Open
) -> None:
    """A walk over more keys than allowed ends, and the message says by what setting."""
    with redis_database.connect() as client:
        client.mset({f"session:{number}": "x" for number in range(5000)})
    target = open_redis(redis_database.url, max_keys=2000)
    with pytest.raises(MeasurementError, match=r"more than 2,000 keys \(max_keys of targets.cache"):
        target.key_count("session:*")


def test_length_of_every_kind(redis_database: redis_server.Server, open_redis: Open) -> None:
    """Lists, sets, sorted sets, hashes, streams and strings have a length; what is not has 0."""
    with redis_database.connect() as client:
        client.rpush("list", 1, 2, 3)
        client.sadd("set", 1, 2)
        client.zadd("zset", {"a": 1})
        client.hset("hash", mapping={"a": "1", "b": "2"})
        client.xadd("stream", {"a": "1"})
        client.set("string", "four")
    target = open_redis(redis_database.url)
    kinds = ("list", "set", "zset", "hash", "stream", "string", "nowhere")
    assert [target.length(kind) for kind in kinds] == [3, 2, 1, 2, 1, 4, 0]


def test_bytes_that_are_no_text_are_read(
    redis_database: redis_server.Server, open_redis: Open
) -> None:
    """A value that is not UTF-8 comes with its bytes escaped."""
    with redis_database.connect() as client:
        client.set("binary", b"\xff\x00a")
    assert open_redis(redis_database.url).ask("GET", "binary") == "\\xff\x00a"


@pytest.mark.parametrize(
    "command",
    [
        "SET",
        "del",
        "FLUSHALL",
        "CONFIG",
        "EVAL",
        "KEYS",
        "GETDEL",
        "GETEX",
        "PFCOUNT",
        "BLPOP",
        "GET x",
        "",
    ],
)
def test_commands_that_may_write_are_not_sent(
    redis_database: redis_server.Server, open_redis: Open, command: str
) -> None:
    """What is not known to only read is refused by name, before anything is sent."""
    with redis_database.connect() as client:
        client.set("k", "v")
    target = open_redis(redis_database.url)
    with keep_journal() as journal, pytest.raises(MeasurementError) as caught:
        target.ask(command, "k", "w")
    assert f"{command!r} is not sent, since it is none of the commands" in str(caught.value)
    assert journal.statements == []
    assert target.ask("get", "k") == "v"


def test_refused_command_is_named(redis_database: redis_server.Server, open_redis: Open) -> None:
    """The server's own words follow the command that it refused."""
    with redis_database.connect() as client:
        client.set("k", "v")
    with pytest.raises(MeasurementError, match="cache: LLEN k was refused: WRONGTYPE"):
        open_redis(redis_database.url).ask("LLEN", "k")


def test_many_threads_may_ask_one_redis(
    redis_database: redis_server.Server, open_redis: Open
) -> None:
    """One target serves checks in several threads, each with its own answer."""
    with redis_database.connect() as client:
        client.mset({f"k{number}": number for number in range(40)})
    target = open_redis(redis_database.url)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: target.ask("GET", f"k{n}"), range(40)))
    assert found == [str(number) for number in range(40)]


def test_commands_are_noted(redis_database: redis_server.Server, open_redis: Open) -> None:
    """The journal has each command as it was sent."""
    target = open_redis(redis_database.url)
    with keep_journal() as journal:
        target.ping()
        target.length("queue")
        target.info()
    assert journal.statements == ["PING", "TYPE queue", "INFO"]


def test_wrong_password_is_unavailable(
    redis_database: redis_server.Server, open_redis: Open
) -> None:
    """A refused login is told as such, without the password; so is a missing one."""
    for login in (":geheim@", "someone:geheim@", ""):
        target = open_redis(f"redis://{login}127.0.0.1:{redis_database.port}/0")
        with pytest.raises(Unavailable) as caught:
            target.ping()
        assert "rejected the user name or the password" in caught.value.reason
        texts = [target.describe(), *format_exception(caught.value)]
        assert "geheim" not in "".join(texts)


def test_unreachable_redis_is_tried_once(open_redis: Open) -> None:
    """A closed port is unavailable at once, and the next call does not try again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    target = open_redis(url)
    for _ in range(2):
        with pytest.raises(Unavailable, match="connection refused: nothing listens there"):
            target.ping()


def test_stopped_redis_is_unavailable(run_redis: Run, open_redis: Open) -> None:
    """A server that goes away between two questions is unavailable, not an error of the check."""
    with run_redis() as own:
        target = open_redis(own.url)
        target.ping()
    with pytest.raises(Unavailable):
        target.ping()


def test_unknown_host_is_unavailable(open_redis: Open) -> None:
    """A name that cannot be resolved is told as such."""
    with pytest.raises(Unavailable, match="the host name cannot be resolved"):
        open_redis("redis://nowhere.invalid:6379/0").ping()


def test_silent_server_is_given_up(open_redis: Open, serve_redis: Callable[[Script], str]) -> None:
    """A server that accepts and says nothing ends at the connect_timeout."""
    url = serve_redis(lambda _, stop: stop.wait() and None)
    with pytest.raises(Unavailable, match=r"no answer within 200 ms \(connect_timeout\)"):
        open_redis(url, connect_timeout="200 ms").ping()


def test_dripping_answer_ends_in_time(
    open_redis: Open, serve_redis: Callable[[Script], str]
) -> None:
    """An answer that comes byte by byte ends at the time-out in all, not of each byte."""

    def drip(connection: socket.socket, stop: threading.Event) -> None:
        answered = 0
        while asked := connection.recv(65_536):
            if b"INFO" not in asked or b"CLIENT" in asked:
                answered = asked.count(b"*")
                connection.sendall(b"+PONG\r\n" * answered)
                continue
            connection.sendall(b"$100000\r\n")
            while not stop.wait(0.02):
                connection.sendall(b"x")

    target = open_redis(serve_redis(drip), timeout="300 ms")
    with pytest.raises(MeasurementError, match="INFO was not answered within 300 ms"):
        target.info()


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"-LOADING loading\r\n", b"", b"\x00\xff\r\n"]
)
def test_what_is_no_redis_is_unavailable(
    open_redis: Open, serve_redis: Callable[[Script], str], said: bytes
) -> None:
    """A web server, one that loads its data, one that hangs up: none can be asked."""

    def answer(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(said * 3)

    with pytest.raises(Unavailable) as caught:
        open_redis(serve_redis(answer), connect_timeout="2 s").ping()
    assert "redis://127.0.0.1" in caught.value.reason


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": "http://h:6379"}, "not the URL of a Redis"),
        ({"url": "redis://"}, "not the URL of a Redis"),
        ({"url": "redis://u:geheim@h:port/0"}, "%2F for a slash in a password"),
        ({"max_keys": 0}, "greater than 0"),
        ({"timeout": 5}, "5 is not a duration"),
        ({"host": "h"}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_redis_setting_is_refused(settings: dict[str, object], message: str) -> None:
    """A wrong value is named, without the URL."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"kind": "redis", "url": "redis://h", **settings})
    assert message in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_redis_keeps_nothing_of_a_stopped_server(run_redis: Run) -> None:
    """The server's folder goes with it, and stopping twice is harmless."""
    server = redis_server.start_server()
    with server.connect() as client:
        folder = client.config_get("dir")["dir"]
    server.stop()
    server.stop()
    assert not Path(folder).exists()
