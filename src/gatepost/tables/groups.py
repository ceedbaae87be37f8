"""Groups of a frame's rows: those of a day, of a segment, or with a value that bad rows share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gatepost.tables.asks import (
    DAY,
    MOST_SEGMENTS,
    Concentration,
    Day,
    NotEvaluated,
    Segment,
    day_of,
)
from gatepost.wording import shorten

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from gatepost.tables.evaluation import Mask


def as_text(value: object) -> str:
    """A cell as short text; null and blank text are told apart from an empty cell."""
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):  # type: ignore[call-overload]
        return "null"
    text = str(value)
    return shorten(text, 80) if text.strip() else repr(text)


def moments_of(frame: pd.DataFrame, name: str) -> pd.Series[pd.Timestamp] | NotEvaluated:
    """The times in a column, in UTC; a time without a zone is taken to be in UTC."""
    import pandas as pd

    if name not in frame.columns:
        return NotEvaluated(f"the time column {name!r} does not exist")
    column = frame[name]
    if pd.api.types.is_numeric_dtype(column) and not column.isna().all():
        return NotEvaluated(f"the time column {name!r} holds numbers, not times")
    try:
        return pd.to_datetime(column, utc=True, format="ISO8601")
    except (TypeError, ValueError) as error:
        return NotEvaluated(f"the time column {name!r} holds no times: {shorten(str(error), 120)}")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The rows' days: `codes` are places in `days`, or -1 for a row in none."""

    days: tuple[datetime, ...]
    codes: npt.NDArray[np.intp]
    judged: datetime

    @classmethod
    def of(cls, moments: pd.Series[pd.Timestamp], slot: datetime) -> Calendar:
        """Sort rows by UTC day; those after the slot's day are in none."""
        import pandas as pd

        today = day_of(slot)
        floors = moments.dt.floor("D")
        codes, days = pd.factorize(floors.where(floors <= today), sort=True)
        return cls(tuple(day.to_pydatetime() for day in days), codes, today - DAY)

    @property
    def on_judged_day(self) -> Mask:
        """Which rows are of the newest complete day."""
        place = self.days.index(self.judged) if self.judged in self.days else len(self.days)
        judged: Mask = self.codes == place
        return judged

    @property
    def undated(self) -> int:
        """How many rows are in no day."""
        return int((self.codes < 0).sum())

    def count(self, bad: Mask | None) -> tuple[Day, ...]:
        """The counts of every day that has rows."""
        import numpy as np

        dated = self.codes >= 0
        totals = np.bincount(self.codes[dated], minlength=len(self.days))
        bads = np.zeros_like(totals)
        if bad is not None:
            bads = np.bincount(self.codes[dated & bad], minlength=len(self.days))
        counts = zip(self.days, bads.tolist(), totals.tolist(), strict=True)
        return tuple(Day(*count) for count in counts)


def count_segments(
    rows: pd.DataFrame, columns: Sequence[str], bad: Mask
) -> tuple[Segment, ...] | NotEvaluated:
    """The counts of each segment, the largest first; not of more than MOST_SEGMENTS."""
    found = _count_values(rows, columns, bad)
    if not isinstance(found, NotEvaluated) and len(found) > MOST_SEGMENTS:
        return NotEvaluated(
            f"{len(found):,} segments of {', '.join(columns)} are more than "
            f"{MOST_SEGMENTS:,}; choose columns with fewer values"
        )
    return found


def find_concentrations(
    rows: pd.DataFrame, columns: Sequence[str], bad: Mask
) -> tuple[Concentration, ...] | NotEvaluated:
    """The value of each column that most of the bad rows have."""
    found = []
    for column in columns:
        values = _count_values(rows, [column], bad)
        if isinstance(values, NotEvaluated):
            return values
        most = max(values, key=lambda each: each.bad)
        found.append(Concentration(column, most.values[0], most.bad, most.total))
    return tuple(found)


def missing_column(frame: pd.DataFrame, names: Sequence[str]) -> NotEvaluated | None:
    """Say which of the columns does not exist, if one does not."""
    for name in names:
        if name not in frame.columns:
            return NotEvaluated(f"column {name!r} does not exist")
    return None


def _count_values(
    rows: pd.DataFrame, columns: Sequence[str], bad: Mask
) -> tuple[Segment, ...] | NotEvaluated:
    import numpy as np

    cells: Any = rows[list(columns)]
    try:
        grouped = cells.groupby(list(columns), dropna=False, sort=False, observed=True)
        codes = grouped.ngroup().to_numpy()
    except (TypeError, ValueError) as error:  # such as lists, or two columns of one name
        return NotEvaluated(f"{', '.join(columns)}: {shorten(str(error), 120)}")
    _, firsts, totals = np.unique(codes, return_index=True, return_counts=True)
    bads = np.bincount(codes[bad], minlength=len(firsts)).tolist()
    values = cells.iloc[firsts].itertuples(index=False, name=None)
    segments = [
        Segment(tuple(map(as_text, each)), *counts)
        for each, *counts in zip(values, bads, totals.tolist(), strict=True)
    ]
    return tuple(sorted(segments, key=lambda each: (-each.total, each.values)))
