"""Rows of a query become a series of moments, or of whole days."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from gatepost.errors import MeasurementError
from gatepost.targets.timeseries import Rows, Window, as_moment, daily, points

SLOT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
WINDOW = Window.last(3, SLOT)


def rows(*found: tuple[Any, ...], columns: tuple[str, ...] = ("day", "share")) -> Rows:
    """Rows as a query returns them."""
    return Rows(columns, list(found))


def test_points_are_sorted_in_utc() -> None:
    """Moments of any zone are told in UTC and put in order, whatever the query's order."""
    berlin = timezone(timedelta(hours=1))
    late, early = datetime(2026, 3, 2, 1, tzinfo=berlin), datetime(2026, 3, 1, 23, tzinfo=UTC)
    series = points(rows((late, 2), (early, 1), columns=("at", "rows")))
    assert list(series) == [1.0, 2.0]
    assert list(series.index) == [pd.Timestamp(early), pd.Timestamp(late)]
    assert str(series.index.tz) == "UTC"
    assert (series.index.name, series.name, series.dtype) == ("at", "rows", float)


def test_points_of_one_moment_are_all_kept() -> None:
    """Two sessions that began at the same moment are two points."""
    assert list(points(rows((SLOT, 2), (SLOT, 1)))) == [2.0, 1.0]


def test_points_without_rows_are_an_empty_series() -> None:
    """No rows make a series of the right kind without points."""
    series = points(rows())
    assert series.empty
    assert isinstance(series.index, pd.DatetimeIndex)
    assert series.dtype == float


@pytest.mark.parametrize(
    ("value", "number"), [(Decimal("97.5"), 97.5), (3, 3.0), (True, 1.0), (math.inf, math.inf)]
)
def test_value_becomes_a_float(value: object, number: float) -> None:
    """Whatever number a driver returns is judged as a float."""
    assert list(points(rows((SLOT, value)))) == [number]


def test_missing_value_is_nan() -> None:
    """A NULL is a point without a value, not a missing point."""
    assert math.isnan(points(rows((SLOT, None))).iloc[0])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((None, 1), "must be a time, not None"),
        (("soon", 1), "must be a time, not 'soon'"),
        ((datetime(2026, 3, 1), 1), "has no time zone"),  # noqa: DTZ001 - that is the point
        ((SLOT, "97"), "column 'share' of a series holds str values, not numbers"),
        ((SLOT, SLOT), "holds datetime values"),
        ((SLOT, timedelta(1)), "extract(epoch from"),
        ((SLOT, [1]), "holds list values"),
    ],
)
def test_row_that_is_no_point_is_refused(row: tuple[Any, ...], message: str) -> None:
    """A row without a moment and a number is an error that says what it is instead."""
    with pytest.raises(MeasurementError) as caught:
        points(rows(row))
    assert message in str(caught.value)


@pytest.mark.parametrize("columns", [("day",), ("day", "share", "source")])
def test_series_has_two_columns(columns: tuple[str, ...]) -> None:
    """A query with other than two columns is refused and its columns are named."""
    with pytest.raises(MeasurementError, match=f"returned {len(columns)}: day"):
        points(rows(columns=columns))


def test_window_ends_with_the_slot_and_begins_at_a_midnight() -> None:
    """Three days back from a moment is the midnight that begins the third day before it."""
    assert Window(datetime(2026, 3, 2, tzinfo=UTC), SLOT) == WINDOW


def test_window_counts_days_in_utc() -> None:
    """A slot just after midnight in Berlin still belongs to the day before."""
    slot = datetime(2026, 3, 5, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert Window.last(1, slot).since == datetime(2026, 3, 3, tzinfo=UTC)


def test_window_without_a_day_is_refused() -> None:
    """Zero days are no window."""
    with pytest.raises(ValueError, match="days=0"):
        Window.last(0, SLOT)


def test_days_run_from_the_window_to_the_slot() -> None:
    """Every day of the window has a value; one without a row is NaN, not absent."""
    series = daily(rows((date(2026, 3, 4), 5), (date(2026, 3, 2), 3)), WINDOW)
    assert [str(day) for day in series.index] == [
        "2026-03-02",
        "2026-03-03",
        "2026-03-04",
        "2026-03-05",
    ]
    assert isinstance(series.index, pd.PeriodIndex)
    assert list(series.fillna(-1)) == [3, -1, 5, -1]


def test_day_without_a_row_is_filled_when_asked() -> None:
    """A count of no rows is zero, where the author says so; a NULL stays unknown."""
    series = daily(rows((date(2026, 3, 3), None)), WINDOW, fill=0)
    assert list(series.fillna(-1)) == [0, -1, 0, 0]


def test_rows_outside_the_window_are_left_out() -> None:
    """Days before the window and after the slot do not appear."""
    series = daily(rows((date(2026, 3, 1), 1), (date(2026, 3, 6), 1)), WINDOW)
    assert len(series) == 4
    assert series.isna().all()


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 3, 3),
        datetime(2026, 3, 3, tzinfo=UTC),
        datetime(2026, 3, 3),  # noqa: DTZ001 - a label of a day needs no zone
        "2026-03-03",
        "2026-03-03 00:00:00",
        pd.Timestamp("2026-03-03", tz="UTC"),
    ],
)
def test_day_may_be_a_date_or_its_midnight(day: object) -> None:
    """What date_trunc, a cast to date and SQLite's text return all name the day."""
    assert daily(rows((day, 7)), WINDOW).iloc[1] == 7


@pytest.mark.parametrize(
    ("day", "message"),
    [
        (SLOT, "must be a day in UTC, not 2026-03-05T06:30:00+00:00"),
        (datetime(2026, 3, 3, tzinfo=timezone(timedelta(hours=1))), "T23:00:00+00:00"),
        (None, "must be a day, not None"),
        (3, "must be a day, not 3"),
    ],
)
def test_time_that_is_no_day_is_refused(day: object, message: str) -> None:
    """A moment inside a day, or another zone's midnight, would be put on a wrong day."""
    with pytest.raises(MeasurementError) as caught:
        daily(rows((day, 1)), WINDOW)
    assert message in str(caught.value)


def test_day_with_two_rows_is_refused() -> None:
    """Two values of one day are an error, not a silent choice."""
    with pytest.raises(MeasurementError, match="returned 2 rows for the day 2026-03-03"):
        daily(rows((date(2026, 3, 3), 1), ("2026-03-03", 2)), WINDOW)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=2))), "2026-03-01T06:00:00+00:00"),
        (datetime(2026, 3, 1, 8), "2026-03-01T08:00:00"),  # noqa: DTZ001 - stays naive
        (date(2026, 3, 1), "2026-03-01T00:00:00+00:00"),
        ("2026-03-01 08:00:00", "2026-03-01T08:00:00"),
        ("2026-03-01T08:00:00Z", "2026-03-01T08:00:00+00:00"),
    ],
)
def test_moment_is_read_as_it_is_stored(value: object, moment: str) -> None:
    """Aware times come in UTC, naive ones stay naive for the expectation to judge."""
    found = as_moment(value)
    assert found is not None
    assert found.isoformat() == moment


@pytest.mark.parametrize("value", [None, 5, "tomorrow", Decimal(1)])
def test_what_is_no_time_is_none(value: object) -> None:
    """Numbers and words are no times."""
    assert as_moment(value) is None
