"""Whether JobInsight's volume is what its history leads one to expect.

The system's own rule: a share of the plain mean of the 30 days before. It has
to leave room for weekends, which bring half of a weekday's jobs.
"""

from __future__ import annotations

import pandas as pd

from gatepost import Database, Table, at_least, check, quality_score, share_of_mean

from .raw_jobs import RawJobs

pytestmark = check(owner="data")

BY_DAY = """
    select (crawled_at at time zone 'UTC')::date as day, {figure} as figure
    from raw_jobs
    where crawled_at >= :since and crawled_at < :until
    group by day
"""


@check(share_of_mean(0.5, over=30, unit="jobs"), severity="high", runbook="job-count")
def check_job_count(jobinsight_db: Database) -> pd.Series:
    """Rows per day; a day without any has 0."""
    return jobinsight_db.series(BY_DAY.format(figure="count(*)"), days=31, fill=0)


@check(
    share_of_mean(0.7, over=30, unit="companies"), severity="medium", runbook="company-diversity"
)
def check_company_diversity(jobinsight_db: Database) -> pd.Series:
    """Distinct companies per day; a day without any row has 0."""
    figure = "count(distinct nullif(company_name, ''))"
    return jobinsight_db.series(BY_DAY.format(figure=figure), days=31, fill=0)


@check(
    quality_score(RawJobs, at_least(alert=80, unit="%"), last="7 days"),
    severity="high",
    runbook="quality-score",
)
def check_quality_score(jobinsight_db: Database) -> Table:
    """The quality score, against the level below which data is not worth publishing."""
    return jobinsight_db.table("raw_jobs", time="crawled_at")
