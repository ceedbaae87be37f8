"""Python's regular expressions are written for engines, or refused by name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.tables.sql.dialects.base import Refused, Regex
from gatepost.tables.sql.patterns import read_pattern
from gatepost.tables.sql.spellings import words_of, write_glob, write_regex

REGEX = Regex(start=r"\A", end=r"\Z", code=r"\U{:08x}", most=255)
"""As Python itself writes them, so that what is written can be tried."""


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("abc", "abc"),
        (r"a\.b", r"a\.b"),
        ("[a-c0]", "[0a-c]"),
        ("a*b+c?d", "a*b+c?d"),
        ("a*?b", "a*b"),
        ("(?:ab)+c", "(?:ab)+c"),
        ("(?P<name>a|b)c", "[a-b]c"),
        ("ab|c", "(?:ab|c)"),
        ("a{2,}b", "a{2,}b"),
        ("^ab", r"\Aab"),
        (r"ab\Z", r"ab\Z"),
        ("ab$", r"ab\U0000000a?\Z"),
        ("(?i)k1", "[Kk\\U0000212a]1"),
        ("(?x) a b  # nothing", "ab"),
        ("a.*", "a"),
        ("a+", "a"),
    ],
)
def test_a_pattern_is_written_for_search(pattern: str, written: str) -> None:
    """Only whether there is a match counts, so names, greed and loose ends go."""
    assert write_regex(read_pattern(pattern, at_start=False), REGEX) == written


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        (r"a\b", r"\\b or \\B"),
        ("(?=a)b", "a lookahead or lookbehind"),
        ("(?<!a)b", "a lookahead or lookbehind"),
        (r"(a)\1", "a reference to a group"),
        ("(?m)^a", "MULTILINE"),
        ("(?>a+)b", "an atomic group"),
        ("a++b", "a possessive repeat"),
        ("a{300}", "repeats more than 255 times"),
        ("a$b", r"a \$ that more may follow"),
        ("(?:^a)+b", "repeats a start or an end"),
        ("(", "Python does not read its pattern"),
        (b"a", "no regular expression for text"),
    ],
)
def test_what_engines_do_differently_is_refused_by_name(pattern: str, named: str) -> None:
    """The reason says which construct it is."""
    with pytest.raises(Refused, match=named):
        write_regex(read_pattern(pattern, at_start=False), REGEX)


@given(
    st.lists(
        st.sampled_from(
            ["a", "b", "[ab]", "[^a]", ".", r"\d", r"\w", r"\s", "^", "$", "(?:ab|c)", "(?i:k)"]
        ).flatmap(lambda atom: st.sampled_from([atom, atom, f"(?:{atom})?", f"(?:{atom}){{1,2}}"])),
        min_size=1,
        max_size=5,
    ).map("".join),
    st.text("abkK\u212a1\u0663 \n_c", max_size=6),
    st.booleans(),
)
def test_what_is_written_finds_what_the_pattern_finds(
    pattern: str, text: str, at_start: bool
) -> None:
    """Tried by Python itself, as match and as search."""
    find = re.match if at_start else re.search
    try:
        part = read_pattern(pattern, at_start=at_start)
        written = write_regex(part, REGEX)
    except Refused:
        return
    expected = find(pattern, text) is not None
    assert (re.search(written, text) is not None) is expected
    few = words_of(part)
    if few is not None:
        starts, words, ends = few
        globs = [write_glob(word, starts=starts, ends=ends) for word in words]
        assert any(_globs(glob, text) for glob in globs) is expected


def _globs(glob: str, text: str) -> bool:
    import sqlite3

    with sqlite3.connect(":memory:") as connection:
        return bool(connection.execute("select ? glob ?", (text, glob)).fetchone()[0])


@pytest.mark.parametrize(
    ("pattern", "at_start", "words"),
    [
        ("https?://", True, (True, ["https://", "http://"], False)),
        ("a|bc", False, (False, ["a", "bc"], False)),
        ("^$", False, (True, ["\n", ""], True)),
        ("a{2}", True, (True, ["aa"], False)),
    ],
)
def test_a_few_plain_words_need_no_regular_expression(
    pattern: str, at_start: bool, words: tuple[bool, list[str], bool]
) -> None:
    """Comparing the start of a text is many times cheaper."""
    few = words_of(read_pattern(pattern, at_start=at_start))
    assert few is not None
    starts, found, ends = few
    assert (starts, ["".join(str(each.only) for each in word) for word in found], ends) == words


def test_many_words_are_no_few() -> None:
    """A pattern of any length stays a pattern."""
    assert words_of(read_pattern("a+b", at_start=True)) is None
    assert words_of(read_pattern("(?:a|bc){9}", at_start=True)) is None


def test_a_class_for_glob_keeps_its_signs_apart() -> None:
    """The bracket, the caret and the dash stand where GLOB takes them for themselves."""
    for sign in "]^-*?[a":
        for pattern in (f"[{re.escape(sign)}b]", f"[^{re.escape(sign)}]", "[]^-]", "[-^]"):
            few = words_of(read_pattern(pattern, at_start=True))
            assert few is not None
            (glob,) = [write_glob(word, starts=True, ends=False) for word in few[1]]
            for text in "]^-*?[ab":
                assert _globs(glob, text) is (re.match(pattern, text) is not None), (pattern, text)
