"""The source that suggested modules are written in, as ruff formats it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.suggesting.source import call, class_name, comment, identifier, plain, quoted


@given(st.text())
def test_quoted_text_reads_back_as_itself(text: str) -> None:
    """Any text is a literal of Python, in double quotes unless that takes more escapes."""
    written = quoted(text)
    assert ast.literal_eval(written) == text
    assert written[0] == ("'" if text.count('"') > text.count("'") else '"')


def test_quoted_texts_are_as_ruff_writes_them(tmp_path: Path) -> None:
    """ruff changes neither quotes nor escapes."""
    texts = [
        "",
        "a",
        "it's",
        'a "b"',
        "'\"",
        '"\'"',
        "\\",
        "\n\t",
        "\x00é値",
        "\\'",
        '\\"',
        "\ud800",
    ]
    file = tmp_path / "quoted.py"
    file.write_text("".join(f"X = {quoted(each)}\n" for each in texts), "utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--check", "--diff", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("Raw Jobs", (), "raw_jobs"),
        ("class", (), "class_"),
        ("a-b", ("a_b",), "a_b_"),
        ("a-b", ("a_b", "a_b_"), "a_b_2"),
        ("1st", (), "column_1st"),
        ("größe", (), "grosse"),
        ("日本", (), "column"),
        (" ", ("column",), "column_"),
        ("_hidden", (), "hidden"),
    ],
)
def test_a_name_becomes_an_identifier(name: str, taken: tuple[str, ...], expected: str) -> None:
    """It is in ASCII, no keyword, and unlike the names that are taken."""
    assert identifier(name, taken, "column") == expected


def test_a_table_becomes_a_class() -> None:
    """Words are joined, each with a capital."""
    assert [class_name(each) for each in ("raw_jobs", "Raw Jobs", "日本", "2024 sales")] == [
        "RawJobs",
        "RawJobs",
        "Table",
        "Table2024Sales",
    ]


def test_a_call_takes_a_line_for_each_argument_where_it_is_long() -> None:
    """What fits stays on one line; a list that is too long has a line for each value."""
    assert call("x = ", "f", ["a=1", ("b", ["1", "2"])]) == ["x = f(a=1, b=[1, 2])"]
    values = [quoted("v" * 30 + str(number)) for number in range(3)]
    assert call("    x = ", "f", ["a=1", ("b", values)], ",") == [
        "    x = f(",
        "        a=1,",
        "        b=[",
        *(f"            {each}," for each in values),
        "        ],",
        "    ),",
    ]


def test_a_foreign_name_cannot_end_a_comment_or_a_docstring() -> None:
    """Line breaks, quotes and backslashes of names do not get through."""
    assert plain('a\n"""b\\') == "a?'''b/"
    assert comment("one\ntwo") == ["# one?two"]
