"""What a check did to measure: the statements and requests, noted as they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Journal:
    """The statements of one measurement in order, and how many rows came back in all."""

    statements: list[str] = field(default_factory=list)
    rows: int | None = None


_open: ContextVar[Journal | None] = ContextVar("gatepost_journal", default=None)


@contextmanager
def keep_journal() -> Iterator[Journal]:
    """Collect what targets note while the block runs."""
    journal = Journal()
    token = _open.set(journal)
    try:
        yield journal
    finally:
        _open.reset(token)


def note(statement: str, rows: int | None = None) -> None:
    """Note one statement or request, and the rows it brought; nothing happens outside a check."""
    journal = _open.get()
    if journal is None:
        return
    journal.statements.append(statement)
    if rows is not None:
        journal.rows = (journal.rows or 0) + rows
