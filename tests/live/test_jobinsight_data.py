"""JobInsight's data: healthy at any time of day, and each fault turns what it says, alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from statistics import mean
from typing import Any

import pytest

from fixtures.jobinsight import FAULTS
from fixtures.jobinsight.jobs import Job, collect_jobs
from fixtures.jobinsight.scenario import Scenario, combine
from fixtures.jobinsight.sessions import DAY, Outcome, Session, midnight
from fixtures.jobinsight.world import sessions_of

BY_NAME = {fault.name: fault for fault in FAULTS}
IN_DATA = [fault for fault in FAULTS if {"sessions"} >= set(fault.changes)] + [
    BY_NAME[name]
    for name in (
        "missing_titles",
        "missing_companies",
        "bad_salaries",
        "duplicate_ids",
        "few_companies",
        "empty_table",
    )
]

MOMENTS = {
    "just after midnight on a Monday": datetime(2026, 7, 6, 0, 1, tzinfo=UTC),
    "before the first session of a Saturday": datetime(2026, 7, 11, 2, 29, tzinfo=UTC),
    "in the middle of a session": datetime(2026, 7, 8, 10, 30, 20, tzinfo=UTC),
    "just before midnight on a Sunday": datetime(2026, 7, 12, 23, 59, tzinfo=UTC),
}
OTHER_MOMENTS = {
    f"{moment:%a %H:%M}": moment
    for moment in (datetime(2026, 2, 26, tzinfo=UTC) + timedelta(hours=43 * n) for n in range(16))
}
at_moments = pytest.mark.parametrize("now", MOMENTS.values(), ids=MOMENTS)


# What the checks measure, said once more in plain Python and judged by the figures of the
# specification: 2 for what fails, 1 for what only misses its target, 0 for what is fine.


def judge(
    sessions: Sequence[Session], jobs: Sequence[Job], now: datetime
) -> tuple[set[str], set[str]]:
    """The ids that fail, and those that miss their target only, of all that need only data."""
    levels = {
        f"jobinsight.{name}": level
        for name, level in [
            *_run_levels(sessions, now),
            *_session_levels(sessions, jobs, now),
            *_daily_levels(jobs, now),
            *_validity_levels(jobs, now),
        ]
    }
    turned = {name for name, level in levels.items() if level == 2}
    return turned, {name for name, level in levels.items() if level == 1}


def grade(
    value: float | None, alert: Callable[[float], bool], target: Callable[[float], bool]
) -> int:
    """2 for what fails, absent values included, 1 for a missed target, 0 for what is fine."""
    if value is None or alert(value):
        return 2
    return 0 if target(value) else 1


def _run_levels(sessions: Iterable[Session], now: datetime) -> Iterator[tuple[str, int]]:
    by_day: dict[datetime, list[bool]] = {}
    for session in sessions:
        if session.end <= now:
            ended_well = session.outcome is Outcome.SUCCESS
            by_day.setdefault(midnight(session.start), []).append(ended_well)
    rates = {day: 100 * mean(each) for day, each in by_day.items()}
    complete = [rate for day, rate in sorted(rates.items()) if day < midnight(now)]
    alert = all(rate < 90 for rate in complete[-3:])
    yield "kpi.crawler_success_rate", 2 if alert else int(complete[-1] <= 95)
    yield "kpi.crawler_failure", 2 * (rates[max(rates)] < 50)


def _session_levels(
    sessions: Sequence[Session], jobs: Sequence[Job], now: datetime
) -> Iterator[tuple[str, int]]:
    newest = max((each for each in sessions if each.end <= now), key=lambda each: each.end)
    rows = sum(newest.start <= job.crawled_at <= newest.end for job in jobs)
    yield "kpi.jobs_per_session", grade(rows, lambda n: n < 50, lambda n: 100 <= n <= 125)
    paces = set()
    # A session may be timed by its crawl or by its whole run; both have to agree.
    for seconds in (newest.crawl_seconds, (newest.end - newest.start).total_seconds()):
        throughput = grade(rows / seconds, lambda x: x < 1, lambda x: x >= 2)
        per_job = grade(seconds / rows if rows else None, lambda x: x > 1, lambda x: x <= 0.5)
        paces.add((throughput, per_job))
    ((throughput, per_job),) = paces
    yield "kpi.throughput", throughput
    yield "kpi.time_per_job", per_job
    days = [s for s in sessions if s.end < midnight(now)]
    last = [s for s in days if s.start >= midnight(days[-1].start)]
    crawls = [s.crawl_seconds for s in last if s.outcome is not Outcome.CRAWL_FAILED]
    cleanups = [s.cleanup_seconds for s in last if s.outcome is Outcome.SUCCESS]
    crawl = grade(mean(crawls), lambda x: x > 120, lambda x: 45 <= x <= 60)
    yield "kpi.task_duration[crawl_and_process]", crawl
    cleanup = grade(mean(cleanups), lambda _: False, lambda x: 2 <= x <= 5)
    yield "kpi.task_duration[cleanup_temp_files]", cleanup


def _daily_levels(jobs: Sequence[Job], now: datetime) -> Iterator[tuple[str, int]]:
    by_day: dict[date, list[Job]] = {}
    for job in jobs:
        by_day.setdefault(job.crawled_at.date(), []).append(job)
    today = now.date()
    newest = max((day for day in by_day if day < today), default=None)
    rows = by_day[newest] if newest else []
    for name in ("companies_per_day", "locations_per_day", "skills_per_job"):
        yield f"kpi.{name}", 0 if rows else 2
    # Nothing is known of the completeness of a day without rows.
    yesterday = by_day.get(today - DAY, [])
    for column in ("title", "company_name"):
        share = _share(yesterday, attrgetter(column))
        yield f"quality.completeness[{column}]", grade(share, lambda x: x < 90, lambda x: x > 95)
    for column, holds in (("salary", lambda job: bool(job.salary)), ("skills", _has_skills)):
        share = _share(yesterday, holds)
        level = 2 if share is None else int(share < 70)
        yield f"quality.completeness[{column}]", level
    age = now - jobs[-1].crawled_at if jobs else timedelta.max
    hours = age / timedelta(hours=1)
    yield "quality.freshness", grade(hours, lambda x: x > 36, lambda x: x <= 24)
    last, *earlier = [by_day.get(today - ago * DAY, []) for ago in range(1, 31)]
    usual_rows = mean(map(len, earlier))
    usual_companies = mean(map(_companies, earlier))
    few_rows, few_companies = len(last) < 0.5 * usual_rows, _companies(last) < 0.7 * usual_companies
    yield "anomaly.job_count", 2 * (few_rows or not jobs)
    yield "anomaly.company_diversity", 2 * (few_companies or not jobs)
    yield "maintenance.retention", 2 * any(job.crawled_at < now - 90 * DAY for job in jobs)


def _validity_levels(jobs: Sequence[Job], now: datetime) -> Iterator[tuple[str, int]]:
    windows = []
    # The last seven days may end now or at midnight; both have to agree.
    for last in (now, midnight(now)):
        rows = [job for job in jobs if last - 7 * DAY <= job.crawled_at < last]
        ids = Counter(job.job_id for job in rows)
        rules: dict[str, tuple[float, Callable[[Job], object]]] = {
            "job_id": (95, lambda job: bool(job.job_id) and ids[job.job_id] == 1),  # noqa: B023
            "title": (95, lambda job: bool(job.title)),
            "company_name": (95, lambda job: bool(job.company_name)),
            "salary": (70, lambda job: any(c.isdigit() for c in job.salary or "")),
            "skills": (70, _has_skills),
            "location": (70, lambda job: bool(job.location)),
            "crawled_at": (100, lambda job: bool(job.crawled_at)),
        }
        shares = {column: _share(rows, holds) for column, (_, holds) in rules.items()}
        known = [share for share in shares.values() if share is not None]
        score = mean(known) if len(known) == len(rules) else None
        levels = {
            f"quality.valid[{column}]": 2 * (share is None or share < rules[column][0])
            for column, share in shares.items()
        }
        levels["quality.score"] = grade(score, lambda x: x < 85, lambda x: x >= 90)
        levels["anomaly.quality_score"] = 2 * (score is None or score < 80)
        windows.append(levels)
    assert windows[0] == windows[1]
    yield from windows[0].items()


def _share(rows: Sequence[Job], holds: Callable[[Job], object]) -> float | None:
    return 100 * sum(bool(holds(row)) for row in rows) / len(rows) if rows else None


def _has_skills(job: Job) -> bool:
    return job.skills not in (None, "[]")


def _companies(rows: Iterable[Job]) -> int:
    return len({job.company_name for job in rows if job.company_name})


def measure(scenario: Scenario, now: datetime) -> tuple[set[str], set[str]]:
    """Judge what a scenario's data says at a moment; rows of days 32 to 90 are nowhere judged."""
    sessions = sessions_of(scenario, now)
    judged = [
        each
        for each in sessions
        if each.start > midnight(now) - 31 * DAY or each.start < now - 89 * DAY
    ]
    jobs = [] if scenario.empty else list(collect_jobs(judged, scenario, now))
    return judge(judged, jobs, now)


@pytest.mark.parametrize("now", (MOMENTS | OTHER_MOMENTS).values(), ids=MOMENTS | OTHER_MOMENTS)
def test_healthy_data_meets_every_target(now: datetime) -> None:
    """Without a fault no figure misses its target, on any weekday at any time of day."""
    assert measure(Scenario(), now) == (set(), set())


@at_moments
@pytest.mark.parametrize("fault", IN_DATA, ids=lambda fault: fault.name)
def test_fault_in_data_turns_exactly_its_checks(fault: Any, now: datetime) -> None:
    """A fault in rows or runs turns the ids that it names and no other, at any time of day."""
    turned, warned = measure(combine([fault]), now)
    assert (turned, warned) == (set(fault.turns), set(fault.warns))


def test_ninety_days_without_too_old_a_row() -> None:
    """Rows reach back 89 days, and none comes to be 90 days old while a stand-in is up."""
    now = datetime(2026, 7, 8, 12, 0, tzinfo=UTC)
    oldest = next(collect_jobs(sessions_of(Scenario(), now), Scenario(), now)).crawled_at
    assert now - 90 * DAY + timedelta(hours=6) < oldest < now - 89 * DAY


def test_past_has_failed_runs_and_quieter_weekends() -> None:
    """Some earlier runs failed, with part of their rows, and weekends have five sessions."""
    now = datetime(2026, 7, 8, 12, 0, tzinfo=UTC)
    sessions = sessions_of(Scenario(), now)
    failed = [each for each in sessions if each.outcome is not Outcome.SUCCESS]
    assert len(failed) == 5
    assert all(each.jobs < 50 for each in failed)
    counts = Counter(midnight(each.start) for each in sessions[6:-6])
    assert {(day.weekday() > 4, count) for day, count in counts.items()} >= {(True, 5), (False, 6)}


def test_weekend_dip_is_a_strong_dip() -> None:
    """The dip that must not alert is a day of 55 to 70 % of the mean of its thirty days."""
    for now in MOMENTS.values():
        sessions = sessions_of(combine([BY_NAME["weekend_dip"]]), now)
        jobs = Counter[datetime]()
        for session in sessions:
            jobs[midnight(session.start)] += session.jobs
        last, *earlier = [jobs[midnight(now) - ago * DAY] for ago in range(1, 31)]
        assert 0.55 < last / mean(earlier) < 0.70


def test_rows_do_not_depend_on_when_they_are_asked_for() -> None:
    """A session's rows are the same tomorrow, so that two runs see one history."""
    today = datetime(2026, 7, 8, 12, 0, tzinfo=UTC)
    rows: list[list[Job]] = []
    for now in (today, today + DAY):
        jobs = collect_jobs(sessions_of(Scenario(), now), Scenario(), now)
        rows.append([job for job in jobs if midnight(job.crawled_at) == midnight(today) - DAY])
    assert rows[0] == rows[1]


@at_moments
def test_every_row_lies_inside_its_session(now: datetime) -> None:
    """A session brings as many rows as it says, none of them after its end."""
    for session in sessions_of(Scenario(), now):
        if session.crawl_end < now:
            jobs = list(collect_jobs([session], Scenario(), now))
            assert len(jobs) == session.jobs
            assert session.crawl_start <= jobs[0].crawled_at
            assert jobs[-1].crawled_at < session.crawl_end


@at_moments
def test_unfinished_session_is_running(now: datetime) -> None:
    """No row, run or task is from the future, whatever the moment."""
    jobs = list(collect_jobs(sessions_of(Scenario(), now)[-7:], Scenario(), now))
    assert max(job.crawled_at for job in jobs) <= now


def test_two_faults_of_the_sessions_add_up() -> None:
    """Faults that change the same sessions are applied one after the other."""
    both = combine([BY_NAME["slow_crawl"], BY_NAME["old_rows"]])
    now = MOMENTS["in the middle of a session"]
    turned, _ = measure(both, now)
    assert turned == {*BY_NAME["slow_crawl"].turns, *BY_NAME["old_rows"].turns}


def test_every_fault_of_the_specification_is_there() -> None:
    """The faults are those of the specification, and the one that renames Airflow's column."""
    assert " ".join(BY_NAME) == (
        "crawler_failing crawler_down few_jobs slow_crawl missing_titles missing_companies"
        " bad_salaries duplicate_ids stale_data empty_table few_companies weekend_dip old_rows"
        " unvacuumed readonly_dir disk_full memory_high db_down db_slow pool_exhausted"
        " probe_failing airflow_2"
    )
