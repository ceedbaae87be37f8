"""Figures of a frame's columns: how many different values, the newest time, the spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import Distinct, Newest, NotEvaluated, Summarise, Summary
from gatepost.tables.groups import Calendar, missing_column, moments_of
from gatepost.wording import shorten

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = ("integer", "floating", "decimal", "mixed-integer-float", "empty")


def count_distinct(
    rows: pd.DataFrame, columns: Sequence[str], calendar: Calendar | None
) -> Distinct | NotEvaluated:
    """Count the different values of the columns together; a row with a null in one has none."""
    missing = missing_column(rows, columns)
    if missing:
        return missing

    def count(part: pd.DataFrame) -> Distinct:
        return Distinct(len(part[list(columns)].dropna().drop_duplicates()), len(part))

    try:
        if calendar is None:
            return count(rows)
        days = tuple(
            (day, count(rows[calendar.codes == place]).count)
            for place, day in enumerate(calendar.days)
        )
        return replace(count(rows[calendar.on_judged_day]), days=days)
    except TypeError as error:  # lists have no hash
        return NotEvaluated(f"{', '.join(columns)}: {shorten(str(error), 120)}")


def find_newest(rows: pd.DataFrame, column: str) -> Newest | NotEvaluated:
    """The newest time of a column; without a zone where its cell has none."""
    import pandas as pd

    moments = moments_of(rows, column)
    if isinstance(moments, NotEvaluated):
        return moments
    if moments.isna().all():
        return Newest(None)
    at = pd.Timestamp(rows[column].iloc[int(moments.argmax())])
    return Newest(at.to_pydatetime(warn=False))


def summarise(
    rows: pd.DataFrame, ask: Summarise, calendar: Calendar | None
) -> Summary | NotEvaluated:
    """Describe a column of numbers, as a whole or day by day."""
    import pandas as pd

    missing = missing_column(rows, [ask.column])
    if missing:
        return missing
    column = rows[ask.column]
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind not in _NUMBERS and not column.isna().all():
        return NotEvaluated(f"column {ask.column!r} holds {kind} values, not numbers")
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    if calendar is None:
        return _summary(numbers, ask)
    days = {
        day: _summary(numbers[calendar.codes == place], ask)
        for place, day in enumerate(calendar.days)
    }
    known = tuple((day, each) for day, each in days.items() if each.values)
    return replace(_summary(numbers[calendar.on_judged_day], ask), days=known)


def _summary(numbers: pd.Series[float], ask: Summarise) -> Summary:
    known = numbers.dropna()
    if known.empty:
        return Summary(0, quantiles=(None,) * len(ask.quantiles))
    return Summary(
        values=len(known),
        minimum=float(known.min()),
        maximum=float(known.max()),
        mean=_known(known.mean()),
        deviation=_known(known.std(ddof=1)),
        quantiles=tuple(_known(known.quantile(each)) for each in ask.quantiles),
    )


def _known(number: Any) -> float | None:
    """None for NaN: the deviation of one value, and whatever infinities come to."""
    return None if number != number else float(number)
