"""Servers' refusals are recognised by their words, as each server writes them."""

from __future__ import annotations

import pytest

from gatepost.targets.faults import Fault, read_outage, read_refusal


class ServerError(Exception):
    """An error as psycopg raises it: with the server's SQLSTATE."""

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


STATEMENTS = [
    (Fault.WRITE, "25006", "cannot execute DELETE in a read-only transaction", ""),
    (
        Fault.WRITE,
        "0A000",
        "DECLARE CURSOR must not contain data-modifying statements in WITH",
        "",
    ),
    (Fault.TIMEOUT, "57014", "canceling statement due to statement timeout", ""),
    (Fault.TIMEOUT, "57014", "Anweisung wird abgebrochen wegen Zeitüberschreitung", ""),
    (Fault.OTHER, "57014", "canceling statement due to user request", ""),
    (Fault.LOCK, "55P03", "canceling statement due to lock timeout", ""),
    (Fault.TABLE, "42P01", 'relation "nos.such" does not exist\nLINE 1: ...', "nos.such"),
    (Fault.COLUMN, "42703", "column r.titel does not exist", "r.titel"),
    (Fault.COLUMN, "42703", 'column "titel" does not exist', "titel"),
    (Fault.OTHER, "22012", "division by zero", ""),
    (Fault.WRITE, None, "attempt to write a readonly database", ""),
    (Fault.TIMEOUT, None, "interrupted", ""),
    (Fault.LOCK, None, "database is locked", ""),
    (Fault.TABLE, None, "no such table: jobs", "jobs"),
    (Fault.COLUMN, None, "no such column: titel", "titel"),
    (Fault.WRITE, None, "(1792, 'Cannot execute statement in a READ ONLY transaction')", ""),
    (Fault.TIMEOUT, None, "(1969, 'Query execution was interrupted')", ""),
    (Fault.TIMEOUT, None, "(3024, 'maximum statement execution time exceeded')", ""),
    (Fault.LOCK, None, "(1205, 'Lock wait timeout exceeded')", ""),
    (Fault.TABLE, None, "(1146, \"Table 'app.jobs' doesn't exist\")", "app.jobs"),
    (Fault.COLUMN, None, "(1054, \"Unknown column 'titel' in 'field list'\")", "titel"),
    (Fault.TABLE, None, "Catalog Error: Table with name jobs does not exist!", "jobs"),
    (Fault.COLUMN, None, 'Binder Error: Referenced column "titel" not found in FROM', "titel"),
    (
        Fault.WRITE,
        None,
        'Cannot execute statement of type "INSERT" on database "x" which is attached in '
        "read-only mode!",
        "",
    ),
]


@pytest.mark.parametrize(("fault", "sqlstate", "message", "name"), STATEMENTS)
def test_refused_statement_is_recognised(
    fault: Fault, sqlstate: str | None, message: str, name: str
) -> None:
    """PostgreSQL, SQLite, MySQL, MariaDB and DuckDB each say it in their own way."""
    refusal = read_refusal(ServerError(message, sqlstate))
    assert (refusal.fault, refusal.name) == (fault, name)


def test_refusal_is_told_on_one_line() -> None:
    """The server's message keeps its line of SQL, and loses the caret and our own cursor."""
    message = (
        'syntax error at or near "fromm"\n'
        'LINE 1: DECLARE "c_7f_1" CURSOR FOR select a fromm jobs\n'
        "                                            ^"
    )
    refusal = read_refusal(ServerError(message, "42601"))
    assert refusal.message == 'syntax error at or near "fromm" (LINE 1: select a fromm jobs)'


def test_empty_message_is_told_by_its_kind() -> None:
    """A driver that says nothing is at least named."""
    assert read_refusal(ServerError("")).message == "ServerError"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ('FATAL:  password authentication failed for user "x"', "rejected the user name"),
        ("fe_sendauth: no password supplied", "rejected the user name"),
        ('FATAL:  database "x" does not exist', "no database of this name"),
        ("FATAL:  sorry, too many clients already", "too many connections already"),
        ("FATAL:  remaining connection slots are reserved for", "too many connections already"),
        ("connection failed: Connection refused\n\tIs the server", "connection refused"),
        ("failed to resolve host 'x': [Errno -2] Name or service", "cannot be resolved"),
        ("connection timeout expired", "did not answer within"),
        ("FATAL:  the database system is starting up", "starting up"),
        ("(1045, \"Access denied for user 'x'\")", "rejected the user name"),
        ("(1049, \"Unknown database 'x'\")", "no database of this name"),
        ("unable to open database file", "does not exist or cannot be opened"),
        ("connection failed: server does not support SSL, but it was required", "support SSL"),
    ],
)
def test_failed_connection_is_recognised(message: str, words: str) -> None:
    """Each way of not getting in has its own reason; an unknown one keeps the server's words."""
    assert words in read_outage(ServerError(message))
