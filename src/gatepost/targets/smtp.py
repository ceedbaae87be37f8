"""A mail server: how it greets, what it offers, and its certificate; a mail is never sent."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Timer
from typing import Any, Literal

from pydantic import Field

from gatepost.durations import format_duration
from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.journal import note
from gatepost.targets.outages import Outages
from gatepost.wording import shorten

_MOST_BYTES = 65_536
_READY = 220


class Settings(TargetSettings):
    """The table of a mail server in `gatepost.toml`.

    `tls` is "starttls" to encrypt when the server offers it, "always" for a
    port that only speaks TLS (465), or "never". A certificate is checked
    unless `verify` is off; `authorities` is the file of those that are trusted
    instead of the machine's. `timeout` is for the whole dialogue.
    """

    kind: Literal["smtp"]
    host: str
    port: int = Field(25, gt=0, lt=65_536)
    tls: Literal["starttls", "always", "never"] = "starttls"
    verify: bool = True
    authorities: str | None = None
    client_name: str = "gatepost.invalid"
    timeout: Duration = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a mail server said.

    `code` and `text` are its greeting: 220 where it takes mail, and then
    `features` are what EHLO told, in upper case, encrypted where `tls` names a
    protocol. `certificate_expires` is in UTC, and None without a certificate
    that was checked. `seconds` is the time of the whole dialogue.
    """

    code: int
    text: str
    features: frozenset[str]
    offers_starttls: bool
    tls: str
    certificate_expires: datetime | None
    seconds: float

    @property
    def ready(self) -> bool:
        """Whether it takes mail."""
        return self.code == _READY


def open_target(name: str, settings: Settings, context: TargetContext) -> MailServer:
    """Make the target; it connects when a check first asks."""
    return MailServer(name, settings, context)


class MailServer:
    """A mail server, asked for its greeting and its features; each time anew."""

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._settings = settings
        self._outages: Outages = context.outages
        self._authorities = settings.authorities and str(context.root / settings.authorities)

    def describe(self) -> str:
        """Its host and port."""
        return f"mail server {self._settings.host}:{self._settings.port}"

    def close(self) -> None:
        """Nothing is held open."""

    def greet(self) -> Greeting:
        """Connect, greet, encrypt, and take leave.

        Raises Unavailable when no connection can be made or its certificate is
        not trusted, and MeasurementError when what answers does not speak SMTP,
        or not in time. A greeting other than 220 is what was measured.
        """
        note(f"EHLO to {self._settings.host}:{self._settings.port}")
        return self._outages.connect(self.name, self._greet)

    def _greet(self) -> Greeting:
        started = time.monotonic()
        with self._translated(started), closing(_Client(self._settings.client_name)) as client:
            limit = self._settings.timeout.total_seconds()
            client.sock = socket.create_connection(
                (self._settings.host, self._settings.port), timeout=limit
            )
            with _cut_off(client, limit - (time.monotonic() - started)):
                greeting = self._converse(client)
            return replace(greeting, seconds=time.monotonic() - started)

    def _converse(self, client: _Client) -> Greeting:
        if self._settings.tls == "always":
            client.encrypt(self._context(), self._settings.host)
        code, text = client.getreply()
        if code == -1:
            raise self._wrong(f"does not speak SMTP; it said {shorten(_said(text), 80)!r}")
        offers = False
        if code == _READY:
            client.ehlo_or_helo_if_needed()
            offers = client.has_extn("starttls")
            if offers and self._settings.tls == "starttls":
                refusal, why = client.docmd("STARTTLS")
                if refusal != _READY:
                    said = shorten(f"{refusal} {_said(why)}", 120)
                    raise self._wrong(f"offers STARTTLS, and refuses it: {said}")
                client.encrypt(self._context(), self._settings.host)
                client.ehlo_or_helo_if_needed()
        tls, expires = _encryption(client.sock)
        features = frozenset(name.upper() for name in client.esmtp_features)
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
        return Greeting(code, shorten(_said(text), 200), features, offers, tls, expires, 0.0)

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self._authorities)
        except OSError as error:
            reason = (
                f"its authorities {self._authorities} cannot be read: {error.strerror or error}"
            )
            raise Unavailable(self.name, f"{reason} (authorities of targets.{self.name})") from None
        if not self._settings.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    @contextmanager
    def _translated(self, started: float) -> Iterator[None]:
        """Say what went wrong in one sentence; before the deadline, or because of it."""
        try:
            yield
        except MeasurementError:
            raise
        except (smtplib.SMTPException, OSError, ValueError) as error:
            limit = self._settings.timeout
            late = time.monotonic() - started >= limit.total_seconds()
            raise self._failure(error, late=late) from None

    def _failure(self, error: Exception, *, late: bool) -> MeasurementError:
        where = f"{self._settings.host}:{self._settings.port}"
        if isinstance(error, ssl.SSLCertVerificationError):
            reason = f"its certificate is not trusted: {error.verify_message} ({where})"
            return Unavailable(self.name, reason)
        if late or isinstance(error, TimeoutError):
            limit = format_duration(self._settings.timeout)
            return self._wrong(f"did not answer within {limit} (timeout of targets.{self.name})")
        if isinstance(error, socket.gaierror):
            return Unavailable(self.name, f"the host name cannot be resolved ({where})")
        if isinstance(error, ConnectionRefusedError):
            reason = f"connection refused: nothing listens there ({where})"
            return Unavailable(self.name, reason)
        if isinstance(error, ssl.SSLError):
            return Unavailable(self.name, f"TLS failed: {shorten(str(error), 120)} ({where})")
        return self._wrong(f"broke off: {shorten(str(error), 120)}")

    def _wrong(self, what: str) -> MeasurementError:
        where = f"{self._settings.host}:{self._settings.port}"
        return MeasurementError(f"{self.name}: {where} {what}")


class _Client(smtplib.SMTP):
    """The standard library's client, on a socket that is there, and bounded in what it reads."""

    def __init__(self, name: str) -> None:
        super().__init__(local_hostname=name)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Bounded(self.sock.makefile("rb"))
        return super().getreply()

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Go on over TLS, and forget what was said in the open."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        self.file = None
        # Its handshake comes after, so that the deadline can cut it off.
        wrapped = context.wrap_socket(
            self.sock, server_hostname=host, do_handshake_on_connect=False
        )
        self.sock = wrapped
        wrapped.do_handshake()
        self.ehlo_resp = self.helo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False


class _Bounded:
    """A socket's file of whole lines, with an error after more than any server has to say."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._left = _MOST_BYTES

    def readline(self, most: int) -> bytes:
        line: bytes = self._file.readline(most)
        self._left -= len(line)
        if self._left < 0:
            raise OSError(f"it says more than {_MOST_BYTES:,} bytes")
        if len(line) < most and not line.endswith(b"\n"):
            raise OSError("it ends in the middle of a line")
        return line

    def close(self) -> None:
        self._file.close()


@contextmanager
def _cut_off(client: _Client, seconds: float) -> Iterator[None]:
    """End the connection after so long, however slowly it drips; time-outs are for each read."""

    def cut() -> None:
        if client.sock is not None:
            with suppress(OSError):
                # Not TLS's own shutdown, which takes its state away from the thread that reads.
                socket.socket.shutdown(client.sock, socket.SHUT_RDWR)

    deadline = Timer(max(seconds, 0), cut)
    deadline.daemon = True
    deadline.start()
    try:
        yield
    finally:
        deadline.cancel()


def _encryption(sock: socket.socket | None) -> tuple[str, datetime | None]:
    """The protocol, and when the certificate expires; that is known of a checked one only."""
    if not isinstance(sock, ssl.SSLSocket):
        return "", None
    until = (sock.getpeercert() or {}).get("notAfter")
    if not isinstance(until, str):
        return sock.version() or "", None
    return sock.version() or "", datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC)


def _said(text: bytes) -> str:
    return text.decode("utf-8", errors="replace")
