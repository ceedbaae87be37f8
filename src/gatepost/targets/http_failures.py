"""Why no answer came over HTTP, read from the errors of requests and urllib3."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from gatepost.wording import shorten

if TYPE_CHECKING:
    from requests import RequestException


class Failure(Enum):
    """How far a request came before it failed."""

    UNREACHABLE = auto()
    """No connection: nothing was sent."""
    UNTRUSTED = auto()
    """A connection whose certificate or protocol was refused: nothing was sent."""
    BROKEN_OFF = auto()
    """The connection ended before the answer began."""
    SLOW = auto()
    """Sent, but not answered in time."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Cause:
    """The failure, and its reason in a few words, without the URL."""

    failure: Failure
    reason: str


def read_failure(error: RequestException) -> Cause:
    """Recognise an error of requests by what it wraps."""
    from requests import exceptions
    from urllib3.exceptions import ProtocolError

    chain = list(_chain(error))
    last = chain[-1]
    if isinstance(error, exceptions.ConnectTimeout):
        return Cause(Failure.UNREACHABLE, "no connection within the connect_timeout")
    if isinstance(error, exceptions.ReadTimeout):
        return Cause(Failure.SLOW, "no answer in time")
    if isinstance(error, exceptions.SSLError):
        why = next((e.verify_message for e in chain if isinstance(e, _CERTIFICATE)), str(last))
        return Cause(Failure.UNTRUSTED, f"TLS failed: {shorten(why, 120)}")
    if isinstance(error, exceptions.ProxyError):
        return Cause(Failure.UNREACHABLE, f"the proxy failed: {shorten(str(last), 120)}")
    if any(isinstance(e, socket.gaierror) for e in chain):
        return Cause(Failure.UNREACHABLE, "the host name cannot be resolved")
    if any(isinstance(e, ConnectionRefusedError) for e in chain):
        return Cause(Failure.UNREACHABLE, "connection refused: nothing listens there")
    if any(isinstance(e, ProtocolError) for e in chain):
        return Cause(Failure.BROKEN_OFF, shorten(str(last), 120))
    if isinstance(error, exceptions.ConnectionError):
        return Cause(Failure.UNREACHABLE, shorten(str(last), 120))
    return Cause(Failure.OTHER, f"{type(error).__name__}: {shorten(str(last), 120)}")


_CERTIFICATE = ssl.SSLCertVerificationError


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, as argument, `reason` or cause, down to the innermost."""
    seen: list[BaseException] = []
    inner: object = error
    while isinstance(inner, BaseException) and inner not in seen:
        seen.append(inner)
        yield inner
        wrapped = [inner.__dict__.get("reason"), *inner.args, inner.__cause__, inner.__context__]
        inner = next((part for part in wrapped if isinstance(part, BaseException)), None)
