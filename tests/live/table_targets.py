"""A PostgreSQL of a test's own, as its application fills it and as a check measures it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fixtures.postgres import CHECKER, CRAWLER, Server
from gatepost.expectations.base import Context, Expectation
from gatepost.model import Verdict
from gatepost.tables.asks import Answer, Scan
from gatepost.tables.scan import scan
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target
from gatepost.targets.journal import Journal, keep_journal

if TYPE_CHECKING:
    import psycopg

SLOT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)


@dataclass(slots=True)
class Application:
    """A database with the connection of its owner; each of its statements commits."""

    server: Server
    name: str
    owner: psycopg.Connection[Any]
    ending: ExitStack = field(default_factory=ExitStack)

    def execute(self, *statements: str) -> None:
        """Run statements, and have what they change counted at once."""
        for statement in statements:
            self.owner.execute(statement)
        self.owner.execute("select pg_stat_force_next_flush()")

    def open(self, role: str = CHECKER, memory: Path | None = None, **settings: object) -> Database:
        """The database as a target; it is closed with the test."""
        url = self.server.url(self.name, role)
        read = Settings.model_validate({"kind": "database", "url": url, **settings})
        target = open_target("app", read, TargetContext(slot=SLOT, memory=memory))
        self.ending.callback(target.close)
        return target


@contextmanager
def own_application(server: Server, name: str) -> Iterator[Application]:
    """The application of a database that exists."""
    with server.connect(name, CRAWLER) as owner, ExitStack() as ending:
        yield Application(server, name, owner, ending)


def answers(expectation: Expectation[Any], value: Any) -> dict[str, Answer]:
    """What a scan answers, by label."""
    rows = expectation.expand()
    found = scan(value, [ask for row in rows for ask in row.asks], SLOT)
    assert isinstance(found, Scan)
    return {row.label: found.answers[row.asks[0]] for row in rows}


def verdicts(expectation: Expectation[Any], value: Any) -> dict[str, Verdict]:
    """The verdicts of a check, by label."""
    rows = expectation.expand()
    found = scan(value, [ask for row in rows for ask in row.asks], SLOT)
    return {row.label: row.judge(found, Context(SLOT)) for row in rows}


def judge(expectation: Expectation[Any], value: Any) -> tuple[dict[str, Verdict], Journal]:
    """The verdicts of a check, and what it sent."""
    with keep_journal() as journal:
        found = verdicts(expectation, value)
    return found, journal


def sent(journal: Journal, table: str) -> list[str]:
    """The statements on a table, without what was only looked up or not sent."""
    return [each for each in journal.statements if table in each and not each.startswith("-- ")]
