"""Whether the rows of `raw_jobs` can be relied on: complete, valid and fresh.

Completeness is judged at the newest day that is over and has rows, validity
over the last seven days.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from gatepost import (
    Database,
    Table,
    above,
    at_least,
    check,
    conforms_to,
    fresh_within,
    quality_score,
    recorded,
    share,
)

from .raw_jobs import RawJobs

pytestmark = check(owner="data")

MOSTLY = above(95, alert=at_least(90), unit="%")
OFTEN = at_least(70, unit="%")


def complete(column, limit, severity):
    """One column, judged by the rows of each of the last seven days in which it is filled."""
    expectation = share(limit, complete=column, per="day", last="7 days", keys="job_id")
    marks = check(expectation, severity=severity, runbook="completeness")
    return pytest.param(column, marks=marks)


@pytest.mark.parametrize(
    "column",
    [
        complete("title", MOSTLY, "high"),
        complete("company_name", MOSTLY, "high"),
        complete("salary", OFTEN, "low"),
        complete("skills", OFTEN, "low"),
    ],
)
def check_completeness(jobinsight_db: Database, column: str) -> Table:
    """Share of a day's rows in which a column is neither null nor empty."""
    return jobinsight_db.table("raw_jobs", time="crawled_at")


@check(
    conforms_to(
        RawJobs,
        by="column",
        last="7 days",
        tolerate={
            "job_id": at_least(alert=95, unit="%"),
            "title": at_least(alert=95, unit="%"),
            "company_name": at_least(alert=95, unit="%"),
            "salary": at_least(alert=70, unit="%"),
            "skills": at_least(alert=70, unit="%"),
            "location": at_least(alert=70, unit="%"),
        },
        severity={"salary": "medium", "skills": "medium", "location": "medium"},
    ),
    severity="high",
    runbook="validity",
)
def check_valid(jobinsight_db: Database) -> Table:
    """Rows of the last seven days that keep a column's rule."""
    return jobinsight_db.table("raw_jobs", time="crawled_at")


@check(
    quality_score(RawJobs, at_least(90, alert=85, unit="%"), last="7 days"),
    severity="medium",
    runbook="quality-score",
)
def check_score(jobinsight_db: Database) -> Table:
    """Mean of the seven validity percentages over the last seven days."""
    return jobinsight_db.table("raw_jobs", time="crawled_at")


@check(fresh_within("24 h", alert="36 h"), severity="high", runbook="freshness")
def check_freshness(jobinsight_db: Database) -> datetime | None:
    """Time since the newest row of the whole table was crawled."""
    return jobinsight_db.newest("raw_jobs", by="crawled_at")


@check(recorded(unit="rows"), severity="low")
def check_rows_today(jobinsight_db: Database) -> int:
    """Rows crawled since midnight UTC."""
    return jobinsight_db.scalar("""
        select count(*) from raw_jobs
        where crawled_at < :slot
          and crawled_at >= date_trunc('day', cast(:slot as timestamptz), 'UTC')
    """)
