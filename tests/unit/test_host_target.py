"""A host as a target: this one by psutil, another by the figures on its page."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer

from gatepost.errors import MeasurementError, Unavailable
from gatepost.targets.base import TargetContext
from gatepost.targets.host import Host, Process, RemoteHost, Settings, open_target

FIGURES: dict[str, Any] = {
    "memory": {"used_percent": 41.5, "total_bytes": 8_000_000_000},
    "cpu": {"used_percent": 12},
    "load": {"1m": 0.5, "5m": 0.25, "15m": 0.125, "cores": 4},
    "disks": {"data": {"used_percent": 93.5, "free_bytes": 512}},
    "processes": {"airflow": {"resident_bytes": 200_000_000}},
}

Open = Callable[..., Host | RemoteHost]


@pytest.fixture
def open_host(tmp_path: Path) -> Iterator[Open]:
    """Opens a host with settings; closes it after the test."""
    opened: list[Host | RemoteHost] = []

    def open_it(**settings: object) -> Host | RemoteHost:
        keys = Settings.model_validate({"kind": "host", **settings})
        opened.append(open_target("machine", keys, TargetContext(root=tmp_path)))
        return opened[-1]

    yield open_it
    for host in opened:
        host.close()


@pytest.fixture
def open_page(httpserver: HTTPServer, open_host: Open) -> Callable[[object], Host | RemoteHost]:
    """Serves a document as another host's page, and opens it."""

    def open_it(document: object) -> Host | RemoteHost:
        httpserver.expect_request("/host").respond_with_json(document)
        return open_host(source=httpserver.url_for("/host"))

    return open_it


def test_shares_are_percentages(open_host: Open) -> None:
    """Memory and processor come as percent of this machine."""
    host = open_host()
    assert 0 < host.memory_percent() < 100
    assert 0 <= host.cpu_percent() <= 100


def test_load_comes_with_the_cores(open_host: Open) -> None:
    """Load averages mean something only beside the number of cores."""
    load = open_host().load()
    assert load.cores == psutil.cpu_count()
    assert min(load.one, load.five, load.fifteen) >= 0


def test_disk_is_measured_at_its_path(open_host: Open) -> None:
    """A disk's name stands for a path, which may be relative to the project."""
    disk = open_host(disks={"data": "."}).disk("data")
    assert 0 <= disk.used_percent <= 100
    assert disk.free_bytes > 0
    assert open_host().disk("root").used_percent > 0


def test_unknown_disk_is_answered_with_the_known(open_host: Open) -> None:
    """A mistyped name lists what is configured."""
    with pytest.raises(MeasurementError, match="machine: there is no disk 'date'; known: data, r"):
        open_host(disks={"data": "/", "root": "/"}).disk("date")


def test_disk_without_its_path_is_explained(open_host: Open, tmp_path: Path) -> None:
    """A path that is not mounted is an error that names it."""
    message = f"disk 'data' cannot be measured at {tmp_path}/gone: No such file"
    with pytest.raises(MeasurementError, match=message):
        open_host(disks={"data": "gone"}).disk("data")


def test_process_is_found_by_its_program(open_host: Open) -> None:
    """A process counts when its name, program or script is the one that is configured."""
    name = psutil.Process().name()
    found = open_host(processes={"me": name}).process("me")
    assert os.getpid() in found.pids
    assert found.resident_bytes > 1_000_000


def test_process_is_found_by_its_id_file(open_host: Open, tmp_path: Path) -> None:
    """A file with an id stands for that process alone."""
    (tmp_path / "me.pid").write_text(f"{os.getpid()}\n")
    assert open_host(processes={"me": "me.pid"}).process("me").pids == (os.getpid(),)


@pytest.mark.parametrize("pattern", ["no-such-program", "gone.pid", "empty.pid", "dead.pid"])
def test_process_that_does_not_run_is_an_error(
    open_host: Open, tmp_path: Path, pattern: str
) -> None:
    """A process that is not there has no memory to judge; the message says what was looked for."""
    (tmp_path / "empty.pid").write_text("")
    (tmp_path / "dead.pid").write_text("4194304999")
    with pytest.raises(MeasurementError, match=f"process 'me': none runs .*'{pattern}'"):
        open_host(processes={"me": pattern}).process("me")


def test_unknown_process_is_answered_with_the_known(open_host: Open) -> None:
    """Without any configured process the message says so."""
    with pytest.raises(MeasurementError, match="there is no process 'me'; known: none"):
        open_host().process("me")


def test_page_has_the_same_figures(open_page: Callable[[object], RemoteHost]) -> None:
    """Every figure can come from another host's page."""
    host = open_page(FIGURES)
    assert (host.memory_percent(), host.cpu_percent()) == (41.5, 12.0)
    load, disk = host.load(), host.disk("data")
    assert (load.one, load.five, load.fifteen, load.cores) == (0.5, 0.25, 0.125, 4)
    assert (disk.used_percent, disk.free_bytes) == (93.5, 512)
    assert host.process("airflow") == Process(200_000_000)


@pytest.mark.parametrize("value", ["41.5", None, True, [], {}])
def test_page_without_a_figure_is_explained(
    open_page: Callable[[object], RemoteHost], value: object
) -> None:
    """A figure of another type is an error that names the key and the page."""
    document = copy.deepcopy(FIGURES)
    document["memory"]["used_percent"] = value
    message = "machine: http://localhost.*/host has no memory.used_percent that is a number"
    with pytest.raises(MeasurementError, match=message):
        open_page(document).memory_percent()


@pytest.mark.parametrize(
    ("document", "key"), [({}, "disks"), ([], "disks"), ({"disks": {"data": 1}}, "disks.data.used")]
)
def test_page_of_another_shape_is_explained(
    open_page: Callable[[object], RemoteHost], document: object, key: str
) -> None:
    """Whatever the page is instead, the missing key is named."""
    with pytest.raises(MeasurementError, match=f"has no {key}"):
        open_page(document).disk("data")


def test_unknown_disk_of_a_page_is_answered_with_its_own(
    open_page: Callable[[object], RemoteHost],
) -> None:
    """The names are the page's."""
    with pytest.raises(MeasurementError, match="there is no disk 'root'; known: data"):
        open_page(FIGURES).disk("root")


def test_page_that_fails_is_explained(httpserver: HTTPServer, open_host: Open) -> None:
    """Another status than 200 carries no figures, whatever its body says."""
    httpserver.expect_request("/").respond_with_json(FIGURES, status=500)
    with pytest.raises(MeasurementError, match="answered with status 500"):
        open_host(source=httpserver.url_for("/")).memory_percent()


def test_page_that_cannot_be_reached_is_unavailable(open_host: Open) -> None:
    """A page on a closed port is an outage of the host."""
    with pytest.raises(Unavailable, match="machine is unavailable"):
        open_host(source="http://127.0.0.1:1/").load()


def test_source_that_is_no_url_is_refused() -> None:
    """A wrong source is found when the configuration is read, and is not repeated."""
    with pytest.raises(ValidationError, match="not an HTTP URL") as caught:
        Settings.model_validate({"kind": "host", "source": "file://u:geheim@h"})
    assert "geheim" not in str(caught.value)
