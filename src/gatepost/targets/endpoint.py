"""An HTTP endpoint: bounded requests, and their answers as measurements."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin, urlsplit

from pydantic import ByteSize, NonNegativeInt, SecretStr, field_validator

from gatepost.durations import format_duration
from gatepost.errors import MeasurementError, Unavailable
from gatepost.masking import Secrets, password_of
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.http_failures import Failure, read_failure
from gatepost.targets.journal import note
from gatepost.targets.response import Response
from gatepost.targets.urls import is_same_site, join_url, mask_url
from gatepost.wording import shorten

if TYPE_CHECKING:
    import requests

_MOST_REDIRECTS = 5
_CHUNK = 65_536
_MOST_CONNECTIONS = 256
"""That are kept: those that threads use at once are never more."""


class HttpSettings(TargetSettings):
    """What every kind of target that is asked over HTTP has in its table.

    `url` is what the checks' paths are appended to. `timeout` is the budget
    of a request in all: retries, redirects and the whole body. `max_body`
    bounds the body, decompressed. `token` is sent as a bearer token. A request
    is sent again, up to `retries` times, when no connection could be made,
    and a GET also when the connection broke off before the answer.
    """

    url: SecretStr
    connect_timeout: Duration = timedelta(seconds=3)
    timeout: Duration = timedelta(seconds=10)
    max_body: ByteSize = ByteSize(5_000_000)
    headers: Mapping[str, SecretStr] = {}
    token: SecretStr | None = None
    verify: bool = True
    retries: NonNegativeInt = 1

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: SecretStr) -> SecretStr:
        return check_url(url)


class Settings(HttpSettings):
    """The table of an endpoint in `gatepost.toml`."""

    kind: Literal["endpoint"]


def check_url(url: SecretStr) -> SecretStr:
    """Return a setting that holds an HTTP URL; ValueError, without the value, for anything else."""
    try:
        parts = urlsplit(url.get_secret_value())
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            "not an HTTP URL; write https://host/path, and %2F for a slash in a password"
        )
    return url


def open_target(name: str, settings: HttpSettings, context: TargetContext) -> Endpoint:
    """Make the target; it connects when a check first requests something."""
    return Endpoint(name, settings, context)


@dataclass(slots=True)
class _Call:
    """One request on its way: where it has got to, and what it may still take."""

    method: str
    url: str
    content: Mapping[str, Any]
    budget: float
    started: float = field(default_factory=time.monotonic)
    is_sent: bool = False

    def begin(self) -> None:
        """Start the clock, once: while another thread tried the target first, it stood still."""
        if not self.is_sent:
            self.started, self.is_sent = time.monotonic(), True

    @property
    def spent(self) -> float:
        return time.monotonic() - self.started

    @property
    def left(self) -> float:
        return self.budget - self.spent


class Endpoint:
    """A live HTTP endpoint.

    A request raises Unavailable when no connection can be made, and
    MeasurementError when the answer is too slow, too large or broken off, or
    redirects to another host. A status is never an error: it is a measurement.
    """

    concurrent = True

    def __init__(self, name: str, settings: HttpSettings, context: TargetContext) -> None:
        # While it is imported, requests relies on the filters of warnings that it has just set.
        # pytest sets others at each item, so that it must not happen beside one, in a thread.
        import requests  # noqa: F401

        self.name = name
        self._settings = settings
        self._outages = context.outages
        self._url = settings.url.get_secret_value()
        self._secrets = Secrets(_secrets_in(settings))
        self._first = Lock()
        self._opened: requests.Session | None = None

    def __repr__(self) -> str:
        return f"<Endpoint {self.name}: {self.describe()}>"

    def describe(self) -> str:
        """The base URL without secrets."""
        return self._shown(self._url)

    def close(self) -> None:
        """Close all connections."""
        if self._opened is not None:
            self._opened.close()

    def get(
        self,
        path: str = "",
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """GET a path below the base URL; up to 5 redirects on the same host are followed."""
        return self._request("GET", join_url(self._url, path, params), {"headers": headers})

    def post(
        self,
        path: str = "",
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """POST a JSON document, for questions that are asked so; a redirect is the answer."""
        content = {"headers": headers, "json": json}
        return self._request("POST", join_url(self._url, path, params), content)

    def _session(self) -> requests.Session:
        with self._first:
            if self._opened is None:
                self._opened = self._open_session()
            return self._opened

    def _open_session(self) -> requests.Session:
        return _new_session(self._settings)

    def _request(self, method: str, url: str, content: Mapping[str, Any]) -> Response:
        call = _Call(method, url, content, self._settings.timeout.total_seconds())
        for _ in range(_MOST_REDIRECTS + 1):
            with self._outages.connect(self.name, lambda: self._send(call)) as answer:
                if call.method != "GET" or not answer.is_redirect:
                    body = self._read_body(answer, call)
                    headers = {name.lower(): value for name, value in answer.headers.items()}
                    shown = self._shown(call.url)
                    return Response(answer.status_code, call.spent, body, headers, shown)
                self._follow(call, answer.headers["location"])
        raise self._wrong(call, f"redirects more than {_MOST_REDIRECTS} times")

    def _send(self, call: _Call) -> requests.Response:
        """Send, again where that is safe, and return when the answer's headers are there."""
        from requests.exceptions import RequestException

        connect_timeout = self._settings.connect_timeout.total_seconds()
        retries = self._settings.retries
        call.begin()
        while True:
            if call.left <= 0:
                raise self._too_slow(call)
            note(f"{call.method} {self._shown(call.url)}")
            try:
                return self._session().request(
                    call.method,
                    call.url,
                    timeout=(min(connect_timeout, call.left), call.left),
                    stream=True,
                    allow_redirects=False,
                    **call.content,
                )
            except RequestException as error:
                cause = read_failure(error)
                match cause.failure:
                    case Failure.UNREACHABLE if retries:
                        retries -= 1
                    case Failure.BROKEN_OFF if retries and call.method == "GET":
                        retries -= 1
                    case Failure.UNREACHABLE | Failure.UNTRUSTED:
                        # The query has no part in it, and can be long; the statements have it.
                        where = self._shown(call.url).partition("?")[0]
                        reason = f"{cause.reason} ({where})"
                        raise Unavailable(self.name, reason) from None
                    case Failure.SLOW:
                        raise self._too_slow(call) from None
                    case _:
                        raise self._wrong(call, f"gave no answer: {cause.reason}") from None

    def _read_body(self, answer: requests.Response, call: _Call) -> bytes:
        from urllib3.exceptions import HTTPError

        body = bytearray()
        most = self._settings.max_body
        # Time-outs of a socket are for each of its reads; one that drips needs a deadline.
        deadline = Timer(max(call.left, 0), _cut, [answer])
        deadline.daemon = True
        deadline.start()
        try:
            while chunk := answer.raw.read1(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > most:
                    limit = most.human_readable(decimal=True)
                    advice = f"raise max_body of targets.{self.name}, or ask for less"
                    raise self._wrong(call, f"sends a body of more than {limit}; {advice}")
        except (HTTPError, OSError) as error:
            if call.left > 0:
                reason = shorten(str(error), 120)
                raise self._wrong(
                    call, f"broke off after {len(body):,} bytes of its body: {reason}"
                ) from None
        finally:
            deadline.cancel()
        if call.left <= 0:
            raise self._too_slow(call)
        return bytes(body)

    def _follow(self, call: _Call, location: str) -> None:
        url = urljoin(call.url, location)
        if not is_same_site(call.url, url):
            here, there = (urlsplit(each) for each in (call.url, url))
            raise self._wrong(
                call,
                f"redirects from {here.scheme}://{here.netloc.rpartition('@')[2]} to "
                f"{there.scheme}://{there.netloc.rpartition('@')[2]}, which is not followed; "
                f"if that is meant, change url of targets.{self.name}",
            )
        call.url = url

    def _too_slow(self, call: _Call) -> MeasurementError:
        limit = format_duration(self._settings.timeout)
        return self._wrong(
            call, f"was not answered in full within {limit} (timeout of targets.{self.name})"
        )

    def _wrong(self, call: _Call, what: str) -> MeasurementError:
        said = f"{self.name}: {call.method} {self._shown(call.url)} {what}"
        return MeasurementError(self._secrets.mask(said))

    def _shown(self, url: str) -> str:
        return self._secrets.mask(mask_url(url))


def _new_session(settings: HttpSettings) -> requests.Session:
    """A session that threads may share, since nothing that comes back changes it."""
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=_MOST_CONNECTIONS))
    session.verify = settings.verify
    session.headers.update({k: v.get_secret_value() for k, v in settings.headers.items()})
    # What one check was told to remember must not change what another measures.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if settings.token is not None:
        token = settings.token.get_secret_value()

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {token}"
            return request

        session.auth = sign
    return session


def _cut(answer: requests.Response) -> None:
    with suppress(RuntimeError, ValueError, OSError):  # it has just been read to its end
        answer.raw.shutdown()


def _secrets_in(settings: HttpSettings) -> list[str]:
    values = [value.get_secret_value() for value in settings.headers.values()]
    values += [settings.token.get_secret_value()] if settings.token else []
    password = password_of(settings.url.get_secret_value())
    return [*values, password] if password else values
