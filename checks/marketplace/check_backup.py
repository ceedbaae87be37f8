"""Whether the database could be restored."""

from __future__ import annotations

from datetime import datetime

from gatepost import Backups, at_most, check, fresh_within

pytestmark = check(owner="platform", runbook="backups")


@check(fresh_within(alert="26 h"), severity="high")
def check_age(marketplace_backups: Backups) -> datetime | None:
    """When the newest dump was made."""
    newest = marketplace_backups.newest()
    return newest.at if newest else None


@check(severity="high")
def check_integrity(marketplace_backups: Backups) -> None:
    """The newest dump is complete, and `latest` leads to it."""
    content = marketplace_backups.examine(holding="PostgreSQL dump")
    newest = marketplace_backups.newest()
    assert newest is not None, "there is no backup"
    assert content.complete, f"{newest.name}: {content.problem}"
    latest = marketplace_backups.points_at("latest.sql.gz")
    assert latest == newest.name, f"latest.sql.gz leads to {latest}, not to {newest.name}"


@check(at_most(alert=0, unit="dumps"), severity="low")
def check_retention(marketplace_backups: Backups) -> int:
    """Dumps older than 7 days, which should have been deleted."""
    return len(marketplace_backups.files(older_than="7 days"))
