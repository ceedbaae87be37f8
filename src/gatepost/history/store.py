"""The history as the rest of the package sees it; SQLAlchemy comes in with the first access."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from gatepost.errors import HistoryError
from gatepost.history.place import Place
from gatepost.model import Mode, Past, Point, Run

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a run that was to be stored: the sentence says it in words."""

    stored: bool
    sentence: str
    late: bool = False


class History:
    """What earlier runs observed, and where a run adds its own.

    Every method raises HistoryError, with the place, what is wrong and how to
    mend it; reading that failed once is not tried again. Close it, or use it in
    a `with` statement. Threads may share it.
    """

    def __init__(self, place: Place, *, read_only: bool) -> None:
        self.place = place
        self.read_only = read_only
        self._reader: Engine | None = None
        self._exists = False
        self._failure: HistoryError | None = None

    @classmethod
    def open(cls, url: str, *, read_only: bool) -> Self:
        """Name the history at a SQLAlchemy URL; nothing is read or made before it is needed.

        `sqlite:///path` is a file, made with its folder by the first run that is
        recorded; `postgresql://user@host/database` is a database. One that does
        not exist yet reads as empty.

        Raises HistoryError when the URL names neither.
        """
        return cls(Place.parse(url), read_only=read_only)

    def past(
        self, check_ids: Iterable[str], *, schedule: str, before: datetime, points: int = 90
    ) -> dict[str, Past]:
        """Return what is known of each check from the scheduled runs of slots before `before`.

        Level, slot and points come from the newest `points` slots of the
        schedule; a partial run counts for the checks it holds, and of a slot
        that was run again the newest recorded observation counts. `since` and
        `runs` reach back as far as the stretch of failing: what was not
        evaluated (inhibited, learning, not run) neither lengthens nor ends it.
        A check that is not known has an empty Past.
        """
        ids = tuple(check_ids)
        with self._reading() as connection:
            if connection is None:
                return dict.fromkeys(ids, Past())
            from gatepost.history import reading

            return reading.past(connection, ids, schedule, before, points)

    def points(
        self, check_id: str, *, schedule: str, before: datetime, points: int = 90
    ) -> tuple[Point, ...]:
        """Return the values of one check in the newest slots before `before`, oldest first."""
        with self._reading() as connection:
            if connection is None:
                return ()
            from gatepost.history import reading

            return reading.points(connection, check_id, schedule, before, points)

    def record(self, run: Run, *, decision: str) -> Recorded:
        """Store a finished run in one transaction: all of it or nothing.

        A scheduled run is stored with its observations, once: a slot that is
        complete already stays as it is. A partial run completes no slot; a slot
        older than the newest complete one is stored as late. A gate's run is
        stored with its decision only.

        Raises ValueError for a local run, or when the history was opened to be read.
        """
        if run.mode is Mode.LOCAL:
            raise ValueError("a local run is not stored")
        if self.read_only:
            raise ValueError(f"history {self.place.name} was opened to be read only")
        from gatepost.history import connections, recording
        from gatepost.history.failures import explained

        with explained(self.place), connections.writing(self.place) as connection:
            return recording.record(connection, run, decision)

    def close(self) -> None:
        """Let go of the database."""
        if self._reader is not None:
            self._reader.dispose()
            self._reader = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection | None]:
        """Open a transaction on one snapshot; None stands for a history that does not exist yet.

        What failed once is not tried again: each of many checks would wait for
        the same server or lock.
        """
        if self._failure is not None:
            raise HistoryError(str(self._failure))
        if self.place.file is not None and not self.place.file.exists():
            yield None
            return
        from gatepost.history import connections
        from gatepost.history.failures import explained

        try:
            with explained(self.place):
                if self._reader is None:
                    self._reader = connections.reader(self.place)
                with connections.reading(self._reader, self.place) as connection:
                    self._exists = self._exists or connections.is_history(connection, self.place)
                    yield connection if self._exists else None
        except HistoryError as error:
            self._failure = error
            raise
