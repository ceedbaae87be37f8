"""Docker's Engine API, over its socket or TCP: the state and the health of containers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import ByteSize, PositiveInt, SecretStr, field_validator

from gatepost.errors import MeasurementError
from gatepost.targets import endpoint
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.endpoint import Endpoint
from gatepost.targets.response import Response
from gatepost.wording import shorten, suggest

if TYPE_CHECKING:
    import requests

_UNIX_HOST = "http://docker.socket"
_SCHEMES = ("unix", "tcp", "http", "https")


class Settings(TargetSettings):
    """The table of a Docker engine in `gatepost.toml`.

    `url` is "unix:///var/run/docker.sock", or "tcp://host:2375" for an engine,
    or a proxy before it that allows reading only. `timeout` is for each
    request; `max_containers` bounds what `containers` asks about one by one.
    """

    kind: Literal["docker"]
    url: SecretStr = SecretStr("unix:///var/run/docker.sock")
    connect_timeout: Duration = timedelta(seconds=3)
    timeout: Duration = timedelta(seconds=10)
    max_body: ByteSize = ByteSize(5_000_000)
    verify: bool = True
    max_containers: PositiveInt = 200

    @field_validator("url")
    @classmethod
    def _is_engine(cls, url: SecretStr) -> SecretStr:
        try:
            parts = urlsplit(url.get_secret_value())
            fits = parts.scheme in _SCHEMES and (
                parts.path.strip("/") if parts.scheme == "unix" else parts.hostname and parts.port
            )
        except ValueError:
            fits = False
        if not fits:
            raise ValueError("not an engine's URL; write unix:///path or tcp://host:port")
        return url


@dataclass(frozen=True, slots=True)
class Container:
    """A container as its engine describes it.

    `state` is one of created, running, paused, restarting, removing, exited and
    dead; `health` healthy, unhealthy or starting, or "none" without a check of
    its own, whose last output is `health_output`. `restarts` counts those by the
    engine's restart policy. `started` is in UTC, `uptime` told at the slot; both
    are None unless it runs.
    """

    name: str
    image: str
    state: str
    health: str
    health_output: str
    restarts: int
    exit_code: int
    out_of_memory: bool
    started: datetime | None
    uptime: timedelta | None

    @property
    def running(self) -> bool:
        """Whether its process runs, and is not paused or about to be started again."""
        return self.state == "running"


def open_target(name: str, settings: Settings, context: TargetContext) -> Docker:
    """Make the target; it connects when a check first asks."""
    return Docker(name, settings, context)


class Docker:
    """An engine, which is only asked.

    Everything raises Unavailable when it cannot be reached, and MeasurementError
    when what it answers is not what an engine answers.
    """

    concurrent = True

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._slot = context.slot
        self._most = settings.max_containers
        self._api = _open_api(name, settings, context)

    def describe(self) -> str:
        """The engine's URL without secrets."""
        return f"Docker at {self._api.describe()}"

    def close(self) -> None:
        """Close all connections."""
        self._api.close()

    def ping(self) -> float:
        """Time an answer of the engine, in milliseconds."""
        response = self._api.get("_ping")
        if response.status != 200:
            raise self._wrong(response, "is not what an engine answers")
        return 1000 * response.seconds

    def version(self) -> str:
        """The engine's version."""
        document = self._object(self._api.get("version"))
        return self._text(document, "Version")

    def container(self, name: str) -> Container:
        """A container by its name or id, running or not.

        Raises MeasurementError when there is none, and names those like it.
        """
        found = self._inspect(name)
        if found is None:
            known = [_name_of(entry) for entry in self._list({})]
            near = suggest("container", name, known)
            raise MeasurementError(f"{self.name}: there is no container {name!r}; {near}")
        return found

    def containers(self, *, label: str = "") -> tuple[Container, ...]:
        """Every container by name, running or not; or those with a label, "key" or "key=value".

        One that is removed meanwhile is left out. Raises MeasurementError for
        more than `max_containers`.
        """
        entries = self._list({"filters": _filters(label)} if label else {})
        if len(entries) > self._most:
            raise MeasurementError(
                f"{self.name}: there are {len(entries):,} containers; pick some by their label, or "
                f"raise max_containers of targets.{self.name} (now {self._most:,})"
            )
        found = [self._inspect(_id_of(entry) or _name_of(entry)) for entry in entries]
        return tuple(sorted((each for each in found if each), key=lambda each: each.name))

    def _list(self, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
        response = self._api.get("containers/json", params={"all": "true", **params})
        document = self._json(response)
        if not isinstance(document, list) or not all(isinstance(each, dict) for each in document):
            raise self._wrong(response, "is not a list of containers")
        return document

    def _inspect(self, name: str) -> Container | None:
        if not name or name in (".", ".."):
            raise MeasurementError(f"{self.name}: {name!r} is not the name of a container")
        response = self._api.get(f"containers/{quote(name, safe='')}/json")
        # A proxy that allows less also answers 404, but not with the engine's words.
        if response.status == 404 and "no such container" in response.text.lower():
            return None
        return self._read(self._object(response))

    def _read(self, document: Mapping[str, Any]) -> Container:
        state = self._part(document, "State")
        health = state.get("Health")
        health = health if isinstance(health, Mapping) else {}
        status = self._text(state, "Status")
        started = _moment(state.get("StartedAt")) if state.get("Running") is True else None
        return Container(
            name=self._text(document, "Name").removeprefix("/"),
            image=str(self._part(document, "Config").get("Image", "")),
            state=status,
            health=str(health.get("Status") or "none"),
            health_output=_last_output(health.get("Log")),
            restarts=self._number(document, "RestartCount"),
            exit_code=self._number(state, "ExitCode"),
            out_of_memory=state.get("OOMKilled") is True,
            started=started,
            uptime=self._slot - started if started else None,
        )

    def _object(self, response: Response) -> Mapping[str, Any]:
        document = self._json(response)
        if not isinstance(document, dict):
            raise self._wrong(response, "is not an object")
        return document

    def _json(self, response: Response) -> Any:
        if response.status != 200:
            raise self._wrong(response, "is not what an engine answers")
        try:
            return response.json()
        except MeasurementError as error:
            raise MeasurementError(f"{self.name}: {error}") from None

    def _part(self, document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        part = document.get(key)
        if not isinstance(part, Mapping):
            raise self._lacks(key, "an object")
        return part

    def _text(self, document: Mapping[str, Any], key: str) -> str:
        found = document.get(key)
        if not isinstance(found, str) or not found:
            raise self._lacks(key, "text")
        return found

    def _number(self, document: Mapping[str, Any], key: str) -> int:
        found = document.get(key)
        if isinstance(found, bool) or not isinstance(found, int):
            raise self._lacks(key, "a whole number")
        return found

    def _lacks(self, key: str, what: str) -> MeasurementError:
        return MeasurementError(f"{self.name}: the engine's answer has no {key} that is {what}")

    def _wrong(self, response: Response, what: str) -> MeasurementError:
        begins = shorten(response.body[:300].decode("utf-8", errors="replace"), 80)
        return MeasurementError(
            f"{self.name}: {response.url} answered with status {response.status} and {begins!r}, "
            f"which {what}"
        )


class _SocketEndpoint(Endpoint):
    """An endpoint whose connections go to a Unix socket."""

    def __init__(
        self, name: str, settings: endpoint.Settings, context: TargetContext, path: str
    ) -> None:
        super().__init__(name, settings, context)
        self._path = path

    def _open_session(self) -> requests.Session:
        from gatepost.targets.unix_http import UnixAdapter

        session = super()._open_session()
        session.trust_env = False  # no proxy leads to a socket
        session.mount("http://", UnixAdapter(self._path))
        return session

    def _shown(self, url: str) -> str:
        return super()._shown(url).replace(_UNIX_HOST, f"unix://{self._path}", 1)


def _open_api(name: str, settings: Settings, context: TargetContext) -> Endpoint:
    url = settings.url.get_secret_value()
    is_socket = url.startswith("unix:")
    # Docker's own commands write tcp:// for HTTP.
    address = _UNIX_HOST if is_socket else url.replace("tcp://", "http://", 1)
    keys = endpoint.Settings(
        kind="endpoint",
        url=SecretStr(address),
        connect_timeout=settings.connect_timeout,
        timeout=settings.timeout,
        max_body=settings.max_body,
        verify=settings.verify,
    )
    if is_socket:
        return _SocketEndpoint(name, keys, context, urlsplit(url).path)
    return endpoint.open_target(name, keys, context)


def _filters(label: str) -> str:
    import json

    return json.dumps({"label": [label]})


def _name_of(entry: Mapping[str, Any]) -> str:
    names = entry.get("Names")
    return str(names[0]).removeprefix("/") if isinstance(names, list) and names else ""


def _id_of(entry: Mapping[str, Any]) -> str:
    return str(entry.get("Id") or "")


def _moment(text: object) -> datetime | None:
    """A time of the engine, with nanoseconds; one that never ran started in the year 1."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment and moment.tzinfo and moment.year > 1 else None


def _last_output(log: object) -> str:
    last = log[-1] if isinstance(log, list) and log else None
    return shorten(str(last.get("Output") or ""), 200) if isinstance(last, Mapping) else ""
