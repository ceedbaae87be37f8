"""Python source as ruff formats it, for lines of 88 characters and for longer ones alike; pure."""

from __future__ import annotations

import keyword
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

WIDTH = 88


def call(
    start: str, name: str, arguments: Sequence[str | tuple[str, list[str]]], end: str = ""
) -> list[str]:
    """A statement that ends in a call, on one line where it fits, else an argument to a line.

    An argument may be a name and a list of its own, as in `("isin", [...])`.
    """
    flat = [
        each if isinstance(each, str) else f"{each[0]}={_listed(each[1])}" for each in arguments
    ]
    line = f"{start}{name}({', '.join(flat)}){end}"
    if len(line) <= WIDTH:
        return [line]
    indent = " " * (len(start) - len(start.lstrip()) + 4)
    lines = [f"{start}{name}("]
    for plain, each in zip(flat, arguments, strict=True):
        if isinstance(each, str) or len(f"{indent}{plain},") <= WIDTH:
            lines.append(f"{indent}{plain},")
        else:
            lines += [f"{indent}{each[0]}=["]
            lines += [f"{indent}    {value}," for value in each[1]]
            lines += [f"{indent}],"]
    return [*lines, f"{indent[4:]}){end}"]


def argument(name: str, value: Any) -> str | tuple[str, list[str]]:
    """A keyword argument."""
    if isinstance(value, list):
        return name, [literal(each) for each in value]
    return f"{name}={literal(value)}"


def literal(value: Any) -> str:
    """A value in Python, as ruff writes it."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{quoted(key)}: {literal(each)}" for key, each in value.items()) + "}"
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:_}"
    return repr(value)


def quoted(text: str) -> str:
    """A text in double quotes, or in single ones where that takes fewer escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    body = repr(f"{text}\"'")[1:-1]  # with both quotes in it, repr writes 'it\'s "it"\''
    body = body.removesuffix("\"\\'").replace("\\'", "'")
    return f"{quote}{body.replace(quote, chr(92) + quote)}{quote}"


def comment(text: str, indent: str = "") -> list[str]:
    """A text as lines of a comment."""
    start = f"{indent}# "
    return textwrap.wrap(plain(text), WIDTH, initial_indent=start, subsequent_indent=start)


def plain(text: str) -> str:
    """A text from elsewhere as it can stand in a comment or a docstring."""
    shown = "".join(each if each.isprintable() else "?" for each in text)
    return shown.replace("\\", "/").replace('"', "'")


def identifier(name: str, taken: Iterable[str], fallback: str) -> str:
    """A name in lower case as Python and pandera take it, unlike those that are taken."""
    ascii_only = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    bare = re.sub(r"\W+", "_", ascii_only).strip("_") or fallback
    bare = f"{fallback}_{bare}" if bare[0].isdigit() else bare
    used = {*taken, *keyword.kwlist}
    others = (f"{bare}_{number or ''}" for number in (0, *range(2, len(used) + 3)))
    return next(each for each in (bare, *others) if each not in used)


def class_name(name: str) -> str:
    """A table's name as that of a class: "raw_jobs" as RawJobs."""
    parts = identifier(name, (), "table").split("_")
    return "".join(part[:1].upper() + part[1:] for part in parts)


def _listed(values: Sequence[str]) -> str:
    return f"[{', '.join(values)}]"
