r"""Reads Python's regular expressions down to what all engines have.

The question is only whether there is a match, so greed, groups and the order
of alternatives say nothing. Classes of characters are asked of Python itself,
character by character: \d is every digit that Python knows, in any engine.
What is not listed here, such as \b and looking around, is refused by name.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, TypeAlias

from gatepost.tables.sql.dialects.base import Refused

_KNOWN_FLAGS = re.IGNORECASE | re.DOTALL | re.VERBOSE | re.ASCII | re.UNICODE


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of these ranges, first and last by number, in order and apart."""

    ranges: tuple[tuple[int, int], ...]

    @property
    def only(self) -> str | None:
        """The character, where there is only one."""
        if len(self.ranges) == 1 and self.ranges[0][0] == self.ranges[0][1]:
            return chr(self.ranges[0][0])
        return None


@dataclass(frozen=True, slots=True)
class Edge:
    r"""The start of the text, its end, or what `$` is: the end, or a newline before it."""

    name: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part so many times; None is any number."""

    part: Part
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Either:
    """One of several parts."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Then:
    """Parts one after the other."""

    parts: tuple[Part, ...]


Part: TypeAlias = Chars | Edge | Repeat | Either | Then

START, END, LAST_LINE = Edge("start"), Edge("end"), Edge("last line")
NEWLINE = Chars(((10, 10),))


def read_pattern(pattern: object, *, at_start: bool) -> Part:
    """Read a pattern for `re.search`, or with `at_start` for `re.match`.

    Raises Refused for what is no pattern, or has what engines do differently.
    """
    if isinstance(pattern, re.Pattern):
        text, flags = pattern.pattern, pattern.flags
    else:
        text, flags = pattern, 0
    if not isinstance(text, str):
        raise Refused(f"{pattern!r} is no regular expression for text")
    try:
        with warnings.catch_warnings(action="ignore"):  # what pandera reads it with may warn
            parsed = _parser.parse(text, flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise Refused(f"Python does not read its pattern: {error}") from None
    found = Then(tuple(_read(parsed, parsed.state.flags)))
    # What may be missing at the end of a match decides nothing.
    return _shorten(Then((START, *found.parts)) if at_start else found)


# From Python's own parser


def _read(parsed: Any, flags: int) -> Iterator[Part]:
    unknown = flags & ~_KNOWN_FLAGS.value
    if unknown:
        raise Refused(f"its pattern has the flag {re.RegexFlag(unknown)!r}")
    for code, value in parsed:
        yield _read_one(code, value, flags)


def _read_one(code: Any, value: Any, flags: int) -> Part:
    if code in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY):
        return _read_chars(code, value, flags)
    if code is sre.AT:
        return _edge(value)
    if code is sre.BRANCH:
        return Either(tuple(Then(tuple(_read(each, flags))) for each in value[1]))
    if code is sre.SUBPATTERN:
        _, added, removed, inner = value
        return Then(tuple(_read(inner, (flags | added) & ~removed)))
    if code in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        least, most, inner = value
        limit = None if most is sre.MAXREPEAT else int(most)
        return Repeat(Then(tuple(_read(inner, flags))), int(least), limit)
    raise Refused(f"its pattern has {_WORDS.get(str(code), str(code).lower())}")


_WORDS = {
    "ASSERT": "a lookahead or lookbehind",
    "ASSERT_NOT": "a lookahead or lookbehind",
    "GROUPREF": "a reference to a group",
    "GROUPREF_EXISTS": "a condition on a group",
    "ATOMIC_GROUP": "an atomic group",
    "POSSESSIVE_REPEAT": "a possessive repeat",
}


def _edge(code: Any) -> Edge:
    if code in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING):
        return START
    if code is sre.AT_END:
        return LAST_LINE
    if code is sre.AT_END_STRING:
        return END
    raise Refused(r"its pattern has \b or \B, the edge of a word")


def _read_chars(code: Any, value: Any, flags: int) -> Chars:
    if code is sre.ANY:
        every = Chars(((0, sys.maxunicode),))
        return every if flags & re.DOTALL else Chars(complement(NEWLINE.ranges))
    members = value if code is sre.IN else [(sre.LITERAL, value)]
    if code is sre.NOT_LITERAL or members[0][0] is sre.NEGATE:
        negated = members if code is sre.NOT_LITERAL else members[1:]
        return Chars(complement(_union(negated, flags)))
    return Chars(_union(members, flags))


def _union(members: Sequence[tuple[Any, Any]], flags: int) -> tuple[tuple[int, int], ...]:
    """The characters that are one of the members of a class, as ranges in order and apart."""
    found = sorted(chain.from_iterable(_member(code, value, flags) for code, value in members))
    apart: list[tuple[int, int]] = []
    for first, last in found:
        if apart and first <= apart[-1][1] + 1:
            first, last = apart[-1][0], max(last, apart.pop()[1])
        apart.append((first, last))
    return tuple(apart)


def _member(code: Any, value: Any, flags: int) -> Iterable[tuple[int, int]]:
    if code is sre.CATEGORY:
        return _ask_python(_CATEGORIES[str(value)], flags & re.ASCII)
    first, last = value if code is sre.RANGE else (value, value)
    if not flags & re.IGNORECASE:
        return [(first, last)]
    return _ask_python(rf"[\U{first:08x}-\U{last:08x}]", flags & (re.ASCII | re.IGNORECASE))


_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}


@cache
def _ask_python(source: str, flags: int) -> tuple[tuple[int, int], ...]:
    """The characters that Python finds in a class."""
    everything = _everything()
    runs = re.finditer(f"(?:{source})+", everything, flags)
    return tuple((ord(everything[run.start()]), ord(everything[run.end() - 1])) for run in runs)


@cache
def _everything() -> str:
    return "".join(map(chr, range(sys.maxunicode + 1)))


# What a pattern comes down to


def _shorten(part: Part) -> Part:
    """Leave out the end of a pattern where nothing has to stand there, and flatten it."""
    parts = list(flatten(part))
    while parts[:2] == [START, START]:
        del parts[0]
    while parts:
        match parts[-1]:
            case Repeat(least=0):
                parts.pop()
            case Repeat(part=inner, least=least) as repeat if (repeat.most or least + 1) > least:
                parts[-1:] = [Repeat(inner, least, least)]
                break
            case _:
                break
    return Then(tuple(parts))


def flatten(part: Part) -> Iterator[Part]:
    if isinstance(part, Then):
        for each in part.parts:
            yield from flatten(each)
    elif isinstance(part, Repeat) and part.least == part.most == 1:
        yield from flatten(part.part)
    else:
        yield part


def complement(ranges: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """All other characters."""
    edges = [(-1, -1), *ranges, (sys.maxunicode + 1, sys.maxunicode + 1)]
    gaps = [(before[1] + 1, after[0] - 1) for before, after in pairwise(edges)]
    return tuple((first, last) for first, last in gaps if first <= last)
