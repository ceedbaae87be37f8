"""Mail servers, polite and rude, as targets: what they say is measured, and no mail is sent."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from pydantic import ValidationError

from fixtures.processes import free_port
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.journal import keep_journal
from gatepost.targets.smtp import MailServer, Settings, open_target

HOST = "127.0.0.1"

Open = Callable[..., MailServer]
Talk = Callable[..., int]


class Watch:
    """A handler of the real server that remembers whether anybody wanted to send a mail."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def handle_MAIL(self, *_: object) -> str:  # noqa: N802 - the server's name
        self.asked.append("MAIL")
        return "250 OK"

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802 - the server's name
        self.asked.append("DATA")
        return "250 OK"


class AlwaysEncrypted(Controller):
    """A real server on a port that only speaks TLS; the library's own test connects in the open."""

    def _trigger_server(self) -> None:
        with socket.create_connection((self.hostname, self.port), 5) as plain:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(plain) as trigger:
                trigger.recv(1024)


@pytest.fixture
def authority() -> trustme.CA:
    """An authority of the test's own."""
    return trustme.CA()


@pytest.fixture
def authorities(authority: trustme.CA, tmp_path: Path) -> str:
    """The file that makes it trusted."""
    authority.cert_pem.write_to_path(str(tmp_path / "authorities.pem"))
    return "authorities.pem"


@pytest.fixture
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """A certificate of the loopback address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    return context


@pytest.fixture
def open_server(tmp_path: Path) -> Iterator[Open]:
    """Opens a port of this machine as a target."""
    opened: list[MailServer] = []

    def open_it(port: int, **settings: object) -> MailServer:
        keys = {"kind": "smtp", "host": HOST, "port": port, **settings}
        opened.append(
            open_target("mail", Settings.model_validate(keys), TargetContext(root=tmp_path))
        )
        return opened[-1]

    yield open_it
    for server in opened:
        server.close()


@pytest.fixture
def talk() -> Iterator[Talk]:
    """Serves one connection by a script on its socket; tells the port."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []
    stop = threading.Event()

    def serve(script: Callable[[socket.socket, threading.Event], None]) -> int:
        listener = socket.create_server((HOST, 0))
        listeners.append(listener)

        def answer() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    script(connection, stop)

        threads.append(threading.Thread(target=answer, daemon=True))
        threads[-1].start()
        port: int = listener.getsockname()[1]
        return port

    yield serve
    stop.set()
    for listener in listeners:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(10)


def test_plain_server_is_greeted(open_server: Open) -> None:
    """Its greeting and its features are there to be judged, and nobody asked to send a mail."""
    watch = Watch()
    server = Controller(watch, hostname=HOST, port=free_port(), server_hostname="mx.example")
    server.start()
    try:
        with keep_journal() as journal:
            greeting = open_server(server.port).greet()
    finally:
        server.stop()
    assert (greeting.code, greeting.ready) == (220, True)
    assert greeting.text.startswith("mx.example")
    assert {"SIZE", "8BITMIME"} <= greeting.features
    assert (greeting.offers_starttls, greeting.tls) == (False, "")
    assert greeting.certificate_expires is None
    assert 0 < greeting.seconds < 10
    assert watch.asked == []
    assert journal.statements == [f"EHLO to {HOST}:{server.port}"]


def test_offered_encryption_is_used(
    open_server: Open, server_context: ssl.SSLContext, authorities: str
) -> None:
    """The certificate is checked, and when it expires is told."""
    server = Controller(Watch(), hostname=HOST, port=free_port(), tls_context=server_context)
    server.start()
    try:
        greeting = open_server(server.port, authorities=authorities).greet()
        unasked = open_server(server.port, tls="never").greet()
    finally:
        server.stop()
    assert greeting.offers_starttls
    assert greeting.tls.startswith("TLSv1.")
    assert "STARTTLS" not in greeting.features
    assert greeting.certificate_expires is not None
    assert greeting.certificate_expires > datetime.now(UTC)
    assert (unasked.tls, unasked.offers_starttls) == ("", True)


def test_certificate_of_nobody_is_unavailable(
    open_server: Open, server_context: ssl.SSLContext, authorities: str
) -> None:
    """Unless it is not to be checked."""
    server = Controller(Watch(), hostname=HOST, port=free_port(), tls_context=server_context)
    server.start()
    try:
        with pytest.raises(Unavailable, match="certificate is not trusted"):
            open_server(server.port).greet()
        with pytest.raises(Unavailable, match=r"certificate is not trusted.*mismatch"):
            open_server(server.port, host="localhost", authorities=authorities).greet()
        unchecked = open_server(server.port, verify=False).greet()
    finally:
        server.stop()
    assert unchecked.tls
    assert unchecked.certificate_expires is None


def test_port_that_only_speaks_tls(
    open_server: Open, server_context: ssl.SSLContext, authorities: str
) -> None:
    """As 465 does; a server in the open there is told as one."""
    server = AlwaysEncrypted(Watch(), hostname=HOST, port=free_port(), ssl_context=server_context)
    server.start()
    try:
        greeting = open_server(server.port, tls="always", authorities=authorities).greet()
    finally:
        server.stop()
    assert greeting.ready
    assert greeting.tls.startswith("TLSv1.")
    plain = Controller(Watch(), hostname=HOST, port=free_port())
    plain.start()
    try:
        with pytest.raises(Unavailable, match="TLS failed"):
            open_server(plain.port, tls="always").greet()
    finally:
        plain.stop()


def test_nothing_listens(open_server: Open) -> None:
    """An outage, and the next check is not kept waiting."""
    server = open_server(free_port())
    for _ in range(2):
        with pytest.raises(Unavailable, match="mail is unavailable: connection refused"):
            server.greet()


def test_unknown_host(open_server: Open) -> None:
    """A name that nothing resolves."""
    with pytest.raises(Unavailable, match="the host name cannot be resolved"):
        open_server(25, host="mail.invalid").greet()


def test_refusal_is_a_measurement(open_server: Open, talk: Talk) -> None:
    """A server that takes no mail now has said so."""

    def refuse(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(b"554-no\r\n554 not today\r\n")
        connection.recv(100)

    greeting = open_server(talk(refuse)).greet()
    assert (greeting.code, greeting.ready, greeting.text) == (554, False, "no not today")
    assert greeting.features == frozenset()


def say(*lines: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """A script that greets, and answers each command with the next of these."""

    def script(connection: socket.socket, _: threading.Event) -> None:
        for line in filter(None, lines):
            connection.sendall(line)
            if line.endswith(b"\n"):
                connection.recv(1000)

    return script


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), "does not speak SMTP; it said"),
        ((b"",), "broke off"),
        ((b"220 hi\r\n",), "broke off"),
        ((b"220-hi\r\n22",), "broke off"),
        ((b"220 hi\r\n", b"502 no\r\n", b"502 no\r\n"), "broke off: .*502"),
        ((b"220-" + b"x" * 20_000,), "broke off: .*Line too long"),
        ((b"220 hi\r\n", b"250-x\r\n250 STARTTLS\r\n", b"454 no\r\n"), "refuses it: 454 no"),
    ],
)
def test_what_is_no_mail_server_is_no_measurement(
    open_server: Open, talk: Talk, lines: tuple[bytes, ...], why: str
) -> None:
    """The message says where, and what came instead."""
    with pytest.raises(MeasurementError, match=rf"mail: {HOST}:\d+ .*{why}"):
        open_server(talk(say(*lines))).greet()


def test_endless_greeting_is_cut_off(open_server: Open, talk: Talk) -> None:
    """However fast it comes, it is bounded in size."""

    def babble(connection: socket.socket, stop: threading.Event) -> None:
        while not stop.is_set():
            connection.sendall(b"220-hello again\r\n" * 1000)

    with pytest.raises(MeasurementError, match=r"says more than 65,536 bytes"):
        open_server(talk(babble)).greet()


@pytest.mark.parametrize("greeting", [b"", b"220 hi\r\n", b"220-hi\r\n"])
def test_slow_server_is_bounded_in_time(open_server: Open, talk: Talk, greeting: bytes) -> None:
    """Also one that says a word now and then."""

    def drip(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(greeting)
        while greeting and not stop.wait(0.05):
            connection.sendall(b"2")
        stop.wait(10)

    server = open_server(talk(drip), timeout=timedelta(milliseconds=300))
    with pytest.raises(
        MeasurementError, match=r"did not answer within 300 ms \(timeout of targets"
    ):
        server.greet()


def test_missing_authorities_are_named(open_server: Open, server_context: ssl.SSLContext) -> None:
    """It is the configuration that is to be mended."""
    server = Controller(Watch(), hostname=HOST, port=free_port(), tls_context=server_context)
    server.start()
    try:
        with pytest.raises(Unavailable, match=r"gone.pem cannot be read.*authorities of targets"):
            open_server(server.port, authorities="gone.pem").greet()
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("key", "value"), [("port", 0), ("port", 70_000), ("tls", "maybe"), ("password", "x")]
)
def test_wrong_setting_is_refused(key: str, value: object) -> None:
    """When the configuration is read."""
    with pytest.raises(ValidationError, match=key):
        Settings.model_validate({"kind": "smtp", "host": "x", key: value})
