"""Keeps what targets remember from one scheduled run to the next, and forgets what is old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, inspect, or_, select, tuple_

from gatepost.history import schema
from gatepost.history.identity import storable
from gatepost.model import Run
from gatepost.readings import Reading

KEPT = 5
"""Readings of one key: those of the newest slots, so that a late run finds one before its own."""

LONGEST = timedelta(days=90)
"""A reading that is older is not compared with any more, whatever has become of its target."""


def exists(connection: Connection) -> bool:
    """Whether the history has the table of readings.

    One of an earlier Gatepost has not, and may have somebody else's of that name.
    """
    inspector = inspect(connection)
    if not inspector.has_table(schema.reading.name):
        return False
    found = {column["name"] for column in inspector.get_columns(schema.reading.name)}
    return found >= set(schema.reading.columns.keys())


def last(connection: Connection, key: str, schedule: str, before: datetime) -> Reading[str] | None:
    """Return the reading of the newest slot before `before`; of a re-run slot, the newest."""
    reading = schema.reading.c
    query = (
        select(reading.slot, reading.content)
        .where(
            reading.schedule == schedule,
            reading.key == storable(key),
            reading.slot < before,
            reading.slot >= before - LONGEST,
        )
        .order_by(reading.slot.desc(), reading.run_number.desc())
        .limit(1)
    )
    found = connection.execute(query).first()
    return Reading(*found) if found else None


def store(connection: Connection, run: Run, readings: Mapping[str, str]) -> None:
    """Add the readings of a run that has just been stored, and prune what they make old."""
    if not exists(connection):
        schema.reading.create(connection)
    number = select(schema.run.c.number).where(schema.run.c.id == storable(run.id))
    common = {"run_number": connection.scalar(number), "schedule": run.schedule, "slot": run.slot}
    rows = [{**common, "key": storable(key), "content": text} for key, text in readings.items()]
    connection.execute(insert(schema.reading), rows)
    _prune(connection, run)


def _prune(connection: Connection, run: Run) -> None:
    reading = schema.reading.c
    newest_first = reading.slot.desc(), reading.run_number.desc()
    place = func.row_number().over(partition_by=reading.key, order_by=newest_first)
    of_schedule = (
        select(reading.run_number, reading.key, place.label("place"))
        .where(reading.schedule == run.schedule)
        .subquery()
    )
    surplus = select(of_schedule.c.run_number, of_schedule.c.key).where(of_schedule.c.place > KEPT)
    connection.execute(
        delete(schema.reading).where(
            reading.schedule == run.schedule,
            or_(
                tuple_(reading.run_number, reading.key).in_(surplus),
                reading.slot < run.slot - LONGEST,
            ),
        )
    )
