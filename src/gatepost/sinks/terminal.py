"""The end of a run in the terminal: what is not ok, the decision, and where the report is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from gatepost.causes import Group, group_failures
from gatepost.decision import Word, decide
from gatepost.durations import format_duration
from gatepost.model import Level, Result, Run
from gatepost.sinks.text import change_words, count_words, one_line, recovery_words, standing
from gatepost.wording import join_some, plural

Markup = dict[str, bool]

_INDENT = 10
_NARROWEST = 40
_NAMED = 3
_ROWS = 100

_RED, _YELLOW, _GREEN = ({colour: True} for colour in ("red", "yellow", "green"))
_MARKUP: Mapping[Level, Markup] = {
    Level.BREACH: {**_RED, "bold": True},
    Level.ERROR: {**_RED, "bold": True},
    Level.NO_DATA: {**_RED, "bold": True},
    Level.INHIBITED: _YELLOW,
    Level.WARNING: _YELLOW,
    Level.LEARNING: {},
    Level.OK: _GREEN,
}
_WORDS: Mapping[Word, Markup] = {
    Word.PASS: {**_GREEN, "bold": True},
    Word.WARN: {**_YELLOW, "bold": True},
    Word.BLOCK: {**_RED, "bold": True},
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line to write as `terminalreporter.write_line(line.text, **line.markup)`."""

    text: str
    markup: Markup = field(default_factory=dict)


def summary_lines(
    run: Run, *, width: int = 80, verbose: bool = False, links: Mapping[str, str] | None = None
) -> list[Line]:
    """Lay out the summary for a terminal of `width` columns.

    Failures stand grouped by cause, most severe first, then warnings, what is
    still learning, what recovered, problems of the checker, and the decision
    with its counts. `links` are the paths or addresses to name last, by what
    they are. Rows are folded unless `verbose`, which lists every check. Nothing
    in a text can drive the terminal.
    """
    width = max(width, _NARROWEST)
    lines = [
        *_failures(run, width, verbose),
        *_others(Level.WARNING, run, width, verbose),
        *_others(Level.LEARNING, run, width, verbose),
        *_recovered(run, width),
        *(_fine(run, width) if verbose else ()),
        *_problems(run, width),
    ]
    return [*lines, *([Line("")] if lines else []), *_ending(run, width, links or {})]


def _failures(run: Run, width: int, verbose: bool) -> Iterator[Line]:
    groups = group_failures(run.results)
    shown = groups if verbose else groups[:_ROWS]
    for group in shown:
        yield from _group(group, run, width, verbose)
    if rest := len(groups) - len(shown):
        yield Line(f"{'':<{_INDENT}}and {plural(rest, 'more cause')}, see the report")


def _group(group: Group, run: Run, width: int, verbose: bool) -> Iterator[Line]:
    lead, check = group.lead, group.lead.check
    yield from _row(lead, width)
    facts = [group.severity.value, standing(lead, run.finished), check.owner]
    yield from _block(" | ".join(filter(None, facts)), width)
    for name, address in (("runbook", check.runbook), ("ticket", check.ticket)):
        if address:
            yield from _block(f"{name}: {address}", width)
    if group.inhibited:
        yield from _block(f"inhibits {_named(group.inhibited, verbose)}", width)


def _others(level: Level, run: Run, width: int, verbose: bool) -> Iterator[Line]:
    rows = [row for row in run.worst_first if row.level is level]
    if not verbose and (len(rows) > _ROWS or (rows and level is Level.LEARNING)):
        yield from _block(_named(rows, verbose), width, level.label, _MARKUP[level])
        return
    for row in rows:
        yield from _row(row, width)
        yield from _block(" | ".join(filter(None, (row.severity, row.check.owner))), width)


def _recovered(run: Run, width: int) -> Iterator[Line]:
    for row in run.worst_first:
        if row.change == "recovered":
            yield Line(f"{'recovered':<{_INDENT}}{one_line(row.check.id)}", _GREEN)
            yield from _block(recovery_words(row), width)


def _fine(run: Run, width: int) -> Iterator[Line]:
    for row in run.worst_first:
        if row.level is Level.OK:
            yield from _row(row, width)


def _problems(run: Run, width: int) -> Iterator[Line]:
    for problem in run.problems:
        yield Line(f"{'problem':<{_INDENT}}{one_line(problem.source)}", _MARKUP[Level.ERROR])
        yield from _block(problem.message, width)


def _named(results: Sequence[Result], verbose: bool) -> str:
    most = len(results) if verbose else _NAMED
    names = join_some((result.check.id for result in results), most=most)
    return f"{plural(len(results), 'check')}: {names}"


def _row(result: Result, width: int) -> Iterator[Line]:
    level = result.level
    yield Line(f"{level.label:<{_INDENT}}{one_line(result.check.id)}", _MARKUP[level])
    yield from _block(result.verdict.sentence, width)


def _block(text: str, width: int, label: str = "", markup: Markup | None = None) -> Iterator[Line]:
    """Indented lines; an address longer than the width stays whole, so that it can be copied."""
    wrapped = wrap(
        one_line(text),
        width,
        initial_indent=f"{label:<{_INDENT}}",
        subsequent_indent=" " * _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return (Line(line, markup or {}) for line in wrapped)


def _ending(run: Run, width: int, links: Mapping[str, str]) -> Iterator[Line]:
    decision = decide(run)
    for text in wrap(one_line(decision.sentence), width, break_on_hyphens=False):
        yield Line(text, _WORDS[decision.word])
    counts = count_words(decision.counts) or "no result"
    took = format_duration(run.finished - run.started)
    for text in (f"{counts} in {took}", change_words(run)):
        yield from map(Line, wrap(text, width))
    for label, place in links.items():
        yield Line(f"{label}: {one_line(place)}")
