"""What targets remember from one scheduled run to the next, as text by key; no I/O of its own."""

from __future__ import annotations

import base64
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from gatepost.wording import format_time, join_some, plural, shorten

T = TypeVar("T")

MOST_CHARACTERS = 2_000_000
"""The longest text that is kept, when it has been packed: about 200,000 series of a counter."""

_PACKED = "zlib:"
_PACKED_FROM = 1_000
_MOST_UNPACKED = 64_000_000


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What was kept in the run of a slot: as the text that is stored, or as what was read of it."""

    slot: datetime
    content: T


class Readings:
    """The readings of earlier runs, and those of this one.

    A key names a target and what of it is read, as in "api/http_requests_total".
    `look_up` finds the stored reading of the newest slot before the run's; without it
    there is none. What is kept is stored by a scheduled run when it ends, and
    by no other. Threads may share it.
    """

    def __init__(self, look_up: Callable[[str], Reading[str] | None] | None = None) -> None:
        self._look_up = look_up
        self._lock = threading.Lock()
        self._found: dict[str, Reading[str] | None] = {}
        self._kept: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._too_long: dict[str, int] = {}

    def last(self, key: str, read: Callable[[str], T]) -> Reading[T] | None:
        """What was kept by this key in the run before; None where nothing was.

        A text that `read` refuses with a ValueError counts as none, and is a
        problem of the run, since no check can be to blame for it.
        """
        with self._lock:
            if key not in self._found:
                self._found[key] = self._look_up(key) if self._look_up else None
            found = self._found[key]
        if found is None:
            return None
        try:
            return Reading(found.slot, read(_unpack(found.content)))
        except ValueError as error:
            said = shorten(str(error), 160)
            with self._lock:
                self._refused[key] = f"{key} of the run of {format_time(found.slot)} ({said})"
            return None

    def keep(self, key: str, text: str) -> None:
        """Remember a text for the run after this one, in place of what had the key before.

        One that is too long even when packed is not kept, which is a problem of the run.
        """
        packed = _pack(text)
        with self._lock:
            if len(packed) <= MOST_CHARACTERS:
                self._kept[key] = packed
            else:
                self._too_long[key] = len(packed)

    @property
    def kept(self) -> Mapping[str, str]:
        """The texts of this run by key, as they are stored."""
        with self._lock:
            return dict(self._kept)

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence on what could not be read, and one on what was too long to be kept."""
        with self._lock:
            refused, too_long = dict(self._refused), dict(self._too_long)
        said = []
        if refused:
            count = plural(len(refused), "reading")
            said.append(f"nothing is compared with {count} of earlier runs: {_some(refused)}")
        if too_long:
            count = plural(len(too_long), "reading")
            longest = f"{max(too_long.values()):,} characters, where {MOST_CHARACTERS:,} are kept"
            said.append(
                f"{count} cannot be kept for the next run, which will have nothing to compare "
                f"with: {join_some(too_long)} ({longest}); serve fewer series"
            )
        return tuple(said)


def _some(refused: Mapping[str, str]) -> str:
    return join_some(refused[key] for key in sorted(refused))


def _pack(text: str) -> str:
    """A text that any database can keep: as it is, or packed where it is long or odd."""
    plain = text.isascii() and "\0" not in text and not text.startswith(_PACKED)
    if plain and len(text) < _PACKED_FROM:
        return text
    packed = zlib.compress(text.encode("utf-8", "surrogatepass"))
    return _PACKED + base64.b64encode(packed).decode("ascii")


def _unpack(text: str) -> str:
    if not text.startswith(_PACKED):
        return text
    unpacking = zlib.decompressobj()
    try:
        packed = base64.b64decode(text.removeprefix(_PACKED), validate=True)
        content = unpacking.decompress(packed, _MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not unpacking.eof:
        raise ValueError("it is cut short")
    return content.decode("utf-8", "surrogatepass")
