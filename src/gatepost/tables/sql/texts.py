"""Says which texts have a length, a start, an end, or a pattern, by code points as Python does."""

from __future__ import annotations

from typing import Any

from sqlalchemy import false, or_, true

from gatepost.tables.live import ColumnKind, LiveColumn
from gatepost.tables.sql.arguments import as_text, plain
from gatepost.tables.sql.dialects.base import Condition, Dialect, Refused
from gatepost.tables.sql.patterns import read_pattern
from gatepost.tables.sql.spellings import words_of, write_glob, write_regex
from gatepost.wording import shorten


def _text_of(column: LiveColumn, dialect: Dialect) -> Any:
    if column.kind is not ColumnKind.TEXT:
        raise Refused(f"{column.name} holds {column.kind.value}, not text")
    return dialect.text(column)


def has_length(
    column: LiveColumn,
    dialect: Dialect,
    min_value: object = None,
    max_value: object = None,
    exact_value: object = None,
) -> Condition:
    text = _text_of(column, dialect)
    least, most, exact = map(_as_length, (min_value, max_value, exact_value))
    if exact is not None:
        least = most = exact
    if most is not None and most < 0:
        return false()
    if least is None or least <= 0:
        return true() if most is None else dialect.is_length(text, 0, most)
    return dialect.is_length(text, least, most)


def _as_length(value: object) -> int | None:
    value = plain(value)
    if value is None:
        return None
    if type(value) is not int or abs(value) >= 2**31:
        raise Refused(f"{shorten(repr(value), 40)} is not a plain length")
    return value


def starts(column: LiveColumn, dialect: Dialect, string: object) -> Condition:
    text, start = _text_of(column, dialect), as_text(string, column)
    return dialect.starts(text, start) if start else true()


def ends(column: LiveColumn, dialect: Dialect, string: object) -> Condition:
    text, end = _text_of(column, dialect), as_text(string, column)
    return dialect.ends(text, end) if end else true()


def matches(column: LiveColumn, dialect: Dialect, pattern: object) -> Condition:
    return _finds(column, dialect, pattern, at_start=True)


def contains(column: LiveColumn, dialect: Dialect, pattern: object) -> Condition:
    return _finds(column, dialect, pattern, at_start=False)


def _finds(column: LiveColumn, dialect: Dialect, pattern: object, *, at_start: bool) -> Condition:
    text = _text_of(column, dialect)
    part = read_pattern(pattern, at_start=at_start)
    few = words_of(part)
    if few is not None:
        starts, words, ends = few
        if all(chars.only is not None for word in words for chars in word):
            plain = ["".join(chars.only or "" for chars in word) for word in words]
            return or_(*(_find_word(each, text, column, dialect, starts, ends) for each in plain))
        globs = [write_glob(word, starts=starts, ends=ends) for word in words]
        found = [dialect.globs(text, glob) for glob in globs]
        known = [each for each in found if each is not None]
        if known:
            return or_(*known)
    if dialect.regex is None:
        raise Refused("the engine has no regular expressions")
    return dialect.finds(text, as_text(write_regex(part, dialect.regex), column))


def _find_word(
    word: str, text: Any, column: LiveColumn, dialect: Dialect, starts: bool, ends: bool
) -> Condition:
    word = as_text(word, column)
    if starts and ends:
        return dialect.exact(text) == dialect.text_literal(word)
    if not word:
        return true()
    if starts:
        return dialect.starts(text, word)
    return dialect.ends(text, word) if ends else dialect.holds(text, word)
