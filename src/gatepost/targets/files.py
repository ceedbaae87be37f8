"""A folder of Parquet and CSV files, measured where they lie by a DuckDB in memory."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from pydantic import Field, PositiveInt, SecretStr

from gatepost.errors import MeasurementError, Unavailable
from gatepost.tables.kinds import read_kind
from gatepost.tables.live import LiveColumn, LiveTable
from gatepost.tables.table import Table
from gatepost.targets import database
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.database import Database
from gatepost.targets.engines import SessionLimits
from gatepost.targets.journal import note
from gatepost.wording import join_some, plural, suggest

if TYPE_CHECKING:
    from sqlalchemy import ColumnClause, Connection, Engine, FromClause, Select
    from sqlalchemy.exc import DBAPIError

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_COMPRESSIONS = {".gz", ".zst"}


class Settings(TargetSettings):
    """The table of a folder of files in `gatepost.toml`; a relative `path` starts at the project.

    `memory_limit` bounds what DuckDB holds at once; what is more it spills to
    the system's temporary folder. `delimiter` is that of CSV files, and
    `max_rows` what a table's rules may fetch. The values of `sensitive`
    columns are not shown where rows are. Files that have not changed are not
    read again unless `reuse` is off.
    """

    kind: Literal["files"]
    path: str
    delimiter: str = Field("", max_length=1)
    memory_limit: str = Field("1 GB", pattern=r"^\d+ ?[KMGT]i?B$")
    statement_timeout: Duration = timedelta(minutes=5)
    pool_size: PositiveInt = 4
    max_rows: PositiveInt = 1_000_000
    sensitive: tuple[str, ...] = ()
    reuse: bool = True


def open_target(name: str, settings: Settings, context: TargetContext) -> Files:
    """Make the target; nothing is read yet."""
    return Files(name, settings, context)


class Files(Database):
    """The files below a folder as tables: `table("jobs/*.parquet", time="made")`.

    A table's name is a path below the folder, in which `*`, `?`, `[...]` and
    `**` stand for several files: .parquet, .csv or .tsv, the latter two also
    compressed (.gz, .zst). A CSV file has a header, and an empty field is
    null; its types are those that fit every row. Nothing is written to the
    folder, and files are not held open, so that no snapshot guards them.
    """

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self._folder = (context.root / settings.path).absolute()
        self._delimiter = settings.delimiter
        self._context = context
        # Equal names share one memory within a process, so the name has to be this target's own.
        configured = {"memory_limit": settings.memory_limit, "file_search_path": self._folder}
        url = f"duckdb:///:memory:{name}-{id(self)}?{urlencode(configured)}"
        self._own = database.Settings(
            kind="database",
            url=SecretStr(url),
            schema="",
            statement_timeout=settings.statement_timeout,
            pool_size=settings.pool_size,
            max_rows=settings.max_rows,
            sensitive=settings.sensitive,
            reuse=settings.reuse,
        )
        super().__init__(name, self._own, context)
        self._place = f"files below {self._folder}"

    def tables(self) -> tuple[str, ...]:
        """List the files below the folder that can be measured."""
        note(f"files: {self._folder}")
        self._require_folder()
        found = (path.relative_to(self._folder) for path in self._folder.rglob("*"))
        return tuple(sorted(path.as_posix() for path in found if _extension(path.name)))

    def columns(self, table: str) -> dict[str, str]:
        """Map the columns of files to their types as DuckDB writes them, in order."""
        return {each.name: each.written for each in self.describe_table(table).columns.values()}

    def table(self, name: Any, *, time: str | None = None) -> Table:
        """Name files for the rules on them, or take a data frame in their place.

        The frame is one of pandas, or of polars or pyarrow where these are
        installed; it is measured where it is, and not copied.
        """
        if isinstance(name, str):
            return super().table(name, time=time)
        return Table(Frame(self.name, name, self._own, self._context), "frame", time)

    def describe_table(self, name: str) -> LiveTable:
        """Read the columns of files from the files themselves; nothing is proved of their rows.

        Raises MeasurementError where a file has a column that the first of them lacks.
        """
        from sqlalchemy import select, text
        from sqlalchemy.exc import DBAPIError

        note(f"-- columns of {name}")
        query = select(text("*")).select_from(self.relation(name))
        united = select(text("*")).select_from(self._read_files(name, united=True))
        try:
            found = self._look_up(_describe, name, query)
            every = found if self._is_file(name) else self._look_up(_describe, name, united)
        except DBAPIError as error:
            raise self._refused(error, str(query)) from None
        # DuckDB reads the columns of the first file, and passes over what the others have besides.
        others = [column for column in every.columns if column not in found.columns]
        if others:
            raise MeasurementError(
                f"{self.name}: of the files that fit {name}, some have "
                f"{plural(len(others), 'column')} that the first has not: {join_some(others)}; "
                "name files of one shape"
            )
        return replace(found, state=self._state(name))

    def _state(self, name: str) -> str:
        """What changes with the files: which there are, how long, and when they were written."""
        paths = [self._folder / name] if self._is_file(name) else []
        seen = [(path, path.stat()) for path in sorted(paths or self._folder.glob(name))]
        return "; ".join(
            f"{path} {at.st_ino} {at.st_size} {at.st_mtime_ns} {at.st_ctime_ns}"
            for path, at in seen
        )

    def relation(self, name: str) -> FromClause:
        """What a statement on files selects from: read_parquet(...) or read_csv(...).

        Raises Unavailable when the folder is missing, and MeasurementError for
        a path that leads out of it, fits no file, or has no known extension.
        """
        return self._read_files(name)

    def _read_files(self, name: str, *, united: bool = False) -> FromClause:
        """With the columns of the first file, or those of all, for their names only."""
        from sqlalchemy import func, literal_column

        path: ColumnClause[Any] = literal_column(_quoted(self._pattern(name)))
        extension = _extension(name)
        more = {"union_by_name": "true"} if united else {}
        if extension == ".parquet":
            return func.read_parquet(path, *_named(more)).table_valued()
        # Everything is said, since what DuckDB guesses of a malformed file is another table,
        # without the rows that do not fit; and types are to fit all rows, not a sample.
        options = {
            "delim": _quoted(self._delimiter or _DELIMITERS[extension]),
            "quote": _quoted('"'),
            "escape": _quoted('"'),
            "comment": _quoted(""),
            "header": "true",
            "skip": "0",
            "sample_size": "1" if united else "-1",
            **more,
        }
        return func.read_csv(path, *_named(options)).table_valued()

    def _pattern(self, name: str) -> str:
        self._require_folder()
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise MeasurementError(
                f"{self.name}: {name} leads out of {self._folder}; name a path below it"
            )
        if not _extension(name):
            raise MeasurementError(
                f"{self.name}: {name} is of no known kind; known: .parquet, .csv, .tsv, "
                "the latter two also with .gz or .zst"
            )
        folder = glob.escape(str(self._folder))
        if self._is_file(name):
            return f"{folder}/{glob.escape(name)}"
        if not any(path.is_file() for path in self._folder.glob(name)):
            raise MeasurementError(
                f"{self.name}: no file below {self._folder} fits {name}; "
                f"{suggest('file', name, self.tables())}"
            )
        return f"{folder}/{name}"

    def _is_file(self, name: str) -> bool:
        return (self._folder / name).is_file()

    def _require_folder(self) -> None:
        if not self._folder.is_dir():
            raise Unavailable(self.name, f"there is no folder {self._folder}")

    def _refused(self, error: DBAPIError, sql: str) -> MeasurementError:
        text = str(error.orig)
        if found := re.search(r'Error when sniffing file "([^"]+)"', text):
            return MeasurementError(
                f"{self.name}: {found[1]} is no well-formed CSV file: each row needs as many "
                "fields as the header, and quotes stand around a whole field; if its delimiter "
                f"is not a comma, set delimiter of targets.{self.name}"
            )
        if found := re.search(
            r'Referenced column "(.+?)" not found.*?bindings: (.*)', text, re.DOTALL
        ):
            known = re.findall('"(.+?)"', found[2])
            reason = f"there is no column {found[1]}; {suggest('column', found[1], known)}"
            return MeasurementError(f"{self.name}: {reason}")
        return super()._refused(error, sql)


class Frame(Database):
    """A data frame as the only table of a DuckDB in memory."""

    def __init__(
        self, name: str, frame: object, settings: database.Settings, context: TargetContext
    ) -> None:
        super().__init__(name, settings, context)
        self._frame = frame
        self._place = "a data frame"

    def _open_engine(self, limits: SessionLimits, root: Path) -> Engine:
        from sqlalchemy import event

        engine = super()._open_engine(limits, root)

        @event.listens_for(engine, "connect")
        def register(session: Any, _record: object) -> None:
            session.native.register("frame", self._frame)

        return engine


def _describe(connection: Connection, name: str, query: Select[Any]) -> LiveTable:
    from gatepost.targets.duckdb_dialect import read_type

    compiled = query.compile(dialect=connection.dialect)
    found = connection.exec_driver_sql(f"DESCRIBE {compiled}").all()
    columns = {}
    for column, written, *_rest in found:
        kind, bits = read_kind(read_type(written), connection.dialect.name)
        columns[column] = LiveColumn(column, kind, written, bits=bits)
    return LiveTable(name, columns)


def _extension(name: str) -> str:
    """The file's kind by its last extension but that of a compression; empty when unknown."""
    path = PurePosixPath(name)
    if path.suffix in _COMPRESSIONS and PurePosixPath(path.stem).suffix in _DELIMITERS:
        return PurePosixPath(path.stem).suffix
    return path.suffix if path.suffix in (".parquet", *_DELIMITERS) else ""


def _named(options: Mapping[str, str]) -> list[ColumnClause[Any]]:
    from sqlalchemy import literal_column

    return [literal_column(f"{option} = {value}") for option, value in options.items()]


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
