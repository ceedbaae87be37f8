"""Whether the rows of `raw_jobs` can be relied on: complete, valid and fresh.

Completeness is judged at the newest day that is over and has rows, validity
over the last seven days.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pandera.pandas as pa
import pytest

from gatepost import Database, Table, above, at_least, check, conforms_to, fresh_within, recorded

from .sql import VALIDITY_SCORE

pytestmark = check(owner="data")

COMPLETENESS_BY_DAY = """
    select (crawled_at at time zone 'UTC')::date as day,
           100.0 * count(*) filter (where {complete}) / count(*) as complete_percent
    from raw_jobs
    where crawled_at >= :since and crawled_at < :until
    group by day
"""
NOT_EMPTY = "{column} is not null and {column}::text <> ''"
SKILLS_NOT_EMPTY = (
    "case json_typeof(skills) when 'array' then json_array_length(skills) > 0 else false end"
)

MOSTLY_COMPLETE = check(
    above(95, alert=at_least(90), unit="%"), severity="high", runbook="completeness"
)
OFTEN_COMPLETE = check(at_least(70, unit="%"), severity="low", runbook="completeness")


def is_filled_list(skills: pd.Series) -> pd.Series:
    """Whether each value is a list with something in it."""
    return skills.map(lambda value: isinstance(value, list) and len(value) > 0)


class RawJobs(pa.DataFrameModel):
    """The rules of `raw_jobs` that a row has to keep to count as valid."""

    job_id: str = pa.Field(unique=True, str_length={"min_value": 1})
    title: str = pa.Field(str_length={"min_value": 1})
    company_name: str = pa.Field(str_length={"min_value": 1})
    salary: str = pa.Field(str_contains=r"\d")
    skills: object = pa.Field()
    location: str = pa.Field(str_length={"min_value": 1})
    crawled_at: pd.DatetimeTZDtype = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})

    @pa.check("skills", name="not_empty")
    @classmethod
    def _skills_not_empty(cls, skills: pd.Series) -> pd.Series:
        return is_filled_list(skills)


@pytest.mark.parametrize(
    "column",
    [
        pytest.param("title", marks=MOSTLY_COMPLETE),
        pytest.param("company_name", marks=MOSTLY_COMPLETE),
        pytest.param("salary", marks=OFTEN_COMPLETE),
        pytest.param("skills", marks=OFTEN_COMPLETE),
    ],
)
def check_completeness(jobinsight_db: Database, column: str) -> pd.Series:
    """Share of a day's rows in which a column is neither null nor empty."""
    complete = SKILLS_NOT_EMPTY if column == "skills" else NOT_EMPTY.format(column=column)
    statement = COMPLETENESS_BY_DAY.format(complete=complete)
    return jobinsight_db.series(statement, days=7).dropna()


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


@check(at_least(90, alert=85, unit="%"), severity="medium", runbook="quality-score")
def check_score(jobinsight_db: Database) -> float | None:
    """Mean of the seven validity percentages over the last seven days."""
    return jobinsight_db.scalar(VALIDITY_SCORE)


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
