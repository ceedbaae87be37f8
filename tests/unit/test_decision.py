"""The release decision: what blocks, what warns, and that nothing unknown ever passes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.decision import Word, decide
from gatepost.model import (
    Declaration,
    Level,
    Mode,
    Past,
    Problem,
    Result,
    Run,
    Severity,
    Verdict,
)

NOW = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
OK, WARNING, BREACH = Level.OK, Level.WARNING, Level.BREACH


def run(*levels: Level, expected: int | None = None, **known: Any) -> Run:
    """A run with a result of each level, new and of medium severity."""
    results = tuple(result(level, n) for n, level in enumerate(levels))
    return of(*results, expected=expected, **known)


def of(*results: Result, expected: int | None = None, **known: Any) -> Run:
    count = len(results) if expected is None else expected
    return Run("id", NOW, Mode.GATE, NOW, NOW, results, count, **known)


def result(
    level: Level, number: int = 0, severity: Severity = Severity.MEDIUM, past: Past | None = None
) -> Result:
    check = Declaration(f"a.b.{number}", "a", "b", "", "", 1, severity=severity)
    return Result(check, Verdict(level, ""), NOW, past=past or Past())


@pytest.mark.parametrize(
    ("finished", "sentence"),
    [
        (run(OK), "PASS: the one check evaluated, none in alert."),
        (run(OK, OK), "PASS: all 2 checks evaluated, none in alert."),
        (
            run(OK, Level.LEARNING),
            "PASS: 1 of 2 checks evaluated, none in alert, 1 still learning.",
        ),
        (run(OK, WARNING), "WARN: 1 warning; all 2 checks evaluated."),
        (run(WARNING, WARNING), "WARN: 2 warnings; all 2 checks evaluated."),
        (run(OK, Level.INHIBITED), "WARN: 1 not evaluated; 1 of 2 checks evaluated."),
        (
            run(WARNING, Level.INHIBITED, Level.LEARNING),
            "WARN: 1 warning, 1 not evaluated; 1 of 3 checks evaluated.",
        ),
        (run(OK, BREACH), "BLOCK: 1 new medium alert."),
        (run(OK, Level.ERROR), "BLOCK: 1 not evaluated."),
        (run(OK, Level.NO_DATA), "BLOCK: 1 not evaluated."),
        (run(BREACH, Level.ERROR, Level.INHIBITED), "BLOCK: 1 new medium alert, 2 not evaluated."),
        (run(), "BLOCK: no check was collected, so nothing is known."),
        (run(expected=3), "BLOCK: none of 3 checks was evaluated, so nothing is known."),
        (run(Level.INHIBITED), "BLOCK: the one check was not evaluated, so nothing is known."),
        (run(Level.LEARNING), "BLOCK: the one check was not evaluated, so nothing is known."),
        (
            run(OK, expected=2, partial="Ctrl-C"),
            "BLOCK: 1 not evaluated, the run is partial: Ctrl-C.",
        ),
        (run(OK, partial="Ctrl-C"), "BLOCK: the run is partial: Ctrl-C."),
        (run(OK, Level.INHIBITED, expected=1), "WARN: 1 not evaluated; 1 of 2 checks evaluated."),
        (run(OK, expected=2), "WARN: 1 not evaluated; 1 of 2 checks evaluated."),
        (
            run(OK, problems=(Problem("gatepost.toml", "matches no check", blocks=True),)),
            "BLOCK: gatepost.toml: matches no check.",
        ),
        (
            run(OK, problems=(Problem("slack", "429"),)),
            "PASS: the one check evaluated, none in alert.",
        ),
    ],
)
def test_a_run_becomes_one_word_and_one_sentence(finished: Run, sentence: str) -> None:
    """The word is the sentence's first."""
    decision = decide(finished)
    assert decision.sentence == sentence
    assert decision.word == sentence.partition(":")[0]


def test_alerts_are_counted_by_novelty_and_severity() -> None:
    """New ones first, the most severe first."""
    before = Past(BREACH, NOW, NOW, 1)
    decision = decide(
        of(
            result(BREACH, 1, Severity.LOW),
            result(BREACH, 2, Severity.CRITICAL),
            result(BREACH, 3, Severity.CRITICAL, Past(OK, NOW)),
            result(BREACH, 4, Severity.HIGH, before),
            result(BREACH, 5, Severity.HIGH, Past(Level.ERROR, NOW, NOW, 3)),
            result(OK, 6),
        )
    )
    assert decision.sentence == (
        "BLOCK: 2 new critical alerts, 1 new low alert, 2 continuing high alerts."
    )


def test_the_counts_are_those_of_the_results() -> None:
    """Worst first, and only the levels that there are."""
    decision = decide(run(OK, BREACH, OK, Level.LEARNING))
    assert list(decision.counts.items()) == [(BREACH, 1), (Level.LEARNING, 1), (OK, 2)]


RUNS = st.builds(
    lambda levels, more, partial, blocks: run(
        *levels,
        expected=max(len(levels) + more, 0),
        partial=partial,
        problems=tuple(Problem("x", "y", blocks=each) for each in blocks),
    ),
    st.lists(st.sampled_from(list(Level)), max_size=5),
    st.integers(-1, 2),
    st.sampled_from(["", "Ctrl-C"]),
    st.lists(st.booleans(), max_size=2),
)


@given(RUNS)
def test_nothing_unknown_ever_passes(finished: Run) -> None:
    """PASS takes something evaluated, and nothing that failed, warned, is missing or in doubt."""
    decision = decide(finished)
    levels = [each.level for each in finished.results]
    fine = (
        OK in levels
        and set(levels) <= {OK, Level.LEARNING}
        and 0 < finished.expected <= len(levels)
        and not finished.partial
        and not any(problem.blocks for problem in finished.problems)
    )
    assert (decision.word is Word.PASS) is fine


@given(RUNS)
def test_what_fails_always_blocks(finished: Run) -> None:
    """One failing result, a partial run or a problem in what was judged is enough."""
    in_doubt = finished.partial or any(problem.blocks for problem in finished.problems)
    if in_doubt or any(each.level.fails for each in finished.results):
        assert decide(finished).word is Word.BLOCK


@given(RUNS)
def test_the_sentence_is_one_line_with_its_word(finished: Run) -> None:
    """And names every breach that there is."""
    decision = decide(finished)
    assert re.fullmatch(rf"{decision.word}: .+\.", decision.sentence)
    breaches = sum(each.level is BREACH for each in finished.results)
    if breaches and finished.expected:
        assert f"{breaches} new medium alert" in decision.sentence
