"""SQLite keeps anything in any column, which is said instead of counting what SQL makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine
from table_targets import SLOT, verdicts

from gatepost.expectations.distinct import distinct
from gatepost.expectations.limits import at_least
from gatepost.expectations.share import share
from gatepost.model import Level
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Database, Settings, open_target


@pytest.fixture
def database(tmp_path: Path) -> Database:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table cells (price real, made timestamp, n integer)")
        connection.exec_driver_sql("insert into cells values ('x', 'foo', 1), ('y', 'bar', 2)")
    engine.dispose()
    settings = Settings.model_validate({"kind": "database", "url": url})
    return open_target("app", settings, TargetContext(slot=SLOT))


@pytest.mark.parametrize(
    ("column", "kind"),
    [("price", "floating-point numbers"), ("made", "timestamps without time zone")],
)
def test_different_values_are_not_counted_among_misfits(
    database: Database, column: str, kind: str
) -> None:
    """Two texts among numbers would be one zero, and two among times one null."""
    found = verdicts(distinct(column, at_least(1)), database.table("cells"))[f"{column} distinct"]
    database.close()
    assert found.level is Level.ERROR
    assert found.sentence == f"not evaluated: the column has 2 values other than {kind}"


def test_conditions_joined_by_words_are_told_how(database: Database) -> None:
    """Python's `and` and chained comparisons ask a condition for its truth before it has one."""
    valid = share(at_least(95), valid=lambda row: 0 < row.n < 5, name="few")
    found = verdicts(valid, database.table("cells"))["few"]
    database.close()
    assert found.level is Level.ERROR
    assert found.sentence.endswith("; join conditions with &, |, ~")
