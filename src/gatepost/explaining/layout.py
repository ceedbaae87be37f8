"""Lays explanations out for people, within the width of a terminal, and for programs."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from gatepost.explaining.explanation import (
    FAILS,
    NOT_EVALUATED,
    Explanation,
    Measured,
    Planned,
)
from gatepost.tables.asks import Tier
from gatepost.targets.estimates import Estimate
from gatepost.wording import format_number, plural

_ORDER = [FAILS, NOT_EVALUATED, *(tier.value for tier in reversed(Tier))]

# A word of SQL, with what is quoted in it, so that no line is broken within quotes.
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`""")
_WORD = re.compile(rf"""(?:{_QUOTED.pattern}|[^\s'"`]|['"`])+""")
_PAIR = re.compile(r"(?<=,) (?=\w+ = )")


def render_json(explanations: Iterable[Explanation]) -> str:
    """A JSON array with an object for each check; a statement's text is exactly as in a report."""
    return json.dumps([asdict(each) for each in explanations], indent=2, ensure_ascii=False)


def render_text(explanations: Sequence[Explanation], width: int) -> str:
    """A paragraph for each check: what it measures, its rules by tier, its statements."""
    return "\n\n".join("\n".join(_check(each, width)) for each in explanations)


def _check(found: Explanation, width: int) -> Iterator[str]:
    yield found.id
    yield f"  {found.file}:{found.line}"
    if found.about:
        yield from _wrap(found.about, width, "  ")
    if found.error:
        yield from _wrap(f"ERROR: {found.error}", width, "  ")
    if found.rules:
        yield ""
        yield from _rules(found.rules, width)
    count = len(found.statements)
    for number, each in enumerate(found.statements, start=1):
        yield ""
        yield from _statement(
            each, f"statement {number} of {count}" if count > 1 else "one statement", width
        )
    if found.notes:
        yield ""
    for note in found.notes:
        yield from _wrap(note, width, "  ")


def _rules(rules: Sequence[Measured], width: int) -> Iterator[str]:
    """The rules, those measured alike together, what needs attention or costs most first."""
    by_way: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
    for each in sorted(rules, key=lambda rule: _ORDER.index(rule.tier)):
        lines = by_way.setdefault((each.tier, each.why), {})
        key = (each.column, "" if each.column else each.what)
        if key in lines:  # the rules of a column stand behind its name
            lines[key] += f", {each.what.removeprefix(f'{each.column} ')}"
        else:
            lines[key] = each.what
    for (tier, why), lines in by_way.items():
        yield from _wrap(f"{tier}: {why}" if why else tier, width, "  ")
        for line in lines.values():
            yield from _wrap(line, width, "    ", "      ")


def _statement(found: Planned, place: str, width: int) -> Iterator[str]:
    named = found.purpose if " sends " in found.purpose else f"{place} {found.purpose}"
    yield from _wrap(f"{named[0].upper()}{named[1:]}", width, "  ")
    if estimate := _estimated(found.estimate) if found.estimate else "":
        yield from _wrap(f"estimate: {estimate}", width, "  ")
    yield from (f"    {line}" for line in fold_sql(found.text, width - 4))


def _estimated(found: Estimate) -> str:
    """What the engine expects: its cost, the rows that come back, how it reads the tables."""
    parts = [] if found.cost is None else [f"cost {format_number(found.cost)}"]
    parts += [] if found.rows is None else [f"{plural(found.rows, 'row')} back"]
    return "; ".join(filter(None, (", ".join(parts), *found.steps)))


def fold_sql(text: str, width: int) -> list[str]:
    """Break a statement's long lines at spaces that are not within quotes; nothing else changes.

    What is listed in a long line begins a new one, unless it is in brackets.
    """
    return [each for line in text.splitlines() for each in _fold(line.rstrip(), width)]


def _fold(line: str, width: int) -> Iterator[str]:
    if len(line) <= width:
        yield line
        return
    is_comment = line.startswith("-- ")
    items = _PAIR.split(line) if is_comment else list(_items(line))
    hanging = "-- " if is_comment else "  "
    folded = items[0]
    for item in items[1:]:
        if len(folded) + 1 + len(item) <= width:
            folded += f" {item}"
        else:
            yield from _fill(folded, width, hanging)
            folded = hanging + item
    yield from _fill(folded, width, hanging)


def _items(line: str) -> Iterator[str]:
    """The parts of a line that the commas of a SELECT separate, subqueries included."""
    item, depth, selects = "", 0, [0]
    for word in _WORD.findall(line):
        item += f" {word}" if item else word
        bare = _QUOTED.sub("", word)
        depth += bare.count("(") - bare.count(")")
        while len(selects) > 1 and depth < selects[-1]:
            selects.pop()
        if bare.lstrip("(").upper() == "SELECT" and bare.startswith("("):
            selects.append(depth)
        if bare.endswith(",") and depth <= selects[-1]:
            yield item
            item = ""
    if item:
        yield item


def _fill(text: str, width: int, hanging: str) -> Iterator[str]:
    start = text[: len(text) - len(text.lstrip())]
    folded = ""
    for word in _WORD.findall(text):
        if folded and len(folded) + 1 + len(word) > width:
            yield folded
            folded = hanging + start + word if hanging.isspace() else hanging + word
        else:
            folded += f" {word}" if folded else start + word
    yield folded


def _wrap(text: str, width: int, first: str, later: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=later or f"{first}  ",
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]
