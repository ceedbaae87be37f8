"""Checks that are determined by the different values of a column see what the rows would show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandera.pandas as pa
import pytest
from sqlalchemy import create_engine
from table_targets import SLOT, verdicts

from fixtures import mariadb
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level, Verdict
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Settings, open_target


def _check(url: str, column: str, function: Any) -> Verdict:
    check = pa.Check(function, name="known", determined_by_unique=True)
    model = pa.DataFrameSchema({column: pa.Column(nullable=True, checks=check)})
    settings = Settings.model_validate({"kind": "database", "url": url})
    target = open_target("app", settings, TargetContext(slot=SLOT))
    try:
        return verdicts(conforms_to(model), target.table("cells"))[f"{column} known"]
    finally:
        target.close()


def test_mariadb_gives_texts_to_python_as_texts(
    mariadb_server: mariadb.Server, mariadb_database: str
) -> None:
    """Values are told apart as bytes, which no list of texts would hold; Python gets the texts."""
    with mariadb_server.connect(mariadb_database) as owner, owner.cursor() as cursor:
        cursor.execute("create table cells (t varchar(20))")
        cursor.execute("insert into cells values ('bad'), ('BAD'), ('bad'), ('bad '), (null)")
    url = mariadb_server.url(mariadb_database)
    verdict = _check(url, "t", lambda texts: ~texts.isin(["bad"]))
    assert (verdict.level, verdict.bad, verdict.total) == (Level.BREACH, 2, 5)
    assert "4 different values" in verdict.how


@pytest.mark.parametrize("type_", ["real", "numeric", "timestamp", "date"])
def test_sqlite_gives_python_what_is_stored(tmp_path: Path, type_: str) -> None:
    """A text among numbers is no zero, and one among times no null."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"create table cells (c {type_})")
        connection.exec_driver_sql("insert into cells values ('neither'), ('2026-03-09'), (1.5)")
    engine.dispose()
    verdict = _check(url, "c", lambda cells: cells != "neither")
    assert (verdict.level, verdict.bad, verdict.total) == (Level.BREACH, 1, 3)
