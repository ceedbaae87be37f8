"""What a finished run means for whoever waits for it: one word and one sentence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from gatepost.model import Level, Run, Severity, count_levels


class Word(StrEnum):
    """The release decision."""

    PASS = "PASS"  # noqa: S105 - the word, not a password
    WARN = "WARN"
    BLOCK = "BLOCK"


@dataclass(frozen=True, slots=True)
class Decision:
    """The word, the sentence that explains it, and the counts it rests on."""

    word: Word
    sentence: str
    counts: dict[Level, int]


def decide(run: Run) -> Decision:
    """Judge a whole run; what was not measured never passes.

    BLOCK when a check is in alert, could not be measured or gave no data, when
    the run is partial, or when nothing was evaluated; WARN when a check misses
    its target only, or was kept from being measured without a failure to show
    for it; PASS otherwise.
    """
    counts = count_levels(run.results)
    evaluated = sum(result.level.evaluated for result in run.results)
    failing = [result for result in run.results if result.level.fails]
    unknown = run.expected - evaluated - counts.get(Level.LEARNING, 0)
    reasons = _breaches(run) + _not_evaluated(unknown)
    if run.partial:
        reasons.append(f"the run is partial: {run.partial}")
    if not run.expected:
        return Decision(Word.BLOCK, "BLOCK: no check was collected, so nothing is known.", counts)
    if not evaluated and not failing:
        sentence = f"BLOCK: none of {_checks(run.expected)} was evaluated, so nothing is known."
        return Decision(Word.BLOCK, sentence, counts)
    if failing or run.partial:
        return Decision(Word.BLOCK, f"BLOCK: {', '.join(reasons)}.", counts)
    if warnings := counts.get(Level.WARNING, 0):
        reasons.insert(0, _plural(warnings, "warning"))
    if reasons:
        sentence = f"WARN: {', '.join(reasons)}; {_of(evaluated, run.expected)} evaluated."
        return Decision(Word.WARN, sentence, counts)
    sentence = f"PASS: {_of(evaluated, run.expected)} evaluated, none in alert."
    return Decision(Word.PASS, sentence, counts)


def _breaches(run: Run) -> list[str]:
    breached = [result for result in run.results if result.level is Level.BREACH]
    kinds = Counter((result.change, result.check.severity) for result in breached)
    order = [(change, severity) for change in ("new", "still") for severity in Severity]
    return [_plural(kinds[kind], f"{kind[0]} {kind[1]} alert") for kind in order if kinds[kind]]


def _not_evaluated(count: int) -> list[str]:
    return [f"{count} not evaluated"] if count > 0 else []


def _checks(count: int) -> str:
    return _plural(count, "check")


def _of(evaluated: int, expected: int) -> str:
    if evaluated == expected:
        return f"all {_checks(expected)}" if expected > 1 else "the one check"
    return f"{evaluated} of {_checks(expected)}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}s" if count != 1 else f"{count} {noun}"
