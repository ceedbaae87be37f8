"""Remembers what statements on a table returned, for as long as the table is unchanged.

Only counts and the few sample cells that the report shows are kept, each with
its type, since the values that repeat go into the next statement. What cannot
be read or written here is measured again, never missed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from filelock import FileLock

Rows = list[tuple[Any, ...]]

_TYPES: Mapping[str, Callable[[str], Any]] = {
    "Decimal": Decimal,
    "UUID": UUID,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}
"""What drivers return besides what JSON has, by the names of the types."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The rows of each of some statements, and the slot of the run that sent them."""

    at: datetime
    tables: list[Rows]


@dataclass(frozen=True, slots=True)
class Memory:
    """A folder with one small file for each set of statements; runs may share it."""

    folder: Path

    def recall(self, statements: Sequence[str], state: str) -> Remembered | None:
        """What these very statements returned when the table was in this very state."""
        try:
            known = json.loads(self._path(statements).read_text("utf-8"), object_hook=_read)
            if (known["statements"], known["state"]) != (list(statements), state):
                return None
            tables = [[tuple(row) for row in rows] for rows in known["tables"]]
            return Remembered(datetime.fromisoformat(known["at"]), tables)
        except (OSError, ValueError, KeyError, TypeError, ArithmeticError):
            return None

    def keep(self, statements: Sequence[str], state: str, found: Remembered) -> None:
        """Remember what the statements returned, in place of what they returned before."""
        content = {
            "statements": list(statements),
            "state": state,
            "at": found.at.isoformat(),
            "tables": found.tables,
        }
        path = self._path(statements)
        with suppress(OSError, TypeError):
            written = json.dumps(content, default=_write)
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".tmp")
            with FileLock(path.with_suffix(".lock")):
                draft.write_text(written, "utf-8")
                draft.replace(path)

    def _path(self, statements: Sequence[str]) -> Path:
        # Without the values of their parameters, so that a window that moves on takes the place
        # of the one before.
        texts = [each.partition("\n-- ")[0] for each in statements]
        return self.folder / f"{sha256(json.dumps(texts).encode()).hexdigest()[:32]}.json"


def _write(cell: object) -> dict[str, str]:
    name = type(cell).__name__
    if name not in _TYPES:
        raise TypeError(f"a {name} is not remembered")
    return {name: str(cell)}


def _read(found: dict[str, Any]) -> Any:
    (name, *others) = found
    return _TYPES[name](found[name]) if name in _TYPES and not others else found
