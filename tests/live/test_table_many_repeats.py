"""More columns that have to be unique than an engine joins at once."""

from __future__ import annotations

from pathlib import Path

import pandera.pandas as pa
import pytest
from sqlalchemy import create_engine
from table_targets import SLOT, verdicts

from fixtures import mariadb
from gatepost.expectations.tables import conforms_to
from gatepost.tables.table import Table
from gatepost.targets.base import TargetContext
from gatepost.targets.database import Settings, open_target

COLUMNS = [f"c{place}" for place in range(130)]
SCHEMA = pa.DataFrameSchema({name: pa.Column(nullable=True, unique=True) for name in COLUMNS})
CREATE = f"create table cells ({', '.join(f'{name} integer' for name in COLUMNS)}, at date)"
# In the last column two rows are alike.
INSERT = ", ".join(
    f"({', '.join([str(row)] * (len(COLUMNS) - 1))}, {row // 2}, '2026-03-0{9 - row}')"
    for row in range(3)
)


def _open(url: str) -> Table:
    settings = Settings.model_validate({"kind": "database", "url": url})
    return open_target("app", settings, TargetContext(slot=SLOT)).table("cells", time="at")


@pytest.mark.parametrize("per", [None, "day"])
def test_sqlite_counts_all_of_them(tmp_path: Path, per: str | None) -> None:
    """They are joined to the count of rows in parts, and each part is of the same days."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(CREATE)
        connection.exec_driver_sql(f"insert into cells values {INSERT}")  # noqa: S608 - own rows
    engine.dispose()
    _expect_only_the_last_to_repeat(_open(url), per)


def test_mariadb_counts_all_of_them(mariadb_server: mariadb.Server, mariadb_database: str) -> None:
    """It joins three tables fewer than SQLite does."""
    with mariadb_server.connect(mariadb_database) as owner, owner.cursor() as cursor:
        cursor.execute(CREATE)
        cursor.execute(f"insert into cells values {INSERT}")  # noqa: S608 - own rows
    _expect_only_the_last_to_repeat(_open(mariadb_server.url(mariadb_database)), None)


def _expect_only_the_last_to_repeat(table: Table, per: str | None) -> None:
    found = verdicts(conforms_to(SCHEMA, per=per), table)  # type: ignore[arg-type]
    table.source.close()  # type: ignore[attr-defined]
    bad = {label: verdict.bad for label, verdict in found.items() if verdict.bad}
    assert bad == {f"{COLUMNS[-1]} unique": 1 if per else 2}
    assert {verdict.total for label, verdict in found.items() if label.endswith("unique")} == {
        1 if per else 3
    }
