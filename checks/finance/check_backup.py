"""Whether the graph could be restored: dumps that are young, whole, and not kept for ever."""

from __future__ import annotations

from datetime import datetime

from gatepost import Backups, at_least, at_most, check, fresh_within

pytestmark = check(owner="platform", runbook="backups")


@check(fresh_within(alert="26 h"), severity="high")
def check_age(finance_backups: Backups) -> datetime | None:
    """When the newest dump was made, by its name; that there is none is an alert."""
    newest = finance_backups.newest()
    return newest and newest.at


@check(at_least(alert=50, unit="%"), severity="high")
def check_integrity(finance_backups: Backups) -> float | None:
    """Size of the newest dump against the one before; a dump that is not whole fails at once.

    It is read to its end, where gzip keeps a checksum. Of a first dump there is no data.
    """
    content = finance_backups.examine()
    newest = finance_backups.newest()
    assert newest is not None, "there is no dump"
    assert content.complete, f"{newest.name}: {content.problem}"
    assert content.packing == "gzip", f"{newest.name} is {content.packing or 'not packed'}"
    return finance_backups.size_percent()


@check(at_most(alert=0, unit="dumps"), severity="low")
def check_retention(finance_backups: Backups) -> int:
    """Dumps older than 30 days, which should have been deleted."""
    return len(finance_backups.files(older_than="30 days"))
