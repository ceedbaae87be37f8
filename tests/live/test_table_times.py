"""Days and windows of a real PostgreSQL's times, of every type and in any session's zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest
from table_targets import SLOT, Application, answers, own_application, verdicts

from fixtures.postgres import Server
from gatepost.errors import MeasurementError
from gatepost.expectations.distinct import distinct
from gatepost.expectations.fresh import fresh
from gatepost.expectations.limits import at_least
from gatepost.expectations.row_count import row_count
from gatepost.expectations.tables import conforms_to
from gatepost.model import Level
from gatepost.tables import frames
from gatepost.tables.asks import Newest, NotEvaluated, Scan, Tally
from gatepost.tables.scan import scan

# Slot: 2026-03-10 06:30 in UTC, so the 9th is judged.
TIMES = [
    ("2026-03-08 23:59:59.999999", 1),
    ("2026-03-09 00:00:00", -1),
    ("2026-03-09 23:59:59.999999", -1),
    ("2026-03-10 00:00:00", 1),
    ("2026-03-11 12:00:00", -1),
    ("2026-03-03 00:00:00", 1),
    ("2026-03-02 23:59:59.999999", -1),
    (None, -1),
]
POSITIVE = pa.DataFrameSchema({"v": pa.Column(int, checks=pa.Check.gt(0))})
WINDOWS: list[dict[str, Any]] = [
    {"per": "day"},
    {"per": "day", "last": "7 days"},
    {"last": "7 days"},
    {"last": "30 h 30 min"},
]


@pytest.fixture
def application(postgres_server: Server, postgres_database: str) -> Iterator[Application]:
    with own_application(postgres_server, postgres_database) as application:
        with postgres_server.connect(postgres_database) as superuser:
            superuser.execute(f"alter database {postgres_database} set timezone = 'Asia/Tokyo'")
            superuser.execute(f"alter database {postgres_database} set datestyle = 'SQL, DMY'")
        yield application


def fill(application: Application, type_: str, times: list[tuple[str | None, int]]) -> None:
    application.execute(f"create table rows (v int, at {type_})", "set timezone = 'UTC'")
    for time, value in times:
        application.owner.execute("insert into rows values (%s, %s)", [value, time])


def figures(answer: Any) -> dict[str, Any]:
    return {
        name: getattr(answer, name) for name in answer.__slots__ if name not in ("how", "sample")
    }


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("type_", ["timestamptz", "timestamp", "date", "timestamptz(0)"])
def test_days_and_windows_are_those_of_utc(
    application: Application, type_: str, window: dict[str, Any]
) -> None:
    """Whatever the zone of the server, SQL has the figures that the fetched rows have."""
    fill(application, type_, TIMES)
    table = application.open().table("rows", time="at")
    for expectation in (
        conforms_to(POSITIVE, **window),
        row_count(at_least(1), **window),
        distinct("v", at_least(1), **window),
    ):
        rows = expectation.expand()
        asks = [ask for row in rows for ask in row.asks]
        fetched = frames.answer_all(table.frame(), asks, SLOT, "at")
        for label, answer in answers(expectation, table).items():
            (ask,) = (row.asks[0] for row in rows if row.label == label)
            if label not in ("v present", "v dtype"):
                assert figures(answer) == figures(fetched[ask]), label


def test_a_day_has_its_first_and_its_last_microsecond(application: Application) -> None:
    """The newest complete day is judged; rows of tomorrow and of no day are said."""
    fill(application, "timestamptz", TIMES)
    table = application.open().table("rows", time="at")
    found = answers(conforms_to(POSITIVE, per="day", last="7 days"), table)["v greater_than"]
    assert isinstance(found, Tally)
    assert (found.bad, found.total, found.undated) == (2, 2, 2)
    assert [(day.at.day, day.bad, day.total) for day in found.days or ()] == [
        (3, 0, 1),
        (8, 0, 1),
        (9, 2, 2),
        (10, 0, 1),
    ]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("type_", ["text", "int", "time", "interval", "jsonb"])
def test_a_time_column_that_holds_no_times_is_an_error_of_what_needs_it(
    application: Application, type_: str, window: dict[str, Any]
) -> None:
    """Also text that looks like times; rules on all rows are judged."""
    fill(application, type_, [(None, 1)])
    table = application.open().table("rows", time="at")
    windowed, whole = conforms_to(POSITIVE, **window), conforms_to(POSITIVE)
    found = answers(windowed, table)["v greater_than"]
    assert isinstance(found, NotEvaluated)
    assert found.why.startswith("the time column 'at' holds ")
    assert verdicts(whole, table)["v greater_than"].level is Level.OK
    (newest,) = answers(fresh("at", within="1 d"), table).values()
    assert isinstance(newest, NotEvaluated)


def test_a_time_column_that_does_not_exist_is_named(application: Application) -> None:
    """The nearest column is proposed."""
    fill(application, "timestamptz", TIMES)
    table = application.open().table("rows", time="att")
    with pytest.raises(MeasurementError, match="no time column att; did you mean at"):
        verdicts(conforms_to(POSITIVE), table)


ODD = ["infinity", "-infinity", "20000-01-01", "0044-03-15 BC", "2026-03-09"]


@pytest.mark.parametrize("type_", ["timestamptz", "timestamp", "date"])
def test_times_that_no_calendar_has_are_counted_to_no_day(
    application: Application, type_: str
) -> None:
    """Infinite times and the year 20000 are rows all the same, and hide no other day."""
    fill(application, type_, [(time, -1) for time in ODD])
    table = application.open().table("rows", time="at")
    by_day = answers(conforms_to(POSITIVE, per="day", last="7 days"), table)["v greater_than"]
    assert isinstance(by_day, Tally)
    assert (by_day.bad, by_day.total, by_day.undated) == (1, 1, 2)
    newest = answers(conforms_to(POSITIVE, last="7 days"), table)["v greater_than"]
    assert isinstance(newest, Tally)
    assert (newest.bad, newest.total) == (3, 3)


@pytest.mark.parametrize("type_", ["timestamptz", "timestamp", "date"])
@pytest.mark.parametrize(("time", "word"), [("infinity", "infinity"), ("20000-01-01", "20000")])
def test_a_newest_time_that_no_clock_shows_is_an_error_of_its_own(
    application: Application, type_: str, time: str, word: str
) -> None:
    """The rules beside it, in the same statement, are judged."""
    fill(application, type_, [(time, 1), ("2026-03-09", 1)])
    table = application.open().table("rows", time="at")
    asks = [
        ask
        for each in (fresh("at", within="1 d"), conforms_to(POSITIVE))
        for row in each.expand()
        for ask in row.asks
    ]
    found = scan(table, asks, SLOT)
    assert isinstance(found, Scan)
    newest, tally = found.answers[asks[0]], found.answers[asks[-1]]
    assert isinstance(newest, NotEvaluated)
    assert word in newest.why
    assert isinstance(tally, Tally)


def test_an_oldest_time_of_minus_infinity_is_no_newest_one(application: Application) -> None:
    """It is as if the row had no time, also where the newest is found day by day."""
    fill(application, "timestamptz", [("-infinity", 1), ("2026-03-09 10:00", 1), (None, 1)])
    table = application.open().table("rows", time="at")
    asks = [*fresh("at", within="24 h").asks, *row_count(at_least(1), per="day").asks]
    found = scan(table, asks, SLOT)
    assert isinstance(found, Scan)
    newest = found.answers[asks[0]]
    assert isinstance(newest, Newest)
    assert newest.at == datetime(2026, 3, 9, 10, tzinfo=UTC)


@pytest.mark.parametrize("type_", ["timestamptz", "timestamp"])
def test_rules_on_infinite_times_are_judged_by_the_server(
    application: Application, type_: str
) -> None:
    """Comparing them takes no fetch, which the driver would fail at; Python code is an error."""
    fill(application, type_, [(time, 1) for time in ODD])
    start = pd.Timestamp("2026-01-01", tz="UTC" if type_ == "timestamptz" else None)
    checks = [pa.Check.gt(start), pa.Check(lambda cells: cells.notna(), name="python")]
    schema = pa.DataFrameSchema({"at": pa.Column(None, unique=True, checks=checks)})
    found = verdicts(conforms_to(schema), application.open().table("rows"))
    assert (found["at greater_than"].bad, found["at unique"].bad) == (2, 0)
    assert found["at python"].level is Level.ERROR


def test_numbers_and_intervals_are_read_as_they_are(application: Application) -> None:
    """Also where a role would have them rounded, or written in another style."""
    with application.server.connect(application.name) as superuser:
        for setting in ("extra_float_digits = -5", "intervalstyle = 'iso_8601'"):
            superuser.execute(f"alter database {application.name} set {setting}")
    row = application.open().rows("select 0.1::float8 + 0.2::float8, interval '1 day 2 hours'")
    assert row == [(0.1 + 0.2, timedelta(days=1, hours=2))]
