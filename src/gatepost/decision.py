"""What a finished run means for whoever waits for it: one word and one sentence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from gatepost.model import Level, Problem, Run, Severity, count_levels
from gatepost.wording import plural


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
    the run is partial, when nothing was evaluated, or when a problem may have
    changed what was judged. WARN when a check misses its target only, or was
    kept from being measured without a failure to show for it. PASS otherwise;
    what is still learning neither passes nor holds up, and is counted.
    """
    counts = count_levels(run.results)
    evaluated = sum(result.level.evaluated for result in run.results)
    failing = [result for result in run.results if result.level.fails]
    expected = max(run.expected, len(run.results))
    unknown = expected - evaluated - counts.get(Level.LEARNING, 0)
    reasons = _breaches(run)
    if unknown > 0:
        reasons.append(f"{unknown} not evaluated")
    if run.partial:
        reasons.append(f"the run is partial: {run.partial}")
    blocking = [problem for problem in run.problems if problem.blocks]
    reasons += [f"{problem.source}: {problem.message}" for problem in blocking]
    if not evaluated and not failing:
        return Decision(Word.BLOCK, f"BLOCK: {_nothing(run, blocking)}.", counts)
    if failing or run.partial or blocking:
        return Decision(Word.BLOCK, f"BLOCK: {', '.join(reasons)}.", counts)
    if warnings := counts.get(Level.WARNING, 0):
        reasons.insert(0, plural(warnings, "warning"))
    if reasons:
        sentence = f"WARN: {', '.join(reasons)}; {_of(evaluated, expected)} evaluated."
        return Decision(Word.WARN, sentence, counts)
    learning = counts.get(Level.LEARNING, 0)
    rest = f", {learning} still learning" if learning else ""
    sentence = f"PASS: {_of(evaluated, expected)} evaluated, none in alert{rest}."
    return Decision(Word.PASS, sentence, counts)


def _nothing(run: Run, blocking: list[Problem]) -> str:
    """Why nothing is known, with the first problem that is to blame where there is one."""
    if not run.expected:
        found = "no check was collected"
    elif run.expected == 1:
        found = "the one check was not evaluated"
    else:
        found = f"none of {run.expected} checks was evaluated"
    blamed = f"; {blocking[0].source}: {blocking[0].message}" if blocking else ""
    return f"{found}, so nothing is known{blamed}"


def _breaches(run: Run) -> list[str]:
    breached = [result for result in run.results if result.level is Level.BREACH]
    kinds = Counter((result.change, result.severity) for result in breached)
    return [
        plural(kinds[change, severity], f"{word} {severity} alert")
        for change, word in (("new", "new"), ("still", "continuing"))
        for severity in Severity
        if kinds[change, severity]
    ]


def _of(evaluated: int, expected: int) -> str:
    if evaluated == expected:
        return f"all {plural(expected, 'check')}" if expected > 1 else "the one check"
    return f"{evaluated} of {plural(expected, 'check')}"
