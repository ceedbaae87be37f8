"""The history as the rest of the package sees it; SQLAlchemy comes in with the first access."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Self

from gatepost.errors import HistoryError
from gatepost.history.place import Place
from gatepost.model import Mode, Past, Point, Run
from gatepost.readings import Reading

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a run that was to be stored: the sentence says it in words.

    `lost` says why its readings were not stored although the run was.
    """

    stored: bool
    sentence: str
    late: bool = False
    lost: str = ""


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
        self._remembers = False
        self._failure: HistoryError | None = None
        self._opening = threading.Lock()

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

    def reading(self, key: str, *, schedule: str, before: datetime) -> Reading[str] | None:
        """Return what a target kept by this key in the newest slot before `before`."""
        with self._reading() as connection:
            if connection is None:
                return None
            from gatepost.history import remembering

            self._remembers = self._remembers or remembering.exists(connection)
            if not self._remembers:
                return None
            return remembering.last(connection, key, schedule, before)

    def record(
        self, run: Run, *, decision: str, readings: Mapping[str, str] | None = None
    ) -> Recorded:
        """Store a finished run in one transaction: all of it or nothing.

        A scheduled run is stored with its observations and with the `readings`
        of its targets by key, once: a slot that is complete already stays as it
        is. A partial run completes no slot; a slot older than the newest
        complete one is stored as late. A gate's run is stored with its decision
        only.

        Raises ValueError for a local run, or when the history was opened to be read.
        """
        if run.mode is Mode.LOCAL:
            raise ValueError("a local run is not stored")
        if self.read_only:
            raise ValueError(f"history {self.place.name} was opened to be read only")
        from gatepost.history import connections, recording
        from gatepost.history.failures import explained

        with explained(self.place), connections.writing(self.place) as connection:
            recorded = recording.record(connection, run, decision)
            if recorded.stored and readings and run.mode is Mode.SCHEDULED:
                return replace(recorded, lost=self._remember(connection, run, readings))
            return recorded

    def close(self) -> None:
        """Let go of the database."""
        if self._reader is not None:
            self._reader.dispose()
            self._reader = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _remember(self, connection: Connection, run: Run, readings: Mapping[str, str]) -> str:
        """Store readings beside their run; why not, where only they cannot be stored.

        In a history that was made before there were any, the user may not be
        allowed to add their table, which must not cost the run.
        """
        from sqlalchemy.exc import DBAPIError

        from gatepost.history import remembering
        from gatepost.history.failures import explain

        savepoint = connection.begin_nested()
        try:
            remembering.store(connection, run, readings)
        except DBAPIError as error:
            try:
                savepoint.rollback()
            except DBAPIError:  # the run is lost with them, as on a full disk
                raise error from None
            return str(explain(self.place, error.orig or error))
        savepoint.commit()
        return ""

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
                with self._opening:
                    self._reader = self._reader or connections.reader(self.place)
                with connections.reading(self._reader, self.place) as connection:
                    self._exists = self._exists or connections.is_history(connection, self.place)
                    yield connection if self._exists else None
        except HistoryError as error:
            self._failure = error
            raise
