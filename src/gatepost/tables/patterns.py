r"""Reads Python's regular expressions, and writes those that an engine has alike.

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
from itertools import chain, pairwise, product
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, TypeAlias

from gatepost.tables.dialects.base import Refused, Regex

_KNOWN_FLAGS = re.IGNORECASE | re.DOTALL | re.VERBOSE | re.ASCII | re.UNICODE
_MOST_WORDS = 8
_LONGEST_WORD = 64


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
Word: TypeAlias = tuple[Chars, ...]

START, END, LAST_LINE = Edge("start"), Edge("end"), Edge("last line")
_NEWLINE = Chars(((10, 10),))


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


def write_regex(part: Part, regex: Regex) -> str:
    """Write a pattern in an engine's regular expressions. Raises Refused for too many repeats."""
    return _write(_place_last_line(part), regex)


def words_of(part: Part) -> tuple[bool, tuple[Word, ...], bool] | None:
    """The few words of fixed length that a pattern stands for; None where they are not few.

    The first says whether they have to be at the start of the text, the last
    whether at its end.
    """
    part = _place_last_line(part)
    parts = list(part.parts) if isinstance(part, Then) else [part]
    starts = bool(parts) and parts[0] == START
    ends = bool(parts) and parts[-1] == END
    inner = parts[1 if starts else 0 : len(parts) - 1 if ends else len(parts)]
    words = _words(Then(tuple(inner)))
    return None if words is None else (starts, tuple(dict.fromkeys(words)), ends)


def write_glob(word: Word, *, starts: bool, ends: bool) -> str:
    """Write a word as GLOB has it, where `*` is any text and a class stands in brackets.

    Raises Refused for what GLOB cannot tell apart.
    """
    inner = "".join(map(_glob_class, word))
    if len(inner) > _LONGEST_GLOB:
        raise Refused("its pattern is too long for GLOB")
    return f"{'' if starts else '*'}{inner}{'' if ends else '*'}"


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
        return every if flags & re.DOTALL else Chars(_complement(_NEWLINE.ranges))
    members = value if code is sre.IN else [(sre.LITERAL, value)]
    if code is sre.NOT_LITERAL or members[0][0] is sre.NEGATE:
        negated = members if code is sre.NOT_LITERAL else members[1:]
        return Chars(_complement(_union(negated, flags)))
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
    parts = list(_flatten(part))
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


def _flatten(part: Part) -> Iterator[Part]:
    if isinstance(part, Then):
        for each in part.parts:
            yield from _flatten(each)
    elif isinstance(part, Repeat) and part.least == part.most == 1:
        yield from _flatten(part.part)
    else:
        yield part


def _place_last_line(part: Part) -> Part:
    """Turn a `$` that nothing follows into an optional newline and the end."""
    match part:
        case Edge() if part == LAST_LINE:
            return Then((Repeat(_NEWLINE, 0, 1), END))
        case Then(parts=parts) if parts:
            return Then(tuple(_flatten(Then((*parts[:-1], _place_last_line(parts[-1]))))))
        case Either(parts=parts):
            return Either(tuple(map(_place_last_line, parts)))
    return part


def _words(part: Part) -> list[Word] | None:
    match part:
        case Chars():
            return [(part,)]
        case Then(parts=parts):
            return _joined([_words(each) for each in parts])
        case Either(parts=parts):
            found = [_words(each) for each in parts]
            if any(words is None for words in found):
                return None
            return _few([word for words in found for word in words or ()])
        case Repeat(part=inner, least=least, most=most) if most is not None:
            words = _words(inner)
            if words is None or most > _LONGEST_WORD or most - least >= _MOST_WORDS:
                return None
            counts = [_joined([words] * count) for count in range(least, most + 1)]
            if any(each is None for each in counts):
                return None
            return _few([word for each in counts for word in each or ()])
    return None


def _joined(parts: Sequence[list[Word] | None]) -> list[Word] | None:
    found: list[Word] = [()]
    for words in parts:
        if words is None:
            return None
        few = _few([(*first, *second) for first, second in product(found, words)])
        if few is None:
            return None
        found = few
    return found


def _few(words: list[Word]) -> list[Word] | None:
    few = len(words) <= _MOST_WORDS and all(len(word) <= _LONGEST_WORD for word in words)
    return words if few else None


# In an engine's words


def _write(part: Part, regex: Regex) -> str:
    match part:
        case Chars():
            return _write_chars(part, regex)
        case Then(parts=parts):
            return "".join(_write(each, regex) for each in parts)
        case Either(parts=parts):
            return f"(?:{'|'.join(_write(each, regex) for each in parts)})"
        case Repeat(part=inner, least=least, most=most):
            return _write_repeat(inner, least, most, regex)
    if part == LAST_LINE:
        raise Refused("its pattern has a $ that more may follow")
    return regex.start if part == START else regex.end


def _write_repeat(inner: Part, least: int, most: int | None, regex: Regex) -> str:
    if max(least, most or 0) > regex.most:
        raise Refused(f"its pattern repeats more than {regex.most} times")
    if any(isinstance(each, Edge) for each in _all_of(inner)):
        raise Refused("its pattern repeats a start or an end of the text")
    if isinstance(inner, Then) and len(inner.parts) == 1:
        (inner,) = inner.parts
    written = _write(inner, regex)
    body = written if isinstance(inner, Chars) else f"(?:{written})"
    if body == "(?:)" or most == 0:
        return ""
    if (least, most) in _SHORT:
        return body + _SHORT[least, most]
    times = str(least) if most == least else f"{least},{'' if most is None else most}"
    return f"{body}{{{times}}}"


_SHORT = {(0, None): "*", (1, None): "+", (0, 1): "?", (1, 1): ""}


def _all_of(part: Part) -> Iterator[Part]:
    yield part
    match part:
        case Then(parts=parts) | Either(parts=parts):
            for each in parts:
                yield from _all_of(each)
        case Repeat(part=inner):
            yield from _all_of(inner)


def _write_chars(chars: Chars, regex: Regex) -> str:
    # Text in a database has no surrogates, and engines differ in what they take there.
    ranges = tuple(_without_surrogates(chars.ranges))
    if not ranges:
        raise Refused("its pattern has a class that no character is in")
    if chars.only is not None:
        return _write_code(ord(chars.only), regex)
    outside = tuple(_without_surrogates(_complement(ranges)))
    negated = 0 < len(outside) < len(ranges)
    written = "".join(
        _write_code(first, regex)
        if first == last
        else f"{_write_code(first, regex)}-{_write_code(last, regex)}"
        for first, last in (outside if negated else ranges)
    )
    return f"[{'^' if negated else ''}{written}]"


def _write_code(number: int, regex: Regex) -> str:
    character = chr(number)
    if character.isascii() and (character.isalnum() or character in _ORDINARY):
        return character
    return f"\\{character}" if character in _SPECIAL else regex.code.format(number)


_ORDINARY = " _,;%<>=@!'\"/:"
_SPECIAL = r"\.^$*+?()[]{}|-"


def _complement(ranges: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """All other characters."""
    edges = [(-1, -1), *ranges, (sys.maxunicode + 1, sys.maxunicode + 1)]
    gaps = [(before[1] + 1, after[0] - 1) for before, after in pairwise(edges)]
    return tuple((first, last) for first, last in gaps if first <= last)


def _without_surrogates(ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for first, last in ranges:
        if first < 0xD800:
            yield first, min(last, 0xD7FF)
        if last > 0xDFFF:
            yield max(first, 0xE000), last


def _glob_class(chars: Chars) -> str:
    r"""Write a class for GLOB: in brackets `]` goes first, `^` not first, and `-` last."""
    if chars.only is not None and chars.only not in "*?[":
        return chars.only
    if len({_is_in(number, chars.ranges) for number in _ALIKE}) > 1:
        raise Refused("its pattern tells apart characters that GLOB does not")
    apart = [chr(number) for number in map(ord, "]^-") if _is_in(number, chars.ranges)]
    rest = "".join(
        chr(first) if first == last else f"{chr(first)}-{chr(last)}"
        for first, last in _without(tuple(_without_surrogates(chars.ranges)), [0, *map(ord, "]^-")])
    )
    if not rest and apart == ["^", "-"]:
        return "[-^]"
    first = "]" if "]" in apart else ""
    return f"[{first}{rest}{''.join(each for each in apart if each != ']')}]"


_ALIKE = (0xFFFD, 0xFFFE, 0xFFFF)
_LONGEST_GLOB = 10_000


def _is_in(number: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= number <= last for first, last in ranges)


def _without(
    ranges: tuple[tuple[int, int], ...], numbers: Sequence[int]
) -> Iterator[tuple[int, int]]:
    for first, last in ranges:
        start = first
        for number in sorted(each for each in numbers if first <= each <= last):
            if start < number:
                yield start, number - 1
            start = number + 1
        if start <= last:
            yield start, last
