"""Answers asks from the rows of a pandas frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from gatepost.model import Sample
from gatepost.tables.asks import (
    DAY,
    Answer,
    Ask,
    CountBad,
    CountRows,
    Day,
    NotEvaluated,
    Scan,
    Tally,
    Whole,
    Window,
    day_of,
)
from gatepost.tables.evaluation import columns_of, evaluate, unite, with_index
from gatepost.wording import shorten

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from gatepost.tables.evaluation import Mask, Outcome

SaidT = TypeVar("SaidT", Whole, NotEvaluated)


def answer(
    frame: pd.DataFrame, asks: Iterable[Ask], slot: datetime, time: str | None = None
) -> Scan:
    """Answer every ask from the rows of a frame; `time` is the column with a row's time in UTC."""
    by_window: dict[Window, list[Ask]] = {}
    for ask in dict.fromkeys(asks):
        by_window.setdefault(ask.window, []).append(ask)
    answers: dict[Ask, Answer] = {}
    for window, group in by_window.items():
        if window == Window():
            answers.update((ask, _answer(frame, ask, None)) for ask in group)
            continue
        moments = _moments(frame, time)
        if isinstance(moments, NotEvaluated):
            answers.update(dict.fromkeys(group, moments))
            continue
        since = window.since(slot)
        rows = frame
        if since is not None:
            inside = ((moments >= since) | moments.isna()).to_numpy()
            rows, moments = frame[inside], moments[inside]
        calendar = _Calendar.of(moments, slot) if window.per_day else None
        for ask in group:
            # A row without a time has no day, so by day that rule could never fail.
            dated = isinstance(ask, CountRows) or time not in {rule.column for rule in ask.rules}
            answers[ask] = _answer(rows, ask, calendar if dated else None)
    return Scan(answers)


def as_text(value: object) -> str:
    """A cell as short text; null and blank text are told apart from an empty cell."""
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):  # type: ignore[call-overload]
        return "null"
    text = str(value)
    return shorten(text, 80) if text.strip() else repr(text)


@dataclass(frozen=True, slots=True)
class _Calendar:
    """The rows' days: `codes` are places in `days`, or -1 for a row in none."""

    days: tuple[datetime, ...]
    codes: npt.NDArray[np.intp]
    judged: datetime

    @classmethod
    def of(cls, moments: pd.Series[pd.Timestamp], slot: datetime) -> _Calendar:
        import pandas as pd

        today = day_of(slot)
        floors = moments.dt.floor("D")
        codes, days = pd.factorize(floors.where(floors <= today), sort=True)
        return cls(tuple(day.to_pydatetime() for day in days), codes, today - DAY)

    @property
    def on_judged_day(self) -> Mask:
        place = self.days.index(self.judged) if self.judged in self.days else len(self.days)
        judged: Mask = self.codes == place
        return judged

    @property
    def undated(self) -> int:
        return int((self.codes < 0).sum())

    def count(self, bad: Mask | None) -> tuple[Day, ...]:
        import numpy as np

        dated = self.codes >= 0
        totals = np.bincount(self.codes[dated], minlength=len(self.days))
        bads = np.zeros_like(totals)
        if bad is not None:
            bads = np.bincount(self.codes[dated & bad], minlength=len(self.days))
        counts = zip(self.days, bads.tolist(), totals.tolist(), strict=True)
        return tuple(Day(*count) for count in counts)


def _answer(rows: pd.DataFrame, ask: Ask, calendar: _Calendar | None) -> Answer:
    import numpy as np

    inside = np.ones(len(rows), dtype=bool) if calendar is None else calendar.on_judged_day
    undated = 0 if calendar is None else calendar.undated
    if isinstance(ask, CountRows):
        days = None if calendar is None else calendar.count(None)
        return Tally(0, int(inside.sum()), days=days, undated=undated)
    empty = np.zeros(0, dtype=bool)
    outcomes = [
        evaluate(rule, rows) if len(rows) or not rule.needs_rows else empty for rule in ask.rules
    ]
    united = unite(outcomes)
    if isinstance(united, NotEvaluated):
        return _name_rule(united, ask, outcomes)
    if isinstance(united, Whole):
        return replace(_name_rule(united, ask, outcomes), total=len(rows))
    bad = united & inside
    masks = [None if isinstance(each, (Whole, NotEvaluated)) else each for each in outcomes]
    parts = [0 if mask is None else int((mask & inside).sum()) for mask in masks]
    return Tally(
        bad=int(bad.sum()),
        total=int(inside.sum()),
        parts=tuple(parts),
        sample=_sample(rows, bad, ask) if ask.samples and bad.any() else None,
        days=None if calendar is None else calendar.count(united),
        undated=undated,
    )


def _name_rule(said: SaidT, ask: CountBad, outcomes: list[Outcome]) -> SaidT:
    """Say which of several rules it was."""
    if len(ask.rules) == 1:
        return said
    place = next(place for place, each in enumerate(outcomes) if each is said)
    return replace(said, why=f"{ask.rules[place].what}: {said.why}")


def _sample(rows: pd.DataFrame, bad: Mask, ask: CountBad) -> Sample | None:
    rows = with_index(rows, ask.rules[0]).iloc[bad.nonzero()[0][: ask.samples]]
    cells: dict[str, list[str]] = {}
    names = [*ask.keys, *(name for rule in ask.rules for name in columns_of(rule, rows))]
    for name in dict.fromkeys(names):
        if name in rows.columns:
            column = rows[name]
            values = column if column.ndim == 1 else column.iloc[:, 0]
        elif name == ("index" if rows.index.name is None else rows.index.name):
            values = rows.index.to_series()
        else:
            continue
        cells[str(name)] = [as_text(value) for value in values]
    return Sample(tuple(cells), tuple(zip(*cells.values(), strict=True))) if cells else None


def _moments(frame: pd.DataFrame, time: str | None) -> pd.Series[pd.Timestamp] | NotEvaluated:
    import pandas as pd

    if time is None:
        return NotEvaluated(
            "per and last need to know when a row was made; "
            'return a table with its time column: database.table("...", time="...")'
        )
    if time not in frame.columns:
        return NotEvaluated(f"the time column {time!r} does not exist")
    column = frame[time]
    if pd.api.types.is_numeric_dtype(column) and not column.isna().all():
        return NotEvaluated(f"the time column {time!r} holds numbers, not times")
    try:
        return pd.to_datetime(column, utc=True, format="ISO8601")
    except (TypeError, ValueError) as error:
        return NotEvaluated(f"the time column {time!r} holds no times: {shorten(str(error), 120)}")
