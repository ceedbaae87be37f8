"""Fetches what no statement can count, only the columns that are needed, for pandera to judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gatepost.errors import MeasurementError, Unavailable
from gatepost.tables import frames
from gatepost.tables.asks import (
    DAY,
    CountBad,
    CountDistinct,
    FindNewest,
    How,
    NotEvaluated,
    ScanAnswer,
    ScanAsk,
    Summarise,
    Tally,
    Tier,
)
from gatepost.tables.evaluation import columns_of, frame_without_rows
from gatepost.tables.hiding import hide_reason
from gatepost.tables.rules import Kind, Rule
from gatepost.tables.sql.plan import Fetched
from gatepost.tables.sql.scope import Scope
from gatepost.tables.sql.weighing import weigh
from gatepost.tables.sql.windows import TIMES, undated
from gatepost.wording import plural

if TYPE_CHECKING:
    import pandas as pd


def fetch(fetched: Mapping[ScanAsk, Fetched], scope: Scope) -> dict[ScanAsk, ScanAnswer]:
    """Answer the asks that only the rows, or the different values, themselves answer.

    What cannot be fetched, such as too many rows, is not evaluated, and says
    why. Raises Unavailable.
    """
    answers: dict[ScanAsk, ScanAnswer] = {}
    rest: dict[ScanAsk, Fetched] = {}
    for ask, each in fetched.items():
        try:
            weighed = weigh(ask, each, scope)
        except Unavailable:
            raise
        except MeasurementError as error:
            weighed = _unfetched(each, error)
        if weighed is None:
            rest[ask] = each
        else:
            answers[ask] = _told(weighed, each, scope)
    return {**answers, **_fetch_together(rest, scope)} if rest else answers


def _fetch_together(fetched: Mapping[ScanAsk, Fetched], scope: Scope) -> dict[ScanAsk, ScanAnswer]:
    rests = [each.rest for each in fetched.values()]
    try:
        frame = _fetch_rows(rests, scope)
    except Unavailable:
        raise
    except MeasurementError as error:
        return {ask: _unfetched(each, error) for ask, each in fetched.items()}
    found = frames.answer_all(frame, rests, scope.slot, scope.table.time)
    return {
        ask: _tell(found[each.rest], ask, each, len(frame), scope) for ask, each in fetched.items()
    }


def _unfetched(fetched: Fetched, error: MeasurementError) -> NotEvaluated:
    return NotEvaluated(f"its rows have to be fetched, since {fetched.why}, but {error}")


def _told(answer: ScanAnswer, fetched: Fetched, scope: Scope) -> ScanAnswer:
    """The answer without what a sensitive value made Python say."""
    if isinstance(answer, NotEvaluated):
        return hide_reason(answer, _needed([fetched.rest], scope), scope.table.source.hides)
    return answer


def _tell(
    answer: ScanAnswer, ask: ScanAsk, fetched: Fetched, rows: int, scope: Scope
) -> ScanAnswer:
    """The answer in terms of the whole ask, with how it was found."""
    if isinstance(answer, NotEvaluated):
        return _told(answer, fetched, scope)
    how = How(Tier.FETCHED, f"{plural(rows, 'row')}, since {fetched.why}")
    if not (isinstance(answer, Tally) and isinstance(ask, CountBad)):
        return replace(answer, how=how)
    assert isinstance(fetched.rest, CountBad)  # noqa: S101 - the rest of a CountBad is one
    bad = dict(zip(fetched.rest.rules, answer.parts, strict=True))
    parts = tuple(bad.get(rule, 0) for rule in ask.rules)
    return replace(answer, parts=parts, how=how)


def _fetch_rows(asks: list[ScanAsk], scope: Scope) -> pd.DataFrame:
    from sqlalchemy import column, select

    columns: list[Any] = [column(name) for name in _needed(asks, scope)]
    statement = select(*columns).select_from(scope.relation)
    time = scope.live.columns.get(scope.table.time or "")
    starts = [_window_of(ask).since(scope.slot) for ask in asks]
    since = [start for start in starts if start is not None]
    if time is None or time.kind not in TIMES or len(since) < len(starts):
        return scope.table.source.frame(statement)

    from gatepost.tables.sql import predicates

    # A day early, since engines keep times in ways that compare differently; the exact cut is
    # made on the rows.
    recent = predicates.is_since(time, min(since) - DAY, scope.backend)
    return scope.table.source.frame(statement.where(recent | undated(time, scope.backend)))


def _window_of(ask: ScanAsk) -> Any:
    from gatepost.tables.asks import Window

    return Window() if isinstance(ask, FindNewest) else ask.window


def _needed(asks: Iterable[ScanAsk], scope: Scope) -> list[str]:
    """The columns that the asks are about, in the table's order; at least one."""
    wanted: set[str] = set()
    for ask in asks:
        match ask:
            case CountBad():
                wanted.update(*(_read_by(rule, scope) for rule in ask.rules), ask.keys, ask.drill)
            case CountDistinct():
                wanted.update(ask.columns)
            case FindNewest() | Summarise():
                wanted.add(ask.column)
        window = _window_of(ask)
        wanted.update(window.segments)
        if scope.table.time is not None:
            wanted.add(scope.table.time)
    live = list(scope.live.columns)
    return [name for name in live if name in wanted] or live[:1]


def _read_by(rule: Rule, scope: Scope) -> set[str]:
    live = tuple(scope.live.columns)
    groupby = None if rule.check is None else rule.check.groupby
    if rule.kind is Kind.ROWS_CHECK or callable(groupby):
        return set(live)  # Python code may look at any column
    others = {*(groupby or ()), *([rule.schema.index.name] if rule.schema.index else ())}
    return {*map(str, columns_of(rule, frame_without_rows(live))), *others}
