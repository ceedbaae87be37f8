"""The rules of a model on Parquet, CSV and data frames, by the same statement as on a database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest

from gatepost import at_least, below, conforms_to, distinct, fresh, numeric, row_count, share
from gatepost.expectations.base import Context, Expectation
from gatepost.model import Level
from gatepost.tables.asks import Tier
from gatepost.tables.expressions import sql_check
from gatepost.tables.scan import scan
from gatepost.tables.table import Table
from gatepost.targets.base import TargetContext
from gatepost.targets.files import Files, Settings, open_target
from gatepost.targets.journal import keep_journal

SLOT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)


class Jobs(pa.DataFrameModel):
    id: int = pa.Field(unique=True, ge=1)
    title: str = pa.Field(str_length={"min_value": 3}, str_matches=r"^[A-Z]")
    pay: float = pa.Field(nullable=True, in_range={"min_value": 0, "max_value": 500})
    place: str = pa.Field(isin=["Hue", "Hanoi"])


EXPECTATIONS: list[Expectation[Any]] = [
    conforms_to(Jobs, drill=["place"]),
    row_count(at_least(5)),
    fresh("made", within="1 day"),
    distinct("place", at_least(3)),
    share(at_least(90), complete="pay"),
    share(below(5), duplicates=["title", "place"]),
    numeric("pay", mean=below(100), median=below(100)),
]


def rows_of(count: int = 40) -> pd.DataFrame:
    """Rows of which some break each rule."""
    return pd.DataFrame(
        {
            "id": [1 if i == 7 else i for i in range(count)],
            "title": ["ab" if i % 9 == 0 else f"Engineer {i % 20}" for i in range(count)],
            "pay": [None if i % 5 == 0 else i * 15.5 for i in range(count)],
            "place": ["Atlantis" if i % 10 == 3 else "Hue" for i in range(count)],
            "made": [SLOT - timedelta(hours=i + 1) for i in range(count)],
        }
    )


@pytest.fixture
def lake(tmp_path: Path, duckdb_file: Path) -> Iterator[Callable[[], Files]]:
    """Opens a folder with the rows as Parquet, in two files, and as CSV; it remembers."""
    import duckdb

    del duckdb_file  # needed for DuckDB to be there
    rows = rows_of()
    (tmp_path / "jobs").mkdir()
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        for part in (0, 1):
            path = tmp_path / "jobs" / f"{part}.parquet"
            rows_sql = f"select * from rows where id % 2 = {part}"  # noqa: S608 - of this test
            connection.execute(f"copy ({rows_sql}) to '{path}'")
        connection.execute(f"copy rows to '{tmp_path / 'jobs.csv'}' (header)")
    opened: list[Files] = []

    def open_it() -> Files:
        settings = Settings.model_validate({"kind": "files", "path": "."})
        context = TargetContext(slot=SLOT, root=tmp_path, memory=tmp_path / "memory")
        opened.append(open_target("lake", settings, context))
        return opened[-1]

    yield open_it
    for each in opened:
        each.close()


def judge(table: Table) -> dict[str, tuple[Any, ...]]:
    expectations = [row for each in EXPECTATIONS for row in each.expand()]
    asks = [ask for row in expectations for ask in row.asks]
    found = scan(table, asks, SLOT)
    verdicts = {row.label: row.judge(found, Context(SLOT)) for row in expectations}
    return {label: (each.level, each.bad or 0, each.value) for label, each in verdicts.items()}


@pytest.mark.parametrize("name", ["jobs/*.parquet", "jobs.csv", "frame"])
def test_files_are_judged_as_pandera_judges_the_frame(lake: Callable[[], Files], name: str) -> None:
    """Rule by rule with the same counts, and without fetching a row but samples."""
    files = lake()
    table = files.table(rows_of() if name == "frame" else name)
    with keep_journal() as journal:
        found = judge(table)
    expectations = [row for each in EXPECTATIONS for row in each.expand()]
    wanted = {
        row.label: row.judge(scan(rows_of(), row.asks, SLOT), Context(SLOT)) for row in expectations
    }
    assert found == {
        label: (each.level, each.bad or 0, pytest.approx(each.value))
        for label, each in wanted.items()
    }
    assert found["id unique"][:2] == (Level.BREACH, 2)
    selects = [each for each in journal.statements if not each.startswith("--")]
    assert len(selects) == 2, "figures, and samples of what failed"


def test_unchanged_files_are_not_read_again(lake: Callable[[], Files], tmp_path: Path) -> None:
    """Until one of them is written, by the time or the length of any."""
    ask = row_count(at_least(5)).asks[0]

    def count() -> tuple[int, Tier | None]:
        answer = scan(lake().table("jobs/*.parquet"), [ask], SLOT).answers[ask]
        return answer.total, answer.how and answer.how.tier

    assert count() == (40, None)
    assert count() == (40, Tier.UNCHANGED)
    os.utime(tmp_path / "jobs" / "1.parquet", ns=(0, 0))
    assert count() == (40, None)
    (tmp_path / "jobs" / "1.parquet").unlink()
    assert count()[0] < 40


def test_an_expression_in_sql_is_evaluated_on_a_frame(lake: Callable[[], Files]) -> None:
    """What a frame alone cannot answer, it can as a table of files."""

    class Priced(pa.DataFrameModel):
        @sql_check(name="paid in Hue")
        def _paid(row):  # noqa: N805 - the columns, not the model
            return (row.place != "Hue") | (row.pay > 0)

    (row,) = conforms_to(Priced).expand()
    frame = rows_of()
    on_files = row.judge(scan(lake().table(frame), row.asks, SLOT), Context(SLOT))
    assert on_files.bad == int(((frame.place == "Hue") & ~(frame.pay > 0)).sum())
    alone = row.judge(scan(frame, row.asks, SLOT), Context(SLOT))
    assert alone.level is Level.ERROR
    assert "lake" not in alone.sentence
    assert "files" in alone.sentence
