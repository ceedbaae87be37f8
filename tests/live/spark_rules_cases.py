"""What test_rules_on_spark.py runs in a process that can import pyspark."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest
from pyspark.sql import SparkSession

from gatepost import at_least, below, conforms_to, distinct, fresh, numeric, row_count, share
from gatepost.expectations.base import Context
from gatepost.model import Level
from gatepost.tables.scan import scan
from gatepost.targets.base import TargetContext
from gatepost.targets.journal import keep_journal
from gatepost.targets.spark import Settings, open_target

SLOT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)


class Jobs(pa.DataFrameModel):
    id: int = pa.Field(unique=True, ge=1)
    title: str = pa.Field(str_length={"min_value": 3}, str_matches=r"^[A-Z]\w+ \d+$")
    pay: float = pa.Field(nullable=True, in_range={"min_value": 0, "max_value": 500})
    place: str = pa.Field(isin=["Hue", "Hanoi"])


EXPECTATIONS = (
    conforms_to(Jobs, drill=["place"]),
    conforms_to(Jobs, by="column"),
    row_count(at_least(5)),
    fresh("made", within="1 day"),
    distinct("place", at_least(3)),
    share(at_least(90), complete="pay"),
    share(below(5), duplicates=["title", "place"]),
    numeric("pay", mean=below(100), median=below(100), deviation=below(1)),
)


def rows_of(count: int = 2000) -> pd.DataFrame:
    """Rows of which some break each rule."""
    return pd.DataFrame(
        {
            "id": [1 if i == 7 else i for i in range(count)],
            "title": ["ab" if i % 9 == 0 else f"Engineer {i % 200}" for i in range(count)],
            "pay": [None if i % 5 == 0 else i * 15.5 % 700 for i in range(count)],
            "place": ["Atlantis" if i % 10 == 3 else "Hue" for i in range(count)],
            "made": [SLOT - timedelta(minutes=i + 1) for i in range(count)],
        }
    )


def test_spark_judges_as_pandera_judges_the_frame(
    spark_session: SparkSession, tmp_path: Path
) -> None:
    """Rule by rule with the same counts; what comes to the driver are counts and samples."""
    rows = rows_of()
    records = [
        (each.id, each.title, each.pay, each.place, each.made.to_pydatetime())
        for each in rows.astype({"pay": object}).where(rows.notna(), None).itertuples()
    ]
    columns = "id bigint, title string, pay double, place string, made timestamp"
    frame = spark_session.createDataFrame(records, columns)
    frame.repartition(4).write.parquet(str(tmp_path / "jobs.parquet"))
    settings = Settings.model_validate({"kind": "spark", "path": "."})
    lake = open_target("lake", settings, TargetContext(slot=SLOT, root=tmp_path))
    expectations = [row for each in EXPECTATIONS for row in each.expand()]
    asks = [ask for row in expectations for ask in row.asks]
    with keep_journal() as journal:
        found = scan(lake.table("jobs.parquet"), asks, SLOT)
    lake.close()
    for row in expectations:
        verdict = row.judge(found, Context(SLOT))
        wanted: Any = row.judge(scan(rows, row.asks, SLOT), Context(SLOT))
        assert verdict.level is wanted.level, verdict.sentence
        assert (verdict.bad or 0) == (wanted.bad or 0), verdict.sentence
        assert verdict.value == pytest.approx(wanted.value), verdict.sentence
    (unique,) = (row for row in expectations if row.label == "id unique")
    assert unique.judge(found, Context(SLOT)).level is Level.BREACH
    selects = [each for each in journal.statements if not each.startswith("--")]
    assert len(selects) == 2, "figures, and samples of what failed"
    assert journal.rows is not None
    assert journal.rows < 120
