"""Turns the rows of a query into a series of figures over time; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gatepost.errors import MeasurementError
from gatepost.wording import plural

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query returned: the columns' labels, and the rows in order."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Window:
    """The whole UTC days from `since` (a midnight) up to and including the day of `until`."""

    since: datetime
    until: datetime

    @classmethod
    def last(cls, days: int, slot: datetime) -> Window:
        """The `days` days before the slot's day, and that day as far as it has come."""
        if days < 1:
            raise ValueError(f"days={days} is no window; ask for at least one day")
        slot = slot.astimezone(UTC)
        midnight = slot.replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(midnight - timedelta(days=days), slot)


def points(found: Rows) -> pd.Series[float]:
    """Make a series over UTC moments, sorted, one point for each row.

    Raises MeasurementError for anything but two columns, a time that is
    missing or has no time zone, and a value that is no number.
    """
    import pandas as pd

    label, values = _values(found)
    times = [_moment(row[0]) for row in found.rows]
    index = pd.DatetimeIndex(pd.to_datetime(times, utc=True), name=found.columns[0])
    return pd.Series(values, index=index, name=label, dtype=float).sort_index(kind="stable")


def daily(found: Rows, window: Window, fill: float | None = None) -> pd.Series[float]:
    """Make a series with one value for each day of the window; rows of other days are left out.

    A day without a row becomes `fill`, or NaN. Raises MeasurementError as
    `points` does, for a time that is no day, and for a day with two rows.
    """
    import pandas as pd

    label, values = _values(found)
    days = [_day(row[0]) for row in found.rows]
    for day, count in Counter(days).most_common(1):
        if count > 1:
            raise MeasurementError(
                f"the query returned {plural(count, 'row')} for the day {day}; "
                "a series by day has one, so group by the day alone"
            )
    by_day = dict(zip(days, values, strict=True))
    every = pd.period_range(window.since.date(), window.until.date(), freq="D")
    rest = float("nan") if fill is None else fill
    figures = [by_day.get(period.start_time.date(), rest) for period in every]
    return pd.Series(figures, index=every.rename(found.columns[0]), name=label, dtype=float)


def as_moment(value: object) -> datetime | None:
    """Read a database's time: aware ones in UTC, a date as its midnight, ISO text as it says.

    A time without a zone stays naive. None when the value is no time at all.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None


def _values(found: Rows) -> tuple[str, list[float]]:
    if len(found.columns) != 2:
        raise MeasurementError(
            f"a series has two columns, the time and the value; the query returned "
            f"{len(found.columns)}: {', '.join(found.columns)}"
        )
    label = found.columns[1]
    return label, [_number(row[1], label) for row in found.rows]


def _number(value: Any, label: str) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, (str, bytes, date, timedelta)):
        hint = "; use extract(epoch from ...)" if isinstance(value, timedelta) else ""
        raise MeasurementError(
            f"column {label!r} of a series holds {type(value).__name__} values, not numbers{hint}"
        )
    try:
        return float(value)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise MeasurementError(f"column {label!r} of a series holds {kind} values") from None


def _moment(value: object) -> datetime:
    if isinstance(value, str) and len(value) == len("2026-03-01"):
        value = _as_date(value)
    moment = as_moment(value)
    if moment is None:
        raise MeasurementError(f"the first column of a series must be a time, not {value!r}")
    if moment.tzinfo is None:
        raise MeasurementError(
            f"the time {moment} of a series has no time zone; say which one it is in, "
            "as in: column at time zone 'UTC'"
        )
    return moment


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    moment = as_moment(value)
    if moment is None:
        raise MeasurementError(f"the first column of a series by day must be a day, not {value!r}")
    if moment.time() != datetime.min.time():
        raise MeasurementError(
            f"the first column of a series by day must be a day in UTC, not {moment.isoformat()}; "
            "truncate it, as in: date_trunc('day', column)"
        )
    return moment.date()


def _as_date(text: str) -> object:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
