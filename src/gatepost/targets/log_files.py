"""The files of a log, rotated and packed, opened so that a rotation loses and repeats nothing."""

from __future__ import annotations

import glob
import gzip
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from gatepost.targets.log_lines import LogError
from gatepost.wording import shorten

_ATTEMPTS = 5
_CHUNK = 65_536
_MARK = 256
_PROBE_BYTES = 1_000_000
_PROBE_LINES = 16
_NUMBER = re.compile(r"\.(\d+)$")


class Rotated(Exception):  # noqa: N818 - a signal to begin anew, not an error
    """A file was cut while it was read, as `copytruncate` does it."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """An open file: what of it was there when it was opened is what is read.

    Its name may be another file's by now; `mark` is how it begins.
    """

    name: str
    stream: FileIO
    size: int
    modified: datetime
    packed: bool
    mark: bytes

    def read_from(
        self, start: int, most: int, tick: Callable[[], None]
    ) -> Iterator[tuple[bytes, bool]]:
        """The lines from an offset on, each with whether its end was there.

        Of a line that is longer than `most` at least so many bytes come, but
        not much more. `tick` is called for each piece that is read, and may
        raise to end the reading. Raises Rotated for a file that was cut since it was opened,
        and LogError for one that is no complete gzip.
        """
        if self.packed:
            yield from _split(_ticking(self._unpack(), tick), most)
        else:
            yield from _split(_ticking(self._read(start), tick), most)
            if self._begins() != self.mark:
                raise Rotated

    def find_start(self, is_before: Callable[[list[bytes]], bool]) -> int:
        """An offset before which there is nothing that matters, found by halving.

        `is_before` tells it of a few consecutive lines. What follows the offset
        up to the next end of a line belongs to a line before it.
        """
        low, high = 0, 0 if self.packed else self.size
        while high - low > _CHUNK:
            middle = (low + high) // 2
            if is_before(self._some_lines(middle)):
                low = middle
            else:
                high = middle
        return low

    def _some_lines(self, start: int) -> list[bytes]:
        lines: list[bytes] = []
        spent = 0
        for line, ended in _split(self._read(start), _PROBE_BYTES):
            spent += len(line)
            lines += [line] if ended else []
            if len(lines) > _PROBE_LINES or spent > _PROBE_BYTES:
                break
        return lines[1:]  # the first is the end of a line

    def _read(self, start: int) -> Iterator[bytes]:
        at = start
        while at < self.size:
            self.stream.seek(at)
            chunk = self.stream.read(min(_CHUNK, self.size - at))
            if not chunk:
                raise Rotated
            at += len(chunk)
            yield chunk

    def _unpack(self) -> Iterator[bytes]:
        self.stream.seek(0)
        try:
            with gzip.GzipFile(fileobj=self.stream) as content:
                while chunk := content.read(_CHUNK):
                    yield chunk
        except (OSError, EOFError, zlib.error) as error:
            raise LogError(
                f"{self.name} is no complete gzip: {shorten(str(error), 120)}; if it is being "
                "packed now, the next run reads it, or else remove it from the log's path"
            ) from None

    def _begins(self) -> bytes:
        self.stream.seek(0)
        return self.stream.read(len(self.mark))


@contextmanager
def open_files(pattern: str, oldest: datetime) -> Iterator[list[LogFile]]:
    """Open the files that fit a path with wildcards, oldest first.

    Those that were last written before `oldest` are left out, and so is a
    packed file beside the one that it is being made from. Raises
    LogError when no file fits, or one cannot be read.
    """
    with ExitStack() as stack:
        for _ in range(_ATTEMPTS):
            listed = _list(pattern)
            wanted = [path for path, status in listed.items() if _modified(status) >= oldest]
            files = [file for path in wanted if (file := _open(path, stack))]
            # The same files as before, under whatever names: none was missed while they moved on.
            if _identities(listed) == _identities(_list(pattern)):
                yield _in_order(files)
                return
            stack.close()
    raise LogError(f"the files {pattern} were rotated each time when they were opened")


def _list(pattern: str) -> dict[Path, os.stat_result]:
    names = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - with an absolute pattern
    found: dict[Path, os.stat_result] = {}
    for name in names:
        path = Path(name)
        if name.endswith(".gz") and name.removesuffix(".gz") in names:
            continue
        try:
            status = path.stat()
        except OSError:
            continue  # it has just been moved or removed
        if stat.S_ISREG(status.st_mode):
            found[path] = status
    if not found:
        raise LogError(
            f"no file is called {pattern}; see whether the folder is right, and readable"
        )
    return found


def _identities(listed: dict[Path, os.stat_result]) -> set[tuple[int, int]]:
    return {(status.st_dev, status.st_ino) for status in listed.values()}


def _modified(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, UTC)


def _open(path: Path, stack: ExitStack) -> LogFile | None:
    try:
        stream = stack.enter_context(path.open("rb", buffering=0))
    except FileNotFoundError:
        return None  # it has just been moved; the files are listed again
    except OSError as error:
        raise LogError(f"{path} cannot be read: {error.strerror}") from None
    status = os.fstat(stream.fileno())
    mark = stream.read(min(_MARK, status.st_size))
    packed = mark.startswith(b"\x1f\x8b")
    return LogFile(path.name, stream, status.st_size, _modified(status), packed, mark)


def _in_order(files: list[LogFile]) -> list[LogFile]:
    return sorted(files, key=lambda file: (file.modified, -_number(file.name), file.name))


def _number(name: str) -> int:
    """The number of a rotated file: app.log.2 is older than app.log.1."""
    found = _NUMBER.search(name.removesuffix(".gz"))
    return int(found[1]) if found else 0


def _ticking(chunks: Iterator[bytes], tick: Callable[[], None]) -> Iterator[bytes]:
    for chunk in chunks:
        tick()
        yield chunk


def _split(chunks: Iterator[bytes], most: int) -> Iterator[tuple[bytes, bool]]:
    """Lines without their ends, of which no more than `most` bytes and a chunk are kept."""
    rest = bytearray()
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        if len(rest) <= most:
            rest += first
        for line in others:
            yield bytes(rest), True
            rest = bytearray(line)
    if rest:
        yield bytes(rest), False
