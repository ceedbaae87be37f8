"""Files that are one table have the same columns, in whatever order."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from table_targets import SLOT

from gatepost.errors import MeasurementError
from gatepost.targets.base import TargetContext
from gatepost.targets.files import Files, Settings, open_target


@pytest.fixture
def lake(tmp_path: Path) -> Files:
    settings = Settings.model_validate({"kind": "files", "path": str(tmp_path)})
    return open_target("lake", settings, TargetContext(slot=SLOT))


def _write(folder: Path, extension: str, *selects: str) -> None:
    with duckdb.connect() as session:
        for place, select in enumerate(selects):
            session.execute(f"copy ({select}) to '{folder}/{place}{extension}'")


@pytest.mark.parametrize("extension", [".csv", ".parquet"])
def test_a_column_that_only_a_later_file_has_is_an_error(
    lake: Files, tmp_path: Path, extension: str
) -> None:
    """DuckDB would pass over it, and a strict model hold."""
    _write(tmp_path, extension, "select 1 as id", "select 2 as id, 'x' as extra")
    with pytest.raises(MeasurementError, match=r"1 column that the first has not: extra"):
        lake.describe_table(f"*{extension}")
    lake.close()


@pytest.mark.parametrize("extension", [".csv", ".parquet"])
def test_the_order_of_columns_may_differ(lake: Files, tmp_path: Path, extension: str) -> None:
    """Columns are known by their names, and their types fit all files."""
    _write(tmp_path, extension, "select 1 as id, 10 as n", "select 20 as n, 2 as id")
    assert lake.columns(f"*{extension}") == lake.columns(f"0{extension}")
    lake.close()
