"""Keeps the values of sensitive columns out of what a scan answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from gatepost.model import Sample
from gatepost.tables.asks import CountBad, CountRows, NotEvaluated, ScanAnswer, ScanAsk, Tally

MASKED = "***"


def hide_values(ask: ScanAsk, answer: ScanAnswer, hides: Callable[[str], bool]) -> ScanAnswer:
    """Mask cells, segments and concentrations of columns that are not to be shown."""
    if not isinstance(answer, Tally) or not isinstance(ask, (CountBad, CountRows)):
        return answer
    segments = answer.segments and tuple(
        replace(each, values=_masked(ask.window.segments, each.values, hides))
        for each in answer.segments
    )
    sample = answer.sample and Sample(
        answer.sample.columns,
        tuple(_masked(answer.sample.columns, row, hides) for row in answer.sample.rows),
    )
    drill = tuple(
        replace(each, value=MASKED) if hides(each.column) else each for each in answer.drill
    )
    return replace(answer, segments=segments, sample=sample, drill=drill)


def hide_reason(
    answer: NotEvaluated, columns: Iterable[str], hides: Callable[[str], bool]
) -> NotEvaluated:
    """Cut a reason short that may quote the cells it is about, as exceptions of pandas do."""
    if answer.absent or not any(map(hides, columns)):
        return answer
    kind = answer.why.partition(": ")[0]
    return NotEvaluated(f"{kind}: not shown, as it may hold values of a sensitive column")


def _masked(
    columns: Iterable[str], values: Iterable[str], hides: Callable[[str], bool]
) -> tuple[str, ...]:
    pairs = zip(columns, values, strict=True)
    return tuple(MASKED if hides(column) else value for column, value in pairs)
