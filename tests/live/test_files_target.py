"""A folder of Parquet and CSV files, and data frames, measured by DuckDB in memory."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import column, func, select

from gatepost.errors import MeasurementError, Unavailable
from gatepost.tables.table import Table
from gatepost.targets.base import TargetContext
from gatepost.targets.files import Files, Settings, open_target

SLOT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)

Open = Callable[..., Files]


@pytest.fixture
def folder(duckdb_file: Path) -> Path:
    """A folder, with an apostrophe in its name, of files in all formats."""
    import duckdb

    folder = duckdb_file.parent / "it's [data]"
    (folder / "jobs").mkdir(parents=True)
    with duckdb.connect() as connection:
        for part in ("a", "b"):
            path = str(folder / "jobs" / f"{part}.parquet").replace("'", "''")
            rows = (
                "select i as id, timestamptz '2026-03-05 05:00:00+00' as made from range(50) t(i)"
            )
            connection.execute(f"copy ({rows}) to '{path}'")
    rows = 'id,name\n1,a\n2,\n3,"b, c"\n'
    (folder / "plain.csv").write_text(rows)
    (folder / "tabs.tsv").write_text("id\tname\n1\ta\n")
    (folder / "packed.csv.gz").write_bytes(gzip.compress(rows.encode()))
    (folder / "short.csv").write_text("a,b,c\n1,2,3\n1,2\n")
    (folder / "late.csv").write_text("a\n" + "1\n" * 30_000 + "oops\n")
    (folder / "no.parquet").write_text("hello")
    (folder / "notes.txt").write_text("hello")
    return folder


@pytest.fixture
def open_files(folder: Path) -> Iterator[Open]:
    """Opens the folder as a target, with settings; closes it after the test."""
    opened: list[Files] = []

    def open_it(**settings: object) -> Files:
        keys = {"kind": "files", "path": folder.name, **settings}
        context = TargetContext(slot=SLOT, root=folder.parent)
        opened.append(open_target("lake", Settings.model_validate(keys), context))
        return opened[-1]

    yield open_it
    for files in opened:
        files.close()


@pytest.fixture
def files(open_files: Open) -> Files:
    """The folder as a target with default settings."""
    return open_files()


def count(table: Table) -> int:
    """Count rows by the table's own source."""
    query = select(func.count()).select_from(table.source.relation(table.name))
    return int(table.source.scalar(query))


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("jobs/a.parquet", 50),
        ("jobs/*.parquet", 100),
        ("**/[ab].parquet", 100),
        ("plain.csv", 3),
        ("tabs.tsv", 1),
        ("packed.csv.gz", 3),
    ],
)
def test_rows_of_files_are_counted(files: Files, name: str, rows: int) -> None:
    """One file or several, of each format, are one table."""
    assert count(files.table(name)) == rows


def test_columns_come_from_the_files(files: Files) -> None:
    """Parquet has types; those of CSV are such that every row fits."""
    assert files.columns("jobs/*.parquet") == {"id": "BIGINT", "made": "TIMESTAMP WITH TIME ZONE"}
    assert files.columns("plain.csv") == {"id": "BIGINT", "name": "VARCHAR"}
    assert files.columns("late.csv") == {"a": "VARCHAR"}
    assert not files.describe_table("plain.csv").unique


def test_empty_field_is_null(files: Files) -> None:
    """A field without characters is null; a quoted delimiter is text."""
    query = select(func.count(column("name")), func.max(column("name")))
    assert files.rows(query.select_from(files.relation("plain.csv"))) == [(2, "b, c")]


def test_newest_works_as_on_a_database(files: Files) -> None:
    """What a database can say of a table is said of files."""
    assert files.newest("jobs/*.parquet", "made") == datetime(2026, 3, 5, 5, tzinfo=UTC)


def test_delimiter_is_set(open_files: Open, folder: Path) -> None:
    """Another delimiter than the comma is a setting."""
    (folder / "german.csv").write_text("a;b\n1;2\n")
    assert open_files(delimiter=";").columns("german.csv") == {"a": "BIGINT", "b": "BIGINT"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.csv", r"no file below .* fits none\.csv; known files: jobs/a\.parquet"),
        ("jobs/*.csv", r"no file below .* fits jobs/\*\.csv"),
        ("../data.csv", r"\.\./data\.csv leads out of"),
        ("/etc/passwd.csv", r"/etc/passwd\.csv leads out of"),
        ("notes.txt", r"notes\.txt is of no known kind; known: \.parquet"),
        ("short.csv", r"short\.csv is no well-formed CSV file"),
        ("no.parquet", r"no\.parquet' too small to be a Parquet file"),
    ],
)
def test_what_cannot_be_measured_is_told(files: Files, name: str, message: str) -> None:
    """A missing, malformed or foreign file is an error, in both ways that it is asked for."""
    with pytest.raises(MeasurementError, match=f"lake: .*{message}"):
        count(files.table(name))
    with pytest.raises(MeasurementError, match=f"lake: .*{message}"):
        files.columns(name)


def test_unknown_column_is_told(files: Files) -> None:
    """A column that is not there is named, with what is like it."""
    with pytest.raises(MeasurementError, match="lake: there is no column mode; did you mean made"):
        files.newest("jobs/a.parquet", "mode")


def test_missing_folder_is_unavailable(open_files: Open) -> None:
    """Without its folder the target is down."""
    with pytest.raises(Unavailable, match="lake is unavailable: there is no folder"):
        count(open_files(path="elsewhere").table("plain.csv"))


def test_nothing_is_written_to_the_folder(open_files: Open, folder: Path) -> None:
    """What does not fit into memory is spilled elsewhere, and COPY is refused."""
    before = sorted(folder.rglob("*"))
    files = open_files(memory_limit="100 MB")
    sql = (
        "select count(distinct (i * 7919)::varchar || 'xxxxxxxxxxxxxxxx') from range(2000000) t(i)"
    )
    assert files.scalar(sql) == 2_000_000
    with pytest.raises(MeasurementError, match="lake: check tried to write"):
        files.scalar("copy (select 1) to 'copied.csv'")
    assert sorted(folder.rglob("*")) == before


def test_frame_is_a_table(files: Files) -> None:
    """A data frame of pandas is measured where it is; NaN and None are null."""
    frame = pd.DataFrame({"x": [1.0, float("nan"), 3.0], "s": ["a", None, "b"]})
    table = files.table(frame, time="made")
    assert table.time == "made"
    assert count(table) == 3
    query = select(func.count(column("x")), func.count(column("s")))
    assert table.source.rows(query.select_from(table.source.relation(table.name))) == [(2, 2)]
    assert list(table.source.describe_table(table.name).columns) == ["x", "s"]
