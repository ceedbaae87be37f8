"""What statements returned is remembered as it was, or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from gatepost.tables.sql.memory import Memory, Remembered

AT = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
CELLS = [
    None, True, 5, 1.5, "a", Decimal("1.50"), UUID(int=1), date(2026, 3, 9),
    AT, AT.replace(tzinfo=None),
]  # fmt: skip


@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_a_cell_comes_back_with_its_type(tmp_path: Path, cell: object) -> None:
    """It may be compared with a column by the next statement, so a text would not do for it."""
    memory = Memory(tmp_path)
    memory.keep(["select 1"], "as it is", Remembered(AT, [[(cell, 1)]]))
    found = memory.recall(["select 1"], "as it is")
    assert found == Remembered(AT, [[(cell, 1)]])
    assert found is not None
    assert type(found.tables[0][0][0]) is type(cell)


def test_what_could_not_come_back_is_not_kept(tmp_path: Path) -> None:
    """It is measured again, and what was kept before it says nothing of another state."""
    memory = Memory(tmp_path)
    memory.keep(["select 1"], "before", Remembered(AT, [[(1,)]]))
    memory.keep(["select 1"], "after", Remembered(AT, [[(timedelta(1),)]]))
    assert memory.recall(["select 1"], "after") is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"Decimal": "x"}', "5"])
def test_a_broken_file_is_as_none(tmp_path: Path, content: str) -> None:
    """Whatever became of the file, the table is read."""
    memory = Memory(tmp_path)
    memory.keep(["select 1"], "as it is", Remembered(AT, [[(1,)]]))
    (file,) = tmp_path.glob("*.json")
    file.write_text(content, "utf-8")
    assert memory.recall(["select 1"], "as it is") is None
