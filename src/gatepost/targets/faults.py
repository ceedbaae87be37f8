"""What databases say when they refuse: their errors as data, read into one sentence.

Servers and drivers word the same refusal differently, and connection failures
carry no SQLSTATE, so both are recognised by pattern. What no pattern knows is
passed on in the server's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from gatepost.wording import shorten


class Fault(Enum):
    """Why a statement was refused, as far as it matters for what to do next."""

    WRITE = auto()
    TIMEOUT = auto()
    LOCK = auto()
    TABLE = auto()
    COLUMN = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused statement: the kind, the database's words on one line, the name that is unknown."""

    fault: Fault
    message: str
    name: str = ""


# PostgreSQL is known by its SQLSTATE, which _text puts first, MySQL and MariaDB by the number
# in (1146, "..."), SQLite and DuckDB by their words.
_STATEMENTS = (
    (
        Fault.WRITE,
        r"^25006|data-modifying statements|readonly database|read-only mode|^(\w+ )?\((1290|1792),",
    ),
    (
        Fault.TIMEOUT,
        r"^57014(?!.*user request)|^interrupted$|^INTERRUPT Error|^(\w+ )?\((1969|3024),",
    ),
    (Fault.LOCK, r"^55P03|database (table )?is locked|^(\w+ )?\(1205,"),
    (
        Fault.TABLE,
        r"^\[TABLE_OR_VIEW_NOT_FOUND\] .*?`(?P<spark>[^ ]+)`"
        r"|^\[PATH_NOT_FOUND\] .*? exist: (?P<path>.+?)\. SQLSTATE"
        r"|^42P01 .*?\"(?P<pg>[^\"]+)\"|^42P01"
        r"|no such table: (?P<sqlite>\S+)"
        r"|Table with name (?P<duckdb>\S+) does not exist"
        r"|^(?:\w+ )?\(1146, .*?'(?P<mysql>[^']+)'",
    ),
    (
        Fault.COLUMN,
        r"^\[UNRESOLVED_COLUMN.*? name `(?P<spark>[^`]+)`"
        r"|^42703 column \"?(?P<pg>[^\s\"]+)\"?|^42703"
        r"|no such column: (?P<sqlite>\S+)"
        r"|Referenced column \"(?P<duckdb>[^\"]+)\" not found"
        r"|^(?:\w+ )?\(1054, .*?'(?P<mysql>[^']+)'",
    ),
)

_CONNECTIONS = (
    (
        r"password authentication failed|no password supplied|^\(1045,|authentication failed",
        "the server rejected the user name or the password",
    ),
    (
        r"^IO Error: Cannot open database .* does not exist|unable to open database file",
        "the file does not exist or cannot be opened",
    ),
    (r"not a valid DuckDB database file", "the file is not a DuckDB database"),
    (r"Could not set lock on file", "another process has the DuckDB file open for writing"),
    (r"database \"?.+\"? does not exist|^\(1049,", "the server has no database of this name"),
    (
        r"too many clients|remaining connection slots|too many connections|^\(104[02],",
        "the server has too many connections already",
    ),
    (r"starting up|shutting down|recovery mode", "the server is starting up or shutting down"),
    (
        r"failed to resolve|Name or service not known|nodename nor servname|getaddrinfo",
        "the host name cannot be resolved",
    ),
    (r"timeout expired|timed out", "it did not answer within the connect_timeout"),
    (
        r"Connection refused|socket .* failed: No such file|^\(2003,",
        "connection refused: nothing listens there",
    ),
    (r"file is not a database", "the file is not a SQLite database"),
)


def read_refusal(error: BaseException) -> Refusal:
    """Recognise a driver's error on a statement."""
    text = _text(error)
    for fault, pattern in _STATEMENTS:
        if match := re.search(pattern, text, re.DOTALL):
            name = next((found for found in match.groupdict().values() if found), "")
            return Refusal(fault, _message(error), name)
    return Refusal(Fault.OTHER, _message(error))


def read_outage(error: BaseException) -> str:
    """Say in a few words why a connection could not be made."""
    text = str(error)
    for pattern, words in _CONNECTIONS:
        if re.search(pattern, text, re.DOTALL):
            return words
    return _message(error)


def _text(error: BaseException) -> str:
    state = getattr(error, "sqlstate", None)
    return f"{state} {error}" if state else str(error)


def _message(error: BaseException) -> str:
    """Put the message and PostgreSQL's "LINE 2: ..." on one line, without the frame around them.

    Large results are read through a cursor; its declaration is ours, not the author's.
    """
    lines = str(error).splitlines() or [type(error).__name__]
    message = lines[0].removeprefix("connection failed: ")
    for line in lines[1:]:
        if re.match(r"LINE \d+: ", line):
            excerpt = re.sub(r"(LINE \d+: ).*CURSOR FOR ", r"\1", line)
            message += f" ({' '.join(excerpt.split())})"
        if line.startswith("HINT: "):
            message += f" {' '.join(line.split())}"
    return shorten(message)
