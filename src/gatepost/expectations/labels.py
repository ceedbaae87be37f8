"""Labelled values: each is judged by itself, the worst decides, and the worst come first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from gatepost.expectations.base import Expectation, no_data
from gatepost.model import Level, Sample, Verdict
from gatepost.wording import format_number, join_some, plural, shorten, with_unit

ValueT = TypeVar("ValueT")

_SHOWN = 20
"""Labels that a verdict's sample shows; a vector can have thousands."""

_NAMED = 3
_NOT_MISSING = (Level.OK, Level.LEARNING)


def judge_labels(
    values: Mapping[str, ValueT],
    judge: Callable[[ValueT], Verdict],
    expectation: Expectation[Any],
    all_fine: Callable[[int, str, Verdict], str],
) -> Verdict:
    """The verdict on the worst label, with counts, and a sample of the labels, worst first.

    The sample shows those that miss, or else all; the trend is that of the
    worst, where it is named because it misses. `all_fine(total, label, worst)`
    is the sentence where none does, of so many labels; `label` is that of the
    verdict nearest to its limits. Without limits none is worse than another:
    the labels keep the order of the mapping.
    """
    if not values:
        return no_data(f"a mapping without labels was measured{expectation.expected}", expectation)
    judged = [(str(label), judge(value)) for label, value in values.items()]
    judged.sort(key=_worst_first)
    label, worst = judged[0]
    count = plural(len(judged), "label")
    missing = [(label, each) for label, each in judged if each.level not in _NOT_MISSING]
    learning = sum(each.level is Level.LEARNING for _, each in judged)
    if missing:
        verb = "misses" if len(missing) == 1 else "miss"
        sentence = f"{len(missing):,} of {count} {verb}: {_examples(missing)}"
    elif learning:
        sentence = f"{learning:,} of {count} still learning: {_examples(judged[:learning])}"
    else:
        sentence = all_fine(len(judged), shorten(label, 120), worst)
    return replace(
        worst,
        sentence=sentence,
        bad=len(missing),
        total=len(judged),
        trend=worst.trend if missing else (),
        sample=_sample(missing or judged),
    )


def each_label(total: int) -> str:
    """What begins a sentence on all labels."""
    return "the only label" if total == 1 else f"each of {plural(total, 'label')}"


def margin(verdict: Verdict) -> float:
    """How far inside its limits a value is; negative outside, in the value's own unit."""
    limits, value = verdict.limits, verdict.value or 0.0
    lows = [value - low for low in (limits.target_low, limits.alert_low) if low is not None]
    highs = [high - value for high in (limits.target_high, limits.alert_high) if high is not None]
    return min([*lows, *highs], default=0.0)


def _worst_first(judged: tuple[str, Verdict]) -> tuple[int, int, float, str]:
    label, verdict = judged
    rank = verdict.severity.rank if verdict.severity else 0
    name = label if verdict.limits.bounds else ""
    return -verdict.level.badness, rank, margin(verdict), name


def _examples(judged: list[tuple[str, Verdict]]) -> str:
    """The worst with its sentence, and the next by their values."""
    (label, worst), *others = judged
    said = f"{shorten(label, 120)}: {worst.sentence}"
    if not others:
        return said
    named = join_some(
        (f"{shorten(label, 120)} ({_shown(each)})" for label, each in others), most=_NAMED
    )
    return f"{said}; also {named}"


def _shown(verdict: Verdict) -> str:
    if verdict.value is None:
        return verdict.level.label
    number = format_number(verdict.value, beside=verdict.limits.bounds)
    return with_unit(number, verdict.unit)


def _sample(judged: list[tuple[str, Verdict]]) -> Sample:
    rows = tuple(
        (shorten(label), _shown(each), shorten(each.sentence)) for label, each in judged[:_SHOWN]
    )
    return Sample(("label", "value", "verdict"), rows)
