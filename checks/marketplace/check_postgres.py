"""Whether the database is what the code expects, and has room and time for its work."""

from __future__ import annotations

import pytest

from gatepost import (
    Database,
    MeasurementError,
    Migrations,
    Table,
    at_least,
    at_most,
    check,
    matches_declaration,
    recorded,
)
from gatepost.wording import plural

from .tables import DECLARED

pytestmark = check(owner="backend", runbook="database")


@check(severity="high", runbook="migrations")
def check_migrations(marketplace_migrations: Migrations) -> None:
    """The database's version is the head of the migration scripts."""
    state = marketplace_migrations.state()
    assert state.status == "current", str(state)


@check(at_most(80, alert=95, unit="%"), severity="high")
def check_connections(marketplace_db: Database) -> float:
    """Used share of the connections that ordinary users may open."""
    return marketplace_db.connections().utilisation


@check(at_most(5, alert=60, unit="s"), severity="high")
def check_locks(marketplace_db: Database) -> float:
    """How long the longest wait for a lock has lasted; 0 when nobody waits. Since PostgreSQL 14."""
    return marketplace_db.scalar("""
        select coalesce(max(extract(epoch from clock_timestamp() - waitstart)), 0)
        from pg_locks
        where not granted
    """)


@check(at_most(5, alert=30, unit="min"), severity="medium")
def check_long_transactions(marketplace_db: Database) -> float:
    """How long the oldest transaction of a client has been open; 0 when there is none.

    The server hides the times of other users' sessions from a role without
    pg_read_all_stats, to which every transaction would look like none.
    """
    found = marketplace_db.frame("""
        select count(*) filter (where backend_type is null) as hidden,
               coalesce(max(extract(epoch from clock_timestamp() - xact_start))
                        filter (where backend_type = 'client backend') / 60, 0) as minutes
        from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and usesysid is not null
    """).iloc[0]
    if found["hidden"]:
        sessions = plural(int(found["hidden"]), "session")
        raise MeasurementError(
            f"marketplace_db: the transactions of {sessions} are hidden from this role; "
            "grant pg_read_all_stats to it"
        )
    return float(found["minutes"])


@check(recorded(unit="MB"), severity="low")
def check_sizes(marketplace_db: Database) -> dict[str, float]:
    """What each table takes on disk, its indexes included."""
    sizes = marketplace_db.frame("""
        select relname, pg_total_relation_size(relid) / 1e6 as megabytes from pg_stat_user_tables
    """)
    by_table = dict(zip(sizes["relname"], sizes["megabytes"].astype(float), strict=True))
    return {"(all)": sum(by_table.values()), **by_table}


@check(recorded(unit="indexes"), severity="low")
def check_unused_indexes(marketplace_db: Database) -> int:
    """Indexes that nothing has read since the statistics began, keys left out."""
    return marketplace_db.scalar("""
        select count(*)
        from pg_stat_user_indexes join pg_index using (indexrelid)
        where idx_scan = 0 and not indisunique
    """)


@check(at_least(95, alert=80, unit="%"), severity="low")
def check_cache_hit(marketplace_db: Database) -> float | None:
    """Share of the blocks that were in the server's memory when they were read."""
    return marketplace_db.scalar("""
        select 100.0 * blks_hit / nullif(blks_hit + blks_read, 0)
        from pg_stat_database
        where datname = current_database()
    """)


@check(recorded(unit="transactions/s"), severity="low")
def check_transaction_rate(marketplace_db: Database) -> dict[str, float]:
    """Commits and rollbacks per second, since the statistics were reset or the server started."""
    found = marketplace_db.frame("""
        select xact_commit as commits, xact_rollback as rollbacks,
               extract(epoch from now() - coalesce(stats_reset, pg_postmaster_start_time())) as age
        from pg_stat_database
        where datname = current_database()
    """).iloc[0]
    seconds = max(float(found["age"]), 1.0)
    return {name: float(found[name]) / seconds for name in ("commits", "rollbacks")}


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(name, marks=check(matches_declaration(declared, by="table")), id=name)
        for name, declared in DECLARED.items()
    ],
)
@check(severity="high", runbook="migrations")
def check_schema(marketplace_db: Database, table: str) -> Table:
    """A live table has the columns, types, keys and indexes that the code declares."""
    return marketplace_db.table(table)
