"""Whether a backup's file is complete, by its own format: read to its end, in bounded memory."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Protocol

from gatepost.wording import shorten

_CHUNK = 262_144
_HEAD = 1_024
_TAIL = 4_096


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


_PACKINGS: Mapping[bytes, tuple[str, Callable[[IO[bytes]], _Stream]]] = {
    b"\x1f\x8b": ("gzip", lambda raw: gzip.GzipFile(fileobj=raw)),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\0": ("xz", lzma.LZMAFile),
}
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"

# How dumps as SQL begin and end, the most particular first. Since 17.6, pg_dump writes a line
# "\unrestrict ..." after its ending.
_SQL_DUMPS = (
    (
        "PostgreSQL dump",
        b"-- PostgreSQL database cluster dump",
        b"-- PostgreSQL database cluster dump complete",
    ),
    (
        "PostgreSQL dump",
        b"-- PostgreSQL database dump",
        b"-- PostgreSQL database dump complete",
    ),
    ("MySQL dump", b"-- MySQL dump", b"-- Dump completed"),
    ("MySQL dump", b"-- MariaDB dump", b"-- Dump completed"),
)

KINDS = ("PostgreSQL dump", "PostgreSQL archive", "MySQL dump", "tar", "zip")
"""What can be recognised inside a file, packed or not."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a backup holds.

    `packing` is "gzip", "bzip2", "xz" or empty, `kind` one of KINDS, or empty
    for what is packed and of no known kind. `problem` says why the file is not
    complete, and is empty where it is. `content_bytes` is the size unpacked,
    as far as it was read.
    """

    packing: str = ""
    kind: str = ""
    problem: str = ""
    content_bytes: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything that can be tested is as it should be."""
        return not self.problem


class TooSlow(Exception):  # noqa: N818 - what happened; the target says it with its limit
    """The test was not finished in time."""

    def __init__(self, bytes_read: int) -> None:
        super().__init__(f"{bytes_read:,} bytes were read")


def examine(path: Path, seconds: float) -> Content:
    """Read a file to its end and tell what it holds and whether it is complete.

    Raises TooSlow after so many seconds, and OSError when it cannot be read.
    """
    deadline = time.monotonic() + seconds
    with path.open("rb") as raw:
        head = raw.read(_HEAD)
        raw.seek(0)
        if not head:
            return Content(problem="it is empty")
        if head.startswith((_ZIP, _EMPTY_ZIP)):
            return _examine_zip(raw, deadline)
        for magic, (packing, unpack) in _PACKINGS.items():
            if head.startswith(magic):
                return _examine(_Reader(unpack(raw), deadline), packing)
        return _examine(_Reader(raw, deadline), "")


class _Reader:
    """A stream that is read once: how it begins, how it ends, and how long it is."""

    def __init__(self, stream: _Stream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline
        self._ahead = b""
        self.head = b""
        self.tail = b""
        self.size = 0

    def peek(self) -> bytes:
        """How it begins; what follows is still read from there."""
        while len(self.head) < _HEAD and (more := self._stream.read(_HEAD - len(self.head))):
            self.head += more
        self._ahead = self.head
        return self.head

    def read(self, size: int = _CHUNK) -> bytes:
        if time.monotonic() > self._deadline:
            raise TooSlow(self.size)
        data = self._ahead[:size] or self._stream.read(size)
        self._ahead = self._ahead[size:]
        self.tail = (self.tail + data)[-_TAIL:]
        self.size += len(data)
        return data

    def drain(self) -> None:
        while self.read():
            pass


def _examine(reader: _Reader, packing: str) -> Content:
    kind = ""
    try:
        kind, find_problem = _recognise(reader.peek())
        problem = find_problem(reader)
        reader.drain()
    except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        if not packing:
            raise
        problem = f"it is no complete {packing}: {shorten(str(error), 120)}"
    except (tarfile.TarError, struct.error) as error:
        problem = f"it is no complete tar: {shorten(str(error), 120)}"
    if not problem and packing and not reader.size:
        problem = f"the {packing} holds nothing"
    if not problem and not packing and not kind:
        known = "gzip, bzip2, xz, zip, tar, and dumps of PostgreSQL and MySQL"
        problem = f"it is of no format that can be tested ({known})"
    return Content(packing, kind, problem, reader.size)


def _recognise(head: bytes) -> tuple[str, Callable[[_Reader], str]]:
    if head[257:262] == b"ustar":
        return "tar", _find_tar_problem
    if head.startswith(b"PGDMP"):
        return "PostgreSQL archive", _find_archive_problem
    for kind, beginning, ending in _SQL_DUMPS:
        if beginning in head:
            return kind, partial(_find_sql_problem, ending=ending)
    return "", lambda _: ""


def _find_tar_problem(reader: _Reader) -> str:
    # Members are skipped over by reading them; the archive's end are two blocks of zeros.
    with tarfile.open(fileobj=reader, mode="r|") as archive:  # type: ignore[call-overload]
        while archive.next():
            archive.members.clear()  # it would keep every member that it ever saw
    reader.drain()
    return "" if not any(reader.tail[-1024:]) else "the tar ends before its end mark"


def _find_archive_problem(reader: _Reader) -> str:
    # pg_dump -Fc: magic, three bytes of version, the sizes of an int and of an offset, the
    # format. Each table's data end with an int of zero, and so does the list of contents of an
    # archive without data: a sign and its bytes.
    reader.drain()
    if len(reader.head) < 11:
        return "the archive ends in its header"
    size_of_int = reader.head[8]
    ends = reader.tail[-1 - size_of_int :]
    return "" if not any(ends) else "the archive ends in the middle of its data"


def _find_sql_problem(reader: _Reader, ending: bytes) -> str:
    reader.drain()
    return "" if ending in reader.tail else f'it does not end with "{ending.decode()}"'


def _examine_zip(raw: IO[bytes], deadline: float) -> Content:
    size = 0
    try:
        with zipfile.ZipFile(raw) as archive:
            for member in archive.infolist():
                if member.flag_bits & 1:
                    continue  # encrypted: that the list at the end is there has to do
                reader = _Reader(archive.open(member), deadline)
                reader.drain()
                size += reader.size
    except (zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, NotImplementedError) as error:
        return Content("", "zip", f"it is no complete zip: {shorten(str(error), 120)}", size)
    return Content("", "zip", "", size)
