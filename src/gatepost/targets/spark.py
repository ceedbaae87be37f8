"""Tables and Parquet files that Spark measures, for data beyond one machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from pydantic import Field, PositiveInt, SecretStr

from gatepost.errors import MeasurementError
from gatepost.tables.live import LiveTable
from gatepost.tables.table import table_clause
from gatepost.targets import database
from gatepost.targets.base import Duration, TargetContext, TargetSettings
from gatepost.targets.database import Database
from gatepost.targets.description import describe
from gatepost.targets.engines import SessionLimits
from gatepost.targets.journal import note

if TYPE_CHECKING:
    from sqlalchemy import Engine, TableClause

_FORMATS = {".parquet": "parquet", ".orc": "orc"}


class Settings(TargetSettings):
    """The table of a Spark in `gatepost.toml`.

    `master` and `config` are Spark's own, and hold where Gatepost starts it; a
    Spark that the process already has is used as it is. `path` is the folder
    or URI (s3a://...) that names of files start from; a relative one starts at
    the project. `max_rows` bounds what a table's rules may fetch; the values of
    `sensitive` columns are not shown where rows are.
    """

    kind: Literal["spark"]
    master: str = "local[*]"
    config: Mapping[str, str] = Field(default_factory=dict)
    path: str = ""
    statement_timeout: Duration = timedelta(minutes=30)
    pool_size: PositiveInt = 4
    application_name: str = "gatepost"
    max_rows: PositiveInt = 1_000_000
    sensitive: tuple[str, ...] = ()


def open_target(name: str, settings: Settings, context: TargetContext) -> Spark:
    """Make the target; Spark starts when a check first asks it something."""
    return Spark(name, settings, context)


class Spark(Database):
    """Spark behind `table("schema.table")` and `table("jobs.parquet")`.

    A name with `/`, or that ends in .parquet or .orc, is that of a file, or of
    a folder of such files, below `path`. The same statements run as on any
    database, executed by Spark where the data is: only counts and samples come
    to this process. Spark has no transactions, so that no snapshot guards
    what is written meanwhile.
    """

    def __init__(self, name: str, settings: Settings, context: TargetContext) -> None:
        self._master = settings.master
        self._config = settings.config
        self._path = settings.path
        if "://" not in self._path:
            self._path = (context.root / self._path).absolute().as_posix()
        own = database.Settings(
            kind="database",
            url=SecretStr("spark+gatepost://"),
            schema="",
            application_name=settings.application_name,
            statement_timeout=settings.statement_timeout,
            pool_size=settings.pool_size,
            max_rows=settings.max_rows,
            sensitive=settings.sensitive,
        )
        super().__init__(name, own, context)
        self._place = f"Spark at {self._master}"

    def relation(self, name: str) -> TableClause:
        """What a statement selects from: a table of the catalogue, or files.

        Raises MeasurementError for files of a kind that has no schema.
        """
        from sqlalchemy import table

        suffix = PurePosixPath(name).suffix
        if "/" in name or suffix in _FORMATS:
            if suffix not in _FORMATS:
                raise MeasurementError(
                    f"{self.name}: {name} is of no kind that Spark reads by its own schema; "
                    f"known: {', '.join(_FORMATS)}"
                )
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise MeasurementError(
                    f"{self.name}: {name} leads out of {self._path}; name a path below it"
                )
            return table(f"{self._path.rstrip('/')}/{name}", schema=_FORMATS[suffix])
        return table_clause(name)

    def describe_table(self, name: str) -> LiveTable:
        """Read the columns of a table or of files; Spark proves nothing of their rows."""
        from sqlalchemy.exc import DBAPIError, NoSuchTableError

        note(f"-- catalogue: {name}")
        clause = self.relation(name)
        try:
            return self._look_up(describe, clause.name, clause.schema)
        except NoSuchTableError:
            raise self._unknown("table", name) from None
        except DBAPIError as error:
            raise self._refused(error, name) from None

    def columns(self, table: str) -> dict[str, str]:
        """Map the columns of a table or of files to their types as Spark writes them."""
        return {each.name: each.written for each in self.describe_table(table).columns.values()}

    def _open_engine(self, limits: SessionLimits, root: Path) -> Engine:  # noqa: ARG002 - as the base class
        from sqlalchemy import create_engine
        from sqlalchemy.dialects import registry
        from sqlalchemy.pool import QueuePool

        registry.register("spark.gatepost", "gatepost.targets.spark_dialect", "SparkDialect")
        return create_engine(
            self._url,
            poolclass=QueuePool,
            pool_size=limits.pool_size,
            max_overflow=0,
            pool_timeout=limits.statement_timeout.total_seconds(),
            hide_parameters=True,
            connect_args={
                "name": limits.application_name,
                "master": self._master,
                "config": self._config,
                "statement_timeout": limits.statement_timeout.total_seconds(),
            },
        )
