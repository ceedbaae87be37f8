"""A host's memory, processor, disks and processes: this one by psutil, another by its own page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import SecretStr, field_validator

from gatepost.errors import MeasurementError
from gatepost.targets import endpoint
from gatepost.targets.base import TargetContext, TargetSettings
from gatepost.targets.journal import note
from gatepost.wording import join_some

if TYPE_CHECKING:
    import psutil

_CPU_SECONDS = 0.1


class Settings(TargetSettings):
    """The table of a host in `gatepost.toml`.

    `disks` maps names to paths on the file systems that are meant. `processes`
    maps names to a process's name, or to the path of a file with its id.
    `source` is the URL of a page that reports another host's figures as JSON:
    {"memory": {"used_percent", "total_bytes"}, "cpu": {"used_percent"},
    "load": {"1m", "5m", "15m", "cores"}, "disks": {name: {"used_percent",
    "free_bytes"}}, "processes": {name: {"resident_bytes"}}}; `disks` and
    `processes` are then the page's own.
    """

    kind: Literal["host"]
    source: SecretStr | None = None
    disks: Mapping[str, str] = {"root": "/"}
    processes: Mapping[str, str] = {}

    @field_validator("source")
    @classmethod
    def _is_http(cls, source: SecretStr | None) -> SecretStr | None:
        return source and endpoint.check_url(source)


@dataclass(frozen=True, slots=True)
class Load:
    """The load averages over the last 1, 5 and 15 minutes, and the number of cores."""

    one: float
    five: float
    fifteen: float
    cores: int


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system as an ordinary user finds it: the used share in percent, free bytes."""

    used_percent: float
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Process:
    """All processes of one name: their resident memory in bytes, and their ids where known."""

    resident_bytes: int
    pids: tuple[int, ...] = ()


def open_target(name: str, settings: Settings, context: TargetContext) -> Host | RemoteHost:
    """Make the target; a page is requested when a check first asks something."""
    if settings.source is None:
        return Host(name, settings, context)
    page = endpoint.Settings(kind="endpoint", url=settings.source)
    return RemoteHost(name, endpoint.open_target(name, page, context))


class Host:
    """The host that the checks run on."""

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self.name = name
        self._root = context.root
        self._disks = settings.disks
        self._processes = settings.processes

    def describe(self) -> str:
        """Say that it is this host."""
        return "this host"

    def close(self) -> None:
        """Nothing is held open."""

    def memory_percent(self) -> float:
        """The share of memory that new processes cannot have without swapping, in percent."""
        import psutil

        note("psutil.virtual_memory()")
        memory = psutil.virtual_memory()
        return 100 * (memory.total - memory.available) / memory.total

    def cpu_percent(self) -> float:
        """The share of all cores' time that was used during a tenth of a second, in percent."""
        import psutil

        note(f"psutil.cpu_percent(interval={_CPU_SECONDS})")
        return float(psutil.cpu_percent(interval=_CPU_SECONDS))

    def load(self) -> Load:
        """The load averages."""
        import psutil

        note("psutil.getloadavg()")
        return Load(*psutil.getloadavg(), psutil.cpu_count() or 1)

    def disk(self, name: str) -> Disk:
        """The file system of one of the configured `disks`.

        Raises MeasurementError for another name, and for a path that does not exist.
        """
        import psutil

        path = self._root / _known(self.name, "disk", name, self._disks)
        note(f"psutil.disk_usage({str(path)!r})")
        try:
            usage = psutil.disk_usage(str(path))
        except OSError as error:
            reason = f"{self.name}: disk {name!r} cannot be measured at {path}: {error.strerror}"
            raise MeasurementError(reason) from None
        return Disk(100 * usage.used / max(usage.used + usage.free, 1), usage.free)

    def process(self, name: str) -> Process:
        """One of the configured `processes`.

        A name matches a process's own name, its program or the script it
        runs; all that match are summed up. Raises MeasurementError for a name
        that is not configured, and when no such process runs.
        """
        import psutil

        pattern = _known(self.name, "process", name, self._processes)
        note(f"psutil: processes {pattern!r}")
        sizes = {}
        for process in self._matching(pattern):
            try:
                sizes[process.pid] = process.memory_info().rss
            except psutil.Error:
                continue  # it ended meanwhile, or it is another user's
        if not sizes:
            reason = f"{self.name}: process {name!r}: none runs that can be read as {pattern!r}"
            raise MeasurementError(reason)
        return Process(sum(sizes.values()), tuple(sorted(sizes)))

    def _matching(self, pattern: str) -> Iterator[psutil.Process]:
        import psutil

        if "/" in pattern or pattern.endswith(".pid"):
            try:
                yield psutil.Process(int((self._root / pattern).read_text(encoding="ascii")))
            except (OSError, ValueError, psutil.NoSuchProcess):
                return
        else:
            for process in psutil.process_iter(["name", "cmdline"]):
                command = [Path(part).name for part in (process.info["cmdline"] or [])[:2]]
                if pattern in (process.info["name"], *command):
                    yield process


class RemoteHost:
    """Another host, by the figures on its page; each is requested when it is asked for.

    Everything raises MeasurementError when the page lacks the figure, and what
    an endpoint raises when the page cannot be read.
    """

    def __init__(self, name: str, page: endpoint.Endpoint) -> None:
        self.name = name
        self._page = page

    def describe(self) -> str:
        """The page's URL without secrets."""
        return self._page.describe()

    def close(self) -> None:
        """Close the connection."""
        self._page.close()

    def memory_percent(self) -> float:
        """The used share of memory in percent."""
        return self._figure(self._document(), "memory", "used_percent")

    def cpu_percent(self) -> float:
        """The used share of the cores' time in percent."""
        return self._figure(self._document(), "cpu", "used_percent")

    def load(self) -> Load:
        """The load averages."""
        document = self._document()
        one, five, fifteen, cores = (
            self._figure(document, "load", key) for key in ("1m", "5m", "15m", "cores")
        )
        return Load(one, five, fifteen, int(cores))

    def disk(self, name: str) -> Disk:
        """One of the page's disks."""
        document = self._document()
        _known(self.name, "disk", name, self._group(document, "disks"))
        used = self._figure(document, "disks", name, "used_percent")
        return Disk(used, int(self._figure(document, "disks", name, "free_bytes")))

    def process(self, name: str) -> Process:
        """One of the page's processes."""
        document = self._document()
        _known(self.name, "process", name, self._group(document, "processes"))
        return Process(int(self._figure(document, "processes", name, "resident_bytes")))

    def _document(self) -> Any:
        response = self._page.get()
        if response.status != 200:
            reason = f"{self.name}: {response.url} answered with status {response.status}"
            raise MeasurementError(reason)
        return response.json()

    def _group(self, document: Any, key: str) -> Mapping[str, Any]:
        found = document.get(key) if isinstance(document, dict) else None
        if not isinstance(found, dict):
            raise self._lacks(key, "an object")
        return found

    def _figure(self, document: Any, *keys: str) -> float:
        found = document
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if (
            isinstance(found, bool)
            or not isinstance(found, int | float)
            or not math.isfinite(found)
        ):
            raise self._lacks(".".join(keys), "a number")
        return float(found)

    def _lacks(self, key: str, what: str) -> MeasurementError:
        return MeasurementError(f"{self.name}: {self.describe()} has no {key} that is {what}")


def _known(target: str, kind: str, name: str, names: Mapping[str, Any]) -> Any:
    if name not in names:
        known = join_some(names, most=10) or "none"
        raise MeasurementError(f"{target}: there is no {kind} {name!r}; known: {known}")
    return names[name]
