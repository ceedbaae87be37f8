"""Turns what a database says when it fails into what a person can do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gatepost.errors import HistoryError
from gatepost.history.place import Place
from gatepost.masking import Secrets

_RESTORE = "move it away to begin a new history, or put a copy in its place"
_WRITABLE = "make the file and its folder writable for the user that runs the checks"
_ROOM = "free some space, or delete old rows as docs/history.md says"
_WAIT = "wait for that run to end, or end it"
_RIGHTS = "grant the user the right to create and to write tables in that schema"
_REACH = "check host, port, user, password and database name"

# What is wrong and how to mend it, by the beginning of SQLite's error name
# (sqlite.org/rescode.html) or of PostgreSQL's SQLSTATE (manual, appendix A).
_MEANINGS = {
    "SQLITE_NOTADB": ("is not a SQLite database", _RESTORE),
    "SQLITE_CORRUPT": ("is damaged", _RESTORE),
    "SQLITE_READONLY": ("is read-only", _WRITABLE),
    "SQLITE_CANTOPEN": ("cannot be opened", _WRITABLE),
    "SQLITE_PERM": ("cannot be opened", _WRITABLE),
    "SQLITE_FULL": ("has no room to grow", _ROOM),
    "SQLITE_BUSY": ("is locked by another run", _WAIT),
    "SQLITE_IOERR": ("cannot be read or written by the operating system", "check the disk"),
    "55P03": ("is locked by another run", _WAIT),
    "53100": ("has no room to grow", _ROOM),
    "42501": ("refuses its user", _RIGHTS),
    "25006": ("is read-only", "use the URL of the primary server"),
}


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Raise HistoryError for whatever a database or the file system raises inside.

    The original error is dropped from the chain: its text can hold the URL.
    """
    try:
        yield
    except DBAPIError as error:
        raise explain(place, error.orig or error) from None
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise explain(place, error) from None


def explain(place: Place, error: BaseException) -> HistoryError:
    """Say where what a database or the file system raised happened, and how to mend it."""
    detail = _mask(place, " ".join(str(error).split()))
    what, mend = _meaning(error)
    return HistoryError(
        f"history {place.name} {what} ({detail}); what was stored before is unchanged. "
        f"To mend: {mend}."
    )


def _meaning(error: BaseException) -> tuple[str, str]:
    if isinstance(error, OSError):
        return "cannot be made", _WRITABLE
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    if code is None and type(error).__name__ == "OperationalError":  # psycopg's, while connecting
        return "cannot be reached", _REACH
    for start, meaning in _MEANINGS.items():
        if str(code).startswith(start):
            return meaning
    return f"failed with {code or type(error).__name__}", "see what the database says"


def _mask(place: Place, text: str) -> str:
    if place.file is not None:
        return text
    url = make_url(place.url)
    secrets = Secrets([str(url.password)] if url.password else [])
    for key, values in url.normalized_query.items():
        for value in values:
            secrets.learn(key, value)
    return secrets.mask(text)
