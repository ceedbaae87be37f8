"""What JobInsight achieves: crawls that succeed, jobs they bring, and how fast.

Days are UTC days and judged once they are over; a day without runs says
nothing here, and freshness tells of it. Sessions are the successful runs of
the crawling task.
"""

from __future__ import annotations

import pandas as pd
import pytest

from gatepost import Database, above, at_least, at_most, between, check, recorded

pytestmark = check(owner="crawling")

RUNS_BY_DAY = """
    select (start_date at time zone 'UTC')::date as day,
           100.0 * count(*) filter (where state = 'success') / count(*) as success_percent
    from dag_run
    where dag_id = 'crawl_topcv_jobs' and state in ('success', 'failed')
      and start_date >= :since and start_date < :until
    group by day
"""

TASKS_BY_DAY = """
    select (start_date at time zone 'UTC')::date as day,
           {figure}(extract(epoch from end_date - start_date)) as seconds
    from task_instance
    where dag_id = 'crawl_topcv_jobs' and task_id = :task and state = 'success'
      and start_date >= :since and start_date < :until
    group by day
"""

SESSIONS = """
    select start_date, end_date
    from task_instance
    where dag_id = 'crawl_topcv_jobs' and task_id = 'crawl_and_process' and state = 'success'
      and start_date >= cast(:slot as timestamptz) - interval '30 days' and start_date < :slot
    order by start_date
"""

JOBS_BY_SESSION = """
    select session.start_date,
           count(raw_jobs.crawled_at) as jobs,
           extract(epoch from session.end_date - session.start_date) as seconds
    from unnest(cast(:starts as timestamptz[]), cast(:ends as timestamptz[]))
         as session (start_date, end_date)
    left join raw_jobs
      on raw_jobs.crawled_at >= session.start_date and raw_jobs.crawled_at < session.end_date
    group by session.start_date, session.end_date
    order by session.start_date
"""

FIGURES_BY_DAY = """
    select (crawled_at at time zone 'UTC')::date as day, {figure} as figure
    from raw_jobs
    where crawled_at >= :since and crawled_at < :until
    group by day
"""


def crawl_sessions(airflow: Database, application: Database) -> pd.DataFrame:
    """Jobs and seconds of each crawl session of the last 30 days, by its start.

    Airflow knows when sessions ran and the application what they brought; the
    two may be databases of different servers.
    """
    ran = airflow.frame(SESSIONS)
    brought = application.frame(
        JOBS_BY_SESSION, starts=ran["start_date"].tolist(), ends=ran["end_date"].tolist()
    )
    return brought.set_index(pd.DatetimeIndex(brought["start_date"]).tz_convert("UTC"))


@check(
    above(95, alert=at_least(90), unit="%"),
    sustained="3 days",
    severity="high",
    runbook="crawler-success-rate",
)
def check_crawler_success_rate(jobinsight_airflow: Database) -> pd.Series:
    """Share of a day's DAG runs that ended in success."""
    return jobinsight_airflow.series(RUNS_BY_DAY, days=30).dropna()


@check(at_least(alert=50, unit="%"), severity="critical", runbook="crawler-failure")
def check_crawler_failure(jobinsight_airflow: Database) -> float | None:
    """Success rate of the newest day that has finished runs, today included."""
    by_day = jobinsight_airflow.series(RUNS_BY_DAY, days=30).dropna()
    return by_day.iloc[-1] if len(by_day) else None


@check(
    between(100, 125, alert=at_least(50), unit="jobs"),
    severity="medium",
    runbook="jobs-per-session",
)
def check_jobs_per_session(jobinsight_airflow: Database, jobinsight_db: Database) -> pd.Series:
    """Rows collected in one crawl session."""
    sessions = crawl_sessions(jobinsight_airflow, jobinsight_db)
    return sessions["jobs"]


@check(recorded(unit="companies"), severity="low")
def check_companies_per_day(jobinsight_db: Database) -> pd.Series:
    """Distinct companies among a day's jobs."""
    figure = "count(distinct nullif(company_name, ''))"
    return jobinsight_db.series(FIGURES_BY_DAY.format(figure=figure), days=30).dropna()


@check(recorded(unit="locations"), severity="low")
def check_locations_per_day(jobinsight_db: Database) -> pd.Series:
    """Distinct locations among a day's jobs."""
    figure = "count(distinct nullif(location, ''))"
    return jobinsight_db.series(FIGURES_BY_DAY.format(figure=figure), days=30).dropna()


@check(recorded(unit="skills"), severity="low")
def check_skills_per_job(jobinsight_db: Database) -> pd.Series:
    """Mean length of the skills array of a day's jobs that have one."""
    figure = "avg(case json_typeof(skills) when 'array' then json_array_length(skills) end)"
    return jobinsight_db.series(FIGURES_BY_DAY.format(figure=figure), days=30).dropna()


@pytest.mark.parametrize(
    "task",
    [
        pytest.param(
            "crawl_and_process",
            marks=check(
                between(45, 60, alert=at_most(120), unit="s"),
                severity="medium",
                runbook="slow-crawl",
            ),
        ),
        pytest.param("cleanup_temp_files", marks=check(between(2, 5, unit="s"), severity="low")),
    ],
)
def check_task_duration(jobinsight_airflow: Database, task: str) -> pd.Series:
    """Mean duration of a day's successful instances of a task."""
    statement = TASKS_BY_DAY.format(figure="avg")
    return jobinsight_airflow.series(statement, days=30, task=task).dropna()


@check(recorded(unit="s"), severity="low")
@pytest.mark.parametrize("figure", ["min", "max"])
@pytest.mark.parametrize("task", ["crawl_and_process", "cleanup_temp_files"])
def check_task_duration_range(jobinsight_airflow: Database, task: str, figure: str) -> pd.Series:
    """Shortest and longest duration of a day's successful instances of a task."""
    statement = TASKS_BY_DAY.format(figure=figure)
    return jobinsight_airflow.series(statement, days=30, task=task).dropna()


@check(at_least(2.0, alert=1.0, unit="jobs/s"), severity="medium", runbook="slow-crawl")
def check_throughput(jobinsight_airflow: Database, jobinsight_db: Database) -> pd.Series:
    """Jobs collected per second of a session."""
    sessions = crawl_sessions(jobinsight_airflow, jobinsight_db)
    return sessions["jobs"] / sessions["seconds"]


@check(at_most(0.5, alert=1.0, unit="s"), severity="medium", runbook="slow-crawl")
def check_time_per_job(jobinsight_airflow: Database, jobinsight_db: Database) -> pd.Series:
    """Seconds of a session per job collected; a session without jobs has none."""
    sessions = crawl_sessions(jobinsight_airflow, jobinsight_db)
    return (sessions["seconds"] / sessions["jobs"]).where(sessions["jobs"] > 0)
