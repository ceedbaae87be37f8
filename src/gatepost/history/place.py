"""Where a history is kept, and how to name that place without its secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gatepost.errors import HistoryError

_SQLITE = re.compile(r"sqlite(?:\+pysqlite)?://(?:/(?P<file>.*))?", re.DOTALL)
_POSTGRESQL = re.compile(r"postgres(?:ql)?(?:\+psycopg)?:(?P<rest>//.*)", re.DOTALL)
_CHOICES = "write sqlite:///path/to/history.sqlite or postgresql://user@host/database"


@dataclass(frozen=True, slots=True)
class Place:
    """A SQLite file, or a PostgreSQL database.

    `name` is what messages call it; `url` may hold a password, so no message
    contains it. `file` is None for PostgreSQL.
    """

    name: str
    url: str
    file: Path | None = None

    @classmethod
    def parse(cls, url: str) -> Place:
        """Read a SQLAlchemy URL.

        Raises HistoryError for other databases, whose locks we do not know, and
        for an URL that names none.
        """
        if found := _SQLITE.fullmatch(url):
            return _sqlite(found["file"] or "")
        if found := _POSTGRESQL.fullmatch(url):
            return _postgresql(f"postgresql+psycopg:{found['rest']}")
        scheme, separator, _ = url.partition("://")
        wrong = f"not in {scheme}" if separator else "and its place is not an URL"
        raise HistoryError(f"history is kept in SQLite or PostgreSQL, {wrong}: {_CHOICES}")


def _sqlite(file: str) -> Place:
    if not file or file == ":memory:":
        raise HistoryError(f"history in memory would be forgotten with the run: {_CHOICES}")
    if "?" in file:
        raise HistoryError(f"history at sqlite:///{file}: options after '?' are not supported")
    return Place(name=file, url=f"sqlite:///{file}", file=Path(file))


def _postgresql(url: str) -> Place:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):  # their text can hold a part of a password
        raise HistoryError(f"history's PostgreSQL URL cannot be read: {_CHOICES}") from None
    if not parts.database:
        raise HistoryError(f"history's PostgreSQL URL names no database: {_CHOICES}")
    port = f":{parts.port}" if parts.port else ""
    return Place(name=f"postgresql://{parts.host or ''}{port}/{parts.database}", url=url)
