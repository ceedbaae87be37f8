"""Whether the upkeep that JobInsight needs has happened. The checks look and change nothing."""

from __future__ import annotations

from datetime import datetime

import pytest

from gatepost import Database, Directory, at_most, check, fresh_within

pytestmark = check(owner="platform")


@check(fresh_within(alert="1 day"), severity="low", runbook="vacuum")
def check_analyze_age(jobinsight_db: Database) -> datetime | None:
    """When `raw_jobs` was last analysed, by hand or by autovacuum."""
    return jobinsight_db.maintenance("raw_jobs").last_analyse


@check(fresh_within(alert="7 days"), severity="low", runbook="vacuum")
def check_vacuum_age(jobinsight_db: Database) -> datetime | None:
    """When `raw_jobs` was last vacuumed, by hand or by autovacuum."""
    return jobinsight_db.maintenance("raw_jobs").last_vacuum


@check(at_most(alert=20, unit="%"), severity="low", runbook="vacuum")
def check_dead_rows(jobinsight_db: Database) -> float:
    """Dead share of the rows of `raw_jobs`, as the server estimates it."""
    return jobinsight_db.maintenance("raw_jobs").dead_share


@check(at_most(alert=0, unit="rows"), severity="medium", runbook="retention")
def check_retention(jobinsight_db: Database) -> int:
    """Rows older than 90 days, which should have been deleted."""
    return jobinsight_db.scalar("""
        select count(*) from raw_jobs
        where crawled_at < cast(:slot as timestamptz) - interval '90 days'
    """)


@check(at_most(alert=0, unit="files"), severity="low", runbook="log-retention")
def check_log_retention(jobinsight_logs: Directory) -> int:
    """`*.log` files older than 7 days, in the folder and below it."""
    return len(jobinsight_logs.files("**/*.log", older_than="7 days"))


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("daily", marks=check(fresh_within(alert="1 day"))),
        pytest.param("weekly", marks=check(fresh_within(alert="7 days"))),
    ],
)
@check(severity="low", runbook="reports")
def check_report_age(jobinsight_reports: Directory, kind: str) -> datetime | None:
    """When the newest report was generated."""
    return jobinsight_reports.newest(f"**/{kind}/*")
