"""GitHub's job summary: the decision and what to do now, in Markdown, worst first."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gatepost.causes import Group, group_failures
from gatepost.decision import decide
from gatepost.durations import format_duration
from gatepost.model import Level, Result, Run
from gatepost.sinks.text import (
    change_words,
    count_words,
    moment,
    one_line,
    recovery_words,
    shorten,
    standing,
    web_url,
)
from gatepost.wording import join_some

LIMIT_BYTES = 900 * 1024
"""GitHub drops a step's whole summary above 1 MiB; this keeps a distance."""

_CELL = 500
_SENTENCE = 2_000
_NAMED = 5
_RESERVED_BYTES = 100
_MARKUP = re.compile(r"([\\`*_\[\]~#$!])")
_PLAIN = re.compile(r"[\w .:/,%=()\[\]-]+")


@dataclass(frozen=True, slots=True)
class _Table:
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def head(self) -> str:
        return f"\n### {self.title}\n\n{_line(self.columns)}{_line(('---',) * len(self.columns))}"


def publish(run: Run, path: Path) -> None:
    """Append the summary to the file that GITHUB_STEP_SUMMARY names; raises OSError.

    What is in the file already counts towards the limit.
    """
    written = path.stat().st_size if path.exists() else 0
    text = render_summary(run, limit=LIMIT_BYTES - written)
    with path.open("a", encoding="utf-8", newline="\n") as summary:
        summary.write(text)


def render_summary(run: Run, *, limit: int = LIMIT_BYTES) -> str:
    """Write Markdown of at most `limit` bytes of UTF-8, cut between two rows and counted.

    The decision with its counts stands there always. Whatever comes from a
    system is inert: no markup, no HTML, no mention, and links to http(s) only.
    """
    decision = decide(run)
    counts = count_words(decision.counts) or "no result"
    text = (
        f"## {_inert(decision.sentence, _SENTENCE)}\n\n"
        f"{_inert(f'{counts}; {change_words(run)}.')}  \n{_inert(_provenance(run))}\n"
    )
    tables = [table for table in _tables(run) if table.rows]
    left = sum(len(table.rows) for table in tables)
    parts = [text]
    size = _bytes(text)
    for table in tables:
        head = table.head
        for row in table.rows:
            piece = head + _line(row)
            size += _bytes(piece)
            if size > limit - _RESERVED_BYTES:
                return f"{''.join(parts)}\nand {left:,} more, see the report\n\n"
            parts.append(piece)
            head = ""
            left -= 1
    return f"{''.join(parts)}\n"


def _tables(run: Run) -> Iterator[_Table]:
    yield _Table(
        "What to do now",
        ("Severity", "Level", "Check", "What was found", "Failing", "Owner", "Runbook"),
        tuple(_cause(group, run) for group in group_failures(run.results)),
    )
    yield _Table(
        "Warnings",
        ("Severity", "Check", "What was found", "Owner", "Runbook"),
        tuple(_warning(row) for row in run.worst_first if row.level is Level.WARNING),
    )
    yield _Table(
        "Recovered",
        ("Check", "What was found", "Failed before"),
        tuple(_recovery(row) for row in run.worst_first if row.change == "recovered"),
    )
    problems = tuple((_inert(p.source), _inert(p.message)) for p in run.problems)
    yield _Table("Problems of the checker itself", ("Where", "What"), problems)


def _cause(group: Group, run: Run) -> tuple[str, ...]:
    lead = group.lead
    found = _inert(lead.verdict.sentence)
    if group.inhibited:
        names = join_some((row.check.id for row in group.inhibited), most=_NAMED)
        found += f"<br>{_inert(f'inhibits {len(group.inhibited):,}: {names}')}"
    return (
        group.severity.value,
        lead.level.label,
        _code(lead.check.id),
        found,
        standing(lead, run.finished),
        _inert(lead.check.owner),
        _runbook(lead),
    )


def _warning(row: Result) -> tuple[str, ...]:
    return (
        row.severity.value,
        _code(row.check.id),
        _inert(row.verdict.sentence),
        _inert(row.check.owner),
        _runbook(row),
    )


def _recovery(row: Result) -> tuple[str, ...]:
    return _code(row.check.id), _inert(row.verdict.sentence), recovery_words(row)


def _provenance(run: Run) -> str:
    revision = f", revision {run.revision}" if run.revision else ""
    took = format_duration(run.finished - run.started)
    return f"Schedule {run.schedule}, {moment(run.slot)}, {run.mode}, took {took}{revision}."


def _runbook(row: Result) -> str:
    url = web_url(row.check.runbook)
    if url and len(url) <= _CELL:
        return f"[runbook](<{url}>)"
    return _code(row.check.runbook)


def _code(text: str) -> str:
    """A code span where that is safe: in one, a table would still see `|`, and no escape helps."""
    words = shorten(one_line(text), _CELL)
    if not words:
        return ""
    return f"`{words}`" if _PLAIN.fullmatch(words) else f"<code>{_inert(words)}</code>"


def _inert(text: str, most: int = _CELL) -> str:
    """Text that Markdown and GitHub take as words; the invisible space ends a mention."""
    escaped = _MARKUP.sub(r"\\\1", html.escape(shorten(one_line(text), most), quote=False))
    return escaped.replace("|", "&#124;").replace("@", "@&#8203;")


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _bytes(text: str) -> int:
    return len(text.encode("utf-8"))
