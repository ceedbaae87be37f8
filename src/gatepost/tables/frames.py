"""Answers asks from the rows of a pandas frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from gatepost.model import Sample
from gatepost.tables.asks import (
    CountBad,
    CountDistinct,
    CountRows,
    FindNewest,
    NotEvaluated,
    SaidT,
    Scan,
    ScanAnswer,
    ScanAsk,
    Summarise,
    Tally,
    Whole,
    Window,
)
from gatepost.tables.evaluation import columns_of, evaluate, unite, with_index
from gatepost.tables.figures import count_distinct, find_newest, summarise
from gatepost.tables.groups import (
    Calendar,
    as_text,
    count_segments,
    find_concentrations,
    missing_column,
    moments_of,
)

if TYPE_CHECKING:
    import pandas as pd

    from gatepost.tables.evaluation import Mask, Outcome


def answer(
    frame: pd.DataFrame, asks: Iterable[ScanAsk], slot: datetime, time: str | None = None
) -> Scan:
    """Answer every ask from the rows of a frame; `time` is the column with a row's time in UTC."""
    return Scan(answer_all(frame, asks, slot, time))


def answer_all(
    frame: pd.DataFrame, asks: Iterable[ScanAsk], slot: datetime, time: str | None = None
) -> dict[ScanAsk, ScanAnswer]:
    """The answers of `answer` by their asks."""
    by_window: dict[Window, list[ScanAsk]] = {}
    for ask in dict.fromkeys(asks):
        by_window.setdefault(_window(ask), []).append(ask)
    answers: dict[ScanAsk, ScanAnswer] = {}
    for window, group in by_window.items():
        if window.last is None and not window.per_day:
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
        calendar = Calendar.of(moments, slot) if window.per_day else None
        for ask in group:
            # A row without a time has no day, so by day that rule could never fail.
            of_time = isinstance(ask, CountBad) and time in {rule.column for rule in ask.rules}
            answers[ask] = _answer(rows, ask, None if of_time else calendar)
    return answers


def _window(ask: ScanAsk) -> Window:
    return Window() if isinstance(ask, FindNewest) else ask.window


def _moments(frame: pd.DataFrame, time: str | None) -> pd.Series[pd.Timestamp] | NotEvaluated:
    if time is None:
        return NotEvaluated(
            "per and last need to know when a row was made; "
            'return a table with its time column: database.table("...", time="...")'
        )
    return moments_of(frame, time)


def _answer(rows: pd.DataFrame, ask: ScanAsk, calendar: Calendar | None) -> ScanAnswer:
    match ask:
        case CountRows():
            return _count_rows(rows, ask, calendar)
        case CountBad():
            return _count_bad(rows, ask, calendar)
        case CountDistinct():
            return count_distinct(rows, ask.columns, calendar)
        case FindNewest():
            return find_newest(rows, ask.column)
        case Summarise():
            return summarise(rows, ask, calendar)


def _count_rows(
    rows: pd.DataFrame, ask: CountRows, calendar: Calendar | None
) -> Tally | NotEvaluated:
    import numpy as np

    if calendar is not None:
        total = int(calendar.on_judged_day.sum())
        return Tally(0, total, days=calendar.count(None), undated=calendar.undated)
    return _by_segment(Tally(0, len(rows)), rows, ask, np.zeros(len(rows), dtype=bool))


def _count_bad(
    rows: pd.DataFrame, ask: CountBad, calendar: Calendar | None
) -> Tally | Whole | NotEvaluated:
    import numpy as np

    missing = missing_column(rows, ask.drill)
    if missing:
        return replace(missing, why=f"drill: {missing.why}")
    empty = np.zeros(0, dtype=bool)
    outcomes = [
        evaluate(rule, rows) if len(rows) or not rule.needs_rows else empty for rule in ask.rules
    ]
    united = unite(outcomes)
    if isinstance(united, NotEvaluated):
        return _name_rule(united, ask, outcomes)
    if isinstance(united, Whole):
        return replace(_name_rule(united, ask, outcomes), total=len(rows))
    inside = np.ones(len(rows), dtype=bool) if calendar is None else calendar.on_judged_day
    bad = united & inside
    masks = [None if isinstance(each, (Whole, NotEvaluated)) else each for each in outcomes]
    parts = [0 if mask is None else int((mask & inside).sum()) for mask in masks]
    counted = Tally(
        bad=int(bad.sum()),
        total=int(inside.sum()),
        parts=tuple(parts),
        days=None if calendar is None else calendar.count(united),
        undated=0 if calendar is None else calendar.undated,
    )
    found = _by_segment(counted, rows, ask, bad)
    if isinstance(found, NotEvaluated) or not _matters(found, ask):
        return found
    drill = find_concentrations(rows[inside], ask.drill, bad[inside])
    if isinstance(drill, NotEvaluated):
        return drill
    sample = _sample(rows, bad, ask, parts) if ask.samples else None
    return replace(found, sample=sample, drill=drill)


def _matters(found: Tally, ask: CountBad) -> bool:
    """Whether there are bad rows that somebody wants to see."""
    bad = [each for each in found.segments or (found,) if each.bad]
    return any(ask.is_fine is None or not ask.is_fine(each.bad, each.total) for each in bad)


def _by_segment(
    found: Tally, rows: pd.DataFrame, ask: CountRows | CountBad, bad: Mask
) -> Tally | NotEvaluated:
    columns = ask.window.segments
    if not columns:
        return found
    segments = missing_column(rows, columns) or count_segments(rows, columns, bad)
    if isinstance(segments, NotEvaluated):
        return replace(segments, why=f"segments: {segments.why}")
    return replace(found, segments=segments)


def _name_rule(said: SaidT, ask: CountBad, outcomes: list[Outcome]) -> SaidT:
    """Say which of several rules it was."""
    place = next(place for place, each in enumerate(outcomes) if each is said)
    return ask.say_of(ask.rules[place], said)


def _sample(rows: pd.DataFrame, bad: Mask, ask: CountBad, parts: list[int]) -> Sample | None:
    rows = with_index(rows, ask.rules[0]).iloc[bad.nonzero()[0][: ask.samples]]
    cells: dict[str, list[str]] = {}
    broken = [rule for rule, bad_rows in zip(ask.rules, parts, strict=True) if bad_rows]
    names = [*ask.keys, *(name for rule in broken for name in columns_of(rule, rows))]
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
