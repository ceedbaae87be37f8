"""What a check did to measure: the statements and requests, noted as they are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Journal:
    """The statements of one measurement in order, and how many rows came back in all.

    It stands for the running check, so a target can also hang on it what must
    end with the check: a transaction, a lent connection.
    """

    statements: list[str] = field(default_factory=list)
    rows: int | None = None
    _endings: ExitStack = field(default_factory=ExitStack, repr=False)

    def on_close(self, end: Callable[[], object]) -> None:
        """Call `end` when the check has been measured, in reverse order; `end` must not raise."""
        self._endings.callback(end)

    def close(self) -> None:
        """End what targets hung on this journal; what was noted stays readable."""
        self._endings.close()


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
        journal.close()


def open_journal() -> Journal | None:
    """Return the running check's journal, or None outside a check."""
    return _open.get()


def note(statement: str, rows: int | None = None) -> None:
    """Note one statement or request, and the rows it brought; nothing happens outside a check."""
    journal = _open.get()
    if journal is None:
        return
    journal.statements.append(statement)
    if rows is not None:
        journal.rows = (journal.rows or 0) + rows
