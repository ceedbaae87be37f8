"""Writes patterns as regular expressions, as GLOB, or as the few plain words that they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeAlias

from gatepost.tables.sql.dialects.base import Refused, Regex
from gatepost.tables.sql.patterns import (
    END,
    LAST_LINE,
    NEWLINE,
    START,
    Chars,
    Edge,
    Either,
    Part,
    Repeat,
    Then,
    complement,
    flatten,
)

Word: TypeAlias = tuple[Chars, ...]

_MOST_WORDS = 8
_LONGEST_WORD = 64


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


def _place_last_line(part: Part) -> Part:
    """Turn a `$` that nothing follows into an optional newline and the end."""
    match part:
        case Edge() if part == LAST_LINE:
            return Then((Repeat(NEWLINE, 0, 1), END))
        case Then(parts=parts) if parts:
            return Then(tuple(flatten(Then((*parts[:-1], _place_last_line(parts[-1]))))))
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
            # The most first, as a regular expression tries them: it is the likelier text.
            counts = [_joined([words] * count) for count in range(most, least - 1, -1)]
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
    outside = tuple(_without_surrogates(complement(ranges)))
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
