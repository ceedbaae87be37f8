"""The tables of the history. Rows are only ever added, but for old readings, which go.

Times are kept in UTC: `timestamptz` in PostgreSQL, ISO text in SQLite.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    and_,
)

from gatepost.model import Mode

VERSION = 1
"""Raised with every change that another Gatepost has to know; a newer one is never touched.

A history that was made before there was the table `reading` is of this version
as well: the first run that has a reading to store adds the table.
"""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, also where the database keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Convert to UTC; a naive datetime is a bug of the caller."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"history keeps aware datetimes, not {value.isoformat()}")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give the zone back."""
        if value is None or value.tzinfo is UTC:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

gatepost_history = Table(
    "gatepost_history",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    comment="One row: the version of these tables.",
)

run = Table(
    "run",
    metadata,
    # Ascends in the order of recording, which tells two runs of one slot apart.
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("schedule", Text, nullable=False),
    Column("slot", UtcDateTime, nullable=False),
    Column("mode", Text, nullable=False),
    Column("revision", Text, nullable=False),
    Column("manifest_hash", Text, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("finished", UtcDateTime, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("decision", Text, nullable=False),
    sqlite_autoincrement=True,  # a deleted run's number is not given away again
)

completes_slot = and_(run.c.complete, run.c.mode == Mode.SCHEDULED.value)
Index("run_by_slot", run.c.schedule, run.c.slot)
Index(
    "run_completes_slot_once",
    run.c.schedule,
    run.c.slot,
    unique=True,
    sqlite_where=completes_slot,
    postgresql_where=completes_slot,
)

observation = Table(
    "observation",
    metadata,
    # By run first: a run then adds its rows in one place. Keyed by check first, each of
    # 10,000 checks would dirty a page of its own in every run.
    Column("run_number", ForeignKey(run.c.number), primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Column("schedule", Text, nullable=False),
    Column("slot", UtcDateTime, nullable=False),
    Column("check_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("value", Double),
    Column("unit", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("data_time", UtcDateTime),
    Column("late", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

reading = Table(
    "reading",
    metadata,
    # Goes with its run, so that whoever deletes old runs need not know of it.
    Column("run_number", ForeignKey(run.c.number, ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("schedule", Text, nullable=False),
    Column("slot", UtcDateTime, nullable=False),
    Column("content", Text, nullable=False),
)
Index("reading_by_slot", reading.c.schedule, reading.c.key, reading.c.slot)
