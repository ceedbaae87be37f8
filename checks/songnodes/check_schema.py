"""Whether items fit their schema, and the schema the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatepost import (
    Database,
    Table,
    at_most,
    check,
    matches_declaration,
    recorded,
    rises_at_least,
)

from .figures import SCHEMA_ERROR_RATE
from .scrapers import each_scraper
from .songs import Song
from .sources import Source

if TYPE_CHECKING:
    import pandas as pd

pytestmark = check(owner="data")

NEWEST_MIGRATIONS = """
    select version || '_' || name as migration,
           extract(epoch from cast(:slot as timestamptz) - applied_at) / 86400 as days
    from schema_migrations
    where applied_at <= :slot
    order by applied_at desc
    limit 10
"""


@check(
    at_most(alert=0.5, unit="errors/s"),
    sustained="5 min",
    severity="critical",
    runbook="schema-error-rate",
)
@each_scraper
def check_error_rate(figures: Source, scraper: str) -> pd.Series | float | None:
    """Items that do not fit their schema, per second."""
    return figures.course(SCHEMA_ERROR_RATE, scraper, last="30 min", step="1 min")


@check(matches_declaration(Song, by="table"), severity="high", runbook="schema-drift")
@pytest.mark.parametrize("table", ["songs"])
def check_drift(songnodes_db: Database, table: str) -> Table:
    """The live table has the columns, of the types, that the scrapers' item declares."""
    return songnodes_db.table(table)


@check(recorded(unit="days"), severity="low")
def check_migrations(songnodes_db: Database) -> dict[str, float]:
    """The newest ten migrations, and how long ago each was applied."""
    newest = songnodes_db.frame(NEWEST_MIGRATIONS)
    return dict(zip(newest["migration"], newest["days"].astype(float), strict=True))


@check(rises_at_least(0, unit="migrations"), severity="low")
def check_migrations_landed(songnodes_db: Database) -> int:
    """How many migrations were applied in all; a rise says that one landed since the last run."""
    return int(songnodes_db.scalar("select count(*) from schema_migrations"))
