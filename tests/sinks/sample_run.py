"""A made-up night for the tests of all sinks: two systems, every level, a database that is down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gatepost.model import (
    Declaration,
    Level,
    Limits,
    Mode,
    Past,
    Point,
    Problem,
    Result,
    Run,
    Sample,
    Severity,
    Verdict,
)

SLOT = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
STARTED = SLOT + timedelta(seconds=4)
FINISHED = STARTED + timedelta(seconds=11.4)
DAY = timedelta(days=1)

SHARE = Limits(95, None, 90, None, "at least 95 %, alert below 90 %")
USED = Limits(None, 80, None, 90, "at most 80 %, alert above 90 %")

HOSTILE = (
    "<script>alert(1)</script>\x00\x1b[31m\x7f\u202egnp.exe\u2066 \ud800 ]]> &amp; "
    "\"quoted\" 'single' `"
)
"""What a hostile system may send: markup, control characters, bidi overrides, a lone surrogate."""


def result(check_id: str, level: Level, sentence: str, **known: object) -> Result:
    """One result; `known` are fields of Declaration, Verdict and Result, by name.

    `crossed` is the severity of the alert level that the verdict crossed.
    """

    def fields(record: type) -> dict[str, object]:
        return {name: value for name, value in known.items() if name in record.__slots__}

    system, group, name = check_id.split(".", 2)
    identity = {
        "id": check_id,
        "system": system,
        "group": group,
        "nodeid": f"checks/{system}/check_{group}.py::check_{name}",
        "file": f"checks/{system}/check_{group}.py",
        "line": 10 + len(name),
    }
    check = Declaration(**identity | fields(Declaration))
    # A severity is the check's, unless an alert level was crossed that has its own.
    verdict = Verdict(level, sentence, **fields(Verdict) | {"severity": known.get("crossed")})
    return Result(check, verdict, **{"started": STARTED, "seconds": 0.021} | fields(Result))


def trend(values: Sequence[float | None], until: datetime = SLOT) -> tuple[Point, ...]:
    """The values as daily points, the last one at `until`."""
    first = until - DAY * (len(values) - 1)
    return tuple(Point(first + DAY * place, value) for place, value in enumerate(values))


def failing(runs: int, level: Level = Level.BREACH) -> Past:
    """A past in which the check has been failing for so many daily runs."""
    return Past(level, SLOT - DAY, SLOT - DAY * runs, runs)


def wave(middle: float, swing: float, length: int, gaps: Sequence[int] = ()) -> list[float | None]:
    """A plausible daily series with a weekly rhythm; None at the places in `gaps`."""
    return [
        None if place in gaps else round(middle + swing * math.sin(place * math.tau / 7), 2)
        for place in range(length)
    ]


FINE = Past(Level.OK, SLOT - DAY)
TRACEBACK = """\
checks/jobinsight/check_kpis.py:58: in check_throughput
    return rows / session.seconds
           ~~~~~^~~~~~~~~~~~~~~~~
E   ZeroDivisionError: division by zero"""
COMPLETE_SQL = """\
SELECT count(*) AS total,
       count(*) FILTER (WHERE title IS NULL OR title = '') AS bad
  FROM raw_jobs
 WHERE crawled_at >= :since AND crawled_at < :until"""
REFUSED = 'database "warehouse" cannot be reached: connection refused on 127.0.0.1:5433.'


def sample_results() -> tuple[Result, ...]:
    """About two dozen results of two systems, in every level."""
    jobs = {"owner": "data platform"}
    money = {"owner": "finance"}
    dead = {"cause": "warehouse", "targets": ("warehouse",), "seconds": 0.0, "past": FINE}
    waits = 'not measured: target "warehouse" cannot be reached.'
    success = [*wave(97, 1.5, 26, gaps=(9, 10)), 88.1, 86.0, 84.6, 83.33]
    return (
        result(
            "jobinsight.kpi.crawler_success_rate",
            Level.BREACH,
            "83.33 % of DAG runs ended in success, alert below 90 %, for 4 days in a row.",
            value=83.33,
            unit="%",
            limits=SHARE,
            bad=4,
            total=24,
            since=SLOT - DAY * 3,
            streak=4,
            trend=trend(success),
            severity=Severity.HIGH,
            sustained="3 days",
            runbook="checks/jobinsight/runbooks/crawler-success-rate.md",
            ticket="https://tickets.example.com/DATA-2041",
            doc="Share of a day's DAG runs that ended in success.",
            statements=("SELECT date(start_date), avg((state = 'success')::int) FROM dag_run",),
            rows=30,
            expectation="at least 95 %",
            data_time=SLOT - timedelta(hours=1),
            past=failing(3),
            **jobs,
        ),
        result(
            "jobinsight.quality.completeness[title]",
            Level.BREACH,
            "88.87 % of rows have a title, alert below 90 %: 134 of 1,204 rows have none.",
            value=88.8704,
            unit="%",
            limits=SHARE,
            bad=134,
            total=1204,
            sample=Sample(
                ("job_id", "title"),
                (("77120", ""), ("77121", "NULL"), ("=cmd|'/c calc'!A0", ""), ("77127", "-")),
            ),
            severity=Severity.CRITICAL,
            runbook="https://wiki.example.com/runbooks/completeness?of=title&lang=en",
            doc="Share of a day's rows whose title is neither null nor empty.",
            statements=(COMPLETE_SQL,),
            how="scanned",
            rows=1,
            seconds=0.184,
            past=replace(FINE, points=trend(wave(98, 0.8, 60), SLOT - DAY)),
            **jobs,
        ),
        result(
            "jobinsight.kpi.throughput",
            Level.ERROR,
            "could not be measured: ZeroDivisionError: division by zero.",
            limits=Limits(2, None, 1, None, "at least 2 jobs/s, alert below 1 jobs/s"),
            unit="jobs/s",
            traceback=TRACEBACK,
            past=FINE,
            **jobs,
        ),
        result(
            "jobinsight.kpi.jobs_per_session",
            Level.NO_DATA,
            "no session was found in the last 30 days.",
            limits=Limits(100, 125, 50, None, "between 100 and 125, alert below 50"),
            past=failing(1, Level.NO_DATA),
            runbook="checks/jobinsight/runbooks/jobs-per-session.md",
            **jobs,
        ),
        result(
            "jobinsight.quality.freshness",
            Level.WARNING,
            "the newest row is 30 h old, target at most 24 h, alert above 36 h.",
            value=30.0,
            unit="h",
            limits=Limits(None, 24, None, 36, "at most 24 h, alert above 36 h"),
            severity=Severity.HIGH,
            trend=trend([*wave(9, 5, 40), 30.0]),
            runbook="checks/jobinsight/runbooks/freshness.md",
            past=FINE,
            **jobs,
        ),
        result(
            "jobinsight.health.disk_usage[data]",
            Level.WARNING,
            "81.2 % used, target at most 80 %, alert above 90 %.",
            value=81.2,
            unit="%",
            limits=USED,
            severity=Severity.CRITICAL,
            past=replace(FINE, points=trend([70 + place / 8 for place in range(89)], SLOT - DAY)),
            **jobs,
        ),
        result(
            "jobinsight.anomaly.job_count",
            Level.LEARNING,
            "1,204 rows; 5 of the 14 days that are needed to judge it.",
            value=1204.0,
            unit="rows",
            trend=trend([1180.0, 1222.0, 1197.0, 1240.0, 1204.0]),
            severity=Severity.HIGH,
            **jobs,
        ),
        result(
            "jobinsight.quality.valid[salary]",
            Level.OK,
            "100 % of rows are valid, target at least 70 %.",
            value=100.0,
            unit="%",
            limits=Limits(None, None, 70, None, "alert below 70 %"),
            bad=0,
            total=1204,
            past=failing(2),
            statements=(COMPLETE_SQL.replace("title", "salary"),),
            **jobs,
        ),
        result(
            "finance.health.warehouse",
            Level.ERROR,
            REFUSED,
            severity=Severity.CRITICAL,
            runbook="checks/finance/runbooks/warehouse.md",
            traceback='gatepost.errors.Unavailable: target "warehouse": connection refused',
            doc="A query answers.",
            **money | dead,
        ),
        *(
            result(name, Level.INHIBITED, waits, severity=severity, **money | dead)
            for name, severity in (
                ("finance.quality.filing_completeness", Severity.HIGH),
                ("finance.quality.price_freshness", Severity.HIGH),
                ("finance.quality.analyst_coverage", Severity.MEDIUM),
                ("finance.quality.consistency", Severity.MEDIUM),
            )
        ),
        result(
            "finance.latency.p95[/api/v1/dcf]",
            Level.BREACH,
            "12,400 ms, alert above 10,000 ms.",
            value=12400.0,
            unit="ms",
            limits=Limits(None, 5000, None, 10000, "at most 5,000 ms, alert above 10,000 ms"),
            severity=Severity.HIGH,
            trend=trend([*wave(3800, 900, 84), 9100.0, 12400.0]),
            statements=("GET https://finance.example.com/api/v1/metrics/performance?range=1h",),
            past=FINE,
            owner="valuation",
        ),
        result(
            "finance.errors.rate[/api/v1/dcf]",
            Level.OK,
            "0.4 %, target at most 5 %.",
            value=0.4,
            unit="%",
            limits=Limits(None, 5, None, 10, "at most 5 %, alert above 10 %"),
            trend=trend(wave(0.5, 0.2, 30)),
            past=FINE,
            owner="valuation",
        ),
        result("finance.log.schema", Level.OK, "every line parses.", bad=0, total=48210, **money),
        result("finance.smoke.test_login", Level.OK, "passed.", nodeid="checks/test_login.py::t"),
        *(
            result(
                f"finance.health.{name}",
                Level.OK,
                f"{value:g} %, target at most 80 %.",
                value=value,
                unit="%",
                limits=USED,
                severity=Severity.HIGH,
                past=replace(FINE, points=trend(wave(value, 4, 30), SLOT - DAY)),
                **money,
            )
            for name, value in (("cpu", 31.0), ("memory", 62.5), ("disk", 44.0))
        ),
        *(
            result(
                f"jobinsight.quality.completeness[{column}]",
                Level.OK,
                f"{value:g} % of rows have a {column}, target at least 95 %.",
                value=value,
                unit="%",
                limits=SHARE,
                bad=round(1204 * (100 - value) / 100),
                total=1204,
                statements=(COMPLETE_SQL.replace("title", column),),
                past=FINE,
                **jobs,
            )
            for column, value in (("company_name", 99.9), ("location", 97.5), ("skills", 100.0))
        ),
    )


def sample_run() -> Run:
    """A scheduled run with all levels, one dead target and one sink that failed."""
    results = sample_results()
    return Run(
        id="2026-03-10T02:00:00Z-default",
        slot=SLOT,
        mode=Mode.SCHEDULED,
        started=STARTED,
        finished=FINISHED,
        results=results,
        expected=len(results) + 1,
        deselected=3,
        partial="interrupted after 23 of 24 checks",
        revision="4f2c9d1",
        versions={"gatepost": "0.1.0", "python": "3.11.2", "pytest": "9.2.0"},
        targets={
            "jobinsight_db": "postgresql://checker:***@db.example.com/jobs",
            "warehouse": "postgresql://checker:***@127.0.0.1:5433/warehouse",
        },
        problems=(Problem("slack", "the webhook answered 503 three times; nothing was sent."),),
        compared_with=SLOT - DAY,
    )


def fine_run() -> Run:
    """The same night with nothing but the checks that passed; the first run there ever was."""
    passed = tuple(
        replace(result, past=Past()) for result in sample_results() if result.level is Level.OK
    )
    return replace(
        sample_run(),
        results=passed,
        expected=len(passed),
        deselected=0,
        partial="",
        problems=(),
        compared_with=None,
    )


def hostile_run() -> Run:
    """Every text comes from someone who means harm, and every number is an odd one."""
    hostile = {
        "owner": HOSTILE,
        "doc": HOSTILE,
        "expectation": HOSTILE,
        "statements": (HOSTILE, "</pre></script><!--" + HOSTILE),
        "sample": Sample((HOSTILE, "b"), ((HOSTILE, "=1+1"), ("@x", "-1"), ("+1", "\t=1"))),
        "unit": HOSTILE,
        "traceback": HOSTILE,
        "ticket": " JaVa\tScript:alert(1)",
        "runbook": "javascript:alert(1)",
        "file": HOSTILE,
        "nodeid": HOSTILE,
        "system": HOSTILE,
        "group": HOSTILE,
        "cause": HOSTILE,
        "how": HOSTILE,
        "targets": (HOSTILE,),
    }
    inf, nan = math.inf, math.nan
    numbers = [
        (inf, Limits(-inf, inf, nan, None, HOSTILE), [nan, inf, -inf, None]),
        (-inf, Limits(None, 1, None, 2), [None, None]),
        (nan, Limits(0, 0, 0, 0), [1e308, -1e308]),
        (1e308, Limits(-1e308, 1e308), [5.0]),
        (5e-324, Limits(0, 1e-300, None, 1), [0.0, 5e-324]),
    ]
    odd = tuple(
        result(
            f"a.b.{HOSTILE}{place}",
            level,
            HOSTILE * (900 if place == 0 else 1),
            value=value,
            limits=limits,
            trend=trend(values),
            **hostile,
        )
        for place, (level, (value, limits, values)) in enumerate(
            zip(Level, numbers * 2, strict=False)
        )
    )
    return replace(
        sample_run(),
        id=HOSTILE,
        results=odd,
        schedule=HOSTILE,
        partial=HOSTILE,
        revision=HOSTILE,
        versions={HOSTILE: HOSTILE},
        targets={HOSTILE: HOSTILE},
        problems=(Problem(HOSTILE, HOSTILE),),
    )
