"""Neo4j as a target, over Bolt with a stand-in: reading, refusing, time-outs and broken servers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from traceback import format_exception

import pytest
from pydantic import ValidationError

from fixtures.bolt_server import BoltServer, Refused, Rows, one_value
from fixtures.packstream import Node
from fixtures.pytest_fixtures import PASSWORD
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.journal import keep_journal
from gatepost.targets.neo4j import Neo4j, Settings, open_target

SLOT = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)

Open = Callable[..., Neo4j]


@pytest.fixture
def open_neo4j() -> Iterator[Open]:
    """Opens an URL as a target, with settings; closes it after the test."""
    opened: list[Neo4j] = []

    def open_it(url: str, **settings: object) -> Neo4j:
        keys = {"kind": "neo4j", "url": url, "password": PASSWORD, **settings}
        opened.append(open_target("graph", Settings.model_validate(keys), TargetContext(slot=SLOT)))
        return opened[-1]

    yield open_it
    for target in opened:
        target.close()


@pytest.mark.parametrize("cluster", [False, True])
def test_round_trip_is_timed(bolt_server: BoltServer, open_neo4j: Open, cluster: bool) -> None:
    """One server and a cluster that routes both answer `RETURN 1` in some milliseconds."""
    url = bolt_server.cluster_url if cluster else bolt_server.url
    assert 0 < open_neo4j(url).ping() < 5000


def test_scalar(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """The only value of the only row; None where there is no row."""
    statement = "MATCH (f:Filing {ticker: $ticker}) RETURN count(f) AS filings"
    bolt_server.answers[statement] = lambda given: Rows(["n"], [[{"ACME": 12}[given["ticker"]]]])
    bolt_server.answers["NONE"] = lambda _: Rows(["n"], [])
    target = open_neo4j(bolt_server.url)
    assert target.scalar(statement, ticker="ACME") == 12
    assert target.scalar("NONE") is None


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        (Rows(["n"], [[1], [2]]), "2 rows of 1 column"),
        (Rows(["n", "m"], [[1, 2]]), "1 row of 2 co"),
    ],
)
def test_scalar_takes_one_value(
    bolt_server: BoltServer, open_neo4j: Open, answer: Rows, shape: str
) -> None:
    """More than one row or column is refused, with how many there were."""
    bolt_server.answers["MANY"] = lambda _: answer
    with pytest.raises(MeasurementError, match=f"returned {shape}"):
        open_neo4j(bolt_server.url).scalar("MANY")


def test_rows_are_plain_values(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """Moments come in UTC, days as dates, nodes as their properties, also inside of others."""
    berlin = timezone(timedelta(hours=2))
    listed = {"since": date(2020, 1, 2), "at": [datetime(2026, 3, 5, 14, tzinfo=berlin)]}
    values = [1, -70_000, 2**40, 2.5, "ü" * 300, None, True, Node("Company", listed)]
    bolt_server.answers["ROW"] = lambda _: Rows("abcdefgh", [values])
    (row,) = open_neo4j(bolt_server.url).rows("ROW")
    moment = row["h"]["at"][0]
    assert moment.tzinfo is UTC
    assert list(row.values()) == [
        *(1, -70_000, 2**40, 2.5, "ü" * 300, None, True),
        {"since": date(2020, 1, 2), "at": [datetime(2026, 3, 5, 12, tzinfo=UTC)]},
    ]


def test_parameters_arrive(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """Parameters are bound, not written into the statement, and the slot always is."""
    bolt_server.answers["ECHO"] = lambda given: Rows(
        sorted(given), [[given[k] for k in sorted(given)]]
    )
    target = open_neo4j(bolt_server.url)
    assert target.rows("ECHO", days=[1, 2], who="O'Hara") == [
        {"days": [1, 2], "slot": SLOT, "who": "O'Hara"}
    ]


def test_frame_keeps_its_columns(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """Many rows come in several fetches; without a row the columns are there all the same."""
    bolt_server.answers["BIG"] = lambda _: Rows(["n", "m"], [[n, n * n] for n in range(2500)])
    bolt_server.answers["NONE"] = lambda _: Rows(["n", "m"], [])
    target = open_neo4j(bolt_server.url)
    frame = target.frame("BIG")
    assert frame["m"].tolist() == [n * n for n in range(2500)]
    assert list(target.frame("NONE").columns) == ["n", "m"]


def test_too_many_rows_are_refused(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """What returns more than max_rows is an error that names the setting, never a part."""
    bolt_server.answers["BIG"] = lambda _: Rows(["n"], [[n] for n in range(11)])
    assert len(open_neo4j(bolt_server.url, max_rows=11).rows("BIG")) == 11
    with pytest.raises(MeasurementError, match=r"more than 10 rows \(max_rows of targets.graph\)"):
        open_neo4j(bolt_server.url, max_rows=10).rows("BIG")


def test_nodes_are_counted_by_label(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """A label is quoted, whatever is in it."""
    bolt_server.answers["MATCH (n:`Price``s`) RETURN count(n) AS nodes"] = one_value(7)
    assert open_neo4j(bolt_server.url).count("Price`s") == 7


def test_violations_are_counted_with_examples(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """All rows count; only the first are kept to be shown."""
    bolt_server.answers["BROKEN"] = lambda _: Rows(["ticker"], [[f"T{n}"] for n in range(8)])
    bolt_server.answers["FINE"] = lambda _: Rows(["ticker"], [])
    target = open_neo4j(bolt_server.url)
    found = target.violations("BROKEN", examples=2)
    assert (found.count, found.examples) == (8, ({"ticker": "T0"}, {"ticker": "T1"}))
    assert target.violations("FINE").count == 0


def test_transactions_only_read_and_end(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """The server is told to only read, and when to give up; a write is refused by it."""
    target = open_neo4j(bolt_server.url, timeout="7 s")
    with pytest.raises(MeasurementError, match="writes, and was not carried out: checks only read"):
        target.scalar("CREATE (n:Company) RETURN n")
    assert {each["mode"] for each in bolt_server.begun} == {"r"}
    assert bolt_server.begun[-1]["tx_timeout"] == 7000


def test_statements_are_noted(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """The journal has each statement as the author wrote it, and the number of rows."""
    with keep_journal() as journal:
        open_neo4j(bolt_server.url).ping()
    assert (journal.statements, journal.rows) == (["RETURN 1"], 1)


def test_many_threads_may_ask_one_graph(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """One target serves checks in several threads, each with its own answer."""
    bolt_server.answers["ECHO"] = lambda given: Rows(["n"], [[given["n"]]])
    target = open_neo4j(bolt_server.url)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: target.scalar("ECHO", n=n), range(40)))
    assert found == list(range(40))


def test_wrong_statement_is_refused(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """The server's code and words follow the beginning of the statement; the next one works."""
    target = open_neo4j(bolt_server.url)
    with pytest.raises(MeasurementError) as caught:
        target.scalar("MATCH nonsense")
    assert "graph: the statement 'MATCH nonsense' was refused" in str(caught.value)
    assert "Neo.ClientError.Statement.SyntaxError" in str(caught.value)
    assert target.scalar("RETURN 1") == 1


def test_parameter_without_a_type_is_refused(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """A value that Cypher has no type for is the author's mistake, and no outage."""
    bolt_server.answers["ECHO"] = one_value(1)
    with pytest.raises(MeasurementError, match="'ECHO' cannot be sent: ") as caught:
        open_neo4j(bolt_server.url).scalar("ECHO", what=object())
    assert not isinstance(caught.value, Unavailable)


@pytest.mark.parametrize("gives_up", ["server", "we"])
def test_slow_statement_is_given_up(
    bolt_server: BoltServer, open_neo4j: Open, gives_up: str
) -> None:
    """A statement ends at its time-out, whether the server keeps to it or hangs."""
    stop = threading.Event()

    def answer(_: object) -> Rows:
        if gives_up == "server":
            code = "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration"
            raise Refused(code, "The transaction has been terminated.")
        stop.wait(30)
        return Rows([], [])

    bolt_server.answers["SLOW"] = answer
    target = open_neo4j(bolt_server.url, timeout="300 ms")
    with pytest.raises(MeasurementError, match=r"not answered within 300 ms \(timeout of targets"):
        target.scalar("SLOW")
    stop.set()
    assert target.scalar("RETURN 1") == 1


@pytest.mark.parametrize("moment", ["handshake", "hello", "statement"])
def test_server_that_hangs_up(bolt_server: BoltServer, open_neo4j: Open, moment: str) -> None:
    """A server that closes during the handshake, the login or a statement is unavailable."""
    bolt_server.closes_at = moment  # type: ignore[assignment]
    with pytest.raises(Unavailable, match="it closed the connection; does it speak Bolt"):
        open_neo4j(bolt_server.url).ping()


def test_server_that_hangs_up_later(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """A connection that worked and is closed at a statement is an outage too."""
    target = open_neo4j(bolt_server.url)
    target.ping()
    bolt_server.closes_at = "statement"
    with pytest.raises(Unavailable):
        target.ping()


def test_refused_login_is_unavailable(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """A wrong password is told as such, and not shown; so is a missing one."""
    for password in ("geheim", None):
        target = open_neo4j(bolt_server.url, password=password)
        with pytest.raises(Unavailable) as caught:
            target.ping()
        assert "rejected the user name or the password" in caught.value.reason
        assert "geheim" not in "".join([target.describe(), *format_exception(caught.value)])


def test_unknown_database_is_unavailable(bolt_server: BoltServer, open_neo4j: Open) -> None:
    """A database that the server does not have is an outage in the server's words."""

    def answer(_: object) -> Rows:
        code = "Neo.ClientError.Database.DatabaseNotFound"
        raise Refused(code, "Database does not exist. Database name: 'prices'.")

    bolt_server.answers["RETURN 1"] = answer
    with pytest.raises(Unavailable, match="Database does not exist"):
        open_neo4j(bolt_server.url, database="prices").ping()


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_unreachable_neo4j_is_tried_once(open_neo4j: Open, scheme: str) -> None:
    """A closed port is unavailable at once, and the next question does not try again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    target = open_neo4j(f"{scheme}://127.0.0.1:{port}")
    for _ in range(2):
        with pytest.raises(Unavailable, match="connection refused: nothing listens there"):
            target.ping()


def test_unknown_neo4j_host_is_unavailable(open_neo4j: Open) -> None:
    """A name that cannot be resolved is told as such."""
    with pytest.raises(Unavailable, match="the host name cannot be resolved"):
        open_neo4j("bolt://nowhere.invalid:7687").ping()


@pytest.mark.parametrize("said", [None, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x00\x00\x00"])
def test_what_speaks_no_bolt_is_unavailable(open_neo4j: Open, said: bytes | None) -> None:
    """A silent server ends at the connect_timeout, one that says something else at once."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.recv(65_536)
                    if said is None:
                        stop.wait(30)
                    connection.sendall(said or b"")

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        url = f"bolt://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(Unavailable, match="bolt://127"):
            open_neo4j(url, connect_timeout="300 ms").ping()
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": "http://h:7474"}, "write bolt://host:7687 or neo4j+s://host:7687"),
        ({"url": "bolt://neo4j:geheim@h:7687"}, "and username and password beside it"),
        ({"url": "bolt://"}, "not the URL of a Neo4j"),
        ({"max_rows": 0}, "greater than 0"),
        ({"timeout": "soon"}, "'soon' is not a duration"),
    ],
)
def test_wrong_neo4j_setting_is_refused(settings: dict[str, object], message: str) -> None:
    """A wrong value is named, without what was put in."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"kind": "neo4j", "url": "bolt://h", **settings})
    assert message in str(caught.value)
    assert "geheim" not in str(caught.value)
